/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>

#include "base/str.h"
#include "plan_help.h"

#define NEWTIME 0x80 /* CLONE_NEWTIME, which old libc headers lack */

/* ---- namespaces ---- */

struct ladder {
	const char *namespaces; /* and what goes with them */
	bool nested;            /* on a host that is in a user namespace itself */
	enum plan_ladder ladder;
	uint64_t clone_flags;
	bool in_user_ns;
};

#define MAPS                                                     \
	"'uidMappings':[{'containerID':0,'hostID':0,'size':1}]," \
	"'gidMappings':[{'containerID':0,'hostID':0,'size':1}],"
#define NS(list) "'namespaces':[{'type':'mount'}," list "]"

/* clang-format off */
static const struct ladder ladders[] = {
	{ NEW_MOUNT, false, LADDER_DIRECT, CLONE_NEWNS, false },
	{ NEW_MOUNT, true, LADDER_DIRECT, CLONE_NEWNS, true },
	{ NS("{'type':'pid'},{'type':'ipc'},{'type':'uts'},{'type':'network'}"), false,
	  LADDER_DIRECT, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET, false },
	/* unshared by the init itself */
	{ NS("{'type':'cgroup'}"), false, LADDER_DIRECT, CLONE_NEWNS, false },
	{ MAPS NS("{'type':'user'}"), false, LADDER_DIRECT, CLONE_NEWNS | CLONE_NEWUSER, true },
	{ NS("{'type':'time'}"), false, LADDER_DIRECT, CLONE_NEWNS | NEWTIME, false },
	{ "'timeOffsets':{'boottime':{'secs':1}}," NS("{'type':'time'}"), false, LADDER_STAGED, CLONE_NEWNS | NEWTIME, false },
	{ NS("{'type':'network','path':'/n'},{'type':'ipc','path':'/i'},{'type':'uts','path':'/u'}"), false, LADDER_DIRECT, CLONE_NEWNS, false },
	{ NS("{'type':'network','path':'/n'}"), true, LADDER_STAGED, CLONE_NEWNS, true },
	{ MAPS NS("{'type':'user'},{'type':'network','path':'/n'}"), false, LADDER_STAGED, CLONE_NEWNS | CLONE_NEWUSER, true },
	{ NS("{'type':'user','path':'/u'}"), false, LADDER_STAGED, CLONE_NEWNS, true },
	{ NS("{'type':'pid','path':'/p'}"), false, LADDER_STAGED, CLONE_NEWNS, false },
	{ NS("{'type':'time','path':'/t'}"), false, LADDER_STAGED, CLONE_NEWNS, false },
	{ "'namespaces':[{'type':'mount','path':'/m'}]", false, LADDER_DIRECT, 0, false },
};
/* clang-format on */

Test(plan_namespaces, choose_the_ladder)
{
	for (size_t i = 0; i < COUNT(ladders); i++) {
		const struct ladder *t = &ladders[i];
		autochecked struct checked c = { 0 };
		struct host h = plan_root_host;
		struct plan p;
		struct err e = { 0 };

		h.in_init_user_ns = !t->nested;
		cr_assert_eq(plan_config(&c, &(struct config){ .linux_ = t->namespaces }, &h,
					 &plan_create, &p, &e),
			     0, "case %zu: %s", i, e.text);
		cr_expect_eq(p.ns.ladder, t->ladder, "case %zu", i);
		cr_expect_eq(p.ns.clone_flags, t->clone_flags, "case %zu: %#lx", i,
			     (unsigned long)p.ns.clone_flags);
		cr_expect_eq(p.ns.in_user_ns, t->in_user_ns, "case %zu", i);
		cr_expect(p.ns.new_mount == (p.ns.join[NS_MOUNT] == NULL));
	}
}

Test(plan_namespaces, say_what_is_new_and_what_is_joined)
{
	const struct config from = {
		.linux_ = MAPS NS("{'type':'user'},{'type':'cgroup'},{'type':'pid'},"
				  "{'type':'network','path':'/n'},{'type':'uts'}"),
	};
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect(p.ns.new_user && p.ns.new_cgroup && p.ns.new_pid && p.ns.new_uts);
	cr_expect_not(p.ns.new_net);
	cr_expect_str_eq(p.ns.join[NS_NETWORK], "/n");
	cr_expect_null(p.ns.join[NS_IPC]);
}

Test(plan_namespaces, write_time_offsets_as_the_kernel_reads_them)
{
	static const struct {
		const char *linux_, *text;
	} cases[] = {
		{ "'timeOffsets':{'boottime':{'secs':-3}}," NS("{'type':'time'}"),
		  "boottime -3 0\n" },
		{ "'timeOffsets':{'monotonic':{'nanosecs':7}}," NS("{'type':'time'}"),
		  "monotonic 0 7\n" },
		{ "'timeOffsets':{'boottime':{'secs':1},'monotonic':{'secs':2,"
		  "'nanosecs':999999999}}," NS("{'type':'time'}"),
		  "monotonic 2 999999999\nboottime 1 0\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct config from = { .linux_ = cases[i].linux_ };
		autochecked struct checked c = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0,
			     "%s", e.text);
		cr_expect_str_eq(p.ns.time_offsets, cases[i].text);
	}
}

/* ---- id maps ---- */

#define MAP(c, h, n) "{'containerID':" #c ",'hostID':" #h ",'size':" #n "}"
#define USER_NS(maps_u, maps_g)                                                  \
	"'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':[" maps_u \
	"],'gidMappings':[" maps_g "]"

Test(plan_idmaps, of_the_privileged_are_written_by_us)
{
	const struct config from = { .linux_ = USER_NS(MAP(0, 100000, 1000) "," MAP(2000, 5, 1),
						       MAP(1, 7, 2) "," MAP(0, 9, 1)) };
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_str_eq(p.ids.uid.text, "0 100000 1000\n2000 5 1\n");
	cr_expect_str_eq(p.ids.gid.text, "1 7 2\n0 9 1\n");
	cr_expect_null(p.ids.uid.helper);
	cr_expect(p.ids.uid.root_mapped && p.ids.gid.root_mapped);
	cr_expect_eq(p.ids.uid.root_host_id, 100000);
	cr_expect_eq(p.ids.gid.root_host_id, 9);
	cr_expect_not(p.ids.deny_setgroups);
	cr_expect(p.process.creds.set_groups);
}

Test(plan_idmaps, of_the_own_id_need_no_helper)
{
	const struct config from = { .linux_ = USER_NS(MAP(0, 1000, 1), MAP(0, 100, 1)) };
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_user_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_null(p.ids.uid.helper);
	cr_expect_null(p.ids.gid.helper);
	cr_expect(p.ids.deny_setgroups);
	cr_expect_not(p.process.creds.set_groups);
}

Test(plan_idmaps, of_more_ids_go_to_newuidmap)
{
	static const char *const want[] = {
		"/usr/bin/newgidmap", "", "0", "100", "1", "1", "100000", "65536"
	};
	const struct config from = {
		.linux_ = USER_NS(MAP(0, 1000, 1) "," MAP(1, 100000, 65536),
				  MAP(0, 100, 1) "," MAP(1, 100000, 65536))
	};
	autochecked struct checked c = { 0 };
	struct host h = plan_user_host;
	struct plan p;
	struct err e = { 0 };

	h.newuidmap = "/usr/bin/newuidmap";
	h.newgidmap = "/usr/bin/newgidmap";
	cr_assert_eq(plan_config(&c, &from, &h, &plan_create, &p, &e), 0, "%s", e.text);
	cr_expect_str_eq(p.ids.uid.helper[0], "/usr/bin/newuidmap");
	for (size_t i = 0; i < COUNT(want); i++)
		cr_expect_str_eq(p.ids.gid.helper[i], want[i]);
	cr_expect_null(p.ids.gid.helper[COUNT(want)]);
	cr_expect_not(p.ids.deny_setgroups);
}

Test(plan_idmaps, without_a_user_namespace_there_are_none)
{
	const struct config from = { .linux_ = NEW_MOUNT };
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_null(p.ids.uid.text);
	cr_expect(p.ids.uid.root_mapped);
}

/* ---- hiding our binary: CVE-2019-5736 ---- */

Test(plan, hides_the_binary_where_the_container_could_write_it)
{
	static const struct {
		const char *linux_;
		bool exe_hidden;
		uid_t exe_owner;
		bool want;
	} cases[] = {
		{ NEW_MOUNT, false, 0, true },
		{ NEW_MOUNT, true, 0, false },
		{ USER_NS(MAP(0, 100000, 10), MAP(0, 100000, 10)), false, 0, false },
		{ USER_NS(MAP(0, 100000, 10), MAP(0, 100000, 10)), false, 99999, false },
		{ USER_NS(MAP(0, 100000, 10), MAP(0, 100000, 10)), false, 100000, true },
		{ USER_NS(MAP(0, 100000, 10), MAP(0, 100000, 10)), false, 100009, true },
		{ USER_NS(MAP(0, 100000, 10), MAP(0, 100000, 10)), false, 100010, false },
		{ USER_NS(MAP(0, 0, 1), MAP(0, 0, 1)), true, 0, false },
		{ NS("{'type':'user','path':'/u'}"), false, 0, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct config from = { .linux_ = cases[i].linux_ };
		autochecked struct checked c = { 0 };
		struct host h = plan_root_host;
		struct plan p;
		struct err e = { 0 };

		h.exe_hidden = cases[i].exe_hidden;
		h.exe_owner = cases[i].exe_owner;
		cr_assert_eq(plan_config(&c, &from, &h, &plan_create, &p, &e), 0, "%s", e.text);
		cr_expect_eq(p.protect_self, cases[i].want, "case %zu", i);
	}
}

/* ---- the process ---- */

Test(plan_process, ambient_is_at_most_what_is_permitted_and_inheritable)
{
	const struct config from = {
		.process = "'capabilities':{'bounding':['CAP_KILL'],'permitted':['CAP_KILL',"
			   "'CAP_CHOWN'],'inheritable':['CAP_KILL'],"
			   "'ambient':['CAP_KILL','CAP_CHOWN']}",
		.linux_ = NEW_MOUNT,
	};
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_eq(p.process.creds.caps.ambient, UINT64_C(1) << CAP_KILL);
}

Test(plan_process, finds_path_and_home)
{
	const struct config from = { .process = "'env':['PATHS=a','PATH=/bin','HOMES=b']",
				     .linux_ = NEW_MOUNT };
	const struct config home = { .process = "'env':['HOME=/root']", .linux_ = NEW_MOUNT };
	autochecked struct checked c = { 0 }, d = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0);
	cr_expect_str_eq(p.process.path_env, "/bin");
	cr_expect(p.process.home_from_passwd);
	cr_assert_eq(plan_config(&d, &home, &plan_root_host, &plan_create, &p, &e), 0);
	cr_expect_null(p.process.path_env);
	cr_expect_not(p.process.home_from_passwd);
}

Test(plan_process, empty_labels_are_none)
{
	const struct config from = { .process = "'apparmorProfile':'','selinuxLabel':''",
				     .linux_ = NEW_MOUNT };
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_null(p.process.apparmor_profile);
	cr_expect_null(p.process.selinux_label);
}

Test(plan_process, timeouts_of_hooks_are_milliseconds)
{
	const struct config from = {
		.linux_ = NEW_MOUNT,
		.top = "'hooks':{'poststop':[{'path':'/a'},{'path':'/b','timeout':2},"
		       "{'path':'/c','timeout':2147483647,'args':['c']}]}",
	};
	autochecked struct checked c = { 0 };
	const struct plan_hook *v;
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	v = p.hooks[HOOK_POSTSTOP].v;
	cr_assert_eq(p.hooks[HOOK_POSTSTOP].n, 3);
	cr_expect_eq(v[0].timeout_ms, -1);
	cr_expect_eq(v[1].timeout_ms, 2000);
	cr_expect_eq(v[2].timeout_ms, INT32_MAX);
	cr_expect_null(v[1].argv);
	cr_expect_str_eq(v[2].argv[0], "c");
}

/* ---- text ---- */

Test(plan_print, never_shows_the_environment)
{
	const struct config from = {
		.process = "'env':['PASSWORD=hunter2','PATH=/secret/bin']",
		.linux_ = NEW_MOUNT,
		.top = "'hooks':{'poststop':[{'path':'/a','env':['TOKEN=hunter2']}]}",
	};
	autochecked struct checked c = { 0 };
	const char *text;
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	text = plan_print(&c.a, &p);
	cr_expect_not_null(strstr(text, "\n  environment: 2, PATH given, HOME from passwd\n"));
	cr_expect_null(strstr(text, "hunter2"));
	cr_expect_null(strstr(text, "/secret/bin"));
}

Test(plan_print, counts_what_the_goldens_mask)
{
	const struct config from = {
		.linux_ = NEW_MOUNT ",'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
				    "{'names':['read','no_such'],'action':'SCMP_ACT_ALLOW'}]}",
	};
	autochecked struct checked c = { 0 };
	const char *text;
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	text = plan_print(&c.a, &p);
	cr_expect_gt(p.filter.n, 3);
	cr_expect_not_null(strstr(text, arena_printf(&c.a, "\n  instructions: %u\n",
						     (unsigned)p.filter.n)));
	cr_expect_not_null(strstr(text, "\n  unknown names: 1\n"), "%s", text);
}

/* Five arguments of 64 bits, each one of nine values: too many cells for all. */
static const char *wide_policy(struct arena *a)
{
	static const char *const names[] = { "addr", "length", "prot", "flags", "offset" };
	const char *one = "7", *all = NULL;

	for (unsigned i = 1; i < 9; i++)
		one = arena_printf(a, "%s, 0x%u00000007", one, i);
	for (size_t i = 0; i < COUNT(names); i++)
		all = arena_printf(a, "%s%s%s in { %s }", i > 0 ? all : "", i > 0 ? " && " : "",
				   names[i], one);
	return arena_printf(a,
			    "policy wide { arch x86_64; default deny EPERM;"
			    " allow mmap when %s; allow mmap when addr > 100; }",
			    all);
}

Test(plan_print, tells_a_proof_from_a_sample)
{
	const struct config from = { .linux_ = NEW_MOUNT };
	autochecked struct checked c = { 0 };
	const char *const texts[] = {
		"policy narrow { arch x86_64; default deny EPERM; allow mmap; }",
		wide_policy(&c.a),
	};
	struct plan p;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct policy_source policy = { "p.policy", texts[i], strlen(texts[i]) };
		struct plan_want want = plan_create;
		const char *text;

		want.policy = &policy;
		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &want, &p, &e), 0, "%s",
			     e.text);
		cr_expect_eq(p.policy.pairwise, i == 1);
		text = plan_print(&c.a, &p);
		cr_expect_not_null(strstr(text,
					  arena_printf(&c.a, "\n  verified: %zu cells%s\n",
						       p.policy.cells,
						       i == 1 ? ", pairs of arguments only"
							      : "")),
				   "%s", text);
	}
}
