/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h - what is fixed about each event: events.def as data. */
#pragma once
#include "audit/audit.h"

#define AUDIT_OCSF_VERSION "1.8.0"

/* OCSF's classes; the category is their first digit */
enum audit_class {
	CLASS_KERNEL = 1003,         /* Kernel Activity */
	CLASS_PROCESS = 1007,        /* Process Activity */
	CLASS_LOG = 1008,            /* Event Log Activity */
	CLASS_FINDING = 2004,        /* Detection Finding */
	CLASS_LIFECYCLE = 6002,      /* Application Lifecycle */
	CLASS_REMEDY = 7001,         /* Remediation Activity */
	CLASS_REMEDY_PROCESS = 7003, /* Process Remediation Activity */
};

#define AUDIT_OTHER 99 /* of a class's activities: its name is told beside it */

enum audit_severity {
	SEVERITY_INFO = 1,
	SEVERITY_LOW = 2,
	SEVERITY_MEDIUM = 3,
	SEVERITY_HIGH = 4,
	SEVERITY_CRITICAL = 5,
};

/* Fields that not every event has. */
enum audit_has {
	HAS_VERDICT = 1 << 0,
	HAS_EXIT = 1 << 1,
	HAS_LIMIT = 1 << 2,
	HAS_LOG = 1 << 3,     /* unmapped.log */
	HAS_SECCOMP = 1 << 8, /* unmapped.seccomp */
	HAS_ASKED = 1 << 10,  /* unmapped.asked */
	/* these follow from the class */
	HAS_CONTAINER = 1 << 4,
	HAS_LOGS = 1 << 5,
	HAS_FINDING = 1 << 6,
	HAS_REMEDY = 1 << 7,
	HAS_CALL = 1 << 9, /* kernel */
};

struct audit_kind {
	const char *event, *done, *undone;
	enum audit_class class;
	unsigned activity;
	enum audit_severity severity;
	unsigned has;
};

extern const struct audit_kind audit_kinds[AUDIT_EVENTS];

/* With what the class asks for. */
unsigned audit_kind_has(const struct audit_kind *k);
/* What was done about it: OCSF's action_id and disposition_id, which agree on these two. */
enum audit_action {
	ACTION_ALLOWED = 1,
	ACTION_DENIED = 2,
};
/* Of a kind that HAS_CALL. */
enum audit_action audit_kind_action(const struct audit_kind *k);
/* "kill" of "container.kill" */
const char *audit_kind_verb(const struct audit_kind *k);
