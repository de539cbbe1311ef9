/* SPDX-License-Identifier: Apache-2.0 */
/* policy_live.h - does the kernel answer a call as a policy says? Asked in a child that has the
 * filter on, no capabilities, no files but /dev/null, and is killed afterwards. */
#pragma once
#include "seccomp/policy.h"

enum live {
	LIVE_AS_EXPECTED,
	LIVE_OTHERWISE,
	LIVE_NOT_TRIED /* it could do harm, or not be made from here */
};

/* *found: what the kernel did, in words; NULL when it was not tried. */
int live_try(struct arena *a, const struct filter *f, const struct seccomp_data *call,
	     uint32_t action, enum live *out, const char **found, struct err *e) CHECK;
