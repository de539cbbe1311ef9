/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/export.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "audit/filter.h"
#include "base/proc.h"
#include "base/str.h"

#define ECS_VERSION "9.0.0"
#define SUCCESS     1 /* OCSF's status_id */
#define DENIED      2 /* OCSF's action_id */

bool audit_format_read(const char *name, enum audit_format *out)
{
	static const struct word formats[] = { { "ocsf", FORMAT_OCSF },
					       { "ecs", FORMAT_ECS },
					       { "falco", FORMAT_FALCO },
					       { "cloudevents", FORMAT_CLOUDEVENTS },
					       { NULL, 0 } };
	const struct word *w = word_find(formats, name);

	if (w != NULL)
		*out = (enum audit_format)w->value;
	return w != NULL;
}

/* ---- parts ---- */

/* What an exporter takes from a path of ours and puts under a path of theirs. */
enum as {
	AS_TEXT,
	AS_NUMBER,
	AS_LIST, /* of one text */
};
struct mapped {
	const char *from, *to;
	enum as as;
};

static struct json *member(struct arena *a, struct json *o, const char *key)
{
	struct json *v = json_get(o, key);

	if (v == NULL) {
		v = json_object(a);
		json_set(o, key, v);
	}
	return v;
}

/* "container.image.name": objects in objects. */
static void put(struct arena *a, struct json *o, const char *path, struct json *v)
{
	for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1)
		o = member(a, o, arena_strndup(a, path, (size_t)(dot - path)));
	json_set(o, path, v);
}

static struct json *value_as(struct arena *a, const char *text, enum as as)
{
	struct json *list;
	uint64_t n;

	switch (as) {
	case AS_NUMBER:
		return str_uint64(text, UINT64_MAX, &n) ? json_uint(a, n) : NULL;
	case AS_LIST:
		list = json_array(a);
		json_add(list, json_string(a, text));
		return list;
	case AS_TEXT:
	default:
		return json_string(a, text);
	}
}

/* flat: the path is the key, dots and all. */
static void put_all(struct arena *a, struct json *o, const struct json *event,
		    const struct mapped *rows, size_t n, bool flat)
{
	for (size_t i = 0; i < n; i++) {
		const char *text = audit_text_at(event, rows[i].from);
		struct json *v = text != NULL ? value_as(a, text, rows[i].as) : NULL;

		if (v != NULL && flat)
			json_set(o, rows[i].to, v);
		else if (v != NULL)
			put(a, o, rows[i].to, v);
	}
}

/* A part of the event as it is: the node is copied, for it hangs in the event's own list. */
static struct json *whole(struct arena *a, const struct json *v)
{
	struct json *copy = arena_new(a, struct json);

	*copy = *v;
	copy->next = NULL;
	return copy;
}

static const char *time_of(struct arena *a, const struct json *event)
{
	const uint64_t ms = audit_number_at(event, "time");
	char text[40];

	time_rfc3339(ms * 1000000, text);
	return arena_printf(a, "%.19s.%03uZ", text, (unsigned)(ms % 1000));
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static const char *name_of(const struct json *event)
{
	return or_empty(audit_text_at(event, "event"));
}

/* A word for OCSF's severity_id. */
static const char *severity_word(const struct json *event, const char *const words[7])
{
	const uint64_t n = audit_number_at(event, "severity_id");

	return words[n < 7 ? n : 0];
}

/* ---- Elastic Common Schema ---- */

static const char *const ecs_levels[7] = { "info",  "info",     "notice", "warning",
					   "error", "critical", "alert" };

/* clang-format off */
static const struct mapped ecs[] = {
	{ "message", "message", AS_TEXT },
	{ "event", "event.action", AS_TEXT },
	{ "metadata.uid", "event.id", AS_TEXT },
	{ "metadata.sequence", "event.sequence", AS_NUMBER },
	{ "severity_id", "event.severity", AS_NUMBER },
	{ "unmapped.verdict.reason", "event.reason", AS_TEXT },
	{ "status_detail", "error.message", AS_TEXT },
	{ "status_code", "error.code", AS_TEXT },
	{ "actor.user.uid", "user.id", AS_TEXT },
	{ "actor.user.name", "user.name", AS_TEXT },
	{ "process.pid", "process.pid", AS_NUMBER },
	{ "process.cmd_line", "process.command_line", AS_TEXT },
	{ "process.exit_code", "process.exit_code", AS_NUMBER },
	{ "unmapped.seccomp.exe", "process.executable", AS_TEXT },
	{ "unmapped.seccomp.comm", "process.name", AS_TEXT },
	{ "container.uid", "container.id", AS_TEXT },
	{ "container.name", "container.name", AS_TEXT },
	{ "container.runtime", "container.runtime", AS_TEXT },
	{ "container.image.name", "container.image.name", AS_TEXT },
	{ "unmapped.verdict.memory_peak", "container.memory.peak", AS_NUMBER },
	{ "unmapped.pod.namespace", "orchestrator.namespace", AS_TEXT },
	{ "unmapped.pod.name", "orchestrator.resource.name", AS_TEXT },
	{ "container.pod_uuid", "orchestrator.resource.id", AS_TEXT },
	{ "policy.name", "rule.ruleset", AS_TEXT },
	{ "policy.uid", "rule.uuid", AS_TEXT },
	{ "device.hostname", "host.hostname", AS_TEXT },
	{ "device.boot_uid", "host.boot.id", AS_TEXT },
	{ "actor.user.name", "related.user", AS_LIST },
	{ "device.hostname", "related.hosts", AS_LIST },
};

/* ECS has words of its own for what kind of thing an event is; the first pattern that fits. */
static const struct ecs_kind {
	const char *event, *kind, *category, *type;
} ecs_kinds[] = {
	{ "container.start", "event", "process", "start" },
	{ "container.restore", "event", "process", "start" },
	{ "container.exec", "event", "process", "start" },
	{ "process.exec", "event", "process", "start" },
	{ "container.ex*", "event", "process", "end" },
	{ "container.create", "event", "process", "info" },
	{ "container.delete", "event", "process", "info" },
	{ "container.*", "event", "process", "change" },
	{ "limit.*", "event", "process", "info" },
	{ "resource.*", "event", "process", "info" },
	{ "alert.*", "alert", "intrusion_detection", "info" },
	{ "seccomp.denied", "event", "intrusion_detection", "denied" },
	{ "seccomp.allowed", "event", "intrusion_detection", "allowed" },
	{ "net.denied", "event", "network", "denied" },
	{ "response.kill", "event", "process", "end" },
	{ "response.*", "event", "process", "change" },
	{ "log.*", "event", "configuration", "info" },
	{ "*", "event", "process", "info" },
};
/* clang-format on */

static void put_ecs_kind(struct arena *a, struct json *o, const struct json *event)
{
	const char *name = name_of(event);

	for (size_t i = 0; i < COUNT(ecs_kinds); i++) {
		const struct ecs_kind *k = &ecs_kinds[i];

		if (fnmatch(k->event, name, 0) != 0)
			continue;
		put(a, o, "event.kind", json_string(a, k->kind));
		put(a, o, "event.category", value_as(a, k->category, AS_LIST));
		put(a, o, "event.type", value_as(a, k->type, AS_LIST));
		return;
	}
}

static struct json *to_ecs(struct arena *a, const struct json *event)
{
	const uint64_t wall_ms = audit_number_at(event, "unmapped.verdict.wall_ms");
	const struct json *rest = json_get(event, "unmapped");
	/* what was refused has failed for who wanted it, though refusing has not */
	const bool is_fine = audit_number_at(event, "status_id") == SUCCESS &&
			     audit_number_at(event, "action_id") != DENIED;
	struct json *o = json_object(a);

	json_set(o, "@timestamp", json_string(a, time_of(a, event)));
	put(a, o, "ecs.version", json_string(a, ECS_VERSION));
	put(a, o, "event.module", json_string(a, "caisson"));
	put(a, o, "event.dataset", json_string(a, "caisson.audit"));
	put(a, o, "event.outcome", json_string(a, is_fine ? "success" : "failure"));
	put(a, o, "log.level", json_string(a, severity_word(event, ecs_levels)));
	put_ecs_kind(a, o, event);
	put_all(a, o, event, ecs, COUNT(ecs), false);
	if (wall_ms > 0) /* in nanoseconds */
		put(a, o, "event.duration", json_uint(a, wall_ms * 1000000));
	if (audit_text_at(event, "unmapped.pod.namespace") != NULL) {
		put(a, o, "orchestrator.type", json_string(a, "kubernetes"));
		put(a, o, "orchestrator.resource.type", json_string(a, "pod"));
	}
	if (rest != NULL && rest->kind == JSON_OBJECT)
		json_set(o, "caisson", whole(a, rest));
	return o;
}

/* ---- Falco ---- */

static const char *const falco_priorities[7] = { "Informational", "Informational", "Notice",
						 "Warning",       "Error",         "Critical",
						 "Emergency" };

/* clang-format off */
static const struct mapped falco[] = {
	{ "container.uid", "container.id", AS_TEXT },
	{ "container.name", "container.name", AS_TEXT },
	{ "container.image.name", "container.image.repository", AS_TEXT },
	{ "unmapped.pod.namespace", "k8s.ns.name", AS_TEXT },
	{ "unmapped.pod.name", "k8s.pod.name", AS_TEXT },
	{ "container.pod_uuid", "k8s.pod.uid", AS_TEXT },
	{ "actor.user.name", "user.name", AS_TEXT },
	{ "actor.user.uid", "user.uid", AS_NUMBER },
	{ "actor.process.auid", "user.loginuid", AS_NUMBER },
	{ "process.pid", "proc.pid", AS_NUMBER },
	{ "process.cmd_line", "proc.cmdline", AS_TEXT },
	{ "unmapped.seccomp.exe", "proc.exepath", AS_TEXT },
	{ "unmapped.seccomp.syscall", "evt.type", AS_TEXT },
	{ "unmapped.verdict.reason", "caisson.reason", AS_TEXT },
	{ "process.exit_code", "caisson.exit_code", AS_NUMBER },
	{ "unmapped.limit.resource", "caisson.resource", AS_TEXT },
	{ "policy.name", "caisson.policy", AS_TEXT },
	{ "metadata.sequence", "caisson.sequence", AS_NUMBER },
};
/* clang-format on */

static struct json *falco_fields(struct arena *a, const struct json *event)
{
	struct json *o = json_object(a);

	put_all(a, o, event, falco, COUNT(falco), true);
	json_set(o, "evt.time", json_uint(a, audit_number_at(event, "time") * 1000000));
	return o;
}

static struct json *to_falco(struct arena *a, const struct json *event)
{
	const char *name = name_of(event), *when = time_of(a, event);
	const char *priority = severity_word(event, falco_priorities);
	struct json *o = json_object(a), *tags = json_array(a);

	json_add(tags, json_string(a, "caisson"));
	json_add(tags, json_string(a, arena_strndup(a, name, strcspn(name, "."))));
	json_set(o, "hostname",
		 json_string(a, or_empty(audit_text_at(event, "device.hostname"))));
	json_set(o, "output",
		 json_string(a, arena_printf(a, "%s: %s %s (event=%s)", when, priority,
					     or_empty(audit_text_at(event, "message")), name)));
	json_set(o, "output_fields", falco_fields(a, event));
	json_set(o, "priority", json_string(a, priority));
	json_set(o, "rule", json_string(a, arena_printf(a, "caisson %s", name)));
	json_set(o, "source", json_string(a, "caisson"));
	json_set(o, "tags", tags);
	json_set(o, "time", json_string(a, when));
	return o;
}

/* ---- CloudEvents 1.0 ---- */

static struct json *to_cloudevents(struct arena *a, const struct json *event)
{
	const char *subject = audit_text_at(event, "container.uid");
	const char *host = audit_text_at(event, "device.hostname");
	struct json *o = json_object(a);

	json_set(o, "specversion", json_string(a, "1.0"));
	json_set(o, "id", json_string(a, or_empty(audit_text_at(event, "metadata.uid"))));
	json_set(o, "source", json_string(a, arena_printf(a, "/caisson/%s", or_empty(host))));
	json_set(o, "type", json_string(a, arena_printf(a, "org.caisson.%s", name_of(event))));
	json_set(o, "time", json_string(a, time_of(a, event)));
	if (subject != NULL && subject[0] != '\0')
		json_set(o, "subject", json_string(a, subject));
	json_set(o, "datacontenttype", json_string(a, "application/json"));
	json_set(o, "data", whole(a, event));
	return o;
}

const char *audit_export(struct arena *a, enum audit_format format, const struct json *event)
{
	struct json *o;

	switch (format) {
	case FORMAT_ECS:
		o = to_ecs(a, event);
		break;
	case FORMAT_FALCO:
		o = to_falco(a, event);
		break;
	case FORMAT_CLOUDEVENTS:
		o = to_cloudevents(a, event);
		break;
	case FORMAT_OCSF:
	default:
		o = whole(a, event);
	}
	return json_print(a, o, JSON_CANONICAL, NULL);
}
