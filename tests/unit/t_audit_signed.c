/* SPDX-License-Identifier: Apache-2.0 */
/* Segments that are signed, and the proof that one event is in such a segment. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/filter.h"
#include "audit/proof.h"
#include "base/auto.h"
#include "base/str.h"
#include "tests/unit/log_help.h"

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
	struct sealed seals = { .first_key = l->key };
	struct noting notes;
	const struct audit_trust trust = { .sealed = &seals, .notes = &notes };
	struct audit_check k;
	struct err e = { 0 };

	cr_assert_eq(notes_begin(&l->a, &f, &notes, &e), 0, "%s", e.text);
	cr_assert_eq(audit_verify(&l->a, &f, &trust, &k, &e), 0, "%s", e.text);
	notes_verify(&notes, &l->a, key, &k, seen);
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

Test(audit_signed, signed_segments_are_proved_from_the_first_key)
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

Test(audit_signed, segments_that_changed_places_are_found)
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

Test(audit_signed, an_emptied_segment_is_found)
{
	autolog struct log l = make_segments(2);
	const struct audit_files f = files_of(&l);
	const char *name = arena_printf(&l.a, "%s/%s", f.dir, f.segments[1].name);
	bool told = false;
	struct noted seen;
	struct audit_check k;

	cr_assert_eq(truncate(name, 0), 0);
	k = verify_notes(&l, NULL, &seen);
	for (size_t i = 0; i < k.n; i++)
		told |= str_eq(k.findings[i].text, "the segment is not the one that was noted");
	cr_expect(told);
	cr_expect_eq(k.faults[AUDIT_CHANGED], 1);
}

Test(audit_signed, a_segment_of_the_past_is_no_new_one)
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

Test(audit_signed, a_deleted_segment_is_found_each)
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
Test(audit_signed, a_note_that_was_signed_anew_is_found)
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

Test(audit_signed, a_killed_signer_leaves_a_chain_of_keys_that_holds)
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

Test(audit_signed, a_query_passes_over_segments_that_cannot_match)
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

Test(audit_signed, each_event_of_a_signed_segment_is_proved)
{
	autolog struct log l = make_segments(3);
	const struct audit_files f = files_of(&l);

	for (uint64_t i = 1; i <= f.segments[2].last; i++) {
		const struct proof_said said = check_text(&l, prove(&l, i), l.public);

		cr_expect_eq(said.answer, PROOF_GOOD, "event %d", (int)i);
		cr_expect_eq(audit_line_sequence(said.event), i);
	}
}

Test(audit_signed, a_changed_proof_proves_nothing)
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

Test(audit_signed, what_is_not_in_a_signed_segment_cannot_be_proved)
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
Test(audit_signed, each_leaf_leads_to_the_root_and_nothing_else_does)
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
