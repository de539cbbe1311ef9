/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "audit/report.h"
#include "base/str.h"
#include "cmd/audit_html.h"

static void add(struct report *r, const char *text)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct json *doc;

	cr_assert_eq(json_parse(&a, "event", text, strlen(text), &doc, &e), 0, "%s", e.text);
	report_add(r, doc);
}

static void add_exit(struct report *r, const char *id, const char *reason, unsigned wall_ms)
{
	autoarena struct arena a = { 0 };

	add(r, arena_printf(&a,
			    "{\"container\":{\"uid\":\"%s\"},\"event\":\"container.exit\","
			    "\"severity_id\":1,\"time\":%u,\"unmapped\":{\"verdict\":"
			    "{\"memory_peak\":%u,\"reason\":\"%s\",\"wall_ms\":%u}}}",
			    id, wall_ms * 3600, wall_ms * 10, reason, wall_ms));
}

Test(audit_report, the_most_frequent_is_first)
{
	autoarena struct arena a = { 0 };
	struct report r = { .arena = &a };

	add_exit(&r, "b", "oom", 1);
	add_exit(&r, "a", "exited", 2);
	add_exit(&r, "a", "exited", 3);
	add(&r,
	    "{\"event\":\"seccomp.denied\",\"unmapped\":{\"seccomp\":{\"syscall\":\"bpf\"}}}");
	report_finish(&r);
	cr_expect_eq(r.events, 4);
	cr_assert_eq(r.by_event.n, 2);
	cr_expect_str_eq(r.by_event.rows[0].key, "container.exit");
	cr_expect_eq(r.by_event.rows[0].n, 3);
	cr_expect_str_eq(r.by_reason.rows[0].key, "exited");
	cr_expect_eq(r.by_reason.rows[0].n, 2);
	cr_expect_str_eq(r.by_container.rows[0].key, "a");
	cr_assert_eq(r.by_call.n, 1);
	cr_expect_str_eq(r.by_call.rows[0].key, "bpf");
	report_free(&r);
}

Test(audit_report, hours_are_in_their_order)
{
	autoarena struct arena a = { 0 };
	struct report r = { .arena = &a };

	add_exit(&r, "a", "exited", 9000);
	add_exit(&r, "a", "exited", 10);
	report_finish(&r);
	cr_assert_eq(r.by_hour.n, 2);
	cr_expect_str_eq(r.by_hour.rows[0].key, "1970-01-01T00");
	cr_expect_str_eq(r.by_hour.rows[1].key, "1970-01-01T09");
	cr_expect_eq(r.first_ms, 36000);
	cr_expect_eq(r.last_ms, 32400000);
	report_free(&r);
}

Test(audit_report, percentiles_are_values_that_were_there)
{
	autoarena struct arena a = { 0 };
	struct report r = { .arena = &a };

	for (unsigned i = 100; i > 0; i--)
		add_exit(&r, "a", "exited", i);
	report_finish(&r);
	cr_expect_eq(report_percentile(&r.wall_ms, 50), 50);
	cr_expect_eq(report_percentile(&r.wall_ms, 95), 95);
	cr_expect_eq(report_percentile(&r.wall_ms, 100), 100);
	cr_expect_eq(report_percentile(&r.memory_peak, 95), 950);
	report_free(&r);
	cr_expect_eq(report_percentile(&(struct report_values){ 0 }, 50), 0);
}

/* Who writes the log chooses how many names there are. */
Test(audit_report, too_many_keys_are_counted_together)
{
	autoarena struct arena a = { 0 };
	struct report r = { .arena = &a };

	for (unsigned i = 0; i < REPORT_KEYS_MAX + 10; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "c%u", i);
		add_exit(&r, id, "exited", 1);
	}
	add_exit(&r, "c7", "exited", 1);
	report_finish(&r);
	cr_expect_eq(r.by_container.n, REPORT_KEYS_MAX);
	cr_expect_eq(r.by_container.others, 10);
	cr_expect_str_eq(r.by_container.rows[0].key, "c7");
	report_free(&r);
}

/* ---- advice ---- */

struct advised {
	uint64_t limit, peak; /* MiB */
	unsigned ends, ooms;
	enum report_advice want;
	uint64_t to; /* MiB */
};

static void add_sized(struct report *r, const struct advised *t, unsigned i)
{
	autoarena struct arena a = { 0 };

	add(r, arena_printf(&a,
			    "{\"container\":{\"image\":{\"name\":\"x\"}},\"event\":\"container."
			    "exit\",\"severity_id\":1,\"time\":1,\"unmapped\":{\"verdict\":{"
			    "\"memory_limit\":%llu,\"memory_peak\":%llu,\"reason\":\"%s\"}}}",
			    (unsigned long long)t->limit << 20,
			    (unsigned long long)t->peak << 20, i < t->ooms ? "oom" : "exited"));
}

Test(audit_report, advises_what_the_numbers_say)
{
	static const struct advised cases[] = {
		{ 256, 50, 10, 0, ADVICE_LOWER, 64 }, /* 62.5 */
		{ 64, 50, 10, 0, ADVICE_NONE, 0 },    /* fits */
		{ 64, 63, 10, 0, ADVICE_RAISE, 96 },  /* nearly full */
		{ 64, 40, 10, 1, ADVICE_RAISE, 96 },  /* one ran out of it */
		{ 256, 50, 4, 0, ADVICE_NONE, 0 },    /* too few */
		{ 0, 50, 10, 0, ADVICE_NONE, 0 },     /* no limit */
		{ 1024, 1000, 10, 9, ADVICE_RAISE, 1536 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		struct report r = { .arena = &a };
		uint64_t to = 0;

		for (unsigned k = 0; k < cases[i].ends; k++)
			add_sized(&r, &cases[i], k);
		report_finish(&r);
		cr_assert_eq(r.groups_n, 1);
		cr_expect_str_eq(r.groups[0].name, "x");
		cr_expect_eq(report_advice(&r.groups[0], &to), cases[i].want, "%zu", i);
		if (cases[i].want != ADVICE_NONE)
			cr_expect_eq(to >> 20, cases[i].to, "%zu: %llu", i,
				     (unsigned long long)to >> 20);
		report_free(&r);
	}
}

Test(audit_report, groups_are_as_many_as_there_is_room_for)
{
	autoarena struct arena a = { 0 };
	struct report r = { .arena = &a };

	for (unsigned i = 0; i < REPORT_GROUPS_MAX + 10; i++) {
		autoarena struct arena scratch = { 0 };

		add(&r, arena_printf(&scratch,
				     "{\"event\":\"container.exit\",\"process\":{\"cmd_line\":"
				     "\"/bin/p%u a\"},\"time\":1}",
				     i));
	}
	report_finish(&r);
	cr_expect_eq(r.groups_n, REPORT_GROUPS_MAX);
	cr_expect_str_eq(r.groups[0].name, "all others");
	cr_expect_eq(r.groups[0].ends, 11);
	cr_expect_str_eq(r.groups[1].name, "p0");
	report_free(&r);
}

Test(audit_report, refusals_count_as_often_as_they_were)
{
	autoarena struct arena a = { 0 };
	struct report r = { .arena = &a };

	add(&r, "{\"event\":\"seccomp.denied\",\"unmapped\":{\"seccomp\":{\"count\":40,"
		"\"syscall\":\"bpf\"}}}");
	add(&r, "{\"event\":\"seccomp.denied\",\"unmapped\":{\"seccomp\":{\"syscall\":"
		"\"mount\"}}}");
	add(&r, "{\"dst_endpoint\":{\"hostname\":\"h\"},\"event\":\"net.denied\"}");
	add(&r, "{\"event\":\"limit.pids\",\"unmapped\":{\"limit\":{\"count\":7}}}");
	report_finish(&r);
	cr_expect_eq(r.by_call.rows[0].n, 40);
	cr_expect_str_eq(r.by_call.rows[1].key, "mount");
	cr_expect_str_eq(r.by_host.rows[0].key, "h");
	cr_expect_eq(r.by_limit.rows[0].n, 7);
	report_free(&r);
}

Test(audit_report, a_page_has_no_tags_but_its_own)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(audit_html_text(&a, "<script>alert('1')</script>&\"\n\033\x7f"),
			 "&lt;script&gt;alert(&#39;1&#39;)&lt;/"
			 "script&gt;&amp;&quot;\\x0a\\x1b\\x7f");
	/* what turns the text round, and controls as UTF-8 has them; letters stay */
	cr_expect_str_eq(audit_html_text(&a, "a\u202eb\xc2\x9b"
					     "1m\u00e9"),
			 "a\\xe2\\x80\\xaeb\\xc2\\x9b1m\u00e9");
}
