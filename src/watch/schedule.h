/* SPDX-License-Identifier: Apache-2.0 */
/* schedule.h - when to look next, when to tell, when to act: pure. */
#pragma once
#include "watch/watch.h"

/* In how many ms, at the earliest, that many processors can have used up what is left. */
uint64_t watch_cpu_wait_ms(uint64_t limit_ms, uint64_t used_usec, unsigned processors);

/* Whether used is at least that many per cent of limit; a limit of 0 or CG_MAX is none. */
bool watch_is_near(int64_t used, int64_t limit, uint32_t percent);

/* Telling of what comes often: at once, then after ever longer times with a count. */
struct watch_rate {
	uint64_t next_ms; /* not before; 0: at once */
	uint64_t pause_ms;
	int64_t untold;
};
/* n more have come: how many are to be told now, 0: none yet. */
int64_t watch_rate_add(struct watch_rate *r, uint64_t now_ms, int64_t n);
/* When the untold are due; 0: there are none. */
uint64_t watch_rate_due(const struct watch_rate *r);

/* The last times of an event. */
struct watch_window {
	uint64_t at[WATCH_COUNT_MAX];
	uint32_t n, next;
	bool done; /* acted upon, once and for all */
};
/* n more have come: is the response due? */
bool watch_window_add(struct watch_window *w, const struct watch_response *r, uint64_t now_ms,
		      int64_t n);

/* So many at once, and then so many a second. */
struct watch_bucket {
	uint64_t at_ms; /* when it was looked at; 0: never */
	uint64_t left;  /* thousandths */
};
/* Takes one. False: *again_ms is when there will be one. */
bool watch_bucket_take(struct watch_bucket *b, uint32_t burst, uint32_t per_s, uint64_t now_ms,
		       uint64_t *again_ms);
