/* SPDX-License-Identifier: Apache-2.0 */
/* What conditions are built of; what is decided is folded at once. */
#include "seccomp/resolve.h"

static struct cond *node(struct resolver *r, enum cond_kind kind)
{
	struct cond *c = arena_new(r->a, struct cond);

	r->conds++;
	c->kind = kind;
	return c;
}

const struct cond *cond_constant(struct resolver *r, bool value)
{
	return node(r, value ? COND_TRUE : COND_FALSE);
}

const struct cond *cond_not(struct resolver *r, const struct cond *c)
{
	struct cond *out;

	if (c->kind == COND_TRUE || c->kind == COND_FALSE)
		return cond_constant(r, c->kind == COND_FALSE);
	if (c->kind == COND_NOT)
		return c->left;
	out = node(r, COND_NOT);
	out->left = c;
	return out;
}

/* COND_AND or COND_OR. */
const struct cond *cond_join(struct resolver *r, enum cond_kind kind, const struct cond *left,
			     const struct cond *right)
{
	const enum cond_kind decides = kind == COND_AND ? COND_FALSE : COND_TRUE;
	const enum cond_kind nothing = kind == COND_AND ? COND_TRUE : COND_FALSE;
	struct cond *both;

	if (left->kind == decides || right->kind == nothing)
		return left;
	if (right->kind == decides || left->kind == nothing)
		return right;
	both = node(r, kind);
	both->left = left;
	both->right = right;
	return both;
}

uint64_t all_bits(unsigned bits)
{
	return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static uint8_t looked_at(unsigned bits)
{
	return bits == 64 ? 64 : 32;
}

const struct cond *cond_mask(struct resolver *r, unsigned arg, unsigned bits, uint64_t mask,
			     uint64_t value)
{
	struct cond *c;

	mask &= all_bits(bits);
	if ((value & ~mask) != 0)
		return cond_constant(r, false);
	if (mask == 0)
		return cond_constant(r, true);
	c = node(r, COND_MASK);
	c->arg = (uint8_t)arg;
	c->bits = looked_at(bits);
	c->mask = mask;
	c->value = value;
	return c;
}

/* The kernel cuts a mode to 16 bits (umode_t), so that what is above must not matter: the range
 * becomes masked prefixes of those bits. */
static const struct cond *narrow_range(struct resolver *r, unsigned arg, unsigned bits,
				       uint64_t lo, uint64_t hi)
{
	const struct cond *any = cond_constant(r, false);

	while (lo <= hi) {
		uint64_t size = 1;

		while ((lo & (size * 2 - 1)) == 0 && lo + size * 2 - 1 <= hi)
			size *= 2;
		any = cond_join(r, COND_OR, any, cond_mask(r, arg, bits, ~(size - 1), lo));
		lo += size;
	}
	return any;
}

const struct cond *cond_range(struct resolver *r, unsigned arg, unsigned bits, uint64_t lo,
			      uint64_t hi)
{
	struct cond *c;

	if (lo > hi)
		return cond_constant(r, false);
	if (lo == 0 && hi >= all_bits(bits))
		return cond_constant(r, true);
	if (bits < 32)
		return narrow_range(r, arg, bits, lo, hi);
	c = node(r, COND_RANGE);
	c->arg = (uint8_t)arg;
	c->bits = looked_at(bits);
	c->lo = lo;
	c->hi = hi;
	return c;
}
