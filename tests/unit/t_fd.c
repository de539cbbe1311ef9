/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "tests/unit/scratch.h"

/* fd */

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

Test(fd, one_descriptor_travels_with_its_message)
{
	int s[2], got = -1;
	char buf[8];
	struct stat sent, seen;
	autofd int null = open("/dev/null", O_RDONLY);

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	cr_assert_eq(fd_send(s[0], "hello", 5, null), 0);
	cr_assert_eq(fd_recv(s[1], buf, sizeof(buf), &got), 5);
	cr_assert_eq(memcmp(buf, "hello", 5), 0);
	cr_assert_eq(fstat(null, &sent), 0);
	cr_assert_eq(fstat(got, &seen), 0);
	cr_expect_eq(sent.st_ino, seen.st_ino);
	cr_expect_eq(fcntl(got, F_GETFD), FD_CLOEXEC);
	(void)close(s[0]);
	cr_expect_eq(fd_recv(s[1], buf, sizeof(buf), &got), 0);
	cr_expect_eq(got, -1);
	cr_expect_eq(fd_send(s[1], "x", 1, null), -EPIPE);
}

/* The descriptors of a received message, all of them. */
static size_t count_fds(int sock, char *buf, size_t size, size_t *len)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec iov = { buf, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	const struct cmsghdr *c;
	ssize_t n;

	msg.msg_control = control.bytes;
	msg.msg_controllen = sizeof(control.bytes);
	n = recvmsg(sock, &msg, 0);
	cr_assert_geq(n, 0);
	*len = (size_t)n;
	c = CMSG_FIRSTHDR(&msg);
	return c != NULL ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
}

/* More than the socket holds: the rest goes when the peer reads, without descriptors. */
Test(fd, several_descriptors_travel_beside_the_first_bytes_of_a_stream, .timeout = 20)
{
	static char text[3 << 20], got[sizeof(text)];
	autofd int null = open("/dev/null", O_RDONLY);
	const int fds[] = { null, null, null };
	size_t n = 0, all = 0, fds_n = 0;
	int s[2], status = 1;
	pid_t pid;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	pid = fork();
	if (pid == 0)
		_exit(fd_send_list(s[0], text, sizeof(text), fds, COUNT(fds)) != 0);
	(void)close(s[0]);
	fds_n = count_fds(s[1], got, sizeof(got), &n);
	cr_expect_eq(fds_n, 3, "%zu", fds_n);
	for (all = n; n > 0; all += n)
		cr_expect_eq(count_fds(s[1], got + all, sizeof(got) - all, &n), 0);
	cr_expect_eq(all, sizeof(text));
	cr_expect_eq(memcmp(got, text, sizeof(text)), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	cr_expect_eq(fd_send_list(s[1], "x", 1, fds, 9), -EINVAL);
}

Test(fd, a_second_descriptor_is_closed_and_the_message_refused)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };
	int s[2], two[2] = { 0, 1 }, got = 5, lowest;
	char buf[8];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	msg.msg_controllen = sizeof(control);
	control.head = (struct cmsghdr){ CMSG_LEN(sizeof(two)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), two, sizeof(two));
	cr_assert_eq(sendmsg(s[0], &msg, 0), 1);
	lowest = dup(0);
	(void)close(lowest);
	cr_expect_eq(fd_recv(s[1], buf, sizeof(buf), &got), -EPROTO);
	cr_expect_eq(got, -1);
	cr_expect_eq(dup(0), lowest, "a descriptor was left open");
}

Test(fd, a_message_too_long_is_refused)
{
	int s[2], got;
	char buf[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	cr_assert_eq(fd_send(s[0], "long", 4, 0), 0);
	cr_expect_eq(fd_recv(s[1], buf, sizeof(buf), &got), -EMSGSIZE);
	cr_expect_eq(got, -1);
}

Test(fd, from_a_number_up_all_close_on_exec)
{
	int a = fcntl(0, F_DUPFD, 500), b = fcntl(0, F_DUPFD, 501);

	cr_assert_eq(fd_cloexec_from((unsigned)b), 0);
	cr_expect_eq(fcntl(a, F_GETFD), 0);
	cr_expect_eq(fcntl(b, F_GETFD), FD_CLOEXEC);
	cr_expect(is_open(b));
}

Test(fd, ours_do_not_survive_execve)
{
	int handed = fcntl(0, F_DUPFD, 500), ours = fcntl(0, F_DUPFD_CLOEXEC, 500);

	cr_expect(fd_survives(handed));
	cr_expect_not(fd_survives(ours));
	(void)close(handed);
	cr_expect_not(fd_survives(handed));
	cr_expect_not(fd_survives(-1));
	(void)close(ours);
}

Test(fd, all_but_the_list_is_closed)
{
	int fds[5], keep[3];

	for (int i = 0; i < 5; i++)
		fds[i] = fcntl(0, F_DUPFD, 500 + i);
	keep[0] = fds[3];
	keep[1] = -1;
	keep[2] = fds[1];
	cr_assert_eq(fd_close_others((unsigned)fds[1], keep, 3), 0);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(is_open(fds[i]), i == 0 || i == 1 || i == 3, "%d", fds[i]);
	cr_assert_eq(fd_close_others((unsigned)fds[0], NULL, 0), 0);
	for (int i = 0; i < 5; i++)
		cr_expect_not(is_open(fds[i]), "%d", fds[i]);
}

Test(fd, guards_closed_stdio)
{
	struct stat st, null;
	int keep = fcntl(2, F_DUPFD_CLOEXEC, 3), guard;
	bool zero, two;

	cr_assert_eq(stat("/dev/null", &null), 0);
	(void)close(0);
	(void)close(2);
	guard = fd_guard_stdio();
	zero = fstat(0, &st) == 0 && st.st_rdev == null.st_rdev;
	two = fstat(2, &st) == 0 && st.st_rdev == null.st_rdev;
	(void)dup2(keep, 2);
	cr_expect_eq(guard, 0);
	cr_expect(zero);
	cr_expect(two);
}

Test(fd, sockets_are_found_below_long_directories)
{
	autoscratch struct scratch s = scratch_open();
	char name[201];
	int dir;
	autofd int server = -1, client = -1, none = -1;

	memset(name, 'd', 200);
	name[200] = '\0';
	cr_assert_eq(mkdirat(s.fd, name, 0700), 0);
	dir = openat(s.fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	server = unix_listen_at(dir, "start.sock", SOCK_SEQPACKET, 1);
	cr_assert_geq(server, 0, "%d", server);
	client = unix_connect_at(dir, "start.sock", SOCK_SEQPACKET);
	cr_assert_geq(client, 0, "%d", client);
	cr_expect_eq(fcntl(client, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(unix_listen_at(dir, "start.sock", SOCK_SEQPACKET, 1), -EADDRINUSE);
	none = unix_connect_at(dir, "none", SOCK_SEQPACKET);
	cr_expect_eq(none, -ENOENT);
	cr_expect_eq(unix_connect_at(s.fd, name, SOCK_SEQPACKET), -ENAMETOOLONG);
}

/* file */

Test(file, reads_a_whole_file)
{
	autoscratch struct scratch s = scratch_open();
	autofree char *text = NULL;
	size_t len = 0;
	struct err e = { 0 };

	scratch_put(&s, "f", "0123456789");
	cr_assert_eq(file_read_at(s.fd, "f", 10, "f", &text, &len, &e), 0, "%s", e.text);
	cr_expect_eq(len, 10);
	cr_expect_str_eq(text, "0123456789");
}

Test(file, reads_files_of_procfs_and_pipes)
{
	autofree char *proc = NULL, *piped = NULL;
	size_t len = 0;
	struct err e = { 0 };
	int p[2];

	cr_assert_eq(file_read_at(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, "m", &proc, &len,
				  &e),
		     0, "%s", e.text);
	cr_expect_gt(len, 10);
	cr_assert_eq(pipe(p), 0);
	cr_assert_eq(write(p[1], "abc", 3), 3);
	(void)close(p[1]);
	cr_assert_eq(file_read_fd(p[0], 3, "pipe", &piped, &len, &e), 0, "%s", e.text);
	cr_expect_str_eq(piped, "abc");
}

Test(file, refuses_what_is_too_long_or_no_file)
{
	autoscratch struct scratch s = scratch_open();
	char *text = NULL;
	size_t len;
	struct err e = { 0 }, e2 = { 0 }, e3 = { 0 };

	scratch_put(&s, "f", "0123456789");
	cr_assert_eq(mkfifoat(s.fd, "fifo", 0600), 0);
	cr_expect_eq(file_read_at(s.fd, "f", 9, "config.json", &text, &len, &e), -1);
	cr_expect_str_eq(e.text, "config.json: expected at most 9 bytes, found more");
	cr_expect_eq(file_read_at(s.fd, "fifo", 9, "fifo", &text, &len, &e2), -1);
	cr_expect_str_eq(e2.text, "fifo: expected a regular file");
	cr_expect_eq(file_read_at(s.fd, "none", 9, "none", &text, &len, &e3), -1);
	cr_expect_str_eq(e3.text, "none: open");
	cr_expect_eq(e3.sys, ENOENT);
	cr_expect_null(text);
}

Test(file, peeks_and_puts_one_value)
{
	autoscratch struct scratch s = scratch_open();
	char buf[8];

	scratch_put(&s, "f", "42\n");
	cr_expect_eq(file_peek_at(s.fd, "f", buf, sizeof(buf)), 2);
	cr_expect_str_eq(buf, "42");
	scratch_put(&s, "f", "123456789");
	cr_expect_eq(file_peek_at(s.fd, "f", buf, sizeof(buf)), 7);
	cr_expect_str_eq(buf, "1234567");
	cr_expect_eq(file_peek_at(s.fd, "none", buf, sizeof(buf)), -ENOENT);
	cr_expect_eq(file_put_at(s.fd, "f", "max"), 0);
	cr_expect_eq(file_peek_at(s.fd, "f", buf, sizeof(buf)), 7);
	cr_expect_eq(file_put_at(s.fd, "none", "max"), -ENOENT);
	cr_assert_eq(symlinkat("f", s.fd, "link"), 0);
	cr_expect_eq(file_put_at(s.fd, "link", "max"), -ELOOP);
}

Test(file, replaces_whole_and_leaves_no_temporary)
{
	autoscratch struct scratch s = scratch_open();
	char buf[32], path[128];
	struct err e = { 0 }, e2 = { 0 };
	struct stat st;

	scratch_put(&s, "f", "old and longer");
	cr_assert_eq(file_replace_at(s.fd, "f", "new", 3, 0, true, &e), 0, "%s", e.text);
	cr_assert_eq(fstatat(s.fd, "f", &st, 0), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_expect_eq(st.st_size, 3);
	(void)snprintf(path, sizeof(path), "%s/pid", s.path);
	cr_assert_eq(file_replace_at(AT_FDCWD, path, "17", 2, 0644, false, &e), 0, "%s",
		     e.text);
	cr_expect_eq(file_peek_at(s.fd, "pid", buf, sizeof(buf)), 2);
	cr_assert_eq(mkdirat(s.fd, "dir", 0700), 0);
	cr_expect_eq(file_replace_at(s.fd, "dir", "x", 1, 0, false, &e2), -1);
	cr_expect_str_eq(e2.text, "dir: replace");
	(void)unlinkat(s.fd, "f", 0);
	(void)unlinkat(s.fd, "pid", 0);
	cr_expect_eq(unlinkat(s.fd, "dir", AT_REMOVEDIR), 0);
	cr_expect_eq(rmdir(s.path), 0, "a temporary was left behind");
}

Test(file, what_is_no_file_is_written_to_and_stays)
{
	autoscratch struct scratch s = scratch_open();
	struct err e = { 0 };
	autofd int reader = -1;
	char buf[32];
	struct stat st;

	scratch_put(&s, "f", "old and longer");
	cr_assert_eq(file_output_at(s.fd, "f", "new", 3, 0644, &e), 0, "%s", e.text);
	cr_expect_eq(file_peek_at(s.fd, "f", buf, sizeof(buf)), 3);

	cr_assert_eq(symlinkat("f", s.fd, "link"), 0);
	cr_assert_eq(file_output_at(s.fd, "link", "by", 2, 0644, &e), 0, "%s", e.text);
	cr_expect_eq(file_peek_at(s.fd, "f", buf, sizeof(buf)), 2);

	cr_assert_eq(mkfifoat(s.fd, "pipe", 0600), 0);
	reader = openat(s.fd, "pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	cr_assert_eq(file_output_at(s.fd, "pipe", "17", 2, 0644, &e), 0, "%s", e.text);
	cr_expect_eq(read(reader, buf, sizeof(buf)), 2);
	cr_assert_eq(fstatat(s.fd, "pipe", &st, AT_SYMLINK_NOFOLLOW), 0);
	cr_expect(S_ISFIFO(st.st_mode));

	cr_assert_eq(unlinkat(s.fd, "f", 0), 0);
	cr_assert_eq(file_output_at(s.fd, "link", "x", 1, 0644, &e), 0, "%s", e.text);
	cr_assert_eq(fstatat(s.fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	cr_expect(S_ISREG(st.st_mode), "a link to nothing is replaced");
	if (geteuid() == 0) {
		scratch_put(&s, "theirs", "shadow");
		(void)unlinkat(s.fd, "link", 0);
		cr_assert_eq(symlinkat("theirs", s.fd, "link"), 0);
		cr_assert_eq(fchownat(s.fd, "link", 1500, 1500, AT_SYMLINK_NOFOLLOW), 0);
		cr_assert_eq(file_output_at(s.fd, "link", "x", 1, 0644, &e), 0, "%s", e.text);
		cr_expect_eq(file_peek_at(s.fd, "theirs", buf, sizeof(buf)), 6,
			     "another user's link is not followed");
		(void)unlinkat(s.fd, "theirs", 0);
	}
	(void)unlinkat(s.fd, "link", 0);
	(void)unlinkat(s.fd, "pipe", 0);
	cr_expect_eq(rmdir(s.path), 0);
}
