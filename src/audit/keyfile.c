/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

static int make_path(char path[PATH_MAX], const char *log, const char *suffix)
{
	return snprintf(path, PATH_MAX, "%s%s", log, suffix) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int open_with(const char *path, int flags)
{
	const int fd =
		open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags,
		     0600);

	return fd < 0 ? -errno : fd;
}

int keyfile_open(const char *log, const char *suffix)
{
	char path[PATH_MAX];
	struct stat st;
	autofd int fd = -1;
	const int r = make_path(path, log, suffix);

	if (r < 0)
		return r;
	/* mostly there is none, and a look costs half of an open that fails */
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	fd = open_with(path, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 ||
	    (st.st_uid != geteuid() && st.st_uid != 0))
		return -EPERM;
	return take_fd(&fd);
}

int keyfile_make(const char *log, const char *suffix)
{
	char path[PATH_MAX];
	const int r = make_path(path, log, suffix);

	return r < 0 ? r : open_with(path, O_CREAT | O_EXCL);
}

static void checksum(const void *state, size_t size, uint8_t out[DIGEST_SIZE])
{
	digest_parts(&(struct digest_part){ state, size - DIGEST_SIZE }, 1, out);
}

int keyfile_read(int fd, void *state, size_t size, uint64_t magic)
{
	const struct keyfile_head *head = state;
	uint8_t sum[DIGEST_SIZE];
	ssize_t n = pread(fd, state, size, 0);

	if (n < 0)
		return -errno;
	if (n != (ssize_t)size || head->magic != magic)
		return -EBADMSG;
	checksum(state, size, sum);
	return memcmp(sum, (const uint8_t *)state + size - DIGEST_SIZE, DIGEST_SIZE) == 0
		       ? 0
		       : -EBADMSG;
}

int keyfile_write(int fd, void *state, size_t size, uint64_t magic)
{
	struct keyfile_head *head = state;
	ssize_t n;

	head->magic = magic;
	checksum(state, size, (uint8_t *)state + size - DIGEST_SIZE);
	n = pwrite(fd, state, size, 0);
	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EIO;
	return fsync(fd) < 0 ? -errno : 0;
}
