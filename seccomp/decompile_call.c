/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/decompile.h"
#include "seccomp/wording.h"

#define LEAVES_MAX   32    /* answers of one call */
#define TESTS_MAX    16384 /* of all calls */
#define COST_OF_RULE 5     /* see wording.c */

/* ---- statements ---- */

struct ast_stmt *writer_add(struct writer *w, int kind)
{
	struct ast_stmt *s = arena_new(w->a, struct ast_stmt);

	s->kind = kind;
	s->comment = w->comment;
	w->comment = NULL;
	if (w->last != NULL)
		w->last->next = s;
	else
		w->first = s;
	w->last = s;
	return s;
}

static const struct ast_const *errno_word(struct arena *a, uint32_t number)
{
	const char *name = sc_errno_name(number);

	return name != NULL ? wording_name(a, name) : wording_number(a, number);
}

const struct ast_action *writer_action(struct writer *w, bdd leaf)
{
	struct arena *a = w->a;
	const struct fallback *f = behave_answer(w->b, leaf);
	struct ast_action *out = arena_new(a, struct ast_action);
	const uint32_t data = f->action & SECCOMP_RET_DATA;

	switch (f->action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		out->kind = ACT_ALLOW;
		break;
	case SECCOMP_RET_ERRNO:
		out->kind = ACT_DENY;
		out->number = errno_word(a, data);
		break;
	case SECCOMP_RET_TRAP:
		out->kind = ACT_TRAP;
		out->number = data != 0 ? wording_number(a, data) : NULL;
		break;
	case SECCOMP_RET_LOG:
		out->kind = ACT_LOG;
		break;
	case SECCOMP_RET_TRACE:
		out->kind = ACT_TRACE;
		out->number = wording_number(a, data);
		break;
	case SECCOMP_RET_KILL_THREAD:
		out->kind = ACT_KILL_THREAD;
		break;
	case SECCOMP_RET_USER_NOTIF:
		out->kind = f->audit == POLICY_AUDIT_DENY    ? ACT_AUDIT_DENY
			    : f->audit == POLICY_AUDIT_ALLOW ? ACT_AUDIT_ALLOW
							     : ACT_NOTIFY;
		out->number =
			f->audit == POLICY_AUDIT_DENY ? errno_word(a, f->audit_errno) : NULL;
		break;
	default:
		out->kind = ACT_KILL;
	}
	return out;
}

static void add_rule(struct writer *w, bdd leaf, const struct ast_set *set,
		     const struct ast_expr *when)
{
	struct ast_stmt *s = writer_add(w, STMT_RULE);

	s->action = writer_action(w, leaf);
	s->set = set;
	s->when = when;
}

/* ---- one function, for the calls that have it ---- */

static bdd function_of(const struct writer *w, const struct scope *s, int id)
{
	for (size_t i = 0; i < s->n; i++)
		if (w->b->calls[s->archs[i]][id] != BDD_FALSE)
			return w->b->calls[s->archs[i]][id];
	return BDD_FALSE;
}

/* Is it on each architecture what the call gets anyway? */
static bool is_fallback(const struct writer *w, const struct scope *s, int id, bdd leaf)
{
	for (size_t i = 0; i < s->n; i++)
		if (w->b->calls[s->archs[i]][id] != BDD_FALSE &&
		    behave_fallback(w->b, s->archs[i], id) != leaf)
			return false;
	return true;
}

/* What is said of a call: for all answers but the last one a condition. */
struct saying {
	bdd leaves[LEAVES_MAX];
	const struct ast_expr *when[LEAVES_MAX];
	size_t n, last;
	bdd anyway; /* the answer that needs no rule, or BDD_FALSE */
};

/* The answer that it costs most to describe needs no description; and what the call gets
 * anyway, no rule. NULL: there would be no end to it, so there may be one of these. */
static bool choose_last(struct saying *s)
{
	size_t most = 0, endless = 0;

	for (size_t i = 0; i < s->n; i++) {
		const size_t anyway = s->leaves[i] == s->anyway ? COST_OF_RULE : 0;
		const size_t cost =
			s->when[i] != NULL ? wording_cost(s->when[i]) + anyway : SIZE_MAX;

		endless += s->when[i] == NULL;
		if (cost > most) {
			most = cost;
			s->last = i;
		}
	}
	return endless <= 1;
}

static int find_saying(struct writer *w, struct wording *words, bdd f, struct saying *s)
{
	const int n = bdd_left(&w->b->bdds, f, BDD_BITS, s->leaves, LEAVES_MAX);

	s->n = n > 0 ? (size_t)n : 0;
	s->last = 0;
	if (n == 1)
		return 0;
	for (size_t i = 0; i < s->n && w->tests < TESTS_MAX; i++) {
		words->tests = 0;
		s->when[i] = wording_condition(words, bdd_where(&w->b->bdds, f, BDD_BITS,
								s->leaves[i]));
	}
	if (n > 0 && choose_last(s) && w->tests < TESTS_MAX)
		return 0;
	return fail(w->e, ERR_POLICY,
		    "%s: conditions that somebody could read: its arguments are told apart in "
		    "too many ways",
		    words->id >= 0 ? sc_name(words->id) : "a call without a name");
}

/* The architectures of the scope where the call is. */
static struct wording wording_of(const struct writer *w, const struct scope *s, int id,
				 enum arch archs[ARCH_N])
{
	struct wording words = { .arena = w->a, .bdds = &w->b->bdds, .id = id, .archs = archs };

	for (size_t i = 0; i < s->n; i++)
		if (w->b->calls[s->archs[i]][id] != BDD_FALSE)
			archs[words.archs_n++] = s->archs[i];
	return words;
}

static bool same_archs(const struct writer *w, const struct scope *s, int one, int other)
{
	for (size_t i = 0; i < s->n; i++)
		if ((w->b->calls[s->archs[i]][one] != BDD_FALSE) !=
		    (w->b->calls[s->archs[i]][other] != BDD_FALSE))
			return false;
	return true;
}

static void take(struct scope *s, int id)
{
	s->calls.bits[id / 64] &= ~(UINT64_C(1) << (id % 64));
}

/* Takes out of the scope the calls that are said in the same words as this one. */
static struct sc_set take_alike(struct writer *w, struct scope *s, const struct wording *words,
				bdd f)
{
	const bool early = call_is_early(words->id);
	struct sc_set out = { 0 };

	for (int id = words->id; id < SC_N; id++) {
		if (!sc_has(&s->calls, id) || function_of(w, s, id) != f ||
		    call_is_early(id) != early)
			continue;
		if (!same_archs(w, s, words->id, id) || !wording_alike(words, words->id, id, f))
			continue;
		sc_add(&out, id);
		take(s, id);
	}
	return out;
}

static const struct ast_set *names_of(struct writer *w, const struct sc_set *set)
{
	return wording_set(w->a, set, &w->open, &w->all);
}

/* The first rule answers: groups of later ones may have them too. */
static void close_calls(struct writer *w, const struct sc_set *set)
{
	for (size_t i = 0; i < SC_WORDS; i++)
		w->open.bits[i] &= ~set->bits[i];
}

/* ---- sets of calls with one answer ---- */

struct answer_set {
	bdd leaf;
	struct sc_set calls;
};

struct answer_sets {
	struct arena *a;
	struct answer_set *v;
	size_t n, room;
};

static void add_answer(struct answer_sets *to, bdd leaf, int id)
{
	size_t i = 0;

	while (i < to->n && to->v[i].leaf != leaf)
		i++;
	if (i == to->room) {
		const size_t room = to->room * 2 + 8;
		struct answer_set *v = arena_array(to->a, room, sizeof(*v));

		if (to->n > 0)
			memcpy(v, to->v, to->n * sizeof(*v));
		to->v = v;
		to->room = room;
	}
	if (i == to->n)
		to->v[to->n++].leaf = leaf;
	sc_add(&to->v[i].calls, id);
}

/* What stops most comes first. */
static int by_rank(const void *one, const void *other, void *ctx)
{
	const struct answer_set *x = one, *y = other;
	const struct fallback *f = behave_answer(ctx, x->leaf),
			      *g = behave_answer(ctx, y->leaf);
	const unsigned rank = policy_action_rank(f->action, f->audit);
	const unsigned other_rank = policy_action_rank(g->action, g->audit);

	if (rank != other_rank)
		return rank < other_rank ? -1 : 1;
	if (f->action != g->action)
		return f->action < g->action ? -1 : 1;
	return (f->audit_errno > g->audit_errno) - (f->audit_errno < g->audit_errno);
}

/* ---- a scope ---- */

/* A call and those like it. The last answer goes to `sets', or, where everything has to be said
 * at once, is a rule too. */
static int add_call(struct writer *w, struct scope *scope, int id, struct answer_sets *sets)
{
	enum arch archs[ARCH_N] = { 0 };
	struct wording words = wording_of(w, scope, id, archs);
	const bdd f = w->b->calls[archs[0]][id];
	const struct sc_set alike = take_alike(w, scope, &words, f);
	const bdd anyway = behave_fallback(w->b, archs[0], id);
	struct saying s = { .anyway = is_fallback(w, scope, id, anyway) ? anyway : BDD_FALSE };

	if (find_saying(w, &words, f, &s) < 0)
		return -1;
	for (size_t i = 0; i < s.n; i++)
		if (i != s.last)
			add_rule(w, s.leaves[i], names_of(w, &alike), s.when[i]);
	if (sets == NULL) {
		add_rule(w, s.leaves[s.last], names_of(w, &alike), NULL);
		close_calls(w, &alike);
	}
	for (int other = id; other < SC_N && sets != NULL; other++)
		if (sc_has(&alike, other) && !is_fallback(w, scope, other, s.leaves[s.last]))
			add_answer(sets, s.leaves[s.last], other);
	return 0;
}

bool call_is_early(int id)
{
	static const char *const names[] = { "clone3", "ipc", "socketcall", NULL };

	return str_in(sc_name(id), names);
}

int write_early(struct writer *w, struct scope *scope)
{
	for (int id = 0; id < SC_N; id++)
		if (sc_has(&scope->calls, id) && call_is_early(id) &&
		    add_call(w, scope, id, NULL) < 0)
			return -1;
	return 0;
}

int write_calls(struct writer *w, struct scope *scope)
{
	struct answer_sets sets = { .a = w->a };
	const bool whole = scope->n == w->b->targets_n;

	w->comment = whole ? "By their arguments." : NULL;
	for (int id = 0; id < SC_N; id++)
		if (sc_has(&scope->calls, id) &&
		    !bdd_is_leaf(&w->b->bdds, function_of(w, scope, id)) &&
		    add_call(w, scope, id, &sets) < 0)
			return -1;
	for (int id = 0; id < SC_N; id++)
		if (sc_has(&scope->calls, id))
			add_answer(&sets, function_of(w, scope, id), id);
	w->comment = whole ? "Whatever the arguments are." : NULL;
	if (sets.n > 1)
		qsort_r(sets.v, sets.n, sizeof(*sets.v), by_rank, w->b);
	for (size_t i = 0; i < sets.n; i++) {
		add_rule(w, sets.v[i].leaf, names_of(w, &sets.v[i].calls), NULL);
		if (whole)
			close_calls(w, &sets.v[i].calls);
	}
	w->comment = NULL;
	return 0;
}

/* ---- numbers ---- */

static const struct ast_set *number_set(struct writer *w, const struct behave_nr *nr)
{
	const char *arch = arch_name(nr->arch);
	struct ast_set *s = arena_new(w->a, struct ast_set);

	s->kind = SET_NR;
	s->nr = nr->nr;
	s->name = (struct ast_word){ .p = arch, .len = strlen(arch) };
	return s;
}

static int add_number(struct writer *w, const struct behave_nr *nr)
{
	struct wording words = {
		.arena = w->a, .bdds = &w->b->bdds, .id = -1, .archs = &nr->arch, .archs_n = 1
	};
	struct saying s = { .anyway = w->b->unknown };

	if (nr->f == w->b->unknown)
		return 0;
	if (find_saying(w, &words, nr->f, &s) < 0)
		return -1;
	for (size_t i = 0; i < s.n; i++)
		if (i != s.last)
			add_rule(w, s.leaves[i], number_set(w, nr), s.when[i]);
	if (s.leaves[s.last] != w->b->unknown)
		add_rule(w, s.leaves[s.last], number_set(w, nr), NULL);
	return 0;
}

int write_numbers(struct writer *w)
{
	w->comment = "Numbers without a name.";
	for (size_t i = 0; i < w->b->nrs_n; i++)
		if (add_number(w, &w->b->nrs[i]) < 0)
			return -1;
	w->comment = NULL;
	return 0;
}
