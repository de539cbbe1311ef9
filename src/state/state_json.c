/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/proc.h"
#include "base/str.h"
#include "state/state.h"

#define PID_LIMIT (1 << 22) /* PID_MAX_LIMIT, include/linux/threads.h */

const char *const state_status_names[] = {
	[ST_CREATING] = "creating", [ST_CREATED] = "created", [ST_RUNNING] = "running",
	[ST_PAUSED] = "paused",     [ST_STOPPED] = "stopped",
};

/* Names of cgroup managers, as the field of the same name. */
static const char *const managers[] = { "cgroupfs", "systemd", "disabled", NULL };

static void set_string(struct arena *a, struct json *o, const char *key, const char *value)
{
	if (value != NULL)
		json_set(o, key, json_string(a, value));
}

static struct json *annotations(struct arena *a, const struct state *s)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < s->annotations_n; i++)
		json_set(o, s->annotations[i].key, json_string(a, s->annotations[i].value));
	return o;
}

const char *state_text(struct arena *a, const struct state *s, size_t *len)
{
	struct json *o = json_object(a);

	json_set(o, "version", json_uint(a, STATE_VERSION));
	set_string(a, o, "id", s->id);
	set_string(a, o, "ociVersion", s->oci_version);
	set_string(a, o, "bundle", s->bundle);
	set_string(a, o, "rootfs", s->rootfs);
	set_string(a, o, "owner", s->owner);
	json_set(o, "ownerUid", json_uint(a, s->owner_uid));
	json_set(o, "status", json_string(a, state_status_names[s->status]));
	json_set(o, "pid", json_int(a, s->pid));
	json_set(o, "startTime", json_uint(a, s->start_time));
	json_set(o, "created", json_uint(a, s->created_ns));
	if (s->started_ms > 0)
		json_set(o, "startedMs", json_uint(a, s->started_ms));
	set_string(a, o, "cgroup", s->cgroup);
	set_string(a, o, "cgroupManager", s->cgroup_manager);
	if (s->cgroup_inode != 0)
		json_set(o, "cgroupInode", json_uint(a, s->cgroup_inode));
	set_string(a, o, "unit", s->unit);
	if (s->device_program != 0)
		json_set(o, "deviceProgram", json_uint(a, s->device_program));
	json_set(o, "ownPidNs", json_bool(a, s->own_pid_ns));
	set_string(a, o, "resctrl", s->resctrl);
	set_string(a, o, "rdtGroup", s->rdt_group);
	set_string(a, o, "rdtMonitor", s->rdt_monitor);
	if (s->rdt_made)
		json_set(o, "rdtMade", json_bool(a, true));
	if (s->kept_keyring)
		json_set(o, "keptKeyring", json_bool(a, true));
	set_string(a, o, "configDigest", s->config_digest);
	if (s->annotations_n > 0)
		json_set(o, "annotations", annotations(a, s));
	set_string(a, o, "policy", s->policy);
	return json_print(a, o, JSON_LINE, len);
}

static void read_string(const struct jat *root, const char *key, bool required,
			const char **out)
{
	struct jat at = j_key(root, key);

	if (!required || j_required(&at, "string"))
		(void)j_string(&at, out);
}

static void read_status(const struct jat *root, enum state_status *out)
{
	struct jat at = j_key(root, "status");
	const char *word;

	if (!j_required(&at, "string") || !j_string(&at, &word))
		return;
	for (enum state_status s = ST_CREATING; s <= ST_RUNNING; s++) {
		if (str_eq(word, state_status_names[s])) {
			*out = s;
			return;
		}
	}
	j_say(&at, "expected creating, created or running, found \"%.32s\"", word);
}

static void read_pid(const struct jat *root, pid_t *out)
{
	struct jat at = j_key(root, "pid");
	int64_t pid;

	if (j_required(&at, "integer") && j_int64(&at, 0, PID_LIMIT, &pid))
		*out = (pid_t)pid;
}

/* We stop what this names: a scope, by the last part of a path. */
static void read_unit(const struct jat *root, struct state *out)
{
	struct jat at = j_key(root, "unit");

	if (j_string(&at, &out->unit) &&
	    (!str_ends(out->unit, ".scope") || strchr(out->unit, '/') != NULL))
		j_say(&at, "expected the name of a scope");
}

/* We remove what this names: it must not climb. */
static void read_path_down(const struct jat *root, const char *key, const char **out)
{
	struct jat at = j_key(root, key);
	const char *path = "";

	if (j_string(&at, &path))
		*out = path;
	for (const char *p = path; *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0')) {
			j_say(&at, "expected a path without \"..\"");
			break;
		}
	}
}

static void read_resctrl(const struct jat *root, struct state *out)
{
	struct jat made = j_key(root, "rdtMade"), group = j_key(root, "rdtGroup");

	read_path_down(root, "resctrl", &out->resctrl);
	read_path_down(root, "rdtGroup", &out->rdt_group);
	read_path_down(root, "rdtMonitor", &out->rdt_monitor);
	(void)j_bool(&made, &out->rdt_made);
	if ((out->rdt_group != NULL) != (out->resctrl != NULL) ||
	    (out->rdt_group == NULL && (out->rdt_made || out->rdt_monitor != NULL)))
		j_say(&group, "expected both resctrl and rdtGroup");
}

static void read_cgroup(const struct jat *root, struct state *out)
{
	struct jat by = j_key(root, "cgroupManager");

	read_path_down(root, "cgroup", &out->cgroup);
	if (j_string(&by, &out->cgroup_manager) && !str_in(out->cgroup_manager, managers))
		j_say(&by, "expected cgroupfs, systemd or disabled, found \"%.32s\"",
		      out->cgroup_manager);
}

static void read_annotations(const struct jat *root, struct arena *a, struct state *out)
{
	struct jat at = j_key(root, "annotations");
	struct state_pair *list;
	size_t n = 0;

	if (!j_object(&at))
		return;
	list = arena_array(a, at.v->n, sizeof(*list));
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		list[n].key = it.key;
		if (j_required(&it, "string") && j_string(&it, &list[n].value))
			n++;
	}
	out->annotations = list;
	out->annotations_n = n;
}

/* A string that is itself the text of an object. */
static void read_object(const struct jat *root, const char *key, struct arena *a,
			const char **out)
{
	struct jat at = j_key(root, key);
	struct err e = { 0 };
	struct json *v;

	if (!j_string(&at, out))
		return;
	if (json_parse(a, key, *out, strlen(*out), &v, &e) < 0 || v->kind != JSON_OBJECT)
		j_say(&at, "expected the text of an object");
}

static void read_id(const struct jat *root, struct state *out)
{
	struct jat at = j_key(root, "id");
	struct err e = { 0 };

	if (j_required(&at, "string") && j_string(&at, &out->id) &&
	    state_id_check(out->id, &e) < 0)
		j_say(&at, "expected the name of a container");
}

static void read_numbers(const struct jat *root, struct state *out)
{
	struct jat uid = j_key(root, "ownerUid"), start = j_key(root, "startTime");
	struct jat created = j_key(root, "created"), own = j_key(root, "ownPidNs");
	struct jat kept = j_key(root, "keptKeyring"), program = j_key(root, "deviceProgram");
	struct jat inode = j_key(root, "cgroupInode"), ran = j_key(root, "startedMs");

	(void)j_uint32(&uid, &out->owner_uid);
	(void)j_uint64(&start, UINT64_MAX, &out->start_time);
	(void)j_uint64(&ran, UINT64_MAX, &out->started_ms);
	if (j_required(&created, "integer"))
		(void)j_uint64(&created, UINT64_MAX, &out->created_ns);
	(void)j_bool(&own, &out->own_pid_ns);
	(void)j_bool(&kept, &out->kept_keyring);
	(void)j_uint32(&program, &out->device_program);
	(void)j_uint64(&inode, UINT64_MAX, &out->cgroup_inode);
}

/* The rest may be of another form in another version: say only that. */
static bool read_version(const struct jat *root, uint32_t *out)
{
	struct jat at = j_key(root, "version");

	if (!j_required(&at, "integer") || !j_uint32(&at, out))
		return false;
	if (*out == STATE_VERSION)
		return true;
	j_say(&at, "expected %d, found %u: written by another version of caisson",
	      STATE_VERSION, *out);
	return false;
}

static void read_fields(const struct jat *root, struct arena *a, struct state *out)
{
	read_id(root, out);
	read_string(root, "ociVersion", true, &out->oci_version);
	read_string(root, "bundle", true, &out->bundle);
	read_string(root, "rootfs", false, &out->rootfs);
	read_string(root, "owner", false, &out->owner);
	read_string(root, "configDigest", false, &out->config_digest);
	read_status(root, &out->status);
	read_pid(root, &out->pid);
	read_numbers(root, out);
	read_cgroup(root, out);
	read_unit(root, out);
	read_resctrl(root, out);
	read_annotations(root, a, out);
	read_object(root, "policy", a, &out->policy);
}

int state_parse(struct arena *a, const char *text, size_t len, struct state *out, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct state s = { 0 };
	struct err why = { 0 };
	struct json *doc;
	struct jat root;

	if (len > STATE_MAX)
		return fail(e, ERR_STATE, "state.json: expected at most %u bytes, found %zu",
			    STATE_MAX, len);
	if (json_parse(a, "state.json", text, len, &doc, &why) < 0)
		return fail(e, ERR_STATE, "%s", why.text);
	root = j_root(doc, &bad);
	if (doc->kind != JSON_OBJECT)
		j_bad(&root, "object");
	else if (read_version(&root, &s.version))
		read_fields(&root, a, &s);
	if (bad.n > 0)
		return fail(e, ERR_STATE, "state.json: %s", bad.first->text);
	*out = s;
	return 0;
}

/* Whoever is not asked for by pid and start time is not killed, so both must be there. */
int state_parse_remains(struct arena *a, const char *text, size_t len, struct state *out,
			struct err *e)
{
	struct complaints bad = { .arena = a };
	struct state s = { .bundle = "" };
	struct err why = { 0 };
	struct json *doc;
	struct jat root, start, created;

	if (json_parse(a, "state.json", text, len, &doc, &why) < 0)
		return fail(e, ERR_STATE, "%s", why.text);
	root = j_root(doc, &bad);
	start = j_key(&root, "startTime");
	created = j_key(&root, "created");
	read_id(&root, &s);
	read_pid(&root, &s.pid);
	if (j_required(&start, "integer"))
		(void)j_uint64(&start, UINT64_MAX, &s.start_time);
	(void)j_uint64(&created, UINT64_MAX, &s.created_ns);
	read_cgroup(&root, &s);
	if (bad.n > 0)
		return fail(e, ERR_STATE, "state.json: %s", bad.first->text);
	s.status = s.pid > 0 ? ST_CREATED : ST_CREATING;
	*out = s;
	return 0;
}

static void set_object(struct arena *a, struct json *o, const char *key, const char *text)
{
	struct err e = { 0 };
	struct json *v;

	if (text != NULL && json_parse(a, key, text, strlen(text), &v, &e) == 0)
		json_set(o, key, v);
}

/* runtime.md#state: pid is there for created and running, 0 says that there is none. */
struct json *state_json(struct arena *a, const struct state *s, enum state_status now,
			bool full)
{
	struct json *o = json_object(a), *ours = json_object(a);
	char *created;

	set_string(a, o, "ociVersion", s->oci_version);
	set_string(a, o, "id", s->id);
	json_set(o, "pid", json_int(a, now == ST_STOPPED ? 0 : s->pid));
	json_set(o, "status", json_string(a, state_status_names[now]));
	set_string(a, o, "bundle", s->bundle);
	if (full) {
		created = arena_alloc(a, 40);
		time_rfc3339(s->created_ns, created);
		set_string(a, o, "rootfs", s->rootfs);
		set_string(a, o, "created", created);
	}
	if (s->annotations_n > 0)
		json_set(o, "annotations", annotations(a, s));
	if (!full)
		return o;
	set_string(a, o, "owner", s->owner);
	set_object(a, ours, "policy", s->policy);
	set_object(a, ours, "verdict", s->verdict);
	if (ours->n > 0)
		json_set(o, "caisson", ours);
	return o;
}
