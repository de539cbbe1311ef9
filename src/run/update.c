/* SPDX-License-Identifier: Apache-2.0 */
/* update.c - other limits for a container that is there. */
#include "base/auto.h"
#include "base/json.h"
#include "run/life.h"
#include "run/resctrl.h"

/* OCI's swap is memory and swap together: where the update says no limit of memory, that of the
 * group holds. */
static void limit_for_swap(const struct cg *cg, struct spec_memory *m)
{
	struct cg_usage now;

	if (m->swap <= 0 || m->limit != SPEC_UNSET)
		return;
	cg_usage(cg, &now);
	if (now.memory_max > 0 && now.memory_max != CG_MAX)
		m->limit = now.memory_max;
}

static int put_limits(struct arena *a, struct cg *cg, struct spec_resources *r, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct cg_limits limits;

	limit_for_swap(cg, &r->memory);
	spec_check_memory(&r->memory, "memory", &bad);
	if (bad.n > 0)
		return fail(e, ERR_SPEC, "update: %s", bad.first->text);
	plan_limits(a, r, &limits);
	/* containerd repeats the rules of create; runc leaves them alone too */
	limits.has_devices = false;
	return cg_update(cg, &limits, e);
}

/* The class first, for it takes one write to take it back. */
static int put_both(struct arena *a, const struct state *st, struct cg *cg,
		    struct spec_resources *r, const char *schemata, struct err *e)
{
	struct err ignored = { 0 };
	autofree char *before = NULL;
	autofd int root = -1;

	if (schemata == NULL)
		return put_limits(a, cg, r, e);
	if (st->resctrl == NULL)
		return fail(e, ERR_STATE,
			    "update: expected a container with linux.intelRdt: %s has none",
			    st->id);
	root = resctrl_open(st->resctrl, e);
	if (root < 0 || resctrl_get(root, st->rdt_group, &before, e) < 0 ||
	    resctrl_put(root, st->rdt_group, schemata, e) < 0)
		return -1;
	if (put_limits(a, cg, r, e) == 0)
		return 0;
	(void)!resctrl_put(root, st->rdt_group, before, &ignored);
	return -1;
}

static int update_locked(struct arena *a, const struct state *st, struct spec_resources *r,
			 const char *schemata, struct err *e)
{
	enum state_status now = state_now(st);
	autocg struct cg *cg = NULL;

	if (now == ST_STOPPED || now == ST_CREATING)
		return fail(e, ERR_STATE, "container not running: %s is %s", st->id,
			    state_status_names[now]);
	if (st->cgroup == NULL)
		return fail(e, ERR_STATE, "expected a cgroup of %s: it runs without one",
			    st->id);
	if (cg_open(st->cgroup, &cg, e) < 0)
		return -1;
	return put_both(a, st, cg, r, schemata, e);
}

/* Two updates at once could each take back what the other wrote: so under the lock. */
int run_update(const struct run_options *o, const char *id, struct spec_resources *r,
	       const char *schemata, struct err *e)
{
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct audit_subject who;
	struct state st;
	int got;

	if (state_open(o->root, id, true, &d, e) < 0 || state_load(&a, &d, id, &st, e) < 0)
		return -1;
	got = update_locked(&a, &st, r, schemata, e);
	who = run_subject(&st, NULL);
	run_audit(o, &a, AUDIT_UPDATE, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	return got;
}
