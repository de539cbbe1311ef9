/* SPDX-License-Identifier: Apache-2.0 */
/* plan_watch.c - the limits that OCI lacks: how long, and how much processor time in all. */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "plan/plan_text.h"

#define PREFIX      "org.caisson.limit."
#define LIMIT_MAX   UINT64_C(31536000000) /* ms: a year */
#define GRACE_MAX   UINT64_C(600000)
#define GRACE_UNSET UINT64_C(1000)

const char *const plan_watch_annotations[] = { PREFIX "cpu-ms", PREFIX "grace-ms",
					       PREFIX "wall-ms", NULL };

static int read_limit(const struct spec *s, const char *key, uint64_t least, uint64_t most,
		      uint64_t *out, struct err *e)
{
	const char *text = spec_annotation(s, key);
	uint64_t n;

	if (text == NULL)
		return 0;
	if (!str_uint64(text, most, &n) || n < least)
		return fail(e, ERR_SPEC,
			    "annotations.%s: expected milliseconds from %" PRIu64 " to %" PRIu64
			    ": found \"%.64s\"",
			    key, least, most, text);
	*out = n;
	return 0;
}

/* Who is to be ended must be reachable whatever it forks: by the group, or because the end of a
 * pid namespace's init is the end of all in it. */
static int need_group(struct plan *p, const char *key, struct err *e)
{
	p->cgroup.optional = false;
	if (p->cgroup.enabled)
		return 0;
	(void)fail(e, ERR_HOST,
		   "annotations." PREFIX "%s: expected a cgroup, to reach every process: found "
		   "none",
		   key);
	return hint(e, "use --cgroup-manager cgroupfs on a host with cgroup v2");
}

static uint64_t seconds(uint64_t ms)
{
	return (ms + 999) / 1000;
}

/* setrlimit(2): SIGXCPU, then a second later SIGKILL, for each process by itself. It comes
 * after we have had our time, and holds where the watcher has died. A lower one of the config
 * stays.
 */
static void backstop(struct arena *a, struct plan *p)
{
	const struct plan_process *from = &p->process;
	struct spec_rlimit *v = arena_array(a, from->rlimits_n + 1, sizeof(*v));
	const uint64_t soft = seconds(p->watch.cpu_ms + p->watch.grace_ms) + 1;
	size_t n = from->rlimits_n;

	if (n > 0)
		memcpy(v, from->rlimits, n * sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		if (v[i].resource != RLIMIT_CPU)
			continue;
		v[i].soft = v[i].soft < soft ? v[i].soft : soft;
		v[i].hard = v[i].hard < soft + 1 ? v[i].hard : soft + 1;
		p->process.rlimits = v;
		return;
	}
	v[n] = (struct spec_rlimit){ RLIMIT_CPU, soft, soft + 1 };
	p->process.rlimits = v;
	p->process.rlimits_n = n + 1;
}

int plan_watch_make(struct arena *a, const struct spec *s, struct plan *p, struct err *e)
{
	struct plan_watch *w = &p->watch;

	*w = (struct plan_watch){ .grace_ms = GRACE_UNSET };
	if (read_limit(s, PREFIX "wall-ms", 1, LIMIT_MAX, &w->wall_ms, e) < 0 ||
	    read_limit(s, PREFIX "cpu-ms", 1, LIMIT_MAX, &w->cpu_ms, e) < 0 ||
	    read_limit(s, PREFIX "grace-ms", 0, GRACE_MAX, &w->grace_ms, e) < 0)
		return -1;
	if (w->cpu_ms > 0 && need_group(p, "cpu-ms", e) < 0)
		return -1;
	if (w->wall_ms > 0 && !p->ns.new_pid && need_group(p, "wall-ms", e) < 0)
		return -1;
	if (w->cpu_ms > 0)
		backstop(a, p);
	return 0;
}

void plan_print_watch(struct text *t, const struct plan *p)
{
	const struct plan_watch *w = &p->watch;

	if (w->wall_ms == 0 && w->cpu_ms == 0)
		return;
	text_add(t, "watched\n");
	if (w->wall_ms > 0)
		text_add(t, "  wall time: %" PRIu64 " ms\n", w->wall_ms);
	if (w->cpu_ms > 0)
		text_add(t, "  cpu time of all processes: %" PRIu64 " ms\n", w->cpu_ms);
	text_add(t, "  grace after SIGTERM: %" PRIu64 " ms\n", w->grace_ms);
}
