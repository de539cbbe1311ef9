/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "audit/filter.h"
#include "audit/scan.h"
#include "base/str.h"

static const char event[] =
	"{\"actor\":{\"user\":{\"name\":\"anna\",\"uid\":\"1000\"}},\"container\":{\"uid\":"
	"\"web\\\"1\"},"
	"\"event\":\"container.exit\",\"severity_id\":2,\"time\":5000,"
	"\"unmapped\":{\"ok\":true,\"verdict\":{\"exit_code\":137,\"reason\":\"oom\"}}}";

/* Both steps must agree where the second says yes. */
static bool takes(struct audit_filter *f)
{
	autoarena struct arena a = { 0 };
	const struct audit_line_at at = { .text = event, .len = strlen(event) };
	struct json *doc;
	struct scan_text got[MEMBERS];
	enum audit_answer quick;
	bool may, is;

	audit_filter_prepare(&a, f);
	may = audit_filter_may(f, &at);
	quick = audit_filter_scan(f, &at, got);
	is = audit_filter_takes(&a, f, &at, &doc);
	cr_expect(may || !is, "what matches was dropped by the first look");
	cr_expect(quick == AUDIT_UNSURE || (quick == AUDIT_TAKEN) == is,
		  "the quick look sees something else");
	return may && is;
}
#define TAKES(...) takes(&(struct audit_filter){ __VA_ARGS__ })
#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

Test(audit_filter, everything_is_taken_without_one)
{
	cr_expect(TAKES(0));
}

Test(audit_filter, by_time)
{
	cr_expect(TAKES(.since_ms = 5000));
	cr_expect_not(TAKES(.since_ms = 5001));
	cr_expect(TAKES(.until_ms = 5001));
	cr_expect_not(TAKES(.until_ms = 5000));
}

Test(audit_filter, by_name_and_pattern)
{
	cr_expect(TAKES(.events = NAMES("container.exit")));
	cr_expect_not(TAKES(.events = NAMES("container.exi")));
	cr_expect(TAKES(.events = NAMES("container.*")));
	cr_expect(TAKES(.events = NAMES("x", "*.exit")));
	cr_expect_not(TAKES(.events = NAMES("limit.*", "x")));
}

Test(audit_filter, by_container_whatever_its_name)
{
	cr_expect(TAKES(.container = "web\"1"));
	cr_expect_not(TAKES(.container = "web"));
}

Test(audit_filter, by_user_name_or_number)
{
	cr_expect(TAKES(.user = "anna"));
	cr_expect(TAKES(.user = "1000"));
	cr_expect_not(TAKES(.user = "0"));
}

Test(audit_filter, by_severity_and_above)
{
	cr_expect(TAKES(.severity = 2));
	cr_expect_not(TAKES(.severity = 3));
}

Test(audit_filter, by_any_value)
{
	cr_expect(TAKES(.where = { { "unmapped.verdict.reason", "oom" } }, .where_n = 1));
	cr_expect(TAKES(.where = { { "unmapped.verdict.reason", "o*" } }, .where_n = 1));
	cr_expect(TAKES(.where = { { "unmapped.verdict.exit_code", "137" } }, .where_n = 1));
	cr_expect(TAKES(.where = { { "unmapped.ok", "true" } }, .where_n = 1));
	cr_expect_not(TAKES(.where = { { "unmapped.verdict.reason", "wall" } }, .where_n = 1));
	cr_expect_not(TAKES(.where = { { "unmapped.verdict", "oom" } }, .where_n = 1));
	cr_expect_not(TAKES(.where = { { "nothing..here", "" } }, .where_n = 1));
}

struct when {
	const char *text;
	uint64_t ms; /* 0: none */
};

/* clang-format off */
static const struct when times[] = {
	{ "@12",                  12000 },
	{ "1970-01-02",           86400000 },
	{ "1970-01-01T00:01:00Z", 60000 },
	{ "1970-01-01 00:01:00",  60000 },
	{ "10s",                  90000 },
	{ "1m",                   40000 },
	{ "9w",                   1 }, /* longer ago than there was time */
	{ "",                     0 },
	{ "5",                    0 },
	{ "s",                    0 },
	{ "5y",                   0 },
	{ "@",                    0 },
	{ "@x",                   0 },
	{ "1970-01-02x",          0 },
	{ "yesterday",            0 },
};
/* clang-format on */

Test(audit_filter, members_are_found_without_a_tree)
{
	static const struct {
		const char *text, *path, *is; /* NULL: none */
	} rows[] = {
		{ "{\"a\":1,\"b\":\"x\"}", "b", "x" },
		{ "{\"a\":{\"b\":{\"c\":\"}\"}},\"b\":2}", "a.b.c", "}" },
		{ "{\"a\":{\"b\":1},\"b\":2}", "b", "2" },
		{ "{\"a\":[{\"b\":1}],\"b\":[2]}", "b", "[2]" },
		{ "{\"a\":\"\\\"b\\\":1\",\"b\":3}", "b", "3" },
		{ "{\"a\":\"x\",\"a\":\"y\"}", "a", "x" },
		{ "{\"ab\":1}", "a", NULL },
		{ "{\"a\":1}", "ab", NULL },
		{ "{\"a\":1}", "a.b", NULL },
		{ "{\"a\":", "a", NULL },
		{ "{\"a\":\"x", "a", NULL },
		{ "{\"a\":{\"b\":1", "b", NULL },
		{ "{\"a\":\"\\", "a", NULL },
		{ "[1]", "a", NULL },
		{ "", "a", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const size_t len = strlen(rows[i].text);
		struct scan_text t, same;
		const bool there = scan_find(rows[i].text, len, rows[i].path, &t);

		cr_expect_eq(there, rows[i].is != NULL, "%s", rows[i].text);
		if (there)
			cr_expect(scan_is(&t, rows[i].is), "%s", rows[i].text);
		if (there && scan_all(rows[i].text, len, &rows[i].path, 1, &same))
			cr_expect(same.p == t.p && same.len == t.len, "%s", rows[i].text);
	}
}

Test(audit_filter, what_is_taken_as_a_line_is_json)
{
	static const struct {
		const char *text;
		bool taken;
	} rows[] = {
		{ "{\"a\":[1,-0.5e+3,true,false,null,{},[],\"\\u001f\\n\"]}", true },
		{ "{\"a\":\"\xc3\xbc\"}", true },
		{ "{\"a\":\"\xc3\"}", false },
		{ "{\"a\":\"\x01\"}", false },
		{ "{\"a\":\"\\x\"}", false },
		{ "{\"a\":\"\\u0000\"}", false },
		{ "{\"a\":\"\\u00\"}", false },
		{ "{\"a\":01}", false },
		{ "{\"a\":-}", false },
		{ "{\"a\":1.}", false },
		{ "{\"a\":1e}", false },
		{ "{\"a\":tru}", false },
		{ "{\"a\":[1,]}", false },
		{ "{\"a\":{\"b\"}}", false },
		{ "{\"a\":[}", false },
		{ "{\"a\":1}x", false },
		{ "{\"a\":1,}", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect_eq(scan_all(rows[i].text, strlen(rows[i].text), NULL, 0, NULL),
			     rows[i].taken, "%s", rows[i].text);
}

/* Found by fuzz_log. */
Test(audit_filter, a_name_with_a_nul_in_it_is_not_the_one_before_the_nul)
{
	static const char text[] = "{\"event\0\0\0\0\":1}";
	struct scan_text t;

	cr_expect_not(scan_find(text, sizeof(text) - 1, "event", &t));
}

Test(audit_filter, an_escape_makes_the_quick_look_unsure)
{
	const struct audit_line_at at = { .text = event, .len = strlen(event) };

	static const struct {
		struct audit_filter filter;
		enum audit_answer answer;
	} rows[] = {
		{ { .container = "web\"1" }, AUDIT_UNSURE },
		{ { .user = "anna" }, AUDIT_TAKEN },
		{ { .user = "bert" }, AUDIT_NOT_TAKEN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scan_text got[MEMBERS];

		cr_expect_eq(audit_filter_scan(&rows[i].filter, &at, got), rows[i].answer);
	}
}

Test(audit_filter, times_are_read)
{
	for (size_t i = 0; i < COUNT(times); i++) {
		uint64_t ms = 0;

		cr_expect_eq(audit_time_read(times[i].text, 100000, &ms), times[i].ms != 0,
			     "%s", times[i].text);
		cr_expect_eq(ms, times[i].ms, "%s: %d", times[i].text, (int)ms);
	}
}

Test(audit_filter, severities_are_words_or_numbers)
{
	cr_expect_eq(audit_severity_read("info"), 1);
	cr_expect_eq(audit_severity_read("critical"), 5);
	cr_expect_eq(audit_severity_read("4"), 4);
	cr_expect_eq(audit_severity_read("0"), 0);
	cr_expect_eq(audit_severity_read("7"), 0);
	cr_expect_eq(audit_severity_read("bad"), 0);
}
