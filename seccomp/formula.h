/* SPDX-License-Identifier: Apache-2.0 */
/* formula.h - conditions as formulas over 32-bit words.
 *
 * A variable is a word of struct seccomp_data under a mask; an atom is a set of its values. All
 * else is "and" and "or": "not" was pushed into the atoms. Equal formulas are one formula; a
 * formula is a number. */
#pragma once
#include "seccomp/dag.h"
#include "seccomp/rules.h"

#define FORMULA_FALSE 0u
#define FORMULA_TRUE  1u

/* Sorts by argument, its high half first; and the whole word before parts of it. */
typedef uint64_t formula_var;

static inline formula_var var_make(uint32_t word, uint32_t mask)
{
	return (uint64_t)(word ^ WORD_HIGH) << 32 | (uint32_t)~mask;
}

static inline uint32_t var_mask(formula_var v)
{
	return ~(uint32_t)v;
}

static inline uint32_t var_word(formula_var v)
{
	return (uint32_t)(v >> 32) ^ WORD_HIGH;
}

struct values {
	uint32_t lo, hi;
};

struct formula {
	enum formula_kind {
		FORMULA_CONST,
		FORMULA_ATOM, /* var is in one of the n values: sorted, none touches the next */
		FORMULA_AND,  /* of n formulas, by number */
		FORMULA_OR,
	} kind;
	uint32_t n;
	formula_var var; /* the first of all that are in it */
	const struct values *values;
	const uint32_t *parts;
};

struct formulas {
	struct arena *arena;
	struct formula *v;
	uint32_t n, room;
	uint32_t *slots;
	uint32_t slots_n;
	size_t steps; /* what was done so far */
	size_t limit; /* beyond, everything is FORMULA_FALSE */
};

void formulas_init(struct formulas *fs, struct arena *a);

static inline bool formulas_over(const struct formulas *fs)
{
	return fs->steps > fs->limit;
}

/* -1: nested too deeply. */
int formula_make(struct formulas *fs, const struct cond *c, uint32_t *out);

/* lo <= word <= hi; false where lo is above hi. */
uint32_t formula_range(struct formulas *fs, uint32_t word, uint64_t lo, uint64_t hi);
/* (word & mask) == value */
uint32_t formula_masked(struct formulas *fs, uint32_t word, uint32_t mask, uint32_t value);
uint32_t formula_not(struct formulas *fs, uint32_t f);
/* kind: and, or. */
uint32_t formula_join(struct formulas *fs, enum formula_kind kind, const uint32_t *in,
		      uint32_t n);
uint32_t formula_pair(struct formulas *fs, enum formula_kind kind, uint32_t x, uint32_t y);

/* A list of formulas that grows. */
struct formula_parts {
	struct arena *arena;
	uint32_t *v;
	uint32_t n, room;
};
void formula_add(struct formula_parts *p, uint32_t f);

/* One value of a variable, that stands for all from lo to hi. */
struct word_cell {
	formula_var var;
	uint32_t lo, hi;
};
/* What is left of the formula there. */
uint32_t formula_in(struct formulas *fs, uint32_t f, const struct word_cell *at);
