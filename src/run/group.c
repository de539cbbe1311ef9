/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - pause, resume, ps: what is done to, or read of, the container's cgroup as a whole.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/str.h"
#include "run/life.h"

#define FREEZE_WAIT_MS 10000 /* as runc */

int life_cgroup(const struct state *st, struct cg **cg, struct err *e)
{
	autocg struct cg *found = NULL;
	struct stat now;

	if (cg_open(st->cgroup, &found, e) < 0)
		return -1;
	if (fstat(cg_fd(found), &now) < 0)
		return fail_sys(e, errno, "cgroup %s: stat", st->cgroup);
	if (st->cgroup_inode != 0 && now.st_ino != st->cgroup_inode)
		return fail_sys(e, ENOENT, "cgroup %s: open that of %s", st->cgroup, st->id);
	*cg = take_ptr(found);
	return 0;
}

int life_group(struct arena *a, const struct run_options *o, struct state *st,
	       enum state_status *now, struct cg **cg, struct err *e)
{
	const char *id = st->id;

	if (run_state(a, o->root, id, st, now, e) < 0)
		return -1;
	if (*now == ST_STOPPED || *now == ST_CREATING)
		return fail(e, ERR_STATE, "container not running: %s is %s", id,
			    state_status_names[*now]);
	if (st->cgroup == NULL)
		return fail(e, ERR_STATE, "expected a cgroup of %s: it runs without one", id);
	return life_cgroup(st, cg, e);
}

static int change(struct arena *a, const struct run_options *o, const char *id, bool freeze,
		  struct state *st, struct err *e)
{
	autocg struct cg *cg = NULL;
	enum state_status now;

	if (life_group(a, o, st, &now, &cg, e) < 0)
		return -1;
	if (freeze && now == ST_PAUSED)
		return fail(e, ERR_STATE, "container not running: %s is paused", id);
	/* a pause that was killed half-way has asked for it already */
	if (!freeze && now != ST_PAUSED && !cg_is_to_freeze(cg))
		return fail(e, ERR_STATE, "container not paused: %s is %s", id,
			    state_status_names[now]);
	return cg_freeze(cg, freeze, FREEZE_WAIT_MS, e);
}

int run_pause(const struct run_options *o, const char *id, bool freeze, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct state st = { .id = id };
	struct audit_subject who;
	int got = change(&a, o, id, freeze, &st, e);

	who = run_subject(&a, &st, NULL);
	run_audit(o, &a, freeze ? AUDIT_PAUSE : AUDIT_RESUME, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	return got;
}

int run_pids(struct arena *a, const struct run_options *o, const char *id, pid_t **pids,
	     size_t *n, struct err *e)
{
	autofree pid_t *all = NULL;
	autocg struct cg *cg = NULL;
	struct state st = { .id = id };
	struct err ignored = { 0 };
	enum state_status now;

	if (run_state(a, o->root, id, &st, &now, e) < 0)
		return -1;
	*n = 0;
	/* runc has it so: a stopped container's list is empty, but for those that a shared pid
	 * namespace let live on */
	if (now == ST_STOPPED && (st.cgroup == NULL || cg_open(st.cgroup, &cg, &ignored) < 0))
		return 0;
	if (cg == NULL && life_group(a, o, &st, &now, &cg, e) < 0)
		return -1;
	if (cg_pids(cg, &all, n, e) < 0)
		return -1;
	*pids = arena_array(a, *n, sizeof(**pids));
	if (*n > 0)
		memcpy(*pids, all, *n * sizeof(**pids));
	return 0;
}
