/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/ast_print.h"
#include "seccomp/parse.h"
#include "tests/unit/parse_help.h"

/* ---- what is right ---- */

/* clang-format off */
static const struct {
	const char *text, *again; /* a statement, and how it is printed; NULL: as it is */
} statements[] = {
	{ "allow read;", NULL },
	{ "allow read|write\n|@fs-read;", "allow read | write | @fs-read;" },
	{ "deny read;", NULL },
	{ "deny EPERM read;", NULL },
	{ "deny 1 read;", NULL },
	{ "deny EPERM E;", NULL },
	{ "kill read;", NULL },
	{ "kill process read;", "kill read;" },
	{ "kill thread read;", NULL },
	{ "kill kill;", NULL },
	{ "allow kill;", NULL },
	{ "kill thread kill;", NULL },
	{ "allow allow | deny | log | notify | trap;", NULL },
	{ "trap read;", NULL },
	{ "trap 5 read;", NULL },
	{ "log read;", NULL },
	{ "trace 3 read;", NULL },
	{ "trace X read;", NULL },
	{ "notify read;", NULL },
	{ "audit deny read;", NULL },
	{ "audit deny EACCES read;", NULL },
	{ "audit allow read;", NULL },
	{ "override allow read;", NULL },
	{ "override kill thread read;", NULL },
	{ "allow read as \"a \\\"reason\\\" \\\\\";", NULL },
	{ "allow read when fd == 0 as \"r\";", NULL },

	{ "allow read?;", NULL },
	{ "allow *;", NULL },
	{ "allow * - kill;", NULL },
	{ "allow *-kill;", "allow * - kill;" },
	{ "allow nr 335@x86_64;", NULL },
	{ "allow nr 0x10 @ arm | since 6.5;", "allow nr 16@arm | since 6.5;" },
	/* from the left to the right */
	{ "allow a | b & c;", NULL },
	{ "allow (a | b) & c;", "allow a | b & c;" },
	{ "allow a | (b & c);", NULL },
	{ "allow a - b - c;", "allow a - (b | c);" },
	{ "allow a - (b - c);", NULL },
	{ "allow a - b | c;", NULL },
	{ "allow a - (b | c);", NULL },
	{ "allow a | (b | (c | d));", "allow a | b | c | d;" },
	{ "allow a | (b - c | d);", NULL },
	{ "allow ((((a))));", "allow a;" },

	{ "allow f when a == 1;", NULL },
	{ "allow f when a != X;", NULL },
	{ "allow f when a < 1 && a <= 1 && a > 1 && a >= -1;", NULL },
	{ "allow f when arg0 == 10000 || arg5 == 0x10;", "allow f when arg0 == 0x2710 || arg5 == 16;" },
	{ "allow f when arg1:u32 == 1 || arg2:i32 == 1 || arg3:u64 == 1 || arg4:fd == 1;", NULL },
	{ "allow f when arg == 1 || args == 2 || argx == 3;", NULL },
	{ "allow f when a in {1};", NULL },
	{ "allow f when a in { 0..2, X|Y , -3 .. ~4, };", "allow f when a in {0..2, X|Y, -3..~4};" },
	{ "allow f when a has any X && a has all X|Y && a has only ~X && a has none 7;", NULL },
	{ "allow f when a & X == Y;", NULL },
	{ "allow f when a & X|Y != 0;", NULL },
	{ "allow f when (a & X) == Y && (((b & (1))) != 2);", "allow f when a & X == Y && b & 1 != 2;" },
	{ "allow f when !(a & X == 1);", NULL },
	{ "allow f when !a == 1;", "allow f when !(a == 1);" },
	{ "allow f when !!(a == 1);", NULL },
	{ "allow f when a == 1 || b == 2 && c == 3;", NULL },
	{ "allow f when (a == 1 || b == 2) && c == 3;", NULL },
	{ "allow f when a == 1 && (b == 2 && (c == 3 || !(d == 4 || e == 5)));",
	  "allow f when a == 1 && b == 2 && (c == 3 || !(d == 4 || e == 5));" },
	{ "allow f when a == ~(X|Y)|~Z;", NULL },
	{ "allow f when a == -9223372036854775808;", NULL },
	{ "allow f when in in {1} && has has any 2 && when == 3;", NULL },

	{ "arch native;", NULL },
	{ "arch x86_64, i386;", NULL },
	{ "stage exec;", NULL },
	{ "stage self;", NULL },
	{ "default kill;", NULL },
	{ "default kill unknown kill;", NULL },
	{ "default deny EPERM unknown audit deny ENOSYS;", NULL },
	{ "default trap unknown trap 3;", NULL },
	{ "kernel 6.18;", NULL },
	{ "badarch kill thread;", NULL },
	{ "flags log, spec_allow;", NULL },
	{ "use container-strict;", NULL },
	{ "use python3.12;", NULL },
	{ "expect mount() -> deny EPERM;", NULL },
	{ "expect f(1, X|Y, -3, ~0, 5, 6) @ i386 -> allow;", "expect f(1, X|Y, -3, ~0, 5, 6)@i386 -> allow;" },
	{ "require read | write;", NULL },
	{ "forbid @x - y;", NULL },
	{ ";;", "" },

	{ "if cap(CAP_KILL) {}", "if cap(CAP_KILL) {\n\t}" },
	{ "if cap CAP_KILL { allow a; }", "if cap(CAP_KILL) {\n\t\tallow a;\n\t}" },
	{ "if arch(arm) && kernel >= 5.10 || !param(x) { } else { allow a; }",
	  "if arch(arm) && kernel >= 5.10 || !param(x) {\n\t} else {\n\t\tallow a;\n\t}" },
	{ "if (param a || param b) && !(param(c) || kernel < 5.0) { }",
	  "if (param(a) || param(b)) && !(param(c) || kernel < 5.0) {\n\t}" },
	{ "if param a { } else if param b { if !!param c { } } else { }",
	  "if param(a) {\n\t} else if param(b) {\n\t\tif !!param(c) {\n\t\t}\n\t}" },
};

static const struct {
	const char *text, *again; /* a file */
} whole[] = {
	{ "", "" },
	{ "# nothing", "" },
	{ ";", "" },
	{ "param x;", "param x;\n" },
	{ "param x = 3;", "param x = 3;\n" },
	{ "const A = B|~1;", "const A = B|~1;\n" },
	{ "group @a-b = c | @d - e;", "group @a-b = c | @d - e;\n" },
	{ "policy a{}", "policy a {\n}\n" },
	{ "policy a extends b { };", "policy a extends b {\n}\n" },
	{ "policy a-b.c extends d-e { } policy extends extends policy { }",
	  "policy a-b.c extends d-e {\n}\npolicy extends extends policy {\n}\n" },
	{ "policy param { use const; }\r\nparam policy;", "param policy;\npolicy param {\n\tuse const;\n}\n" },
};
/* clang-format on */

/* The text is read as the other one; and that one, printed again, stays what it is. */
static void reads_as(const char *text, const char *again)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	struct ast_file f = help_parsed(&a, text, &d);
	const char *is = ast_print(&a, &f, NULL);

	cr_expect_eq(d.errors, 0, "%s\n%s", text, help_parse_says(&a, &d));
	cr_expect_str_eq(is, again, "%s\n%s", text, is);
	f = help_parsed(&a, is, &d);
	cr_expect_eq(d.errors, 0, "%s\n%s", is, help_parse_says(&a, &d));
	cr_expect_str_eq(ast_print(&a, &f, NULL), is);
}

Test(parse, reads_statements)
{
	for (size_t i = 0; i < COUNT(statements); i++) {
		autoarena struct arena a = { 0 };
		const char *again = statements[i].again;

		if (again == NULL)
			again = statements[i].text;
		reads_as(arena_printf(&a, "policy p { %s }", statements[i].text),
			 arena_printf(&a, "policy p {%s%s\n}\n", *again != '\0' ? "\n\t" : "",
				      again));
	}
}

Test(parse, reads_files)
{
	for (size_t i = 0; i < COUNT(whole); i++)
		reads_as(whole[i].text, whole[i].again);
}

/* ---- what is wrong ---- */

#define ITEM    "expected include, param, const, group or policy, found "
#define NO_MASK "expected \"==\" or \"!=\" after the mask, found "
#define BITS_HINT                                                                       \
	" (bits are tested by \"has any\", \"has all\", \"has only\" or \"has none\"; " \
	"\"and\" is \"&&\")"

/* clang-format off */
static const struct {
	const char *text, *says;
} wrong[] = {
	/* statements, in "policy p { ... }" on a line of its own */
	{ "allow read", "2:11+1 expected \";\" after the rule, found \"}\"" },
	{ "allow read\nallow write;", "2:11+1 expected \";\" after the rule, found \"allow\"" },
	{ "allow read allow write;", "2:12+5 expected \";\" after the rule, found \"allow\" (calls are separated by \"|\")" },
	{ "alow read;", "2:1+4 expected a statement, found \"alow\" (did you mean \"allow\"?)" },
	{ "permit read;", "2:1+6 expected a statement, found \"permit\"" },
	{ "5;", "2:1+1 expected a statement, found \"5\"" },
	{ "\"x\";", "2:1+3 expected a statement, found a string" },
	{ "const A = 1;", "2:1+5 expected a statement, found \"const\" (that stands outside of policies)" },
	{ "include \"x\"; allow y;", "2:1+7 expected a statement, found \"include\" (that stands outside of policies)" },
	{ "allow;", "2:6+1 expected a call or a group, found \";\"" },
	{ "allow read,write;", "2:11+1 expected \";\" after the rule, found \",\" (calls are separated by \"|\")" },
	{ "allow a @b;", "2:9+2 expected \";\" after the rule, found \"@b\" (calls are separated by \"|\")" },
	{ "allow 5;", "2:7+1 expected a call or a group, found \"5\" (a call by its number is written \"nr 5@x86_64\")" },
	{ "allow \"read\";", "2:7+6 expected a call or a group, found a string (names of calls stand without quotes)" },
	{ "allow when fd == 1;", "2:7+4 expected a call or a group, found \"when\"" },
	{ "allow as \"x\";", "2:7+2 expected a call or a group, found \"as\"" },
	{ "allow a |;", "2:10+1 expected a call or a group, found \";\"" },
	{ "allow (a | b;", "2:13+1 expected \")\" after the calls, found \";\"" },
	{ "allow a);", "2:8+1 expected \";\" after the rule, found \")\"" },
	{ "allow @a?;", "2:9+1 expected \";\" after the rule, found \"?\"" },
	{ "allow @ a;", "2:7+1 expected a call or a group, found \"@\"" },
	{ "allow nr x;", "2:10+1 expected the number of a call, found \"x\"" },
	{ "allow nr 0x100000000@arm;", "2:10+11 expected the number of a call, found \"0x100000000\"" },
	{ "allow nr 5;", "2:11+1 expected \"@\" and an architecture, found \";\"" },
	{ "allow nr 5 @ 6;", "2:14+1 expected an architecture, found \"6\"" },
	{ "allow since 6;", "2:13+1 expected a kernel version such as 6.18, found \"6\"" },
	{ "kill thread;", "2:12+1 expected a call or a group, found \";\"" },
	{ "deny EPERM;", "2:11+1 expected a call or a group, found \";\"" },
	{ "deny EPERM EACCES mount;", "2:19+5 expected \";\" after the rule, found \"mount\" (calls are separated by \"|\")" },
	{ "trace x;", "2:7+1 expected a number after trace, found \"x\"" },
	{ "audit kill x;", "2:7+4 expected deny or allow after audit, found \"kill\"" },
	{ "audit;", "2:6+1 expected deny or allow after audit, found \";\"" },
	{ "override x;", "2:10+1 expected an action, found \"x\"" },
	{ "override alow x;", "2:10+4 expected an action, found \"alow\" (did you mean \"allow\"?)" },
	{ "allow a as b;", "2:12+1 expected the reason in double quotes, found \"b\"" },
	{ "allow a as \"b\" when c == 1;", "2:16+4 expected \";\" after the rule, found \"when\" (\"when\" stands before \"as\")" },
	{ "allow a whn b == 1;", "2:9+3 expected \";\" after the rule, found \"whn\" (did you mean \"when\"?)" },

	{ "allow f when;", "2:13+1 expected an argument of the call, found \";\"" },
	{ "allow f when 0 == a;", "2:14+1 expected an argument of the call, found \"0\" (the argument stands left of the value)" },
	{ "allow f when a;", "2:15+1 expected a comparison, in or has, found \";\"" },
	{ "allow f when a = 1;", "2:16+1 expected a comparison, in or has, found \"=\" (equal is \"==\")" },
	{ "allow f when a ==;", "2:18+1 expected a number or the name of a constant, found \";\"" },
	{ "allow f when a == \"x\";", "2:19+3 expected a number or the name of a constant, found a string" },
	{ "allow f when a == (1|2;", "2:23+1 expected \")\" after the value, found \";\"" },
	{ "allow f when a == - X;", "2:21+1 expected a number of at most 63 bits after \"-\", found \"X\"" },
	{ "allow f when a == -9223372036854775809;", "2:20+19 expected a number of at most 63 bits after \"-\", found \"9223372036854775809\"" },
	{ "allow f when a == 1 and b == 2;", "2:21+3 expected \";\" after the rule, found \"and\" (\"and\" is \"&&\")" },
	{ "allow f when a == 1 or b == 2;", "2:21+2 expected \";\" after the rule, found \"or\" (\"or\" is \"||\")" },
	{ "allow f when not a == 1;", "2:18+1 expected a comparison, in or has, found \"a\" (\"not\" is \"!\")" },
	{ "allow f when a == 1 & b == 2;", "2:21+1 expected \";\" after the rule, found \"&\" (\"and\" is \"&&\")" },
	{ "allow f when a & X;", "2:19+1 " NO_MASK "\";\"" BITS_HINT },
	{ "allow f when a & X < 3;", "2:20+1 " NO_MASK "\"<\"" BITS_HINT },
	{ "allow f when (a & X);", "2:21+1 " NO_MASK "\";\"" BITS_HINT },
	{ "allow f when (a & X && b == 1);", "2:21+2 " NO_MASK "\"&&\"" BITS_HINT },
	{ "allow f when (b == 1 && a & X);", "2:25+1 " NO_MASK "\")\"" },
	{ "allow f when (!a & X) == 3;", "2:16+1 " NO_MASK "\")\"" },
	{ "allow f when a & X) == 1;", "2:19+1 " NO_MASK "\")\"" BITS_HINT },
	{ "allow f when (a == 1;", "2:21+1 expected \")\" after the condition, found \";\"" },
	{ "allow f when a in 0..2;", "2:19+1 expected \"{\" after in, found \"0\"" },
	{ "allow f when a in {};", "2:20+1 expected a number or the name of a constant, found \"}\"" },
	{ "allow f when a in {1 2}; allow;", "2:22+1 expected \"}\" after the values, found \"2\"\n2:31+1 expected a call or a group, found \";\"" },
	{ "allow f when a in {1..}; allow;", "2:23+1 expected a number or the name of a constant, found \"}\"\n2:31+1 expected a call or a group, found \";\"" },
	{ "allow f when a has X;", "2:20+1 expected any, all, only or none after has, found \"X\"" },
	{ "allow f when a has any;", "2:23+1 expected a number or the name of a constant, found \";\"" },
	{ "allow f when arg6 == 1;", "2:14+4 expected arg0 to arg5, found \"arg6\"" },
	{ "allow f when arg10 == 1;", "2:14+5 expected arg0 to arg5, found \"arg10\"" },
	{ "allow f when arg1:u8 == 1;", "2:19+2 expected u32, i32, u64 or fd after \":\", found \"u8\"" },
	{ "allow f when family:u32 == 1;", "2:20+1 expected a comparison, found \":\" (a type is only for arg0 to arg5: \"family\" has its own)" },

	{ "arch 5;", "2:6+1 expected an architecture or native, found \"5\"" },
	{ "arch arm i386;", "2:10+4 expected \";\" after the architectures, found \"i386\"" },
	{ "flags ;", "2:7+1 expected the name of a flag, found \";\"" },
	{ "stage x;", "2:7+1 expected exec or self, found \"x\"" },
	{ "default;", "2:8+1 expected an action, found \";\"" },
	{ "default kil;", "2:9+3 expected an action, found \"kil\" (did you mean \"kill\"?)" },
	{ "default kill unknown;", "2:21+1 expected an action, found \";\"" },
	{ "default kill read;", "2:14+4 expected \";\" after the default, found \"read\"" },
	{ "kernel 6;", "2:8+1 expected a kernel version such as 6.18, found \"6\"" },
	{ "badarch read;", "2:9+4 expected an action, found \"read\"" },
	{ "use \"x\";", "2:5+3 expected the name of a policy, found a string" },
	{ "use a- b;", "2:6+1 expected \";\" after the name of the policy, found \"-\"" },
	{ "expect 5() -> allow;", "2:8+1 expected a call, found \"5\"" },
	{ "expect f -> allow;", "2:10+2 expected \"(\" after the name of the call, found \"->\"" },
	{ "expect f(1 -> allow;", "2:12+2 expected \")\" after the arguments, found \"->\"" },
	{ "expect f(1,2,3,4,5,6,7) -> allow;", "2:22+1 expected at most six arguments, found \"7\"" },
	{ "expect f() allow;", "2:12+5 expected \"->\" after the call, found \"allow\"" },
	{ "require;", "2:8+1 expected a call or a group, found \";\"" },
	{ "forbid a as \"x\";", "2:10+2 expected \";\" after the calls, found \"as\"" },

	{ "if { allow a; } allow;", "2:4+1 expected cap, arch, kernel or param, found \"{\"\n2:22+1 expected a call or a group, found \";\"" },
	{ "if cap(5) { }", "2:8+1 expected the name of a capability, found \"5\"" },
	{ "if cap(X { }", "2:10+1 expected \")\" after the name, found \"{\"" },
	{ "if kernel 5.10 { }", "2:11+4 expected a comparison with a version, found \"5.10\"" },
	{ "if kernel >= 5 { }", "2:14+1 expected a kernel version such as 6.18, found \"5\"" },
	{ "if (param x { }", "2:13+1 expected \")\" after the condition, found \"{\"" },
	{ "if param x allow a;", "2:12+5 expected \"{\" after the condition, found \"allow\"" },
	{ "if param x { } else allow a;", "2:21+5 expected \"{\" after else, found \"allow\"" },
	{ "if param x { allow } allow;", "2:20+1 expected a call or a group, found \"}\"\n2:27+1 expected a call or a group, found \";\"" },
	{ "else { }", "2:1+4 expected a statement, found \"else\"" },

	/* reading goes on behind each */
	{ "allow; deny;\nkill;\nallow f when a in {0..2, ;\nallow;",
	  "2:6+1 expected a call or a group, found \";\"\n"
	  "2:12+1 expected a call or a group, found \";\"\n"
	  "3:5+1 expected a call or a group, found \";\"\n"
	  "4:26+1 expected a number or the name of a constant, found \";\"\n"
	  "5:6+1 expected a call or a group, found \";\"" },
	{ "allow a |\ndeny b;\nallow;", "3:6+1 expected \";\" after the rule, found \"b\" (calls are separated by \"|\")\n"
					"4:6+1 expected a call or a group, found \";\"" },
	{ "allow a b |\n kill | c;\nallow;", "2:9+1 expected \";\" after the rule, found \"b\" (calls are separated by \"|\")\n"
					  "4:6+1 expected a call or a group, found \";\"" },
	{ "allow $ a; allow \"b\n;", "2:7+1 unexpected character \"$\"\n"
				     "2:18+2 expected a quote at the end of the string, found the end of the line\n"
				     "2:18+2 expected a call or a group, found a string (names of calls stand without quotes)" },
};

static const struct {
	const char *text, *says;
} wrong_files[] = {
	{ "x", "1:1+1 " ITEM "\"x\"" },
	{ "allow read; allow write; policy a { allow; }",
	  "1:1+5 " ITEM "\"allow\"\n1:42+1 expected a call or a group, found \";\"" },
	{ "polcy a { allow b; }\nconst = 1;", "1:1+5 " ITEM "\"polcy\" (did you mean \"policy\"?)\n"
				  "2:7+1 expected the name of a constant, found \"=\"" },
	{ "}", "1:1+1 " ITEM "\"}\"" },
	{ "policy a { } }\nallow x;\npolicy b { allow; }",
	  "1:14+1 " ITEM "\"}\"\n3:17+1 expected a call or a group, found \";\"" },
	{ "policy { allow; }", "1:8+1 expected the name of a policy, found \"{\"" },
	{ "policy \"a\" { }", "1:8+3 expected the name of a policy, found a string" },
	{ "policy a extends { }", "1:18+1 expected the name of a policy, found \"{\"" },
	{ "policy a allow b;", "1:10+5 expected \"{\" after the name of the policy, found \"allow\"" },
	{ "policy a {\n\tallow b;\n", "2:10+1 expected \"}\" at the end of the policy, found the end of the file\n"
				       "note 1:1+6 it begins here" },
	{ "policy a {\n\tallow b;\npolicy c { allow; }", "2:10+1 expected \"}\" at the end of the policy, found \"policy\"\n"
				       "note 1:1+6 it begins here\n3:17+1 expected a call or a group, found \";\"" },
	{ "policy a {\n\tif param x { allow b;\n", "2:23+1 expected \"}\" at the end of the block, found the end of the file\n"
				       "note 2:13+1 it begins here" },
	{ "param;", "1:6+1 expected the name of a parameter, found \";\"" },
	{ "param x = ;", "1:11+1 expected a number or the name of a constant, found \";\"" },
	{ "param x 1;", "1:9+1 expected \";\" after the parameter, found \"1\"" },
	{ "const x;", "1:8+1 expected \"=\" after the name, found \";\"" },
	{ "group a = b;", "1:7+1 expected the name of a group such as @mine, found \"a\"" },
	{ "group @a b;", "1:10+1 expected \"=\" after the name, found \"b\"" },
	{ "group @a = b c;", "1:14+1 expected \";\" after the group, found \"c\"" },
	{ "include x;", "1:9+1 expected the name of a file in double quotes, found \"x\"" },
	{ "include \"x\" param y;", "1:13+5 expected \";\" after the include, found \"param\"" },
	{ "include \"x\";", "1:9+3 include \"x\": no files can be included here" },
	{ "policy a { } # \xff", "1:16+1 expected text, found a byte that is no UTF-8" },
};
/* clang-format on */

static void is_wrong(const char *text, const char *want)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	(void)help_parsed(&a, text, &d);
	cr_expect_str_eq(help_parse_says(&a, &d), want, "%s\nis:\n%s\nwanted:\n%s", text,
			 help_parse_says(&a, &d), want);
}

Test(parse, says_what_is_wrong_in_a_statement)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		autoarena struct arena a = { 0 };

		is_wrong(arena_printf(&a, "policy p {\n%s\n}", wrong[i].text), wrong[i].says);
	}
}

Test(parse, says_what_is_wrong_in_a_file)
{
	for (size_t i = 0; i < COUNT(wrong_files); i++)
		is_wrong(wrong_files[i].text, wrong_files[i].says);
}

Test(parse, keeps_what_was_right)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	struct ast_file f = help_parsed(&a,
					"const A = 1; const = 2; const B = 3;\n"
					"policy a { allow x; allow; allow y; if param p { "
					"deny; kill z; } }\n"
					"policy { } policy b { }",
					&d);

	cr_expect_eq(d.errors, 4);
	cr_expect_str_eq(ast_print(&a, &f, NULL),
			 "const A = 1;\nconst B = 3;\npolicy a {\n\tallow x;\n\tallow y;\n"
			 "\tif param(p) {\n\t\tkill z;\n\t}\n}\npolicy b {\n}\n");
}

Test(parse, the_caret_shows_the_place)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	(void)help_parsed(&a, "policy p {\n\tallow open whn flags == 0;\n\tallow read\n}\n",
			  &d);
	cr_assert_eq(d.errors, 2);
	cr_expect_str_eq(policy_diag_text(&a, d.first, false),
			 "p:2:13: error: expected \";\" after the rule, found \"whn\"\n"
			 "    2 | \tallow open whn flags == 0;\n"
			 "      | \t           ^~~\n"
			 "hint: did you mean \"when\"?");
	cr_expect_str_eq(policy_diag_text(&a, d.last, false),
			 "p:3:12: error: expected \";\" after the rule, found \"}\"\n"
			 "    3 | \tallow read\n"
			 "      | \t          ^");
}
