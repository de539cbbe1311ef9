/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "audit/audit.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/str.h"

#define BLOCK   (256u << 10)
#define DAMAGED (-2) /* what was packed does not come out again; *e says how */

/* ---- the files ---- */

const char *audit_segment_parse(const char *name, struct audit_segment *s)
{
	char digits[2][24] = { "", "" };
	const char *at = name, *ends[] = { "-", ".json" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strspn(at, "0123456789");

		if (n == 0 || n >= sizeof(digits[i]))
			return NULL;
		memcpy(digits[i], at, n);
		at = str_after(at + n, ends[i]);
		if (at == NULL)
			return NULL;
	}
	return str_uint64(digits[0], UINT64_MAX, &s->first) &&
			       str_uint64(digits[1], UINT64_MAX, &s->last) &&
			       s->first <= s->last
		       ? at
		       : NULL;
}

/* "FIRST-LAST.jsonl" or "FIRST-LAST.jsonl.zst"; what else lies there is nobody's. */
static bool read_name(const char *name, struct audit_segment *s)
{
	const char *rest = audit_segment_parse(name, s);

	s->packed = str_eq(rest, "l.zst");
	return s->packed || str_eq(rest, "l");
}

static int by_first(const void *x, const void *y)
{
	const struct audit_segment *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	/* being packed just now: the plain one is whole */
	return a->packed - b->packed;
}

/* Of two with the same beginning the plain one counts. */
static size_t drop_twins(struct audit_segment *s, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || s[i].first != s[kept - 1].first)
			s[kept++] = s[i];
	return kept;
}

static int list(struct arena *a, DIR *d, struct audit_files *out, struct err *e)
{
	struct audit_segment *all = NULL, s = { 0 };
	size_t n = 0, room = 0;
	struct dirent *ent;

	errno = 0;
	for (; (ent = readdir(d)) != NULL; errno = 0) {
		if (!read_name(ent->d_name, &s))
			continue;
		if (n == room) {
			struct audit_segment *more =
				arena_array(a, room = room * 2 + 64, sizeof(*more));

			if (n > 0)
				memcpy(more, all, n * sizeof(*more));
			all = more;
		}
		s.name = arena_strdup(a, ent->d_name);
		all[n++] = s;
	}
	if (errno != 0)
		return fail_sys(e, errno, "%s: read", out->dir);
	if (n > 0)
		qsort(all, n, sizeof(*all), by_first);
	out->segments = all;
	out->n = drop_twins(all, n);
	return 0;
}

/* A rotation that was killed half-way leaves the live file a second name. */
static void drop_live(struct audit_files *f)
{
	struct stat live, s;
	autofd int dir = -1;

	if (f->n == 0 || stat(f->path, &live) < 0)
		return;
	dir = open(f->dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0 &&
	    fstatat(dir, f->segments[f->n - 1].name, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
	    s.st_ino == live.st_ino && s.st_dev == live.st_dev)
		f->n--;
}

int audit_files_find(struct arena *a, const char *path, struct audit_files *out, struct err *e)
{
	int fd, got = 0;
	DIR *d;

	*out = (struct audit_files){ .path = path,
				     .dir = arena_printf(a, "%s.segments", path) };
	fd = open(out->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return fail_sys(e, errno, "%s: open", out->dir);
	if (fd >= 0) {
		d = fdopendir(fd);
		if (d == NULL) {
			auto_close_(&fd);
			return fail_sys(e, ENOMEM, "%s: open", out->dir);
		}
		got = list(a, d, out, e);
		(void)closedir(d);
		drop_live(out);
	}
	if (got == 0 && out->n == 0 && access(path, F_OK) < 0 && errno == ENOENT)
		return fail(e, ERR_MISSING, "audit log %s: expected a log, found none", path);
	return got;
}

/* ---- the lines of one ---- */

struct reading {
	const struct audit_visitor *v;
	struct audit_line_at at;
	bool too_long; /* the rest of a line that was handed on is dropped */
	char *held;    /* the beginning of a line whose end was not read yet */
	size_t held_n;
	uint64_t whole; /* bytes up to and with the last newline */
};

static int hand_on(struct reading *r, char *text, size_t len, bool torn, struct err *e)
{
	text[len] = '\0';
	r->at.text = text;
	r->at.len = len;
	r->at.torn = torn;
	return r->v->visit(r->v->ctx, &r->at, e);
}

/* A piece of a line without its end. */
static int hold(struct reading *r, const char *text, size_t n, struct err *e)
{
	if (r->too_long)
		return 0;
	if (r->held_n + n > AUDIT_LINE) {
		r->too_long = true;
		n = AUDIT_LINE - r->held_n;
	}
	memcpy(r->held + r->held_n, text, n);
	r->held_n += n;
	return r->too_long ? hand_on(r, r->held, r->held_n, true, e) : 0;
}

static int end_line(struct reading *r, char *text, size_t n, struct err *e)
{
	int got = 0;

	r->whole += n + 1;
	if (r->held_n == 0 && n <= AUDIT_LINE)
		return hand_on(r, text, n, false, e);
	r->whole += r->held_n;
	got = hold(r, text, n, e);
	if (got == 0 && !r->too_long)
		got = hand_on(r, r->held, r->held_n, false, e);
	r->too_long = false;
	r->held_n = 0;
	return got;
}

/* text has room for one more byte. */
static int take_block(struct reading *r, char *text, size_t n, struct err *e)
{
	int got = 0;

	for (char *end; got == 0 && (end = memchr(text, '\n', n)) != NULL;) {
		r->at.number++;
		got = end_line(r, text, (size_t)(end - text), e);
		n -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	if (got != 0 || n == 0)
		return got;
	return hold(r, text, n, e);
}

static int finish(struct reading *r, struct err *e)
{
	if (r->held_n == 0 || r->too_long)
		return 0;
	r->at.number++;
	return hand_on(r, r->held, r->held_n, true, e);
}

static int read_plain(struct reading *r, int fd, char *block, struct err *e)
{
	int got = 0;

	while (got == 0) {
		ssize_t n = read(fd, block, BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_sys(e, errno, "%s: read", r->at.file);
		if (n == 0)
			return finish(r, e);
		got = take_block(r, block, (size_t)n, e);
	}
	return got;
}

static int damaged(struct err *e, const char *file, const char *expected, const char *found)
{
	(void)fail(e, ERR_STATE, "%s: expected %s: %s", file, expected, found);
	return DAMAGED;
}

/* One buffer of packed bytes. */
static int unpack(struct reading *r, ZSTD_DStream *z, ZSTD_inBuffer *in, char *block,
		  size_t *state, struct err *e)
{
	int got = 0;

	while (got == 0 && in->pos < in->size) {
		ZSTD_outBuffer out = { block, BLOCK, 0 };

		*state = ZSTD_decompressStream(z, &out, in);
		if (ZSTD_isError(*state))
			return damaged(e, r->at.file, "zstd data", ZSTD_getErrorName(*state));
		got = take_block(r, block, out.pos, e);
	}
	return got;
}

static int read_packed(struct reading *r, int fd, char *block, struct err *e)
{
	autofree char *packed = malloc(BLOCK);
	ZSTD_DStream *z = ZSTD_createDStream();
	size_t state = 0;
	int got = 0;
	ssize_t n = 0;

	if (packed == NULL || z == NULL) {
		(void)ZSTD_freeDStream(z);
		return fail_sys(e, ENOMEM, "%s: read", r->at.file);
	}
	/* a window of 128 MiB is asked for by nobody honest: we pack with the default */
	(void)ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 23);
	while (got == 0 && (n = read(fd, packed, BLOCK)) > 0) {
		ZSTD_inBuffer in = { packed, (size_t)n, 0 };

		got = unpack(r, z, &in, block, &state, e);
	}
	(void)ZSTD_freeDStream(z);
	if (n < 0)
		return fail_sys(e, errno, "%s: read", r->at.file);
	if (got == 0 && state != 0)
		return damaged(e, r->at.file, "whole zstd data", "found its beginning");
	return got != 0 ? got : finish(r, e);
}

static int read_file(const struct audit_visitor *v, int fd, const char *name, bool packed,
		     uint64_t *end, struct err *e)
{
	autofree char *block = malloc(BLOCK + 1), *held = malloc(AUDIT_LINE + 1);
	struct reading r = { .v = v, .at = { .file = name }, .held = held };
	int got;

	if (block == NULL || held == NULL)
		return fail_sys(e, ENOMEM, "%s: read", name);
	got = packed ? read_packed(&r, fd, block, e) : read_plain(&r, fd, block, e);
	if (end != NULL)
		*end += r.whole;
	return got;
}

/* ---- all of them ---- */

static int read_segment(const struct audit_files *f, int dir, const struct audit_segment *s,
			const struct audit_visitor *v, struct err *e)
{
	static const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	autofd int fd = openat(dir, s->name, flags);
	bool packed = s->packed;
	char beside[96];

	if (fd < 0 && errno == ENOENT && !packed) { /* it was packed since we have seen it */
		(void)snprintf(beside, sizeof(beside), "%s.zst", s->name);
		fd = openat(dir, beside, flags);
		packed = true;
	}
	if (fd < 0)
		return fail_sys(e, errno, "%s/%s: open", f->dir, s->name);
	return read_file(v, fd, s->name, packed, NULL, e);
}

/* One that is damaged hides none behind it. *damage is of the first that nobody was told of. */
static int read_segments(const struct audit_files *f, const struct audit_visitor *v,
			 struct err *damage, struct err *e)
{
	autofd int dir = -1;
	int got = 0;

	if (f->n == 0)
		return 0;
	dir = open(f->dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return fail_sys(e, errno, "%s: open", f->dir);
	for (size_t i = 0; got == 0 && i < f->n; i++) {
		const struct audit_segment *s = &f->segments[i];
		struct err why = { 0 };

		if (v->skip == NULL || !v->skip(v->ctx, s))
			got = read_segment(f, dir, s, v, &why);
		if (got != DAMAGED) {
			if (got < 0)
				*e = why;
			continue;
		}
		got = 0;
		if (v->damaged != NULL)
			v->damaged(v->ctx, s, &why);
		else if (damage->kind == ERR_NONE)
			*damage = why;
	}
	return got;
}

/* What reading came to, where some may be damaged. */
static int outcome(int got, const struct err *damage, struct err *e)
{
	if (got < 0 || damage->kind == ERR_NONE)
		return got < 0 ? -1 : 0;
	*e = *damage;
	return -1;
}

int audit_read_segment(const struct audit_files *f, const struct audit_segment *s,
		       const struct audit_visitor *v, struct err *e)
{
	const struct audit_files alone = { f->path, f->dir, s, 1, 0 };
	struct err damage = { 0 };

	return outcome(read_segments(&alone, v, &damage, e), &damage, e);
}

int audit_read_on(int fd, const char *name, const struct audit_visitor *v, uint64_t *end,
		  struct err *e)
{
	if (lseek(fd, (off_t)*end, SEEK_SET) < 0)
		return fail_sys(e, errno, "%s: seek", name);
	return read_file(v, fd, name, false, end, e);
}

/* The live file is opened before it is looked for more segments: what was rotated by then is
 * read as one of them, and what is rotated later is what we hold. */
static int open_live(const struct audit_files *f, const struct audit_visitor *v, int *fd,
		     struct err *damage, struct err *e)
{
	uint64_t last = f->n > 0 ? f->segments[f->n - 1].last : f->after;
	int got = 0;

	while (got == 0) {
		autoarena struct arena a = { 0 };
		struct audit_files more;
		size_t known = 0;

		auto_close_(fd);
		*fd = open(f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (*fd < 0 && errno != ENOENT)
			return fail_sys(e, errno, "%s: open", f->path);
		if (audit_files_find(&a, f->path, &more, e) < 0)
			return -1;
		while (known < more.n && more.segments[known].first <= last)
			known++;
		if (known == more.n)
			break;
		last = more.segments[more.n - 1].last;
		more.segments += known;
		more.n -= known;
		got = read_segments(&more, v, damage, e);
	}
	return got;
}

int audit_read(const struct audit_files *f, const struct audit_visitor *v,
	       struct audit_live *live, struct err *e)
{
	struct audit_live own = { .fd = -1 };
	struct err damage = { 0 };
	int got = read_segments(f, v, &damage, e);

	if (got == 0)
		got = open_live(f, v, &own.fd, &damage, e);
	if (got == 0 && own.fd >= 0)
		got = audit_read_on(own.fd, f->path, v, &own.end, e);
	if (live != NULL)
		*live = own;
	else
		auto_close_(&own.fd);
	return outcome(got, &damage, e);
}
