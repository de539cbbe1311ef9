/* SPDX-License-Identifier: Apache-2.0 */
#include "run/life.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"

#define ORPHAN_WAIT_MS 2000

int life_pidfd(const struct state *st)
{
	autofd int fd = -1;

	if (st->pid <= 0)
		return -ESRCH;
	fd = sys_pidfd_open(st->pid, 0);
	/* EINVAL: the number lives on as that of a session or group whose leader is gone */
	if (fd < 0)
		return fd == -EINVAL ? -ESRCH : fd;
	/* the descriptor first, then the question: the pid cannot change hands in between */
	if (!proc_alive(st->pid, st->start_time))
		return -ESRCH;
	return take_fd(&fd);
}

static int end_process(const struct state_dir *d, const struct state *st, struct err *e)
{
	autofd int fd = life_pidfd(st);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct err ignored = { 0 };
	int err;

	if (fd == -ESRCH)
		return 0;
	if (fd < 0)
		return fail_sys(e, -fd, "pidfd_open %d", st->pid);
	if (life_save_kill(d, SIGKILL, &ignored) < 0)
		log_debug("%s", ignored.text); /* whatever the disk says, it has to go */
	err = sys_pidfd_send_signal(fd, SIGKILL);
	if (err < 0 && err != -ESRCH)
		return fail_sys(e, -err, "kill the container's init %d", st->pid);
	if (poll(&p, 1, LIFE_WAIT_MS) == 0) {
		(void)fail(e, ERR_SYSTEM, "the container's init %d does not die", st->pid);
		return hint(e, "it is stuck in the kernel (state D): see /proc/%d/stack",
			    st->pid);
	}
	return 0;
}

/* The runtime was killed before it saved a pid. An init of ours dies with it (PDEATHSIG, or the
 * end of the handshake); whoever lives on in that group, and the groups below it, were there
 * before us, when the runtime had no time to refuse it. */
static void leave_group(const char *path)
{
	struct err ignored = { 0 };

	(void)cg_remove_one(path, ORPHAN_WAIT_MS, &ignored);
}

bool life_owns(const struct state *st, const struct cg *cg)
{
	if (st->created_ns == 0 || cg_is_of(cg, st->id, st->created_ns))
		return true;
	log_debug("cgroup %s: left alone: another container has it now", cg_path(cg));
	return false;
}

/* systemd removes a group that has run empty, and with it the unit, mostly before we look: then
 * there is nobody to ask. It also hears of processes that we end. */
static int end_unit(struct arena *a, const struct state *st, struct err *e)
{
	struct err why = { 0 };
	autocg struct cg *cg = NULL;

	if (life_cgroup(st, &cg, &why) < 0) {
		if (why.sys == ENOENT)
			return 0;
		*e = why;
		return -1;
	}
	if (cg_kill(cg, e) < 0)
		return -1;
	unit_stop(a, st->unit);
	return cg_remove(st->cgroup, LIFE_WAIT_MS, e);
}

/* The whole group, dead init or not: others may live on in a shared pid namespace. A unit that
 * was not seen around the init yet is left to die with it: it might be another's. */
static int end_group(struct arena *a, const struct state *st, struct err *e)
{
	struct err why = { 0 };
	autocg struct cg *cg = NULL;

	if (st->cgroup == NULL)
		return 0;
	if (st->unit != NULL)
		return end_unit(a, st, e);
	if (st->status == ST_CREATING && st->pid <= 0) {
		leave_group(st->cgroup);
		return 0;
	}
	if (cg_open(st->cgroup, &cg, &why) < 0) {
		if (why.sys == ENOENT)
			return 0;
		*e = why;
		return -1;
	}
	if (!life_owns(st, cg))
		return 0;
	/* nobody is left in most: then the kernel lets it go at once, and refuses otherwise */
	if (cg_remove(st->cgroup, 0, &why) == 0)
		return 0;
	return cg_kill(cg, e) < 0 ? -1 : cg_remove(st->cgroup, LIFE_WAIT_MS, e);
}

int life_destroy(struct arena *a, const struct run_options *o, struct state_dir *d,
		 const struct state *st, const struct plan_hooks *poststop, struct err *e)
{
	if (end_process(d, st, e) < 0)
		return -1;
	life_await_record(a, o, d, st);
	if (end_group(a, st, e) < 0 || life_end_resctrl(st, e) < 0)
		return -1;
	if (poststop != NULL)
		hooks_run_all(a, poststop, HOOK_POSTSTOP, st, ST_STOPPED);
	return state_remove(o->root, st->id, d, e);
}

int life_poststart(struct arena *a, const struct state_dir *d, const struct state *st,
		   const struct plan_hooks *hooks, struct err *e)
{
	struct err ignored = { 0 };

	if (hooks->n == 0 || hooks_run(a, hooks, HOOK_POSTSTART, st, ST_RUNNING, e) == 0)
		return 0;
	(void)end_process(d, st, &ignored);
	return -1;
}
