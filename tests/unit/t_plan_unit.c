/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/str.h"
#include "plan_help.h"

static const struct plan_want by_systemd = {
	.id = "one",
	.bundle = "/bundle",
	.cgroup_manager = "systemd",
	.detach = true,
	.systemd = { .program = "/caisson-systemd", .bus = "unix:path=/bus" },
};

/* "TYPE VALUE" of the last property of that name, or "". */
static const char *property(struct arena *a, const struct unit_prop *v, size_t n,
			    const char *name)
{
	const char *out = "";

	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].name, name))
			out = arena_printf(a, "%s %s%s", v[i].type,
					   json_print(a, v[i].value, JSON_LINE, NULL),
					   v[i].optional ? " optional" : "");
	return out;
}

static const struct {
	const char *resources, *name, *value;
} limits[] = {
	{ "'memory':{'limit':1048576}", "MemoryMax", "t 1048576" },
	{ "'memory':{'limit':-1}", "MemoryMax", "t 18446744073709551615" },
	{ "'memory':{'limit':-1}", "MemorySwapMax", "t 18446744073709551615" },
	{ "'memory':{'limit':10,'swap':30}", "MemorySwapMax", "t 20" },
	{ "'memory':{'reservation':4096}", "MemoryLow", "t 4096" },
	{ "'memory':{'reservation':4096}", "MemoryMax", "" },
	{ "'pids':{'limit':7}", "TasksMax", "t 7" },
	{ "'pids':{'limit':0}", "TasksMax", "t 1" },
	{ "'pids':{'limit':-1}", "TasksMax", "t 18446744073709551615" },
	{ "'cpu':{'shares':1024}", "CPUWeight", "t 100" },
	{ "'cpu':{'idle':1,'shares':1024}", "CPUWeight", "t 0 optional" },
	{ "'cpu':{'idle':0,'shares':1024}", "CPUWeight", "t 100" },
	{ "'cpu':{'quota':50000}", "CPUQuotaPerSecUSec", "t 500000" },
	{ "'cpu':{'quota':50000}", "CPUQuotaPeriodUSec", "" },
	{ "'cpu':{'quota':50001,'period':50000}", "CPUQuotaPerSecUSec", "t 1010000" },
	{ "'cpu':{'quota':50001,'period':50000}", "CPUQuotaPeriodUSec", "t 50000" },
	{ "'cpu':{'quota':-1,'period':50000}", "CPUQuotaPerSecUSec", "t 18446744073709551615" },
	{ "'cpu':{'period':50000}", "CPUQuotaPerSecUSec", "" },
	{ "'cpu':{'cpus':'0-2, 8'}", "AllowedCPUs", "ay [7,1]" },
	{ "'cpu':{'cpus':'15'}", "AllowedCPUs", "ay [0,128]" },
	{ "'cpu':{'mems':'0'}", "AllowedMemoryNodes", "ay [1]" },
	{ "'cpu':{'cpus':'8192'}", "AllowedCPUs", "" },
	{ "'cpu':{'cpus':'2-1'}", "AllowedCPUs", "" },
	{ "'cpu':{'cpus':'0,'}", "AllowedCPUs", "" },
	{ "'blockIO':{'weight':500}", "IOWeight", "t 4950" },
	{ "'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':10}]}", "IODeviceWeight",
	  "a(st) [[\"/dev/block/8:0\",1]]" },
	{ "'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':9},"
	  "{'major':8,'minor':16,'rate':0}]}",
	  "IOReadBandwidthMax",
	  "a(st) [[\"/dev/block/8:0\",9],[\"/dev/block/8:16\",18446744073709551615]]" },
	{ "'blockIO':{'throttleWriteBpsDevice':[{'major':8,'minor':0,'rate':9}]}",
	  "IOWriteBandwidthMax", "a(st) [[\"/dev/block/8:0\",9]]" },
	{ "'blockIO':{'throttleReadIOPSDevice':[{'major':8,'minor':0,'rate':9}]}",
	  "IOReadIOPSMax", "a(st) [[\"/dev/block/8:0\",9]]" },
	{ "'blockIO':{'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':9}]}",
	  "IOWriteIOPSMax", "a(st) [[\"/dev/block/8:0\",9]]" },
	{ "'unified':{'memory.high':'4096'}", "MemoryHigh", "t 4096" },
	{ "'unified':{'memory.min':'max'}", "MemoryMin", "t 18446744073709551615" },
	{ "'unified':{'memory.zswap.max':'0'}", "MemoryZSwapMax", "t 0 optional" },
	{ "'unified':{'memory.max':'1M'}", "MemoryMax", "" },
	{ "'unified':{'memory.max':'4096'},'memory':{'limit':8192}", "MemoryMax", "t 4096" },
	{ "'unified':{'pids.max':'0'}", "TasksMax", "t 1" },
	{ "'unified':{'cpu.weight':'7'}", "CPUWeight", "t 7" },
	{ "'unified':{'cpu.idle':'1'}", "CPUWeight", "t 0 optional" },
	{ "'unified':{'cpu.max':'10000 50000'}", "CPUQuotaPerSecUSec", "t 200000" },
	{ "'unified':{'cpu.max':'10000 50000'}", "CPUQuotaPeriodUSec", "t 50000" },
	{ "'unified':{'cpu.max':'max'}", "CPUQuotaPerSecUSec", "t 18446744073709551615" },
	{ "'unified':{'cpu.max':'10000 fast'}", "CPUQuotaPerSecUSec", "" },
	{ "'unified':{'cpuset.cpus':'1'}", "AllowedCPUs", "ay [2]" },
	{ "'unified':{'cpuset.mems':'0'}", "AllowedMemoryNodes", "ay [1]" },
	{ "'unified':{'memory.oom.group':'1'}", "OOMPolicy", "s \"kill\" optional" },
	{ "'unified':{'memory.oom.group':'0'}", "OOMPolicy", "" },
	{ "'devices':[]", "DevicePolicy", "" },
	{ "'devices':[{'allow':true,'access':'rwm'}]", "DevicePolicy", "s \"auto\"" },
	{ "'devices':[{'allow':false,'access':'rwm'}]", "DevicePolicy", "s \"strict\"" },
};

Test(plan_unit, limits_are_said_in_systemds_words)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		autochecked struct checked c = { 0 };
		const char *linux_ =
			arena_printf(&c.a, NEW_MOUNT ",'resources':{%s}", limits[i].resources);
		const struct config from = { .linux_ = linux_ };
		struct plan *p = arena_new(&c.a, struct plan);
		struct err e = { 0 };

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &by_systemd, p, &e), 0,
			     "%s", e.text);
		cr_expect_str_eq(property(&c.a, p->cgroup.unit.props, p->cgroup.unit.props_n,
					  limits[i].name),
				 limits[i].value, "%s: %s", limits[i].resources,
				 limits[i].name);
	}
}

/* The list that systemd gets allows no less than the rules, and no more than it must. */
Test(plan_unit, device_rules_become_a_list_of_what_is_allowed)
{
	static const struct {
		const char *rules, *first;
	} cases[] = {
		{ "{'allow':true,'type':'c','major':10,'minor':200,'access':'rw'}",
		  "[[\"/dev/char/10:200\",\"rw\"],[\"char-*\",\"m\"]," },
		{ "{'allow':true,'type':'b','major':8,'access':'r'}",
		  "[[\"block-8\",\"r\"],[\"char-*\",\"m\"]," },
		{ "{'allow':true,'type':'a','major':8,'minor':1,'access':'r'}",
		  "[[\"/dev/block/8:1\",\"r\"],[\"/dev/char/8:1\",\"r\"],[\"char-*\",\"m\"]," },
		{ "{'allow':true,'type':'c','minor':1,'access':'r'}",
		  "[[\"char-*\",\"r\"],[\"char-*\",\"m\"]," },
		{ "{'allow':true,'type':'c','major':1,'minor':1,'access':'r'},"
		  "{'allow':false,'access':'rwm'}",
		  "[[\"char-*\",\"m\"]," },
		{ "{'allow':false,'type':'c','major':1,'minor':1,'access':'r'}",
		  "[[\"char-*\",\"m\"]," },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autochecked struct checked c = { 0 };
		const char *linux_ =
			arena_printf(&c.a, NEW_MOUNT ",'resources':{'devices':[%s]}",
				     cases[i].rules);
		const struct config from = { .linux_ = linux_ };
		struct plan *p = arena_new(&c.a, struct plan);
		struct err e = { 0 };
		const char *list;

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &by_systemd, p, &e), 0,
			     "%s", e.text);
		list = property(&c.a, p->cgroup.unit.props, p->cgroup.unit.props_n,
				"DeviceAllow");
		cr_expect_not_null(str_after(list, "a(ss) "), "%s", list);
		cr_expect_not_null(str_after(list + strlen("a(ss) "), cases[i].first), "%s: %s",
				   cases[i].rules, list);
	}
}

Test(plan_unit, a_user_has_no_device_rules_and_a_slice_of_its_own)
{
	autochecked struct checked c = { 0 };
	const struct config from = {
		.linux_ = "'namespaces':[{'type':'mount'},{'type':'user'}],"
			  "'uidMappings':[{'containerID':0,'hostID':1000,"
			  "'size':1}],'gidMappings':[{'containerID':0,"
			  "'hostID':100,'size':1}],"
			  "'resources':{'devices':[{'allow':false,'access':'rwm'}]}"
	};
	struct plan_want w = by_systemd;
	struct plan *p = arena_new(&c.a, struct plan);
	struct err e = { 0 };

	w.systemd.user = true;
	cr_assert_eq(plan_config(&c, &from, &plan_user_host, &w, p, &e), 0, "%s", e.text);
	cr_expect_str_eq(p->cgroup.path, "/user.slice/caisson-one.scope");
	cr_expect(p->cgroup.unit.user);
	cr_expect_str_eq(property(&c.a, p->cgroup.unit.props, p->cgroup.unit.props_n,
				  "DevicePolicy"),
			 "");
}

Test(plan_unit, annotations_come_before_limits)
{
	autochecked struct checked c = { 0 };
	const struct config from = {
		.linux_ = NEW_MOUNT ",'resources':{'pids':{'limit':7}}",
		.top = "'annotations':{'org.systemd.property.TasksMax':'uint64 9',"
		       "'org.systemd.property.CollectMode':'\\\"inactive\\\"',"
		       "'org.systemd.propertyX':'1'}",
	};
	struct plan *p = arena_new(&c.a, struct plan);
	const struct plan_unit *u = &p->cgroup.unit;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &by_systemd, p, &e), 0, "%s",
		     e.text);
	cr_expect_str_eq(property(&c.a, u->props, u->props_n, "TasksMax"), "t 7");
	cr_expect_str_eq(property(&c.a, u->props, u->props_n, "CollectMode"), "s \"inactive\"");
	cr_expect_str_eq(property(&c.a, u->props, u->props_n, "Delegate"), "b true");
	cr_expect_str_eq(property(&c.a, u->props, u->props_n, "Slice"), "s \"system.slice\"");
}

#define PATH_HINT                                                                           \
	"a path is cgroupfs's form: tell the engine so, podman --cgroup-manager=cgroupfs, " \
	"SystemdCgroup = false for containerd"
#define BUS_HINT                                                                              \
	"log in as the user, or loginctl enable-linger and export XDG_RUNTIME_DIR=/run/user/" \
	"$UID; or use --cgroup-manager=cgroupfs"
#define PROGRAM_HINT                                                                    \
	"build caisson with libsystemd-dev (Debian) or systemd-devel (Fedora), or use " \
	"--cgroup-manager=cgroupfs"

static const struct {
	const char *linux_, *top;
	struct plan_systemd systemd;
	enum err_kind kind;
	const char *text, *hint;
} refusals[] = {
	{ ",'cgroupsPath':'/a/b'",
	  NULL,
	  { "/p", "b", NULL, false },
	  ERR_SPEC,
	  "linux.cgroupsPath: expected SLICE:PREFIX:NAME: found \"/a/b\"",
	  PATH_HINT },
	{ ",'cgroupsPath':'a:b:c'",
	  NULL,
	  { "/p", "b", NULL, false },
	  ERR_SPEC,
	  "linux.cgroupsPath: expected the name of a slice, as \"a-b.slice\": found \"a\"",
	  NULL },
	{ ",'cgroupsPath':'a.slice:b:c.slice'",
	  NULL,
	  { "/p", "b", NULL, false },
	  ERR_SPEC,
	  "linux.cgroupsPath: expected the name of a scope: found the slice \"c.slice\"",
	  "a slice holds units, no processes: name the slice first, as SLICE:PREFIX:NAME" },
	{ "",
	  NULL,
	  { NULL, "b", NULL, false },
	  ERR_HOST,
	  "systemd cgroup driver: expected the program caisson-systemd: found none",
	  PROGRAM_HINT },
	{ "",
	  NULL,
	  { "/p", NULL, "no socket /s", false },
	  ERR_HOST,
	  "systemd cgroup driver: expected a bus: found no socket /s",
	  "start dbus.socket, or use --cgroup-manager=cgroupfs" },
	{ "",
	  NULL,
	  { "/p", NULL, "no socket", true },
	  ERR_HOST,
	  "systemd cgroup driver: expected a bus: found no socket",
	  BUS_HINT },
	{ "",
	  "'annotations':{'org.systemd.property.Slice':'\\\"a\\\"'}",
	  { "/p", "b", NULL, false },
	  ERR_SPEC,
	  "annotations.org.systemd.property.Slice: expected a property that is not the "
	  "runtime's "
	  "own",
	  NULL },
	{ "",
	  "'annotations':{'org.systemd.property.KillSignal':'1s'}",
	  { "/p", "b", NULL, false },
	  ERR_SPEC,
	  "annotations.org.systemd.property.KillSignal: expected the end at character 2: found "
	  "\"s\" (GVariant's text form)",
	  NULL },
};

Test(plan_unit, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autochecked struct checked c = { 0 };
		const struct config from = {
			.linux_ = arena_printf(&c.a, NEW_MOUNT "%s", refusals[i].linux_),
			.top = refusals[i].top,
		};
		struct plan_want w = by_systemd;
		struct plan *p = arena_new(&c.a, struct plan);
		char text[600];
		struct err e = { 0 };

		w.systemd = refusals[i].systemd;
		cr_expect_eq(plan_config(&c, &from, &plan_root_host, &w, p, &e), -1, "%zu", i);
		cr_expect_eq(e.kind, refusals[i].kind);
		err_format(&e, text, sizeof(text));
		cr_expect_str_eq(text, refusals[i].text);
		cr_expect(str_eq(err_hint(&e), refusals[i].hint), "%s: %s", text, err_hint(&e));
	}
}
