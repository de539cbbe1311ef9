/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - the lines of a log, in the order of its chain: first the segments that rotation
 * made, then the file that is written to.
 *
 * Nothing in a log is believed: who could write it may have written anything. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* A closed part of a log: LOG.segments/FIRST-LAST.jsonl, and with .zst behind it once it is
 * packed. */
struct audit_segment {
	uint64_t first, last; /* sequences, as the name has them */
	const char *name;     /* in the directory */
	bool packed;
};

/* "FIRST-LAST.json" and what follows, or NULL. */
const char *audit_segment_parse(const char *name, struct audit_segment *s);

/* What there is of a log, by now. */
struct audit_files {
	const char *path; /* of the file that is written to */
	const char *dir;  /* of the segments */
	const struct audit_segment *segments;
	size_t n;       /* in ascending order of .first */
	uint64_t after; /* the sequence before these, where not all are wanted */
};

/* A line as it stands there. */
struct audit_line_at {
	const char *text; /* NUL-ended without its newline; valid while called back */
	size_t len;
	bool torn; /* the file ends before the line does, or it is longer than AUDIT_LINE */
	const char *file;
	uint64_t number; /* in the file, from 1 */
};

/* visit: 0 to go on, 1: enough, -1 with *e. skip: may a segment be left out? damaged: it cannot
 * be unpacked; the lines that came out of it were visited, and those behind it will be. Where
 * that is NULL it is a failure, after all have been read. Both may be NULL. */
struct audit_visitor {
	int (*visit)(void *ctx, const struct audit_line_at *line, struct err *e);
	bool (*skip)(void *ctx, const struct audit_segment *s);
	void *ctx;
	void (*damaged)(void *ctx, const struct audit_segment *s, const struct err *why);
};

/* A log that is not there has no files: ERR_MISSING. */
int audit_files_find(struct arena *a, const char *path, struct audit_files *out,
		     struct err *e) CHECK;

/* The file that is written to, open, and how far it was read. fd: -1 where there is none. */
struct audit_live {
	int fd;
	uint64_t end;
};

/* Every line of all of them, and of segments that come meanwhile; the live file as far as it is
 * when we come to its end. live: NULL, or gets it, for the caller to close. */
int audit_read(const struct audit_files *f, const struct audit_visitor *v,
	       struct audit_live *live, struct err *e) CHECK;
/* Of one segment alone. */
int audit_read_segment(const struct audit_files *f, const struct audit_segment *s,
		       const struct audit_visitor *v, struct err *e) CHECK;
/* An open file alone, from there on. */
int audit_read_on(int fd, const char *name, const struct audit_visitor *v, uint64_t *end,
		  struct err *e) CHECK;
