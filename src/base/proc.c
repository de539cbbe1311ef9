/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/job.h"
#include "base/str.h"
#include "base/sys.h"

/* proc_pid_stat(5) */
#define FLAGS_FIELD      9
#define START_TIME_FIELD 22
#define WCHAN_FIELD                                                               \
	35 /* 0 for whom it does not concern; 1 where a process sleeps or is dead \
	    */
#define EXIT_CODE_FIELD 52
/* linux/sched.h, PF_FORKNOEXEC: set by fork, cleared by execve before it closes descriptors */
#define FORKED_NO_EXEC 0x40

/* A tenth of a second, for a process that lost its processor while it ended. */
#define DYING_LOOKS  200
#define DYING_NAP_NS 500000

#ifdef CAISSON_COVERAGE
void __gcov_dump(void);
#endif

struct seen {
	uint64_t start_time, flags;
	char state;
};

/* The number of that field in the text after "PID (NAME) ", which begins with field 3. */
static bool stat_field(const char *s, int field, uint64_t *out)
{
	char digits[24];
	size_t n;

	for (int i = 3; i < field && s != NULL; i++) {
		s = strchr(s, ' ');
		if (s != NULL)
			s++;
	}
	if (s == NULL)
		return false;
	n = strcspn(s, " ");
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	return str_uint64(digits, UINT64_MAX, out);
}

static int look(pid_t pid, struct seen *out)
{
	char path[32], text[1024], *after;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = file_peek_at(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	/* the name may hold anything, parentheses too; nothing behind it does */
	after = strrchr(text, ')');
	if (after == NULL || after[1] != ' ' ||
	    !stat_field(after + 2, FLAGS_FIELD, &out->flags) ||
	    !stat_field(after + 2, START_TIME_FIELD, &out->start_time))
		return -EPROTO;
	out->state = after[2];
	return 0;
}

int proc_stat(pid_t pid, uint64_t *start_time, char *state)
{
	struct seen now;
	int err = look(pid, &now);

	if (err < 0)
		return err;
	*start_time = now.start_time;
	*state = now.state;
	return 0;
}

static bool look_again(pid_t pid, uint64_t start_time, struct seen *out)
{
	return pid > 0 && look(pid, out) == 0 && out->start_time == start_time;
}

/* The letter is that of the first thread alone: 'Z' may be a process whose other threads run
 * on, and only a pidfd tells, which is readable when all have ended. */
bool proc_alive(pid_t pid, uint64_t start_time)
{
	autofd int fd = -1;
	struct pollfd p = { .events = POLLIN };
	struct seen now;

	if (!look_again(pid, start_time, &now))
		return false;
	if (now.state != 'Z')
		return now.state != 'X';
	fd = p.fd = sys_pidfd_open(pid, 0);
	/* the descriptor first, then the question: the pid cannot change hands in between */
	return fd >= 0 && look_again(pid, start_time, &now) && poll(&p, 1, 0) == 0;
}

bool proc_never_executed(pid_t pid, uint64_t start_time)
{
	struct seen now;

	return look_again(pid, start_time, &now) && (now.flags & FORKED_NO_EXEC) != 0;
}

bool proc_executed(pid_t pid, uint64_t start_time)
{
	struct seen now;

	return look_again(pid, start_time, &now) && (now.flags & FORKED_NO_EXEC) == 0;
}

/* user_namespaces(7): the initial namespace maps every id to itself, in one line. */
bool proc_in_init_user_ns(void)
{
	unsigned long inside, outside;
	char text[64], *at = text;

	if (file_peek_at(-1, "/proc/self/uid_map", text, sizeof(text)) < 0)
		return false;
	inside = strtoul(at, &at, 10);
	outside = strtoul(at, &at, 10);
	return inside == 0 && outside == 0 && strtoul(at, NULL, 10) == UINT32_MAX;
}

static int look_at_end(int stat_fd, int *status, bool *never_executed)
{
	uint64_t flags, wchan, code;
	char text[1024];
	ssize_t n = pread(stat_fd, text, sizeof(text) - 1, 0);
	const char *after;

	if (n <= 0)
		return n < 0 ? -errno : -ESRCH;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	after = strrchr(text, ')');
	if (after == NULL || after[1] != ' ' || !stat_field(after + 2, FLAGS_FIELD, &flags) ||
	    !stat_field(after + 2, WCHAN_FIELD, &wchan) ||
	    !stat_field(after + 2, EXIT_CODE_FIELD, &code))
		return -EPROTO;
	if (after[2] != 'Z' && after[2] != 'X')
		return -EAGAIN;
	*never_executed = (flags & FORKED_NO_EXEC) != 0;
	if (wchan == 0 && code == 0)
		return -EPERM;
	*status = (int)code;
	return 0;
}

/* A zombie tells of its end before it has stopped running (do_exit in kernel/exit.c). Until
 * then one that ended with 0 looks like one that does not concern us. */
int proc_ended(int stat_fd, int *status, bool *never_executed)
{
	int err = look_at_end(stat_fd, status, never_executed);

	for (int i = 0; err == -EPERM && i < DYING_LOOKS; i++) {
		(void)nanosleep(&(struct timespec){ 0, DYING_NAP_NS }, NULL);
		err = look_at_end(stat_fd, status, never_executed);
	}
	return err;
}

uint64_t now_boot_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t now_wall_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The proleptic Gregorian calendar in 400-year eras that begin on 1 March. gmtime_r(3) would
 * read /etc/localtime first. */
void time_rfc3339(uint64_t wall_ns, char buf[40])
{
	uint64_t s = wall_ns / 1000000000, days = s / 86400 + 719468;
	uint64_t era = days / 146097, doe = days % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;
	uint64_t year = yoe + era * 400 + (month <= 2);
	unsigned day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);

	(void)snprintf(buf, 40, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", (unsigned)(year % 10000),
		       (unsigned)(month % 100), day % 100, (unsigned)(s / 3600 % 24),
		       (unsigned)(s / 60 % 60), (unsigned)(s % 60),
		       (unsigned)(wall_ns % 1000000000));
}

/* What is left of the time for poll(2); -1: no limit. */
static int left_ms(uint64_t start, int timeout_ms)
{
	uint64_t gone = now_boot_ms() - start;

	if (timeout_ms < 0)
		return -1;
	return gone >= (uint64_t)timeout_ms ? 0 : timeout_ms - (int)gone;
}

static int reap(pid_t pid, int *status)
{
	pid_t r;

	do
		r = waitpid(pid, status, 0);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int proc_wait(pid_t pid, int pidfd, int timeout_ms, int *status)
{
	autofd int own = -1;
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	uint64_t start;
	int r;

	if (timeout_ms < 0)
		return reap(pid, status);
	if (pidfd < 0) {
		own = sys_pidfd_open(pid, 0);
		if (own < 0)
			return own;
		p.fd = own;
	}
	start = now_boot_ms();
	do
		r = poll(&p, 1, left_ms(start, timeout_ms));
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	return reap(pid, status);
}

void proc_reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void proc_exit(int code)
{
#ifdef CAISSON_COVERAGE
	__gcov_dump();
#endif
	_exit(code);
}

/* The last bytes of a stream. */
struct tail {
	char bytes[255];
	size_t n;
};

static void tail_add(struct tail *t, const char *data, size_t n)
{
	size_t keep;

	if (n >= sizeof(t->bytes)) {
		data += n - sizeof(t->bytes);
		n = sizeof(t->bytes);
	}
	keep = t->n < sizeof(t->bytes) - n ? t->n : sizeof(t->bytes) - n;
	memmove(t->bytes, t->bytes + t->n - keep, keep);
	memcpy(t->bytes + keep, data, n);
	t->n = keep + n;
}

/* As one line: control bytes become blanks, those at the ends go, and so does the rest of a
 * character that was cut in two. */
static void tail_line(const struct tail *t, char *out, size_t size)
{
	size_t from = 0, n = t->n < size ? t->n : size - 1;

	while (from < n &&
	       ((unsigned char)t->bytes[from] <= ' ' || (t->bytes[from] & 0xc0) == 0x80))
		from++;
	while (n > from && (unsigned char)t->bytes[n - 1] <= ' ')
		n--;
	for (size_t i = from; i < n; i++) {
		unsigned char c = (unsigned char)t->bytes[i];

		out[i - from] = (char)(c < ' ' || c == 0x7f ? ' ' : c);
	}
	out[n - from] = '\0';
}

/* Takes what is there without waiting. False when there will be no more. */
static bool tail_read(struct tail *t, int fd)
{
	char buf[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			tail_add(t, buf, (size_t)n);
		else if (n == 0)
			return false;
		else if (errno != EINTR)
			return errno == EAGAIN;
	}
}

/* A job that runs. */
struct running {
	pid_t pid;
	int pidfd, said; /* process, and what it writes */
};

static void running_close(struct running *r)
{
	int fds[] = { r->pidfd, r->said };

	for (size_t i = 0; i < COUNT(fds); i++)
		auto_close_(&fds[i]);
}

/* Whole in memory before the program starts: nothing to feed, so no deadlock and no SIGPIPE,
 * and /dev/stdin can be opened again, which a socket would not allow. */
static int input_open(const struct proc_job *job, struct err *e)
{
	autofd int fd = -1;
	int r;

	if (job->input == NULL) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return fd < 0 ? fail_sys(e, errno, "/dev/null: open") : take_fd(&fd);
	}
	fd = sys_memfd("stdin", 1U /* MFD_CLOEXEC */);
	if (fd < 0)
		return fail_sys(e, -fd, "%s: memory for its input", job->path);
	r = write_all(fd, job->input, job->input_len);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? fail_sys(e, -r, "%s: its input", job->path) : take_fd(&fd);
}

/* Closes all from `first' up in the new program. */
static int close_rest(posix_spawn_file_actions_t *fa, int first)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	return posix_spawn_file_actions_addclosefrom_np(fa, first);
#else
	autodir DIR *d = opendir("/proc/self/fd");
	const struct dirent *ent;
	int r = d == NULL ? errno : 0;

	while (r == 0 && (ent = readdir(d)) != NULL) {
		uint64_t fd;

		if (str_uint64(ent->d_name, INT32_MAX, &fd) && fd >= (uint64_t)first)
			r = posix_spawn_file_actions_addclose(fa, (int)fd);
	}
	return r;
#endif
}

static int spawn_files(posix_spawn_file_actions_t *fa, const struct proc_job *job, int in,
		       int out)
{
	int r = posix_spawn_file_actions_adddup2(fa, in, STDIN_FILENO);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, job->output > 0 ? job->output : out,
						     STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, out, STDERR_FILENO);
	if (r == 0 && job->root >= 0)
		r = posix_spawn_file_actions_addfchdir_np(fa, job->root);
	if (r == 0 && job->third > 0)
		r = posix_spawn_file_actions_adddup2(fa, job->third, 3);
	return r != 0 ? r : close_rest(fa, job->third > 0 ? 4 : 3);
}

static void spawn_signals(posix_spawnattr_t *attr)
{
	sigset_t set;

	/* sigfillset(3) leaves out the two that libc keeps to itself, which it would then have
	 * ignored in the new program. */
	memset(&set, 0xff, sizeof(set));
	(void)posix_spawnattr_setsigdefault(attr, &set);
	(void)sigemptyset(&set);
	(void)posix_spawnattr_setsigmask(attr, &set);
	(void)posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETPGROUP);
}

static int spawn(const struct proc_job *job, int in, int out, pid_t *pid)
{
	const char *const self[] = { job->path, NULL };
	const char *const *argv = job->argv != NULL ? job->argv : self;
	const char *const *envp = job->envp != NULL ? job->envp : self + 1;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r;

	if (job->last != NULL)
		return job_spawn(job, in, out, pid);
	r = posix_spawn_file_actions_init(&fa);
	if (r != 0)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		spawn_signals(&attr);
		r = spawn_files(&fa, job, in, out);
		if (r == 0)
			r = posix_spawn(pid, job->path, &fa, &attr, (char **)(uintptr_t)argv,
					(char **)(uintptr_t)envp);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&fa);
	return r;
}

/* posix_spawn(3p): a descriptor duplicated onto itself loses its close-on-exec. */
static int handed_files(posix_spawn_file_actions_t *fa, const int *fds, size_t n)
{
	int r = 0;

	for (int fd = STDIN_FILENO; r == 0 && fd <= STDERR_FILENO; fd++)
		r = posix_spawn_file_actions_addopen(fa, fd, "/dev/null", O_RDWR, 0);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (fds[i] >= 0)
			r = posix_spawn_file_actions_adddup2(fa, fds[i], fds[i]);
	return r;
}

int proc_spawn(const char *path, const char *const *argv, const int *fds, size_t n, pid_t *pid)
{
	const char *const none[] = { NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&fa);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		spawn_signals(&attr);
		r = handed_files(&fa, fds, n);
		if (r == 0)
			r = posix_spawn(pid, path, &fa, &attr, (char **)(uintptr_t)argv,
					(char **)(uintptr_t)none);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&fa);
	return -r;
}

static int job_start(const struct proc_job *job, struct running *run, struct err *e)
{
	autofd int in = input_open(job, e);
	autofd int theirs = -1;
	int out[2], r;

	if (in < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0)
		return fail_sys(e, errno, "%s: a pipe for its output", job->path);
	run->said = out[0];
	theirs = out[1];
	if (fcntl(run->said, F_SETFL, O_NONBLOCK) < 0)
		return fail_sys(e, errno, "%s: a pipe for its output", job->path);
	r = spawn(job, in, theirs, &run->pid);
	if (r != 0)
		return fail_sys(e, r, "%s: run", job->path);
	run->pidfd = sys_pidfd_open(run->pid, 0);
	if (run->pidfd >= 0)
		return 0;
	(void)kill(run->pid, SIGKILL); /* not reaped yet, so the pid is still its */
	(void)reap(run->pid, &r);
	return fail_sys(e, -run->pidfd, "%s: pidfd_open", job->path);
}

/* Until the process ends; its output may live on in a grandchild, which we do not wait for.
 * False when the time is over. */
static bool job_watch(struct running *run, int timeout_ms, struct tail *tail)
{
	struct pollfd p[] = {
		{ .fd = run->pidfd, .events = POLLIN },
		{ .fd = run->said, .events = POLLIN },
	};
	uint64_t start = now_boot_ms();

	for (;;) {
		int r = poll(p, COUNT(p), left_ms(start, timeout_ms));

		if (r < 0 && errno != EINTR)
			return false;
		if (r > 0 && p[1].revents != 0 && !tail_read(tail, run->said))
			p[1].fd = -1;
		if (r > 0 && p[0].revents != 0)
			return true;
		if (left_ms(start, timeout_ms) == 0)
			return false;
	}
}

int proc_run(const struct proc_job *job, struct proc_result *out, struct err *e)
{
	__attribute__((cleanup(running_close))) struct running run = { -1, -1, -1 };
	struct tail tail = { .n = 0 };
	int status = 0, r;

	if (job_start(job, &run, e) < 0)
		return -1;
	*out = (struct proc_result){ .exit_code = -1 };
	out->timed_out = !job_watch(&run, job->timeout_ms, &tail);
	if (out->timed_out) /* and what it started: it leads a group of its own */
		(void)kill(-run.pid, SIGKILL);
	r = reap(run.pid, &status);
	if (r < 0)
		return fail_sys(e, -r, "%s: wait", job->path);
	(void)tail_read(&tail, run.said);
	tail_line(&tail, out->said, sizeof(out->said));
	if (WIFEXITED(status))
		out->exit_code = WEXITSTATUS(status);
	else
		out->signal = WTERMSIG(status);
	return 0;
}
