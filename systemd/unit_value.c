/* SPDX-License-Identifier: Apache-2.0 */
/* unit_value.c - GVariant's text form, as far as properties of units need it: booleans, numbers
 * with or without their type, strings, arrays, tuples. Whatever else there is (doubles, maybe,
 * variants, dictionaries) is refused. The same text has one meaning or none. */
#include <string.h>

#include "base/str.h"
#include "systemd/unit.h"

#define DEPTH 8

struct reader {
	struct arena *a;
	const char *text, *at;
	struct err *e;
	int depth;
};

static int unwanted(struct reader *r, const char *wanted)
{
	return fail(r->e, ERR_SPEC,
		    "expected %s at character %zu: found \"%.16s\" (GVariant's text form)",
		    wanted, (size_t)(r->at - r->text) + 1, r->at);
}

static void blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t");
}

static bool take(struct reader *r, char c)
{
	blanks(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* A word, if it is that one and ends there. */
static bool take_word(struct reader *r, const char *word)
{
	const char *rest = str_after(r->at, word);

	if (rest == NULL || (*rest != '\0' && strchr(" \t,])", *rest) == NULL))
		return false;
	r->at = rest;
	return true;
}

/* ---- numbers ---- */

static const struct number_type {
	const char *word, *type;
	int64_t lo;
	uint64_t hi;
} number_types[] = {
	{ "byte", "y", 0, UINT8_MAX },    { "int16", "n", INT16_MIN, INT16_MAX },
	{ "uint16", "q", 0, UINT16_MAX }, { "int32", "i", INT32_MIN, INT32_MAX },
	{ "uint32", "u", 0, UINT32_MAX }, { "int64", "x", INT64_MIN, INT64_MAX },
	{ "uint64", "t", 0, UINT64_MAX },
};
#define PLAIN_NUMBER (&number_types[3]) /* GVariant: an int32 unless told */

static int number(struct reader *r, const struct number_type *t, const char **type,
		  struct json **out)
{
	char digits[24];
	size_t n = strspn(r->at, "-0123456789");
	uint64_t u;
	int64_t i;

	if (n == 0 || n >= sizeof(digits) ||
	    (n > 1 && r->at[0] == '0')) /* 010 is octal there */
		return unwanted(r, "a decimal number");
	memcpy(digits, r->at, n);
	digits[n] = '\0';
	*type = t->type;
	if (digits[0] == '-' && t->lo < 0 && str_int64(digits, t->lo, 0, &i))
		*out = json_int(r->a, i);
	else if (str_uint64(digits, t->hi, &u))
		*out = json_uint(r->a, u);
	else
		return unwanted(r, arena_printf(r->a, "a number of type %s", t->word));
	r->at += n;
	return 0;
}

/* ---- strings ---- */

static int escaped(struct reader *r, char *out)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *at = *r->at != '\0' ? strchr(from, *r->at) : NULL;

	if (at == NULL)
		return unwanted(r, "one of abfnrtv\\'\" behind a backslash");
	*out = to[at - from];
	r->at++;
	return 0;
}

static int string(struct reader *r, struct json **out)
{
	char quote = *r->at++, *text = arena_alloc(r->a, strlen(r->at) + 1);
	size_t n = 0;

	while (*r->at != quote) {
		if (*r->at == '\0')
			return unwanted(r, "the end of a string");
		if (*r->at != '\\')
			text[n++] = *r->at++;
		else if (r->at++, escaped(r, &text[n++]) < 0)
			return -1;
	}
	r->at++;
	text[n] = '\0';
	*out = json_string(r->a, text);
	return 0;
}

/* ---- the rest ---- */

static int value(struct reader *r, const char **type, struct json **out);

/* The elements up to the closing character; calls back with each one's type. */
static int elements(struct reader *r, char close, struct json *into,
		    int (*seen)(struct reader *r, const char **all, const char *type),
		    const char **all)
{
	const char *type;
	struct json *one;

	if (take(r, close))
		return 0;
	for (;;) {
		if (value(r, &type, &one) < 0 || seen(r, all, type) < 0)
			return -1;
		json_add(into, one);
		if (take(r, close))
			return 0;
		if (!take(r, ','))
			return unwanted(r, arena_printf(r->a, "\",\" or \"%c\"", close));
		if (close == ')' && take(r, close)) /* "(1,)": a tuple of one */
			return 0;
	}
}

static int same_type(struct reader *r, const char **all, const char *type)
{
	if (*all == NULL)
		*all = type;
	return str_eq(*all, type) ? 0 : unwanted(r, "elements of one type before this");
}

static int next_type(struct reader *r, const char **all, const char *type)
{
	*all = arena_printf(r->a, "%s%s", *all, type);
	return 0;
}

static int array(struct reader *r, const char **type, struct json **out)
{
	const char *element = NULL;

	*out = json_array(r->a);
	if (elements(r, ']', *out, same_type, &element) < 0)
		return -1;
	if (element == NULL)
		return unwanted(r, "the type of an empty array, as in \"@as []\", before this");
	*type = arena_printf(r->a, "a%s", element);
	return 0;
}

static int tuple(struct reader *r, const char **type, struct json **out)
{
	const char *all = "";

	*out = json_array(r->a);
	if (elements(r, ')', *out, next_type, &all) < 0)
		return -1;
	if (all[0] == '\0')
		return unwanted(r, "something in a tuple before this");
	*type = arena_printf(r->a, "(%s)", all);
	return 0;
}

/* "@as []" or "@as ['a']": a type of strings or numbers, or an array of one. */
static int annotated(struct reader *r, const char **type, struct json **out)
{
	const char *found = NULL;
	size_t n = strspn(r->at, "abynqiuxtso");
	const char *said = arena_strndup(r->a, r->at, n);

	if (n == 0 || n > 2 || (n == 2) != (said[0] == 'a') || said[n - 1] == 'a')
		return unwanted(r, "a simple type, or an array of one, behind \"@\"");
	r->at += n;
	blanks(r);
	if (n == 2 && r->at[0] == '[' && r->at[1 + strspn(r->at + 1, " \t")] == ']') {
		r->at = strchr(r->at, ']') + 1;
		*out = json_array(r->a);
		*type = said;
		return 0;
	}
	for (size_t i = 0; n == 1 && i < COUNT(number_types); i++)
		if (str_eq(said, number_types[i].type))
			return number(r, &number_types[i], type, out);
	if (value(r, &found, out) < 0)
		return -1;
	*type = said;
	return str_eq(found, said) ? 0 : unwanted(r, "a value of its type before this");
}

static int typed(struct reader *r, const char **type, struct json **out)
{
	for (size_t i = 0; i < COUNT(number_types); i++)
		if (take_word(r, number_types[i].word)) {
			blanks(r);
			return number(r, &number_types[i], type, out);
		}
	if (!take_word(r, "objectpath"))
		return number(r, PLAIN_NUMBER, type, out);
	blanks(r);
	*type = "o";
	return *r->at == '\'' || *r->at == '"' ? string(r, out) : unwanted(r, "a string");
}

static int simple(struct reader *r, const char **type, struct json **out)
{
	bool yes = take_word(r, "true");

	if (yes || take_word(r, "false")) {
		*type = "b";
		*out = json_bool(r->a, yes);
		return 0;
	}
	*type = "s";
	if (*r->at == '\'' || *r->at == '"')
		return string(r, out);
	return typed(r, type, out);
}

static int value(struct reader *r, const char **type, struct json **out)
{
	int got;

	if (r->depth == DEPTH)
		return unwanted(r, "fewer levels");
	r->depth++;
	if (take(r, '['))
		got = array(r, type, out);
	else if (take(r, '('))
		got = tuple(r, type, out);
	else if (take(r, '@'))
		got = annotated(r, type, out);
	else
		got = simple(r, type, out);
	r->depth--;
	return got;
}

int unit_value_parse(struct arena *a, const char *text, const char **type, struct json **out,
		     struct err *e)
{
	struct reader r = { .a = a, .text = text, .at = text, .e = e };

	if (value(&r, type, out) < 0)
		return -1;
	blanks(&r);
	return *r.at == '\0' ? 0 : unwanted(&r, "the end");
}
