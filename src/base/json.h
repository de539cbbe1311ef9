/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - JSON in and out: the one reader and the one writer; yajl is named only in json.c.
 *
 * Reading: json_parse makes a tree in an arena. Refused: more than JSON_MAX bytes, nesting
 * deeper than JSON_DEPTH, comments, NUL, trailing garbage, a number that is no JSON number.
 * Numbers stay text until somebody asks, so unsigned 64-bit values survive.
 *
 * Places: a "struct jat" is a value and how we came to it; the chain of .up lives on the
 * reader's stack, is the error path ("linux.devices[2].major"), and costs nothing until
 * something is wrong. The getters never fail: they put a complaint into the document's list
 * and leave *out as it was, so that all that is wrong is reported at once. A key that was
 * found twice is a complaint when it is read; keys never asked for are found by
 * json_unread(). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define JSON_MAX   (4u << 20)
#define JSON_DEPTH 64

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* A value. In an array or object the children are a list, in the order of the text. */
struct json {
	enum json_kind kind : 8;
	bool truth;       /* JSON_BOOL */
	bool read;        /* j_key or j_next came by */
	bool twice;       /* a sibling has the same key; set by json_parse */
	uint32_t n;       /* number of children */
	const char *text; /* JSON_STRING: its bytes, UTF-8; JSON_NUMBER: as written */
	const char *key;  /* the member's name, or NULL */
	struct json *first, *last, *next;
};

#define COMPLAINTS_MAX 256

/* A list of what is wrong, one line each, in the order found; control bytes become '?'. Texts
 * beyond COMPLAINTS_MAX are counted but not kept: whoever wrote the document chose how many. */
struct complaint {
	struct complaint *next;
	const char *text;
	const char *place; /* "" is the root; NULL: complain() was not told */
};

struct complaints {
	struct arena *arena; /* the texts live here */
	struct complaint *first, *last;
	size_t n;
};

void complain(struct complaints *c, const char *fmt, ...) PRINTF(2, 3);

/* Whether a reader has complained of this place ("linux.uidMappings"), of one above it or of
 * one below it: then what was read there is not what the document says. */
bool complained_of(const struct complaints *c, const char *place);

/* Turns the first complaint into an error of that kind, and says how many more there are.
 * 0 when there is none. */
int complaints_fail(const struct complaints *c, enum err_kind kind, struct err *e) CHECK;

/* The tree lives in the arena; text is not kept. "what" names the file in errors. */
int json_parse(struct arena *a, const char *what, const char *text, size_t len,
	       struct json **out, struct err *e) CHECK;
/* The same with the texts of the tree's values and keys in an arena of their own: what was read
 * outlives the tree. */
int json_parse_apart(struct arena *a, struct arena *strings, const char *what, const char *text,
		     size_t len, struct json **out, struct err *e) CHECK;

struct jat {
	const struct jat *up;
	const char *key; /* NULL: element [i] of an array, or the root */
	size_t i;
	struct json *v;   /* NULL: absent (or null, which OCI's writers mean as absent) */
	bool twice;       /* the key is there more than once */
	struct json *raw; /* as .v, but a null is itself; j_next's position */
	struct complaints *bad;
};

struct jat j_root(struct json *doc, struct complaints *bad);
/* By its name, or one that differs in case only. */
struct jat j_key(const struct jat *up, const char *key);
/* Walks an array or object: start with { 0 }, ends with false. Each place is valid until the
 * next call and keeps a pointer to *up.  for (struct jat it = { 0 }; j_next(&arr, &it);) */
bool j_next(const struct jat *up, struct jat *it);

/* "linux.devices[2].major"; keys with odd characters are quoted. Returns the length. */
size_t j_path(const struct jat *at, char *buf, size_t size);
/* "PATH: expected WANT, found WHAT" */
void j_bad(const struct jat *at, const char *want);
/* "PATH: TEXT" for errors of meaning */
void j_say(const struct jat *at, const char *fmt, ...) PRINTF(2, 3);

/* Each: true when a value of the type was there and *out was set. Absent: false, no
 * complaint. */
bool j_object(const struct jat *at); /* is there and is an object */
bool j_array(const struct jat *at);  /* is there and is an array */
bool j_string(const struct jat *at, const char **out);
bool j_bool(const struct jat *at, bool *out);
bool j_int64(const struct jat *at, int64_t lo, int64_t hi, int64_t *out);
bool j_uint64(const struct jat *at, uint64_t hi, uint64_t *out);
bool j_uint32(const struct jat *at, uint32_t *out);
/* Array of strings as a NULL-ended vector in arena a; *n may be NULL. */
bool j_strings(const struct jat *at, struct arena *a, const char *const **out, size_t *n);
/* Complains unless the value is there. */
bool j_required(const struct jat *at, const char *want);

/* Calls back with the path of each member that no reader asked for. */
void json_unread(const struct json *doc, void (*found)(void *ctx, const char *path), void *ctx);

/* Building. The text of keys and strings is kept by pointer: it must live as long. */
struct json *json_object(struct arena *a);
struct json *json_array(struct arena *a);
struct json *json_string(struct arena *a, const char *s);
struct json *json_int(struct arena *a, int64_t n);
struct json *json_uint(struct arena *a, uint64_t n);
/* A number by its text, which has to be one of JSON's and to live as long: for decimals. */
struct json *json_decimal(struct arena *a, const char *text);
struct json *json_bool(struct arena *a, bool b);
void json_set(struct json *object, const char *key, struct json *v);
void json_add(struct json *array, struct json *v);
/* The member, or NULL. */
struct json *json_get(const struct json *object, const char *key);

enum json_form {
	JSON_LINE,      /* one line, no blanks, members in order of json_set */
	JSON_CANONICAL, /* RFC 8785: one line, members sorted by UTF-16 code units */
	JSON_PRETTY,    /* indented by two blanks */
};

/* The text, NUL-ended, in the arena; *len may be NULL. Slashes are not escaped; control
 * bytes, quotes, backslashes are; bytes that are no UTF-8 become U+FFFD. */
const char *json_print(struct arena *a, const struct json *v, enum json_form form, size_t *len);
