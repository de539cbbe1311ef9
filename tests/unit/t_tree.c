/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "seccomp/tails.h"

/* Values of three bits, so that all trees can be tried. */
#define VALUES 8
#define TESTS  (2 * VALUES)
#define NEVER  1000

/* Which of the nodes 0 to 3 each value may lead to, a bit each. */
struct wish {
	unsigned may[VALUES];
};

struct best {
	const struct wish *w;
	unsigned cost[1 << VALUES];
};

static unsigned side(unsigned test, unsigned set)
{
	const unsigned k = test / 2;

	return test % 2 == 0 ? set & 1u << k : set & ~((1u << k) - 1);
}

/* The least tests that part the values of the set, over all trees. */
static void try_all(struct best *b, unsigned set)
{
	unsigned may = ~0u;

	b->cost[set] = NEVER;
	for (unsigned v = 0; v < VALUES; v++)
		if ((set >> v & 1) != 0)
			may &= b->w->may[v];
	if (may != 0)
		b->cost[set] = 0;
	for (unsigned t = 0; may == 0 && t < TESTS; t++) {
		const unsigned yes = side(t, set), no = set & ~yes;

		if (yes != 0 && no != 0 && b->cost[yes] + b->cost[no] + 1 < b->cost[set])
			b->cost[set] = b->cost[yes] + b->cost[no] + 1;
	}
}

static unsigned least(const struct wish *w)
{
	struct best b = { .w = w };

	for (unsigned set = 1; set < 1u << VALUES; set++)
		try_all(&b, set);
	return b.cost[(1u << VALUES) - 1];
}

static unsigned tests_of(const struct dag *d, uint32_t node)
{
	const struct dag_node *n = &d->nodes[node];

	return n->op == DAG_RET ? 0 : 1 + tests_of(d, n->yes) + tests_of(d, n->no);
}

static unsigned depth_of(const struct dag *d, uint32_t node)
{
	const struct dag_node *n = &d->nodes[node];
	unsigned yes, no;

	if (n->op == DAG_RET)
		return 0;
	yes = depth_of(d, n->yes);
	no = depth_of(d, n->no);
	return 1 + (yes > no ? yes : no);
}

static uint32_t walk(const struct dag *d, uint32_t node, uint32_t value)
{
	for (const struct dag_node *n; n = &d->nodes[node], n->op != DAG_RET;) {
		const uint32_t v = value & n->mask;
		const bool yes = n->op == DAG_JEQ   ? v == n->k
				 : n->op == DAG_JGE ? v >= n->k
						    : (v & n->k) != 0;

		node = yes ? n->yes : n->no;
	}
	return node;
}

static void start(struct dag *d, struct arena *a, uint32_t rets)
{
	dag_init(d, a);
	for (uint32_t i = 0; i < rets; i++)
		cr_assert_eq(dag_ret(d, i), i);
}

static void expect_best(const struct wish *w)
{
	autoarena struct arena a = { 0 };
	struct run runs[VALUES];
	struct dag d;
	uint32_t root;

	start(&d, &a, 4);
	for (uint32_t v = 0; v < VALUES; v++)
		runs[v] = (struct run){ v, (uint32_t)__builtin_ctz(w->may[v]),
					31 - (uint32_t)__builtin_clz(w->may[v]) };
	root = tree_build(&d, WORD_NR, VALUES - 1, runs, VALUES);
	for (uint32_t v = 0; v < VALUES; v++)
		cr_assert((w->may[v] >> walk(&d, root, v) & 1) != 0, "value %u", v);
	cr_assert_eq(tests_of(&d, root), least(w), "%u tests, %u would do", tests_of(&d, root),
		     least(w));
}

Test(tree, has_the_fewest_tests_of_all_trees)
{
	for (unsigned code = 0; code < 6561; code++) {
		struct wish w;

		for (unsigned v = 0, rest = code; v < VALUES; v++, rest /= 3)
			w.may[v] = 1u << rest % 3;
		expect_best(&w);
	}
}

Test(tree, takes_what_is_cheaper_where_two_nodes_are_as_good)
{
	static const unsigned may[] = { 1, 2, 4, 3, 3, 5, 1, 2 };
	uint32_t state = 12345;

	for (unsigned i = 0; i < 4000; i++) {
		struct wish w;

		for (unsigned v = 0; v < VALUES; v++) {
			state = state * 1664525 + 1013904223;
			w.may[v] = may[state >> 29];
		}
		expect_best(&w);
	}
}

Test(tree, of_different_runs_is_as_low_as_can_be)
{
	for (uint32_t n = 1; n <= 300; n++) {
		autoarena struct arena a = { 0 };
		struct run runs[300];
		unsigned low = 0;
		struct dag d;
		uint32_t root;

		start(&d, &a, n);
		for (uint32_t i = 0; i < n; i++)
			runs[i] = (struct run){ 7 * i, i, i };
		root = tree_build(&d, WORD_NR, UINT32_MAX, runs, n);
		while (1u << low < n)
			low++;
		cr_expect_eq(depth_of(&d, root), low, "%u runs: %u deep", n,
			     depth_of(&d, root));
		cr_expect_eq(tests_of(&d, root), n - 1);
		for (uint32_t v = 0; v < 7 * n + 3; v++)
			cr_assert_eq(walk(&d, root, v), v / 7 < n ? v / 7 : n - 1);
	}
}

static uint32_t singles(struct dag *d, struct arena *a, uint32_t n)
{
	struct run *runs = arena_array(a, 2 * (size_t)n + 1, sizeof(*runs));

	for (uint32_t i = 0; i < n; i++) {
		runs[2 * i] = (struct run){ i > 0 ? 10 * i + 1 : 0, 0, 0 };
		runs[2 * i + 1] = (struct run){ 10 * (i + 1), 1, 1 };
	}
	runs[2 * n] = (struct run){ 10 * n + 1, 0, 0 };
	return tree_build(d, WORD_NR, UINT32_MAX, runs, 2 * (size_t)n + 1);
}

Test(tree, takes_out_a_few_single_values_one_by_one)
{
	autoarena struct arena a = { 0 };
	struct dag d;
	uint32_t root;

	start(&d, &a, 2);
	root = singles(&d, &a, TREE_CHAIN);
	cr_expect_eq(tests_of(&d, root), TREE_CHAIN);
	cr_expect_eq(depth_of(&d, root), TREE_CHAIN);
}

Test(tree, parts_a_long_list_of_single_values)
{
	autoarena struct arena a = { 0 };
	struct dag d;
	uint32_t root;

	start(&d, &a, 2);
	root = singles(&d, &a, 200);
	cr_expect_eq(tests_of(&d, root), 200 + 200 / TREE_CHAIN - 1);
	cr_expect_leq(depth_of(&d, root), TREE_CHAIN + 5);
	for (uint32_t v = 0; v < 2020; v++)
		cr_assert_eq(walk(&d, root, v), v > 0 && v <= 2000 && v % 10 == 0);
}

Test(tree, asks_for_the_edges_of_the_range_by_their_values)
{
	static const struct run first[] = { { 0, 0, 0 }, { 1, 1, 1 } };
	static const struct run last[] = { { 0, 0, 0 }, { UINT32_MAX, 1, 1 } };
	autoarena struct arena a = { 0 };
	struct dag d;
	const struct dag_node *n;

	start(&d, &a, 2);
	n = &d.nodes[tree_build(&d, WORD_NR, UINT32_MAX, first, 2)];
	cr_expect(n->op == DAG_JEQ && n->k == 0 && n->yes == 0 && n->no == 1);
	n = &d.nodes[tree_build(&d, WORD_NR, UINT32_MAX, last, 2)];
	cr_expect(n->op == DAG_JEQ && n->k == UINT32_MAX && n->yes == 1 && n->no == 0);
}

Test(tree, tests_whether_any_bit_is_set_without_a_mask)
{
	static const struct run runs[] = { { 0, 0, 0 }, { 1, 1, 1 } };
	autoarena struct arena a = { 0 };
	struct dag d;
	const struct dag_node *n;

	start(&d, &a, 2);
	n = &d.nodes[tree_build(&d, WORD_ARGS, 0x7e020000, runs, 2)];
	cr_expect(n->op == DAG_JSET && n->k == 0x7e020000 && n->mask == UINT32_MAX);
	cr_expect(n->yes == 1 && n->no == 0);
}

Test(tree, of_one_run_is_its_node)
{
	static const struct run runs[] = { { 0, 1, 1 }, { 5, 1, 1 } };
	autoarena struct arena a = { 0 };
	struct dag d;

	start(&d, &a, 2);
	cr_expect_eq(tree_build(&d, WORD_NR, UINT32_MAX, runs, 2), 1);
	cr_expect_eq(d.n, 2);
}

/* ---- flags ---- */

static unsigned draw(uint32_t *state, unsigned below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 16) % below;
}

/* Small values lead to 1 where a bit of `set' says so, all others to 0. */
static size_t runs_of(uint64_t set, struct run *runs)
{
	size_t n = 0;

	for (uint32_t v = 0; v < 64; v++)
		runs[n++] = (struct run){ v, set >> v & 1, set >> v & 1 };
	runs[n++] = (struct run){ 64, 0, 0 };
	return n;
}

Test(tree, of_an_argument_asks_for_flags_and_is_no_larger_for_it)
{
	uint32_t state = 4711;
	unsigned smaller = 0;

	for (unsigned i = 0; i < 2000; i++) {
		autoarena struct arena a = { 0 };
		const uint32_t flags = draw(&state, 64);
		uint64_t set = 0;
		struct run runs[65];
		struct dag d;
		uint32_t arg, nr;

		for (uint32_t v = 0; v < 64; v++)
			if ((v & ~flags) == 0 || draw(&state, 16) == 0)
				set |= UINT64_C(1) << v;
		start(&d, &a, 2);
		arg = tree_build(&d, WORD_ARGS, UINT32_MAX, runs, runs_of(set, runs));
		nr = tree_build(&d, WORD_NR, UINT32_MAX, runs, runs_of(set, runs));
		for (uint32_t v = 0; v < 100; v++)
			cr_assert_eq(walk(&d, arg, v), v < 64 ? set >> v & 1 : 0);
		cr_assert_leq(tests_of(&d, arg), tests_of(&d, nr));
		smaller += tests_of(&d, arg) < tests_of(&d, nr);
	}
	cr_expect_gt(smaller, 100);
}

/* ---- two at a time ---- */

static bool is_halved(const struct dag *d, uint32_t node)
{
	return d->nodes[node].op != DAG_RET && d->nodes[node].mask == UINT32_MAX - 1;
}

/* Tests, each once, and an instruction for each node that the number is masked for; nothing is
 * tested unmasked once it was masked. */
static size_t instructions_of(const struct dag *d, uint32_t root)
{
	bool reached[512] = { false }, masked[512] = { false };
	size_t n = 0;

	cr_assert_lt(root, COUNT(reached));
	reached[root] = true;
	for (uint32_t i = root + 1; i-- > 0;) {
		const struct dag_node *at = &d->nodes[i];

		if (!reached[i] || at->op == DAG_RET)
			continue;
		n += 1u + masked[i];
		reached[at->yes] = reached[at->no] = true;
		for (int side = 0; side < 2; side++) {
			const uint32_t to = side == 0 ? at->yes : at->no;

			masked[to] |= !is_halved(d, i) && is_halved(d, to);
			cr_assert(d->nodes[to].op == DAG_RET || !is_halved(d, i) ||
				  is_halved(d, to));
		}
	}
	return n;
}

/* As a table of calls is: of each dozen numbers two neighbours are alike, some begin at an odd
 * number, and some numbers stand alone; at the end of all values stand two. */
static size_t call_table(uint32_t *state, struct run *runs)
{
	uint32_t nr = draw(state, 2) == 0 ? 1 + draw(state, 8) : UINT32_MAX - 150;
	size_t n = 0;

	runs[n++] = (struct run){ 0, 0, 0 };
	for (size_t i = 0; i < 20; i++) {
		const uint32_t two = draw(state, 4), to = 1 + draw(state, 2);

		nr += two != 0 && draw(state, 8) != 0 ? nr % 2 : 0;
		runs[n++] = (struct run){ nr, to, to };
		nr += two != 0 ? 2 : 1;
		runs[n++] = (struct run){ nr, 0, 0 };
		if (nr >= UINT32_MAX - 20)
			break;
		nr += 2 + draw(state, 8);
	}
	if (draw(state, 2) == 0)
		runs[n++] = (struct run){ UINT32_MAX, 1, 1 };
	return n;
}

static uint32_t run_at(const struct run *runs, size_t n, uint32_t v)
{
	while (runs[n - 1].lo > v)
		n--;
	return runs[n - 1].to;
}

Test(tree, takes_neighbours_that_are_alike_two_at_a_time)
{
	uint32_t state = 99;
	size_t saved = 0;

	for (unsigned i = 0; i < 2000; i++) {
		autoarena struct arena a = { 0 };
		struct run runs[42];
		const size_t n = call_table(&state, runs);
		size_t without, with;
		struct dag d;
		uint32_t root;

		start(&d, &a, 3);
		without = tree_tests(&d, WORD_NR, UINT32_MAX, runs, n);
		root = tree_build(&d, WORD_NR, UINT32_MAX, runs, n);
		for (uint32_t v = 0; v < 300; v++) {
			cr_assert_eq(walk(&d, root, v), run_at(runs, n, v), "number %u", v);
			cr_assert_eq(walk(&d, root, ~v), run_at(runs, n, ~v), "number %u", ~v);
		}
		with = instructions_of(&d, root);
		/* a list of singles that was parted is one test more */
		cr_assert_leq(with, without + 2, "%zu instructions, %zu tests", with, without);
		saved += with < without ? without - with : 0;
		cr_assert_leq(depth_of(&d, root), 2 * TREE_CHAIN + 4);
	}
	cr_expect_gt(saved, 2000 * 3, "%zu", saved);
}

/* Each run leads to an answer, to two that are as good, or to a node that looks at the word
 * once more, whole or in part. */
static struct run draw_run(uint32_t *state, uint32_t lo)
{
	const uint32_t to = draw(state, 12) == 0 ? draw(state, 6) : draw(state, 2);
	const bool two = to < 3 && draw(state, 8) == 0;

	return (struct run){ lo, to, two ? draw(state, 3) : to };
}

/* From `base' on, up to the highest value where there is no room for more. */
static size_t draw_runs(uint32_t *state, uint32_t base, struct run *runs, size_t room)
{
	uint64_t at = base;
	size_t n = 0;

	runs[n++] = draw_run(state, 0);
	while (n < room && at <= UINT32_MAX) {
		if (at > 0)
			runs[n++] = draw_run(state, (uint32_t)at);
		at += draw(state, 5) != 0 ? 2 : 1 + draw(state, 3);
	}
	return n;
}

static void expect_runs(const struct dag *d, uint32_t root, const struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint32_t last = i + 1 < n ? runs[i + 1].lo - 1 : UINT32_MAX;
		const uint32_t values[] = { runs[i].lo, runs[i].lo + (last > runs[i].lo),
					    last - (last > runs[i].lo), last };

		for (size_t k = 0; k < COUNT(values); k++) {
			const uint32_t got = walk(d, root, values[k]);

			cr_assert(got == walk(d, runs[i].to, values[k]) ||
					  got == walk(d, runs[i].also, values[k]),
				  "%#x: node %u", values[k], got);
		}
	}
}

Test(tree, is_right_at_both_ends_of_the_range_and_above_itself)
{
	uint32_t state = 2026;
	unsigned halved = 0;

	for (unsigned i = 0; i < 20000; i++) {
		static const uint32_t bases[] = { 0, 1, 2, 1023, UINT32_MAX / 2 - 20 };
		const unsigned pick = draw(&state, 2 * COUNT(bases));
		const uint32_t base =
			pick < COUNT(bases) ? bases[pick] : UINT32_MAX - draw(&state, 90);
		autoarena struct arena a = { 0 };
		struct run runs[48];
		const size_t n = draw_runs(&state, base, runs, COUNT(runs));
		struct dag_node again = {
			.op = DAG_JEQ, .word = WORD_ARGS, .mask = 5, .k = 4, .yes = 0, .no = 1
		};
		struct dag d;
		uint32_t root;

		start(&d, &a, 3);
		cr_assert_eq(dag_test(&d, &again), 3);
		again.mask = UINT32_MAX;
		again.k = base + 7;
		cr_assert_eq(dag_test(&d, &again), 4);
		again.mask = UINT32_MAX - 1;
		again.k = base & (UINT32_MAX - 1);
		cr_assert_eq(dag_test(&d, &again), 5);
		root = tree_build(&d, WORD_ARGS, UINT32_MAX, runs, n);
		expect_runs(&d, root, runs, n);
		for (uint32_t node = 6; node < d.n; node++)
			if (is_halved(&d, node)) {
				halved++;
				break;
			}
	}
	cr_expect_gt(halved, 500, "%u", halved);
}

Test(tree, is_not_folded_where_little_is_saved)
{
	static const struct run runs[] = {
		{ 0, 0, 0 }, { 10, 1, 1 }, { 12, 0, 0 }, { 20, 1, 1 }, { 22, 0, 0 }
	};
	autoarena struct arena a = { 0 };
	struct dag d;
	uint32_t root;

	start(&d, &a, 2);
	root = tree_build(&d, WORD_NR, UINT32_MAX, runs, COUNT(runs));
	cr_expect_eq(instructions_of(&d, root), 4);
	for (uint32_t i = 0; i < d.n; i++)
		cr_expect(!is_halved(&d, i));
}

/* ---- several architectures ---- */

static struct tail_runs some_runs(struct arena *a, uint32_t step, size_t n, size_t tail)
{
	struct tail_runs r = { arena_array(a, n + tail, sizeof(*r.v)), n + tail };

	for (uint32_t i = 0; i < n; i++)
		r.v[i] = (struct run){ i * step, i % 2, i % 2 };
	for (uint32_t i = 0; i < tail; i++)
		r.v[n + i] = (struct run){ 1000 + 10 * i, 2 + i % 3, 2 + i % 3 };
	return r;
}

Test(tree, for_what_architectures_have_in_common_is_one)
{
	autoarena struct arena a = { 0 };
	struct tail_runs before[2], all[2];
	struct dag d;

	start(&d, &a, 5);
	for (size_t i = 0; i < 2; i++)
		before[i] = all[i] = some_runs(&a, 5 + 2 * (uint32_t)i, 20, 9);
	tails_share(&d, all, 2);
	for (size_t i = 0; i < 2; i++) {
		const uint32_t one = tree_build(&d, WORD_NR, UINT32_MAX, all[i].v, all[i].n);
		const uint32_t whole =
			tree_build(&d, WORD_NR, UINT32_MAX, before[i].v, before[i].n);

		cr_expect_eq(all[i].n, 21);
		cr_expect_eq(all[0].v[20].to, all[i].v[20].to);
		for (uint32_t v = 0; v < 1200; v++)
			cr_assert_eq(walk(&d, one, v), walk(&d, whole, v));
	}
}

Test(tree, is_not_shared_where_that_costs_more)
{
	autoarena struct arena a = { 0 };
	struct tail_runs all[2];
	struct dag d;

	start(&d, &a, 5);
	for (size_t i = 0; i < 2; i++)
		all[i] = some_runs(&a, 5 + 2 * (uint32_t)i, 20, 1);
	tails_share(&d, all, 2);
	cr_expect_eq(all[0].n, 21);
	cr_expect_eq(all[1].n, 21);
	cr_expect_eq(d.n, 5);
	tails_share(&d, all, 1);
	cr_expect_eq(d.n, 5);
}
