/* SPDX-License-Identifier: Apache-2.0 */
/* audit_private.h - the open log, for audit.c, append.c and rotate.c. */
#pragma once
#include <sys/stat.h>
#include <sys/utsname.h>

#include "audit/audit.h"
#include "audit/seal.h"
#include "audit/sink.h"
#include "audit/tail.h"
#include "audit/who.h"

/* A mode bit of a file that is a segment, or is about to be one: it means nothing for a file,
 * and who has the file open sees it without a look at names. */
#define AUDIT_SEGMENT_MARK S_ISVTX

struct audit {
	int fd;                 /* -1: no log wanted */
	char *path;             /* malloc'd, absolute */
	off_t rotate_at;        /* a log that is so long becomes a segment */
	off_t size;             /* of the file, as of the last lock */
	uint64_t named_ms;      /* of boot time: when it was seen to have the name */
	bool looked_for_lost;   /* append.c */
	struct audit_tail tail; /* behind our last line in .fd; .size 0: not known */
	const char *last;       /* that line, in the arena of the call, until .tail has
				   its fingerprint; else NULL */
	size_t last_len;
	struct seal_file seal;           /* as of the last lock */
	const struct audit_rules *rules; /* NULL: the usual ones */
	bool anchor_due;                 /* a seal was made since the last anchor */
	bool gathered;
	struct audit_facts facts;
	struct utsname host;
	struct audit_who who;
	char boot_id[40];
	/* sinks: none until audit_configure */
	const struct audit_config *config;
	struct audit_outlet {
		int fd; /* a connected stream, or a socket to send from; -1: not open yet */
	} outlets[AUDIT_SINKS_MAX];
	const char
		*telling; /* the sink that is told of what it missed; told: it went through */
	bool told;
	const char *unsent; /* lines for them, in the arena of the call that wrote them */
};

/* Opens for appending, making the directories that are missing. The descriptor or -errno. */
int audit_log_open(const char *path);
/* Is it a file of ours that nobody else writes? */
int audit_log_check(const char *path, int fd, struct err *e) CHECK;

/* Locks the file that has the log's name, which au->fd is then; flock(2) unlocks it. */
int audit_lock(struct audit *au, struct err *e) CHECK;

/* A line but for what only the holder of the lock knows; audit_line.c. It is the dear part, and
 * made before. */
struct audit_draft {
	const char *text;
	size_t len;
	struct audit_hole {
		size_t at;
		unsigned char what;
	} holes[12];
	size_t n;
};
#define DRAFT_MORE 512 /* filling the holes adds less */
void audit_draft(struct arena *a, const struct audit_facts *f, bool chained,
		 enum audit_event what, const struct audit_subject *who,
		 const struct audit_result *result, struct audit_draft *out);
/* Into a buffer with room for .len + DRAFT_MORE; NUL-ended. The length. */
size_t audit_draft_fill(const struct audit_draft *d, const struct audit_facts *f, char *out);

/* The line that follows the tail, without its newline; facts are gathered, times taken. */
const char *audit_next_line(struct audit *au, struct arena *a, const struct audit_tail *t,
			    enum audit_event what, const struct audit_subject *who,
			    const struct audit_result *result);

/* The directory of segments, as a descriptor to work below; -EPERM when others than we can
 * change what is in it. */
int audit_segments_open(const char *dir);

/* Appends a seal of all lines up to the tail, which is behind it then. Nothing without keys. */
int audit_seal_locked(struct audit *au, struct arena *a, struct audit_tail *t);

/* The log has these lines now: the sinks get them when it is unlocked. */
void audit_keep_unsent(struct audit *au, struct arena *a, const char *text, size_t len);

/* rotate.c: the log that is locked, and ends so, becomes a segment; au->fd is then the new one,
 * locked. 0 or -errno, and then it is as it was. */
int audit_rotate_locked(struct audit *au, struct arena *a, const struct audit_tail *t);
