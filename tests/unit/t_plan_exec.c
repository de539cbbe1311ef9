/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/str.h"
#include "plan_help.h"

static const struct plan_exec_want in_group = {
	.id = "one",
	.bundle = "/bundle",
	.cgroup = "/groups/one",
	.detach = true,
};

static int plan_of(struct checked *c, const char *process, const char *linux_,
		   const struct plan_exec_want *w, struct plan *out, struct err *e)
{
	autoarena struct arena a = { 0 };

	check_text(c, arena_printf(&a,
				   "{'ociVersion':'1.3.0','root':{'path':'rootfs'},"
				   "'hooks':{'poststop':[{'path':'/h'}]},"
				   "'process':{'cwd':'/','args':['sh']%s},'linux':{%s}}",
				   process, linux_));
	cr_assert_eq(c->bad.n, 0, "%s", c->bad.first != NULL ? c->bad.first->text : "");
	return plan_exec(&c->a, &c->spec, &plan_root_host, w, out, e);
}

#define SECCOMP                                                              \
	NEW_MOUNT ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':" \
		  "[{'names':['mkdir'],'action':'SCMP_ACT_ERRNO'}]}"

struct group {
	const char *sub, *path, *text;
};

/* clang-format off */
static const struct group groups[] = {
	{ NULL,     "/groups/one",       NULL },
	{ "/",      "/groups/one",       NULL },
	{ ".",      "/groups/one",       NULL },
	{ "a",      "/groups/one/a",     NULL },
	{ "/a//b/", "/groups/one/a/b",   NULL },
	{ ":a",     "/groups/one/a",     NULL },
	{ "a..b",   "/groups/one/a..b",  NULL },
	{ "",       NULL, "--cgroup: expected a path below the container's cgroup: found \"\"" },
	{ ":",      NULL, "--cgroup: expected a path below the container's cgroup: found \":\"" },
	{ "cpu:a",  NULL, "--cgroup: expected a path below the container's cgroup: found \"cpu:a\"" },
	{ "..",     NULL, "--cgroup: bad sub cgroup path: expected no \"..\": found \"..\"" },
	{ "a/../b", NULL, "--cgroup: bad sub cgroup path: expected no \"..\": found \"a/../b\"" },
	{ "/../x",  NULL, "--cgroup: bad sub cgroup path: expected no \"..\": found \"/../x\"" },
};
/* clang-format on */

Test(plan_exec, stays_in_the_containers_cgroup)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		autochecked struct checked c = { 0 };
		struct plan_exec_want w = in_group;
		struct err e = { 0 };
		struct plan p;

		w.sub_cgroup = groups[i].sub;
		cr_expect_eq(plan_of(&c, "", NEW_MOUNT, &w, &p, &e),
			     groups[i].path != NULL ? 0 : -1, "%s: %s", groups[i].sub, e.text);
		if (groups[i].path != NULL)
			cr_expect_str_eq(p.cgroup.path, groups[i].path);
		else
			cr_expect_str_eq(e.text, groups[i].text);
	}
}

Test(plan_exec, needs_no_cgroup_where_the_container_has_none)
{
	autochecked struct checked c = { 0 }, d = { 0 };
	struct plan_exec_want w = in_group;
	struct err e = { 0 };
	struct plan p;

	w.cgroup = NULL;
	cr_expect_eq(plan_of(&c, "", NEW_MOUNT, &w, &p, &e), 0);
	cr_expect_not(p.cgroup.enabled);
	w.sub_cgroup = "a";
	cr_expect_eq(plan_of(&d, "", NEW_MOUNT, &w, &p, &e), -1);
	cr_expect_str_eq(e.text, "--cgroup: expected a cgroup of one: it runs in none");
}

/* What would make, map or hook anything is that of create. */
Test(plan_exec, makes_nothing_new)
{
	autochecked struct checked c = { 0 };
	struct err e = { 0 };
	struct plan p;

	cr_assert_eq(plan_of(&c, ",'user':{'uid':5,'gid':6}",
			     "'namespaces':[{'type':'mount'},{'type':'pid'},{'type':'user'}],"
			     "'uidMappings':[{'containerID':0,'hostID':100000,'size':10}],"
			     "'gidMappings':[{'containerID':0,'hostID':100000,'size':10}]",
			     &in_group, &p, &e),
		     0, "%s", e.text);
	cr_expect_eq(p.ns.clone_flags, 0);
	cr_expect_not(p.ns.new_user);
	cr_expect_not_null(p.ns.join[NS_USER]);
	cr_expect_eq(p.mounts_n + p.devices_n, 0);
	for (int k = 0; k < HOOK_KINDS; k++)
		cr_expect_eq(p.hooks[k].n, 0);
	cr_expect_eq(p.process.creds.uid, 5);
	cr_expect_eq(p.process.creds.gid, 6);
}

Test(plan_exec, the_filter_is_the_one_handed_in)
{
	static const struct sock_filter insn = { .code = BPF_RET | BPF_K, .k = 7 };
	static const struct filter made = { &insn, 1, SECCOMP_FILTER_FLAG_LOG };
	autochecked struct checked c = { 0 }, d = { 0 };
	struct plan_exec_want w = in_group;
	struct err e = { 0 };
	struct plan p;

	cr_assert_eq(plan_of(&c, "", SECCOMP, &w, &p, &e), 0, "%s", e.text);
	cr_expect_not(p.has_filter);
	w.filter = &made;
	cr_assert_eq(plan_of(&d, "", SECCOMP, &w, &p, &e), 0, "%s", e.text);
	cr_expect(p.has_filter);
	cr_expect(p.filter.insns == &insn && p.filter.n == 1);
	cr_expect_eq(p.filter.flags, SECCOMP_FILTER_FLAG_LOG);
}

struct affinity {
	const char *process;
	bool in_group;
	unsigned long initial, final; /* 0: none */
};

/* Without a group there is no time before it. */
static const struct affinity affinities[] = {
	{ "", true, 0, 0 },
	{ ",'execCPUAffinity':{'initial':'1'}", true, 2, 0 },
	{ ",'execCPUAffinity':{'final':'0,3'}", true, 0, 9 },
	{ ",'execCPUAffinity':{'initial':'1','final':'0'}", true, 2, 1 },
	{ ",'execCPUAffinity':{'initial':'1'}", false, 0, 2 },
	{ ",'execCPUAffinity':{'initial':'1','final':'0'}", false, 0, 1 },
};

static unsigned long mask_of(const struct bits *b)
{
	return b->n > 0 ? b->words[0] : 0;
}

Test(plan_exec, processors_are_for_before_and_in_the_group)
{
	for (size_t i = 0; i < COUNT(affinities); i++) {
		const struct affinity *t = &affinities[i];
		struct plan_exec_want w = in_group;
		autochecked struct checked c = { 0 };
		struct err e = { 0 };
		struct plan p;

		if (!t->in_group)
			w.cgroup = NULL;
		cr_assert_eq(plan_of(&c, t->process, NEW_MOUNT, &w, &p, &e), 0, "%s", e.text);
		cr_expect_eq(mask_of(&p.process.affinity_initial), t->initial, "case %zu", i);
		cr_expect_eq(mask_of(&p.process.affinity_final), t->final, "case %zu", i);
	}
}

struct refusal {
	const char *process, *linux_, *text;
	bool socket, deny_setgroups;
};

/* clang-format off */
static const struct refusal refusals[] = {
	{ ",'terminal':true", NEW_MOUNT,
	  "process.terminal: expected --console-socket, because nobody stays to hold the terminal: found none\nuse --console-socket SOCKET, or run without --detach", false, false },
	{ "", NEW_MOUNT, "--console-socket: expected process.terminal to be true: found false", true, false },
	{ ",'user':{'additionalGids':[1]}", NEW_MOUNT,
	  "process.user.additionalGids: expected setgroups to be allowed: found it denied in a user namespace that we may not map groups into\n"
	  "install newgidmap and add a range to /etc/subgid", false, true },
	{ ",'user':{'uid':10}", "'namespaces':[{'type':'mount'},{'type':'user'}],"
	  "'uidMappings':[{'containerID':0,'hostID':1,'size':10}],'gidMappings':[{'containerID':0,'hostID':1,'size':10}]",
	  "process.user.uid: expected an id in linux.uidMappings: found 10", false, false },
	{ "", "'namespaces':[{'type':'mount','path':'/m'}]",
	  "exec: expected mounts of the container's own: found a joined mount namespace", false, false },
};
/* clang-format on */

Test(plan_exec, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autochecked struct checked c = { 0 };
		const struct refusal *r = &refusals[i];
		struct plan_exec_want w = in_group;
		struct err e = { 0 };
		struct plan p;

		w.has_console_socket = r->socket;
		w.deny_setgroups = r->deny_setgroups;
		cr_expect_eq(plan_of(&c, r->process, r->linux_, &w, &p, &e), -1);
		cr_expect_str_eq(e.text, r->text);
	}
}
