/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.c - the container's terminal: made inside, its master given to who asked for it,
 * and the proxy between it and ours when a run stays in the foreground. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/sys.h"
#include "run/run_private.h"

/* ---- the console socket ---- */

int console_connect(struct run *r, const struct plan *pl, struct err *e)
{
	const char *path = r->o->console_socket;

	(void)pl;
	if (path == NULL)
		return 0;
	/* The name of a socket holds 108 bytes; callers' directories are often longer. */
	r->console = unix_connect_to(path, SOCK_STREAM);
	if (r->console >= 0)
		return 0;
	(void)fail_sys(e, -r->console, "--console-socket %s: connect", path);
	r->console = -1;
	return -1;
}

/* ---- a pseudoterminal of the container's ---- */

#define TTY_NAME_MAX 32

/* Linux Documentation/admin-guide/devices.txt: 136 to 143 are Unix98 slaves. */
#define SLAVE_MAJOR_FIRST 136
#define SLAVE_MAJOR_LAST  143
#define PTMX_MAJOR        5
#define PTMX_MINOR        2

static bool is_devpts(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

/* Of the container's devpts; where it has none, and we have not left the host's mounts, of the
 * host's. No other file of the container is ever opened: what is there may be a trap. */
static int open_ptmx(const struct run *r, const struct plan *pl, struct err *e)
{
	autofd int pts = path_open_in(r->root, "/dev/pts", O_PATH | O_DIRECTORY, 0);
	const int flags = O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;
	autofd int fd = -1;
	struct stat st;

	if (pts >= 0 && is_devpts(pts))
		fd = openat(pts, "ptmx", flags);
	else if (r->target == NULL && pl->ns.new_mount)
		fd = open("/dev/ptmx", flags & ~O_NOFOLLOW);
	else
		return fail(e, ERR_SYSTEM,
			    "terminal: expected a devpts at /dev/pts of the container: found "
			    "none");
	if (fd < 0)
		return fail_sys(e, errno, "terminal: open ptmx");
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(PTMX_MAJOR, PTMX_MINOR))
		return fail(e, ERR_SYSTEM,
			    "terminal: expected ptmx to be device 5:2: found another file");
	return take_fd(&fd);
}

/* By the master's descriptor, not by a name: CVE-2025-52565. */
static int open_slave(int master, struct err *e)
{
	autofd int fd = -1;
	struct stat st;
	int unlock = 0;

	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return fail_sys(e, errno, "terminal: unlock");
	fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail_sys(e, errno, "terminal: open the slave");
	if (!is_devpts(fd) || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    major(st.st_rdev) < SLAVE_MAJOR_FIRST || major(st.st_rdev) > SLAVE_MAJOR_LAST)
		return fail(e, ERR_SYSTEM,
			    "terminal: expected a slave in devpts: found another file");
	return take_fd(&fd);
}

/* The owner is the process's user; the group stays what the mount of devpts says ("gid=5"). */
static int set_up_slave(int slave, const struct plan_process *p, struct err *e)
{
	const struct winsize size = { .ws_row = p->rows, .ws_col = p->cols };
	struct stat st;

	if (fstat(slave, &st) < 0 ||
	    (st.st_uid != p->creds.uid && fchown(slave, p->creds.uid, (gid_t)-1) < 0))
		return fail_sys(e, errno, "terminal: give it to user %u", p->creds.uid);
	if ((p->rows | p->cols) != 0 && ioctl(slave, TIOCSWINSZ, &size) < 0)
		return fail_sys(e, errno, "process.consoleSize: set %u rows, %u columns",
				p->rows, p->cols);
	return 0;
}

/* To a pipe or a file go the lines as the program writes them, as with runc: only a terminal of
 * ours, which is in raw mode meanwhile, needs the carriage returns. */
static int plain_lines(int slave, struct err *e)
{
	struct termios t;

	if (isatty(STDOUT_FILENO))
		return 0;
	if (tcgetattr(slave, &t) < 0)
		return fail_sys(e, errno, "terminal: ask its modes");
	t.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(slave, TCSANOW, &t) < 0 ? fail_sys(e, errno, "terminal: set its modes")
						 : 0;
}

/* What the mount goes on, made when missing, through no symlink: an image could have one
 * there that leads to a file that a step before us has covered. */
static int console_place(const struct run *r, struct err *e)
{
	autofd int dev = path_mkdirs_in(r->root, "/dev", 0755);
	autofd int fd = -1;
	struct stat st;

	if (dev < 0)
		return fail_sys(e, -dev, "/dev of the container: open");
	if (mknodat(dev, "console", S_IFREG | 0620, 0) < 0 && errno != EEXIST)
		return fail_sys(e, errno, "/dev/console: create");
	fd = openat(dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_sys(e, errno, "/dev/console: open");
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return fail(e, ERR_SYSTEM,
			    "/dev/console: expected a file or a device to mount on: found %s",
			    S_ISLNK(st.st_mode) ? "a symlink" : "something else");
	return take_fd(&fd);
}

static int bind_console(const struct run *r, int slave, struct err *e)
{
	autofd int place = console_place(r, e);
	autofd int tree = -1;
	int err;

	if (place < 0)
		return -1;
	tree = sys_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return fail_sys(e, -tree, "/dev/console: clone the mount of the terminal");
	err = sys_move_mount(tree, "", place, "",
			     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	return err < 0 ? fail_sys(e, -err, "/dev/console: mount the terminal") : 0;
}

/* The session step has made us a session leader without a terminal. */
static int take_stdio(int slave, struct err *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(slave, fd) < 0)
			return fail_sys(e, errno, "terminal: put it on descriptor %d", fd);
	if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return fail_sys(e, errno, "terminal: make it the controlling one");
	return 0;
}

/* Callers want one message that is not empty, with one descriptor and no more. */
static int send_master(struct run *r, int master, struct err *e)
{
	char name[TTY_NAME_MAX];
	unsigned number;
	int err;

	if (r->console < 0)
		return hs_say_fd(r->child_sock, HS_TERMINAL, master, e);
	if (ioctl(master, TIOCGPTN, &number) < 0)
		return fail_sys(e, errno, "terminal: ask its number");
	(void)snprintf(name, sizeof(name), "/dev/pts/%u", number);
	err = fd_send(r->console, name, strlen(name), master);
	(void)close(take_fd(&r->console));
	return err < 0 ? fail_sys(e, -err, "--console-socket: send the terminal") : 0;
}

int do_terminal(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int master = open_ptmx(r, pl, e);
	autofd int slave = -1;

	if (master < 0)
		return -1;
	slave = open_slave(master, e);
	if (slave < 0 || set_up_slave(slave, &pl->process, e) < 0 ||
	    (r->console < 0 && plain_lines(slave, e) < 0))
		return -1;
	/* In mounts that are not the container's own /dev/console is the host's. */
	if (pl->ns.new_mount && bind_console(r, slave, e) < 0)
		return -1;
	if (take_stdio(slave, e) < 0)
		return -1;
	return send_master(r, master, e);
}

/* ---- the proxy of a run in the foreground ---- */

#define PROXY_BUFFER   8192
#define PROXY_CHUNK    512 /* a blocking descriptor that polls as writable takes so much */
#define PROXY_ROUNDS   64  /* then somebody else of the poll loop may have its turn */
#define DRAIN_IDLE_MS  100
#define DRAIN_TOTAL_MS 2000

/* Bytes on their way in one direction: those from `from' to `to' are still to be written. */
struct flow {
	char bytes[PROXY_BUFFER];
	size_t from, to;
};

/* One descriptor in our epoll. Files, which epoll refuses, are always ready: an eventfd that
 * always is stands for them. */
struct source {
	int fd, stand_in;
	uint32_t wants; /* EPOLLIN, EPOLLOUT, 0: not in the set */
};

enum {
	SRC_IN,
	SRC_OUT,
	SRC_MASTER,
	SOURCES
};

struct tty_proxy {
	struct source src[SOURCES];
	struct flow up, down; /* stdin to master, master to stdout */
	int poll;             /* ready to read when pump has something to do */
	struct termios saved;
	bool raw; /* saved is to be restored */
	bool in_ended, out_broken, tty_ended;
};

/* Blocks what a background process would be stopped, or ended, by. */
static void hold_signals(sigset_t *old)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTTOU);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &set, old);
}

/* A SIGPIPE that came meanwhile is ours: it goes before the mask does. */
static void release_signals(const sigset_t *old)
{
	const struct timespec now = { 0 };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	if (!sigismember(old, SIGPIPE))
		(void)sigtimedwait(&set, NULL, &now);
	(void)sigprocmask(SIG_SETMASK, old, NULL);
}

static int set_termios(const struct termios *t)
{
	sigset_t old;
	int r;

	hold_signals(&old);
	r = tcsetattr(STDIN_FILENO, TCSANOW, t) < 0 ? -errno : 0;
	release_signals(&old);
	return r;
}

static void source_want(struct tty_proxy *t, size_t i, uint32_t wants)
{
	struct source *s = &t->src[i];
	struct epoll_event ev = { .events = wants };
	int op = s->wants == 0 ? EPOLL_CTL_ADD : wants == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	if (s->wants == wants)
		return;
	s->wants = wants;
	if (s->stand_in < 0 && epoll_ctl(t->poll, op, s->fd, &ev) < 0 && errno == EPERM)
		s->stand_in = eventfd(1, EFD_CLOEXEC);
	if (s->stand_in >= 0) {
		/* readable for good, which for a file both directions are */
		ev.events = wants != 0 ? EPOLLIN : 0;
		(void)epoll_ctl(t->poll, op, s->stand_in, &ev);
	}
}

static void want_what_is_next(struct tty_proxy *t)
{
	uint32_t master = 0;

	if (!t->tty_ended && t->down.to < PROXY_BUFFER)
		master |= EPOLLIN;
	if (!t->tty_ended && t->up.from < t->up.to)
		master |= EPOLLOUT;
	source_want(t, SRC_MASTER, master);
	source_want(t, SRC_IN,
		    !t->in_ended && !t->tty_ended && t->up.to < PROXY_BUFFER ? (uint32_t)EPOLLIN
									     : 0U);
	source_want(t, SRC_OUT, t->down.from < t->down.to ? (uint32_t)EPOLLOUT : 0U);
}

static bool ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) > 0;
}

/* Reads once into the room that is left: bytes, 0 at the end, or -errno. */
static ssize_t flow_fill(struct flow *f, int fd)
{
	ssize_t n;

	do
		n = read(fd, f->bytes + f->to, PROXY_BUFFER - f->to);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		f->to += (size_t)n;
	return n < 0 ? -errno : n;
}

/* Writes once, at most `most' bytes. Bytes, or -errno. */
static ssize_t flow_empty(struct flow *f, int fd, size_t most)
{
	size_t len = f->to - f->from;
	ssize_t n = write(fd, f->bytes + f->from, len < most ? len : most);

	if (n < 0)
		return -errno;
	f->from += (size_t)n;
	if (f->from == f->to)
		f->from = f->to = 0;
	return n;
}

static bool is_over(ssize_t r)
{
	return r == 0 || (r < 0 && r != -EAGAIN && r != -EINTR);
}

/* Each tells whether a byte moved. The master does not block; our stdin and stdout are shared
 * with who called us, so they stay as they are and are asked first. */

static bool pump_master_in(struct tty_proxy *t)
{
	ssize_t n;

	if (t->tty_ended || t->down.to == PROXY_BUFFER)
		return false;
	n = flow_fill(&t->down, t->src[SRC_MASTER].fd);
	t->tty_ended = is_over(n); /* EIO: the last slave is closed */
	return n > 0;
}

static bool pump_out(struct tty_proxy *t)
{
	ssize_t n;

	if (t->out_broken) /* nobody reads: the container is not to wait for that */
		t->down.from = t->down.to = 0;
	if (t->down.from == t->down.to || !ready(t->src[SRC_OUT].fd, POLLOUT))
		return false;
	n = flow_empty(&t->down, t->src[SRC_OUT].fd, PROXY_CHUNK);
	t->out_broken = is_over(n);
	return n > 0;
}

static bool pump_in(struct tty_proxy *t)
{
	ssize_t n;

	if (t->in_ended || t->tty_ended || t->up.to == PROXY_BUFFER ||
	    !ready(t->src[SRC_IN].fd, POLLIN))
		return false;
	n = flow_fill(&t->up, t->src[SRC_IN].fd);
	t->in_ended = is_over(n);
	return n > 0;
}

static bool pump_master_out(struct tty_proxy *t)
{
	ssize_t n;

	if (t->tty_ended || t->up.from == t->up.to)
		return false;
	n = flow_empty(&t->up, t->src[SRC_MASTER].fd, PROXY_BUFFER);
	return n > 0;
}

void tty_proxy_pump(struct tty_proxy *t)
{
	bool moved = true;
	sigset_t old;

	hold_signals(&old);
	for (int i = 0; i < PROXY_ROUNDS && moved; i++) {
		moved = pump_master_in(t);
		moved = pump_out(t) || moved;
		moved = pump_in(t) || moved;
		moved = pump_master_out(t) || moved;
	}
	release_signals(&old);
	want_what_is_next(t);
}

static int make_raw(struct tty_proxy *t, struct err *e)
{
	struct termios raw;
	int err;

	if (tcgetattr(STDIN_FILENO, &t->saved) < 0)
		return 0; /* no terminal of ours: nothing to switch */
	raw = t->saved;
	cfmakeraw(&raw);
	err = set_termios(&raw);
	if (err < 0)
		return fail_sys(e, -err, "stdin: switch the terminal to raw mode");
	t->raw = true;
	return 0;
}

int tty_proxy_open(int master, struct tty_proxy **out, struct err *e)
{
	const int fds[SOURCES] = { STDIN_FILENO, STDOUT_FILENO, master };
	autofree struct tty_proxy *t = calloc(1, sizeof(*t));
	autofd int set = epoll_create1(EPOLL_CLOEXEC);
	int flags = fcntl(master, F_GETFL);

	if (t == NULL || set < 0)
		return fail_sys(e, t == NULL ? ENOMEM : errno, "terminal: set up its proxy");
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return fail_sys(e, errno, "terminal: make it non-blocking");
	for (size_t i = 0; i < SOURCES; i++)
		t->src[i] = (struct source){ .fd = fds[i], .stand_in = -1 };
	if (make_raw(t, e) < 0)
		return -1;
	t->poll = take_fd(&set);
	tty_proxy_resize(t);
	want_what_is_next(t);
	*out = take_ptr(t);
	return 0;
}

size_t tty_proxy_fds(const struct tty_proxy *t, int fds[2])
{
	fds[0] = t->poll;
	return 1;
}

void tty_take_size(int master)
{
	struct winsize size;

	/* 0 by 0 is a terminal that does not know, as serial lines are */
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 || (size.ws_row | size.ws_col) == 0)
		return;
	(void)ioctl(master, TIOCSWINSZ, &size);
}

void tty_proxy_resize(struct tty_proxy *t)
{
	tty_take_size(t->src[SRC_MASTER].fd);
}

static int shorter(int a, int b)
{
	return a < b ? a : b;
}

/* What the container wrote before it ended. A process elsewhere that holds the terminal, or a
 * reader of ours that does not read, keeps us for so long and no longer. */
static void drain(struct tty_proxy *t)
{
	uint64_t start = now_boot_ms(), gone = 0;

	t->in_ended = true;
	t->up.from = t->up.to = 0;
	while (gone < DRAIN_TOTAL_MS) {
		struct pollfd p = { .fd = t->poll, .events = POLLIN };
		int left = DRAIN_TOTAL_MS - (int)gone;

		tty_proxy_pump(t);
		if (t->down.from == t->down.to && t->tty_ended)
			return;
		/* with output on its way we wait for the reader, else for more of it */
		if (t->down.from == t->down.to)
			left = shorter(left, DRAIN_IDLE_MS);
		if (poll(&p, 1, left) == 0)
			return;
		gone = now_boot_ms() - start;
	}
}

void tty_proxy_close(struct tty_proxy *t)
{
	if (t == NULL)
		return;
	drain(t);
	if (t->raw)
		(void)set_termios(&t->saved);
	for (size_t i = 0; i < SOURCES; i++)
		if (t->src[i].stand_in >= 0)
			(void)close(t->src[i].stand_in);
	(void)close(t->poll);
	free(t);
}
