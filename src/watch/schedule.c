/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/schedule.h"

#define CPU_LEAST_MS  10
#define CPU_MOST_MS   UINT64_C(86400000)
#define RATE_FIRST_MS 1000
#define RATE_LONGEST  64000
#define RATE_QUIET    4 /* pauses without an event, and it counts as new */

uint64_t watch_cpu_wait_ms(uint64_t limit_ms, uint64_t used_usec, unsigned processors)
{
	uint64_t used_ms = used_usec / 1000;
	uint64_t left = used_ms < limit_ms ? limit_ms - used_ms : 0;
	uint64_t wait = left / (processors > 0 ? processors : 1);

	if (wait < CPU_LEAST_MS)
		return CPU_LEAST_MS;
	return wait < CPU_MOST_MS ? wait : CPU_MOST_MS;
}

bool watch_is_near(int64_t used, int64_t limit, uint32_t percent)
{
	if (percent == 0 || limit <= 0 || limit == CG_MAX || used < 0)
		return false;
	return (__int128)used * 100 >= (__int128)limit * percent;
}

int64_t watch_rate_add(struct watch_rate *r, uint64_t now_ms, int64_t n)
{
	int64_t told;

	r->untold += n;
	if (r->untold == 0 || now_ms < r->next_ms)
		return 0;
	if (r->pause_ms == 0 || now_ms - r->next_ms > r->pause_ms * RATE_QUIET)
		r->pause_ms = RATE_FIRST_MS;
	else if (r->pause_ms < RATE_LONGEST)
		r->pause_ms *= 2;
	r->next_ms = now_ms + r->pause_ms;
	told = r->untold;
	r->untold = 0;
	return told;
}

uint64_t watch_rate_due(const struct watch_rate *r)
{
	return r->untold > 0 ? r->next_ms : 0;
}

/* An alert may come again, with new events; what changes the container is done once. */
bool watch_window_add(struct watch_window *w, const struct watch_response *r, uint64_t now_ms,
		      int64_t n)
{
	uint32_t oldest;

	if (w->done)
		return false;
	for (int64_t i = 0; i < n && i < r->count; i++) {
		w->at[w->next] = now_ms;
		w->next = (w->next + 1) % r->count;
		w->n += w->n < r->count;
	}
	if (n <= 0 || w->n < r->count)
		return false;
	oldest = w->next; /* the place that would be written next */
	if (now_ms - w->at[oldest] > r->window_ms)
		return false;
	w->n = w->next = 0;
	w->done = r->action != WATCH_ALERT;
	return true;
}

bool watch_bucket_take(struct watch_bucket *b, uint32_t burst, uint32_t per_s, uint64_t now_ms,
		       uint64_t *again_ms)
{
	const uint64_t full = burst * UINT64_C(1000);
	const uint64_t since = now_ms - b->at_ms;

	if (b->at_ms == 0 || since >= full / per_s)
		b->left = full;
	else
		b->left += since * per_s;
	if (b->left > full)
		b->left = full;
	b->at_ms = now_ms;
	if (b->left >= 1000) {
		b->left -= 1000;
		return true;
	}
	*again_ms = now_ms + (1000 - b->left + per_s - 1) / per_s;
	return false;
}
