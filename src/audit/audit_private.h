/* SPDX-License-Identifier: Apache-2.0 */
/* audit_private.h - the open log, for audit.c and rotate.c. */
#pragma once
#include <sys/utsname.h>

#include "audit/audit.h"
#include "audit/sink.h"
#include "audit/tail.h"
#include "audit/who.h"

struct audit {
	int fd;                 /* -1: no log wanted */
	char *path;             /* malloc'd, absolute */
	off_t rotate_at;        /* a log that is so long becomes a segment */
	struct audit_tail tail; /* behind our last line in .fd; .size 0: not known */
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
};

/* The line that follows the tail, without its newline; facts are gathered, times taken. */
const char *audit_next_line(struct audit *au, struct arena *a, const struct audit_tail *t,
			    enum audit_event what, const struct audit_subject *who,
			    const struct audit_result *result);

/* The directory of segments, as a descriptor to work below; -EPERM when others than we can
 * change what is in it. */
int audit_segments_open(const char *dir);

/* rotate.c: the log that is locked, and ends so, becomes a segment; au->fd is then the new one,
 * locked. 0 or -errno, and then it is as it was. */
int audit_rotate_locked(struct audit *au, struct arena *a, const struct audit_tail *t);
