/* SPDX-License-Identifier: Apache-2.0 */
/* Advice: each kind once, and what is no reason for it. */
#include <criterion/criterion.h>

#include "base/str.h"
#include "tests/unit/policy_help.h"

/* clang-format off */
static const struct {
	const char *policy, *says;
} texts[] = {
	{ "allow @default | @process | @basic-io;",
	  "" },
	{ "default allow; deny read;",
	  "1:12 warning default-allow: what no rule names is permitted, and so is what the next kernel brings" },
	{ "default kill; allow @default | @process;",
	  "1:12 warning unknown-kill: a call that is newer than the policy is answered with kill: libraries try new calls and fall back only on ENOSYS (default ... unknown deny ENOSYS;)" },
	{ "default kill unknown deny ENOSYS; allow @default | @process;",
	  "" },
	{ "allow exit | exit_group | rt_sigreturn | restart_syscall;",
	  "0:0 warning exec: execve is answered with deny EPERM: the container cannot start (\"stage exec;\" lets the runtime start the program; \"stage self;\" is for one that loads the filter itself)" },
	{ "allow execve;",
	  "0:0 warning exit: exit is answered with deny EPERM: a program that cannot end or return from a signal tries for ever (allow exit | exit_group | rt_sigreturn | restart_syscall;)" },
	{ "stage exec; allow @default;",
	  "" },
	{ "stage self; allow @default;",
	  "" },
	{ "deny EACCES exit_group; allow @default | @process;",
	  "1:12 warning exit: exit_group is answered with deny EACCES: a program that cannot end or return from a signal tries for ever (allow exit | exit_group | rt_sigreturn | restart_syscall;)" },
	{ "kill exit_group; allow @default | @process;",
	  "" },
	{ "default deny ENOSYS; allow @default | @process; deny EACCES openat when flags has any O_CREAT; allow openat | open;",
	  "1:107 warning family: openat is filtered, but open does the same and is permitted" },
	{ "default deny ENOSYS; allow @default | @process; deny ENOSYS openat2; deny EACCES openat when flags has any O_CREAT; allow openat;",
	  "" },
	{ "default deny ENOSYS; deny EACCES tgkill; allow @default | @process;",
	  "1:33 warning family: tgkill is filtered, but kill does the same and is permitted" },
	{ "default deny ENOSYS; allow @default | @process; deny EACCES fchmodat; allow @fs-write;",
	  "1:60 warning family: fchmodat is filtered, but chmod does the same and is permitted" },
	{ "allow @default | @process | fchmodat;",
	  "0:0 warning fallback: fchmodat2 is answered with deny EPERM: libraries fall back on fchmodat only when it is ENOSYS (deny ENOSYS fchmodat2;)" },
	{ "default deny ENOSYS; allow @default | @process | io_uring_setup | ptrace | userfaultfd | bpf | perf_event_open | keyctl | pidfd_getfd;",
	  "1:33 warning surface: io_uring_setup is permitted: operations through a ring are seen by no filter\n"
	  "1:33 warning surface: ptrace is permitted: memory and descriptors of other processes\n"
	  "1:33 warning surface: pidfd_getfd is permitted: memory and descriptors of other processes\n"
	  "1:33 warning surface: userfaultfd is permitted: it holds the kernel at a page fault, which helps to win races\n"
	  "1:33 warning surface: bpf is permitted: new code for the kernel\n"
	  "1:33 warning surface: perf_event_open is permitted: counters tell of other processes and of the kernel\n"
	  "1:33 warning surface: keyctl is permitted: key rings know no namespaces" },
	{ "default deny ENOSYS; allow @default | execve | socket;",
	  "1:33 warning value: socket with AF_ALG is permitted: a large part of the kernel, reached by anyone (CVE-2026-31431)\n"
	  "1:33 warning value: socket with AF_VSOCK is permitted: it reaches the host of a virtual machine, past its network\n"
	  "1:33 warning value: socket with AF_PACKET is permitted: raw packets" },
	{ "default deny ENOSYS; allow @default | execve; allow socket when family in {AF_UNIX, AF_INET};",
	  "" },
	{ "default deny ENOSYS; allow @default | execve | ioctl;",
	  "1:33 warning value: ioctl with TIOCSTI is permitted: it types into the terminal of who started the program (CVE-2017-5226)\n"
	  "1:33 warning value: ioctl with TIOCLINUX is permitted: it pastes into the terminal (CVE-2023-28100)" },
	{ "default deny ENOSYS; allow @default | execve; allow ioctl when cmd != TIOCSTI;",
	  "1:58 warning value: ioctl with TIOCLINUX is permitted: it pastes into the terminal (CVE-2023-28100)" },
	{ "default deny ENOSYS; allow clone when flags has none CLONE_NEWUSER; allow @default | execve | unshare;",
	  "1:80 warning unshare: clone is kept from new namespaces, but unshare is permitted (deny EPERM unshare;)" },
	{ "default deny ENOSYS; allow clone3; allow clone when flags has none CLONE_NEWUSER; allow @default | execve;",
	  "1:33 warning clone3: clone is kept from new namespaces, but clone3 is permitted (deny ENOSYS clone3;)" },
	{ "default deny ENOSYS; allow clone when flags has none CLONE_NEWUSER; allow @default | execve;",
	  "" },
	{ "default deny ENOSYS; deny EACCES mprotect when prot has all PROT_WRITE|PROT_EXEC; allow @default | execve | mprotect | pkey_mprotect | shmat | personality;",
	  "1:94 warning family: mprotect is filtered, but pkey_mprotect does the same and is permitted\n"
	  "1:94 warning code: mprotect is kept from executable memory, but pkey_mprotect makes it with PROT_EXEC\n"
	  "1:94 warning code: mprotect is kept from executable memory, but mmap makes it with PROT_EXEC\n"
	  "1:94 warning code: mprotect is kept from executable memory, but shmat makes it with SHM_EXEC\n"
	  "1:94 warning code: mprotect is kept from executable memory, but personality makes it with READ_IMPLIES_EXEC" },
	{ "default deny ENOSYS; arch x86_64, i386; deny EACCES stat64; allow @default | execve | stat | fstatat64;",
	  "1:52 warning family: stat64 is filtered, but stat does the same and is permitted" },
	{ "arch i386; deny EPERM clock_gettime64; allow @default | execve | sigreturn;",
	  "1:23 warning fallback: clock_gettime64 is answered with deny EPERM: libraries fall back on clock_gettime only when it is ENOSYS (deny ENOSYS clock_gettime64;)" },
	{ "default deny ENOSYS; stage exec; deny ENOSYS openat2; allow @default | openat;", "" },

	/* a reason is an answer to advice, for the rule that has it and for no other */
	{ "default deny ENOSYS; allow ptrace as \"a debugger\"; allow @default | @process | bpf;",
	  "1:63 warning surface: bpf is permitted: new code for the kernel" },
	{ "default deny ENOSYS; allow @default | execve; allow socket when family in {AF_UNIX, AF_ALG} as \"dm-crypt\"; allow ioctl when cmd in {TIOCSTI};",
	  "1:119 warning value: ioctl with TIOCSTI is permitted: it types into the terminal of who started the program (CVE-2017-5226)" },
	{ "default deny ENOSYS; allow @default | @process; deny EACCES openat when flags has any O_CREAT as \"old programs read\"; allow openat | open;",
	  "" },
	{ "default deny ENOSYS; allow @default | @process; deny EACCES openat when flags has any O_CREAT; allow openat; allow open as \"here\";",
	  "" },
	{ "deny EPERM fchmodat2 as \"not a library\"; allow @default | @process | fchmodat;",
	  "" },
	{ "default deny ENOSYS; allow clone when flags has none CLONE_NEWUSER; allow @default | execve; allow unshare as \"it is a browser\";",
	  "" },
	{ "default deny ENOSYS; deny EACCES mprotect when prot has all PROT_WRITE|PROT_EXEC as \"w^x\"; allow pkey_mprotect | mmap | shmat as \"jit\"; allow @default | execve | mprotect; allow personality;",
	  "1:184 warning code: mprotect is kept from executable memory, but personality makes it with READ_IMPLIES_EXEC" },
	/* nobody means these */
	{ "deny EACCES exit_group as \"for ever\"; allow @default | @process;",
	  "1:12 warning exit: exit_group is answered with deny EACCES: a program that cannot end or return from a signal tries for ever (allow exit | exit_group | rt_sigreturn | restart_syscall;)" },
	{ "deny EPERM execve | execveat as \"no\"; allow @default;",
	  "1:12 warning exec: execve is answered with deny EPERM: the container cannot start (\"stage exec;\" lets the runtime start the program; \"stage self;\" is for one that loads the filter itself)" },
};
/* clang-format on */

static const char *advice(struct arena *a, const char *text)
{
	struct policy_diags d = { 0 };
	const struct policy *p = help_policy(a, text, NULL, &d);

	cr_assert_not_null(p, "%s: %s", text, help_says(a, &d));
	d = (struct policy_diags){ .arena = a };
	policy_lint(p, &d);
	cr_expect_eq(d.errors, 0);
	return help_says(a, &d);
}

Test(lint, advises)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		autoarena struct arena a = { 0 };
		const char *says = advice(&a, texts[i].policy);

		cr_expect_str_eq(says, texts[i].says, "%s:\n%s", texts[i].policy, says);
	}
}

Test(lint, says_once_what_holds_on_all_architectures)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(
		advice(&a, "arch x86_64, i386, aarch64, arm; default deny ENOSYS; stage exec;"
			   "allow @default | sigreturn | ptrace;"),
		"1:77 warning surface: ptrace is permitted: memory and descriptors of other "
		"processes");
}
