/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "tests/unit/scratch.h"

/* proc */

Test(proc, knows_itself_and_a_zombie)
{
	uint64_t start = 0, child_start = 0;
	char state = 0;
	pid_t pid;
	siginfo_t si;

	cr_assert_eq(proc_stat(getpid(), &start, &state), 0);
	cr_expect_eq(state, 'R');
	cr_expect(proc_alive(getpid(), start));
	cr_expect_not(proc_alive(getpid(), start + 1));
	cr_expect_not(proc_alive(0, 0));
	pid = fork();
	if (pid == 0)
		proc_exit(0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	cr_assert_eq(proc_stat(pid, &child_start, &state), 0);
	cr_expect_eq(state, 'Z');
	cr_expect_geq(child_start, start);
	cr_expect_not(proc_alive(pid, child_start));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_lt(proc_stat(pid, &start, &state), 0);
}

/* Fields 3 to 52 of proc_pid_stat(5), those that are looked at being given. */
static int stat_made(char state, unsigned flags, unsigned wchan, int code)
{
	char text[512];
	int fd = memfd_create("stat", MFD_CLOEXEC);
	int n = snprintf(text, sizeof(text),
			 "7 (a) Z 1 (b) %c 1 7 7 0 -1 %u 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0 0 0 0 "
			 "0 0 "
			 "0 0 0 0 0 %u 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
			 state, flags, wchan, code);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, (size_t)n), n);
	return fd;
}

Test(proc, an_end_is_known_to_whom_it_concerns)
{
	static const struct {
		const char *name;
		char state;
		unsigned flags, wchan;
		int code, result;
		bool never_executed;
	} cases[] = {
		{ "it lives", 'S', 0x400000, 1, 0, -EAGAIN, false },
		{ "ended", 'Z', 0x40000c, 1, 7 << 8, 0, false },
		{ "ended well", 'Z', 0x40000c, 1, 0, 0, false },
		{ "being reaped", 'X', 0x40000c, 1, SIGKILL, 0, false },
		{ "still running as it ends", 'Z', 0x40000c, 0, 7 << 8, 0, false },
		{ "not ours to know, or for long running as it ends", 'Z', 0x40000c, 0, 0,
		  -EPERM, false },
		{ "never executed", 'Z', 0x44, 1, 1 << 8, 0, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autofd int fd = stat_made(cases[i].state, cases[i].flags, cases[i].wchan,
					  cases[i].code);
		bool never = false;
		int status = -1;

		cr_expect_eq(proc_ended(fd, &status, &never), cases[i].result, "%s",
			     cases[i].name);
		cr_expect_eq(never, cases[i].never_executed, "%s", cases[i].name);
		if (cases[i].result == 0)
			cr_expect_eq(status, cases[i].code, "%s", cases[i].name);
	}
}

/* Looked at as soon as its pidfd tells, one in a thousand is still running. */
Test(proc, an_end_is_known_as_soon_as_it_is_told)
{
	for (int i = 0; i < 3000; i++) {
		autofd int fd = -1, pidfd = -1;
		int go[2], status = -1, code = i % 2;
		bool never = false;
		char path[32];
		pid_t pid;

		cr_assert_eq(pipe(go), 0);
		pid = fork();
		if (pid == 0) {
			(void)close(go[1]);
			(void)!read(go[0], path, 1);
			_exit(code);
		}
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		pidfd = sys_pidfd_open(pid, 0);
		cr_assert(fd >= 0 && pidfd >= 0);
		(void)close(go[1]);
		(void)close(go[0]);
		cr_assert_eq(poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, -1), 1);
		cr_assert_eq(proc_ended(fd, &status, &never), 0);
		cr_expect_eq(status, code << 8);
		cr_expect(never);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
	}
}

static void *stays(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

/* Its first thread ends as soon as there is another. */
static pid_t leaderless(void)
{
	const struct timespec tick = { 0, 1000000 };
	uint64_t start;
	char state = 0;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t other;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&other, NULL, stays, NULL) == 0)
			(void)syscall(SYS_exit, 0);
		proc_exit(1);
	}
	while (state != 'Z' && proc_stat(pid, &start, &state) == 0)
		(void)nanosleep(&tick, NULL);
	return pid;
}

Test(proc, is_alive_while_any_thread_is, .timeout = 20)
{
	uint64_t start = 0;
	char state = 0;
	pid_t pid = leaderless();
	siginfo_t si;

	cr_assert_eq(proc_stat(pid, &start, &state), 0);
	cr_expect_eq(state, 'Z');
	cr_expect(proc_alive(pid, start));
	cr_expect_not(proc_alive(pid, start + 1));
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	cr_expect_not(proc_alive(pid, start));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

/* A child as a zombie: what became of it before. */
static bool zombie_never_executed(void (*body)(void))
{
	uint64_t start = 0;
	char state = 0;
	siginfo_t si;
	pid_t pid = fork();
	bool never;

	if (pid == 0) {
		body();
		proc_exit(1);
	}
	cr_assert_eq(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	cr_assert_eq(proc_stat(pid, &start, &state), 0);
	never = proc_never_executed(pid, start);
	cr_expect_eq(proc_executed(pid, start), !never);
	cr_expect_not(proc_executed(pid, start + 1));
	cr_expect_not(proc_never_executed(pid, start + 1));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_not(proc_never_executed(pid, start), "reaped: nobody knows");
	return never;
}

static void do_execute(void)
{
	(void)execl("/bin/true", "true", NULL);
}

static void do_execute_nothing(void)
{
	(void)execl("/nothing/here", "here", NULL);
}

static void do_die(void)
{
	(void)raise(SIGKILL);
}

Test(proc, a_zombie_tells_whether_it_ever_executed)
{
	cr_expect_not(zombie_never_executed(do_execute));
	cr_expect(zombie_never_executed(do_execute_nothing));
	cr_expect(zombie_never_executed(do_die));
}

Test(proc, a_hostile_name_does_not_move_the_fields)
{
	autoscratch struct scratch s = scratch_open();
	char path[128];
	const char *const argv[] = { ") Z 1 1 (", "5", NULL };
	uint64_t start;
	char state = 0;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/) Z 1 1 (", s.path);
	cr_assert_eq(symlink("/bin/sleep", path), 0);
	pid = vfork();
	if (pid == 0) {
		(void)execv(path, (char **)(uintptr_t)argv);
		_exit(127);
	}
	cr_assert_gt(pid, 0);
	cr_expect_eq(proc_stat(pid, &start, &state), 0);
	cr_expect(state == 'S' || state == 'R' || state == 'D', "%c", state);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

struct moment {
	uint64_t ns;
	char text[40];
};

/* clang-format off */
static struct moment moments[] = {
	{ 0,                      "1970-01-01T00:00:00.000000000Z" },
	{ 951782399999999999ULL,  "2000-02-28T23:59:59.999999999Z" },
	{ 951782400000000000ULL,  "2000-02-29T00:00:00.000000000Z" },
	{ 951868800000000001ULL,  "2000-03-01T00:00:00.000000001Z" },
	{ 1795313641123456789ULL, "2026-11-22T02:14:01.123456789Z" },
	{ 4107542399000000000ULL, "2100-02-28T23:59:59.000000000Z" },
	{ 4107542400000000000ULL, "2100-03-01T00:00:00.000000000Z" },
	{ 1767225599000000000ULL, "2025-12-31T23:59:59.000000000Z" },
};
/* clang-format on */

ParameterizedTestParameters(proc, writes_time)
{
	return cr_make_param_array(struct moment, moments, COUNT(moments));
}

ParameterizedTest(struct moment *m, proc, writes_time)
{
	char buf[40];

	time_rfc3339(m->ns, buf);
	cr_expect_str_eq(buf, m->text);
}

static struct proc_result shell(const char *script, const char *input, int timeout_ms)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const char *const envp[] = { "A=b", NULL };
	struct proc_job job = { .path = "/bin/sh",
				.argv = argv,
				.envp = envp,
				.input = input,
				.input_len = input != NULL ? strlen(input) : 0,
				.timeout_ms = timeout_ms,
				.root = -1 };
	struct proc_result r;
	struct err e = { 0 };

	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	return r;
}

Test(proc, tells_how_a_job_ended)
{
	struct proc_result r = shell("echo out; echo err >&2; exit 7", NULL, -1);

	cr_expect_eq(r.exit_code, 7);
	cr_expect_eq(r.signal, 0);
	cr_expect_not(r.timed_out);
	cr_expect_str_eq(r.said, "out err");
	r = shell("kill -TERM $$", NULL, 10000);
	cr_expect_eq(r.exit_code, -1);
	cr_expect_eq(r.signal, SIGTERM);
	cr_expect_str_eq(r.said, "");
}

static int say_what_is_pointed_to(void *text)
{
	return write_all(STDOUT_FILENO, text, strlen(text));
}

static int refuse_to_be(void *ctx)
{
	(void)ctx;
	return -EDOM;
}

Test(proc, a_job_has_a_last_step_before_its_program)
{
	const char *const argv[] = { "sh", "-c",
				     "read x; echo $x; ls /proc/self/fd; kill -9 $$", NULL };
	const char *const envp[] = { "PATH=/bin:/usr/bin", NULL };
	struct proc_job job = { .path = "/bin/sh",
				.argv = argv,
				.envp = envp,
				.input = "in\n",
				.input_len = 3,
				.timeout_ms = -1,
				.root = -1,
				.last = say_what_is_pointed_to,
				.last_ctx = (void *)(uintptr_t) "last " };
	struct proc_result r;
	struct err e = { 0 };

	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	cr_expect_str_eq(r.said, "last in 0 1 2 3");
	cr_expect_eq(r.signal, SIGKILL);
	job.last = refuse_to_be;
	cr_expect_lt(proc_run(&job, &r, &e), 0);
	cr_expect_eq(e.sys, EDOM);
	e = (struct err){ 0 };
	job.last = say_what_is_pointed_to;
	job.path = "/none/such";
	cr_expect_lt(proc_run(&job, &r, &e), 0);
	cr_expect_str_eq(e.text, "/none/such: run");
	cr_expect_eq(e.sys, ENOENT);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "a process is left");
}

Test(proc, gives_input_whole_and_read_again)
{
	size_t n = 300000;
	char *big = malloc(n + 1);
	struct proc_result r;

	memset(big, 'x', n);
	big[n] = '\0';
	r = shell("wc -c; wc -c </dev/stdin", big, 10000);
	cr_expect_str_eq(r.said, "300000 300000");
	/* a job that reads none of it ends as it likes */
	r = shell("exec <&-; exit 3", big, 10000);
	cr_expect_eq(r.exit_code, 3);
	r = shell("cat", NULL, 10000);
	cr_expect_eq(r.exit_code, 0);
	free(big);
}

Test(proc, much_output_does_not_block_and_the_tail_is_kept)
{
	struct proc_result r =
		shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; "
		      "printf '\\033[31mend\\n'",
		      NULL, 20000);

	cr_expect_eq(r.exit_code, 0);
	cr_expect_eq(strlen(r.said), 254, "%zu", strlen(r.said));
	cr_expect(str_ends(r.said, "0123456789  [31mend"), "%s", r.said);
}

Test(proc, a_job_over_time_is_killed_and_reaped)
{
	uint64_t start = now_boot_ms();
	struct proc_result r = shell("echo before; exec sleep 30", NULL, 200);

	cr_expect(r.timed_out);
	cr_expect_eq(r.signal, SIGKILL);
	cr_expect_str_eq(r.said, "before");
	cr_expect_lt(now_boot_ms() - start, 5000);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}

Test(proc, a_grandchild_that_holds_the_pipe_is_not_waited_for)
{
	uint64_t start = now_boot_ms();
	struct proc_result r = shell("sleep 5 & echo done", NULL, -1);

	cr_expect_str_eq(r.said, "done");
	cr_expect_lt(now_boot_ms() - start, 3000);
}

Test(proc, a_job_inherits_nothing)
{
	struct proc_result r;
	int leak = fcntl(0, F_DUPFD, 50);
	sigset_t all;

	cr_assert_geq(leak, 50);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	r = shell("test -e /proc/self/fd/50 && echo leak; env | grep -v -e ^PWD -e ^SHLVL -e "
		  "^_=; "
		  "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'",
		  NULL, 10000);
	cr_expect_str_eq(r.said, "A=b SigBlk:0000000000000000SigIgn:0000000000000000");
}

Test(proc, a_job_gets_one_descriptor_when_it_is_to)
{
	autofd int low = open("/etc", O_RDONLY | O_CLOEXEC), high = -1;
	/* a pipe of the shell's own would be among them for a moment */
	const char *const argv[] = { "sh", "-c",
				     "readlink /proc/$$/fd/3; for n in 4 5 6 7 8 9 100; do"
				     " [ ! -e /proc/$$/fd/$n ] || echo $n; done",
				     NULL };
	struct proc_job job = {
		.path = "/bin/sh", .argv = argv, .timeout_ms = 5000, .root = -1, .third = low
	};
	struct proc_result r;
	struct err e = { 0 };

	cr_assert_geq(low, 3);
	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	cr_expect_str_eq(r.said, "/etc");
	high = fcntl(low, F_DUPFD_CLOEXEC, 100);
	job.third = high;
	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	cr_expect_str_eq(r.said, "/etc");
}

Test(proc, a_job_starts_in_its_directory)
{
	autoscratch struct scratch s = scratch_open();
	const char *const argv[] = { "pwd", NULL };
	struct proc_job job = {
		.path = "/bin/pwd", .argv = argv, .timeout_ms = 5000, .root = s.fd
	};
	struct proc_result r;
	struct err e = { 0 }, e2 = { 0 };

	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	cr_expect_str_eq(r.said, s.path);
	job.path = "/nonexistent";
	cr_expect_eq(proc_run(&job, &r, &e2), -1);
	cr_expect_str_eq(e2.text, "/nonexistent: run");
	cr_expect_eq(e2.sys, ENOENT);
}

Test(proc, waits_with_a_limit)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	cr_expect_eq(proc_wait(pid, -1, 50, &status), -ETIMEDOUT);
	(void)kill(pid, SIGKILL);
	cr_expect_eq(proc_wait(pid, -1, 5000, &status), 0);
	cr_expect_eq(WTERMSIG(status), SIGKILL);
	cr_expect_eq(proc_wait(pid, -1, -1, &status), -ECHILD);
}
