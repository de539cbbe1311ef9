/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/str.h"
#include "tests/unit/run_help.h"

TestSuite(terminal, .init = need_root);

/* ---- terminal.c: the child's half ---- */

/* A root with a devpts, or without: then the host's is used. */
static bool terminal_root(const char *root, bool pts)
{
	char path[128];

	if (mount("none", root, "tmpfs", 0, NULL) < 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/dev", root);
	if (mkdir(path, 0755) < 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/dev/pts", root);
	if (mkdir(path, 0755) < 0)
		return false;
	return !pts || mount("none", path, "devpts", 0, "newinstance,ptmxmode=0666") == 0;
}

/* Exits with 0 when the terminal is on stdio, is ours, and is what /dev/console is. */
static void terminal_child(const char *root, int console, bool pts)
{
	const struct run_options o = { 0 };
	const struct plan pl = { .ns = { .new_mount = true },
				 .process = { .terminal = true,
					      .rows = 33,
					      .cols = 44,
					      .creds = { .uid = 1234 } } };
	struct run r = bare_run(NULL, &o);
	struct err e = { 0 };
	struct stat tty, place;
	struct winsize size;
	char told[64];

	if (!own_mounts(told, sizeof(told)) || !terminal_root(root, pts) || setsid() < 0)
		proc_exit(2);
	r.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r.console = console;
	if (do_terminal(&r, &pl, &e) < 0)
		proc_exit(3 + (e.sys & 0x7f) % 90);
	if (fstat(0, &tty) < 0 || fstatat(r.root, "dev/console", &place, 0) < 0 ||
	    tty.st_rdev != place.st_rdev || !S_ISCHR(place.st_mode) || tty.st_uid != 1234 ||
	    ioctl(1, TIOCGWINSZ, &size) < 0 || size.ws_row != 33 || size.ws_col != 44 ||
	    tcgetsid(2) != getpid() || r.console != -1)
		proc_exit(1);
	(void)!write(1, "inside", 6);
	proc_exit(0);
}

static void expect_terminal(bool pts, const char *prefix)
{
	autoscratch struct scratch s = scratch_open();
	char name[64] = "", text[64] = "";
	int sv[2], master = -1, status;
	pid_t pid;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0)
		terminal_child(s.path, sv[1], pts);
	(void)close(sv[1]);
	cr_expect_gt(fd_recv(sv[0], name, sizeof(name) - 1, &master), 0);
	cr_expect_not_null(str_after(name, prefix), "%s", name);
	cr_expect_geq(master, 0);
	cr_expect_eq(read(master, text, sizeof(text) - 1), 6);
	cr_expect_str_eq(text, "inside");
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "exit status %d", WEXITSTATUS(status));
	(void)close(master);
	(void)close(sv[0]);
}

Test(terminal, terminal_is_made_in_the_containers_devpts)
{
	expect_terminal(true, "/dev/pts/0");
}

Test(terminal, terminal_is_the_hosts_where_the_container_has_no_devpts)
{
	expect_terminal(false, "/dev/pts/");
}

/* In mounts that are not ours /dev/ptmx is whatever the container made of it. */
static void terminal_in_mounts_of(bool joined, const struct run_target *target, char *told,
				  size_t size)
{
	const struct run_options o = { 0 };
	const struct plan pl = { .ns = { .new_mount = !joined },
				 .process = { .terminal = true } };
	char root[] = "/tmp/caisson-test-XXXXXX";
	struct run r = bare_run(NULL, &o);
	struct err e = { 0 };

	if (mkdtemp(root) == NULL || !own_mounts(told, size) || !terminal_root(root, false))
		return;
	r.target = target;
	r.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (do_terminal(&r, &pl, &e) < 0)
		error_text(&e, told, size);
	(void)umount2(root, MNT_DETACH);
	(void)rmdir(root);
}

static void terminal_of_exec(char *told, size_t size)
{
	static const struct run_target target;

	terminal_in_mounts_of(false, &target, told, size);
}

static void terminal_of_joined_mounts(char *told, size_t size)
{
	terminal_in_mounts_of(true, NULL, told, size);
}

Test(terminal, the_containers_ptmx_is_not_opened)
{
	const char none[] =
		"terminal: expected a devpts at /dev/pts of the container: found none";

	cr_expect_str_eq(in_child(terminal_of_exec).text, none);
	cr_expect_str_eq(in_child(terminal_of_joined_mounts).text, none);
}

/* CVE-2025-52565 and its kin: the image says where the mount goes. */
static void console_is_a_link(char *told, size_t size)
{
	const struct run_options o = { 0 };
	const struct plan pl = { .ns = { .new_mount = true }, .process = { .terminal = true } };
	char root[] = "/tmp/caisson-test-XXXXXX";
	struct run r = bare_run(NULL, &o);
	struct err e = { 0 };

	if (mkdtemp(root) == NULL || !own_mounts(told, size) || !terminal_root(root, true))
		return;
	r.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (symlinkat("pts/ptmx", r.root, "dev/console") < 0)
		return;
	if (do_terminal(&r, &pl, &e) < 0)
		error_text(&e, told, size);
	(void)umount2(root, MNT_DETACH);
	(void)rmdir(root);
}

Test(terminal, terminal_is_not_mounted_through_a_symlink)
{
	cr_expect_str_eq(in_child(console_is_a_link).text,
			 "/dev/console: expected a file or a device to mount on: found a "
			 "symlink");
}

/* ---- terminal.c: the console socket ---- */

Test(terminal, console_socket_may_have_a_long_path)
{
	autoscratch struct scratch s = scratch_open();
	char path[512], name[161];
	autofd int listener = -1, dir = -1;
	struct run_options o = { 0 };
	struct run r = bare_run(NULL, &o);
	struct err e = { 0 };

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_assert_eq(mkdirat(s.fd, name, 0700), 0);
	dir = openat(s.fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	listener = unix_listen_at(dir, "sock", SOCK_STREAM, 1);
	cr_assert_geq(listener, 0);
	(void)snprintf(path, sizeof(path), "%s/%s/sock", s.path, name);
	o.console_socket = path;
	cr_expect_eq(console_connect(&r, NULL, &e), 0, "%s", e.text);
	cr_expect_geq(r.console, 0);
	(void)close(r.console);
	(void)snprintf(path, sizeof(path), "%s/none", s.path);
	cr_expect_eq(console_connect(&r, NULL, &e), -1);
	cr_expect_eq(r.console, -1);
	cr_expect_eq(e.sys, ENOENT);
}

/* ---- terminal.c: the proxy ---- */

/* Our terminal and the container's, each a pair; stdio is put on ours. */
struct proxied {
	int user, ours;      /* our terminal: who sits there, and what is stdin and stdout */
	int master, process; /* the container's */
	struct tty_proxy *t;
};

static struct proxied proxied_open(void)
{
	const struct winsize size = { .ws_row = 20, .ws_col = 30 };
	struct proxied p;
	struct err e = { 0 };

	cr_assert_eq(openpty(&p.user, &p.ours, NULL, NULL, &size), 0);
	cr_assert_eq(openpty(&p.master, &p.process, NULL, NULL, NULL), 0);
	cr_assert_eq(dup2(p.ours, 0), 0);
	cr_assert_eq(dup2(p.ours, 1), 1);
	cr_assert_eq(tty_proxy_open(p.master, &p.t, &e), 0, "%s", e.text);
	return p;
}

/* The poll loop of the owner, until `fd' has something or the time is over. */
static bool pump_until(struct tty_proxy *t, int fd)
{
	uint64_t end = now_boot_ms() + 2000;
	struct pollfd p[3] = { { .events = POLLIN }, { .events = POLLIN } };

	while (now_boot_ms() < end) {
		int fds[2];
		size_t n = tty_proxy_fds(t, fds);

		for (size_t i = 0; i < n; i++)
			p[i].fd = fds[i];
		p[n] = (struct pollfd){ .fd = fd, .events = POLLIN };
		if (poll(p, n + 1, 100) > 0 && p[n].revents != 0)
			return true;
		tty_proxy_pump(t);
	}
	return false;
}

static void expect_read(struct tty_proxy *t, int fd, const char *want)
{
	char text[64] = "";

	cr_assert(pump_until(t, fd), "nothing came");
	cr_expect_gt(read(fd, text, sizeof(text) - 1), 0);
	cr_expect_str_eq(text, want);
}

Test(terminal, tty_proxy_moves_bytes_and_size_both_ways, .timeout = 20)
{
	struct proxied p = proxied_open();
	struct winsize size = { 0 };
	struct termios raw;

	cr_assert_eq(ioctl(p.process, TIOCGWINSZ, &size), 0);
	cr_expect(size.ws_row == 20 && size.ws_col == 30);
	cr_assert_eq(tcgetattr(p.ours, &raw), 0);
	cr_expect_eq(raw.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG), 0);
	cr_assert_eq(write(p.process, "out\n", 4), 4);
	expect_read(p.t, p.user, "out\r\n");
	cr_assert_eq(write(p.user, "in\r", 3), 3);
	expect_read(p.t, p.process, "in\n");
	size.ws_row = 50;
	cr_assert_eq(ioctl(p.user, TIOCSWINSZ, &size), 0);
	tty_proxy_resize(p.t);
	cr_assert_eq(ioctl(p.process, TIOCGWINSZ, &size), 0);
	cr_expect_eq(size.ws_row, 50);
	tty_proxy_close(p.t);
	cr_assert_eq(tcgetattr(p.ours, &raw), 0);
	cr_expect_neq(raw.c_lflag & (tcflag_t)ICANON, 0, "the terminal was not restored");
}

/* More than all buffers hold: nothing is lost, and we do not spin while nobody reads. */
Test(terminal, tty_proxy_keeps_what_cannot_be_written_yet, .timeout = 20)
{
	struct proxied p = proxied_open();
	size_t sent = 0, got = 0;
	struct pollfd idle;
	int fds[2];
	char buf[1000];

	memset(buf, 'x', sizeof(buf));
	cr_assert_eq(fcntl(p.process, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 300; i++) {
		ssize_t n = write(p.process, buf, sizeof(buf));

		sent += n > 0 ? (size_t)n : 0;
		tty_proxy_pump(p.t);
	}
	(void)tty_proxy_fds(p.t, fds);
	idle = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	for (int i = 0; i < 10 && poll(&idle, 1, 0) > 0; i++)
		tty_proxy_pump(p.t);
	cr_expect_eq(poll(&idle, 1, 100), 0, "it spins");
	cr_assert_gt(sent, 10000);
	while (got < sent && pump_until(p.t, p.user)) {
		ssize_t n = read(p.user, buf, sizeof(buf));

		cr_assert_gt(n, 0);
		got += (size_t)n;
	}
	cr_expect_eq(got, sent);
	tty_proxy_close(p.t);
}

Test(terminal, tty_proxy_drains_what_the_process_left, .timeout = 20)
{
	struct proxied p = proxied_open();
	char text[64] = "";

	cr_assert_eq(write(p.process, "last", 4), 4);
	(void)close(p.process);
	tty_proxy_close(p.t);
	cr_expect_eq(read(p.user, text, sizeof(text)), 4);
	cr_expect_str_eq(text, "last");
}

Test(terminal, tty_proxy_does_not_wait_for_ever, .timeout = 20)
{
	struct proxied p = proxied_open();
	uint64_t start = now_boot_ms();

	tty_proxy_close(p.t); /* the process's end stays open */
	cr_expect_lt(now_boot_ms() - start, 1000);
}

/* stdin is no terminal, epoll refuses it, and stdout has lost its reader. */
Test(terminal, tty_proxy_lives_without_a_terminal_of_ours, .timeout = 20)
{
	autofd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int master, process, ends[2], fds[2];
	struct tty_proxy *t = NULL;
	struct pollfd idle;
	struct err e = { 0 };
	char text[8] = "";

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_assert_eq(openpty(&master, &process, NULL, NULL, NULL), 0);
	cr_assert_eq(dup2(null, 0), 0);
	cr_assert_eq(dup2(ends[1], 1), 1);
	(void)close(ends[1]);
	cr_assert_eq(tty_proxy_open(master, &t, &e), 0, "%s", e.text);
	cr_assert_eq(write(process, "a", 1), 1);
	expect_read(t, ends[0], "a");
	(void)close(ends[0]);
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(write(process, "b", 1), 1);
		tty_proxy_pump(t);
	}
	tty_proxy_pump(t);
	(void)tty_proxy_fds(t, fds);
	idle = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	cr_expect_eq(poll(&idle, 1, 50), 0, "it spins");
	(void)close(process);
	tty_proxy_close(t);
	cr_expect_eq(read(master, text, sizeof(text)), -1);
}
