/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/str.h"
#include "base/utf8.h"

struct source {
	const char *what, *text;
	size_t len;
};

static int refuse(const struct source *s, size_t at, struct err *e, const char *why)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < s->len; i++)
		line += s->text[i] == '\n';
	return fail(e, ERR_SPEC, "%s: line %zu: %s", s->what, line, why);
}

/* Eight bytes of ASCII, and none of them NUL. */
static bool is_plain(const char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t bytes;

	memcpy(&bytes, s, sizeof(bytes));
	return ((bytes | (bytes - ones)) & tops) == 0;
}

static int check_bytes(const struct source *s, struct err *e)
{
	uint32_t point;
	size_t n;

	for (size_t i = 0; i < s->len; i += n) {
		n = 8;
		if (s->len - i >= n && is_plain(s->text + i))
			continue;
		n = utf8_next(s->text + i, s->len - i, &point);
		if (n == 0)
			return refuse(s, i, e, "invalid UTF-8");
		if (point == 0)
			return refuse(s, i, e, "NUL in the text");
	}
	return 0;
}

/* The unit of "\uXXXX" at i, or -1 when that is not what is there. */
static long unit_at(const struct source *s, size_t i)
{
	char hex[5] = "";

	if (i > s->len || s->len - i < 6 || s->text[i] != '\\' || s->text[i + 1] != 'u')
		return -1;
	for (size_t k = 0; k < 4; k++) {
		hex[k] = s->text[i + 2 + k];
		if (!isxdigit((unsigned char)hex[k]))
			return -1;
	}
	return strtol(hex, NULL, 16);
}

static bool is_high(long unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(long unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* Moves *i over the escape there. What is malformed otherwise is left to yajl; halves of
 * surrogate pairs it would turn into other characters. */
static int skip_escape(const struct source *s, size_t *i, struct err *e)
{
	long unit = unit_at(s, *i);

	if (unit == 0)
		return refuse(s, *i, e, "NUL in a string");
	if (is_low(unit) || (is_high(unit) && !is_low(unit_at(s, *i + 6))))
		return refuse(s, *i, e, "half a surrogate pair in a string");
	*i += is_high(unit) ? 12 : unit >= 0 ? 6 : 2;
	return 0;
}

/* From behind the opening quote to behind the closing one. */
static int skip_string(const struct source *s, size_t *i, struct err *e)
{
	const char *text = s->text;
	const size_t len = s->len;
	size_t at = *i;

	for (;;) {
		while (at < len && text[at] != '"' && text[at] != '\\')
			at++;
		if (at >= len || text[at] == '"')
			break;
		if (skip_escape(s, &at, e) < 0)
			return -1;
	}
	*i = at + 1;
	return 0;
}

static int check_comment(const struct source *s, size_t slash, struct err *e)
{
	const char *after = &s->text[slash + 1];

	if (slash + 1 < s->len && (*after == '/' || *after == '*'))
		return refuse(s, slash, e, "comments are not JSON");
	return 0;
}

/* The wall in front of yajl: what it would forgive (overlong UTF-8, halves of surrogate
 * pairs), what it cannot say with NUL-ended strings, and how deep it may go. */
static int check_shape(const struct source *s, struct err *e)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s->len;) {
		const char c = s->text[i++];

		if (c == '"' && skip_string(s, &i, e) < 0)
			return -1;
		if (c == '/' && check_comment(s, i - 1, e) < 0)
			return -1;
		if ((c == '[' || c == '{') && ++depth > JSON_DEPTH)
			return refuse(s, i, e, "nested deeper than 64");
		if ((c == ']' || c == '}') && depth > 0)
			depth--;
	}
	return 0;
}

_Static_assert(JSON_DEPTH == 64, "the number is part of a message");

struct reader {
	struct arena *a, *strings; /* a: also yajl's memory, and ours for sorting */
	char *text;                /* our copy: strings end where their closing quote was */
	size_t len;
	struct json *open[JSON_DEPTH];
	unsigned depth;
	const char *key;
	struct json *root;
};

static struct json *make(struct arena *a, enum json_kind kind, const char *text)
{
	struct json *v = arena_new(a, struct json);

	v->kind = kind;
	v->text = text;
	return v;
}

static void append(struct json *to, struct json *v)
{
	if (to->last != NULL)
		to->last->next = v;
	else
		to->first = v;
	to->last = v;
	to->n++;
}

static struct json *put(struct reader *r, enum json_kind kind, const char *text)
{
	struct json *v = make(r->a, kind, text);

	v->key = r->key;
	r->key = NULL;
	if (r->depth > 0)
		append(r->open[r->depth - 1], v);
	else
		r->root = v;
	return v;
}

/* A string of the text that yajl has got past, quote and all; or, where escapes were in it, of
 * a buffer of yajl's. */
static const char *keep(struct reader *r, const unsigned char *s, size_t n)
{
	const size_t at = (uintptr_t)s - (uintptr_t)r->text;

	if (at >= r->len)
		return arena_strndup(r->strings, (const char *)s, n);
	r->text[at + n] = '\0';
	return r->text + at;
}

static int on_null(void *ctx)
{
	(void)put(ctx, JSON_NULL, NULL);
	return 1;
}

static int on_bool(void *ctx, int truth)
{
	put(ctx, JSON_BOOL, NULL)->truth = truth != 0;
	return 1;
}

static int on_number(void *ctx, const char *s, size_t n)
{
	struct reader *r = ctx;

	(void)put(r, JSON_NUMBER, arena_strndup(r->strings, s, n));
	return 1;
}

static int on_string(void *ctx, const unsigned char *s, size_t n)
{
	struct reader *r = ctx;

	(void)put(r, JSON_STRING, keep(r, s, n));
	return 1;
}

static int on_key(void *ctx, const unsigned char *s, size_t n)
{
	struct reader *r = ctx;

	r->key = keep(r, s, n);
	return 1;
}

static int open_one(struct reader *r, enum json_kind kind)
{
	struct json *v = put(r, kind, NULL);

	if (r->depth == JSON_DEPTH)
		return 0;
	r->open[r->depth++] = v;
	return 1;
}

static int on_object(void *ctx)
{
	return open_one(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
	return open_one(ctx, JSON_ARRAY);
}

static int on_array_end(void *ctx)
{
	struct reader *r = ctx;

	r->depth--;
	return 1;
}

static int by_key(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* Sorted, because an object may have as many members as the text has room for. */
static int on_object_end(void *ctx)
{
	struct reader *r = ctx;
	struct json *object = r->open[--r->depth];
	struct json **all = arena_array(r->a, object->n, sizeof(struct json *));
	size_t n = 0;

	for (struct json *v = object->first; v != NULL; v = v->next)
		all[n++] = v;
	if (n > 1)
		qsort(all, n, sizeof(struct json *), by_key);
	for (size_t i = 1; i < n; i++)
		if (str_eq(all[i - 1]->key, all[i]->key))
			all[i - 1]->twice = all[i]->twice = true;
	return 1;
}

/* yajl does not look at what malloc returned, so it gets memory that is never NULL. The size
 * is kept in front, for realloc. */
static void *give(void *ctx, size_t n)
{
	size_t *h = arena_alloc(ctx, sizeof(*h) + n);

	*h = n;
	return h + 1;
}

static void take_back(void *ctx, void *p)
{
	(void)ctx;
	(void)p; /* goes with the arena */
}

static void *give_more(void *ctx, void *p, size_t n)
{
	void *more = give(ctx, n);
	size_t old;

	if (p == NULL)
		return more;
	old = ((const size_t *)p)[-1];
	return memcpy(more, p, old < n ? old : n);
}

static int refuse_syntax(const struct source *s, yajl_handle y, size_t at, struct err *e)
{
	unsigned char *said = yajl_get_error(y, 0, NULL, 0);
	char why[128] = "";
	struct sbuf b = SBUF(why);

	sbuf_add(&b, "%.*s", (int)strcspn((const char *)said, ".\n"), (const char *)said);
	return refuse(s, at, e, why);
}

static int parse(struct reader *r, const struct source *s, struct err *e)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null,
		.yajl_boolean = on_bool,
		.yajl_number = on_number,
		.yajl_string = on_string,
		.yajl_start_map = on_object,
		.yajl_map_key = on_key,
		.yajl_end_map = on_object_end,
		.yajl_start_array = on_array,
		.yajl_end_array = on_array_end,
	};
	yajl_alloc_funcs memory = { give, give_more, take_back, r->a };
	yajl_handle y = yajl_alloc(&callbacks, &memory, r);

	(void)yajl_config(y, yajl_dont_validate_strings, 1); /* check_bytes did */
	if (yajl_parse(y, (const unsigned char *)r->text, r->len) != yajl_status_ok)
		return refuse_syntax(s, y, yajl_get_bytes_consumed(y), e);
	if (yajl_complete_parse(y) != yajl_status_ok)
		return refuse_syntax(s, y, s->len, e);
	return 0;
}

int json_parse_apart(struct arena *a, struct arena *strings, const char *what, const char *text,
		     size_t len, struct json **out, struct err *e)
{
	const struct source s = { what, text, len };
	struct reader r = { .a = a, .strings = strings, .len = len };

	if (len > JSON_MAX)
		return fail(e, ERR_SPEC, "%s: expected at most %u bytes, found %zu", what,
			    JSON_MAX, len);
	if (check_bytes(&s, e) < 0 || check_shape(&s, e) < 0)
		return -1;
	r.text = arena_strndup(strings, text, len);
	if (parse(&r, &s, e) < 0)
		return -1;
	*out = r.root;
	return 0;
}

int json_parse(struct arena *a, const char *what, const char *text, size_t len,
	       struct json **out, struct err *e)
{
	return json_parse_apart(a, a, what, text, len, out, e);
}

struct json *json_object(struct arena *a)
{
	return make(a, JSON_OBJECT, NULL);
}

struct json *json_array(struct arena *a)
{
	return make(a, JSON_ARRAY, NULL);
}

struct json *json_string(struct arena *a, const char *s)
{
	return make(a, JSON_STRING, s);
}

struct json *json_int(struct arena *a, int64_t n)
{
	return make(a, JSON_NUMBER, arena_printf(a, "%jd", (intmax_t)n));
}

struct json *json_uint(struct arena *a, uint64_t n)
{
	return make(a, JSON_NUMBER, arena_printf(a, "%ju", (uintmax_t)n));
}

struct json *json_decimal(struct arena *a, const char *text)
{
	return make(a, JSON_NUMBER, text);
}

struct json *json_bool(struct arena *a, bool b)
{
	struct json *v = make(a, JSON_BOOL, NULL);

	v->truth = b;
	return v;
}

void json_set(struct json *object, const char *key, struct json *v)
{
	v->key = key;
	append(object, v);
}

void json_add(struct json *array, struct json *v)
{
	append(array, v);
}

struct json *json_get(const struct json *object, const char *key)
{
	for (struct json *v = object->first; v != NULL; v = v->next)
		if (str_eq(v->key, key))
			return v;
	return NULL;
}
