/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "base/json.h"
#include "watch/watch.h"

static size_t read_rules(struct arena *a, const char *text, struct watch_rules *out,
			 const char **complaint)
{
	struct complaints bad = { .arena = a };
	struct err e = { 0 };
	struct json *doc = NULL;
	struct jat root;

	*out = watch_rules_none();
	cr_assert_eq(json_parse(a, "watch", text, strlen(text), &doc, &e), 0, "%s", e.text);
	root = j_root(doc, &bad);
	watch_rules_read(&root, out);
	*complaint = bad.n > 0 ? bad.first->text : "";
	return bad.n;
}

Test(watch_rules, warn_of_nothing_unless_asked)
{
	autoarena struct arena a = { 0 };
	struct watch_rules r;
	const char *why;

	cr_assert_eq(read_rules(&a, "{}", &r, &why), 0, "%s", why);
	for (int i = 0; i < WARN_KINDS; i++)
		cr_expect_eq(r.warn[i], 0);
	cr_expect_eq(r.responses_n, 0);
	cr_expect_not(watch_is_wanted(&(struct watch_want){ .rules = r }));
}

Test(watch_rules, warn_at_80_70_80_80_when_no_number_is_given)
{
	autoarena struct arena a = { 0 };
	struct watch_rules r;
	const char *why;

	cr_assert_eq(read_rules(&a, "{\"warn\": {\"pids\": 0}}", &r, &why), 0, "%s", why);
	cr_expect_eq(r.warn[WARN_MEMORY], 80);
	cr_expect_eq(r.warn[WARN_CPU], 70);
	cr_expect_eq(r.warn[WARN_PIDS], 0);
	cr_expect_eq(r.warn[WARN_TIME], 80);
	cr_expect(watch_is_wanted(&(struct watch_want){ .rules = r }));
}

struct refusal {
	char text[160], says[120];
};

/* clang-format off */
static struct refusal refusals[] = {
	{ "{\"warn\": {\"memory\": 101}}", "warn.memory: expected 0 to 100, found 101" },
	{ "{\"warn\": 80}", "warn: expected object, found number" },
	{ "{\"pollMs\": 1}", "pollMs: expected 50 to 60000, found 1" },
	{ "{\"throttlePercent\": 100}", "throttlePercent: expected 1 to 99, found 100" },
	{ "{\"responses\": [{\"action\": \"kill\"}]}", "responses[0].event: expected string, found nothing" },
	{ "{\"responses\": [{\"event\": \"limit.pids\", \"action\": \"hug\"}]}",
	  "responses[0].action: expected another word, found \"hug\"" },
	{ "{\"responses\": [{\"event\": \"limit.pids\", \"action\": \"kill\", \"count\": 65}]}",
	  "responses[0].count: expected 1 to 64, found 65" },
	{ "{\"responses\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}", "responses: expected at most 16, found 17" },
};
/* clang-format on */

ParameterizedTestParameters(watch_rules, refuse)
{
	return cr_make_param_array(struct refusal, refusals, COUNT(refusals));
}

ParameterizedTest(struct refusal *t, watch_rules, refuse)
{
	autoarena struct arena a = { 0 };
	struct watch_rules r;
	const char *why;

	cr_expect_gt(read_rules(&a, t->text, &r, &why), 0);
	cr_expect_str_eq(why, t->says);
}

/* ---- watch.json ---- */

static const struct watch_want whole = {
	.id = "web",
	.bundle = "/b",
	.cgroup = "/m/web",
	.log = "/l/audit.jsonl",
	.pid = 4711,
	.start_time = 18446744073709551615U,
	.own_pid_ns = true,
	.started_ms = 12,
	.cpu_before_usec = 34,
	.policy_name = "container",
	.policy_digest = "ab12",
	.labels = { .pairs = (const char *const[]){ "io.container.manager", "libpod",
						    "io.kubernetes.pod.name", "web-0", NULL } },
	.wall_ms = 500,
	.cpu_ms = 70,
	.grace_ms = 1000,
	.memory_limit = true,
	.cpu_limit = true,
	.rules = { .warn = { 80, 70, 80, 80 },
		   .poll_ms = 250,
		   .throttle_percent = 20,
		   .dry_run = true,
		   .responses = { { WATCH_OOM, WATCH_KILL, 2, 1000 },
				  { WATCH_WARNING, WATCH_ALERT, 1, 5 } },
		   .responses_n = 2 },
	.audit_rules = { .full = AUDIT_FULL_HALT,
			 .anchors = { "journald", "/a" },
			 .anchors_n = 2 },
};

Test(watch_want, comes_back_from_its_text_as_it_was)
{
	autoarena struct arena a = { 0 };
	struct watch_want back;
	struct err e = { 0 };
	size_t len, again;
	const char *text = watch_want_text(&a, &whole, &len);

	cr_assert_eq(watch_want_parse(&a, text, len, &back, &e), 0, "%s", e.text);
	cr_expect_str_eq(watch_want_text(&a, &back, &again), text);
	cr_expect_eq(back.start_time, whole.start_time);
	cr_expect_str_eq(back.policy_digest, "ab12");
	cr_expect_str_eq(back.labels.engine, "podman");
	cr_expect_str_eq(back.labels.pod, "web-0");
	cr_expect_eq(back.rules.responses_n, 2);
	cr_expect_eq(back.rules.responses[0].action, WATCH_KILL);
	cr_expect_not(back.pids_limit);
	cr_expect_eq(back.audit_rules.full, AUDIT_FULL_HALT);
	cr_expect_eq(back.audit_rules.anchors_n, 2);
	cr_expect_str_eq(back.audit_rules.anchors[1], "/a");
}

/* clang-format off */
static struct refusal wants[] = {
	{ "[]", "watch.json: expected object, found array" },
	{ "{}", "watch.json: version: expected integer, found nothing" },
	{ "{\"version\": 2}", "watch.json: version: expected 1, found 2: written by another version of caisson" },
	{ "{\"version\": 1, \"pid\": 1}", "watch.json: id: expected string, found nothing" },
	{ "{\"version\": 1, \"id\": \"a\"}", "watch.json: pid: expected integer, found nothing" },
	{ "{\"version\": 1, \"id\": \"a\", \"pid\": 0}",
	  "watch.json: pid: expected 1 to 4194304, found 0" },
	{ "{\"version\": 1, \"id\": \"a\", \"pid\": 1, \"wallMs\": -1}",
	  "watch.json: wallMs: expected 0 to 18446744073709551615, found -1" },
};
/* clang-format on */

ParameterizedTestParameters(watch_want, refuses)
{
	return cr_make_param_array(struct refusal, wants, COUNT(wants));
}

ParameterizedTest(struct refusal *t, watch_want, refuses)
{
	autoarena struct arena a = { 0 };
	struct watch_want w;
	struct err e = { 0 };

	cr_expect_eq(watch_want_parse(&a, t->text, strlen(t->text), &w, &e), -1);
	cr_expect_str_eq(e.text, t->says);
}
