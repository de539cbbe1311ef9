/* SPDX-License-Identifier: Apache-2.0 */
/* Why a call was refused, the smallest change that would permit it, and what that would open.
 */
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"
#include "seccomp/resolve.h"

struct asked {
	struct arena *a;
	const struct policy *p;
	const struct policy_source *src;
	struct learn_kind kind;
	bool carried; /* an architecture with tables */
	unsigned looks_at;
	const struct policy_seen *seen;
};

/* ---- what it would open ---- */

/* clang-format off */
static const struct danger {
	const char *call, *argument; /* argument NULL: whatever they are */
	uint64_t mask, value;        /* value 0: any bit of mask; else those bits are value */
	const char *opens;
} dangers[] = {
	{ "clone", "flags", CLONE_NAMESPACES, 0,
	  "namespaces: in a user namespace of its own a program has all capabilities, and with "
	  "them reaches mounts, network set-up and other large parts of the kernel" },
	{ "clone3", NULL, 0, 0,
	  "namespaces: its flags are in memory, where no filter sees them; with ENOSYS the C "
	  "library takes clone, whose flags a rule can look at" },
	{ "unshare", NULL, 0, 0,
	  "namespaces: in a user namespace of its own a program has all capabilities, and with "
	  "them reaches mounts, network set-up and other large parts of the kernel" },
	{ "setns", NULL, 0, 0, "the namespaces of other processes, the host's among them" },
	{ "open_by_handle_at", NULL, 0, 0,
	  "files by number, past the container's root (with CAP_DAC_READ_SEARCH)" },
	{ "pidfd_getfd", NULL, 0, 0, "descriptors of other processes" },
	{ "process_vm_readv", NULL, 0, 0, "the memory of other processes" },
	{ "process_vm_writev", NULL, 0, 0, "the memory of other processes" },
	{ "ptrace", NULL, 0, 0, "control of other processes of the same user" },
	{ "bpf", NULL, 0, 0, "programs within the kernel" },
	{ "perf_event_open", NULL, 0, 0, "performance counters, often a way into the kernel" },
	{ "userfaultfd", NULL, 0, 0,
	  "page faults that wait for the program, which make races in the kernel easy to win" },
	{ "socket", "family", UINT32_MAX, 38, "AF_ALG: the kernel's cryptography" },
	{ "socket", "family", UINT32_MAX, 40, "AF_VSOCK: past the network, to a machine's host" },
	{ "socket", "family", UINT32_MAX, 17, "AF_PACKET: all frames of the network" },
	{ "ioctl", "cmd", UINT32_MAX, 0x5412, "TIOCSTI: typing into the terminal (CVE-2017-5226)" },
	{ "ioctl", "cmd", UINT32_MAX, 0x541c, "TIOCLINUX: pasting into the terminal" },
	{ "ioctl", "cmd", UINT32_MAX, 0x5423, "TIOCSETD: line disciplines (CVE-2017-2636)" },
};
/* clang-format on */

/* The most telling first. */
static const char *const groups[] = { "@module", "@mount",    "@reboot",    "@keyring",
				      "@aio",    "@swap",     "@raw-io",    "@cpu-emulation",
				      "@debug",  "@obsolete", "@ns-escape", "@kernel-surface",
				      NULL };

static bool is_danger(const struct asked *q, const struct danger *d)
{
	if (!str_eq(d->call, sc_name(q->kind.id)))
		return false;
	if (d->argument == NULL)
		return true;
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		const uint64_t bits = q->kind.args[i] & d->mask;

		if (!str_eq(sc_arg(q->kind.id, q->kind.arch, i).name, d->argument))
			continue;
		if ((q->kind.known >> i & 1) == 0)
			return true;
		return d->value == 0 ? bits != 0 : bits == d->value;
	}
	return false;
}

static const char *opens(const struct asked *q)
{
	if (q->kind.id < 0)
		return "a call that nobody knows here";
	for (size_t i = 0; i < COUNT(dangers); i++)
		if (is_danger(q, &dangers[i]))
			return dangers[i].opens;
	for (size_t i = 0; groups[i] != NULL; i++) {
		const int g = sc_group_find(groups[i], strlen(groups[i]));

		if (g >= 0 && sc_has(sc_group((size_t)g), q->kind.id))
			return arena_printf(q->a, "%s: %s", groups[i],
					    sc_group_about((size_t)g));
	}
	return NULL;
}

/* ---- who says no ---- */

/* Without the arguments: the answer that the record tells, else the first that refuses. */
static void guess(const struct asked *q, struct policy_why_answer *out)
{
	const struct policy_answer *all;
	const size_t n = policy_answers(q->a, q->p, q->seen->call.arch, q->seen->call.nr, &all);
	const struct policy_answer *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (q->seen->answered && all[i].d.action == q->seen->action) {
			best = &all[i];
			break;
		}
		if (best == NULL && !action_permits(all[i].d.action, all[i].d.audit))
			best = &all[i];
	}
	if (best != NULL)
		out->d = best->d;
}

static bool is_inherited(const struct asked *q, const struct policy_decision *d)
{
	unsigned lines[2];
	size_t end;

	if (q->src == NULL || d->why != POLICY_BY_RULE)
		return false;
	return !str_eq(d->at.file, q->src->name) ||
	       !policy_find_body(q->src, policy_name(q->p), &end, lines) ||
	       d->at.line < lines[0] || d->at.line > lines[1];
}

/* ---- the change ---- */

static const char *arch_change(const struct asked *q)
{
	const char *text = "arch ";

	if (!q->carried)
		return NULL;
	for (size_t i = 0; policy_arch(q->p, i) != 0; i++)
		text = arena_printf(q->a, "%s%s, ", text,
				    policy_arch_name(policy_arch(q->p, i)));
	return arena_printf(q->a, "%s%s;", text, arch_name(q->kind.arch));
}

static unsigned targets_of(const struct asked *q)
{
	unsigned targets = 0;

	for (size_t i = 0; policy_arch(q->p, i) != 0; i++)
		targets |= 1u << arch_of_audit(policy_arch(q->p, i));
	return targets;
}

static const char *rule_change(const struct asked *q, bool inherited)
{
	const struct learn_kind *kinds[] = { &q->kind };
	const unsigned mask =
		(learn_short(q->kind.id, q->kind.arch) | q->looks_at) & q->kind.known;
	const unsigned targets = targets_of(q);
	const char *cond = q->kind.id >= 0 ? learn_cond(q->a, kinds, 1, mask, targets) : NULL;
	const char *rule;

	rule = arena_printf(q->a, "%sallow %s%s%s", inherited ? "override " : "",
			    q->kind.id >= 0 ? sc_name(q->kind.id)
					    : arena_printf(q->a, "nr %u@%s", q->kind.nr,
							   arch_name(q->kind.arch)),
			    cond != NULL ? " when " : "", cond != NULL ? cond : "");
	return learn_guarded(q->a, rule, q->kind.id, 1u << q->kind.arch,
			     cond != NULL ? mask : 0, targets);
}

static void find_change(const struct asked *q, struct policy_why_answer *out)
{
	switch (out->d.why) {
	case POLICY_BY_X32:
		return;
	case POLICY_BY_ARCH:
		out->change = arch_change(q);
		return;
	case POLICY_BY_RULE:
	case POLICY_BY_DEFAULT:
	case POLICY_BY_UNKNOWN:
		break;
	}
	out->inherited = is_inherited(q, &out->d);
	out->change = rule_change(q, out->inherited);
	if (out->d.why == POLICY_BY_RULE && !out->inherited && out->d.at.line > 0)
		out->where = arena_printf(q->a, "before line %u", out->d.at.line);
	out->opens = opens(q);
}

static struct learn_kind kind_of(const struct policy_seen *s, enum arch arch)
{
	struct learn_kind k = {
		.arch = arch, .nr = (uint32_t)s->call.nr, .id = -1, .known = s->known
	};
	struct syscall_arg arg;

	if (arch == ARCH_N)
		return k;
	k.id = sc_by_number(arch, k.nr);
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if (syscall_argument(s->call.arch, s->call.nr, i, &arg))
			k.args[i] = arg.bits < 64
					    ? s->call.args[i] & ((UINT64_C(1) << arg.bits) - 1)
					    : s->call.args[i];
	return k;
}

void policy_why(struct arena *a, const struct policy *p, const struct policy_source *src,
		const struct policy_seen *s, struct policy_why_answer *out)
{
	const enum arch arch = arch_of_audit(s->call.arch);
	struct asked q = { .a = a, .p = p, .src = src, .seen = s, .carried = arch != ARCH_N };

	q.kind = kind_of(s, arch);
	*out = (struct policy_why_answer){ .permitted = false };
	policy_decide(p, &s->call, &out->d);
	if (q.carried)
		q.looks_at = learn_looks_at(p, arch, q.kind.id);
	out->depends = (q.looks_at & ~q.kind.known) != 0;
	if (out->depends)
		guess(&q, out);
	out->permitted = action_permits(out->d.action, out->d.audit);
	if (!out->permitted)
		find_change(&q, out);
}
