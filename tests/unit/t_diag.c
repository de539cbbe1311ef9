/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "seccomp/diag.h"

static struct policy_place place(const struct policy_source *src, unsigned line,
				 unsigned column, unsigned width)
{
	return (struct policy_place){ src->name, line, column, width };
}

/* The first diagnostic of a text, at that place, as it is shown. */
static const char *shown(struct arena *a, const char *text, struct policy_place at, bool colour)
{
	struct policy_diags d = { .arena = a };
	const struct policy_source src = { "p", text, strlen(text) };

	at.file = src.name;
	diag_source(&d, &src);
	cr_assert(diag(&d, POLICY_ERROR, "syntax", &at, "no"));
	return policy_diag_text(a, d.first, colour);
}

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10
#define B50 "                                                  "

/* clang-format off */
static const struct {
	const char *text;
	unsigned line, column, width;
	const char *shown;
} pictures[] = {
	{ "allow x;\n", 1, 7, 1, "p:1:7: error: no\n    1 | allow x;\n      |       ^" },
	{ "a\nallow read;\r\nb", 2, 7, 4, "p:2:7: error: no\n    2 | allow read;\n      |       ^~~~" },
	{ "a\n\nb", 3, 1, 1, "p:3:1: error: no\n    3 | b\n      | ^" },
	{ "a\n\nb", 2, 1, 1, "p:2:1: error: no\n    2 | \n      | ^" },
	{ "a", 4, 1, 1, "p:4:1: error: no" },
	{ "\t\tx\ty z", 1, 7, 1, "p:1:7: error: no\n    1 | \t\tx\ty z\n      | \t\t \t  ^" },
	{ "allow x", 1, 8, 1, "p:1:8: error: no\n    1 | allow x\n      |        ^" },
	{ "allow x", 1, 7, 99, "p:1:7: error: no\n    1 | allow x\n      |       ^" },
	{ "allow x", 1, 99, 9, "p:1:99: error: no\n    1 | allow x\n      |        ^" },
	{ "\"\xc3\xa9\xe2\x82\xac\" x", 1, 9, 1, "p:1:9: error: no\n    1 | \"\xc3\xa9\xe2\x82\xac\" x\n      |      ^" },
	{ "\"\xc3\xa9\" x", 1, 2, 2, "p:1:2: error: no\n    1 | \"\xc3\xa9\" x\n      |  ^" },
	{ "a\x1b[31m\x7f\xc2\x9b\xff\xe2\x80\xae b", 1, 15, 1,
	  "p:1:15: error: no\n    1 | a?[31m???? b\n      |            ^" },
	{ A50 "b" A50, 1, 51, 1, "p:1:51: error: no\n    1 | " A50 "b" A10 A10 A10 A10 "aaaaaaaaa...\n"
				 "      | " B50 "^" },
	{ A10 A50 "b" A50, 1, 61, 1, "p:1:61: error: no\n    1 | ..." A50 "b" A10 A10 A10 A10 "aaaaaaaaa...\n"
				 "      |    " B50 "^" },
	{ A50 A50, 1, 100, 1, "p:1:100: error: no\n    1 | " A50 A50 "\n"
				 "      | " B50 "                                                 ^" },
	{ A50 A50 "b" A50 A10, 1, 101, 500, "p:1:101: error: no\n    1 | ..." A50 "b" A10 A10 A10 A10 "aaaaaaaaa...\n"
				 "      |    " B50 "^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~" },
};
/* clang-format on */

Test(diag, a_caret_stands_under_its_place)
{
	for (size_t i = 0; i < COUNT(pictures); i++) {
		autoarena struct arena a = { 0 };
		const struct policy_place at = { "p", pictures[i].line, pictures[i].column,
						 pictures[i].width };
		const char *is = shown(&a, pictures[i].text, at, false);

		cr_expect_str_eq(is, pictures[i].shown, "%zu:\n%s\n%s", i, is,
				 pictures[i].shown);
	}
}

Test(diag, colours_are_those_of_gcc)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	const struct policy_source src = { "a.policy", "allow x;", 8 };
	const struct policy_place at = place(&src, 1, 7, 1);

	diag_source(&d, &src);
	(void)diag(&d, POLICY_WARNING, "shadowed", &at, "w");
	diag_hint(&d, "do %s", "this");
	(void)diag(&d, POLICY_NOTE, "shadowed", &at, "n");
	(void)diag(&d, POLICY_ERROR, "syntax", NULL, "e");
	cr_expect_str_eq(policy_diag_text(&a, d.first, true),
			 "\033[1ma.policy:1:7:\033[0m \033[1;35mwarning:\033[0m w\n"
			 "    1 | allow x;\n      |       \033[1;32m^\033[0m\nhint: do this");
	cr_expect_str_eq(policy_diag_text(&a, d.first->next, true),
			 "\033[1ma.policy:1:7:\033[0m \033[1;36mnote:\033[0m n\n"
			 "    1 | allow x;\n      |       \033[1;32m^\033[0m");
	cr_expect_str_eq(policy_diag_text(&a, d.last, true), "\033[1;31merror:\033[0m e");
	cr_expect_str_eq(policy_diag_text(&a, d.last, false), "error: e");
	cr_expect_eq(d.errors, 1);
	cr_expect_eq(d.warnings, 1);
	cr_expect_str_eq(d.first->code, "shadowed");
}

Test(diag, texts_are_one_line_without_control_bytes)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	char longer[2000];

	memset(longer, 'x', sizeof(longer));
	(void)diag(&d, POLICY_ERROR, "syntax", NULL, "a\nb\033[1m\x7f");
	diag_hint(&d, "c\td");
	diag_hint(&d, "another");
	cr_expect_str_eq(d.first->text, "a?b?[1m?");
	cr_expect_str_eq(d.first->hint, "c?d");
	(void)diag(&d, POLICY_ERROR, "syntax", NULL, "\"%.*s\"",
		   DIAG_WORD(longer, sizeof(longer)));
	cr_expect_eq(strlen(d.last->text), 66);
}

Test(diag, a_place_of_another_text_has_no_line)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	const struct policy_source one = { "one", "a", 1 }, two = { "two", "b\nc", 3 };
	struct policy_place at = place(&two, 2, 1, 1);

	diag_source(&d, &one);
	diag_source(&d, &two);
	(void)diag(&d, POLICY_ERROR, "syntax", &at, "x");
	cr_expect_str_eq(d.last->line, "c");
	at.line = 1;
	(void)diag(&d, POLICY_ERROR, "syntax", &at, "x");
	cr_expect_str_eq(d.last->line, "b");
	at = place(&one, 1, 1, 1);
	(void)diag(&d, POLICY_ERROR, "syntax", &at, "x");
	cr_expect_str_eq(d.last->line, "a");
	at.file = "three";
	(void)diag(&d, POLICY_ERROR, "syntax", &at, "x");
	cr_expect_null(d.last->line);
	cr_expect_str_eq(policy_diag_text(&a, d.last, false), "three:1:1: error: x");
}

Test(diag, beyond_the_maximum_they_are_only_counted)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	struct err e = { 0 };

	for (size_t i = 0; i < DIAG_MAX; i++)
		cr_expect(diag(&d, POLICY_WARNING, "w", NULL, "w%zu", i));
	cr_expect_eq(policy_diags_fail(&d, &e), 0);
	cr_expect_not(diag(&d, POLICY_ERROR, "e", NULL, "e"));
	diag_hint(&d, "not for the last that was kept");
	cr_expect_null(d.last->hint);
	cr_expect_str_eq(d.last->text, "w255");
	cr_expect(d.kept == DIAG_MAX && d.dropped == 1 && d.errors == 1);
	cr_expect_eq(policy_diags_fail(&d, &e), -1);
	cr_expect_str_eq(e.text, "seccomp policy: 1 errors");
}

Test(diag, the_first_error_is_the_error)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	const struct policy_source src = { "a.policy", "allow x;", 8 };
	const struct policy_place at = place(&src, 1, 7, 1);
	struct err e = { 0 };

	cr_expect_eq(policy_diags_fail(&d, &e), 0);
	cr_expect_eq(e.kind, ERR_NONE);
	(void)diag(&d, POLICY_WARNING, "w", &at, "warned");
	(void)diag(&d, POLICY_ERROR, "e", &at, "expected this");
	diag_hint(&d, "do that");
	cr_expect_eq(policy_diags_fail(&d, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(e.text, "a.policy:1:7: expected this\ndo that");
	(void)diag(&d, POLICY_ERROR, "e", NULL, "another");
	e = (struct err){ 0 };
	cr_expect_eq(policy_diags_fail(&d, &e), -1);
	cr_expect_str_eq(e.text, "a.policy:1:7: expected this\nand 1 more: \"caisson-policy "
				 "check\" lists them all");
}

static const char *some_name(void *ctx, size_t i)
{
	static const char *const names[] = {
		"read",
		"readv",
		"pread64",
		"write",
		"openat",
		"clock_gettime",
		"AF_UNIX",
		"sync",
		"rt_sigaction",
		"a_name_of_more_than_sixty_four_characters_is_never_what_was_meant_by_it",
		"dup",
	};

	(void)ctx;
	return i < COUNT(names) ? names[i] : NULL;
}

Test(diag, the_nearest_name_is_found)
{
	static const struct {
		const char *word, *name;
	} near[] = {
		{ "raed", "read" },
		{ "reda", "read" },
		{ "readd", "read" },
		{ "READV", "readv" },
		{ "red", "read" },
		{ "rea", "read" },
		{ "r", NULL },
		{ "", NULL },
		{ "wirte", "write" },
		{ "wrtie", "write" },
		{ "wrighte", "write" },
		{ "opneat", "openat" },
		{ "open", NULL },
		{ "clock_getime", "clock_gettime" },
		{ "af_unix", "AF_UNIX" },
		{ "AF_UNX", "AF_UNIX" },
		{ "rt_sigation", "rt_sigaction" },
		{ "socket", NULL },
		{ "dupp", "dup" },
		{ "du", NULL },
		{ "pdu", NULL },
		{ "cnys", NULL },
	};

	for (size_t i = 0; i < COUNT(near); i++) {
		const char *is =
			diag_nearest(near[i].word, strlen(near[i].word), some_name, NULL);

		cr_expect((is == NULL) == (near[i].name == NULL) &&
				  (is == NULL || strcmp(is, near[i].name) == 0),
			  "%s: %s", near[i].word, is != NULL ? is : "none");
	}
}

Test(diag, a_word_of_any_length_may_be_looked_for)
{
	char word[200];

	memset(word, 'a', sizeof(word));
	for (size_t n = 0; n < sizeof(word); n++)
		cr_expect_null(diag_nearest(word, n, some_name, NULL));
}
