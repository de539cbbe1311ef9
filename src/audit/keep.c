/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "audit/audit_private.h"
#include "audit/filter.h"
#include "audit/note.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"

#define BLOCK (256u << 10)
/* 256 KiB: lines of a log resemble their neighbours. Packs as well as zstd's own 2 MiB (a tenth
 * better, in a third less time), and a reader unpacks within its cache. */
#define WINDOW_LOG 18

/* ---- packing ---- */

struct packer {
	ZSTD_CStream *z;
	int from, to;
	char *in, *out;
};

/* Everything that the stream has to say about one buffer. */
static int push(struct packer *p, size_t n, ZSTD_EndDirective what)
{
	ZSTD_inBuffer in = { p->in, n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->out, BLOCK, 0 };
		int r;

		left = ZSTD_compressStream2(p->z, &out, &in, what);
		if (ZSTD_isError(left))
			return -EIO;
		r = write_all(p->to, p->out, out.pos);
		if (r < 0)
			return r;
	} while (what == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

static int squeeze(struct packer *p)
{
	ssize_t n;
	int r = 0;

	(void)ZSTD_CCtx_setParameter(p->z, ZSTD_c_checksumFlag, 1);
	(void)ZSTD_CCtx_setParameter(p->z, ZSTD_c_windowLog, WINDOW_LOG);
	while (r == 0 && (n = read(p->from, p->in, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : push(p, (size_t)n, ZSTD_e_continue);
	}
	if (r == 0)
		r = push(p, 0, ZSTD_e_end);
	return r == 0 && fsync(p->to) < 0 ? -errno : r;
}

static int pack_file(int from, int to)
{
	autofree char *in = malloc(BLOCK), *out = malloc(BLOCK);
	struct packer p = { ZSTD_createCStream(), from, to, in, out };
	int r = in == NULL || out == NULL || p.z == NULL ? -ENOMEM : squeeze(&p);

	(void)ZSTD_freeCStream(p.z);
	return r;
}

static int pack_segment(int dir, const struct audit_segment *s)
{
	char beside[96], packed[96];
	autofd int from = openat(dir, s->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), to = -1;
	int r;

	(void)snprintf(packed, sizeof(packed), "%s.zst", s->name);
	(void)snprintf(beside, sizeof(beside), "%s.zst.new", s->name);
	if (from < 0)
		return -errno;
	if (unlinkat(dir, beside, 0) < 0 && errno != ENOENT)
		return -errno;
	to = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	r = pack_file(from, to);
	if (r == 0 && renameat(dir, beside, dir, packed) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, beside, 0);
		return r;
	}
	(void)fsync(dir);
	return unlinkat(dir, s->name, 0) < 0 ? -errno : 0;
}

static int open_dir(const struct audit_files *f, struct err *e)
{
	int dir = audit_segments_open(f->dir);

	if (dir == -EPERM)
		return fail(e, ERR_STATE, "%s: expected a directory that only we can change",
			    f->dir);
	return dir < 0 ? fail_sys(e, -dir, "%s: open", f->dir) : dir;
}

int audit_pack(const struct audit_files *f, uint64_t *packed, struct err *e)
{
	autofd int dir = -1;

	*packed = 0;
	if (f->n == 0)
		return 0;
	dir = open_dir(f, e);
	if (dir < 0)
		return -1;
	for (size_t i = 0; i < f->n; i++) {
		int r = f->segments[i].packed ? 0 : pack_segment(dir, &f->segments[i]);

		if (r < 0)
			return fail_sys(e, -r, "%s/%s: pack", f->dir, f->segments[i].name);
		*packed += !f->segments[i].packed;
	}
	return 0;
}

/* ---- deleting ---- */

/* What the line behind a segment says of it. */
struct behind {
	uint64_t time_ms;
	char fingerprint[DIGEST_HEX];
};

static int take_first(void *ctx, const struct audit_line_at *at, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct behind *b = ctx;
	struct json *doc;

	if (at->torn || json_parse(&a, at->file, at->text, at->len, &doc, e) < 0)
		return fail(e, ERR_STATE, "%s: expected an event in the first line", at->file);
	b->time_ms = audit_number_at(doc, "time");
	audit_line_previous(at->text, b->fingerprint);
	return 1;
}

/* The first line behind segment i: of the next one, or of the live file. */
static int look_behind(const struct audit_files *f, size_t i, struct behind *out, struct err *e)
{
	const struct audit_visitor v = { .visit = take_first, .ctx = out };
	const struct audit_files rest = { f->path, f->dir, f->segments + i + 1, f->n - i - 1,
					  f->segments[i].last };

	*out = (struct behind){ 0 };
	return audit_read(&rest, &v, NULL, e);
}

static int bury(struct audit *au, struct arena *a, int dir, const struct audit_segment *s,
		const struct behind *b, struct err *e)
{
	struct note *n = arena_new(a, struct note);
	struct json *log = json_object(a);
	char root[DIGEST_HEX];

	json_set(log, "first", json_uint(a, s->first));
	json_set(log, "last", json_uint(a, s->last));
	json_set(log, "fingerprint", json_string(a, b->fingerprint));
	if (note_load(a, dir, s, n)) { /* which stays */
		hex_write(n->root.b, DIGEST_SIZE, root);
		json_set(log, "root", json_string(a, root));
	}
	return audit_note(au, a, AUDIT_LOG_PRUNED, log, e);
}

static bool must_go(const struct audit_keep *keep, const struct behind *b, uint64_t newer)
{
	return (keep->before_ms > 0 && b->time_ms < keep->before_ms) ||
	       (keep->events > 0 && newer >= keep->events);
}

int audit_prune(struct audit *au, struct arena *a, const struct audit_files *f,
		const struct audit_keep *keep, uint64_t *pruned, struct err *e)
{
	autofd int dir = -1;
	struct audit_sealed unused;
	struct audit_tail end;

	*pruned = 0;
	if (f->n == 0)
		return 0;
	dir = open_dir(f, e);
	if (dir < 0 || audit_end(au, a, &end, e) < 0)
		return -1;
	for (size_t i = 0; i < f->n; i++) {
		const struct audit_segment *s = &f->segments[i];
		struct behind b;

		if (look_behind(f, i, &b, e) < 0)
			return -1;
		/* without a line behind it nothing could vouch for what is gone */
		if (b.fingerprint[0] == '\0' || !must_go(keep, &b, end.sequence - s->last))
			return 0;
		/* the last seal may be among what goes */
		if (i == 0 && audit_seal(au, a, &unused, e) < 0)
			return -1;
		if (bury(au, a, dir, s, &b, e) < 0)
			return -1;
		if (unlinkat(dir, s->name, 0) < 0)
			return fail_sys(e, errno, "%s/%s: delete", f->dir, s->name);
		++*pruned;
	}
	return 0;
}
