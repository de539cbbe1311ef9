/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/parse.h"

#include <string.h>

/* The files that are being read now, the innermost first. */
struct reading {
	const char *name;
	const struct reading *up;
	unsigned depth;
};

/* ---- tokens ---- */

void p_next(struct parser *p)
{
	p->end_line = p->tok.line;
	p->end_column = p->tok.column + (unsigned)p->tok.len;
	lex_next(&p->lex, &p->tok);
}

bool p_take(struct parser *p, enum token_kind kind)
{
	if (p->tok.kind != kind)
		return false;
	p_next(p);
	return true;
}

static void fail_at(struct parser *p, const struct policy_place *at, const char *want,
		    const char *where)
{
	const struct token *t = &p->tok;
	const char *space = *where != '\0' ? " " : "";

	if (p->broken)
		return;
	if (t->kind == TOK_END || t->kind == TOK_STRING)
		(void)diag(p->d, POLICY_ERROR, "syntax", at, "expected %s%s%s, found %s", want,
			   space, where, lex_kind(t->kind));
	else
		(void)diag(p->d, POLICY_ERROR, "syntax", at, "expected %s%s%s, found \"%.*s\"",
			   want, space, where, DIAG_WORD(t->p, t->len));
}

bool p_fail(struct parser *p, const char *want)
{
	struct policy_place at = p_place(p);

	fail_at(p, &at, want, "");
	return false;
}

bool p_want(struct parser *p, enum token_kind kind, const char *where)
{
	struct policy_place at = p_place(p);

	if (p_take(p, kind))
		return true;
	/* What is missing is missing behind the last token, not at the head of another line. */
	if (p->tok.line != p->end_line && p->end_line != 0)
		at = (struct policy_place){ at.file, p->end_line, p->end_column, 1 };
	fail_at(p, &at, lex_kind(kind), where);
	return false;
}

static void take_word(struct parser *p, struct ast_word *out)
{
	*out = (struct ast_word){ p->tok.p, p->tok.len, p_place(p) };
	p_next(p);
}

bool p_word(struct parser *p, struct ast_word *out, const char *what)
{
	if (p->tok.kind != TOK_ID)
		return p_fail(p, what);
	take_word(p, out);
	return true;
}

bool p_policy_name(struct parser *p, struct ast_word *out)
{
	if (p->tok.kind != TOK_ID)
		return p_fail(p, "the name of a policy");
	lex_policy_name(&p->lex, &p->tok);
	take_word(p, out);
	return true;
}

bool p_version(struct parser *p, uint16_t *out)
{
	if (p->tok.kind != TOK_VERSION)
		return p_fail(p, "a kernel version such as 6.18");
	*out = (uint16_t)p->tok.number;
	p_next(p);
	return true;
}

bool p_enter(struct parser *p)
{
	struct policy_place at = p_place(p);

	if (p->depth++ < PARSE_DEPTH)
		return true;
	p->depth--;
	(void)diag(p->d, POLICY_ERROR, "syntax", &at, "expected at most %d levels, found more",
		   PARSE_DEPTH);
	return false;
}

/* ---- definitions ---- */

static bool define_param(struct parser *p, struct ast_define *d)
{
	d->kind = DEFINE_PARAM;
	if (!p_word(p, &d->name, "the name of a parameter"))
		return false;
	if (!p_take(p, TOK_ASSIGN))
		return true;
	d->value = parse_const(p);
	return d->value != NULL;
}

static bool define_const(struct parser *p, struct ast_define *d)
{
	d->kind = DEFINE_CONST;
	if (!p_word(p, &d->name, "the name of a constant") ||
	    !p_want(p, TOK_ASSIGN, "after the name"))
		return false;
	d->value = parse_const(p);
	return d->value != NULL;
}

static bool define_group(struct parser *p, struct ast_define *d)
{
	d->kind = DEFINE_GROUP;
	if (p->tok.kind != TOK_GROUP)
		return p_fail(p, "the name of a group such as @mine");
	take_word(p, &d->name);
	if (!p_want(p, TOK_ASSIGN, "after the name"))
		return false;
	d->set = parse_set(p);
	return d->set != NULL;
}

static bool define(struct parser *p, bool (*read)(struct parser *p, struct ast_define *d),
		   const char *where)
{
	struct ast_define *d = arena_new(p->a, struct ast_define);

	p_next(p);
	if (!read(p, d) || !p_want(p, TOK_SEMICOLON, where))
		return false;
	*p->defines_tail = d;
	p->defines_tail = &d->next;
	return true;
}

static bool item_param(struct parser *p)
{
	return define(p, define_param, "after the parameter");
}

static bool item_const(struct parser *p)
{
	return define(p, define_const, "after the constant");
}

static bool item_group(struct parser *p)
{
	return define(p, define_group, "after the group");
}

/* ---- policies ---- */

void p_need_policy(struct parser *p, const struct ast_word *name)
{
	struct ast_words *w = arena_new(p->a, struct ast_words);

	w->word = *name;
	*p->wanted_tail = w;
	p->wanted_tail = &w->next;
}

static bool item_policy(struct parser *p)
{
	struct ast_policy *made = arena_new(p->a, struct ast_policy);
	struct policy_place from = p_place(p);

	p_next(p);
	if (!p_policy_name(p, &made->name))
		return false;
	if (TOK_IS(&p->tok, "extends")) {
		p_next(p);
		if (!p_policy_name(p, &made->extends))
			return false;
		p_need_policy(p, &made->extends);
	}
	if (!p_want(p, TOK_LBRACE, "after the name of the policy"))
		return false;
	p->in_policy = true;
	made->body = parse_body(p);
	p->in_policy = false;
	if (p->policies_n == PARSE_POLICIES)
		(void)diag(p->d, POLICY_ERROR, "syntax", &from,
			   "expected at most %d policies, found more", PARSE_POLICIES);
	if (p->policies_n++ < PARSE_POLICIES) {
		*p->policies_tail = made;
		p->policies_tail = &made->next;
		if (p->reading->up == NULL)
			p->last = made;
	}
	return parse_end(p, "at the end of the policy", &from);
}

/* ---- files ---- */

static void read_items(struct parser *p);

static bool is_loaded(const struct parser *p, const char *name)
{
	for (unsigned i = 0; i < p->loaded_n; i++)
		if (strcmp(p->loaded[i], name) == 0)
			return true;
	return false;
}

static bool is_open(const struct reading *r, const char *name)
{
	for (; r != NULL; r = r->up)
		if (strcmp(r->name, name) == 0)
			return true;
	return false;
}

static bool fits(struct parser *p, const struct policy_source *src)
{
	const struct policy_place at = { src->name, 1, 1, 1 };

	if (src->len <= POLICY_TEXT_MAX && p->bytes + src->len <= POLICY_TEXT_MAX) {
		p->bytes += src->len;
		return true;
	}
	(void)diag(p->d, POLICY_ERROR, "syntax", &at,
		   "expected at most %u bytes with all includes, found more", POLICY_TEXT_MAX);
	return false;
}

/* Reads another file in the midst of this one. */
static void read_source(struct parser *p, const struct policy_source *src)
{
	const struct reading *up = p->reading;
	struct reading here = { src->name, up, up != NULL ? up->depth + 1 : 0 };
	const struct lexer lex = p->lex;
	const struct token tok = p->tok;

	if (p->loaded_n < PARSE_FILES)
		p->loaded[p->loaded_n++] = src->name;
	if (!fits(p, src))
		return;
	diag_source(p->d, src);
	if (!lex_check(src, p->d))
		return;
	p->reading = &here;
	p->lex = lex_start(src, p->d);
	p_next(p);
	p->end_line = 0;
	read_items(p);
	p->reading = up;
	if (p->broken)
		return; /* and find the end of the file everywhere */
	p->lex = lex;
	p->tok = tok;
}

/* Asks for a file. True when there is one: *out; false when not, and *why says why not. */
static bool ask(struct parser *p, const char *from, const char *name, struct policy_source *out,
		struct err *why)
{
	if (p->env == NULL || p->env->include == NULL) {
		(void)fail(why, ERR_POLICY, "no files can be included here");
		return false;
	}
	if (p->asked++ >= PARSE_FILES) {
		(void)fail(why, ERR_POLICY, "more than %d files", PARSE_FILES);
		return false;
	}
	if (p->env->include(p->env->ctx, p->a, from, name, out, why) == 0) {
		out->name = out->name != NULL ? out->name : name;
		return true;
	}
	if (why->kind != ERR_POLICY) {
		*p->e = *why;
		p->broken = true;
		p->lex.p = p->lex.end;
		p->tok.kind = TOK_END;
	}
	return false;
}

static bool include_error(struct parser *p, const struct policy_place *at, const char *name,
			  const struct err *why)
{
	if (p->broken)
		return false;
	(void)diag(p->d, POLICY_ERROR, "include", at, "include \"%.*s\": %.*s",
		   DIAG_WORD(name, strlen(name)), (int)strcspn(why->text, "\n"), why->text);
	if (err_hint(why) != NULL)
		diag_hint(p->d, "%s", err_hint(why));
	return false;
}

static bool include(struct parser *p, const struct policy_place *at, const char *name)
{
	struct policy_source src = { 0 };
	struct err why = { 0 };

	if (!ask(p, at->file, name, &src, &why))
		return include_error(p, at, name, &why);
	if (is_open(p->reading, src.name))
		(void)fail(&why, ERR_POLICY, "that file includes this one");
	else if (p->reading->depth == PARSE_INCLUDES)
		(void)fail(&why, ERR_POLICY, "more than %d files deep", PARSE_INCLUDES);
	if (why.kind != ERR_NONE)
		return include_error(p, at, name, &why);
	if (!is_loaded(p, src.name))
		read_source(p, &src);
	return true;
}

static bool item_include(struct parser *p)
{
	struct policy_place at;
	const char *name;

	p_next(p);
	if (p->tok.kind != TOK_STRING)
		return p_fail(p, "the name of a file in double quotes");
	at = p_place(p);
	name = lex_string(p->a, &p->tok);
	p_next(p);
	if (!p_want(p, TOK_SEMICOLON, "after the include"))
		return false;
	(void)include(p, &at, name); /* whatever came of it, this line is well-formed */
	return true;
}

/* clang-format off */
static const struct item {
	const char *word;
	bool (*read)(struct parser *p);
} items[] = {
	{ "include", item_include },
	{ "param", item_param },
	{ "const", item_const },
	{ "group", item_group },
	{ "policy", item_policy },
};
/* clang-format on */

static const char *item_word(void *ctx, size_t i)
{
	(void)ctx;
	return i < COUNT(items) ? items[i].word : NULL;
}

static const struct item *find_item(const struct token *t)
{
	for (size_t i = 0; t->kind == TOK_ID && i < COUNT(items); i++)
		if (strlen(items[i].word) == t->len && memcmp(items[i].word, t->p, t->len) == 0)
			return &items[i];
	return NULL;
}

bool p_is_item(const struct parser *p)
{
	return find_item(&p->tok) != NULL;
}

bool p_at_item(const struct parser *p)
{
	return p->tok.first && (p->in_policy ? TOK_IS(&p->tok, "policy") : p_is_item(p));
}

static void skip_item(struct parser *p)
{
	if (p->tok.kind == TOK_RBRACE)
		p_next(p);
	else
		parse_sync(p);
}

static void no_item(struct parser *p)
{
	const char *near = NULL;

	/* A "}" too many leaves all that follows outside: once is enough. */
	if (p->astray) {
		skip_item(p);
		return;
	}
	p->astray = true;
	(void)p_fail(p, "include, param, const, group or policy");
	if (p->tok.kind == TOK_ID)
		near = diag_nearest(p->tok.p, p->tok.len, item_word, NULL);
	if (near != NULL)
		diag_hint(p->d, "did you mean \"%s\"?", near);
	skip_item(p);
}

static void read_items(struct parser *p)
{
	while (p->tok.kind != TOK_END) {
		const struct item *it = find_item(&p->tok);

		if (p_take(p, TOK_SEMICOLON))
			continue;
		if (it == NULL) {
			no_item(p);
			continue;
		}
		p->astray = p->unclosed = false;
		if (!it->read(p))
			parse_sync(p);
	}
}

/* ---- policies from elsewhere ---- */

static bool has_policy(const struct parser *p, const struct ast_word *name)
{
	for (const struct ast_policy *o = p->policies; o != NULL; o = o->next)
		if (o->name.len == name->len && memcmp(o->name.p, name->p, name->len) == 0)
			return true;
	return false;
}

/* A policy that no file has: resolve.c says so, with the names that there are. */
static void find_elsewhere(struct parser *p, const struct ast_word *name)
{
	const struct reading outside = { .name = "" };
	struct policy_source src = { 0 };
	struct err why = { 0 };
	char *text;

	if (p->broken || p->asked == PARSE_FILES || has_policy(p, name))
		return;
	text = arena_strndup(p->a, name->p, name->len);
	if (!ask(p, name->at.file, text, &src, &why) || is_loaded(p, src.name))
		return;
	p->reading = &outside;
	read_source(p, &src);
	p->reading = NULL;
}

int parse_file(struct arena *a, const struct policy_source *src, const struct policy_env *env,
	       struct policy_diags *d, struct ast_file *out, struct err *e)
{
	struct parser p = { .a = a, .env = env, .d = d, .e = e };

	p.defines_tail = &p.defines;
	p.policies_tail = &p.policies;
	p.wanted_tail = &p.wanted;
	read_source(&p, src);
	for (const struct ast_words *w = p.wanted; w != NULL; w = w->next)
		find_elsewhere(&p, &w->word);
	if (p.broken)
		return -1;
	*out = (struct ast_file){ p.defines, p.policies, p.last };
	return 0;
}
