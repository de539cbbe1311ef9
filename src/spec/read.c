/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/read.h"

static const char *const no_strings[] = { NULL };

static const char *text_at(const struct jat *at)
{
	const char *s = NULL;

	return j_string(at, &s) && *s != '\0' ? s : NULL;
}

static const char *path_at(const struct jat *at)
{
	const char *s = text_at(at);

	if (s == NULL || *s == '/')
		return s;
	j_say(at, "expected an absolute path, found \"%s\"", s);
	return NULL;
}

/* Absent and "" are the same; a wrong type has been complained about already. */
static void complain_if_empty(const struct jat *at, const char *want)
{
	if (!j_required(at, want) || at->twice || at->v->kind != JSON_STRING)
		return;
	if (at->v->text[0] == '\0')
		j_say(at, "expected %s, found \"\"", want);
}

const char *read_text(const struct jat *up, const char *key)
{
	const struct jat at = j_key(up, key);

	return text_at(&at);
}

const char *read_path(const struct jat *up, const char *key)
{
	const struct jat at = j_key(up, key);

	return path_at(&at);
}

const char *need_text(const struct jat *up, const char *key, const char *want)
{
	const struct jat at = j_key(up, key);

	complain_if_empty(&at, want);
	return text_at(&at);
}

const char *need_path(const struct jat *up, const char *key)
{
	const struct jat at = j_key(up, key);

	complain_if_empty(&at, "an absolute path");
	return path_at(&at);
}

bool read_bool(const struct jat *up, const char *key)
{
	const struct jat at = j_key(up, key);
	bool b = false;

	(void)j_bool(&at, &b);
	return b;
}

int64_t read_int(const struct jat *up, const char *key, int64_t lo, int64_t hi)
{
	const struct jat at = j_key(up, key);
	int64_t n = SPEC_UNSET;

	(void)j_int64(&at, lo, hi, &n);
	return n;
}

uint64_t read_uint(const struct jat *up, const char *key, uint64_t hi)
{
	const struct jat at = j_key(up, key);
	uint64_t n = 0;

	(void)j_uint64(&at, hi, &n);
	return n;
}

uint32_t read_uint32(const struct jat *up, const char *key)
{
	return (uint32_t)read_uint(up, key, UINT32_MAX);
}

uint32_t read_id(const struct jat *up, const char *key)
{
	return (uint32_t)read_uint(up, key, ID_MAX);
}

static void need(const struct jat *up, const char *key)
{
	const struct jat at = j_key(up, key);

	(void)j_required(&at, "integer");
}

int64_t need_int(const struct jat *up, const char *key, int64_t lo, int64_t hi)
{
	need(up, key);
	return read_int(up, key, lo, hi);
}

uint32_t need_uint32(const struct jat *up, const char *key)
{
	need(up, key);
	return read_uint32(up, key);
}

bool read_word(const struct jat *at, const struct word *table, const char *want, uint64_t *out)
{
	const struct word *w;
	const char *s;

	if (!j_string(at, &s))
		return false;
	w = word_find(table, s);
	if (w == NULL) {
		j_say(at, "expected %s, found \"%s\"", want, s);
		return false;
	}
	*out = w->value;
	return true;
}

struct spec_strings read_strings(const struct jat *up, const char *key, struct arena *a)
{
	const struct jat at = j_key(up, key);
	struct spec_strings out = { no_strings, 0 };

	(void)j_strings(&at, a, &out.v, &out.n);
	return out;
}

struct spec_strings read_paths(const struct jat *up, const char *key, struct arena *a)
{
	const struct jat at = j_key(up, key);
	struct spec_strings out = { no_strings, 0 };

	if (!j_strings(&at, a, &out.v, &out.n))
		return out;
	for (struct jat it = { 0 }; j_next(&at, &it);)
		if (it.v->text[0] != '/')
			j_say(&it, "expected an absolute path, found \"%s\"", it.v->text);
	return out;
}

uint64_t read_flags(const struct jat *up, const char *key, const struct word *table,
		    const char *want)
{
	const struct jat at = j_key(up, key);
	uint64_t all = 0;

	if (!j_array(&at))
		return 0;
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		uint64_t one = 0;

		if (j_required(&it, want) && read_word(&it, table, want, &one))
			all |= one;
	}
	return all;
}

struct bits read_bits(const struct jat *up, const char *key, struct arena *a, const char *want)
{
	const struct jat at = j_key(up, key);
	const char *s = read_text(up, key);
	struct bits out = { 0 };

	if (s != NULL && !bits_parse(a, s, &out))
		j_say(&at, "expected %s, as in \"0-3,7\", found \"%s\"", want, s);
	return out;
}

struct spec_pairs read_pairs(const struct jat *up, const char *key, struct arena *a)
{
	const struct jat at = j_key(up, key);
	struct spec_pair *all;

	if (!j_object(&at))
		return (struct spec_pairs){ 0 };
	all = arena_array(a, at.v->n, sizeof(*all));
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		if (it.key[0] == '\0')
			j_say(&it, "expected a key, found \"\"");
		all[it.i].key = it.key;
		if (j_required(&it, "string"))
			(void)j_string(&it, &all[it.i].value);
	}
	return (struct spec_pairs){ all, at.v->n };
}

static void read_idmap(struct arena *a, const struct jat *at, void *out)
{
	struct spec_idmap *m = out;
	int64_t size = need_int(at, "size", 1, UINT32_MAX);

	(void)a;
	m->container_id = need_uint32(at, "containerID");
	m->host_id = need_uint32(at, "hostID");
	m->size = size == SPEC_UNSET ? 0 : (uint32_t)size;
}

struct spec_idmaps read_idmaps(const struct jat *up, const char *key, struct arena *a)
{
	struct spec_idmaps out;

	out.v = read_list(up, key, a, sizeof(struct spec_idmap), read_idmap, &out.n);
	return out;
}

static void *read_all(const struct jat *at, struct arena *a, size_t size, read_one *one,
		      size_t *n)
{
	char *all = arena_array(a, at->v->n, size);

	for (struct jat it = { 0 }; j_next(at, &it);)
		if (j_required(&it, "object") && j_object(&it))
			one(a, &it, all + it.i * size);
	*n = at->v->n;
	return all;
}

void *read_list(const struct jat *up, const char *key, struct arena *a, size_t size,
		read_one *one, size_t *n)
{
	const struct jat at = j_key(up, key);

	*n = 0;
	return j_array(&at) ? read_all(&at, a, size, one, n) : NULL;
}

void *read_map(const struct jat *up, const char *key, struct arena *a, size_t size,
	       read_one *one, size_t *n)
{
	const struct jat at = j_key(up, key);

	*n = 0;
	return j_object(&at) ? read_all(&at, a, size, one, n) : NULL;
}
