/* SPDX-License-Identifier: Apache-2.0 */
/* parse_expr.c - conditions, guards, actions and calls. */
#include <string.h>

#include "seccomp/parse.h"

/* ---- conditions on arguments ---- */

static struct ast_expr *new_expr(struct parser *p, int kind)
{
	struct ast_expr *x = arena_new(p->a, struct ast_expr);

	x->kind = (__typeof__(x->kind))kind;
	x->at = p_place(p);
	p->height = 0;
	return x;
}

static const void *join_expr(struct parser *p, int kind, const void *left, const void *right)
{
	struct ast_expr *x = new_expr(p, kind);

	x->left = left;
	x->right = right;
	x->at = x->left->at;
	return x;
}

/* "arg3": the arguments are counted from 0, as in struct seccomp_data. */
static bool is_index(const struct ast_word *w)
{
	return w->len > 3 && memcmp(w->p, "arg", 3) == 0 && w->p[3] >= '0' && w->p[3] <= '9';
}

static bool read_type(struct parser *p, struct ast_arg *arg)
{
	static const char *const types[] = {
		[AS_U32] = "u32", [AS_I32] = "i32", [AS_U64] = "u64", [AS_FD] = "fd"
	};

	for (size_t i = AS_U32; p->tok.kind == TOK_ID && i < COUNT(types); i++) {
		if (p->tok.len != strlen(types[i]) ||
		    memcmp(p->tok.p, types[i], p->tok.len) != 0)
			continue;
		arg->type = (__typeof__(arg->type))i;
		p_next(p);
		return true;
	}
	return p_fail(p, "u32, i32, u64 or fd after \":\"");
}

static bool read_arg(struct parser *p, struct ast_arg *arg)
{
	struct ast_word w;

	arg->at = p_place(p);
	if (!p_word(p, &w, "an argument of the call")) {
		if (p->tok.kind == TOK_NUMBER)
			diag_hint(p->d, "the argument stands left of the value");
		return false;
	}
	if (!is_index(&w)) {
		arg->name = w;
		if (p->tok.kind != TOK_COLON)
			return true;
		(void)p_fail(p, "a comparison");
		diag_hint(p->d, "a type is only for arg0 to arg5: \"%.*s\" has its own",
			  DIAG_WORD(w.p, w.len));
		return false;
	}
	arg->index = (unsigned)(w.p[3] - '0');
	if (w.len == 4 && arg->index < 6)
		return p_take(p, TOK_COLON) ? read_type(p, arg) : true;
	(void)diag(p->d, POLICY_ERROR, "syntax", &w.at, "expected arg0 to arg5, found \"%.*s\"",
		   DIAG_WORD(w.p, w.len));
	return false;
}

static bool compare_sign(enum token_kind kind, enum ast_compare *out)
{
	static const struct {
		enum token_kind kind;
		enum ast_compare compare;
	} signs[] = {
		{ TOK_EQ, CMP_EQ }, { TOK_NE, CMP_NE }, { TOK_LT, CMP_LT },
		{ TOK_LE, CMP_LE }, { TOK_GT, CMP_GT }, { TOK_GE, CMP_GE },
	};

	for (size_t i = 0; i < COUNT(signs); i++) {
		if (signs[i].kind != kind)
			continue;
		*out = signs[i].compare;
		return true;
	}
	return false;
}

static struct ast_range *read_range(struct parser *p)
{
	struct ast_range *r = arena_new(p->a, struct ast_range);

	r->lo = parse_const(p);
	if (r->lo == NULL || !p_take(p, TOK_RANGE))
		return r->lo != NULL ? r : NULL;
	r->hi = parse_const(p);
	return r->hi != NULL ? r : NULL;
}

/* { 0..2, 5, }: a comma may also end the list, as lists over many lines like it. */
static bool expr_in(struct parser *p, struct ast_expr *x)
{
	const struct ast_range **tail = &x->ranges;

	x->kind = EXPR_IN;
	p_next(p);
	if (!p_want(p, TOK_LBRACE, "after in"))
		return false;
	p->in_list = true;
	do {
		struct ast_range *r = read_range(p);

		if (r == NULL)
			return false;
		*tail = r;
		tail = &r->next;
	} while (p_take(p, TOK_COMMA) && p->tok.kind != TOK_RBRACE);
	if (!p_want(p, TOK_RBRACE, "after the values"))
		return false;
	p->in_list = false;
	return true;
}

static bool expr_has(struct parser *p, struct ast_expr *x)
{
	static const struct {
		const char *word;
		int kind;
	} kinds[] = {
		{ "any", EXPR_ANY },
		{ "all", EXPR_ALL },
		{ "only", EXPR_ONLY },
		{ "none", EXPR_NONE },
	};

	p_next(p);
	for (size_t i = 0; p->tok.kind == TOK_ID && i < COUNT(kinds); i++) {
		if (p->tok.len != strlen(kinds[i].word) ||
		    memcmp(p->tok.p, kinds[i].word, p->tok.len) != 0)
			continue;
		x->kind = (__typeof__(x->kind))kinds[i].kind;
		p_next(p);
		x->mask = parse_const(p);
		return x->mask != NULL;
	}
	return p_fail(p, "any, all, only or none after has");
}

/* The "== VALUE" that belongs to a mask. */
static bool masked_value(struct parser *p, struct ast_expr *x)
{
	if ((p->tok.kind != TOK_EQ && p->tok.kind != TOK_NE) ||
	    !compare_sign(p->tok.kind, &x->compare)) {
		(void)p_fail(p, "\"==\" or \"!=\" after the mask");
		diag_hint(p->d, "bits are tested by \"has any\", \"has all\", \"has only\" or "
				"\"has none\"; \"and\" is \"&&\"");
		return false;
	}
	p_next(p);
	x->value = parse_const(p);
	return x->value != NULL;
}

/* flags & MASK == VALUE, also as C has it: (flags & MASK) == VALUE. */
static bool expr_masked(struct parser *p, struct ast_expr *x)
{
	x->kind = EXPR_MASKED;
	p_next(p);
	x->mask = parse_const(p);
	if (x->mask == NULL)
		return false;
	if (p->parens == 0 || p->tok.kind != TOK_CLOSE)
		return masked_value(p, x);
	p->half = x;
	return true;
}

static bool expr_compare(struct parser *p, struct ast_expr *x)
{
	x->kind = EXPR_COMPARE;
	if (!compare_sign(p->tok.kind, &x->compare)) {
		(void)p_fail(p, "a comparison, in or has");
		if (p->tok.kind == TOK_ASSIGN)
			diag_hint(p->d, "equal is \"==\"");
		if (x->arg.name.len == 3 && memcmp(x->arg.name.p, "not", 3) == 0)
			diag_hint(p->d, "\"not\" is \"!\"");
		return false;
	}
	p_next(p);
	x->value = parse_const(p);
	return x->value != NULL;
}

static const struct ast_expr *expr_test(struct parser *p)
{
	struct ast_expr *x = new_expr(p, EXPR_COMPARE);
	bool good;

	if (!read_arg(p, &x->arg))
		return NULL;
	if (TOK_IS(&p->tok, "in"))
		good = expr_in(p, x);
	else if (TOK_IS(&p->tok, "has"))
		good = expr_has(p, x);
	else if (p->tok.kind == TOK_AND)
		good = expr_masked(p, x);
	else
		good = expr_compare(p, x);
	p->height = 0;
	return good ? x : NULL;
}

static const void *expr_and(struct parser *p);

static const struct ast_expr *expr_or(struct parser *p)
{
	return p_chain(p, TOK_OROR, EXPR_OR, expr_and, join_expr);
}

/* Behind "( ... )": a half inside is now whole, or it was not alone in there. */
static const struct ast_expr *whole_expr(struct parser *p, const struct ast_expr *x,
					 struct ast_expr *half)
{
	if (half == x && p->parens > 0 && p->tok.kind == TOK_CLOSE) {
		p->half = half; /* another pair of them around it */
		return x;
	}
	if (half == x)
		return masked_value(p, half) ? x : NULL;
	(void)diag(p->d, POLICY_ERROR, "syntax", &half->at,
		   "expected \"==\" or \"!=\" after the mask, found \")\"");
	return NULL;
}

static const struct ast_expr *expr_parens(struct parser *p)
{
	const struct ast_expr *x;
	struct ast_expr *half;

	p_next(p);
	if (!p_enter(p))
		return NULL;
	p->parens++;
	x = expr_or(p);
	p->parens--;
	p_leave(p);
	half = p->half;
	p->half = NULL;
	if (x == NULL || !p_want(p, TOK_CLOSE, "after the condition"))
		return NULL;
	return half != NULL ? whole_expr(p, x, half) : x;
}

static const void *expr_term(struct parser *p)
{
	struct ast_expr *x;

	if (p->tok.kind == TOK_OPEN)
		return expr_parens(p);
	if (p->tok.kind != TOK_NOT)
		return expr_test(p);
	x = new_expr(p, EXPR_NOT);
	p_next(p);
	if (!p_enter(p))
		return NULL;
	x->left = expr_term(p);
	p_leave(p);
	p->height++;
	return x->left != NULL ? p_checked(p, x) : NULL;
}

static const void *expr_and(struct parser *p)
{
	return p_chain(p, TOK_ANDAND, EXPR_AND, expr_term, join_expr);
}

const struct ast_expr *parse_expr(struct parser *p)
{
	p->parens = 0;
	p->half = NULL;
	return expr_or(p);
}

/* ---- guards ---- */

static struct ast_guard *new_guard(struct parser *p, int kind)
{
	struct ast_guard *g = arena_new(p->a, struct ast_guard);

	g->kind = (__typeof__(g->kind))kind;
	g->at = p_place(p);
	p->height = 0;
	return g;
}

static const void *join_guard(struct parser *p, int kind, const void *left, const void *right)
{
	struct ast_guard *g = new_guard(p, kind);

	g->left = left;
	g->right = right;
	g->at = g->left->at;
	return g;
}

/* cap(CAP_KILL); the parentheses may be left out. */
static const struct ast_guard *guard_word(struct parser *p, int kind, const char *what)
{
	struct ast_guard *g = new_guard(p, kind);
	bool parens;

	p_next(p);
	parens = p_take(p, TOK_OPEN);
	if (!p_word(p, &g->word, what))
		return NULL;
	return !parens || p_want(p, TOK_CLOSE, "after the name") ? g : NULL;
}

/* kernel >= 5.10 */
static const struct ast_guard *guard_kernel(struct parser *p)
{
	struct ast_guard *g = new_guard(p, GUARD_KERNEL);

	p_next(p);
	if (!compare_sign(p->tok.kind, &g->compare)) {
		(void)p_fail(p, "a comparison with a version");
		return NULL;
	}
	p_next(p);
	return p_version(p, &g->version) ? g : NULL;
}

static const struct ast_guard *guard_parens(struct parser *p)
{
	const struct ast_guard *g;

	p_next(p);
	if (!p_enter(p))
		return NULL;
	g = parse_guard(p);
	p_leave(p);
	return g != NULL && p_want(p, TOK_CLOSE, "after the condition") ? g : NULL;
}

static const void *guard_term(struct parser *p);

static const struct ast_guard *guard_not(struct parser *p)
{
	struct ast_guard *g = new_guard(p, GUARD_NOT);

	p_next(p);
	if (!p_enter(p))
		return NULL;
	g->left = guard_term(p);
	p_leave(p);
	p->height++;
	return g->left != NULL ? p_checked(p, g) : NULL;
}

static const void *guard_term(struct parser *p)
{
	const struct token *t = &p->tok;

	if (t->kind == TOK_NOT)
		return guard_not(p);
	if (t->kind == TOK_OPEN)
		return guard_parens(p);
	if (TOK_IS(t, "cap"))
		return guard_word(p, GUARD_CAP, "the name of a capability");
	if (TOK_IS(t, "arch"))
		return guard_word(p, GUARD_ARCH, "an architecture");
	if (TOK_IS(t, "param"))
		return guard_word(p, GUARD_PARAM, "the name of a parameter");
	if (TOK_IS(t, "kernel"))
		return guard_kernel(p);
	(void)p_fail(p, "cap, arch, kernel or param");
	return NULL;
}

static const void *guard_and(struct parser *p)
{
	return p_chain(p, TOK_ANDAND, GUARD_AND, guard_term, join_guard);
}

const struct ast_guard *parse_guard(struct parser *p)
{
	return p_chain(p, TOK_OROR, GUARD_OR, guard_and, join_guard);
}

/* ---- actions ---- */

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOK_ID && *t->p == *word && t->len == strlen(word) &&
	       memcmp(t->p, word, t->len) == 0;
}

/* clang-format off */
static const struct action {
	const char *word, *then; /* then: the second word; of one first word, NULL comes last */
	int kind;
	enum { NO_DATA, MAY_DATA, MUST_DATA } data;
} actions[] = {
	{ "allow", NULL, ACT_ALLOW, NO_DATA },
	{ "deny", NULL, ACT_DENY, MAY_DATA },
	{ "kill", "thread", ACT_KILL_THREAD, NO_DATA },
	{ "kill", "process", ACT_KILL, NO_DATA },
	{ "kill", NULL, ACT_KILL, NO_DATA },
	{ "audit", "deny", ACT_AUDIT_DENY, MAY_DATA },
	{ "audit", "allow", ACT_AUDIT_ALLOW, NO_DATA },
	{ "log", NULL, ACT_LOG, NO_DATA },
	{ "trap", NULL, ACT_TRAP, MAY_DATA },
	{ "trace", NULL, ACT_TRACE, MUST_DATA },
	{ "notify", NULL, ACT_NOTIFY, NO_DATA },
};
/* clang-format on */

static const char *action_word(void *ctx, size_t i)
{
	(void)ctx;
	return i < COUNT(actions) ? actions[i].word : NULL;
}

/* Takes the words of an action; NULL, and an error, when they are none. */
static const struct action *action_words(struct parser *p)
{
	const char *word = NULL, *near = NULL;

	for (size_t i = 0; i < COUNT(actions); i++) {
		const struct action *act = &actions[i];

		if (word == NULL && is_word(&p->tok, act->word)) {
			word = act->word;
			p_next(p);
		}
		if (word == NULL || strcmp(word, act->word) != 0)
			continue;
		if (act->then != NULL && !is_word(&p->tok, act->then))
			continue;
		if (act->then != NULL)
			p_next(p);
		return act;
	}
	(void)p_fail(p, word != NULL ? "deny or allow after audit" : "an action");
	if (word == NULL && p->tok.kind == TOK_ID)
		near = diag_nearest(p->tok.p, p->tok.len, action_word, NULL);
	if (near != NULL)
		diag_hint(p->d, "did you mean \"%s\"?", near);
	return NULL;
}

/* A number, or a constant by its name: that begins with a capital, and no call's does. */
static const struct ast_const *action_data(struct parser *p)
{
	if (p->tok.kind == TOK_NUMBER)
		return parse_number(p);
	if (p->tok.kind == TOK_ID && *p->tok.p >= 'A' && *p->tok.p <= 'Z')
		return parse_name(p);
	return NULL;
}

const struct ast_action *parse_action(struct parser *p)
{
	struct ast_action *made = arena_new(p->a, struct ast_action);
	const struct action *act;

	made->at = p_place(p);
	act = action_words(p);
	if (act == NULL)
		return NULL;
	made->kind = (__typeof__(made->kind))act->kind;
	if (act->data != NO_DATA)
		made->number = action_data(p);
	if (act->data == MUST_DATA && made->number == NULL) {
		(void)p_fail(p, "a number after trace");
		return NULL;
	}
	return made;
}

/* ---- calls, as expect has them ---- */

static bool call_args(struct parser *p, struct ast_call *out)
{
	if (p_take(p, TOK_CLOSE))
		return true;
	do {
		if (out->args_n == COUNT(out->args))
			return p_fail(p, "at most six arguments");
		out->args[out->args_n] = parse_const(p);
		if (out->args[out->args_n++] == NULL)
			return false;
	} while (p_take(p, TOK_COMMA));
	return p_want(p, TOK_CLOSE, "after the arguments");
}

bool parse_call(struct parser *p, struct ast_call *out)
{
	out->at = p_place(p);
	if (!p_word(p, &out->name, "a call") ||
	    !p_want(p, TOK_OPEN, "after the name of the call") || !call_args(p, out))
		return false;
	if (p->tok.kind == TOK_AT || p->tok.kind == TOK_GROUP)
		return parse_at_arch(p, &out->arch);
	return true;
}
