/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c - the runtime's side of starting a watcher. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "watch/program.h"
#include "watch/watch.h"

#define READY_MS 10000

#define FDS_MAX WATCH_FDS

/* The words of its command line: its name, the container's, and a descriptor each. */
struct words {
	char text[FDS_MAX][12];
	const char *v[FDS_MAX + 3];
};

static void fill_words(struct words *w, const char *name, const char *id, const int *fds,
		       size_t n)
{
	w->v[0] = name;
	w->v[1] = id;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(w->text[i], sizeof(w->text[i]), "%d", fds[i]);
		w->v[i + 2] = w->text[i];
	}
	w->v[n + 2] = NULL;
}

/* One of the two that the program can be. The last descriptor is the pipe that it says on how
 * it went: made here. */
struct role {
	const char *program, *name, *id;
	int *fds;
	size_t n;
};

static int spawn(const struct role *role, struct watch_child *out, struct err *e)
{
	autofd int ours = -1;
	autofd int theirs = -1;
	struct words words;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail_sys(e, errno, "watcher: a pipe");
	ours = pair[0];
	theirs = pair[1];
	role->fds[role->n - 1] = theirs;
	fill_words(&words, role->name, role->id, role->fds, role->n);
	r = proc_spawn(role->program, words.v, role->fds, role->n, &out->pid);
	if (r < 0)
		return fail_sys(e, -r, "watcher: run %s", role->program);
	out->said = take_fd(&ours);
	return 0;
}

int watch_spawn(const char *program, const char *id, const struct watch_place *at, int lock,
		struct watch_child *out, struct err *e)
{
	int fds[WATCH_FDS] = {
		[WATCH_FD_DIR] = at->dir->fd,
		[WATCH_FD_INIT] = at->init,
		[WATCH_FD_GROUP] = at->cg != NULL ? cg_fd(at->cg) : -1,
		[WATCH_FD_LOG] = at->audit != NULL ? audit_fd(at->audit) : -1,
		[WATCH_FD_LOCK] = lock,
	};
	const struct role role = { program, WATCH_PROGRAM, id, fds, WATCH_FDS };

	return spawn(&role, out, e);
}

int watch_spawn_holder(const char *program, const char *id, int init, int socket,
		       struct watch_child *out, struct err *e)
{
	int fds[HOLD_FDS] = { [HOLD_FD_INIT] = init, [HOLD_FD_SOCKET] = socket };
	const struct role role = { program, HOLD_NAME, id, fds, HOLD_FDS };

	return spawn(&role, out, e);
}

static int read_said(int fd, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct err said;
	ssize_t n;

	if (poll(&p, 1, READY_MS) <= 0)
		return fail(e, ERR_SYSTEM, "watcher: not ready within %d s", READY_MS / 1000);
	n = read(fd, &said, sizeof(said));
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(said))
		return fail(e, ERR_SYSTEM, "watcher: ended before it was ready");
	said.text[sizeof(said.text) - 1] = said.step[sizeof(said.step) - 1] = '\0';
	*e = said;
	return -1;
}

int watch_spawned(struct watch_child *c, struct err *e)
{
	int status = 0, got;

	if (c->pid == 0)
		return 0;
	got = read_said(c->said, e);
	if (got < 0)
		(void)kill(c->pid, SIGKILL);
	(void)proc_wait(c->pid, -1, -1, &status);
	c->pid = 0;
	auto_close_(&c->said);
	c->said = -1;
	if (got == 0 && status != 0)
		return fail(e, ERR_SYSTEM, "watcher: ended before it was ready");
	return got;
}

void watch_forget(struct watch_child *c)
{
	struct err e = { 0 };

	if (watch_spawned(c, &e) < 0)
		log_debug("%s", e.text);
}
