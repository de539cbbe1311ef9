/* SPDX-License-Identifier: Apache-2.0 */
/* sink_config.c - sinks as the configuration has them, and back. */
#include <string.h>
#include <sys/un.h>
#include <syslog.h>

#include "audit/sink.h"
#include "base/digest.h"
#include "base/str.h"

#define PATH_LIMIT (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const struct word kinds[] = { { "journald", SINK_JOURNALD },
				     { "syslog", SINK_SYSLOG },
				     { "socket", SINK_SOCKET },
				     { NULL, 0 } };
static const struct word modes[] = { { "datagram", false }, { "stream", true }, { NULL, 0 } };
static const struct word forms[] = { { "local", false }, { "rfc5424", true }, { NULL, 0 } };
static const struct word severities[] = { { "info", 1 }, { "low", 2 },      { "medium", 3 },
					  { "high", 4 }, { "critical", 5 }, { NULL, 0 } };
/* clang-format off */
static const struct word facilities[] = {
	{ "auth", LOG_AUTH },     { "authpriv", LOG_AUTHPRIV }, { "daemon", LOG_DAEMON },
	{ "user", LOG_USER },     { "local0", LOG_LOCAL0 },     { "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },     { "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 },     { "local7", LOG_LOCAL7 },
	{ NULL, 0 },
};
/* clang-format on */

/* ---- reading ---- */

static uint64_t read_word(const struct jat *up, const char *key, const struct word *words,
			  uint64_t otherwise)
{
	struct jat at = j_key(up, key);
	const char *text = NULL;
	const struct word *w;

	if (!j_string(&at, &text))
		return otherwise;
	w = word_find(words, text);
	if (w != NULL)
		return w->value;
	j_say(&at, "expected another word, found \"%.32s\"", text);
	return otherwise;
}

static void read_path(const struct jat *up, struct audit_sink *s)
{
	struct jat at = j_key(up, "path");

	if (s->kind == SINK_SOCKET && !j_required(&at, "string"))
		return;
	if (!j_string(&at, &s->path))
		return;
	if (s->path[0] != '/' || strlen(s->path) > PATH_LIMIT)
		j_say(&at, "expected an absolute path of at most %zu bytes", PATH_LIMIT);
}

static void read_sink(const struct jat *at, struct audit_sink *s)
{
	struct jat kind = j_key(at, "type");

	*s = (struct audit_sink){ .severity = 1 };
	if (!j_object(at) || !j_required(&kind, "string"))
		return;
	s->kind = (enum audit_sink_kind)read_word(at, "type", kinds, SINK_SOCKET);
	s->severity = (unsigned)read_word(at, "severity", severities, 1);
	read_path(at, s);
	if (s->kind == SINK_SOCKET)
		s->is_stream = read_word(at, "mode", modes, false);
	if (s->kind != SINK_SYSLOG)
		return;
	s->rfc5424 = read_word(at, "format", forms, false);
	s->facility = (unsigned)read_word(at, "facility", facilities, LOG_AUTHPRIV);
}

static void read_sinks(const struct jat *at, struct audit_config *out)
{
	if (!j_array(at))
		return;
	out->sinks_n = 0;
	if (at->v->n > AUDIT_SINKS_MAX) {
		j_say(at, "expected at most %d, found %u", AUDIT_SINKS_MAX, at->v->n);
		return;
	}
	for (struct jat it = { 0 }; j_next(at, &it);)
		read_sink(&it, &out->sinks[out->sinks_n++]);
}

void audit_config_read(const struct jat *at, struct arena *a, struct audit_config *out)
{
	struct jat redact = j_key(at, "redact"), sinks = j_key(at, "sinks");
	size_t n = 0;

	if (!j_object(at))
		return;
	if (j_strings(&redact, a, &out->redact, &n) && n > AUDIT_REDACT_MAX)
		j_say(&redact, "expected at most %d, found %zu", AUDIT_REDACT_MAX, n);
	read_sinks(&sinks, out);
}

/* ---- and back ---- */

static void set_word(struct arena *a, struct json *o, const char *key, const struct word *words,
		     uint64_t value)
{
	json_set(o, key, json_string(a, word_name(words, value)));
}

static struct json *sink_json(struct arena *a, const struct audit_sink *s)
{
	struct json *o = json_object(a);

	set_word(a, o, "type", kinds, s->kind);
	set_word(a, o, "severity", severities, s->severity);
	if (s->path != NULL)
		json_set(o, "path", json_string(a, s->path));
	if (s->kind == SINK_SOCKET)
		set_word(a, o, "mode", modes, s->is_stream);
	if (s->kind == SINK_SYSLOG) {
		set_word(a, o, "format", forms, s->rfc5424);
		set_word(a, o, "facility", facilities, s->facility);
	}
	return o;
}

struct json *audit_config_json(struct arena *a, const struct audit_config *c)
{
	struct json *o = json_object(a), *sinks = json_array(a), *redact = json_array(a);

	for (size_t i = 0; i < c->sinks_n; i++)
		json_add(sinks, sink_json(a, &c->sinks[i]));
	for (size_t i = 0; c->redact != NULL && c->redact[i] != NULL; i++)
		json_add(redact, json_string(a, c->redact[i]));
	json_set(o, "redact", redact);
	json_set(o, "sinks", sinks);
	return o;
}

const char *audit_sink_name(struct arena *a, const struct audit_sink *s)
{
	const char *kind = word_name(kinds, s->kind);
	char print[DIGEST_HEX];

	if (s->path == NULL)
		return kind;
	digest_hex(s->path, strlen(s->path), print);
	return arena_printf(a, "%s-%.8s", kind, print);
}
