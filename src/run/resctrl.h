/* SPDX-License-Identifier: Apache-2.0 */
/* resctrl.h - groups of the resctrl file system, by its open directory: classes of the
 * processor's cache and memory bandwidth, and their monitoring
 * (Documentation/filesystems/resctrl.rst). */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "plan/plan.h"

/* Refuses another file system. */
int resctrl_open(const char *path, struct err *e) CHECK;

/* Is the group there as the plan wants it? *make: it is to be made. */
int resctrl_check(int root, const struct plan_rdt *p, bool *make, struct err *e) CHECK;
/* Makes it. *made: it is there now, and ours. */
int resctrl_make(int root, const struct plan_rdt *p, bool *made, struct err *e) CHECK;
int resctrl_make_monitor(int root, const struct plan_rdt *p, bool *made, struct err *e) CHECK;
/* Puts a process into both. */
int resctrl_join(int root, const struct plan_rdt *p, pid_t pid, struct err *e) CHECK;
/* Another schema for a group that is there; and what it has now, malloc'd. */
int resctrl_put(int root, const char *group, const char *schemata, struct err *e) CHECK;
int resctrl_get(int root, const char *group, char **schemata, struct err *e) CHECK;
/* Removes a group that nobody but `last', which is dead, is in. */
int resctrl_remove(int root, const char *group, pid_t last, struct err *e) CHECK;
