/* SPDX-License-Identifier: Apache-2.0 */
/* lex.h - policy text to tokens. They point into the text; nothing is copied.
 *
 * Blanks and comments (# and // to the end of the line, and between slash-star and star-slash)
 * separate tokens and mean nothing else. There are no reserved words: what an ID means is the
 * parser's matter, so that kill(2) can be both an action and a call. A "-" or "." belongs to a
 * group's or policy's name when a letter or digit follows at once: "@fs-read - open". */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "seccomp/policy.h"

enum token_kind {
	TOK_END,
	TOK_ID,      /* [A-Za-z_][A-Za-z0-9_]* */
	TOK_GROUP,   /* @fs-read; also the @x86_64 of nr 335@x86_64 */
	TOK_NUMBER,  /* 12, 0x1f, 0o17 or 017; up to 64 bits */
	TOK_VERSION, /* 6.18; the number is KERNEL() */
	TOK_STRING,  /* "text" with \" and \\, on one line */
	TOK_SEMICOLON,
	TOK_COMMA,
	TOK_COLON,
	TOK_QUESTION,
	TOK_AT, /* an @ with a blank behind it */
	TOK_STAR,
	TOK_TILDE,
	TOK_NOT,
	TOK_ASSIGN,
	TOK_OR,
	TOK_AND,
	TOK_MINUS,
	TOK_OROR,
	TOK_ANDAND,
	TOK_ARROW,
	TOK_DOT,
	TOK_RANGE, /* .. */
	TOK_EQ,
	TOK_NE,
	TOK_LT,
	TOK_LE,
	TOK_GT,
	TOK_GE,
	TOK_OPEN, /* ( */
	TOK_CLOSE,
	TOK_LBRACE,
	TOK_RBRACE,
};

struct token {
	enum token_kind kind;
	const char *p; /* as it is written, quotes included */
	size_t len;
	unsigned line, column;
	bool first; /* of its line */
	uint64_t number;
};

struct lexer {
	const char *file;
	const char *p, *end, *bol; /* bol: where the line begins */
	unsigned line;
	struct policy_diags *d;
};

/* False, with an error, when the bytes are no text: a NUL, no UTF-8, or controls that make a
 * text look like another one. Such a source must not be read. */
bool lex_check(const struct policy_source *src, struct policy_diags *d);
struct lexer lex_start(const struct policy_source *src, struct policy_diags *d);
/* The next token. What is none is reported and passed over; after the last one, TOK_END. */
void lex_next(struct lexer *l, struct token *t);
/* The token just read, an ID, takes in what belongs to the name of a policy. */
void lex_policy_name(struct lexer *l, struct token *t);
/* What a string says, NUL-ended, in the arena. */
const char *lex_string(struct arena *a, const struct token *t);
/* What the grammar calls the kind: "a name", "\";\"". */
const char *lex_kind(enum token_kind kind);

static inline struct policy_place lex_place(const struct lexer *l, const struct token *t)
{
	unsigned width = t->len > 0 ? (unsigned)t->len : 1;

	return (struct policy_place){ l->file, t->line, t->column, width };
}

/* Is it that word? The length is known when this is compiled. */
#define TOK_IS(t, word)                                               \
	((t)->kind == TOK_ID && (t)->len == sizeof("" word "") - 1 && \
	 memcmp((t)->p, word, sizeof(word) - 1) == 0)
