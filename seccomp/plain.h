/* SPDX-License-Identifier: Apache-2.0 */
/* plain.h - plain rules before anybody compiles them: oci.c, and ls_build.c in a process of its
 * own, which takes them from nobody unchecked. */
#pragma once
#include "seccomp/policy.h"

#define PLAIN_ARGS_MAX 32 /* compares in a rule: a jump over all of them still fits 255 */

/* What the caller calls the rule, or "seccomp rule 3 (socket, bind ...)". */
const char *plain_where(struct arena *a, const struct policy_rules *r, size_t i);

/* A rule that repeats the default changes nothing: as libseccomp and its users have it. */
bool plain_matters(const struct policy_rules *r, const struct policy_rule *rule);

/* What has no meaning on any architecture is ERR_POLICY. */
int plain_check(struct arena *a, const struct policy_rules *r, struct err *e) CHECK;
