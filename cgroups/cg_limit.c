/* SPDX-License-Identifier: Apache-2.0 */
/* Values to control files: cgroup-v2.rst, "Controllers". */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cg_private.h"

#define CPU_LEAST_US 1000 /* the kernel takes no smaller quota */

static int put_number(const struct cg *cg, const char *file, int64_t value, struct err *e)
{
	char text[24] = "max";

	if (value == CG_KEEP)
		return 0;
	if (value != CG_MAX)
		(void)snprintf(text, sizeof(text), "%" PRId64, value);
	return cg_put(cg, file, text, e);
}

/* The number in a file; -1 for "max", or when there is none. */
static int64_t number_now(const struct cg *cg, const char *file)
{
	char text[32];
	int64_t n;

	if (file_peek_at(cg->dir, file, text, sizeof(text)) < 0 ||
	    !str_int64(text, 0, INT64_MAX, &n))
		return -1;
	return n;
}

/* A kernel without swap accounting has no memory.swap.max; "none" and "no limit" are what
 * such a group has anyway, or nobody can give it. */
static int put_swap(const struct cg *cg, int64_t value, struct err *e)
{
	if ((value == 0 || value == CG_MAX) &&
	    faccessat(cg->dir, "memory.swap.max", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return 0;
	return put_number(cg, "memory.swap.max", value, e);
}

/* runc's words, "rejecting memory limit", which callers' tests look for. */
static int check_memory(const struct cg *cg, int64_t max, int64_t swap_max, struct err *e)
{
	const bool both = swap_max >= 0 && swap_max < CG_MAX - max;
	const int64_t used = number_now(cg, "memory.current");
	const int64_t limit = both ? max + swap_max : max;

	if (used <= max)
		return 0;
	return fail(e, ERR_STATE,
		    "cgroup %s: rejecting memory%s limit %" PRId64
		    ": memory.current is %" PRId64,
		    cg->path, both && used > limit ? "+swap" : "",
		    both && used > limit ? limit : max, used);
}

static int put_memory(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	if (l->check_before_update && l->memory.max != CG_KEEP &&
	    check_memory(cg, l->memory.max, l->memory.swap_max, e) < 0)
		return -1;
	if (put_number(cg, "memory.low", l->memory.low, e) < 0 ||
	    put_number(cg, "memory.max", l->memory.max, e) < 0)
		return -1;
	return put_swap(cg, l->memory.swap_max, e);
}

/* "QUOTA PERIOD"; the kernel keeps a period that is left out, but not a quota. */
static int put_cpu_max(const struct cg *cg, int64_t quota, int64_t period, struct err *e)
{
	char text[64] = "max", now[48];
	struct sbuf b = SBUF(text);

	if (quota == CG_KEEP && period == CG_KEEP)
		return 0;
	if (quota == CG_KEEP && file_peek_at(cg->dir, "cpu.max", now, sizeof(now)) > 0)
		sbuf_add(&b, "%.*s", (int)strcspn(now, " "), now);
	else if (quota == CG_KEEP || quota == CG_MAX)
		sbuf_add(&b, "max");
	else
		sbuf_add(&b, "%" PRId64, quota);
	if (period != CG_KEEP)
		sbuf_add(&b, " %" PRId64, period);
	return cg_put(cg, "cpu.max", text, e);
}

bool cg_cpu_max(const struct cg *cg, int64_t *quota_us, int64_t *period_us)
{
	char text[48], *end;

	if (file_peek_at(cg->dir, "cpu.max", text, sizeof(text)) < 0)
		return false;
	*quota_us = strtoll(text, &end, 10);
	if (end == text) { /* "max" */
		*quota_us = CG_MAX;
		end += strcspn(text, " ");
	}
	*period_us = strtoll(end, NULL, 10);
	return *period_us > 0;
}

int cg_throttle(const struct cg *cg, unsigned percent, struct err *e)
{
	int64_t quota, period;

	if (!cg_cpu_max(cg, &quota, &period))
		return fail(e, ERR_HOST,
			    "cgroup %s: cpu.max: expected the cpu controller: found none",
			    cg->path);
	if (quota == CG_MAX)
		quota = period;
	quota = quota / 100 * percent;
	return put_cpu_max(cg, quota > CPU_LEAST_US ? quota : CPU_LEAST_US, period, e);
}

/* Burst may never be above quota, on the way neither: what goes down goes first. */
static int put_cpu_bandwidth(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	int64_t burst = l->cpu.burst_us;
	bool down = burst != CG_KEEP && burst < number_now(cg, "cpu.max.burst");

	if (down && put_number(cg, "cpu.max.burst", burst, e) < 0)
		return -1;
	if (put_cpu_max(cg, l->cpu.quota_us, l->cpu.period_us, e) < 0)
		return -1;
	return down ? 0 : put_number(cg, "cpu.max.burst", burst, e);
}

/* cpu.weight is fixed, and means nothing, while cpu.idle is 1 (sched_group_set_shares): who
 * asks for a weight alone asks for no idle group any more, as systemd has it. */
static int wake(const struct cg *cg, struct err *e)
{
	return number_now(cg, "cpu.idle") == 1 ? put_number(cg, "cpu.idle", 0, e) : 0;
}

static int put_cpu(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	if (put_number(cg, "cpu.idle", l->cpu.idle, e) < 0)
		return -1;
	if (l->cpu.weight != CG_KEEP && l->cpu.idle != 1 &&
	    (wake(cg, e) < 0 || put_number(cg, "cpu.weight", l->cpu.weight, e) < 0))
		return -1;
	return put_cpu_bandwidth(cg, l, e);
}

static int put_cpuset(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	if (l->cpus != NULL && cg_put(cg, "cpuset.cpus", l->cpus, e) < 0)
		return -1;
	return l->mems != NULL ? cg_put(cg, "cpuset.mems", l->mems, e) : 0;
}

static int put_io_limits(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	for (size_t i = 0; i < l->io_n; i++) {
		const struct cg_io_limit *io = &l->io[i];
		char text[96];
		struct sbuf b = SBUF(text);

		sbuf_add(&b, "%" PRId64 ":%" PRId64 " %s=", io->major, io->minor, io->key);
		if (io->rate == 0)
			sbuf_add(&b, "max");
		else
			sbuf_add(&b, "%" PRIu64, io->rate);
		if (cg_put(cg, "io.max", text, e) < 0)
			return -1;
	}
	return 0;
}

/* 10..1000 to 1..10000. */
unsigned cg_io_weight(unsigned bfq)
{
	return bfq <= 10 ? 1 : 1 + (bfq - 10) * 9999 / 990;
}

static int put_io_weights(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	bool bfq = l->io_weights_n > 0 &&
		   faccessat(cg->dir, "io.bfq.weight", F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	for (size_t i = 0; i < l->io_weights_n; i++) {
		const struct cg_io_weight *w = &l->io_weights[i];
		char text[64];
		struct sbuf b = SBUF(text);

		if (w->major < 0)
			sbuf_add(&b, "default");
		else
			sbuf_add(&b, "%" PRId64 ":%" PRId64, w->major, w->minor);
		sbuf_add(&b, " %u", bfq ? w->bfq : cg_io_weight(w->bfq));
		if (cg_put(cg, bfq ? "io.bfq.weight" : "io.weight", text, e) < 0)
			return -1;
	}
	return 0;
}

static int put_io(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	return put_io_limits(cg, l, e) < 0 ? -1 : put_io_weights(cg, l, e);
}

static int put_pids(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	return put_number(cg, "pids.max", l->pids_max, e);
}

/* Part of a control file's name that comes from outside. */
static int plain(const struct cg *cg, const char *name, struct err *e)
{
	if (name[0] != '\0' && strchr(name, '/') == NULL)
		return 0;
	return fail(e, ERR_SPEC, "cgroup %s: wanted a control file's name: \"%.64s\"", cg->path,
		    name);
}

/* config-linux.md#huge-page-limits: what is reserved, where the kernel counts that (5.7), and
 * what is used. */
static int put_hugepage(const struct cg *cg, const struct cg_hugetlb *h, struct err *e)
{
	char file[64], text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, h->max);
	(void)snprintf(file, sizeof(file), "hugetlb.%.32s.rsvd.max", h->size);
	if (faccessat(cg->dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    cg_put(cg, file, text, e) < 0)
		return -1;
	(void)snprintf(file, sizeof(file), "hugetlb.%.32s.max", h->size);
	return cg_put(cg, file, text, e);
}

static int put_hugetlb(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	for (size_t i = 0; i < l->hugetlb_n; i++)
		if (plain(cg, l->hugetlb[i].size, e) < 0 ||
		    put_hugepage(cg, &l->hugetlb[i], e) < 0)
			return -1;
	return 0;
}

static void add_count(struct sbuf *b, const char *key, int64_t n)
{
	if (n == CG_MAX)
		sbuf_add(b, " %s=max", key);
	else if (n != CG_KEEP)
		sbuf_add(b, " %s=%" PRId64, key, n);
}

static int put_rdma(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	for (size_t i = 0; i < l->rdma_n; i++) {
		char text[192];
		struct sbuf b = SBUF(text);
		size_t name;

		sbuf_add(&b, "%s", l->rdma[i].device);
		name = b.n;
		add_count(&b, "hca_handle", l->rdma[i].handles);
		add_count(&b, "hca_object", l->rdma[i].objects);
		if (b.over)
			return fail(e, ERR_SPEC,
				    "cgroup %s: rdma.max: the device's name is too long",
				    cg->path);
		if (b.n > name && cg_put(cg, "rdma.max", text, e) < 0)
			return -1;
	}
	return 0;
}

static int put_device_filter(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	uint32_t program = 0;

	return l->has_devices ? cg_put_devices(cg, l, &program, e) : 0;
}

/* Keys that move or end processes: no limits, and a way to reach processes of others. */
static const char *const not_limits[] = { "cgroup.procs", "cgroup.threads", "cgroup.kill",
					  NULL };

static int put_lines(const struct cg *cg, const char *file, char *value, struct err *e)
{
	char *rest = value, *line;

	if (value[strspn(value, "\n")] == '\0')
		return cg_put(cg, file, "", e);
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0' && cg_put(cg, file, line, e) < 0)
			return -1;
	return 0;
}

static bool asks_for_idle(const struct cg_limits *l)
{
	for (size_t i = 0; i < l->unified_n; i++)
		if (str_eq(l->unified[i].key, "cpu.idle") && str_eq(l->unified[i].value, "1"))
			return true;
	return false;
}

static int put_unified(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	const bool idle = asks_for_idle(l);

	for (size_t i = 0; i < l->unified_n; i++) {
		const char *key = l->unified[i].key;
		autofree char *value = strdup(l->unified[i].value);

		if (value == NULL)
			return fail_sys(e, ENOMEM, "cgroup %s", cg->path);
		if (str_eq(key, "cpu.weight") && idle)
			continue;
		if (str_eq(key, "cpu.weight") && wake(cg, e) < 0)
			return -1;
		if (plain(cg, key, e) < 0)
			return -1;
		if (str_in(key, not_limits))
			return fail(e, ERR_SPEC, "cgroup %s: wanted a limit: %s is none",
				    cg->path, key);
		if (put_lines(cg, key, value, e) < 0)
			return -1;
	}
	return 0;
}

int cg_limit(const struct cg *cg, const struct cg_limits *l, struct err *e)
{
	static int (*const parts[])(const struct cg *, const struct cg_limits *,
				    struct err *) = {
		put_memory,  put_pids, put_cpu,           put_cpuset,  put_io,
		put_hugetlb, put_rdma, put_device_filter, put_unified,
	};

	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i](cg, l, e) < 0)
			return -1;
	return 0;
}

static bool set(int64_t value)
{
	return value != CG_KEEP;
}

unsigned cg_needs(const struct cg_limits *l)
{
	const struct {
		bool wanted;
		unsigned bit;
	} needs[] = {
		{ set(l->memory.low) || set(l->memory.max) || set(l->memory.swap_max),
		  CG_MEMORY },
		{ set(l->pids_max), CG_PIDS },
		{ set(l->cpu.weight) || set(l->cpu.quota_us) || set(l->cpu.period_us) ||
			  set(l->cpu.burst_us) || set(l->cpu.idle),
		  CG_CPU },
		{ l->cpus != NULL || l->mems != NULL, CG_CPUSET },
		{ l->io_n > 0 || l->io_weights_n > 0, CG_IO },
		{ l->hugetlb_n > 0, CG_HUGETLB },
		{ l->rdma_n > 0, CG_RDMA },
	};
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT(needs); i++)
		bits |= needs[i].wanted ? needs[i].bit : 0;
	for (size_t i = 0; i < l->unified_n; i++)
		bits |= cg_file_controller(l->unified[i].key);
	return bits;
}
