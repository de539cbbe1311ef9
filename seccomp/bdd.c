/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/bdd.h"

#include <string.h>

#define NODES_MAX (1u << 21)
#define STEPS_MAX (1u << 25)
#define DONE_N    (1u << 15)

/* if f, g, h; or, where kind is not DO_IF, what that says. A slot holds the last one. */
struct bdd_done {
	bdd f, g, h;
	uint32_t kind; /* DO_IF, or a bit number plus one: bdd_where */
	bdd result;
};

#define DO_IF UINT32_MAX

void bdds_init(struct bdds *b, struct arena *a)
{
	*b = (struct bdds){ .arena = a, .room = 1024, .slots_n = 4096 };
	b->v = arena_array(a, b->room, sizeof(*b->v));
	b->seen = arena_array(a, b->room, sizeof(*b->seen));
	b->slots = arena_array(a, b->slots_n, sizeof(*b->slots));
	b->done = arena_array(a, DONE_N, sizeof(*b->done));
	b->v[BDD_FALSE] = (struct bdd_node){ BDD_BITS, 0, 0 };
	b->v[BDD_TRUE] = (struct bdd_node){ BDD_BITS, 1, 0 };
	b->n = 2;
}

/* ---- each node once ---- */

static uint32_t mix(uint32_t x, uint32_t y, uint32_t z)
{
	uint64_t h = x * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 29 ^ y) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 32 ^ z) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(h >> 32);
}

static uint32_t *slot_of(const struct bdds *b, const struct bdd_node *n)
{
	uint32_t i = mix(n->bit, n->no, n->yes) & (b->slots_n - 1);

	for (; b->slots[i] != 0; i = (i + 1) & (b->slots_n - 1)) {
		const struct bdd_node *o = &b->v[b->slots[i]];

		if (o->bit == n->bit && o->no == n->no && o->yes == n->yes)
			break;
	}
	return &b->slots[i];
}

static void grow(struct bdds *b)
{
	struct bdd_node *v = arena_array(b->arena, (size_t)b->room * 2, sizeof(*v));

	memcpy(v, b->v, b->n * sizeof(*v));
	b->v = v;
	b->seen = arena_array(b->arena, (size_t)b->room * 2, sizeof(*b->seen));
	b->stamp = 0;
	b->room *= 2;
	b->slots_n *= 2;
	b->slots = arena_array(b->arena, b->slots_n, sizeof(*b->slots));
	for (uint32_t i = 2; i < b->n; i++)
		*slot_of(b, &b->v[i]) = i;
}

static bdd intern(struct bdds *b, const struct bdd_node *n)
{
	uint32_t *slot = slot_of(b, n);

	if (*slot != 0)
		return *slot;
	if (b->n == NODES_MAX) {
		b->over = true;
		return BDD_FALSE;
	}
	if (b->n == b->room) {
		grow(b);
		slot = slot_of(b, n);
	}
	b->v[b->n] = *n;
	*slot = b->n;
	return b->n++;
}

/* A one in yes tells a leaf with answer 0 or 1 from false and true. */
bdd bdd_leaf(struct bdds *b, uint32_t answer)
{
	return intern(b, &(struct bdd_node){ BDD_BITS, answer, 1 });
}

static bdd node(struct bdds *b, uint32_t bit, bdd no, bdd yes)
{
	return no == yes ? no : intern(b, &(struct bdd_node){ bit, no, yes });
}

static bool count_step(struct bdds *b)
{
	b->over |= ++b->steps > STEPS_MAX;
	return !b->over;
}

/* ---- if ---- */

static struct bdd_done *done_slot(struct bdds *b, const struct bdd_done *what)
{
	return &b->done[mix(what->f ^ what->kind, what->g, what->h) & (DONE_N - 1)];
}

/* Nothing was worked out for f false, so a free slot equals nothing. */
static bool is_done(const struct bdd_done *slot, const struct bdd_done *what)
{
	return slot->f == what->f && slot->g == what->g && slot->h == what->h &&
	       slot->kind == what->kind;
}

static bdd half(const struct bdds *b, bdd f, uint32_t bit, bool yes)
{
	const struct bdd_node *n = &b->v[f];

	if (n->bit != bit)
		return f;
	return yes ? n->yes : n->no;
}

static uint32_t least(uint32_t x, uint32_t y)
{
	return x < y ? x : y;
}

/* Recursion ends: each level is a later bit. */
bdd bdd_if(struct bdds *b, bdd f, bdd yes, bdd no)
{
	struct bdd_done what = { f, yes, no, DO_IF, BDD_FALSE };
	uint32_t bit;
	bdd x, y;

	if (f <= BDD_TRUE)
		return f == BDD_TRUE ? yes : no;
	if (yes == no || (yes == BDD_TRUE && no == BDD_FALSE))
		return yes == no ? yes : f;
	if (is_done(done_slot(b, &what), &what))
		return done_slot(b, &what)->result;
	if (!count_step(b))
		return BDD_FALSE;
	bit = least(b->v[f].bit, least(b->v[yes].bit, b->v[no].bit));
	x = bdd_if(b, half(b, f, bit, false), half(b, yes, bit, false),
		   half(b, no, bit, false));
	y = bdd_if(b, half(b, f, bit, true), half(b, yes, bit, true), half(b, no, bit, true));
	what.result = node(b, bit, x, y);
	*done_slot(b, &what) = what;
	return what.result;
}

bdd bdd_not(struct bdds *b, bdd f)
{
	return bdd_if(b, f, BDD_FALSE, BDD_TRUE);
}

bdd bdd_and(struct bdds *b, bdd f, bdd g)
{
	return bdd_if(b, f, g, BDD_FALSE);
}

bdd bdd_or(struct bdds *b, bdd f, bdd g)
{
	return bdd_if(b, f, BDD_TRUE, g);
}

/* ---- fields ---- */

struct bdd_field bdd_arg(unsigned arg)
{
	return (struct bdd_field){ BDD_ARGS + BDD_WIDE * arg, BDD_WIDE };
}

static bool bit_of(uint64_t v, uint32_t i)
{
	return (v >> i & 1) != 0;
}

bdd bdd_masked_ge(struct bdds *b, struct bdd_field x, uint64_t mask, uint64_t value)
{
	bdd f = BDD_TRUE;

	for (uint32_t i = 0; i < x.bits; i++) {
		const uint32_t bit = x.first + x.bits - 1 - i;

		if (bit_of(mask, i))
			f = bit_of(value, i) ? node(b, bit, BDD_FALSE, f)
					     : node(b, bit, f, BDD_TRUE);
		else if (bit_of(value, i))
			f = BDD_FALSE;
	}
	return f;
}

static bdd at_most(struct bdds *b, struct bdd_field x, uint64_t value)
{
	bdd f = BDD_TRUE;

	for (uint32_t i = 0; i < x.bits; i++) {
		const uint32_t bit = x.first + x.bits - 1 - i;

		f = bit_of(value, i) ? node(b, bit, BDD_TRUE, f) : node(b, bit, f, BDD_FALSE);
	}
	return f;
}

static uint64_t top_of(struct bdd_field x)
{
	return x.bits == 64 ? UINT64_MAX : (UINT64_C(1) << x.bits) - 1;
}

bdd bdd_range(struct bdds *b, struct bdd_field x, uint64_t lo, uint64_t hi)
{
	const uint64_t top = top_of(x);

	if (lo > hi || lo > top)
		return BDD_FALSE;
	return bdd_and(b, bdd_masked_ge(b, x, top, lo), at_most(b, x, hi < top ? hi : top));
}

bdd bdd_mask(struct bdds *b, struct bdd_field x, uint64_t mask, uint64_t value)
{
	bdd f = BDD_TRUE;

	if ((value & ~mask) != 0 || (value & ~top_of(x)) != 0)
		return BDD_FALSE;
	for (uint32_t i = 0; i < x.bits; i++) {
		const uint32_t bit = x.first + x.bits - 1 - i;

		if (bit_of(mask, i))
			f = bit_of(value, i) ? node(b, bit, BDD_FALSE, f)
					     : node(b, bit, f, BDD_FALSE);
	}
	return f;
}

/* ---- parts of a function ---- */

/* Recursion ends: each level is a later bit. The field's bits before f's are met first, so
 * this walks straight through them. */
static bdd at_bits(struct bdds *b, bdd f, struct bdd_field x, uint64_t value)
{
	while (b->v[f].bit >= x.first && b->v[f].bit < x.first + x.bits) {
		const uint32_t i = x.first + x.bits - 1 - b->v[f].bit;

		f = bit_of(value, i) ? b->v[f].yes : b->v[f].no;
	}
	return f;
}

bdd bdd_at(struct bdds *b, bdd f, struct bdd_field x, uint64_t value)
{
	const bdd is = bdd_mask(b, x, top_of(x), value);
	const struct bdd_node n = b->v[f];
	struct bdd_done what = { f, is, BDD_TRUE, 0, BDD_FALSE };
	bdd no, yes;

	if (n.bit >= x.first)
		return at_bits(b, f, x, value);
	if (is_done(done_slot(b, &what), &what))
		return done_slot(b, &what)->result;
	if (!count_step(b))
		return BDD_FALSE;
	no = bdd_at(b, n.no, x, value);
	yes = bdd_at(b, n.yes, x, value);
	what.result = node(b, n.bit, no, yes);
	*done_slot(b, &what) = what;
	return what.result;
}

bdd bdd_where(struct bdds *b, bdd f, uint32_t end, bdd g)
{
	const struct bdd_node n = b->v[f];
	struct bdd_done what = { f, g, BDD_FALSE, end + 1, BDD_FALSE };
	bdd no, yes;

	if (n.bit >= end)
		return f == g ? BDD_TRUE : BDD_FALSE;
	if (is_done(done_slot(b, &what), &what))
		return done_slot(b, &what)->result;
	if (!count_step(b))
		return BDD_FALSE;
	no = bdd_where(b, n.no, end, g);
	yes = bdd_where(b, n.yes, end, g);
	what.result = node(b, n.bit, no, yes);
	*done_slot(b, &what) = what;
	return what.result;
}

static bool meets_first(struct bdds *b, bdd f)
{
	const bool first = b->seen[f] != b->stamp;

	b->seen[f] = b->stamp;
	return first;
}

static void forget_seen(struct bdds *b)
{
	if (++b->stamp != 0)
		return;
	memset(b->seen, 0, b->room * sizeof(*b->seen));
	b->stamp = 1;
}

struct left {
	struct bdds *b;
	uint32_t end;
	bdd *out;
	size_t n, max;
};

static void find_left(struct left *l, bdd f)
{
	const struct bdd_node n = l->b->v[f];

	if (l->n > l->max || !meets_first(l->b, f))
		return;
	if (n.bit >= l->end) {
		if (l->n < l->max)
			l->out[l->n] = f;
		l->n++;
		return;
	}
	find_left(l, n.no);
	find_left(l, n.yes);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): find_left writes there */
int bdd_left(struct bdds *b, bdd f, uint32_t end, bdd *out, size_t max)
{
	struct left l = { b, end, out, 0, max };

	forget_seen(b);
	find_left(&l, f);
	return l.n > max ? -1 : (int)l.n;
}

static uint64_t looks(struct bdds *b, bdd f, struct bdd_field x)
{
	const struct bdd_node n = b->v[f];
	uint64_t bits = 0;

	if (n.bit >= x.first + x.bits || !meets_first(b, f))
		return 0;
	if (n.bit >= x.first)
		bits = UINT64_C(1) << (x.first + x.bits - 1 - n.bit);
	return bits | looks(b, n.no, x) | looks(b, n.yes, x);
}

uint64_t bdd_looks(struct bdds *b, bdd f, struct bdd_field x)
{
	forget_seen(b);
	return looks(b, f, x);
}

/* ---- values ---- */

struct spans {
	const struct bdds *b;
	struct bdd_field x;
	struct bdd_span *out;
	size_t n, max;
};

/* All of 2^bits values from lo on. */
static void add_span(struct spans *s, uint64_t lo, uint32_t bits)
{
	const uint64_t hi = lo + (bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1);

	if (s->n > 0 && s->n <= s->max && s->out[s->n - 1].hi + 1 == lo && lo != 0) {
		s->out[s->n - 1].hi = hi;
		return;
	}
	if (s->n < s->max)
		s->out[s->n] = (struct bdd_span){ lo, hi };
	s->n++;
}

/* Under a bit that f does not look at, a part of f begins twice, so the number of spans grows
 * with the work. */
static void walk_spans(struct spans *s, bdd f, uint32_t bits, uint64_t lo)
{
	const uint32_t bit = s->x.first + s->x.bits - bits;

	if (f == BDD_FALSE || s->n > s->max)
		return;
	if (bits == 0 || bits > 64 || f == BDD_TRUE) {
		add_span(s, lo, bits);
		return;
	}
	walk_spans(s, half(s->b, f, bit, false), bits - 1, lo);
	walk_spans(s, half(s->b, f, bit, true), bits - 1, lo | UINT64_C(1) << (bits - 1));
}

int bdd_spans(const struct bdds *b, bdd f, struct bdd_field x, struct bdd_span *out, size_t max)
{
	struct spans s = { b, x, out, 0, max };

	walk_spans(&s, f, x.bits, 0);
	return s.n > max ? -1 : (int)s.n;
}

struct cubes {
	const struct bdds *b;
	struct bdd_field x;
	struct bdd_cube *out;
	size_t n, max;
};

static void walk_cubes(struct cubes *c, bdd f, struct bdd_cube at)
{
	const struct bdd_node n = c->b->v[f];
	uint64_t one;

	if (f == BDD_FALSE || c->n > c->max)
		return;
	if (n.bit >= c->x.first + c->x.bits) {
		if (c->n < c->max)
			c->out[c->n] = at;
		c->n++;
		return;
	}
	one = UINT64_C(1) << (c->x.first + c->x.bits - 1 - n.bit);
	at.mask |= one;
	walk_cubes(c, n.no, at);
	at.value |= one;
	walk_cubes(c, n.yes, at);
}

int bdd_cubes(const struct bdds *b, bdd f, struct bdd_field x, struct bdd_cube *out, size_t max)
{
	struct cubes c = { b, x, out, 0, max };

	walk_cubes(&c, f, (struct bdd_cube){ 0, 0 });
	return c.n > max ? -1 : (int)c.n;
}
