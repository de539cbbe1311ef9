/* SPDX-License-Identifier: Apache-2.0 */
/* plan_nodev.c - device rules where no cgroup is there to hold them (podman
 * --cgroups=disabled): mounts that open no device, and a process that makes none, hold as much
 * of them as is all or nothing of a device; the rest is refused. */
#include <linux/capability.h>
#include <linux/mount.h>
#include <string.h>

#include "base/str.h"
#include "plan/plan.h"

#define NO_FILTER "for no cgroup holds the rules: --cgroup-manager=disabled"

static bool matches(const struct cg_device *rule, const struct plan_device *d)
{
	return (rule->type == 'a' || rule->type == d->type) &&
	       (rule->major == -1 || rule->major == d->major) &&
	       (rule->minor == -1 || rule->minor == d->minor);
}

/* Reading and writing, by the last rules that say something of either. */
static bool may_all(const struct cg_limits *l, const struct plan_device *d)
{
	bool may_read = false, may_write = false;

	for (size_t i = 0; i < l->devices_n; i++) {
		const struct cg_device *rule = &l->devices[i];

		if (!matches(rule, d))
			continue;
		if (rule->read)
			may_read = rule->allow;
		if (rule->write)
			may_write = rule->allow;
	}
	return may_read && may_write;
}

static int check_nodes(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->devices_n; i++) {
		const struct plan_device *d = &p->devices[i];

		if (d->type == 'p')
			continue;
		if (str_after(d->path, "/dev/") == NULL)
			return fail(e, ERR_HOST,
				    "linux.devices: expected a path in /dev, " NO_FILTER
				    ": found \"%s\"",
				    d->path);
		if (may_all(&p->cgroup.limits, d))
			continue;
		(void)fail(e, ERR_HOST,
			   "linux.resources.devices: expected %s to be allowed "
			   "whole, " NO_FILTER,
			   d->path);
		return hint(e, "allow both reading and writing, or take the device out");
	}
	return 0;
}

static bool is_dev(const struct plan_mount *m)
{
	return m->kind == PM_FS && str_eq(m->type, "tmpfs") && str_eq(m->destination, "/dev");
}

/* Our nodes are in the one, terminals are nodes of the other. */
static bool holds_nodes(const struct plan_mount *m)
{
	return is_dev(m) || (m->kind == PM_FS && str_eq(m->type, "devpts"));
}

static bool has_dev(const struct plan *p)
{
	for (size_t i = 0; i < p->mounts_n; i++)
		if (is_dev(&p->mounts[i]))
			return true;
	return false;
}

static int check_walls(const struct plan *p, struct err *e)
{
	if (!p->ns.new_mount || !has_dev(p))
		return fail(e, ERR_HOST,
			    "linux.resources.devices: expected a tmpfs of the container's own "
			    "on /dev, " NO_FILTER);
	if ((p->process.creds.caps.bounding >> CAP_MKNOD & 1) != 0) {
		(void)fail(e, ERR_HOST,
			   "linux.resources.devices: expected no CAP_MKNOD, " NO_FILTER);
		return hint(e, "take it out of the bounding set: podman --cap-drop mknod");
	}
	return check_nodes(p, e);
}

static void close_mount(struct plan_mount *m)
{
	m->attr_clr &= ~(uint64_t)MOUNT_ATTR_NODEV;
	m->rec_attr_clr &= ~(uint64_t)MOUNT_ATTR_NODEV;
	m->attr_set |= MOUNT_ATTR_NODEV;
	if (m->kind == PM_BIND && m->recursive)
		m->rec_attr_set |= MOUNT_ATTR_NODEV;
}

int plan_no_device_filter(struct arena *a, struct plan *p, struct err *e)
{
	struct plan_mount *mounts = arena_array(a, p->mounts_n, sizeof(*mounts));

	if (!p->cgroup.limits.has_devices)
		return 0;
	if (check_walls(p, e) < 0)
		return -1;
	for (size_t i = 0; i < p->mounts_n; i++) {
		mounts[i] = p->mounts[i];
		if (!holds_nodes(&mounts[i]))
			close_mount(&mounts[i]);
	}
	p->mounts = mounts;
	p->root.nodev = true;
	p->cgroup.limits.has_devices = false;
	p->cgroup.limits.devices_n = 0;
	return 0;
}
