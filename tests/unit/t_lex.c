/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/lex.h"

/* All tokens, "line:column kind text", one blank between them; then what was wrong. */
static const char *lexed(struct arena *a, const char *text, size_t len)
{
	struct policy_diags d = { .arena = a };
	const struct policy_source src = { "p", text, len };
	struct lexer l = lex_start(&src, &d);
	struct sbuf b = { arena_alloc(a, 4096), 0, 4096, false };
	struct token t;

	for (lex_next(&l, &t); t.kind != TOK_END; lex_next(&l, &t)) {
		sbuf_add(&b, "%s%u:%u %.*s", b.n > 0 ? " " : "", t.line, t.column, (int)t.len,
			 t.p);
		if (t.kind == TOK_NUMBER || t.kind == TOK_VERSION)
			sbuf_add(&b, "=%ju", (uintmax_t)t.number);
	}
	for (const struct policy_diag *o = d.first; o != NULL; o = o->next)
		sbuf_add(&b, "%s!%u:%u+%u %s", b.n > 0 ? " " : "", o->at.line, o->at.column,
			 o->at.width, o->text);
	return b.p;
}

/* clang-format off */
static const struct {
	const char *text, *tokens;
} cases[] = {
	{ "", "" },
	{ " \t\r\n# all\n// of /* it\n/* a\n comment **/", "" },
	{ "a _b9 A", "1:1 a 1:3 _b9 1:7 A" },
	{ "a#b\nc//d\ne/*f\n*/g", "1:1 a 2:1 c 3:1 e 4:3 g" },
	{ "@a-b - c-d @x86_64 @fs-2- e @ f", "1:1 @a-b 1:6 - 1:8 c 1:9 - 1:10 d 1:12 @x86_64 "
					 "1:20 @fs-2 1:25 - 1:27 e 1:29 @ 1:31 f" },
	{ "0 9 0x1F 0XaB 017 0o17 0O7", "1:1 0=0 1:3 9=9 1:5 0x1F=31 1:10 0XaB=171 1:15 017=15 "
					 "1:19 0o17=15 1:24 0O7=7" },
	{ "18446744073709551615 0xffffffffffffffff", "1:1 18446744073709551615=18446744073709551615 "
					 "1:22 0xffffffffffffffff=18446744073709551615" },
	{ "6.18 0.0 255.255", "1:1 6.18=1554 1:6 0.0=0 1:10 255.255=65535" },
	{ "0..2 0x1..0x3 -5", "1:1 0=0 1:2 .. 1:4 2=2 1:6 0x1=1 1:9 .. 1:11 0x3=3 1:15 - 1:16 5=5" },
	{ ";,:?*~!=|&-<>(){}.", "1:1 ; 1:2 , 1:3 : 1:4 ? 1:5 * 1:6 ~ 1:7 != 1:9 | 1:10 & 1:11 - "
				 "1:12 < 1:13 > 1:14 ( 1:15 ) 1:16 { 1:17 } 1:18 ." },
	{ "! = == != < <= > >= & && | || - -> ..", "1:1 ! 1:3 = 1:5 == 1:8 != 1:11 < 1:13 <= 1:16 > "
				 "1:18 >= 1:21 & 1:23 && 1:26 | 1:28 || 1:31 - 1:33 -> 1:36 .." },
	{ "\"a \\\" \\\\ \xc3\xa9\" b", "1:1 \"a \\\" \\\\ \xc3\xa9\" 1:14 b" },
	{ "\"# no // comment /*\"", "1:1 \"# no // comment /*\"" },

	{ "a /* b", "1:1 a !1:3+2 expected \"*/\" at the end of the comment, found the end of the file" },
	{ "/* b\n\n", "!1:1+2 expected \"*/\" at the end of the comment, found the end of the file" },
	{ "/*/", "!1:1+2 expected \"*/\" at the end of the comment, found the end of the file" },
	{ "18446744073709551616", "1:1 18446744073709551616=0 !1:1+20 expected a number of at most "
				 "64 bits, found \"18446744073709551616\"" },
	{ "0x10000000000000000", "1:1 0x10000000000000000=0 !1:1+19 expected a number of at most "
				 "64 bits, found \"0x10000000000000000\"" },
	{ "08", "1:1 08=0 !1:1+2 expected a number: decimal, 0x and hexadecimal, or 0 and octal, "
		"found \"08\"" },
	{ "12ab", "1:1 12ab=12 !1:1+4 expected a number: decimal, 0x and hexadecimal, or 0 and octal, "
		"found \"12ab\"" },
	{ "0x", "1:1 0x=0 !1:1+2 expected a number: decimal, 0x and hexadecimal, or 0 and octal, "
		"found \"0x\"" },
	{ "6.18.3", "1:1 6.18.3=0 !1:1+6 expected a kernel version such as 6.18, found \"6.18.3\"" },
	{ "6.256", "1:1 6.256=0 !1:1+5 expected a kernel version such as 6.18, found \"6.256\"" },
	{ "0x6.18", "1:1 0x6.18=0 !1:1+6 expected a kernel version such as 6.18, found \"0x6.18\"" },
	{ "\"a\nb", "1:1 \"a 2:1 b !1:1+2 expected a quote at the end of the string, found the end of "
		"the line" },
	{ "\"a", "1:1 \"a !1:1+2 expected a quote at the end of the string, found the end of the file" },
	{ "\"a\\", "1:1 \"a\\ !1:3+2 expected \\\" or \\\\ after the \"\\\", found something else "
		"!1:1+3 expected a quote at the end of the string, found the end of the file" },
	{ "\"a\\n\"", "1:1 \"a\\n\" !1:3+2 expected \\\" or \\\\ after the \"\\\", found something else" },
	{ "\"a\tb\"", "1:1 \"a\tb\" !1:3+1 expected text in a string, found a control byte" },
	{ "a $%^ b", "1:1 a 1:7 b !1:3+3 unexpected character \"$\"" },
	{ "a / b", "1:1 a 1:5 b !1:3+1 unexpected character \"/\"" },
	{ "'a'", "1:2 a !1:1+1 unexpected character \"'\" !1:3+1 unexpected character \"'\"" },
	{ "\xc2\xa7x", "1:3 x !1:1+2 unexpected character U+00A7" },
	{ "\x01x", "1:2 x !1:1+1 unexpected character U+0001" },
	{ "$# no\nx", "2:1 x !1:1+1 unexpected character \"$\"" },
};
/* clang-format on */

Test(lex, texts_become_tokens)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };

		cr_expect_str_eq(lexed(&a, cases[i].text, strlen(cases[i].text)),
				 cases[i].tokens, "%s\n%s\n%s", cases[i].text, cases[i].tokens,
				 lexed(&a, cases[i].text, strlen(cases[i].text)));
	}
}

/* No byte behind the text is looked at: the allocation ends there, for the sanitizer to see. */
Test(lex, a_text_may_end_anywhere)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t n = 0; n <= strlen(cases[i].text); n++) {
			autoarena struct arena a = { 0 };
			char *text = malloc(n + 1); /* 0 bytes might be NULL */

			memcpy(text + 1, cases[i].text, n);
			(void)lexed(&a, text + 1, n);
			free(text);
		}
}

Test(lex, a_token_knows_whether_it_is_the_first_of_its_line)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	const char *text = "a b /*\n*/ c\n d\ne";
	const struct policy_source src = { "p", text, strlen(text) };
	struct lexer l = lex_start(&src, &d);
	const bool want[] = { true, false, true, true, true };
	struct token t;

	for (size_t i = 0; i < COUNT(want); i++) {
		lex_next(&l, &t);
		cr_expect_eq(t.kind, TOK_ID);
		cr_expect_eq(t.first, want[i], "%zu", i);
	}
}

Test(lex, names_of_policies_take_in_dashes_and_dots)
{
	static const struct {
		const char *text;
		size_t len;
	} names[] = {
		{ "container-strict{", 16 },
		{ "python3.12 ", 10 },
		{ "a-b-c.d", 7 },
		{ "a- b", 1 },
		{ "a--b", 1 },
		{ "a..b", 1 },
		{ "a-", 1 },
		{ "a->b", 1 },
		{ "a-1", 3 },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		autoarena struct arena a = { 0 };
		struct policy_diags d = { .arena = &a };
		const struct policy_source src = { "p", names[i].text, strlen(names[i].text) };
		struct lexer l = lex_start(&src, &d);
		struct token t;

		lex_next(&l, &t);
		lex_policy_name(&l, &t);
		cr_expect_eq(t.len, names[i].len, "%s: %zu", names[i].text, t.len);
		cr_expect_eq(l.p, src.text + t.len);
	}
}

Test(lex, a_string_says_what_is_between_its_quotes)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { .arena = &a };
	const char *text = "\"a \\\"b\\\" \\\\c\" \"\"";
	const struct policy_source src = { "p", text, strlen(text) };
	struct lexer l = lex_start(&src, &d);
	struct token t;

	lex_next(&l, &t);
	cr_expect_str_eq(lex_string(&a, &t), "a \"b\" \\c");
	lex_next(&l, &t);
	cr_expect_eq(t.kind, TOK_STRING);
	cr_expect_str_eq(lex_string(&a, &t), "");
}

/* clang-format off */
static const struct {
	const char *text;
	size_t len;
	unsigned line, column, width;
	const char *says; /* NULL: it is text */
} bytes[] = {
	{ "", 0, 0, 0, 0, NULL },
	{ "plain ASCII text, longer than a word", 36, 0, 0, 0, NULL },
	{ "eight by\xc3\xa9 \xf0\x9f\x90\xa7\xe2\x82\xac", 18, 0, 0, 0, NULL },
	{ "\0", 1, 1, 1, 1, "expected text, found a NUL byte" },
	{ "12345678\n123\0", 13, 2, 4, 1, "expected text, found a NUL byte" },
	{ "1234567\0" "1234567", 15, 1, 8, 1, "expected text, found a NUL byte" },
	{ "a\xc0\x80", 3, 1, 2, 1, "expected text, found a byte that is no UTF-8" },
	{ "a\xe2\x82", 3, 1, 2, 1, "expected text, found a byte that is no UTF-8" },
	{ "\xed\xa0\x80", 3, 1, 1, 1, "expected text, found a byte that is no UTF-8" },
	{ "# \xe2\x80\xae", 5, 1, 3, 3, "expected text, found a control that changes the direction "
				       "of writing" },
	{ "\n\xe2\x81\xa6", 4, 2, 1, 3, "expected text, found a control that changes the direction "
				       "of writing" },
};
/* clang-format on */

Test(lex, what_is_no_text_is_refused_with_its_place)
{
	for (size_t i = 0; i < COUNT(bytes); i++) {
		autoarena struct arena a = { 0 };
		struct policy_diags d = { .arena = &a };
		const struct policy_source src = { "p", bytes[i].text, bytes[i].len };
		const struct policy_diag *o;

		cr_expect_eq(lex_check(&src, &d), bytes[i].says == NULL, "%zu", i);
		o = d.first;
		if (bytes[i].says == NULL) {
			cr_expect_null(o);
			continue;
		}
		cr_assert_not_null(o, "%zu", i);
		cr_expect_str_eq(o->text, bytes[i].says);
		cr_expect(o->at.line == bytes[i].line && o->at.column == bytes[i].column &&
				  o->at.width == bytes[i].width,
			  "%zu: %u:%u+%u", i, o->at.line, o->at.column, o->at.width);
	}
}
