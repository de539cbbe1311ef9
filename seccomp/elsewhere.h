/* SPDX-License-Identifier: Apache-2.0 */
/* elsewhere.h - how rules travel to a process that compiles them; both ends. */
#pragma once
#include "base/json.h"
#include "seccomp/policy.h"

const char *elsewhere_write(struct arena *a, const struct policy_rules *r, size_t *len);
int elsewhere_read(struct arena *a, const char *text, size_t len, struct policy_rules *out,
		   struct err *e) CHECK;
