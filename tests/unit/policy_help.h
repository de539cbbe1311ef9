/* SPDX-License-Identifier: Apache-2.0 */
/* policy_help.h - policies from short texts, and what is said about them. */
#pragma once
#include "seccomp/rules.h"

/* The policy "p" of the text, for x86_64 unless it says otherwise; a text without "policy p" is
 * its body. NULL: refused. A file "base" can be extended. */
const struct policy *help_policy(struct arena *a, const char *text,
				 const struct policy_env *env, struct policy_diags *d);
/* "2:7 error code: text (hint)", one a line. */
const char *help_says(struct arena *a, const struct policy_diags *d);
/* "socket(0x26)@i386" to what the policy answers to it: "deny EPERM". */
const char *help_answer(struct arena *a, const struct policy *p, const char *call);
