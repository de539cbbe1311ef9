/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - does a program answer as its policy says?
 *
 * Shares nothing with the compiler: eval.c walks the policy's rules, sim.c interprets the
 * program, and cells.c makes one witness for each cell of the partition that both together
 * induce on (architecture, number, argument words). Numbers whose arguments neither looks at
 * are one cell each, and what a program answers to a row of them filter_spans reads off it,
 * which the interpreter confirms at both ends. Within a cell neither can change its
 * answer, so equal answers on all witnesses are a proof. Where there would be too many cells,
 * pairs.c takes a sample instead, which is none, and .pairwise says so. */
#pragma once
#include "seccomp/compile.h"

/* Cells of all numbers together; above, pairs of argument words instead of all combinations. */
#define VERIFY_CELLS 100000

struct verified {
	size_t cells;
	bool pairwise;
};

/* Also what filter_check finds. ERR_BUG with the first call that is answered differently. */
int verify_program(struct arena *a, const struct policy *p, const struct answers *an,
		   const struct filter *f, struct verified *out, struct err *e) CHECK;
