/* SPDX-License-Identifier: Apache-2.0 */
/* sink_private.h - sinks from within: their forms, and the lines that go to them. */
#pragma once
#include "audit/audit.h"
#include "audit/sink.h"

/* What is sent at once. The journal gets the message, and more, beside the line. */
struct audit_payload {
	size_t n;
	char bytes[2 * AUDIT_LINE];
};

struct audit_form {
	const char *path; /* where the socket usually is */
	void (*make)(struct arena *a, const struct audit_sink *s, const struct json *event,
		     const char *line, struct audit_payload *out);
};
extern const struct audit_form audit_forms[SINK_KINDS];

unsigned audit_sink_severity(const struct json *event);

/* Sends the lines that the log has, each with a newline behind it, to all sinks that there are;
 * one that had missed some and takes them again is told. */
void audit_sinks_send(struct audit *au, struct arena *a, const char *lines);
void audit_sinks_close(struct audit *au);
