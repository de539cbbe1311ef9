/* SPDX-License-Identifier: Apache-2.0 */
/* plan_unit.c - the systemd driver: which unit holds the container, and what its manager is
 * told (systemd.scope(5), systemd.resource-control(5)). */
#include <string.h>

#include "base/str.h"
#include "plan/plan.h"

#define ANNOTATION "org.systemd.property."

/* ---- device rules ---- */

static bool is_all(const struct cg_device *d)
{
	return d->type == 'a' && d->major < 0 && d->minor < 0 && d->read && d->write &&
	       d->mknod;
}

static void allow(struct unit_props *p, struct json *list, const char *node,
		  const struct cg_device *d)
{
	struct json *one = json_array(p->arena);

	json_add(one, json_string(p->arena, node));
	json_add(one,
		 json_string(p->arena, arena_printf(p->arena, "%s%s%s", d->read ? "r" : "",
						    d->write ? "w" : "", d->mknod ? "m" : "")));
	json_add(list, one);
}

/* "/dev/char/1:3", "char-136", "char-*": no less than the rule says. */
static void allow_kind(struct unit_props *p, struct json *list, const char *kind,
		       const struct cg_device *d)
{
	const char *node;

	if (d->major < 0)
		node = arena_printf(p->arena, "%s-*", kind);
	else if (d->minor < 0)
		node = arena_printf(p->arena, "%s-%d", kind, (int)d->major);
	else
		node = arena_printf(p->arena, "/dev/%s/%d:%d", kind, (int)d->major,
				    (int)d->minor);
	allow(p, list, node, d);
}

/* systemd's filter knows no denials and no order, so it gets the least that allows all that
 * ours does. Both hold at once, so what is denied is ours to deny; and ours is not systemd's to
 * replace, whatever it is told to reload. */
static void devices(const struct cg_limits *l, struct unit_props *p)
{
	struct json *list = json_array(p->arena);
	bool all = false;

	if (!l->has_devices)
		return;
	for (size_t i = 0; i < l->devices_n; i++) {
		const struct cg_device *d = &l->devices[i];

		if (is_all(d)) {
			list = json_array(p->arena);
			all = d->allow;
		} else if (d->allow && !all) {
			if (d->type != 'c')
				allow_kind(p, list, "block", d);
			if (d->type != 'b')
				allow_kind(p, list, "char", d);
		}
	}
	(void)unit_props_string(p, "DevicePolicy", all ? "auto" : "strict");
	(void)unit_props_add(p, "DeviceAllow", "a(ss)", list);
}

/* ---- what every unit is told ---- */

static void basics(const struct plan_want *w, const char *slice, struct unit_props *p)
{
	static const char *const accounts[] = { "MemoryAccounting", "CPUAccounting",
						"IOAccounting", "TasksAccounting" };

	(void)unit_props_string(p, "Description",
				arena_printf(p->arena, "caisson container %s", w->id));
	(void)unit_props_string(p, "Slice", slice);
	(void)unit_props_bool(p, "Delegate", true);
	(void)unit_props_bool(p, "DefaultDependencies", false);
	/* one that fails, as by the oom killer, is not to stand in its successor's way */
	(void)unit_props_string(p, "CollectMode", "inactive-or-failed");
	for (size_t i = 0; i < COUNT(accounts); i++)
		(void)unit_props_bool(p, accounts[i], true);
}

static int annotations(const struct spec *s, struct unit_props *p, struct err *e)
{
	for (size_t i = 0; i < s->annotations.n; i++) {
		const char *key = s->annotations.v[i].key;
		const char *name = str_after(key, ANNOTATION);
		struct err why = { 0 };

		if (name == NULL ||
		    unit_props_parse(p, name, s->annotations.v[i].value, &why) == 0)
			continue;
		return fail(e, ERR_SPEC, "annotations.%.100s: %s", key, why.text);
	}
	return 0;
}

/* ---- the unit ---- */

static int place(struct arena *a, const struct spec *s, const struct plan_want *w,
		 struct unit_place *out, struct err *e)
{
	const char *path = s->linux_.cgroups_path;
	const char *slice = w->systemd.user ? "user.slice" : "system.slice";
	struct err why = { 0 };
	int got;

	if (path == NULL || path[0] == '\0')
		got = unit_place_make(a, slice, "caisson", w->id, out, &why);
	else
		got = unit_place_parse(a, path, slice, out, &why);
	if (got == 0)
		return 0;
	(void)fail(e, ERR_SPEC, "linux.cgroupsPath: %.*s", (int)strcspn(why.text, "\n"),
		   why.text);
	if (err_hint(&why) != NULL)
		return hint(e, "%s", err_hint(&why));
	if (path == NULL || path[0] != '/')
		return -1;
	return hint(e, "a path is cgroupfs's form: tell the engine so, podman "
		       "--cgroup-manager=cgroupfs, SystemdCgroup = false for containerd");
}

static int check_host(const struct plan_want *w, struct err *e)
{
	if (w->systemd.program == NULL)
		return unit_no_program(e);
	if (w->systemd.bus != NULL)
		return 0;
	(void)fail(e, ERR_HOST, "systemd cgroup driver: expected a bus: found %s",
		   w->systemd.why);
	if (w->systemd.user)
		return hint(e, "log in as the user, or loginctl enable-linger and export "
			       "XDG_RUNTIME_DIR=/run/user/$UID; or use "
			       "--cgroup-manager=cgroupfs");
	return hint(e, "start dbus.socket, or use --cgroup-manager=cgroupfs");
}

int plan_unit_make(struct arena *a, const struct spec *s, const struct plan_want *w,
		   struct plan_cgroup *cg, struct err *e)
{
	struct unit_props props = { .arena = a };
	struct unit_place at;

	if (place(a, s, w, &at, e) < 0 || check_host(w, e) < 0)
		return -1;
	basics(w, at.slice, &props);
	if (annotations(s, &props, e) < 0)
		return -1;
	plan_unit_limits(&cg->limits, &props);
	devices(&cg->limits, &props);
	cg->path = at.path;
	cg->unit = (struct plan_unit){
		.name = at.name,
		.bus = w->systemd.bus,
		.user = w->systemd.user,
		.props = props.v,
		.props_n = props.n,
	};
	return 0;
}
