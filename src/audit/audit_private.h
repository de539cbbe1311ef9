/* SPDX-License-Identifier: Apache-2.0 */
/* audit_private.h - the open log, for audit.c and rotate.c. */
#pragma once
#include <sys/utsname.h>

#include "audit/audit.h"
#include "audit/tail.h"
#include "audit/who.h"

struct audit {
	int fd;          /* -1: no log wanted */
	char *path;      /* malloc'd, absolute */
	off_t rotate_at; /* a log that is so long becomes a segment */
	bool gathered;
	struct audit_facts facts;
	struct utsname host;
	struct audit_who who;
	char boot_id[40];
};

/* The line that follows the tail, without its newline; facts are gathered, times taken. */
const char *audit_next_line(struct audit *au, struct arena *a, const struct audit_tail *t,
			    enum audit_event what, const struct audit_subject *who,
			    const struct audit_result *result);

/* rotate.c: the log that is locked, and ends so, becomes a segment; au->fd is then the new one,
 * locked. 0 or -errno, and then it is as it was. */
int audit_rotate_locked(struct audit *au, struct arena *a, const struct audit_tail *t);
