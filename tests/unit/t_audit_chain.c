/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done to a log, and what verify calls it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "audit/audit_private.h"
#include "audit/chain.h"
#include "audit/keep.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/unit/scratch.h"

#define LINES 6 /* log.started and five more */

/* A log of so many lines; each is .line[i], with its newline. */
struct log {
	struct scratch s;
	struct arena a;
	char path[96];
	char *line[LINES];
};

static void put_log(struct log *l, const char *text)
{
	scratch_put(&l->s, "log", text);
}

static void open_log(struct log *l)
{
	const struct audit_result ok = { .exit_code = -1 };
	struct audit *au = NULL;
	autofree char *text = NULL;
	struct err e = { 0 };
	size_t len, n = 0;

	*l = (struct log){ .s = scratch_open() };
	(void)snprintf(l->path, sizeof(l->path), "%s/log", l->s.path);
	cr_assert_eq(audit_open(l->path, &au, &e), 0, "%s", e.text);
	for (int i = 1; i < LINES; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "c%d", i);
		cr_assert_eq(audit_write(au, &l->a, AUDIT_CREATE,
					 &(struct audit_subject){ .id = id }, &ok, &e),
			     0);
	}
	audit_close(au);
	cr_assert_eq(file_read_at(l->s.fd, "log", 1u << 20, "log", &text, &len, &e), 0);
	for (char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1)
		l->line[n++] = arena_strndup(&l->a, at, (size_t)(end + 1 - at));
	cr_assert_eq(n, LINES);
}

static void close_log(struct log *l)
{
	scratch_close(&l->s);
	arena_free(&l->a);
}
#define autolog __attribute__((cleanup(close_log)))

static struct audit_check verify(struct log *l)
{
	struct audit_files files;
	struct audit_check k;
	struct err e = { 0 };

	cr_assert_eq(audit_files_find(&l->a, l->path, &files, &e), 0, "%s", e.text);
	cr_assert_eq(audit_verify(&l->a, &files, NULL, &k, &e), 0, "%s", e.text);
	return k;
}

/* Lines in that order, -1 ends it. */
static void put_lines(struct log *l, const int *order)
{
	const char *text = "";

	for (; *order >= 0; order++)
		text = arena_printf(&l->a, "%s%s", text, l->line[*order]);
	put_log(l, text);
}
#define PUT(l, ...) put_lines((l), (const int[]){ __VA_ARGS__, -1 })

static void expect_only(const struct audit_check *k, enum audit_fault fault, uint64_t sequence)
{
	for (int i = 0; i < AUDIT_FAULTS; i++)
		cr_expect_eq(k->faults[i] > 0, i == (int)fault, "%s: %d", audit_faults[i].name,
			     (int)k->faults[i]);
	cr_assert_gt(k->n, 0);
	cr_expect_eq(k->findings[0].sequence, sequence, "%d: %s", (int)k->findings[0].sequence,
		     k->findings[0].text);
}

Test(audit_chain, a_whole_log_has_no_faults)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	k = verify(&l);
	cr_expect_eq(k.lines, LINES);
	cr_expect_eq(k.first, 1);
	cr_expect_eq(k.last, LINES);
	cr_expect_eq(k.n, 0);
	cr_expect_not(k.torn);
}

/* Every byte of every line but the last, of which only somebody else can know. */
Test(audit_chain, each_changed_byte_is_found, .timeout = 60)
{
	autolog struct log l;

	open_log(&l);
	for (int i = 0; i < LINES - 1; i++) {
		const size_t len = strlen(l.line[i]) - 1;

		for (size_t at = 0; at < len; at++) {
			struct audit_check k;

			l.line[i][at] ^= 1;
			if (l.line[i][at] != '\n') {
				PUT(&l, 0, 1, 2, 3, 4, 5);
				k = verify(&l);
				cr_expect_gt(k.n, 0, "line %d byte %zu", i, at);
			}
			l.line[i][at] ^= 1;
		}
	}
}

Test(audit_chain, a_changed_line_is_named)
{
	autolog struct log l;
	struct audit_check k;
	char *at;

	open_log(&l);
	at = strstr(l.line[2], "\"c2\"");
	cr_assert_not_null(at);
	at[2] = '9';
	PUT(&l, 0, 1, 2, 3, 4, 5);
	k = verify(&l);
	expect_only(&k, AUDIT_CHANGED, 3);
	cr_expect_eq(k.findings[0].line, 4); /* which does not vouch for the third */
}

Test(audit_chain, a_line_that_is_gone_is_named)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	PUT(&l, 0, 1, 3, 4, 5);
	k = verify(&l);
	expect_only(&k, AUDIT_REMOVED, 4);
	cr_expect_str_eq(k.findings[0].text, "expected 3, found 4");
	PUT(&l, 2, 3, 4, 5);
	k = verify(&l);
	expect_only(&k, AUDIT_REMOVED, 3);
}

Test(audit_chain, two_lines_that_changed_places_are_named)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	PUT(&l, 0, 2, 1, 3, 4, 5);
	k = verify(&l);
	expect_only(&k, AUDIT_REORDERED, 3);
}

Test(audit_chain, what_was_there_before_is_no_new_event)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	PUT(&l, 0, 1, 2, 3, 4, 5, 2, 3);
	k = verify(&l);
	expect_only(&k, AUDIT_REORDERED, 3);
}

Test(audit_chain, another_chain_in_the_middle_is_a_gap)
{
	autolog struct log l, other;
	struct audit_check k;

	open_log(&l);
	open_log(&other);
	for (int i = 3; i < LINES; i++)
		l.line[i] = other.line[i];
	PUT(&l, 0, 1, 2, 3, 4, 5);
	k = verify(&l);
	expect_only(&k, AUDIT_GAP, 4);
	close_log(&other);
}

Test(audit_chain, what_is_no_event_is_named)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	put_log(&l, arena_printf(&l.a, "%snonsense\n%s", l.line[0], l.line[1]));
	k = verify(&l);
	expect_only(&k, AUDIT_MALFORMED, 0);
	cr_expect_eq(k.findings[0].line, 2);
}

Test(audit_chain, half_a_line_at_the_end_is_no_fault)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	put_log(&l, arena_printf(&l.a, "%s%s%.20s", l.line[0], l.line[1], l.line[2]));
	k = verify(&l);
	cr_expect_eq(k.n, 0);
	cr_expect(k.torn);
	cr_expect_eq(k.lines, 2);
}

/* ---- segments ---- */

static void put_segment(struct log *l, const char *name, int from, int to, bool pack)
{
	const char *text = "";
	char *packed;
	size_t len;
	int fd;

	(void)mkdirat(l->s.fd, "log.segments", 0700);
	for (int i = from; i <= to; i++)
		text = arena_printf(&l->a, "%s%s", text, l->line[i]);
	len = strlen(text);
	packed = arena_alloc(&l->a, ZSTD_compressBound(len));
	fd = openat(l->s.fd, arena_printf(&l->a, "log.segments/%s", name),
		    O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert_geq(fd, 0);
	if (pack) {
		len = ZSTD_compress(packed, ZSTD_compressBound(len), text, len, 3);
		cr_assert_not(ZSTD_isError(len));
	}
	cr_assert_eq(write(fd, pack ? packed : text, len), (ssize_t)len);
	(void)close(fd);
}

Test(audit_chain, a_log_goes_on_through_its_segments)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	put_segment(&l, "1-2.jsonl.zst", 0, 1, true);
	put_segment(&l, "3-4.jsonl", 2, 3, false);
	put_segment(&l, "3-4.jsonl.zst", 2, 2, true); /* being packed just now */
	put_segment(&l, "notes.txt", 0, 1, false);
	PUT(&l, 4, 5);
	k = verify(&l);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(k.lines, LINES);
	cr_assert_eq(unlinkat(l.s.fd, "log.segments/3-4.jsonl", 0), 0);
	cr_assert_eq(unlinkat(l.s.fd, "log.segments/3-4.jsonl.zst", 0), 0);
	k = verify(&l);
	expect_only(&k, AUDIT_REMOVED, 5);
}

Test(audit_chain, a_log_that_is_not_there_is_told)
{
	autoarena struct arena a = { 0 };
	struct audit_files files;
	struct err e = { 0 };

	cr_expect_eq(audit_files_find(&a, "/nowhere/log", &files, &e), -1);
	cr_expect_str_eq(e.text, "audit log /nowhere/log: expected a log, found none");
	cr_expect_eq(e.kind, ERR_MISSING);
}

static struct audit_files files_of(struct log *l)
{
	struct audit_files files;
	struct err e = { 0 };

	cr_assert_eq(audit_files_find(&l->a, l->path, &files, &e), 0, "%s", e.text);
	return files;
}

/* ---- rotation ---- */

static struct audit *writer(const struct log *l)
{
	struct audit *au = NULL;
	struct err e = { 0 };

	cr_assert_eq(audit_open(l->path, &au, &e), 0, "%s", e.text);
	return au;
}

static int write_more(struct audit *au, int n)
{
	autoarena struct arena a = { 0 };
	const struct audit_result ok = { .exit_code = -1 };
	struct err e = { 0 };

	for (int i = 0; i < n; i++)
		if (audit_write(au, &a, AUDIT_START, &(struct audit_subject){ .id = "m" }, &ok,
				&e) < 0)
			return -1;
	return 0;
}

static void expect_whole(struct log *l, uint64_t lines)
{
	const struct audit_check k = verify(l);

	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(k.lines, lines, "%d", (int)k.lines);
	cr_expect_eq(k.first, 1);
	cr_expect_eq(k.last, lines);
}

Test(audit_rotate, the_chain_goes_on_and_old_writers_find_the_new_file)
{
	autolog struct log l;
	struct audit *one, *two;
	struct audit_files files;
	struct err e = { 0 };

	open_log(&l);
	one = writer(&l);
	two = writer(&l);
	cr_assert_eq(write_more(two, 1), 0); /* it knows who has the name, and looks no more */
	cr_assert_eq(audit_rotate(one, &l.a, &e), 0, "%s", e.text);
	cr_assert_eq(write_more(two, 1), 0);
	cr_assert_eq(write_more(one, 1), 0);
	cr_assert_eq(audit_files_find(&l.a, l.path, &files, &e), 0);
	cr_assert_eq(files.n, 1);
	cr_expect_str_eq(files.segments[0].name,
			 "00000000000000000001-00000000000000000007.jsonl");
	expect_whole(&l, LINES + 4); /* log.rotated and three more */
	audit_close(one);
	audit_close(two);
}

Test(audit_rotate, a_log_without_a_line_stays)
{
	autolog struct log l;
	struct audit *au;
	struct audit_files files;
	struct err e = { 0 };

	open_log(&l);
	put_log(&l, "");
	au = writer(&l);
	cr_assert_eq(audit_rotate(au, &l.a, &e), 0);
	audit_close(au);
	cr_assert_eq(audit_files_find(&l.a, l.path, &files, &e), 0);
	cr_expect_eq(files.n, 0);
}

Test(audit_rotate, a_log_that_was_moved_away_is_left)
{
	autolog struct log l;
	struct audit *au;

	open_log(&l);
	au = writer(&l);
	cr_assert_eq(write_more(au, 1), 0);
	cr_assert_eq(renameat(l.s.fd, "log", l.s.fd, "elsewhere"), 0);
	au->named_ms = 0; /* as if some time had passed */
	cr_assert_eq(write_more(au, 1), 0);
	audit_close(au);
	expect_whole(&l, 2); /* log.started and one */
}

/* Killed after the link and the mark, before the rename; and with half a new file. */
Test(audit_rotate, what_a_killed_rotation_left_is_no_harm)
{
	autolog struct log l;
	struct audit *au;
	struct err e = { 0 };

	open_log(&l);
	cr_assert_eq(mkdirat(l.s.fd, "log.segments", 0700), 0);
	cr_assert_eq(linkat(l.s.fd, "log", l.s.fd,
			    "log.segments/00000000000000000001-00000000000000000006.jsonl", 0),
		     0);
	cr_assert_eq(fchmodat(l.s.fd, "log", 0600 | AUDIT_SEGMENT_MARK, 0), 0);
	scratch_put(&l.s, "log.new", "{\"half");
	expect_whole(&l, LINES);
	au = writer(&l);
	cr_assert_eq(audit_rotate(au, &l.a, &e), 0, "%s", e.text);
	cr_assert_eq(write_more(au, 1), 0);
	audit_close(au);
	expect_whole(&l, LINES + 2);
}

Test(audit_rotate, a_segment_of_somebody_else_is_not_touched)
{
	autolog struct log l;
	struct audit *au;
	struct err e = { 0 };

	open_log(&l);
	put_segment(&l, "00000000000000000001-00000000000000000006.jsonl", 0, 1, false);
	au = writer(&l);
	cr_expect_eq(audit_rotate(au, &l.a, &e), -1);
	cr_expect_eq(e.sys, EEXIST);
	cr_assert_eq(write_more(au, 1), 0);
	audit_close(au);
}

/* What a writer remembers of its log is not of the next one, and not of what others wrote. */
Test(audit_rotate, writers_that_take_turns_agree)
{
	autolog struct log l;
	struct audit *one, *two;
	struct err e = { 0 };

	open_log(&l);
	one = writer(&l);
	two = writer(&l);
	for (int i = 0; i < 6; i++) {
		cr_assert_eq(write_more(one, 1 + i % 2), 0);
		cr_assert_eq(write_more(two, 2), 0);
		if (i % 2 == 1)
			cr_assert_eq(audit_rotate(i == 3 ? one : two, &l.a, &e), 0);
	}
	expect_whole(&l, LINES + 9 + 12 + 3);
	audit_close(one);
	audit_close(two);
}

Test(audit_rotate, a_directory_that_others_change_takes_no_segment)
{
	autolog struct log l;
	struct audit *au;
	struct audit_files files;
	struct err e = { 0 }, e2 = { 0 };
	uint64_t n;

	open_log(&l);
	au = writer(&l);
	cr_assert_eq(mkdirat(l.s.fd, "log.segments", 0700), 0);
	cr_assert_eq(fchmodat(l.s.fd, "log.segments", 0777, 0), 0);
	cr_expect_eq(audit_rotate(au, &l.a, &e), -1);
	cr_expect_eq(e.sys, EPERM);
	put_segment(&l, "1-2.jsonl", 0, 1, false);
	files = files_of(&l);
	cr_expect_eq(audit_pack(&files, &n, &e2), -1);
	cr_expect(str_ends(e2.text, ".segments: expected a directory that only we can change"),
		  "%s", e2.text);
	audit_close(au);
}

Test(audit_rotate, many_writers_lose_nothing_when_it_is_rotated_all_the_time, .timeout = 120)
{
	enum {
		WRITERS = 4,
		EACH = 200
	};
	autolog struct log l;
	struct audit_files files;
	struct audit_check k;
	struct err e = { 0 };

	open_log(&l);
	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0) {
			struct audit *au = writer(&l);

			au->rotate_at = 20000;
			_exit(write_more(au, EACH) < 0);
		}
	for (int w = 0, status; w < WRITERS; w++) {
		cr_assert_gt(wait(&status), 0);
		cr_expect_eq(status, 0);
	}
	cr_assert_eq(audit_files_find(&l.a, l.path, &files, &e), 0);
	cr_expect_gt(files.n, 10);
	k = verify(&l);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(k.lines, LINES + WRITERS * EACH + files.n);
}

/* ---- packing and deleting ---- */

/* Three segments and a live file, of which each begins with log.rotated but the first. */
static void rotate_thrice(struct log *l)
{
	struct audit *au = writer(l);
	struct err e = { 0 };

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(audit_rotate(au, &l->a, &e), 0, "%s", e.text);
		cr_assert_eq(write_more(au, 3), 0);
	}
	audit_close(au);
}

Test(audit_keep, packed_segments_say_the_same)
{
	autolog struct log l;
	struct audit_files files;
	struct err e = { 0 };
	uint64_t packed;

	open_log(&l);
	rotate_thrice(&l);
	files = files_of(&l);
	cr_assert_eq(audit_pack(&files, &packed, &e), 0, "%s", e.text);
	cr_expect_eq(packed, 3);
	files = files_of(&l);
	cr_assert_eq(files.n, 3);
	for (size_t i = 0; i < files.n; i++)
		cr_expect(files.segments[i].packed);
	expect_whole(&l, LINES + 3 * 4);
	cr_assert_eq(audit_pack(&files, &packed, &e), 0);
	cr_expect_eq(packed, 0);
}

static uint64_t prune(struct log *l, uint64_t events, uint64_t before_ms)
{
	const struct audit_keep keep = { events, before_ms };
	const struct audit_files files = files_of(l);
	struct audit *au = writer(l);
	struct err e = { 0 };
	uint64_t n;

	cr_assert_eq(audit_prune(au, &l->a, &files, &keep, &n, &e), 0, "%s", e.text);
	audit_close(au);
	return n;
}

Test(audit_keep, what_is_deleted_leaves_a_tombstone_and_a_chain_that_holds)
{
	autolog struct log l;
	struct audit_check k;

	open_log(&l);
	rotate_thrice(&l);
	cr_expect_eq(prune(&l, 1000, 0), 0);
	cr_expect_eq(prune(&l, 0, 1), 0);
	cr_expect_eq(prune(&l, 9, 0), 1); /* of the next there are but eight that are newer */
	k = verify(&l);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(k.first, LINES + 1);
	cr_expect_eq(prune(&l, 0, UINT64_MAX), 2);
	k = verify(&l);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(files_of(&l).n, 0);
}

Test(audit_keep, a_segment_that_goes_without_a_tombstone_is_missed)
{
	autolog struct log l;
	struct audit_check k;
	struct audit_files files;

	open_log(&l);
	rotate_thrice(&l);
	files = files_of(&l);
	cr_assert_eq(unlinkat(l.s.fd,
			      arena_printf(&l.a, "log.segments/%s", files.segments[0].name), 0),
		     0);
	k = verify(&l);
	expect_only(&k, AUDIT_REMOVED, LINES + 1);
}
