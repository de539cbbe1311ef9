/* SPDX-License-Identifier: Apache-2.0 */
/* bdd.h - answers as a function of a call's bits: an ordered decision diagram (Bryant 1986).
 *
 * A node looks at one bit; from the root on, bits are met in one order: the architecture's, the
 * number's, those of each argument, each from its highest, and then the instruction pointer's.
 * Equal functions are one node, so two ways to say the same are seen to be the same. A leaf is
 * an answer, or true or false.
 *
 * Too large a function, or too much work, sets .over, and then all that comes out is false:
 * who starts something looks at .over when it is done. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef uint32_t bdd;

#define BDD_FALSE 0u
#define BDD_TRUE  1u

/* The first bit of each field. */
#define BDD_ARCH 0u
#define BDD_NR   32u
#define BDD_ARGS 64u
#define BDD_WIDE 64u /* bits of an argument */
#define BDD_IP   (BDD_ARGS + 6 * BDD_WIDE)
#define BDD_BITS (BDD_IP + BDD_WIDE)

struct bdd_node {
	uint32_t bit; /* BDD_BITS: a leaf; then no is its answer */
	bdd no, yes;
};

struct bdds {
	struct arena *arena;
	struct bdd_node *v;
	uint32_t n, room;
	uint32_t *slots; /* open addressing; 0 is free */
	uint32_t slots_n;
	struct bdd_done *done; /* what was worked out lately */
	uint32_t *seen, stamp; /* by node */
	size_t steps;
	bool over;
};

void bdds_init(struct bdds *b, struct arena *a);

bdd bdd_leaf(struct bdds *b, uint32_t answer);
static inline bool bdd_is_leaf(const struct bdds *b, bdd f)
{
	return b->v[f].bit == BDD_BITS;
}

/* if f then yes else no; f is true or false. */
bdd bdd_if(struct bdds *b, bdd f, bdd yes, bdd no);
bdd bdd_not(struct bdds *b, bdd f);
bdd bdd_and(struct bdds *b, bdd f, bdd g);
bdd bdd_or(struct bdds *b, bdd f, bdd g);

/* Some bits in a row, the first one the highest: a word, an argument, a half of it. */
struct bdd_field {
	uint32_t first, bits;
};
struct bdd_field bdd_arg(unsigned arg); /* all 64 */
/* lo <= field <= hi */
bdd bdd_range(struct bdds *b, struct bdd_field x, uint64_t lo, uint64_t hi);
/* (field & mask) == value */
bdd bdd_mask(struct bdds *b, struct bdd_field x, uint64_t mask, uint64_t value);
/* (field & mask) >= value */
bdd bdd_masked_ge(struct bdds *b, struct bdd_field x, uint64_t mask, uint64_t value);

/* f where the field has this value. */
bdd bdd_at(struct bdds *b, bdd f, struct bdd_field x, uint64_t value);
/* For which values of bits before `end' is g left of f? */
bdd bdd_where(struct bdds *b, bdd f, uint32_t end, bdd g);

/* What may be left of f when all bits before `end' are known, each once, in order of first
 * meeting; -1: more than max. */
int bdd_left(struct bdds *b, bdd f, uint32_t end, bdd *out, size_t max);
/* The bits of the field that f looks at. */
uint64_t bdd_looks(struct bdds *b, bdd f, struct bdd_field x);

/* A set of values of one field, f true or false and about nothing else, as ranges in order;
 * -1: more than max. */
struct bdd_span {
	uint64_t lo, hi;
};
int bdd_spans(const struct bdds *b, bdd f, struct bdd_field x, struct bdd_span *out,
	      size_t max);
/* The same as disjoint (field & mask) == value. */
struct bdd_cube {
	uint64_t mask, value;
};
int bdd_cubes(const struct bdds *b, bdd f, struct bdd_field x, struct bdd_cube *out,
	      size_t max);
