/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "tests/unit/scratch.h"

/* error */

Test(error, first_failure_is_kept)
{
	struct err e = { 0 };

	cr_expect_eq(fail(&e, ERR_SPEC, "mounts[%d]: expected a source", 3), -1);
	cr_expect_eq(fail_sys(&e, EIO, "later"), -1);
	cr_expect_eq(e.kind, ERR_SPEC);
	cr_expect_eq(e.sys, 0);
	cr_expect_str_eq(e.text, "mounts[3]: expected a source");
	cr_expect_str_eq(err_code(&e), "spec");
	cr_expect_null(err_hint(&e));
}

Test(error, formats_step_text_and_errno_without_the_hint)
{
	struct err e = { .step = "pivot-root" };
	char buf[128];

	fail_sys(&e, ENOENT, "/rootfs: open");
	hint(&e, "unpack an image there");
	hint(&e, "a second hint changes nothing");
	err_format(&e, buf, sizeof(buf));
	cr_expect_str_eq(buf, "pivot-root: /rootfs: open: No such file or directory");
	cr_expect_str_eq(err_hint(&e), "unpack an image there");
	cr_expect_str_eq(err_code(&e), "system");
}

Test(error, long_text_is_cut_and_ended)
{
	struct err e = { 0 };

	fail(&e, ERR_BUG, "%0600d", 1);
	cr_expect_eq(strlen(e.text), sizeof(e.text) - 1);
	hint(&e, "no room");
	cr_expect_null(err_hint(&e));
	e.kind = 1000;
	cr_expect_str_eq(err_code(&e), "bug");
}

/* arena */

Test(arena, gives_zeroed_aligned_memory_of_any_size)
{
	autoarena struct arena a = { 0 };

	for (size_t n = 1; n < 100000; n = n * 3 + 1) {
		unsigned char *p = arena_alloc(&a, n);

		cr_assert_eq((uintptr_t)p % _Alignof(uint64_t), 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xff, n);
	}
}

Test(arena, copies_text)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(arena_strdup(&a, "whole"), "whole");
	cr_expect_str_eq(arena_strndup(&a, "part", 2), "pa");
	cr_expect_str_eq(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	for (int n = 120; n < 140; n++)
		cr_expect_eq(strlen(arena_printf(&a, "%*d", n, 7)), (size_t)n);
}

Test(arena, what_was_given_back_is_zeroed_again)
{
	autoarena struct arena a = { 0 };
	const struct arena_mark empty = arena_mark(&a);
	unsigned char *kept = arena_alloc(&a, 24);
	const struct arena_mark mark = arena_mark(&a);

	memset(kept, 0x55, 24);
	for (size_t n = 8; n < 100000; n *= 3) {
		unsigned char *p = arena_alloc(&a, n);

		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xff, n);
		arena_rewind(&a, mark);
	}
	for (size_t i = 0; i < 24; i++)
		cr_expect_eq(kept[i], 0x55);
	arena_rewind(&a, empty);
	cr_expect_null(a.top);
}

Test(arena, an_overflowing_size_ends_the_program, .exit_code = 1)
{
	autoarena struct arena a = { 0 };

	(void)arena_array(&a, SIZE_MAX / 2, 4);
}

/* str */

struct number {
	char text[32];
	int64_t lo, hi;
	bool ok;
	int64_t value;
};

/* clang-format off */
static struct number numbers[] = {
	{ "0", 0, 9, true, 0 },          { "9", 0, 9, true, 9 },   { "10", 0, 9, false, 0 },
	{ "-5", -5, 9, true, -5 },       { "-6", -5, 9, false, 0 }, { "", 0, 9, false, 0 },
	{ "-", -9, 9, false, 0 },        { "+1", 0, 9, false, 0 }, { " 1", 0, 9, false, 0 },
	{ "1 ", 0, 9, false, 0 },        { "1x", 0, 9, false, 0 }, { "--1", -9, 9, false, 0 },
	{ "007", 0, 9, true, 7 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
	{ "99999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
};
/* clang-format on */

ParameterizedTestParameters(str, parses_numbers)
{
	return cr_make_param_array(struct number, numbers, COUNT(numbers));
}

ParameterizedTest(struct number *n, str, parses_numbers)
{
	int64_t v = 42;

	cr_expect_eq(str_int64(n->text, n->lo, n->hi, &v), n->ok, "\"%s\"", n->text);
	cr_expect_eq(v, n->ok ? n->value : 42, "\"%s\"", n->text);
}

Test(str, parses_the_largest_unsigned_number)
{
	uint64_t v = 0;

	cr_expect(str_uint64("18446744073709551615", UINT64_MAX, &v));
	cr_expect_eq(v, UINT64_MAX);
	cr_expect_not(str_uint64("18446744073709551616", UINT64_MAX, &v));
	cr_expect_not(str_uint64("-1", UINT64_MAX, &v));
}

Test(str, compares)
{
	static const char *const list[] = { "a", "b", NULL };

	cr_expect(str_eq(NULL, NULL));
	cr_expect_not(str_eq("a", NULL));
	cr_expect_not(str_eq(NULL, "a"));
	cr_expect(str_eq("a", "a"));
	cr_expect_str_eq(str_after("rshared", "r"), "shared");
	cr_expect_null(str_after("shared", "r"));
	cr_expect_null(str_after(NULL, "r"));
	cr_expect(str_ends("a.scope", ".scope"));
	cr_expect_not(str_ends("scope", ".scope"));
	cr_expect(str_in("b", list));
	cr_expect_not(str_in("c", list));
	cr_expect_not(str_in(NULL, list));
}

Test(str, builder_says_when_it_was_cut)
{
	char buf[6];
	struct sbuf b = SBUF(buf);

	sbuf_add(&b, "%s", "abc");
	cr_expect_not(b.over);
	sbuf_add(&b, "%d", 12);
	cr_expect_not(b.over);
	cr_expect_str_eq(buf, "abc12");
	sbuf_add(&b, "%c", 'x');
	cr_expect(b.over);
	cr_expect_str_eq(buf, "abc12");
	sbuf_add(&b, "more");
	cr_expect_eq(b.n, 5);
}

Test(str, word_tables_are_read_both_ways)
{
	static const struct word words[] = { { "one", 1 }, { "two", 2 }, { NULL, 0 } };

	cr_expect_eq(word_find(words, "two")->value, 2);
	cr_expect_null(word_find(words, "tw"));
	cr_expect_str_eq(word_name(words, 1), "one");
	cr_expect_null(word_name(words, 3));
}

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

Test(fd, from_a_number_up_all_close)
{
	int a = fcntl(0, F_DUPFD, 500), b = fcntl(0, F_DUPFD, 501);

	cr_assert_eq(fd_cloexec_from((unsigned)b), 0);
	cr_expect_eq(fcntl(a, F_GETFD), 0);
	cr_expect_eq(fcntl(b, F_GETFD), FD_CLOEXEC);
	cr_assert_eq(fd_close_from((unsigned)b), 0);
	cr_expect(is_open(a));
	cr_expect_not(is_open(b));
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

Test(fd, moves_above_stdio)
{
	int up = fd_move_up(1);

	cr_expect_gt(up, 2);
	cr_expect_eq(fcntl(up, F_GETFD), FD_CLOEXEC);
	cr_expect(is_open(1));
	cr_expect_eq(fd_move_up(-1), -EBADF);
}

Test(fd, guards_closed_stdio)
{
	struct stat st, null;
	int keep = fd_move_up(2), guard;
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

/* proc */

Test(proc, knows_itself_and_a_zombie)
{
	uint64_t start = 0, child_start = 0;
	char state = 0;
	pid_t pid;
	siginfo_t si;

	cr_assert_eq(proc_stat(getpid(), &start, &state), 0);
	cr_expect_eq(state, 'R');
	cr_expect(proc_alive(getpid(), start));
	cr_expect_not(proc_alive(getpid(), start + 1));
	cr_expect_not(proc_alive(0, 0));
	pid = fork();
	if (pid == 0)
		proc_exit(0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	cr_assert_eq(proc_stat(pid, &child_start, &state), 0);
	cr_expect_eq(state, 'Z');
	cr_expect_geq(child_start, start);
	cr_expect_not(proc_alive(pid, child_start));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_lt(proc_stat(pid, &start, &state), 0);
}

/* A child as a zombie: what became of it before. */
static bool zombie_never_executed(void (*body)(void))
{
	uint64_t start = 0;
	char state = 0;
	siginfo_t si;
	pid_t pid = fork();
	bool never;

	if (pid == 0) {
		body();
		proc_exit(1);
	}
	cr_assert_eq(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	cr_assert_eq(proc_stat(pid, &start, &state), 0);
	never = proc_never_executed(pid, start);
	cr_expect_not(proc_never_executed(pid, start + 1));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_not(proc_never_executed(pid, start), "reaped: nobody knows");
	return never;
}

static void do_execute(void)
{
	(void)execl("/bin/true", "true", NULL);
}

static void do_execute_nothing(void)
{
	(void)execl("/nothing/here", "here", NULL);
}

static void do_die(void)
{
	(void)raise(SIGKILL);
}

Test(proc, a_zombie_tells_whether_it_ever_executed)
{
	cr_expect_not(zombie_never_executed(do_execute));
	cr_expect(zombie_never_executed(do_execute_nothing));
	cr_expect(zombie_never_executed(do_die));
}

Test(proc, a_hostile_name_does_not_move_the_fields)
{
	autoscratch struct scratch s = scratch_open();
	char path[128];
	const char *const argv[] = { ") Z 1 1 (", "5", NULL };
	uint64_t start;
	char state = 0;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/) Z 1 1 (", s.path);
	cr_assert_eq(symlink("/bin/sleep", path), 0);
	pid = vfork();
	if (pid == 0) {
		(void)execv(path, (char **)(uintptr_t)argv);
		_exit(127);
	}
	cr_assert_gt(pid, 0);
	cr_expect_eq(proc_stat(pid, &start, &state), 0);
	cr_expect(state == 'S' || state == 'R' || state == 'D', "%c", state);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

struct moment {
	uint64_t ns;
	char text[40];
};

/* clang-format off */
static struct moment moments[] = {
	{ 0,                      "1970-01-01T00:00:00.000000000Z" },
	{ 951782399999999999ULL,  "2000-02-28T23:59:59.999999999Z" },
	{ 951782400000000000ULL,  "2000-02-29T00:00:00.000000000Z" },
	{ 951868800000000001ULL,  "2000-03-01T00:00:00.000000001Z" },
	{ 1795313641123456789ULL, "2026-11-22T02:14:01.123456789Z" },
	{ 4107542399000000000ULL, "2100-02-28T23:59:59.000000000Z" },
	{ 4107542400000000000ULL, "2100-03-01T00:00:00.000000000Z" },
	{ 1767225599000000000ULL, "2025-12-31T23:59:59.000000000Z" },
};
/* clang-format on */

ParameterizedTestParameters(proc, writes_time)
{
	return cr_make_param_array(struct moment, moments, COUNT(moments));
}

ParameterizedTest(struct moment *m, proc, writes_time)
{
	char buf[40];

	time_rfc3339(m->ns, buf);
	cr_expect_str_eq(buf, m->text);
}

static struct proc_result shell(const char *script, const char *input, int timeout_ms)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const char *const envp[] = { "A=b", NULL };
	struct proc_job job = { .path = "/bin/sh",
				.argv = argv,
				.envp = envp,
				.input = input,
				.input_len = input != NULL ? strlen(input) : 0,
				.timeout_ms = timeout_ms,
				.root = -1 };
	struct proc_result r;
	struct err e = { 0 };

	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	return r;
}

Test(proc, tells_how_a_job_ended)
{
	struct proc_result r = shell("echo out; echo err >&2; exit 7", NULL, -1);

	cr_expect_eq(r.exit_code, 7);
	cr_expect_eq(r.signal, 0);
	cr_expect_not(r.timed_out);
	cr_expect_str_eq(r.said, "out err");
	r = shell("kill -TERM $$", NULL, 10000);
	cr_expect_eq(r.exit_code, -1);
	cr_expect_eq(r.signal, SIGTERM);
	cr_expect_str_eq(r.said, "");
}

Test(proc, gives_input_whole_and_read_again)
{
	size_t n = 300000;
	char *big = malloc(n + 1);
	struct proc_result r;

	memset(big, 'x', n);
	big[n] = '\0';
	r = shell("wc -c; wc -c </dev/stdin", big, 10000);
	cr_expect_str_eq(r.said, "300000 300000");
	/* a job that reads none of it ends as it likes */
	r = shell("exec <&-; exit 3", big, 10000);
	cr_expect_eq(r.exit_code, 3);
	r = shell("cat", NULL, 10000);
	cr_expect_eq(r.exit_code, 0);
	free(big);
}

Test(proc, much_output_does_not_block_and_the_tail_is_kept)
{
	struct proc_result r =
		shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; "
		      "printf '\\033[31mend\\n'",
		      NULL, 20000);

	cr_expect_eq(r.exit_code, 0);
	cr_expect_eq(strlen(r.said), 254, "%zu", strlen(r.said));
	cr_expect(str_ends(r.said, "0123456789  [31mend"), "%s", r.said);
}

Test(proc, a_job_over_time_is_killed_and_reaped)
{
	uint64_t start = now_boot_ms();
	struct proc_result r = shell("echo before; exec sleep 30", NULL, 200);

	cr_expect(r.timed_out);
	cr_expect_eq(r.signal, SIGKILL);
	cr_expect_str_eq(r.said, "before");
	cr_expect_lt(now_boot_ms() - start, 5000);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}

Test(proc, a_grandchild_that_holds_the_pipe_is_not_waited_for)
{
	uint64_t start = now_boot_ms();
	struct proc_result r = shell("sleep 5 & echo done", NULL, -1);

	cr_expect_str_eq(r.said, "done");
	cr_expect_lt(now_boot_ms() - start, 3000);
}

Test(proc, a_job_inherits_nothing)
{
	struct proc_result r;
	int leak = fcntl(0, F_DUPFD, 50);
	sigset_t all;

	cr_assert_geq(leak, 50);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	r = shell("test -e /proc/self/fd/50 && echo leak; env | grep -v -e ^PWD -e ^SHLVL -e "
		  "^_=; "
		  "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'",
		  NULL, 10000);
	cr_expect_str_eq(r.said, "A=b SigBlk:0000000000000000SigIgn:0000000000000000");
}

Test(proc, a_job_starts_in_its_directory)
{
	autoscratch struct scratch s = scratch_open();
	const char *const argv[] = { "pwd", NULL };
	struct proc_job job = {
		.path = "/bin/pwd", .argv = argv, .timeout_ms = 5000, .root = s.fd
	};
	struct proc_result r;
	struct err e = { 0 }, e2 = { 0 };

	cr_assert_eq(proc_run(&job, &r, &e), 0, "%s", e.text);
	cr_expect_str_eq(r.said, s.path);
	job.path = "/nonexistent";
	cr_expect_eq(proc_run(&job, &r, &e2), -1);
	cr_expect_str_eq(e2.text, "/nonexistent: run");
	cr_expect_eq(e2.sys, ENOENT);
}

Test(proc, waits_with_a_limit)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	cr_expect_eq(proc_wait(pid, -1, 50, &status), -ETIMEDOUT);
	(void)kill(pid, SIGKILL);
	cr_expect_eq(proc_wait(pid, -1, 5000, &status), 0);
	cr_expect_eq(WTERMSIG(status), SIGKILL);
	cr_expect_eq(proc_wait(pid, -1, -1, &status), -ECHILD);
}

/* log */

/* Runs log_error in a child with stderr in a file below the scratch directory. */
static void log_in_child(const struct scratch *s, const struct log_options *o,
			 const struct err *what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = { 0 };
		int fd = openat(s->fd, "stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		(void)dup2(fd, STDERR_FILENO);
		if (log_open(o, &e) < 0)
			_exit(2);
		log_debug("step %d", 1);
		if (what != NULL)
			log_error(what);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

static const char *slurp(const struct scratch *s, const char *name)
{
	char *text = NULL;
	size_t len;
	struct err e = { 0 };

	cr_assert_eq(file_read_at(s->fd, name, 65536, name, &text, &len, &e), 0, "%s", e.text);
	return text;
}

static struct err sample(void)
{
	struct err e = { .step = "mounts" };

	fail_sys(&e, ENOENT, "/data/x\033\"y: open");
	hint(&e, "make the directory");
	return e;
}

/* Cuts what lies between "time": and the next key, which changes. */
static void without_time(const char *line, char *out, size_t size)
{
	const char *t = strstr(line, "\"time\":\""), *end = t != NULL ? strchr(t, 'Z') : NULL;

	cr_assert_not_null(t);
	cr_assert_not_null(end);
	cr_assert_eq(end - t, 8 + 29, "RFC 3339 with nanoseconds: %s", line);
	(void)snprintf(out, size, "%.*sT%s", (int)(t - line) + 8, line, end + 1);
}

Test(log, json_has_one_object_and_stderr_two_lines)
{
	autoscratch struct scratch s = scratch_open();
	char path[96], line[1024];
	struct log_options o = { .path = path, .json = true };
	struct err e = sample();

	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	log_in_child(&s, &o, &e);
	without_time(slurp(&s, "log"), line, sizeof(line));
	cr_expect_str_eq(
		line,
		"{\"level\":\"error\",\"msg\":\"mounts: /data/x\\u001b\\\"y: open: No such "
		"file or directory\",\"time\":\"T\",\"code\":\"system\",\"step\":\"mounts\","
		"\"errno\":2,\"path\":\"/data/x\\u001b\\\"y\",\"hint\":\"make the "
		"directory\"}\n");
	cr_expect_str_eq(slurp(&s, "stderr"),
			 "caisson: mounts: /data/x?\"y: open: No such file or directory\n"
			 "caisson: hint: make the directory\n");
}

Test(log, the_file_exists_from_the_start_and_is_appended_to)
{
	autoscratch struct scratch s = scratch_open();
	char path[96];
	struct log_options o = { .path = path, .json = true };
	struct err e = { 0 };
	const char *both;

	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	log_in_child(&s, &o, NULL);
	cr_expect_str_eq(slurp(&s, "log"), "");
	cr_expect_str_eq(slurp(&s, "stderr"), "");
	fail(&e, ERR_STATE, "container x does not exist");
	log_in_child(&s, &o, &e);
	log_in_child(&s, &o, &e);
	both = strchr(slurp(&s, "log"), '\n');
	cr_assert_not_null(both);
	cr_expect_eq(strncmp(both + 1, "{\"level\":\"error\"", 16), 0);
}

Test(log, text_form_quotes)
{
	autoscratch struct scratch s = scratch_open();
	char path[96];
	struct log_options o = { .path = path, .debug = true };
	struct err e = { 0 };
	const char *text;

	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	fail(&e, ERR_USAGE, "unknown signal \"X\"");
	log_in_child(&s, &o, &e);
	text = slurp(&s, "log");
	cr_expect_not_null(strstr(text, "Z\" level=debug msg=\"step 1\"\n"));
	cr_expect_not_null(strstr(text, "Z\" level=error msg=\"unknown signal \\\"X\\\"\"\n"));
	cr_expect_str_eq(slurp(&s, "stderr"), "caisson: unknown signal \"X\"\n");
}

Test(log, debug_goes_to_stderr_without_a_file)
{
	autoscratch struct scratch s = scratch_open();

	log_in_child(&s, &(struct log_options){ .debug = true }, NULL);
	cr_expect_str_eq(slurp(&s, "stderr"), "caisson: debug: step 1\n");
}

Test(log, a_log_that_cannot_be_opened_is_an_error, .timeout = 5)
{
	autoscratch struct scratch s = scratch_open();
	char path[96], want[128];
	struct err e = { 0 };

	(void)snprintf(path, sizeof(path), "%s/fifo", s.path);
	(void)snprintf(want, sizeof(want), "%s: open as log", path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(log_open(&(struct log_options){ .path = path }, &e), -1);
	cr_expect_eq(e.sys, ENXIO);
	cr_expect_str_eq(e.text, want);
}
