/* SPDX-License-Identifier: Apache-2.0 */
/* Advice. It asks what the policy answers, and does not read its rules: a policy that is
 * written in another way and means the same gets the same advice. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/diag.h"
#include "seccomp/rules.h"

#define FAMILY 10
#define ARGS   6

struct lint {
	const struct policy *p;
	struct policy_diags *d;
	enum arch arch;
};

/* ---- what the policy answers ---- */

enum state {
	MISSING, /* the architecture has no such call */
	NEVER,
	SOMETIMES,
	ALWAYS
};

struct asked {
	enum state state;
	struct policy_decision d; /* with all arguments 0 */
};

static bool goes_on(uint32_t action, enum policy_audit audit)
{
	return policy_action_rank(action, audit) >
	       policy_action_rank(SECCOMP_RET_USER_NOTIF, POLICY_AUDIT_DENY);
}

static bool permitted(const struct policy_decision *d)
{
	return goes_on(d->action, d->audit);
}

static bool kills(uint32_t action)
{
	return policy_action_rank(action, POLICY_AUDIT_NONE) <=
	       policy_action_rank(SECCOMP_RET_KILL_THREAD, POLICY_AUDIT_NONE);
}

static bool is_enosys(uint32_t action)
{
	return action == (SECCOMP_RET_ERRNO | ENOSYS);
}

static void decide(const struct lint *l, int nr, const uint64_t *args,
		   struct policy_decision *out)
{
	struct seccomp_data call = { .nr = nr, .arch = arch_audit(l->arch) };

	if (args != NULL)
		memcpy(call.args, args, sizeof(call.args));
	policy_decide(l->p, &call, out);
}

/* A call whose answer depends is one that a rule may permit. */
static bool may_go_on(const struct lint *l, int id)
{
	for (size_t i = 0; i < l->p->rules_n; i++)
		if (sc_has(&l->p->rules[i].set[l->arch], id) &&
		    goes_on(l->p->rules[i].action, l->p->rules[i].audit))
			return true;
	return goes_on(l->p->normal.action, l->p->normal.audit);
}

static struct asked ask(const struct lint *l, const char *name)
{
	const int id = sc_find(name, strlen(name));
	const int nr = id >= 0 ? sc_number(id, l->arch) : -1;
	struct asked out = { .state = MISSING };
	uint32_t action;

	if (nr < 0)
		return out;
	decide(l, nr, NULL, &out.d);
	if (policy_scope(l->p, arch_audit(l->arch), nr, &action) == POLICY_ALWAYS)
		out.state = permitted(&out.d) ? ALWAYS : NEVER;
	else
		out.state = may_go_on(l, id) ? SOMETIMES : NEVER;
	return out;
}

/* A rule with a reason is meant as it stands, and advice about what one may want is noise
 * there; what no program can want (exit, exec) is told all the same. */
static bool is_chosen(const struct policy_decision *d)
{
	return d->reason != NULL;
}

/* The same of a call that several rules are about. */
static bool has_reason(const struct lint *l, const char *name)
{
	const int id = sc_find(name, strlen(name));

	for (size_t i = 0; i < l->p->rules_n; i++)
		if (sc_has(&l->p->rules[i].set[l->arch], id) && l->p->rules[i].reason != NULL)
			return true;
	return false;
}

static const char *answer_text(const struct lint *l, const struct policy_decision *d)
{
	return policy_action_text(l->d->arena, d->action, d->audit, d->audit_errno);
}

/* One piece of advice, once: it is mostly the same on all architectures. */
static bool say(const struct lint *l, const char *word, const struct policy_place *at,
		const char *fmt, ...) PRINTF(4, 5);
static bool say(const struct lint *l, const char *word, const struct policy_place *at,
		const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (const struct policy_diag *d = l->d->first; d != NULL; d = d->next)
		if (str_eq(d->code, word) && str_eq(d->text, text))
			return false;
	return diag(l->d, POLICY_WARNING, word, at, "%s", text);
}

/* ---- calls that a program cannot do without ---- */

static const char *const needed[] = { "exit", "exit_group", "rt_sigreturn", "sigreturn",
				      "restart_syscall" };

/* Killing is an end as well. */
static void lint_needed(const struct lint *l)
{
	for (size_t i = 0; i < COUNT(needed); i++) {
		const struct asked x = ask(l, needed[i]);

		if (x.state == MISSING || x.state == ALWAYS || kills(x.d.action))
			continue;
		if (say(l, "exit", &x.d.at,
			"%s is answered with %s: a program that cannot end or return from a "
			"signal tries for ever",
			needed[i], answer_text(l, &x.d)))
			diag_hint(l->d,
				  "allow exit | exit_group | rt_sigreturn | restart_syscall;");
		return;
	}
}

static void lint_exec(const struct lint *l)
{
	const struct asked x = ask(l, "execve");

	if (l->p->self || x.state == ALWAYS || x.state == SOMETIMES ||
	    ask(l, "execveat").state > NEVER)
		return;
	if (say(l, "exec", &x.d.at, "execve is answered with %s: the container cannot start",
		answer_text(l, &x.d)))
		diag_hint(l->d, "\"stage exec;\" lets the runtime start the program; \"stage "
				"self;\" is for one that loads the filter itself");
}

/* ---- defaults ---- */

static void lint_default(const struct lint *l)
{
	const struct fallback *f = &l->p->normal;

	if (!goes_on(f->action, f->audit))
		return;
	say(l, "default-allow", &f->at,
	    "what no rule names is permitted, and so is what the next kernel brings");
}

static void lint_unknown(const struct lint *l)
{
	const struct fallback *f = &l->p->unknown;

	if (!kills(f->action) && (f->action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRAP)
		return;
	if (say(l, "unknown-kill", &f->at,
		"a call that is newer than the policy is answered with %s: libraries try new "
		"calls and fall back only on ENOSYS",
		policy_action_text(l->d->arena, f->action, f->audit, f->audit_errno)))
		diag_hint(l->d, "default ... unknown deny ENOSYS;");
}

/* ---- calls that do the same ---- */

/* clang-format off */
static const char *const families[][FAMILY] = {
	{ "open", "openat", "openat2", "creat" },
	{ "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal" },
	{ "chmod", "fchmod", "fchmodat", "fchmodat2" },
	{ "chown", "fchown", "lchown", "fchownat", "chown32", "fchown32", "lchown32" },
	{ "rename", "renameat", "renameat2" },
	{ "link", "linkat" },
	{ "symlink", "symlinkat" },
	{ "unlink", "unlinkat" },
	{ "mkdir", "mkdirat" },
	{ "mknod", "mknodat" },
	{ "stat", "newfstatat", "statx", "stat64", "fstatat64" },
	{ "access", "faccessat", "faccessat2" },
	{ "readlink", "readlinkat" },
	{ "truncate", "truncate64" },
	{ "dup", "dup2", "dup3" },
	{ "pipe", "pipe2" },
	{ "epoll_wait", "epoll_pwait", "epoll_pwait2" },
	{ "poll", "ppoll", "ppoll_time64" },
	{ "select", "_newselect", "pselect6", "pselect6_time64" },
	{ "accept", "accept4" },
	{ "execve", "execveat" },
	{ "mmap", "mmap2" },
	{ "mprotect", "pkey_mprotect" },
	{ "clock_settime", "clock_settime64", "settimeofday" },
	{ "sendmsg", "sendmmsg" },
	{ "recvmsg", "recvmmsg", "recvmmsg_time64" },
	{ "ptrace", "process_vm_readv", "process_vm_writev" },
	{ "mount", "move_mount", "mount_setattr" },
	{ "init_module", "finit_module" },
	{ "kexec_load", "kexec_file_load" },
};
/* clang-format on */

/* Is the call kept from some of its uses by a rule, and not merely left out? */
static bool is_filtered(const struct asked *x)
{
	return x->state == SOMETIMES || (x->state == NEVER && x->d.why == POLICY_BY_RULE);
}

static void lint_family(const struct lint *l, const char *const family[FAMILY])
{
	const char *filtered = NULL, *open = NULL;
	struct asked of_filtered = { 0 };

	for (size_t i = 0; i < FAMILY && family[i] != NULL; i++) {
		const struct asked x = ask(l, family[i]);

		if (x.state == ALWAYS && open == NULL)
			open = family[i];
		/* ENOSYS sends a program to the other one: that is what it is for. */
		if (is_filtered(&x) && !is_enosys(x.d.action) && filtered == NULL) {
			filtered = family[i];
			of_filtered = x;
		}
	}
	if (open == NULL || filtered == NULL || has_reason(l, open) || has_reason(l, filtered))
		return;
	say(l, "family", &of_filtered.d.at,
	    "%s is filtered, but %s does the same and is permitted", filtered, open);
}

static void lint_families(const struct lint *l)
{
	for (size_t i = 0; i < COUNT(families); i++)
		lint_family(l, families[i]);
}

/* ---- new calls that take the place of older ones ---- */

/* clang-format off */
static const struct {
	const char *newer, *older;
} successors[] = {
	{ "clone3", "clone" },
	{ "openat2", "openat" },
	{ "faccessat2", "faccessat" },
	{ "fchmodat2", "fchmodat" },
	{ "statx", "newfstatat" },
	{ "statx", "fstatat64" },
	{ "epoll_pwait2", "epoll_pwait" },
	{ "renameat2", "renameat" },
	{ "pidfd_send_signal", "kill" },
	{ "close_range", "close" },
	{ "rseq", "set_robust_list" },
	{ "clock_gettime64", "clock_gettime" },
	{ "clock_nanosleep_time64", "clock_nanosleep" },
	{ "futex_time64", "futex" },
	{ "ppoll_time64", "ppoll" },
	{ "pselect6_time64", "pselect6" },
	{ "recvmmsg_time64", "recvmmsg" },
	{ "rt_sigtimedwait_time64", "rt_sigtimedwait" },
	{ "semtimedop_time64", "semtimedop" },
	{ "timerfd_settime64", "timerfd_settime" },
	{ "utimensat_time64", "utimensat" },
};
/* clang-format on */

/* glibc and musl fall back on ENOSYS only (moby 42680, systemd 30250). */
static void lint_successors(const struct lint *l)
{
	for (size_t i = 0; i < COUNT(successors); i++) {
		const struct asked newer = ask(l, successors[i].newer);

		if (newer.state != NEVER || is_enosys(newer.d.action) || is_chosen(&newer.d) ||
		    ask(l, successors[i].older).state <= NEVER)
			continue;
		if (say(l, "fallback", &newer.d.at,
			"%s is answered with %s: libraries fall back on %s only when it is "
			"ENOSYS",
			successors[i].newer, answer_text(l, &newer.d), successors[i].older))
			diag_hint(l->d, "deny ENOSYS %s;", successors[i].newer);
	}
}

/* ---- what few programs need ---- */

static const char ring[] = "operations through a ring are seen by no filter";
static const char other[] = "memory and descriptors of other processes";
static const char code[] = "new code for the kernel";

/* clang-format off */
static const struct {
	const char *name, *why;
} surface[] = {
	{ "io_uring_setup", ring },
	{ "ptrace", other },
	{ "process_vm_readv", other },
	{ "process_vm_writev", other },
	{ "pidfd_getfd", other },
	{ "userfaultfd", "it holds the kernel at a page fault, which helps to win races" },
	{ "bpf", code },
	{ "init_module", code },
	{ "finit_module", code },
	{ "kexec_load", code },
	{ "kexec_file_load", code },
	{ "perf_event_open", "counters tell of other processes and of the kernel" },
	{ "keyctl", "key rings know no namespaces" },
	{ "add_key", "key rings know no namespaces" },
	{ "request_key", "key rings know no namespaces" },
	{ "open_by_handle_at", "a file is opened by its number, past the root (CVE-2014-9357)" },
	{ "mount_setattr", "mounts" },
	{ "vmsplice", "pages are given away while they are still written to" },
};
/* clang-format on */

static void lint_surface(const struct lint *l)
{
	if (goes_on(l->p->normal.action, l->p->normal.audit))
		return; /* said once, by lint_default */
	for (size_t i = 0; i < COUNT(surface); i++) {
		const struct asked x = ask(l, surface[i].name);

		if (x.state != ALWAYS || is_chosen(&x.d))
			continue;
		say(l, "surface", &x.d.at, "%s is permitted: %s", surface[i].name,
		    surface[i].why);
	}
}

/* ---- single values of arguments ---- */

/* clang-format off */
static const struct {
	const char *call, *constant;
	unsigned arg;
	const char *why;
} values[] = {
	{ "socket", "AF_ALG", 0, "a large part of the kernel, reached by anyone (CVE-2026-31431)" },
	{ "socket", "AF_VSOCK", 0, "it reaches the host of a virtual machine, past its network" },
	{ "socket", "AF_PACKET", 0, "raw packets" },
	{ "ioctl", "TIOCSTI", 1, "it types into the terminal of who started the program (CVE-2017-5226)" },
	{ "ioctl", "TIOCLINUX", 1, "it pastes into the terminal (CVE-2023-28100)" },
};
/* clang-format on */

static bool value_permitted(const struct lint *l, const char *call, unsigned arg,
			    const char *constant, struct policy_decision *out)
{
	const int id = sc_find(call, strlen(call));
	uint64_t args[ARGS] = { 0 };

	if (id < 0 || sc_number(id, l->arch) < 0 ||
	    !sc_const(constant, strlen(constant), l->arch, &args[arg]))
		return false;
	decide(l, sc_number(id, l->arch), args, out);
	return permitted(out);
}

static void lint_values(const struct lint *l)
{
	struct policy_decision d;

	if (goes_on(l->p->normal.action, l->p->normal.audit))
		return;
	for (size_t i = 0; i < COUNT(values); i++)
		if (value_permitted(l, values[i].call, values[i].arg, values[i].constant, &d) &&
		    !is_chosen(&d))
			say(l, "value", &d.at, "%s with %s is permitted: %s", values[i].call,
			    values[i].constant, values[i].why);
}

/* ---- namespaces ---- */

static bool value_denied(const struct lint *l, const char *call, unsigned arg,
			 const char *constant, struct policy_decision *out)
{
	const struct asked x = ask(l, call);

	return x.state > NEVER && !value_permitted(l, call, arg, constant, out);
}

/* The flags are there to keep a program from new namespaces (CLONE_NEWUSER stands for all). */
static void lint_clone(const struct lint *l)
{
	static const char *const ways[] = { "clone3", "unshare" };
	struct policy_decision d, way;

	if (!value_denied(l, "clone", 0, "CLONE_NEWUSER", &d))
		return;
	for (size_t i = 0; i < COUNT(ways); i++) {
		if (!value_permitted(l, ways[i], 0, "CLONE_NEWUSER", &way) || is_chosen(&way))
			continue;
		if (say(l, ways[i], &way.at,
			"clone is kept from new namespaces, but %s is permitted", ways[i]))
			diag_hint(l->d, i == 0 ? "deny ENOSYS clone3;" : "deny EPERM unshare;");
	}
}

/* ---- memory that is written and run ---- */

/* clang-format off */
static const struct {
	const char *call, *constant;
	unsigned arg;
} executable[] = {
	{ "mprotect", "PROT_EXEC", 2 },
	{ "pkey_mprotect", "PROT_EXEC", 2 },
	{ "mmap", "PROT_EXEC", 2 },
	{ "mmap2", "PROT_EXEC", 2 },
	{ "shmat", "SHM_EXEC", 2 },
	{ "personality", "READ_IMPLIES_EXEC", 0 },
};
/* clang-format on */
#define MEMORY 5 /* those on memory itself */

static bool is_kept_from_code(const struct lint *l, size_t i, bool writable)
{
	const int id = sc_find(executable[i].call, strlen(executable[i].call));
	uint64_t args[ARGS] = { 0 }, more = 0;
	struct policy_decision d;

	if (ask(l, executable[i].call).state != SOMETIMES ||
	    !sc_const(executable[i].constant, strlen(executable[i].constant), l->arch,
		      &args[executable[i].arg]))
		return false;
	if (writable && sc_const("PROT_WRITE", 10, l->arch, &more))
		args[executable[i].arg] |= more;
	decide(l, sc_number(id, l->arch), args, &d);
	return !permitted(&d);
}

static void lint_code(const struct lint *l)
{
	struct policy_decision d;
	size_t kept = 0;

	/* Personalities are mostly filtered for what else they do. */
	while (kept < MEMORY && !is_kept_from_code(l, kept, kept < 4))
		kept++;
	if (kept == MEMORY)
		return;
	for (size_t i = 0; i < COUNT(executable); i++)
		if (!is_kept_from_code(l, i, i < 4) &&
		    ask(l, executable[i].call).state == ALWAYS &&
		    value_permitted(l, executable[i].call, executable[i].arg,
				    executable[i].constant, &d) &&
		    !is_chosen(&d))
			say(l, "code", &d.at,
			    "%s is kept from executable memory, but %s makes it with %s",
			    executable[kept].call, executable[i].call, executable[i].constant);
}

/* ---- the whole ---- */

static void (*const lints[])(const struct lint *l) = {
	lint_default,  lint_unknown,    lint_needed,  lint_exec,   lint_clone,
	lint_families, lint_successors, lint_surface, lint_values, lint_code,
};

void policy_lint(const struct policy *p, struct policy_diags *d)
{
	for (size_t i = 0; i < COUNT(lints); i++) {
		for (size_t k = 0; k < p->targets_n; k++) {
			const struct lint l = { p, d, p->targets[k] };

			lints[i](&l);
		}
	}
}
