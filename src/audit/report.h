/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what many events say together. Pure: events go in one by one. */
#pragma once
#include <stdbool.h>
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

/* Containers that do the same, as far as one can tell: of one image, else of one name in their
 * pods, else of one program. */
#define REPORT_GROUPS_MAX 64 /* the last is all that had no place */
struct report_group {
	const char *name;
	uint64_t ends, ooms;
	struct report_values wall_ms, memory_peak;
	uint64_t memory_limit; /* the highest; 0: none was known */
	bool unlimited;        /* some had none */
};

/* What the limit of a group had better be, by what it has used. */
enum report_advice {
	ADVICE_NONE,  /* too few ends, no limit known, or it fits */
	ADVICE_LOWER, /* it never comes near its limit */
	ADVICE_RAISE, /* it ran out of memory, or nearly did */
};
#define REPORT_ADVICE_ENDS 5 /* fewer say nothing */
enum report_advice report_advice(const struct report_group *g, uint64_t *memory_limit);

struct report {
	struct arena *arena;
	uint64_t events, first_ms, last_ms;
	uint64_t starts, ends, bad_ends, grave; /* grave: severity high and above */
	struct report_table by_event, by_severity, by_user, by_container;
	struct report_table by_reason; /* why containers ended */
	struct report_table by_limit;  /* limits that were hit, resources that were near */
	struct report_table by_call, by_host; /* what was refused */
	struct report_table by_hour;          /* "2026-11-22T10", in their order */
	struct report_table by_bad_hour;      /* the same, of severity medium and above */
	struct report_values wall_ms, memory_peak;
	struct report_group groups[REPORT_GROUPS_MAX]; /* the most ends first */
	size_t groups_n;
};

void report_add(struct report *r, const struct json *event);
void report_finish(struct report *r);
void report_free(struct report *r);
