/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/cells.h"

#include <string.h>

#define DEPTH      2000       /* of splits: a stack frame each */
#define STEPS      (1u << 26) /* questions, for all numbers together: about half a second */
#define LEAST      250        /* cells of a number, however many the others had */
#define STEPS_EACH (1u << 18)

void cells_open(struct cells *c)
{
	c->steps = STEPS;
	side_open(&c->sides[0]);
	side_open(&c->sides[1]);
}

bool cell_agrees(const struct cell *cell)
{
	const struct answer *l = &cell->answers[0], *r = &cell->answers[1];

	return l->is == r->is || l->is == r->also || l->also == r->is || l->also == r->also;
}

/* ---- one cell ---- */

static struct seccomp_data pick(const struct cube *cube, bool ones)
{
	struct seccomp_data call;
	uint32_t words[CUBE_WORDS] = { 0 };

	for (unsigned i = 0; i < CUBE_WORDS; i++) {
		const struct words *w = &cube->words[i];

		if (w->care == 0 && w->barred == NULL)
			words[i] = ones ? w->hi : w->lo;
		else
			(void)words_pick(w, ones, &words[i]);
	}
	memcpy(&call, words, sizeof(call));
	return call;
}

int cells_visit(struct cells *c, const struct seccomp_data *call, struct err *e)
{
	struct cell cell = { .call = *call };

	side_answer(&c->sides[0], call, &cell.answers[0]);
	side_answer(&c->sides[1], call, &cell.answers[1]);
	c->n++;
	return c->visit(c->ctx, &cell, e);
}

/* Two calls of the cell, so that what is said of a cell is not only believed. */
static int visit_leaf(struct cells *c, const struct cube *cube, struct err *e)
{
	const struct seccomp_data other = pick(cube, true);
	struct cell cell = { .call = pick(cube, false) };

	for (size_t i = 0; i < 2; i++) {
		struct answer again;

		side_answer(&c->sides[i], &cell.call, &cell.answers[i]);
		side_answer(&c->sides[i], &other, &again);
		if (cell.answers[i].is != again.is || cell.answers[i].also != again.also)
			return fail(e, ERR_BUG,
				    "seccomp cell: one answer for all its calls: two, to "
				    "number "
				    "%d of architecture %#x",
				    cell.call.nr, cell.call.arch);
	}
	c->leaves++;
	if ((c->leaves & (c->leaves - 1)) == 0 && c->bases_n < COUNT(c->bases))
		c->bases[c->bases_n++] = cell.call;
	c->n++;
	return c->visit(c->ctx, &cell, e);
}

/* ---- all cells of a cube ---- */

static enum truth is_settled(struct cells *c, const struct cube *cube, struct test *t)
{
	struct asker q = { .cube = cube, .steps = c->steps };
	enum truth is = TRUTH_YES;

	/* the right one first: in a proof it is the program, whose search tree splits best */
	for (size_t i = 2; i > 0 && is == TRUTH_YES; i--)
		is = side_is_settled(&c->sides[i - 1], &q);
	*t = q.open;
	c->steps = q.steps;
	return is;
}

/* cube is as before when it returns. Recursion ends: see DEPTH. */
static int explore(struct cells *c, struct cube *cube, unsigned depth, struct err *e)
{
	struct barred room;
	struct words was;
	struct test t;
	int rc;

	switch (is_settled(c, cube, &t)) {
	case TRUTH_YES:
		return visit_leaf(c, cube, e);
	case TRUTH_NO:
		return fail(e, ERR_BUG,
			    "seccomp filter: comparisons of the call's words "
			    "with constants: it computes with them");
	case TRUTH_OPEN:
		break;
	}
	c->over |= depth == DEPTH || c->leaves >= c->limit || c->steps == 0;
	if (c->over)
		return 0;
	was = cube->words[t.word];
	cube->words[t.word] = words_split(&was, &t, false, &room);
	rc = explore(c, cube, depth + 1, e);
	if (rc == 0 && !c->over) {
		cube->words[t.word] = words_split(&was, &t, true, &room);
		rc = explore(c, cube, depth + 1, e);
	}
	cube->words[t.word] = was;
	return rc;
}

static int cells_of_cube(struct cells *c, struct cube *cube, struct err *e)
{
	const size_t n = c->n;

	c->over = false;
	c->bases_n = 0;
	c->leaves = 0;
	c->limit = n + LEAST < VERIFY_CELLS ? VERIFY_CELLS - n : LEAST;
	if (c->steps < STEPS_EACH)
		c->steps = STEPS_EACH;
	if (explore(c, cube, 0, e) < 0)
		return -1;
	if (!c->over)
		return 0;
	c->pairwise = true;
	return cells_pairs(c, cube, e);
}

/* ---- where the cubes come from ---- */

static struct words only(uint32_t value)
{
	return (struct words){ .lo = value, .hi = value };
}

/* On a 32-bit architecture the kernel hands over arguments with a zero upper word. */
static struct cube cube_of_arch(enum arch arch)
{
	struct cube cube;

	for (unsigned i = 0; i < CUBE_WORDS; i++)
		cube.words[i] = CUBE_ALL_WORDS;
	cube.words[CUBE_ARCH] = only(arch_audit(arch));
	for (unsigned i = 0; i < 6 && !arch_is_64(arch); i++)
		cube.words[word_high(i)] = only(0);
	return cube;
}

/* Nearly all numbers have one answer whatever the arguments are. */
static int cells_of_numbers(struct cells *c, struct cube *cube, enum arch arch, struct err *e)
{
	const uint32_t last = sc_last(arch);
	struct cell cell = { .call = { .arch = arch_audit(arch) } };
	int rc = 0;

	for (uint32_t nr = 0; nr <= last && rc == 0; nr++) {
		cell.call.nr = (int)nr;
		if (side_plain_answer(&c->sides[0], arch, nr, &cell.answers[0]) &&
		    side_plain_answer(&c->sides[1], arch, nr, &cell.answers[1])) {
			c->n++;
			rc = c->visit(c->ctx, &cell, e);
			continue;
		}
		cube->words[CUBE_NR] = only(nr);
		rc = cells_of_cube(c, cube, e);
	}
	return rc;
}

int cells_of_arch(struct cells *c, enum arch arch, struct err *e)
{
	struct cube cube = cube_of_arch(arch);

	if (side_open_arch(&c->sides[0], arch, c->arena, e) < 0 ||
	    side_open_arch(&c->sides[1], arch, c->arena, e) < 0 ||
	    cells_of_numbers(c, &cube, arch, e) < 0)
		return -1;
	cube.words[CUBE_NR] = (struct words){ .lo = sc_last(arch) + 1, .hi = UINT32_MAX };
	return cells_of_cube(c, &cube, e);
}

/* The lowest of the architectures' numbers that is not below lo, or none. */
static bool next_arch(const enum arch *archs, size_t n, uint64_t lo, uint32_t *out)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const uint32_t one = arch_audit(archs[i]);

		if (one >= lo && (!any || one < *out)) {
			*out = one;
			any = true;
		}
	}
	return any;
}

int cells_elsewhere(struct cells *c, const enum arch *archs, size_t n, struct err *e)
{
	uint32_t stop = 0;

	for (uint64_t lo = 0; lo <= UINT32_MAX; lo = (uint64_t)stop + 1) {
		const bool more = next_arch(archs, n, lo, &stop);
		struct cube cube;

		if (!more)
			stop = UINT32_MAX;
		for (unsigned i = 0; i < CUBE_WORDS; i++)
			cube.words[i] = CUBE_ALL_WORDS;
		cube.words[CUBE_ARCH].lo = (uint32_t)lo;
		cube.words[CUBE_ARCH].hi = more ? stop - 1 : stop;
		if ((!more || stop > lo) && cells_of_cube(c, &cube, e) < 0)
			return -1;
	}
	return 0;
}
