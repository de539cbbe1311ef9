/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the arguments are asked for one after the other. The values of a word fall into
 * cells, in each of which all atoms over it are decided; what is left of the conditions in a
 * cell is a smaller decision, built once however many cells lead to it; and tree.c finds the
 * cell. That is an ordered decision diagram, so no test is superfluous, but it can be far
 * larger than the conditions were. Then the conditions are tested one by one, as they were
 * written. */
#include "seccomp/leaf.h"

#include <stdlib.h>
#include <string.h>

#include "seccomp/tree.h"

#define FIRST_KNOWN  64
#define DEPTH_MAX    64         /* words and masks, one below the other */
#define STEPS_READ   (1u << 20) /* of reading the conditions of all calls */
#define STEPS_BUILD  (1u << 15) /* of building one call */
#define STEPS_ALL    (1u << 19) /* of building all */
#define NODES_PLENTY 48         /* the plain way may be smaller, so it is tried */

struct item {
	uint32_t formula, answer;
};

/* First match, then otherwise. */
struct decision {
	struct item *items;
	uint32_t n;
	uint32_t otherwise;
};

/* A decision that was built. */
struct leaf_known {
	struct decision d;
	uint32_t node;
};

void leaves_init(struct leaves *l, struct arena *a, struct dag *d)
{
	*l = (struct leaves){ .arena = a, .d = d, .unread = STEPS_READ, .unbuilt = STEPS_ALL };
	formulas_init(&l->fs, a);
	l->slots_n = 2 * FIRST_KNOWN;
	l->slots = arena_array(a, l->slots_n, sizeof(*l->slots));
	l->known = arena_array(a, FIRST_KNOWN, sizeof(*l->known));
}

/* ---- decisions that were built already ---- */

static uint32_t hash_of(const struct decision *d)
{
	const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (d->otherwise + UINT64_C(1)) * prime;

	for (uint32_t i = 0; i < d->n; i++) {
		h = (h ^ h >> 32 ^ d->items[i].formula) * prime;
		h = (h ^ h >> 32 ^ d->items[i].answer) * prime;
	}
	return (uint32_t)(h >> 32);
}

static bool equal(const struct decision *x, const struct decision *y)
{
	return x->n == y->n && x->otherwise == y->otherwise &&
	       memcmp(x->items, y->items, x->n * sizeof(*x->items)) == 0;
}

static uint32_t *slot_of(const struct leaves *l, const struct decision *d)
{
	uint32_t i = hash_of(d) & (l->slots_n - 1);

	while (l->slots[i] != 0 && !equal(&l->known[l->slots[i] - 1].d, d))
		i = (i + 1) & (l->slots_n - 1);
	return &l->slots[i];
}

static void grow(struct leaves *l)
{
	struct leaf_known *v = arena_array(l->arena, l->slots_n, sizeof(*v));

	memcpy(v, l->known, l->known_n * sizeof(*v));
	l->known = v;
	l->slots_n *= 2;
	l->slots = arena_array(l->arena, l->slots_n, sizeof(*l->slots));
	for (uint32_t i = 0; i < l->known_n; i++)
		*slot_of(l, &l->known[i].d) = i + 1;
}

static void remember(struct leaves *l, const struct decision *d, uint32_t node)
{
	if (l->known_n == l->slots_n / 2)
		grow(l);
	l->known[l->known_n] = (struct leaf_known){ *d, node };
	*slot_of(l, d) = ++l->known_n;
}

/* ---- a decision in its shortest form ---- */

/* From the last to the first: what never holds goes, so does what comes after one that always
 * holds, and neighbours with one answer are one. */
static struct decision settle(struct leaves *l, const struct decision *in)
{
	struct item *items = arena_array(l->arena, in->n, sizeof(*items));
	struct decision out = { .otherwise = in->otherwise };
	uint32_t at = in->n;

	for (uint32_t i = in->n; i-- > 0;) {
		const struct item it = in->items[i];

		if (it.formula == FORMULA_FALSE)
			continue;
		if (it.formula == FORMULA_TRUE) {
			out.otherwise = it.answer;
			at = in->n;
		} else if (at == in->n && it.answer == out.otherwise) {
			continue;
		} else if (at < in->n && items[at].answer == it.answer) {
			items[at].formula =
				formula_pair(&l->fs, FORMULA_OR, it.formula, items[at].formula);
		} else {
			items[--at] = it;
		}
	}
	out.items = items + at;
	out.n = in->n - at;
	return out;
}

/* An "or" of two may hold always: then once more. */
static struct decision settle_all(struct leaves *l, const struct decision *in)
{
	struct decision out = settle(l, in);

	for (uint32_t i = 0; i < out.n; i++)
		if (out.items[i].formula <= FORMULA_TRUE)
			return settle(l, &out);
	return out;
}

/* ---- cells ---- */

/* Values at which a cell begins. */
struct edges {
	uint32_t *v;
	uint32_t n, room;
};

static void add_edge(struct arena *a, struct edges *e, uint32_t value)
{
	if (e->n == e->room) {
		const uint32_t room = e->room > 0 ? 2 * e->room : 16;
		uint32_t *v = arena_array(a, room, sizeof(*v));

		if (e->n > 0)
			memcpy(v, e->v, e->n * sizeof(*v));
		e->v = v;
		e->room = room;
	}
	e->v[e->n++] = value;
}

static void add_edges(struct leaves *l, uint32_t f, formula_var var, struct edges *e)
{
	const struct formula *x = &l->fs.v[f];

	l->fs.steps += x->n;
	for (uint32_t i = 0; x->kind == FORMULA_ATOM && x->var == var && i < x->n; i++) {
		add_edge(l->arena, e, x->values[i].lo);
		if (x->values[i].hi != UINT32_MAX)
			add_edge(l->arena, e, x->values[i].hi + 1);
	}
	for (uint32_t i = 0; x->kind != FORMULA_ATOM && x->var <= var && i < x->n; i++)
		add_edges(l, x->parts[i], var, e);
}

static int by_value(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct edges edges_of(struct leaves *l, const struct decision *d, formula_var var)
{
	struct edges e = { 0 };
	uint32_t n = 1;

	add_edge(l->arena, &e, 0);
	for (uint32_t i = 0; i < d->n; i++)
		add_edges(l, d->items[i].formula, var, &e);
	qsort(e.v, e.n, sizeof(*e.v), by_value);
	for (uint32_t i = 1; i < e.n; i++)
		if (e.v[i] != e.v[n - 1])
			e.v[n++] = e.v[i];
	e.n = n;
	return e;
}

static formula_var first_var(const struct leaves *l, const struct decision *d)
{
	formula_var var = UINT64_MAX;

	for (uint32_t i = 0; i < d->n; i++)
		if (l->fs.v[d->items[i].formula].var < var)
			var = l->fs.v[d->items[i].formula].var;
	return var;
}

static struct decision in_cell(struct leaves *l, const struct decision *d,
			       const struct word_cell *at)
{
	struct item *items = arena_array(l->arena, d->n, sizeof(*items));
	const struct decision left = { items, d->n, d->otherwise };

	for (uint32_t i = 0; i < d->n; i++)
		items[i] = (struct item){ formula_in(&l->fs, d->items[i].formula, at),
					  d->items[i].answer };
	return settle_all(l, &left);
}

/* d: settled. */
static uint32_t build(struct leaves *l, const struct decision *d, unsigned depth)
{
	const uint32_t known = d->n > 0 ? *slot_of(l, d) : 0;
	struct word_cell at = { .var = first_var(l, d) };
	struct edges e;
	struct run *runs;
	uint32_t node;

	if (d->n == 0 || formulas_over(&l->fs))
		return d->otherwise;
	if (known > 0)
		return l->known[known - 1].node;
	if (depth == DEPTH_MAX) {
		l->fs.steps = SIZE_MAX / 2;
		return d->otherwise;
	}
	e = edges_of(l, d, at.var);
	runs = arena_array(l->arena, e.n, sizeof(*runs));
	for (uint32_t i = 0; i < e.n && !formulas_over(&l->fs); i++) {
		struct decision left;

		at.lo = e.v[i];
		at.hi = i + 1 < e.n ? e.v[i + 1] - 1 : UINT32_MAX;
		left = in_cell(l, d, &at);
		node = build(l, &left, depth + 1);
		runs[i] = (struct run){ e.v[i], node, node };
	}
	if (formulas_over(&l->fs))
		return d->otherwise;
	node = tree_build(l->d, var_word(at.var), var_mask(at.var), runs, e.n);
	remember(l, d, node);
	return node;
}

/* ---- one by one ---- */

static uint32_t plain_atom(struct leaves *l, const struct formula *f, uint32_t yes, uint32_t no)
{
	struct run *runs = arena_array(l->arena, 2 * (size_t)f->n + 1, sizeof(*runs));
	size_t n = 0;

	if (f->values[0].lo != 0)
		runs[n++] = (struct run){ 0, no, no };
	for (uint32_t i = 0; i < f->n; i++) {
		runs[n++] = (struct run){ f->values[i].lo, yes, yes };
		if (f->values[i].hi != UINT32_MAX)
			runs[n++] = (struct run){ f->values[i].hi + 1, no, no };
	}
	return tree_build(l->d, var_word(f->var), var_mask(f->var), runs, n);
}

static uint32_t plain(struct leaves *l, uint32_t formula, uint32_t yes, uint32_t no)
{
	const struct formula *f = &l->fs.v[formula];

	if (formula <= FORMULA_TRUE)
		return formula == FORMULA_TRUE ? yes : no;
	if (f->kind == FORMULA_ATOM)
		return plain_atom(l, f, yes, no);
	for (uint32_t i = f->n; i-- > 0;) {
		const uint32_t next = plain(l, f->parts[i], yes, no);

		yes = f->kind == FORMULA_AND ? next : yes;
		no = f->kind == FORMULA_OR ? next : no;
	}
	return f->kind == FORMULA_AND ? yes : no;
}

static uint32_t build_plainly(struct leaves *l, const struct decision *d)
{
	uint32_t node = d->otherwise;

	for (uint32_t i = d->n; i-- > 0;)
		node = plain(l, d->items[i].formula, d->items[i].answer, node);
	return node;
}

/* ---- the better of the two ---- */

struct mark {
	uint32_t nodes, known;
};

static void forget(struct leaves *l, const struct mark *to)
{
	dag_rewind(l->d, to->nodes);
	for (; l->known_n > to->known; l->known_n--)
		*slot_of(l, &l->known[l->known_n - 1].d) = 0;
}

/* False: it took too long. */
static bool try_build(struct leaves *l, const struct decision *d, uint32_t *node)
{
	bool over;

	if (l->unbuilt == 0)
		return false;
	l->fs.steps = 0;
	l->fs.limit = l->unbuilt < STEPS_BUILD ? l->unbuilt : STEPS_BUILD;
	*node = build(l, d, 0);
	over = formulas_over(&l->fs) || l->d->full;
	l->unbuilt -= over ? l->fs.limit : l->fs.steps;
	return !over;
}

static uint32_t build_best(struct leaves *l, const struct decision *d)
{
	const struct mark before = { l->d->n, l->known_n };
	uint32_t node, took, plain_took;
	bool built = try_build(l, d, &node);

	took = l->d->n - before.nodes;
	if (built && took <= NODES_PLENTY)
		return node;
	forget(l, &before);
	node = build_plainly(l, d);
	plain_took = l->d->n - before.nodes;
	if (!built || (!l->d->full && plain_took <= took))
		return node;
	forget(l, &before);
	l->fs.limit = SIZE_MAX;
	return build(l, d, 0);
}

int leaf_build(struct leaves *l, const struct leaf_item *items, size_t n, uint32_t otherwise,
	       uint32_t *out)
{
	struct item *own = arena_array(l->arena, n, sizeof(*own));
	struct decision d = { own, (uint32_t)n, otherwise };

	l->fs.steps = 0;
	l->fs.limit = l->unread;
	for (size_t i = 0; i < n; i++) {
		if (formula_make(&l->fs, items[i].cond, &own[i].formula) < 0)
			return -1;
		own[i].answer = items[i].answer;
	}
	d = settle_all(l, &d);
	if (formulas_over(&l->fs))
		return -1;
	l->unread -= l->fs.steps;
	*out = build_best(l, &d);
	return 0;
}
