/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/sys.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4U
#endif

#define FDS_MAX 8 /* what we take in at once, in order to close it */

union control {
	struct cmsghdr head; /* for alignment */
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

static ssize_t send_message(int sock, const struct msghdr *msg)
{
	ssize_t n;

	do
		n = sendmsg(sock, msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int fd_send_list(int sock, const void *data, size_t len, const int *fds, size_t n)
{
	union control control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t sent;

	if (n > FDS_MAX)
		return -EINVAL;
	msg.msg_control = control.bytes;
	msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	for (;;) {
		sent = send_message(sock, &msg);
		if (sent < 0 || (size_t)sent == iov.iov_len)
			return sent < 0 ? (int)sent : 0;
		iov.iov_base = (char *)iov.iov_base + sent;
		iov.iov_len -= (size_t)sent;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
}

int fd_send(int sock, const void *data, size_t len, int fd)
{
	return fd_send_list(sock, data, len, &fd, 1);
}

/* All descriptors of a message, at most FDS_MAX. */
static size_t received(struct msghdr *msg, int fds[FDS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t m;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		m = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (m > FDS_MAX - n)
			m = FDS_MAX - n;
		memcpy(fds + n, CMSG_DATA(c), m * sizeof(int));
		n += m;
	}
	return n;
}

long fd_recv(int sock, void *data, size_t len, int *fd)
{
	union control control;
	struct iovec iov = { data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[FDS_MAX];
	size_t n_fds;
	ssize_t n;

	*fd = -1;
	msg.msg_control = control.bytes;
	msg.msg_controllen = sizeof(control.bytes);
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	n_fds = received(&msg, fds);
	if (n_fds <= 1 && (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
		*fd = n_fds == 1 ? fds[0] : -1;
		return n;
	}
	for (size_t i = 0; i < n_fds; i++)
		(void)close(fds[i]);
	return (msg.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : -EPROTO;
}

bool fd_survives(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

int fd_cloexec_from(unsigned first)
{
	return sys_close_range(first, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* The lowest of the list from `at' up, or ~0. */
static unsigned next_kept(unsigned at, const int *keep, size_t n)
{
	unsigned lowest = ~0U;

	for (size_t i = 0; i < n; i++)
		if (keep[i] >= 0 && (unsigned)keep[i] >= at && (unsigned)keep[i] < lowest)
			lowest = (unsigned)keep[i];
	return lowest;
}

int fd_close_others(unsigned first, const int *keep, size_t n)
{
	for (;;) {
		unsigned kept = next_kept(first, keep, n);
		int err = 0;

		if (kept == ~0U)
			return sys_close_range(first, ~0U, 0);
		if (kept > first)
			err = sys_close_range(first, kept - 1, 0);
		if (err < 0)
			return err;
		first = kept + 1;
	}
}

int fd_guard_stdio(void)
{
	struct pollfd stdio[] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	/* POLLNVAL is said without being asked for; one call in place of three fcntl(2). */
	if (poll(stdio, COUNT(stdio), 0) < 0)
		return -errno;
	for (size_t i = 0; i < COUNT(stdio); i++) {
		if ((stdio[i].revents & POLLNVAL) == 0)
			continue;
		/* The lowest free number is i: those below it are open by now. */
		if (open("/dev/null", O_RDWR | O_NOCTTY) < 0)
			return -errno;
	}
	return 0;
}

/* Socket names have 108 bytes and no *at() form: go through the descriptor of the directory,
 * and, when the name alone is too long, say so. */
static int unix_name(int dir, const char *name, struct sockaddr_un *sun)
{
	int n;

	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(sun->sun_path, sizeof(sun->sun_path), "/proc/self/fd/%d/%s", dir, name);
	return n < 0 || (size_t)n >= sizeof(sun->sun_path) ? -ENAMETOOLONG : 0;
}

int unix_connect_at(int dir, const char *name, int type)
{
	autofd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;
	int r = unix_name(dir, name, &sun);

	if (fd < 0)
		return -errno;
	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
		return -errno;
	return take_fd(&fd);
}

int unix_connect_to(const char *path, int type)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	autofd int at = -1;

	if (slash != NULL && (size_t)(slash - path) + 2 > sizeof(dir))
		return -ENAMETOOLONG;
	if (slash != NULL)
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash + 1 - path), path);
	at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -errno;
	return unix_connect_at(at, slash != NULL ? slash + 1 : path, type);
}

int unix_listen_at(int dir, const char *name, int type, int backlog)
{
	autofd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;
	int r = unix_name(dir, name, &sun);

	if (fd < 0)
		return -errno;
	if (r < 0)
		return r;
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, backlog) < 0)
		return -errno;
	return take_fd(&fd);
}
