/* SPDX-License-Identifier: Apache-2.0 */
#include "systemd/unit_wire.h"

#include <string.h>

#include "base/str.h"

static const char *const ops[] = {
	[UNIT_START] = "start",
	[UNIT_SET] = "set",
	[UNIT_STOP] = "stop",
	[UNIT_ATTACH] = "attach",
};

/* ---- the call ---- */

const char *unit_wire_call(struct arena *a, const struct unit_call *c, size_t *len)
{
	struct json *out = json_object(a), *list = json_array(a);

	for (size_t i = 0; i < c->props_n; i++) {
		const struct unit_prop *p = &c->props[i];
		struct json *one = json_object(a), *value = arena_new(a, struct json);

		*value = *p->value; /* a node is a member of one tree only */
		json_set(one, "name", json_string(a, p->name));
		json_set(one, "type", json_string(a, p->type));
		json_set(one, "value", value);
		json_set(one, "optional", json_bool(a, p->optional));
		json_add(list, one);
	}
	json_set(out, "op", json_string(a, ops[c->op]));
	json_set(out, "bus", json_string(a, c->bus));
	json_set(out, "unit", json_string(a, c->unit));
	json_set(out, "pid", json_int(a, c->pid));
	json_set(out, "from", json_int(a, c->from));
	json_set(out, "properties", list);
	return json_print(a, out, JSON_LINE, len);
}

static pid_t read_pid(const struct jat *root, const char *key)
{
	const struct jat at = j_key(root, key);
	int64_t pid = 0;

	(void)j_int64(&at, 0, INT32_MAX, &pid);
	return (pid_t)pid;
}

static void read_op(const struct jat *root, enum unit_op *out)
{
	const struct jat at = j_key(root, "op");
	const char *word;

	if (!j_required(&at, "string") || !j_string(&at, &word))
		return;
	for (*out = UNIT_START; *out < UNIT_OPS; (*out)++)
		if (str_eq(ops[*out], word))
			return;
	j_say(&at, "expected the name of a call");
}

static void read_prop(const struct jat *at, struct unit_prop *out)
{
	const struct jat name = j_key(at, "name"), type = j_key(at, "type");
	const struct jat value = j_key(at, "value"), optional = j_key(at, "optional");

	if (j_required(&name, "string") && j_required(&type, "string") &&
	    j_required(&value, "value")) {
		(void)j_string(&name, &out->name);
		(void)j_string(&type, &out->type);
		(void)j_bool(&optional, &out->optional);
		out->value = value.v;
	}
}

static void read_props(struct arena *a, const struct jat *root, struct unit_call *out)
{
	const struct jat at = j_key(root, "properties");
	struct unit_prop *list;
	size_t n = 0;

	if (!j_array(&at))
		return;
	list = arena_array(a, at.v->n, sizeof(*list));
	for (struct jat it = { 0 }; j_next(&at, &it); n++)
		read_prop(&it, &list[n]);
	out->props = list;
	out->props_n = n;
}

int unit_wire_read_call(struct arena *a, const char *text, size_t len, struct unit_call *out,
			struct err *e)
{
	struct complaints bad = { .arena = a };
	struct unit_call c = { 0 };
	struct json *doc;

	if (json_parse(a, "call", text, len, &doc, e) < 0)
		return -1;

	const struct jat root = j_root(doc, &bad);
	const struct jat bus = j_key(&root, "bus"), unit = j_key(&root, "unit");

	c.pid = read_pid(&root, "pid");
	c.from = read_pid(&root, "from");
	read_op(&root, &c.op);
	if (j_required(&bus, "string") && j_required(&unit, "string")) {
		(void)j_string(&bus, &c.bus);
		(void)j_string(&unit, &c.unit);
	}
	read_props(a, &root, &c);
	if (complaints_fail(&bad, ERR_BUG, e) < 0)
		return -1;
	*out = c;
	return 0;
}

/* ---- the answer ---- */

const char *unit_wire_answer(struct arena *a, const struct err *why, size_t *len)
{
	struct json *out = json_object(a);

	json_set(out, "done", json_bool(a, why == NULL));
	if (why != NULL) {
		json_set(out, "kind", json_uint(a, why->kind));
		json_set(out, "errno", json_int(a, why->sys));
		json_set(out, "text", json_string(a, why->text));
	}
	return json_print(a, out, JSON_LINE, len);
}

/* One line and its remedy, in printable bytes: what a service said is in it. */
static void keep_text(const char *text, struct err *e)
{
	const char *line = strchr(text, '\n');
	size_t n = line != NULL ? (size_t)(line - text) : strlen(text);
	bool has_remedy = line != NULL;

	if (n > sizeof(e->text) - 1)
		n = sizeof(e->text) - 1;
	(void)strncpy(e->text, text, sizeof(e->text) - 1);
	e->text[sizeof(e->text) - 1] = '\0';
	for (size_t i = 0; e->text[i] != '\0'; i++)
		if (((unsigned char)e->text[i] < ' ' || e->text[i] == 0x7f) &&
		    !(has_remedy && i == n))
			e->text[i] = '?';
}

int unit_wire_read_answer(struct arena *a, const char *text, size_t len, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct err why = { 0 };
	const char *said = "";
	bool done = false;
	struct json *doc;
	uint32_t kind = 0;
	int64_t sys = 0;

	if (json_parse(a, "answer", text, len, &doc, &why) < 0)
		return fail(e, ERR_HOST, "%s", why.text);

	const struct jat root = j_root(doc, &bad), at = j_key(&root, "done");
	const struct jat number = j_key(&root, "errno"), word = j_key(&root, "kind");
	const struct jat words = j_key(&root, "text");

	if (j_required(&at, "bool") && j_bool(&at, &done) && !done &&
	    j_required(&words, "string")) {
		(void)j_string(&words, &said);
		(void)j_uint32(&word, &kind);
		(void)j_int64(&number, 0, 4095, &sys);
	}
	if (complaints_fail(&bad, ERR_HOST, e) < 0)
		return -1;
	if (done)
		return 0;
	why.kind = kind > ERR_NONE && kind <= ERR_BUG ? kind : ERR_HOST;
	why.sys = (int32_t)sys;
	keep_text(said, &why);
	*e = why;
	return -1;
}

int unit_hung(const char *unit, const char *what, struct err *e)
{
	(void)fail(e, ERR_HOST, "systemd: %s: expected %s within %d s: found none", unit, what,
		   UNIT_WAIT_MS / 1000);
	return hint(e, "see whether systemctl answers: the bus or systemd hangs");
}
