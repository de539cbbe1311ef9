/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "run/handshake.h"
#include "tests/unit/run_help.h"

/* What goes over the wire, for peers who do not keep to it. */
struct frame {
	uint32_t word;
	int32_t value;
	struct err err;
};

/* Both ends of a conversation; -1: hung up. */
struct line {
	int ours, theirs;
};

static struct line line_open(void)
{
	struct line l = { -1, -1 };
	struct err e = { 0 };

	cr_assert_eq(hs_pair(&l.ours, &l.theirs, &e), 0, "%s", e.text);
	return l;
}

static void line_close(struct line *l)
{
	auto_close_(&l->ours);
	auto_close_(&l->theirs);
}
#define autoline __attribute__((cleanup(line_close)))

static void hang_up(struct line *l)
{
	(void)close(take_fd(&l->theirs));
}

static void expect_error(const struct err *e, const char *wanted)
{
	char text[sizeof(*e)];

	error_text(e, text, sizeof(text));
	cr_expect_str_eq(text, wanted, "got: %s", text);
}

struct word {
	enum hs_word word;
	char name[16];
};

/* clang-format off */
static struct word words[] = {
	{ HS_NAMESPACED, "namespaced" }, { HS_MAPPED, "mapped" }, { HS_CLONED, "cloned" },
	{ HS_IN_CGROUP, "in-cgroup" },   { HS_MOUNTED, "mounted" }, { HS_HOOKED, "hooked" },
	{ HS_TERMINAL, "terminal" }, { HS_NETWORK, "network" },     { HS_READY, "ready" },   { HS_CREATED, "created" }, { HS_START, "start" },
	{ HS_EXECUTING, "executing" },
};
/* clang-format on */

ParameterizedTestParameters(handshake, silence_is_never_consent)
{
	return cr_make_param_array(struct word, words, COUNT(words));
}

ParameterizedTest(struct word *w, handshake, silence_is_never_consent)
{
	autoline struct line l = line_open();
	char text[100];
	int32_t value = 7;
	struct err e = { 0 };

	hang_up(&l);
	cr_expect_eq(hs_expect(l.ours, w->word, -1, &value, &e), -1);
	(void)snprintf(text, sizeof(text), "the container's init died before it said \"%s\"",
		       w->name);
	expect_error(&e, text);
	cr_expect_eq(value, 7, "a failure gives no value");
}

ParameterizedTestParameters(handshake, a_word_arrives_with_its_value)
{
	return cr_make_param_array(struct word, words, COUNT(words));
}

ParameterizedTest(struct word *w, handshake, a_word_arrives_with_its_value)
{
	autoline struct line l = line_open();
	int32_t value = 0;
	struct err e = { 0 };

	cr_expect_eq(hs_say(l.theirs, w->word, -42, &e), 0, "%s", e.text);
	cr_expect_eq(hs_expect(l.ours, w->word, 1000, &value, &e), 0, "%s", e.text);
	cr_expect_eq(value, -42);
}

ParameterizedTestParameters(handshake, another_word_is_a_failure)
{
	return cr_make_param_array(struct word, words, COUNT(words));
}

ParameterizedTest(struct word *w, handshake, another_word_is_a_failure)
{
	autoline struct line l = line_open();
	enum hs_word other = w->word == HS_READY ? HS_START : HS_READY;
	char text[100];
	struct err e = { 0 };

	cr_expect_eq(hs_say(l.theirs, w->word, 0, &e), 0);
	cr_expect_eq(hs_expect(l.ours, other, -1, NULL, &e), -1);
	(void)snprintf(text, sizeof(text), "handshake: expected %s: found %u",
		       other == HS_READY ? "ready" : "start", (unsigned)w->word);
	expect_error(&e, text);
	cr_expect_eq(e.kind, ERR_BUG);
}

Test(handshake, words_arrive_in_order)
{
	autoline struct line l = line_open();
	struct err e = { 0 };

	cr_expect_eq(hs_say(l.theirs, HS_MOUNTED, 0, &e), 0);
	cr_expect_eq(hs_say(l.theirs, HS_READY, 0, &e), 0);
	cr_expect_eq(hs_expect(l.ours, HS_MOUNTED, -1, NULL, &e), 0, "%s", e.text);
	cr_expect_eq(hs_expect(l.ours, HS_READY, -1, NULL, &e), 0, "%s", e.text);
}

struct size {
	size_t bytes;
	char text[60];
};

/* clang-format off */
static struct size sizes[] = {
	{ 1,                        "handshake: a frame of 1 bytes" },
	{ 4,                        "handshake: a frame of 4 bytes" },
	{ sizeof(struct frame) - 1, "handshake: a frame of 519 bytes" },
	{ sizeof(struct frame) + 1, "handshake: a frame of 521 bytes" },
	{ 4000,                     "handshake: a frame of 4000 bytes" },
};
/* clang-format on */

ParameterizedTestParameters(handshake, a_frame_of_another_size_is_a_failure)
{
	return cr_make_param_array(struct size, sizes, COUNT(sizes));
}

ParameterizedTest(struct size *s, handshake, a_frame_of_another_size_is_a_failure)
{
	autoline struct line l = line_open();
	char bytes[4000] = { HS_READY };
	struct err e = { 0 };

	cr_assert_eq(send(l.theirs, bytes, s->bytes, 0), (ssize_t)s->bytes);
	cr_expect_eq(hs_expect(l.ours, HS_READY, -1, NULL, &e), -1);
	expect_error(&e, s->text);
	cr_expect_eq(e.kind, ERR_BUG);
}

Test(handshake, waiting_has_an_end)
{
	autoline struct line l = line_open();
	struct err e = { 0 };

	cr_expect_eq(hs_expect(l.ours, HS_START, 30, NULL, &e), -1);
	expect_error(&e, "handshake: wait for start: connection timed out");
	cr_expect_eq(e.sys, ETIMEDOUT);
}

/* ---- the peer's error ---- */

Test(handshake, the_peers_error_becomes_ours)
{
	autoline struct line l = line_open();
	struct err why = { .kind = ERR_SPEC, .sys = ENOENT, .step = "mounts" };
	struct err e = { 0 };

	(void)strcpy(why.text, "mounts[2]: open /nowhere\nmake it first");
	hs_say_failed(l.theirs, &why);
	cr_expect_eq(hs_expect(l.ours, HS_READY, -1, NULL, &e), -1);
	expect_error(&e, "mounts: mounts[2]: open /nowhere: no such file or directory");
	cr_expect_str_eq(err_hint(&e), "make it first");
	cr_expect_eq(e.kind, ERR_SPEC);
}

/* A peer that ends with words of ours unread resets the line: what it said must not be lost. */
Test(handshake, last_words_outlive_a_peer_that_did_not_listen)
{
	autoline struct line l = line_open();
	struct err why = { .kind = ERR_SYSTEM, .step = "root", .text = "no" };
	struct err e = { 0 };

	cr_assert_eq(hs_say(l.ours, HS_MAPPED, 0, &e), 0);
	hs_say_failed(l.theirs, &why);
	hang_up(&l);
	cr_expect_eq(hs_expect(l.ours, HS_READY, -1, NULL, &e), -1);
	expect_error(&e, "root: no");
}

Test(handshake, saying_to_a_dead_peer_gives_its_last_words)
{
	autoline struct line l = line_open();
	struct err why = { .kind = ERR_SYSTEM, .step = "root", .text = "no" };
	struct err e = { 0 };

	hs_say_failed(l.theirs, &why);
	hang_up(&l);
	cr_expect_eq(hs_say(l.ours, HS_MAPPED, 0, &e), -1);
	expect_error(&e, "root: no");
}

Test(handshake, saying_to_a_peer_that_died_silently_fails)
{
	autoline struct line l = line_open();
	struct err e = { 0 };

	hang_up(&l);
	cr_expect_eq(hs_say(l.ours, HS_MAPPED, 0, &e), -1);
	cr_expect_neq(e.kind, ERR_NONE);
}

static struct err adopted(const struct err *sent)
{
	autoline struct line l = line_open();
	struct err e = { 0 };

	hs_say_failed(l.theirs, sent);
	cr_expect_eq(hs_expect(l.ours, HS_READY, -1, NULL, &e), -1);
	return e;
}

Test(handshake, text_without_an_end_gets_one)
{
	struct err sent = { .kind = ERR_SPEC }, e;

	memset(sent.step, 's', sizeof(sent.step));
	memset(sent.text, 't', sizeof(sent.text));
	e = adopted(&sent);
	cr_expect_eq(strnlen(e.step, sizeof(e.step)), sizeof(e.step) - 1);
	cr_expect_eq(strnlen(e.text, sizeof(e.text)), sizeof(e.text) - 1);
}

Test(handshake, control_bytes_do_not_reach_a_terminal)
{
	struct err sent = { .kind = ERR_SPEC,
			    .step = "ro\033ot\n",
			    .text = "a\033[2Jb\rc\177\nd\te" };
	struct err e = adopted(&sent);

	cr_expect_str_eq(e.text, "a?[2Jb?c?\nd?e", "%s", e.text);
	cr_expect_str_eq(e.step, "ro?ot?", "%s", e.step);
}

struct kind {
	uint32_t sent, got;
};

/* clang-format off */
static struct kind kinds[] = {
	{ ERR_NONE, ERR_BUG },     { ERR_USAGE, ERR_USAGE },   { ERR_HOST, ERR_HOST },
	{ ERR_BUG, ERR_BUG },      { ERR_BUG + 1, ERR_BUG },   { UINT32_MAX, ERR_BUG },
};
/* clang-format on */

ParameterizedTestParameters(handshake, a_failure_of_no_kind_is_a_bug)
{
	return cr_make_param_array(struct kind, kinds, COUNT(kinds));
}

ParameterizedTest(struct kind *k, handshake, a_failure_of_no_kind_is_a_bug)
{
	struct err sent = { .kind = k->sent, .text = "x" };
	struct err e = adopted(&sent);

	cr_expect_eq(e.kind, k->got, "%u became %u", k->sent, e.kind);
}

/* ---- execve ---- */

Test(handshake, the_end_of_the_line_is_an_execve)
{
	autoline struct line l = line_open();
	struct err e = { 0 };

	hang_up(&l);
	cr_expect_eq(hs_expect_exec(l.ours, &e), 0, "%s", e.text);
}

Test(handshake, an_execve_that_failed_is_told)
{
	autoline struct line l = line_open();
	struct err why = { .kind = ERR_SYSTEM, .sys = ENOEXEC, .text = "execute /bin/x" };
	struct err e = { 0 };

	cr_assert_eq(hs_say(l.ours, HS_START, 0, &e), 0, "unread, so the line is reset");
	hs_say_failed(l.theirs, &why);
	hang_up(&l);
	cr_expect_eq(hs_expect_exec(l.ours, &e), -1);
	expect_error(&e, "execute /bin/x: exec format error");
}

Test(handshake, a_word_in_the_place_of_an_execve_is_a_failure)
{
	autoline struct line l = line_open();
	struct err e = { 0 };

	cr_assert_eq(hs_say(l.theirs, HS_READY, 0, &e), 0);
	cr_expect_eq(hs_expect_exec(l.ours, &e), -1);
	expect_error(&e, "handshake: expected failed: found 10");
}

/* ---- descriptors ---- */

Test(handshake, a_descriptor_comes_beside_its_word)
{
	autoline struct line l = line_open();
	autofd int got = -1;
	struct err e = { 0 };

	cr_assert_eq(hs_say_fd(l.theirs, HS_TERMINAL, STDIN_FILENO, &e), 0, "%s", e.text);
	cr_expect_eq(hs_expect_fd(l.ours, HS_TERMINAL, &got, &e), 0, "%s", e.text);
	cr_expect_geq(got, 0);
}

Test(handshake, a_word_without_its_descriptor_is_a_failure)
{
	autoline struct line l = line_open();
	struct err e = { 0 };
	int got = -1;

	cr_assert_eq(hs_say(l.theirs, HS_TERMINAL, 0, &e), 0);
	cr_expect_eq(hs_expect_fd(l.ours, HS_TERMINAL, &got, &e), -1);
	expect_error(&e, "handshake: expected a descriptor beside terminal: found none");
	cr_expect_eq(got, -1);
}

Test(handshake, waiting_for_a_descriptor_hears_the_peers_last_words)
{
	autoline struct line l = line_open();
	struct err why = { .kind = ERR_SYSTEM, .step = "terminal", .text = "no" };
	struct err e = { 0 };
	int got = -1;

	cr_assert_eq(hs_say(l.ours, HS_MAPPED, 0, &e), 0);
	hs_say_failed(l.theirs, &why);
	hang_up(&l);
	cr_expect_eq(hs_expect_fd(l.ours, HS_TERMINAL, &got, &e), -1);
	expect_error(&e, "terminal: no");
}

Test(handshake, a_dead_peer_sends_no_descriptor)
{
	autoline struct line l = line_open();
	struct err e = { 0 };
	int got = -1;

	hang_up(&l);
	cr_expect_eq(hs_expect_fd(l.ours, HS_TERMINAL, &got, &e), -1);
	expect_error(&e, "the container's init died before it said \"terminal\"");
}
