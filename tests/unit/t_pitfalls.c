/* SPDX-License-Identifier: Apache-2.0 */
/* What filters in the wild got wrong, one test for each: none of it may be wrong here. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "seccomp/table.h"
#include "tests/unit/made.h"
#include "tests/unit/policy_help.h"
#include "tests/unit/sim_file.h"

#define ALLOW   SECCOMP_RET_ALLOW
#define DENY    (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)
#define KILL    SECCOMP_RET_KILL_PROCESS
#define WIDE    AUDIT_ARCH_X86_64
#define NARROW  AUDIT_ARCH_I386
#define X32     0x40000000

static struct filter of_text(struct arena *a, const char *text)
{
	struct policy_diags d = { .arena = a };
	const struct policy *p = help_policy(a, text, NULL, &d);
	struct policy_image image = { 0 };
	struct err e = { 0 };

	cr_assert_not_null(p, "%s", help_says(a, &d));
	cr_assert_eq(policy_compile(a, p, &(struct policy_options){ 0 }, &image, &e), 0, "%s",
		     e.text);
	return image.filter;
}

static struct filter of_rules(struct arena *a, const struct policy_rules *r)
{
	struct filter f = { 0 };
	struct err e = { 0 };
	size_t skipped;

	cr_assert_eq(sim_build(a, r, &f, &skipped, &e), 0, "%s", e.text);
	return f;
}

static uint32_t ask(const struct filter *f, uint32_t arch, uint32_t nr, uint64_t arg0,
		    uint64_t arg1)
{
	const struct seccomp_data call = { .nr = (int)nr,
					   .arch = arch,
					   .args = { arg0, arg1 } };

	return filter_run(f, &call, NULL, NULL);
}

static uint32_t number(uint32_t arch, const char *name)
{
	const int nr = syscall_number(arch, name);

	cr_assert_geq(nr, 0, "%s", name);
	return (uint32_t)nr;
}

/* firejail 87, kafel 19, seccompiler 74; and who lists SCMP_ARCH_X32 opens it wide. */
Test(pitfalls, x32_is_no_way_around_a_list_of_denials)
{
	static const char *const names[] = { "ptrace", NULL }, *const read[] = { "read", NULL };
	static const char *const archs[] = { "x86_64", "x86", "x32", NULL };
	const struct policy_rule deny = { .names = names, .action = DENY };
	const struct policy_rule allow = { .names = read, .action = ALLOW };
	const struct policy_rules denials = { ALLOW, archs, &deny, 1 };
	const struct policy_rules allows = { DENY, archs, &allow, 1 };
	autoarena struct arena a = { 0 };
	struct filter f = of_rules(&a, &denials);

	cr_expect_eq(ask(&f, WIDE, SYS_ptrace, 0, 0), DENY);
	cr_expect_eq(ask(&f, WIDE, X32 | SYS_ptrace, 0, 0), NO_CALL);
	cr_expect_eq(ask(&f, WIDE, X32 | 521, 0, 0), NO_CALL, "x32's own number of it");
	f = of_rules(&a, &allows);
	cr_expect_eq(ask(&f, WIDE, SYS_read, 0, 0), ALLOW);
	cr_expect_eq(ask(&f, WIDE, X32 | SYS_read, 0, 0), NO_CALL);
	f = of_text(&a, "default allow;");
	for (uint32_t nr = 0; nr < 600; nr++)
		cr_expect_eq(ask(&f, WIDE, X32 | nr, 0, 0), NO_CALL);
}

/* containerd 13330, moby 52547: socket denied, and socketcall left at a default that allows. */
Test(pitfalls, socketcall_is_no_way_around_a_rule_on_socket)
{
	autoarena struct arena a = { 0 };
	struct filter f = of_text(&a, "arch i386; default allow; deny EPERM socket;");

	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socket"), AF_INET, 0), DENY);
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socketcall"), 1, 0), DENY);
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socketcall"), 3, 0), ALLOW);
	f = of_text(&a, "arch i386; default allow; deny EPERM socket when family == AF_ALG;");
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socket"), AF_INET, 0), ALLOW);
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socket"), 38, 0), DENY);
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socketcall"), 1, 0), DENY,
		     "the family is in memory");
	f = of_text(&a, "arch i386; default deny EPERM; allow socket when family == AF_UNIX;");
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socket"), AF_UNIX, 0), ALLOW);
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socketcall"), 1, 0), DENY);
}

/* libseccomp 2.5.4 leaves some of them at the default action, where rules come by native
 * numbers for several architectures. */
Test(pitfalls, direct_calls_of_i386_are_allowed_as_those_through_socketcall_and_ipc)
{
	static const char *const names[] = { "socket",  "bind",   "connect", "recvmsg",
					     "sendmsg", "shmget", "shmctl",  "msgget",
					     "msgsnd",  "semget", NULL };
	static const char *const archs[] = { "x86_64", "x86", NULL };
	const struct policy_rule rule = { .names = names, .action = ALLOW };
	const struct policy_rules rules = { DENY, archs, &rule, 1 };
	autoarena struct arena a = { 0 };
	const struct filter f = of_rules(&a, &rules);

	for (size_t i = 0; names[i] != NULL; i++) {
		if (syscall_number(NARROW, names[i]) >= 0)
			cr_expect_eq(ask(&f, NARROW, number(NARROW, names[i]), 0, 0), ALLOW,
				     "%s", names[i]);
		cr_expect_eq(ask(&f, WIDE, number(WIDE, names[i]), 0, 0), ALLOW);
	}
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socketcall"), 1, 0), ALLOW);
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "socketcall"), 5, 0), DENY, "accept");
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "ipc"), 23, 0), ALLOW, "shmget");
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "ipc"), 0x10017, 0), ALLOW,
		     "and a version");
	cr_expect_eq(ask(&f, NARROW, number(NARROW, "ipc"), 21, 0), DENY, "shmat");
}

/* moby 42680: the flags are in memory, so clone3 is not there, and libc falls back on clone. */
Test(pitfalls, clone3_is_no_way_around_a_rule_on_clones_flags)
{
	autoarena struct arena a = { 0 };
	struct filter f = of_text(&a, "default deny EPERM; allow @process;"
				      "override deny EPERM clone when flags has any "
				      "CLONE_NEWUSER|CLONE_NEWNS;");

	cr_expect_eq(ask(&f, WIDE, SYS_clone, CLONE_NEWUSER, 0), DENY);
	cr_expect_eq(ask(&f, WIDE, SYS_clone, 0x1000000000000000 | CLONE_NEWNS, 0), DENY);
	cr_expect_eq(ask(&f, WIDE, SYS_clone, SIGCHLD, 0), ALLOW);
	cr_expect_eq(ask(&f, WIDE, 435, 0, 0), NO_CALL);
}

/* moby's rule against AF_ALG (CVE-2026-31431) and AF_VSOCK in its default profile: 64 bits
 * compared, 32 of which the kernel takes (libseccomp 383). */
Test(pitfalls, bits_above_an_int_are_no_way_around_a_rule_on_it)
{
	static const char *const names[] = { "socket", NULL }, *const archs[] = { "x86_64",
										  NULL };
	static const struct policy_arg low = { 0, POLICY_LT, 38, 0 },
				       mid = { 0, POLICY_EQ, 39, 0 },
				       high = { 0, POLICY_GT, 40, 0 };
	const struct policy_rule rules[] = {
		{ .names = names, .action = ALLOW, .args = &low, .args_n = 1 },
		{ .names = names, .action = ALLOW, .args = &mid, .args_n = 1 },
		{ .names = names, .action = ALLOW, .args = &high, .args_n = 1 },
	};
	const struct policy_rules r = { DENY, archs, rules, COUNT(rules) };
	static const uint64_t above[] = { 0, 1, 0x80000000, 0xffffffff, 0x7fffffff };
	autoarena struct arena a = { 0 };
	const struct filter f = of_rules(&a, &r);

	for (size_t i = 0; i < COUNT(above); i++) {
		cr_expect_eq(ask(&f, WIDE, SYS_socket, above[i] << 32 | 37, 0), ALLOW);
		cr_expect_eq(ask(&f, WIDE, SYS_socket, above[i] << 32 | 38, 0), DENY);
		cr_expect_eq(ask(&f, WIDE, SYS_socket, above[i] << 32 | 39, 0), ALLOW);
		cr_expect_eq(ask(&f, WIDE, SYS_socket, above[i] << 32 | 40, 0), DENY);
		cr_expect_eq(ask(&f, WIDE, SYS_socket, above[i] << 32 | 41, 0), ALLOW);
	}
}

/* Sign extension is the C library's right: snapd denied copy_file_range for it. */
Test(pitfalls, garbage_above_an_int_does_not_break_what_is_allowed)
{
	autoarena struct arena a = { 0 };
	const struct filter f = of_text(&a, "default deny EPERM;"
					    "allow openat when dirfd == AT_FDCWD;");

	cr_expect_eq(ask(&f, WIDE, SYS_openat, (uint64_t)-100, 0), ALLOW);
	cr_expect_eq(ask(&f, WIDE, SYS_openat, (uint32_t)-100, 0), ALLOW);
	cr_expect_eq(ask(&f, WIDE, SYS_openat, 0xdead00000000 | (uint32_t)-100, 0), ALLOW);
	cr_expect_eq(ask(&f, WIDE, SYS_openat, 100, 0), DENY);
}

/* The opposite: firedancer 9185 compared 32 bits of a 64-bit argument. */
Test(pitfalls, a_64_bit_argument_is_compared_whole)
{
	autoarena struct arena a = { 0 };
	const struct filter f = of_text(&a, "default deny EPERM; allow munmap when len == 4096;"
					    "allow mmap when length <= 0x100000000;");

	cr_expect_eq(ask(&f, WIDE, SYS_munmap, 0, 4096), ALLOW);
	cr_expect_eq(ask(&f, WIDE, SYS_munmap, 0, 0x100001000), DENY);
	cr_expect_eq(ask(&f, WIDE, SYS_mmap, 0, 0x100000000), ALLOW);
	cr_expect_eq(ask(&f, WIDE, SYS_mmap, 0, 0x100000001), DENY);
}

static bool compare(enum policy_op op, uint64_t v, uint64_t value)
{
	switch (op) {
	case POLICY_NE:
		return v != value;
	case POLICY_LT:
		return v < value;
	case POLICY_LE:
		return v <= value;
	case POLICY_EQ:
		return v == value;
	case POLICY_GE:
		return v >= value;
	case POLICY_GT:
		return v > value;
	case POLICY_MASKED_EQ:
		break;
	}
	return false;
}

static const uint64_t words[] = { 0, 1, 5, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

static uint64_t edge(size_t i)
{
	return words[i / COUNT(words)] << 32 | words[i % COUNT(words)];
}

#define EDGES (COUNT(words) * COUNT(words))

/* libseccomp was wrong here twice: CVE-2019-9893, GHSA-4q85-33p6-j5g6. */
Test(pitfalls, compares_of_64_bits_are_right_at_all_edges)
{
	static const char *const names[] = { "brk", NULL }, *const archs[] = { "x86_64", NULL };

	for (int op = POLICY_NE; op < POLICY_MASKED_EQ; op++)
		for (size_t i = 0; i < EDGES; i++) {
			const struct policy_arg arg = { 0, (enum policy_op)op, edge(i), 0 };
			const struct policy_rule rule = {
				.names = names, .action = ALLOW, .args = &arg, .args_n = 1
			};
			const struct policy_rules r = { DENY, archs, &rule, 1 };
			autoarena struct arena a = { 0 };
			const struct filter f = of_rules(&a, &r);

			for (size_t k = 0; k < EDGES; k++)
				cr_assert_eq(ask(&f, WIDE, SYS_brk, edge(k), 0),
					     compare(arg.op, edge(k), edge(i)) ? ALLOW : DENY,
					     "%#jx op %d %#jx", (uintmax_t)edge(k), op,
					     (uintmax_t)edge(i));
		}
}

/* libseccomp's own choice kills the thread and leaves half a process. */
Test(pitfalls, another_architecture_kills_the_whole_process)
{
	autoarena struct arena a = { 0 };
	const struct filter f = of_text(&a, "arch x86_64; default allow;");

	cr_expect_eq(ask(&f, WIDE, 0, 0, 0), ALLOW);
	cr_expect_eq(ask(&f, NARROW, 3, 0, 0), KILL);
	cr_expect_eq(ask(&f, AUDIT_ARCH_AARCH64, 63, 0, 0), KILL);
	cr_expect_eq(ask(&f, 0, 0, 0, 0), KILL);
	cr_expect_eq(ask(&f, UINT32_MAX, 0, 0, 0), KILL);
}

/* runc 2151, moby 42680, systemd 30250: programs fall back on ENOSYS, and on nothing else. */
Test(pitfalls, what_the_policy_cannot_know_is_not_there)
{
	autoarena struct arena a = { 0 };
	const struct filter f =
		of_text(&a, "kernel 5.8; default deny EPERM unknown deny ENOSYS;"
			    "allow read;");

	cr_expect_eq(ask(&f, WIDE, SYS_mount, 0, 0), DENY, "known, and not allowed");
	cr_expect_eq(ask(&f, WIDE, 437, 0, 0), DENY, "openat2, 5.6");
	cr_expect_eq(ask(&f, WIDE, 439, 0, 0), DENY, "faccessat2, 5.8");
	cr_expect_eq(ask(&f, WIDE, 452, 0, 0), NO_CALL, "fchmodat2, 6.6");
	cr_expect_eq(ask(&f, WIDE, 1000, 0, 0), NO_CALL, "not there yet");
	/* runc's stub goes by the largest number that is named, and errs here */
	cr_expect_eq(ask(&f, WIDE, 436, 0, 0), NO_CALL,
		     "close_range: 5.9, with a lower number");
}

/* containerd 13330: the runtimes drop a rule that repeats the default; it stays one here. */
Test(pitfalls, a_denial_that_repeats_the_default_is_a_rule)
{
	autoarena struct arena a = { 0 };
	const struct filter f = of_text(&a, "default deny EPERM;"
					    "deny EPERM personality when persona == 8;"
					    "allow personality;");

	cr_expect_eq(ask(&f, WIDE, SYS_personality, 8, 0), DENY);
	cr_expect_eq(ask(&f, WIDE, SYS_personality, 0, 0), ALLOW);
}

/* kernel/seccomp.c, seccomp_is_const_allow: since 5.11 the whole gain of a filter's speed. */
Test(pitfalls, every_allow_without_arguments_is_one_for_the_kernels_bitmap)
{
	autoarena struct arena a = { 0 };
	const struct filter f = of_text(&a, "arch x86_64, i386; default deny EPERM;"
					    "allow @fs-read | @fs-write | read | write;"
					    "allow socket when family == AF_UNIX;");

	cr_expect(filter_cacheable(&f, WIDE, SYS_read));
	cr_expect(filter_cacheable(&f, WIDE, SYS_openat));
	cr_expect(filter_cacheable(&f, NARROW, number(NARROW, "read")));
	cr_expect(!filter_cacheable(&f, WIDE, SYS_socket));
	cr_expect(!filter_cacheable(&f, WIDE, SYS_mount));
	cr_expect(!filter_cacheable(&f, WIDE, X32 | SYS_read));
}

/* BPF_MAXINSNS; a branch reaches 255 instructions. Far jumps, and what does not fit. */
Test(pitfalls, a_program_that_is_too_long_is_an_error)
{
	autoarena struct arena a = { 0 };
	char *text = arena_alloc(&a, 1 << 20);
	struct policy_diags d = { .arena = &a };
	const struct policy *p;
	struct policy_image image = { 0 };
	struct err e = { 0 };
	size_t n;

	n = (size_t)sprintf(text, "default deny EPERM; allow ioctl when cmd in {0x10000");
	for (unsigned i = 1; i < 5000; i++)
		n += (size_t)sprintf(text + n, ",%#x", 0x10000 + 7 * i);
	(void)sprintf(text + n, "};");
	p = help_policy(&a, text, NULL, &d);
	cr_assert_not_null(p, "%s", help_says(&a, &d));
	cr_expect_eq(policy_compile(&a, p, &(struct policy_options){ 0 }, &image, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_null(image.filter.insns);
}

Test(pitfalls, far_jumps_arrive)
{
	autoarena struct arena a = { 0 };
	char *text = arena_alloc(&a, 1 << 16);
	struct filter f;
	size_t n;

	n = (size_t)sprintf(text, "default deny EPERM; allow ioctl when cmd in {0x10000");
	for (unsigned i = 1; i < 1500; i++)
		n += (size_t)sprintf(text + n, ",%#x", 0x10000 + 7 * i);
	(void)sprintf(text + n, "};");
	f = of_text(&a, text);
	cr_expect_gt(f.n, 1500);
	for (uint32_t cmd = 0xfff0; cmd < 0x10000 + 7 * 1500; cmd++)
		cr_assert_eq(ask(&f, WIDE, SYS_ioctl, 0, cmd),
			     cmd >= 0x10000 && (cmd - 0x10000) % 7 == 0 ? ALLOW : DENY, "%#x",
			     cmd);
}
