/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - the names that config.json and the command line use for the kernel's numbers. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

extern const struct word words_rlimits[];    /* "RLIMIT_CPU" ... to RLIMIT_* */
extern const struct word words_namespaces[]; /* "user" ... to enum spec_ns */
extern const struct word words_policies[];   /* "SCHED_OTHER" ... to SCHED_* */
extern const struct word words_sched_flags[];
extern const struct word words_io_classes[];   /* "IOPRIO_CLASS_RT" ... */
extern const struct word words_propagations[]; /* "private", "rprivate" ... to MS_* */

extern const struct word words_seccomp_actions[];   /* "SCMP_ACT_ALLOW" ... SECCOMP_RET_* */
extern const struct word words_seccomp_archs[];     /* known or not: policy_archs */
extern const struct word words_seccomp_flags[];     /* SECCOMP_FILTER_FLAG_* */
extern const struct word words_seccomp_operators[]; /* "SCMP_CMP_NE" ... enum policy_op */

/* The number of "CAP_CHOWN", or -1. */
int word_capability(const char *name);
/* "CAP_CHOWN" of a number, in the arena; NULL for one that has no name. */
const char *word_capability_name(struct arena *a, int number);

/* The number of "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3", "SIGRTMAX-1"; 0 is allowed, as
 * kill(2) has it; -1 when there is none such. */
int word_signal(const char *name);

/* "net.ipv4.ip_forward" or "net/ipv4/ip_forward" to the path below /proc/sys; in the form with
 * dots a slash is a dot of the name, and the other way round (sysctl(8)). False when it does
 * not fit, or has a part that is empty, "." or "..". */
bool word_sysctl_path(const char *key, char *buf, size_t size);
