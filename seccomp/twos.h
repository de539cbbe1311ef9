/* SPDX-License-Identifier: Apache-2.0 */
/* twos.h - values taken two at a time.
 *
 * In the tables of calls neighbours are often alike: two numbers that were never given out, a
 * call and its counterpart. In a search for single values each such pair costs two boundaries.
 * After (word & ~1), which is one instruction for a whole stretch, it costs one test; what
 * differs within a pair has to be asked for before. */
#pragma once
#include "seccomp/tree.h"

/* A leaf of the tree, with the values that are taken out of it. */
struct span {
	uint32_t lo, hi, to;
	uint32_t first, singles; /* of the list of singles */
	uint64_t place;          /* in the row of all leaves at the deepest level */
};

struct single {
	uint32_t value, to;
};

struct spans {
	struct span *v;
	size_t n;
	struct single *singles;
	uint32_t singles_n;
};

/* Where it saves two instructions or more: spans in a row become one that leads to what tells
 * them apart. No single is asked for before more than TREE_CHAIN others. */
void twos_fold(struct dag *d, uint32_t word, struct spans *s);
