/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/note.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "audit/filter.h"
#include "audit/scan.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"

#define NOTE_MAX (1u << 20)

/* ---- made of lines ---- */

static void count_event(struct note *n, const struct scan_text *name)
{
	size_t i = 0;

	for (; i < n->events_n; i++)
		if (scan_is(name, n->events[i].name)) {
			n->events[i].n++;
			return;
		}
	if (i == NOTE_EVENTS || name->len == 0 || name->len >= NOTE_NAME_MAX) {
		n->events_all = false;
		return;
	}
	memcpy(n->events[i].name, name->p, name->len);
	n->events[i].name[name->len] = '\0';
	n->events[i].n = 1;
	n->events_n++;
}

static void add_time(struct note *n, uint64_t ms)
{
	if (n->lines == 0 || ms < n->min_ms)
		n->min_ms = ms;
	if (ms > n->max_ms)
		n->max_ms = ms;
}

void note_add(struct note_making *m, const struct audit_line_at *at)
{
	struct note *n = m->note;
	struct merkle_hash leaf;
	struct audit_tail t = { 0 };
	struct scan_event ev;

	merkle_leaf(at->text, at->len, &leaf);
	merkle_add(&m->tree, &leaf);
	if (n->lines == 0)
		n->events_all = true;
	if (scan_event(at->text, at->len, &ev)) {
		count_event(n, &ev.event);
		add_time(n, ev.time_ms);
	} else {
		n->events_all = false; /* whoever looks for something has to look himself */
	}
	audit_tail_read(at->text, at->len, &t);
	if (n->lines++ == 0)
		n->first = t.sequence;
	n->last = t.sequence;
	memcpy(n->chain, t.chain, sizeof(n->chain));
	memcpy(n->fingerprint, t.fingerprint, sizeof(n->fingerprint));
}

void note_end(struct note_making *m)
{
	merkle_root(&m->tree, &m->note->root);
}

static int add_visited(void *ctx, const struct audit_line_at *at, struct err *e)
{
	(void)e;
	note_add(ctx, at);
	return 0;
}

int note_make(const struct audit_files *f, const struct audit_segment *s, struct note *out,
	      struct err *e)
{
	struct note_making m = { .note = out };
	const struct audit_visitor v = { .visit = add_visited, .ctx = &m };

	*out = (struct note){ 0 };
	if (audit_read_segment(f, s, &v, e) < 0)
		return -1;
	note_end(&m);
	return 0;
}

/* ---- as text ---- */

struct json *note_json(struct arena *a, const struct note *n, bool with_signature)
{
	struct json *o = json_object(a), *events = json_object(a);
	char root[DIGEST_HEX];

	hex_write(n->root.b, DIGEST_SIZE, root);
	json_set(o, "chain_uid", json_string(a, n->chain));
	json_set(o, "first", json_uint(a, n->first));
	json_set(o, "last", json_uint(a, n->last));
	json_set(o, "lines", json_uint(a, n->lines));
	json_set(o, "min_ms", json_uint(a, n->min_ms));
	json_set(o, "max_ms", json_uint(a, n->max_ms));
	json_set(o, "fingerprint", json_string(a, n->fingerprint));
	json_set(o, "root", json_string(a, arena_strdup(a, root)));
	for (size_t i = 0; n->events_all && i < n->events_n; i++)
		json_set(events, n->events[i].name, json_uint(a, n->events[i].n));
	if (n->events_all)
		json_set(o, "events", events);
	if (!n->is_signed)
		return o;
	json_set(o, "number", json_uint(a, n->number));
	json_set(o, "key", json_string(a, n->key));
	json_set(o, "next_key", json_string(a, n->next_key));
	if (with_signature)
		json_set(o, "signature", json_string(a, n->signature));
	return o;
}

static bool take(const struct json *o, const char *key, char *out, size_t room, bool exact)
{
	const char *text = audit_text_at(o, key);

	if (text == NULL || strlen(text) >= room || (exact && strlen(text) != room - 1))
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static void take_events(const struct json *o, struct note *n)
{
	const struct json *events = json_get(o, "events");
	uint64_t count;

	n->events_all = events != NULL && events->kind == JSON_OBJECT;
	if (!n->events_all)
		return;
	for (const struct json *v = events->first; v != NULL; v = v->next) {
		if (n->events_n == NOTE_EVENTS || strlen(v->key) >= NOTE_NAME_MAX ||
		    v->kind != JSON_NUMBER || !str_uint64(v->text, UINT64_MAX, &count)) {
			n->events_all = false;
			return;
		}
		memcpy(n->events[n->events_n].name, v->key, strlen(v->key) + 1);
		n->events[n->events_n++].n = count;
	}
}

static void take_signature(const struct json *o, struct note *n)
{
	n->number = audit_number_at(o, "number");
	n->is_signed = take(o, "key", n->key, sizeof(n->key), true) &&
		       take(o, "next_key", n->next_key, sizeof(n->next_key), true) &&
		       take(o, "signature", n->signature, sizeof(n->signature), true);
}

bool note_read(const struct json *o, struct note *out)
{
	char root[DIGEST_HEX];

	*out = (struct note){
		.first = audit_number_at(o, "first"),
		.last = audit_number_at(o, "last"),
		.lines = audit_number_at(o, "lines"),
		.min_ms = audit_number_at(o, "min_ms"),
		.max_ms = audit_number_at(o, "max_ms"),
	};
	if (!take(o, "chain_uid", out->chain, sizeof(out->chain), false) ||
	    !take(o, "fingerprint", out->fingerprint, sizeof(out->fingerprint), true) ||
	    !take(o, "root", root, sizeof(root), true) ||
	    !hex_read(root, DIGEST_SIZE, out->root.b))
		return false;
	take_events(o, out);
	take_signature(o, out);
	return true;
}

/* ---- on disk ---- */

const char *note_name(struct arena *a, const struct audit_segment *s)
{
	return arena_printf(a, "%020llu-%020llu.json", (unsigned long long)s->first,
			    (unsigned long long)s->last);
}

bool note_load(struct arena *a, int dir, const struct audit_segment *s, struct note *out)
{
	autofd int fd =
		openat(dir, note_name(a, s), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autofree char *text = NULL;
	struct err unused = { 0 };
	struct json *doc;
	size_t len;

	return fd >= 0 && file_read_fd(fd, NOTE_MAX, "note", &text, &len, &unused) == 0 &&
	       json_parse(a, "note", text, len, &doc, &unused) == 0 &&
	       doc->kind == JSON_OBJECT && note_read(doc, out) && out->first == s->first &&
	       out->last == s->last;
}

int note_save(struct arena *a, int dir, const struct audit_segment *s, const struct note *n,
	      struct err *e)
{
	size_t len;
	const char *text = json_print(a, note_json(a, n, true), JSON_CANONICAL, &len);
	const char *line = arena_printf(a, "%s\n", text);

	return file_replace_at(dir, note_name(a, s), line, len + 1, 0600, true, e);
}

/* ---- questions ---- */

static uint64_t count_of(const struct note *n, const char *name)
{
	for (size_t i = 0; i < n->events_n; i++)
		if (str_eq(n->events[i].name, name))
			return n->events[i].n;
	return 0;
}

static bool same_events(const struct note *said, const struct note *seen)
{
	if (said->events_all != seen->events_all ||
	    (said->events_all && said->events_n != seen->events_n))
		return false;
	for (size_t i = 0; said->events_all && i < said->events_n; i++)
		if (said->events[i].n != count_of(seen, said->events[i].name))
			return false;
	return true;
}

bool note_fits(const struct note *said, const struct note *seen)
{
	return said->first == seen->first && said->last == seen->last &&
	       said->lines == seen->lines && said->min_ms == seen->min_ms &&
	       said->max_ms == seen->max_ms && str_eq(said->chain, seen->chain) &&
	       str_eq(said->fingerprint, seen->fingerprint) &&
	       memcmp(said->root.b, seen->root.b, DIGEST_SIZE) == 0 && same_events(said, seen);
}

bool note_may_have(const struct note *n, const char *pattern)
{
	if (!n->events_all)
		return true;
	for (size_t i = 0; i < n->events_n; i++)
		if (fnmatch(pattern, n->events[i].name, 0) == 0)
			return true;
	return false;
}
