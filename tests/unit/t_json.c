/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static int parse(struct arena *a, const char *text, struct json **doc, struct err *e)
{
	return json_parse(a, "config.json", text, strlen(text), doc, e);
}

static struct json *must(struct arena *a, const char *text)
{
	struct json *doc = NULL;
	struct err e = { 0 };

	cr_assert_eq(parse(a, text, &doc, &e), 0, "%s: %s", text, e.text);
	return doc;
}

static char *repeat(struct arena *a, const char *open, size_t n, const char *close)
{
	char *text = arena_alloc(a, n * (strlen(open) + strlen(close)) + 1);

	for (size_t i = 0; i < n; i++)
		strcat(text, open);
	for (size_t i = 0; i < n; i++)
		strcat(text, close);
	return text;
}

/* clang-format off */
static const struct {
	const char *text, *says;
} refusals[] = {
	{ "",                       "config.json: line 1: parse error: premature EOF" },
	{ "{\n\"a\": [1,\n2",       "config.json: line 3: parse error: premature EOF" },
	{ "{}\n\n x",               "config.json: line 3: parse error: trailing garbage" },
	{ "{}\n{}",                 "config.json: line 2: parse error: trailing garbage" },
	{ "1 2",                    "config.json: line 1: parse error: trailing garbage" },
	{ "{\n// no\n}",            "config.json: line 2: comments are not JSON" },
	{ "[1,\n\n/* no */ 2]",     "config.json: line 3: comments are not JSON" },
	{ "[\n\"a\\u0000b\"]",      "config.json: line 2: NUL in a string" },
	{ "{\"\\u0000\": 1}",       "config.json: line 1: NUL in a string" },
	{ "[\"\xc0\x80\"]",         "config.json: line 1: invalid UTF-8" },
	{ "[\"a\n\xff\"]",          "config.json: line 2: invalid UTF-8" },
	{ "[\"\xed\xa0\x80\"]",     "config.json: line 1: invalid UTF-8" },
	{ "[\"\xf4\x90\x80\x80\"]", "config.json: line 1: invalid UTF-8" },
	{ "[\"\xe2\x82",            "config.json: line 1: invalid UTF-8" },
	{ "[\"\\ud800\"]",          "config.json: line 1: half a surrogate pair in a string" },
	{ "[\"\\ud800\\u0041\"]",   "config.json: line 1: half a surrogate pair in a string" },
	{ "[\"\\uDC00\"]",          "config.json: line 1: half a surrogate pair in a string" },
	{ "[\"\\u12\"]",            "config.json: line 1: lexical error: invalid (non-hex) character "
				    "occurs after '\\u' inside string" },
	{ "[\"\\",                  "config.json: line 1: lexical error: inside a string, '\\' "
				    "occurs before a character which it may not" },
	{ "[01]",                   "config.json: line 1: parse error: after array element, I expect ',' or ']'" },
	{ "[-]",                    "config.json: line 1: lexical error: malformed number, a digit is "
				    "required after the minus sign" },
	{ "{1: 2}",                 "config.json: line 1: parse error: invalid object key (must be a string)" },
	{ "[1,]",                   "config.json: line 1: parse error: unallowed token at this point in JSON text" },
	{ "['a']",                  "config.json: line 1: lexical error: invalid char in json text" },
};
/* clang-format on */

Test(json, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autoarena struct arena a = { 0 };
		struct json *doc = NULL;
		struct err e = { 0 };

		cr_expect_eq(parse(&a, refusals[i].text, &doc, &e), -1, "%s", refusals[i].text);
		cr_expect_eq(e.kind, ERR_SPEC);
		cr_expect_str_eq(e.text, refusals[i].says);
		cr_expect_null(doc);
	}
}

Test(json, refuses_a_nul_byte)
{
	autoarena struct arena a = { 0 };
	struct json *doc = NULL;
	struct err e = { 0 };

	cr_assert_eq(json_parse(&a, "state", "[1,\n\0 2]", 8, &doc, &e), -1);
	cr_assert_str_eq(e.text, "state: line 2: NUL in the text");
}

Test(json, refuses_more_than_its_maximum)
{
	autoarena struct arena a = { 0 };
	struct json *doc = NULL;
	struct err e = { 0 };
	char *text = arena_alloc(&a, JSON_MAX + 1);

	memset(text, ' ', JSON_MAX + 1);
	text[0] = '1';
	cr_assert_eq(json_parse(&a, "config.json", text, JSON_MAX + 1, &doc, &e), -1);
	cr_assert_str_eq(e.text, "config.json: expected at most 4194304 bytes, found 4194305");
	e = (struct err){ 0 };
	cr_assert_eq(json_parse(&a, "config.json", text, JSON_MAX, &doc, &e), 0, "%s", e.text);
}

Test(json, texts_outlive_the_tree)
{
	static const char text[] = "{\"plain\": \"a\", \"e\\tscaped\": [\"b\\n\", -1.5]}";
	autoarena struct arena strings = { 0 };
	struct arena tree = { 0 };
	struct json *doc = NULL;
	struct err e = { 0 };
	const char *found[5];

	cr_assert_eq(json_parse_apart(&tree, &strings, "config.json", text, strlen(text), &doc,
				      &e),
		     0, "%s", e.text);
	found[0] = doc->first->key;
	found[1] = doc->first->text;
	found[2] = doc->last->key;
	found[3] = doc->last->first->text;
	found[4] = doc->last->last->text;
	arena_free(&tree);
	cr_expect_str_eq(found[0], "plain");
	cr_expect_str_eq(found[1], "a");
	cr_expect_str_eq(found[2], "e\tscaped");
	cr_expect_str_eq(found[3], "b\n");
	cr_expect_str_eq(found[4], "-1.5");
}

Test(json, bad_bytes_are_found_wherever_they_are)
{
	for (size_t at = 1; at < 40; at++) {
		static const char bad[] = { '\0', '\x80', '\xff', '\xc1' };
		char text[44] = "\"";

		memset(text + 1, 'x', 40);
		text[41] = '"';
		for (size_t i = 0; i < COUNT(bad); i++) {
			autoarena struct arena a = { 0 };
			struct json *doc = NULL;
			struct err e = { 0 };

			text[at] = bad[i];
			cr_expect_eq(json_parse(&a, "x", text, 42, &doc, &e), -1, "%zu", at);
			cr_expect_str_eq(e.text, i == 0 ? "x: line 1: NUL in the text"
							: "x: line 1: invalid UTF-8");
		}
	}
}

Test(json, depth_is_bounded)
{
	autoarena struct arena a = { 0 };
	struct json *doc = NULL;
	struct err e = { 0 };

	cr_assert_eq(parse(&a, repeat(&a, "[", 64, "]"), &doc, &e), 0, "%s", e.text);
	cr_assert_eq(parse(&a, repeat(&a, "[", 65, "]"), &doc, &e), -1);
	cr_assert_str_eq(e.text, "config.json: line 1: nested deeper than 64");
	e = (struct err){ 0 };
	cr_assert_eq(parse(&a, repeat(&a, "{\"a\":\n", 3000, ""), &doc, &e), -1);
	cr_assert_str_eq(e.text, "config.json: line 65: nested deeper than 64");
	cr_assert_eq(parse(&a,
			   "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[["
			   "[\"]",
			   &doc, &e),
		     0);
}

static void deep_and_valid(const char *text)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(json_print(&a, must(&a, text), JSON_LINE, NULL), text);
}

Test(json, what_is_read_is_what_is_printed)
{
	static const char *const same[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"18446744073709551615",
		"1e400",
		"0.10",
		"\"\"",
		"[]",
		"{}",
		"[[],{},\"a\"]",
		"{\"b\":1,\"a\":[1,2,{\"c\":null}]}",
		"\"\\\" \\\\ / \\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
		"\"\xf0\x9f\x98\x80\xc3\xa9\"",
		"{\"a\":1,\"a\":2}",
		"{\"\":1}",
	};

	for (size_t i = 0; i < COUNT(same); i++)
		deep_and_valid(same[i]);
}

Test(json, escapes_become_characters)
{
	autoarena struct arena a = { 0 };

	cr_assert_str_eq(must(&a, "\"\\u00e9\\/\\ud83d\\ude00\\u007f\"")->text,
			 "\xc3\xa9/\xf0\x9f\x98\x80\x7f");
}

/* RFC 8785 section 3.2.3: the order of its own example, and a pair of which UTF-8 order is the
 * other one. */
Test(json, canonical_form_sorts_by_utf16)
{
	autoarena struct arena a = { 0 };
	struct json *doc =
		must(&a, "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,"
			 "\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7,\"12\":8}");
	size_t len = 0;
	const char *text = json_print(&a, doc, JSON_CANONICAL, &len);

	cr_assert_str_eq(text, "{\"\\r\":2,\"1\":4,\"12\":8,\"\xc2\x80\":6,\"\xc3\xb6\":7,"
			       "\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
	cr_assert_eq(len, strlen(text));
}

Test(json, pretty_form_indents_by_two)
{
	autoarena struct arena a = { 0 };
	struct json *doc = json_object(&a), *list = json_array(&a);

	json_set(doc, "z", list);
	json_add(list, json_int(&a, INT64_MIN));
	json_add(list, json_uint(&a, UINT64_MAX));
	json_set(doc, "a", json_object(&a));
	json_set(doc, "b", json_bool(&a, true));
	cr_assert_str_eq(json_print(&a, doc, JSON_PRETTY, NULL),
			 "{\n  \"z\": [\n    -9223372036854775808,\n    18446744073709551615\n "
			 " ],\n"
			 "  \"a\": {},\n  \"b\": true\n}");
	cr_assert_eq(json_get(doc, "z"), list);
	cr_assert_null(json_get(doc, "y"));
}

Test(json, bytes_that_are_no_utf8_are_replaced)
{
	autoarena struct arena a = { 0 };
	struct json *v = json_string(&a, "a\xff\xc3(\xe2\x82");

	cr_assert_str_eq(json_print(&a, v, JSON_LINE, NULL),
			 "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
}

enum want {
	STRING,
	BOOL,
	DIGIT, /* 0 to 7 */
	ANY_INT,
	UINT64,
	UINT32,
	STRINGS,
	OBJECT,
	ARRAY,
};

/* clang-format off */
static const struct {
	enum want want;
	const char *text, *says; /* says NULL: taken; "": absent */
} getters[] = {
	{ STRING,  "{\"v\": \"a\"}",          NULL },
	{ STRING,  "{}",                      "" },
	{ STRING,  "{\"v\": null}",           "" },
	{ STRING,  "{\"v\": 1}",              "v: expected string, found number" },
	{ STRING,  "{\"v\": \"1\", \"v\": 1}", "v: expected string, found two values" },
	{ STRING,  "{\"v\": null, \"v\": \"\"}", "v: expected string, found two values" },
	{ BOOL,    "{\"v\": false}",          NULL },
	{ BOOL,    "{\"v\": \"true\"}",       "v: expected boolean, found string" },
	{ DIGIT,   "{\"v\": 7}",              NULL },
	{ DIGIT,   "{\"v\": 9}",              "v: expected 0 to 7, found 9" },
	{ DIGIT,   "{\"v\": -1}",             "v: expected 0 to 7, found -1" },
	{ DIGIT,   "{\"v\": \"7\"}",          "v: expected integer, found string" },
	{ DIGIT,   "{\"v\": 1.0}",            "v: expected integer, found 1.0" },
	{ DIGIT,   "{\"v\": true}",           "v: expected integer, found true" },
	{ ANY_INT, "{\"v\": -9223372036854775808}", NULL },
	{ ANY_INT, "{\"v\": 1e3}",            "v: expected integer, found 1e3" },
	{ ANY_INT, "{\"v\": 9223372036854775808}",
	  "v: expected -9223372036854775808 to 9223372036854775807, found 9223372036854775808" },
	{ UINT64,  "{\"v\": 18446744073709551615}", NULL },
	{ UINT64,  "{\"v\": 18446744073709551616}",
	  "v: expected 0 to 18446744073709551615, found 18446744073709551616" },
	{ UINT64,  "{\"v\": -1}",             "v: expected 0 to 18446744073709551615, found -1" },
	{ UINT32,  "{\"v\": 4294967295}",     NULL },
	{ UINT32,  "{\"v\": 4294967296}",     "v: expected 0 to 4294967295, found 4294967296" },
	{ UINT32,  "{\"v\": [1]}",            "v: expected integer, found array" },
	{ STRINGS, "{\"v\": []}",             NULL },
	{ STRINGS, "{\"v\": [\"a\", \"b\"]}", NULL },
	{ STRINGS, "{\"v\": \"a\"}",          "v: expected array, found string" },
	{ STRINGS, "{\"v\": [\"a\", 2]}",     "v[1]: expected string, found number" },
	{ STRINGS, "{\"v\": [null]}",         "v[0]: expected string, found null" },
	{ OBJECT,  "{\"v\": {}}",             NULL },
	{ OBJECT,  "{\"v\": []}",             "v: expected object, found array" },
	{ ARRAY,   "{\"v\": {}}",             "v: expected array, found object" },
};
/* clang-format on */

static bool get(enum want want, const struct jat *at, struct arena *a)
{
	const char *const *list;
	const char *s;
	uint64_t u;
	uint32_t u32;
	int64_t n;
	bool b;

	switch (want) {
	case STRING:
		return j_string(at, &s);
	case BOOL:
		return j_bool(at, &b);
	case DIGIT:
		return j_int64(at, 0, 7, &n);
	case ANY_INT:
		return j_int64(at, INT64_MIN, INT64_MAX, &n);
	case UINT64:
		return j_uint64(at, UINT64_MAX, &u);
	case UINT32:
		return j_uint32(at, &u32);
	case STRINGS:
		return j_strings(at, a, &list, NULL);
	case OBJECT:
		return j_object(at);
	case ARRAY:
		return j_array(at);
	}
	return false;
}

Test(json, getters_say_what_is_wrong)
{
	for (size_t i = 0; i < COUNT(getters); i++) {
		autoarena struct arena a = { 0 };
		struct complaints bad = { .arena = &a };
		const struct jat root = j_root(must(&a, getters[i].text), &bad);
		const struct jat v = j_key(&root, "v");
		const char *says = getters[i].says;
		bool found = get(getters[i].want, &v, &a);

		cr_expect_eq(found, says == NULL, "%s", getters[i].text);
		cr_expect_eq(bad.n, says != NULL && *says != '\0', "%s", getters[i].text);
		if (bad.n > 0)
			cr_expect_str_eq(bad.first->text, says);
	}
}

Test(json, values_arrive_whole)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	const struct jat root =
		j_root(must(&a, "{\"u\": 18446744073709551615, \"l\": [\"a\", \"b\"]}"), &bad);
	const struct jat u = j_key(&root, "u"), l = j_key(&root, "l"), none = j_key(&root, "x");
	const char *const *list = NULL;
	uint64_t n = 0;
	size_t count = 0;

	cr_assert(j_uint64(&u, UINT64_MAX, &n));
	cr_assert_eq(n, UINT64_MAX);
	cr_assert_not(j_uint64(&none, 5, &n));
	cr_assert_eq(n, UINT64_MAX, "an absent value leaves the default");
	cr_assert(j_strings(&l, &a, &list, &count));
	cr_assert_eq(count, 2);
	cr_assert_str_eq(list[1], "b");
	cr_assert_null(list[2]);
	cr_assert_not(j_required(&none, "string"));
	cr_assert_str_eq(bad.first->text, "x: expected string, found nothing");
}

Test(json, places_name_the_way)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	const struct jat root =
		j_root(must(&a, "{\"linux\": {\"devices\": [0, 1, {\"major\": \"x\"}],"
				" \"sysctl\": {\"net.ipv4.\\\"x\\\"\\n\": 1, \"\": 2}}}"),
		       &bad);
	const struct jat linux_ = j_key(&root, "linux");
	const struct jat devices = j_key(&linux_, "devices");
	const struct jat sysctl = j_key(&linux_, "sysctl");
	char path[128];
	int64_t n;

	for (struct jat it = { 0 }; j_next(&devices, &it);) {
		const struct jat major = j_key(&it, "major");

		(void)j_int64(&major, 0, 7, &n);
	}
	for (struct jat it = { 0 }; j_next(&sysctl, &it);)
		j_bad(&it, "string");
	j_bad(&root, "array");
	cr_assert_eq(bad.n, 4);
	cr_expect_str_eq(bad.first->text,
			 "linux.devices[2].major: expected integer, found string");
	cr_expect_str_eq(bad.first->next->text, "linux.sysctl[\"net.ipv4.\\\"x\\\"?\"]: "
						"expected string, found number");
	cr_expect_str_eq(bad.first->next->next->text,
			 "linux.sysctl[\"\"]: expected string, found number");
	cr_expect_str_eq(bad.last->text, "expected array, found object");
	cr_expect_eq(j_path(&devices, path, sizeof(path)), strlen("linux.devices"));
	cr_expect_eq(j_path(&devices, path, 6), 5);
	cr_expect_str_eq(path, "linux");
}

Test(json, complaints_become_one_error)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	struct err e = { 0 };

	cr_assert_eq(complaints_fail(&bad, ERR_SPEC, &e), 0);
	complain(&bad, "a: %s", "one\n\033[31mtwo");
	cr_assert_eq(complaints_fail(&bad, ERR_SPEC, &e), -1);
	cr_assert_str_eq(e.text, "a: one??[31mtwo");
	for (size_t i = 0; i < 1000; i++)
		complain(&bad, "%zu", i);
	e = (struct err){ 0 };
	cr_assert_eq(complaints_fail(&bad, ERR_STATE, &e), -1);
	cr_assert_eq(e.kind, ERR_STATE);
	cr_assert_str_eq(err_hint(&e), "and 1000 more: \"caisson check\" lists them all");
	cr_assert_str_eq(bad.last->text, "254", "the list is bounded");
}

static void join(void *ctx, const char *path)
{
	strcat(ctx, path);
	strcat(ctx, " ");
}

Test(json, unread_members_are_found)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	struct json *doc =
		must(&a,
		     "{\"a\": {\"x\": 1, \"y\": {\"z\": 1}}, \"b\": [{\"c\": 1, \"d.e\": 2}],"
		     " \"n\": null, \"f\": 1}");
	const struct jat root = j_root(doc, &bad);
	const struct jat b = j_key(&root, "b");
	const struct jat in = j_key(&root, "a");
	char paths[128] = "";

	(void)j_key(&root, "n");
	(void)j_key(&in, "x");
	for (struct jat it = { 0 }; j_next(&b, &it);)
		(void)j_key(&it, "c");
	json_unread(doc, join, paths);
	cr_assert_str_eq(paths, "a.y b[0][\"d.e\"] f ");
}

Test(json, many_members_take_no_square_of_time)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	char *text = arena_alloc(&a, JSON_MAX);
	size_t n = 1, seen = 0;
	struct jat root;

	text[0] = '{';
	for (unsigned i = 0; i < 300000; i++)
		n += (size_t)sprintf(text + n, "%s\"%u\":0", i > 0 ? "," : "", i % 299999);
	strcpy(text + n, "}");
	root = j_root(must(&a, text), &bad);
	for (struct jat it = { 0 }; j_next(&root, &it);)
		seen += it.twice;
	cr_assert_eq(seen, 2);
}

Test(json, utf8_is_shortest_form_only)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint32_t point;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\xf8\x88\x80\x80\x80", 0, 0 },
		{ "\x80", 0, 0 },
		{ "\xe2\x28\xa1", 0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t point = 0;
		size_t len = strlen(cases[i].bytes);

		cr_expect_eq(utf8_next(cases[i].bytes, len, &point), cases[i].n, "case %zu", i);
		cr_expect_eq(point, cases[i].point, "case %zu", i);
	}
}
