/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/tails.h"

/* The last k runs, as if they began from 0: the first is entered by who is in it or above. */
static uint32_t build_tail(struct dag *d, const struct tail_runs *r, size_t k)
{
	struct run *tail = arena_array(d->scratch, k, sizeof(*tail));

	for (size_t i = 0; i < k; i++)
		tail[i] = r->v[r->n - k + i];
	tail[0].lo = 0;
	return tree_build(d, WORD_NR, UINT32_MAX, tail, k);
}

/* The runs with one in the place of the last k. */
static struct tail_runs cut(struct dag *d, const struct tail_runs *r, size_t k, uint32_t to)
{
	struct tail_runs out = { arena_array(d->scratch, r->n, sizeof(*out.v)), r->n - k + 1 };

	for (size_t i = 0; i < out.n; i++)
		out.v[i] = r->v[i];
	out.v[out.n - 1].to = out.v[out.n - 1].also = to;
	return out;
}

static size_t tests_of(struct dag *d, const struct tail_runs *r)
{
	return tree_tests(d, WORD_NR, UINT32_MAX, r->v, r->n);
}

/* Nothing is left of it. */
static size_t tests_with(struct dag *d, const struct tail_runs *all, size_t n, size_t k)
{
	const struct arena_mark scratch = arena_mark(d->scratch);
	const uint32_t before = d->n;
	uint32_t tail;
	size_t tests;

	tail = build_tail(d, &all[0], k);
	tests = d->n - before;
	for (size_t i = 0; i < n; i++) {
		const struct tail_runs short_runs = cut(d, &all[i], k, tail);

		tests += tests_of(d, &short_runs);
	}
	dag_rewind(d, before);
	dag_release(d, scratch);
	return tests;
}

static bool same(const struct run *x, const struct run *y)
{
	return x->lo == y->lo && x->to == y->to && x->also == y->also;
}

/* How many of the last runs are the same in all; never all of one. */
static size_t in_common(const struct tail_runs *all, size_t n)
{
	size_t k = 0;

	for (;; k++) {
		for (size_t i = 0; i < n; i++)
			if (k + 1 >= all[i].n ||
			    !same(&all[0].v[all[0].n - k - 1], &all[i].v[all[i].n - k - 1]))
				return k;
	}
}

/* Only the longest tail is tried: in the engines' default profile shorter ones save nothing. */
void tails_share(struct dag *d, struct tail_runs *all, size_t n)
{
	const size_t k = n > 1 ? in_common(all, n) : 0;
	size_t apart = 0;
	uint32_t tail;

	if (k <= 2)
		return;
	for (size_t i = 0; i < n; i++)
		apart += tests_of(d, &all[i]);
	if (tests_with(d, all, n, k) >= apart)
		return;
	tail = build_tail(d, &all[0], k);
	for (size_t i = 0; i < n; i++)
		all[i] = cut(d, &all[i], k, tail);
}
