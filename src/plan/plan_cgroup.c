/* SPDX-License-Identifier: Apache-2.0 */
/* plan_cgroup.c - where the container's cgroup is, and OCI's words (cgroup v1's) in those of
 * cgroup v2. The conversions are total: spec_check has refused what has no meaning. */
#include <limits.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "plan/plan.h"

static int64_t bytes(int64_t n)
{
	return n == SPEC_UNSET ? CG_KEEP : n < 0 ? CG_MAX : n;
}

/* Nothing runs in no memory: 0 is how Go's writers say "not set". */
static int64_t memory_bytes(int64_t n)
{
	return n == 0 ? CG_KEEP : bytes(n);
}

/* No task at all would keep the container's own init out: as runc has it, and the systemd
 * driver must. */
static int64_t tasks(int64_t n)
{
	return n == 0 ? 1 : bytes(n);
}

/* config-linux.md#memory: OCI's swap is memory plus swap, v2's is swap alone. No limit of
 * memory means none of swap either, as runc and crun have it. */
static int64_t swap_max(const struct spec_memory *m)
{
	if (m->swap == SPEC_UNSET || m->swap == 0)
		return m->limit == -1 ? CG_MAX : CG_KEEP;
	return m->swap < 0 ? CG_MAX : m->swap - m->limit;
}

/* log2 of 1 to 2^32, by squaring: libm would be one more library to load at each start. */
static double log2_of(uint64_t n)
{
	double x = (double)n, whole = 0, bit = 1;

	while (x >= 2) {
		x /= 2;
		whole++;
	}
	for (int i = 0; i < 40; i++) {
		x *= x;
		bit /= 2;
		if (x >= 2) {
			x /= 2;
			whole += bit;
		}
	}
	return whole;
}

/* The formula that runc, crun and youki have shared since 2025 (runc 1.3.2): a quadratic in
 * log2 that maps v1's default 1024 to v2's default 100, and both ends to both ends:
 * ceil(10 ^ ((l^2 + 125 l) / 612 - 7 / 34)). The ceiling is found as the smallest weight whose
 * log2 is not below the exponent's; "tiny" is above our error, and below what any number of
 * shares is above a whole weight. */
static int64_t cpu_weight(uint64_t shares)
{
	const double log2_of_10 = 3.321928094887362, tiny = 1e-11;
	int64_t lo = 1, hi = 10000;
	double l, want;

	if (shares == 0)
		return CG_KEEP;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of(shares);
	want = ((l * l + 125 * l) / 612 - 7.0 / 34) * log2_of_10 - tiny;
	while (lo < hi) {
		int64_t mid = (lo + hi) / 2;

		if (log2_of((uint64_t)mid) >= want)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void cpu(const struct spec_cpu *c, struct cg_limits *out)
{
	out->cpu.weight = cpu_weight(c->shares);
	out->cpu.quota_us = c->quota == 0 ? CG_KEEP : bytes(c->quota);
	out->cpu.period_us = c->period == 0 ? CG_KEEP : (int64_t)c->period;
	out->cpu.burst_us = c->burst == SPEC_UNSET ? CG_KEEP : c->burst;
	out->cpu.idle = c->idle == SPEC_UNSET ? CG_KEEP : c->idle;
	out->cpus = c->cpus != NULL && c->cpus[0] != '\0' ? c->cpus : NULL;
	out->mems = c->mems != NULL && c->mems[0] != '\0' ? c->mems : NULL;
}

static void io(struct arena *a, const struct spec_block_io *b, struct cg_limits *out)
{
	const struct {
		const char *key;
		const struct spec_io_devices *from;
	} kinds[] = {
		{ "rbps", &b->read_bps },
		{ "wbps", &b->write_bps },
		{ "riops", &b->read_iops },
		{ "wiops", &b->write_iops },
	};
	size_t n = b->read_bps.n + b->write_bps.n + b->read_iops.n + b->write_iops.n;
	struct cg_io_limit *io_limits = arena_array(a, n, sizeof(*io_limits));
	struct cg_io_weight *weights = arena_array(a, b->weight_device.n + 1, sizeof(*weights));

	for (size_t k = 0; k < COUNT(kinds); k++)
		for (size_t i = 0; i < kinds[k].from->n; i++) {
			const struct spec_io_device *d = &kinds[k].from->v[i];

			io_limits[out->io_n++] = (struct cg_io_limit){
				.major = d->major,
				.minor = d->minor,
				.key = kinds[k].key,
				.rate = d->rate,
			};
		}
	if (b->weight != 0)
		weights[out->io_weights_n++] = (struct cg_io_weight){ -1, -1, b->weight };
	for (size_t i = 0; i < b->weight_device.n; i++) {
		const struct spec_io_device *d = &b->weight_device.v[i];

		weights[out->io_weights_n++] =
			(struct cg_io_weight){ d->major, d->minor, d->weight };
	}
	out->io = io_limits;
	out->io_weights = weights;
}

static void rest(struct arena *a, const struct spec_resources *r, struct cg_limits *out)
{
	struct cg_hugetlb *huge = arena_array(a, r->hugepages_n, sizeof(*huge));
	struct cg_rdma *rdma = arena_array(a, r->rdma_n, sizeof(*rdma));
	struct cg_pair *unified = arena_array(a, r->unified.n, sizeof(*unified));

	for (size_t i = 0; i < r->hugepages_n; i++)
		huge[i] =
			(struct cg_hugetlb){ r->hugepages[i].page_size, r->hugepages[i].limit };
	for (size_t i = 0; i < r->rdma_n; i++)
		rdma[i] = (struct cg_rdma){ r->rdma[i].name, bytes(r->rdma[i].handles),
					    bytes(r->rdma[i].objects) };
	for (size_t i = 0; i < r->unified.n; i++)
		unified[i] = (struct cg_pair){ r->unified.v[i].key, r->unified.v[i].value };
	out->hugetlb = huge;
	out->hugetlb_n = r->hugepages_n;
	out->rdma = rdma;
	out->rdma_n = r->rdma_n;
	out->unified = unified;
	out->unified_n = r->unified.n;
}

/* What every container may use, whatever the config denies: config-linux.md#default-devices,
 * and mknod of anything, which gives no access. The list is runc's, whose users rely on it. */
static const struct cg_device always_allowed[] = {
	{ true, 'c', -1, -1, false, false, true }, { true, 'b', -1, -1, false, false, true },
	{ true, 'c', 136, -1, true, true, true },  { true, 'c', 1, 3, true, true, true },
	{ true, 'c', 1, 8, true, true, true },     { true, 'c', 1, 7, true, true, true },
	{ true, 'c', 5, 0, true, true, true },     { true, 'c', 1, 5, true, true, true },
	{ true, 'c', 1, 9, true, true, true },     { true, 'c', 5, 2, true, true, true },
	{ true, 'c', 5, 1, true, true, true },
};

static void devices(struct arena *a, const struct spec_resources *r, struct cg_limits *out)
{
	struct cg_device *d;

	if (r->devices_n == 0)
		return;
	d = arena_array(a, r->devices_n + COUNT(always_allowed), sizeof(*d));
	for (size_t i = 0; i < r->devices_n; i++) {
		const struct spec_device_rule *rule = &r->devices[i];

		d[i] = (struct cg_device){
			.allow = rule->allow,
			.type = rule->type,
			.major = rule->major == SPEC_UNSET ? -1 : rule->major,
			.minor = rule->minor == SPEC_UNSET ? -1 : rule->minor,
			.read = rule->read,
			.write = rule->write,
			.mknod = rule->mknod,
		};
	}
	memcpy(d + r->devices_n, always_allowed, sizeof(always_allowed));
	out->has_devices = true;
	out->devices = d;
	out->devices_n = r->devices_n + COUNT(always_allowed);
}

void plan_limits(struct arena *a, const struct spec_resources *r, struct cg_limits *out)
{
	*out = (struct cg_limits){
		.memory = { .low = memory_bytes(r->memory.reservation),
			    .max = memory_bytes(r->memory.limit),
			    .swap_max = swap_max(&r->memory) },
		.check_before_update = r->memory.check_before_update,
		.pids_max = tasks(r->pids_limit),
	};
	cpu(&r->cpu, out);
	io(a, &r->block_io, out);
	rest(a, r, out);
	devices(a, r, out);
}

/* config-linux.md#cgroups-path: absolute below the root of the hierarchy; relative, or none:
 * where we decide, which is beside our own group, for a group with processes in it cannot
 * give controllers to its children. */
static int group_path(struct arena *a, const char *asked, const struct host *h, const char *id,
		      const char **out, struct err *e)
{
	char dir[PATH_MAX], base[PATH_MAX], clean[PATH_MAX];
	const char *name = asked != NULL && asked[0] != '\0' ? asked : id;

	if (!path_split(h->self_cgroup, dir, base, sizeof(dir)))
		dir[0] = '\0';
	if (name[0] == '/')
		dir[0] = '\0';
	if (!path_clean(arena_printf(a, "%s/%s", dir, name), clean, sizeof(clean)) ||
	    str_eq(clean, "/"))
		return fail(e, ERR_SPEC,
			    "linux.cgroupsPath: expected a path below the root: found \"%s\"",
			    name);
	for (const char *p = name; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return fail(e, ERR_SPEC,
				    "linux.cgroupsPath: expected no \"..\": found \"%s\"",
				    name);
	*out = arena_strdup(a, clean);
	return 0;
}

static bool asks_nothing(const struct cg_limits *l)
{
	return cg_needs(l) == 0 && !l->has_devices && l->unified_n == 0;
}

static int without_cgroup(const struct plan *p, const char *why, const char *remedy,
			  struct err *e)
{
	if (asks_nothing(&p->cgroup.limits))
		return 0;
	(void)fail(e, ERR_HOST, "linux.resources: limits are asked for: %s", why);
	return hint(e, "%s", remedy);
}

/* Known before anything is made, so that `check --plan' can say it too. */
static int check_controllers(unsigned need, const struct host *h, struct err *e)
{
	unsigned missing = need & ~h->cgroup.controllers;

	if (missing == 0)
		return 0;
	(void)fail(e, ERR_HOST,
		   "linux.resources: expected the cgroup controller %s: found none on this "
		   "host",
		   cg_controller_names[__builtin_ctz(missing)]);
	return hint(e,
		    "it is compiled out, or disabled on the kernel's command line, or bound to "
		    "cgroup v1: /proc/cgroups, /proc/mounts");
}

/* cgroupfs: a group of our own making. */
static int make_group(struct arena *a, const char *path, const struct host *h, const char *id,
		      struct plan_cgroup *cg, struct err *e)
{
	if (path != NULL && path[0] != '/' && strchr(path, ':') != NULL) {
		(void)fail(e, ERR_SPEC,
			   "linux.cgroupsPath: expected a path: found \"%s\", the form of the "
			   "systemd driver",
			   path);
		return hint(e,
			    "call caisson with --systemd-cgroup, or tell the engine to use "
			    "cgroupfs: podman --cgroup-manager=cgroupfs, SystemdCgroup = false "
			    "for containerd");
	}
	if (group_path(a, path, h, id, &cg->path, e) < 0)
		return -1;
	cg->optional = !h->privileged && asks_nothing(&cg->limits) &&
		       (path == NULL || path[0] == '\0');
	return 0;
}

/* config-linux.md#cgroup-ownership: only who gets to see it writable is to own it. */
static bool mounts_writable(const struct plan *p)
{
	for (size_t i = 0; i < p->mounts_n; i++)
		if (p->mounts[i].kind == PM_CGROUP &&
		    (p->mounts[i].attr_set & MOUNT_ATTR_RDONLY) == 0)
			return true;
	return false;
}

int plan_cgroup_make(struct arena *a, const struct spec *s, const struct host *h,
		     const struct plan_want *w, struct plan *p, struct err *e)
{
	struct plan_cgroup *cg = &p->cgroup;
	bool by_systemd = str_eq(w->cgroup_manager, "systemd");

	plan_limits(a, &s->linux_.resources, &cg->limits);
	/* Without privilege over the initial user namespace no program can be attached, and
	 * none is needed: such a container can make no device node, only be given some. */
	if (!h->privileged || !h->in_init_user_ns)
		cg->limits.has_devices = false;
	if (str_eq(w->cgroup_manager, "disabled")) {
		if (plan_no_device_filter(a, p, e) < 0)
			return -1;
		return without_cgroup(p, "--cgroup-manager=disabled",
				      "take them out of config.json", e);
	}
	if ((by_systemd ? plan_unit_make(a, s, w, cg, e)
			: make_group(a, s->linux_.cgroups_path, h, w->id, cg, e)) < 0)
		return -1;
	if (!h->cgroup.v2)
		return without_cgroup(p, h->cgroup.why,
				      "boot with systemd.unified_cgroup_hierarchy=1, or take "
				      "the "
				      "limits out and use --cgroup-manager=disabled",
				      e);
	cg->enabled = true;
	cg->need = cg_needs(&cg->limits);
	if (check_controllers(cg->need, h, e) < 0)
		return -1;
	cg->delegate = p->ns.new_cgroup && p->ns.new_user && p->ids.uid.root_mapped &&
		       mounts_writable(p);
	return 0;
}
