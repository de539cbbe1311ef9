/* SPDX-License-Identifier: Apache-2.0 */
#include "run/steps.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "plan/plan.h"

#ifdef CAISSON_FAULT
/* CAISSON_FAULT=STEP makes that step fail, STEP:kill kills the process that runs it. */
static int inject(const char *step, struct err *e)
{
	const char *rest = str_after(getenv("CAISSON_FAULT"), step);

	if (str_eq(rest, ":kill")) {
		(void)kill(getpid(), SIGKILL);
		_exit(137); /* pid_namespaces(7): an init is deaf to a SIGKILL from inside */
	}
	if (str_eq(rest, ""))
		return fail(e, ERR_SYSTEM, "made to fail by CAISSON_FAULT");
	return 0;
}
#else
static int inject(const char *step, struct err *e)
{
	(void)step;
	(void)e;
	return 0;
}
#endif

int steps_run(const struct step *table, size_t n, struct run *r, const struct plan *pl,
	      struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *st = &table[i];

		if (st->wanted != NULL && !st->wanted(pl))
			continue;
		log_debug("step %s", st->name);
		if (inject(st->name, e) < 0 || st->run(r, pl, e) < 0) {
			/* a failure that the child reported already names its own step */
			if (e->step[0] == '\0')
				(void)strncpy(e->step, st->name, sizeof(e->step) - 1);
			return -1;
		}
	}
	return 0;
}

/* ---- when: what several tables ask ---- */

bool wants_cgroup(const struct plan *pl)
{
	return pl->cgroup.enabled;
}
bool wants_terminal(const struct plan *pl)
{
	return pl->process.terminal;
}
bool wants_label(const struct plan *pl)
{
	return pl->process.apparmor_profile != NULL || pl->process.selinux_label != NULL;
}
bool wants_hiding(const struct plan *pl)
{
	return pl->protect_self;
}
/* The runtime, beside the init; see network.c. In a user namespace it might not come back: what
 * it left can be another's. Devices are moved into the init's. */
bool makes_network(const struct plan *pl)
{
	return pl->ns.new_net && !pl->ns.in_user_ns && pl->ns.ladder == LADDER_DIRECT &&
	       pl->net.n == 0;
}
bool wants_oom_score(const struct plan *pl)
{
	return pl->process.oom_score_adj != SPEC_UNSET;
}
bool wants_rlimits(const struct plan *pl)
{
	return pl->process.rlimits_n > 0;
}
/* createContainer hooks are the init's, but like the runtime's they run under the device
 * filter and see the network devices, which a sysctl may be about: for all of them the init
 * waits until the runtime is done. */
bool wants_meeting(const struct plan *pl)
{
	return pl->hooks[HOOK_PRESTART].n + pl->hooks[HOOK_CREATE_RUNTIME].n +
		       pl->hooks[HOOK_CREATE_CONTAINER].n + pl->net.n >
	       0;
}
bool wants_resctrl(const struct plan *pl)
{
	return pl->rdt.root != NULL;
}
bool wants_agent(const struct plan *pl)
{
	return pl->listener.path != NULL || pl->audit.is_on;
}
