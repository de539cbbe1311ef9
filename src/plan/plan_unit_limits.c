/* SPDX-License-Identifier: Apache-2.0 */
/* plan_unit_limits.c - limits in systemd's words, as far as it has words for them. We write the
 * files as well: systemd is told so that it does not put its own back, at a daemon-reload for
 * one. */
#include <string.h>

#include "base/str.h"
#include "plan/plan.h"

#define PERIOD_US 100000 /* the kernel's default */
#define CPUS_MAX  8192

static void number(struct unit_props *p, const char *name, int64_t n)
{
	if (n != CG_KEEP)
		(void)unit_props_uint(p, name, n == CG_MAX ? UINT64_MAX : (uint64_t)n);
}

/* systemd takes no 0 here; what the kernel gets is ours to write. */
static void tasks(struct unit_props *p, int64_t n)
{
	number(p, "TasksMax", n == 0 ? 1 : n);
}

/* systemd keeps whole percents of a cpu: up, never down. */
static void quota(struct unit_props *p, int64_t quota_us, int64_t period_us)
{
	uint64_t period = period_us == CG_KEEP ? PERIOD_US : (uint64_t)period_us;
	uint64_t per_s;

	if (period_us != CG_KEEP)
		(void)unit_props_uint(p, "CPUQuotaPeriodUSec", period);
	if (quota_us == CG_KEEP || period == 0)
		return;
	if (quota_us == CG_MAX || (uint64_t)quota_us > UINT64_MAX / 1000000) {
		(void)unit_props_uint(p, "CPUQuotaPerSecUSec", UINT64_MAX);
		return;
	}
	per_s = (uint64_t)quota_us * 1000000 / period;
	(void)unit_props_uint(p, "CPUQuotaPerSecUSec", (per_s + 9999) / 10000 * 10000);
}

static void cpu(const struct cg_limits *l, struct unit_props *p)
{
	/* 0 is idle, since systemd 252 */
	if (l->cpu.idle == 1)
		unit_props_uint(p, "CPUWeight", 0)->optional = true;
	else
		number(p, "CPUWeight", l->cpu.weight);
	quota(p, l->cpu.quota_us, l->cpu.period_us);
}

/* One decimal number at *text. */
static bool index_of(const char **text, uint64_t *out)
{
	char digits[8];
	size_t n = strspn(*text, "0123456789");

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, *text, n);
	digits[n] = '\0';
	*text += n;
	return str_uint64(digits, CPUS_MAX - 1, out);
}

/* cpuset(7), "List format", without the strides that few write: "0-3,8". The number of bytes of
 * the mask, or 0. */
static size_t mask_of(const char *list, uint8_t mask[CPUS_MAX / 8])
{
	size_t bytes = 0;
	uint64_t from, to;

	for (;;) {
		list += strspn(list, " \n");
		if (!index_of(&list, &from))
			return 0;
		to = from;
		if (*list == '-' && (list++, !index_of(&list, &to) || to < from))
			return 0;
		for (uint64_t i = from; i <= to; i++)
			mask[i / 8] |= (uint8_t)(1U << i % 8);
		bytes = to / 8 + 1 > bytes ? to / 8 + 1 : bytes;
		list += strspn(list, " \n");
		if (*list == '\0')
			return bytes;
		if (*list++ != ',')
			return 0;
	}
}

/* What we cannot read is the kernel's to judge. */
static void set_of(struct unit_props *p, const char *name, const char *list)
{
	uint8_t mask[CPUS_MAX / 8] = { 0 };
	size_t n = list != NULL ? mask_of(list, mask) : 0;
	struct json *bytes = json_array(p->arena);

	for (size_t i = 0; i < n; i++)
		json_add(bytes, json_uint(p->arena, mask[i]));
	if (n > 0)
		(void)unit_props_add(p, name, "ay", bytes);
}

static struct json *device_pair(struct arena *a, int64_t major, int64_t minor, uint64_t n)
{
	struct json *one = json_array(a);

	json_add(one, json_string(a, arena_printf(a, "/dev/block/%lld:%lld", (long long)major,
						  (long long)minor)));
	json_add(one, json_uint(a, n));
	return one;
}

static void io_rates(const struct cg_limits *l, struct unit_props *p)
{
	static const struct {
		const char *key, *name;
	} kinds[] = {
		{ "rbps", "IOReadBandwidthMax" },
		{ "wbps", "IOWriteBandwidthMax" },
		{ "riops", "IOReadIOPSMax" },
		{ "wiops", "IOWriteIOPSMax" },
	};

	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct json *list = json_array(p->arena);

		for (size_t i = 0; i < l->io_n; i++)
			if (str_eq(l->io[i].key, kinds[k].key))
				json_add(list,
					 device_pair(p->arena, l->io[i].major, l->io[i].minor,
						     l->io[i].rate == 0 ? UINT64_MAX
									: l->io[i].rate));
		if (list->n > 0)
			(void)unit_props_add(p, kinds[k].name, "a(st)", list);
	}
}

static void io_weights(const struct cg_limits *l, struct unit_props *p)
{
	struct json *list = json_array(p->arena);

	for (size_t i = 0; i < l->io_weights_n; i++) {
		const struct cg_io_weight *w = &l->io_weights[i];

		if (w->major < 0)
			(void)unit_props_uint(p, "IOWeight", cg_io_weight(w->bfq));
		else
			json_add(list, device_pair(p->arena, w->major, w->minor,
						   cg_io_weight(w->bfq)));
	}
	if (list->n > 0)
		(void)unit_props_add(p, "IODeviceWeight", "a(st)", list);
}

/* ---- files named by the config itself ---- */

/* "max" or a number; anything else is left to the kernel. */
static bool limit_of(const char *text, int64_t *out)
{
	if (str_eq(text, "max"))
		*out = CG_MAX;
	else if (!str_int64(text, 0, INT64_MAX - 1, out))
		return false;
	return true;
}

static void unified_cpu_max(struct unit_props *p, const char *value)
{
	size_t n = strcspn(value, " ");
	int64_t quota_us, period_us = PERIOD_US;

	if (!limit_of(arena_strndup(p->arena, value, n), &quota_us) ||
	    (value[n] != '\0' && !str_int64(value + n + 1, 1, INT32_MAX, &period_us)))
		return;
	quota(p, quota_us, period_us);
}

static void unified_number(struct unit_props *p, const struct cg_pair *f)
{
	static const struct {
		const char *file, *name;
		bool optional;
	} words[] = {
		{ "memory.min", "MemoryMin", false },
		{ "memory.low", "MemoryLow", false },
		{ "memory.high", "MemoryHigh", false },
		{ "memory.max", "MemoryMax", false },
		{ "memory.swap.max", "MemorySwapMax", false },
		{ "memory.zswap.max", "MemoryZSwapMax", true }, /* systemd 253 */
		{ "cpu.weight", "CPUWeight", false },
		{ "pids.max", "TasksMax", false },
	};
	int64_t n;

	for (size_t i = 0; i < COUNT(words); i++) {
		if (!str_eq(f->key, words[i].file) || !limit_of(f->value, &n))
			continue;
		if (n == 0 && str_eq(f->key, "pids.max"))
			n = 1;
		unit_props_uint(p, words[i].name, n == CG_MAX ? UINT64_MAX : (uint64_t)n)
			->optional = words[i].optional;
	}
}

static void unified(const struct cg_limits *l, struct unit_props *p)
{
	for (size_t i = 0; i < l->unified_n; i++) {
		const struct cg_pair *f = &l->unified[i];

		unified_number(p, f);
		if (str_eq(f->key, "cpu.max"))
			unified_cpu_max(p, f->value);
		else if (str_eq(f->key, "cpu.idle") && str_eq(f->value, "1"))
			unit_props_uint(p, "CPUWeight", 0)->optional = true;
		else if (str_eq(f->key, "cpuset.cpus"))
			set_of(p, "AllowedCPUs", f->value);
		else if (str_eq(f->key, "cpuset.mems"))
			set_of(p, "AllowedMemoryNodes", f->value);
		else if (str_eq(f->key, "memory.oom.group") && str_eq(f->value, "1"))
			unit_props_string(p, "OOMPolicy", "kill")->optional = true; /* 253 */
	}
}

void plan_unit_limits(const struct cg_limits *l, struct unit_props *p)
{
	number(p, "MemoryLow", l->memory.low);
	number(p, "MemoryMax", l->memory.max);
	number(p, "MemorySwapMax", l->memory.swap_max);
	tasks(p, l->pids_max);
	cpu(l, p);
	set_of(p, "AllowedCPUs", l->cpus);
	set_of(p, "AllowedMemoryNodes", l->mems);
	io_rates(l, p);
	io_weights(l, p);
	unified(l, p);
}
