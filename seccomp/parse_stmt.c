/* SPDX-License-Identifier: Apache-2.0 */
/* parse_stmt.c - statements, and how reading goes on behind a wrong one. */
#include <string.h>

#include "seccomp/parse.h"

/* ---- rules ---- */

static const char *part_word(void *ctx, size_t i)
{
	static const char *const words[] = { "when", "as" };

	(void)ctx;
	return i < COUNT(words) ? words[i] : NULL;
}

/* What may have been meant by what stands where a rule should end. */
static void end_hint(struct parser *p, const struct token *t, bool condition)
{
	const char *near = NULL;

	if (TOK_IS(t, "when")) {
		diag_hint(p->d, "\"when\" stands before \"as\"");
		return;
	}
	if (TOK_IS(t, "as"))
		return;
	if (t->kind == TOK_ID)
		near = diag_nearest(t->p, t->len, part_word, NULL);
	if (near != NULL)
		diag_hint(p->d, "did you mean \"%s\"?", near);
	else if (condition && (TOK_IS(t, "and") || t->kind == TOK_AND))
		diag_hint(p->d, "\"and\" is \"&&\"");
	else if (condition && TOK_IS(t, "or"))
		diag_hint(p->d, "\"or\" is \"||\"");
	else if (!condition &&
		 (t->kind == TOK_COMMA || t->kind == TOK_ID || t->kind == TOK_GROUP))
		diag_hint(p->d, "calls are separated by \"|\"");
}

static bool end_rule(struct parser *p, bool condition, const char *where)
{
	struct token t = p->tok;

	if (p_want(p, TOK_SEMICOLON, where))
		return true;
	if (t.line == p->end_line)
		end_hint(p, &t, condition);
	return false;
}

static bool read_reason(struct parser *p, struct ast_stmt *s)
{
	if (!TOK_IS(&p->tok, "as"))
		return true;
	p_next(p);
	if (p->tok.kind != TOK_STRING)
		return p_fail(p, "the reason in double quotes");
	s->reason = lex_string(p->a, &p->tok);
	p_next(p);
	return true;
}

static bool read_rule(struct parser *p, struct ast_stmt *s)
{
	s->action = parse_action(p);
	if (s->action == NULL)
		return false;
	s->set = parse_set(p);
	if (s->set == NULL)
		return false;
	if (TOK_IS(&p->tok, "when")) {
		p_next(p);
		s->when = parse_expr(p);
		if (s->when == NULL)
			return false;
	}
	return read_reason(p, s) && end_rule(p, s->when != NULL, "after the rule");
}

static bool read_override(struct parser *p, struct ast_stmt *s)
{
	s->override = true;
	p_next(p);
	return read_rule(p, s);
}

/* ---- settings ---- */

static bool read_words(struct parser *p, struct ast_stmt *s, const char *what)
{
	const struct ast_words **tail = &s->words;

	do {
		struct ast_words *w = arena_new(p->a, struct ast_words);

		if (!p_word(p, &w->word, what))
			return false;
		*tail = w;
		tail = &w->next;
	} while (p_take(p, TOK_COMMA));
	return true;
}

static bool read_arch(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	return read_words(p, s, "an architecture or native") &&
	       p_want(p, TOK_SEMICOLON, "after the architectures");
}

static bool read_flags(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	return read_words(p, s, "the name of a flag") &&
	       p_want(p, TOK_SEMICOLON, "after the flags");
}

static bool read_stage(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	if (!TOK_IS(&p->tok, "exec") && !TOK_IS(&p->tok, "self"))
		return p_fail(p, "exec or self");
	return p_word(p, &s->word, "") && p_want(p, TOK_SEMICOLON, "after the stage");
}

static bool read_default(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	s->action = parse_action(p);
	if (s->action == NULL)
		return false;
	if (TOK_IS(&p->tok, "unknown")) {
		p_next(p);
		s->unknown = parse_action(p);
		if (s->unknown == NULL)
			return false;
	}
	return p_want(p, TOK_SEMICOLON, "after the default");
}

static bool read_kernel(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	return p_version(p, &s->version) && p_want(p, TOK_SEMICOLON, "after the version");
}

static bool read_badarch(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	s->action = parse_action(p);
	return s->action != NULL && p_want(p, TOK_SEMICOLON, "after the action");
}

/* ---- other policies, guards, promises ---- */

static bool read_use(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	if (!p_policy_name(p, &s->word))
		return false;
	p_need_policy(p, &s->word);
	return p_want(p, TOK_SEMICOLON, "after the name of the policy");
}

static bool read_block(struct parser *p, const struct ast_stmt **out, const char *where)
{
	struct policy_place from = p_place(p);

	if (!p_want(p, TOK_LBRACE, where) || !p_enter(p))
		return false;
	*out = parse_body(p);
	p_leave(p);
	return parse_end(p, "at the end of the block", &from);
}

static bool read_if(struct parser *p, struct ast_stmt *s);

/* "else if": the other branch is one statement, an if. */
static bool read_else(struct parser *p, struct ast_stmt *s)
{
	struct ast_stmt *other;
	bool good;

	p_next(p);
	if (!TOK_IS(&p->tok, "if"))
		return read_block(p, &s->other, "after else");
	other = arena_new(p->a, struct ast_stmt);
	other->kind = STMT_IF;
	other->at = p_place(p);
	if (!p_enter(p))
		return false;
	good = read_if(p, other);
	p_leave(p);
	s->other = other;
	return good;
}

static bool read_if(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	s->guard = parse_guard(p);
	if (s->guard == NULL || !read_block(p, &s->body, "after the condition"))
		return false;
	return TOK_IS(&p->tok, "else") ? read_else(p, s) : true;
}

static bool read_expect(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	if (!parse_call(p, &s->call) || !p_want(p, TOK_ARROW, "after the call"))
		return false;
	s->action = parse_action(p);
	return s->action != NULL && p_want(p, TOK_SEMICOLON, "after the action");
}

static bool read_promise(struct parser *p, struct ast_stmt *s)
{
	p_next(p);
	s->set = parse_set(p);
	return s->set != NULL && end_rule(p, false, "after the calls");
}

/* ---- all of them ---- */

#define WORD(s) s, sizeof(s) - 1

/* clang-format off */
static const struct statement {
	const char *word;
	size_t len;
	int kind;
	bool (*read)(struct parser *p, struct ast_stmt *s);
} statements[] = {
	{ WORD("allow"), STMT_RULE, read_rule },
	{ WORD("deny"), STMT_RULE, read_rule },
	{ WORD("kill"), STMT_RULE, read_rule },
	{ WORD("audit"), STMT_RULE, read_rule },
	{ WORD("override"), STMT_RULE, read_override },
	{ WORD("expect"), STMT_EXPECT, read_expect },
	{ WORD("if"), STMT_IF, read_if },
	{ WORD("use"), STMT_USE, read_use },
	{ WORD("arch"), STMT_ARCH, read_arch },
	{ WORD("stage"), STMT_STAGE, read_stage },
	{ WORD("default"), STMT_DEFAULT, read_default },
	{ WORD("kernel"), STMT_KERNEL, read_kernel },
	{ WORD("badarch"), STMT_BADARCH, read_badarch },
	{ WORD("flags"), STMT_FLAGS, read_flags },
	{ WORD("require"), STMT_REQUIRE, read_promise },
	{ WORD("forbid"), STMT_FORBID, read_promise },
	{ WORD("trap"), STMT_RULE, read_rule },
	{ WORD("log"), STMT_RULE, read_rule },
	{ WORD("trace"), STMT_RULE, read_rule },
	{ WORD("notify"), STMT_RULE, read_rule },
};
/* clang-format on */

static const char *statement_word(void *ctx, size_t i)
{
	(void)ctx;
	return i < COUNT(statements) ? statements[i].word : NULL;
}

static const struct statement *find_statement(const struct token *t)
{
	for (size_t i = 0; t->kind == TOK_ID && i < COUNT(statements); i++)
		if (statements[i].len == t->len && *statements[i].word == *t->p &&
		    memcmp(statements[i].word, t->p, t->len) == 0)
			return &statements[i];
	return NULL;
}

static void no_statement(struct parser *p)
{
	const char *near = NULL;

	(void)p_fail(p, "a statement");
	if (p_is_item(p))
		diag_hint(p->d, "that stands outside of policies");
	if (p->tok.kind == TOK_ID)
		near = diag_nearest(p->tok.p, p->tok.len, statement_word, NULL);
	if (near != NULL)
		diag_hint(p->d, "did you mean \"%s\"?", near);
	parse_sync(p);
}

/* NULL when it was wrong; then it is passed over. */
static struct ast_stmt *read_statement(struct parser *p, const struct statement *which)
{
	struct ast_stmt *s = arena_new(p->a, struct ast_stmt);
	unsigned depth = p->depth;

	s->kind = (__typeof__(s->kind))which->kind;
	s->at = p_place(p);
	if (which->read(p, s))
		return s;
	p->depth = depth;
	parse_sync(p);
	return NULL;
}

const struct ast_stmt *parse_body(struct parser *p)
{
	const struct ast_stmt *first = NULL, **tail = &first;

	while (p->tok.kind != TOK_END && p->tok.kind != TOK_RBRACE && !p_at_item(p)) {
		const struct statement *which = find_statement(&p->tok);
		struct ast_stmt *s;

		if (p_take(p, TOK_SEMICOLON))
			continue;
		if (which == NULL) {
			no_statement(p);
			continue;
		}
		s = read_statement(p, which);
		if (s == NULL)
			continue;
		*tail = s;
		tail = &s->next;
	}
	return first;
}

bool parse_end(struct parser *p, const char *where, const struct policy_place *from)
{
	if (p_take(p, TOK_RBRACE))
		return true;
	/* Where one is missing, those around it are as well: the innermost is enough. */
	if (p->broken || p->unclosed)
		return false;
	p->unclosed = true;
	(void)p_want(p, TOK_RBRACE, where);
	(void)diag(p->d, POLICY_NOTE, "syntax", from, "it begins here");
	return false;
}

/* Does a line begin here that is a statement, whatever the one before it was? Of these words
 * only kill is also the name of a call, and so may go on a set. */
static bool at_statement(const struct parser *p)
{
	return p->tok.first && p->in_policy && !TOK_IS(&p->tok, "kill") &&
	       find_statement(&p->tok) != NULL;
}

/* Closes a brace; false when it is not ours to close. */
static bool sync_brace(struct parser *p, unsigned *open)
{
	if (*open > 0)
		(*open)--;
	else if (p->in_list)
		p->in_list = false;
	else
		return false;
	p_next(p);
	return true;
}

/* Behind a closed block: what is no rest of what was wrong. */
static bool begins(const struct parser *p)
{
	return p->tok.first || p_is_item(p) || find_statement(&p->tok) != NULL;
}

void parse_sync(struct parser *p)
{
	unsigned open = 0;

	while (p->tok.kind != TOK_END) {
		bool closed = p->tok.kind == TOK_RBRACE;

		if (p_at_item(p) && (open == 0 || p->tok.column == 1))
			break;
		if (open == 0 && at_statement(p))
			break;
		if (open == 0 && p_take(p, TOK_SEMICOLON))
			break;
		if (closed && !sync_brace(p, &open))
			break;
		if (closed && open == 0 && begins(p))
			break;
		if (closed)
			continue;
		open += p->tok.kind == TOK_LBRACE;
		p_next(p);
	}
	p->in_list = false;
	p->parens = 0;
	p->half = NULL;
}
