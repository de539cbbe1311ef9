/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "base/str.h"
#include "plan_help.h"

/* Resources that name nothing. */
static const struct spec_resources nothing = {
	.memory = { SPEC_UNSET, SPEC_UNSET, SPEC_UNSET, SPEC_UNSET, SPEC_UNSET, SPEC_UNSET,
		    false, false, false },
	.cpu = { .quota = SPEC_UNSET,
		 .burst = SPEC_UNSET,
		 .idle = SPEC_UNSET,
		 .realtime_runtime = SPEC_UNSET },
	.pids_limit = SPEC_UNSET,
};

Test(plan_limits, of_nothing_keep_everything)
{
	autoarena struct arena a = { 0 };
	struct cg_limits l;

	plan_limits(&a, &nothing, &l);
	cr_expect_eq(l.memory.low, CG_KEEP);
	cr_expect_eq(l.memory.max, CG_KEEP);
	cr_expect_eq(l.memory.swap_max, CG_KEEP);
	cr_expect_eq(l.pids_max, CG_KEEP);
	cr_expect_eq(l.cpu.weight, CG_KEEP);
	cr_expect_eq(l.cpu.quota_us, CG_KEEP);
	cr_expect_eq(l.cpu.period_us, CG_KEEP);
	cr_expect_eq(l.cpu.burst_us, CG_KEEP);
	cr_expect_eq(l.cpu.idle, CG_KEEP);
	cr_expect_null(l.cpus);
	cr_expect_null(l.mems);
	cr_expect_eq(l.io_n + l.io_weights_n + l.hugetlb_n + l.rdma_n + l.unified_n, 0);
	cr_expect_not(l.has_devices);
	cr_expect_eq(cg_needs(&l), 0);
}

/* The formula as its authors write it, with libm. */
static int64_t formula(uint64_t shares)
{
	double l = log2((double)shares);

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	return (int64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34));
}

static int64_t weight_of(struct arena *a, uint64_t shares)
{
	struct spec_resources r = nothing;
	struct cg_limits l;

	r.cpu.shares = shares;
	plan_limits(a, &r, &l);
	return l.cpu.weight;
}

Test(plan_limits, cpu_weight_is_the_formula_for_all_shares)
{
	int64_t before = 0;

	for (uint64_t shares = 1; shares <= 262145; shares++) {
		autoarena struct arena a = { 0 };
		int64_t weight = weight_of(&a, shares);

		cr_assert_eq(weight, formula(shares), "%ju: %jd, not %jd", (uintmax_t)shares,
			     (intmax_t)weight, (intmax_t)formula(shares));
		cr_assert_geq(weight, before);
		before = weight;
	}
}

Test(plan_limits, cpu_weight_has_its_fixed_points)
{
	static const struct {
		uint64_t shares;
		int64_t weight;
	} points[] = {
		{ 0, CG_KEEP }, { 1, 1 },          { 2, 1 },
		{ 1024, 100 },  { 262144, 10000 }, { UINT64_MAX, 10000 },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(points); i++)
		cr_expect_eq(weight_of(&a, points[i].shares), points[i].weight, "%ju",
			     (uintmax_t)points[i].shares);
}

Test(plan_limits, swap_is_what_is_left_above_memory)
{
	static const struct {
		int64_t limit, swap, max, swap_max;
	} cases[] = {
		{ 100, SPEC_UNSET, 100, CG_KEEP },
		{ 100, 0, 100, CG_KEEP },
		{ 100, 100, 100, 0 },
		{ 100, 101, 100, 1 },
		{ 1, INT64_MAX, 1, INT64_MAX - 1 },
		{ 100, -1, 100, CG_MAX },
		{ SPEC_UNSET, SPEC_UNSET, CG_KEEP, CG_KEEP },
		{ SPEC_UNSET, -1, CG_KEEP, CG_MAX },
		{ SPEC_UNSET, 0, CG_KEEP, CG_KEEP },
		{ -1, -1, CG_MAX, CG_MAX },
		{ -1, 0, CG_MAX, CG_MAX },
		{ -1, SPEC_UNSET, CG_MAX, CG_MAX },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spec_resources r = nothing;
		struct cg_limits l;

		r.memory.limit = cases[i].limit;
		r.memory.swap = cases[i].swap;
		plan_limits(&a, &r, &l);
		cr_expect_eq(l.memory.max, cases[i].max, "case %zu", i);
		cr_expect_eq(l.memory.swap_max, cases[i].swap_max, "case %zu", i);
	}
}

Test(plan_limits, reservation_is_low_and_no_limit_is_max)
{
	autoarena struct arena a = { 0 };
	struct spec_resources r = nothing;
	struct cg_limits l;

	r.memory.reservation = 7;
	r.memory.check_before_update = true;
	r.pids_limit = -1;
	plan_limits(&a, &r, &l);
	cr_expect_eq(l.memory.low, 7);
	cr_expect(l.check_before_update);
	cr_expect_eq(l.pids_max, CG_MAX);
	r.pids_limit = 0; /* a real limit since 1.3 */
	plan_limits(&a, &r, &l);
	cr_expect_eq(l.pids_max, 1);
}

Test(plan_limits, cpu_bandwidth_is_microseconds)
{
	autoarena struct arena a = { 0 };
	struct spec_resources r = nothing;
	struct cg_limits l;

	r.cpu = (struct spec_cpu){ .quota = 50000,
				   .period = 100000,
				   .burst = 10,
				   .idle = 1,
				   .cpus = "0-1",
				   .mems = "" };
	plan_limits(&a, &r, &l);
	cr_expect_eq(l.cpu.quota_us, 50000);
	cr_expect_eq(l.cpu.period_us, 100000);
	cr_expect_eq(l.cpu.burst_us, 10);
	cr_expect_eq(l.cpu.idle, 1);
	cr_expect_str_eq(l.cpus, "0-1");
	cr_expect_null(l.mems);
	r.cpu.quota = -1;
	plan_limits(&a, &r, &l);
	cr_expect_eq(l.cpu.quota_us, CG_MAX);
	r.cpu.quota = 0;
	plan_limits(&a, &r, &l);
	cr_expect_eq(l.cpu.quota_us, CG_KEEP);
}

Test(plan_limits, io_keeps_order_and_default_weight_comes_first)
{
	static const struct spec_io_device d[] = { { 8, 0, 10, 0, 0 }, { 8, 1, 0, 0, 0 } };
	static const struct spec_io_device w[] = { { 8, 0, 0, 200, 0 } };
	static const char *const keys[] = { "rbps", "rbps", "wbps", "riops", "wiops" };
	autoarena struct arena a = { 0 };
	struct spec_resources r = nothing;
	struct cg_limits l;

	r.block_io = (struct spec_block_io){ .weight = 500,
					     .weight_device = { w, 1 },
					     .read_bps = { d, 2 },
					     .write_bps = { d, 1 },
					     .read_iops = { d, 1 },
					     .write_iops = { d + 1, 1 } };
	plan_limits(&a, &r, &l);
	cr_assert_eq(l.io_n, COUNT(keys));
	for (size_t i = 0; i < COUNT(keys); i++)
		cr_expect_str_eq(l.io[i].key, keys[i]);
	cr_expect_eq(l.io[0].rate, 10);
	cr_expect_eq(l.io[1].minor, 1);
	cr_expect_eq(l.io[4].rate, 0);
	cr_assert_eq(l.io_weights_n, 2);
	cr_expect_eq(l.io_weights[0].major, -1);
	cr_expect_eq(l.io_weights[0].bfq, 500);
	cr_expect_eq(l.io_weights[1].major, 8);
	cr_expect_eq(l.io_weights[1].bfq, 200);
}

Test(plan_limits, hugetlb_rdma_and_unified_pass_through)
{
	static const struct spec_hugepage huge[] = { { "2MB", UINT64_MAX } };
	static const struct spec_rdma rdma[] = { { "mlx5_0", 3, -1 },
						 { "mlx5_1", SPEC_UNSET, 0 } };
	static const struct spec_pair pairs[] = { { "memory.high", "1M" }, { "a", "b" } };
	autoarena struct arena a = { 0 };
	struct spec_resources r = nothing;
	struct cg_limits l;

	r.hugepages = huge;
	r.hugepages_n = 1;
	r.rdma = rdma;
	r.rdma_n = 2;
	r.unified = (struct spec_pairs){ pairs, 2 };
	plan_limits(&a, &r, &l);
	cr_expect_eq(l.hugetlb[0].max, UINT64_MAX);
	cr_expect_eq(l.rdma[0].handles, 3);
	cr_expect_eq(l.rdma[0].objects, CG_MAX);
	cr_expect_eq(l.rdma[1].handles, CG_KEEP);
	cr_expect_eq(l.rdma[1].objects, 0);
	cr_expect_str_eq(l.unified[0].key, "memory.high");
	cr_expect_str_eq(l.unified[1].value, "b");
	cr_expect_eq(cg_needs(&l), CG_HUGETLB | CG_RDMA | CG_MEMORY);
}

/* The engines deny everything first: what each container needs has to come after that. */
Test(plan_limits, default_devices_come_after_the_config)
{
	static const struct spec_device_rule rules[] = {
		{ .allow = false,
		  .type = 'a',
		  .major = SPEC_UNSET,
		  .minor = SPEC_UNSET,
		  .read = true,
		  .write = true,
		  .mknod = true },
		{ .allow = true, .type = 'c', .major = 10, .minor = SPEC_UNSET, .read = true },
	};
	autoarena struct arena a = { 0 };
	struct spec_resources r = nothing;
	const struct cg_device *d;
	struct cg_limits l;

	r.devices = rules;
	r.devices_n = 2;
	plan_limits(&a, &r, &l);
	cr_assert(l.has_devices);
	cr_expect_eq(l.devices_n, 2 + 11);
	cr_expect_not(l.devices[0].allow);
	cr_expect_eq(l.devices[0].major, -1);
	cr_expect_eq(l.devices[1].major, 10);
	cr_expect_eq(l.devices[1].minor, -1);
	for (d = l.devices + 2; d < l.devices + l.devices_n; d++)
		cr_expect(d->allow);
}

/* ---- where the group is ---- */

Test(plan_cgroup, path_is_absolute_or_beside_our_own_group)
{
	static const struct {
		const char *self, *linux_, *want;
	} cases[] = {
		{ "/a/b", NEW_MOUNT, "/a/one" },
		{ "/a", NEW_MOUNT, "/one" },
		{ "/", NEW_MOUNT, "/one" },
		{ "/a/b", NEW_MOUNT ",'cgroupsPath':''", "/a/one" },
		{ "/a/b", NEW_MOUNT ",'cgroupsPath':'x/y'", "/a/x/y" },
		{ "/a/b", NEW_MOUNT ",'cgroupsPath':'//x/./y/'", "/x/y" },
		{ "/a/b", NEW_MOUNT ",'cgroupsPath':'/..x/y..'", "/..x/y.." },
		{ "/a/b", NEW_MOUNT ",'cgroupsPath':'/x:y:z'", "/x:y:z" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct config from = { .linux_ = cases[i].linux_ };
		autochecked struct checked c = { 0 };
		struct host h = plan_root_host;
		struct sbuf self = SBUF(h.self_cgroup);
		struct plan p;
		struct err e = { 0 };

		sbuf_add(&self, "%s", cases[i].self);
		cr_assert_eq(plan_config(&c, &from, &h, &plan_create, &p, &e), 0, "%s", e.text);
		cr_expect_str_eq(p.cgroup.path, cases[i].want);
		cr_expect(p.cgroup.enabled);
	}
}

Test(plan_cgroup,
     belongs_to_the_containers_root_if_both_namespaces_are_its_own_and_it_may_write)
{
	static const struct {
		const char *namespaces;
		unsigned container_id;
		const char *type, *option;
		bool want;
	} cases[] = {
		{ "{'type':'user'},{'type':'cgroup'}", 0, "cgroup", "rw", true },
		{ "{'type':'user'},{'type':'cgroup'}", 0, "cgroup", "ro", false },
		{ "{'type':'user'},{'type':'cgroup'}", 0, "tmpfs", "rw", false },
		{ "{'type':'user'},{'type':'cgroup'}", 1, "cgroup", "rw", false },
		{ "{'type':'user'},{'type':'cgroup','path':'/c'}", 0, "cgroup", "rw", false },
		{ "{'type':'user'}", 0, "cgroup", "rw", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		const char *map = arena_printf(&a, "[{'containerID':%u,'hostID':5,'size':9}]",
					       cases[i].container_id);
		const struct config from = {
			.process = "'user':{'uid':1,'gid':1}",
			.top = arena_printf(&a,
					    "'mounts':[{'destination':'/"
					    "g','type':'%s','options':['%s']}]",
					    cases[i].type, cases[i].option),
			.linux_ = arena_printf(&a,
					       "'namespaces':[{'type':'mount'},%s],"
					       "'uidMappings':%s,'gidMappings':%s",
					       cases[i].namespaces, map, map),
		};
		autochecked struct checked c = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0,
			     "%s", e.text);
		cr_expect_eq(p.cgroup.delegate, cases[i].want, "case %zu", i);
	}
}

#define DENY "'resources':{'devices':[{'allow':false,'access':'rwm'}]}"

Test(plan_cgroup, without_privilege_devices_are_not_filtered)
{
	const struct config from = { .linux_ = NEW_MOUNT "," DENY };
	autochecked struct checked c = { 0 }, d = { 0 };
	struct host nested = plan_root_host;
	struct plan p;
	struct err e = { 0 };

	nested.in_init_user_ns = false;
	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0);
	cr_expect(p.cgroup.limits.has_devices);
	cr_assert_eq(plan_config(&d, &from, &nested, &plan_create, &p, &e), 0);
	cr_expect_not(p.cgroup.limits.has_devices);
}

Test(plan_cgroup, is_left_out_where_nothing_is_limited)
{
	const struct config from = { .linux_ = NEW_MOUNT };
	autochecked struct checked c = { 0 }, d = { 0 };
	struct host v1 = plan_root_host;
	struct plan_want disabled = plan_create;
	struct plan p;
	struct err e = { 0 };

	v1.cgroup = (struct cg_host){ .why = "v1" };
	disabled.cgroup_manager = "disabled";
	cr_assert_eq(plan_config(&c, &from, &v1, &plan_create, &p, &e), 0, "%s", e.text);
	cr_expect_not(p.cgroup.enabled);
	cr_assert_eq(plan_config(&d, &from, &plan_root_host, &disabled, &p, &e), 0);
	cr_expect_not(p.cgroup.enabled);
}

/* podman --cgroups=disabled: device rules are always there. */
Test(plan_cgroup, that_is_disabled_leaves_device_rules_to_the_mounts)
{
	static const struct {
		const char *destination;
		uint64_t set, rec_set;
	} want[] = {
		{ "/dev", 0, 0 },
		{ "/dev/pts", 0, 0 },
		{ "/dev/shm", MOUNT_ATTR_NODEV, 0 },
		{ "/all", MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV },
		{ "/one", MOUNT_ATTR_NODEV, 0 },
		{ "/pts", MOUNT_ATTR_NODEV, 0 },
	};
	const struct config from = {
		.linux_ = NEW_MOUNT
		",'resources':{'devices':[{'allow':false,'access':'rwm'},"
		"{'allow':true,'type':'c','major':1,'access':'rw'}]},"
		"'devices':[{'path':'/dev/x','type':'c','major':1,'minor':11}]",
		.top = "'mounts':[{'destination':'/dev','type':'tmpfs'},"
		       "{'destination':'/dev/pts','type':'devpts'},"
		       "{'destination':'/dev/shm','type':'tmpfs'},"
		       "{'destination':'/all','type':'bind','source':'/"
		       "a','options':['rbind','rdev']},"
		       "{'destination':'/one','type':'bind','source':'/"
		       "a','options':['bind','dev']},"
		       "{'destination':'/pts','type':'devpts','source':'/"
		       "a','options':['bind']}]",
	};
	autochecked struct checked c = { 0 };
	struct plan_want disabled = plan_create;
	struct plan p;
	struct err e = { 0 };

	disabled.cgroup_manager = "disabled";
	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &disabled, &p, &e), 0, "%s",
		     e.text);
	cr_expect_not(p.cgroup.enabled || p.cgroup.limits.has_devices);
	cr_expect(p.root.nodev);
	cr_assert_eq(p.mounts_n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct plan_mount *m = &p.mounts[i];

		cr_expect_str_eq(m->destination, want[i].destination);
		cr_expect_eq(m->attr_set, want[i].set, "%s", m->destination);
		cr_expect_eq(m->rec_attr_set, want[i].rec_set, "%s", m->destination);
		cr_expect_eq((m->attr_clr | m->rec_attr_clr) & MOUNT_ATTR_NODEV, 0);
	}
}

/* A user's session often owns no cgroup: who limits nothing needs none. */
Test(plan_cgroup, is_optional_for_a_user_who_asks_for_nothing)
{
#define OWN_IDS                                                     \
	"'namespaces':[{'type':'mount'},{'type':'user'}],"          \
	"'uidMappings':[{'containerID':0,'hostID':1000,'size':1}]," \
	"'gidMappings':[{'containerID':0,'hostID':100,'size':1}]"
	static const struct {
		const char *linux_;
		const struct host *host;
		bool want;
	} cases[] = {
		{ OWN_IDS, &plan_user_host, true },
		{ OWN_IDS ",'cgroupsPath':''", &plan_user_host, true },
		{ OWN_IDS "," DENY, &plan_user_host, true },
		{ OWN_IDS ",'cgroupsPath':'x'", &plan_user_host, false },
		{ OWN_IDS ",'resources':{'pids':{'limit':0}}", &plan_user_host, false },
		{ OWN_IDS ",'resources':{'unified':{'cgroup.max.depth':'0'}}", &plan_user_host,
		  false },
		{ NEW_MOUNT, &plan_root_host, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct config from = { .linux_ = cases[i].linux_ };
		autochecked struct checked c = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_assert_eq(plan_config(&c, &from, cases[i].host, &plan_create, &p, &e), 0,
			     "%s", e.text);
		cr_expect_eq(p.cgroup.optional, cases[i].want, "case %zu", i);
	}
}
