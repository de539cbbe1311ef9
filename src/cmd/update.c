/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd/launch.h"

struct update_options {
	const char *resources;
	const char *memory, *memory_reservation, *memory_swap, *kernel_memory,
		*kernel_memory_tcp;
	const char *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_idle;
	const char *cpu_rt_period, *cpu_rt_runtime, *cpuset_cpus, *cpuset_mems;
	const char *pids_limit, *blkio_weight;
	const char *l3_cache_schema, *mem_bw_schema;
};

#define UPDATE_OPT(member, name, letter, arg, help) \
	OPT(struct update_options, member, name, letter, OPT_STRING, arg, help)

/* clang-format off */
static const struct opt options[] = {
	UPDATE_OPT(resources, "resources", 'r', "FILE",
		   "read the limits from this file, - for stdin, in the form of linux.resources"),
	UPDATE_OPT(memory, "memory", 0, "BYTES", "memory limit; -1 for none; b, k, m, g may follow"),
	UPDATE_OPT(memory_reservation, "memory-reservation", 0, "BYTES", "memory that is protected"),
	UPDATE_OPT(memory_swap, "memory-swap", 0, "BYTES", "limit of memory and swap together; -1 for none"),
	UPDATE_OPT(pids_limit, "pids-limit", 0, "N", "limit of processes; -1 for none"),
	UPDATE_OPT(cpu_quota, "cpu-quota", 0, "US", "cpu time in each period; -1 for no limit"),
	UPDATE_OPT(cpu_period, "cpu-period", 0, "US", "length of that period"),
	UPDATE_OPT(cpu_burst, "cpu-burst", 0, "US", "cpu time that may be saved up"),
	UPDATE_OPT(cpu_share, "cpu-share", 0, "N", "weight against other containers, 2 to 262144"),
	UPDATE_OPT(cpu_idle, "cpu-idle", 0, "N", "1: run only when nobody else wants to; 0"),
	UPDATE_OPT(cpuset_cpus, "cpuset-cpus", 0, "LIST", "processors, such as 0-3,7"),
	UPDATE_OPT(cpuset_mems, "cpuset-mems", 0, "LIST", "memory nodes"),
	UPDATE_OPT(blkio_weight, "blkio-weight", 0, "N", "I/O weight, 10 to 1000"),
	UPDATE_OPT(cpu_rt_period, "cpu-rt-period", 0, "US", "refused: cgroup v2 has no such limit"),
	UPDATE_OPT(cpu_rt_runtime, "cpu-rt-runtime", 0, "US", "refused: cgroup v2 has no such limit"),
	UPDATE_OPT(kernel_memory, "kernel-memory", 0, "BYTES", "refused: cgroup v2 has no such limit"),
	UPDATE_OPT(kernel_memory_tcp, "kernel-memory-tcp", 0, "BYTES", "refused: cgroup v2 has no such limit"),
	UPDATE_OPT(l3_cache_schema, "l3-cache-schema", 0, "TEXT", "Intel RDT: schema of the cache, as L3:0=f;1=f0"),
	UPDATE_OPT(mem_bw_schema, "mem-bw-schema", 0, "TEXT", "Intel RDT: schema of memory bandwidth, as MB:0=20"),
	OPT_END,
};

enum form { NUMBER, BYTES, TEXT };

/* The words become the object that a file would hold, so that one reader judges both. */
static const struct {
	size_t offset;
	const char *option, *object, *key;
	enum form form;
} rows[] = {
#define ROW(member, option, object, key, form) \
	{ offsetof(struct update_options, member), option, object, key, form }
	ROW(memory, "memory", "memory", "limit", BYTES),
	ROW(memory_reservation, "memory-reservation", "memory", "reservation", BYTES),
	ROW(memory_swap, "memory-swap", "memory", "swap", BYTES),
	ROW(kernel_memory, "kernel-memory", "memory", "kernel", BYTES),
	ROW(kernel_memory_tcp, "kernel-memory-tcp", "memory", "kernelTCP", BYTES),
	ROW(cpu_share, "cpu-share", "cpu", "shares", NUMBER),
	ROW(cpu_quota, "cpu-quota", "cpu", "quota", NUMBER),
	ROW(cpu_period, "cpu-period", "cpu", "period", NUMBER),
	ROW(cpu_burst, "cpu-burst", "cpu", "burst", NUMBER),
	ROW(cpu_idle, "cpu-idle", "cpu", "idle", NUMBER),
	ROW(cpu_rt_period, "cpu-rt-period", "cpu", "realtimePeriod", NUMBER),
	ROW(cpu_rt_runtime, "cpu-rt-runtime", "cpu", "realtimeRuntime", NUMBER),
	ROW(cpuset_cpus, "cpuset-cpus", "cpu", "cpus", TEXT),
	ROW(cpuset_mems, "cpuset-mems", "cpu", "mems", TEXT),
	ROW(pids_limit, "pids-limit", "pids", "limit", NUMBER),
	ROW(blkio_weight, "blkio-weight", "blockIO", "weight", NUMBER),
#undef ROW
};
/* clang-format on */

/* "", "b", "k", "kb", "kib" and so on: the power of two, or -1. */
static int shift_of(const char *unit)
{
	static const char units[] = "bkmgtp";
	const char *at = unit[0] != '\0' ? strchr(units, unit[0]) : units;

	if (at == NULL)
		return -1;
	if (unit[0] != '\0' && unit[1] != '\0' &&
	    (at == units || !(str_eq(unit + 1, "b") || str_eq(unit + 1, "ib"))))
		return -1;
	return (int)(10 * (at - units));
}

/* ".5" of a unit, in bytes; what does not matter any more is cut off. */
static bool read_fraction(const char *text, int shift, int64_t *out)
{
	int64_t digits = 0, scale = 1;

	*out = 0;
	if (text[0] == '\0')
		return true;
	if (shift == 0 || text[1] == '\0' || text[1 + strspn(text + 1, "0123456789")] != '\0')
		return false;
	for (const char *c = text + 1; *c != '\0' && scale < 1000; c++, scale *= 10)
		digits = digits * 10 + (*c - '0');
	*out = (digits << shift) / scale;
	return true;
}

/* "64m", "64M", "64mb", "64 MiB", "1.5g": runc's users write all of them, and mean powers of
 * 1024. */
static bool read_bytes(const char *text, int64_t *out)
{
	const size_t digits = strspn(text, "-0123456789");
	const size_t n =
		digits +
		(text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0);
	const char *rest = text + n + (n > 0 && text[n] == ' ' ? 1 : 0);
	char number[24] = "", fraction[24] = "", unit[4] = "";
	int64_t part;
	int shift;

	if (digits == 0 || digits >= sizeof(number) || n - digits >= sizeof(fraction) ||
	    strlen(rest) >= sizeof(unit) || (rest > text + n && rest[0] == '\0'))
		return false;
	memcpy(number, text, digits);
	memcpy(fraction, text + digits, n - digits);
	memcpy(unit, rest, strlen(rest));
	str_lower(unit);
	shift = shift_of(unit);
	if (shift < 0 || !str_int64(number, -1, INT64_MAX, out) ||
	    !read_fraction(fraction, shift, &part))
		return false;
	if (*out < 0)
		return n == digits && unit[0] == '\0';
	return !__builtin_mul_overflow(*out, INT64_C(1) << shift, out) &&
	       !__builtin_add_overflow(*out, part, out);
}

static struct json *value_of(struct arena *a, enum form form, const char *text)
{
	int64_t n;

	if (form == TEXT)
		return json_string(a, text);
	if (form == BYTES ? read_bytes(text, &n)
			  : str_int64(text, INT64_MIN + 1, INT64_MAX, &n))
		return json_int(a, n);
	return NULL;
}

static int object_of_words(struct arena *a, const struct update_options *o, struct json **out,
			   struct err *e)
{
	struct json *doc = json_object(a);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text =
			*(const char *const *)(const void *)((const char *)o + rows[i].offset);
		struct json *at = json_get(doc, rows[i].object), *v;

		if (text == NULL)
			continue;
		v = value_of(a, rows[i].form, text);
		if (v == NULL)
			return fail(e, ERR_USAGE,
				    "update: --%s: expected a number%s: found \"%s\"",
				    rows[i].option, rows[i].form == BYTES ? " of bytes" : "",
				    text);
		if (at == NULL) {
			at = json_object(a);
			json_set(doc, rows[i].object, at);
		}
		json_set(at, rows[i].key, v);
	}
	*out = doc;
	return 0;
}

static int object_of_file(struct arena *a, const char *path, struct json **out, struct err *e)
{
	const char *what = str_eq(path, "-") ? "--resources" : path;
	autofree char *text = NULL;
	size_t len;
	int got = str_eq(path, "-") ? file_read_fd(STDIN_FILENO, JSON_MAX, what, &text, &len, e)
				    : file_read_given(path, JSON_MAX, what, &text, &len, e);

	if (got < 0)
		return -1;
	return json_parse(a, what, text, len, out, e);
}

static int read_limits(struct arena *a, const struct update_options *o,
		       struct spec_resources *r, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct json *doc = NULL;
	struct jat at;

	if ((o->resources != NULL ? object_of_file(a, o->resources, &doc, e)
				  : object_of_words(a, o, &doc, e)) < 0 ||
	    doc == NULL)
		return -1;
	at = j_root(doc, &bad);
	if (doc->kind != JSON_OBJECT)
		j_bad(&at, "object");
	spec_read_resources(a, &at, r);
	return bad.n > 0 ? fail(e, ERR_SPEC, "update: %s", bad.first->text) : 0;
}

static int read_schemata(struct arena *a, const struct update_options *o, const char **out,
			 struct err *e)
{
	const struct spec_intel_rdt rdt = { .l3_cache_schema = o->l3_cache_schema,
					    .mem_bw_schema = o->mem_bw_schema };

	if (o->mem_bw_schema != NULL && str_after(o->mem_bw_schema, "MB:") == NULL)
		return fail(e, ERR_USAGE,
			    "update: --mem-bw-schema: expected MB:...: found \"%s\"",
			    o->mem_bw_schema);
	*out = plan_schemata(a, &rdt);
	return 0;
}

static int update_main(const struct call *c, struct err *e)
{
	struct spec_resources *r = arena_new(c->arena, struct spec_resources);
	autolaunch struct launch l = LAUNCH_NONE;
	const char *schemata = NULL;

	if (read_limits(c->arena, c->options, r, e) < 0 ||
	    read_schemata(c->arena, c->options, &schemata, e) < 0 ||
	    launch_about(c, true, &l, e) < 0)
		return -1;
	return run_update(&l.run, c->args[0], r, schemata, e);
}

const struct command cmd_update = {
	.name = "update",
	.args = "ID",
	.help = "change the limits of a container that is there; the others stay",
	.options = options,
	.options_size = sizeof(struct update_options),
	.args_min = 1,
	.args_max = 1,
	.run = update_main,
};
