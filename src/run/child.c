/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - the container's init, from clone3 to execve. Never returns. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/proc.h"
#include "run/run_private.h"

static _Noreturn void give_up(int sock, const struct err *e)
{
	hs_say_failed(sock, e);
	proc_exit(1);
}

static void end_by(int signal)
{
	_exit(128 + signal);
}

/* pid_namespaces(7): a first process is not ended by a signal that it does not handle, and a
 * container that is only created is to be ended by any that would end a program. */
static void heed_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction act = { .sa_handler = end_by };

	for (size_t i = 0; i < COUNT(ending) && getpid() == 1; i++)
		(void)sigaction(ending[i], &act, NULL);
}

/* "start" connects to start.sock, which nobody but root's runtimes can reach; one who connects
 * and says something else, or nothing, is dropped and the next is waited for. */
static int wait_for_start(struct run *r, struct err *e)
{
	heed_signals();
	for (;;) {
		struct err ignored = { 0 };
		int fd = accept4(r->start_listen, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			return fail_sys(e, errno, "start.sock: accept");
		if (hs_expect(fd, HS_START, 10000, &r->outer_pid, &ignored) == 0)
			return fd;
		(void)close(fd);
	}
}

static int foreground_start(struct run *r, struct err *e)
{
	if (hs_expect(r->child_sock, HS_START, -1, &r->outer_pid, e) < 0)
		return -1;
	if (r->rlimits_pending == 0 || !starts_ahead(r))
		return 0;
	return hs_expect(r->child_sock, HS_LIMITED, -1, NULL, e);
}

/* From here on the peer is who said START: the runtime itself, or `caisson start'. */
static int started_by(struct run *r, struct err *e)
{
	if (r->foreground_start)
		return foreground_start(r, e) < 0 ? -1 : r->child_sock;
	/* a runtime that is killed before it saves our pid leaves nobody who knows us */
	if (hs_expect(r->child_sock, HS_CREATED, -1, NULL, e) < 0)
		return -1;
	/* create's runtime is about to end: nothing more is to be said on that line */
	(void)close(take_fd(&r->child_sock));
	return wait_for_start(r, e);
}

static _Noreturn void execute(struct run *r, const struct plan *pl)
{
	const int peer = r->peer;
	struct err e = { 0 };

	if (pl->process.argv == NULL) {
		(void)fail(&e, ERR_SPEC, "process: expected one to start: found nothing");
		give_up(peer, &e);
	}
	r->env = final_environment(r, pl);
	if (steps_run(start_steps, start_steps_n, r, pl, &e) < 0 ||
	    hs_say(peer, HS_EXECUTING, 0, &e) < 0)
		give_up(peer, &e);
	proc_reset_signals();
	if (pl->has_filter && load_filter(r, pl, &e) < 0)
		give_up(peer, &e);
	(void)execve(r->executable, (char *const *)(uintptr_t)pl->process.argv,
		     (char *const *)(uintptr_t)r->env);
	(void)fail_sys(&e, errno, "process.args[0]: exec %s", r->executable);
	give_up(peer, &e);
}

/* The runtime may have died between clone3 and prctl, when no signal was armed yet; then we
 * are orphans, and its end of the socket is closed. */
static int arm_parent_death(int sock, struct err *e)
{
	struct pollfd p = { .fd = sock };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail_sys(e, errno, "prctl PR_SET_PDEATHSIG");
	if (poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0)
		return fail(e, ERR_SYSTEM, "the runtime died");
	return 0;
}

/* To where the process is to be: into a container that we make, or one that is there. */
static int get_in(struct run *r, const struct plan *pl, struct err *e)
{
	return r->target == NULL ? steps_run(child_steps, child_steps_n, r, pl, e)
				 : steps_run(entry_steps, entry_steps_n, r, pl, e);
}

_Noreturn void child_main(struct run *r)
{
	const struct plan *pl = r->pl;
	struct err e = { 0 };

	/* a lock that we held on to would outlive a runtime that is killed */
	(void)close(take_fd(&r->dir.lock));
	(void)close(take_fd(&r->dir.fd));
	(void)close(take_fd(&r->sock));
	r->early = pl->ns.new_user || pl->ns.join[NS_USER] != NULL;
	r->st.pid = getpid(); /* runtime.md#state: as seen where the hook runs */
	if (arm_parent_death(r->child_sock, &e) < 0 || get_in(r, pl, &e) < 0 ||
	    steps_run(process_steps, process_steps_n, r, pl, &e) < 0)
		give_up(r->child_sock, &e);
	/* `create' ends after READY and we live on. */
	(void)prctl(PR_SET_PDEATHSIG, 0);
	if (hs_say(r->child_sock, HS_READY, r->rlimits_pending, &e) < 0)
		proc_exit(1);
	r->peer = started_by(r, &e);
	if (r->peer < 0)
		give_up(r->child_sock, &e);
	execute(r, pl);
}
