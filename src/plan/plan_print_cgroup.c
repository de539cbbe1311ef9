/* SPDX-License-Identifier: Apache-2.0 */
/* plan_print_cgroup.c - the cgroup as text: file and value, as cgroup-v2.rst has them. */
#include <inttypes.h>

#include "plan/plan_text.h"

static void number(struct text *t, const char *file, int64_t value)
{
	if (value == CG_MAX)
		text_add(t, "  %s = max\n", file);
	else if (value != CG_KEEP)
		text_add(t, "  %s = %" PRId64 "\n", file, value);
}

static void cpu_max(struct text *t, int64_t quota, int64_t period)
{
	if (quota == CG_KEEP && period == CG_KEEP)
		return;
	text_add(t, "  cpu.max = ");
	if (quota == CG_KEEP || quota == CG_MAX)
		text_add(t, "max");
	else
		text_add(t, "%" PRId64, quota);
	if (period != CG_KEEP)
		text_add(t, " %" PRId64, period);
	text_add(t, "\n");
}

static void pair(struct text *t, const char *file, const char *value)
{
	if (value == NULL)
		return;
	text_add(t, "  ");
	text_word(t, file);
	text_add(t, " = ");
	text_word(t, value);
	text_add(t, "\n");
}

static void numbers(struct text *t, const struct cg_limits *l)
{
	number(t, "memory.low", l->memory.low);
	number(t, "memory.max", l->memory.max);
	number(t, "memory.swap.max", l->memory.swap_max);
	if (l->check_before_update)
		text_add(t, "  memory: checked before each update\n");
	number(t, "pids.max", l->pids_max);
	number(t, "cpu.idle", l->cpu.idle);
	if (l->cpu.idle != 1) /* then the weight is not written */
		number(t, "cpu.weight", l->cpu.weight);
	cpu_max(t, l->cpu.quota_us, l->cpu.period_us);
	number(t, "cpu.max.burst", l->cpu.burst_us);
	pair(t, "cpuset.cpus", l->cpus);
	pair(t, "cpuset.mems", l->mems);
}

/* A rate of 0 is no limit. The weight is io.bfq.weight's; without bfq, io.weight is made
 * from it. */
static void io(struct text *t, const struct cg_limits *l)
{
	for (size_t i = 0; i < l->io_n; i++) {
		const struct cg_io_limit *x = &l->io[i];

		text_add(t, "  io.max = %" PRId64 ":%" PRId64 " %s=", x->major, x->minor,
			 x->key);
		if (x->rate == 0)
			text_add(t, "max\n");
		else
			text_add(t, "%" PRIu64 "\n", x->rate);
	}
	for (size_t i = 0; i < l->io_weights_n; i++) {
		const struct cg_io_weight *x = &l->io_weights[i];

		text_add(t, "  io.bfq.weight = ");
		if (x->major < 0)
			text_add(t, "default");
		else
			text_add(t, "%" PRId64 ":%" PRId64, x->major, x->minor);
		text_add(t, " %u\n", x->bfq);
	}
}

static void count(struct text *t, const char *key, int64_t n)
{
	if (n == CG_MAX)
		text_add(t, " %s=max", key);
	else if (n != CG_KEEP)
		text_add(t, " %s=%" PRId64, key, n);
}

static void rest(struct text *t, const struct cg_limits *l)
{
	for (size_t i = 0; i < l->hugetlb_n; i++) {
		text_add(t, "  hugetlb.");
		text_word(t, l->hugetlb[i].size);
		text_add(t, ".max, .rsvd.max = %" PRIu64 "\n", l->hugetlb[i].max);
	}
	for (size_t i = 0; i < l->rdma_n; i++) {
		text_add(t, "  rdma.max = ");
		text_word(t, l->rdma[i].device);
		count(t, "hca_handle", l->rdma[i].handles);
		count(t, "hca_object", l->rdma[i].objects);
		text_add(t, "\n");
	}
}

static void device_number(struct text *t, const char *before, int64_t n)
{
	if (n < 0)
		text_add(t, "%s*", before);
	else
		text_add(t, "%s%" PRId64, before, n);
}

static void devices(struct text *t, const struct cg_limits *l)
{
	if (!l->has_devices)
		return;
	for (size_t i = 0; i < l->devices_n; i++) {
		const struct cg_device *d = &l->devices[i];

		text_add(t, "  devices: %s %c", d->allow ? "allow" : "deny", d->type);
		device_number(t, " ", d->major);
		device_number(t, ":", d->minor);
		text_add(t, " %s%s%s\n", d->read ? "r" : "", d->write ? "w" : "",
			 d->mknod ? "m" : "");
	}
}

static void controllers(struct text *t, unsigned need)
{
	const char *before = "";

	text_add(t, "  controllers: %s", need == 0 ? "none" : "");
	for (size_t i = 0; i < COUNT(cg_controller_names); i++) {
		if ((need >> i & 1) == 0)
			continue;
		text_add(t, "%s%s", before, cg_controller_names[i]);
		before = ", ";
	}
	text_add(t, "\n");
}

static void value(struct text *t, const struct json *v)
{
	if (v->kind == JSON_STRING)
		text_word(t, v->text);
	else if (v->kind == JSON_ARRAY)
		text_add(t, "(");
	else
		text_add(t, "%s", v->kind == JSON_NUMBER ? v->text : v->truth ? "yes" : "no");
	for (const struct json *it = v->first; it != NULL; it = it->next) {
		value(t, it);
		text_add(t, it->next != NULL ? " " : "");
	}
	if (v->kind == JSON_ARRAY)
		text_add(t, ")");
}

/* Each property as caisson-systemd gets it: D-Bus signature and value. */
static void unit(struct text *t, const struct plan_unit *u)
{
	if (u->name == NULL)
		return;
	text_field(t, "unit", u->name);
	text_field(t, "manager", u->user ? "user" : "system");
	for (size_t i = 0; i < u->props_n; i++) {
		const struct unit_prop *p = &u->props[i];

		text_add(t, "  property: %s = %s ", p->name, p->type);
		value(t, p->value);
		text_add(t, "%s\n", p->optional ? ", if it is known" : "");
	}
}

void plan_print_cgroup(struct text *t, const struct plan *p)
{
	const struct cg_limits *l = &p->cgroup.limits;

	text_add(t, "cgroup\n");
	if (!p->cgroup.enabled) {
		text_add(t, "  disabled\n");
		return;
	}
	text_field(t, "path", p->cgroup.path);
	unit(t, &p->cgroup.unit);
	controllers(t, p->cgroup.need);
	if (p->cgroup.optional)
		text_add(t, "  if it cannot be made: the caller's group\n");
	if (p->cgroup.delegate)
		text_add(t, "  owner: the container's root\n");
	numbers(t, l);
	io(t, l);
	rest(t, l);
	devices(t, l);
	for (size_t i = 0; i < l->unified_n; i++)
		pair(t, l->unified[i].key, l->unified[i].value);
}
