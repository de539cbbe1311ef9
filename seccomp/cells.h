/* SPDX-License-Identifier: Apache-2.0 */
/* cells.h - the calls that two sides may tell apart, one witness for each kind.
 *
 * A set of calls is split by the first test at which a side would go two ways for it, until
 * neither side would: then it is a cell, and what the sides answer to one call of it they
 * answer to all. All numbers, words of arguments and architectures are covered, so what holds
 * for the witnesses holds for each call there is: unless .pairwise says that it was too much.
 */
#pragma once
#include "seccomp/side.h"
#include "seccomp/verify.h"

struct cell {
	struct seccomp_data call; /* the witness; of a plain number (side.h) any arguments do */
	struct answer answers[2];
};

struct cells {
	struct arena *arena;
	struct side sides[2];
	int (*visit)(void *ctx, const struct cell *cell, struct err *e); /* -1: stop */
	void *ctx;
	/* the result */
	size_t n;
	bool pairwise; /* of some number not all cells were visited: they were more than the
			* limits of cells.c allow (VERIFY_CELLS, depth, questions) */
	/* of cells.c and pairs.c */
	size_t steps, limit, pairs;
	bool over;
	struct seccomp_data bases[20]; /* some witnesses of the call at hand */
	size_t bases_n, leaves;
};

/* arena, sides, visit and ctx are set. */
void cells_open(struct cells *c);
/* All calls of one architecture. */
int cells_of_arch(struct cells *c, enum arch arch, struct err *e) CHECK;
/* All that are of none of these. */
int cells_elsewhere(struct cells *c, const enum arch *archs, size_t n, struct err *e) CHECK;

/* Do both sides answer the same? */
bool cell_agrees(const struct cell *cell);

/* pairs.c: instead of all cells of one number, all pairs of values of two words. */
int cells_pairs(struct cells *c, const struct cube *cube, struct err *e) CHECK;
/* For pairs.c. */
int cells_visit(struct cells *c, const struct seccomp_data *call, struct err *e) CHECK;
