/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/twos.h"

#include <string.h>

#define PAIR        (UINT32_MAX - 1) /* the mask */
#define SAVES_LEAST ((size_t)2)      /* instructions: the way gets longer for it */

/* Spans in a row, as runs: singles and all. */
struct stretch {
	size_t from, to; /* spans, below `to' */
	const struct run *runs;
	size_t n;
	size_t unlike; /* pairs that begin in one run and end in the next */
	size_t pairs;  /* runs that are a pair */
	size_t saves;  /* instructions */
};

struct folder {
	struct dag *d;
	uint32_t word;
	struct spans *s;
	struct run *runs;  /* of all spans */
	size_t *first;     /* by span: its first run; and one more */
	struct run *pairs; /* of (value & ~1); `also' differs where the second of a pair does */
};

/* ---- runs ---- */

static size_t unroll(const struct folder *f, const struct span *at, size_t n)
{
	f->runs[n++] = (struct run){ at->lo, at->to, at->to };
	for (uint32_t k = 0; k < at->singles; k++) {
		const struct single *one = &f->s->singles[at->first + k];

		if (f->runs[n - 1].lo == one->value)
			n--;
		f->runs[n++] = (struct run){ one->value, one->to, one->to };
		if (one->value < at->hi)
			f->runs[n++] = (struct run){ one->value + 1, at->to, at->to };
	}
	return n;
}

static void unroll_all(const struct folder *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->s->n; i++) {
		f->first[i] = n;
		n = unroll(f, &f->s->v[i], n);
	}
	f->first[f->s->n] = n;
}

/* A run has the pairs that begin in it, and shares the last of them with the run after it when
 * that begins at an odd value. Values outside the stretch do not get here: at its ends pairs
 * are whole. */
static size_t fold(const struct folder *f, const struct stretch *st)
{
	size_t n = 0;

	for (size_t i = 0; i < st->n; i++) {
		const struct run *r = &st->runs[i];
		const uint32_t lo = i == 0 ? 0 : r->lo + r->lo % 2; /* 0: no pair is left */
		const bool last = i + 1 == st->n;

		if (last ? i == 0 || lo != 0 : lo < (r[1].lo & PAIR))
			f->pairs[n++] = (struct run){ lo, r->to, r->to };
		if (!last && r[1].lo % 2 != 0)
			f->pairs[n++] = (struct run){ r[1].lo - 1, r->to, r[1].to };
	}
	return n;
}

/* ---- which spans ---- */

/* It looks at the word again, all of it. */
static bool searches(const struct folder *f, const struct span *at)
{
	const struct dag_node *to = &f->d->nodes[at->to];

	return to->op != DAG_RET && to->word == f->word;
}

/* With one span more; false: it takes none. */
static bool extend(const struct folder *f, struct stretch *st)
{
	const size_t from = f->first[st->from], end = f->first[st->to + 1];
	struct stretch more = *st;

	if (searches(f, &f->s->v[st->to]))
		return false;
	for (size_t i = from + st->n; i < end; i++) {
		const uint32_t lo = f->runs[i].lo;

		more.unlike += i > from && lo % 2 != 0;
		more.pairs += i > from && lo % 2 == 0 && f->runs[i - 1].lo + 2 == lo;
	}
	if (more.unlike > TREE_CHAIN)
		return false;
	more.to++;
	more.n = end - from;
	*st = more;
	return true;
}

/* Tests without it. */
static size_t cost_of(const struct folder *f, const struct stretch *st)
{
	size_t cost = st->to - st->from - 1;

	for (size_t i = st->from; i < st->to; i++)
		cost += f->s->v[i].singles;
	return cost;
}

static void weigh(const struct folder *f, struct stretch *st)
{
	const size_t cost = cost_of(f, st);
	const size_t now =
		1 + st->unlike + tree_tests(f->d, f->word, PAIR, f->pairs, fold(f, st));

	st->saves = now < cost ? cost - now : 0;
}

/* Of those that cannot be longer. */
static struct stretch best_stretch(const struct folder *f)
{
	struct stretch best = { .saves = SAVES_LEAST - 1 };

	for (size_t i = 0, end = 0; i < f->s->n; i++) {
		struct stretch st = { .from = i, .to = i, .runs = &f->runs[f->first[i]] };

		while (st.to < f->s->n && extend(f, &st))
			;
		if (st.to <= end)
			continue;
		end = st.to;
		/* each pair saves a test at the most, and the mask is one instruction more */
		if (st.pairs <= best.saves + 1)
			continue;
		weigh(f, &st);
		if (st.saves > best.saves)
			best = st;
	}
	return best;
}

/* ---- the way through them ---- */

/* Does the tree lead the pair to where its first wants to go? */
static bool goes_first(const struct folder *f, uint32_t root, const struct run *pair)
{
	while (root != pair->to && root != pair->also) {
		const struct dag_node *n = &f->d->nodes[root];

		root = (n->op == DAG_JEQ ? pair->lo == n->k : pair->lo >= n->k) ? n->yes
										: n->no;
	}
	return root == pair->to;
}

/* The one of each unlike pair whom the tree of pairs does not lead to its node. */
static uint32_t ask_before(const struct folder *f, uint32_t root, size_t n)
{
	uint32_t node = root;

	for (size_t i = n; i-- > 0;) {
		const struct run *p = &f->pairs[i];
		struct dag_node ask = { .op = DAG_JEQ,
					.word = (uint8_t)f->word,
					.mask = UINT32_MAX,
					.k = p->lo,
					.yes = p->to,
					.no = node };

		if (p->to == p->also)
			continue;
		if (goes_first(f, root, p)) {
			ask.k = p->lo + 1;
			ask.yes = p->also;
		}
		node = dag_test(f->d, &ask);
	}
	return node;
}

static void replace(struct spans *s, const struct stretch *st, uint32_t node)
{
	struct span *one = &s->v[st->from];

	*one = (struct span){ .lo = one->lo, .hi = s->v[st->to - 1].hi, .to = node };
	memmove(one + 1, &s->v[st->to], (s->n - st->to) * sizeof(*one));
	s->n -= st->to - st->from - 1;
}

void twos_fold(struct dag *d, uint32_t word, struct spans *s)
{
	const size_t most = s->n + 2 * (size_t)s->singles_n;
	const struct folder f = { d,
				  word,
				  s,
				  arena_array(d->scratch, most, sizeof(*f.runs)),
				  arena_array(d->scratch, s->n + 1, sizeof(*f.first)),
				  arena_array(d->scratch, 2 * most, sizeof(*f.pairs)) };

	while (s->n > 2 * SAVES_LEAST) {
		struct stretch st;
		size_t n;

		unroll_all(&f);
		st = best_stretch(&f);
		if (st.saves < SAVES_LEAST)
			return;
		n = fold(&f, &st);
		replace(s, &st, ask_before(&f, tree_build(d, word, PAIR, f.pairs, n), n));
	}
}
