/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "watch/schedule.h"

/* ---- processor time ---- */

struct wait {
	uint64_t limit_ms, used_usec;
	unsigned processors;
	uint64_t wait_ms;
};

/* clang-format off */
static struct wait waits[] = {
	{ 1000, 0, 1, 1000 },
	{ 1000, 0, 4, 250 },
	{ 1000, 500000, 1, 500 },
	{ 1000, 500999, 1, 500 },       /* rounded to the later, which is never too late by itself */
	{ 1000, 999999, 1, 10 },        /* never a busy loop */
	{ 1000, 1000000, 1, 10 },
	{ 1000, 9000000, 1, 10 },
	{ 1, 0, 64, 10 },
	{ 31536000000, 0, 1, 86400000 },
	{ 1000, 0, 0, 1000 },
};
/* clang-format on */

ParameterizedTestParameters(schedule, looks_when_the_limit_could_at_the_earliest_be_reached)
{
	return cr_make_param_array(struct wait, waits, COUNT(waits));
}

ParameterizedTest(struct wait *t, schedule,
		  looks_when_the_limit_could_at_the_earliest_be_reached)
{
	cr_expect_eq(watch_cpu_wait_ms(t->limit_ms, t->used_usec, t->processors), t->wait_ms);
}

/* A container that burns as fast as it can is seen at most one least pause too late. */
Test(schedule, is_never_late_by_more_than_the_least_pause)
{
	for (unsigned processors = 1; processors <= 8; processors++)
		for (unsigned busy = 1; busy <= processors; busy++) {
			uint64_t now_ms = 0, looks = 0;

			while (now_ms * busy < 5000) {
				now_ms += watch_cpu_wait_ms(5000, now_ms * busy * 1000,
							    processors);
				looks++;
			}
			cr_expect_leq(now_ms * busy, 5000 + 10 * busy);
			cr_expect_leq(looks, 60, "%u of %u: %zu looks", busy, processors,
				      (size_t)looks);
		}
}

/* ---- warnings ---- */

struct near {
	int64_t used, limit;
	uint32_t percent;
	bool is;
};

static struct near nears[] = {
	{ 80, 100, 80, true },    { 79, 100, 80, false },
	{ 100, 100, 80, true },   { 1, 0, 80, false },
	{ 1, CG_MAX, 80, false }, { -1, 100, 80, false },
	{ 100, 100, 0, false },   { INT64_MAX - 1, INT64_MAX - 1, 100, true },
	{ 7, 9, 80, false },      { 8, 9, 80, true },
};

ParameterizedTestParameters(schedule, warns_from_the_threshold_on)
{
	return cr_make_param_array(struct near, nears, COUNT(nears));
}

ParameterizedTest(struct near *t, schedule, warns_from_the_threshold_on)
{
	cr_expect_eq(watch_is_near(t->used, t->limit, t->percent), t->is);
}

/* ---- telling ---- */

Test(schedule, tells_the_first_at_once_and_all_in_the_end)
{
	struct watch_rate r = { 0 };
	int64_t told = 0;
	int lines = 0;

	/* 3 an hour long, each 10 ms */
	for (uint64_t now = 5000; now < 5000 + 3600000; now += 10) {
		int64_t n = watch_rate_add(&r, now, 3);

		told += n;
		lines += n > 0;
		if (now == 5000)
			cr_expect_eq(n, 3);
	}
	cr_expect_eq(told + r.untold, 360000 * 3);
	cr_expect_lt(lines, 70);
	cr_expect_gt(watch_rate_due(&r), 0);
	told = watch_rate_add(&r, watch_rate_due(&r), 0);
	cr_expect_gt(told, 0);
	cr_expect_eq(watch_rate_due(&r), 0);
}

Test(schedule, tells_at_once_again_after_a_quiet_time)
{
	struct watch_rate r = { 0 };

	cr_expect_eq(watch_rate_add(&r, 1000, 1), 1);
	cr_expect_eq(watch_rate_add(&r, 1500, 1), 0);
	cr_expect_eq(watch_rate_due(&r), 2000);
	cr_expect_eq(watch_rate_add(&r, 2000, 0), 1);
	cr_expect_eq(watch_rate_add(&r, 3999, 1), 0);
	cr_expect_eq(watch_rate_add(&r, 100000, 1), 2);
	cr_expect_eq(watch_rate_add(&r, 101000, 1), 1);
}

/* ---- windows ---- */

struct times {
	struct watch_response r;
	struct {
		uint64_t at;
		int64_t n;
		bool due;
	} step[6];
};

/* clang-format off */
static struct times windows[] = {
	{ { WATCH_PIDS, WATCH_ALERT, 1, 1000 }, { { 5, 1, true }, { 6, 1, true }, { 7, 0, false } } },
	{ { WATCH_PIDS, WATCH_ALERT, 3, 1000 },
	  { { 0, 1, false }, { 500, 1, false }, { 1000, 1, true }, { 1001, 1, false } } },
	{ { WATCH_PIDS, WATCH_ALERT, 3, 1000 },
	  { { 0, 1, false }, { 500, 1, false }, { 1001, 1, false }, { 1500, 1, true } } },
	{ { WATCH_PIDS, WATCH_ALERT, 3, 1000 }, { { 0, 2, false }, { 900, 9, true }, { 901, 2, false } } },
	/* what changes the container is done once */
	{ { WATCH_PIDS, WATCH_KILL, 1, 1000 }, { { 5, 1, true }, { 6, 1, false }, { 9999, 5, false } } },
	{ { WATCH_PIDS, WATCH_FREEZE, 2, 1000 }, { { 5, 2, true }, { 6, 2, false } } },
	{ { WATCH_PIDS, WATCH_THROTTLE, WATCH_COUNT_MAX, 1000 },
	  { { 5, WATCH_COUNT_MAX - 1, false }, { 6, 1, true }, { 7, WATCH_COUNT_MAX, false } } },
};
/* clang-format on */

ParameterizedTestParameters(schedule, answers_a_count_within_a_window)
{
	return cr_make_param_array(struct times, windows, COUNT(windows));
}

ParameterizedTest(struct times *t, schedule, answers_a_count_within_a_window)
{
	struct watch_window w = { 0 };

	for (size_t i = 0; i < COUNT(t->step) && (i == 0 || t->step[i].at > 0); i++)
		cr_expect_eq(watch_window_add(&w, &t->r, t->step[i].at, t->step[i].n),
			     t->step[i].due, "step %zu", i);
}
