/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "audit/report.h"

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
	cr_assert_eq(r.by_refusal.n, 1);
	cr_expect_str_eq(r.by_refusal.rows[0].key, "bpf");
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
