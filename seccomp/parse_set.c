/* SPDX-License-Identifier: Apache-2.0 */
/* parse_set.c - constants and sets of calls. */
#include <string.h>

#include "seccomp/parse.h"

/* ---- many terms, one operator ---- */

/* a | b | c ... of hundreds of names becomes a balanced tree, so that whoever walks it needs
 * little stack. Trees of equal size are joined as they come, like the digits of a binary
 * counter; the order of the terms stays. */
struct run {
	const void *tree[32];
	unsigned char rank[32];
	unsigned n, height;
	bool joined; /* more than one term */
};

static void run_add(struct parser *p, struct run *r, int kind, const void *tree, join_fn *join)
{
	unsigned char rank = 0;

	if (p->height > r->height)
		r->height = p->height;
	r->joined = r->n > 0;
	while (r->n > 0 && r->rank[r->n - 1] == rank) {
		tree = join(p, kind, r->tree[--r->n], tree);
		rank++;
	}
	r->tree[r->n] = tree;
	r->rank[r->n++] = rank;
}

/* All of it as one tree, which counts as one level. */
static const void *run_end(struct parser *p, struct run *r, int kind, join_fn *join)
{
	const void *tree = r->tree[--r->n];

	while (r->n > 0)
		tree = join(p, kind, r->tree[--r->n], tree);
	p->height = r->height + r->joined;
	return tree;
}

const void *p_checked(struct parser *p, const void *tree)
{
	struct policy_place at = p_place(p);

	if (p->height <= PARSE_DEPTH)
		return tree;
	(void)diag(p->d, POLICY_ERROR, "syntax", &at, "expected at most %d levels, found more",
		   PARSE_DEPTH);
	return NULL;
}

static const void *read_chain(struct parser *p, const void *one, int kind, term_fn *term,
			      join_fn *join)
{
	enum token_kind sign = p->tok.kind;
	struct run r;

	r.n = r.height = 0;
	run_add(p, &r, kind, one, join);
	while (p_take(p, sign)) {
		one = term(p);
		if (one == NULL)
			return NULL;
		run_add(p, &r, kind, one, join);
	}
	return p_checked(p, run_end(p, &r, kind, join));
}

const void *p_chain(struct parser *p, enum token_kind sign, int kind, term_fn *term,
		    join_fn *join)
{
	const void *one = term(p);

	return one == NULL || p->tok.kind != sign ? one : read_chain(p, one, kind, term, join);
}

/* ---- constants ---- */

static struct ast_const *new_const(struct parser *p, int kind)
{
	struct ast_const *c = arena_new(p->a, struct ast_const);

	c->kind = (__typeof__(c->kind))kind;
	c->at = p_place(p);
	p->height = 0;
	return c;
}

static const void *join_const(struct parser *p, int kind, const void *left, const void *right)
{
	struct ast_const *c = new_const(p, kind);

	c->left = left;
	c->right = right;
	c->at = c->left->at;
	return c;
}

const struct ast_const *parse_number(struct parser *p)
{
	struct ast_const *c = new_const(p, CONST_NUMBER);

	c->number = p->tok.number;
	p_next(p);
	return c;
}

static const struct ast_const *const_negative(struct parser *p)
{
	struct ast_const *c = new_const(p, CONST_NUMBER);

	p_next(p);
	if (p->tok.kind != TOK_NUMBER || p->tok.number > UINT64_C(1) << 63) {
		(void)p_fail(p, "a number of at most 63 bits after \"-\"");
		return NULL;
	}
	c->negative = true;
	c->number = -p->tok.number;
	c->at.width = p->tok.column + (unsigned)p->tok.len - c->at.column;
	p_next(p);
	return c;
}

const struct ast_const *parse_name(struct parser *p)
{
	struct ast_const *c = new_const(p, CONST_NAME);

	return p_word(p, &c->name, "a number or the name of a constant") ? c : NULL;
}

static const void *const_term(struct parser *p);

static const struct ast_const *const_not(struct parser *p)
{
	struct ast_const *c = new_const(p, CONST_NOT);

	p_next(p);
	if (!p_enter(p))
		return NULL;
	c->left = const_term(p);
	p_leave(p);
	p->height++;
	return c->left != NULL ? p_checked(p, c) : NULL;
}

static const struct ast_const *const_parens(struct parser *p)
{
	const struct ast_const *c;

	p_next(p);
	if (!p_enter(p))
		return NULL;
	c = parse_const(p);
	p_leave(p);
	return c != NULL && p_want(p, TOK_CLOSE, "after the value") ? c : NULL;
}

static const void *const_term(struct parser *p)
{
	enum token_kind kind = p->tok.kind;

	if (kind == TOK_NUMBER)
		return parse_number(p);
	if (kind == TOK_MINUS)
		return const_negative(p);
	if (kind == TOK_TILDE)
		return const_not(p);
	if (kind == TOK_OPEN)
		return const_parens(p);
	return parse_name(p);
}

const struct ast_const *parse_const(struct parser *p)
{
	return p_chain(p, TOK_OR, CONST_OR, const_term, join_const);
}

/* ---- sets of calls ---- */

static struct ast_set *new_set(struct parser *p, int kind)
{
	struct ast_set *s = arena_new(p->a, struct ast_set);

	s->kind = (__typeof__(s->kind))kind;
	s->at = p_place(p);
	p->height = 0;
	return s;
}

static const void *join_set(struct parser *p, int kind, const void *left, const void *right)
{
	struct ast_set *s = new_set(p, kind);

	s->left = left;
	s->right = right;
	s->at = s->left->at;
	return s;
}

bool parse_at_arch(struct parser *p, struct ast_word *out)
{
	struct policy_place at = p_place(p);

	if (p_take(p, TOK_AT))
		return p_word(p, out, "an architecture");
	if (p->tok.kind != TOK_GROUP)
		return p_fail(p, "\"@\" and an architecture");
	at.column++;
	at.width--;
	*out = (struct ast_word){ p->tok.p + 1, p->tok.len - 1, at };
	p_next(p);
	return true;
}

/* nr 335 @ x86_64 */
static const struct ast_set *set_nr(struct parser *p)
{
	struct ast_set *s = new_set(p, SET_NR);

	p_next(p);
	if (p->tok.kind != TOK_NUMBER || p->tok.number > UINT32_MAX) {
		(void)p_fail(p, "the number of a call");
		return NULL;
	}
	s->nr = (uint32_t)p->tok.number;
	p_next(p);
	return parse_at_arch(p, &s->name) ? s : NULL;
}

static const struct ast_set *set_since(struct parser *p)
{
	struct ast_set *s = new_set(p, SET_SINCE);

	p_next(p);
	return p_version(p, &s->version) ? s : NULL;
}

static const struct ast_set *set_name(struct parser *p, int kind)
{
	struct ast_set *s = new_set(p, kind);

	s->name = (struct ast_word){ p->tok.p, p->tok.len, s->at };
	p_next(p);
	s->optional = kind == SET_NAME && p_take(p, TOK_QUESTION);
	return s;
}

static const struct ast_set *set_all(struct parser *p)
{
	struct ast_set *s = new_set(p, SET_ALL);

	p_next(p);
	return s;
}

static const struct ast_set *set_parens(struct parser *p)
{
	const struct ast_set *s;

	p_next(p);
	if (!p_enter(p))
		return NULL;
	s = parse_set(p);
	p_leave(p);
	return s != NULL && p_want(p, TOK_CLOSE, "after the calls") ? s : NULL;
}

static const struct ast_set *no_set(struct parser *p)
{
	enum token_kind kind = p->tok.kind;

	(void)p_fail(p, "a call or a group");
	if (kind == TOK_NUMBER)
		diag_hint(p->d, "a call by its number is written \"nr %ju@x86_64\"",
			  (uintmax_t)p->tok.number);
	if (kind == TOK_STRING)
		diag_hint(p->d, "names of calls stand without quotes");
	return NULL;
}

static const void *set_term(struct parser *p)
{
	const struct token *t = &p->tok;

	if (t->kind == TOK_GROUP)
		return set_name(p, SET_GROUP);
	if (t->kind == TOK_STAR)
		return set_all(p);
	if (t->kind == TOK_OPEN)
		return set_parens(p);
	if (t->kind != TOK_ID || TOK_IS(t, "when") || TOK_IS(t, "as"))
		return no_set(p);
	if (TOK_IS(t, "nr"))
		return set_nr(p);
	if (TOK_IS(t, "since"))
		return set_since(p);
	return set_name(p, SET_NAME);
}

/* What is left of one operator with what stands right of it: { SIGN term }. Of a - b - c the
 * right side is b | c. */
static const struct ast_set *set_run(struct parser *p, const struct ast_set *left)
{
	enum token_kind sign = p->tok.kind;
	int kind = sign == TOK_AND ? SET_AND : SET_OR;
	const struct ast_set *right;
	struct run r;

	r.n = 0;
	r.height = p->height;
	if (sign != TOK_MINUS)
		run_add(p, &r, kind, left, join_set);
	do {
		p_next(p);
		right = set_term(p);
		if (right == NULL)
			return NULL;
		run_add(p, &r, kind, right, join_set);
	} while (p->tok.kind == sign);
	right = run_end(p, &r, kind, join_set);
	if (sign == TOK_MINUS) {
		unsigned height = p->height;

		right = join_set(p, SET_MINUS, left, right);
		p->height = height + 1;
	}
	return p_checked(p, right);
}

/* Strictly from the left to the right, as it is read: there is nothing to remember. */
const struct ast_set *parse_set(struct parser *p)
{
	const struct ast_set *s = set_term(p);

	while (s != NULL &&
	       (p->tok.kind == TOK_OR || p->tok.kind == TOK_AND || p->tok.kind == TOK_MINUS))
		s = set_run(p, s);
	return s;
}
