/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call has too many cells for all: values near what the two sides compare with, all
 * pairs of them, around the witnesses that were found before it became too many. No proof, and
 * the image says so. */
#include <string.h>

#include "seccomp/cells.h"

/* Values near which the answer may change, of each word, for the one number of a cube. */
#define NEAR_MAX 40
struct near {
	uint32_t values[CUBE_WORDS][NEAR_MAX];
	size_t n[CUBE_WORDS];
};

static void add(struct near *near, unsigned word, uint32_t value)
{
	uint32_t *values = near->values[word];

	for (size_t i = 0; i < near->n[word]; i++)
		if (values[i] == value)
			return;
	if (near->n[word] < NEAR_MAX)
		values[near->n[word]++] = value;
}

static void add_around(struct near *near, unsigned word, uint32_t value)
{
	add(near, word, value);
	add(near, word, value - 1);
	add(near, word, value + 1);
}

/* ---- what a policy compares with ---- */

static void near_range(struct near *near, const struct cond *c)
{
	add_around(near, word_low(c->arg), (uint32_t)c->lo);
	add_around(near, word_low(c->arg), (uint32_t)c->hi);
	if (c->bits == 32)
		return;
	add_around(near, word_high(c->arg), (uint32_t)(c->lo >> 32));
	add_around(near, word_high(c->arg), (uint32_t)(c->hi >> 32));
}

static void near_masked(struct near *near, unsigned word, uint32_t mask, uint32_t value)
{
	if (mask == 0)
		return;
	add(near, word, value);
	add(near, word, value | ~mask);
	add(near, word, value ^ (mask & -mask));
	add(near, word, ~value & mask);
}

static void near_cond(struct near *near, const struct cond *c)
{
	for (; c->kind == COND_AND || c->kind == COND_OR; c = c->right)
		near_cond(near, c->left);
	if (c->kind == COND_NOT)
		near_cond(near, c->left);
	if (c->kind == COND_RANGE)
		near_range(near, c);
	if (c->kind != COND_MASK)
		return;
	near_masked(near, word_low(c->arg), (uint32_t)c->mask, (uint32_t)c->value);
	if (c->bits != 32)
		near_masked(near, word_high(c->arg), (uint32_t)(c->mask >> 32),
			    (uint32_t)(c->value >> 32));
}

static void near_policy(struct near *near, const struct policy *p, enum arch arch, uint32_t nr)
{
	const struct numbered_call call = { arch, sc_by_number(arch, nr), nr };
	const struct cond *cond;

	for (size_t i = 0; i < p->rules_n; i++)
		if (rule_covers(&p->rules[i], &call, &cond) && cond != NULL)
			near_cond(near, cond);
}

/* ---- what a program compares with ---- */

/* The word in the accumulator at each instruction, + 1; 0: not reached. Of two ways there, the
 * last one seen. */
static void near_insn(struct near *near, uint8_t *loaded, const struct filter *f, size_t pc,
		      const struct cube *cube)
{
	const struct sock_filter *in = &f->insns[pc];
	const unsigned word = loaded[pc] - 1u;
	const struct words *w = &cube->words[word];
	const bool sure = w->lo == w->hi && in->code == (BPF_JMP | BPF_JEQ | BPF_K);

	if (BPF_CLASS(in->code) == BPF_RET)
		return;
	if (in->code == (BPF_JMP | BPF_JA)) {
		loaded[pc + 1 + in->k] = loaded[pc];
	} else if (BPF_CLASS(in->code) == BPF_JMP) {
		add_around(near, word, in->k);
		if (!sure || w->lo == in->k)
			loaded[pc + 1 + in->jt] = loaded[pc];
		if (!sure || w->lo != in->k)
			loaded[pc + 1 + in->jf] = loaded[pc];
	} else {
		const bool load = in->code == (BPF_LD | BPF_W | BPF_ABS);

		loaded[pc + 1] = load ? (uint8_t)(in->k / 4 + 1) : loaded[pc];
	}
}

static void near_filter(struct arena *a, struct near *near, const struct filter *f,
			const struct cube *cube)
{
	uint8_t *loaded = arena_alloc(a, f->n);

	loaded[0] = CUBE_NR + 1;
	for (size_t pc = 0; pc < f->n; pc++)
		if (loaded[pc] != 0)
			near_insn(near, loaded, f, pc, cube);
}

static void near_side(struct arena *a, struct near *near, const struct side *s,
		      const struct cube *cube)
{
	const enum arch arch = arch_of_audit(cube->words[CUBE_ARCH].lo);

	if (s->policy == NULL)
		near_filter(a, near, s->filter, cube);
	else if (arch != ARCH_N)
		near_policy(near, s->policy, arch, cube->words[CUBE_NR].lo);
}

/* ---- pairs ---- */

#define PAIRS_ALL  200000 /* calls, for all numbers together: a tenth of a second */
#define PAIRS_EACH 500    /* of a number, however many the others had */

struct pairs {
	struct cells *c;
	const struct cube *cube;
	const struct near *near;
	size_t left;
};

static void put_word(struct seccomp_data *call, unsigned word, uint32_t value)
{
	memcpy((unsigned char *)call + word * sizeof(value), &value, sizeof(value));
}

static int visit_pair(struct pairs *p, const struct seccomp_data *base, unsigned one,
		      unsigned other, struct err *e)
{
	const struct near *near = p->near;

	for (size_t k = 0; k < near->n[one] * near->n[other] && p->left > 0; k++) {
		const uint32_t v = near->values[one][k % near->n[one]];
		const uint32_t w = near->values[other][k / near->n[one]];
		struct seccomp_data call = *base;

		if (!words_has(&p->cube->words[one], v) ||
		    !words_has(&p->cube->words[other], w))
			continue;
		put_word(&call, one, v);
		put_word(&call, other, w);
		p->left--;
		if (cells_visit(p->c, &call, e) < 0)
			return -1;
	}
	return 0;
}

static int visit_pairs(struct pairs *p, const struct seccomp_data *base, struct err *e)
{
	for (unsigned one = 0; one < CUBE_WORDS; one++)
		for (unsigned other = one + 1; other < CUBE_WORDS; other++)
			if (visit_pair(p, base, one, other, e) < 0)
				return -1;
	return 0;
}

int cells_pairs(struct cells *c, const struct cube *cube, struct err *e)
{
	struct near *near = arena_new(c->arena, struct near);
	struct pairs p = { .c = c, .cube = cube, .near = near, .left = PAIRS_EACH };
	size_t start;

	near_side(c->arena, near, &c->sides[0], cube);
	near_side(c->arena, near, &c->sides[1], cube);
	if (c->pairs + PAIRS_EACH < PAIRS_ALL)
		p.left = PAIRS_ALL - c->pairs;
	start = p.left;
	for (size_t i = 0; i < c->bases_n; i++)
		if (visit_pairs(&p, &c->bases[i], e) < 0)
			return -1;
	c->pairs += start - p.left;
	return 0;
}
