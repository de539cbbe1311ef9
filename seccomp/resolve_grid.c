/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the arguments, so that every answer which a set of conditions can give together is
 * given to one of them: a claim that holds for all of them holds for all calls. */
#include <stdlib.h>
#include <string.h>

#include "seccomp/resolve.h"

#define ATOMS_MAX  24  /* of one argument, when masks are among them */
#define STATES_MAX 128 /* and what they can be together */
#define GRID_MAX   16384

/* The compares of one argument; at NULL: only count them. */
struct atoms {
	const struct cond **at;
	size_t n;
	bool has_masks;
};

static void collect(const struct cond *c, unsigned arg, struct atoms *out)
{
	switch (c->kind) {
	case COND_TRUE:
	case COND_FALSE:
		return;
	case COND_NOT:
		collect(c->left, arg, out);
		return;
	case COND_AND:
	case COND_OR:
		collect(c->left, arg, out);
		collect(c->right, arg, out);
		return;
	case COND_RANGE:
	case COND_MASK:
		break;
	}
	if (c->arg != arg)
		return;
	out->has_masks |= c->kind == COND_MASK;
	if (out->at != NULL)
		out->at[out->n] = c;
	out->n++;
}

static void collect_all(const struct cond *const *conds, size_t n, unsigned arg,
			struct atoms *out)
{
	for (size_t i = 0; i < n; i++)
		if (conds[i] != NULL)
			collect(conds[i], arg, out);
}

/* ---- ranges only: where one begins, and behind where one ends ---- */

static int by_value(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

static size_t unique(uint64_t *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 1; i < n; i++)
		if (v[i] != v[kept])
			v[++kept] = v[i];
	return n > 0 ? kept + 1 : 0;
}

static size_t range_values(const struct atoms *atoms, uint64_t *out)
{
	size_t n = 0;

	out[n++] = 0;
	for (size_t i = 0; i < atoms->n; i++) {
		const struct cond *c = atoms->at[i];
		const uint64_t last = c->bits == 32 ? UINT32_MAX : UINT64_MAX;

		out[n++] = c->lo;
		if (c->hi < last)
			out[n++] = c->hi + 1;
	}
	return unique(out, n);
}

/* ---- masks: bit by bit from above, what each compare can still become ---- */

enum status {
	HOLDS, /* so far, for a mask; for good, for a range */
	FAILS,
	ON_BOTH, /* a range: so far as its low end and as its high end */
	ON_LOW,
	ON_HIGH
};

struct state {
	uint64_t value;
	uint8_t status[ATOMS_MAX];
};

static enum status step_range(const struct cond *c, enum status s, unsigned bit, unsigned is)
{
	const unsigned lo = (unsigned)(c->lo >> bit & 1), hi = (unsigned)(c->hi >> bit & 1);

	if (s == HOLDS || s == FAILS)
		return s;
	if ((s != ON_HIGH && is < lo) || (s != ON_LOW && is > hi))
		return FAILS;
	if (s == ON_BOTH && lo != hi)
		return is == lo ? ON_LOW : ON_HIGH;
	if ((s == ON_LOW && is > lo) || (s == ON_HIGH && is < hi))
		return HOLDS;
	return s;
}

static enum status step(const struct cond *c, enum status s, unsigned bit, unsigned is)
{
	if (bit >= c->bits)
		return s;
	if (c->kind == COND_RANGE)
		return step_range(c, s, bit, is);
	if ((c->mask >> bit & 1) != 0 && (c->value >> bit & 1) != is)
		return FAILS;
	return s;
}

static bool is_new(const struct state *states, size_t n, const struct state *one, size_t atoms)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(states[i].status, one->status, atoms) == 0)
			return false;
	return true;
}

/* One bit more: of each state its two followers, equal ones once. SIZE_MAX: too many. */
static size_t widen(const struct atoms *atoms, const struct state *from, size_t n, unsigned bit,
		    struct state *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < n * 2; i++) {
		struct state next = from[i % n];
		const unsigned is = i >= n;

		next.value |= (uint64_t)is << bit;
		for (size_t k = 0; k < atoms->n; k++)
			next.status[k] = (uint8_t)step(atoms->at[k], next.status[k], bit, is);
		if (!is_new(to, kept, &next, atoms->n))
			continue;
		if (kept == STATES_MAX)
			return SIZE_MAX;
		to[kept++] = next;
	}
	return kept;
}

static size_t mask_values(const struct atoms *atoms, uint64_t *out)
{
	struct state both[2][STATES_MAX], *states = both[0], *next = both[1], *swap;
	size_t n = 1;

	if (atoms->n > ATOMS_MAX)
		return SIZE_MAX;
	states[0] = (struct state){ 0 };
	for (size_t k = 0; k < atoms->n; k++)
		states[0].status[k] = atoms->at[k]->kind == COND_RANGE ? ON_BOTH : HOLDS;
	for (unsigned bit = 64; bit-- > 0 && n != SIZE_MAX;) {
		n = widen(atoms, states, n, bit, next);
		swap = states;
		states = next;
		next = swap;
	}
	for (size_t i = 0; n != SIZE_MAX && i < n; i++)
		out[i] = states[i].value;
	return n;
}

/* ---- all arguments ---- */

static bool add_arg(struct arena *a, const struct cond *const *conds, size_t n, unsigned arg,
		    struct grid *out)
{
	struct atoms atoms = { 0 };
	uint64_t *values;
	size_t values_n;

	collect_all(conds, n, arg, &atoms);
	if (atoms.n == 0)
		return true;
	if (atoms.n > GRID_MAX)
		return false;
	atoms.at = arena_array(a, atoms.n, sizeof(const struct cond *));
	atoms.n = 0;
	collect_all(conds, n, arg, &atoms);
	values = arena_array(a, atoms.n * 2 + 1 + STATES_MAX, sizeof(*values));
	values_n = atoms.has_masks ? mask_values(&atoms, values) : range_values(&atoms, values);
	if (values_n == SIZE_MAX)
		return false;
	out->arg[out->n] = (uint8_t)arg;
	out->values[out->n] = values;
	out->values_n[out->n++] = values_n;
	return true;
}

bool grid_make(struct arena *a, const struct cond *const *conds, size_t n, struct grid *out)
{
	*out = (struct grid){ .size = 1 };
	for (unsigned arg = 0; arg < 6; arg++)
		if (!add_arg(a, conds, n, arg, out))
			return false;
	for (unsigned i = 0; i < out->n; i++) {
		out->size *= out->values_n[i];
		if (out->size > GRID_MAX)
			return false;
	}
	return true;
}

static void tell(const struct grid *c, uint64_t args[6])
{
	memset(args, 0, 6 * sizeof(args[0]));
	for (unsigned i = 0; i < c->n; i++)
		args[c->arg[i]] = c->values[i][c->at[i]];
}

void grid_first(struct grid *c, uint64_t args[6])
{
	memset(c->at, 0, sizeof(c->at));
	tell(c, args);
}

bool grid_next(struct grid *c, uint64_t args[6])
{
	for (unsigned i = 0; i < c->n; i++) {
		if (++c->at[i] < c->values_n[i]) {
			tell(c, args);
			return true;
		}
		c->at[i] = 0;
	}
	return false;
}
