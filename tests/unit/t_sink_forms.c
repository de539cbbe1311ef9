/* SPDX-License-Identifier: Apache-2.0 */
/* Each form, of each event, with the words of somebody who means harm. */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "audit/kind.h"
#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/str.h"
#include "tests/unit/journal_help.h"

static const struct audit_facts facts = {
	.wall_ns = 1795313641123456789ULL,
	.boot_ns = 77000000001ULL,
	.sequence = 12,
	.chain = "0a4f9a0e-7d38-4e0a-93ce-1f3d3f3f7d11",
	.hostname = "host name\xc3\xa9",
	.login_uid = (uid_t)-1,
	.caller = 4711,
};

static const char *const words[] = {
	"web",
	"",
	"a\nOCI_EVENT=none\n",
	"a\n\x05",
	"=",
	"\x1b[2J\r\t\x7f",
	"<0>1 - - - - - x",
	"\xff\xfe\xc3\xa9",
	"0123456789012345678901234567890123456789012345678901234567890123456789",
};

/* ---- events, and their forms ---- */

typedef void form_check(const struct json *event, const char *line,
			const struct audit_payload *p);

static void check_form(const struct audit_sink *s, enum audit_event what, const char *word,
		       form_check *check)
{
	autoarena struct arena a = { 0 };
	const char *const argv[] = { word, word, NULL };
	const struct audit_subject who = { .id = word,
					   .bundle = word,
					   .labels = { .engine = word, .name = word },
					   .argv = argv,
					   .policy_name = word };
	struct err why = { 0 }, e = { 0 };
	const struct audit_result r = { .exit_code = -1, .err = &why };
	struct audit_payload p = { .room = AUDIT_PAYLOAD };
	const char *line;
	struct json *event;

	(void)!fail(&why, ERR_HOST, "%s", word);
	line = audit_line(&a, &facts, what, &who, &r);
	cr_assert_eq(json_parse(&a, "line", line, strlen(line), &event, &e), 0, "%s", e.text);
	p.bytes = arena_alloc(&a, p.room);
	audit_forms[s->kind].make(&a, s, event, line, &p);
	check(event, line, &p);
}

static void check_all(const struct audit_sink *s, form_check *check)
{
	for (size_t i = 0; i < AUDIT_EVENTS; i++)
		for (size_t j = 0; j < COUNT(words); j++)
			check_form(s, (enum audit_event)i, words[j], check);
}

/* ---- the journal ---- */

static void check_journal(const struct json *event, const char *line,
			  const struct audit_payload *p)
{
	struct journal_entry entry;
	const char *wrong = journal_read(p->bytes, p->n, &entry);

	cr_assert_null(wrong, "%s: %.*s", wrong, (int)p->n, p->bytes);
	cr_expect(journal_has(&entry, "OCI_EVENT", json_get(event, "event")->text));
	cr_expect(journal_has(&entry, "MESSAGE", json_get(event, "message")->text));
	cr_expect(journal_has(&entry, "CAISSON_EVENT", line));
	cr_expect(journal_has(&entry, "SYSLOG_IDENTIFIER", "caisson"));
	for (size_t i = 0; i < entry.n; i++) {
		const struct journal_field *f = &entry.fields[i];

		if (str_eq(f->name, "MESSAGE_ID")) {
			cr_expect_eq(f->len, 32);
			cr_expect_geq(strspn(f->value, "0123456789abcdef"), 32);
		}
		if (str_eq(f->name, "PRIORITY")) {
			cr_expect_eq(f->len, 1);
			cr_expect(f->value[0] >= '0' && f->value[0] <= '7');
		}
	}
}

Test(sink_forms, the_journal_reads_each_as_the_fields_that_were_meant)
{
	check_all(&(struct audit_sink){ .kind = SINK_JOURNALD }, check_journal);
}

Test(sink_forms, the_journal_reads_an_anchor)
{
	char bytes[256];
	struct audit_payload p = { .room = sizeof(bytes), .bytes = bytes };
	struct journal_entry entry;

	audit_forms[SINK_JOURNALD].anchor("{\"event\":\"log.anchor\"}", &p);
	cr_assert_null(journal_read(p.bytes, p.n, &entry));
	cr_expect_eq(entry.n, 5);
	cr_expect(journal_has(&entry, "OCI_EVENT", "log.anchor"));
	cr_expect(journal_has(&entry, "MESSAGE", "{\"event\":\"log.anchor\"}"));
}

/* What the reader of the tests above would let pass. */
Test(sink_forms, the_reader_of_these_tests_is_as_strict_as_the_journal)
{
	/* clang-format off */
	static const struct { const char *text; size_t n; } bad[] = {
#define BAD(text) { text, sizeof(text) - 1 }
		BAD(""), BAD("A=b"), BAD("A\n"), BAD("a=b\n"), BAD("_PID=1\n"), BAD("1A=b\n"),
		BAD("=b\n"), BAD("A B=c\n"), BAD("A=b\nA=c\n"), BAD("A=b\n\n"),
		BAD("A\n\x01\0\0\0\0\0\0"), BAD("A\n\x03\0\0\0\0\0\0\0b\n"),
		BAD("A\n\x01\0\0\0\0\0\0\0bc\n"), BAD("A\n\xff\xff\xff\xff\xff\xff\xff\xff" "b\n"),
#undef BAD
	};
	/* clang-format on */
	struct journal_entry entry;

	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_not_null(journal_read(bad[i].text, bad[i].n, &entry), "%zu", i);
	cr_assert_null(journal_read("A\n\x01\0\0\0\0\0\0\0b\nC=\n", 15, &entry));
	cr_expect(journal_has(&entry, "A", "b"));
	cr_expect(journal_has(&entry, "C", ""));
}

/* ---- syslog ---- */

#define PRI   "^<(8[0-7])>" /* of LOG_AUTHPRIV, RFC 3164 and 5424 alike: no zero before it */
#define MONTH "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define HOUR  "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
#define TEXT  "\\{[^\x01-\x1f]*\\}$"

/* RFC 3164 4.1.1 to 4.1.3 as syslog(3) sends it, which leaves the host out */
#define STAMP PRI MONTH " ( [1-9]|[12][0-9]|3[01]) " HOUR " "
/* RFC 5424 6: time, host, program, process, kind of message, no structured data */
#define HEADER                                                          \
	PRI "1 [0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T" HOUR \
	    "\\.[0-9]{3}Z [!-~]{1,255} caisson [1-9][0-9]{0,9} [!-~]{1,32} - "

static void expect_match(const char *pattern, const struct audit_payload *p)
{
	char text[2 * AUDIT_LINE];
	regex_t re;

	cr_assert_lt(p->n, sizeof(text));
	cr_assert_null(memchr(p->bytes, '\0', p->n));
	memcpy(text, p->bytes, p->n);
	text[p->n] = '\0';
	cr_assert_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	cr_expect_eq(regexec(&re, text, 0, NULL, 0), 0, "%s", text);
	regfree(&re);
}

static void check_local(const struct json *event, const char *line,
			const struct audit_payload *p)
{
	(void)event;
	expect_match(STAMP "caisson\\[[1-9][0-9]*\\]: " TEXT, p);
	cr_expect_eq(memcmp(p->bytes + p->n - strlen(line), line, strlen(line)), 0);
}

static void check_5424(const struct json *event, const char *line,
		       const struct audit_payload *p)
{
	(void)event;
	expect_match(HEADER TEXT, p);
	cr_expect_eq(memcmp(p->bytes + p->n - strlen(line), line, strlen(line)), 0);
}

Test(sink_forms, syslog_gets_a_header_of_rfc_3164_and_the_line)
{
	check_all(&(struct audit_sink){ .kind = SINK_SYSLOG, .facility = LOG_AUTHPRIV },
		  check_local);
}

Test(sink_forms, syslog_gets_a_header_of_rfc_5424_and_the_line)
{
	check_all(&(struct audit_sink){ .kind = SINK_SYSLOG,
					.facility = LOG_AUTHPRIV,
					.rfc5424 = true },
		  check_5424);
}

Test(sink_forms, syslog_gets_an_anchor_as_any_other_message)
{
	char bytes[256];
	struct audit_payload p = { .room = sizeof(bytes), .bytes = bytes };

	audit_forms[SINK_SYSLOG].anchor("{\"event\":\"log.anchor\"}", &p);
	expect_match(STAMP "caisson-audit\\[[1-9][0-9]*\\]: " TEXT, &p);
}
