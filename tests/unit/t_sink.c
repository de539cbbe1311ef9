/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "audit/anchor.h"
#include "audit/audit_private.h"
#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/unit/journal_help.h"
#include "tests/unit/scratch.h"

/* ---- a reader ---- */

struct reader {
	struct scratch s;
	char path[128], log[128];
	int fd;
};

static struct reader reader_open(int type)
{
	struct reader r = { .s = scratch_open() };
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)snprintf(r.path, sizeof(r.path), "%s/sock", r.s.path);
	(void)snprintf(r.log, sizeof(r.log), "%s/audit.jsonl", r.s.path);
	memcpy(at.sun_path, r.path, strlen(r.path) + 1);
	r.fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(r.fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(r.fd, 1), 0);
	return r;
}

static void reader_close(struct reader *r)
{
	auto_close_(&r->fd);
	scratch_close(&r->s);
}

/* What has come, NUL-ended; its length. */
static size_t next(int fd, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static struct audit_config one_sink(const struct reader *r, enum audit_sink_kind kind)
{
	return (struct audit_config){
		.sinks = { { .kind = kind,
			     .path = r->path,
			     .severity = 1,
			     .facility = LOG_AUTHPRIV } },
		.sinks_n = 1,
	};
}

static void write_event(struct audit *au, enum audit_event what, const char *id,
			const char *const *argv)
{
	autoarena struct arena a = { 0 };
	const struct audit_subject who = { .id = id, .argv = argv };
	struct err e = { 0 };

	cr_assert_eq(audit_write(au, &a, what, &who, &(struct audit_result){ .exit_code = -1 },
				 &e),
		     0, "%s", e.text);
}

static struct audit *log_of(const struct reader *r, const struct audit_config *c)
{
	struct audit *au = NULL;
	struct err e = { 0 };

	cr_assert_eq(audit_open(r->log, &au, &e), 0, "%s", e.text);
	audit_configure(au, c);
	return au;
}

static size_t lines_with(const struct reader *r, const char *what)
{
	autofree char *text = NULL;
	struct err e = { 0 };
	size_t len, n = 0;

	cr_assert_eq(file_read_at(r->s.fd, "audit.jsonl", 64u << 20, "log", &text, &len, &e),
		     0);
	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* ---- forms ---- */

Test(sink, a_socket_gets_the_line_as_the_log_has_it)
{
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_SOCKET);
	struct audit *au = log_of(&r, &c);
	autofree char *text = NULL;
	struct err e = { 0 };
	char got[8192];
	size_t len;

	write_event(au, AUDIT_CREATE, "web", NULL);
	cr_assert_eq(file_read_at(r.s.fd, "audit.jsonl", 1u << 20, "log", &text, &len, &e), 0);
	cr_assert_gt(next(r.fd, got, sizeof(got)), 0); /* log.started */
	cr_expect_eq(strncmp(text, got, strlen(got)), 0);
	len = strlen(got);
	cr_assert_gt(next(r.fd, got, sizeof(got)), 0);
	cr_expect_str_eq(got, text + len);
	audit_close(au);
	reader_close(&r);
}

Test(sink, the_journal_gets_fields)
{
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_JOURNALD);
	struct audit *au = log_of(&r, &c);
	char got[16384];

	write_event(au, AUDIT_OOM, "0123456789abcdef", NULL);
	(void)next(r.fd, got, sizeof(got));
	cr_assert_gt(next(r.fd, got, sizeof(got)), 0);
	cr_expect_eq(strncmp(got,
			     "MESSAGE=container 0123456789abcdef ran out of memory\n"
			     "MESSAGE_ID=",
			     64),
		     0, "%s", got);
	cr_expect_not_null(strstr(got,
				  "\nPRIORITY=4\nSYSLOG_IDENTIFIER=caisson\nOCI_EVENT=limit."
				  "oom\nCONTAINER_ID=0123456789ab\nCONTAINER_ID_FULL="
				  "0123456789abcdef\nCONTAINER_NAME=0123456789abcdef\n"
				  "CAISSON_SEVERITY=3\n"));
	cr_expect_not_null(strstr(got, "\nCAISSON_EVENT={\"activity_id\":2,"));
	cr_expect_eq(got[strlen(got) - 1], '\n');
	audit_close(au);
	reader_close(&r);
}

/* JOURNAL_NATIVE_PROTOCOL: a value with a newline goes with its length. */
Test(sink, a_newline_makes_no_field_of_the_journal)
{
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_JOURNALD);
	struct audit *au = log_of(&r, &c);
	static const char field[] = "CONTAINER_ID_FULL\n\x10\0\0\0\0\0\0\0a\nOCI_EVENT=none\n";
	char got[16384];
	size_t n;

	write_event(au, AUDIT_CREATE, "a\nOCI_EVENT=none", NULL);
	(void)next(r.fd, got, sizeof(got));
	n = next(r.fd, got, sizeof(got));
	cr_expect_not_null(memmem(got, n, field, 18 + 8 + 16));
	audit_close(au);
	reader_close(&r);
}

static int received_fd(int sock)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	int fd = -1;

	/* the journal takes the descriptor of a message without bytes only */
	cr_assert_eq(recvmsg(sock, &m, MSG_DONTWAIT), 0);
	cr_assert_eq(m.msg_flags & MSG_CTRUNC, 0);
	cr_assert_eq(m.msg_controllen, CMSG_SPACE(sizeof(int)));
	cr_assert_eq(control.head.cmsg_level, SOL_SOCKET);
	cr_assert_eq(control.head.cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

Test(sink, what_no_datagram_holds_goes_to_the_journal_in_memory)
{
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_JOURNALD);
	const int small = 2048;
	struct audit *au = log_of(&r, &c);
	char big[8000], got[16384];
	const char *const argv[] = { "x", big, NULL };
	struct journal_entry entry;
	autofd int fd = -1;
	ssize_t n;

	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	write_event(au, AUDIT_CREATE, "a", NULL);
	(void)next(r.fd, got, sizeof(got));
	(void)next(r.fd, got, sizeof(got));
	/* the sender's socket is the first that is free */
	for (int i = 3; i < 32; i++)
		if (i != r.fd)
			(void)setsockopt(i, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	write_event(au, AUDIT_CREATE, "b", argv);
	fd = received_fd(r.fd);
	cr_assert_geq(fd, 0);
	cr_expect_eq(fcntl(fd, F_GET_SEALS),
		     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	n = pread(fd, got, sizeof(got) - 1, 0);
	cr_assert_gt(n, 8000);
	cr_assert_null(journal_read(got, (size_t)n, &entry));
	cr_expect(journal_has(&entry, "MESSAGE", "container b created"));
	audit_close(au);
	reader_close(&r);
}

Test(sink, syslog_has_two_forms)
{
	struct reader r = reader_open(SOCK_DGRAM);
	struct audit_config c = one_sink(&r, SINK_SYSLOG);
	struct audit *au = log_of(&r, &c);
	char got[8192], *at;

	write_event(au, AUDIT_THROTTLE, "a", NULL);
	(void)next(r.fd, got, sizeof(got));
	cr_assert_gt(next(r.fd, got, sizeof(got)), 0);
	cr_expect_eq(strncmp(got, "<83>", 4), 0, "%.40s", got); /* 10 * 8 + LOG_ERR */
	at = strstr(got, " caisson[");
	cr_assert_not_null(at);
	cr_expect_eq(at - got, 4 + 15);
	cr_expect_not_null(strstr(at, "]: {\"activity_id\":99,"));
	c.sinks[0].rfc5424 = true;
	write_event(au, AUDIT_THROTTLE, "a", NULL);
	cr_assert_gt(next(r.fd, got, sizeof(got)), 0);
	cr_expect_eq(strncmp(got, "<83>1 20", 8), 0, "%.40s", got);
	cr_expect_eq(got[6 + 23], 'Z', "%.40s", got);
	cr_expect_not_null(strstr(got, " response.throttle - {\"activity_id\":99,"));
	audit_close(au);
	reader_close(&r);
}

Test(sink, only_what_is_grave_enough_goes_there)
{
	struct reader r = reader_open(SOCK_DGRAM);
	struct audit_config c = one_sink(&r, SINK_SOCKET);
	struct audit *au;
	char got[8192];

	c.sinks[0].severity = 4;
	au = log_of(&r, &c);
	write_event(au, AUDIT_CREATE, "a", NULL);
	write_event(au, AUDIT_OOM, "a", NULL);
	write_event(au, AUDIT_FREEZE, "a", NULL);
	cr_assert_gt(next(r.fd, got, sizeof(got)), 0);
	cr_expect_not_null(strstr(got, "\"event\":\"response.freeze\""));
	cr_expect_eq(next(r.fd, got, sizeof(got)), 0);
	audit_close(au);
	reader_close(&r);
}

/* The names of the events that have come. */
static const char *events_come(struct arena *a, int fd)
{
	const char *all = "";
	char got[8192];

	while (next(fd, got, sizeof(got)) > 0) {
		const char *at = strstr(got, "\"event\":\"");

		cr_assert_not_null(at);
		at += strlen("\"event\":\"");
		all = arena_printf(a, "%s %.*s", all, (int)strcspn(at, "\""), at);
	}
	return all;
}

Test(sink, what_is_done_to_the_log_is_told_as_well)
{
	autoarena struct arena a = { 0 };
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_SOCKET);
	struct audit *au = log_of(&r, &c);
	struct audit_sealed last;
	char key[DIGEST_HEX];
	struct err e = { 0 };

	cr_assert_eq(audit_seal_begin(au, &a, key, &e), 0, "%s", e.text);
	cr_expect_str_eq(events_come(&a, r.fd), " log.started log.sealed");
	cr_assert_eq(audit_seal(au, &a, &last, &e), 0, "%s", e.text);
	cr_expect_str_eq(events_come(&a, r.fd), "");
	cr_expect_not(last.is_new);
	write_event(au, AUDIT_CREATE, "a", NULL);
	cr_assert_eq(audit_seal(au, &a, &last, &e), 0, "%s", e.text);
	cr_expect_str_eq(events_come(&a, r.fd), " container.create log.sealed");
	cr_expect(last.is_new);
	cr_expect_eq(last.epoch, 1);
	cr_expect_eq(last.sequence, 3);
	write_event(au, AUDIT_CREATE, "a", NULL);
	cr_assert_eq(audit_rotate(au, &a, &e), 0, "%s", e.text);
	cr_expect_str_eq(events_come(&a, r.fd), " container.create log.sealed log.rotated");
	au->rotate_at = 1;
	write_event(au, AUDIT_DELETE, "a", NULL);
	cr_expect_str_eq(events_come(&a, r.fd), " log.sealed log.rotated container.delete");
	audit_close(au);
	reader_close(&r);
}

/* ---- anchors ---- */

Test(sink, an_anchor_goes_by_itself)
{
	static const enum audit_sink_kind kinds[] = { SINK_JOURNALD, SINK_SYSLOG };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct reader r = reader_open(SOCK_DGRAM);
		const struct audit_sink to = { .kind = kinds[i], .path = r.path };
		char bytes[256], got[256];
		struct audit_payload p = { .room = sizeof(bytes), .bytes = bytes };

		audit_forms[to.kind].anchor("{\"event\":\"log.anchor\"}", &p);
		cr_expect_eq(audit_sink_send(&to, &p), 0);
		cr_expect_eq(next(r.fd, got, sizeof(got)), p.n);
		cr_expect_eq(memcmp(got, bytes, p.n), 0);
		reader_close(&r);
		cr_expect_eq(audit_sink_send(&to, &p), -ENOENT);
	}
}

Test(sink, an_anchor_without_room_is_refused)
{
	static const char *const to[] = { "journald", "syslog" };
	static const size_t lengths[] = { 1010, 1024, 5000 };
	char text[5001], want[80];

	for (size_t i = 0; i < COUNT(to) * COUNT(lengths); i++) {
		const size_t n = lengths[i / COUNT(to)];
		struct err e = { 0 };

		memset(text, 'x', n);
		text[n] = '\0';
		(void)snprintf(want, sizeof(want), "%s: send an anchor", to[i % COUNT(to)]);
		cr_expect_eq(anchor_send(to[i % COUNT(to)], text, &e), -1);
		cr_expect_str_eq(e.text, want);
		cr_expect_eq(e.sys, EMSGSIZE);
	}
}

/* ---- a reader that does not read ---- */

/* The next one to write tells, in a process of its own: the count is not in our memory. */
static void expect_told(struct reader *r, const struct audit_config *c, size_t most)
{
	struct audit *au = log_of(r, c);
	autofree char *got = malloc(1 << 17);
	char count[64];
	size_t n = 0;

	while (next(r->fd, got, 1 << 17) > 0)
		n++;
	cr_assert_gt(n, 0);
	cr_assert_lt(n, most, "no bound");
	write_event(au, AUDIT_CREATE, "again", NULL);
	(void)next(r->fd, got, 1 << 17);
	cr_expect_not_null(strstr(got, "container again created"));
	cr_assert_gt(next(r->fd, got, 1 << 17), 0);
	cr_expect_not_null(strstr(got, "\"event\":\"log.undelivered\""));
	(void)snprintf(count, sizeof(count), "\"count\":%zu,", most - n);
	cr_expect_not_null(strstr(got, count), "expected %s of %zu: %s", count, most,
			   strstr(got, "\"log\":{"));
	cr_expect_eq(lines_with(r, "\"event\":\"log.undelivered\""), 1);
	write_event(au, AUDIT_CREATE, "thrice", NULL);
	cr_expect_eq(lines_with(r, "\"event\":\"log.undelivered\""), 1);
	audit_close(au);
}

Test(sink, a_socket_that_nobody_reads_loses_lines_and_is_told_how_many, .timeout = 60)
{
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_SOCKET);
	struct audit *au = log_of(&r, &c);

	for (int i = 0; i < 3000; i++)
		write_event(au, AUDIT_CREATE, "a", NULL);
	audit_close(au);
	cr_expect_eq(lines_with(&r, "\"event\":\"container.create\""), 3000);
	expect_told(&r, &c, 3001); /* and log.started */
	reader_close(&r);
}

Test(sink, a_stream_that_nobody_accepts_holds_nobody_up, .timeout = 60)
{
	struct reader r = reader_open(SOCK_STREAM);
	struct audit_config c = one_sink(&r, SINK_SOCKET);
	char name[160];
	struct stat st;

	c.sinks[0].is_stream = true;
	for (int i = 0; i < 20; i++) { /* each a process: a connection each */
		struct audit *au = log_of(&r, &c);

		write_event(au, AUDIT_CREATE, "a", NULL);
		audit_close(au);
	}
	(void)snprintf(name, sizeof(name), "%s.missed-socket-", r.log);
	cr_expect_eq(lines_with(&r, "\"event\":\"container.create\""), 20);
	{
		autoarena struct arena a = { 0 };

		cr_assert_eq(stat(arena_printf(&a, "%s.missed-%s", r.log,
					       audit_sink_name(&a, &c.sinks[0])),
				  &st),
			     0);
	}
	cr_expect_gt(st.st_size, 10);
	reader_close(&r);
}

Test(sink, a_stream_has_a_line_each_and_lives_through_its_reader)
{
	struct reader r = reader_open(SOCK_STREAM);
	struct audit_config c = one_sink(&r, SINK_SOCKET);
	struct audit *au;
	char got[8192];
	int peer;

	c.sinks[0].is_stream = true;
	au = log_of(&r, &c);
	write_event(au, AUDIT_CREATE, "a", NULL);
	peer = accept(r.fd, NULL, NULL);
	cr_assert_gt(next(peer, got, sizeof(got)), 0);
	cr_expect_eq(got[strlen(got) - 1], '\n');
	(void)close(peer);
	write_event(au, AUDIT_CREATE, "b", NULL);
	peer = accept(r.fd, NULL, NULL);
	cr_assert_gt(next(peer, got, sizeof(got)), 0);
	cr_expect_not_null(strstr(got, "container b created"));
	(void)close(peer);
	audit_close(au);
	reader_close(&r);
}

Test(sink, one_that_is_not_there_is_no_failure)
{
	struct reader r = reader_open(SOCK_DGRAM);
	const struct audit_config c = one_sink(&r, SINK_SYSLOG);
	struct audit *au = log_of(&r, &c);

	cr_assert_eq(unlink(r.path), 0);
	write_event(au, AUDIT_CREATE, "a", NULL);
	cr_expect_eq(lines_with(&r, "container.create"), 1);
	audit_close(au);
	reader_close(&r);
}

/* ---- the configuration ---- */

struct refusal {
	const char *text, *want;
};

/* clang-format off */
static const struct refusal refusals[] = {
	{ "[]", "expected object, found array" },
	{ "{\"sinks\":{}}", "sinks: expected array, found object" },
	{ "{\"sinks\":[{}]}", "sinks[0].type: expected string, found nothing" },
	{ "{\"sinks\":[{\"type\":\"mail\"}]}", "sinks[0].type: expected another word, found \"mail\"" },
	{ "{\"sinks\":[{\"type\":\"socket\"}]}", "sinks[0].path: expected string, found nothing" },
	{ "{\"sinks\":[{\"type\":\"socket\",\"path\":\"a\"}]}", "sinks[0].path: expected an absolute path of at most 107 bytes" },
	{ "{\"sinks\":[{\"type\":\"syslog\",\"facility\":\"kern\"}]}", "sinks[0].facility: expected another word, found \"kern\"" },
	{ "{\"sinks\":[{\"type\":\"journald\",\"severity\":3}]}", "sinks[0].severity: expected string, found number" },
	{ "{\"sinks\":[1,2,3,4,5,6,7,8,9]}", "sinks: expected at most 8, found 9" },
	{ "{\"redact\":[1]}", "redact[0]: expected string, found number" },
};
/* clang-format on */

static void read_config(struct arena *a, const char *text, struct audit_config *out,
			struct complaints *bad)
{
	struct err e = { 0 };
	struct json *doc;

	cr_assert_eq(json_parse(a, "t", text, strlen(text), &doc, &e), 0, "%s", e.text);
	const struct jat root = j_root(doc, bad);

	audit_config_read(&root, a, out);
}

Test(sink, the_configuration_refuses_what_it_does_not_know)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autoarena struct arena a = { 0 };
		struct complaints bad = { .arena = &a };
		struct audit_config c = { 0 };

		read_config(&a, refusals[i].text, &c, &bad);
		cr_assert_gt(bad.n, 0, "%s", refusals[i].text);
		cr_expect_str_eq(bad.first->text, refusals[i].want);
	}
}

Test(sink, the_configuration_comes_back_from_its_text)
{
	static const char text[] =
		"{\"redact\":[\"acme-*\"],\"sinks\":[{\"severity\":\"high\",\"type\":"
		"\"journald\"},"
		"{\"facility\":\"local3\",\"format\":\"rfc5424\",\"path\":\"/a\",\"severity\":"
		"\"info\",\"type\":\"syslog\"},{\"mode\":\"stream\",\"path\":\"/"
		"b\",\"severity\":"
		"\"low\",\"type\":\"socket\"}]}";
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	struct audit_config c = { 0 };

	read_config(&a, text, &c, &bad);
	cr_assert_eq(bad.n, 0, "%s", bad.first->text);
	cr_expect_str_eq(json_print(&a, audit_config_json(&a, &c), JSON_CANONICAL, NULL), text);
}
