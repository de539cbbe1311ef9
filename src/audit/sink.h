/* SPDX-License-Identifier: Apache-2.0 */
/* sink.h - where lines go beside the log, and what is kept out of them: the object "audit" of
 * our configuration.
 *
 * A sink is a socket that somebody else reads. It gets a line after the log has it, at once or
 * not at all: nothing waits, and nothing is kept but what the kernel keeps for the reader. What
 * a sink does not take is counted beside the log, in a file that is as many bytes long, for the
 * next process may be another; with the next line that goes through, log.undelivered tells. */
#pragma once
#include "base/arena.h"
#include "base/json.h"

enum audit_sink_kind {
	SINK_JOURNALD, /* systemd's journal, in its native protocol */
	SINK_SYSLOG,   /* syslog(3)'s socket */
	SINK_SOCKET,   /* anybody's: the line as it is */
	SINK_KINDS
};

struct audit_sink {
	enum audit_sink_kind kind;
	const char *path;  /* of the socket; NULL: where the kind has it */
	unsigned severity; /* of the events that go there, at least */
	bool is_stream;    /* SINK_SOCKET: lines, else datagrams */
	bool rfc5424;      /* SINK_SYSLOG: that form, else that of syslog(3) */
	unsigned facility; /* SINK_SYSLOG: LOG_AUTHPRIV and its like */
};

#define AUDIT_SINKS_MAX  8
#define AUDIT_REDACT_MAX 64

struct audit_config {
	const char *const *redact; /* patterns for audit_redact, or NULL */
	struct audit_sink sinks[AUDIT_SINKS_MAX];
	size_t sinks_n;
};

/* Strings live in the arena. A list replaces the one that was there before. */
void audit_config_read(const struct jat *at, struct arena *a, struct audit_config *out);
struct json *audit_config_json(struct arena *a, const struct audit_config *c);

/* "journald", or of another place than the usual "socket-1a2b3c4d" */
const char *audit_sink_name(struct arena *a, const struct audit_sink *s);
