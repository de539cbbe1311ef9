/* SPDX-License-Identifier: Apache-2.0 */
/* clone.c - the two ladders from the runtime to the container's init. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/sys.h"
#include "run/run_private.h"

/* clone(2): these mean "our group cannot take a process", or "we may not put one there" while
 * the runtime sits in another delegation; writing cgroup.procs has other rules, and is tried.
 * ENOENT is a stage's that has joined the container's cgroup namespace, and is outside of it
 * (cgroups(7), nsdelegate).
 */
static bool wants_another_way_in(int err)
{
	return err == EBUSY || err == EACCES || err == EPERM || err == EOPNOTSUPP ||
	       err == ENOENT;
}

/* clone3 with everything that is new, into the container's cgroup if it lets us. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the kernel writes through pidfd */
static pid_t clone_with(struct run *r, uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD,
	};
	pid_t pid;

	/* config.md#linux-process: "initial" is for the time before the group is joined */
	r->into_cgroup = r->cg != NULL && r->pl->process.affinity_initial.n == 0;
	if (r->into_cgroup) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cg_fd(r->cg);
	}
	pid = sys_clone3(&args, sizeof(args));
	if (pid < 0 && r->into_cgroup && wants_another_way_in(-pid)) {
		r->into_cgroup = false;
		args.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		args.cgroup = 0;
		pid = sys_clone3(&args, sizeof(args));
	}
	return pid;
}

int explain_namespaces(int err, const char *what, struct err *e)
{
	(void)fail_sys(e, err, "%s", what);
	if (err == ENOSPC || err == EUSERS)
		return hint(e, "a limit in /proc/sys/user/max_*_namespaces is reached");
	return -1;
}

static int explain_clone(int err, const struct plan *pl, struct err *e)
{
	(void)explain_namespaces(err, "clone3 of the container's init", e);
	if (err == EPERM && pl->ns.new_user)
		return hint(e, "user namespaces may be switched off: see "
			       "/proc/sys/user/max_user_namespaces and "
			       "kernel.unprivileged_userns_clone");
	if (err == EAGAIN)
		return hint(e, "a limit on processes is reached: pids.max of a cgroup above, "
			       "or RLIMIT_NPROC");
	return -1;
}

static int direct(struct run *r, const struct plan *pl, struct err *e)
{
	uint64_t apart = makes_network(pl) ? CLONE_NEWNET : 0;
	pid_t pid = clone_with(r, pl->ns.clone_flags & ~apart, &r->pidfd);

	if (pid == 0)
		child_main(r);
	if (pid < 0)
		return explain_clone((int)-pid, pl, e);
	r->pid = pid;
	return 0;
}

/* ---- the staged ladder: what the intermediate process does ---- */

/* Enters a new user namespace first, for what comes after is to be owned by it. */
static int stage_user(const struct plan *pl, int sock, struct err *e)
{
	if (!pl->ns.new_user)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return fail_sys(e, errno, "unshare of the user namespace");
	if (hs_say(sock, HS_NAMESPACED, 0, e) < 0 ||
	    hs_expect(sock, HS_MAPPED, -1, NULL, e) < 0)
		return -1;
	return 0; /* the init becomes root there, after it has opened what the caller may */
}

/* time_namespaces(7): offsets are written before the first process is inside. */
static int stage_time(const struct run *r, const struct plan *pl, struct err *e)
{
	int err;

	if (pl->ns.time_offsets == NULL)
		return 0;
	if (unshare(CLONE_NEWTIME) < 0)
		return fail_sys(e, errno, "unshare of the time namespace");
	/* in mounts that were joined /proc is not to be asked */
	err = file_put_at(r->proc,
			  r->proc >= 0 ? "self/timens_offsets" : "/proc/self/timens_offsets",
			  pl->ns.time_offsets);
	return err < 0 ? fail_sys(e, -err, "linux.timeOffsets: write /proc/self/timens_offsets")
		       : 0;
}

/* What a user may still write about itself, which later only root may: the runtime finds it
 * done. */
static void set_own_oom_score(const struct plan *pl)
{
	struct err ignored = { 0 };

	if (pl->process.oom_score_adj != SPEC_UNSET && geteuid() != 0)
		(void)!write_oom_score(getpid(), pl->process.oom_score_adj, &ignored);
}

static int stage_steps(struct run *r, const struct plan *pl, int sock, struct err *e)
{
	uint64_t flags = pl->ns.clone_flags & ~(uint64_t)CLONE_NEWUSER;
	int pidfd = -1;
	pid_t pid;

	if (pl->ns.time_offsets != NULL)
		flags &= ~(uint64_t)CLONE_NEWTIME;
	if (r->target != NULL)
		set_own_oom_score(pl);
	if (hide_before_clone(r, pl, e) < 0 ||
	    (r->target != NULL ? join_container(r, e) : join_namespaces(r, pl, e)) < 0 ||
	    stage_user(pl, sock, e) < 0 || stage_time(r, pl, e) < 0)
		return -1;
	pid = clone_with(r, flags | CLONE_PARENT, &pidfd);
	if (pid == 0) {
		(void)close(sock);
		child_main(r);
	}
	if (pid < 0)
		return explain_clone((int)-pid, pl, e);
	/* The value's sign carries whether clone3 put the init into the cgroup. */
	return hs_say(sock, HS_CLONED, r->into_cgroup ? pid : -pid, e);
}

/* Has a line of its own to the runtime: on the init's, the init could be the first to speak. */
static _Noreturn void stage_main(struct run *r, int sock)
{
	struct err e = { 0 };

	(void)close(take_fd(&r->sock)); /* or the init would not hear that the runtime died */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (stage_steps(r, r->pl, sock, &e) < 0) {
		hs_say_failed(sock, &e);
		proc_exit(1);
	}
	proc_exit(0);
}

/* ---- the staged ladder: what the runtime does ---- */

static int lead_stage(struct run *r, const struct plan *pl, int sock, struct err *e)
{
	int32_t pid = 0;

	if (pl->ns.new_user &&
	    (hs_expect(sock, HS_NAMESPACED, -1, NULL, e) < 0 ||
	     write_idmaps(pl, r->stage, e) < 0 || hs_say(sock, HS_MAPPED, 0, e) < 0))
		return -1;
	if (hs_expect(sock, HS_CLONED, -1, &pid, e) < 0)
		return -1;
	r->into_cgroup = pid > 0;
	r->pid = pid < 0 ? -pid : pid;
	/* Our child by CLONE_PARENT, and nobody but we can reap it: the number is still its
	 * own. */
	r->pidfd = sys_pidfd_open(r->pid, 0);
	if (r->pidfd < 0)
		return fail_sys(e, -r->pidfd, "pidfd_open of the container's init");
	return 0;
}

static int staged(struct run *r, const struct plan *pl, struct err *e)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	autofd int ours = -1, theirs = -1;
	int got;

	if (hs_pair(&ours, &theirs, e) < 0)
		return -1;
	r->stage = sys_clone3(&args, sizeof(args));
	if (r->stage == 0) {
		(void)close(take_fd(&ours));
		stage_main(r, theirs);
	}
	(void)close(take_fd(&theirs)); /* a stage that dies is to be heard */
	if (r->stage < 0)
		return explain_clone((int)-r->stage, pl, e);
	got = lead_stage(r, pl, ours, e);
	if (got < 0)
		(void)kill(r->stage, SIGKILL);
	while (waitpid(r->stage, NULL, 0) < 0 && errno == EINTR)
		;
	r->stage = 0;
	return got;
}

/* The process has it: one connection, which ends when it has been used. */
static void close_agent(struct run *r)
{
	if (r->agent >= 0)
		(void)close(take_fd(&r->agent));
}

int clone_init(struct run *r, const struct plan *pl, struct err *e)
{
	int got = pl->ns.ladder == LADDER_STAGED ? staged(r, pl, e) : direct(r, pl, e);

	(void)close(take_fd(&r->child_sock));
	close_agent(r);
	return got;
}

/* ---- one more process in a container ---- */

/* Then systemd may have to be asked to move the process, by a child of ours, which is not to be
 * born in the container's pid namespace: its processes may have that child's uid. */
bool may_ask_systemd(const struct run *r)
{
	return r->target->st.unit != NULL && (geteuid() != 0 || !proc_in_init_user_ns());
}

/* A pid namespace counts for our children only, so we can join it ourselves where that is
 * allowed. Where it is not, for a user whose container's user namespace must be entered first,
 * the stage joins all. */
static bool wants_stage(struct run *r)
{
	if (may_ask_systemd(r) && r->joins != 0)
		return true;
	if ((r->joins & CLONE_NEWPID) == 0)
		return (r->joins & CLONE_NEWUSER) != 0 && geteuid() != 0;
	if (setns(r->target->pidfd, CLONE_NEWPID) < 0)
		return true;
	r->joins &= ~CLONE_NEWPID;
	return false;
}

int do_exec_clone(struct run *r, const struct plan *pl, struct err *e)
{
	int got;

	if (wants_stage(r)) {
		got = staged(r, pl, e);
	} else {
		/* CVE-2016-9962: in the container's pid namespace from its first instruction */
		if (prctl(PR_SET_DUMPABLE, 0) < 0)
			return fail_sys(e, errno, "prctl PR_SET_DUMPABLE");
		if (hide_before_clone(r, pl, e) < 0)
			return -1;
		got = direct(r, pl, e);
	}
	(void)close(take_fd(&r->child_sock));
	close_agent(r);
	return got;
}
