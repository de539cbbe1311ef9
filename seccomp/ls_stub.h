/* SPDX-License-Identifier: Apache-2.0 */
/* ls_stub.h - one program per architecture, joined behind a common beginning. */
#pragma once
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/policy.h"

#define LS_ARCHS 24

struct ls_part {
	uint32_t audit_arch;
	int newest; /* the newest number the policy names, or -1 */
	const struct sock_filter *insns;
	size_t n;
};

/* Is the number one of those that an architecture keeps for itself, far above the others? */
bool ls_is_private(uint32_t audit_arch, int nr);

/* Sends each call to its architecture's program, after ENOSYS for what is newer than the
 * policy (see ls_build) and for x32. */
int ls_join(struct arena *a, uint32_t default_action, const struct ls_part *parts, size_t n,
	    struct filter *out, struct err *e) CHECK;
