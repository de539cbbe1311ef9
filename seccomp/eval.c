/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy means, rule by rule. Nothing of the compiler may be used in here: this is what
 * its programs are held against. */
#include <errno.h>
#include <string.h>

#include "seccomp/rules.h"

static bool is_x32(enum arch arch, uint32_t nr)
{
	return arch == ARCH_X86_64 && nr >= X32_BIT;
}

static bool is_unknown(const struct policy *p, const struct numbered_call *call)
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

static void by_fallback(const struct policy *p, const struct numbered_call *call,
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
	struct numbered_call asked = { .arch = arch_of_audit(call->arch),
				       .nr = (uint32_t)call->nr };
	uint64_t args[6];

	if (asked.arch == ARCH_N || !policy_targets(p, asked.arch)) {
		before_rules(POLICY_BY_ARCH, p->bad_arch, out);
		return;
	}
	if (is_x32(asked.arch, asked.nr)) {
		before_rules(POLICY_BY_X32, SECCOMP_RET_ERRNO | ENOSYS, out);
		return;
	}
	asked.id = sc_by_number(asked.arch, asked.nr);
	memcpy(args, call->args, sizeof(args));
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct cond *cond;

		if (!rule_covers(&p->rules[i], &asked, &cond))
			continue;
		if (cond == NULL || cond_holds(cond, args)) {
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
	struct numbered_call asked = { .arch = arch_of_audit(audit_arch), .nr = (uint32_t)nr };
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

		if (!rule_covers(&p->rules[i], &asked, &cond))
			continue;
		if (!same(p->rules[i].action, &any, action))
			return POLICY_DEPENDS;
		if (cond == NULL)
			return POLICY_ALWAYS;
	}
	by_fallback(p, &asked, &d);
	return same(d.action, &any, action) ? POLICY_ALWAYS : POLICY_DEPENDS;
}
