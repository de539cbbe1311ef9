/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/noted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "base/auto.h"
#include "base/str.h"

/* ---- made ---- */

static int tell(struct audit *au, struct arena *a, const struct note *n, struct err *e)
{
	struct json *log = json_object(a);
	char root[DIGEST_HEX];

	hex_write(n->root.b, DIGEST_SIZE, root);
	json_set(log, "first", json_uint(a, n->first));
	json_set(log, "last", json_uint(a, n->last));
	json_set(log, "number", json_uint(a, n->number));
	json_set(log, "root", json_string(a, root));
	json_set(log, "signature", json_string(a, n->signature));
	return audit_note(au, a, AUDIT_LOG_SIGNED, log, e);
}

/* The note is on disk before its key goes; who is killed in between finds it there, signed with
 * the key that still is. */
static int sign(struct audit *au, struct arena *a, int dir, const struct audit_segment *s,
		struct sign_file *key, struct note *n, struct err *e)
{
	int r;

	sign_note(key, a, n);
	if (note_save(a, dir, s, n, e) < 0)
		return -1;
	r = sign_done(key);
	return r < 0 ? fail_sys(e, -r, "the signing key") : tell(au, a, n, e);
}

static int make_one(struct audit *au, const struct audit_files *f, int dir,
		    const struct audit_segment *s, struct sign_file *key, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct note *n = arena_new(&a, struct note);
	const bool was = note_load(&a, dir, s, n);
	int r;

	if (was && n->is_signed && key->fd >= 0 && n->number == key->state.number) {
		r = sign_done(key);
		return r < 0 ? fail_sys(e, -r, "the signing key") : tell(au, &a, n, e);
	}
	if (was && (n->is_signed || key->fd < 0))
		return 0;
	if (note_make(f, s, n, e) < 0)
		return -1;
	if (n->first != s->first || n->last != s->last)
		return fail(e, ERR_STATE,
			    "%s: expected events %" PRIu64 " to %" PRIu64 ": found %" PRIu64
			    " to %" PRIu64,
			    s->name, s->first, s->last, n->first, n->last);
	r = key->fd >= 0 ? sign(au, &a, dir, s, key, n, e) : note_save(&a, dir, s, n, e);
	return r < 0 ? -1 : 1;
}

int notes_make(struct audit *au, struct arena *a, const struct audit_files *f,
	       struct sign_file *key, uint64_t *made, struct err *e)
{
	autofd int dir = f->n > 0 ? audit_segments_open(f->dir) : -1;

	(void)a;
	*made = 0;
	if (f->n > 0 && dir < 0)
		return fail_sys(e, -dir, "%s: open", f->dir);
	for (size_t i = 0; i < f->n; i++) {
		const int r = make_one(au, f, dir, &f->segments[i], key, e);

		if (r < 0)
			return -1;
		*made += (uint64_t)r;
	}
	return 0;
}

/* ---- loaded ---- */

static int by_first(const void *x, const void *y)
{
	const struct note *a = x, *b = y;

	return (a->first > b->first) - (a->first < b->first);
}

int notes_load(struct arena *a, const struct audit_files *f, struct notes *out, struct err *e)
{
	autodir DIR *d = opendir(f->dir);
	struct audit_segment s = { 0 };
	const struct dirent *ent;
	size_t room = 0;

	*out = (struct notes){ 0 };
	if (d == NULL)
		return errno == ENOENT ? 0 : fail_sys(e, errno, "%s: open", f->dir);
	while ((ent = readdir(d)) != NULL) {
		if (!str_eq(audit_segment_parse(ent->d_name, &s), ""))
			continue;
		if (out->n == room) {
			struct note *more = arena_array(a, room = room * 2 + 16, sizeof(*more));

			if (out->n > 0)
				memcpy(more, out->v, out->n * sizeof(*more));
			out->v = more;
		}
		out->n += note_load(a, dirfd(d), &s, &out->v[out->n]);
	}
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_first);
	return 0;
}

/* ---- looked at ---- */

ssize_t notes_follow(struct arena *a, const struct notes *n, const char *first_key)
{
	const char *key = first_key;
	bool begun = false;

	for (size_t i = 0; i < n->n; i++) {
		const struct note *v = &n->v[i];

		if (!begun && !str_eq(v->key, key))
			continue;
		begun = true;
		if (!str_eq(v->key, key) || !sign_is_good(a, v))
			return (ssize_t)i;
		key = v->next_key;
	}
	return begun || n->n == 0 ? -1 : 0;
}

static void fault_of(struct audit_check *out, struct arena *a, enum audit_fault fault,
		     const struct note *n, const char *text)
{
	audit_check_add(out,
			&(struct audit_finding){
				.fault = fault,
				.sequence = n->last,
				.file = arena_printf(a, "%020" PRIu64 "-%020" PRIu64 ".json",
						     n->first, n->last),
				.text = text });
}

static const struct note *note_of(const struct notes *n, const struct audit_segment *s)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].first == s->first && n->v[i].last == s->last)
			return &n->v[i];
	return NULL;
}

int notes_begin(struct arena *a, const struct audit_files *f, struct noting *out, struct err *e)
{
	*out = (struct noting){ .files = f,
				.fits = arena_array(a, f->n + 1, sizeof(*out->fits)),
				.is = arena_new(a, struct note) };
	return notes_load(a, f, &out->all, e);
}

/* The lines that come now are of this file; NULL: there are no more. */
static void turn_to(struct noting *n, const char *file)
{
	if (n->said != NULL) {
		note_end(&n->making);
		n->fits[n->segment] = note_fits(n->said, n->is);
	}
	n->file = file;
	n->said = NULL;
	for (size_t i = 0; i < n->files->n && n->said == NULL; i++) {
		if (n->files->segments[i].name != file)
			continue;
		n->segment = i;
		n->said = note_of(&n->all, &n->files->segments[i]);
	}
	*n->is = (struct note){ 0 };
	n->making = (struct note_making){ .note = n->is };
}

void notes_see(struct noting *n, const struct audit_line_at *at)
{
	if (at->file != n->file)
		turn_to(n, at->file);
	if (n->said != NULL)
		note_add(&n->making, at);
}

static void compare(struct noting *n, struct arena *a, struct audit_check *out)
{
	turn_to(n, NULL);
	for (size_t i = 0; i < n->files->n; i++) {
		const struct note *said = note_of(&n->all, &n->files->segments[i]);

		if (said != NULL && !n->fits[i])
			fault_of(out, a, AUDIT_CHANGED, said,
				 "the segment is not the one that was noted");
	}
}

void notes_verify(struct noting *n, struct arena *a, const char *first_key,
		  struct audit_check *out, struct noted *seen)
{
	const struct notes *all = &n->all;
	ssize_t broken;

	compare(n, a, out);
	*seen = (struct noted){ .notes = all->n };
	for (size_t i = 0; i < all->n; i++)
		seen->signed_ += all->v[i].is_signed;
	if (first_key == NULL)
		return;
	if (all->n == 0) {
		audit_check_add(out, &(struct audit_finding){
					     .fault = AUDIT_BAD_SEAL,
					     .text = "expected segments that are signed: found "
						     "none" });
		return;
	}
	broken = notes_follow(a, all, first_key);
	if (broken >= 0)
		fault_of(out, a, AUDIT_BAD_SEAL, &all->v[broken],
			 "the note was not signed with the key that this one leads to");
	seen->proved = broken >= 0 ? (uint64_t)broken : all->n;
}
