/* SPDX-License-Identifier: Apache-2.0 */
/* foreground.c - run: create and start in one process, and stay until the end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/sys.h"
#include "run/life.h"
#include "watch/verdict.h"

/* Signals are taken from a descriptor: nothing is interrupted, none is lost between create
 * and wait. The child undoes the mask before execve. */
int signals_catch(struct err *e)
{
	autofd int fd = -1;
	sigset_t all;

	(void)sigfillset(&all);
	for (int s = SIGSEGV;; s = s == SIGSEGV ? SIGBUS : s == SIGBUS ? SIGILL : SIGFPE) {
		(void)sigdelset(&all, s); /* our own faults must still kill us */
		if (s == SIGFPE)
			break;
	}
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
		return fail_sys(e, errno, "sigprocmask");
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? fail_sys(e, errno, "signalfd") : take_fd(&fd);
}

/* What the user sends to us is meant for the container. */
static void pass_signal(struct run *r, int signals, struct tty_proxy *tty)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig == SIGWINCH && tty != NULL)
			tty_proxy_resize(tty);
		else if (sig != SIGCHLD && sig != SIGPIPE && sig != SIGTTOU && sig != SIGTTIN)
			(void)sys_pidfd_send_signal(r->pidfd, sig);
	}
}

static void serve(struct run *r, int signals, struct tty_proxy *tty)
{
	for (;;) {
		struct pollfd p[5] = { { .fd = r->pidfd, .events = POLLIN },
				       { .fd = signals, .events = POLLIN },
				       { .fd = r->watch != NULL ? watch_fd(r->watch) : -1,
					 .events = POLLIN } };
		int fds[2] = { -1, -1 };
		size_t n = tty != NULL ? tty_proxy_fds(tty, fds) : 0;

		for (size_t i = 0; i < n; i++)
			p[3 + i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		if (poll(p, (nfds_t)(3 + n), -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents != 0)
			pass_signal(r, signals, tty);
		if (n > 0 && (p[3].revents != 0 || p[4].revents != 0))
			tty_proxy_pump(tty);
		if (p[0].revents != 0)
			return;
		if (p[2].revents != 0)
			watch_attend(r->watch);
	}
}

int foreground_wait(struct run *r, int signals, int *status, struct err *e)
{
	struct tty_proxy *tty = NULL;
	int err;

	if (r->pty >= 0 && tty_proxy_open(r->pty, &tty, e) < 0)
		return -1;
	serve(r, signals, tty);
	if (tty != NULL)
		tty_proxy_close(tty);
	err = proc_wait(r->pid, r->pidfd, -1, status);
	r->pid = 0;
	return err < 0 ? fail_sys(e, -err, "wait for the container") : 0;
}

/* Its execve may be one of the calls that we answer. */
static void serve_until_said(const struct run *r)
{
	struct pollfd p[] = { { .fd = r->sock, .events = POLLIN },
			      { .fd = r->watch != NULL ? watch_fd(r->watch) : -1,
				.events = POLLIN } };

	while (r->pl->audit.is_on && p[0].revents == 0)
		if (poll(p, COUNT(p), -1) > 0 && p[1].revents != 0)
			watch_attend(r->watch);
}

static int expect_execve(const struct run *r, struct err *e)
{
	serve_until_said(r);
	if (hs_expect(r->sock, HS_EXECUTING, -1, NULL, e) < 0) {
		init_reason(r, e);
		return -1;
	}
	serve_until_said(r);
	return hs_expect_exec(r->sock, e);
}

static int begin(struct run *r, struct err *e)
{
	if (!starts_ahead(r)) {
		run_clock(r);
		if (hs_say(r->sock, HS_START, r->pid, e) < 0)
			return -1;
	}
	if (expect_execve(r, e) < 0)
		return -1;
	r->st.status = ST_RUNNING;
	if (state_save(&r->dir, &r->st, e) < 0)
		return -1;
	return life_poststart(r->arena, &r->dir, &r->st, &r->pl->hooks[HOOK_POSTSTART], e);
}

/* The evidence is read while the cgroup is still there; what is left in it dies with init. */
static void conclude(struct run *r, int status, struct verdict *v)
{
	struct verdict_facts f = { .has_status = true,
				   .status = status,
				   .wall_ms = now_boot_ms() - r->st.started_ms,
				   .wall_limit_ms = r->pl->watch.wall_ms,
				   .cpu_limit_ms = r->pl->watch.cpu_ms };

	if (r->watch != NULL) {
		watch_finish(r->watch, status);
		f.cause = watch_cause(r->watch);
		f.denials = watch_denials(r->watch);
	}
	verdict_gather(&f, r->cg, &r->dir, v);
}

static int finish(struct run *r, const struct verdict *v, struct err *e)
{
	struct json *j = verdict_json(r->arena, v);
	struct audit_subject who = run_subject(r->arena, &r->st, r->pl);
	struct err ignored = { 0 };
	size_t len;

	run_audit(r->o, r->arena, AUDIT_EXIT, &who,
		  &(struct audit_result){ .verdict = j, .exit_code = v->exit_code });
	r->st.verdict = json_print(r->arena, j, JSON_CANONICAL, &len);
	if (r->o->keep) {
		if (r->cg != NULL)
			(void)cg_kill(r->cg, &ignored);
		return state_save_exit(&r->dir, r->st.verdict, len, e);
	}
	if (life_destroy(r->arena, r->o, &r->dir, &r->st, &r->pl->hooks[HOOK_POSTSTOP], e) < 0)
		return -1;
	run_audit(r->o, r->arena, AUDIT_DELETE, &who,
		  &(struct audit_result){ .exit_code = -1 });
	return 0;
}

static int start_phase(struct run *r, struct err *e)
{
	struct audit_subject who;
	int got = run_create_steps(r, e);

	who = run_subject(r->arena, &r->st, r->pl);
	run_audit(r->o, r->arena, AUDIT_CREATE, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	if (got < 0)
		return -1;
	got = begin(r, e);
	run_audit(r->o, r->arena, AUDIT_START, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	if (got == 0)
		net_devices_stay(r);
	return got;
}

int foreground_supervise(struct run *r, int signals, int *exit_code, struct err *e)
{
	struct verdict v;
	int status = 0;

	if (foreground_wait(r, signals, &status, e) < 0)
		return -1;
	conclude(r, status, &v);
	*exit_code = v.exit_code;
	return finish(r, &v, e);
}

int run_run(const struct plan *pl, const struct run_options *o, int *exit_code, struct err *e)
{
	autoarena struct arena a = { 0 };
	autofd int signals = -1;
	struct run r;
	int got;

	*exit_code = 0;
	if (!o->detach && (signals = signals_catch(e)) < 0)
		return -1;
	run_init(&r, pl, o, &a);
	r.foreground_start = true;
	got = start_phase(&r, e);
	if (got == 0 && !o->detach)
		got = foreground_supervise(&r, signals, exit_code, e);
	run_close(&r, got < 0 && !o->keep);
	return got;
}
