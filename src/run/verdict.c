/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - how it ended, and what proves it. ARCHITECTURE.md, "The verdict". */
#include <signal.h>
#include <sys/wait.h>

#include "base/json.h"
#include "run/run_private.h"

/* The kernel counts before it kills, so the counter is there when the process is gone. An oom
 * kill of any process of the container is the container's oom, whatever its leader makes of
 * it; a SIGSYS can also be sent by hand, but not from outside by accident. */
static const char *reason_for(int status, const struct cg_usage *usage)
{
	if (usage != NULL && usage->oom_kills > 0)
		return "oom";
	if (!WIFSIGNALED(status))
		return "exited";
	return WTERMSIG(status) == SIGSYS ? "seccomp" : "signaled";
}

void verdict_make(int status, uint64_t wall_ms, const struct cg_usage *usage,
		  struct verdict *out)
{
	*out = (struct verdict){ .reason = reason_for(status, usage), .wall_ms = wall_ms };
	if (WIFSIGNALED(status)) {
		out->signal = WTERMSIG(status);
		out->exit_code = 128 + out->signal;
	} else {
		out->exit_code = WEXITSTATUS(status);
	}
	out->has_usage = usage != NULL;
	if (usage != NULL)
		out->usage = *usage;
}

static void number(struct arena *a, struct json *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_set(o, key, json_int(a, n));
}

struct json *verdict_json(struct arena *a, const struct verdict *v)
{
	const struct cg_usage *u = &v->usage;
	struct json *o = json_object(a);

	json_set(o, "reason", json_string(a, v->reason));
	json_set(o, "exit_code", json_int(a, v->exit_code));
	if (v->signal != 0)
		json_set(o, "signal", json_int(a, v->signal));
	json_set(o, "wall_ms", json_uint(a, v->wall_ms));
	if (!v->has_usage)
		return o;
	number(a, o, "cpu_usec", u->cpu_usec);
	number(a, o, "cpu_user_usec", u->cpu_user_usec);
	number(a, o, "cpu_system_usec", u->cpu_system_usec);
	number(a, o, "memory_peak", u->memory_peak);
	number(a, o, "pids_peak", u->pids_peak);
	number(a, o, "pids_max_hits", u->pids_max_hits);
	number(a, o, "io_read_bytes", u->io_read_bytes);
	number(a, o, "io_write_bytes", u->io_write_bytes);
	number(a, o, "oom_kills", u->oom_kills);
	if (u->oom_kills > 0)
		json_set(o, "oom_scope",
			 json_string(a, u->oom_local > 0 ? "self" : "ancestor"));
	return o;
}
