/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy means once its names have meanings. What is refused: t_resolve_refusals.c. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "tests/unit/policy_help.h"

/* clang-format off */
#define BASE "policy base { allow read; deny EACCES ptrace; allow socket when family == AF_UNIX; } "

static const struct {
	const char *policy, *call, *answer;
} answers[] = {
	/* the first rule that matches, then the default */
	{ "deny EACCES read; allow @basic-io;", "read", "deny EACCES" },
	{ "deny EACCES read; allow @basic-io;", "write", "allow" },
	{ "allow read;", "write", "deny EPERM" },
	{ "allow read;", "uname", "deny EPERM" },
	{ "default kill; allow read;", "write", "kill" },
	{ "default deny EACCES unknown deny ENOSYS; allow read;", "write", "deny EACCES" },
	/* what is unknown: no number of the tables, or newer than the policy */
	{ "allow read;", "9999", "deny ENOSYS" },
	{ "default kill; allow read;", "9999", "kill" },
	{ "default kill unknown deny ENOSYS; allow read;", "9999", "deny ENOSYS" },
	{ "kernel 5.9; allow read;", "cachestat", "deny ENOSYS" },
	{ "kernel 6.5; allow read;", "cachestat", "deny EPERM" },
	{ "kernel 5.9; allow cachestat;", "cachestat", "allow" },
	{ "allow since 6.5;", "cachestat", "allow" },
	{ "allow since 6.6;", "cachestat", "deny EPERM" },
	/* x32 and other architectures */
	{ "default allow;", "0x40000000", "deny ENOSYS" },
	{ "default allow;", "read@i386", "kill" },
	{ "default allow; badarch deny EACCES;", "read@i386", "deny EACCES" },
	{ "default allow; arch x86_64, i386;", "read@i386", "allow" },
	/* sets */
	{ "allow (read | write) - write;", "write", "deny EPERM" },
	{ "allow @basic-io & (read | uname);", "write", "deny EPERM" },
	{ "allow @basic-io & (read | uname);", "read", "allow" },
	{ "allow * - read;", "read", "deny EPERM" },
	{ "allow * - read;", "write", "allow" },
	{ "allow nr 9999 @ x86_64;", "9999", "allow" },
	{ "allow nr 9999 @ x86_64 when arg0 == 7;", "9999(7)", "allow" },
	{ "allow nr 9999 @ x86_64 when arg0 == 7;", "9999(0x100000007)", "deny ENOSYS" },
	{ "allow nr 9999 @ x86_64 when arg0:u32 == 7;", "9999(0x100000007)", "allow" },
	{ "allow nr 9999 @ i386;", "9999", "deny ENOSYS" },
	{ "allow nr 0 @ x86_64;", "read", "allow" },
	{ "allow read | no_such_call?;", "read", "allow" },
	{ "group @mine = read | write; policy p { allow @mine - write; }", "read", "allow" },
	{ "group @mine = read | write; policy p { allow @mine - write; }", "write", "deny EPERM" },
	{ "group @a = @b | read; group @b = write; policy p { allow @a; }", "write", "allow" },
	/* actions */
	{ "deny read;", "read", "deny EPERM" },
	{ "deny 7 read;", "read", "deny E2BIG" },
	{ "kill thread read;", "read", "kill thread" },
	{ "trap 5 read;", "read", "trap 5" },
	{ "trace 6 read;", "read", "trace 6" },
	{ "log read;", "read", "log" },
	{ "notify read;", "read", "notify" },
	{ "audit deny read;", "read", "audit deny EPERM" },
	{ "audit deny EACCES read;", "read", "audit deny EACCES" },
	{ "audit allow read;", "read", "audit allow" },
	/* guards */
	{ "if cap(CAP_BPF) { allow bpf; } else { deny EACCES bpf; }", "bpf", "allow" },
	{ "if cap(CAP_SYSLOG) { allow bpf; } else { deny EACCES bpf; }", "bpf", "deny EACCES" },
	{ "if !cap(CAP_SYSLOG) && cap(CAP_BPF) { allow bpf; }", "bpf", "allow" },
	{ "if cap(CAP_SYSLOG) || cap(CAP_BPF) { allow bpf; }", "bpf", "allow" },
	{ "arch x86_64, i386; if arch(i386) { allow read; }", "read@i386", "allow" },
	{ "arch x86_64, i386; if arch(i386) { allow read; }", "read", "deny EPERM" },
	{ "arch x86_64, i386; if !arch(i386) { allow read; }", "read", "allow" },
	{ "arch x86_64, i386; if arch(i386) { kernel 5.9; } else { kernel 6.5; } allow read;",
	  "cachestat@i386", "deny ENOSYS" },
	{ "arch x86_64, i386; if arch(i386) { kernel 5.9; } else { kernel 6.5; } allow read;",
	  "cachestat", "deny EPERM" },
	{ "kernel 6.1; if kernel >= 6.1 { allow read; }", "read", "allow" },
	{ "kernel 6.1; if kernel > 6.1 { allow read; }", "read", "deny EPERM" },
	{ "if kernel > 6.1 { allow read; } kernel 6.1;", "read", "deny EPERM" },
	{ "policy base { kernel 6.1; } policy p extends base { if kernel > 6.1 { allow read; } }",
	  "read", "deny EPERM" },
	{ "param x; policy p { if param(x) { allow read; } }", "read", "deny EPERM" },
	{ "param x = 1; policy p { if param(x) { allow read; } }", "read", "allow" },
	{ "param x = 0; policy p { if param(x) { allow read; } }", "read", "deny EPERM" },
	{ "param on; policy p { if param(on) { allow read; } }", "read", "allow" },
	{ "param off = 1; policy p { if param(off) { allow read; } }", "read", "deny EPERM" },
	{ "param fam = 1; policy p { allow socket when family == fam; }", "socket(2)", "allow" },
	/* extends: the child's rules first, then the parent's */
	{ BASE "policy p extends base { allow write; }", "write", "allow" },
	{ BASE "policy p extends base { allow write; }", "read", "allow" },
	{ BASE "policy p extends base { deny EACCES read; }", "read", "deny EACCES" },
	{ BASE "policy p extends base { override allow ptrace; }", "ptrace", "allow" },
	{ BASE "policy p extends base { allow socket when family == AF_INET; }", "socket(2)", "allow" },
	{ BASE "policy p extends base { allow socket; }", "socket(1)", "allow" },
	{ BASE "policy p extends base { default kill; }", "write", "kill" },
	{ "policy base { default kill; } policy p extends base { allow read; }", "write", "kill" },
	{ "policy p extends base { allow write; }", "ptrace", "deny EACCES" },
	{ "policy a { override kill read; } policy b extends a { } policy p extends b { override allow read; }",
	  "read", "allow" },
	{ "policy a { override kill read; } policy p extends a { allow write; }", "read", "kill" },
	/* use: in its place */
	{ "policy a { deny EACCES read; } policy p { use a; allow @basic-io; }", "read", "deny EACCES" },
	{ "policy a { deny EACCES read; } policy p { allow @basic-io; use a; }", "read", "allow" },
	{ "policy a { default kill; } policy p { use a; }", "read", "kill" },
	{ "policy a { default kill; } policy b { default log; } policy p extends a { use b; }", "read", "log" },
	{ "policy a { allow read; } policy p { if cap(CAP_SYSLOG) { use a; } allow write; }", "read", "deny EPERM" },
	/* override: before all others */
	{ "allow read; override deny EACCES read | write;", "read", "deny EACCES" },
	/* forbid: a deny before what is inherited, where that would permit */
	{ BASE "policy p extends base { forbid read; }", "read", "deny EPERM" },
	{ BASE "policy p extends base { forbid ptrace; }", "ptrace", "deny EACCES" },
	{ "default allow; forbid ptrace;", "ptrace", "deny EPERM" },
	/* stage */
	{ "stage exec; allow read;", "execve", "allow" },
	{ "stage exec; deny EACCES execve;", "execve", "deny EACCES" },
	{ "stage exec; deny EACCES execve;", "execveat", "allow" },
	{ "stage exec; deny EACCES execve when path == 0;", "execve(1)", "allow" },
	{ "stage self; allow read;", "execve", "deny EPERM" },
	/* clone3 beside a look at clone's flags */
	{ "allow clone when flags has none CLONE_NEWNS;", "clone3", "deny ENOSYS" },
	{ "allow @process | clone3; deny ENOSYS bpf;", "clone3", "allow" },
	{ "allow clone when flags has none CLONE_NEWNS; allow @process;", "clone3", "deny ENOSYS" },
	{ "allow clone3; allow clone when flags has none CLONE_NEWNS;", "clone3", "allow" },
	{ "allow clone when flags has none CLONE_NEWNS; kill clone3;", "clone3", "kill" },
	{ "allow clone when newsp == 0;", "clone3", "deny EPERM" },
	{ "allow clone;", "clone3", "deny EPERM" },
	/* i386: socketcall and ipc */
	{ "arch i386; allow socket;", "socketcall(1)@i386", "allow" },
	{ "arch i386; allow socket;", "socketcall(2)@i386", "deny EPERM" },
	{ "arch i386; allow accept;", "socketcall(5)@i386", "allow" },
	{ "arch i386; allow @network-io;", "socketcall(9)@i386", "allow" },
	{ "arch i386; allow socket when family == 1; deny EACCES socket;", "socketcall(1)@i386", "deny EACCES" },
	{ "arch i386; deny EACCES socket when family == 38; allow socket;", "socketcall(1)@i386", "deny EACCES" },
	{ "arch i386; deny EACCES socket when family == 38; allow socket;", "socket(2)@i386", "allow" },
	{ "arch i386; allow socketcall | socket;", "socketcall(2)@i386", "allow" },
	{ "arch i386; allow semop;", "ipc(1)@i386", "allow" },
	{ "arch i386; allow semop;", "ipc(0x10001)@i386", "allow" },
	{ "arch i386; allow semop;", "ipc(2)@i386", "deny EPERM" },
	{ "arch x86_64, i386; allow socket;", "socket", "allow" },
};
/* clang-format on */

/* A param of that name is set when the policy declares it. */
static const char *const *params_of(const char *policy)
{
	static const char *const on[] = { "on=yes", NULL }, *const off[] = { "off=no", NULL },
				 *const fam[] = { "fam=AF_INET", NULL };

	if (strstr(policy, "param on") != NULL)
		return on;
	if (strstr(policy, "param off") != NULL)
		return off;
	return strstr(policy, "param fam") != NULL ? fam : NULL;
}

Test(resolve, answers_as_the_language_says)
{
	static const char *const caps[] = { "CAP_BPF", NULL };

	for (size_t i = 0; i < COUNT(answers); i++) {
		autoarena struct arena a = { 0 };
		const struct policy_env env = { .caps = caps,
						.params = params_of(answers[i].policy) };
		struct policy_diags d = { 0 };
		const struct policy *p = help_policy(&a, answers[i].policy, &env, &d);

		cr_assert_not_null(p, "%s: %s", answers[i].policy, help_says(&a, &d));
		cr_expect_str_eq(help_answer(&a, p, answers[i].call), answers[i].answer,
				 "%s: %s: %s", answers[i].policy, answers[i].call,
				 help_answer(&a, p, answers[i].call));
	}
}

/* ---- conditions ---- */

/* clang-format off */
static const struct {
	const char *rule, *call; /* "allow" when it holds */
	bool holds;
} conditions[] = {
	/* 32 bits: what is above does not matter */
	{ "allow socket when family == 40;", "socket(40)", true },
	{ "allow socket when family == 40;", "socket(0x100000028)", true },
	{ "allow socket when family != 40;", "socket(0x100000028)", false },
	{ "allow socket when arg0 == 40;", "socket(0x100000028)", true },
	{ "allow socket when arg0:u64 == 40;", "socket(0x100000028)", false },
	{ "allow socket when arg0:u32 == 40;", "socket(0x100000028)", true },
	/* 16 bits: file modes */
	{ "allow chmod when mode == 0644;", "chmod(0,0644)", true },
	{ "allow chmod when mode == 0644;", "chmod(0,0x101a4)", true },
	{ "allow chmod when mode <= 0777;", "chmod(0,0x101ff)", true },
	{ "allow chmod when mode <= 0777;", "chmod(0,01000)", false },
	{ "allow chmod when mode in {0400..0700};", "chmod(0,0700)", true },
	{ "allow chmod when mode in {0400..0700};", "chmod(0,0701)", false },
	{ "allow chmod when mode in {0400..0700};", "chmod(0,0377)", false },
	{ "allow chmod when mode has none S_ISUID|S_ISGID;", "chmod(0,04755)", false },
	{ "allow chmod when mode has only 0777;", "chmod(0,0x101ff)", true },
	/* 64 bits */
	{ "allow brk when brk == 0x100000005;", "brk(0x100000005)", true },
	{ "allow brk when brk == 5;", "brk(0x100000005)", false },
	{ "allow brk when brk > 0xffffffff;", "brk(0x100000000)", true },
	{ "allow brk when brk > 0xffffffff;", "brk(0xffffffff)", false },
	{ "allow brk when brk >= 0x8000000000000000;", "brk(0x7fffffffffffffff)", false },
	{ "allow brk when brk >= 0x8000000000000000;", "brk(0xffffffffffffffff)", true },
	/* signs */
	{ "allow close when fd < 3;", "close(2)", true },
	{ "allow close when fd < 3;", "close(3)", false },
	{ "allow close when fd < 3;", "close(0xffffffff)", true },
	{ "allow close when fd < 3;", "close(0x80000000)", true },
	{ "allow close when fd < 3;", "close(0x7fffffff)", false },
	{ "allow close when fd >= 0;", "close(0x80000000)", false },
	{ "allow close when fd >= 0;", "close(0x7fffffff)", true },
	{ "allow close when fd > -1;", "close(0)", true },
	{ "allow close when fd > -1;", "close(-1)", false },
	{ "allow close when fd <= -2;", "close(-2)", true },
	{ "allow close when fd <= -2;", "close(-1)", false },
	{ "allow close when fd == -1;", "close(0xffffffff)", true },
	{ "allow close when fd in {0..2};", "close(2)", true },
	{ "allow close when fd in {0..2};", "close(-1)", false },
	{ "allow close when fd in {-5..2, 7};", "close(-3)", true },
	{ "allow close when fd in {-5..2, 7};", "close(0)", true },
	{ "allow close when fd in {-5..2, 7};", "close(7)", true },
	{ "allow close when fd in {-5..2, 7};", "close(-6)", false },
	{ "allow close when fd in {-5..2, 7};", "close(3)", false },
	{ "allow close when arg0:u32 < 3;", "close(-1)", false },
	{ "allow openat when dirfd == AT_FDCWD;", "openat(0xffffff9c)", true },
	{ "allow openat when dirfd == AT_FDCWD;", "openat(0xffffffffffffff9c)", true },
	{ "allow openat when dirfd == -100;", "openat(0xffffff9c)", true },
	{ "allow lseek when offset < 0;", "lseek(0,-1)", true },
	{ "allow lseek when offset < 0;", "lseek(0,0xffffffff)", false },
	/* masks */
	{ "allow openat when flags has any O_WRONLY|O_RDWR;", "openat(0,0,2)", true },
	{ "allow openat when flags has any O_WRONLY|O_RDWR;", "openat(0,0,0)", false },
	{ "allow openat when flags has any O_WRONLY|O_RDWR;", "openat(0,0,0x100000000)", false },
	{ "allow openat when flags has all O_WRONLY|O_CREAT;", "openat(0,0,0101)", true },
	{ "allow openat when flags has all O_WRONLY|O_CREAT;", "openat(0,0,0100)", false },
	{ "allow openat when flags has only O_WRONLY|O_CREAT;", "openat(0,0,0100)", true },
	{ "allow openat when flags has only O_WRONLY|O_CREAT;", "openat(0,0,0102)", false },
	{ "allow openat when flags has none O_WRONLY;", "openat(0,0,2)", true },
	{ "allow openat when (flags & O_ACCMODE) == O_RDONLY;", "openat(0,0,0100)", true },
	{ "allow openat when (flags & O_ACCMODE) == O_RDONLY;", "openat(0,0,0101)", false },
	{ "allow openat when (flags & O_ACCMODE) != O_RDONLY;", "openat(0,0,0101)", true },
	{ "allow openat when flags has none ~O_CLOEXEC;", "openat(0,0,02000000)", true },
	{ "allow openat when flags has none ~O_CLOEXEC;", "openat(0,0,1)", false },
	/* pointers */
	{ "allow read when buf == 0;", "read(0,0)", true },
	{ "allow read when buf == 0;", "read(0,0x100000000)", false },
	{ "allow read when buf != 0;", "read(0,1)", true },
	/* joined */
	{ "allow socket when family == 2 && type == 1;", "socket(2,1)", true },
	{ "allow socket when family == 2 && type == 1;", "socket(2,2)", false },
	{ "allow socket when family == 2 || type == 1;", "socket(3,1)", true },
	{ "allow socket when !(family == 2 || type == 1);", "socket(3,1)", false },
	{ "allow socket when !(family == 2 || type == 1);", "socket(3,2)", true },
	{ "allow read | write when fd == 1;", "write(1)", true },
	{ "allow read | write when fd == 1;", "read(2)", false },
};
/* clang-format on */

Test(resolve, compares_what_the_kernel_looks_at)
{
	for (size_t i = 0; i < COUNT(conditions); i++) {
		autoarena struct arena a = { 0 };
		struct policy_diags d = { 0 };
		const struct policy *p = help_policy(&a, conditions[i].rule, NULL, &d);

		cr_assert_not_null(p, "%s: %s", conditions[i].rule, help_says(&a, &d));
		cr_expect_str_eq(help_answer(&a, p, conditions[i].call),
				 conditions[i].holds ? "allow" : "deny EPERM", "%s: %s",
				 conditions[i].rule, conditions[i].call);
	}
}

/* ---- plain rules: 64-bit compares of arguments that the kernel cuts ---- */

/* clang-format off */
static const struct {
	const char *call_name;
	struct policy_arg arg;
	const char *call;
	bool holds;
} plain[] = {
	{ "socket", { 0, POLICY_EQ, 40, 0 }, "socket(0x100000028)", true },
	{ "socket", { 0, POLICY_NE, 40, 0 }, "socket(0x100000028)", false },
	{ "socket", { 0, POLICY_EQ, 0x100000028, 0 }, "socket(40)", false },
	{ "socket", { 0, POLICY_EQ, 0x100000028, 0 }, "socket(0x100000028)", false },
	{ "socket", { 0, POLICY_NE, 0x100000028, 0 }, "socket(40)", true },
	{ "socket", { 0, POLICY_LT, 0x100000000, 0 }, "socket(40)", true },
	{ "socket", { 0, POLICY_LE, 0x100000000, 0 }, "socket(40)", true },
	{ "socket", { 0, POLICY_GT, 0x100000000, 0 }, "socket(40)", false },
	{ "socket", { 0, POLICY_GE, 0x100000000, 0 }, "socket(40)", false },
	{ "socket", { 0, POLICY_EQ, UINT64_MAX, 0 }, "socket(0xffffffff)", true },
	{ "socket", { 0, POLICY_GT, 40, 0 }, "socket(0xffffffff)", true }, /* unsigned */
	{ "socket", { 0, POLICY_LT, 40, 0 }, "socket(0xffffffff)", false },
	{ "clone", { 0, POLICY_MASKED_EQ, 0, 0x7e020000 }, "clone(0x11)", true },
	{ "clone", { 0, POLICY_MASKED_EQ, 0, 0x7e020000 }, "clone(0x10000011)", false },
	{ "clone", { 0, POLICY_MASKED_EQ, 0, 0xffffffff00000000 }, "clone(0x11)", true },
	{ "socket", { 0, POLICY_MASKED_EQ, 0x28, UINT64_MAX }, "socket(0x28)", true },
	{ "socket", { 0, POLICY_MASKED_EQ, 0x100000028, UINT64_MAX }, "socket(0x28)", false },
	{ "socket", { 0, POLICY_MASKED_EQ, 0xff, 0x0f }, "socket(0x1f)", true },
	{ "brk", { 0, POLICY_EQ, 5, 0 }, "brk(0x100000005)", false },
	{ "read", { 1, POLICY_GT, 5, 0 }, "read(0,0x100000000)", true }, /* a pointer */
	{ "getpid", { 3, POLICY_EQ, 5, 0 }, "getpid(0,0,0,5)", true }, /* no argument */
	{ "getpid", { 3, POLICY_EQ, 5, 0 }, "getpid(0,0,0,0x100000005)", false },
	{ "chmod", { 1, POLICY_EQ, 0644, 0 }, "chmod(0,0x101a4)", true },
};
/* clang-format on */

Test(resolve, plain_rules_compare_what_the_kernel_looks_at)
{
	static const char *const archs[] = { "x86_64", NULL };

	for (size_t i = 0; i < COUNT(plain); i++) {
		autoarena struct arena a = { 0 };
		const char *names[] = { plain[i].call_name, NULL };
		const struct policy_rule rule = { .names = names,
						  .action = SECCOMP_RET_ALLOW,
						  .args = &plain[i].arg,
						  .args_n = 1 };
		const struct policy_rules rules = { SECCOMP_RET_ERRNO | EPERM, archs, &rule,
						    1 };
		struct policy_diags d = { .arena = &a };
		const struct policy *p = NULL;
		struct err e = { 0 };
		bool carried;

		cr_assert_eq(policy_from_rules(&a, &rules, &d, &carried, &p, &e), 0, "%s",
			     e.text);
		cr_expect_str_eq(help_answer(&a, p, plain[i].call),
				 plain[i].holds ? "allow" : "deny EPERM", "%zu: %s", i,
				 plain[i].call);
	}
}

static const struct policy *of_rules(struct arena *a, uint32_t action, const char *const *names)
{
	static const char *const archs[] = { "x86_64", NULL };
	const struct policy_rule rule = { .names = names, .action = SECCOMP_RET_LOG };
	const struct policy_rules rules = { action, archs, &rule, 1 };
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct err e = { 0 };
	bool carried;

	cr_assert_eq(policy_from_rules(a, &rules, &d, &carried, &p, &e), 0, "%s", e.text);
	return p;
}

Test(resolve, plain_rules_are_as_new_as_their_newest_name)
{
	static const char *const older[] = { "close_range", "no_such_call", NULL }; /* 5.9 */
	static const char *const newer[] = { "cachestat", NULL };                   /* 6.5 */
	autoarena struct arena a = { 0 };
	const struct policy *p = of_rules(&a, SECCOMP_RET_ERRNO | EPERM, older);

	cr_expect_eq(p->kernel[ARCH_X86_64], KERNEL(5, 9));
	cr_expect_eq(policy_skipped(p), 1);
	cr_expect_str_eq(policy_name(p), "");
	cr_expect_str_eq(help_answer(&a, p, "openat2"), "deny EPERM");
	cr_expect_str_eq(help_answer(&a, p, "epoll_pwait2"), "deny ENOSYS");
	cr_expect_str_eq(help_answer(&a, p, "9999"), "deny ENOSYS");
	p = of_rules(&a, SECCOMP_RET_ERRNO | EPERM, newer);
	cr_expect_str_eq(help_answer(&a, p, "epoll_pwait2"), "deny EPERM");
	p = of_rules(&a, SECCOMP_RET_KILL_PROCESS, older);
	cr_expect_str_eq(help_answer(&a, p, "epoll_pwait2"), "deny ENOSYS");
	p = of_rules(&a, SECCOMP_RET_ALLOW, older);
	cr_expect_str_eq(help_answer(&a, p, "epoll_pwait2"), "allow");
	cr_expect_str_eq(help_answer(&a, p, "9999"), "allow");
}

/* ---- the rest of a policy ---- */

Test(resolve, tells_what_a_policy_is)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const struct policy *p = help_policy(&a,
					     "arch x86_64, i386, x86_64; flags log, "
					     "spec_allow; allow read | x?;",
					     NULL, &d);

	cr_assert_not_null(p, "%s", help_says(&a, &d));
	cr_expect_str_eq(policy_name(p), "p");
	cr_expect_eq(policy_skipped(p), 1);
	cr_expect_eq(policy_flags(p), SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	cr_expect_eq(policy_arch(p, 0), arch_audit(ARCH_X86_64));
	cr_expect_eq(policy_arch(p, 1), arch_audit(ARCH_I386));
	cr_expect_eq(policy_arch(p, 2), 0);
}

Test(resolve, a_watcher_is_waited_for_without_signals)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };

	cr_expect_eq(policy_flags(help_policy(&a, "audit deny read;", NULL, &d)), 1u << 5);
	cr_expect_eq(policy_flags(help_policy(&a, "allow read;", NULL, &d)), 0);
}

Test(resolve, conditions_are_sorted_and_folded)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const struct policy *p =
		help_policy(&a, "allow write | read | close when arg0:u32 >= 0; allow dup;",
			    NULL, &d);

	cr_assert_not_null(p);
	cr_expect_eq(p->rules[0].conds_n[ARCH_X86_64], 0, "always true is no condition");
	p = help_policy(&a, "allow write | read | close when arg0 == 1; allow dup;", NULL, &d);
	cr_assert_eq(p->rules[0].conds_n[ARCH_X86_64], 3);
	for (size_t i = 1; i < 3; i++)
		cr_expect_lt(p->rules[0].conds[ARCH_X86_64][i - 1].id,
			     p->rules[0].conds[ARCH_X86_64][i].id);
	cr_expect_null(rule_cond(&p->rules[1], ARCH_X86_64, sc_find("dup", 3)));
}

Test(resolve, clone3_is_added_only_when_nothing_is_said_of_it)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const struct policy *p =
		help_policy(&a, "allow clone3; allow clone when flags == 0;", NULL, &d);

	cr_expect_eq(p->rules_n, 2);
	p = help_policy(&a, "allow clone when flags == 0;", NULL, &d);
	cr_expect_eq(p->rules_n, 2);
	cr_expect_not_null(p->rules[0].reason);
}

/* ---- expect ---- */

Test(resolve, expect_lines_are_held_against_the_policy)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const struct policy *p =
		help_policy(&a,
			    "arch x86_64, i386; allow read; deny EACCES socket when family == "
			    "38;\n"
			    "expect read(0, 0, 1) -> allow;\n"
			    "expect socket(0x100000026) @ x86_64 -> deny EACCES;\n"
			    "expect write(-1) -> allow;\n"
			    "expect socket(AF_ALG) @ x86_64 -> deny;\n"
			    "expect uname() @ i386 -> deny EPERM;\n",
			    NULL, &d);
	struct policy_decision want;
	struct seccomp_data call;

	cr_assert_not_null(p, "%s", help_says(&a, &d));
	d.first = d.last = NULL;
	cr_expect_eq(policy_test(p, &d), 7);
	cr_expect_str_eq(help_says(&a, &d),
			 "4:1 error expect: write(-1, 0, 0): expected allow, the "
			 "policy says deny EPERM\n"
			 "4:1 error expect: write(-1, 0, 0) @ i386: expected allow, the policy "
			 "says deny EPERM\n"
			 "5:1 error expect: socket(AF_ALG, 0, 0): expected deny EPERM, "
			 "the policy says deny EACCES\n"
			 "1:43 note expect: the rule that answers it",
			 "%s", help_says(&a, &d));
	cr_assert(policy_expect(p, 2, &call, &want));
	cr_expect_eq(call.args[0], 0x100000026);
	cr_expect_eq(want.action, SECCOMP_RET_ERRNO | EACCES);
	cr_expect_eq(want.at.line, 3);
	cr_assert(policy_expect(p, 4, &call, &want));
	cr_expect_eq(call.arch, arch_audit(ARCH_I386));
	cr_expect_eq(call.args[0], 0xffffffff, "registers of i386 have 32 bits");
	cr_expect_not(policy_expect(p, 7, &call, &want));
}
