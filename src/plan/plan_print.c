/* SPDX-License-Identifier: Apache-2.0 */
/* plan_print.c - the plan as text. Never a value of the environment: it holds secrets. */
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "plan/plan_text.h"
#include "spec/words.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static void container(struct text *t, const struct plan *p)
{
	text_add(t, "container\n");
	text_field(t, "id", p->id);
	text_field(t, "bundle", p->bundle);
	text_field(t, "specification", p->oci_version);
	text_field(t, "hostname", p->hostname);
	text_field(t, "domainname", p->domainname);
	text_add(t, "  binary: %s\n",
		 p->protect_self ? "hidden from the container" : "out of its reach");
}

/* A key and the lines of a text, one a line. */
static void lines(struct text *t, const char *indent, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		text_add(t, "%s%.*s\n", indent, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static bool is_new(const struct plan_ns *ns, int kind)
{
	static const uint64_t flags[NS_KINDS] = {
		[NS_USER] = CLONE_NEWUSER,   [NS_IPC] = CLONE_NEWIPC, [NS_UTS] = CLONE_NEWUTS,
		[NS_NETWORK] = CLONE_NEWNET, [NS_PID] = CLONE_NEWPID, [NS_TIME] = CLONE_NEWTIME,
		[NS_MOUNT] = CLONE_NEWNS,
	};

	return kind == NS_CGROUP ? ns->new_cgroup : (ns->clone_flags & flags[kind]) != 0;
}

static void namespaces(struct text *t, const struct plan *p)
{
	const struct plan_ns *ns = &p->ns;

	text_add(t, "namespaces\n  ladder: %s\n",
		 ns->ladder == LADDER_STAGED ? "staged" : "direct");
	for (int k = 0; k < NS_KINDS; k++) {
		if (ns->join[k] == NULL) {
			text_add(t, "  %s: %s\n", spec_ns_names[k],
				 is_new(ns, k) ? "new" : "the caller's");
			continue;
		}
		text_add(t, "  %s: joined, ", spec_ns_names[k]);
		text_word(t, ns->join[k]);
		text_add(t, "\n");
	}
	if (ns->time_offsets != NULL) {
		text_add(t, "  time offsets:\n");
		lines(t, "    ", ns->time_offsets);
	}
}

static void map(struct text *t, const char *key, const struct plan_map *m)
{
	text_add(t, "  %s: ", key);
	if (m->helper != NULL)
		text_word(t, m->helper[0]);
	else
		text_add(t, "written");
	if (!m->root_mapped)
		text_add(t, ", no root");
	text_add(t, "\n");
	lines(t, "    ", m->text);
}

static void ids(struct text *t, const struct plan *p)
{
	if (p->ids.uid.text == NULL)
		return;
	text_add(t, "id maps\n");
	map(t, "uid", &p->ids.uid);
	map(t, "gid", &p->ids.gid);
	text_add(t, "  setgroups: %s\n", p->ids.deny_setgroups ? "denied" : "allowed");
}

static void one_hook(struct text *t, int kind, const struct plan_hook *h)
{
	size_t env_n = 0;

	text_add(t, "  %s: ", spec_hook_names[kind]);
	text_word(t, h->path);
	for (const char *const *arg = h->argv; arg != NULL && *arg != NULL; arg++) {
		text_add(t, " ");
		text_quoted(t, *arg);
	}
	while (h->envp != NULL && h->envp[env_n] != NULL)
		env_n++;
	text_add(t, ", environment of %zu", env_n);
	if (h->timeout_ms >= 0)
		text_add(t, ", at most %d ms", h->timeout_ms);
	text_add(t, "\n");
}

static void hooks(struct text *t, const struct plan *p)
{
	const char *head = "hooks\n";

	for (int k = 0; k < HOOK_KINDS; k++)
		for (size_t i = 0; i < p->hooks[k].n; i++) {
			text_add(t, "%s", head);
			head = "";
			one_hook(t, k, &p->hooks[k].v[i]);
		}
}

/* Without what all their names begin with. */
static void filter_flags(struct text *t, uint32_t flags)
{
	struct word words[32 + 1] = { { NULL, 0 } }; /* bits */

	for (size_t i = 0; words_seccomp_flags[i].name != NULL; i++) {
		words[i] = words_seccomp_flags[i];
		words[i].name = str_after(words[i].name, "SECCOMP_FILTER_FLAG_");
	}
	text_bits(t, "  ", "flags", words, flags);
}

static void net(struct text *t, const struct plan *p)
{
	if (p->net.n > 0)
		text_add(t, "network devices\n");
	for (size_t i = 0; i < p->net.n; i++) {
		const struct spec_net_device *d = &p->net.devices[i];

		text_add(t, "  ");
		text_word(t, d->host_name);
		text_add(t, " as ");
		text_word(t, d->name != NULL ? d->name : d->host_name);
		text_add(t, "\n");
	}
}

static void rdt(struct text *t, const struct plan *p)
{
	static const char *const which[] = {
		[RDT_NEW] = "new",
		[RDT_THERE] = "there",
		[RDT_EITHER] = "new, or there and the same",
	};

	if (p->rdt.root == NULL)
		return;
	text_add(t, "resctrl\n");
	text_field(t, "on", p->rdt.root);
	text_field(t, "class", p->rdt.group);
	text_add(t, "  which is: %s\n", which[p->rdt.which]);
	text_field(t, "monitoring", p->rdt.monitor);
	text_field(t, "schemata", p->rdt.schemata);
}

static void seccomp(struct text *t, const struct plan *p)
{
	if (!p->has_filter)
		return;
	text_add(t, "seccomp\n  from: %s, built by %s\n",
		 p->policy.name != NULL ? p->policy.name : "linux.seccomp", p->policy.backend);
	text_add(t, "  instructions: %u\n  sha256: %s\n", p->filter.n, p->policy.digest);
	if (p->policy.cells > 0)
		text_add(t, "  verified: %zu cells%s\n", p->policy.cells,
			 p->policy.pairwise ? ", pairs of arguments only" : "");
	filter_flags(t, p->filter.flags);
	text_add(t, "  unknown names: %zu\n", p->policy.skipped);
	if (p->has_profile)
		text_add(t,
			 "  beside it: linux.seccomp, loaded %s\n    instructions: %u\n"
			 "    sha256: %s\n",
			 p->profile_last ? "after it" : "before it", p->profile.program.n,
			 p->profile.from.digest);
	text_field(t, "listener", p->listener.path);
	text_field(t, "listener's metadata", p->listener.metadata);
	plan_print_audit(t, p);
}

const char *plan_print(struct arena *a, const struct plan *p)
{
	static void (*const parts[])(struct text *, const struct plan *) = {
		container, namespaces, ids, plan_print_filesystem, plan_print_process,
		hooks,     net,        rdt, plan_print_cgroup,     plan_print_watch,
		seccomp,
	};
	struct text t = { .arena = a };

	for (size_t i = 0; i < COUNT(parts); i++)
		parts[i](&t, p);
	return t.p;
}
