/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/ls_fold.h"

static enum ls_fold_result fold_if(bool never, bool always)
{
	if (never)
		return FOLD_NEVER;
	return always ? FOLD_ALWAYS : FOLD_DEPENDS;
}

enum ls_fold_result ls_fold(const struct policy_arg *arg, bool wide)
{
	const uint64_t top = wide ? UINT64_MAX : UINT32_MAX;
	const uint64_t v = arg->value;

	switch (arg->op) {
	case POLICY_EQ:
		return fold_if(v > top, false);
	case POLICY_NE:
		return fold_if(false, v > top);
	case POLICY_LT:
		return fold_if(v == 0, v > top);
	case POLICY_LE:
		return fold_if(false, v >= top);
	case POLICY_GE:
		return fold_if(v > top, v == 0);
	case POLICY_GT:
		return fold_if(v >= top, false);
	case POLICY_MASKED_EQ:
		return fold_if((v & ~(arg->mask & top)) != 0, (arg->mask & top) == 0);
	}
	return FOLD_DEPENDS;
}
