/* SPDX-License-Identifier: Apache-2.0 */
/* sink_private.h - sinks from within: their forms, and the lines that go to them. */
#pragma once
#include "audit/audit.h"
#include "audit/sink.h"

/* What is sent at once. */
struct audit_payload {
	size_t n, room;
	char *bytes;
};
#define AUDIT_PAYLOAD (2ul * AUDIT_LINE) /* room: the journal gets more beside the line */

struct audit_form {
	const char *path; /* where the socket usually is */
	void (*make)(struct arena *a, const struct audit_sink *s, const struct json *event,
		     const char *line, struct audit_payload *out);
	/* an anchor, which is no event of the log; NULL: none goes there */
	void (*anchor)(const char *text, struct audit_payload *out);
};
extern const struct audit_form audit_forms[SINK_KINDS];

unsigned audit_sink_severity(const struct json *event);

/* Sends the lines that the log has, each with a newline behind it, to all sinks that there are;
 * one that had missed some and takes them again is told. */
void audit_sinks_send(struct audit *au, struct arena *a, const char *lines);
void audit_sinks_close(struct audit *au);
/* Once, by a socket of its own. 0 or -errno. */
int audit_sink_send(const struct audit_sink *s, const struct audit_payload *p);
