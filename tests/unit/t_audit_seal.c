/* SPDX-License-Identifier: Apache-2.0 */
/* Seals, signatures and anchors: what they show that a chain alone cannot. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/anchor.h"
#include "audit/audit_private.h"
#include "audit/filter.h"
#include "audit/keep.h"
#include "audit/noted.h"
#include "audit/proof.h"
#include "audit/sealed.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/unit/scratch.h"

/* A log that is sealed and signed, in a directory of its own. */
struct log {
	struct scratch s;
	struct arena a;
	char path[96];
	uint8_t key[DIGEST_SIZE];
	char public[SIGN_KEY_HEX];
};

static struct audit *open_log(const struct log *l)
{
	struct audit *au = NULL;
	struct err e = { 0 };

	cr_assert_eq(audit_open(l->path, &au, &e), 0, "%s", e.text);
	return au;
}

static void write_some(struct log *l, int n)
{
	const struct audit_result ok = { .exit_code = -1 };
	struct audit *au = open_log(l);
	struct err e = { 0 };

	for (int i = 0; i < n; i++)
		cr_assert_eq(audit_write(au, &l->a, AUDIT_CREATE,
					 &(struct audit_subject){ .id = "c" }, &ok, &e),
			     0, "%s", e.text);
	audit_close(au);
}

static void seal_now(struct log *l)
{
	struct audit *au = open_log(l);
	struct err e = { 0 };

	cr_assert_eq(audit_seal(au, &l->a, &e), 0, "%s", e.text);
	audit_close(au);
}

static struct log make_log(void)
{
	struct log l = { .s = scratch_open() };
	char key[DIGEST_HEX];
	struct sign_file f;
	struct audit *au;
	struct err e = { 0 };

	(void)snprintf(l.path, sizeof(l.path), "%s/log", l.s.path);
	au = open_log(&l);
	cr_assert_eq(sign_make(&f, l.path, l.public), 0);
	sign_close(&f);
	cr_assert_eq(audit_seal_begin(au, &l.a, key, &e), 0, "%s", e.text);
	cr_assert(hex_read(key, sizeof(l.key), l.key));
	audit_close(au);
	return l;
}

static void close_log(struct log *l)
{
	scratch_close(&l->s);
	arena_free(&l->a);
}
#define autolog __attribute__((cleanup(close_log)))

static struct audit_files files_of(struct log *l)
{
	struct audit_files f;
	struct err e = { 0 };

	cr_assert_eq(audit_files_find(&l->a, l->path, &f, &e), 0, "%s", e.text);
	return f;
}

/* With the verification key and nothing else, as on another machine. */
static struct audit_check verify_with(struct log *l, const uint8_t *key, struct anchors *an,
				      struct sealed *seen)
{
	const struct audit_files f = files_of(l);
	struct audit_check k;
	struct err e = { 0 };

	*seen = (struct sealed){ .first_key = key };
	cr_assert_eq(audit_verify(&l->a, &f, &(struct audit_trust){ seen, an }, &k, &e), 0,
		     "%s", e.text);
	return k;
}

static struct audit_check verify(struct log *l)
{
	struct sealed seen;

	return verify_with(l, l->key, NULL, &seen);
}

static char *read_log(struct log *l)
{
	struct err e = { 0 };
	char *text;
	size_t len;

	cr_assert_eq(file_read_at(l->s.fd, "log", 1u << 22, "log", &text, &len, &e), 0);
	return text;
}

static void put_log(const struct log *l, const char *text, size_t len)
{
	autofd int fd = openat(l->s.fd, "log", O_WRONLY | O_TRUNC | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write_all(fd, text, len), 0);
}

/* The end of the n-th line. */
static size_t after_line(const char *text, int n)
{
	const char *at = text;

	while (n-- > 0)
		at = strchr(at, '\n') + 1;
	return (size_t)(at - text);
}

/* Takes the line apart and makes the rest of the chain anew, as who can write it would. */
static const char *rewritten(struct log *l, const char *text, int from, const char *id)
{
	char print[DIGEST_HEX] = "";
	char *copy = arena_strdup(&l->a, text), *at = copy;

	for (int n = 0; *at != '\0'; n++) {
		char *end = strchr(at, '\n'), *link;

		*end = '\0';
		link = strstr(at, "\"algorithm_id\":3,\"value\":\"");
		if (n > from && link != NULL)
			memcpy(link + 26, print, DIGEST_HEX - 1);
		if (n == from)
			memcpy(strstr(at, "\"name\":\"c\"") + 8, id, 1);
		digest_hex(at, strlen(at), print);
		*end = '\n';
		at = end + 1;
	}
	return copy;
}

/* ---- seals ---- */

Test(audit_seal, a_sealed_log_is_proved_up_to_its_last_seal)
{
	autolog struct log l = make_log();
	struct audit_check k;
	struct sealed seen;

	write_some(&l, 3);
	seal_now(&l);
	write_some(&l, 2);
	k = verify_with(&l, l.key, NULL, &seen);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect(seen.proved);
	cr_expect_eq(seen.seals, 2);
	cr_expect_eq(seen.last.sequence, 5); /* started, sealed, three */
	k = verify_with(&l, NULL, NULL, &seen);
	cr_expect_eq(k.n, 0);
	cr_expect_not(seen.proved);
}

Test(audit_seal, sealing_what_is_sealed_adds_nothing)
{
	autolog struct log l = make_log();
	struct audit_check k;

	seal_now(&l);
	seal_now(&l);
	k = verify(&l);
	cr_expect_eq(k.lines, 2);
}

Test(audit_seal, seals_come_by_themselves)
{
	autolog struct log l = make_log();
	struct audit_check k;
	struct sealed seen;

	write_some(&l, 3 * SEAL_EVERY_EVENTS);
	k = verify_with(&l, l.key, NULL, &seen);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_geq(seen.seals, 3);
	cr_expect(seen.proved);
}

/* Every byte of every line but the last. */
Test(audit_seal, each_changed_byte_is_found, .timeout = 60)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	size_t len, last;

	write_some(&l, 2);
	seal_now(&l);
	write_some(&l, 1);
	text = read_log(&l);
	len = strlen(text);
	last = after_line(text, 5);
	for (size_t at = 0; at < last; at++) {
		struct audit_check k;

		text[at] ^= 1;
		put_log(&l, text, len);
		k = verify(&l);
		cr_expect_gt(k.n, 0, "byte %zu", at);
		text[at] ^= 1;
	}
}

Test(audit_seal, a_chain_that_was_made_anew_is_found_by_its_seal)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	const char *forged;
	struct audit_check k;
	struct sealed seen;

	write_some(&l, 3);
	seal_now(&l);
	text = read_log(&l);
	forged = rewritten(&l, text, 3, "x");
	put_log(&l, forged, strlen(forged));
	k = verify(&l);
	cr_assert_gt(k.n, 0);
	cr_expect_gt(k.faults[AUDIT_CHANGED], 0, "%s", k.findings[0].text);
	(void)verify_with(&l, NULL, NULL, &seen);
}

/* And so is one whose seal says what the forged lines are: its number is made of a key that is
 * gone. */
Test(audit_seal, a_forged_seal_is_found)
{
	autolog struct log l = make_log();
	autofree char *text = NULL, *again = NULL;
	struct seal_file now;
	struct audit_check k;
	struct audit *au;
	struct err e = { 0 };

	write_some(&l, 1);
	seal_now(&l);
	/* who comes later has the key of now, and seals the log that he cut with it */
	text = read_log(&l);
	put_log(&l, text, after_line(text, 2));
	cr_assert_eq(seal_open(&now, l.path), 0);
	now.state.line = 2;
	cr_assert_eq(seal_save(&now), 0);
	seal_close(&now);
	au = open_log(&l);
	cr_assert_eq(audit_seal(au, &l.a, &e), 0);
	cr_assert_eq(audit_write(au, &l.a, AUDIT_CREATE, &(struct audit_subject){ .id = "x" },
				 &(struct audit_result){ .exit_code = -1 }, &e),
		     0);
	cr_assert_eq(audit_seal(au, &l.a, &e), 0);
	audit_close(au);
	again = read_log(&l);
	k = verify(&l);
	cr_expect_gt(k.faults[AUDIT_BAD_SEAL], 0, "%s", again);
}

Test(audit_seal, another_key_proves_nothing)
{
	autolog struct log l = make_log();
	uint8_t other[DIGEST_SIZE] = { 1 };
	struct audit_check k;
	struct sealed seen;

	k = verify_with(&l, other, NULL, &seen);
	cr_assert_gt(k.n, 0);
	cr_expect_str_eq(k.findings[0].text,
			 "expected seals that were made with this key: found none");
	cr_expect_eq(k.findings[0].fault, AUDIT_BAD_SEAL);
	cr_expect_not(seen.proved);
}

Test(audit_seal, the_key_of_a_seal_is_gone_with_it)
{
	autolog struct log l = make_log();
	uint8_t key[DIGEST_SIZE];
	struct seal_file f;

	write_some(&l, 1);
	seal_now(&l);
	cr_assert_eq(seal_open(&f, l.path), 0);
	cr_expect_eq(f.state.epoch, 2);
	memcpy(key, l.key, sizeof(key));
	for (uint64_t i = 0; i < f.state.epoch; i++) {
		cr_expect_neq(memcmp(f.state.key, key, sizeof(key)), 0);
		seal_evolve(key);
	}
	cr_expect_eq(memcmp(f.state.key, key, sizeof(key)), 0);
	seal_close(&f);
}

/* Killed between the key and the line: the next writer has the line. */
Test(audit_seal, a_seal_without_its_line_gets_it_later)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	struct audit_check k;
	struct sealed seen;

	write_some(&l, 1);
	seal_now(&l);
	text = read_log(&l);
	put_log(&l, text, after_line(text, 3));
	write_some(&l, 1);
	k = verify_with(&l, l.key, NULL, &seen);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(seen.seals, 2);
}

Test(audit_seal, a_log_that_was_cut_tells_so_itself)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	struct audit_check k;

	write_some(&l, 3);
	seal_now(&l);
	text = read_log(&l);
	put_log(&l, text, after_line(text, 4));
	write_some(&l, 2);
	k = verify(&l);
	cr_expect_eq(k.faults[AUDIT_TRUNCATED], 1);
	cr_expect_str_eq(k.findings[0].text,
			 "the seal vouches for event 5, and the last one before it is 4");
}

Test(audit_seal, the_host_knows_that_its_log_was_cut)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	struct sealed seen = { 0 };
	struct audit_files f;
	struct seal_file host;
	struct audit_check k;
	struct err e = { 0 };

	write_some(&l, 3);
	seal_now(&l);
	text = read_log(&l);
	f = files_of(&l);
	for (int lines = 0; lines < 5; lines++) {
		put_log(&l, text, after_line(text, lines));
		cr_assert_eq(seal_open(&host, l.path), 0);
		seen = (struct sealed){ .state = &host.state };
		cr_assert_eq(audit_verify(&l.a, &f, &(struct audit_trust){ &seen, NULL }, &k,
					  &e),
			     0);
		cr_expect_gt(k.faults[AUDIT_TRUNCATED], 0, "%d lines", lines);
		seal_close(&host);
	}
}

Test(audit_seal, a_key_that_others_can_read_is_refused)
{
	autolog struct log l = make_log();
	struct audit *au = open_log(&l);
	struct err e = { 0 };
	char want[160];

	cr_assert_eq(fchmodat(l.s.fd, "log.seal", 0640, 0), 0);
	cr_expect_eq(audit_note(au, &l.a, AUDIT_LOG_SEALED, NULL, &e), -1);
	(void)snprintf(want, sizeof(want),
		       "%s.seal: expected a file of ours that nobody else can read", l.path);
	cr_expect_str_eq(e.text, want);
	audit_close(au);
}

Test(audit_seal, a_damaged_key_is_refused)
{
	autolog struct log l = make_log();
	autofd int fd = openat(l.s.fd, "log.seal", O_WRONLY | O_CLOEXEC);
	struct audit *au = open_log(&l);
	struct err e = { 0 };

	cr_assert_eq(pwrite(fd, "x", 1, 40), 1);
	cr_expect_eq(audit_note(au, &l.a, AUDIT_LOG_SEALED, NULL, &e), -1);
	cr_expect_not_null(strstr(e.text, "expected a sealing key: found something else"));
	audit_close(au);
}

/* ---- anchors ---- */

static struct anchors anchor_now(struct log *l)
{
	struct audit *au = open_log(l);
	struct anchor *an = arena_new(&l->a, struct anchor);
	struct audit_tail t;
	struct err e = { 0 };

	cr_assert_eq(audit_end(au, &l->a, &t, &e), 0);
	audit_close(au);
	an->sequence = t.sequence;
	memcpy(an->chain, t.chain, sizeof(an->chain));
	memcpy(an->fingerprint, t.fingerprint, sizeof(an->fingerprint));
	return (struct anchors){ .v = an, .n = 1 };
}

/* At every byte: the last newline alone is missed by nobody. */
Test(audit_seal, an_anchor_shows_each_cut, .timeout = 60)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	struct anchors kept;
	size_t len;

	write_some(&l, 4);
	kept = anchor_now(&l);
	text = read_log(&l);
	len = strlen(text);
	for (size_t at = 0; at < len - 1; at++) {
		struct anchors an = kept;
		struct sealed seen;
		struct audit_check k;

		put_log(&l, text, at);
		k = verify_with(&l, NULL, &an, &seen);
		cr_expect_gt(k.faults[AUDIT_TRUNCATED], 0, "cut at %zu", at);
	}
}

Test(audit_seal, an_anchor_shows_a_chain_that_was_made_anew)
{
	autolog struct log l = make_log();
	autofree char *text = NULL;
	struct anchors kept;
	struct audit_check k;
	struct sealed seen;
	const char *forged;

	write_some(&l, 3);
	kept = anchor_now(&l);
	k = verify_with(&l, NULL, &kept, &seen);
	cr_expect_eq(k.anchored, 5);
	cr_expect_eq(k.n, 0);
	text = read_log(&l);
	forged = rewritten(&l, text, 3, "x");
	put_log(&l, forged, strlen(forged));
	kept = (struct anchors){ .v = kept.v, .n = 1 };
	k = verify_with(&l, NULL, &kept, &seen);
	cr_expect_gt(k.faults[AUDIT_CHANGED], 0);
	cr_expect_eq(k.anchored, 0);
}

Test(audit_seal, anchors_are_read_from_anything)
{
	autolog struct log l = make_log();
	struct anchors an = anchor_now(&l), read;
	const char *text = anchor_text(&l.a, &an.v[0], "/log", "host");
	char path[128];
	struct err e = { 0 };

	scratch_put(&l.s, "anchors",
		    arena_printf(&l.a, "nothing\nNov 22 host caisson-audit: %s\n{}\n{\n",
				 text));
	(void)snprintf(path, sizeof(path), "%s/anchors", l.s.path);
	cr_assert_eq(anchors_load(&l.a, path, &read, &e), 0, "%s", e.text);
	cr_expect_eq(read.n, 1);
	cr_expect_eq(read.v[0].sequence, 2);
	cr_expect_str_eq(read.v[0].chain, an.v[0].chain);
	cr_assert_eq(anchor_send(path, text, &e), 0);
	cr_assert_eq(anchors_load(&l.a, path, &read, &e), 0);
	cr_expect_eq(read.n, 2);
	cr_expect_eq(anchor_send("elsewhere", text, &e), -1);
	cr_expect_str_eq(e.text, "anchor: expected journald, syslog or an absolute path: found "
				 "\"elsewhere\"");
}

Test(audit_seal, each_seal_is_anchored_as_configured)
{
	autolog struct log l = make_log();
	struct audit_rules rules = { .anchors_n = 1 };
	const struct audit_result ok = { .exit_code = -1 };
	struct audit *au = open_log(&l);
	struct anchors read;
	struct audit_check k;
	struct sealed seen;
	struct err e = { 0 };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/anchors", l.s.path);
	rules.anchors[0] = path;
	audit_obey(au, &rules);
	for (int i = 0; i < 2 * SEAL_EVERY_EVENTS; i++)
		cr_assert_eq(audit_write(au, &l.a, AUDIT_CREATE,
					 &(struct audit_subject){ .id = "c" }, &ok, &e),
			     0);
	audit_close(au);
	cr_assert_eq(anchors_load(&l.a, path, &read, &e), 0, "%s", e.text);
	cr_expect_eq(read.n, 2);
	k = verify_with(&l, l.key, &read, &seen);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(k.anchored, seen.last.sequence + 1); /* with the seal's own line */
}

/* ---- segments ---- */

static void rotate(struct log *l)
{
	struct sign_file key;
	struct audit_files f;
	struct audit *au = open_log(l);
	struct err e = { 0 };
	uint64_t n;

	cr_assert_eq(audit_rotate(au, &l->a, &e), 0, "%s", e.text);
	f = files_of(l);
	cr_assert_eq(sign_open(&key, l->path), 0);
	cr_assert_eq(notes_make(au, &l->a, &f, &key, &n, &e), 0, "%s", e.text);
	sign_close(&key);
	cr_assert_eq(n, 1);
	cr_assert_eq(audit_pack(&f, &n, &e), 0);
	audit_close(au);
}

static struct audit_check verify_notes(struct log *l, const char *key, struct noted *seen)
{
	const struct audit_files f = files_of(l);
	struct audit_check k;
	struct err e = { 0 };

	k = verify(l);
	cr_assert_eq(notes_verify(&l->a, &f, key, &k, seen, &e), 0, "%s", e.text);
	return k;
}

static struct log make_segments(int n)
{
	struct log l = make_log();

	for (int i = 0; i < n; i++) {
		write_some(&l, 3 + i);
		rotate(&l);
	}
	return l;
}

Test(audit_seal, signed_segments_are_proved_from_the_first_key)
{
	autolog struct log l = make_segments(3);
	struct audit_check k;
	struct noted seen;

	k = verify_notes(&l, l.public, &seen);
	cr_expect_eq(k.n, 0, "%s", k.n > 0 ? k.findings[0].text : "");
	cr_expect_eq(seen.proved, 3);
	cr_expect_eq(seen.signed_, 3);
}

static void rename_in(struct log *l, const char *from, const char *to)
{
	autofd int dir = openat(l->s.fd, "log.segments", O_RDONLY | O_CLOEXEC);

	cr_assert_eq(renameat(dir, from, dir, to), 0);
}

Test(audit_seal, segments_that_changed_places_are_found)
{
	autolog struct log l = make_segments(3);
	const struct audit_files f = files_of(&l);
	struct audit_check k;
	struct noted seen;

	cr_assert_eq(f.n, 3);
	rename_in(&l, f.segments[0].name, "x");
	rename_in(&l, f.segments[1].name, f.segments[0].name);
	rename_in(&l, "x", f.segments[1].name);
	k = verify_notes(&l, l.public, &seen);
	cr_expect_gt(k.faults[AUDIT_REORDERED], 0);
	cr_expect_eq(k.faults[AUDIT_CHANGED], 2);
}

Test(audit_seal, a_segment_of_the_past_is_no_new_one)
{
	autolog struct log l = make_segments(3);
	const struct audit_files f = files_of(&l);
	struct audit_check k;
	struct noted seen;

	rename_in(&l, f.segments[1].name, f.segments[2].name);
	k = verify_notes(&l, l.public, &seen);
	cr_expect_gt(k.faults[AUDIT_REMOVED] + k.faults[AUDIT_REORDERED], 0);
	cr_expect_gt(k.faults[AUDIT_CHANGED], 0);
}

Test(audit_seal, a_deleted_segment_is_found_each)
{
	for (int i = 0; i < 3; i++) {
		autolog struct log l = make_segments(3);
		const struct audit_files f = files_of(&l);
		struct audit_check k;

		rename_in(&l, f.segments[i].name, "gone");
		k = verify(&l);
		cr_expect_gt(k.faults[AUDIT_REMOVED], 0, "segment %d", i);
	}
}

/* Who may write the log now makes a note of a segment of the past anew. */
Test(audit_seal, a_note_that_was_signed_anew_is_found)
{
	autolog struct log l = make_segments(3);
	const struct audit_files f = files_of(&l);
	autofd int dir = openat(l.s.fd, "log.segments", O_RDONLY | O_CLOEXEC);
	struct note *n = arena_new(&l.a, struct note);
	struct sign_file key;
	struct audit_check k;
	struct noted seen;
	struct err e = { 0 };

	cr_assert(note_load(&l.a, dir, &f.segments[1], n));
	n->max_ms++;
	cr_assert_eq(note_save(&l.a, dir, &f.segments[1], n, &e), 0);
	k = verify_notes(&l, l.public, &seen);
	cr_expect_eq(k.faults[AUDIT_BAD_SEAL], 1);
	cr_expect_eq(k.faults[AUDIT_CHANGED], 1);
	cr_assert_eq(sign_open(&key, l.path), 0);
	cr_expect_eq(key.state.number, 3);
	sign_note(&key, &l.a, n);
	sign_close(&key);
	cr_assert_eq(note_save(&l.a, dir, &f.segments[1], n, &e), 0);
	k = verify_notes(&l, l.public, &seen);
	cr_expect_eq(k.faults[AUDIT_BAD_SEAL], 1);
	cr_expect_eq(seen.proved, 1);
}

Test(audit_seal, a_killed_signer_leaves_a_chain_of_keys_that_holds)
{
	autolog struct log l = make_segments(1);
	struct sign_file key;
	struct audit_check k;
	struct noted seen;

	/* as it was before the key was written over, the note being there */
	cr_assert_eq(sign_open(&key, l.path), 0);
	cr_expect_eq(key.state.number, 1);
	sign_close(&key);
	write_some(&l, 1);
	rotate(&l);
	k = verify_notes(&l, l.public, &seen);
	cr_expect_eq(k.n, 0);
	cr_expect_eq(seen.proved, 2);
}

Test(audit_seal, a_query_passes_over_segments_that_cannot_match)
{
	autolog struct log l = make_segments(2);
	const struct audit_files f = files_of(&l);
	static const char *const create[] = { "container.c*", NULL }, *const oom[] = {
		"limit.oom", NULL
	};
	struct audit_filter filter = { .events = create };

	cr_expect_not(audit_filter_skips(&filter, &f, &f.segments[0]));
	filter.events = oom;
	cr_expect(audit_filter_skips(&filter, &f, &f.segments[0]));
	filter = (struct audit_filter){ .until_ms = 1 };
	cr_expect(audit_filter_skips(&filter, &f, &f.segments[1]));
	filter = (struct audit_filter){ .since_ms = UINT64_MAX };
	cr_expect(audit_filter_skips(&filter, &f, &f.segments[1]));
	filter = (struct audit_filter){ .since_ms = 1 };
	cr_expect_not(audit_filter_skips(&filter, &f, &f.segments[1]));
}

/* ---- one event ---- */

static struct proof_said check_text(struct log *l, const char *text, const char *key)
{
	struct proof_said said = { 0 };
	struct err e = { 0 };

	cr_assert_eq(proof_check(&l->a, text, strlen(text), key, &said, &e), 0, "%s", e.text);
	return said;
}

static const char *prove(struct log *l, uint64_t sequence)
{
	const struct audit_files f = files_of(l);
	struct json *proof;
	struct err e = { 0 };

	cr_assert_eq(proof_make(&l->a, &f, sequence, &proof, &e), 0, "%s", e.text);
	return json_print(&l->a, proof, JSON_CANONICAL, NULL);
}

Test(audit_seal, each_event_of_a_signed_segment_is_proved)
{
	autolog struct log l = make_segments(3);
	const struct audit_files f = files_of(&l);

	for (uint64_t i = 1; i <= f.segments[2].last; i++) {
		const struct proof_said said = check_text(&l, prove(&l, i), l.public);

		cr_expect_eq(said.answer, PROOF_GOOD, "event %d", (int)i);
		cr_expect_eq(audit_line_sequence(said.event), i);
	}
}

Test(audit_seal, a_changed_proof_proves_nothing)
{
	autolog struct log l = make_segments(2);
	const char *text = prove(&l, 4);
	char *event = strstr(text, "\\\"name\\\":\\\"c"), *root = strstr(text, "\"root\":\""),
	     other[SIGN_KEY_HEX];

	memcpy(other, l.public, sizeof(other));
	other[0] = other[0] == '0' ? '1' : '0';
	cr_expect_eq(check_text(&l, text, other).answer, PROOF_FORGED);
	event[11] = 'x';
	cr_expect_eq(check_text(&l, text, l.public).answer, PROOF_OTHER);
	event[11] = 'c';
	cr_expect_eq(check_text(&l, text, l.public).answer, PROOF_GOOD);
	root[8] = root[8] == '0' ? '1' : '0';
	cr_expect_eq(check_text(&l, text, l.public).answer, PROOF_OTHER);
}

Test(audit_seal, what_is_not_in_a_signed_segment_cannot_be_proved)
{
	autolog struct log l = make_segments(1);
	const struct audit_files f = files_of(&l);
	struct json *proof;
	struct err e = { 0 };

	cr_expect_eq(proof_make(&l.a, &f, 100, &proof, &e), -1);
	cr_expect_str_eq(e.text, "event 100: expected it in a closed segment\n"
				 "caisson audit rotate closes and signs what there is");
}

/* RFC 6962 section 2.1.3's tree of seven leaves, and all smaller ones. */
Test(audit_seal, each_leaf_leads_to_the_root_and_nothing_else_does)
{
	struct merkle_hash leaf[40], left[40], path[MERKLE_HEIGHT], root;

	for (uint64_t n = 1; n <= COUNT(leaf); n++) {
		struct merkle m = { 0 };

		for (uint64_t i = 0; i < n; i++) {
			merkle_leaf(&i, sizeof(i), &leaf[i]);
			merkle_add(&m, &leaf[i]);
		}
		merkle_root(&m, &root);
		for (uint64_t i = 0; i < n; i++) {
			size_t len;

			memcpy(left, leaf, sizeof(left));
			len = merkle_path(left, n, i, path);
			cr_expect(merkle_leads(&leaf[i], i, n, path, len, &root));
			cr_expect_not(merkle_leads(&leaf[i], i + 1, n, path, len, &root));
			cr_expect_not(merkle_leads(&leaf[(i + 1) % n], i, n + (n == 1), path,
						   len, &root));
			if (len > 0)
				cr_expect_not(
					merkle_leads(&leaf[i], i, n, path, len - 1, &root));
		}
	}
}
