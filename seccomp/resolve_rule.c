/* SPDX-License-Identifier: Apache-2.0 */
/* Statements to rules: for each architecture the calls, and the conditions of some of them. */
#include <string.h>

#include "seccomp/resolve.h"

/* The watcher needs these to be told of a call and to answer it, or they would be held up each
 * time that a program ends, waits or comes back from a signal. */
static const char *const not_audited[] = {
	"write",         "writev",          "sendmsg",      "sendmmsg",
	"sendto",        "recvmsg",         "recvmmsg",     "recvfrom",
	"socketcall",    "ioctl",           "futex",        "futex_time64",
	"futex_wait",    "futex_wake",      "futex_waitv",  "close",
	"exit",          "exit_group",      "rt_sigreturn", "sigreturn",
	"futex_requeue", "restart_syscall", "sched_yield",
};

static bool is_audited(const struct rule *rule, int id)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (sc_has(&rule->set[arch], id))
			return true;
	return false;
}

static void check_audit(struct resolver *r, const struct flat *f, const struct rule *rule)
{
	if (rule->audit != POLICY_AUDIT_ALLOW)
		return;
	for (size_t i = 0; i < COUNT(not_audited); i++) {
		const int id = sc_find(not_audited[i], strlen(not_audited[i]));

		if (id < 0 || !is_audited(rule, id))
			continue;
		if (diag(r->d, POLICY_ERROR, "audit", &f->stmt->at,
			 "\"audit allow\" cannot hold up %s, which the watcher or the end of a "
			 "program needs",
			 not_audited[i]))
			diag_hint(r->d, "take it out of the set: ... - %s", not_audited[i]);
		return;
	}
}

/* ---- conditions ---- */

const struct cond *rule_cond_make(struct resolver *r, const struct flat *f, enum arch arch,
				  int id)
{
	return f->stmt->when != NULL ? cond_make(r, f->stmt->when, arch, id) : NULL;
}

static const struct cond *cond_for(struct resolver *r, const struct flat *f, enum arch arch,
				   int id, const struct mux_conds *mux)
{
	for (size_t i = 0; i < 2; i++)
		if (arch == ARCH_I386 && mux->id[i] == id)
			return mux->cond[i];
	return rule_cond_make(r, f, arch, id);
}

static size_t count(const struct sc_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SC_WORDS; i++)
		n += (size_t)__builtin_popcountll(s->bits[i]);
	return n;
}

/* A call whose condition can never hold is none of the rule's. */
static void add_conds(struct resolver *r, const struct flat *f, enum arch arch,
		      struct rule *rule, const struct mux_conds *mux)
{
	struct sc_set *set = &rule->set[arch];
	const bool all = f->stmt->when != NULL && f->kind == FLAT_RULE;
	struct rule_cond *conds;
	size_t n = 0;

	if (!all && (arch != ARCH_I386 || (mux->id[0] < 0 && mux->id[1] < 0)))
		return;
	conds = arena_array(r->a, all ? count(set) : 2, sizeof(*conds));
	for (int id = set_next(set, 0); id >= 0; id = set_next(set, id + 1)) {
		const struct cond *c = cond_for(r, f, arch, id, mux);

		if (c != NULL && c->kind == COND_FALSE)
			set->bits[id / 64] &= ~(UINT64_C(1) << (id % 64));
		else if (c != NULL && c->kind != COND_TRUE)
			conds[n++] = (struct rule_cond){ id, c };
	}
	rule->conds[arch] = conds;
	rule->conds_n[arch] = n;
}

/* ---- numbers without names ---- */

static bool same_width(const struct rule *rule)
{
	for (size_t i = 1; i < rule->nrs_n; i++)
		if (arch_is_64(rule->nrs[i].arch) != arch_is_64(rule->nrs[0].arch))
			return false;
	return true;
}

static void add_nrs(struct resolver *r, const struct flat *f, const struct setv *v,
		    struct rule *rule)
{
	struct rule_nr *nrs;
	size_t n = 0;

	if (v->nrs_n == 0)
		return;
	nrs = arena_array(r->a, v->nrs_n, sizeof(*nrs));
	for (size_t i = 0; i < v->nrs_n; i++)
		if ((f->archs & r->targets) >> v->nrs[i].arch & 1)
			nrs[n++] = v->nrs[i];
	rule->nrs = nrs;
	rule->nrs_n = n;
	if (n == 0 || f->stmt->when == NULL || f->kind != FLAT_RULE)
		return;
	if (!same_width(rule))
		diag(r->d, POLICY_ERROR, "width", &f->stmt->at,
		     "numbers of 32-bit and of 64-bit architectures in one rule with a "
		     "condition");
	rule->nrs_cond = cond_make(r, f->stmt->when, nrs[0].arch, -1);
	if (rule->nrs_cond != NULL && rule->nrs_cond->kind == COND_FALSE)
		rule->nrs_n = 0;
}

/* ---- a rule ---- */

static void set_answer(struct resolver *r, const struct flat *f, struct rule *rule)
{
	static const struct ast_action deny = { .kind = ACT_DENY };
	struct answer answer;

	answer_make(r, f->kind == FLAT_FORBID ? &deny : f->stmt->action, &answer);
	rule->action = answer.action;
	rule->audit = answer.audit;
	rule->audit_errno = answer.audit_errno;
	rule->at = f->stmt->at;
	rule->reason = f->stmt->reason;
}

static void rule_make(struct resolver *r, struct flat *f, struct rule *rule)
{
	struct setv v = { 0 };

	set_make(r, f->stmt->set, &v);
	set_answer(r, f, rule);
	f->named = v.named;
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		struct mux_conds mux = { .id = { -1, -1 } };

		if (((f->archs & r->targets) >> arch & 1) == 0)
			continue;
		rule->set[arch] = v.ids[arch];
		set_and(&rule->set[arch], &r->exists[arch]);
		if (arch == ARCH_I386)
			mux_add(r, f, rule, &v.ids[arch], &mux);
		add_conds(r, f, arch, rule, &mux);
	}
	add_nrs(r, f, &v, rule);
	check_audit(r, f, rule);
}

void rules_make(struct resolver *r)
{
	/* clone3 for each architecture, and stage's, may be added. */
	r->out = arena_array(r->a, r->rules.n + ARCH_N + 1, sizeof(*r->out));
	for (size_t i = 0; i < r->rules.n && !r->dead; i++)
		rule_make(r, &r->rules.at[i], &r->out[i]);
}
