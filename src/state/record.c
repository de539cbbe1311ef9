/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - beside the state: how the container ended, who ended it, and who watches. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"
#include "state/state_private.h"

#define EXIT_FILE      "exit.json"
#define KILL_FILE      "kill.json"
#define WATCH_FILE     "watch.json"
#define WATCH_NEW      "watch.json.new"
#define KILL_MAX       1024
#define TELLING_NAP_NS 1000000

/* Where there is no room, what was to be watched makes some: nobody will want it any more.
 * Whoever has it open keeps its lock. */
int state_save_exit(const struct state_dir *d, const char *text, size_t len, struct err *e)
{
	autofd int fd = -1;

	if (file_replace_at(d->fd, EXIT_FILE, text, len, 0600, false, e) == 0)
		return 0;
	if (e->sys == ENOSPC || e->sys == EDQUOT)
		fd = openat(d->fd, WATCH_FILE,
			    O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	*e = (struct err){ 0 };
	return file_replace_at(d->fd, EXIT_FILE, text, len, 0600, false, e);
}

bool state_has_exit(const struct state_dir *d)
{
	return faccessat(d->fd, EXIT_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- who killed it ---- */

int state_save_kill(const struct state_dir *d, const struct state_kill *k, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct json *o = json_object(&a);
	const char *text;
	size_t len;

	json_set(o, "signal", json_int(&a, k->signal));
	json_set(o, "uid", json_uint(&a, k->uid));
	json_set(o, "loginUid", json_uint(&a, k->login_uid));
	json_set(o, "caller", json_int(&a, k->caller));
	text = json_print(&a, o, JSON_LINE, &len);
	return file_replace_at(d->fd, KILL_FILE, text, len, 0600, false, e);
}

void state_drop_kill(const struct state_dir *d)
{
	(void)unlinkat(d->fd, KILL_FILE, 0);
}

bool state_load_kill(const struct state_dir *d, struct state_kill *out)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	struct err ignored = { 0 };
	autofd int fd = state_open_own(d, KILL_FILE, &ignored);
	autofree char *text = NULL;
	int64_t signal = 0, caller = 0;
	struct json *doc;
	size_t len;

	if (fd < 0 || file_read_fd(fd, KILL_MAX, KILL_FILE, &text, &len, &ignored) < 0 ||
	    json_parse(&a, KILL_FILE, text, len, &doc, &ignored) < 0)
		return false;

	const struct jat root = j_root(doc, &bad);
	const struct jat at[] = { j_key(&root, "signal"), j_key(&root, "uid"),
				  j_key(&root, "loginUid"), j_key(&root, "caller") };

	if (!j_int64(&at[0], 1, 64, &signal) || !j_uint32(&at[1], &out->uid) ||
	    !j_uint32(&at[2], &out->login_uid) || !j_int64(&at[3], 0, INT32_MAX, &caller))
		return false;
	out->signal = (int)signal;
	out->caller = (pid_t)caller;
	return true;
}

/* ---- who watches ---- */

/* The file gets its name when it is whole and locked. */
int state_make_watch(const struct state_dir *d, const char *text, size_t len, int *lock,
		     struct err *e)
{
	autofd int fd = openat(d->fd, WATCH_NEW,
			       O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return fail_sys(e, errno, WATCH_FILE ": make");
	r = write_all(fd, text, len);
	if (r < 0)
		return fail_sys(e, -r, WATCH_FILE ": write");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    renameat(d->fd, WATCH_NEW, d->fd, WATCH_FILE) < 0)
		return fail_sys(e, errno, WATCH_FILE ": make");
	*lock = take_fd(&fd);
	return 0;
}

enum state_watch state_try_watch(const struct state_dir *d, int *lock)
{
	struct err ignored = { 0 };
	autofd int fd = state_open_own(d, WATCH_FILE, &ignored);

	if (fd < 0)
		return STATE_UNWATCHED;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return STATE_WATCHED;
	*lock = take_fd(&fd);
	return STATE_LOST;
}

/* ---- not before the beginning is told ---- */

/* Locks of the open description (fcntl(2)), which have nothing to do with those of flock(2). */
static int lock_telling(int fd, short type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

int state_hold_record(const struct state_dir *d)
{
	autofd int fd = openat(d->fd, WATCH_FILE, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || lock_telling(fd, F_WRLCK) < 0)
		return -1;
	return take_fd(&fd);
}

bool state_await_record(const struct state_dir *d, int timeout_ms)
{
	autofd int fd = openat(d->fd, WATCH_FILE, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	const uint64_t until = now_boot_ms() + (uint64_t)timeout_ms;

	if (fd < 0)
		return false;
	while (lock_telling(fd, F_WRLCK) < 0 && now_boot_ms() < until)
		(void)nanosleep(&(struct timespec){ 0, TELLING_NAP_NS }, NULL);
	return faccessat(d->fd, WATCH_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void state_forgo_record(const struct state_dir *d)
{
	(void)unlinkat(d->fd, WATCH_FILE, 0);
}
