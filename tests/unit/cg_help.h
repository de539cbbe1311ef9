/* SPDX-License-Identifier: Apache-2.0 */
/* cg_help.h - the kernel's own tree of cgroups, for tests. */
#pragma once

/* A v2 tree on /sys/fs/cgroup, in a mount namespace of our own where the host has another.
 * Skips, and says why, where that cannot be had. */
void real_tree(char base[64]);
