/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - the other programs of ours: caisson-policy, caisson-audit, caisson-libseccomp,
 * caisson-net, caisson-systemd. */
#pragma once
#include "base/arena.h"

/* The absolute path of one of them: where it was installed, else beside our own binary (a build
 * tree). Never by PATH or the environment. NULL when it is in neither place, or where others
 * than root, us and the owner of our own binary could have put it. */
const char *program_find(struct arena *a, const char *name);
