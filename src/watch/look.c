/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - what the kernel counts in the container's group, against what is allowed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/proc.h"
#include "watch/watch_private.h"

/* A warning is over when the use is that many points below it. */
#define WARN_AGAIN 10

/* Control files of a resource; NULL: there is none. */
struct resource {
	const char *name, *limit, *usage, *peak;
};

static const struct resource memory = { "memory", "memory.max", "memory.current",
					"memory.peak" };
static const struct resource pids = { "pids", "pids.max", "pids.current", "pids.peak" };
static const struct resource cpu = { "cpu", NULL, NULL, NULL };

static void set_number(struct arena *a, struct json *o, const char *key, int64_t n)
{
	if (n >= 0 && n != CG_MAX)
		json_set(o, key, json_int(a, n));
}

static struct json *resource_json(struct arena *a, const struct watch *w,
				  const struct resource *r)
{
	const struct {
		const char *key, *file;
	} numbers[] = { { "limit", r->limit }, { "usage", r->usage }, { "peak", r->peak } };
	struct json *o = json_object(a);

	json_set(o, "resource", json_string(a, r->name));
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (numbers[i].file != NULL)
			set_number(a, o, numbers[i].key,
				   cg_number(w->at.cg, numbers[i].file, NULL));
	return o;
}

/* ---- counters ---- */

/* All of a container's life in one number each. memory.events changes with each reclaim too:
 * only its oom_kill is news. */
static const struct {
	const char *file, *key;
	const struct resource *of;
} counters[] = {
	[WATCH_OOM] = { "memory.events", "oom_kill", &memory },
	[WATCH_PIDS] = { "pids.events", "max", &pids },
	[WATCH_THROTTLED] = { "cpu.stat", "nr_throttled", &cpu },
};

struct json *watch_limit_json(struct arena *a, const struct watch *w, enum watch_event event)
{
	return event < COUNT(counters) && w->at.cg != NULL
		       ? resource_json(a, w, counters[event].of)
		       : json_object(a);
}

/* Nothing tells of throttling as such, so it is looked for where somebody asks. */
bool watch_wants_throttled(const struct watch *w)
{
	bool wanted = w->want.rules.warn[WARN_CPU] > 0;

	for (size_t i = 0; i < w->want.rules.responses_n; i++)
		wanted |= w->want.rules.responses[i].event == WATCH_THROTTLED;
	return wanted && w->want.cpu_limit && w->at.cg != NULL;
}

static bool counts(const struct watch *w, size_t event)
{
	const bool wanted[] = {
		[WATCH_OOM] = w->want.memory_limit,
		[WATCH_PIDS] = w->want.pids_limit,
		[WATCH_THROTTLED] = watch_wants_throttled(w),
	};

	return w->at.cg != NULL && wanted[event];
}

void watch_count_first(struct watch *w)
{
	for (size_t i = 0; i < COUNT(counters); i++)
		if (counts(w, i))
			w->seen[i] = cg_number(w->at.cg, counters[i].file, counters[i].key);
}

void watch_look_counters(struct watch *w)
{
	for (size_t i = 0; i < COUNT(counters); i++) {
		autoarena struct arena a = { 0 };
		int64_t now, before = w->seen[i];

		if (!counts(w, i))
			continue;
		now = cg_number(w->at.cg, counters[i].file, counters[i].key);
		if (now <= before || now < 0)
			continue;
		w->seen[i] = now;
		watch_event(w, (enum watch_event)i, now - (before > 0 ? before : 0),
			    watch_limit_json(&a, w, (enum watch_event)i), &a);
	}
}

/* ---- processor time ---- */

void watch_look_cpu(struct watch *w)
{
	int64_t used = cg_number(w->at.cg, "cpu.stat", "usage_usec");
	uint64_t spent = used > 0 && (uint64_t)used > w->cpu_before_usec
				 ? (uint64_t)used - w->cpu_before_usec
				 : 0;

	if (w->cause.kind != CAUSE_NONE)
		return;
	if (spent / 1000 >= w->want.cpu_ms) {
		watch_end(w, (struct watch_cause){ .kind = CAUSE_CPU });
		return;
	}
	w->due[DUE_CPU] =
		now_boot_ms() + watch_cpu_wait_ms(w->want.cpu_ms, spent, w->processors);
}

/* ---- warnings ---- */

/* Once each time that the use climbs above. */
static void warn(struct watch *w, enum watch_warn kind, int64_t used, int64_t limit)
{
	const uint32_t percent = w->want.rules.warn[kind];
	autoarena struct arena a = { 0 };
	struct json *o;

	if (w->warned[kind] && percent > WARN_AGAIN &&
	    !watch_is_near(used, limit, percent - WARN_AGAIN))
		w->warned[kind] = false;
	if (w->warned[kind] || !watch_is_near(used, limit, percent))
		return;
	w->warned[kind] = true;
	o = json_object(&a);
	json_set(o, "resource", json_string(&a, watch_warn_name(kind)));
	set_number(&a, o, "limit", limit);
	set_number(&a, o, "usage", used);
	json_set(o, "threshold_pct", json_uint(&a, percent));
	json_set(o, "count", json_int(&a, 1));
	/* seldom by itself, and of one resource: never summed up with those of others */
	watch_tell(w, AUDIT_WARNING, &(struct audit_result){ .limit = o, .exit_code = -1 }, &a);
	watch_respond(w, WATCH_WARNING, 1);
}

static void warn_resource(struct watch *w, enum watch_warn kind, const struct resource *r)
{
	if (w->want.rules.warn[kind] > 0)
		warn(w, kind, cg_number(w->at.cg, r->usage, NULL),
		     cg_number(w->at.cg, r->limit, NULL));
}

/* Used is what was taken since the last look, of what the quota
 * gives in that time. */
static void warn_cpu(struct watch *w)
{
	int64_t used = cg_number(w->at.cg, "cpu.stat", "usage_usec"), quota, period;
	uint64_t now = now_boot_ms();

	if (w->polled_ms > 0 && cg_cpu_max(w->at.cg, &quota, &period) && quota != CG_MAX)
		warn(w, WARN_CPU, used - w->polled_usec,
		     (int64_t)(now - w->polled_ms) * 1000 * quota / period);
	w->polled_usec = used;
	w->polled_ms = now;
}

void watch_look_warnings(struct watch *w)
{
	if (w->want.memory_limit)
		warn_resource(w, WARN_MEMORY, &memory);
	if (w->want.pids_limit)
		warn_resource(w, WARN_PIDS, &pids);
	if (w->want.rules.warn[WARN_CPU] > 0 && w->want.cpu_limit)
		warn_cpu(w);
	if (w->fd[SOURCE_PRESSURE] < 0) /* a kernel without PSI */
		watch_look_counters(w);
	w->due[DUE_POLL] = now_boot_ms() + w->want.rules.poll_ms;
}

void watch_warn_time(struct watch *w)
{
	warn(w, WARN_TIME, (int64_t)(now_boot_ms() - w->started_ms), (int64_t)w->want.wall_ms);
}
