/* SPDX-License-Identifier: Apache-2.0 */
/* audited.c - a policy of which the watcher is to hear more than the policy itself asks for:
 * a copy whose answers are the same, but are given by the watcher.
 *
 * ENOSYS stays the filter's own: it is what a program asks a kernel for that may be too old,
 * not what it is denied. */
#include "seccomp/audited.h"

#include <errno.h>
#include <string.h>

static bool is_denial(uint32_t action)
{
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       (action & SECCOMP_RET_DATA) != ENOSYS;
}

static void see_fallback(struct fallback *f)
{
	if (f->audit != POLICY_AUDIT_NONE || !is_denial(f->action))
		return;
	f->audit = POLICY_AUDIT_DENY;
	f->audit_errno = (uint16_t)(f->action & SECCOMP_RET_DATA);
	f->action = SECCOMP_RET_USER_NOTIF;
}

static void see_denial(struct rule *r)
{
	if (r->audit != POLICY_AUDIT_NONE || !is_denial(r->action))
		return;
	r->audit = POLICY_AUDIT_DENY;
	r->audit_errno = (uint16_t)(r->action & SECCOMP_RET_DATA);
	r->action = SECCOMP_RET_USER_NOTIF;
}

/* ---- execve(2), execveat(2) ---- */

static const char *const exec_names[] = { "execve", "execveat" };

/* Of the conditions those that the set still has. */
static void keep_conds(struct arena *a, struct rule *r, enum arch arch)
{
	struct rule_cond *kept = arena_array(a, r->conds_n[arch], sizeof(*kept));
	size_t n = 0;

	for (size_t i = 0; i < r->conds_n[arch]; i++)
		if (sc_has(&r->set[arch], r->conds[arch][i].id))
			kept[n++] = r->conds[arch][i];
	r->conds[arch] = kept;
	r->conds_n[arch] = n;
}

/* What a rule says of execve and execveat alone; false: nothing. */
static bool only_execs(struct arena *a, const struct rule *from, struct rule *out)
{
	bool any = false;

	*out = *from;
	out->action = SECCOMP_RET_USER_NOTIF;
	out->audit = POLICY_AUDIT_ALLOW;
	out->nrs_n = 0;
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		memset(&out->set[arch], 0, sizeof(out->set[arch]));
		for (size_t i = 0; i < COUNT(exec_names); i++) {
			int id = sc_find(exec_names[i], strlen(exec_names[i]));

			if (id < 0 || !sc_has(&from->set[arch], id))
				continue;
			sc_add(&out->set[arch], id);
			any = true;
		}
		keep_conds(a, out, arch);
	}
	return any;
}

/* All calls that the fallback for known ones answers. */
static struct rule as_rule(const struct policy *p, const struct fallback *f)
{
	struct rule r = { .at = f->at };

	for (size_t i = 0; i < p->targets_n; i++) {
		const enum arch arch = p->targets[i];

		for (size_t k = 0; k < COUNT(exec_names); k++) {
			int id = sc_find(exec_names[k], strlen(exec_names[k]));

			if (id >= 0 && sc_number(id, arch) >= 0 &&
			    sc_since(id, arch) <= p->kernel[arch])
				sc_add(&r.set[arch], id);
		}
	}
	return r;
}

static bool lets_go(uint32_t action, enum policy_audit audit)
{
	return action == SECCOMP_RET_ALLOW && audit == POLICY_AUDIT_NONE;
}

/* A rule of its own before each that lets them through. */
static size_t see_execs(struct arena *a, const struct policy *p, struct rule *out)
{
	const struct rule last = as_rule(p, &p->normal);
	size_t n = 0;

	for (size_t i = 0; i < p->rules_n; i++) {
		const struct rule *r = &p->rules[i];

		if (lets_go(r->action, r->audit))
			n += only_execs(a, r, &out[n]);
		out[n++] = *r;
	}
	if (lets_go(p->normal.action, p->normal.audit))
		n += only_execs(a, &last, &out[n]);
	return n;
}

const struct policy *policy_audited(struct arena *a, const struct policy *p, unsigned see)
{
	struct policy *copy = arena_new(a, struct policy);
	struct rule *rules = arena_array(a, 2 * p->rules_n + 1, sizeof(*rules));

	*copy = *p;
	copy->rules = rules;
	if ((see & POLICY_SEE_EXECS) != 0)
		copy->rules_n = see_execs(a, p, rules);
	else if (p->rules_n > 0)
		memcpy(rules, p->rules, p->rules_n * sizeof(*rules));
	if ((see & POLICY_SEE_DENIALS) == 0)
		return copy;
	for (size_t i = 0; i < copy->rules_n; i++)
		see_denial(&rules[i]);
	see_fallback(&copy->normal);
	see_fallback(&copy->unknown);
	return copy;
}

bool policy_hands_on(const struct policy *p)
{
	bool any = p->normal.action == SECCOMP_RET_USER_NOTIF &&
		   p->normal.audit == POLICY_AUDIT_NONE;

	for (size_t i = 0; i < p->rules_n; i++)
		any |= p->rules[i].action == SECCOMP_RET_USER_NOTIF &&
		       p->rules[i].audit == POLICY_AUDIT_NONE;
	return any;
}
