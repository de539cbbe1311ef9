/* SPDX-License-Identifier: Apache-2.0 */
/* leaf.h - the decision on one call whose answer depends on its arguments. */
#pragma once
#include "seccomp/formula.h"

struct leaf_item {
	const struct cond *cond;
	uint32_t answer; /* a node */
};

/* For all the calls of one program: what one of them found out helps the next. */
struct leaves {
	struct arena *arena;
	struct dag *d;
	struct formulas fs;
	struct leaf_known *known;
	uint32_t known_n;
	uint32_t *slots;
	uint32_t slots_n;
	size_t unread, unbuilt; /* steps that may still go into reading and into building */
};

void leaves_init(struct leaves *l, struct arena *a, struct dag *d);
/* A node that leads to the answer of the first item whose condition holds, or to otherwise.
 * -1: the conditions are nested too deeply, or are too many. */
int leaf_build(struct leaves *l, const struct leaf_item *items, size_t n, uint32_t otherwise,
	       uint32_t *out);
