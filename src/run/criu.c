/* SPDX-License-Identifier: Apache-2.0 */
#include "run/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/handshake.h"

#define CHECK_MS   30000
#define END_MS     10000
#define REFUSED_MS 1000
#define ANSWER_MAX 65536
#define LOG_LEVEL  4 /* all that it knows */
#define LOG_MAX    (64u << 20)

/* Numbers of what criu gets besides CRIU_FD(0) ... */
enum {
	SOCKET_FD = 190,
	IMAGES_FD,
	WORK_FD,
	STATUS_FD
};

/* ip, iptables, tar: criu looks for them, and our callers give us no PATH. */
static const char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL
};

const char *criu_find(void)
{
	static const char *const paths[] = { "/usr/local/sbin/criu", "/usr/local/bin/criu",
					     "/usr/sbin/criu", "/usr/bin/criu", NULL };

	for (size_t i = 0; paths[i] != NULL; i++)
		if (file_is_program(paths[i], 0))
			return paths[i];
	return NULL;
}

int criu_need(const char **program, struct err *e)
{
	*program = criu_find();
	if (*program != NULL)
		return 0;
	(void)fail(e, ERR_HOST,
		   "criu: expected it in /usr/sbin, /usr/bin or below /usr/local: "
		   "found none that only root can write");
	return hint(e, "install the package criu");
}

int criu_check(const char *program, struct err *e)
{
	const char *const argv[] = { "criu", "check", NULL };
	const struct proc_job job = { .path = program,
				      .argv = argv,
				      .envp = environment,
				      .timeout_ms = CHECK_MS,
				      .root = -1 };
	struct proc_result res;

	if (proc_run(&job, &res, e) < 0)
		return -1;
	if (!res.timed_out && res.exit_code == 0)
		return 0;
	(void)fail(e, ERR_HOST, "criu check: %s",
		   res.timed_out         ? "timed out"
		   : res.said[0] != '\0' ? res.said
					 : "it says no");
	return hint(e, "a kernel with CONFIG_CHECKPOINT_RESTORE, and a criu that is not much "
		       "older "
		       "than it");
}

/* ---- criu's process ---- */

struct worker {
	pid_t pid;
	int sock;
};

static int hand_on(int fd, int number, struct err *e)
{
	return dup2(fd, number) < 0 ? fail_sys(e, errno, "criu: hand on descriptor %d", fd) : 0;
}

/* The same directory, as this mount namespace has it. */
static int hand_on_dir(const struct criu_dir *d, int number, struct err *e)
{
	autofd int fd = -1;
	struct stat was, is;

	if (d->fd < 0)
		return 0;
	fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &is) < 0 || fstat(d->fd, &was) < 0)
		return fail_sys(e, errno, "%s: open", d->path);
	if (is.st_dev != was.st_dev || is.st_ino != was.st_ino)
		return fail(e, ERR_SYSTEM,
			    "%s: expected the directory that was checked: found "
			    "another",
			    d->path);
	return hand_on(fd, number, e);
}

/* Stdio is among what is handed on: it is replaced last. */
static int arrange(const struct criu_call *c, struct err *e)
{
	autofd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return fail_sys(e, errno, "open /dev/null");
	for (size_t i = 0; i < c->fds_n; i++)
		if (hand_on(c->fds[i], CRIU_FD(i), e) < 0)
			return -1;
	if (hand_on_dir(&c->images, IMAGES_FD, e) < 0 ||
	    hand_on_dir(&c->work, WORK_FD, e) < 0 ||
	    (c->status_fd >= 0 && hand_on(c->status_fd, STATUS_FD, e) < 0))
		return -1;
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (hand_on(null, fd, e) < 0)
			return -1;
	return 0;
}

/* Its numbers of descriptors are those of who made the socket (SO_PEERCRED): of itself, then.
 */
static int connect_back(int told, struct err *e)
{
	autofd int ours = -1, theirs = -1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_sys(e, errno, "criu: socketpair");
	ours = ends[0];
	theirs = ends[1];
	if (hand_on(theirs, SOCKET_FD, e) < 0)
		return -1;
	return hs_say_fd(told, HS_SOCKET, ours, e);
}

static _Noreturn void be_criu(const struct criu_call *c, pid_t runtime, int told)
{
	char number[16];
	const char *const argv[] = { "criu", "swrk", number, NULL };
	struct err e = { .step = "criu" };

	(void)snprintf(number, sizeof(number), "%d", SOCKET_FD);
	/* what it has half restored goes with it: the runtime can no longer look at it */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runtime)
		proc_exit(1);
	if ((c->prepare == NULL || c->prepare(c->ctx, &e) == 0) && arrange(c, &e) == 0 &&
	    connect_back(told, &e) == 0) {
		proc_reset_signals();
		(void)execve(c->program, (char **)(uintptr_t)argv,
			     (char **)(uintptr_t)environment);
		(void)fail_sys(&e, errno, "%s: execute", c->program);
	}
	hs_say_failed(told, &e);
	proc_exit(1);
}

static int start(const struct criu_call *c, struct worker *w, struct err *e)
{
	autofd int ours = -1, theirs = -1;
	const pid_t self = getpid();

	if (hs_pair(&ours, &theirs, e) < 0)
		return -1;
	w->pid = fork();
	if (w->pid == 0)
		be_criu(c, self, theirs);
	if (w->pid < 0)
		return fail_sys(e, errno, "criu: fork");
	(void)close(take_fd(&theirs));
	if (hs_expect_fd(ours, HS_SOCKET, &w->sock, e) < 0)
		return -1;
	return hs_expect_exec(ours, e);
}

/* What it restored, it lets go when it has answered; else its death is theirs. */
static void end(struct worker *w, int patience_ms)
{
	auto_close_(&w->sock);
	if (w->pid <= 0)
		return;
	if (proc_wait(w->pid, -1, patience_ms, NULL) == -ETIMEDOUT) {
		(void)kill(w->pid, SIGKILL);
		(void)proc_wait(w->pid, -1, -1, NULL);
	}
	w->pid = 0;
}

/* ---- the conversation ---- */

/* message criu_resp */
struct answer {
	uint64_t type;
	bool success;
	pid_t pid;
	int fd;
	char script[64], said[256];
};

static void copy_text(char *to, size_t size, const struct pb_field *f)
{
	size_t n = f->bytes == NULL ? 0 : f->len < size - 1 ? f->len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = (char)(f->bytes[i] < ' ' || f->bytes[i] > '~' ? ' ' : f->bytes[i]);
	while (n > 0 && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
}

/* criu_restore_resp { 1: pid }, criu_notify { 1: script, 2: pid } */
static int read_inner(const struct pb_field *outer, unsigned pid_field, struct answer *out)
{
	struct pb_in in = { outer->bytes, outer->bytes + outer->len };
	struct pb_field f;
	int got;

	while ((got = pb_next(&in, &f)) > 0) {
		if (f.number == pid_field)
			out->pid = (pid_t)f.value;
		else if (f.number == 1)
			copy_text(out->script, sizeof(out->script), &f);
	}
	return got;
}

static int read_answer(const uint8_t *bytes, size_t n, struct answer *out)
{
	struct pb_in in = { bytes, bytes + n };
	struct pb_field f;
	int got;

	while ((got = pb_next(&in, &f)) > 0) {
		if (f.number == 1)
			out->type = f.value;
		else if (f.number == 2)
			out->success = f.value != 0;
		else if (f.number == 4 && f.bytes != NULL)
			got = read_inner(&f, 1, out);
		else if (f.number == 5 && f.bytes != NULL)
			got = read_inner(&f, 2, out);
		else if (f.number == 9)
			copy_text(out->said, sizeof(out->said), &f);
		if (got < 0)
			return -1;
	}
	return got;
}

static int hear(int sock, struct arena *a, struct answer *out, struct err *e)
{
	uint8_t *bytes = arena_alloc(a, ANSWER_MAX);
	long n;

	*out = (struct answer){ .fd = -1 };
	do
		n = fd_recv(sock, bytes, ANSWER_MAX, &out->fd);
	while (n == -EINTR);
	if (n < 0 && n != -ECONNRESET)
		return fail_sys(e, (int)-n, "criu: wait for its answer");
	if (n <= 0)
		return fail(e, ERR_SYSTEM, "criu: expected an answer: it ended without");
	if (read_answer(bytes, (size_t)n, out) == 0)
		return 0;
	auto_close_(&out->fd);
	return fail(e, ERR_SYSTEM, "criu: expected an answer of its RPC: found something else");
}

static int say(int sock, const struct pb *m, struct err *e)
{
	ssize_t n = send(sock, m->p, m->n, MSG_NOSIGNAL);

	if (n == (ssize_t)m->n)
		return 0;
	return fail_sys(e, n < 0 ? errno : EMSGSIZE, "criu: send a request of %zu bytes", m->n);
}

static int ask(const struct criu_call *c, int sock, struct arena *a, struct err *e)
{
	struct pb request = { .arena = a };

	pb_int(c->opts, CRIU_IMAGES_DIR, IMAGES_FD);
	if (c->work.fd >= 0)
		pb_int(c->opts, CRIU_WORK_DIR, WORK_FD);
	if (c->status_fd >= 0)
		pb_int(c->opts, CRIU_STATUS_FD, STATUS_FD);
	pb_int(c->opts, CRIU_LOG_LEVEL, LOG_LEVEL);
	pb_string(c->opts, CRIU_LOG_FILE, c->log);
	pb_uint(&request, 1, c->what);
	pb_message(&request, 2, c->opts);
	return say(sock, &request, e);
}

static int notified(const struct criu_call *c, int sock, struct arena *a, struct answer *got,
		    struct err *e)
{
	const struct criu_notice notice = { got->script, got->pid, take_fd(&got->fd) };
	struct pb request = { .arena = a };
	struct err ignored = { 0 };
	int rc = 0;

	if (c->notify != NULL)
		rc = c->notify(c->ctx, &notice, e);
	pb_uint(&request, 1, CRIU_NOTIFY);
	pb_bool(&request, 3, rc == 0);
	if (rc < 0)
		(void)say(sock, &request, &ignored);
	return rc < 0 ? -1 : say(sock, &request, e);
}

/* The first error of the log that ended it. Without CAP_SYS_RESOURCE the very first is about
 * its own limits, and it goes on. */
static const char *first_error(const struct criu_call *c, struct arena *a)
{
	int dir = c->work.fd >= 0 ? c->work.fd : c->images.fd;
	autofree char *text = NULL;
	struct err ignored = { 0 };
	char *rest, *line;
	size_t len;

	if (file_read_at(dir, c->log, LOG_MAX, c->log, &text, &len, &ignored) < 0)
		return NULL;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *at = strstr(line, "Error (");

		if (at != NULL && strstr(at, "RLIMIT_NOFILE") == NULL)
			return arena_strdup(a, at + strlen("Error "));
	}
	return NULL;
}

static int refused(const struct criu_call *c, struct arena *a, const struct answer *got,
		   struct err *e)
{
	const char *why = first_error(c, a);

	if (why == NULL)
		why = got->said[0] != '\0' ? got->said : "it does not say why";
	(void)fail(e, ERR_SYSTEM, "criu: %.300s", why);
	return hint(e, "see %.120s/%s", c->work.fd >= 0 ? c->work.path : c->images.path,
		    c->log);
}

static int converse(const struct criu_call *c, int sock, struct arena *a, pid_t *pid,
		    struct err *e)
{
	struct answer got;

	if (ask(c, sock, a, e) < 0)
		return -1;
	for (;;) {
		if (hear(sock, a, &got, e) < 0)
			return -1;
		if (got.type != CRIU_NOTIFY)
			break;
		if (notified(c, sock, a, &got, e) < 0)
			return -1;
	}
	auto_close_(&got.fd);
	if (!got.success)
		return refused(c, a, &got, e);
	if (got.type != c->what)
		return fail(e, ERR_SYSTEM, "criu: expected an answer to %u: found one to %ju",
			    c->what, (uintmax_t)got.type);
	if (pid != NULL)
		*pid = got.pid;
	return 0;
}

int criu_run(const struct criu_call *c, struct arena *a, pid_t *pid, struct err *e)
{
	struct worker w = { .pid = 0, .sock = -1 };
	int got = start(c, &w, e);

	if (got == 0 && c->notify != NULL)
		got = c->notify(c->ctx, &(struct criu_notice){ "criu", w.pid, -1 }, e);
	if (got == 0)
		got = converse(c, w.sock, a, pid, e);
	/* after a dump it lets the container go on; a restore that failed it would wait for */
	end(&w, got < 0 && c->what == CRIU_RESTORE ? REFUSED_MS : END_MS);
	return got;
}
