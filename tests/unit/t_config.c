/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/config.h"
#include "scratch.h"

static int read_text(struct arena *a, const char *text, struct config *out, struct err *e)
{
	return config_read(a, "caisson.json", text, strlen(text), out, e);
}

Test(config, later_files_come_on_top_of_earlier_ones)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct config c;

	cr_assert_eq(config_load(&a, "none", &c, &e), 0);
	cr_assert_eq(read_text(&a, "{\"watch\": {\"pollMs\": 100, \"dryRun\": true}}", &c, &e),
		     0, "%s", e.text);
	cr_assert_eq(read_text(&a, "{\"watch\": {\"warn\": {}}}", &c, &e), 0, "%s", e.text);
	cr_assert_eq(read_text(&a, "{}", &c, &e), 0, "%s", e.text);
	cr_expect_eq(c.watch.poll_ms, 100);
	cr_expect(c.watch.dry_run);
	cr_expect_eq(c.watch.warn[WARN_CPU], 70);
}

Test(config, says_what_a_full_disk_stops_and_where_anchors_go)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct config c;

	cr_assert_eq(config_load(&a, "none", &c, &e), 0);
	cr_expect_eq(c.audit.full, AUDIT_FULL_DROP);
	cr_assert_eq(read_text(&a,
			       "{\"audit\": {\"full\": \"halt\", \"anchors\": "
			       "[\"journald\", \"/a\"]}}",
			       &c, &e),
		     0, "%s", e.text);
	cr_assert_eq(read_text(&a, "{\"audit\": {}}", &c, &e), 0);
	cr_expect_eq(c.audit.full, AUDIT_FULL_HALT);
	cr_expect_eq(c.audit.anchors_n, 2);
	cr_expect_str_eq(c.audit.anchors[1], "/a");
}

static const struct {
	const char *text, *says;
} refusals[] = {
	{ "[]", "caisson.json: expected object, found array" },
	{ "{\"wotch\": {}}", "caisson.json: wotch: unknown key" },
	{ "{\"watch\": {\"warn\": {\"memroy\": 1}}}",
	  "caisson.json: watch.warn.memroy: unknown key" },
	{ "{\"watch\": {\"responses\": [{\"event\": \"limit.oom\", \"action\": \"kill\", "
	  "\"x\": 1}]}}",
	  "caisson.json: watch.responses[0].x: unknown key" },
	{ "{\"audit\": {\"full\": \"no\"}}",
	  "caisson.json: audit.full: expected drop, block or halt, found \"no\"" },
	{ "{\"audit\": {\"anchors\": [\"x\"]}}", "caisson.json: audit.anchors[0]: expected "
						 "journald, syslog or an absolute path, found "
						 "\"x\"" },
	{ "{\"audit\": {\"anchor\": 1}}", "caisson.json: audit.anchor: unknown key" },
	{ "{\"watch\": {\"pollMs\": \"1\"}}",
	  "caisson.json: watch.pollMs: expected integer, found string" },
};

Test(config, refuses_what_it_does_not_know_and_changes_nothing)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autoarena struct arena a = { 0 };
		struct err e = { 0 };
		struct config c = { .watch = { .poll_ms = 7 } };

		cr_expect_eq(read_text(&a, refusals[i].text, &c, &e), -1, "%s",
			     refusals[i].text);
		cr_expect_str_eq(e.text, refusals[i].says);
		cr_expect_eq(c.watch.poll_ms, 7);
	}
}

Test(config, of_somebody_else_is_refused)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	struct err e = { 0 }, missing = { 0 };
	struct config c;
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/c.json", s.path);
	cr_expect_eq(config_load(&a, path, &c, &missing), -1);
	scratch_put(&s, "c.json", "{\"watch\": {\"pollMs\": 100}}");
	cr_assert_eq(chmod(path, 0644), 0);
	cr_assert_eq(config_load(&a, path, &c, &e), 0, "%s", e.text);
	cr_expect_eq(c.watch.poll_ms, 100);
	cr_assert_eq(chmod(path, 0666), 0);
	cr_expect_eq(config_load(&a, path, &c, &e), -1);
	cr_expect(strstr(e.text, "that nobody else writes: found mode 0666") != NULL, "%s",
		  e.text);
}
