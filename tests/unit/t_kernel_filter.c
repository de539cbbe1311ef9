/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own interpreter: every number of the tables is called under a filter that gives
 * each a number of its own as errno, and what comes back is what filter_run says. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "seccomp/table.h"
#include "tests/unit/sim_file.h"

#ifdef __x86_64__

#define ALLOW   SECCOMP_RET_ALLOW
#define BEYOND  16 /* numbers after the table's last */
#define NUMBERS 2048
#define ELSE    4000 /* errno of what no rule names */
#define X32     0x40000000

/* Not _exit: where the leak sanitizer watches, that does things which the filter denies. */
static _Noreturn void leave(int code)
{
	for (;;)
		(void)syscall(SYS_exit_group, code);
}

static void load(const struct filter *f)
{
	struct sock_fprog prog = { f->n, (struct sock_filter *)(uintptr_t)f->insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    sys_seccomp(SECCOMP_SET_MODE_FILTER, f->flags, &prog) < 0)
		leave(100);
}

static int wait_for(pid_t pid)
{
	int status = -1;

	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int by_syscall(long nr)
{
	errno = 0;
	return syscall(nr, 0, 0, 0, 0, 0, 0) >= 0 ? 0 : errno;
}

/* The i386 way in, from a 64-bit program. */
static int by_int_80(long nr)
{
	long rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(nr), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)rc >= 0 ? 0 : -(int)rc;
}

/* CONFIG_IA32_EMULATION, and not switched off. */
static bool has_i386(void)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0)
		leave(by_int_80(20)); /* getpid */
	status = wait_for(pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *const harmless[] = { "getpid",  "gettid",  "getuid",  "geteuid",
					"getgid",  "getegid", "getppid", "sched_yield",
					"getpgrp", NULL };
static const char *const needed[] = { "exit_group", NULL };
static const char *const both[] = { "x86_64", "x86", NULL };

static bool is_denied(const char *name)
{
	for (size_t i = 0; harmless[i] != NULL; i++)
		if (strcmp(harmless[i], name) == 0)
			return false;
	return strcmp(name, needed[0]) != 0;
}

/* A rule for each call there is, with an errno of its own. */
static struct filter telling_filter(struct arena *a)
{
	struct policy_rule *rules = arena_array(a, SC_N + 2, sizeof(*rules));
	struct policy_rules r = { SECCOMP_RET_ERRNO | ELSE, both, rules, 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	size_t skipped;

	rules[r.rules_n++] = (struct policy_rule){ .names = harmless, .action = ALLOW };
	rules[r.rules_n++] = (struct policy_rule){ .names = needed, .action = ALLOW };
	for (int id = 0; id < SC_N; id++) {
		const char **names = arena_array(a, 2, sizeof(*names));

		names[0] = sc_name(id);
		if (is_denied(names[0]))
			rules[r.rules_n++] =
				(struct policy_rule){ .names = names,
						      .action = SECCOMP_RET_ERRNO |
								(uint32_t)(200 + id) };
	}
	cr_assert_eq(sim_build(a, &r, &f, &skipped, &e), 0, "%s", e.text);
	f.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	return f;
}

/* Since 6.11 the kernel lets uretprobe, and since 6.18 uprobe, through before any filter, and
 * then kills who is not the trampoline. */
static bool is_exempt(uint32_t arch, uint32_t nr)
{
	return arch == AUDIT_ARCH_X86_64 && (nr == 335 || nr == 336);
}

static void call_all(const struct filter *f, uint32_t arch, uint32_t n, int *results)
{
	int (*const call)(long) = arch == AUDIT_ARCH_X86_64 ? by_syscall : by_int_80;

	load(f);
	for (uint32_t nr = 0; nr < n; nr++) {
		const struct seccomp_data data = { .nr = (int)nr, .arch = arch };

		/* what is allowed and does not come back is left out by its answer */
		if (is_exempt(arch, nr) ||
		    nr == (arch == AUDIT_ARCH_X86_64 ? SYS_exit_group : 252))
			results[nr] = -1;
		else
			results[nr] = call((long)data.nr);
	}
	if (arch == AUDIT_ARCH_X86_64)
		for (uint32_t nr = 0; nr < n; nr++)
			results[n + nr] = call((long)nr | X32);
	leave(0);
}

static void expect_answers(const struct filter *f, uint32_t arch, uint32_t n, uint32_t bits,
			   const int *results)
{
	for (uint32_t nr = 0; nr < n; nr++) {
		const struct seccomp_data call = { .nr = (int)(nr | bits), .arch = arch };
		const uint32_t want = filter_run(f, &call, NULL, NULL);
		const char *name = syscall_name(arch, (int)nr);

		if (results[nr] == -1)
			continue;
		if (want == ALLOW)
			cr_expect_eq(results[nr], 0, "%#x %u (%s): errno %d", arch, nr,
				     name != NULL ? name : "?", results[nr]);
		else
			cr_expect_eq(results[nr], (int)(want & SECCOMP_RET_DATA),
				     "%#x %u (%s): %d, not %u", arch, nr,
				     name != NULL ? name : "?", results[nr],
				     want & SECCOMP_RET_DATA);
	}
}

static void expect_told(enum arch arch)
{
	const uint32_t n = sc_last(arch) + BEYOND;
	int *results = mmap(NULL, NUMBERS * sizeof(*results), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	autoarena struct arena a = { 0 };
	const struct filter f = telling_filter(&a);
	size_t denied = 0;
	int status;
	pid_t pid;

	cr_assert_neq(results, MAP_FAILED);
	cr_assert_leq(2 * n, NUMBERS);
	memset(results, 0x7f, NUMBERS * sizeof(*results));
	pid = fork();
	if (pid == 0)
		call_all(&f, arch_audit(arch), n, results);
	status = wait_for(pid);
	cr_assert(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
	expect_answers(&f, arch_audit(arch), n, 0, results);
	if (arch == ARCH_X86_64)
		expect_answers(&f, arch_audit(arch), n, X32, results + n);
	for (uint32_t nr = 0; nr < n; nr++)
		denied += results[nr] > 199;
	cr_expect_gt(denied, 300, "%zu", denied);
	(void)munmap(results, NUMBERS * sizeof(*results));
}

Test(kernel_filter, answers_each_number_as_we_say)
{
	expect_told(ARCH_X86_64);
}

Test(kernel_filter, answers_each_number_of_i386_as_we_say)
{
	if (!has_i386())
		cr_skip_test("this kernel has no i386 calls");
	expect_told(ARCH_I386);
}

/* ---- actions ---- */

struct deed {
	uint32_t action;
	int signal; /* or 0 */
	int err;    /* or 0 */
};

static const struct deed deeds[] = {
	{ SECCOMP_RET_KILL_PROCESS, SIGSYS, 0 },
	{ SECCOMP_RET_KILL_THREAD, SIGSYS, 0 },
	{ SECCOMP_RET_TRAP, SIGSYS, 0 },
	{ SECCOMP_RET_ERRNO | 77, 0, 77 },
	{ SECCOMP_RET_TRACE | 5, 0, ENOSYS }, /* without a tracer */
	{ SECCOMP_RET_LOG, 0, 0 },
	{ SECCOMP_RET_ALLOW, 0, 0 },
};

static int status_under(uint32_t action, const char *const *archs, int (*call)(long), long nr)
{
	static const char *const names[] = { "getppid", NULL };
	const struct policy_rule rules[] = { { .names = names, .action = action },
					     { .names = needed, .action = ALLOW } };
	const struct policy_rules r = { SECCOMP_RET_ERRNO | 99, archs, rules, 2 };
	autoarena struct arena a = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	size_t skipped;
	pid_t pid;

	cr_assert_eq(sim_build(&a, &r, &f, &skipped, &e), 0, "%s", e.text);
	pid = fork();
	if (pid == 0) {
		load(&f);
		leave(call(nr));
	}
	return wait_for(pid);
}

Test(kernel_filter, does_what_an_action_says)
{
	static const char *const archs[] = { "x86_64", NULL };

	for (size_t i = 0; i < COUNT(deeds); i++) {
		const int status =
			status_under(deeds[i].action, archs, by_syscall, SYS_getppid);

		cr_expect_eq(WIFSIGNALED(status), deeds[i].signal != 0, "deed %zu", i);
		if (WIFSIGNALED(status))
			cr_expect_eq(WTERMSIG(status), deeds[i].signal, "deed %zu", i);
		else
			cr_expect_eq(WEXITSTATUS(status), deeds[i].err, "deed %zu", i);
	}
}

Test(kernel_filter, kills_who_comes_by_another_architecture)
{
	static const char *const archs[] = { "x86_64", NULL };
	int status;

	if (!has_i386())
		cr_skip_test("this kernel has no i386 calls");
	status = status_under(ALLOW, archs, by_int_80, 64);
	cr_expect(WIFSIGNALED(status));
	cr_expect_eq(WTERMSIG(status), SIGSYS);
	status = status_under(ALLOW, both, by_int_80, 64);
	cr_expect(WIFEXITED(status));
	cr_expect_eq(WEXITSTATUS(status), 0);
}

#endif
