/* SPDX-License-Identifier: Apache-2.0 */
/* update.c - other limits for a container that is there. */
#include <stddef.h>
#include <string.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/str.h"
#include "run/life.h"
#include "run/resctrl.h"

/* OCI's swap is memory and swap together: where the update says no limit of memory, that of the
 * group holds. */
static void limit_for_swap(const struct cg *cg, struct spec_memory *m)
{
	struct cg_usage now;

	if (m->swap <= 0 || m->limit != SPEC_UNSET)
		return;
	cg_usage(cg, &now);
	if (now.memory_max > 0 && now.memory_max != CG_MAX)
		m->limit = now.memory_max;
}

/* systemd has quota and period as one: where the update says one of them, the other is what the
 * group has. */
static void complete_cpu(const struct cg *cg, struct cg_limits *l)
{
	autofree char *text = cg_text(cg, "cpu.max");
	char *period = text != NULL ? strchr(text, ' ') : NULL;
	int64_t n;

	if (period == NULL || (l->cpu.quota_us == CG_KEEP) == (l->cpu.period_us == CG_KEEP))
		return;
	*period++ = '\0';
	period[strcspn(period, "\n")] = '\0';
	if (l->cpu.quota_us == CG_KEEP)
		l->cpu.quota_us = str_int64(text, 1, INT64_MAX - 1, &n) ? n : CG_MAX;
	else if (str_int64(period, 1, INT32_MAX, &n))
		l->cpu.period_us = n;
}

struct unit_change {
	struct arena *arena;
	struct unit_call call;
};

static int tell_unit(void *arg, struct err *e)
{
	struct unit_change *c = arg;

	return unit_ask(c->arena, &c->call, e);
}

/* The kernel first, which is the one to refuse; then systemd, or all is taken back; and then
 * the kernel once more, for systemd writes what its words can say. */
static int put_in_unit(struct arena *a, struct cg *cg, const char *unit,
		       const struct cg_limits *l, struct err *e)
{
	struct unit_props props = { .arena = a };
	struct unit_change change = { a, { .op = UNIT_SET, .unit = unit } };
	struct cg_limits whole = *l;

	complete_cpu(cg, &whole);
	plan_unit_limits(&whole, &props);
	change.call.props = props.v;
	change.call.props_n = props.n;
	if (props.n == 0)
		return cg_update(cg, l, NULL, NULL, e);
	if (cg_update(cg, l, tell_unit, &change, e) < 0)
		return -1;
	return cg_limit(cg, &whole, e);
}

static int put_limits(struct arena *a, struct cg *cg, const char *unit,
		      struct spec_resources *r, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct cg_limits limits;

	limit_for_swap(cg, &r->memory);
	spec_check_memory(&r->memory, "memory", &bad);
	if (bad.n > 0)
		return fail(e, ERR_SPEC, "update: %s", bad.first->text);
	plan_limits(a, r, &limits);
	/* containerd repeats the rules of create; runc leaves them alone too */
	limits.has_devices = false;
	return unit != NULL ? put_in_unit(a, cg, unit, &limits, e)
			    : cg_update(cg, &limits, NULL, NULL, e);
}

/* The class first, for it takes one write to take it back. */
static int put_both(struct arena *a, const struct state *st, struct cg *cg,
		    struct spec_resources *r, const char *schemata, struct err *e)
{
	struct err ignored = { 0 };
	autofree char *before = NULL;
	autofd int root = -1;

	if (schemata == NULL)
		return put_limits(a, cg, st->unit, r, e);
	if (st->resctrl == NULL)
		return fail(e, ERR_STATE,
			    "update: expected a container with linux.intelRdt: %s has none",
			    st->id);
	root = resctrl_open(st->resctrl, e);
	if (root < 0 || resctrl_get(root, st->rdt_group, &before, e) < 0 ||
	    resctrl_put(root, st->rdt_group, schemata, e) < 0)
		return -1;
	if (put_limits(a, cg, st->unit, r, e) == 0)
		return 0;
	(void)!resctrl_put(root, st->rdt_group, before, &ignored);
	return -1;
}

static int update_locked(struct arena *a, const struct state *st, struct spec_resources *r,
			 const char *schemata, struct err *e)
{
	enum state_status now = state_now(st);
	autocg struct cg *cg = NULL;

	if (now == ST_STOPPED || now == ST_CREATING)
		return fail(e, ERR_STATE, "container not running: %s is %s", st->id,
			    state_status_names[now]);
	if (st->cgroup == NULL)
		return fail(e, ERR_STATE, "expected a cgroup of %s: it runs without one",
			    st->id);
	if (life_cgroup(st, &cg, e) < 0)
		return -1;
	return put_both(a, st, cg, r, schemata, e);
}

/* ---- what is told of it ---- */

/* What linux.resources calls them; a number that is unset is not told. */
#define NUMBER(member, key, type, unset)                                          \
	{                                                                         \
		key, offsetof(struct spec_resources, member), sizeof(type), unset \
	}
static const struct number {
	const char *key;
	size_t offset, size;
	int64_t unset;
} numbers[] = {
	NUMBER(memory.limit, "memory.limit", int64_t, SPEC_UNSET),
	NUMBER(memory.reservation, "memory.reservation", int64_t, SPEC_UNSET),
	NUMBER(memory.swap, "memory.swap", int64_t, SPEC_UNSET),
	NUMBER(cpu.shares, "cpu.shares", uint64_t, 0),
	NUMBER(cpu.quota, "cpu.quota", int64_t, SPEC_UNSET),
	NUMBER(cpu.period, "cpu.period", uint64_t, 0),
	NUMBER(cpu.burst, "cpu.burst", int64_t, SPEC_UNSET),
	NUMBER(cpu.idle, "cpu.idle", int64_t, SPEC_UNSET),
	NUMBER(pids_limit, "pids.limit", int64_t, SPEC_UNSET),
	NUMBER(block_io.weight, "blockIO.weight", uint16_t, 0),
};
#undef NUMBER

static int64_t number_in(const struct spec_resources *r, const struct number *n)
{
	const void *at = (const char *)r + n->offset;
	uint16_t small;
	int64_t big;

	if (n->size == sizeof(small)) {
		memcpy(&small, at, sizeof(small));
		return small;
	}
	memcpy(&big, at, sizeof(big));
	return big;
}

/* RFC 8785 knows only what a double holds. */
static struct json *number_json(struct arena *a, int64_t n)
{
	const bool fits = n >= -(INT64_C(1) << 53) && n <= INT64_C(1) << 53;

	return fits ? json_int(a, n) : json_string(a, arena_printf(a, "%lld", (long long)n));
}

static void set_text(struct arena *a, struct json *o, const char *key, const char *text)
{
	if (text != NULL)
		json_set(o, key, json_string(a, text));
}

static struct json *asked_of(struct arena *a, const struct spec_resources *r,
			     const char *schemata)
{
	struct json *o = json_object(a), *limits = json_object(a);

	for (size_t i = 0; i < COUNT(numbers); i++) {
		const int64_t n = number_in(r, &numbers[i]);

		if (n != numbers[i].unset)
			json_set(limits, numbers[i].key, number_json(a, n));
	}
	set_text(a, limits, "cpu.cpus", r->cpu.cpus);
	set_text(a, limits, "cpu.mems", r->cpu.mems);
	set_text(a, limits, "intelRdt.schemata", schemata);
	for (size_t i = 0; i < r->unified.n; i++)
		set_text(a, limits, arena_printf(a, "unified.%s", r->unified.v[i].key),
			 r->unified.v[i].value);
	json_set(o, "limits", limits);
	return o;
}

/* Two updates at once could each take back what the other wrote: so under the lock. */
int run_update(const struct run_options *o, const char *id, struct spec_resources *r,
	       const char *schemata, struct err *e)
{
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	const struct json *asked;
	struct audit_subject who;
	struct state st;
	int got;

	if (state_open(o->root, id, true, &d, e) < 0 || state_load(&a, &d, id, &st, e) < 0)
		return -1;
	asked = asked_of(&a, r, schemata); /* before the rest is filled in */
	got = update_locked(&a, &st, r, schemata, e);
	who = run_subject(&a, &st, NULL);
	run_audit(o, &a, AUDIT_UPDATE, &who,
		  &(struct audit_result){
			  .err = got < 0 ? e : NULL, .exit_code = -1, .asked = asked });
	return got;
}
