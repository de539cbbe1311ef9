/* SPDX-License-Identifier: Apache-2.0 */
/* state_private.h - what the files of state/ share. */
#pragma once
#include "state/state.h"

#define STATE_FILE "state.json"

/* Opens a file that only we can have written. -errno of open(2), or -EPERM with *e filled. */
int state_open_own(const struct state_dir *d, const char *name, struct err *e) CHECK;
