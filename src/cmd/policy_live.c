/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"

#define PATIENCE_MS 2000
#define LOOK_NS     100000
#define SHARED_SIZE 65536

/* Calls that only look, or change nothing but the child that makes them: only these are made
 * where the policy lets them through. Those that take a path get a number for a pointer. */
/* clang-format off */
static const char *const harmless[] = {
	"access", "alarm", "brk", "capget", "chdir", "clock_getres", "clock_gettime",
	"clock_nanosleep", "close", "close_range", "connect", "creat", "dup", "dup2", "dup3",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd",
	"eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat", "faccessat2",
	"fadvise64", "fchdir", "fcntl", "fdatasync", "fgetxattr", "flock", "fstat", "fstatfs",
	"fsync", "futex", "get_mempolicy", "get_robust_list", "getcpu", "getcwd", "getdents",
	"getdents64", "getegid", "geteuid", "getgid", "getgroups", "getitimer", "getpeername",
	"getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid",
	"getresuid", "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt",
	"gettid", "gettimeofday", "getuid", "getxattr", "inotify_init", "inotify_init1",
	"io_uring_setup", "ioctl", "listen", "llseek", "lseek", "lstat", "madvise",
	"membarrier", "memfd_create", "mincore", "mlock", "mmap", "mmap2", "mprotect",
	"mremap", "msync", "munmap", "nanosleep", "newfstatat", "open", "openat", "openat2",
	"pause", "personality", "pidfd_open", "pipe", "pipe2", "pkey_alloc", "poll", "ppoll",
	"prctl", "pread64", "preadv", "prlimit64", "pselect6", "pwrite64", "pwritev", "read",
	"readahead", "readlink", "readlinkat", "readv", "recvfrom", "recvmsg",
	"restart_syscall", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
	"sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
	"sched_yield", "seccomp", "select", "sendmsg", "sendto", "set_robust_list",
	"set_tid_address", "setns", "setsockopt", "shutdown", "sigaltstack", "signalfd",
	"signalfd4", "socket", "socketpair", "stat", "stat64", "statfs", "statx", "sysinfo",
	"time", "timerfd_create", "timerfd_gettime", "times", "umask", "uname", "unshare",
	"userfaultfd", "wait4", "waitid", "write", "writev", NULL,
};
/* clang-format on */

enum stage {
	ST_START,
	ST_LOADED, /* the filter is on */
	ST_RETURNED,
	ST_TRAPPED,
	ST_REFUSED, /* the kernel did not take the filter */
};

/* What the child leaves behind: after the filter is on it can tell us nothing otherwise. It is
 * the low end of the memory that signal handlers run on, so that they find it by their context,
 * without a variable of the whole program. */
struct shared {
	atomic_int stage;
	long result; /* of the call, or of loading */
};

/* How it ended. */
struct ending {
	enum stage stage;
	long result;
	int signal;  /* that killed it, or 0 */
	int exited;  /* its exit code, or -1 */
	bool waited; /* and was killed by us */
};

/* ---- in the child ---- */

static _Noreturn void wait_for_death(void)
{
	for (;;) /* any call could be refused now */
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#else
		;
#endif
}

/* rt_sigreturn(2) may be refused, too: it is never reached. */
static void on_trap(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;
	struct shared *s = interrupted->uc_stack.ss_sp;

	(void)sig;
	s->result = info->si_errno;
	atomic_store(&s->stage, ST_TRAPPED);
	wait_for_death();
}

static void catch_trap(struct shared *s)
{
	const stack_t stack = { .ss_sp = s, .ss_size = SHARED_SIZE };
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	(void)sigaltstack(&stack, NULL);
	(void)sigaction(SIGSYS, &sa, NULL);
}

/* Nothing of ours is left that a call could spoil. */
static void strip(void)
{
	const int null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)sys_close_range(3, ~0u, 0);
	(void)sys_capset(0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0);
}

static long make_call(const struct seccomp_data *call)
{
	uint64_t args[SYSCALL_ARGS];

	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		args[i] = call->args[i];
	return call->arch == policy_arch_own() ? sys_any(call->nr, args)
					       : sys_any_i386(call->nr, args);
}

static _Noreturn void child(struct shared *s, const struct filter *f,
			    const struct seccomp_data *call)
{
	struct sock_fprog program = { f->n, (struct sock_filter *)(uintptr_t)f->insns };
	long rc;

	strip();
	catch_trap(s);
	rc = sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program);
	s->result = rc;
	atomic_store(&s->stage, rc < 0 ? ST_REFUSED : ST_LOADED);
	if (rc < 0)
		wait_for_death();
	s->result = make_call(call);
	atomic_store(&s->stage, ST_RETURNED);
	wait_for_death();
}

/* ---- outside ---- */

static void look_later(void)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
}

static bool is_over(const struct shared *s)
{
	const int stage = atomic_load(&s->stage);

	return stage == ST_RETURNED || stage == ST_TRAPPED || stage == ST_REFUSED;
}

/* The child ends by itself, or has said all it will say, or waits for ever. */
static void follow(pid_t pid, struct shared *s, struct ending *out)
{
	const uint64_t start = now_boot_ms();
	int status = 0;
	pid_t dead = 0;

	*out = (struct ending){ .exited = -1 };
	while (dead == 0 && !is_over(s) && now_boot_ms() - start < PATIENCE_MS) {
		dead = waitpid(pid, &status, WNOHANG);
		if (dead == 0)
			look_later();
	}
	if (dead == 0) {
		out->waited = !is_over(s);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
	} else if (WIFSIGNALED(status)) {
		out->signal = WTERMSIG(status);
	} else {
		out->exited = WEXITSTATUS(status);
	}
	out->stage = (enum stage)atomic_load(&s->stage);
	out->result = s->result;
}

static int run_child(const struct filter *f, const struct seccomp_data *call,
		     struct ending *out, struct err *e)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct shared *s = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (s == MAP_FAILED)
		return fail_sys(e, errno, "test --live: shared memory");
	pid = sys_clone3(&args, sizeof(args));
	if (pid == 0)
		child(s, f, call);
	if (pid > 0)
		follow(pid, s, out);
	(void)munmap(s, SHARED_SIZE);
	if (pid < 0)
		return fail_sys(e, -pid, "test --live: make a child");
	if (out->stage == ST_START || out->stage == ST_REFUSED)
		return fail_sys(e, out->result < 0 ? (int)-out->result : ECHILD,
				"test --live: load the filter");
	return 0;
}

/* ---- what it means ---- */

static const char *words(struct arena *a, const struct ending *end)
{
	if (end->signal == SIGSYS)
		return "kill";
	if (end->signal != 0)
		return arena_printf(a, "death by signal %d", end->signal);
	if (end->exited >= 0)
		return arena_printf(a, "exit code %d", end->exited);
	if (end->waited)
		return "a call that waits";
	if (end->stage == ST_TRAPPED)
		return policy_action_text(a, SECCOMP_RET_TRAP | (uint32_t)end->result,
					  POLICY_AUDIT_NONE, 0);
	if (end->result < 0 && end->result >= -4095)
		return policy_action_text(a, SECCOMP_RET_ERRNO | (uint32_t)-end->result,
					  POLICY_AUDIT_NONE, 0);
	return arena_printf(a, "allow (result %ld)", end->result);
}

/* Not what succeeded has to be equal, getpid(2) is not, but that it did, or how it failed. */
static bool same_ending(const struct ending *a, const struct ending *b)
{
	const bool failed = a->result < 0, other_failed = b->result < 0;

	if (a->signal != b->signal || a->exited != b->exited || a->waited != b->waited ||
	    a->stage != b->stage || failed != other_failed)
		return false;
	return !failed || a->result == b->result;
}

static bool returned(const struct ending *end, int err)
{
	return end->stage == ST_RETURNED && end->result == -err;
}

static bool is_passed(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Without a tracer or a watcher, both are ENOSYS (seccomp(2)). */
static bool is_answer(uint32_t action, const struct ending *end)
{
	const uint32_t data = action & SECCOMP_RET_DATA;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return returned(end, (int)data);
	case SECCOMP_RET_TRAP:
		return end->stage == ST_TRAPPED && end->result == (long)data;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return returned(end, ENOSYS);
	default:
		return end->signal == SIGSYS;
	}
}

static bool can_make(const struct seccomp_data *call)
{
	const uint32_t own = policy_arch_own();

	return call->arch == own || (call->arch == AUDIT_ARCH_I386 && own == AUDIT_ARCH_X86_64);
}

/* The same call without the filter says what letting it through looks like. */
static int try_passed(struct arena *a, const struct filter *f, const struct seccomp_data *call,
		      enum live *out, const char **found, struct err *e)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct filter open_ = { .insns = &allow, .n = 1 };
	struct ending with = { 0 }, without = { 0 };

	if (run_child(f, call, &with, e) < 0 || run_child(&open_, call, &without, e) < 0)
		return -1;
	*out = same_ending(&with, &without) ? LIVE_AS_EXPECTED : LIVE_OTHERWISE;
	*found = words(a, &with);
	return 0;
}

static int try_stopped(struct arena *a, const struct filter *f, const struct seccomp_data *call,
		       uint32_t action, enum live *out, const char **found, struct err *e)
{
	struct ending end = { 0 };

	if (run_child(f, call, &end, e) < 0)
		return -1;
	*out = is_answer(action, &end) ? LIVE_AS_EXPECTED : LIVE_OTHERWISE;
	*found = words(a, &end);
	return 0;
}

int live_try(struct arena *a, const struct filter *f, const struct seccomp_data *call,
	     uint32_t action, enum live *out, const char **found, struct err *e)
{
	const char *name = syscall_name(call->arch, call->nr);
	const uint32_t program = filter_run(f, call, NULL, NULL);

	*out = LIVE_NOT_TRIED;
	*found = NULL;
	if (!can_make(call))
		return 0;
	if (is_passed(program & SECCOMP_RET_ACTION_FULL)) {
		if (name == NULL || !str_in(name, harmless))
			return 0;
		return is_passed(action) ? try_passed(a, f, call, out, found, e)
					 : try_stopped(a, f, call, action, out, found, e);
	}
	return try_stopped(a, f, call, action, out, found, e);
}
