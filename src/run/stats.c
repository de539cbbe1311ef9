/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - what a container's group has used, as runc prints it: types/events.go of runc,
 * filled from cgroup v2 as its fs2 does. What Go's omitempty leaves out when it is 0 is left
 * out. */
#include <string.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/str.h"
#include "run/run_private.h"

#define NS_PER_US 1000

/* What the parts are made from. */
struct reading {
	struct arena *a;
	const struct cg *cg;
};

/* ---- reading ---- */

/* In the arena, or NULL. */
static const char *text_of(const struct reading *r, const char *file)
{
	autofree char *text = cg_text(r->cg, file);

	return text != NULL ? arena_strdup(r->a, text) : NULL;
}

/* The number at the start of a text; "max" is `max', and so is no text at all 0. */
static uint64_t number_in(const char *text, uint64_t max)
{
	char word[24] = "";
	uint64_t n = 0;
	size_t len;

	if (text == NULL)
		return 0;
	len = strcspn(text, " \n");
	if (len >= sizeof(word))
		return 0;
	memcpy(word, text, len);
	if (str_eq(word, "max"))
		return max;
	return str_uint64(word, UINT64_MAX, &n) ? n : 0;
}

/* The number behind a word: of "KEY N" lines, and of "key=N" with the sign as part of the key.
 */
static uint64_t number_after(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = text; at != NULL && (at = strstr(at, key)) != NULL; at += n)
		if (at == text || at[-1] == '\n' || at[-1] == ' ')
			return number_in(at + n, 0);
	return 0;
}

/* ---- writing ---- */

static void set(const struct reading *r, struct json *o, const char *key, uint64_t n)
{
	json_set(o, key, json_uint(r->a, n));
}

static void set_some(const struct reading *r, struct json *o, const char *key, uint64_t n)
{
	if (n != 0)
		set(r, o, key, n);
}

static void set_list(struct json *o, const char *key, struct json *list)
{
	if (list->n > 0)
		json_set(o, key, list);
}

/* ---- pressure: Documentation/accounting/psi.rst ---- */

/* "avg10=0.12" as the decimal that it is. */
static struct json *average(const struct reading *r, const char *line, const char *key)
{
	const char *at = strstr(line, key);
	size_t n = at != NULL ? strspn(at + strlen(key), "0123456789.") : 0;
	char *text;

	if (n == 0 || n > 16)
		return json_int(r->a, 0);
	text = arena_strndup(r->a, at + strlen(key), n);
	return text[0] != '.' && text[n - 1] != '.' ? json_decimal(r->a, text)
						    : json_int(r->a, 0);
}

static struct json *pressure_line(const struct reading *r, const char *text, const char *kind)
{
	struct json *o = json_object(r->a);
	const char *at = strstr(text, kind);
	const char *line = at != NULL ? arena_strndup(r->a, at, strcspn(at, "\n")) : "";

	json_set(o, "avg10", average(r, line, "avg10="));
	json_set(o, "avg60", average(r, line, "avg60="));
	json_set(o, "avg300", average(r, line, "avg300="));
	set(r, o, "total", number_after(line, "total="));
	return o;
}

static void set_pressure(const struct reading *r, struct json *to, const char *file)
{
	const char *text = text_of(r, file);
	struct json *o;

	if (text == NULL || text[0] == '\0')
		return;
	o = json_object(r->a);
	json_set(o, "some", pressure_line(r, text, "some "));
	json_set(o, "full", pressure_line(r, text, "full "));
	json_set(to, "psi", o);
}

/* ---- the controllers ---- */

static struct json *cpu(const struct reading *r)
{
	struct json *o = json_object(r->a), *usage = json_object(r->a);
	struct json *throttling = json_object(r->a);
	const char *text = text_of(r, "cpu.stat");

	set_some(r, usage, "total", number_after(text, "usage_usec ") * NS_PER_US);
	set(r, usage, "kernel", number_after(text, "system_usec ") * NS_PER_US);
	set(r, usage, "user", number_after(text, "user_usec ") * NS_PER_US);
	set_some(r, throttling, "periods", number_after(text, "nr_periods "));
	set_some(r, throttling, "throttledPeriods", number_after(text, "nr_throttled "));
	set_some(r, throttling, "throttledTime",
		 number_after(text, "throttled_usec ") * NS_PER_US);
	json_set(o, "usage", usage);
	json_set(o, "throttling", throttling);
	set_pressure(r, o, "cpu.pressure");
	return o;
}

/* Of cgroup v1; fs2 leaves it empty. */
static struct json *cpuset(const struct reading *r)
{
	static const char *const keys[] = {
		"cpu_exclusive",   "mem_hardwall",       "mem_exclusive",
		"memory_migrate",  "memory_spread_page", "memory_spread_slab",
		"memory_pressure", "sched_load_balance", "sched_relax_domain_level",
	};
	struct json *o = json_object(r->a);

	for (size_t i = 0; i < COUNT(keys); i++)
		set(r, o, keys[i], 0);
	return o;
}

struct amount {
	uint64_t limit, usage, max, failures;
};

static struct json *amount_json(const struct reading *r, const struct amount *m)
{
	struct json *o = json_object(r->a);

	set(r, o, "limit", m->limit);
	set_some(r, o, "usage", m->usage);
	set_some(r, o, "max", m->max);
	set(r, o, "failcnt", m->failures);
	return o;
}

/* cgroup v1's number is that of memory and swap together, and so is the field. */
static struct amount with_memory(struct amount swap, const struct amount *memory)
{
	swap.usage += memory->usage;
	if (swap.limit != UINT64_MAX && memory->limit != UINT64_MAX)
		swap.limit += memory->limit;
	else
		swap.limit = UINT64_MAX;
	return swap;
}

/* memory.stat whole: "KEY N" lines. */
static struct json *raw(const struct reading *r, const char *text)
{
	struct json *o = json_object(r->a);

	while (text != NULL && *text != '\0') {
		size_t key = strcspn(text, " \n");

		if (text[key] == ' ')
			set(r, o, arena_strndup(r->a, text, key), number_in(text + key + 1, 0));
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return o;
}

static struct json *memory(const struct reading *r)
{
	const char *stat = text_of(r, "memory.stat");
	const struct amount main = {
		.limit = number_in(text_of(r, "memory.max"), UINT64_MAX),
		.usage = number_in(text_of(r, "memory.current"), 0),
		.max = number_in(text_of(r, "memory.peak"), 0),
		.failures = number_after(text_of(r, "memory.events"), "max "),
	};
	const struct amount swap = with_memory(
		(struct amount){
			.limit = number_in(text_of(r, "memory.swap.max"), UINT64_MAX),
			.usage = number_in(text_of(r, "memory.swap.current"), 0),
			.failures = number_after(text_of(r, "memory.swap.events"), "fail "),
		},
		&main);
	const struct amount none = { 0 };
	struct json *o = json_object(r->a);

	set_some(r, o, "cache", number_after(stat, "file "));
	json_set(o, "usage", amount_json(r, &main));
	json_set(o, "swap", amount_json(r, &swap));
	json_set(o, "kernel", amount_json(r, &none));
	json_set(o, "kernelTCP", amount_json(r, &none));
	set_list(o, "raw", raw(r, stat));
	set_pressure(r, o, "memory.pressure");
	return o;
}

/* No limit is 0, which is left out. */
static struct json *pids(const struct reading *r)
{
	struct json *o = json_object(r->a);

	set_some(r, o, "current", number_in(text_of(r, "pids.current"), 0));
	set_some(r, o, "limit", number_in(text_of(r, "pids.max"), 0));
	return o;
}

/* A line of io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...". */
static void add_io(const struct reading *r, struct json *to, const char *line, const char *key,
		   const char *op)
{
	struct json *o = json_object(r->a);
	const char *colon = strchr(line, ':');

	if (colon == NULL)
		return;
	set_some(r, o, "major",
		 number_in(arena_strndup(r->a, line, (size_t)(colon - line)), 0));
	set_some(r, o, "minor", number_in(colon + 1, 0));
	json_set(o, "op", json_string(r->a, op));
	set_some(r, o, "value", number_after(line, key));
	json_add(to, o);
}

static struct json *blkio(const struct reading *r)
{
	struct json *o = json_object(r->a);
	struct json *bytes = json_array(r->a), *counts = json_array(r->a);
	const char *text = text_of(r, "io.stat");

	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, "\n");
		const char *line = arena_strndup(r->a, text, n);

		add_io(r, bytes, line, "rbytes=", "Read");
		add_io(r, bytes, line, "wbytes=", "Write");
		add_io(r, counts, line, "rios=", "Read");
		add_io(r, counts, line, "wios=", "Write");
		text += n + (text[n] == '\n');
	}
	set_list(o, "ioServiceBytesRecursive", bytes);
	set_list(o, "ioServicedRecursive", counts);
	set_pressure(r, o, "io.pressure");
	return o;
}

struct huge {
	const struct reading *r;
	struct json *o;
};

static void one_hugetlb(void *ctx, const char *size)
{
	const struct huge *h = ctx;
	const struct reading *r = h->r;
	struct json *o = json_object(r->a);
	const char *current = arena_printf(r->a, "hugetlb.%s.current", size);
	const char *events = arena_printf(r->a, "hugetlb.%s.events", size);

	set_some(r, o, "usage", number_in(text_of(r, current), 0));
	set(r, o, "failcnt", number_after(text_of(r, events), "max "));
	json_set(h->o, arena_strdup(r->a, size), o);
}

struct json *stats_json(struct arena *a, const struct cg *cg)
{
	const struct reading r = { a, cg };
	struct huge h = { &r, json_object(a) };
	struct json *o = json_object(a);

	json_set(o, "cpu", cpu(&r));
	json_set(o, "cpuset", cpuset(&r));
	json_set(o, "memory", memory(&r));
	json_set(o, "pids", pids(&r));
	json_set(o, "blkio", blkio(&r));
	cg_each_hugetlb(cg, one_hugetlb, &h);
	json_set(o, "hugetlb", h.o);
	json_set(o, "intel_rdt", json_object(a));
	json_set(o, "network_interfaces", json_array(a));
	return o;
}
