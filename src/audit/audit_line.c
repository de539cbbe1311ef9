/* SPDX-License-Identifier: Apache-2.0 */
/* One event as a line: OCSF's class 6002, Application Lifecycle, and where one fits better
 * another, with the container profile.
 * Numbers beyond 2^53 are strings, for RFC 8785 knows only what a double holds. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit_private.h"
#include "audit/kind.h"
#include "audit/redact.h"
#include "base/str.h"

#define LOGIN_UID_NONE ((uid_t)-1)
#define LOG_NAME       "audit"
#define DEVICE_UNKNOWN 0 /* OCSF's device.type_id */
#define KERNEL_SYSCALL 2 /* OCSF's kernel.type_id */

enum status {
	STATUS_SUCCESS = 1,
	STATUS_FAILURE = 2
};

/* What every part of the line is made with. */
struct making {
	struct arena *a;
	const struct audit_kind *kind;
	unsigned has; /* enum audit_has */
	bool chained;
	size_t text_max; /* longer texts are cut to that many bytes, with a marker */
	bool with_rest;  /* what there may be any number of: labels, members of .limit ... */
};

static const char *cut(const struct making *m, const char *s)
{
	size_t n = strlen(s), keep = m->text_max;

	if (n <= m->text_max)
		return s;
	while (keep > 0 && (s[keep] & 0xc0) == 0x80) /* no half characters */
		keep--;
	return arena_printf(m->a, "%.*s...[%zu bytes cut]", (int)keep, s, n - keep);
}

static void set_text(const struct making *m, struct json *o, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0')
		json_set(o, key, json_string(m->a, cut(m, s)));
}

static void set_int(const struct making *m, struct json *o, const char *key, int64_t n)
{
	json_set(o, key, json_int(m->a, n));
}

/* An object is worth its place only with something in it. */
static void set_object(struct json *o, const char *key, struct json *v)
{
	if (v->n > 0)
		json_set(o, key, v);
}

/* Bytes that a shell would take as they are. */
static bool is_plain(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./:,@%^";

	return *s != '\0' && s[strspn(s, plain)] == '\0';
}

static size_t quoted_size(const char *s)
{
	size_t n = 3; /* a blank and two quotes */

	for (; *s != '\0'; s++)
		n += *s == '\'' ? 4 : 1;
	return n;
}

static char *add_quoted(char *p, const char *s)
{
	bool plain = is_plain(s);

	if (!plain)
		*p++ = '\'';
	for (; *s != '\0'; s++) {
		if (*s == '\'') {
			for (const char *quote = "'\\''"; *quote != '\0'; quote++)
				*p++ = *quote;
		} else {
			*p++ = *s;
		}
	}
	if (!plain)
		*p++ = '\'';
	return p;
}

/* One text of which the words can be told apart again: quoted as for a shell. */
static const char *command_line(struct arena *a, const char *const *argv)
{
	size_t size = 1;
	char *text, *p;

	if (argv == NULL)
		return NULL;
	for (size_t i = 0; argv[i] != NULL; i++)
		size += quoted_size(argv[i]);
	text = p = arena_alloc(a, size);
	for (size_t i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			*p++ = ' ';
		p = add_quoted(p, argv[i]);
	}
	*p = '\0';
	return text;
}

/* What is filled in later. A canonical line has no control bytes of its own, so each of these
 * is a mark that nothing else can be. */
enum hole {
	HOLE_SEQUENCE = 1,
	HOLE_TIME,
	HOLE_WALL,
	HOLE_BOOT,
	HOLE_UID,
	HOLE_CHAIN,
	HOLE_PREVIOUS,
	HOLES
};

/* OCSF's profile record_integrity: the log, and the line before by its fingerprint. */
/* algorithm_id 3 is SHA-256. */
#define PREVIOUS ",\"prev_event\":{\"fingerprint\":{\"algorithm_id\":3,\"value\":\"%.*s\"}}"

static void set_hole(const struct making *m, struct json *o, const char *key, const char *raw)
{
	json_set(o, key, json_decimal(m->a, raw));
}

/* The event's own id. */
static void set_uid(const struct making *m, struct json *o, const char *key)
{
	set_hole(m, o, key, "\"\x05\"");
}

static struct json *product(const struct making *m)
{
	struct json *o = json_object(m->a);

	set_text(m, o, "name", "caisson");
	set_text(m, o, "vendor_name", "caisson");
	set_text(m, o, "version", PACKAGE_VERSION);
	return o;
}

static struct json *metadata(const struct making *m)
{
	struct json *o = json_object(m->a), *profiles = json_array(m->a);

	if (m->has & HAS_CONTAINER)
		json_add(profiles, json_string(m->a, "container"));
	if (m->chained)
		json_add(profiles, json_string(m->a, "record_integrity"));
	if (m->has & HAS_CALL)
		json_add(profiles, json_string(m->a, "security_control"));
	set_text(m, o, "version", AUDIT_OCSF_VERSION);
	set_text(m, o, "log_name", LOG_NAME);
	json_set(o, "product", product(m));
	json_set(o, "profiles", profiles);
	set_hole(m, o, "sequence", "\x01");
	set_uid(m, o, "uid");
	return o;
}

static struct json *actor(const struct making *m, const struct audit_facts *f)
{
	struct json *o = json_object(m->a), *user = json_object(m->a);
	struct json *process = json_object(m->a);

	set_text(m, user, "uid", arena_printf(m->a, "%u", f->uid));
	set_text(m, user, "name", f->user);
	set_int(m, process, "pid", f->caller);
	if (f->login_uid != LOGIN_UID_NONE)
		set_int(m, process, "auid", f->login_uid);
	json_set(o, "user", user);
	json_set(o, "process", process);
	return o;
}

static struct json *device(const struct making *m, const struct audit_facts *f)
{
	struct json *o = json_object(m->a);

	set_text(m, o, "hostname", f->hostname);
	set_text(m, o, "boot_uid", f->boot_id);
	set_int(m, o, "type_id", DEVICE_UNKNOWN);
	return o;
}

static struct json *label_list(const struct making *m, const struct audit_labels *l)
{
	struct json *list = json_array(m->a);

	for (size_t i = 0; m->with_rest && l->pairs != NULL && l->pairs[i] != NULL; i += 2)
		json_add(list, json_string(m->a, cut(m, arena_printf(m->a, "%s=%s", l->pairs[i],
								     l->pairs[i + 1]))));
	return list;
}

static struct json *container(const struct making *m, const struct audit_subject *who)
{
	struct json *o = json_object(m->a), *image = json_object(m->a);
	const struct audit_labels *l = &who->labels;

	set_text(m, o, "uid", who->id);
	set_text(m, o, "name", l->name != NULL ? l->name : who->id);
	set_text(m, o, "runtime", "caisson");
	set_text(m, o, "orchestrator", l->engine);
	set_text(m, o, "pod_uuid", l->pod_uid);
	set_text(m, image, "name", l->image);
	set_object(o, "image", image);
	set_object(o, "labels", label_list(m, l));
	return o;
}

static struct json *pod(const struct making *m, const struct audit_labels *l)
{
	struct json *o = json_object(m->a);

	set_text(m, o, "container", l->pod_container);
	set_text(m, o, "name", l->pod);
	set_text(m, o, "namespace", l->pod_namespace);
	set_text(m, o, "sandbox", l->sandbox);
	return o;
}

/* Classes about a process want one to be named, even where none came to be. */
static bool needs_process(const struct making *m)
{
	return m->kind->class == CLASS_PROCESS || m->kind->class == CLASS_REMEDY_PROCESS;
}

static struct json *process(const struct making *m, const struct audit_subject *who,
			    const struct audit_result *result)
{
	struct json *o = json_object(m->a);

	if (result->call != NULL) { /* the caller's, not the init's */
		if (result->caller > 0)
			set_int(m, o, "pid", result->caller);
		else
			set_uid(m, o, "uid");
		return o;
	}
	if (who->pid > 0)
		set_int(m, o, "pid", who->pid);
	set_text(m, o, "cmd_line", command_line(m->a, who->argv));
	if ((m->has & HAS_EXIT) && result->exit_code >= 0)
		set_int(m, o, "exit_code", result->exit_code);
	if (who->pid <= 0 && (o->n > 0 || needs_process(m)))
		set_uid(m, o, "uid");
	return o;
}

static struct json *policy(const struct making *m, const struct audit_subject *who)
{
	struct json *o = json_object(m->a);

	set_text(m, o, "name", who->policy_name);
	set_text(m, o, "uid", who->policy_digest);
	return o;
}

/* OCSF's object of class 1003. */
static struct json *kernel(const struct making *m, const struct audit_result *result)
{
	const struct json *name =
		result->call != NULL ? json_get(result->call, "syscall") : NULL;
	struct json *o = json_object(m->a);

	set_text(m, o, "name", name != NULL ? name->text : "unknown");
	set_int(m, o, "type_id", KERNEL_SYSCALL);
	return o;
}

/* Somebody else's value: json_set hangs the node into our list, so it is copied. */
static struct json *shared(const struct making *m, const struct json *v)
{
	struct json *copy = arena_new(m->a, struct json);

	*copy = *v;
	copy->next = NULL;
	return copy;
}

static void set_given(const struct making *m, struct json *o, const char *key,
		      const struct json *v)
{
	if (v != NULL && m->with_rest)
		json_set(o, key, shared(m, v));
	else if (v != NULL)
		set_text(m, o, key, "[cut]");
}

static struct json *unmapped(const struct making *m, const struct audit_subject *who,
			     const struct audit_result *result)
{
	struct json *o = json_object(m->a);

	set_hole(m, o, "wall_ns", "\"\x03\"");
	set_hole(m, o, "boot_ns", "\"\x04\"");
	if (result->err != NULL)
		set_text(m, o, "step", result->err->step);
	if (m->has & HAS_CONTAINER) {
		set_text(m, o, "bundle", who->bundle);
		set_object(o, "pod", pod(m, &who->labels));
	}
	set_given(m, o, "asked", result->asked);
	set_given(m, o, "limit", result->limit);
	set_given(m, o, "log", result->log);
	set_given(m, o, "seccomp", result->call);
	set_given(m, o, "verdict", result->verdict);
	return o;
}

static const char *reason(const struct audit_result *result)
{
	const struct json *v = result->verdict != NULL && result->verdict->kind == JSON_OBJECT
				       ? json_get(result->verdict, "reason")
				       : NULL;

	return v != NULL && v->kind == JSON_STRING ? v->text : NULL;
}

static const char *text_in(const struct json *o, const char *key)
{
	const struct json *v = o != NULL && o->kind == JSON_OBJECT ? json_get(o, key) : NULL;

	return v != NULL && (v->kind == JSON_STRING || v->kind == JSON_NUMBER) &&
			       v->text[0] != '\0'
		       ? v->text
		       : NULL;
}

/* Which signal, which call, which resource, which sink: where the words of the kind leave that
 * open. */
static const char *which(const struct making *m, const struct audit_result *result)
{
	static const struct {
		enum audit_event what; /* AUDIT_EVENTS: any */
		const char *key;
	} keys[] = { { AUDIT_PROCESS_EXEC, "path" },    { AUDIT_EVENTS, "syscall" },
		     { AUDIT_EVENTS, "response_to" },   { AUDIT_KILL, "signal" },
		     { AUDIT_WARNING, "resource" },     { AUDIT_LOST, "resource" },
		     { AUDIT_LOG_UNDELIVERED, "sink" }, { AUDIT_LOG_VERIFY_FAILED, "fault" } };
	const struct json *const from[] = { result->asked, result->call, result->limit,
					    result->log };
	const char *text = NULL;

	for (size_t i = 0; i < COUNT(keys); i++)
		for (size_t k = 0; text == NULL && k < COUNT(from); k++)
			if (keys[i].what == AUDIT_EVENTS ||
			    m->kind == &audit_kinds[keys[i].what])
				text = text_in(from[k], keys[i].key);
	return text;
}

static bool is_dry(const struct audit_result *result)
{
	const struct json *v = result->limit != NULL && result->limit->kind == JSON_OBJECT
				       ? json_get(result->limit, "dry_run")
				       : NULL;

	return v != NULL && v->kind == JSON_BOOL && v->truth;
}

static const char *message(const struct making *m, const struct audit_subject *who,
			   const struct audit_result *result, const char *why)
{
	const struct audit_kind *k = m->kind;

	if (why == NULL)
		why = which(m, result);
	why = why != NULL ? arena_printf(m->a, ": %s", cut(m, why)) : "";
	if (m->has & HAS_LOGS)
		return arena_printf(m->a, "log %s%s", k->done, why);
	return arena_printf(m->a, "container %s %s%s%s",
			    who->id != NULL ? cut(m, who->id) : "?",
			    result->err != NULL ? k->undone : k->done, why,
			    is_dry(result) ? " (dry run)" : "");
}

static void set_outcome(const struct making *m, struct json *o, const struct audit_subject *who,
			const struct audit_result *result)
{
	const char *why = (m->has & HAS_VERDICT) ? reason(result) : NULL;
	bool failed = result->err != NULL;
	bool odd = failed || (why != NULL && !str_eq(why, "exited"));
	enum audit_severity severity = m->kind->severity;
	char text[512];

	if (odd && severity < SEVERITY_LOW)
		severity = SEVERITY_LOW;
	set_int(m, o, "severity_id", severity);
	set_int(m, o, "status_id", failed ? STATUS_FAILURE : STATUS_SUCCESS);
	if (failed) {
		err_format(result->err, text, sizeof(text));
		set_text(m, o, "status_code", err_code(result->err));
		set_text(m, o, "status_detail", arena_strdup(m->a, text));
		why = arena_strdup(m->a, text);
	}
	set_text(m, o, "message", message(m, who, result, why));
}

static void set_class(const struct making *m, struct json *o)
{
	const struct audit_kind *k = m->kind;

	set_text(m, o, "event", k->event);
	set_int(m, o, "activity_id", k->activity);
	if (k->activity == AUDIT_OTHER)
		set_text(m, o, "activity_name", audit_kind_verb(k));
	set_int(m, o, "category_uid", k->class / 1000);
	set_int(m, o, "class_uid", k->class);
	set_int(m, o, "type_uid", (int64_t)k->class * 100 + k->activity);
	if (m->has & HAS_LOGS)
		set_text(m, o, "log_name", LOG_NAME);
	if (m->has & HAS_REMEDY)
		set_uid(m, o, "command_uid");
	if (m->has & HAS_CALL) {
		set_int(m, o, "action_id", audit_kind_action(k));
		set_int(m, o, "disposition_id", audit_kind_action(k));
	}
}

static struct json *finding(const struct making *m, const struct json *event)
{
	struct json *o = json_object(m->a);

	set_text(m, o, "title", json_get(event, "message")->text);
	set_uid(m, o, "uid");
	return o;
}

static void set_subject(const struct making *m, struct json *o, const struct audit_subject *who,
			const struct audit_result *result)
{
	struct json *app = json_object(m->a);

	set_text(m, app, "name", who->id);
	json_set(o, "app", app);
	json_set(o, "container", container(m, who));
	set_object(o, "process", process(m, who, result));
	set_object(o, "policy", policy(m, who));
}

static const char *make_line(const struct making *m, const struct audit_facts *f,
			     const struct audit_subject *who, const struct audit_result *result,
			     size_t *len)
{
	struct json *o = json_object(m->a);

	set_class(m, o);
	set_outcome(m, o, who, result);
	set_hole(m, o, "time", "\x02");
	if (m->chained)
		set_hole(m, o, "attestation_list", "[{\"chain_uid\":\"\x06\"\x07}]");
	json_set(o, "metadata", metadata(m));
	json_set(o, "actor", actor(m, f));
	json_set(o, "device", device(m, f));
	if (m->has & HAS_CONTAINER)
		set_subject(m, o, who, result);
	if (m->has & HAS_FINDING)
		json_set(o, "finding_info", finding(m, o));
	if (m->has & HAS_CALL)
		json_set(o, "kernel", kernel(m, result));
	json_set(o, "unmapped", unmapped(m, who, result));
	return json_print(m->a, o, JSON_CANONICAL, len);
}

static void find_holes(struct audit_draft *d)
{
	d->n = 0;
	for (size_t i = 0; i < d->len && d->n < COUNT(d->holes); i++)
		if (d->text[i] > 0 && d->text[i] < HOLES)
			d->holes[d->n++] = (struct audit_hole){ i, (unsigned char)d->text[i] };
}

/* A byte becomes at most six ("\u0001"), and about a dozen texts are not ours: the last row
 * always fits. */
void audit_draft(struct arena *a, const struct audit_facts *f, bool chained,
		 enum audit_event what, const struct audit_subject *who,
		 const struct audit_result *result, struct audit_draft *out)
{
	static const size_t text_max[] = { AUDIT_LINE, 16384, 4096, 256 };
	struct audit_subject told = *who;

	told.argv = audit_redact(a, who->argv, f->redact);

	for (size_t i = 0; i < COUNT(text_max); i++) {
		const struct making m = {
			.a = a,
			.kind = &audit_kinds[what],
			.has = audit_kind_has(&audit_kinds[what]),
			.chained = chained,
			.text_max = text_max[i],
			.with_rest = i + 1 < COUNT(text_max),
		};

		out->text = make_line(&m, f, &told, result, &out->len);
		if (out->len + DRAFT_MORE < AUDIT_LINE)
			break;
	}
	find_holes(out);
}

static int fill(char *out, unsigned char hole, const struct audit_facts *f)
{
	switch (hole) {
	case HOLE_SEQUENCE:
		return sprintf(out, "%" PRIu64, f->sequence);
	case HOLE_TIME:
		return sprintf(out, "%" PRIu64, f->wall_ns / 1000000);
	case HOLE_WALL:
		return sprintf(out, "%" PRIu64, f->wall_ns);
	case HOLE_BOOT:
		return sprintf(out, "%" PRIu64, f->boot_ns);
	case HOLE_UID:
		return sprintf(out, "%016" PRIx64 "-%x-%" PRIx64, f->wall_ns,
			       (unsigned)f->caller, f->sequence);
	case HOLE_CHAIN:
		return sprintf(out, "%.*s", CHAIN_UID_MAX - 1, f->chain);
	default:
		return f->previous == NULL
			       ? 0
			       : sprintf(out, PREVIOUS, DIGEST_HEX - 1, f->previous);
	}
}

size_t audit_draft_fill(const struct audit_draft *d, const struct audit_facts *f, char *out)
{
	size_t from = 0;
	char *to = out;

	for (size_t i = 0; i < d->n; i++) {
		const size_t n = d->holes[i].at - from;

		memcpy(to, d->text + from, n);
		to += n;
		to += fill(to, d->holes[i].what, f);
		from = d->holes[i].at + 1;
	}
	memcpy(to, d->text + from, d->len - from + 1); /* with the NUL */
	return (size_t)(to - out) + d->len - from;
}

const char *audit_line(struct arena *a, const struct audit_facts *f, enum audit_event what,
		       const struct audit_subject *who, const struct audit_result *result)
{
	struct audit_draft d;
	char *line;

	audit_draft(a, f, f->chain != NULL, what, who, result, &d);
	line = arena_alloc(a, d.len + DRAFT_MORE);
	(void)audit_draft_fill(&d, f, line);
	return line;
}
