/* SPDX-License-Identifier: Apache-2.0 */
/* want.c - what is to be watched, as text: watch.json beside the state. */
#include "base/json.h"
#include "base/str.h"
#include "watch/watch_private.h"

#define WANT_VERSION 1
#define PID_LIMIT    (1 << 22) /* PID_MAX_LIMIT, include/linux/threads.h */

const char *const watch_event_names[WATCH_EVENTS] = {
	[WATCH_OOM] = "limit.oom",
	[WATCH_PIDS] = "limit.pids",
	[WATCH_THROTTLED] = "limit.cpu_throttled",
	[WATCH_WARNING] = "resource.warning",
	[WATCH_DENIED] = "seccomp.denied",
};

const char *const watch_action_names[WATCH_ACTIONS] = {
	[WATCH_ALERT] = "alert",     [WATCH_THROTTLE] = "throttle", [WATCH_FREEZE] = "freeze",
	[WATCH_CUT] = "cut-network", [WATCH_KILL] = "kill",
};

bool watch_is_wanted(const struct watch_want *w)
{
	const struct watch_rules *r = &w->rules;
	bool warns = false;

	for (size_t i = 0; i < WARN_KINDS; i++)
		warns |= r->warn[i] > 0;
	return w->calls || w->kernel || w->wall_ms > 0 || w->cpu_ms > 0 || warns ||
	       r->responses_n > 0;
}

/* ---- numbers and flags: one row each, both ways ---- */

/* clang-format off */
static const struct field {
	const char *key;
	size_t at;
	bool is_flag;
} fields[] = {
	{ "startTime",   offsetof(struct watch_want, start_time), false },
	{ "startedMs",   offsetof(struct watch_want, started_ms), false },
	{ "cpuBeforeUsec", offsetof(struct watch_want, cpu_before_usec), false },
	{ "wallMs",      offsetof(struct watch_want, wall_ms), false },
	{ "cpuMs",       offsetof(struct watch_want, cpu_ms), false },
	{ "graceMs",     offsetof(struct watch_want, grace_ms), false },
	{ "calls",       offsetof(struct watch_want, calls), true },
	{ "kernelAudit", offsetof(struct watch_want, kernel), true },
	{ "ownPidNs",    offsetof(struct watch_want, own_pid_ns), true },
	{ "memoryLimit", offsetof(struct watch_want, memory_limit), true },
	{ "pidsLimit",   offsetof(struct watch_want, pids_limit), true },
	{ "cpuLimit",    offsetof(struct watch_want, cpu_limit), true },
};
/* clang-format on */

static struct json *field_json(struct arena *a, const struct watch_want *w,
			       const struct field *f)
{
	const char *at = (const char *)w + f->at;

	return f->is_flag ? json_bool(a, *(const bool *)(const void *)at)
			  : json_uint(a, *(const uint64_t *)(const void *)at);
}

static void field_read(const struct jat *root, const struct field *f, struct watch_want *w)
{
	struct jat at = j_key(root, f->key);
	char *to = (char *)w + f->at;

	if (f->is_flag)
		(void)j_bool(&at, (bool *)(void *)to);
	else
		(void)j_uint64(&at, UINT64_MAX, (uint64_t *)(void *)to);
}

/* ---- texts ---- */

/* clang-format off */
static const struct text {
	const char *key;
	size_t at;
} texts[] = {
	{ "bundle",       offsetof(struct watch_want, bundle) },
	{ "cgroup",       offsetof(struct watch_want, cgroup) },
	{ "log",          offsetof(struct watch_want, log) },
	{ "policyName",   offsetof(struct watch_want, policy_name) },
	{ "policySha256", offsetof(struct watch_want, policy_digest) },
};
/* clang-format on */

static void texts_json(struct arena *a, const struct watch_want *w, struct json *o)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text =
			*(const char *const *)(const void *)((const char *)w + texts[i].at);

		if (text != NULL)
			json_set(o, texts[i].key, json_string(a, text));
	}
}

static void texts_read(const struct jat *root, struct watch_want *w)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct jat at = j_key(root, texts[i].key);

		(void)j_string(&at, (const char **)(void *)((char *)w + texts[i].at));
	}
}

/* The annotations that the labels were read from, to be read again. */
static struct json *labels_json(struct arena *a, const struct audit_labels *l)
{
	struct json *o = json_object(a);

	for (size_t i = 0; l->pairs != NULL && l->pairs[i] != NULL; i += 2)
		json_set(o, l->pairs[i], json_string(a, l->pairs[i + 1]));
	return o;
}

static void labels_read(const struct jat *root, struct arena *a, struct watch_want *w)
{
	struct jat at = j_key(root, "labels");
	const char *value;

	if (!j_object(&at))
		return;
	for (struct jat it = { 0 }; j_next(&at, &it);)
		if (j_string(&it, &value))
			audit_labels_add(a, &w->labels, it.key, value);
}

static struct json *audit_json(struct arena *a, const struct watch_want *w)
{
	struct json *o = audit_config_json(a, &w->audit);

	audit_rules_write(a, &w->audit_rules, o);
	return o;
}

const char *watch_want_text(struct arena *a, const struct watch_want *w, size_t *len)
{
	struct json *o = json_object(a);

	json_set(o, "version", json_int(a, WANT_VERSION));
	json_set(o, "id", json_string(a, w->id));
	texts_json(a, w, o);
	json_set(o, "labels", labels_json(a, &w->labels));
	json_set(o, "pid", json_int(a, w->pid));
	for (size_t i = 0; i < COUNT(fields); i++)
		json_set(o, fields[i].key, field_json(a, w, &fields[i]));
	json_set(o, "rules", watch_rules_json(a, &w->rules));
	json_set(o, "audit", audit_json(a, w));
	return json_print(a, o, JSON_LINE, len);
}

static bool is_version(const struct jat *root)
{
	struct jat at = j_key(root, "version");
	int64_t n = 0;

	if (!j_required(&at, "integer") || !j_int64(&at, 0, INT32_MAX, &n))
		return false;
	if (n == WANT_VERSION)
		return true;
	j_say(&at, "expected %d, found %d: written by another version of caisson", WANT_VERSION,
	      (int)n);
	return false;
}

static void read_all(const struct jat *root, struct arena *a, struct watch_want *w)
{
	struct jat id = j_key(root, "id"), pid = j_key(root, "pid");
	struct jat rules = j_key(root, "rules"), audit = j_key(root, "audit");
	int64_t n = 0;

	if (j_required(&id, "string"))
		(void)j_string(&id, &w->id);
	texts_read(root, w);
	labels_read(root, a, w);
	if (j_required(&pid, "integer") && j_int64(&pid, 1, PID_LIMIT, &n))
		w->pid = (pid_t)n;
	for (size_t i = 0; i < COUNT(fields); i++)
		field_read(root, &fields[i], w);
	watch_rules_read(&rules, &w->rules);
	audit_config_read(&audit, a, &w->audit);
	audit_rules_read(&audit, &w->audit_rules);
}

int watch_want_parse(struct arena *a, const char *text, size_t len, struct watch_want *out,
		     struct err *e)
{
	struct complaints bad = { .arena = a };
	struct watch_want w = { .rules = watch_rules_none() };
	struct json *doc;
	struct jat root;

	if (json_parse(a, "watch.json", text, len, &doc, e) < 0)
		return -1;
	root = j_root(doc, &bad);
	if (doc->kind != JSON_OBJECT)
		j_bad(&root, "object");
	else if (is_version(&root))
		read_all(&root, a, &w);
	if (bad.n > 0)
		return fail(e, ERR_STATE, "watch.json: %s", bad.first->text);
	*out = w;
	return 0;
}
