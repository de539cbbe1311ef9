/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/wording.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/table_consts.h"

#define SPANS_MAX 256
#define CUBES_MAX 500 /* alternatives in a row: the resolver takes a thousand */
#define LEFT_MAX  256
#define TESTS_MAX 2048
#define NAMES_MAX 8 /* in a row */
#define DEPTH_MAX 4 /* of conditions on bits within conditions on bits */

/* What reading costs. */
enum {
	COST_COMPARE = 4,
	COST_MASK = 5,
	COST_MASKED = 7,
	COST_LIST = 3,
	COST_VALUE = 2,
	COST_RANGE = 6,
	COST_NOT = 3,
	COST_UNUSUAL = 12 /* flags as if they were a number, numbers as if they were flags */
};

/* An argument as it is written. */
struct typed {
	unsigned index, bits;
	const char *name; /* NULL: by index */
	bool is_signed, has_flags;
	uint64_t whole; /* has_flags: bits that are one value */
};

static const struct ast_expr *make(struct wording *w, const struct ast_expr *x)
{
	struct ast_expr *out = arena_new(w->arena, struct ast_expr);

	*out = *x;
	return out;
}

static const struct ast_expr *join(struct wording *w, int kind, const struct ast_expr *left,
				   const struct ast_expr *right)
{
	if (left == NULL || right == NULL)
		return left == NULL ? right : left;
	return make(w, &(struct ast_expr){ .kind = kind, .left = left, .right = right });
}

size_t wording_cost(const struct ast_expr *x)
{
	size_t n = COST_LIST;

	switch (x->kind) {
	case EXPR_AND:
	case EXPR_OR:
		return wording_cost(x->left) + wording_cost(x->right);
	case EXPR_NOT:
		return wording_cost(x->left) + COST_NOT;
	case EXPR_IN:
		for (const struct ast_range *r = x->ranges; r != NULL; r = r->next)
			n += r->hi == NULL ? COST_VALUE : COST_RANGE;
		return n;
	case EXPR_MASKED:
		return COST_MASKED;
	case EXPR_COMPARE:
		return COST_COMPARE;
	case EXPR_ANY:
	case EXPR_ALL:
	case EXPR_ONLY:
	case EXPR_NONE:
		break;
	}
	return COST_MASK;
}

static const struct ast_expr *cheaper(const struct ast_expr *x, const struct ast_expr *y)
{
	if (x == NULL || y == NULL)
		return x == NULL ? y : x;
	return wording_cost(y) < wording_cost(x) ? y : x;
}

/* ---- arguments ---- */

static uint64_t top_of(unsigned bits)
{
	return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static struct bdd_field field_of(const struct typed *t)
{
	const struct bdd_field x = bdd_arg(t->index);

	return (struct bdd_field){ x.first + BDD_WIDE - t->bits, t->bits };
}

static bool is_zero_test(struct wording *w, bdd values, const struct typed *t)
{
	const bdd zero = bdd_mask(w->bdds, field_of(t), top_of(t->bits), 0);

	return values == zero || values == bdd_not(w->bdds, zero);
}

/* Is the argument called so there, and by nothing before it? */
static bool is_named(const struct wording *w, enum arch arch, unsigned arg, const char *name)
{
	for (unsigned i = 0; i < arg; i++)
		if (str_eq(sc_arg(w->id, arch, i).name, name))
			return false;
	return str_eq(sc_arg(w->id, arch, arg).name, name);
}

/* The name does when it means the same bits wherever the words shall hold. */
static bool name_fits(struct wording *w, bdd values, unsigned arg, const struct sc_arg *known)
{
	const uint64_t looks = bdd_looks(w->bdds, values, bdd_arg(arg));

	if (known->type == SC_NONE || known->name[0] == '\0')
		return false;
	if (known->type == SC_PTR &&
	    !is_zero_test(w, values, &(struct typed){ .index = arg, .bits = known->bits }))
		return false;
	for (size_t i = 0; i < w->archs_n; i++) {
		const struct sc_arg there = sc_arg(w->id, w->archs[i], arg);
		const uint64_t seen = arch_is_64(w->archs[i]) ? looks : (uint32_t)looks;

		if (!is_named(w, w->archs[i], arg, known->name) || there.type != known->type ||
		    (seen & ~top_of(there.bits)) != 0)
			return false;
	}
	return true;
}

static struct typed typed_arg(struct wording *w, bdd values, unsigned arg)
{
	const uint64_t looks = bdd_looks(w->bdds, values, bdd_arg(arg));
	struct typed t = { .index = arg, .bits = looks >> 32 != 0 ? 64 : 32 };
	struct sc_arg known;

	if (w->id < 0)
		return t;
	known = sc_arg(w->id, w->archs[0], arg);
	if (!name_fits(w, values, arg, &known))
		return t;
	t.name = known.name;
	t.bits = known.bits;
	t.is_signed = known.type == SC_I32 || known.type == SC_FD || known.type == SC_SWORD;
	t.has_flags = sc_arg_has_flags(w->id, w->archs[0], arg, &t.whole);
	return t;
}

bool wording_alike(const struct wording *w, int one, int other, bdd f)
{
	for (unsigned i = 0; i < 6; i++) {
		if (bdd_looks(w->bdds, f, bdd_arg(i)) == 0)
			continue;
		for (size_t k = 0; k < w->archs_n; k++) {
			const enum arch arch = w->archs[k];
			const struct sc_arg x = sc_arg(one, arch, i),
					    y = sc_arg(other, arch, i);

			if (x.type != y.type || x.bits != y.bits || !str_eq(x.name, y.name) ||
			    sc_arg_constants(one, arch, i) != sc_arg_constants(other, arch, i))
				return false;
		}
	}
	return true;
}

static struct ast_arg arg_of(const struct typed *t)
{
	struct ast_arg arg = { .index = t->index, .type = t->bits == 64 ? AS_U64 : AS_U32 };

	if (t->name != NULL)
		arg = (struct ast_arg){ .name = { .p = t->name, .len = strlen(t->name) } };
	return arg;
}

/* ---- constants ---- */

const struct ast_const *wording_number(struct arena *a, uint64_t value)
{
	struct ast_const *c = arena_new(a, struct ast_const);

	c->kind = CONST_NUMBER;
	c->number = value;
	return c;
}

const struct ast_const *wording_name(struct arena *a, const char *name)
{
	struct ast_const *c = arena_new(a, struct ast_const);

	c->kind = CONST_NAME;
	c->name = (struct ast_word){ .p = name, .len = strlen(name) };
	return c;
}

typedef bool show_fn(struct sbuf *b, int id, enum arch arch, unsigned i, uint64_t value);

/* By name, if the name is the same everywhere. */
static const struct ast_const *named(struct wording *w, const struct typed *t, show_fn *show,
				     uint64_t value)
{
	char text[512], other[512];
	struct sbuf b = SBUF(text);

	if (t->name == NULL || !show(&b, w->id, w->archs[0], t->index, value) ||
	    text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))
		return NULL;
	for (size_t i = 1; i < w->archs_n; i++) {
		struct sbuf there = SBUF(other);

		if (!show(&there, w->id, w->archs[i], t->index, value) || !str_eq(text, other))
			return NULL;
	}
	return wording_name(w->arena, arena_strdup(w->arena, text));
}

static const struct ast_const *plain(struct wording *w, const struct typed *t, uint64_t value)
{
	const uint64_t top = top_of(t->bits);
	struct ast_const *c = arena_new(w->arena, struct ast_const);

	c->kind = CONST_NUMBER;
	c->number = value;
	if (t->is_signed && value > top >> 1) {
		c->number = value | ~top;
		c->negative = true;
	}
	return c;
}

static const struct ast_const *value_word(struct wording *w, const struct typed *t,
					  uint64_t value)
{
	const struct ast_const *c = named(w, t, sc_show_arg, value);

	if (c == NULL || memmem(c->name.p, c->name.len, "|0x", 3) != NULL)
		return plain(w, t, value);
	return c;
}

static const struct ast_const *mask_word(struct wording *w, const struct typed *t,
					 uint64_t mask)
{
	const struct ast_const *c = t->has_flags ? named(w, t, sc_show_mask, mask) : NULL;

	return c != NULL ? c : wording_number(w->arena, mask);
}

/* ---- values as ranges ---- */

/* From the order of bits to that of the type, where negative numbers come first. */
static size_t signed_order(struct bdd_span *s, size_t n, unsigned bits)
{
	const uint64_t half = (top_of(bits) >> 1) + 1;
	struct bdd_span out[SPANS_MAX + 1];
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (s[i].hi >= half)
			out[m++] = (struct bdd_span){ (s[i].lo < half ? half : s[i].lo) ^ half,
						      s[i].hi ^ half };
	for (size_t i = 0; i < n; i++) {
		const uint64_t hi = s[i].hi < half ? s[i].hi : half - 1;

		if (s[i].lo >= half)
			continue;
		if (m > 0 && out[m - 1].hi + 1 == (s[i].lo ^ half))
			out[m - 1].hi = hi ^ half;
		else
			out[m++] = (struct bdd_span){ s[i].lo ^ half, hi ^ half };
	}
	memcpy(s, out, m * sizeof(*s));
	return m;
}

static const struct ast_expr *compare(struct wording *w, const struct typed *t,
				      enum ast_compare how, uint64_t value)
{
	const bool ordered = how != CMP_EQ && how != CMP_NE;

	return make(w, &(struct ast_expr){ .kind = EXPR_COMPARE,
					   .arg = arg_of(t),
					   .compare = how,
					   .value = ordered ? plain(w, t, value)
							    : value_word(w, t, value) });
}

static void add_range(struct wording *w, struct ast_range ***end, const struct ast_const *lo,
		      const struct ast_const *hi)
{
	struct ast_range *r = arena_new(w->arena, struct ast_range);

	r->lo = lo;
	r->hi = hi;
	**end = r;
	*end = (struct ast_range **)(uintptr_t)&r->next;
}

/* A few values that all have names are better told by these. */
static bool add_names(struct wording *w, const struct typed *t, uint64_t lo, uint64_t hi,
		      struct ast_range ***end)
{
	if (hi - lo >= NAMES_MAX)
		return false;
	for (uint64_t v = lo; v <= hi; v++)
		if (value_word(w, t, v)->kind != CONST_NAME)
			return false;
	for (uint64_t v = lo; v <= hi; v++)
		add_range(w, end, value_word(w, t, v), NULL);
	return true;
}

static const struct ast_expr *in_list(struct wording *w, const struct typed *t,
				      const struct bdd_span *s, size_t n, uint64_t bias)
{
	struct ast_range *list = NULL, **end = &list;

	for (size_t i = 0; i < n; i++) {
		const uint64_t lo = s[i].lo ^ bias, hi = s[i].hi ^ bias;

		if (lo == hi)
			add_range(w, &end, value_word(w, t, lo), NULL);
		else if (!add_names(w, t, lo, hi, &end))
			add_range(w, &end, plain(w, t, lo), plain(w, t, hi));
	}
	return make(w, &(struct ast_expr){ .kind = EXPR_IN, .arg = arg_of(t), .ranges = list });
}

static const struct ast_expr *as_ranges(struct wording *w, const struct typed *t, bdd values)
{
	const uint64_t top = top_of(t->bits), bias = t->is_signed ? top ^ top >> 1 : 0;
	struct bdd_span s[SPANS_MAX + 1];
	const int found = bdd_spans(w->bdds, values, field_of(t), s, SPANS_MAX);
	size_t n = (size_t)found;

	if (found < 0)
		return NULL;
	if (t->is_signed)
		n = signed_order(s, n, t->bits);
	if (n == 1 && s[0].lo == s[0].hi)
		return compare(w, t, CMP_EQ, s[0].lo ^ bias);
	if (n == 1 && s[0].lo == 1 && s[0].hi == top && bias == 0)
		return compare(w, t, CMP_NE, 0);
	if (n == 1 && s[0].lo == 0)
		return compare(w, t, CMP_LE, s[0].hi ^ bias);
	if (n == 1 && s[0].hi == top)
		return compare(w, t, CMP_GE, s[0].lo ^ bias);
	if (n == 2 && s[0].lo == 0 && s[1].hi == top && s[0].hi + 2 == s[1].lo)
		return compare(w, t, CMP_NE, (s[0].hi + 1) ^ bias);
	return in_list(w, t, s, n, bias);
}

/* ---- values as masks ---- */

static const struct ast_expr *has(struct wording *w, const struct typed *t, int kind,
				  uint64_t mask)
{
	return make(w, &(struct ast_expr){
			       .kind = kind, .arg = arg_of(t), .mask = mask_word(w, t, mask) });
}

/* (arg & mask) == value, or not so */
static const struct ast_expr *as_mask(struct wording *w, const struct typed *t,
				      const struct bdd_cube *c, bool is)
{
	const uint64_t top = top_of(t->bits);
	const bool one_bit = (c->mask & (c->mask - 1)) == 0;

	if (c->mask == top)
		return compare(w, t, is ? CMP_EQ : CMP_NE, c->value);
	if (c->value == 0 && is && __builtin_popcountll(c->mask) > (int)t->bits / 2)
		return has(w, t, EXPR_ONLY, top & ~c->mask);
	if (c->value == 0)
		return has(w, t, is ? EXPR_NONE : EXPR_ANY, c->mask);
	if (c->value == c->mask && one_bit)
		return has(w, t, is ? EXPR_ANY : EXPR_NONE, c->mask);
	if (c->value == c->mask && is)
		return has(w, t, EXPR_ALL, c->mask);
	return make(w, &(struct ast_expr){ .kind = EXPR_MASKED,
					   .arg = arg_of(t),
					   .compare = is ? CMP_EQ : CMP_NE,
					   .mask = mask_word(w, t, c->mask),
					   .value = (c->mask & t->whole) == t->whole
							    ? value_word(w, t, c->value)
							    : mask_word(w, t, c->value) });
}

/* One of them. */
static const struct ast_expr *as_cubes(struct wording *w, const struct typed *t, bdd values)
{
	struct bdd_cube cubes[CUBES_MAX];
	const int n = bdd_cubes(w->bdds, values, field_of(t), cubes, CUBES_MAX);
	const struct ast_expr *out = NULL;

	for (int i = 0; i < n; i++)
		out = join(w, EXPR_OR, out, as_mask(w, t, &cubes[i], true));
	return out;
}

/* The bits that are the same in all of the values, and what is left of these without them. */
static bdd split_fixed(struct wording *w, const struct typed *t, bdd values,
		       struct bdd_cube *fixed)
{
	const struct bdd_field x = field_of(t);
	const uint64_t looks = bdd_looks(w->bdds, values, x);

	*fixed = (struct bdd_cube){ 0, 0 };
	for (uint32_t i = 0; i < x.bits; i++) {
		const struct bdd_field bit = { x.first + x.bits - 1 - i, 1 };
		bdd without, with;

		if ((looks >> i & 1) == 0)
			continue;
		without = bdd_at(w->bdds, values, bit, 0);
		with = bdd_at(w->bdds, values, bit, 1);
		if (without != BDD_FALSE && with != BDD_FALSE)
			continue;
		fixed->mask |= UINT64_C(1) << i;
		fixed->value |= with != BDD_FALSE ? UINT64_C(1) << i : 0;
		values = with != BDD_FALSE ? with : without;
	}
	return values;
}

static const struct ast_expr *say_values(struct wording *w, const struct typed *t, bdd values,
					 unsigned depth);

/* "these bits are so, and": is, or the contrary, "or they are not so" */
static const struct ast_expr *as_fixed(struct wording *w, const struct typed *t, bdd values,
				       bool is, unsigned depth)
{
	struct bdd_cube fixed;
	const bdd rest = split_fixed(w, t, is ? values : bdd_not(w->bdds, values), &fixed);
	const struct ast_expr *first, *second;

	if (fixed.mask == 0)
		return NULL;
	first = as_mask(w, t, &fixed, is);
	if (rest == BDD_TRUE)
		return first;
	second = say_values(w, t, is ? rest : bdd_not(w->bdds, rest), depth + 1);
	return second == NULL ? NULL : join(w, is ? EXPR_AND : EXPR_OR, first, second);
}

static const struct ast_expr *negated(struct wording *w, const struct ast_expr *x)
{
	if (x == NULL)
		return NULL;
	return make(w, &(struct ast_expr){ .kind = EXPR_NOT, .left = x });
}

/* Whatever is shortest. Flags are bits, unless they are one value. */
static const struct ast_expr *say_values(struct wording *w, const struct typed *t, bdd values,
					 unsigned depth)
{
	const bdd others = bdd_not(w->bdds, values);
	const struct ast_expr *ranges = as_ranges(w, t, values), *bits = NULL;
	const struct ast_expr *best;

	if (ranges == NULL || ranges->kind != EXPR_COMPARE ||
	    (ranges->compare != CMP_EQ && ranges->compare != CMP_NE)) {
		ranges = cheaper(ranges, negated(w, as_ranges(w, t, others)));
		if (depth < DEPTH_MAX) {
			bits = as_fixed(w, t, values, true, depth);
			bits = cheaper(bits, as_fixed(w, t, values, false, depth));
		}
	}
	best = cheaper(ranges, bits);
	if (bits != NULL && ranges != NULL) {
		const struct ast_expr *usual = t->has_flags ? bits : ranges;

		if (wording_cost(usual) <= wording_cost(best) + COST_UNUSUAL)
			best = usual;
	}
	if (best == NULL)
		best = cheaper(as_cubes(w, t, values), negated(w, as_cubes(w, t, others)));
	return best;
}

static const struct ast_expr *say_arg(struct wording *w, unsigned arg, bdd values)
{
	const struct typed t = typed_arg(w, values, arg);

	if (++w->tests > TESTS_MAX || w->bdds->over)
		return NULL;
	return say_values(w, &t, values, 0);
}

/* ---- several arguments ---- */

static const struct ast_expr *say(struct wording *w, bdd f);

/* What is left of f when its first argument is known. */
struct parts {
	unsigned arg;
	bdd left[LEFT_MAX], values[LEFT_MAX];
	size_t n;
	bdd yes, no; /* the values that decide alone */
};

static bool find_parts(struct wording *w, bdd f, struct parts *out)
{
	const unsigned arg = (w->bdds->v[f].bit - BDD_ARGS) / BDD_WIDE;
	const uint32_t end = BDD_ARGS + (arg + 1) * BDD_WIDE;
	const int n = bdd_left(w->bdds, f, end, out->left, LEFT_MAX);

	out->arg = arg;
	out->n = 0;
	out->yes = bdd_where(w->bdds, f, end, BDD_TRUE);
	out->no = bdd_where(w->bdds, f, end, BDD_FALSE);
	for (int i = 0; i < n; i++) {
		if (out->left[i] <= BDD_TRUE)
			continue;
		out->left[out->n] = out->left[i];
		out->values[out->n++] = bdd_where(w->bdds, f, end, out->left[i]);
	}
	return n >= 0;
}

/* For which values of the first argument do the others decide? Where these are all that are
 * left, it does no harm to say it of those that decide alone, too. */
static const struct ast_expr *say_when(struct wording *w, const struct parts *p, size_t i)
{
	const struct ast_expr *exact = say_arg(w, p->arg, p->values[i]);

	if (p->n > 1 || p->yes == BDD_FALSE)
		return exact;
	return cheaper(exact, say_arg(w, p->arg, bdd_not(w->bdds, p->no)));
}

static const struct ast_expr *say_part(struct wording *w, const struct parts *p, size_t i)
{
	const struct ast_expr *rest = say(w, p->left[i]), *when;

	if (rest == NULL || (p->n == 1 && p->no == BDD_FALSE))
		return rest;
	when = say_when(w, p, i);
	return when != NULL ? join(w, EXPR_AND, when, rest) : NULL;
}

/* Recursion ends: each level is a later argument. */
static const struct ast_expr *say(struct wording *w, bdd f)
{
	struct parts *p = arena_new(w->arena, struct parts);
	const struct ast_expr *out = NULL, *part;

	if (!find_parts(w, f, p))
		return NULL;
	if (p->yes != BDD_FALSE) {
		out = say_arg(w, p->arg, p->yes);
		if (out == NULL)
			return NULL;
	}
	for (size_t i = 0; i < p->n; i++) {
		part = say_part(w, p, i);
		if (part == NULL)
			return NULL;
		out = join(w, EXPR_OR, out, part);
	}
	return out;
}

const struct ast_expr *wording_condition(struct wording *w, bdd f)
{
	return cheaper(say(w, f), negated(w, say(w, bdd_not(w->bdds, f))));
}
