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
#include "watch/calls.h"
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

static int read_words(int argc, char **argv, int *fds, size_t n, struct err *e)
{
	if (argc != (int)n + 2)
		return fail(e, ERR_USAGE, "caisson-watch is started by caisson");
	for (size_t i = 0; i < n; i++) {
		int64_t fd = -1;

		if (!str_int64(argv[i + 2], -1, INT32_MAX, &fd))
			return fail(e, ERR_USAGE, "caisson-watch is started by caisson");
		fds[i] = (int)fd;
	}
	return 0;
}

/* Of the engine's descriptors, which came through the runtime, none may stay: it would wait for
 * them to be closed. */
static int keep_own(const int *fds, size_t n, struct err *e)
{
	int err = fd_close_others(3, fds, n);

	for (size_t i = 0; err == 0 && i < n; i++)
		if (fds[i] >= 0 && fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0)
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
	audit_obey(w->audit, &w->want.audit_rules);

	const struct watch_place at = {
		.dir = &w->dir, .init = w->fd[WATCH_FD_INIT], .cg = w->cg, .audit = w->audit
	};

	return watch_open(&w->want, &at, true, &w->watch, e);
}

/* What hits the engine's session is not meant for us, and nobody but root may look into us, not
 * even another process of the same user. A kernel that is out of memory had better end somebody
 * else; who may not ask for that keeps what he has. */
static void be_apart(void)
{
	static const int deaf_to[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2 };

	(void)setsid();
	(void)!chdir("/");
	for (size_t i = 0; i < COUNT(deaf_to); i++)
		(void)signal(deaf_to[i], SIG_IGN);
	(void)file_put_at(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
	(void)prctl(PR_SET_DUMPABLE, 0);
}

static void complain_to(int say, const struct err *e)
{
	(void)!write(say, e, sizeof(*e));
}

/* The first fork is the runtime's to reap, and ends; true in the second, which belongs to
 * nobody. */
static bool stand_apart(int say, struct err *e)
{
	pid_t pid = fork();

	if (pid < 0) {
		(void)fail_sys(e, errno, "watcher: fork");
		complain_to(say, e);
	}
	if (pid != 0)
		return false;
	be_apart();
	(void)close(say);
	return true;
}

static int set_up(struct watcher *w, int argc, char **argv, struct err *e)
{
	return read_words(argc, argv, w->fd, WATCH_FDS, e) < 0 ||
			       keep_own(w->fd, WATCH_FDS, e) < 0 || read_want(w, e) < 0 ||
			       open_all(w, e) < 0
		       ? -1
		       : 0;
}

/* ---- the second holder ---- */

static int hold_main(int argc, char **argv)
{
	int fds[HOLD_FDS] = { [0 ... HOLD_FDS - 1] = -1 };
	struct err e = { 0 };

	if (read_words(argc, argv, fds, HOLD_FDS, &e) < 0)
		return 1;
	if (keep_own(fds, HOLD_FDS, &e) < 0 || !stand_apart(fds[HOLD_FD_SAY], &e))
		return e.kind != ERR_NONE;
	hold_until_end(&(struct holder){ fds[HOLD_FD_INIT], fds[HOLD_FD_SOCKET] });
	return 0;
}

int main(int argc, char **argv)
{
	struct watcher w = { .fd = { -1, -1, -1, -1, -1, -1 } };
	struct err e = { 0 };

	if (argc > 0 && str_eq(argv[0], HOLD_NAME))
		return hold_main(argc, argv);
	if (set_up(&w, argc, argv, &e) < 0) {
		complain_to(w.fd[WATCH_FD_SAY], &e);
		return 1;
	}
	if (!stand_apart(w.fd[WATCH_FD_SAY], &e))
		return e.kind != ERR_NONE;
	watch_until_end(w.watch);
	return 0;
}
