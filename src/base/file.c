/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/auto.h"

#define READ_FIRST 4096
#define NAME_TRIES 16

static ssize_t read_some(int fd, void *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

ssize_t file_fill(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;

	do {
		got = read_some(fd, buf + n, size - n);
		if (got < 0)
			return got;
		n += (size_t)got;
	} while (got > 0 && n < size);
	return (ssize_t)n;
}

/* Grows *buf to hold `want' bytes and a NUL. */
static int grow(char **buf, size_t want)
{
	char *more = realloc(*buf, want + 1);

	if (more == NULL)
		return -ENOMEM;
	*buf = more;
	return 0;
}

/* Reads to the end, but never more than max + 1 bytes. `expect' bytes are likely; a short
 * read of a regular file is its end and saves the call that would only say so. */
static ssize_t read_to_end(int fd, size_t max, size_t expect, bool regular, char **buf)
{
	size_t size = expect > max ? max + 1 : expect + 1, n = 0;

	for (;;) {
		ssize_t got;

		if (grow(buf, size) < 0)
			return -ENOMEM;
		got = read_some(fd, *buf + n, size - n);
		if (got < 0)
			return got;
		n += (size_t)got;
		if (got == 0 || n > max || (regular && n < size))
			return (ssize_t)n;
		if (n == size)
			size = size > max / 2 ? max + 1 : size * 2;
	}
}

static int read_whole(int fd, size_t max, bool only_regular, const char *what, char **text,
		      size_t *len, struct err *e)
{
	autofree char *buf = NULL;
	struct stat st;
	bool sized;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: stat", what);
	if (only_regular && !S_ISREG(st.st_mode))
		return fail(e, ERR_SYSTEM, "%s: expected a regular file", what);
	/* files of procfs are regular and say that they are empty */
	sized = S_ISREG(st.st_mode) && st.st_size > 0;
	n = read_to_end(fd, max, sized ? (size_t)st.st_size : READ_FIRST, sized, &buf);
	if (n < 0)
		return fail_sys(e, (int)-n, "%s: read", what);
	if ((size_t)n > max)
		return fail(e, ERR_SYSTEM, "%s: expected at most %zu bytes, found more", what,
			    max);
	buf[n] = '\0';
	*len = (size_t)n;
	*text = take_ptr(buf);
	return 0;
}

int file_read_fd(int fd, size_t max, const char *what, char **text, size_t *len, struct err *e)
{
	return read_whole(fd, max, false, what, text, len, e);
}

int file_read_at(int dir, const char *name, size_t max, const char *what, char **text,
		 size_t *len, struct err *e)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not hold us up */
	autofd int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return fail_sys(e, errno, "%s: open", what);
	return read_whole(fd, max, true, what, text, len, e);
}

int file_read_given(const char *name, size_t max, const char *what, char **text, size_t *len,
		    struct err *e)
{
	autofd int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return fail_sys(e, errno, "%s: open", what);
	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: stat", what);
	if (!S_ISFIFO(st.st_mode))
		return read_whole(fd, max, true, what, text, len, e);
	/* opened without waiting for a writer; what he writes is worth waiting for */
	if (fcntl(fd, F_SETFL, 0) < 0)
		return fail_sys(e, errno, "%s: make it blocking", what);
	return read_whole(fd, max, false, what, text, len, e);
}

ssize_t file_peek_at(int dir, const char *name, char *buf, size_t size)
{
	autofd int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_some(fd, buf, size - 1);
	if (n < 0)
		return n;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int file_put_at(int dir, const char *name, const char *value)
{
	autofd int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	size_t len = strlen(value);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, value, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ".NAME.TIME" in the directory of name. Two writers at the same nanosecond are told apart by
 * O_EXCL: the second one asks the clock again. */
static int open_temporary(int dir, const char *name, mode_t mode, char temp[PATH_MAX])
{
	const char *slash = strrchr(name, '/');
	int head = slash != NULL ? (int)(slash + 1 - name) : 0;
	int fd = -EEXIST;

	for (int i = 0; i < NAME_TRIES && fd == -EEXIST; i++) {
		struct timespec t;
		int n;

		(void)clock_gettime(CLOCK_MONOTONIC, &t);
		n = snprintf(temp, PATH_MAX, "%.*s.%s.%llx%08lx", head, name, name + head,
			     (unsigned long long)t.tv_sec, (unsigned long)t.tv_nsec);
		if (n < 0 || n >= PATH_MAX)
			return -ENAMETOOLONG;
		fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    mode);
		if (fd < 0)
			fd = -errno;
	}
	return fd;
}

int file_replace_at(int dir, const char *name, const void *data, size_t len, mode_t mode,
		    bool sync, struct err *e)
{
	char temp[PATH_MAX];
	autofd int fd = open_temporary(dir, name, mode != 0 ? mode : 0600, temp);
	int r;

	if (fd < 0)
		return fail_sys(e, -fd, "%s: create a new one", name);
	r = write_all(fd, data, len);
	if (r == 0 && sync && fdatasync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlinkat(dir, temp, 0);
	return fail_sys(e, -r, "%s: replace", name);
}

static bool is_on_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* What a link of root's or of our own leads to, as its text says; of the kernel's links what is
 * behind them. Anybody else's leads nowhere (-ENOENT): he may have put it there for us. */
static int open_led_to(int dir, const char *name, int link, uid_t owner)
{
	static const int flags = O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC;
	char target[PATH_MAX];
	ssize_t n;
	int fd;

	if (is_on_proc(link)) {
		fd = openat(dir, name, flags);
		return fd >= 0 ? fd : -errno;
	}
	if (owner != 0 && owner != geteuid())
		return -ENOENT;
	n = readlinkat(link, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	fd = openat(dir, target, flags);
	return fd >= 0 ? fd : -errno;
}

/* What was looked at, and not what has its name by now. */
static int open_again(int found)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

int file_output_at(int dir, const char *name, const void *data, size_t len, mode_t mode,
		   struct err *e)
{
	autofd int found = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	autofd int fd = -ENOENT;
	struct stat st;
	int r;

	if (found >= 0 && fstat(found, &st) == 0 && !S_ISREG(st.st_mode))
		fd = S_ISLNK(st.st_mode) ? open_led_to(dir, name, found, st.st_uid)
					 : open_again(found);
	if (fd == -ENOENT)
		return file_replace_at(dir, name, data, len, mode, false, e);
	r = fd >= 0 ? write_all(fd, data, len) : fd;
	return r == 0 ? 0 : fail_sys(e, -r, "%s: write", name);
}

bool file_is_program(const char *path, uid_t also)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0 &&
	       (st.st_mode & 0022) == 0 && (st.st_uid == 0 || st.st_uid == also);
}
