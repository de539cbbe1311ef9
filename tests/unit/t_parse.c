/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/ast_print.h"
#include "seccomp/parse.h"

/* What a text and its diagnostics are: "2:7+4 text (hint)", one a line. */
static const char *says(struct arena *a, const struct policy_diags *d)
{
	char *text = arena_strdup(a, "");

	for (const struct policy_diag *o = d->first; o != NULL; o = o->next)
		text = arena_printf(a, "%s%s%s%s%u:%u+%u %s%s%s%s", text,
				    o != d->first ? "\n" : "",
				    strcmp(o->at.file, "p") == 0 ? "" : o->at.file,
				    o->level == POLICY_NOTE ? "note " : "", o->at.line,
				    o->at.column, o->at.width, o->text,
				    o->hint != NULL ? " (" : "", o->hint != NULL ? o->hint : "",
				    o->hint != NULL ? ")" : "");
	return text;
}

static struct ast_file parsed(struct arena *a, const char *text, struct policy_diags *d)
{
	const struct policy_source src = { "p", text, strlen(text) };
	struct ast_file f = { 0 };
	struct err e = { 0 };

	d->arena = a;
	cr_assert_eq(parse_file(a, &src, NULL, d, &f, &e), 0, "%s: %s", text, e.text);
	cr_assert_eq(e.kind, ERR_NONE);
	return f;
}

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
	struct ast_file f = parsed(&a, text, &d);
	const char *is = ast_print(&a, &f, NULL);

	cr_expect_eq(d.errors, 0, "%s\n%s", text, says(&a, &d));
	cr_expect_str_eq(is, again, "%s\n%s", text, is);
	f = parsed(&a, is, &d);
	cr_expect_eq(d.errors, 0, "%s\n%s", is, says(&a, &d));
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

	(void)parsed(&a, text, &d);
	cr_expect_str_eq(says(&a, &d), want, "%s\nis:\n%s\nwanted:\n%s", text, says(&a, &d),
			 want);
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
	struct ast_file f =
		parsed(&a,
		       "const A = 1; const = 2; const B = 3;\n"
		       "policy a { allow x; allow; allow y; if param p { deny; kill z; } }\n"
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

	(void)parsed(&a, "policy p {\n\tallow open whn flags == 0;\n\tallow read\n}\n", &d);
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

			(void)parsed(&a,
				     repeated(&a, open, depths[i].close, n, depths[i].after),
				     &d);
			cr_expect_eq(d.errors > 0, over > 0, "%zu %zu: %s", i, over,
				     says(&a, &d));
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
			parsed(&a, repeated(&a, "policy p { allow a", " | b", n, "; }"), &d);
		unsigned depth = set_depth(f.policies->body->set), most = 1;

		while (1u << (most - 1) < n + 1)
			most++;
		cr_expect(depth <= most, "%zu: %u", n, depth);
		f = parsed(&a, repeated(&a, "policy p { allow a", " - b", n, "; }"), &d);
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

	(void)parsed(&a, text, &d);
	cr_expect_eq(d.errors, 0);
	text = repeated(&a, "", " ", POLICY_TEXT_MAX, "");
	(void)parsed(&a, text, &d);
	cr_expect_eq(d.errors, 0);
	text = repeated(&a, "", " ", POLICY_TEXT_MAX + 1, "");
	(void)parsed(&a, text, &d);
	cr_expect_str_eq(says(&a, &d),
			 "1:1+1 expected at most 1048576 bytes with all includes, found more");
}

Test(parse, a_thousand_errors_are_counted)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	(void)parsed(&a, repeated(&a, "policy p {", "allow 1;", 1000, "}"), &d);
	cr_expect_eq(d.errors, 1000);
	cr_expect_eq(d.kept, DIAG_MAX);
}

Test(parse, so_many_policies_are_too_many)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	(void)parsed(&a, repeated(&a, "", "policy p{}", PARSE_POLICIES, ""), &d);
	cr_expect_eq(d.errors, 0);
	(void)parsed(&a, repeated(&a, "", "policy p{}", PARSE_POLICIES + 1, ""), &d);
	cr_expect_str_eq(says(&a, &d), "1:2561+6 expected at most 256 policies, found more");
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
		cr_expect_str_eq(says(&a, &d), libraries[i].says, "%zu: %s", i, says(&a, &d));
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
	cr_expect_str_eq(says(&a, &d), "161:9+4 include \"17\": more than 16 files deep");

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
	cr_expect_str_eq(says(&a, &d),
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
		cr_expect_eq(d.errors, 0, "%s", says(&a, &d));
		cr_expect_null(f.policies);
	}
}
