/* SPDX-License-Identifier: Apache-2.0 */
/* ls_args.h - the rules that compare arguments, compiled here and not by libseccomp: its code
 * for several 64-bit compares in one syscall answers wrongly (seen with 2.5.4, t_seccomp.c). */
#pragma once
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/policy.h"

/* A program under construction; it never holds more than the kernel takes. */
struct code {
	struct sock_filter *insns; /* room for BPF_MAXINSNS */
	size_t n;
	bool over; /* and then n stays */
};

/* Can all compares of the rule hold at once, each taken alone? */
bool ls_can_hold(const struct policy_rule *rule, uint32_t audit_arch);

/* A block for each syscall that has such rules only. In it, the first rule in the order of the
 * policy whose compares all hold answers, and else the default. What has no block falls
 * through with the syscall's number loaded. */
void ls_emit_args(struct code *c, const struct policy_rules *p, uint32_t audit_arch);
