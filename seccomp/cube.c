/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/cube.h"

#define IS_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

unsigned word_low(unsigned arg)
{
	return (unsigned)CUBE_ARGS + arg * 2 + (IS_BIG ? 1 : 0);
}

unsigned word_high(unsigned arg)
{
	return (unsigned)CUBE_ARGS + arg * 2 + (IS_BIG ? 0 : 1);
}

static uint32_t below(unsigned bit)
{
	return (UINT32_C(1) << bit) - 1;
}

/* The smallest number from lo up whose care bits are want's. */
static bool smallest(uint32_t lo, uint32_t care, uint32_t want, uint32_t *out)
{
	const uint32_t wrong = (lo ^ want) & care;
	unsigned top, bit;
	uint32_t room;

	*out = lo;
	if (wrong == 0)
		return true;
	top = 31u - (unsigned)__builtin_clz(wrong);
	if ((want >> top & 1) != 0) {
		*out = (lo & ~below(top)) | (UINT32_C(1) << top) | (want & below(top));
		return true;
	}
	/* the bit must fall, so that one above it, free and not set yet, has to rise */
	room = ~care & ~lo & ~below(top);
	if (room == 0)
		return false;
	bit = (unsigned)__builtin_ctz(room);
	*out = (lo & ~below(bit)) | (UINT32_C(1) << bit) | (want & below(bit));
	return true;
}

static const struct barred *first_barred(const struct words *w, uint32_t value)
{
	for (const struct barred *b = w->barred; b != NULL; b = b->next)
		if ((value & b->mask) == b->value)
			return b;
	return NULL;
}

/* Whatever a bar shuts out must differ from it in one of the bar's free bits: in the lowest,
 * or, that being equal, in the next one, and so on. Each step settles a bit, so it ends. */
static bool solve(const struct words *w, uint32_t *out)
{
	const struct barred *bar;
	struct words next;

	if (!smallest(w->lo, w->care, w->want, out) || *out > w->hi)
		return false;
	bar = first_barred(w, *out);
	if (bar == NULL)
		return true;
	next = *w;
	for (uint32_t free = bar->mask & ~w->care; free != 0; free &= free - 1) {
		const uint32_t bit = free & -free;

		next.care |= bit;
		next.want = (next.want & ~bit) | (~bar->value & bit);
		if (solve(&next, out))
			return true;
		next.want ^= bit;
	}
	return false;
}

bool words_pick(const struct words *w, bool ones, uint32_t *out)
{
	if (w->care == 0 && first_barred(w, ones ? w->hi : w->lo) == NULL) {
		*out = ones ? w->hi : w->lo;
		return w->lo <= w->hi;
	}
	return solve(w, out);
}

bool words_has(const struct words *w, uint32_t value)
{
	return w->lo <= value && value <= w->hi && (value & w->care) == w->want &&
	       first_barred(w, value) == NULL;
}

struct words words_split(const struct words *w, const struct test *t, bool holds,
			 struct barred *room)
{
	struct words out = *w;

	if (t->mask == 0 && holds) {
		out.lo = t->value > w->lo ? t->value : w->lo;
	} else if (t->mask == 0) {
		out.hi = t->value <= w->hi ? t->value - 1 : w->hi;
	} else if (holds) {
		out.care |= t->mask;
		out.want |= t->value;
	} else {
		*room = (struct barred){ t->mask, t->value, w->barred };
		out.barred = room;
	}
	return out;
}

static bool can(const struct words *w, const struct test *t, bool holds)
{
	struct barred room;
	const struct words part = words_split(w, t, holds, &room);
	uint32_t one;

	return solve(&part, &one);
}

static enum truth ask(struct asker *q, const struct test *t)
{
	const struct words *w = &q->cube->words[t->word];
	bool yes, no;

	if (q->steps > 0)
		q->steps--;
	if (w->lo == w->hi)
		return (t->mask == 0 ? w->lo >= t->value : (w->lo & t->mask) == t->value)
			       ? TRUTH_YES
			       : TRUTH_NO;
	/* ask_ge has seen that the value is inside */
	yes = (w->care == 0 && w->barred == NULL && t->mask == 0) || can(w, t, true);
	no = (w->care == 0 && w->barred == NULL && t->mask == 0) || can(w, t, false);
	if (yes && no)
		q->open = *t;
	return yes && no ? TRUTH_OPEN : yes ? TRUTH_YES : TRUTH_NO;
}

enum truth ask_ge(struct asker *q, unsigned word, uint32_t value)
{
	const struct words *w = &q->cube->words[word];
	const struct test t = { .word = word, .value = value };

	if (w->lo >= value)
		return TRUTH_YES;
	if (w->hi < value)
		return TRUTH_NO;
	return ask(q, &t);
}

static enum truth ask_range(struct asker *q, unsigned word, uint32_t lo, uint32_t hi)
{
	enum truth above = ask_ge(q, word, lo);

	if (above != TRUTH_YES || hi == UINT32_MAX)
		return above;
	above = ask_ge(q, word, hi + 1);
	if (above == TRUTH_OPEN)
		return TRUTH_OPEN;
	return above == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
}

enum truth ask_eq(struct asker *q, unsigned word, uint32_t value)
{
	return ask_range(q, word, value, value);
}

enum truth ask_mask(struct asker *q, unsigned word, uint32_t mask, uint32_t value)
{
	const struct words *w = &q->cube->words[word];
	const struct test t = { .word = word, .mask = mask, .value = value };

	if ((value & ~mask) != 0 || ((w->want ^ value) & w->care & mask) != 0)
		return TRUTH_NO;
	if (mask == 0)
		return TRUTH_YES;
	if ((~mask & (~mask + 1)) == 0) /* the upper bits: an interval */
		return ask_range(q, word, value, value | ~mask);
	return ask(q, &t);
}
