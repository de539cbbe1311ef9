/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy means, rule by rule. Nothing of the compiler may be used in here: this is what
 * its programs are held against. */
#include <errno.h>

#include "seccomp/rules.h"

/* Recursion ends: resolve.c bounds the depth of a condition. */
static bool holds(const struct cond *c, const struct seccomp_data *call)
{
	const uint64_t arg = call->args[c->arg];
	const uint64_t v = c->bits == 32 ? (uint32_t)arg : arg;

	switch (c->kind) {
	case COND_TRUE:
		return true;
	case COND_FALSE:
		return false;
	case COND_AND:
		return holds(c->left, call) && holds(c->right, call);
	case COND_OR:
		return holds(c->left, call) || holds(c->right, call);
	case COND_NOT:
		return !holds(c->left, call);
	case COND_RANGE:
		return c->lo <= v && v <= c->hi;
	case COND_MASK:
		return (v & c->mask) == c->value;
	}
	return false;
}

static const struct cond *find_cond(const struct rule_cond *conds, size_t n, int id)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (conds[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && conds[lo].id == id ? conds[lo].cond : NULL;
}

/* One call, as the rules see it. */
struct asked {
	enum arch arch;
	uint32_t nr;
	int id; /* or -1 */
};

enum covers {
	COVERS_NOT,
	COVERS_ALWAYS,
	COVERS_IF /* *cond holds */
};

static bool lists_number(const struct rule *r, const struct asked *call)
{
	for (size_t i = 0; i < r->nrs_n; i++)
		if (r->nrs[i].nr == call->nr && r->nrs[i].arch == call->arch)
			return true;
	return false;
}

static bool names(const struct rule *r, const struct asked *call)
{
	return call->id >= 0 && sc_has(&r->set[call->arch], call->id);
}

static enum covers covers(const struct rule *r, const struct asked *call,
			  const struct cond **cond)
{
	*cond = NULL;
	if (names(r, call))
		*cond = find_cond(r->conds[call->arch], r->conds_n[call->arch], call->id);
	else if (r->nrs_n > 0 && lists_number(r, call))
		*cond = r->nrs_cond;
	else
		return COVERS_NOT;
	if (*cond == NULL || (*cond)->kind == COND_TRUE)
		return COVERS_ALWAYS;
	return (*cond)->kind == COND_FALSE ? COVERS_NOT : COVERS_IF;
}

static bool is_target(const struct policy *p, enum arch arch)
{
	for (size_t i = 0; i < p->targets_n; i++)
		if (p->targets[i] == arch)
			return true;
	return false;
}

static bool is_x32(enum arch arch, uint32_t nr)
{
	return arch == ARCH_X86_64 && nr >= X32_BIT;
}

static bool is_unknown(const struct policy *p, const struct asked *call)
{
	return call->id < 0 || sc_since(call->id, call->arch) > p->kernel[call->arch];
}

static void by_rule(const struct rule *r, size_t i, struct policy_decision *out)
{
	*out = (struct policy_decision){ .action = r->action,
					 .audit = r->audit,
					 .audit_errno = r->audit_errno,
					 .why = POLICY_BY_RULE,
					 .rule = i,
					 .at = r->at,
					 .reason = r->reason,
					 .also = r->action };
}

static void by_fallback(const struct policy *p, const struct asked *call,
			struct policy_decision *out)
{
	const bool unknown = is_unknown(p, call);
	const bool hole = call->id < 0 && call->nr < sc_last(call->arch);
	const struct fallback *f = unknown ? &p->unknown : &p->normal;

	*out = (struct policy_decision){ .action = f->action,
					 .audit = f->audit,
					 .audit_errno = f->audit_errno,
					 .why = unknown ? POLICY_BY_UNKNOWN : POLICY_BY_DEFAULT,
					 .at = f->at,
					 .also = hole ? p->normal.action : f->action };
}

static void before_rules(enum policy_why why, uint32_t action, struct policy_decision *out)
{
	*out = (struct policy_decision){ .action = action, .why = why, .also = action };
}

void policy_decide(const struct policy *p, const struct seccomp_data *call,
		   struct policy_decision *out)
{
	struct asked asked = { .arch = arch_of_audit(call->arch), .nr = (uint32_t)call->nr };

	if (asked.arch == ARCH_N || !is_target(p, asked.arch)) {
		before_rules(POLICY_BY_ARCH, p->bad_arch, out);
		return;
	}
	if (is_x32(asked.arch, asked.nr)) {
		before_rules(POLICY_BY_X32, SECCOMP_RET_ERRNO | ENOSYS, out);
		return;
	}
	asked.id = sc_by_number(asked.arch, asked.nr);
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct cond *cond;
		enum covers how;

		if (!names(&p->rules[i], &asked) && p->rules[i].nrs_n == 0)
			continue; /* as covers would say */
		how = covers(&p->rules[i], &asked, &cond);
		if (how == COVERS_ALWAYS || (how == COVERS_IF && holds(cond, call))) {
			by_rule(&p->rules[i], i, out);
			return;
		}
	}
	by_fallback(p, &asked, out);
}

/* Adds one more answer that a call may get; false once there are two. */
static bool same(uint32_t action, bool *any, uint32_t *first)
{
	if (*any)
		return *first == action;
	*any = true;
	*first = action;
	return true;
}

enum policy_scope policy_scope(const struct policy *p, uint32_t audit_arch, int nr,
			       uint32_t *action)
{
	const struct seccomp_data call = { .nr = nr, .arch = audit_arch };
	struct asked asked = { .arch = arch_of_audit(audit_arch), .nr = (uint32_t)nr };
	struct policy_decision d;
	bool any = false;

	policy_decide(p, &call, &d);
	if (d.why == POLICY_BY_ARCH || d.why == POLICY_BY_X32) {
		*action = d.action;
		return POLICY_ALWAYS;
	}
	asked.id = sc_by_number(asked.arch, asked.nr);
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct cond *cond;
		const enum covers how = covers(&p->rules[i], &asked, &cond);

		if (how == COVERS_NOT)
			continue;
		if (!same(p->rules[i].action, &any, action))
			return POLICY_DEPENDS;
		if (how == COVERS_ALWAYS)
			return POLICY_ALWAYS;
	}
	by_fallback(p, &asked, &d);
	return same(d.action, &any, action) ? POLICY_ALWAYS : POLICY_DEPENDS;
}
