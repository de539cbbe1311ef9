/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/ast_print.h"
#include "seccomp/parse.h"
#include "tests/unit/parse_help.h"

/* ---- limits ---- */

static const char *repeated(struct arena *a, const char *before, const char *part, size_t n,
			    const char *after)
{
	size_t len = strlen(part);
	char *text = arena_alloc(a, strlen(before) + len * n + strlen(after) + 1), *p;

	p = stpcpy(text, before);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, part);
	(void)stpcpy(p, after);
	return text;
}

/* clang-format off */
static const struct {
	const char *before, *part, *middle, *close, *after;
	size_t most; /* how often it may stand there */
} depths[] = {
	{ "policy p { allow ", "(", "a", ")", "; }", 64 },
	{ "policy p { allow ", "a - (", "a", ")", "; }", 64 },
	{ "policy p { allow a", " | a & a", "", "", "; }", 32 },
	{ "policy p { allow f when ", "(", "a == 1", ")", "; }", 64 },
	{ "policy p { allow f when ", "!", "a == 1", "", "; }", 64 },
	{ "policy p { allow f when ", "a == 1 && (b == 1 || ", "a == 1", ")", "; }", 32 },
	{ "policy p { allow f when a == ", "~", "1", "", "; }", 64 },
	{ "policy p { allow f when a == ", "(", "1", ")", "; }", 64 },
	{ "policy p { if ", "!", "param p", "", " { } }", 64 },
	{ "policy p { if ", "(", "param p", ")", " { } }", 64 },
	{ "policy p { ", "if param p { ", "", "} ", "}", 64 },
	{ "policy p { if param p { }", "else if param p { }", "", "", "}", 63 },
};
/* clang-format on */

Test(parse, depth_is_bounded)
{
	for (size_t i = 0; i < COUNT(depths); i++)
		for (size_t over = 0; over < 3; over++) {
			autoarena struct arena a = { 0 };
			struct policy_diags d = { 0 };
			size_t n = over < 2 ? depths[i].most + over : 20000;
			const char *open = repeated(&a, depths[i].before, depths[i].part, n,
						    depths[i].middle);

			(void)help_parsed(&a,
					  repeated(&a, open, depths[i].close, n,
						   depths[i].after),
					  &d);
			cr_expect_eq(d.errors > 0, over > 0, "%zu %zu: %s", i, over,
				     help_parse_says(&a, &d));
			if (over == 1)
				cr_expect_str_eq(d.first->text,
						 "expected at most 64 levels, found more",
						 "%zu", i);
		}
}

static unsigned set_depth(const struct ast_set *s)
{
	unsigned left, right;

	if (s->left == NULL)
		return 0;
	left = set_depth(s->left);
	right = set_depth(s->right);
	return 1 + (left > right ? left : right);
}

Test(parse, a_long_row_of_calls_is_a_shallow_tree)
{
	for (size_t n = 1; n < 2000; n = n * 3 / 2 + 1) {
		autoarena struct arena a = { 0 };
		struct policy_diags d = { 0 };
		struct ast_file f =
			help_parsed(&a, repeated(&a, "policy p { allow a", " | b", n, "; }"),
				    &d);
		unsigned depth = set_depth(f.policies->body->set), most = 1;

		while (1u << (most - 1) < n + 1)
			most++;
		cr_expect(depth <= most, "%zu: %u", n, depth);
		f = help_parsed(&a, repeated(&a, "policy p { allow a", " - b", n, "; }"), &d);
		cr_expect(set_depth(f.policies->body->set) <= most + 1);
		cr_expect_eq(d.errors, 0);
	}
}

Test(parse, a_file_of_any_size_is_read_up_to_the_maximum)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const char *text =
		repeated(&a, "policy p { allow a", "|b", POLICY_TEXT_MAX / 2 - 20, "; }");

	(void)help_parsed(&a, text, &d);
	cr_expect_eq(d.errors, 0);
	text = repeated(&a, "", " ", POLICY_TEXT_MAX, "");
	(void)help_parsed(&a, text, &d);
	cr_expect_eq(d.errors, 0);
	text = repeated(&a, "", " ", POLICY_TEXT_MAX + 1, "");
	(void)help_parsed(&a, text, &d);
	cr_expect_str_eq(help_parse_says(&a, &d),
			 "1:1+1 expected at most 1048576 bytes with all includes, found more");
}

Test(parse, a_thousand_errors_are_counted)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	(void)help_parsed(&a, repeated(&a, "policy p {", "allow 1;", 1000, "}"), &d);
	cr_expect_eq(d.errors, 1000);
	cr_expect_eq(d.kept, DIAG_MAX);
}

Test(parse, so_many_policies_are_too_many)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	(void)help_parsed(&a, repeated(&a, "", "policy p{}", PARSE_POLICIES, ""), &d);
	cr_expect_eq(d.errors, 0);
	(void)help_parsed(&a, repeated(&a, "", "policy p{}", PARSE_POLICIES + 1, ""), &d);
	cr_expect_str_eq(help_parse_says(&a, &d),
			 "1:2561+6 expected at most 256 policies, found more");
}

/* ---- other files ---- */

struct library {
	const char *const *files; /* name, text ... NULL */
	char asked[2048];         /* "from>name " */
};

static int look_up(void *ctx, struct arena *a, const char *from, const char *name,
		   struct policy_source *out, struct err *e)
{
	struct library *lib = ctx;
	size_t n = strlen(lib->asked);

	(void)snprintf(lib->asked + n, sizeof(lib->asked) - n, "%s>%s ", from, name);
	if (strcmp(name, "disk") == 0)
		return fail_sys(e, 5, "read disk");
	for (const char *const *f = lib->files; *f != NULL; f += 2) {
		if (strcmp(f[0], name) != 0)
			continue;
		/* another copy each time: names are compared, not pointers */
		*out = (struct policy_source){ arena_strdup(a, name), f[1], strlen(f[1]) };
		return 0;
	}
	(void)fail(e, ERR_POLICY, "there is no such file");
	return hint(e, "look elsewhere");
}

/* Parses the first file. */
static int parse_library(struct arena *a, struct library *lib, struct policy_diags *d,
			 struct ast_file *f, struct err *e)
{
	const struct policy_env env = { .include = look_up, .ctx = lib };
	const struct policy_source src = { "p", lib->files[1], strlen(lib->files[1]) };

	d->arena = a;
	return parse_file(a, &src, &env, d, f, e);
}

/* clang-format off */
static const struct {
	const char *files[16];
	const char *asked, *printed, *says;
} libraries[] = {
	/* in order, each once */
	{ { "p", "const A = 1; include \"b\"; const C = 3; include \"b\"; include \"d\"; policy p { }",
	    "b", "const B = 2; policy b { }", "d", "include \"b\"; const D = 4;" },
	  "p>b p>b p>d d>b ", "const A = 1;\nconst B = 2;\nconst C = 3;\nconst D = 4;\npolicy b {\n}\npolicy p {\n}\n", "" },
	/* a cycle */
	{ { "p", "include \"a\"; const P = 1;", "a", "include \"b\"; const A = 1;", "b", "\n include \"a\"; const B = 1;" },
	  "p>a a>b b>a ", "const B = 1;\nconst A = 1;\nconst P = 1;\n",
	  "b2:10+3 include \"a\": that file includes this one" },
	{ { "p", "include \"p\"; const P = 1;" }, "p>p ", "const P = 1;\n", "1:9+3 include \"p\": that file includes this one" },
	{ { "p", "include \"x\"; const P = 1;" }, "p>x ", "const P = 1;\n", "1:9+3 include \"x\": there is no such file (look elsewhere)" },
	/* an error in one file does not touch another */
	{ { "p", "include \"a\"; const P = 1;", "a", "policy a { allow x" }, "p>a ", "const P = 1;\npolicy a {\n}\n",
	  "a1:19+1 expected \";\" after the rule, found the end of the file\na1:19+1 expected \"}\" at the end of the policy, found the end of the file\nanote 1:1+6 it begins here" },
	{ { "p", "include \"a\"; const P = 1;", "a", "const A = \"\xff\";" }, "p>a ", "const P = 1;\n",
	  "a1:12+1 expected text, found a byte that is no UTF-8" },
	/* policies that are extended or used are looked for by their names, after all else */
	{ { "p", "policy p extends b { use c-d; use q; if param x { use b; } } policy q { }",
	    "b", "policy b extends e { }", "c-d", "policy c-d { use q; }", "e", "policy e { } policy p { }" },
	  "p>b p>c-d b>e ", "policy p extends b {\n\tuse c-d;\n\tuse q;\n\tif param(x) {\n\t\tuse b;\n\t}\n}\npolicy q {\n}\n"
	  "policy b extends e {\n}\npolicy c-d {\n\tuse q;\n}\npolicy e {\n}\npolicy p {\n}\n", "" },
	{ { "p", "policy p extends b { }", "b", "include \"p\"; include \"c\"; policy b { }", "c", "include \"b\";" },
	  "p>b b>p b>c c>b ", "policy p extends b {\n}\npolicy b {\n}\n", "c1:9+3 include \"b\": that file includes this one" },
	/* that one is not there is resolve.c's to say */
	{ { "p", "policy p extends b { use b; }" }, "p>b p>b ", "policy p extends b {\n\tuse b;\n}\n", "" },
	{ { "p", "policy p extends b { use b; }", "b", "const B = 1;" }, "p>b p>b ", "const B = 1;\npolicy p extends b {\n\tuse b;\n}\n", "" },
};
/* clang-format on */

Test(parse, other_files_are_read_in_their_place)
{
	for (size_t i = 0; i < COUNT(libraries); i++) {
		autoarena struct arena a = { 0 };
		struct library lib = { .files = libraries[i].files };
		struct policy_diags d = { 0 };
		struct ast_file f = { 0 };
		struct err e = { 0 };

		cr_assert_eq(parse_library(&a, &lib, &d, &f, &e), 0, "%s", e.text);
		cr_expect_str_eq(lib.asked, libraries[i].asked, "%zu: %s", i, lib.asked);
		cr_expect_str_eq(ast_print(&a, &f, NULL), libraries[i].printed, "%zu: %s", i,
				 ast_print(&a, &f, NULL));
		cr_expect_str_eq(help_parse_says(&a, &d), libraries[i].says, "%zu: %s", i,
				 help_parse_says(&a, &d));
	}
}

Test(parse, the_last_policy_is_the_last_of_the_file_itself)
{
	autoarena struct arena a = { 0 };
	const char *const files[] = { "p", "policy a extends b { } policy c { } include \"d\";",
				      "b", "policy b { }",
				      "d", "policy d { }",
				      NULL };
	struct library lib = { .files = files };
	struct policy_diags d = { 0 };
	struct ast_file f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(parse_library(&a, &lib, &d, &f, &e), 0);
	cr_assert_not_null(f.last);
	cr_expect_eq(f.last->name.len, 1);
	cr_expect_eq(*f.last->name.p, 'c');
}

Test(parse, includes_are_bounded)
{
	autoarena struct arena a = { 0 };
	const char *files[2 * 100 + 1] = { NULL };
	struct library lib = { .files = files };
	struct policy_diags d = { 0 };
	struct ast_file f = { 0 };
	struct err e = { 0 };

	for (int i = 0; i < 40; i++) {
		files[2 * i] = arena_printf(&a, "%d", i);
		files[2 * i + 1] = arena_printf(&a, "include \"%d\";", i + 1);
	}
	cr_assert_eq(parse_library(&a, &lib, &d, &f, &e), 0);
	cr_expect_str_eq(help_parse_says(&a, &d),
			 "161:9+4 include \"17\": more than 16 files deep");

	d = (struct policy_diags){ 0 };
	files[1] = "";
	for (int i = 1; i < 100; i++) {
		files[1] = arena_printf(&a, "%s\ninclude \"%d\";", files[1], i);
		files[2 * i] = arena_printf(&a, "%d", i);
		files[2 * i + 1] = "";
	}
	lib.asked[0] = '\0';
	cr_assert_eq(parse_library(&a, &lib, &d, &f, &e), 0);
	cr_expect_eq(d.errors, 35);
	cr_expect_str_eq(d.first->text, "include \"65\": more than 64 files");
}

Test(parse, all_files_together_have_a_maximum)
{
	autoarena struct arena a = { 0 };
	const char *const files[] = { "p", "include \"a\"; include \"b\";",
				      "a", repeated(&a, "", " ", POLICY_TEXT_MAX - 50, ""),
				      "b", repeated(&a, "", " ", 50, ""),
				      NULL };
	struct library lib = { .files = files };
	struct policy_diags d = { 0 };
	struct ast_file f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(parse_library(&a, &lib, &d, &f, &e), 0);
	cr_expect_str_eq(help_parse_says(&a, &d),
			 "b1:1+1 expected at most 1048576 bytes with all includes, found more");
}

/* A file that is there but cannot be read is no fault of the policy's. */
Test(parse, a_failure_of_the_system_ends_it)
{
	static const char *const texts[] = {
		"include \"disk\"; policy p { allow",
		"include \"a\"; policy p { allow",
		"policy p extends disk { } policy q extends a { }",
		"policy p { use disk; }",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		autoarena struct arena a = { 0 };
		const char *const files[] = { "p", texts[i], "a", "include \"disk\"; allow",
					      NULL };
		struct library lib = { .files = files };
		struct policy_diags d = { 0 };
		struct ast_file f = { 0 };
		struct err e = { 0 };

		cr_expect_eq(parse_library(&a, &lib, &d, &f, &e), -1, "%zu", i);
		cr_expect_eq(e.kind, ERR_SYSTEM);
		cr_expect_str_eq(e.text, "read disk");
		cr_expect_eq(d.errors, 0, "%s", help_parse_says(&a, &d));
		cr_expect_null(f.policies);
	}
}
