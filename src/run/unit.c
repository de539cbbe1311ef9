/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c - the systemd driver: a unit around the init, and its end. systemd makes the group and
 * removes it; what is in it, and what holds for it, is read and written by us. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "run/life.h"

static int start(struct run *r, const struct plan_unit *u, struct err *e)
{
	const struct unit_call call = {
		.op = UNIT_START,
		.bus = u->bus,
		.unit = u->name,
		.pid = r->pid,
		.props = u->props,
		.props_n = u->props_n,
	};

	return unit_call(r->arena, &call, e);
}

/* Where the init is by now is the kernel's to say: from here the group is known to be ours, and
 * the next command may end it. */
static int find_group(struct run *r, const struct plan_cgroup *cg, struct err *e)
{
	char path[PATH_MAX];
	struct stat at;

	if (cg_path_of(r->pid, path, sizeof(path), e) < 0)
		return -1;
	if (!str_ends(path, cg->path))
		return fail(e, ERR_HOST,
			    "systemd: %s: expected the container's init in a group ...%s: "
			    "found "
			    "it in %s",
			    cg->unit.name, cg->path, path);
	if (cg_open(path, &r->cg, e) < 0)
		return -1;
	if (fstat(cg_fd(r->cg), &at) < 0)
		return fail_sys(e, errno, "cgroup %s: stat", path);
	r->st.cgroup = arena_strdup(r->arena, path);
	r->st.cgroup_inode = at.st_ino;
	r->made_cgroup = true;
	return state_save(&r->dir, &r->st, e);
}

static int is_thawed(const struct cg *cg, struct err *e)
{
	return cg_is_to_freeze(cg)
		       ? fail(e, ERR_STATE, "cgroup %s: container's cgroup unexpectedly frozen",
			      cg_path(cg))
		       : 0;
}

/* A group that was there before the unit systemd takes as it is. Of a user's own manager only
 * the end of the path is known: there it is seen afterwards. */
static int found_thawed(const char *path, struct err *e)
{
	autocg struct cg *cg = NULL;
	struct err ignored = { 0 };

	return cg_open(path, &cg, &ignored) < 0 ? 0 : is_thawed(cg, e);
}

int do_scope(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_cgroup *cg = &pl->cgroup;

	if (found_thawed(cg->path, e) < 0 || start(r, &cg->unit, e) < 0 ||
	    find_group(r, cg, e) < 0 || is_thawed(r->cg, e) < 0 ||
	    cg_has(r->cg, cg->need, e) < 0 || put_group_limits(r, cg, e) < 0)
		return -1;
	return hs_say(r->sock, HS_IN_CGROUP, 0, e);
}

int unit_ask(struct arena *a, struct unit_call *call, struct err *e)
{
	const char *why;
	bool is_user;

	call->bus = unit_bus_find(a, &is_user, &why);
	if (call->bus == NULL)
		return fail(e, ERR_HOST, "systemd: %s: expected a bus: found %s", call->unit,
			    why);
	return unit_call(a, call, e);
}

void unit_stop(struct arena *a, const char *unit)
{
	struct unit_call call = { .op = UNIT_STOP, .unit = unit };
	struct err why = { 0 };
	char text[sizeof(why.text) + 64];

	if (unit_ask(a, &call, &why) == 0)
		return;
	err_format(&why, text, sizeof(text));
	log_debug("%s", text);
}
