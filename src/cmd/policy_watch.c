/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_watch.h"

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/sys.h"

#define LOOK_MS 200 /* at a child that can neither execute nor exit */

/* What the child says before it is another program: under the filter it may be able to say
 * nothing by a system call. */
struct word {
	atomic_int stage; /* enum stage */
	atomic_int value; /* ST_LOADED: the listener; ST_FAILED: errno */
};

enum stage {
	ST_START,
	ST_REFUSED, /* the kernel did not take the filter */
	ST_LOADED,
	ST_GO, /* said by us: the listener is in good hands */
	ST_FAILED
};

struct watch {
	const struct watch_job *job;
	struct word *word;
	pid_t pid;
	int pidfd, signals;
	bool ended;
	int status;
};

/* ---- the child ---- */

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* Since 5.19 a call that we look at is not begun again for each signal (Go sends many). */
static int load(const struct filter *f)
{
	const unsigned flags = (f->flags & ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC) |
			       SECCOMP_FILTER_FLAG_NEW_LISTENER;
	struct sock_fprog program = { f->n, (struct sock_filter *)(uintptr_t)f->insns };
	const int fd = sys_seccomp(SECCOMP_SET_MODE_FILTER,
				   flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);

	if (fd != -EINVAL)
		return fd;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER,
			   flags & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

static void say(struct word *w, enum stage stage, int value)
{
	atomic_store(&w->value, value);
	atomic_store(&w->stage, (int)stage);
}

static _Noreturn void child(const struct watch *w)
{
	int fd;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	proc_reset_signals();
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = load(w->job->filter);
	say(w->word, fd < 0 ? ST_REFUSED : ST_LOADED, fd < 0 ? -fd : fd);
	while (fd < 0 || atomic_load(&w->word->stage) != ST_GO)
		relax();
	(void)execv(w->job->path, (char *const *)(uintptr_t)w->job->argv);
	say(w->word, ST_FAILED, errno);
	for (;;) /* to exit may be refused */
		relax();
}

/* ---- the watcher ---- */

static void reply(const struct watch *w, int listener, const struct seccomp_notif *in)
{
	const int err = w->job->answer(w->job->ctx, &in->data, (int)in->pid);
	struct seccomp_notif_resp out = {
		.id = in->id,
		.error = -err,
		.flags = err == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};

	/* ENOENT: the caller is gone, or a signal made it ask again */
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
}

static int take_call(const struct watch *w, int listener, struct err *e)
{
	struct seccomp_notif in;

	memset(&in, 0, sizeof(in));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in) == 0)
		reply(w, listener, &in);
	else if (errno != EINTR && errno != ENOENT)
		return fail_sys(e, errno, "policy run: receive a call");
	return 0;
}

static void reap(struct watch *w)
{
	if (!w->ended && waitpid(w->pid, &w->status, WNOHANG) == w->pid)
		w->ended = true;
}

static void pass_signal(const struct watch *w)
{
	struct signalfd_siginfo info;

	if (read(w->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		(void)sys_pidfd_send_signal(w->pidfd, (int)info.ssi_signo);
}

/* Until nobody is left who has the filter: since 5.8 that is POLLHUP. */
static int serve(struct watch *w, int listener, struct err *e)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = listener, .events = POLLIN },
			{ .fd = w->ended ? -1 : w->pidfd, .events = POLLIN },
			{ .fd = w->signals, .events = POLLIN },
		};

		if (poll(fds, COUNT(fds), LOOK_MS) < 0 && errno != EINTR)
			return fail_sys(e, errno, "policy run: wait");
		if ((fds[0].revents & POLLIN) != 0 && take_call(w, listener, e) < 0)
			return -1;
		if (fds[2].revents != 0)
			pass_signal(w);
		if (fds[1].revents != 0)
			reap(w);
		if (atomic_load(&w->word->stage) == ST_FAILED && !w->ended)
			return 0;
		if ((fds[0].revents & POLLIN) == 0 && (fds[0].revents & POLLHUP) != 0)
			return 0;
	}
}

static void end(struct watch *w)
{
	if (w->ended)
		return;
	if (atomic_load(&w->word->stage) == ST_FAILED)
		(void)sys_pidfd_send_signal(w->pidfd, SIGKILL);
	while (waitpid(w->pid, &w->status, 0) < 0 && errno == EINTR)
		;
	w->ended = true;
}

static int outcome(const struct watch *w, int *exit_code, struct err *e)
{
	const int err = atomic_load(&w->word->value);

	if (atomic_load(&w->word->stage) == ST_FAILED) {
		*exit_code = err == ENOENT ? 127 : 126;
		return fail_sys(e, err, "%s: execute", w->job->path);
	}
	*exit_code =
		WIFSIGNALED(w->status) ? 128 + WTERMSIG(w->status) : WEXITSTATUS(w->status);
	return 0;
}

/* The child shares our descriptors until it is another program, so its listener is ours. */
static int wait_for_filter(const struct watch *w, int *listener, struct err *e)
{
	int stage;

	while ((stage = atomic_load(&w->word->stage)) == ST_START) {
		if (waitpid(w->pid, NULL, WNOHANG) != 0)
			return fail(e, ERR_SYSTEM, "policy run: the child: died early");
		relax();
	}
	if (stage == ST_REFUSED)
		return fail_sys(e, atomic_load(&w->word->value), "policy run: load the filter");
	*listener = atomic_load(&w->word->value);
	atomic_store(&w->word->stage, ST_GO);
	return 0;
}

static int watch(struct watch *w, int *exit_code, struct err *e)
{
	autofd int listener = -1;
	int rc = wait_for_filter(w, &listener, e);

	if (rc == 0)
		rc = serve(w, listener, e);
	if (rc < 0)
		(void)sys_pidfd_send_signal(w->pidfd, SIGKILL);
	end(w);
	return rc < 0 ? -1 : outcome(w, exit_code, e);
}

static int start(struct watch *w, struct err *e)
{
	struct clone_args args = { .flags = CLONE_FILES | CLONE_PIDFD,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)&w->pidfd };

	w->pid = sys_clone3(&args, sizeof(args));
	if (w->pid == 0)
		child(w);
	return w->pid > 0 ? 0 : fail_sys(e, -w->pid, "policy run: make a child");
}

/* What the terminal sends goes to all in the foreground; what was sent to us alone is passed
 * on. */
static int open_signals(void)
{
	sigset_t set;

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGUSR2);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int watch_run(const struct watch_job *job, int *exit_code, struct err *e)
{
	struct watch w = { .job = job, .pidfd = -1, .signals = -1 };
	autofd int signals = open_signals();
	int rc;

	w.signals = signals;
	w.word = mmap(NULL, sizeof(*w.word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (w.word == MAP_FAILED)
		return fail_sys(e, errno, "policy run: shared memory");
	rc = start(&w, e);
	if (rc == 0)
		rc = watch(&w, exit_code, e);
	auto_close_(&w.pidfd);
	(void)munmap(w.word, sizeof(*w.word));
	return rc;
}
