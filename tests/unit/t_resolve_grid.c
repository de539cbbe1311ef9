/* SPDX-License-Identifier: Apache-2.0 */
/* Witnesses: all answers that compares can give together, found by trying every value. */
#include <criterion/criterion.h>
#include <string.h>

#include "seccomp/resolve.h"

#define CONDS  4
#define VALUES 512 /* compares look at 8 bits, and at whether there are more */

static uint32_t random_below(uint64_t *seed, uint32_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % n;
}

static struct cond random_cond(uint64_t *seed, bool mask)
{
	struct cond c = { .kind = mask ? COND_MASK : COND_RANGE, .bits = 32 };

	if (mask) {
		c.mask = 1 + random_below(seed, 255);
		c.value = random_below(seed, 256) & c.mask;
		return c;
	}
	c.lo = random_below(seed, 256);
	c.hi = c.lo + random_below(seed, 256 - (uint32_t)c.lo);
	return c;
}

static unsigned truths(const struct cond *const *conds, uint64_t value)
{
	const uint64_t args[6] = { value };
	unsigned bits = 0;

	for (unsigned i = 0; i < CONDS; i++)
		bits |= (unsigned)cond_holds(conds[i], args) << i;
	return bits;
}

/* One bit for each combination of what holds. */
static unsigned by_trying(const struct cond *const *conds)
{
	unsigned seen = 0;

	for (uint64_t v = 0; v < VALUES; v++)
		seen |= 1u << truths(conds, v);
	return seen;
}

static unsigned by_grid(struct grid *grid, const struct cond *const *conds)
{
	uint64_t args[6];
	unsigned seen = 0;

	grid_first(grid, args);
	do
		seen |= 1u << truths(conds, args[0]);
	while (grid_next(grid, args));
	return seen;
}

static void expect_all(uint64_t *seed, unsigned masks)
{
	autoarena struct arena a = { 0 };
	struct cond c[CONDS];
	const struct cond *conds[CONDS];
	struct grid grid;

	for (unsigned i = 0; i < CONDS; i++) {
		c[i] = random_cond(seed, i < masks);
		conds[i] = &c[i];
	}
	cr_assert(grid_make(&a, conds, CONDS, &grid));
	cr_expect_eq(by_grid(&grid, conds), by_trying(conds), "%u masks, seed %lu", masks,
		     (unsigned long)*seed);
}

Test(resolve_grid, has_a_witness_for_all_that_compares_can_say)
{
	uint64_t seed = 1;

	for (unsigned i = 0; i < 2000; i++)
		expect_all(&seed, i % (CONDS + 1));
}

Test(resolve_grid, is_the_product_over_the_arguments)
{
	autoarena struct arena a = { 0 };
	const struct cond x = { .kind = COND_RANGE, .arg = 1, .bits = 64, .lo = 5, .hi = 9 };
	const struct cond y = {
		.kind = COND_MASK, .arg = 4, .bits = 64, .mask = 8, .value = 8
	};
	const struct cond both = { .kind = COND_AND, .left = &x, .right = &y };
	const struct cond *conds[] = { NULL, &both };
	uint64_t args[6];
	struct grid grid;
	size_t n = 1, hold;

	cr_assert(grid_make(&a, conds, 2, &grid));
	grid_first(&grid, args);
	for (hold = cond_holds(&both, args); grid_next(&grid, args); n++)
		hold += cond_holds(&both, args);
	cr_expect_eq(n, 6, "below, in and above the range; with and without the bit");
	cr_expect_eq(grid.size, n);
	cr_expect_eq(hold, 1);
}

Test(resolve_grid, refuses_what_is_too_much)
{
	autoarena struct arena a = { 0 };
	struct cond c[30] = { 0 };
	const struct cond *conds[30];
	struct grid grid;

	for (unsigned i = 0; i < 30; i++) {
		c[i] = (struct cond){ .kind = COND_MASK, .bits = 32, .mask = 1u << i };
		conds[i] = &c[i];
	}
	cr_expect(grid_make(&a, conds, 7, &grid));
	cr_expect_not(grid_make(&a, conds, 8, &grid));
	cr_expect_not(grid_make(&a, conds, 30, &grid));
}
