/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
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

int path_mkdirs_in(int root, const char *path, mode_t mode)
{
	int fd = path_open_in(root, path, O_PATH | O_DIRECTORY, 0);
	size_t size = strlen(path);
	char buf[PATH_MAX];

	if (fd != -ENOENT || size == 0)
		return fd;
	if (size >= sizeof(buf))
		return -ENAMETOOLONG;
	memcpy(buf, path, size + 1);
	return make_dirs(root, buf, size, mode);
}

int path_touch_in(int root, const char *path, mode_t mode)
{
	int fd = path_open_in(root, path, O_PATH, 0);
	char dir[PATH_MAX], base[PATH_MAX];
	autofd int parent = -1;

	if (fd != -ENOENT)
		return fd;
	if (!path_split(path, dir, base, PATH_MAX))
		return -ENOENT;
	parent = path_mkdirs_in(root, dir, 0755);
	if (parent < 0)
		return parent;
	if (mknodat(parent, base, S_IFREG | (mode & 07777), 0) < 0 && errno != EEXIST)
		return -errno;
	return path_open_in(root, path, O_PATH, 0);
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
