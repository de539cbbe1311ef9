/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/lex.h"

#include <limits.h>

#include "base/utf8.h"
#include "seccomp/diag.h"

/* ---- is it text at all ---- */

static struct policy_place place_of(const struct policy_source *src, const char *p)
{
	struct policy_place at = { src->name, 1, 1, 1 };

	for (const char *q = src->text; q < p; q++) {
		at.column++;
		if (*q == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

/* Eight bytes that are ASCII without NUL, which is what nearly all text is. */
static bool plain_word(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return ((w | (w - ones)) & tops) == 0;
}

static bool bad_text(struct policy_diags *d, const struct policy_source *src, const char *p,
		     size_t width, const char *what)
{
	struct policy_place at = place_of(src, p);

	at.width = (unsigned)width;
	(void)diag(d, POLICY_ERROR, "syntax", &at, "expected text, found %s", what);
	return false;
}

bool lex_check(const struct policy_source *src, struct policy_diags *d)
{
	const char *p = src->text, *end = p + src->len;
	uint32_t c = 0;
	size_t n;

	while (p < end) {
		if (end - p >= 8 && plain_word(p)) {
			p += 8;
			continue;
		}
		n = utf8_next(p, (size_t)(end - p), &c);
		if (n == 0)
			return bad_text(d, src, p, 1, "a byte that is no UTF-8");
		if (c == 0)
			return bad_text(d, src, p, 1, "a NUL byte");
		if (diag_is_bidi(c))
			return bad_text(d, src, p, n,
					"a control that changes the direction of writing");
		p += n;
	}
	return true;
}

/* ---- characters ---- */

enum class {
	CLASS_BAD,
	CLASS_BLANK,
	CLASS_ALPHA, /* begins a name */
	CLASS_DIGIT,
	CLASS_SIGN,
	CLASS_QUOTE,
	CLASS_GROUP,
};

/* clang-format off */
static const unsigned char classes[256] = {
	[' '] = CLASS_BLANK, ['\t'] = CLASS_BLANK, ['\n'] = CLASS_BLANK, ['\r'] = CLASS_BLANK,
	['A' ... 'Z'] = CLASS_ALPHA, ['a' ... 'z'] = CLASS_ALPHA, ['_'] = CLASS_ALPHA,
	['0' ... '9'] = CLASS_DIGIT,
	['"'] = CLASS_QUOTE,
	['@'] = CLASS_GROUP,
	['!'] = CLASS_SIGN, ['&'] = CLASS_SIGN, ['('] = CLASS_SIGN, [')'] = CLASS_SIGN,
	['*'] = CLASS_SIGN, [','] = CLASS_SIGN, ['-'] = CLASS_SIGN, ['.'] = CLASS_SIGN,
	[':'] = CLASS_SIGN, [';'] = CLASS_SIGN, ['<'] = CLASS_SIGN, ['='] = CLASS_SIGN,
	['>'] = CLASS_SIGN, ['?'] = CLASS_SIGN, ['{'] = CLASS_SIGN, ['|'] = CLASS_SIGN,
	['}'] = CLASS_SIGN, ['~'] = CLASS_SIGN,
};

/* A sign alone, and with the character that may follow it. */
static const struct sign {
	unsigned char alone, then, both;
} signs[128] = {
	[';'] = { TOK_SEMICOLON, 0, 0 },
	[','] = { TOK_COMMA, 0, 0 },
	[':'] = { TOK_COLON, 0, 0 },
	['?'] = { TOK_QUESTION, 0, 0 },
	['*'] = { TOK_STAR, 0, 0 },
	['~'] = { TOK_TILDE, 0, 0 },
	['('] = { TOK_OPEN, 0, 0 },
	[')'] = { TOK_CLOSE, 0, 0 },
	['{'] = { TOK_LBRACE, 0, 0 },
	['}'] = { TOK_RBRACE, 0, 0 },
	['!'] = { TOK_NOT, '=', TOK_NE },
	['='] = { TOK_ASSIGN, '=', TOK_EQ },
	['|'] = { TOK_OR, '|', TOK_OROR },
	['&'] = { TOK_AND, '&', TOK_ANDAND },
	['-'] = { TOK_MINUS, '>', TOK_ARROW },
	['<'] = { TOK_LT, '=', TOK_LE },
	['>'] = { TOK_GT, '=', TOK_GE },
	['.'] = { TOK_DOT, '.', TOK_RANGE },
};

static const char *const kinds[] = {
	[TOK_END] = "the end of the file",
	[TOK_ID] = "a name",
	[TOK_GROUP] = "a group",
	[TOK_NUMBER] = "a number",
	[TOK_VERSION] = "a kernel version",
	[TOK_STRING] = "a string",
	[TOK_SEMICOLON] = "\";\"", [TOK_COMMA] = "\",\"", [TOK_COLON] = "\":\"",
	[TOK_QUESTION] = "\"?\"", [TOK_AT] = "\"@\"", [TOK_STAR] = "\"*\"",
	[TOK_TILDE] = "\"~\"", [TOK_NOT] = "\"!\"", [TOK_ASSIGN] = "\"=\"",
	[TOK_OR] = "\"|\"", [TOK_AND] = "\"&\"", [TOK_MINUS] = "\"-\"",
	[TOK_OROR] = "\"||\"", [TOK_ANDAND] = "\"&&\"", [TOK_ARROW] = "\"->\"",
	[TOK_DOT] = "\".\"", [TOK_RANGE] = "\"..\"", [TOK_EQ] = "\"==\"", [TOK_NE] = "\"!=\"",
	[TOK_LT] = "\"<\"", [TOK_LE] = "\"<=\"", [TOK_GT] = "\">\"", [TOK_GE] = "\">=\"",
	[TOK_OPEN] = "\"(\"", [TOK_CLOSE] = "\")\"",
	[TOK_LBRACE] = "\"{\"", [TOK_RBRACE] = "\"}\"",
};
/* clang-format on */

const char *lex_kind(enum token_kind kind)
{
	return kinds[kind];
}

static unsigned class_at(const struct lexer *l, const char *p)
{
	return p < l->end ? classes[(unsigned char)*p] : CLASS_BAD;
}

static bool in_name(const struct lexer *l, const char *p)
{
	unsigned class = class_at(l, p);

	return class == CLASS_ALPHA || class == CLASS_DIGIT;
}

static const char *name_end(const struct lexer *l, const char *p)
{
	while (in_name(l, p))
		p++;
	return p;
}

/* The same with "-" and ".", each directly between two characters of a name. */
static const char *dashed_end(const struct lexer *l, const char *p, bool dots)
{
	for (p = name_end(l, p); p < l->end; p = name_end(l, p + 1))
		if ((*p != '-' && !(dots && *p == '.')) || !in_name(l, p + 1))
			break;
	return p;
}

/* ---- errors ---- */

static void bad(struct lexer *l, const struct token *t, const char *want, const char *found)
{
	struct policy_place at = lex_place(l, t);

	(void)diag(l->d, POLICY_ERROR, "syntax", &at, "expected %s, found %s", want, found);
}

static void bad_word(struct lexer *l, const struct token *t, const char *want)
{
	struct policy_place at = lex_place(l, t);

	(void)diag(l->d, POLICY_ERROR, "syntax", &at, "expected %s, found \"%.*s\"", want,
		   DIAG_WORD(t->p, t->len));
}

/* Reports a run of characters that begin no token, and passes over them. */
static void skip_bad(struct lexer *l, const char *p)
{
	struct token t = { .p = p, .line = l->line, .column = (unsigned)(p - l->bol) + 1 };
	uint32_t c = 0;
	size_t n = utf8_next(p, (size_t)(l->end - p), &c);
	struct policy_place at;

	l->p = p + (n > 0 ? n : 1);
	while (l->p < l->end && classes[(unsigned char)*l->p] == CLASS_BAD && *l->p != '#' &&
	       *l->p != '/')
		l->p++;
	t.len = (size_t)(l->p - p);
	at = lex_place(l, &t);
	if (c > ' ' && c < 0x7f)
		(void)diag(l->d, POLICY_ERROR, "syntax", &at, "unexpected character \"%c\"",
			   (char)c);
	else
		(void)diag(l->d, POLICY_ERROR, "syntax", &at, "unexpected character U+%04X", c);
	if (c == '\'')
		diag_hint(l->d, "a string stands in double quotes");
}

/* ---- blanks and comments ---- */

static void new_line(struct lexer *l, const char *p)
{
	l->line++;
	l->bol = p;
}

/* The comment that begins at p; where it ends, or NULL when there is none. */
static const char *comment_end(struct lexer *l, const char *p)
{
	struct token t = { .p = p, .len = 2, .line = l->line };
	bool block = *p == '/' && l->end - p >= 2 && p[1] == '*';
	const char *from = p, *bol = l->bol;

	if (*p == '#' || (*p == '/' && l->end - p >= 2 && p[1] == '/')) {
		p = memchr(p, '\n', (size_t)(l->end - p));
		return p != NULL ? p : l->end;
	}
	if (!block)
		return NULL;
	for (p += 2; l->end - p >= 2; p++) {
		if (p[0] == '*' && p[1] == '/')
			return p + 2;
		if (*p == '\n')
			new_line(l, p + 1);
	}
	t.column = (unsigned)(from - bol) + 1;
	bad(l, &t, "\"*/\" at the end of the comment", kinds[TOK_END]);
	return l->end;
}

/* To the first character of the next token; true when a line began on the way. */
static bool skip_blanks(struct lexer *l)
{
	const char *p = l->p, *after;
	unsigned line = l->line;

	for (; p < l->end; p = after) {
		unsigned class = classes[(unsigned char)*p];

		after = p + 1;
		if (*p == '\n')
			new_line(l, after);
		if (class == CLASS_BLANK)
			continue;
		if (class != CLASS_BAD)
			break;
		after = comment_end(l, p);
		if (after != NULL)
			continue;
		skip_bad(l, p);
		after = l->p;
	}
	l->p = p;
	return l->line != line;
}

/* ---- tokens ---- */

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* All of [p, end) as digits; false when one is none. Too large a number is 0, and reported. */
static bool read_digits(struct lexer *l, struct token *t, const char *p, unsigned base)
{
	const char *end = t->p + t->len;
	bool over = false;

	for (const char *q = p; q < end; q++) {
		unsigned digit = digit_of(*q);

		if (digit >= base)
			return false;
		over |= __builtin_mul_overflow(t->number, base, &t->number);
		over |= __builtin_add_overflow(t->number, digit, &t->number);
	}
	if (over) {
		bad_word(l, t, "a number of at most 64 bits");
		t->number = 0;
	}
	return p < end;
}

static void read_version(struct lexer *l, struct token *t, const char *dot)
{
	uint64_t part[2] = { 0, 0 };
	bool good = true;

	t->kind = TOK_VERSION;
	for (const char *p = t->p; p < t->p + t->len; p++) {
		if (p == dot)
			continue;
		good &= *p >= '0' && *p <= '9';
		part[p > dot] = part[p > dot] * 10 + digit_of(*p);
		good &= part[p > dot] <= UCHAR_MAX;
		if (!good)
			break;
	}
	if (good)
		t->number = part[0] << 8 | part[1];
	else
		bad_word(l, t, "a kernel version such as 6.18");
}

static void read_number(struct lexer *l, struct token *t)
{
	const char *dot = l->p = name_end(l, t->p);
	bool good;

	while (l->end - l->p >= 2 && *l->p == '.' && class_at(l, l->p + 1) == CLASS_DIGIT)
		l->p = name_end(l, l->p + 1);
	t->len = (size_t)(l->p - t->p);
	if (l->p != dot) {
		read_version(l, t, dot);
		return;
	}
	t->kind = TOK_NUMBER;
	if (t->len == 1 || *t->p != '0')
		good = read_digits(l, t, t->p, 10);
	else if ((t->p[1] | 0x20) == 'x')
		good = read_digits(l, t, t->p + 2, 16);
	else if ((t->p[1] | 0x20) == 'o')
		good = read_digits(l, t, t->p + 2, 8);
	else
		good = read_digits(l, t, t->p + 1, 8);
	if (!good)
		bad_word(l, t, "a number: decimal, 0x and hexadecimal, or 0 and octal");
}

/* Reports what may not stand in a string; where reading goes on, NULL at the end of it. */
static const char *string_step(struct lexer *l, struct token *t, const char *p)
{
	struct token here = { .p = p, .len = 1, .line = t->line };

	here.column = t->column + (unsigned)(p - t->p);
	if (p == l->end || *p == '\n') {
		t->len = (size_t)(p - t->p);
		bad(l, t, "a quote at the end of the string",
		    p == l->end ? kinds[TOK_END] : "the end of the line");
		return NULL;
	}
	if (*p == '\\') {
		here.len = 2;
		if (l->end - p >= 2 && (p[1] == '"' || p[1] == '\\'))
			return p + 2;
		bad(l, &here, "\\\" or \\\\ after the \"\\\"", "something else");
		return p + 1;
	}
	if ((unsigned char)*p < ' ' || *p == 0x7f)
		bad(l, &here, "text in a string", "a control byte");
	return p + 1;
}

static void read_string(struct lexer *l, struct token *t)
{
	const char *p = t->p + 1;

	t->kind = TOK_STRING;
	while (p != NULL && (p == l->end || *p != '"'))
		p = string_step(l, t, p);
	if (p != NULL)
		t->len = (size_t)(p + 1 - t->p);
	l->p = t->p + t->len;
}

static void read_sign(struct lexer *l, struct token *t)
{
	const struct sign *s = &signs[(unsigned char)*t->p];
	bool two = l->end - t->p >= 2 && s->then != 0 && (unsigned char)t->p[1] == s->then;

	t->kind = two ? s->both : s->alone;
	t->len = two ? 2 : 1;
	l->p = t->p + t->len;
}

static void read_group(struct lexer *l, struct token *t)
{
	bool named = in_name(l, t->p + 1);

	l->p = named ? dashed_end(l, t->p + 1, false) : t->p + 1;
	t->kind = named ? TOK_GROUP : TOK_AT;
	t->len = (size_t)(l->p - t->p);
}

void lex_next(struct lexer *l, struct token *t)
{
	bool first = l->p == l->bol;

	first |= skip_blanks(l);
	*t = (struct token){ .kind = TOK_END, .p = l->p, .line = l->line, .first = first };
	t->column = (unsigned)(l->p - l->bol) + 1;
	if (l->p == l->end)
		return;
	switch (classes[(unsigned char)*l->p]) {
	case CLASS_ALPHA:
		l->p = name_end(l, l->p + 1);
		t->kind = TOK_ID;
		t->len = (size_t)(l->p - t->p);
		break;
	case CLASS_DIGIT:
		read_number(l, t);
		break;
	case CLASS_QUOTE:
		read_string(l, t);
		break;
	case CLASS_GROUP:
		read_group(l, t);
		break;
	default:
		read_sign(l, t);
		break;
	}
}

void lex_policy_name(struct lexer *l, struct token *t)
{
	l->p = dashed_end(l, t->p, true);
	t->len = (size_t)(l->p - t->p);
}

const char *lex_string(struct arena *a, const struct token *t)
{
	const char *end = t->p + t->len;
	char *text = arena_alloc(a, t->len + 1);
	size_t n = 0;

	for (const char *p = t->p + 1; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		text[n++] = *p;
	}
	return text;
}

struct lexer lex_start(const struct policy_source *src, struct policy_diags *d)
{
	return (struct lexer){
		.file = src->name,
		.p = src->text,
		.end = src->text + src->len,
		.bol = src->text,
		.line = 1,
		.d = d,
	};
}
