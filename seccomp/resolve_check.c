/* SPDX-License-Identifier: Apache-2.0 */
/* Rules against each other, for each call over all its arguments: those that never answer,
 * those that cross, a child's that loosen its parent, what is required and forbidden. */
#include <string.h>

#include "seccomp/resolve.h"

#define NONE SIZE_MAX

/* Cells times rules, over all calls: hostile policies must end as well. What is not looked at
 * then is not complained about. */
#define WORK_MAX  (1u << 26)
#define CROSS_MAX 64

/* A rule that may answer the call. */
struct entry {
	size_t rule;
	const struct cond *cond; /* NULL: always */
	bool answers;            /* it is the first one for some arguments */
	bool shown;              /* its first defeat is kept */
	size_t by;               /* the entry that answers instead, */
	uint64_t args[6];        /* to this call */
};

/* A call that the rule covers and another one answers. */
struct defeat {
	bool is;
	enum arch arch;
	int id;
	size_t by;
	uint64_t args[6];
};

/* What is known of a rule over all calls. */
struct tally {
	bool answers;         /* at least one call, for some arguments */
	struct defeat first;  /* the first of a call that it never answers */
	struct defeat partly; /* the first that was written by name, to be answered otherwise */
};

/* One call. */
struct look {
	struct resolver *r;
	struct arena *scratch;
	struct tally *tally;
	enum arch arch;
	int id;
	struct entry *at;
	size_t n;
	const struct cond **conds;
	struct grid grid;
	size_t work;
	bool permitted; /* for some arguments */
	size_t permits_by;
	uint64_t permits_args[6];
};

static const char *call_text(const struct look *l, enum arch arch, int id,
			     const uint64_t args[6])
{
	struct seccomp_data call = { .nr = sc_number(id, arch), .arch = arch_audit(arch) };

	memcpy(call.args, args, sizeof(call.args));
	return policy_call_text(l->r->a, &call);
}

static const char *action_text(const struct look *l, size_t rule)
{
	const struct rule *x = &l->r->out[rule];

	return policy_action_text(l->r->a, x->action, x->audit, x->audit_errno);
}

static bool same_answer(const struct look *l, size_t x, size_t y)
{
	const struct rule *a = &l->r->out[x], *b = &l->r->out[y];

	return a->action == b->action && a->audit == b->audit &&
	       a->audit_errno == b->audit_errno;
}

static bool rule_permits(const struct look *l, size_t rule)
{
	return action_permits(l->r->out[rule].action, l->r->out[rule].audit);
}

static const struct flat *flat_at(const struct look *l, size_t rule)
{
	return &l->r->rules.at[rule];
}

/* ---- cells ---- */

static bool holds(const struct entry *x, const uint64_t args[6])
{
	return x->cond == NULL || cond_holds(x->cond, args);
}

/* The first entry from i on that matches, or n. */
static size_t next_match(const struct look *l, size_t i, const uint64_t args[6])
{
	while (i < l->n && !holds(&l->at[i], args))
		i++;
	return i;
}

static void keep_permitted(struct look *l, size_t first, const uint64_t args[6])
{
	if (l->permitted)
		return;
	if (first < l->n ? !rule_permits(l, l->at[first].rule)
			 : !action_permits(l->r->p->normal.action, l->r->p->normal.audit))
		return;
	l->permitted = true;
	l->permits_by = first < l->n ? l->at[first].rule : NONE;
	memcpy(l->permits_args, args, sizeof(l->permits_args));
}

static void keep_defeats(struct look *l, size_t first, const uint64_t args[6])
{
	for (size_t i = next_match(l, first + 1, args); i < l->n;
	     i = next_match(l, i + 1, args)) {
		if (l->at[i].shown)
			continue;
		l->at[i].shown = true;
		l->at[i].by = first;
		memcpy(l->at[i].args, args, sizeof(l->at[i].args));
	}
}

/* `extends' may be made tighter only: what a rule of the parent denies, a child's permits only
 * when it says `override'. */
static void check_loosens(struct look *l, size_t first, const uint64_t args[6])
{
	const struct flat *f = flat_at(l, l->at[first].rule), *g;
	size_t i = first;

	if (!rule_permits(l, l->at[first].rule) || f->stmt->override || f->kind != FLAT_RULE)
		return;
	do
		i = next_match(l, i + 1, args);
	while (i < l->n && flat_at(l, l->at[i].rule)->level <= f->level);
	if (i >= l->n || rule_permits(l, l->at[i].rule))
		return;
	g = flat_at(l, l->at[i].rule);
	if (g->kind != FLAT_RULE || !say_once(l->r, "loosens", &f->stmt->at))
		return;
	if (!diag(l->r->d, POLICY_ERROR, "loosens", &f->stmt->at,
		  "this permits %s, which the extended policy answers with %s",
		  call_text(l, l->arch, l->id, args), action_text(l, l->at[i].rule)))
		return;
	diag_hint(l->r->d, "write \"override\" before the rule if it shall");
	diag(l->r->d, POLICY_NOTE, "loosens", &g->stmt->at, "the rule of the extended policy");
}

static void look_at_cell(struct look *l, const uint64_t args[6])
{
	const size_t first = next_match(l, 0, args);

	keep_permitted(l, first, args);
	if (first == l->n)
		return;
	l->at[first].answers = true;
	keep_defeats(l, first, args);
	check_loosens(l, first, args);
}

/* ---- two conditions that cross ---- */

/* What is in which of two rules: the usual order is the special one before the general one, so
 * only when each has something of its own is the order worth a word. */
static bool cross(struct look *l, size_t i, size_t k, uint64_t both[6])
{
	bool in_both = false, only_first = false, only_second = false;
	uint64_t args[6];

	grid_first(&l->grid, args);
	do {
		const bool x = holds(&l->at[i], args), y = holds(&l->at[k], args);

		if (x && y && !in_both && next_match(l, 0, args) == i) {
			in_both = true;
			memcpy(both, args, sizeof(args));
		}
		only_first |= x && !y;
		only_second |= y && !x;
	} while (grid_next(&l->grid, args));
	return in_both && only_first && only_second;
}

static bool is_plain(const struct look *l, size_t rule)
{
	const struct flat *f = flat_at(l, rule);

	return f->own && f->kind == FLAT_RULE && !f->stmt->override && sc_has(&f->named, l->id);
}

static void check_crossing(struct look *l, size_t i, size_t k)
{
	const size_t x = l->at[i].rule, y = l->at[k].rule;
	uint64_t args[6];

	if (l->at[i].cond == NULL || l->at[k].cond == NULL || !l->at[k].answers ||
	    same_answer(l, x, y) || !is_plain(l, x) || !is_plain(l, y) ||
	    !say_once(l->r, "overlap", &flat_at(l, y)->stmt->at) || !cross(l, i, k, args))
		return;
	diag(l->r->d, POLICY_WARNING, "overlap", &flat_at(l, y)->stmt->at,
	     "%s is also answered by an earlier rule, with %s instead of %s",
	     call_text(l, l->arch, l->id, args), action_text(l, x), action_text(l, y));
	diag(l->r->d, POLICY_NOTE, "overlap", &flat_at(l, x)->stmt->at, "the earlier rule");
}

static void check_crossings(struct look *l)
{
	if (l->grid.size == 1 || l->n > CROSS_MAX)
		return;
	l->work += l->grid.size * l->n * l->n / 2;
	for (size_t k = 1; k < l->n; k++)
		for (size_t i = 0; i < k; i++)
			check_crossing(l, i, k);
}

/* ---- rules that do not answer ---- */

static void keep(struct look *l, const struct entry *x, struct defeat *d)
{
	if (d->is)
		return;
	*d = (struct defeat){ true, l->arch, l->id, l->at[x->by].rule, { 0 } };
	memcpy(d->args, x->args, sizeof(d->args));
}

static void tally_up(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct entry *x = &l->at[i];
		struct tally *t = &l->tally[x->rule];

		t->answers |= x->answers;
		if (x->answers || !x->shown)
			continue;
		keep(l, x, &t->first);
		if (is_plain(l, x->rule) && !same_answer(l, x->rule, l->at[x->by].rule))
			keep(l, x, &t->partly);
	}
}

static void say_defeat(struct look *l, size_t rule, const struct defeat *d, bool whole)
{
	const struct policy_place *at = &l->r->out[rule].at;
	const char *call = call_text(l, d->arch, d->id, d->args);
	bool kept;

	/* Under a guard a rule may be needed with other capabilities: what is fine for one
	 * container must not be an error for the next. */
	if (whole)
		kept = diag(l->r->d,
			    flat_at(l, rule)->guarded || flat_at(l, d->by)->guarded
				    ? POLICY_WARNING
				    : POLICY_ERROR,
			    "shadowed", at,
			    "this rule never answers: %s is answered by an earlier one", call);
	else
		kept = diag(l->r->d, POLICY_WARNING, "shadowed-call", at,
			    "for %s this rule never answers: %s is answered by an earlier one, "
			    "with %s instead of %s",
			    sc_name(d->id), call, action_text(l, d->by), action_text(l, rule));
	if (!kept)
		return;
	diag(l->r->d, POLICY_NOTE, whole ? "shadowed" : "shadowed-call", &l->r->out[d->by].at,
	     "%s",
	     flat_at(l, d->by)->kind == FLAT_CLONE3
		     ? "clone3 is denied because this rule looks at the flags of clone"
		     : "the earlier rule");
}

static void check_tally(struct look *l, size_t rule)
{
	const struct tally *t = &l->tally[rule];
	const struct flat *f = flat_at(l, rule);

	if (!f->own || f->kind != FLAT_RULE)
		return;
	if (t->answers || l->r->out[rule].nrs_n > 0) {
		if (t->partly.is && !flat_at(l, t->partly.by)->stmt->override)
			say_defeat(l, rule, &t->partly, false);
	} else if (t->first.is && !flat_at(l, t->first.by)->stmt->override) {
		say_defeat(l, rule, &t->first, true);
	}
}

/* ---- require and forbid ---- */

static void check_required(struct look *l, const struct flat *f)
{
	if (l->permitted || !say_once(l->r, "require", &f->stmt->at))
		return;
	if (!diag(l->r->d, POLICY_ERROR, "require", &f->stmt->at,
		  "%s is required, and never permitted on %s", sc_name(l->id),
		  arch_name(l->arch)))
		return;
	if (l->n > 0)
		diag(l->r->d, POLICY_NOTE, "require", &l->r->out[l->at[0].rule].at,
		     "the rule that answers it with %s", action_text(l, l->at[0].rule));
}

static void check_forbidden(struct look *l, const struct flat *f)
{
	if (!l->permitted || !say_once(l->r, "forbid", &f->stmt->at))
		return;
	if (diag(l->r->d, POLICY_ERROR, "forbid", &f->stmt->at,
		 "%s is forbidden, and %s is permitted", sc_name(l->id),
		 call_text(l, l->arch, l->id, l->permits_args)) &&
	    l->permits_by != NONE)
		diag(l->r->d, POLICY_NOTE, "forbid", &l->r->out[l->permits_by].at,
		     "the rule that permits it");
}

static void check_demands(struct look *l, const struct setv *sets)
{
	for (size_t i = 0; i < l->r->others.n; i++) {
		const struct flat *f = &l->r->others.at[i];

		if ((f->archs >> l->arch & 1) == 0 || f->stmt->kind == STMT_EXPECT ||
		    !sc_has(&sets[i].ids[l->arch], l->id))
			continue;
		if (f->stmt->kind == STMT_REQUIRE)
			check_required(l, f);
		else
			check_forbidden(l, f);
	}
}

/* ---- forbidden calls behind socketcall and ipc ---- */

static void say_behind(struct look *l, const struct flat *f, int id, size_t rule,
		       const uint64_t args[6])
{
	if (say_once(l->r, "forbid", &f->stmt->at) &&
	    diag(l->r->d, POLICY_ERROR, "forbid", &f->stmt->at,
		 "%s is forbidden, and %s, which is the same, is permitted", sc_name(id),
		 call_text(l, l->arch, l->id, args)))
		diag(l->r->d, POLICY_NOTE, "forbid", &l->r->out[rule].at,
		     "the rule that permits it");
}

static void say_too_many(struct look *l, const char *against)
{
	const struct policy_place *at = &l->r->out[l->at[0].rule].at;

	if (say_once(l->r, "too-many", at))
		diag(l->r->d, POLICY_ERROR, "too-many", at,
		     "the rules on %s compare too much to be checked against what is %s",
		     sc_name(l->id), against);
}

/* l->id is what the forbidden call goes through; its rules stand in l->at. */
static void check_behind(struct look *l, const struct flat *f, int id)
{
	const struct cond *number = mux_number(l->r, id);
	struct grid grid;
	uint64_t args[6];

	l->conds[l->n] = number;
	if (!grid_make(l->scratch, l->conds, l->n + 1, &grid)) {
		if (l->n > 0)
			say_too_many(l, "forbidden");
		return;
	}
	grid_first(&grid, args);
	do {
		const size_t first = next_match(l, 0, args);

		if (first == l->n || !cond_holds(number, args) ||
		    !rule_permits(l, l->at[first].rule))
			continue;
		say_behind(l, f, id, l->at[first].rule, args);
		return;
	} while (grid_next(&grid, args));
}

static void check_mux(struct look *l, const struct setv *sets)
{
	for (size_t i = 0; i < l->r->others.n; i++) {
		const struct flat *f = &l->r->others.at[i];
		struct sc_set behind = l->r->muxed;

		if (f->stmt->kind != STMT_FORBID || (f->archs >> ARCH_I386 & 1) == 0)
			continue;
		set_and(&behind, &sets[i].ids[ARCH_I386]);
		for (int id = set_next(&behind, 0); id >= 0; id = set_next(&behind, id + 1))
			if (sc_mux(id, ARCH_I386).through == l->id)
				check_behind(l, f, id);
	}
}

/* ---- the whole ---- */

static void find_entries(struct look *l)
{
	l->n = 0;
	for (size_t i = 0; i < l->r->rules.n; i++) {
		if (!sc_has(&l->r->out[i].set[l->arch], l->id))
			continue;
		l->at[l->n] =
			(struct entry){ .rule = i,
					.cond = rule_cond(&l->r->out[i], l->arch, l->id) };
		l->conds[l->n] = l->at[l->n].cond;
		l->n++;
	}
}

/* False: too many arguments to look at. No advice is given then, and a rule counts as one that
 * answers. */
static bool look_at_call(struct look *l)
{
	uint64_t args[6];

	find_entries(l);
	l->permitted = false;
	l->work += l->n;
	if (l->work > WORK_MAX || !grid_make(l->scratch, l->conds, l->n, &l->grid)) {
		for (size_t i = 0; i < l->n; i++)
			l->tally[l->at[i].rule].answers = true;
		return false;
	}
	l->work += l->grid.size * l->n;
	grid_first(&l->grid, args);
	do
		look_at_cell(l, args);
	while (grid_next(&l->grid, args));
	return true;
}

static bool is_demanded(const struct look *l, const struct setv *sets)
{
	for (size_t i = 0; i < l->r->others.n; i++) {
		const struct flat *f = &l->r->others.at[i];

		if (f->stmt->kind != STMT_EXPECT && (f->archs >> l->arch & 1) != 0 &&
		    sc_has(&sets[i].ids[l->arch], l->id))
			return true;
	}
	return false;
}

static bool inherits_denial(const struct look *l, size_t k, unsigned level)
{
	const struct flat *f = flat_at(l, l->at[k].rule);

	return f->level > level && f->kind == FLAT_RULE && !rule_permits(l, l->at[k].rule);
}

/* Does a rule that permits, and says no "override", come before one of a parent that denies? */
static bool may_loosen(const struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct flat *f = flat_at(l, l->at[i].rule);

		if (f->stmt->override || f->kind != FLAT_RULE ||
		    !rule_permits(l, l->at[i].rule))
			continue;
		for (size_t k = i + 1; k < l->n; k++)
			if (inherits_denial(l, k, f->level))
				return true;
	}
	return false;
}

/* Advice may be left out where it is not known; a promise may not. */
static void refuse_unseen(struct look *l, const struct setv *sets)
{
	if (l->n == 0)
		return;
	if (is_demanded(l, sets))
		say_too_many(l, "forbidden or required");
	else if (may_loosen(l))
		say_too_many(l, "inherited");
}

static void look_at_arch(struct look *l, const struct setv *sets)
{
	const struct sc_set *exists = &l->r->exists[l->arch];

	for (l->id = set_next(exists, 0); l->id >= 0; l->id = set_next(exists, l->id + 1)) {
		if (!look_at_call(l)) {
			refuse_unseen(l, sets);
			if (l->arch == ARCH_I386)
				check_mux(l, sets);
			continue;
		}
		tally_up(l);
		check_crossings(l);
		check_demands(l, sets);
		if (l->arch == ARCH_I386)
			check_mux(l, sets);
	}
}

/* The sets of `require' and `forbid'. */
static const struct setv *demanded(struct resolver *r)
{
	struct setv *sets = arena_array(r->a, r->others.n, sizeof(*sets));

	for (size_t i = 0; i < r->others.n; i++)
		if (r->others.at[i].stmt->kind != STMT_EXPECT)
			set_make(r, r->others.at[i].stmt->set, &sets[i]);
	return sets;
}

void check_rules(struct resolver *r)
{
	autoarena struct arena scratch = { 0 };
	struct look l = { .r = r, .scratch = &scratch };
	const struct setv *sets;

	mux_check(r);
	if (r->handed_in)
		return;
	sets = demanded(r);
	l.tally = arena_array(&scratch, r->rules.n, sizeof(*l.tally));
	l.at = arena_array(&scratch, r->rules.n, sizeof(*l.at));
	l.conds = arena_array(&scratch, r->rules.n + 1, sizeof(const struct cond *));
	for (size_t i = 0; i < r->p->targets_n; i++) {
		l.arch = r->p->targets[i];
		look_at_arch(&l, sets);
	}
	for (size_t i = 0; i < r->rules.n; i++)
		check_tally(&l, i);
}
