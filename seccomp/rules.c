/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a resolved policy say, one at a time. For the readers that hold programs
 * against policies: nothing of the compiler may be used in here, and it uses nothing of this.
 */
#include "seccomp/rules.h"

bool policy_targets(const struct policy *p, enum arch arch)
{
	for (size_t i = 0; i < p->targets_n; i++)
		if (p->targets[i] == arch)
			return true;
	return false;
}

bool action_permits(uint32_t action, enum policy_audit audit)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
		return true;
	case SECCOMP_RET_USER_NOTIF:
		return audit != POLICY_AUDIT_DENY;
	default:
		return false;
	}
}

/* ---- which rules ---- */

const struct cond *rule_cond(const struct rule *r, enum arch arch, int id)
{
	const struct rule_cond *conds = r->conds[arch];
	size_t lo = 0, hi = r->conds_n[arch];

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (conds[mid].id == id)
			return conds[mid].cond;
		if (conds[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool lists_number(const struct rule *r, const struct numbered_call *call)
{
	for (size_t i = 0; i < r->nrs_n; i++)
		if (r->nrs[i].nr == call->nr && r->nrs[i].arch == call->arch)
			return true;
	return false;
}

bool rule_covers(const struct rule *r, const struct numbered_call *call,
		 const struct cond **cond)
{
	if (call->id >= 0 && sc_has(&r->set[call->arch], call->id))
		*cond = rule_cond(r, call->arch, call->id);
	else if (r->nrs_n > 0 && lists_number(r, call))
		*cond = r->nrs_cond;
	else
		return false;
	if (*cond != NULL && (*cond)->kind == COND_TRUE)
		*cond = NULL;
	return *cond == NULL || (*cond)->kind != COND_FALSE;
}

/* ---- conditions ---- */

/* Recursion ends: resolve.c bounds the depth of a condition. */
bool cond_holds(const struct cond *c, const uint64_t args[6])
{
	const uint64_t v = c->bits == 32 ? (uint32_t)args[c->arg] : args[c->arg];

	switch (c->kind) {
	case COND_TRUE:
		return true;
	case COND_FALSE:
		return false;
	case COND_AND:
		return cond_holds(c->left, args) && cond_holds(c->right, args);
	case COND_OR:
		return cond_holds(c->left, args) || cond_holds(c->right, args);
	case COND_NOT:
		return !cond_holds(c->left, args);
	case COND_RANGE:
		return c->lo <= v && v <= c->hi;
	case COND_MASK:
		return (v & c->mask) == c->value;
	}
	return false;
}
