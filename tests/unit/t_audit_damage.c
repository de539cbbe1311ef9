/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be read is named, and hides nothing that can. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "tests/unit/log_help.h"

/* A packed segment, and four lines behind it. */
static struct log make_segment(void)
{
	struct log l = make_log();
	struct audit_files f;
	struct audit *au;
	struct err e = { 0 };
	uint64_t n;

	write_some(&l, 3);
	au = open_log(&l);
	cr_assert_eq(audit_rotate(au, &l.a, &e), 0, "%s", e.text);
	audit_close(au);
	f = files_of(&l);
	cr_assert_eq(audit_pack(&f, &n, &e), 0, "%s", e.text);
	cr_assert_eq(n, 1);
	write_some(&l, 3);
	return l;
}

static const char *segment(struct log *l)
{
	const struct audit_files f = files_of(l);

	cr_assert_eq(f.n, 1);
	return arena_printf(&l->a, "%s/%s", f.dir, f.segments[0].name);
}

static int count_line(void *ctx, const struct audit_line_at *at, struct err *e)
{
	size_t *n = ctx;

	(void)e;
	*n += !at->torn;
	return 0;
}

Test(audit_damage, of_a_segment_is_a_change_and_hides_no_line_behind_it)
{
	static const char why[] = "expected whole zstd data: found its beginning";
	autolog struct log l = make_segment();
	const char *path = segment(&l), *name = strrchr(path, '/') + 1;
	const struct audit_files f = files_of(&l);
	size_t n = 0;
	const struct audit_visitor v = { .visit = count_line, .ctx = &n };
	struct audit_check k = verify(&l);
	struct err e = { 0 };
	const uint64_t last = k.last;

	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_assert_eq(truncate(path, 100), 0);
	k = verify(&l);
	cr_expect_eq(k.faults[AUDIT_CHANGED], 1);
	cr_expect_eq(k.faults[AUDIT_REMOVED], 1); /* its lines */
	cr_expect_str_eq(k.findings[0].file, name);
	cr_expect_str_eq(k.findings[0].text, why);
	cr_expect_eq(k.last, last);
	cr_expect_eq(audit_read(&f, &v, NULL, &e), -1);
	cr_expect_eq(n, 4);
	cr_expect_str_eq(e.text, arena_printf(&l.a, "%s: %s", name, why));
}

Test(audit_damage, a_log_that_ends_with_a_segment_was_cut_off)
{
	autolog struct log l = make_segment();
	struct audit_check k;

	cr_assert_eq(truncate(l.path, 0), 0);
	k = verify(&l);
	cr_expect_gt(k.faults[AUDIT_TRUNCATED], 0);
	cr_expect_str_eq(k.findings[0].text, "behind the last segment there is no line");
	cr_assert_eq(unlink(l.path), 0);
	k = verify(&l);
	cr_expect_str_eq(k.findings[0].text, "behind the last segment there is no line");
}

static void append(struct log *l, int byte, size_t n, const char *end)
{
	char *text = arena_alloc(&l->a, n);
	autofd int fd = open(l->path, O_WRONLY | O_APPEND | O_CLOEXEC);

	memset(text, byte, n);
	cr_assert_eq(write(fd, text, n), (ssize_t)n);
	cr_assert_eq(write(fd, end, strlen(end)), (ssize_t)strlen(end));
}

/* A writer that was killed leaves half a line at the end; elsewhere, and of more than a line
 * can have, it is none of ours. */
Test(audit_damage, half_a_line_is_ours_at_the_end_only)
{
	static const struct {
		int byte;
		size_t n;
		const char *end;
		bool ours;
	} rows[] = { { 'x', 20, "", true },
		     { '\0', 20, "", true },
		     { 'x', AUDIT_LINE, "", false },
		     { '\0', 3 * AUDIT_LINE, "", false },
		     { 'x', AUDIT_LINE + 1, "\n", false },
		     { '\0', 600000, "\n", false } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		autolog struct log l = make_log();
		struct audit_check k;

		append(&l, rows[i].byte, rows[i].n, rows[i].end);
		k = verify(&l);
		cr_expect_eq(k.faults[AUDIT_MALFORMED], !rows[i].ours, "row %zu", i);
		cr_expect_eq(k.n, k.faults[AUDIT_MALFORMED], "row %zu", i);
		cr_expect_eq(k.torn, rows[i].ours, "row %zu", i);
	}
}

Test(audit_damage, half_a_line_between_two_files_is_named)
{
	autolog struct log l = make_log();
	struct audit_files f;
	struct audit *au = open_log(&l);
	struct err e = { 0 };
	autofd int fd = -1;
	struct audit_check k;

	cr_assert_eq(audit_rotate(au, &l.a, &e), 0, "%s", e.text);
	audit_close(au);
	f = files_of(&l);
	fd = open(arena_printf(&l.a, "%s/%s", f.dir, f.segments[0].name),
		  O_WRONLY | O_APPEND | O_CLOEXEC);
	cr_assert_eq(write(fd, "{\"a", 3), 3);
	k = verify(&l);
	cr_expect_eq(k.n, 1);
	cr_expect_eq(k.faults[AUDIT_MALFORMED], 1);
	cr_expect_str_eq(k.findings[0].file, f.segments[0].name);
}

/* ---- a rotation meanwhile is no damage ---- */

struct rotator {
	struct log *l;
	int left; /* rotations that are still to come, one at each line */
	size_t n;
	uint64_t last;
	bool in_order;
};

static void rotate_now(struct log *l)
{
	struct audit *au = open_log(l);
	struct err e = { 0 };

	cr_assert_eq(audit_rotate(au, &l->a, &e), 0, "%s", e.text);
	audit_close(au);
}

static int rotate_at_line(void *ctx, const struct audit_line_at *at, struct err *e)
{
	struct rotator *r = ctx;
	const char *sequence = strstr(at->text, "\"sequence\":");
	uint64_t now = 0;

	(void)e;
	cr_assert_not_null(sequence);
	now = strtoull(sequence + strlen("\"sequence\":"), NULL, 10);
	r->in_order = r->in_order && now == r->last + 1;
	r->last = now;
	r->n++;
	if (r->left > 0 && r->n % 2 == 0) {
		r->left--;
		rotate_now(r->l);
		write_some(r->l, 2);
	}
	return 0;
}

Test(audit_damage, is_not_a_rotation_while_it_is_read)
{
	autolog struct log l = make_segment();
	const struct audit_files f = files_of(&l);
	struct rotator r = { &l, 3, 0, 0, true };
	const struct audit_visitor v = { .visit = rotate_at_line, .ctx = &r };
	struct audit_live live;
	struct audit_check k;
	struct stat is, named;
	struct err e = { 0 };

	cr_assert_eq(audit_read(&f, &v, &live, &e), 0, "%s", e.text);
	cr_expect_eq(r.left, 0);
	cr_expect(r.in_order);
	k = verify(&l);
	cr_expect_eq(r.last, k.last, "%zu lines", r.n);
	/* what is held is what was read to its end */
	cr_assert_eq(fstat(live.fd, &is), 0);
	cr_assert_eq(stat(l.path, &named), 0);
	cr_expect_eq(is.st_ino, named.st_ino);
	cr_expect_eq(live.end, (uint64_t)is.st_size);
	(void)close(live.fd);
}
