/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that nobody wrote: clone3 beside a rule on clone's flags, the execve that a stage
 * needs, and what `forbid' leaves to be denied. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/resolve.h"

static void insert(struct resolver *r, size_t at, const struct flat *f, const struct rule *rule)
{
	memmove(&r->out[at + 1], &r->out[at], (r->rules.n - at) * sizeof(*r->out));
	r->out[at] = *rule;
	flat_insert(r, &r->rules, at, f);
}

/* ---- clone3 ---- */

static bool looks_at(const struct cond *c, unsigned arg)
{
	switch (c->kind) {
	case COND_TRUE:
	case COND_FALSE:
		return false;
	case COND_NOT:
		return looks_at(c->left, arg);
	case COND_AND:
	case COND_OR:
		return looks_at(c->left, arg) || looks_at(c->right, arg);
	case COND_RANGE:
	case COND_MASK:
		return c->arg == arg;
	}
	return false;
}

/* The argument `flags' of clone, 0 everywhere but where the table says otherwise. */
static unsigned clone_flags(int clone, enum arch arch)
{
	for (unsigned i = 0; i < 6; i++)
		if (str_eq(sc_arg(clone, arch, i).name, "flags"))
			return i;
	return 0;
}

/* The first rule that filters clone by its flags, or rules.n. */
static size_t flag_rule(const struct resolver *r, enum arch arch, int clone)
{
	for (size_t i = 0; i < r->rules.n; i++) {
		const struct cond *c;

		if (!sc_has(&r->out[i].set[arch], clone))
			continue;
		c = rule_cond(&r->out[i], arch, clone);
		if (c == NULL)
			return r->rules.n;
		if (looks_at(c, clone_flags(clone, arch)))
			return i;
	}
	return r->rules.n;
}

/* Has the policy decided about clone3? By a rule that comes earlier, or by one that comes later
 * and says no to all of it. */
static bool is_decided(const struct resolver *r, enum arch arch, int clone3, size_t before)
{
	for (size_t i = 0; i < r->rules.n; i++) {
		const struct rule *rule = &r->out[i];

		if (!sc_has(&rule->set[arch], clone3))
			continue;
		return i < before || (rule_cond(rule, arch, clone3) == NULL &&
				      !action_permits(rule->action, rule->audit));
	}
	return false;
}

/* The flags of clone3 are in memory: who filters clone by them must not have it, and ENOSYS is
 * what makes the C library fall back on clone (moby 42680). */
void add_clone3(struct resolver *r)
{
	const int clone = sc_find("clone", 5), clone3 = sc_find("clone3", 6);

	if (r->handed_in || clone < 0 || clone3 < 0)
		return;
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		const size_t at =
			(r->targets >> arch & 1) != 0 ? flag_rule(r, arch, clone) : r->rules.n;
		struct rule rule = { .action = SECCOMP_RET_ERRNO | ENOSYS,
				     .reason = "the flags of clone3 are in memory, where no "
					       "filter sees them" };
		struct flat f;

		if (at == r->rules.n || is_decided(r, arch, clone3, at))
			continue;
		f = r->rules.at[at];
		f.kind = FLAT_CLONE3;
		f.own = false;
		f.named = (struct sc_set){ 0 };
		rule.at = r->out[at].at;
		sc_add(&rule.set[arch], clone3);
		insert(r, at, &f, &rule);
	}
}

/* ---- stage ---- */

/* Calls that no rule answers whatever their arguments are. */
static void undecided(const struct resolver *r, enum arch arch, struct sc_set *set)
{
	struct sc_set open = *set;

	for (int id = set_next(set, 0); id >= 0; id = set_next(set, id + 1))
		for (size_t i = 0; i < r->rules.n; i++)
			if (sc_has(&r->out[i].set[arch], id) &&
			    rule_cond(&r->out[i], arch, id) == NULL)
				open.bits[id / 64] &= ~(UINT64_C(1) << (id % 64));
	*set = open;
}

/* The runtime still has to call execve when the filter is on. */
void add_stage(struct resolver *r)
{
	static const char *const names[] = { "execve", "execveat" };
	const struct ast_stmt *s = r->singles.at[SINGLE_STAGE];
	struct flat f = { .stmt = s, .archs = ALL_ARCHS, .kind = FLAT_STAGE };
	struct rule rule = { .action = SECCOMP_RET_ALLOW,
			     .reason = "the runtime starts the program" };

	r->p->self = s != NULL && word_is(&s->word, "self");
	if (s == NULL || r->p->self)
		return;
	if (!word_is(&s->word, "exec")) {
		diag(r->d, POLICY_ERROR, "unknown-name", &s->word.at,
		     "a stage is \"exec\" or \"self\": \"%.*s\"",
		     DIAG_WORD(s->word.p, s->word.len));
		return;
	}
	rule.at = s->at;
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		if ((r->targets >> arch & 1) == 0)
			continue;
		for (size_t i = 0; i < COUNT(names); i++)
			sc_add(&rule.set[arch], sc_find(names[i], strlen(names[i])));
		set_and(&rule.set[arch], &r->exists[arch]);
		undecided(r, arch, &rule.set[arch]);
	}
	insert(r, r->rules.n, &f, &rule);
}

/* ---- forbid ---- */

/* Keeps only conditions of calls that are still in the set. */
static void trim_conds(struct resolver *r, struct rule *rule, enum arch arch)
{
	struct rule_cond *kept = arena_array(r->a, rule->conds_n[arch], sizeof(*kept));
	size_t n = 0;

	for (size_t i = 0; i < rule->conds_n[arch]; i++)
		if (sc_has(&rule->set[arch], rule->conds[arch][i].id))
			kept[n++] = rule->conds[arch][i];
	rule->conds[arch] = kept;
	rule->conds_n[arch] = n;
}

/* Of the forbidden calls those that what comes later would permit are denied; the others keep
 * the answer that they have there. */
static void trim_arch(struct resolver *r, enum arch arch)
{
	struct sc_set permitted = { 0 }; /* by a later rule */

	for (size_t i = r->rules.n; i-- > 0;) {
		struct rule *rule = &r->out[i];

		if (action_permits(rule->action, rule->audit))
			set_or(&permitted, &rule->set[arch]);
		if (r->rules.at[i].kind != FLAT_FORBID)
			continue;
		set_and(&rule->set[arch], &permitted);
		trim_conds(r, rule, arch);
	}
}

void trim_forbids(struct resolver *r)
{
	if (action_permits(r->p->normal.action, r->p->normal.audit) || r->others.n == 0)
		return;
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		trim_arch(r, arch);
}

/* ---- what covers nothing ---- */

static bool covers_nothing(const struct rule *rule)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (!set_empty(&rule->set[arch]))
			return false;
	return rule->nrs_n == 0;
}

void drop_empty(struct resolver *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->rules.n; i++) {
		if (covers_nothing(&r->out[i]))
			continue;
		if (kept != i) {
			r->out[kept] = r->out[i];
			r->rules.at[kept] = r->rules.at[i];
		}
		kept++;
	}
	r->rules.n = kept;
}
