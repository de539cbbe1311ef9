/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and anchors: what they show that a chain alone cannot. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/anchor.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/unit/log_help.h"

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
	struct audit_sealed last;
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
	cr_assert_eq(audit_seal(au, &l.a, &last, &e), 0);
	cr_assert_eq(audit_write(au, &l.a, AUDIT_CREATE, &(struct audit_subject){ .id = "x" },
				 &(struct audit_result){ .exit_code = -1 }, &e),
		     0);
	cr_assert_eq(audit_seal(au, &l.a, &last, &e), 0);
	cr_expect(last.is_new);
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
