/* SPDX-License-Identifier: Apache-2.0 */
/* watch_private.h - what the files of watch/ share. */
#pragma once
#include "base/json.h"
#include "watch/calls.h"
#include "watch/schedule.h"
#include "watch/watch.h"

/* ---- rules.c ---- */
const char *watch_warn_name(enum watch_warn kind);
struct json *watch_rules_json(struct arena *a, const struct watch_rules *r);

/* ---- watch.c ---- */

/* Moments that are waited for, CLOCK_BOOTTIME in ms. */
enum watch_due {
	DUE_WALL,
	DUE_WALL_WARN,
	DUE_CPU,
	DUE_GRACE,
	DUE_POLL,
	DUE_TELL,  /* of counted events */
	DUE_CALLS, /* of counted calls */
	DUE_CALLS_AGAIN,
	DUE_KERNEL_AGAIN,
	DUE_EMPTY, /* of other processes, once the init is gone */
	DUE_KINDS,
};

/* Descriptors in epoll; each has its row in the table of watch.c. */
enum watch_source {
	SOURCE_INIT,
	SOURCE_TIMER,
	SOURCE_FILES,
	SOURCE_PRESSURE,
	SOURCE_KERNEL, /* its audit */
	SOURCE_HOLDER, /* who has listeners of the filter for us */
	SOURCE_KINDS,  /* and above it a listener: which is the low half */
};
#define SOURCE_LISTENER  (UINT64_C(1) << 32)
#define SOURCE_LISTENERS 8 /* that are heard in one turn */

struct watch {
	struct watch_want want;
	struct watch_place at;
	bool whole;
	bool over;      /* nothing is left to watch */
	bool init_gone; /* its end is recorded */
	int epoll, fd[SOURCE_KINDS];
	struct {
		bool is_known, never_executed;
		int status; /* as wait(2) */
		uint64_t at_ms;
	} end;
	int cutter; /* see cg_network_cutter; -1: no response wants it */
	int stat;   /* /proc/PID/stat of the init, open since it lived */
	unsigned processors;
	uint64_t started_ms;
	uint64_t cpu_before_usec; /* START's share of the limit begins here */
	uint64_t due[DUE_KINDS];
	uint64_t timer_at; /* what the timer is set to; 0: not */
	struct watch_cause cause;
	int64_t seen[WATCH_EVENTS]; /* the kernel's counters, as last seen */
	struct watch_rate rate[WATCH_EVENTS];
	struct watch_window window[WATCH_RESPONSES];
	bool warned[WARN_KINDS];
	struct calls *calls; /* or NULL */
	struct watch_bucket kernel_pace;
	int64_t polled_usec; /* of the processor, at the last poll; -1: none */
	uint64_t polled_ms;
};

/* START was said. */
void watch_started(struct watch *w, uint64_t started_ms);

/* No news of that source for a while. */
void watch_mute(struct watch *w, enum watch_source source, bool mute);

/* ---- look.c: what the kernel counts ---- */
/* The limit that an event is about, and how much of it is used. */
struct json *watch_limit_json(struct arena *a, const struct watch *w, enum watch_event event);
bool watch_wants_throttled(const struct watch *w);
void watch_count_first(struct watch *w);
void watch_look_counters(struct watch *w);
void watch_look_cpu(struct watch *w);
void watch_look_warnings(struct watch *w);
void watch_warn_time(struct watch *w);

/* ---- act.c ---- */
/* An event came n times: it is told, and answered. */
void watch_event(struct watch *w, enum watch_event event, int64_t n, struct json *what,
		 struct arena *a);
/* The same without telling it. */
void watch_respond(struct watch *w, enum watch_event event, int64_t n);
/* TERM, the grace time, then all of them. The first cause counts. */
void watch_end(struct watch *w, struct watch_cause cause);
void watch_kill(struct watch *w);
void watch_tell(struct watch *w, enum audit_event what, const struct audit_result *result,
		struct arena *a);
/* What was counted and not told, as far as it is due. */
void watch_tell_untold(struct watch *w);

/* ---- ending.c ---- */
/* The init is gone: its status, while it is there to be had. */
void watch_see_end(struct watch *w);
/* The verdict goes to the log, then to exit.json. */
void watch_record(struct watch *w);
