/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

struct out {
	struct arena *scratch;
	char *p;
	size_t n, size;
	enum json_form form;
	unsigned level;
};

static void add(struct out *o, const char *s, size_t n)
{
	if (o->size - o->n < n) {
		size_t size = (o->size + n) * 2;
		char *more = arena_alloc(o->scratch, size);

		memcpy(more, o->p, o->n);
		o->p = more;
		o->size = size;
	}
	memcpy(o->p + o->n, s, n);
	o->n += n;
}

static void add_text(struct out *o, const char *s)
{
	add(o, s, strlen(s));
}

/* RFC 8785 section 3.2.2.2: the two-letter escapes where JSON has one, lower-case hex for the
 * other control bytes, all else as it is. */
static void add_control(struct out *o, unsigned char c)
{
	static const char letters[][3] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",  ['\f'] = "\\f",
		['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
	};
	char hex[8];

	if (letters[c][0] != '\0') {
		add(o, letters[c], 2);
		return;
	}
	(void)snprintf(hex, sizeof(hex), "\\u%04x", (unsigned)c);
	add_text(o, hex);
}

/* How many bytes from here are written as they are, one a character. */
static size_t plain(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void add_string(struct out *o, const char *s)
{
	size_t len = strlen(s), n;
	uint32_t point;

	add(o, "\"", 1);
	for (size_t i = 0; i < len; i += n) {
		n = plain(s + i);
		if (n > 0) {
			add(o, s + i, n);
			continue;
		}
		n = utf8_next(s + i, len - i, &point);
		if (n == 0) {
			n = 1;
			add_text(o, "\xef\xbf\xbd"); /* U+FFFD */
		} else if (point < ' ' || point == '"' || point == '\\') {
			add_control(o, (unsigned char)point);
		} else {
			add(o, s + i, n);
		}
	}
	add(o, "\"", 1);
}

/* One character as UTF-16, so that comparing the numbers compares the code units. */
static uint32_t next_units(const char **s, size_t *left)
{
	uint32_t point = 0xfffd;
	size_t n = utf8_next(*s, *left, &point);

	n = n == 0 ? 1 : n;
	*s += n;
	*left -= n;
	if (point < 0x10000)
		return point << 16;
	point -= 0x10000;
	return (0xd800 + (point >> 10)) << 16 | (0xdc00 + (point & 0x3ff));
}

static int compare_utf16(const char *a, const char *b)
{
	size_t an, bn;

	while (*a == *b && *a > 0 && *a < 0x7f) {
		a++;
		b++;
	}
	if ((unsigned char)*a < 0x80 && (unsigned char)*b < 0x80) /* as in both encodings */
		return *a - *b;
	an = strlen(a);
	bn = strlen(b);
	while (an > 0 && bn > 0) {
		uint32_t x = next_units(&a, &an), y = next_units(&b, &bn);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (an > 0) - (bn > 0);
}

static int by_units(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;

	return compare_utf16((*x)->key, (*y)->key);
}

/* The children in the order in which the form wants them. */
static const struct json **ordered(const struct out *o, const struct json *v)
{
	const struct json **all = arena_array(o->scratch, v->n, sizeof(struct json *));
	size_t n = 0;

	for (const struct json *c = v->first; c != NULL; c = c->next)
		all[n++] = c;
	if (v->kind == JSON_OBJECT && o->form == JSON_CANONICAL && n > 1)
		qsort(all, n, sizeof(struct json *), by_units);
	return all;
}

static void add_break(struct out *o)
{
	if (o->form != JSON_PRETTY)
		return;
	add(o, "\n", 1);
	for (unsigned i = 0; i < o->level; i++)
		add(o, "  ", 2);
}

static void add_value(struct out *o, const struct json *v);

static void add_children(struct out *o, const struct json *v)
{
	const struct json **all = ordered(o, v);

	o->level++;
	for (size_t i = 0; i < v->n; i++) {
		if (i > 0)
			add(o, ",", 1);
		add_break(o);
		if (v->kind == JSON_OBJECT) {
			add_string(o, all[i]->key);
			add_text(o, o->form == JSON_PRETTY ? ": " : ":");
		}
		add_value(o, all[i]);
	}
	o->level--;
	if (v->n > 0)
		add_break(o);
}

/* As deep as json_parse allows, or as our own code has built. Numbers are as written: ours are
 * integers without a plus or leading zeros, which is RFC 8785's form of them. */
static void add_value(struct out *o, const struct json *v)
{
	switch (v->kind) {
	case JSON_NULL:
		add_text(o, "null");
		break;
	case JSON_BOOL:
		add_text(o, v->truth ? "true" : "false");
		break;
	case JSON_NUMBER:
		add_text(o, v->text);
		break;
	case JSON_STRING:
		add_string(o, v->text);
		break;
	case JSON_ARRAY:
		add_text(o, "[");
		add_children(o, v);
		add_text(o, "]");
		break;
	case JSON_OBJECT:
		add_text(o, "{");
		add_children(o, v);
		add_text(o, "}");
		break;
	}
}

const char *json_print(struct arena *a, const struct json *v, enum json_form form, size_t *len)
{
	struct arena scratch = { 0 };
	struct out o = { .scratch = &scratch, .form = form, .size = 256 };
	const char *text;

	o.p = arena_alloc(&scratch, o.size);
	add_value(&o, v);
	if (len != NULL)
		*len = o.n;
	text = arena_strndup(a, o.p, o.n);
	arena_free(&scratch);
	return text;
}
