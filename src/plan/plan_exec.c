/* SPDX-License-Identifier: Apache-2.0 */
/* plan_exec.c - one more process in a container that is there: what of the plan it needs. */
#include <linux/limits.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "plan/plan.h"
#include "plan/plan_seccomp.h"

/* runc.8 --cgroup: below the container's own group, which it may not leave. "[CONTROLLER:]PATH"
 * is the form of cgroup v1, where the controller may be empty. */
static int exec_group(struct arena *a, const struct plan_exec_want *w, struct plan_cgroup *cg,
		      struct err *e)
{
	char clean[PATH_MAX];
	const char *sub = w->sub_cgroup != NULL ? w->sub_cgroup : "/";

	cg->enabled = w->cgroup != NULL;
	cg->path = w->cgroup;
	cg->named = w->sub_cgroup != NULL;
	if (!cg->named)
		return 0;
	sub += sub[0] == ':';
	if (!cg->enabled)
		return fail(e, ERR_STATE, "--cgroup: expected a cgroup of %s: it runs in none",
			    w->id);
	if (sub[0] == '\0' || strchr(sub, ':') != NULL ||
	    !path_clean(sub, clean, sizeof(clean)))
		return fail(e, ERR_USAGE,
			    "--cgroup: expected a path below the container's cgroup: found "
			    "\"%s\"",
			    w->sub_cgroup);
	for (const char *p = sub; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == sub || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return fail(e, ERR_USAGE,
				    "--cgroup: bad sub cgroup path: expected no \"..\": found "
				    "\"%s\"",
				    w->sub_cgroup);
	if (!str_eq(clean, "/"))
		cg->path = arena_printf(a, "%s%s", w->cgroup, clean);
	return 0;
}

/* The process is bound by the same table of rules as that of create; hooks are not its own. */
static int exec_process(struct arena *a, const struct spec *s, const struct host *h,
			const struct plan_exec_want *w, struct plan *p, struct err *e)
{
	const struct plan_want want = {
		.id = w->id,
		.bundle = w->bundle,
		.detach = w->detach,
		.has_console_socket = w->has_console_socket,
		.no_new_keyring = w->no_new_keyring,
	};

	if (plan_process_make(a, s, h, &want, p, e) < 0)
		return -1;
	memset(p->hooks, 0, sizeof(p->hooks));
	return 0;
}

/* config.md#linux-process: the first is for the time before the container's group is joined,
 * which without a group is no time at all. */
static void exec_affinity(const struct spec_process *s, struct plan *p)
{
	p->process.affinity_final = s->exec_affinity_final;
	if (p->cgroup.enabled)
		p->process.affinity_initial = s->exec_affinity_initial;
	else if (s->exec_affinity_final.n == 0)
		p->process.affinity_final = s->exec_affinity_initial;
}

int plan_exec(struct arena *a, const struct spec *s, const struct host *h,
	      const struct plan_exec_want *w, struct plan *p, struct err *e)
{
	const struct spec_namespace *user = &s->linux_.ns[NS_USER];

	*p = (struct plan){
		.id = w->id,
		.bundle = w->bundle,
		.oci_version = s->oci_version,
		.protect_self = plan_hides_binary(s, h),
	};
	if (s->linux_.ns[NS_MOUNT].path != NULL)
		return fail(e, ERR_HOST,
			    "exec: expected mounts of the container's own: found a joined "
			    "mount namespace");
	/* whose maps only the kernel knows by now */
	p->ns.join[NS_USER] = user->present ? "that of the container" : NULL;
	p->ns.in_user_ns = user->present || !h->in_init_user_ns;
	p->ids.uid.root_mapped = p->ids.gid.root_mapped = true;
	p->ids.deny_setgroups = w->deny_setgroups;
	if (exec_process(a, s, h, w, p, e) < 0)
		return -1;
	if (exec_group(a, w, &p->cgroup, e) < 0)
		return -1;
	exec_affinity(&s->process, p);
	if (w->filter != NULL && plan_kept_filter(&s->linux_.seccomp, w, p, e) < 0)
		return -1;
	return plan_rdt(a, s, h, p, e);
}
