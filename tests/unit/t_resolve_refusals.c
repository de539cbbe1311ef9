/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about policies that are wrong, or that do not mean what they seem to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "tests/unit/policy_help.h"

/* clang-format off */
static const struct {
	const char *policy;
	bool taken; /* with warnings, or none */
	const char *says;
} texts[] = {
	{ "allow raed;", false,
	  "1:18 error unknown-name: unknown syscall \"raed\" (did you mean \"read\"?)" },
	{ "allow @basicio;", false,
	  "1:18 error unknown-name: unknown group \"@basicio\" (did you mean \"@basic-io\"?)" },
	{ "group @mine = read; policy p { allow @mien; }", false,
	  "1:38 error unknown-name: unknown group \"@mien\" (did you mean \"@mine\"?)" },
	{ "group @a = @b; group @b = @a; policy p { allow @a; }", false,
	  "1:27 error cycle: group \"@a\" contains itself" },
	{ "deny EPREM read;", false,
	  "1:17 error unknown-name: unknown errno \"EPREM\" (did you mean \"EPERM\"?)" },
	{ "deny 5000 read;", false,
	  "1:17 error range: expected a number from 0 to 4095, found 5000" },
	{ "allow socket when family == AF_UNX;", false,
	  "1:40 error unknown-name: unknown constant \"AF_UNX\" (did you mean \"AF_UNIX\"?)" },
	{ "allow socket when famly == 1;", false,
	  "1:30 error argument: socket has no argument \"famly\" on x86_64 (did you mean \"family\"?)" },
	{ "allow read | socket when family == 1;", false,
	  "1:37 error argument: read has no argument \"family\" on x86_64 (it has: fd, buf, count)" },
	{ "allow socket when arg3 == 1;", false,
	  "1:30 error argument: socket has no argument 3 on x86_64" },
	{ "allow socket when arg3:u64 == 1;", true,
	  "" },
	{ "allow openat when path == 5;", false,
	  "1:30 error pointer: cannot inspect memory: \"path\" of openat is a pointer (a pointer is only compared by == 0 and != 0)" },
	{ "allow openat when path has any 5;", false,
	  "1:30 error pointer: cannot inspect memory: \"path\" of openat is a pointer (a pointer is only compared by == 0 and != 0)" },
	{ "allow openat when path:u64 == 5;", false,
	  "1:34 error syntax: expected a comparison, found \":\" (a type is only for arg0 to arg5: \"path\" has its own)" },
	{ "allow openat when arg1:u64 == 5;", true,
	  "1:30 warning wide: \"path\" of openat is a pointer: only its address is compared" },
	{ "allow socket when arg0:u64 == 5;", true,
	  "1:30 warning wide: the kernel looks at 32 bits of \"family\" of socket: who sets the others passes a compare of 64" },
	{ "allow close when fd == 0x100000000;", false,
	  "1:35 error range: 0x100000000 is no value of \"fd\" of close, which has 32 bits" },
	{ "allow close when fd == -3000000000;", false,
	  "1:35 error range: -3000000000 is no value of \"fd\" of close, which has 32 bits and a sign" },
	{ "allow close when fd < 0x80000000;", false,
	  "1:34 error range: 0x80000000 is no value of \"fd\" of close, which has 32 bits and a sign" },
	{ "allow close_range when first == -1;", false,
	  "1:44 error range: -1 is no value of \"first\" of close_range, which has 32 bits and no sign (write it as ~0)" },
	{ "allow chmod when mode == 0x10000;", false,
	  "1:37 error range: 0x10000 is no value of \"mode\" of chmod, which has 16 bits" },
	{ "allow close when fd in {5..3};", false,
	  "1:36 error range: the range ends before it begins" },
	{ "allow openat when flags has any O_RDONLY;", true,
	  "1:30 warning constant: this is never true for openat (the mask is 0: a value like O_RDONLY is compared by (flags & O_ACCMODE) == O_RDONLY)" },
	{ "allow close when fd >= -2147483648;", true,
	  "1:29 warning constant: this is always true for close" },
	{ "allow openat when (flags & O_ACCMODE) == O_CREAT;", true,
	  "1:31 warning constant: this is never true for openat" },
	{ "const A = B; const B = A; policy p { allow close when fd == A; }", false,
	  "1:24 error cycle: \"A\" is defined by itself" },
	{ "const A = 1; const A = 2; policy p { allow close when fd == A; }", false,
	  "1:20 error twice: \"A\" is defined twice\n"
	  "1:7 note twice: the first one is here" },
	{ "param x; policy p { allow close when fd == x; }", false,
	  "1:44 error param: param \"x\" has no value" },
	{ "if cap(CAP_SYSADMIN) { allow read; }", false,
	  "1:19 error unknown-name: unknown capability \"CAP_SYSADMIN\" (did you mean \"CAP_SYS_ADMIN\"?)" },
	{ "if arch(x86_46) { allow read; }", false,
	  "1:20 error unknown-name: unknown architecture \"x86_46\" (did you mean \"x86_64\"?)" },
	{ "if param(foo) { allow read; }", false,
	  "1:21 error unknown-name: unknown param \"foo\"" },
	{ "arch x32; allow read;", false,
	  "1:17 error unknown-name: unknown architecture \"x32\" (calls of x32 answer ENOSYS in every policy for x86_64)" },
	{ "arch x86_64; arch i386; allow read;", false,
	  "1:25 error twice: given twice in one policy\n"
	  "1:12 note twice: the first one is here" },
	{ "default kill; default log; allow read;", false,
	  "1:26 error twice: given twice in one policy\n"
	  "1:12 note twice: the first one is here" },
	{ "if arch(i386) { default kill; } allow read;", false,
	  "1:28 error guard: \"default\" is one for all architectures: not in a block for some" },
	{ "flags lgo; allow read;", false,
	  "1:18 error unknown-name: unknown flag \"lgo\" (did you mean \"log\"?)" },
	{ "stage exce; allow read;", false,
	  "1:18 error syntax: expected exec or self, found \"exce\"" },
	{ "use bse; allow read;", false,
	  "1:16 error unknown-name: unknown policy \"bse\"" },
	{ "use p; allow read;", false,
	  "1:16 error cycle: policy \"p\" contains itself" },
	{ "policy a { use p; } policy p extends a { allow read; }", false,
	  "1:16 error cycle: policy \"p\" contains itself" },
	{ "allow nr 0x40000000 @ x86_64;", false,
	  "1:18 error x32: a number of x32 or a negative one: it answers ENOSYS before any rule" },
	{ "allow nr 9999 @ x86_64 | nr 9999 @ i386 when arg0 == 1;", true,
	  "" },
	{ "allow @basic-io; deny write;", false,
	  "1:29 error shadowed: this rule never answers: write(0, 0, 0) is answered by an earlier one\n"
	  "1:12 note shadowed: the earlier rule" },
	{ "allow read; if arch(x86_64) { deny read; }", true,
	  "1:42 warning shadowed: this rule never answers: read(0, 0, 0) is answered by an earlier one\n"
	  "1:12 note shadowed: the earlier rule" },
	{ "allow read when fd == 0; allow read when fd in {0..0};", false,
	  "1:37 error shadowed: this rule never answers: read(0, 0, 0) is answered by an earlier one\n"
	  "1:12 note shadowed: the earlier rule" },
	{ "allow read when fd < 5; allow read when fd > 3; deny read when fd in {0..10};", false,
	  "1:60 error shadowed: this rule never answers: read(0, 0, 0) is answered by an earlier one\n"
	  "1:12 note shadowed: the earlier rule" },
	{ "allow openat when flags has any O_CREAT; allow openat when flags has none O_CREAT; deny openat when dirfd == 5;", false,
	  "1:95 error shadowed: this rule never answers: openat(5, 0, O_RDONLY, 0) is answered by an earlier one\n"
	  "1:53 note shadowed: the earlier rule" },
	{ "allow read when arg0:u32 <= 5; deny read when arg0:u32 <= 10;", true, "" },
	{ "allow read when arg0:u32 in {0..5}; allow read when arg0:u32 in {6..9};"
	  "deny read when arg0:u32 <= 9;", false,
	  "1:83 error shadowed: this rule never answers: read(0, 0, 0) is answered by an earlier one\n"
	  "1:12 note shadowed: the earlier rule" },
	{ "allow read | write; deny read | close;", true,
	  "1:32 warning shadowed-call: for read this rule never answers: read(0, 0, 0) is answered by an earlier one, with allow instead of deny EPERM\n"
	  "1:12 note shadowed-call: the earlier rule" },
	{ "allow @basic-io; deny EACCES @basic-io | uname;", true,
	  "" },
	{ "deny EACCES read; allow @basic-io;", true,
	  "" },
	{ "deny socket when family == 1; allow socket;", true,
	  "" },
	{ "deny socket when family == 1; allow socket when type == 1;", true,
	  "1:42 warning overlap: socket(AF_UNIX, SOCK_STREAM, 0) is also answered by an earlier rule, with deny EPERM instead of allow\n"
	  "1:12 note overlap: the earlier rule" },
	{ "deny socket when family == 1; allow socket when family != 1 || type == 2;", true,
	  "1:42 warning overlap: socket(AF_UNIX, SOCK_DGRAM, 0) is also answered by an earlier rule, with deny EPERM instead of allow\n"
	  "1:12 note overlap: the earlier rule" },
	{ "override deny read; allow read;", true,
	  "" },
	{ "allow clone when flags has none CLONE_NEWNS; allow clone3;", false,
	  "1:57 error shadowed: this rule never answers: clone3(0, 0) is answered by an earlier one\n"
	  "1:12 note shadowed: clone3 is denied because this rule looks at the flags of clone" },
	{ "policy base { deny EACCES ptrace; allow read; } policy p extends base { allow ptrace; }", false,
	  "1:73 error loosens: this permits ptrace(PTRACE_TRACEME, 0, 0, 0), which the extended policy answers with deny EACCES (write \"override\" before the rule if it shall)\n"
	  "1:15 note loosens: the rule of the extended policy" },
	{ "policy base { deny EACCES socket when family == 38; } policy p extends base { allow socket; }", false,
	  "1:79 error loosens: this permits socket(AF_ALG, 0, 0), which the extended policy answers with deny EACCES (write \"override\" before the rule if it shall)\n"
	  "1:15 note loosens: the rule of the extended policy" },
	{ "policy base { deny EACCES socket when family == 38; } policy p extends base { allow socket when family == 1; }", true,
	  "" },
	{ "policy base { deny EACCES ptrace; allow read; } policy p extends base { allow read; deny ptrace; }", true,
	  "" },
	{ "forbid ptrace; allow @debug;", false,
	  "1:12 error forbid: ptrace is forbidden, and ptrace(PTRACE_TRACEME, 0, 0, 0) is permitted\n"
	  "1:27 note forbid: the rule that permits it" },
	{ "policy base { forbid ptrace; } policy p extends base { allow ptrace; }", false,
	  "1:15 error forbid: ptrace is forbidden, and ptrace(PTRACE_TRACEME, 0, 0, 0) is permitted\n"
	  "1:56 note forbid: the rule that permits it" },
	{ "policy base { allow ptrace when request == 0; } policy p extends base { forbid ptrace; require read; }", false,
	  "1:88 error require: read is required, and never permitted on x86_64" },
	{ "arch i386; forbid socket; allow socketcall;", false,
	  "1:23 error forbid: socket is forbidden, and socketcall(SYS_SOCKET, 0) @ i386, which is the same, is permitted\n"
	  "1:38 note forbid: the rule that permits it" },
	{ "require read; deny EACCES read;", false,
	  "1:12 error require: read is required, and never permitted on x86_64\n"
	  "1:26 note require: the rule that answers it with deny EACCES" },
	{ "require read; allow read when fd == 0;", true,
	  "" },
	{ "audit allow write | read;", false,
	  "1:12 error audit: \"audit allow\" cannot hold up write, which the watcher or the end of a program needs (take it out of the set: ... - write)" },
	{ "audit allow *;", false,
	  "1:12 error audit: \"audit allow\" cannot hold up write, which the watcher or the end of a program needs (take it out of the set: ... - write)" },
	{ "default audit allow; allow read;", false,
	  "1:20 error audit: \"audit allow\" as a default would hold up the watcher itself" },
	{ "badarch audit deny; allow read;", false,
	  "1:20 error audit: a call of another architecture cannot be audited" },
	{ "expect raed() -> allow; allow read;", false,
	  "1:19 error unknown-name: unknown syscall \"raed\" (did you mean \"read\"?)" },
	{ "expect read(0,0,0,0) -> allow; allow read;", false,
	  "1:19 error argument: read has 3 arguments on x86_64" },
	{ "expect read(0) @ x86_46 -> allow; allow read;", false,
	  "1:29 error unknown-name: unknown architecture \"x86_46\" (did you mean \"x86_64\"?)" },
	{ "expect socketcall(1) -> allow; allow read;", false,
	  "1:12 error expect: none of the policy's architectures has socketcall" },
	{ "arch i386; allow socket when family == 1;", true,
	  "1:23 warning socketcall: on i386 socket is also reached through socketcall, whose arguments no filter sees: this rule does not match there whatever they are" },
	{ "arch i386; allow socketcall; allow socket when family == 1;", true,
	  "1:41 warning socketcall: on i386 socket is also reached through socketcall, whose arguments no filter sees: this rule does not match there whatever they are\n"
	  "1:23 warning socketcall: socketcall is permitted whole: on i386 a program calls socket through it, and the rules on socket do not see it" },
	{ "arch i386; allow brk when brk > 0x100000000;", false,
	  "1:44 error range: 0x100000000 is no value of \"brk\" of brk, which has 32 bits" },
	{ "arch i386; allow read when fd == MAP_32BIT;", true,
	  "" },
	{ "arch aarch64; allow mmap when flags == MAP_32BIT;", false,
	  "1:51 error unknown-name: there is no \"MAP_32BIT\" on aarch64" },
};
/* clang-format on */

Test(resolve_refusals, say_what_is_wrong_where)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		autoarena struct arena a = { 0 };
		struct policy_diags d = { 0 };
		const struct policy *p = help_policy(&a, texts[i].policy, NULL, &d);

		cr_expect_eq(p != NULL, texts[i].taken, "%s", texts[i].policy);
		cr_expect_str_eq(help_says(&a, &d), texts[i].says, "%s:\n%s", texts[i].policy,
				 help_says(&a, &d));
	}
}

Test(resolve_refusals, a_param_that_no_file_declares_is_refused)
{
	static const char *const params[] = { "foo=1", NULL };
	const struct policy_env env = { .params = params };
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	cr_expect_null(help_policy(&a, "allow read;", &env, &d));
	cr_expect_str_eq(help_says(&a, &d), "0:0 error unknown-name: unknown param \"foo\": no "
					    "file of this policy declares it");
}

Test(resolve_refusals, a_param_must_be_a_number_or_a_constant)
{
	static const char *const params[] = { "fam=AF_NOTHING", NULL };
	const struct policy_env env = { .params = params };
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	cr_expect_null(help_policy(&a,
				   "param fam; policy p { allow socket when family == fam; }",
				   &env, &d));
	cr_expect_str_eq(help_says(&a, &d), "1:51 error param: param \"fam\" is no number and "
					    "no constant: AF_NOTHING");
}

static const char *refusal_of(struct arena *a, const char *text, const char *which)
{
	const struct policy_source src = { "f", text, strlen(text) };
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct err e = { 0 };

	cr_expect_eq(policy_parse(a, &src, which, NULL, &d, &p, &e), -1);
	cr_expect_null(p);
	return help_says(a, &d);
}

Test(resolve_refusals, a_policy_must_be_in_the_file)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(refusal_of(&a, "group @a = read;", NULL),
			 "1:1 error no-policy: the file has no policy in it");
	cr_expect_str_eq(refusal_of(&a, "policy python { allow read; }", "pyton"),
			 "1:1 error no-policy: the file has no policy \"pyton\" (did you mean "
			 "\"python\"?)");
	cr_expect_str_eq(refusal_of(&a, "policy python { allow read; allow read; }", NULL),
			 "1:29 error shadowed: this rule never answers: read(0, 0, 0) is "
			 "answered by an earlier one\n1:17 note shadowed: the earlier rule");
}

/* ---- hostile texts: an end, and a word ---- */

/* In each, # is the number of the turn, $ the next one. */
static char *repeated(struct arena *a, const char *head, const char *each, size_t n,
		      const char *tail)
{
	char *text = arena_alloc(a, strlen(head) + n * (strlen(each) + 20) + strlen(tail) + 1);
	char *end = stpcpy(text, head);

	for (size_t i = 0; i < n; i++) {
		for (const char *c = each; *c != '\0'; c++) {
			if (*c == '#' || *c == '$')
				end += sprintf(end, "%zu", i + (*c == '$'));
			else
				*end++ = *c;
		}
	}
	(void)stpcpy(end, tail);
	return text;
}

static void expect_word(const char *text, const char *code)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	cr_expect_null(help_policy(&a, text, NULL, &d));
	for (const struct policy_diag *o = d.first; o != NULL; o = o->next)
		if (str_eq(o->code, code))
			return;
	cr_expect(false, "no %s in: %s", code, help_says(&a, &d));
}

Test(resolve_refusals, splicing_is_bounded, .timeout = 20)
{
	autoarena struct arena a = { 0 };

	expect_word(repeated(&a, "policy p0 { deny read when fd == 7; }\n",
			     "policy p$ { use p#; use p#; }\n", 20, "policy p { use p20; }"),
		    "too-many");
	expect_word(repeated(&a, "policy p { ", "deny read when fd == #; ", 9000, "}"),
		    "too-many");
}

Test(resolve_refusals, chains_of_constants_are_bounded, .timeout = 20)
{
	autoarena struct arena a = { 0 };

	expect_word(repeated(&a, "const c0 = 1; ", "const c$ = c#; ", 1000,
			     "policy p { allow close when fd == c1000; }"),
		    "too-deep");
	expect_word(repeated(&a, "group @g0 = read; ", "group @g$ = @g#; ", 1000,
			     "policy p { allow @g1000; }"),
		    "too-deep");
}

Test(resolve_refusals, compares_are_bounded, .timeout = 20)
{
	autoarena struct arena a = { 0 };

	expect_word(repeated(&a, "policy p { allow * when arg0:u64 in { 1", ", #000", 4000,
			     "}; }"),
		    "too-many");
}

/* Masks of many bits with equalities: too many cells to look at each. */
#define MUCH                                                                                 \
	"cmd has any 1 || cmd has any 2 || cmd has any 4 || cmd has any 8 || cmd has any 16" \
	" || cmd has any 32 || cmd has any 64 || cmd has any 128 || cmd in { 1000"

static void expect_unseen(const char *parent, const char *rule)
{
	autoarena struct arena a = { 0 };
	char *head = arena_printf(&a, "%s policy p extends base { %s when " MUCH, parent, rule);

	expect_word(repeated(&a, head, ", 1$000", 20, "}; }"), "too-many");
}

/* What cannot be looked at is no promise kept: it is refused. */
Test(resolve_refusals, a_forbidden_call_with_too_many_cells_is_refused, .timeout = 20)
{
	expect_unseen("policy base { forbid bpf; }", "override allow bpf");
}

Test(resolve_refusals, a_denied_call_with_too_many_cells_is_not_loosened, .timeout = 20)
{
	expect_unseen("policy base { deny EACCES bpf; }", "allow bpf");
}

Test(resolve_refusals, many_conditions_on_a_call_end_in_time, .timeout = 20)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	cr_expect_not_null(
		help_policy(&a,
			    repeated(&a, "policy p { ",
				     "allow ioctl when cmd == # && arg == #; ", 3000, "}"),
			    NULL, &d));
}

Test(resolve_refusals, say_the_same_each_time)
{
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct policy_diags one = { 0 }, two = { 0 };

		(void)help_policy(&a, texts[i].policy, NULL, &one);
		(void)help_policy(&a, texts[i].policy, NULL, &two);
		cr_expect_str_eq(help_says(&a, &one), help_says(&a, &two));
	}
}
