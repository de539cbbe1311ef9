/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h - which events are asked for. A line is looked at in two steps: by bytes that an
 * event that matches must have, which is fast and may be wrong only by letting one through;
 * then by what it says. */
#pragma once
#include "audit/reader.h"
#include "audit/scan.h"
#include "base/json.h"

#define AUDIT_WHERE_MAX 16

struct audit_filter {
	uint64_t since_ms, until_ms;  /* on the wall clock; 0: no bound */
	const char *const *events;    /* names or glob(7) patterns, NULL-ended; any of them */
	const char *container, *user; /* or NULL; a user by name or number */
	unsigned severity;            /* at least; 0: any */
	struct audit_where {
		const char *path, *value; /* "unmapped.verdict.reason", its text */
	} where[AUDIT_WHERE_MAX];         /* all of them */
	size_t where_n;
	/* made by audit_filter_prepare: bytes that must be in the line */
	const char *must[2]; /* an event's name as far as it has no pattern; a container */
	size_t must_len[2], must_n;
};

void audit_filter_prepare(struct arena *a, struct audit_filter *f);

/* The first step. */
bool audit_filter_may(const struct audit_filter *f, const struct audit_line_at *at);
/* The second, without a tree. */
enum audit_answer {
	AUDIT_NOT_TAKEN,
	AUDIT_TAKEN,
	AUDIT_UNSURE /* audit_filter_takes says */
};
/* What it looks at, and a row of a table shows. */
enum audit_member {
	MEMBER_EVENT,
	MEMBER_TIME,
	MEMBER_SEVERITY,
	MEMBER_CONTAINER,
	MEMBER_NAME,
	MEMBER_UID,
	MEMBER_MESSAGE,
	MEMBERS
};
extern const char *const audit_member_paths[MEMBERS];
enum audit_answer audit_filter_scan(const struct audit_filter *f,
				    const struct audit_line_at *at,
				    struct scan_text got[MEMBERS]);
/* And with one: *doc lives in the arena. False as well for a line that is no event. */
bool audit_filter_takes(struct arena *a, const struct audit_filter *f,
			const struct audit_line_at *at, struct json **doc);

/* May this segment be left out, by what is noted of it (note.h)? */
bool audit_filter_skips(const struct audit_filter *f, const struct audit_files *files,
			const struct audit_segment *s);

/* The text of a member by its path of keys with dots; NULL when it is no string or number. */
const char *audit_text_at(const struct json *event, const char *path);
uint64_t audit_number_at(const struct json *event, const char *path); /* 0: none */

/* "2026-11-22", "2026-11-22T10:00:00Z", "@1795313641", or "2h" ago (s m h d w). */
bool audit_time_read(const char *text, uint64_t now_ms, uint64_t *out_ms);
/* "info" "low" "medium" "high" "critical" "fatal", or a number; 0: none of them */
unsigned audit_severity_read(const char *text);
extern const char *const audit_severities[7];
