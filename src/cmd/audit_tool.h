/* SPDX-License-Identifier: Apache-2.0 */
/* audit_tool.h - caisson-audit: what its commands share. One file a command. */
#pragma once
#include "audit/filter.h"
#include "cmd/cmd.h"

/* verify has one for each kind of fault besides: audit_faults[].code */
enum {
	AUDIT_YES = 0,
	AUDIT_TROUBLE = 2 /* the command line, a file: nothing was found out */
};

/* Which log and which of its events: the same options for all commands. */
struct audit_want {
	const char *log;
	const char *config; /* of commands that write */
	const char *since, *until, *container, *user, *severity;
	struct opt_strings events, where;
};

#define AUDIT_LOG(type)                                     \
	OPT(type, want.log, "log", 'l', OPT_STRING, "FILE", \
	    "the log (default: the host's, or of a user his own)")

#define AUDIT_WRITE(type)                                                             \
	AUDIT_LOG(type), OPT(type, want.config, "config", 0, OPT_STRING, "FILE|none", \
			     "our own configuration, in place of the system's")

#define AUDIT_WANT(type)                                                                    \
	AUDIT_LOG(type),                                                                    \
		OPT(type, want.since, "since", 's', OPT_STRING, "TIME",                     \
		    "from then on: 2026-11-22, 2026-11-22T10:00:00Z, @SECONDS, or 2h ago"), \
		OPT(type, want.until, "until", 'u', OPT_STRING, "TIME", "before then"),     \
		OPT(type, want.events, "event", 'e', OPT_STRINGS, "NAME",                   \
		    "events of this name, in which * and ? stand for anything; can be "     \
		    "repeated"),                                                            \
		OPT(type, want.container, "container", 'c', OPT_STRING, "ID",               \
		    "events of this container"),                                            \
		OPT(type, want.user, "user", 0, OPT_STRING, "USER",                         \
		    "what this user did, by name or number"),                               \
		OPT(type, want.severity, "severity", 0, OPT_STRING, "WORD",                 \
		    "info, low, medium, high or critical, and above"),                      \
		OPT(type, want.where, "where", 'w', OPT_STRINGS, "PATH=VALUE",              \
		    "events with this value, as unmapped.verdict.reason=oom; can be repeated")

/* The log's files, and the filter of what is wanted. */
int audit_tool_open(struct arena *a, const struct audit_want *w, struct audit_files *files,
		    struct audit_filter *filter, struct err *e) CHECK;

/* The log, to be written to as the configuration says: what happens to it goes to the sinks,
 * and seals to where anchors go. */
struct audit;
int audit_tool_write(struct arena *a, const struct audit_want *w, const char *path,
		     struct audit **out, struct err *e) CHECK;

/* A text as a terminal may have it: control bytes as \xNN; at most `max' bytes (0: all). */
const char *audit_printable(struct arena *a, const char *text, size_t max);

/* Is it a key, as caisson audit init prints them? NULL is well. */
int audit_tool_key(const char *option, const char *text, struct err *e) CHECK;

extern const struct command audit_anchor, audit_follow, audit_init, audit_prove, audit_query,
	audit_report, audit_rotate_, audit_seal_, audit_verify_;
