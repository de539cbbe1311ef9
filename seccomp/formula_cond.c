/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on arguments, of 32 or 64 bits, to formulas over words of 32 bits. */
#include <string.h>

#include "seccomp/formula.h"

#define DEPTH_MAX 256 /* of "and" in "or" in "and" */

struct halves {
	uint32_t high, low; /* words of struct seccomp_data */
};

static struct halves halves_of(const struct cond *c)
{
	const uint32_t at = (uint32_t)WORD_ARGS + 2u * c->arg;

	return (struct halves){ at + WORD_HIGH, at + WORD_LOW };
}

/* The high word is that of an edge and the low one inside, or it is between both edges. */
static uint32_t wide_range(struct formulas *fs, const struct cond *c)
{
	const struct halves w = halves_of(c);
	const uint64_t first = c->lo >> 32, last = c->hi >> 32;
	const uint64_t from = (uint32_t)c->lo, to = (uint32_t)c->hi;
	uint32_t all[3];

	if (first == last)
		return formula_pair(fs, FORMULA_AND, formula_range(fs, w.high, first, first),
				    formula_range(fs, w.low, from, to));
	all[0] = formula_pair(fs, FORMULA_AND, formula_range(fs, w.high, first, first),
			      formula_range(fs, w.low, from, UINT32_MAX));
	all[1] = formula_range(fs, w.high, first + 1, last - 1);
	all[2] = formula_pair(fs, FORMULA_AND, formula_range(fs, w.high, last, last),
			      formula_range(fs, w.low, 0, to));
	return formula_join(fs, FORMULA_OR, all, 3);
}

static uint32_t range(struct formulas *fs, const struct cond *c)
{
	if (c->lo > c->hi)
		return FORMULA_FALSE;
	if (c->bits == 64)
		return wide_range(fs, c);
	return c->lo > UINT32_MAX ? FORMULA_FALSE
				  : formula_range(fs, halves_of(c).low, c->lo,
						  c->hi < UINT32_MAX ? c->hi : UINT32_MAX);
}

static uint32_t mask(struct formulas *fs, const struct cond *c)
{
	const struct halves w = halves_of(c);
	uint32_t low, high = FORMULA_TRUE;

	if ((c->value & ~c->mask) != 0 || (c->bits == 32 && c->value > UINT32_MAX))
		return FORMULA_FALSE;
	low = formula_masked(fs, w.low, (uint32_t)c->mask, (uint32_t)c->value);
	if (c->bits == 64)
		high = formula_masked(fs, w.high, (uint32_t)(c->mask >> 32),
				      (uint32_t)(c->value >> 32));
	return formula_pair(fs, FORMULA_AND, high, low);
}

static int lower(struct formulas *fs, const struct cond *c, bool flip, unsigned depth,
		 uint32_t *out);

static uint32_t lower_one(struct formulas *fs, const struct cond *c, bool flip)
{
	uint32_t f = c->kind == COND_TRUE;

	if (c->kind == COND_RANGE)
		f = range(fs, c);
	else if (c->kind == COND_MASK)
		f = mask(fs, c);
	return flip ? formula_not(fs, f) : f;
}

struct pending {
	const struct cond *c;
	bool flip;
};

struct pendings {
	struct pending *v;
	size_t n, room;
};

static void push(struct arena *a, struct pendings *s, const struct cond *c, bool flip)
{
	if (s->n == s->room) {
		const size_t room = s->room > 0 ? 2 * s->room : 16;
		struct pending *v = arena_array(a, room, sizeof(*v));

		if (s->n > 0)
			memcpy(v, s->v, s->n * sizeof(*v));
		s->v = v;
		s->room = room;
	}
	s->v[s->n++] = (struct pending){ c, flip };
}

/* "and", or "or" when negated; the list of all that are in a row. A list of a thousand values
 * is a row of a thousand "or", so rows are no recursion. */
static int lower_row(struct formulas *fs, const struct cond *c, bool flip, unsigned depth,
		     uint32_t *out)
{
	const bool all = (c->kind == COND_AND) != flip;
	struct formula_parts p = { .arena = fs->arena };
	struct pendings todo = { 0 };
	uint32_t f;

	push(fs->arena, &todo, c, flip);
	while (todo.n > 0) {
		const struct pending at = todo.v[--todo.n];
		const bool is_row = at.c->kind == COND_AND || at.c->kind == COND_OR;

		if (at.c->kind == COND_NOT) {
			push(fs->arena, &todo, at.c->left, !at.flip);
		} else if (is_row && ((at.c->kind == COND_AND) != at.flip) == all) {
			push(fs->arena, &todo, at.c->right, at.flip);
			push(fs->arena, &todo, at.c->left, at.flip);
		} else if (lower(fs, at.c, at.flip, depth + 1, &f) < 0) {
			return -1;
		} else {
			formula_add(&p, f);
		}
	}
	*out = formula_join(fs, all ? FORMULA_AND : FORMULA_OR, p.v, p.n);
	return 0;
}

static int lower(struct formulas *fs, const struct cond *c, bool flip, unsigned depth,
		 uint32_t *out)
{
	for (; c->kind == COND_NOT; flip = !flip)
		c = c->left;
	if (depth > DEPTH_MAX)
		return -1;
	if (c->kind == COND_AND || c->kind == COND_OR)
		return lower_row(fs, c, flip, depth, out);
	*out = lower_one(fs, c, flip);
	return 0;
}

int formula_make(struct formulas *fs, const struct cond *c, uint32_t *out)
{
	return lower(fs, c, false, 0, out);
}
