/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/audit.h>
#include <stdio.h>

#include "base/str.h"
#include "seccomp/policy.h"

#define X86_64 AUDIT_ARCH_X86_64
#define I386   AUDIT_ARCH_I386

/* ---- architectures ---- */

struct spelling {
	const char *word;
	uint32_t arch;
	bool known;
};

/* clang-format off */
static const struct spelling spellings[] = {
	{ "x86_64",              X86_64,              true },
	{ "SCMP_ARCH_X86_64",    X86_64,              true },
	{ "amd64",               X86_64,              true },
	{ "i386",                I386,                true },
	{ "x86",                 I386,                true },
	{ "SCMP_ARCH_X86",       I386,                true },
	{ "386",                 I386,                true },
	{ "aarch64",             AUDIT_ARCH_AARCH64,  true },
	{ "arm64",               AUDIT_ARCH_AARCH64,  true },
	{ "SCMP_ARCH_AARCH64",   AUDIT_ARCH_AARCH64,  true },
	{ "arm",                 AUDIT_ARCH_ARM,      true },
	/* x32 has no AUDIT_ARCH of its own */
	{ "x32",                 0,                   true },
	{ "SCMP_ARCH_X32",       0,                   true },
	{ "riscv64",             0,                   true },
	{ "SCMP_ARCH_S390X",     0,                   true },
	{ "SCMP_ARCH_LOONGARCH64", 0,                 true },
	{ "SCMP_ARCH_",          0,                   false },
	{ "",                    0,                   false },
	{ "z80",                 0,                   false },
	{ "a_name_that_is_longer_than_any_of_ours", 0, false },
};
/* clang-format on */

Test(names, an_architecture_is_found_in_each_spelling)
{
	for (size_t i = 0; i < COUNT(spellings); i++) {
		const struct spelling *s = &spellings[i];

		cr_expect_eq(policy_arch_number(s->word), s->arch, "%s", s->word);
		cr_expect_eq(policy_arch_known(s->word), s->known, "%s", s->word);
	}
	cr_expect_str_eq(policy_arch_name(I386), "i386");
	cr_expect_null(policy_arch_name(0));
	cr_expect_eq(policy_arch_number("native"), policy_arch_own());
}

Test(names, each_listed_architecture_is_known)
{
	for (size_t i = 0; policy_archs[i] != NULL; i++)
		cr_expect(policy_arch_known(policy_archs[i]), "%s", policy_archs[i]);
}

/* ---- calls ---- */

Test(names, a_call_has_a_number_on_each_architecture)
{
	cr_expect_eq(syscall_number(X86_64, "socket"), 41);
	cr_expect_eq(syscall_number(I386, "socket"), 359);
	cr_expect_eq(syscall_number(AUDIT_ARCH_AARCH64, "socket"), 198);
	cr_expect_eq(syscall_number(AUDIT_ARCH_AARCH64, "open"), -1);
	cr_expect_eq(syscall_number(X86_64, "sokcet"), -1);
	cr_expect_eq(syscall_number(0, "socket"), -1);
	cr_expect_str_eq(syscall_name(I386, 359), "socket");
	cr_expect_null(syscall_name(X86_64, -1));
	cr_expect_null(syscall_name(X86_64, 100000));
	cr_expect_eq(syscall_since(I386, 359), 4 << 8 | 3);
	cr_expect_eq(syscall_since(X86_64, 41), 0);
}

Test(names, an_argument_is_described)
{
	struct syscall_arg arg;

	cr_assert(syscall_argument(X86_64, 41, 0, &arg));
	cr_expect_str_eq(arg.name, "family");
	cr_expect_eq(arg.bits, 32);
	cr_expect(!arg.is_pointer);
	cr_assert(syscall_argument(X86_64, 0, 1, &arg));
	cr_expect(arg.is_pointer);
	cr_expect_eq(arg.bits, 64);
	cr_assert(syscall_argument(X86_64, 0, 0, &arg));
	cr_expect(arg.is_fd && arg.is_signed);
	cr_expect(!syscall_argument(X86_64, 41, 3, &arg));
	cr_expect(!syscall_argument(X86_64, 41, 6, &arg));
	cr_expect(!syscall_argument(X86_64, 100000, 0, &arg));
}

/* What is typed, and how it is shown. */
struct told {
	const char *words[4];
	const char *text;
	unsigned given;
};

/* clang-format off */
static const struct told calls[] = {
	{ { "socket" },                               "socket(AF_UNSPEC, 0, 0)", 0 },
	{ { "socket", "AF_ALG" },                     "socket(AF_ALG, 0, 0)", 1 },
	{ { "socket", "38", "SOCK_RAW|SOCK_CLOEXEC" }, "socket(AF_ALG, SOCK_RAW|SOCK_CLOEXEC, 0)", 3 },
	{ { "socket", "type=SOCK_RAW", "6" },         "socket(AF_UNSPEC, SOCK_RAW, 6)", 6 },
	{ { "socket", "arg0=0x26" },                  "socket(AF_ALG, 0, 0)", 1 },
	{ { "socket(AF_ALG, SOCK_RAW, 0)" },          "socket(AF_ALG, SOCK_RAW, 0)", 7 },
	{ { "  socket( AF_ALG ,SOCK_RAW)  " },        "socket(AF_ALG, SOCK_RAW, 0)", 3 },
	{ { "socket(family=AF_ALG)", "SOCK_RAW" },    "socket(AF_ALG, SOCK_RAW, 0)", 3 },
	{ { "socket()" },                             "socket(AF_UNSPEC, 0, 0)", 0 },
	{ { "socket @ i386" },                        "socket(AF_UNSPEC, 0, 0) @ i386", 0 },
	{ { "socket(AF_ALG)@x86" },                   "socket(AF_ALG, 0, 0) @ i386", 1 },
	/* what the kernel cuts off is the whole point of some witnesses */
	{ { "socket", "0x100000026" },                "socket(0x100000026, 0, 0)", 1 },
	{ { "close", "-1" },                          "close(-1)", 1 },
	{ { "close", "0xffffffff" },                  "close(-1)", 1 },
	{ { "close", "0xffffffffffffffff" },          "close(-1)", 1 },
	{ { "close", "0x1ffffffff" },                 "close(0x1ffffffff)", 1 },
	{ { "read", "0", "0x7fff00001000", "4096" },  "read(0, 0x7fff00001000, 0x1000)", 7 },
	{ { "read", "count=~PROT_EXEC" },            "read(0, 0, 0xfffffffffffffffb)", 4 },
	{ { "1000", "arg5=1" },                       "1000(0, 0, 0, 0, 0, 1)", 32 },
	{ { "0x40000029" },                           "0x40000029()", 0 },
};

static const struct {
	const char *words[4];
	const char *text;
} mistakes[] = {
	{ { "sokcet" },                 "sokcet: a system call: no such name\ndid you mean socket?" },
	{ { "socket", "AF_AGL" },       "AF_AGL: a number or a constant: no such name\ndid you mean AF_ALG?" },
	{ { "socket", "domain=1" },     "domain: an argument of the call: no such name\nit has family, type, protocol" },
	{ { "socket", "arg6=1" },       "arg6: an argument of the call: no such name\nit has family, type, protocol" },
	{ { "socket", "arg5=1", "1" },  "1: at most six arguments: found more" },
	{ { "socket", "" },             "socket(AF_UNSPEC, 0, 0): a value for each argument: found none" },
	{ { "socket", "1|" },           ": a number or a constant: no such name" },
	{ { "socket", "0x" },           "0x: a number or a constant: no such name" },
	{ { "socket", "0x11112222333344445" }, "0x11112222333344445: a number or a constant: no such name" },
	{ { "socket", "18446744073709551616" }, "18446744073709551616: a number or a constant: no such name" },
	{ { "socket(1" },               "socket(1: one ) at the end: found none" },
	{ { "socket(1) 2" },            "socket(1) 2: one ) at the end: found none" },
	{ { "socket @ z80" },           "z80: an architecture that has tables: found none" },
	{ { "open @ aarch64" },         "open: a call of aarch64: it has none of that name" },
	{ { "4294967296" },             "4294967296: a system call: no such name" },
	{ { "" },                       ": a system call: no such name" },
};
/* clang-format on */

static size_t count(const char *const *words)
{
	size_t n = 0;

	while (n < 4 && words[n] != NULL)
		n++;
	return n;
}

Test(names, a_call_is_read_and_shown)
{
	if (policy_arch_own() != X86_64)
		cr_skip_test("the texts are those of x86-64");
	for (size_t i = 0; i < COUNT(calls); i++) {
		autoarena struct arena a = { 0 };
		const struct told *t = &calls[i];
		struct seccomp_data call;
		struct err e = { 0 };
		unsigned given;

		cr_assert_eq(policy_call_parse(&a, X86_64, t->words, count(t->words), &call,
					       &given, &e),
			     0, "%s: %s", t->text, e.text);
		cr_expect_str_eq(policy_call_text(&a, &call), t->text);
		cr_expect_eq(given, t->given, "%s: %#x", t->text, given);
	}
}

Test(names, a_wrong_call_is_refused)
{
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		autoarena struct arena a = { 0 };
		struct seccomp_data call;
		struct err e = { 0 };
		unsigned given;

		cr_expect_eq(policy_call_parse(&a, X86_64, mistakes[i].words,
					       count(mistakes[i].words), &call, &given, &e),
			     -1, "%s", mistakes[i].text);
		cr_expect_eq(e.kind, ERR_USAGE);
		cr_expect_str_eq(e.text, mistakes[i].text);
	}
}

Test(names, a_foreign_call_is_shown_by_numbers)
{
	autoarena struct arena a = { 0 };
	const struct seccomp_data call = { .arch = 0xc00000f3, .nr = 5, .args = { 1, 0, 3 } };

	cr_expect_str_eq(policy_call_text(&a, &call), "5(1, 0, 3) @ 0xc00000f3");
}

/* ---- actions ---- */

static const struct {
	uint32_t action;
	enum policy_audit audit;
	uint16_t err;
	const char *text;
} actions[] = {
	/* in the order of what they permit */
	{ SECCOMP_RET_KILL_PROCESS, POLICY_AUDIT_NONE, 0, "kill" },
	{ SECCOMP_RET_KILL_THREAD, POLICY_AUDIT_NONE, 0, "kill thread" },
	{ SECCOMP_RET_TRAP, POLICY_AUDIT_NONE, 0, "trap" },
	{ SECCOMP_RET_TRAP | 7, POLICY_AUDIT_NONE, 0, "trap 7" },
	{ SECCOMP_RET_ERRNO | 1, POLICY_AUDIT_NONE, 0, "deny EPERM" },
	{ SECCOMP_RET_ERRNO | 38, POLICY_AUDIT_NONE, 0, "deny ENOSYS" },
	{ SECCOMP_RET_ERRNO | 4000, POLICY_AUDIT_NONE, 0, "deny 4000" },
	{ SECCOMP_RET_USER_NOTIF, POLICY_AUDIT_DENY, 13, "audit deny EACCES" },
	{ SECCOMP_RET_USER_NOTIF, POLICY_AUDIT_NONE, 0, "notify" },
	{ SECCOMP_RET_TRACE | 3, POLICY_AUDIT_NONE, 0, "trace 3" },
	{ SECCOMP_RET_USER_NOTIF, POLICY_AUDIT_ALLOW, 0, "audit allow" },
	{ SECCOMP_RET_LOG, POLICY_AUDIT_NONE, 0, "log" },
	{ SECCOMP_RET_ALLOW, POLICY_AUDIT_NONE, 0, "allow" },
};

Test(names, an_action_is_shown_as_the_language_writes_it)
{
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(actions); i++)
		cr_expect_str_eq(policy_action_text(&a, actions[i].action, actions[i].audit,
						    actions[i].err),
				 actions[i].text);
	cr_expect_str_eq(policy_action_text(&a, 0x12340000, POLICY_AUDIT_NONE, 0),
			 "kill (unknown action 0x12340000)");
}

Test(names, actions_are_ranked_by_what_they_permit)
{
	for (size_t i = 1; i < COUNT(actions); i++)
		cr_expect_leq(policy_action_rank(actions[i - 1].action, actions[i - 1].audit),
			      policy_action_rank(actions[i].action, actions[i].audit), "%s",
			      actions[i].text);
	cr_expect_eq(policy_action_rank(0x12340000, POLICY_AUDIT_NONE), 0);
	cr_expect_lt(policy_action_rank(SECCOMP_RET_LOG, POLICY_AUDIT_NONE),
		     policy_action_rank(SECCOMP_RET_ALLOW, POLICY_AUDIT_NONE));
}
