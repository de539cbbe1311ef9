/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of state.h: the root, one for each container, and its lock. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "state/state_private.h"

#define ROOT_DEFAULT "/run/caisson"
#define ID_MAX       1024
#define LOCK_WAIT_MS 10000
#define LOCK_NAP_MAX 20 /* ms between two looks */
#define REMOVE_TRIES 8
#define REMOVE_DEPTH 8
#define DIR_FLAGS    (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* mkdir -p: what is missing gets the mode. */
static int make_path(const char *path, mode_t mode)
{
	char buf[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(buf))
		return -ENAMETOOLONG;
	memcpy(buf, path, len + 1);
	for (char *p = buf + 1; p <= buf + len; p++) {
		char keep = *p;

		if (keep != '/' && keep != '\0')
			continue;
		*p = '\0';
		if (mkdir(buf, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = keep;
	}
	return 0;
}

/* Somebody else who may write there could swap a container under us; a sticky directory as
 * /tmp keeps others' hands off what is ours. */
static int check_root(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: stat", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail(e, ERR_STATE, "%s: expected a directory of ours, found uid %u's",
			    path, st.st_uid);
	if ((st.st_mode & 022) != 0 && (st.st_mode & S_ISVTX) == 0)
		return fail(e, ERR_STATE,
			    "%s: expected a directory that nobody else writes, found mode 0%o",
			    path, st.st_mode & 07777);
	return 0;
}

/* The descriptor or -errno. The path itself may be a symlink: the administrator's. */
static int open_root(const char *path, mode_t make_mode)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd >= 0 || errno != ENOENT || make_mode == 0)
		return fd < 0 ? -errno : fd;
	r = make_path(path, make_mode);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int take_root(const char *path, int opened, int *fd, struct err *e)
{
	autofd int dir = opened;

	if (dir == -ENOENT)
		return fail(e, ERR_MISSING, "state directory %s does not exist", path);
	if (dir < 0)
		return fail_sys(e, -dir, "%s: open as state directory", path);
	if (check_root(path, dir, e) < 0)
		return -1;
	*fd = take_fd(&dir);
	return 0;
}

int state_root_open(const char *given, bool make, int *fd, struct err *e)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	bool has_runtime = runtime != NULL && runtime[0] == '/';
	char path[PATH_MAX];
	int n, r;

	if (given != NULL)
		return take_root(given, open_root(given, make ? 0700 : 0), fd, e);
	if (geteuid() == 0) {
		r = open_root(ROOT_DEFAULT, make ? 0700 : 0);
		/* not there, and not for us to make: as a call that makes it would find */
		if (r == -ENOENT && has_runtime &&
		    faccessat(AT_FDCWD, "/run", W_OK, AT_EACCESS) < 0)
			r = -errno;
		/* root of a user namespace only: the host's directory is not for it */
		if (!has_runtime || (r != -EACCES && r != -EPERM && r != -EROFS))
			return take_root(ROOT_DEFAULT, r, fd, e);
	}
	if (!has_runtime) {
		(void)fail(e, ERR_STATE,
			   "state directory: expected --root or XDG_RUNTIME_DIR: found "
			   "neither");
		return hint(e, "log in by a session manager, or give --root DIR");
	}
	n = snprintf(path, sizeof(path), "%s/caisson", runtime);
	if (n < 0 || (size_t)n >= sizeof(path))
		return fail_sys(e, ENAMETOOLONG, "XDG_RUNTIME_DIR");
	/* sticky: XDG's cleaners leave it alone (basedir specification) */
	return take_root(path, open_root(path, make ? 01700 : 0), fd, e);
}

static bool id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '+' || c == '.' || c == '-';
}

int state_id_check(const char *id, struct err *e)
{
	size_t n = strnlen(id, ID_MAX + 1);

	if (n == 0 || n > ID_MAX)
		return fail(e, ERR_USAGE, "container ID: expected 1 to %d characters, found %s",
			    ID_MAX, n == 0 ? "none" : "more");
	if (id[0] == '.')
		return fail(e, ERR_USAGE,
			    "invalid container ID \"%.64s\": expected no dot in "
			    "front",
			    id);
	for (size_t i = 0; i < n; i++)
		if (!id_char(id[i]))
			return fail(e, ERR_USAGE,
				    "invalid container ID \"%.64s\": expected letters, "
				    "digits and _ + . -: found invalid character 0x%02x",
				    id, (unsigned)(unsigned char)id[i]);
	return 0;
}

void state_dir_close(struct state_dir *d)
{
	/* Copies in forked children do not keep the lock: it goes with its owner. */
	if (d->lock >= 0 && d->owner == getpid())
		(void)flock(d->lock, LOCK_UN);
	auto_close_(&d->lock);
	auto_close_(&d->fd);
	d->fd = d->lock = -1;
}

static int lock_wait(int fd, const char *id, uint64_t until, struct err *e)
{
	for (long nap = 1; flock(fd, LOCK_EX | LOCK_NB) < 0; nap *= 2) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_sys(e, errno, "container %s: lock", id);
		if (now_boot_ms() >= until)
			return fail(e, ERR_STATE,
				    "container %s: expected its lock within %d s: another "
				    "command holds it",
				    id, LOCK_WAIT_MS / 1000);
		if (nap > LOCK_NAP_MAX)
			nap = LOCK_NAP_MAX;
		(void)nanosleep(&(struct timespec){ 0, nap * 1000000 }, NULL);
	}
	return 0;
}

/* Is the directory that we opened still the one of that name? It may have been removed, and
 * made again, while we waited for the lock. */
static bool still_named(int root, const char *id, const struct stat *opened)
{
	struct stat now;

	return fstatat(root, id, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_dev == opened->st_dev && now.st_ino == opened->st_ino;
}

static int open_dir(int root, const char *id, struct err *e)
{
	struct stat st;
	autofd int fd = openat(root, id, DIR_FLAGS);

	if (fd < 0 && (errno == ENOENT || errno == ENAMETOOLONG))
		return fail(e, ERR_MISSING, "container %s does not exist", id);
	if (fd < 0)
		return fail_sys(e, errno, "container %s: open its state directory", id);
	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "container %s: stat", id);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return fail(e, ERR_STATE,
			    "container %s: expected a directory of ours that nobody else "
			    "writes: found mode 0%o of uid %u",
			    id, st.st_mode & 07777, st.st_uid);
	return take_fd(&fd);
}

/* Takes the lock of an open directory, on a second descriptor, so that the first can be handed
 * on without it. 1: locked, 0: no longer the directory of that name. */
static int lock_dir(int root, const char *id, struct state_dir *d, uint64_t until,
		    struct err *e)
{
	struct stat st;

	d->lock = openat(d->fd, ".", DIR_FLAGS);
	if (d->lock < 0)
		return errno == ENOENT ? 0
				       : fail_sys(e, errno, "container %s: open its lock", id);
	d->owner = getpid();
	if (lock_wait(d->lock, id, until, e) < 0)
		return -1;
	if (fstat(d->lock, &st) < 0)
		return fail_sys(e, errno, "container %s: stat", id);
	return still_named(root, id, &st) ? 1 : 0;
}

static void hand_over(struct state_dir *from, struct state_dir *to)
{
	*to = *from;
	from->fd = from->lock = -1;
}

int state_open(int root, const char *id, bool lock, struct state_dir *out, struct err *e)
{
	uint64_t until = now_boot_ms() + LOCK_WAIT_MS;
	int r;

	if (state_id_check(id, e) < 0)
		return -1;
	do {
		autostate struct state_dir d = { -1, -1, 0 };

		d.fd = open_dir(root, id, e);
		if (d.fd < 0)
			return -1;
		r = lock ? lock_dir(root, id, &d, until, e) : 1;
		if (r < 0)
			return -1;
		if (r > 0)
			hand_over(&d, out);
	} while (r == 0 && now_boot_ms() < until);
	return r > 0 ? 0
		     : fail(e, ERR_STATE, "container %s: removed and made again all the time",
			    id);
}

int state_make(int root, const char *id, struct state_dir *out, struct err *e)
{
	autostate struct state_dir d = { -1, -1, 0 };
	int r;

	if (state_id_check(id, e) < 0)
		return -1;
	if (mkdirat(root, id, 0700) < 0)
		return errno == EEXIST
			       ? fail(e, ERR_STATE, "container with given ID already exists")
			       : fail_sys(e, errno, "container %s: make its state", id);
	d.fd = open_dir(root, id, e);
	if (d.fd < 0) {
		(void)unlinkat(root, id, AT_REMOVEDIR); /* still empty, or not ours any more */
		return -1;
	}
	r = lock_dir(root, id, &d, now_boot_ms() + LOCK_WAIT_MS, e);
	if (r < 0)
		return -1;
	if (r == 0)
		return fail(e, ERR_STATE, "container %s: deleted while it was being created",
			    id);
	/* crun's name of it: who waits for a container to be known looks for that file */
	if (symlinkat(STATE_FILE, d.fd, "status") < 0)
		return fail_sys(e, errno, "container %s: make its state", id);
	hand_over(&d, out);
	return 0;
}

/* Removes what is in a directory. 0 or -errno. */
static int sweep(int parent, const char *name, int depth)
{
	autofd int fd = openat(parent, name, DIR_FLAGS);
	autodir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *ent;
	int r = 0;

	if (d == NULL)
		return -errno;
	(void)take_fd(&fd); /* the stream has it now */
	while (r == 0 && (ent = readdir(d)) != NULL) {
		const char *n = ent->d_name;

		if (strcmp(n, ".") == 0 || strcmp(n, "..") == 0)
			continue;
		if (unlinkat(dirfd(d), n, 0) == 0 || errno == ENOENT)
			continue;
		/* EISDIR, by POSIX EPERM: a directory */
		r = depth == 0 ? -ELOOP : sweep(dirfd(d), n, depth - 1);
		if (r == 0 && unlinkat(dirfd(d), n, AT_REMOVEDIR) < 0 && errno != ENOENT)
			r = -errno;
	}
	return r;
}

/* What is usually there first: most containers then need no look at the directory. */
static void remove_known(int fd)
{
	static const char *const names[] = { STATE_FILE,   "config.json", "filter",
					     "start.sock", "exit.json",   "watch.json",
					     "kill.json",  "notify.sock", "verdicts",
					     "denials",    "status" };

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlinkat(fd, names[i], 0);
}

int state_remove(int root, const char *id, struct state_dir *d, struct err *e)
{
	int r = 0;

	if (d->fd >= 0)
		remove_known(d->fd);
	for (int i = 0; i < REMOVE_TRIES && r == 0; i++) {
		if (unlinkat(root, id, AT_REMOVEDIR) == 0 || errno == ENOENT) {
			state_dir_close(d);
			return 0;
		}
		if (errno != ENOTEMPTY && errno != EEXIST)
			return fail_sys(e, errno, "container %s: remove its state", id);
		r = sweep(root, id, REMOVE_DEPTH);
	}
	return fail_sys(e, r < 0 ? -r : ENOTEMPTY, "container %s: remove its state", id);
}

/* One name of the root. What is gone by the time we look is no error. */
static int see(int root, const char *id, int (*seen)(void *ctx, const char *id, struct err *e),
	       void *ctx, struct err *e)
{
	struct err mine = { 0 };
	struct stat st;

	if (seen(ctx, id, &mine) == 0)
		return 0;
	if (fstatat(root, id, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	*e = mine;
	return -1;
}

struct ids {
	const char **v;
	size_t n, room;
};

static int add_id(struct arena *a, struct ids *ids, const struct dirent *ent)
{
	struct err ignored = { 0 };

	if ((ent->d_type != DT_DIR && ent->d_type != DT_UNKNOWN) ||
	    state_id_check(ent->d_name, &ignored) < 0)
		return 0;
	if (ids->n == ids->room) {
		size_t room = ids->room > 0 ? ids->room * 2 : 64;
		const char **more = reallocarray(ids->v, room, sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		ids->v = more;
		ids->room = room;
	}
	ids->v[ids->n++] = arena_strdup(a, ent->d_name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int see_all(int root, struct arena *a, struct ids *ids, DIR *d,
		   int (*seen)(void *ctx, const char *id, struct err *e), void *ctx,
		   struct err *e)
{
	const struct dirent *ent;

	while ((ent = readdir(d)) != NULL)
		if (add_id(a, ids, ent) < 0)
			return fail_sys(e, ENOMEM, "state directory: read");
	if (ids->n > 0)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_name);
	for (size_t i = 0; i < ids->n; i++)
		if (see(root, ids->v[i], seen, ctx, e) < 0)
			return -1;
	return 0;
}

int state_each(int root, int (*seen)(void *ctx, const char *id, struct err *e), void *ctx,
	       struct err *e)
{
	autofd int fd = openat(root, ".", DIR_FLAGS);
	autodir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	autoarena struct arena a = { 0 };
	struct ids ids = { 0 };
	int got;

	if (d == NULL)
		return fail_sys(e, errno, "state directory: read");
	(void)take_fd(&fd); /* the stream has it now */
	got = see_all(root, &a, &ids, d, seen, ctx, e);
	free(ids.v);
	return got;
}
