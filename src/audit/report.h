/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what many events say together. Pure: events go in one by one. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"

#define REPORT_KEYS_MAX 4096 /* of one table: who writes the log chooses how many there are */

/* Counts by key. */
struct report_table {
	struct report_row {
		const char *key;
		uint64_t n;
	} * rows; /* after report_finish: the most frequent first */
	size_t n, room;
	uint64_t others; /* events with keys for which there was no room */
};

/* Numbers of which the middle and the rare high ones are wanted. */
struct report_values {
	uint64_t *v; /* malloc'd; after report_finish in ascending order */
	size_t n, room;
};
uint64_t report_percentile(const struct report_values *v, unsigned percent);

struct report {
	struct arena *arena;
	uint64_t events, first_ms, last_ms;
	struct report_table by_event, by_severity, by_user, by_container;
	struct report_table by_reason;  /* why containers ended */
	struct report_table by_refusal; /* what was refused: calls, hosts, limits */
	struct report_table by_hour;    /* "2026-11-22T10", in their order */
	struct report_values wall_ms, memory_peak;
};

void report_add(struct report *r, const struct json *event);
void report_finish(struct report *r);
void report_free(struct report *r);
