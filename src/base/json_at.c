/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"

/* Texts come from the document and go to terminals and logs. */
static char *one_line(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return text;
}

static void keep(struct complaints *c, char *text)
{
	struct complaint *one = arena_new(c->arena, struct complaint);

	one->text = one_line(text);
	if (c->last != NULL)
		c->last->next = one;
	else
		c->first = one;
	c->last = one;
}

void complain(struct complaints *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (c->n++ >= COMPLAINTS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	keep(c, arena_strdup(c->arena, text));
}

int complaints_fail(const struct complaints *c, enum err_kind kind, struct err *e)
{
	if (c->n == 0)
		return 0;
	(void)fail(e, kind, "%s", c->first->text);
	if (c->n > 1)
		(void)hint(e, "and %zu more: \"caisson check\" lists them all", c->n - 1);
	return -1;
}

struct jat j_root(struct json *doc, struct complaints *bad)
{
	return (struct jat){ .v = doc, .raw = doc, .bad = bad };
}

static void arrive(struct jat *at, struct json *v)
{
	v->read = true;
	at->raw = v;
	at->v = v->kind == JSON_NULL ? NULL : v;
	at->twice = v->twice;
}

/* The members of that name; where there is none, those that differ in case only: runc takes
 * them, and a wall that is left out for a letter is none. */
static void find_key(struct jat *at, const struct json *object, bool folded)
{
	for (struct json *v = object->first; v != NULL; v = v->next) {
		if ((folded ? strcasecmp(v->key, at->key) : strcmp(v->key, at->key)) != 0)
			continue;
		if (at->raw == NULL)
			arrive(at, v);
		else
			at->twice = true;
		v->read = true;
	}
}

struct jat j_key(const struct jat *up, const char *key)
{
	struct jat at = { .up = up, .key = key, .bad = up->bad };

	if (up->v == NULL || up->v->kind != JSON_OBJECT)
		return at;
	find_key(&at, up->v, false);
	if (at.raw == NULL)
		find_key(&at, up->v, true);
	return at;
}

bool j_next(const struct jat *up, struct jat *it)
{
	struct json *v;

	if (up->v == NULL || (up->v->kind != JSON_ARRAY && up->v->kind != JSON_OBJECT))
		return false;
	v = it->raw == NULL ? up->v->first : it->raw->next;
	if (v == NULL)
		return false;
	it->i = it->raw == NULL ? 0 : it->i + 1;
	it->up = up;
	it->key = v->key;
	it->bad = up->bad;
	arrive(it, v);
	return true;
}

static bool is_plain(const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-";

	return *key != '\0' && key[strspn(key, plain)] == '\0';
}

static void add_key(struct sbuf *b, const char *key)
{
	if (is_plain(key)) {
		sbuf_add(b, "%s%s", b->n > 0 ? "." : "", key);
		return;
	}
	sbuf_add(b, "[\"");
	for (; *key != '\0' && !b->over; key++) {
		if (*key == '"' || *key == '\\')
			sbuf_add(b, "\\");
		sbuf_add(b, "%c", (unsigned char)*key < ' ' ? '?' : *key);
	}
	sbuf_add(b, "\"]");
}

/* Bounded by JSON_DEPTH, and by the readers, which know how deep they are. */
static void add_path(struct sbuf *b, const struct jat *at)
{
	if (at->up == NULL)
		return;
	add_path(b, at->up);
	if (at->key != NULL)
		add_key(b, at->key);
	else
		sbuf_add(b, "[%zu]", at->i);
}

size_t j_path(const struct jat *at, char *buf, size_t size)
{
	struct sbuf b = { buf, 0, size, false };

	buf[0] = '\0';
	add_path(&b, at);
	return b.n;
}

/* A long path keeps room for what is wrong there: struct err has 472 bytes for both. */
static void say(const struct jat *at, const char *text)
{
	bool kept = at->bad->n < COMPLAINTS_MAX;
	char path[256];

	if (j_path(at, path, sizeof(path)) == 0)
		complain(at->bad, "%s", text);
	else
		complain(at->bad, "%s: %s", path, text);
	if (kept)
		at->bad->last->place = arena_strdup(at->bad->arena, path);
}

/* "a.b" is in "a", "a[1].b" too; everything is in "". */
static bool is_in(const char *place, const char *outer)
{
	const char *rest = str_after(place, outer);

	return rest != NULL &&
	       (*outer == '\0' || *rest == '\0' || *rest == '.' || *rest == '[');
}

bool complained_of(const struct complaints *c, const char *place)
{
	if (c->n > COMPLAINTS_MAX)
		return true; /* or not: nobody keeps what would be said */
	for (const struct complaint *one = c->first; one != NULL; one = one->next)
		if (one->place != NULL &&
		    (is_in(place, one->place) || is_in(one->place, place)))
			return true;
	return false;
}

void j_say(const struct jat *at, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(at, text);
}

static const char *kind_found(const struct jat *at)
{
	static const char *const kinds[] = {
		[JSON_NULL] = "null",   [JSON_NUMBER] = "number", [JSON_STRING] = "string",
		[JSON_ARRAY] = "array", [JSON_OBJECT] = "object",
	};

	if (at->twice)
		return "two values";
	if (at->raw == NULL)
		return "nothing";
	if (at->raw->kind == JSON_BOOL)
		return at->raw->truth ? "true" : "false";
	return kinds[at->raw->kind];
}

void j_bad(const struct jat *at, const char *want)
{
	j_say(at, "expected %s, found %s", want, kind_found(at));
}

static bool is_kind(const struct jat *at, enum json_kind kind, const char *want)
{
	if (at->v == NULL && !at->twice)
		return false;
	if (!at->twice && at->v->kind == kind)
		return true;
	j_bad(at, want);
	return false;
}

bool j_object(const struct jat *at)
{
	return is_kind(at, JSON_OBJECT, "object");
}

bool j_array(const struct jat *at)
{
	return is_kind(at, JSON_ARRAY, "array");
}

bool j_string(const struct jat *at, const char **out)
{
	if (!is_kind(at, JSON_STRING, "string"))
		return false;
	*out = at->v->text;
	return true;
}

bool j_bool(const struct jat *at, bool *out)
{
	if (!is_kind(at, JSON_BOOL, "boolean"))
		return false;
	*out = at->v->truth;
	return true;
}

/* 1.0 and 1e3 are numbers but no integers: Go's decoder, which the callers' own checks are
 * written against, refuses them as well. */
static bool is_integer(const struct jat *at)
{
	if (!is_kind(at, JSON_NUMBER, "integer"))
		return false;
	if (strpbrk(at->v->text, ".eE") == NULL)
		return true;
	j_say(at, "expected integer, found %.40s", at->v->text);
	return false;
}

bool j_int64(const struct jat *at, int64_t lo, int64_t hi, int64_t *out)
{
	if (!is_integer(at))
		return false;
	if (str_int64(at->v->text, lo, hi, out))
		return true;
	j_say(at, "expected %jd to %jd, found %.40s", (intmax_t)lo, (intmax_t)hi, at->v->text);
	return false;
}

bool j_uint64(const struct jat *at, uint64_t hi, uint64_t *out)
{
	if (!is_integer(at))
		return false;
	if (str_uint64(at->v->text, hi, out))
		return true;
	j_say(at, "expected 0 to %ju, found %.40s", (uintmax_t)hi, at->v->text);
	return false;
}

bool j_uint32(const struct jat *at, uint32_t *out)
{
	uint64_t n;

	if (!j_uint64(at, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

bool j_strings(const struct jat *at, struct arena *a, const char *const **out, size_t *n)
{
	const char **list;
	bool good = true;

	if (!j_array(at))
		return false;
	list = arena_array(a, at->v->n + 1, sizeof(char *));
	for (struct jat it = { 0 }; j_next(at, &it);) {
		if (it.v == NULL)
			j_bad(&it, "string");
		good = j_string(&it, &list[it.i]) && good;
	}
	if (!good)
		return false;
	*out = list;
	if (n != NULL)
		*n = at->v->n;
	return true;
}

bool j_required(const struct jat *at, const char *want)
{
	if (at->v != NULL || at->twice)
		return true; /* two values: the getter says so */
	j_bad(at, want);
	return false;
}

struct unread {
	void (*found)(void *ctx, const char *path);
	void *ctx;
};

/* As deep as the parser let the document be. */
static void find_unread(const struct jat *at, const struct unread *u)
{
	char path[512];
	size_t i = 0;

	for (struct json *v = at->raw->first; v != NULL; v = v->next) {
		const struct jat it = { .up = at, .key = v->key, .i = i++, .raw = v };

		if (v->read || v->key == NULL) {
			find_unread(&it, u);
			continue;
		}
		(void)j_path(&it, path, sizeof(path));
		u->found(u->ctx, path);
	}
}

void json_unread(const struct json *doc, void (*found)(void *ctx, const char *path), void *ctx)
{
	const struct unread u = { found, ctx };
	struct json root = *doc;

	find_unread(&(struct jat){ .raw = &root }, &u);
}
