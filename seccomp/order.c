/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - which of several rules for one call is asked first. */
#include <string.h>

#include "seccomp/policy.h"

/* seccomp(2): an action is the stricter, the smaller it is as a signed number. */
static int64_t rank(const struct policy_rule *rule)
{
	return rule->args_n == 0 ? INT64_MIN
				 : (int32_t)(rule->action & SECCOMP_RET_ACTION_FULL);
}

/* Of rules that overlap libseccomp asks first for higher arguments, then for larger numbers,
 * which nobody means. Here the strictest answers: no call passes that libseccomp stops. */
const struct policy_rule *policy_order(struct arena *a, const struct policy_rules *r)
{
	struct policy_rule *out = arena_array(a, r->rules_n, sizeof(*out));

	for (size_t i = 0; i < r->rules_n; i++) {
		size_t to = i;

		while (to > 0 && rank(&out[to - 1]) > rank(&r->rules[i]))
			to--;
		memmove(&out[to + 1], &out[to], (i - to) * sizeof(*out));
		out[to] = r->rules[i];
	}
	return out;
}
