/* SPDX-License-Identifier: Apache-2.0 */
/* caisson-watch: beside a container, outside of it, until it ends. Not for people to start. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "watch/program.h"
#include "watch/watch.h"

#define WANT_MAX (1u << 20)

/* All that it has; given back by the kernel when it ends. */
struct watcher {
	int fd[WATCH_FDS];
	struct arena arena;
	struct watch_want want;
	struct state_dir dir;
	struct cg *cg;
	struct audit *audit;
	struct watch *watch;
};

static int read_words(struct watcher *w, int argc, char **argv, struct err *e)
{
	if (argc != WATCH_FDS + 2)
		return fail(e, ERR_USAGE, "caisson-watch is started by caisson");
	for (size_t i = 0; i < WATCH_FDS; i++) {
		int64_t n = -1;

		if (!str_int64(argv[i + 2], -1, INT32_MAX, &n))
			return fail(e, ERR_USAGE, "caisson-watch is started by caisson");
		w->fd[i] = (int)n;
	}
	return 0;
}

/* Of the engine's descriptors, which came through the runtime, none may stay: it would wait for
 * them to be closed. */
static int keep_own(const struct watcher *w, struct err *e)
{
	int err = fd_close_others(3, w->fd, WATCH_FDS);

	for (size_t i = 0; err == 0 && i < WATCH_FDS; i++)
		if (w->fd[i] >= 0 && fcntl(w->fd[i], F_SETFD, FD_CLOEXEC) < 0)
			err = -errno;
	return err < 0 ? fail_sys(e, -err, "watcher: its descriptors") : 0;
}

static int read_want(struct watcher *w, struct err *e)
{
	autofree char *text = NULL;
	size_t len;

	if (lseek(w->fd[WATCH_FD_LOCK], 0, SEEK_SET) < 0)
		return fail_sys(e, errno, "watch.json");
	if (file_read_fd(w->fd[WATCH_FD_LOCK], WANT_MAX, "watch.json", &text, &len, e) < 0)
		return -1;
	return watch_want_parse(&w->arena, text, len, &w->want, e);
}

static int open_all(struct watcher *w, struct err *e)
{
	const char *name = w->want.cgroup != NULL ? w->want.cgroup : "?";

	w->dir = (struct state_dir){ .fd = w->fd[WATCH_FD_DIR], .lock = -1 };
	if (w->fd[WATCH_FD_GROUP] >= 0 && cg_at(w->fd[WATCH_FD_GROUP], name, &w->cg) < 0)
		return fail_sys(e, ENOMEM, "watcher");
	if (audit_adopt(w->want.log != NULL ? w->fd[WATCH_FD_LOG] : -1, w->want.log, &w->audit,
			e) < 0)
		return -1;
	audit_configure(w->audit, &w->want.audit);

	const struct watch_place at = {
		.dir = &w->dir, .init = w->fd[WATCH_FD_INIT], .cg = w->cg, .audit = w->audit
	};

	return watch_open(&w->want, &at, true, &w->watch, e);
}

/* What hits the engine's session is not meant for us, and nobody but root may look into us, not
 * even another process of the same user. A kernel that is out of memory had better end somebody
 * else; who may not ask for that keeps what he has. */
static void stand_apart(void)
{
	static const int deaf_to[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2 };

	(void)setsid();
	(void)!chdir("/");
	for (size_t i = 0; i < COUNT(deaf_to); i++)
		(void)signal(deaf_to[i], SIG_IGN);
	(void)file_put_at(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
	(void)prctl(PR_SET_DUMPABLE, 0);
}

static int set_up(struct watcher *w, int argc, char **argv, struct err *e)
{
	return read_words(w, argc, argv, e) < 0 || keep_own(w, e) < 0 || read_want(w, e) < 0 ||
			       open_all(w, e) < 0
		       ? -1
		       : 0;
}

/* The first fork is the runtime's to reap; the second belongs to nobody. */
int main(int argc, char **argv)
{
	struct watcher w = { .fd = { -1, -1, -1, -1, -1, -1 } };
	struct err e = { 0 };
	pid_t pid = -1;

	if (set_up(&w, argc, argv, &e) == 0)
		pid = fork();
	if (pid < 0) {
		(void)fail_sys(&e, errno, "watcher: fork");
		(void)!write(w.fd[WATCH_FD_SAY], &e, sizeof(e));
		return 1;
	}
	if (pid > 0)
		return 0;
	stand_apart();
	(void)close(take_fd(&w.fd[WATCH_FD_SAY]));
	watch_until_end(w.watch);
	return 0;
}
