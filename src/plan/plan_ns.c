/* SPDX-License-Identifier: Apache-2.0 */
/* plan_ns.c - which namespaces are new, which are joined, and who makes the init process. */
#include <sched.h>

#include "plan/plan.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const uint64_t clone_flag[NS_KINDS] = {
	[NS_USER] = CLONE_NEWUSER,
	[NS_IPC] = CLONE_NEWIPC,
	[NS_UTS] = CLONE_NEWUTS,
	[NS_NETWORK] = CLONE_NEWNET,
	[NS_PID] = CLONE_NEWPID,
	[NS_TIME] = CLONE_NEWTIME,
	[NS_MOUNT] = CLONE_NEWNS,
	/* A cgroup namespace takes the group of the process that unshares for its root, and at
	 * clone3 that would be ours: the init unshares it, once it is in its own group. */
	[NS_CGROUP] = 0,
};

/* time_namespaces(7): "monotonic SECS NANOSECS\nboottime SECS NANOSECS\n". */
static const char *time_offsets(struct arena *a, const struct spec_linux *l)
{
	const char *monotonic = "", *boottime = "";

	if (!l->monotonic.present && !l->boottime.present)
		return NULL;
	if (l->monotonic.present)
		monotonic = arena_printf(a, "monotonic %jd %u\n", (intmax_t)l->monotonic.secs,
					 l->monotonic.nanosecs);
	if (l->boottime.present)
		boottime = arena_printf(a, "boottime %jd %u\n", (intmax_t)l->boottime.secs,
					l->boottime.nanosecs);
	return arena_printf(a, "%s%s", monotonic, boottime);
}

/* Which joins need a process between us and the init. setns(2) into pid and time namespaces
 * counts for children only; a user namespace, new or joined, must be entered after, or before,
 * the namespaces that another one owns, which only an intermediate process can try. */
static bool must_stage(const struct plan_ns *ns)
{
	bool joins = false;

	for (int k = 0; k < NS_KINDS; k++)
		joins = joins || ns->join[k] != NULL;
	return ns->time_offsets != NULL || ns->join[NS_PID] != NULL ||
	       ns->join[NS_TIME] != NULL || (joins && ns->in_user_ns);
}

int plan_namespaces(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
		    struct err *e)
{
	const struct spec_namespace *asked = s->linux_.ns;
	struct plan_ns *ns = &p->ns;

	for (int k = 0; k < NS_KINDS; k++) {
		if (!asked[k].present)
			continue;
		ns->join[k] = asked[k].path;
		if (asked[k].path == NULL)
			ns->clone_flags |= clone_flag[k];
	}
	ns->new_user = (ns->clone_flags & CLONE_NEWUSER) != 0;
	ns->new_pid = (ns->clone_flags & CLONE_NEWPID) != 0;
	ns->new_mount = (ns->clone_flags & CLONE_NEWNS) != 0;
	ns->new_net = (ns->clone_flags & CLONE_NEWNET) != 0;
	ns->new_uts = (ns->clone_flags & CLONE_NEWUTS) != 0;
	ns->new_cgroup = asked[NS_CGROUP].present && asked[NS_CGROUP].path == NULL;
	ns->in_user_ns = asked[NS_USER].present || !h->in_init_user_ns;
	ns->time_offsets = time_offsets(a, &s->linux_);
	ns->ladder = must_stage(ns) ? LADDER_STAGED : LADDER_DIRECT;

	if (!asked[NS_MOUNT].present) {
		(void)fail(e, ERR_SPEC, "linux.namespaces: expected mount: found nothing");
		return hint(e, "without one the host's own mounts would be changed");
	}
	if (!h->privileged && !asked[NS_USER].present) {
		(void)fail(e, ERR_HOST,
			   "linux.namespaces: expected user: found nothing, and uid %u is not "
			   "privileged",
			   h->uid);
		return hint(e, "run as root, or take the config of: caisson spec --rootless");
	}
	return 0;
}
