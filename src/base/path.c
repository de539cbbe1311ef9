/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/sys.h"

#define AGAIN_MAX 64 /* a rename or mount anywhere on the host makes ".." answer EAGAIN */

static int open_how(int root, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = makes ? mode : 0, /* openat2 refuses a mode that means nothing */
		.resolve = resolve,
	};
	int fd = -EAGAIN;

	for (int i = 0; i < AGAIN_MAX && fd == -EAGAIN; i++)
		fd = sys_openat2(root, path, &how);
	return fd;
}

int path_open_in(int root, const char *path, int flags, mode_t mode)
{
	return open_how(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int path_open_beneath_nolink(int root, const char *path, int flags, mode_t mode)
{
	path += strspn(path, "/");
	return open_how(root, *path == '\0' ? "." : path, flags, mode,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* Opens the first len bytes of path as a directory; none of them are the root. */
static int open_prefix(int root, char *path, size_t len)
{
	char keep = path[len];
	int fd;

	path[len] = '\0';
	fd = path_open_in(root, len == 0 ? "/" : path, O_PATH | O_DIRECTORY, 0);
	path[len] = keep;
	return fd;
}

/* Where the last component of the first len bytes begins, slashes before it cut off. */
static size_t without_last(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

/* Makes the component after the first *len bytes, in `parent', and moves *len behind it. */
static int make_next(int parent, const char *path, size_t *len, mode_t mode)
{
	const char *name = path + *len + strspn(path + *len, "/");
	size_t n = strcspn(name, "/");
	char buf[NAME_MAX + 1];

	*len = (size_t)(name - path) + n;
	if (n == 0)
		return 0;
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(buf, name, n);
	buf[n] = '\0';
	return mkdirat(parent, buf, mode) < 0 && errno != EEXIST ? -errno : 0;
}

/* Each look-up starts from the root again, so that symlinks on the way mean what they mean to
 * a process chrooted there, and mkdirat(2) follows none at the end (CVE-2024-45310). */
static int make_dirs(int root, char *path, size_t size, mode_t mode)
{
	size_t len = without_last(path, size);
	int fd = open_prefix(root, path, len);

	while (fd == -ENOENT && len > 0) {
		len = without_last(path, len);
		fd = open_prefix(root, path, len);
	}
	while (fd >= 0 && len < size) {
		autofd int parent = fd;
		int r = make_next(parent, path, &len, mode);

		fd = r < 0 ? r : open_prefix(root, path, len);
	}
	return fd;
}

/* ---- where a path that does not exist yet would be ---- */

#define LINKS_MAX 40 /* as the kernel's own bound, path_resolution(7) */

struct walk {
	int root;
	char done[PATH_MAX]; /* clean, no symlinks; "" is the root */
	char todo[PATH_MAX]; /* what is left to look at */
	unsigned links;
};

static void step_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Takes the first component off todo: 1, 0 when there is none, or -errno. */
static int next_name(struct walk *w, char name[NAME_MAX + 1])
{
	const char *from = w->todo + strspn(w->todo, "/");
	size_t n = strcspn(from, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, from, n);
	name[n] = '\0';
	memmove(w->todo, from + n, strlen(from + n) + 1);
	return n > 0;
}

/* done ends in a symlink: what it says comes before the rest, from here or from the root. */
static int follow(struct walk *w, int link)
{
	char rest[PATH_MAX], target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	memcpy(rest, w->todo, sizeof(rest));
	if ((size_t)snprintf(w->todo, sizeof(w->todo), "%s/%s", target, rest) >=
	    sizeof(w->todo))
		return -ENAMETOOLONG;
	step_up(w);
	if (target[0] == '/')
		w->done[0] = '\0';
	return 0;
}

static int walk_on(struct walk *w, const char *name)
{
	size_t n = strlen(w->done);
	autofd int fd = -1;
	struct stat st;

	if (n + strlen(name) + 2 > sizeof(w->done))
		return -ENAMETOOLONG;
	(void)snprintf(w->done + n, sizeof(w->done) - n, "/%s", name);
	fd = path_open_in(w->root, w->done, O_PATH | O_NOFOLLOW, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISLNK(st.st_mode) ? follow(w, fd) : 0;
}

/* The path without symlinks that `path' means inside root, even where its end, or what a
 * symlink on the way points to, is not there yet (an image's /etc/resolv.conf). It may be old
 * as soon as it is known: who uses it opens without following links. */
static int resolve(struct walk *w, const char *path)
{
	char name[NAME_MAX + 1];
	int got, err = 0;

	if (strlen(path) >= sizeof(w->todo))
		return -ENAMETOOLONG;
	(void)snprintf(w->todo, sizeof(w->todo), "%s", path);
	while ((got = next_name(w, name)) > 0 && err == 0) {
		if (strcmp(name, "..") == 0)
			step_up(w);
		else if (strcmp(name, ".") != 0)
			err = walk_on(w, name);
	}
	return err < 0 ? err : got;
}

/* Where only the last component is missing, which is most often so, and is a plain name.
 * -ENOENT and -EEXIST (a dangling symlink, "..") are for the long way. */
static int make_last(int root, const char *path, mode_t mode)
{
	char dir[PATH_MAX], name[PATH_MAX];
	autofd int parent = -1;

	if (!path_split(path, dir, name, sizeof(dir)))
		return -ENOENT;
	parent = path_open_in(root, dir, O_PATH | O_DIRECTORY, 0);
	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, mode) < 0)
		return -errno;
	return path_open_beneath_nolink(parent, name, O_PATH | O_DIRECTORY, 0);
}

static int make_all(int root, const char *path, mode_t mode)
{
	struct walk w = { .root = root };
	int err = resolve(&w, path);

	return err < 0 ? err : make_dirs(root, w.done, strlen(w.done), mode);
}

int path_mkdirs_in(int root, const char *path, mode_t mode)
{
	int fd = path_open_in(root, path, O_PATH | O_DIRECTORY, 0);

	if (fd != -ENOENT || *path == '\0')
		return fd;
	fd = make_last(root, path, mode);
	return fd == -ENOENT || fd == -EEXIST ? make_all(root, path, mode) : fd;
}

int path_touch_in(int root, const char *path, mode_t mode)
{
	int fd = path_open_in(root, path, O_PATH, 0);
	struct walk w = { .root = root };
	char name[NAME_MAX + 1];
	autofd int parent = -1;
	char *slash;

	if (fd != -ENOENT)
		return fd;
	fd = resolve(&w, path);
	if (fd < 0)
		return fd;
	slash = strrchr(w.done, '/');
	if (slash == NULL || str_ends(path, "/"))
		return -ENOENT;
	(void)snprintf(name, sizeof(name), "%s", slash + 1);
	*slash = '\0';
	parent = path_mkdirs_in(root, w.done[0] != '\0' ? w.done : "/", 0755);
	if (parent < 0)
		return parent;
	if (mknodat(parent, name, S_IFREG | (mode & 07777), 0) < 0 && errno != EEXIST)
		return -errno;
	return path_open_beneath_nolink(parent, name, O_PATH, 0);
}

const char *path_below(const char *path, const char *dir)
{
	const char *rest = str_after(path, dir);

	return rest != NULL && (rest[0] == '\0' || rest[0] == '/') ? rest : NULL;
}

bool path_split(const char *path, char *dir, char *base, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;

	if (*name == '\0' || n + 2 > size || strlen(name) >= size)
		return false;
	(void)snprintf(dir, size, "%.*s", n == 0 ? 1 : (int)n, n == 0 ? "/" : path);
	(void)snprintf(base, size, "%s", name);
	return true;
}

bool path_clean(const char *path, char *out, size_t size)
{
	size_t n = 0;

	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (n > 0 && out[--n] != '/')
				continue;
		} else if (len > 0 && !(len == 1 && path[0] == '.')) {
			if (len + 2 > size - n)
				return false;
			out[n++] = '/';
			memcpy(out + n, path, len);
			n += len;
		}
		path += len + strspn(path + len, "/");
	}
	if (size < 2)
		return false;
	if (n == 0)
		out[n++] = '/';
	out[n] = '\0';
	return true;
}

struct fd_path fd_path(int fd)
{
	struct fd_path p;

	(void)snprintf(p.s, sizeof(p.s), "/proc/self/fd/%d", fd);
	return p;
}
