/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h - inside of the parser: parse.c has files and policies, parse_stmt.c statements,
 * parse_expr.c what they are made of. The grammar stands in caisson-policy(5).
 *
 * Recursive descent, one token ahead. A function that returns NULL or false has reported why;
 * the statement is given up and reading goes on behind it. */
#pragma once
#include <stdbool.h>

#include "seccomp/ast.h"
#include "seccomp/diag.h"
#include "seccomp/lex.h"

#define PARSE_DEPTH    64 /* of parentheses, of blocks, and of operators in a tree */
#define PARSE_INCLUDES 16 /* deep */
#define PARSE_FILES    64
#define PARSE_POLICIES 256

struct parser {
	struct arena *a;
	const struct policy_env *env; /* or NULL */
	struct policy_diags *d;
	struct err *e;

	struct lexer lex;
	struct token tok;              /* the next one, not taken yet */
	unsigned end_line, end_column; /* behind the last one that was taken */
	unsigned depth;                /* of open parentheses and blocks */
	unsigned parens;               /* of them, in the condition at hand */
	unsigned height;               /* of the tree that was made last: operators on a path */
	bool in_list;                  /* between the braces of "in { }" */
	struct ast_expr *half;         /* "(flags & MASK)", waiting for its "==" */
	bool in_policy;
	bool unclosed; /* a "}" was missing since the last item */
	bool astray;   /* outside of policies, with what stands inside */
	bool broken;   /* *e is filled: all ends */

	/* What was read so far, over all files. */
	const struct ast_define *defines;
	const struct ast_define **defines_tail;
	const struct ast_policy *policies, *last;
	const struct ast_policy **policies_tail;
	size_t policies_n;
	const struct ast_words *wanted; /* policies that are extended or used */
	const struct ast_words **wanted_tail;
	const struct reading *reading; /* the file at hand, in those that include it */
	const char *loaded[PARSE_FILES];
	unsigned loaded_n, asked;
	size_t bytes;
};

/* ---- tokens ---- */

void p_next(struct parser *p);
/* Takes the next token when it is of the kind. */
bool p_take(struct parser *p, enum token_kind kind);
/* Takes it, or says: expected ";" after the rule, found "allow". */
bool p_want(struct parser *p, enum token_kind kind, const char *where);
/* expected WANT, found ... Returns false. */
bool p_fail(struct parser *p, const char *want);
/* An ID, as a word of the tree; what: "the name of a constant". */
bool p_word(struct parser *p, struct ast_word *out, const char *what);
/* The name of a policy, which may contain "-" and ".". */
bool p_policy_name(struct parser *p, struct ast_word *out);
/* A policy of that name will be needed, from wherever it is. */
void p_need_policy(struct parser *p, const struct ast_word *name);
bool p_version(struct parser *p, uint16_t *out);

static inline struct policy_place p_place(const struct parser *p)
{
	return lex_place(&p->lex, &p->tok);
}

/* One level deeper; false, and an error, beyond the limit. */
bool p_enter(struct parser *p);
static inline void p_leave(struct parser *p)
{
	p->depth--;
}

/* ---- trees ---- */

/* What each function that makes a tree leaves in p->height: 0 for a leaf. */
typedef const void *term_fn(struct parser *p);
typedef const void *join_fn(struct parser *p, int kind, const void *left, const void *right);

/* term { SIGN term }, joined to a balanced tree of that kind of node. */
const void *p_chain(struct parser *p, enum token_kind sign, int kind, term_fn *term,
		    join_fn *join);
/* The tree; or NULL, and an error, when p->height has become too much. */
const void *p_checked(struct parser *p, const void *tree);

/* ---- what statements are made of ---- */

const struct ast_const *parse_number(struct parser *p); /* a number and nothing else */
const struct ast_const *parse_name(struct parser *p);   /* the same for a name */
const struct ast_const *parse_const(struct parser *p);
const struct ast_set *parse_set(struct parser *p);
const struct ast_expr *parse_expr(struct parser *p);
const struct ast_guard *parse_guard(struct parser *p);
const struct ast_action *parse_action(struct parser *p);
/* "@x86_64", with or without a blank behind the @ */
bool parse_at_arch(struct parser *p, struct ast_word *out);
bool parse_call(struct parser *p, struct ast_call *out);

/* ---- statements ---- */

/* Does a line begin here that begins an item? In a policy: another policy; a "}" is missing. */
bool p_at_item(const struct parser *p);
bool p_is_item(const struct parser *p); /* wherever it stands */

/* What stands between { and }: the first is taken already, the second is not. */
const struct ast_stmt *parse_body(struct parser *p);
/* The "}" of what began at that place; where: "at the end of the policy". */
bool parse_end(struct parser *p, const char *where, const struct policy_place *from);
/* Passes over the rest of what was wrong. */
void parse_sync(struct parser *p);
