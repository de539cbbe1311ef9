/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - what is told, and what is done to the container: to this one, by descriptors that
 * were opened while it was made, and to no other. */
#include <signal.h>

#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "watch/watch_private.h"

#define FREEZE_MS 500

/* ---- telling ---- */

void watch_tell(struct watch *w, enum audit_event what, const struct audit_result *result,
		struct arena *a)
{
	const struct audit_subject who = {
		.id = w->want.id,
		.bundle = w->want.bundle,
		.pid = w->want.pid,
		.argv = w->at.argv,
		.labels = w->want.labels,
		.policy_name = w->want.policy_name,
		.policy_digest = w->want.policy_digest,
	};
	struct err e = { 0 };

	if (w->at.audit != NULL && audit_write(w->at.audit, a, what, &who, result, &e) < 0)
		log_debug("audit: %s", e.text);
}

static const enum audit_event told_as[WATCH_EVENTS] = {
	[WATCH_OOM] = AUDIT_OOM,
	[WATCH_PIDS] = AUDIT_PIDS,
	[WATCH_THROTTLED] = AUDIT_THROTTLED,
	[WATCH_WARNING] = AUDIT_WARNING,
	[WATCH_DENIED] = AUDIT_DENIED, /* told by calls.c, with more to say */
};

static void tell_due(struct watch *w)
{
	w->due[DUE_TELL] = 0;
	for (size_t i = 0; i < WATCH_EVENTS; i++) {
		uint64_t due = watch_rate_due(&w->rate[i]);

		if (due != 0 && (w->due[DUE_TELL] == 0 || due < w->due[DUE_TELL]))
			w->due[DUE_TELL] = due;
	}
}

static void tell_count(struct watch *w, enum watch_event event, int64_t n, struct json *what,
		       struct arena *a)
{
	json_set(what, "count", json_int(a, n));
	watch_tell(w, told_as[event], &(struct audit_result){ .limit = what, .exit_code = -1 },
		   a);
}

static void tell_untold(struct watch *w, bool all)
{
	for (enum watch_event i = 0; i < WATCH_EVENTS; i++) {
		struct watch_rate *r = &w->rate[i];
		autoarena struct arena a = { 0 };
		int64_t n = all ? r->untold : watch_rate_add(r, now_boot_ms(), 0);

		if (all)
			r->untold = 0;
		if (n > 0)
			tell_count(w, i, n, watch_limit_json(&a, w, i), &a);
	}
	tell_due(w);
}

void watch_tell_untold(struct watch *w)
{
	tell_untold(w, false);
}

void watch_finish(struct watch *w, int status)
{
	w->init_gone = true;
	watch_look_counters(w);
	tell_untold(w, true);
	kernel_audit_last(w, status);
	calls_tell(w, true);
}

/* ---- ending it ---- */

void watch_kill(struct watch *w)
{
	struct err ignored = { 0 };

	w->cause.killed = true;
	if (w->at.cg != NULL)
		(void)cg_kill(w->at.cg, &ignored);
	(void)sys_pidfd_send_signal(w->at.init, SIGKILL);
}

static void tell_cause(struct watch *w)
{
	const bool is_wall = w->cause.kind == CAUSE_WALL;
	autoarena struct arena a = { 0 };
	struct json *o = json_object(&a);

	if (w->cause.kind == CAUSE_POLICY)
		return;
	json_set(o, "resource", json_string(&a, is_wall ? "wall" : "cpu_time"));
	json_set(o, "limit_ms", json_uint(&a, is_wall ? w->want.wall_ms : w->want.cpu_ms));
	watch_tell(w, is_wall ? AUDIT_WALL : AUDIT_CPU_TIME,
		   &(struct audit_result){ .limit = o, .exit_code = -1 }, &a);
}

void watch_end(struct watch *w, struct watch_cause cause)
{
	if (w->cause.kind != CAUSE_NONE || w->init_gone)
		return;
	w->cause = cause;
	w->due[DUE_WALL] = w->due[DUE_WALL_WARN] = w->due[DUE_CPU] = 0;
	if (w->want.grace_ms == 0) {
		watch_kill(w);
	} else {
		(void)sys_pidfd_send_signal(w->at.init, SIGTERM);
		w->due[DUE_GRACE] = now_boot_ms() + w->want.grace_ms;
	}
	tell_cause(w);
}

/* ---- responses ---- */

static int do_nothing(struct watch *w, struct err *e)
{
	(void)w;
	(void)e;
	return 0;
}

static int do_throttle(struct watch *w, struct err *e)
{
	if (w->at.cg == NULL)
		return fail(e, ERR_HOST, "throttle: expected a cgroup: found none");
	return cg_throttle(w->at.cg, w->want.rules.throttle_percent, e);
}

static int do_freeze(struct watch *w, struct err *e)
{
	if (w->at.cg == NULL)
		return fail(e, ERR_HOST, "freeze: expected a cgroup: found none");
	return cg_freeze(w->at.cg, true, FREEZE_MS, e);
}

static int do_cut(struct watch *w, struct err *e)
{
	return cg_cut_network(w->at.cg, w->cutter, e);
}

/* The end is begun by watch_end, as that of any other limit. */
static const struct {
	enum audit_event told_as;
	int (*act)(struct watch *w, struct err *e);
} actions[WATCH_ACTIONS] = {
	[WATCH_ALERT] = { AUDIT_ALERT, do_nothing },
	[WATCH_THROTTLE] = { AUDIT_THROTTLE, do_throttle },
	[WATCH_FREEZE] = { AUDIT_FREEZE, do_freeze },
	[WATCH_CUT] = { AUDIT_CUT, do_cut },
	[WATCH_KILL] = { AUDIT_END, do_nothing },
};

static void tell_response(struct watch *w, const struct watch_response *r, const struct err *e)
{
	autoarena struct arena a = { 0 };
	struct json *o = json_object(&a);

	json_set(o, "response_to", json_string(&a, watch_event_names[r->event]));
	json_set(o, "count", json_uint(&a, r->count));
	json_set(o, "window_ms", json_uint(&a, r->window_ms));
	if (w->want.rules.dry_run)
		json_set(o, "dry_run", json_bool(&a, true));
	watch_tell(w, actions[r->action].told_as,
		   &(struct audit_result){
			   .limit = o, .err = e->kind != ERR_NONE ? e : NULL, .exit_code = -1 },
		   &a);
}

/* What a response does is no event that a response could answer: there is no loop. */
static void respond(struct watch *w, const struct watch_response *r)
{
	struct err e = { 0 };

	if (!w->want.rules.dry_run) {
		(void)actions[r->action].act(w, &e);
		if (r->action == WATCH_KILL)
			watch_end(w, (struct watch_cause){ .kind = CAUSE_POLICY,
							   .event = r->event });
	}
	tell_response(w, r, &e);
}

void watch_respond(struct watch *w, enum watch_event event, int64_t n)
{
	const struct watch_rules *r = &w->want.rules;

	for (size_t i = 0; i < r->responses_n && !w->init_gone; i++)
		if (r->responses[i].event == event &&
		    watch_window_add(&w->window[i], &r->responses[i], now_boot_ms(), n))
			respond(w, &r->responses[i]);
}

void watch_event(struct watch *w, enum watch_event event, int64_t n, struct json *what,
		 struct arena *a)
{
	int64_t told = watch_rate_add(&w->rate[event], now_boot_ms(), n);

	if (told > 0)
		tell_count(w, event, told, what, a);
	tell_due(w);
	watch_respond(w, event, n);
}
