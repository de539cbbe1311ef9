/* SPDX-License-Identifier: Apache-2.0 */
/* A test parts an interval at a boundary (JGE), or takes one value out of it (JEQ). So a tree
 * for n runs needs n - 1 tests, but a run of a single value between two runs that lead to the
 * same node costs one test when it is taken out, instead of its two boundaries. Which runs to
 * take out is a shortest path; then the runs that stay are joined and put into a tree of the
 * least depth. */
#include "seccomp/tree.h"

#include <string.h>

#include "seccomp/twos.h"

struct tree {
	struct dag *d;
	uint32_t word, mask;
	const struct run *runs;
	size_t n;
};

/* ---- which runs stay ---- */

#define NONE UINT32_MAX

/* A run with one of its (at most two) nodes. */
struct choice {
	uint32_t to;
	uint32_t cost;   /* tests up to here, when this run stays */
	uint32_t before; /* the choice for the run that stays before this one, or NONE */
};

/* Of what the mask leaves. */
static bool is_single(const struct tree *t, size_t i)
{
	return (i + 1 < t->n ? (t->runs[i + 1].lo - 1) & t->mask : t->mask) == t->runs[i].lo;
}

/* All runs between two that stay are singles, and if the two lead to different nodes then
 * nothing is won by taking out what is between them: so the one before is the neighbour, or the
 * cheapest with the same node in the window, back to the last run that cannot be taken out.
 * choices: two for each run; choice is one of them. */
static void choose_one(const struct dag *d, struct choice *choices, uint32_t choice)
{
	struct choice *c = &choices[choice];
	const uint32_t i = choice / 2;
	const struct dag_seen *same = &d->seen[c->to];

	c->before = NONE;
	c->cost = 0;
	if (i == 0)
		return;
	c->before = 2 * i - 2 + (choices[2 * i - 1].cost < choices[2 * i - 2].cost);
	c->cost = choices[c->before].cost + 1;
	if (same->window == d->window) {
		const uint32_t cost = choices[same->choice].cost + i - same->choice / 2 - 1;

		if (cost < c->cost) {
			c->cost = cost;
			c->before = same->choice;
		}
	}
}

/* Cheaper from there on: less cost, less what it lies further back. */
static void see(const struct dag *d, const struct choice *choices, uint32_t choice)
{
	struct dag_seen *s = &d->seen[choices[choice].to];

	if (s->window == d->window &&
	    choices[s->choice].cost + choice / 2 - s->choice / 2 < choices[choice].cost)
		return;
	*s = (struct dag_seen){ choice, d->window };
}

/* Marks the runs that stay, by the node that each then leads to; NONE: taken out. Returns how
 * many tests that takes. */
static uint32_t choose(const struct tree *t, uint32_t *stays)
{
	struct choice *choices = arena_array(t->d->scratch, 2 * t->n, sizeof(*choices));
	uint32_t at, cost;

	t->d->window++;
	for (size_t i = 0; i < t->n; i++) {
		const bool two = t->runs[i].also != t->runs[i].to;

		choices[2 * i].to = t->runs[i].to;
		choose_one(t->d, choices, (uint32_t)(2 * i));
		choices[2 * i + 1] = choices[2 * i];
		if (two) {
			choices[2 * i + 1].to = t->runs[i].also;
			choose_one(t->d, choices, (uint32_t)(2 * i + 1));
		}
		t->d->window += !is_single(t, i);
		see(t->d, choices, (uint32_t)(2 * i));
		if (two)
			see(t->d, choices, (uint32_t)(2 * i + 1));
	}
	memset(stays, 0xff, t->n * sizeof(*stays));
	at = (uint32_t)(2 * t->n - 2);
	if (choices[at + 1].cost < choices[at].cost)
		at++;
	cost = choices[at].cost;
	for (; at != NONE; at = choices[at].before)
		stays[at / 2] = choices[at].to;
	return cost;
}

/* ---- the intervals ---- */

static struct span *add_span(struct spans *s, uint32_t lo, uint32_t to)
{
	struct span *new = &s->v[s->n++];

	*new = (struct span){ .lo = lo, .to = to, .first = s->singles_n };
	return new;
}

static void join(const struct tree *t, const uint32_t *stays, struct spans *s)
{
	struct span *now = NULL;

	for (size_t i = 0; i < t->n; i++) {
		const struct run *r = &t->runs[i];

		if (stays[i] != NONE && (now == NULL || now->to != stays[i]))
			now = add_span(s, r->lo, stays[i]);
		if (stays[i] != NONE || now == NULL)
			continue;
		if (now->singles == TREE_CHAIN)
			now = add_span(s, r->lo, now->to);
		s->singles[s->singles_n++] = (struct single){ r->lo, r->to };
		now->singles++;
	}
	for (size_t i = 0; i < s->n; i++)
		s->v[i].hi = i + 1 < s->n ? (s->v[i + 1].lo - 1) & t->mask : t->mask;
}

/* ---- the tree ---- */

static uint32_t test(const struct tree *t, enum dag_op op, uint32_t k, uint32_t yes,
		     uint32_t no)
{
	const struct dag_node n = { .op = op,
				    .word = (uint8_t)t->word,
				    .mask = t->mask,
				    .k = k,
				    .yes = yes,
				    .no = no };

	return dag_test(t->d, &n);
}

static uint32_t leaf(const struct tree *t, const struct spans *s, const struct span *at)
{
	uint32_t node = at->to;

	for (uint32_t i = at->singles; i-- > 0;) {
		const struct single *one = &s->singles[at->first + i];

		node = test(t, DAG_JEQ, one->value, one->to, node);
	}
	return node;
}

static uint32_t part(const struct tree *t, const struct spans *s, size_t from, size_t to,
		     uint64_t half);

/* left: spans from `from' below mid; right: from mid below `to'. A single value at an edge is
 * asked for by itself, which reads better. */
static uint32_t fork_at(const struct tree *t, const struct spans *s, const size_t at[3],
			uint64_t half)
{
	const struct span *first = &s->v[at[0]], *last = &s->v[at[2] - 1];
	const uint32_t left = part(t, s, at[0], at[1], half / 2);
	const uint32_t right = part(t, s, at[1], at[2], half / 2);

	if (at[1] - at[0] == 1 && first->lo == first->hi)
		return test(t, DAG_JEQ, first->lo, left, right);
	if (at[2] - at[1] == 1 && last->lo == last->hi)
		return test(t, DAG_JEQ, last->lo, right, left);
	return test(t, DAG_JGE, s->v[at[1]].lo, right, left);
}

/* The leaves that lie in one block of 2 * half places. */
static uint32_t part(const struct tree *t, const struct spans *s, size_t from, size_t to,
		     uint64_t half)
{
	size_t mid = from;

	if (to - from == 1)
		return leaf(t, s, &s->v[from]);
	while (mid < to && (s->v[mid].place & half) == 0)
		mid++;
	if (mid == from || mid == to)
		return part(t, s, from, to, half / 2);
	return fork_at(t, s, (size_t[3]){ from, mid, to }, half);
}

/* What hangs below a leaf: its singles, and a tree over the same word that was there before. */
static unsigned below(const struct tree *t, const struct span *s)
{
	const struct dag_node *to = &t->d->nodes[s->to];
	const unsigned depth =
		s->singles + (to->op != DAG_RET && to->word == t->word ? to->depth : 0);

	return depth < 32 ? depth : 32;
}

/* A leaf with a depth of d below it wants 2^d places of the deepest level, from a multiple of
 * that on; packed from the left they need the least depth (Yeung 1991, on alphabetic codes). */
static uint32_t balance(const struct tree *t, struct spans *s)
{
	uint64_t place = 0, half = 1;

	for (size_t i = 0; i < s->n; i++) {
		const uint64_t wants = UINT64_C(1) << below(t, &s->v[i]);

		s->v[i].place = (place + wants - 1) / wants * wants;
		place = s->v[i].place + wants;
	}
	while (2 * half < place)
		half *= 2;
	return part(t, s, 0, s->n, half);
}

static size_t merge_equal(const struct run *runs, size_t n, uint32_t mask, struct run *out)
{
	size_t m = 0;

	for (size_t i = 0; i < n && runs[i].lo <= mask; i++)
		if (m == 0 || out[m - 1].to != runs[i].to || out[m - 1].also != runs[i].also)
			out[m++] = runs[i];
	return m;
}

/* 0 and all else: no mask is needed to tell them apart. */
static bool is_any_bit(const struct tree *t)
{
	return t->n == 2 && t->mask != UINT32_MAX && t->runs[1].lo == 1 &&
	       t->runs[0].to == t->runs[0].also && t->runs[1].to == t->runs[1].also;
}

static uint32_t any_bit(const struct tree *t)
{
	const struct dag_node any = { .op = DAG_JSET,
				      .word = (uint8_t)t->word,
				      .mask = UINT32_MAX,
				      .k = t->mask,
				      .yes = t->runs[1].to,
				      .no = t->runs[0].to };

	return dag_test(t->d, &any);
}

/* The tree before it is one: which tests, but not in which order. */
static struct spans outline(const struct tree *t)
{
	uint32_t *stays = arena_array(t->d->scratch, t->n, sizeof(*stays));
	struct spans s = { .v = arena_array(t->d->scratch, t->n, sizeof(*s.v)),
			   .singles = arena_array(t->d->scratch, t->n, sizeof(*s.singles)) };

	(void)choose(t, stays);
	join(t, stays, &s);
	return s;
}

static size_t tests_in(const struct spans *s)
{
	return s->n - 1 + s->singles_n;
}

/* ---- flags ---- */

/* The single value's run, or NULL. */
static const struct run *single_of(const struct tree *t, uint32_t value)
{
	size_t lo = 0, hi = t->n;

	while (hi - lo > 1) {
		const size_t mid = lo + (hi - lo) / 2;

		if (t->runs[mid].lo <= value)
			lo = mid;
		else
			hi = mid;
	}
	return t->runs[lo].lo == value && is_single(t, lo) ? &t->runs[lo] : NULL;
}

#define FLAGS_MAX 8

/* Do all values that are made of the flags lead to where 0 does? */
static bool all_alike(const struct tree *t, uint32_t flags)
{
	for (uint32_t v = flags;; v = (v - 1) & flags) {
		const struct run *r = single_of(t, v);

		if (r == NULL || r->to != t->runs[0].to)
			return false;
		if (v == 0)
			return true;
	}
}

static uint32_t free_flags(const struct tree *t)
{
	uint32_t flags = 0;

	if (t->word < WORD_ARGS || t->mask != UINT32_MAX || single_of(t, 0) == NULL)
		return 0;
	for (size_t i = 1; i < t->n && __builtin_popcount(flags) < FLAGS_MAX; i++) {
		const uint32_t bit = t->runs[i].lo;

		if (__builtin_popcount(bit) == 1 && all_alike(t, flags | bit))
			flags |= bit;
	}
	return flags;
}

/* What is left when nobody asks for values made of the flags any more. */
static struct tree without_flags(const struct tree *t, uint32_t flags)
{
	struct run *runs = arena_array(t->d->scratch, t->n, sizeof(*runs));
	struct tree out = { t->d, t->word, t->mask, runs, 0 };

	for (size_t i = 0; i < t->n; i++) {
		const bool asked = (t->runs[i].lo & ~flags) != 0 || !is_single(t, i);

		if (asked && (out.n == 0 || runs[out.n - 1].to != t->runs[i].to ||
			      runs[out.n - 1].also != t->runs[i].also))
			runs[out.n++] = t->runs[i];
	}
	if (out.n > 0)
		runs[0].lo = 0;
	return out;
}

/* 0, 8, 0x20000 and 0x20008 are four values to ask for, or one test for all other bits. */
static bool with_flags(const struct tree *t, size_t tests, uint32_t *node)
{
	const uint32_t flags = free_flags(t);
	struct tree rest;
	struct spans s;

	if (flags == 0)
		return false;
	rest = without_flags(t, flags);
	s = outline(&rest);
	if (tests_in(&s) + 1 >= tests)
		return false;
	*node = test(t, DAG_JSET, ~flags, balance(&rest, &s), t->runs[0].to);
	return true;
}

size_t tree_tests(struct dag *d, uint32_t word, uint32_t mask, const struct run *runs, size_t n)
{
	const struct arena_mark before = arena_mark(d->scratch);
	struct run *own = arena_array(d->scratch, n, sizeof(*own));
	const struct tree t = { d, word, mask, own, merge_equal(runs, n, mask, own) };
	const size_t tests = choose(&t, arena_array(d->scratch, t.n, sizeof(uint32_t)));

	dag_release(d, before);
	return tests;
}

static uint32_t build(const struct tree *t)
{
	struct spans s;
	uint32_t node;

	if (is_any_bit(t))
		return any_bit(t);
	s = outline(t);
	if (with_flags(t, tests_in(&s), &node))
		return node;
	if (t->mask == UINT32_MAX)
		twos_fold(t->d, t->word, &s);
	return balance(t, &s);
}

uint32_t tree_build(struct dag *d, uint32_t word, uint32_t mask, const struct run *runs,
		    size_t n)
{
	const struct arena_mark before = arena_mark(d->scratch);
	struct run *own = arena_array(d->scratch, n, sizeof(*own));
	const struct tree t = { d, word, mask, own, merge_equal(runs, n, mask, own) };
	const uint32_t node = build(&t);

	dag_release(d, before);
	return node;
}
