/* SPDX-License-Identifier: Apache-2.0 */
/* sink_form.c - a line in the form of each sink. Nothing in it can end a record early: a line
 * is canonical JSON, which has no control bytes, and a text of the journal that has a newline
 * goes with its length. */
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "audit/sink_private.h"
#include "base/digest.h"
#include "base/proc.h"
#include "base/str.h"

#define MESSAGE_ID_LEN 32
#define SHORT_ID       12 /* what people call a container by */

/* By OCSF's severity. */
static const int priorities[] = { LOG_INFO, LOG_INFO, LOG_NOTICE, LOG_WARNING,
				  LOG_ERR,  LOG_CRIT, LOG_ALERT };

static const char *text_of(const struct json *event, const char *first, const char *second)
{
	const struct json *v = json_get(event, first);

	if (v != NULL && second != NULL)
		v = v->kind == JSON_OBJECT ? json_get(v, second) : NULL;
	return v != NULL && (v->kind == JSON_STRING || v->kind == JSON_NUMBER) ? v->text : NULL;
}

unsigned audit_sink_severity(const struct json *event)
{
	const char *text = text_of(event, "severity_id", NULL);
	uint64_t n = 0;

	return text != NULL && str_uint64(text, COUNT(priorities) - 1, &n) ? (unsigned)n : 1;
}

static int priority(const struct json *event)
{
	return priorities[audit_sink_severity(event)];
}

/* ---- the journal: systemd's JOURNAL_NATIVE_PROTOCOL ---- */

static void add_field(struct audit_payload *p, const char *key, const char *value)
{
	const size_t n = value != NULL ? strlen(value) : 0, key_n = strlen(key);
	const uint64_t size = htole64(n);

	if (value == NULL || p->n + key_n + n + sizeof(size) + 3 > p->room)
		return;
	memcpy(p->bytes + p->n, key, key_n);
	p->n += key_n;
	if (strchr(value, '\n') == NULL) {
		p->bytes[p->n++] = '=';
	} else {
		p->bytes[p->n++] = '\n';
		memcpy(p->bytes + p->n, &size, sizeof(size));
		p->n += sizeof(size);
	}
	memcpy(p->bytes + p->n, value, n);
	p->n += n;
	p->bytes[p->n++] = '\n';
}

static void make_journald(struct arena *a, const struct audit_sink *s, const struct json *event,
			  const char *line, struct audit_payload *out)
{
	const char *name = text_of(event, "event", NULL),
		   *id = text_of(event, "container", "uid");
	const char *whole = arena_printf(a, "caisson event %s", name != NULL ? name : "");
	char print[DIGEST_HEX];

	(void)s;
	digest_hex(whole, strlen(whole), print);
	print[MESSAGE_ID_LEN] = '\0';
	add_field(out, "MESSAGE", text_of(event, "message", NULL));
	add_field(out, "MESSAGE_ID", print);
	add_field(out, "PRIORITY", arena_printf(a, "%d", priority(event)));
	add_field(out, "SYSLOG_IDENTIFIER", "caisson");
	add_field(out, "OCI_EVENT", name);
	if (id != NULL)
		add_field(out, "CONTAINER_ID", arena_printf(a, "%.*s", SHORT_ID, id));
	add_field(out, "CONTAINER_ID_FULL", id);
	add_field(out, "CONTAINER_NAME", text_of(event, "container", "name"));
	add_field(out, "CAISSON_SEVERITY", text_of(event, "severity_id", NULL));
	add_field(out, "CAISSON_STATUS", text_of(event, "status_id", NULL));
	add_field(out, "CAISSON_SEQUENCE", text_of(event, "metadata", "sequence"));
	add_field(out, "CAISSON_UID", text_of(event, "metadata", "uid"));
	add_field(out, "CAISSON_POLICY", text_of(event, "policy", "name"));
	add_field(out, "CAISSON_EVENT", line);
}

static void anchor_journald(const char *text, struct audit_payload *out)
{
	add_field(out, "PRIORITY", "5");         /* LOG_NOTICE */
	add_field(out, "SYSLOG_FACILITY", "10"); /* LOG_AUTHPRIV */
	add_field(out, "SYSLOG_IDENTIFIER", "caisson-audit");
	add_field(out, "OCI_EVENT", "log.anchor");
	add_field(out, "MESSAGE", text);
}

/* ---- syslog ---- */

static void add_text(struct audit_payload *p, const char *text)
{
	const size_t n = strlen(text);

	if (p->n + n > p->room)
		return;
	memcpy(p->bytes + p->n, text, n);
	p->n += n;
}

/* A word of RFC 5424's header: printable, without blanks. */
static const char *header(struct arena *a, const char *text, int max)
{
	char *out;

	if (text == NULL || text[0] == '\0')
		return "-";
	out = arena_printf(a, "%.*s", max, text);
	for (char *p = out; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f)
			*p = '?';
	return out;
}

static uint64_t time_of(const struct json *event)
{
	const char *text = text_of(event, "time", NULL);
	uint64_t ms = 0;

	return text != NULL && str_uint64(text, UINT64_MAX / 1000000, &ms) ? ms : 0;
}

/* RFC 3164: the day's first digit may be a blank, and the hour is here. */
static const char *local_header(struct arena *a, unsigned pri, uint64_t ms, const char *name)
{
	const time_t seconds = (time_t)(ms / 1000);
	char when[64] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	return arena_printf(a, "<%u>%s %s[%d]: ", pri, when, name, getpid());
}

static void make_syslog(struct arena *a, const struct audit_sink *s, const struct json *event,
			const char *line, struct audit_payload *out)
{
	const unsigned pri = s->facility | (unsigned)priority(event);
	const uint64_t ms = time_of(event);
	char when[64] = "";

	if (s->rfc5424) {
		time_rfc3339(ms * 1000000, when);
		(void)snprintf(when + 19, sizeof(when) - 19, ".%03uZ", (unsigned)(ms % 1000));
		add_text(out,
			 arena_printf(a, "<%u>1 %s %s caisson %d %s - ", pri, when,
				      header(a, text_of(event, "device", "hostname"), 255),
				      getpid(), header(a, text_of(event, "event", NULL), 32)));
	} else {
		add_text(out, local_header(a, pri, ms, "caisson"));
	}
	add_text(out, line);
}

static void anchor_syslog(const char *text, struct audit_payload *out)
{
	autoarena struct arena a = { 0 };

	add_text(out, local_header(&a, LOG_AUTHPRIV | LOG_NOTICE, now_wall_ns() / 1000000,
				   "caisson-audit"));
	add_text(out, text);
}

/* ---- a socket ---- */

static void make_plain(struct arena *a, const struct audit_sink *s, const struct json *event,
		       const char *line, struct audit_payload *out)
{
	(void)a;
	(void)s;
	(void)event;
	add_text(out, line);
	add_text(out, "\n");
}

const struct audit_form audit_forms[SINK_KINDS] = {
	[SINK_JOURNALD] = { "/run/systemd/journal/socket", make_journald, anchor_journald },
	[SINK_SYSLOG] = { "/dev/log", make_syslog, anchor_syslog },
	[SINK_SOCKET] = { NULL, make_plain, NULL },
};
