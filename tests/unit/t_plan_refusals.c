/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/str.h"
#include "plan_help.h"

enum on {
	ROOT,
	USER,
	V1
};

#define SOCKET   1 /* --console-socket */
#define ATTACHED 2 /* run in the foreground */
#define DISABLED 4 /* --cgroup-manager=disabled */

struct refusal {
	struct config from;
	enum on host;
	unsigned want;
	enum err_kind kind;
	const char *text, *hint;
};

#define USERS(maps)                                                           \
	"'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':" maps \
	",'gidMappings':" maps
#define OWN         "[{'containerID':0,'hostID':1000,'size':1}]"
#define OWN_GID     "[{'containerID':0,'hostID':100,'size':1}]"
#define RANGE       "[{'containerID':0,'hostID':100000,'size':10}]"
#define JOINED      "'namespaces':[{'type':'mount','path':'/m'}]"
#define MOUNT(m)    "'mounts':[{" m "}]"
#define DEV         MOUNT("'destination':'/dev','type':'tmpfs'")
#define NODE(path)  ",'devices':[{'path':'" path "','type':'c','major':1,'minor':11}]"
#define RULES(more) ",'resources':{'devices':[{'allow':false,'access':'rwm'}" more "]}"
#define NO_DEVICES  RULES("")
#define NO_FILTER   "for no cgroup holds the rules: --cgroup-manager=disabled"
#define V1_HINT                                                                         \
	"boot with systemd.unified_cgroup_hierarchy=1, or take the limits out and use " \
	"--cgroup-manager=disabled"
#define CGROUPFS_HINT                                                                     \
	"call caisson with --systemd-cgroup, or tell the engine to use cgroupfs: podman " \
	"--cgroup-manager=cgroupfs, SystemdCgroup = false for containerd"

/* clang-format off */
static const struct refusal refusals[] = {
	/* what takes something of the host */
	{ { NULL, "'namespaces':[{'type':'mount'},{'type':'network'}],'netDevices':{'eth0':{}}", NULL }, ROOT, 0, ERR_HOST, "linux.netDevices: caisson-net: not installed", NULL },
	{ { NULL, "'namespaces':[{'type':'mount'},{'type':'network'},{'type':'user'}],'uidMappings':" OWN ",'gidMappings':" OWN_GID ",'netDevices':{'eth0':{}}", NULL }, USER, 0, ERR_HOST, "linux.netDevices: expected CAP_NET_ADMIN: found uid 1000 without it", "devices of the host are moved by its root" },
	{ { NULL, NEW_MOUNT ",'intelRdt':{}", NULL }, ROOT, 0, ERR_HOST, "linux.intelRdt: expected a resctrl file system: found none", "mount -t resctrl resctrl /sys/fs/resctrl, where processor and kernel have it (CONFIG_X86_CPU_RESCTRL)" },

	/* labels */
	{ { NULL, NEW_MOUNT ",'mountLabel':'files'", MOUNT("'destination':'/a','type':'tmpfs'") ",'annotations':{'run.oci.mount_context_type':'seclabel'}" }, ROOT, 0, ERR_SPEC, "annotations[\"run.oci.mount_context_type\"]: expected context, fscontext, defcontext or rootcontext: found \"seclabel\"", NULL },

	/* namespaces and ids */
	{ { NULL, "'namespaces':[{'type':'pid'}]", NULL }, ROOT, 0, ERR_SPEC, "linux.namespaces: expected mount: found nothing", "without one the host's own mounts would be changed" },
	{ { NULL, NEW_MOUNT, NULL }, USER, 0, ERR_HOST, "linux.namespaces: expected user: found nothing, and uid 1000 is not privileged", "run as root, or take the config of: caisson spec --rootless" },
	{ { NULL, USERS(RANGE), NULL }, USER, 0, ERR_HOST, "linux.uidMappings: expected newuidmap for more than the own id 1000: found none", "install uidmap (Debian) or shadow-utils (Fedora) and add a line to /etc/subuid and /etc/subgid" },
	{ { NULL, USERS("[{'containerID':0,'hostID':1000,'size':2}]"), NULL }, USER, 0, ERR_HOST, "linux.uidMappings: expected newuidmap for more than the own id 1000: found none", "install uidmap (Debian) or shadow-utils (Fedora) and add a line to /etc/subuid and /etc/subgid" },
	{ { NULL, USERS("[{'containerID':0,'hostID':1001,'size':1}]"), NULL }, USER, 0, ERR_HOST, "linux.uidMappings: expected newuidmap for more than the own id 1000: found none", "install uidmap (Debian) or shadow-utils (Fedora) and add a line to /etc/subuid and /etc/subgid" },
	{ { NULL, "'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':" OWN ",'gidMappings':" RANGE, NULL }, USER, 0, ERR_HOST, "linux.gidMappings: expected newgidmap for more than the own id 100: found none", "install uidmap (Debian) or shadow-utils (Fedora) and add a line to /etc/subuid and /etc/subgid" },
	{ { "'user':{'additionalGids':[0]}", "'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':" OWN ",'gidMappings':" OWN_GID, NULL }, USER, 0, ERR_HOST, "process.user.additionalGids: expected setgroups to be allowed: found it denied in a user namespace that we may not map groups into", "install newgidmap and add a range to /etc/subgid" },
	{ { "'user':{'uid':10}", USERS(RANGE), NULL }, ROOT, 0, ERR_SPEC, "process.user.uid: expected an id in linux.uidMappings: found 10", NULL },
	{ { "'user':{'uid':9,'gid':10}", USERS(RANGE), NULL }, ROOT, 0, ERR_SPEC, "process.user.gid: expected an id in linux.gidMappings: found 10", NULL },
	{ { "'user':{'additionalGids':[9,10]}", USERS(RANGE), NULL }, ROOT, 0, ERR_SPEC, "process.user.additionalGids[1]: expected an id in linux.gidMappings: found 10", NULL },

	/* a joined mount namespace is taken as it stands */
	{ { NULL, JOINED, MOUNT("'destination':'/a','type':'tmpfs'") }, ROOT, 0, ERR_SPEC, "mounts: expected nothing beside a joined mount namespace: found a value", NULL },
	{ { NULL, JOINED ",'devices':[{'path':'/dev/x','type':'p'}]", NULL }, ROOT, 0, ERR_SPEC, "linux.devices: expected nothing beside a joined mount namespace: found a value", NULL },
	{ { NULL, JOINED ",'maskedPaths':['/a']", NULL }, ROOT, 0, ERR_SPEC, "linux.maskedPaths: expected nothing beside a joined mount namespace: found a value", NULL },
	{ { NULL, JOINED ",'readonlyPaths':['/a']", NULL }, ROOT, 0, ERR_SPEC, "linux.readonlyPaths: expected nothing beside a joined mount namespace: found a value", NULL },
	{ { NULL, JOINED, "'hooks':{'createContainer':[{'path':'/a'}]}" }, ROOT, 0, ERR_SPEC, "hooks.createContainer: expected nothing beside a joined mount namespace: found a value", NULL },
	{ { NULL, JOINED ",'rootfsPropagation':'slave'", NULL }, ROOT, 0, ERR_SPEC, "linux.rootfsPropagation: expected nothing beside a joined mount namespace: found a value", NULL },

	/* mounts: /proc holds our own security labels (CVE-2019-16884, CVE-2019-19921) */
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/','type':'tmpfs'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a path below the root: found \"/\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a/../..','type':'tmpfs'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a path below the root: found \"/\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/proc/self/attr','type':'tmpfs'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a place outside /proc: found \"/proc/self/attr\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/proc/self/attr','type':'bind','source':'/a'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a place outside /proc: found \"/proc/self/attr\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'//x/..//proc/./cpuinfo/x','type':'tmpfs'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a place outside /proc: found \"/proc/cpuinfo/x\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/proc/sys','type':'proc'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a place outside /proc: found \"/proc/sys\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/proc','type':'ext4','source':'/dev/sdb'") }, ROOT, 0, ERR_SPEC, "mounts[0].destination: expected a place outside /proc: found \"/proc\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a'") }, ROOT, 0, ERR_SPEC, "mounts[0].type: expected a file system: found nothing", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a','type':'bind','source':'/a','options':['ro','size=1','nosiud']") }, ROOT, 0, ERR_SPEC, "mounts[0].options: expected options of a bind mount: found \"nosiud\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a','type':'tmpfs','options':['size=1','remount']") }, ROOT, 0, ERR_SPEC, "mounts[0].options: expected options of a remount: found \"size\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a','type':'tmpfs','options':['=1']") }, ROOT, 0, ERR_SPEC, "mounts[0].options[0]: expected a mount option: found \"=1\"", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a','type':'tmpfs','options':['idmap']") }, ROOT, 0, ERR_SPEC, "mounts[0]: expected a bind mount for an id map: found type tmpfs", NULL },
	{ { NULL, NEW_MOUNT, MOUNT("'destination':'/a','type':'bind','source':'/a','options':['ridmap']") }, ROOT, 0, ERR_SPEC, "mounts[0]: expected uidMappings and gidMappings, or a user namespace, for idmap: found neither", NULL },
	{ { NULL, NEW_MOUNT ",'devices':[{'path':'/dev/..','type':'p'}]", NULL }, ROOT, 0, ERR_SPEC, "linux.devices[0]: expected a path and numbers of a device: found \"/dev/..\" 0:0", NULL },

	/* the process */
	{ { "'capabilities':{'effective':['CAP_KILL']}", NEW_MOUNT, NULL }, ROOT, 0, ERR_SPEC, "process.capabilities.effective: expected a subset of permitted: found number 5 besides", NULL },
	{ { "'apparmorProfile':'p'", NEW_MOUNT, NULL }, ROOT, 0, ERR_HOST, "process.apparmorProfile: expected a kernel with AppArmor for \"p\": found none", NULL },
	{ { "'selinuxLabel':'l'", NEW_MOUNT, NULL }, ROOT, 0, ERR_HOST, "process.selinuxLabel: expected a kernel with SELinux for \"l\": found none", NULL },
	{ { "'terminal':true", NEW_MOUNT, NULL }, ROOT, 0, ERR_USAGE, "process.terminal: expected --console-socket, because nobody stays to hold the terminal: found none", "use --console-socket SOCKET, or run without --detach" },
	{ { NULL, NEW_MOUNT, NULL }, ROOT, SOCKET, ERR_USAGE, "--console-socket: expected process.terminal to be true: found false", NULL },
	{ { "'terminal':true", NEW_MOUNT, NULL }, ROOT, SOCKET | ATTACHED, ERR_USAGE, "--console-socket: expected --detach: found a run in the foreground", NULL },

	/* the cgroup */
	{ { NULL, NEW_MOUNT ",'resources':{'pids':{'limit':1}}", NULL }, V1, 0, ERR_HOST, "linux.resources: limits are asked for: memory is mounted as v1", V1_HINT },
	{ { NULL, NEW_MOUNT ",'resources':{'devices':[{'allow':false}]}", NULL }, V1, 0, ERR_HOST, "linux.resources: limits are asked for: memory is mounted as v1", V1_HINT },
	{ { NULL, NEW_MOUNT ",'resources':{'unified':{'cgroup.max.depth':'1'}}", NULL }, V1, 0, ERR_HOST, "linux.resources: limits are asked for: memory is mounted as v1", V1_HINT },
	{ { NULL, NEW_MOUNT ",'resources':{'pids':{'limit':1}}", NULL }, ROOT, DISABLED, ERR_HOST, "linux.resources: limits are asked for: --cgroup-manager=disabled", "take them out of config.json" },

	/* device rules that no cgroup holds: t_plan_limits.c has those that mounts hold */
	{ { NULL, NEW_MOUNT NO_DEVICES, NULL }, ROOT, DISABLED, ERR_HOST, "linux.resources.devices: expected a tmpfs of the container's own on /dev, " NO_FILTER, NULL },
	{ { NULL, NEW_MOUNT NO_DEVICES, MOUNT("'destination':'/dev','type':'bind','source':'/dev'") }, ROOT, DISABLED, ERR_HOST, "linux.resources.devices: expected a tmpfs of the container's own on /dev, " NO_FILTER, NULL },
	{ { NULL, JOINED NO_DEVICES, NULL }, ROOT, DISABLED, ERR_HOST, "linux.resources.devices: expected a tmpfs of the container's own on /dev, " NO_FILTER, NULL },
	{ { "'capabilities':{'bounding':['CAP_MKNOD']}", NEW_MOUNT NO_DEVICES, DEV }, ROOT, DISABLED, ERR_HOST, "linux.resources.devices: expected no CAP_MKNOD, " NO_FILTER, "take it out of the bounding set: podman --cap-drop mknod" },
	{ { NULL, NEW_MOUNT NO_DEVICES NODE("/x"), DEV }, ROOT, DISABLED, ERR_HOST, "linux.devices: expected a path in /dev, " NO_FILTER ": found \"/x\"", NULL },
	{ { NULL, NEW_MOUNT NO_DEVICES NODE("/dev/x"), DEV }, ROOT, DISABLED, ERR_HOST, "linux.resources.devices: expected /dev/x to be allowed whole, " NO_FILTER, "allow both reading and writing, or take the device out" },
	{ { NULL, NEW_MOUNT RULES(",{'allow':true,'type':'c','major':1,'minor':11,'access':'r'}") NODE("/dev/x"), DEV }, ROOT, DISABLED, ERR_HOST, "linux.resources.devices: expected /dev/x to be allowed whole, " NO_FILTER, "allow both reading and writing, or take the device out" },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'a.slice:b:c'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected a path: found \"a.slice:b:c\", the form of the systemd driver", CGROUPFS_HINT },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'/'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected a path below the root: found \"/\"", NULL },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'/a/..'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected a path below the root: found \"/a/..\"", NULL },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'/a/../b'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected no \"..\": found \"/a/../b\"", NULL },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'../b'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected no \"..\": found \"../b\"", NULL },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'/b/c/..'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected no \"..\": found \"/b/c/..\"", NULL },
	{ { NULL, NEW_MOUNT ",'cgroupsPath':'/..a/../b'", NULL }, ROOT, 0, ERR_SPEC, "linux.cgroupsPath: expected no \"..\": found \"/..a/../b\"", NULL },

	/* seccomp: t_plan_seccomp.c has the rest */
	{ { NULL, NEW_MOUNT ",'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'}", NULL }, ROOT, 0, ERR_SPEC, "linux.seccomp.listenerPath: expected the socket of who answers SCMP_ACT_NOTIFY: found nothing", NULL },
};
/* clang-format on */

static struct host host_of(enum on on)
{
	struct host h = on == USER ? plan_user_host : plan_root_host;

	if (on == V1)
		h.cgroup = (struct cg_host){ .why = "memory is mounted as v1" };
	return h;
}

static struct plan_want want_of(unsigned flags)
{
	struct plan_want w = plan_create;

	w.has_console_socket = (flags & SOCKET) != 0;
	w.detach = (flags & ATTACHED) == 0;
	if ((flags & DISABLED) != 0)
		w.cgroup_manager = "disabled";
	return w;
}

static void expect_refused(size_t i, const struct refusal *t, const struct err *e)
{
	char text[600];

	err_format(e, text, sizeof(text));
	cr_expect_str_eq(text, t->text, "case %zu: %s", i, text);
	cr_expect_eq(e->kind, t->kind, "case %zu: %s", i, err_code(e));
	cr_expect(str_eq(err_hint(e), t->hint), "case %zu: %s", i, err_hint(e));
}

Test(plan, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *t = &refusals[i];
		const struct host h = host_of(t->host);
		const struct plan_want w = want_of(t->want);
		autochecked struct checked c = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_expect_eq(plan_config(&c, &t->from, &h, &w, &p, &e), -1, "case %zu", i);
		expect_refused(i, t, &e);
	}
}

/* Each refusal above, without what it names: a terminal with its socket, and in the foreground
 * without one. */
Test(plan, takes_a_terminal_that_somebody_holds)
{
	static const unsigned flags[] = { SOCKET, ATTACHED };

	for (size_t i = 0; i < COUNT(flags); i++) {
		const struct config from = {
			.process = "'terminal':true,'consoleSize':{'height':24,'width':80}",
			.linux_ = NEW_MOUNT,
		};
		const struct plan_want w = want_of(flags[i]);
		autochecked struct checked c = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &w, &p, &e), 0, "%s",
			     e.text);
		cr_expect(p.process.terminal);
		cr_expect_eq(p.process.rows, 24);
		cr_expect_eq(p.process.cols, 80);
	}
}

Test(plan, refuses_capabilities_that_the_kernel_lacks)
{
	const struct config from = { .process = "'capabilities':{'bounding':['CAP_BPF']}",
				     .linux_ = NEW_MOUNT };
	autochecked struct checked c = { 0 };
	struct host h = plan_root_host;
	struct plan p;
	struct err e = { 0 };

	h.caps_known = (UINT64_C(1) << 38) - 1;
	cr_expect_eq(plan_config(&c, &from, &h, &plan_create, &p, &e), -1);
	cr_expect_eq(e.kind, ERR_HOST);
	cr_expect_str_eq(e.text,
			 "process.capabilities: expected capabilities that this kernel knows: "
			 "found number 39");
}

Test(plan, refuses_a_read_only_root_beside_a_joined_mount_namespace)
{
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	check_text(&c, "{'ociVersion':'1.3.0','root':{'path':'/','readonly':true},"
		       "'process':{'cwd':'/','args':['sh']},'linux':{" JOINED "}}");
	cr_assert_eq(c.bad.n, 0);
	cr_expect_eq(plan_make(&c.a, &c.spec, &plan_root_host, &plan_create, &p, &e), -1);
	cr_expect_str_eq(e.text, "root.readonly: expected nothing beside a joined mount "
				 "namespace: found a value");
}

/* ---- all at once ---- */

static const char many[] =
	"{'ociVersion':'1.3.0','root':{'path':'r'},'process':{'cwd':'/','args':['a'],"
	"'capabilities':{'effective':['CAP_KILL']}},'mounts':[{'destination':'/"
	"a','type':'bind',"
	"'source':'/"
	"b','options':['bind','nonsense']}],'linux':{'namespaces':[{'type':'mount'},{'type':'"
	"network'}],"
	"'cgroupsPath':'a:b:c','netDevices':{'eth0':{}},"
	"'resources':{'pids':{'limit':5}}}}";

static bool refused(const struct complaints *bad, const char *what)
{
	for (const struct complaint *c = bad->first; c != NULL; c = c->next)
		if (strstr(c->text, what) == c->text)
			return true;
	return false;
}

Test(plan, tells_what_each_part_refuses)
{
	static const char *const says[] = {
		"mounts[0].options: ",
		"process.capabilities.effective: expected a subset of permitted: ",
		"linux.cgroupsPath: expected a path: found \"a:b:c\"",
	};
	autochecked struct checked c = { 0 };

	check_text(&c, many);
	cr_assert_eq(c.bad.n, 0, "%s", c.bad.first->text);
	plan_refusals(&c.a, &c.spec, &plan_root_host, &plan_create, false, &c.bad);
	cr_expect_eq(c.bad.n, COUNT(says));
	for (size_t i = 0; i < COUNT(says); i++)
		cr_expect(refused(&c.bad, says[i]), "%s", says[i]);
}

Test(plan, beside_what_it_refuses_is_the_plan)
{
	const struct config from = {
		.linux_ = NEW_MOUNT ",'maskedPaths':['/proc/kcore'],"
				    "'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'}",
		.top = "'annotations':{'a':'b'}",
	};
	autochecked struct checked c = { 0 };
	const struct plan *beside;
	struct plan made;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &made, &e), 0, "%s",
		     e.text);
	beside = plan_refusals(&c.a, &c.spec, &plan_root_host, &plan_create, true, &c.bad);
	cr_expect_eq(c.bad.n, 0);
	cr_expect_str_eq(plan_print(&c.a, beside), plan_print(&c.a, &made));
	cr_expect(beside->protect_self);
	cr_expect_eq(beside->has_filter, made.has_filter);
}

Test(plan, tells_what_only_this_host_refuses_when_asked)
{
	struct config from = { .linux_ = "'namespaces':[{'type':'mount'}]" };
	autochecked struct checked c = { 0 };
	struct err e = { 0 };
	struct plan p;

	cr_assert_eq(plan_config(&c, &from, &plan_user_host, &plan_create, &p, &e), -1);
	cr_assert_eq(e.kind, ERR_HOST);
	plan_refusals(&c.a, &c.spec, &plan_user_host, &plan_create, false, &c.bad);
	cr_expect_eq(c.bad.n, 0);
	plan_refusals(&c.a, &c.spec, &plan_user_host, &plan_create, true, &c.bad);
	cr_expect_eq(c.bad.n, 1);
	cr_expect(refused(&c.bad,
			  "linux.namespaces: expected user: found nothing, and uid 1000"));
}
