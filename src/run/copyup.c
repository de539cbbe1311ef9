/* SPDX-License-Identifier: Apache-2.0 */
/* copyup.c - "tmpcopyup": what the image has below a mount point, copied into the new mount.
 * Descriptors only: nothing that the image's owner does meanwhile leads us out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "run/run_private.h"

#define DEPTH_MAX   128 /* each level holds three descriptors */
#define XATTR_NAMES 8192
#define XATTR_VALUE 65536 /* XATTR_SIZE_MAX of linux/limits.h */

/* Where we are, for messages; lives on the stack of the walk. */
struct place {
	const struct place *up;
	const char *name;
	size_t depth;
};

/* One entry: its two directories, its name, what it is. */
struct entry {
	int from, to;
	const struct place *at;
	struct stat st;
};

static void place_add(struct sbuf *b, const struct place *at)
{
	if (at->up != NULL)
		place_add(b, at->up);
	sbuf_add(b, "%s%s", b->n > 0 ? "/" : "", at->name);
}

static int copy_failed(const struct place *at, int err, const char *what, struct err *e)
{
	char path[256];
	struct sbuf b = SBUF(path);

	path[0] = '\0';
	if (at != NULL)
		place_add(&b, at);
	return fail_sys(e, err, "tmpcopyup: %s%s: %s", path, b.over ? "..." : "", what);
}

/* ---- what belongs to a file beside its content ---- */

/* A target that knows no such attribute loses it. So does one where we may not write those of
 * security modules: the kernel gives new files labels of its own. */
static bool may_lack(const char *name, int err)
{
	return err == ENOTSUP ||
	       ((err == EPERM || err == EACCES) && str_after(name, "security.") != NULL);
}

static int copy_xattr(int from, int to, const char *name, char *value)
{
	ssize_t n = fgetxattr(from, name, value, XATTR_VALUE);

	if (n < 0)
		return errno == ENODATA ? 0 : errno; /* removed meanwhile */
	if (fsetxattr(to, name, value, (size_t)n, 0) == 0 || may_lack(name, errno))
		return 0;
	return errno;
}

/* 0 or an errno. */
static int copy_xattrs(int from, int to)
{
	char names[XATTR_NAMES];
	ssize_t n = flistxattr(from, names, sizeof(names));
	autofree char *value = NULL;
	int err = 0;

	if (n <= 0)
		return n == 0 || errno == ENOTSUP ? 0 : errno;
	value = malloc(XATTR_VALUE);
	if (value == NULL)
		return ENOMEM;
	for (const char *name = names; name < names + n && err == 0; name += strlen(name) + 1)
		err = copy_xattr(from, to, name, value);
	return err;
}

/* In this order: chown(2) takes away set-id bits and file capabilities. */
static int copy_attributes(int from, int to, const struct stat *st, const struct place *at,
			   struct err *e)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	int err;

	if (fchown(to, st->st_uid, st->st_gid) < 0)
		return copy_failed(at, errno, "change its owner", e);
	err = copy_xattrs(from, to);
	if (err != 0)
		return copy_failed(at, err, "copy extended attributes", e);
	if (fchmod(to, st->st_mode & 07777) < 0)
		return copy_failed(at, errno, "change its mode", e);
	if (futimens(to, times) < 0)
		return copy_failed(at, errno, "set its times", e);
	return 0;
}

/* As above, for what has no descriptor. */
static int name_attributes(const struct entry *n, bool has_mode, struct err *e)
{
	const struct timespec times[] = { n->st.st_atim, n->st.st_mtim };
	const char *name = n->at->name;

	if (fchownat(n->to, name, n->st.st_uid, n->st.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return copy_failed(n->at, errno, "change its owner", e);
	if (has_mode && fchmodat(n->to, name, n->st.st_mode & 07777, 0) < 0)
		return copy_failed(n->at, errno, "change its mode", e);
	if (utimensat(n->to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return copy_failed(n->at, errno, "set its times", e);
	return 0;
}

/* ---- content ---- */

static ssize_t copy_by_hand(int from, int to, size_t len)
{
	char buf[8192];
	ssize_t n = read(from, buf, len < sizeof(buf) ? len : sizeof(buf));
	ssize_t done = 0;

	while (n > done) {
		ssize_t w = write(to, buf + done, (size_t)(n - done));

		if (w < 0 && errno != EINTR)
			return -1;
		done += w > 0 ? w : 0;
	}
	return n;
}

/* As many bytes as the file had when we looked: one that grows does not keep us. Within the
 * kernel by sendfile(2); copy_file_range(2) does not go from one file system to another. */
static int copy_content(int from, int to, off_t left)
{
	bool by_hand = false;

	while (left > 0) {
		size_t len = left > INT_MAX ? INT_MAX : (size_t)left;
		ssize_t n =
			by_hand ? copy_by_hand(from, to, len) : sendfile(to, from, NULL, len);

		if (n < 0 && !by_hand && (errno == EINVAL || errno == ENOSYS))
			by_hand = true;
		else if (n < 0 && errno != EINTR)
			return errno;
		else if (n == 0)
			return 0;
		else if (n > 0)
			left -= n;
	}
	return 0;
}

static int copy_file(const struct entry *n, struct err *e)
{
	/* not blocking: it may have become a FIFO since we looked */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	autofd int from = openat(n->from, n->at->name, flags);
	autofd int to = -1;
	struct stat st;
	int err;

	if (from < 0 || fstat(from, &st) < 0)
		return copy_failed(n->at, errno, "open", e);
	if (!S_ISREG(st.st_mode))
		return copy_failed(n->at, EAGAIN, "expected a regular file, which it was", e);
	to = openat(n->to, n->at->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (to < 0)
		return copy_failed(n->at, errno, "create", e);
	err = copy_content(from, to, st.st_size);
	if (err != 0)
		return copy_failed(n->at, err, "copy", e);
	return copy_attributes(from, to, &st, n->at, e);
}

static int copy_symlink(const struct entry *n, struct err *e)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(n->from, n->at->name, target, sizeof(target));

	if (len < 0)
		return copy_failed(n->at, errno, "read the link", e);
	if ((size_t)len >= sizeof(target))
		return copy_failed(n->at, ENAMETOOLONG, "read the link", e);
	target[len] = '\0';
	if (symlinkat(target, n->to, n->at->name) < 0)
		return copy_failed(n->at, errno, "make the link", e);
	return name_attributes(n, false, e);
}

static int copy_fifo(const struct entry *n, struct err *e)
{
	if (mkfifoat(n->to, n->at->name, 0600) < 0)
		return copy_failed(n->at, errno, "make the fifo", e);
	return name_attributes(n, true, e);
}

/* ---- directories ---- */

static int copy_entries(int from, int to, const struct place *up, struct err *e);

static int copy_directory(const struct entry *n, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	autofd int from = openat(n->from, n->at->name, flags);
	autofd int to = -1;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return copy_failed(n->at, errno, "open", e);
	if (n->at->depth > DEPTH_MAX)
		return copy_failed(n->at, ELOOP, "expected at most 128 levels", e);
	if (mkdirat(n->to, n->at->name, 0700) < 0)
		return copy_failed(n->at, errno, "make the directory", e);
	to = openat(n->to, n->at->name, flags);
	if (to < 0)
		return copy_failed(n->at, errno, "open the new directory", e);
	if (copy_entries(from, to, n->at, e) < 0)
		return -1;
	return copy_attributes(from, to, &st, n->at, e);
}

static const struct {
	mode_t type;
	int (*copy)(const struct entry *n, struct err *e);
} copiers[] = {
	{ S_IFDIR, copy_directory },
	{ S_IFREG, copy_file },
	{ S_IFLNK, copy_symlink },
	{ S_IFIFO, copy_fifo },
};

/* Devices are linux.devices' to make, and a socket without its server is nothing. */
static int copy_one(int from, int to, const struct place *at, struct err *e)
{
	struct entry n = { .from = from, .to = to, .at = at };

	if (fstatat(from, at->name, &n.st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : copy_failed(at, errno, "look at it", e);
	for (size_t i = 0; i < COUNT(copiers); i++)
		if (copiers[i].type == (n.st.st_mode & S_IFMT))
			return copiers[i].copy(&n, e);
	return 0;
}

static int copy_entries(int from, int to, const struct place *up, struct err *e)
{
	/* another open file: `from' may be O_PATH, and its position is not ours to move */
	autofd int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct place at = { .up = up, .depth = up != NULL ? up->depth + 1 : 1 };
	const struct dirent *ent;

	if (d == NULL)
		return copy_failed(up, errno, "read the directory", e);
	(void)take_fd(&fd); /* the stream's now */
	while (errno = 0, (ent = readdir(d)) != NULL) {
		at.name = ent->d_name;
		if (str_eq(at.name, ".") || str_eq(at.name, ".."))
			continue;
		if (copy_one(from, to, &at, e) < 0)
			return -1;
	}
	return errno == 0 ? 0 : copy_failed(up, errno, "read the directory", e);
}

int copy_tree(int from, int to, struct err *e)
{
	return copy_entries(from, to, NULL, e);
}
