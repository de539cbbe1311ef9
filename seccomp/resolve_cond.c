/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: the same words mean different bits on each call and architecture. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/resolve.h"

#define ARGS 6

/* An argument as it is compared. */
struct typed {
	unsigned index;
	unsigned bits; /* 16, 32 or 64: what the kernel looks at */
	bool is_signed;
	bool is_pointer;
	const char *name;
};

/* What is being made: an expression for one call. */
struct making {
	struct resolver *r;
	enum arch arch;
	int id; /* -1: none */
};

/* ---- which argument ---- */

static const char *call_name(const struct making *m)
{
	return m->id >= 0 ? sc_name(m->id) : "a call without a name";
}

static const char *arg_at(void *ctx, size_t i)
{
	const struct making *m = ctx;
	const struct sc_arg arg = sc_arg(m->id, m->arch, (unsigned)i);

	return i < ARGS && arg.type != SC_NONE ? arg.name : NULL;
}

static bool no_such_arg(struct making *m, const struct ast_arg *arg)
{
	const struct ast_word *w = &arg->name;
	char list[256] = "";
	struct sbuf b = SBUF(list);
	const char *near;

	if (!say_once(m->r, "argument", &arg->at) ||
	    !diag(m->r->d, POLICY_ERROR, "argument", &arg->at,
		  "%s has no argument \"%.*s\" on %s", call_name(m), DIAG_WORD(w->p, w->len),
		  arch_name(m->arch)))
		return false;
	if (m->id < 0)
		return false;
	near = diag_nearest(w->p, w->len, arg_at, m);
	for (size_t i = 0; arg_at(m, i) != NULL; i++)
		sbuf_add(&b, "%s%s", i > 0 ? ", " : "", arg_at(m, i));
	if (near != NULL)
		diag_hint(m->r->d, "did you mean \"%s\"?", near);
	else if (b.n > 0)
		diag_hint(m->r->d, "it has: %s", list);
	return false;
}

static bool find_arg(struct making *m, const struct ast_arg *arg, unsigned *index)
{
	const char *name;

	*index = arg->index;
	if (arg->name.len == 0)
		return arg->index < ARGS;
	for (*index = 0; m->id >= 0 && *index < ARGS; (*index)++) {
		name = sc_arg(m->id, m->arch, *index).name;
		if (word_is(&arg->name, name))
			return true;
	}
	return no_such_arg(m, arg);
}

static void say_wide(struct making *m, const struct ast_arg *arg, const struct sc_arg *known)
{
	if (known->type == SC_NONE || !say_once(m->r, "wide", &arg->at))
		return;
	if (known->type == SC_PTR)
		diag(m->r->d, POLICY_WARNING, "wide", &arg->at,
		     "\"%s\" of %s is a pointer: only its address is compared", known->name,
		     call_name(m));
	else if (known->bits < 64 && arch_is_64(m->arch))
		diag(m->r->d, POLICY_WARNING, "wide", &arg->at,
		     "the kernel looks at %u bits of \"%s\" of %s: who sets the others passes "
		     "a "
		     "compare of 64",
		     known->bits, known->name, call_name(m));
}

/* A type that was written down. */
static void set_written(struct making *m, const struct ast_arg *arg, struct typed *t)
{
	t->bits = arg->type == AS_U64 && (m->id < 0 || arch_is_64(m->arch)) ? 64 : 32;
	t->is_signed = arg->type == AS_I32 || arg->type == AS_FD;
	t->is_pointer = false;
}

static bool type_arg(struct making *m, const struct ast_expr *x, struct typed *t)
{
	struct sc_arg known = { .name = "" };

	*t = (struct typed){ .bits = arch_is_64(m->arch) ? 64 : 32 };
	if (!find_arg(m, &x->arg, &t->index))
		return false;
	if (m->id >= 0)
		known = sc_arg(m->id, m->arch, t->index);
	t->name = known.type != SC_NONE ? known.name : "the argument";
	if (x->arg.type != AS_KNOWN) {
		set_written(m, &x->arg, t);
		if (x->arg.type == AS_U64)
			say_wide(m, &x->arg, &known);
		return true;
	}
	if (known.type == SC_NONE) {
		if (x->raw || m->id < 0)
			return true;
		if (say_once(m->r, "argument", &x->arg.at))
			diag(m->r->d, POLICY_ERROR, "argument", &x->arg.at,
			     "%s has no argument %u on %s", call_name(m), t->index,
			     arch_name(m->arch));
		return false;
	}
	t->bits = known.bits;
	t->is_pointer = known.type == SC_PTR && !x->raw;
	t->is_signed = !x->raw &&
		       (known.type == SC_I32 || known.type == SC_FD || known.type == SC_SWORD);
	return true;
}

/* ---- constants ---- */

static bool fits(const struct typed *t, const struct number *n, bool ordered)
{
	const uint64_t all = all_bits(t->bits), sign = all ^ all >> 1;

	if (n->negative || (n->inverted && n->v > all)) {
		/* A negative number of that width, or the ones that ~ made above it. */
		if (n->inverted)
			return (n->v | all) == UINT64_MAX;
		return t->is_signed && (n->v | all >> 1) == UINT64_MAX;
	}
	return n->v <= (ordered && t->is_signed ? all ^ sign : all);
}

static bool constant(struct making *m, const struct ast_const *c, const struct typed *t,
		     bool ordered, uint64_t *out)
{
	struct number n;

	if (!number_of(m->r, c, m->arch, &n))
		return false;
	if (fits(t, &n, ordered)) {
		*out = n.v & all_bits(t->bits);
		return true;
	}
	if (!say_once(m->r, "range", &c->at))
		return false;
	if (n.negative)
		diag(m->r->d, POLICY_ERROR, "range", &c->at,
		     "%" PRId64 " is no value of \"%s\" of %s, which has %u bits and %s sign",
		     (int64_t)n.v, t->name, call_name(m), t->bits, t->is_signed ? "a" : "no");
	else
		diag(m->r->d, POLICY_ERROR, "range", &c->at,
		     "%#" PRIx64 " is no value of \"%s\" of %s, which has %u bits%s", n.v,
		     t->name, call_name(m), t->bits,
		     ordered && t->is_signed ? " and a sign" : "");
	if (n.negative && !t->is_signed)
		diag_hint(m->r->d, "write it as ~%#" PRIx64, ~n.v);
	return false;
}

/* ---- text: one compare ---- */

/* A range in the order of the type: for signed ones the lowest is the sign bit alone. */
static const struct cond *ordered_range(struct making *m, const struct typed *t, uint64_t lo,
					uint64_t hi)
{
	const uint64_t all = all_bits(t->bits), bias = t->is_signed ? all ^ all >> 1 : 0;

	if (lo > hi)
		return cond_constant(m->r, false);
	if (lo == 0 && hi == all)
		return cond_constant(m->r, true);
	lo ^= bias;
	hi ^= bias;
	if (lo <= hi)
		return cond_range(m->r, t->index, t->bits, lo, hi);
	return cond_not(m->r, cond_range(m->r, t->index, t->bits, hi + 1, lo - 1));
}

static const struct cond *compare_with(struct making *m, const struct typed *t,
				       enum ast_compare how, uint64_t v)
{
	const uint64_t all = all_bits(t->bits), bias = t->is_signed ? all ^ all >> 1 : 0;

	v ^= bias;
	switch (how) {
	case CMP_EQ:
		return ordered_range(m, t, v, v);
	case CMP_NE:
		return cond_not(m->r, ordered_range(m, t, v, v));
	case CMP_LT:
		return v == 0 ? cond_constant(m->r, false) : ordered_range(m, t, 0, v - 1);
	case CMP_LE:
		return ordered_range(m, t, 0, v);
	case CMP_GT:
		return v == all ? cond_constant(m->r, false) : ordered_range(m, t, v + 1, all);
	case CMP_GE:
		return ordered_range(m, t, v, all);
	}
	return NULL;
}

static const struct cond *text_compare(struct making *m, const struct ast_expr *x,
				       const struct typed *t)
{
	const bool ordered = x->compare != CMP_EQ && x->compare != CMP_NE;
	uint64_t v;

	if (!constant(m, x->value, t, ordered, &v))
		return NULL;
	return compare_with(m, t, x->compare, v);
}

/* ---- text: ranges ---- */

struct span {
	uint64_t lo, hi; /* in the order of the type */
};

static int by_lo(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	return (a->lo > b->lo) - (a->lo < b->lo);
}

static bool one_span(struct making *m, const struct ast_range *range, const struct typed *t,
		     struct span *out)
{
	const uint64_t all = all_bits(t->bits), bias = t->is_signed ? all ^ all >> 1 : 0;
	const bool ordered = range->hi != NULL;

	if (!constant(m, range->lo, t, ordered, &out->lo) ||
	    (ordered && !constant(m, range->hi, t, true, &out->hi)))
		return false;
	out->lo ^= bias;
	out->hi = ordered ? out->hi ^ bias : out->lo;
	if (out->lo <= out->hi)
		return true;
	if (say_once(m->r, "range", &range->lo->at))
		diag(m->r->d, POLICY_ERROR, "range", &range->lo->at,
		     "the range ends before it begins");
	return false;
}

/* Sorted, those that touch become one. */
static size_t merge_spans(struct span *s, size_t n)
{
	size_t kept = 0;

	qsort(s, n, sizeof(*s), by_lo);
	for (size_t i = 1; i < n; i++) {
		struct span *last = &s[kept];

		if (last->hi != UINT64_MAX && s[i].lo > last->hi + 1)
			s[++kept] = s[i];
		else if (s[i].hi > last->hi)
			last->hi = s[i].hi;
	}
	return n > 0 ? kept + 1 : 0;
}

/* A balanced tree: its depth is not what the writer decides. */
static const struct cond *any_span(struct making *m, const struct typed *t,
				   const struct span *s, size_t n)
{
	if (n == 0)
		return cond_constant(m->r, false);
	if (n == 1)
		return ordered_range(m, t, s->lo, s->hi);
	return cond_join(m->r, COND_OR, any_span(m, t, s, n / 2),
			 any_span(m, t, s + n / 2, n - n / 2));
}

static const struct cond *text_in(struct making *m, const struct ast_expr *x,
				  const struct typed *t)
{
	struct span *spans;
	size_t n = 0;

	for (const struct ast_range *range = x->ranges; range != NULL; range = range->next)
		n++;
	spans = arena_array(m->r->a, n, sizeof(*spans));
	n = 0;
	for (const struct ast_range *range = x->ranges; range != NULL; range = range->next)
		if (!one_span(m, range, t, &spans[n++]))
			return NULL;
	return any_span(m, t, spans, merge_spans(spans, n));
}

/* ---- text: masks ---- */

static const struct cond *text_mask(struct making *m, const struct ast_expr *x,
				    const struct typed *t)
{
	uint64_t mask;

	if (!constant(m, x->mask, t, false, &mask))
		return NULL;
	switch (x->kind) {
	case EXPR_ANY:
		return cond_not(m->r, cond_mask(m->r, t->index, t->bits, mask, 0));
	case EXPR_ALL:
		return cond_mask(m->r, t->index, t->bits, mask, mask);
	case EXPR_ONLY:
		return cond_mask(m->r, t->index, t->bits, ~mask, 0);
	case EXPR_NONE:
		return cond_mask(m->r, t->index, t->bits, mask, 0);
	case EXPR_MASKED:
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_NOT:
	case EXPR_COMPARE:
	case EXPR_IN:
		break;
	}
	return NULL;
}

static const struct cond *text_masked(struct making *m, const struct ast_expr *x,
				      const struct typed *t)
{
	const struct cond *c;
	uint64_t mask, value;

	if (!constant(m, x->mask, t, false, &mask) || !constant(m, x->value, t, false, &value))
		return NULL;
	c = cond_mask(m->r, t->index, t->bits, mask, value);
	return x->compare == CMP_NE ? cond_not(m->r, c) : c;
}

static bool is_null_test(struct making *m, const struct ast_expr *x)
{
	struct number n;

	return x->kind == EXPR_COMPARE && (x->compare == CMP_EQ || x->compare == CMP_NE) &&
	       number_of(m->r, x->value, m->arch, &n) && n.v == 0;
}

static const struct cond *text_leaf(struct making *m, const struct ast_expr *x,
				    const struct typed *t)
{
	if (t->is_pointer && !is_null_test(m, x)) {
		if (say_once(m->r, "pointer", &x->arg.at) &&
		    diag(m->r->d, POLICY_ERROR, "pointer", &x->arg.at,
			 "cannot inspect memory: \"%s\" of %s is a pointer", t->name,
			 call_name(m)))
			diag_hint(m->r->d, "a pointer is only compared by == 0 and != 0");
		return NULL;
	}
	switch (x->kind) {
	case EXPR_COMPARE:
		return text_compare(m, x, t);
	case EXPR_IN:
		return text_in(m, x, t);
	case EXPR_MASKED:
		return text_masked(m, x, t);
	case EXPR_ANY:
	case EXPR_ALL:
	case EXPR_ONLY:
	case EXPR_NONE:
		return text_mask(m, x, t);
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_NOT:
		break;
	}
	return NULL;
}

/* A compare that the type has decided is a mistake of its writer. */
static const struct cond *checked_leaf(struct making *m, const struct ast_expr *x,
				       const struct typed *t)
{
	const struct cond *c = text_leaf(m, x, t);

	if (c == NULL || (c->kind != COND_TRUE && c->kind != COND_FALSE) ||
	    !say_once(m->r, "constant", &x->at))
		return c;
	if (diag(m->r->d, POLICY_WARNING, "constant", &x->at, "this is %s true for %s",
		 c->kind == COND_TRUE ? "always" : "never", call_name(m)) &&
	    x->kind == EXPR_ANY)
		diag_hint(m->r->d, "the mask is 0: a value like O_RDONLY is compared by "
				   "(flags & O_ACCMODE) == O_RDONLY");
	return c;
}

/* ---- OCI: one compare ---- */

/* The engines' profiles hold the numbers of 64-bit compares. For an argument that the kernel
 * cuts, a number that is its zero- or sign-extension means those bits; any other can be met by
 * no value that a program means, and the compare goes as if the argument were zero-extended:
 * == is never true, < always. So a rule against a family answers all calls with that family,
 * whatever is above the 32 bits (libseccomp 383). */
static bool raw_cut(const struct typed *t, uint64_t v, uint64_t *out)
{
	const uint64_t all = all_bits(t->bits), sign = all ^ all >> 1;

	*out = v & all;
	return v <= all || ((v & sign) != 0 && (v | all) == UINT64_MAX);
}

static const struct cond *raw_compare(struct making *m, const struct typed *t,
				      enum ast_compare how, uint64_t v)
{
	uint64_t cut;

	if (raw_cut(t, v, &cut))
		return compare_with(m, t, how, cut);
	return cond_constant(m->r, how == CMP_NE || how == CMP_LT || how == CMP_LE);
}

/* libseccomp compares with the value's bits in the mask (_db_node_mask_fixup). */
static const struct cond *raw_masked(struct making *m, const struct typed *t, uint64_t mask,
				     uint64_t v)
{
	uint64_t cut_mask, cut;

	if (raw_cut(t, mask, &cut_mask) && raw_cut(t, v, &cut))
		return cond_mask(m->r, t->index, t->bits, cut_mask, cut & cut_mask);
	v &= mask;
	if (v > all_bits(t->bits))
		return cond_constant(m->r, false);
	return cond_mask(m->r, t->index, t->bits, mask, v);
}

static const struct cond *raw_leaf(struct making *m, const struct ast_expr *x,
				   const struct typed *t)
{
	struct number v, mask = { 0 };

	if (!number_of(m->r, x->value, m->arch, &v) ||
	    (x->mask != NULL && !number_of(m->r, x->mask, m->arch, &mask)))
		return NULL;
	return x->kind == EXPR_MASKED ? raw_masked(m, t, mask.v, v.v)
				      : raw_compare(m, t, x->compare, v.v);
}

/* ---- the whole ---- */

static const struct cond *leaf(struct making *m, const struct ast_expr *x)
{
	struct typed t;

	if (!type_arg(m, x, &t))
		return NULL;
	return x->raw ? raw_leaf(m, x, &t) : checked_leaf(m, x, &t);
}

static const struct cond *make(struct making *m, const struct ast_expr *x);

static const struct cond *make_both(struct making *m, const struct ast_expr *x)
{
	const enum cond_kind kind = x->kind == EXPR_AND ? COND_AND : COND_OR;
	const struct cond *left = make(m, x->left), *right = make(m, x->right);

	return left != NULL && right != NULL ? cond_join(m->r, kind, left, right) : NULL;
}

static const struct cond *make_deep(struct making *m, const struct ast_expr *x)
{
	const struct cond *c;

	switch (x->kind) {
	case EXPR_AND:
	case EXPR_OR:
		return make_both(m, x);
	case EXPR_NOT:
		c = make(m, x->left);
		return c != NULL ? cond_not(m->r, c) : NULL;
	case EXPR_COMPARE:
	case EXPR_IN:
	case EXPR_ANY:
	case EXPR_ALL:
	case EXPR_ONLY:
	case EXPR_NONE:
	case EXPR_MASKED:
		return leaf(m, x);
	}
	return NULL;
}

static const struct cond *refuse(struct making *m, const struct ast_expr *x, const char *code,
				 const char *text, unsigned limit)
{
	if (say_once(m->r, code, &x->at))
		diag(m->r->d, POLICY_ERROR, code, &x->at, "at most %u %s", limit, text);
	return NULL;
}

static const struct cond *make(struct making *m, const struct ast_expr *x)
{
	const struct cond *c;

	if (m->r->depth >= COND_DEPTH)
		return refuse(m, x, "too-deep", "conditions within each other", COND_DEPTH);
	if (m->r->conds > COND_MAX)
		return refuse(m, x, "too-many", "compares over all calls", COND_MAX);
	m->r->depth++;
	c = make_deep(m, x);
	m->r->depth--;
	return c;
}

const struct cond *cond_make(struct resolver *r, const struct ast_expr *x, enum arch arch,
			     int id)
{
	struct making m = { r, arch, id };

	return make(&m, x);
}
