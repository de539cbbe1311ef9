/* SPDX-License-Identifier: Apache-2.0 */
/* The sets of seccomp/cube.c, against trying each value. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/error.h"
#include "seccomp/cube.h"

#define VALUES 1024

struct random {
	uint64_t state;
};

static uint32_t draw(struct random *r, uint32_t below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * 0x2545f4914f6cdd1d >> 32) % below);
}

/* Ten bits at some place of the word, the rest of it fixed: then all values can be tried. */
struct drawn {
	struct words w;
	struct barred bars[6];
	unsigned shift;
	uint32_t rest;
};

static uint32_t widen(const struct drawn *d, uint32_t value)
{
	return d->rest | value << d->shift;
}

static void draw_words(struct random *r, struct drawn *d)
{
	const unsigned shifts[] = { 0, 7, 22 };
	const uint32_t a = draw(r, VALUES), b = draw(r, VALUES);
	const size_t bars = draw(r, COUNT(d->bars) + 1);

	d->shift = shifts[draw(r, COUNT(shifts))];
	d->rest = draw(r, UINT32_MAX) & ~((uint32_t)(VALUES - 1) << d->shift);
	d->w = (struct words){ .lo = widen(d, a < b ? a : b), .hi = widen(d, a < b ? b : a) };
	d->w.care = ~((uint32_t)(VALUES - 1) << d->shift);
	d->w.want = d->rest;
	if (draw(r, 2) != 0) {
		const uint32_t care = draw(r, VALUES) & draw(r, VALUES);

		d->w.care |= care << d->shift;
		d->w.want |= (draw(r, VALUES) & care) << d->shift;
	}
	for (size_t i = 0; i < bars; i++) {
		const uint32_t mask = draw(r, VALUES) & draw(r, VALUES);

		d->bars[i] =
			(struct barred){ mask << d->shift, (draw(r, VALUES) & mask) << d->shift,
					 d->w.barred };
		d->w.barred = &d->bars[i];
	}
}

static bool is_in(const struct words *w, uint32_t value)
{
	for (const struct barred *b = w->barred; b != NULL; b = b->next)
		if ((value & b->mask) == b->value)
			return false;
	return w->lo <= value && value <= w->hi && (value & w->care) == w->want;
}

Test(cube, a_value_is_picked_where_there_is_one)
{
	struct random r = { 0x9e3779b97f4a7c15 };
	size_t none = 0;

	for (size_t i = 0; i < 20000; i++) {
		struct drawn d;
		uint32_t one;
		bool any = false;

		draw_words(&r, &d);
		for (uint32_t v = 0; v < VALUES; v++) {
			any |= is_in(&d.w, widen(&d, v));
			cr_assert_eq(words_has(&d.w, widen(&d, v)), is_in(&d.w, widen(&d, v)));
		}
		none += !any;
		cr_assert_eq(words_pick(&d.w, false, &one), any);
		cr_assert(!any || is_in(&d.w, one));
		cr_assert_eq(words_pick(&d.w, true, &one), any);
		cr_assert(!any || is_in(&d.w, one));
	}
	cr_expect_gt(none, 2000);
	cr_expect_lt(none, 18000);
}

static bool holds(const struct test *t, uint32_t value)
{
	return t->mask == 0 ? value >= t->value : (value & t->mask) == t->value;
}

static enum truth truth_of(const struct drawn *d, const struct test *t)
{
	bool yes = false, no = false;

	for (uint32_t v = 0; v < VALUES; v++) {
		if (!is_in(&d->w, widen(d, v)))
			continue;
		yes |= holds(t, widen(d, v));
		no |= !holds(t, widen(d, v));
	}
	return yes && no ? TRUTH_OPEN : yes ? TRUTH_YES : TRUTH_NO;
}

/* What ask leaves open splits the set into two that are not empty, and lose nothing. */
static void expect_split(const struct drawn *d, const struct test *open)
{
	struct barred room[2];
	const struct words yes = words_split(&d->w, open, true, &room[0]);
	const struct words no = words_split(&d->w, open, false, &room[1]);
	size_t n[2] = { 0 };

	for (uint32_t v = 0; v < VALUES; v++) {
		const uint32_t value = widen(d, v);

		cr_assert_eq(is_in(&yes, value), is_in(&d->w, value) && holds(open, value));
		cr_assert_eq(is_in(&no, value), is_in(&d->w, value) && !holds(open, value));
		n[0] += is_in(&yes, value);
		n[1] += is_in(&no, value);
	}
	cr_assert_gt(n[0], 0);
	cr_assert_gt(n[1], 0);
}

static bool is_prefix(uint32_t mask)
{
	return mask != 0 && (~mask & (~mask + 1)) == 0;
}

Test(cube, questions_are_answered_as_each_value_would)
{
	struct random r = { 0x2545f4914f6cdd1d };
	size_t counts[3] = { 0 };

	for (size_t i = 0; i < 20000; i++) {
		struct cube cube = { 0 };
		struct asker q = { .cube = &cube, .steps = 100 };
		struct drawn d;
		struct test t = { .word = draw(&r, CUBE_WORDS) };
		enum truth want, is;

		draw_words(&r, &d);
		want = truth_of(&d, &t);
		if (want == TRUTH_NO)
			continue; /* empty: nobody asks such a set */
		if (draw(&r, 2) != 0)
			t.mask = (draw(&r, VALUES) & draw(&r, VALUES)) << d.shift;
		else if (draw(&r, 8) == 0)
			t.mask = UINT32_MAX << draw(&r, 32);
		t.value = widen(&d, draw(&r, VALUES));
		if (t.mask != 0)
			t.value &= t.mask;
		cube.words[t.word] = d.w;
		want = truth_of(&d, &t);
		is = t.mask == 0 ? ask_ge(&q, t.word, t.value)
				 : ask_mask(&q, t.word, t.mask, t.value);
		/* an interval is parted at its two ends, if only one of them matters too */
		cr_assert(is == want || (is == TRUTH_OPEN && is_prefix(t.mask)), "case %zu", i);
		counts[is]++;
		if (is != TRUTH_OPEN)
			continue;
		cr_assert_eq(q.open.word, t.word);
		cr_assert(is_prefix(t.mask) || q.open.mask == t.mask);
		expect_split(&d, &q.open);
	}
	for (size_t i = 0; i < COUNT(counts); i++)
		cr_expect_gt(counts[i], 500, "truth %zu: %zu", i, counts[i]);
}

Test(cube, equality_is_asked_at_both_ends)
{
	static const uint32_t values[] = { 0, 1, 5, UINT32_MAX - 1, UINT32_MAX };

	for (size_t i = 0; i < COUNT(values); i++) {
		struct cube cube = { 0 };
		struct asker q = { .cube = &cube, .steps = 100 };
		struct words *w = &cube.words[3];

		*w = (struct words)CUBE_ALL_WORDS;
		cr_expect_eq(ask_eq(&q, 3, values[i]), TRUTH_OPEN);
		*w = (struct words){ .lo = values[i], .hi = values[i] };
		cr_expect_eq(ask_eq(&q, 3, values[i]), TRUTH_YES);
		cr_expect_eq(ask_eq(&q, 3, values[i] ^ 1), TRUTH_NO);
	}
}
