/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/sys.h"
#include "seccomp/ls.h"
#include "seccomp/ls_args.h"
#include "seccomp/ls_fold.h"
#include "seccomp/ls_names.h"
#include "seccomp/ls_stub.h"
#include "seccomp/plain.h"

/* A filter has 4096 instructions, so no more rules than that can matter; and libseccomp
 * before 2.6.1 is not safe with oversized filters. */
#define RULES_MAX BPF_MAXINSNS
#define ARGS      6 /* of a syscall */

_Static_assert(SCMP_ACT_ALLOW == SECCOMP_RET_ALLOW && SCMP_ACT_LOG == SECCOMP_RET_LOG &&
		       SCMP_ACT_TRAP == SECCOMP_RET_TRAP &&
		       SCMP_ACT_KILL_PROCESS == SECCOMP_RET_KILL_PROCESS &&
		       SCMP_ACT_KILL_THREAD == SECCOMP_RET_KILL_THREAD &&
		       SCMP_ACT_ERRNO(1) == (SECCOMP_RET_ERRNO | 1) &&
		       SCMP_ACT_TRACE(1) == (SECCOMP_RET_TRACE | 1),
	       "libseccomp's actions are the kernel's");
_Static_assert((int)POLICY_NE == (int)SCMP_CMP_NE && (int)POLICY_LT == (int)SCMP_CMP_LT &&
		       (int)POLICY_LE == (int)SCMP_CMP_LE &&
		       (int)POLICY_EQ == (int)SCMP_CMP_EQ &&
		       (int)POLICY_GE == (int)SCMP_CMP_GE &&
		       (int)POLICY_GT == (int)SCMP_CMP_GT &&
		       (int)POLICY_MASKED_EQ == (int)SCMP_CMP_MASKED_EQ,
	       "libseccomp's operators are ours");

static void auto_release_(scmp_filter_ctx *ctx)
{
	if (*ctx != NULL)
		seccomp_release(*ctx);
}

#define autoctx __attribute__((cleanup(auto_release_)))

/* What does not depend on an architecture. */
static int check_policy(struct arena *a, const struct policy_rules *p, size_t *unknown,
			struct err *e)
{
	size_t n = 0;

	*unknown = 0;
	if (plain_check(a, p, e) < 0)
		return -1;
	for (size_t i = 0; i < p->rules_n; i++)
		for (const char *const *name = p->rules[i].names; *name != NULL; name++, n++)
			if (seccomp_syscall_resolve_name(*name) == __NR_SCMP_ERROR)
				(*unknown)++;
	if (n > RULES_MAX)
		return fail(e, ERR_POLICY, "seccomp policy: at most %d names in rules: %zu",
			    RULES_MAX, n);
	return 0;
}

struct job {
	struct arena *arena;
	const struct policy_rules *p;
	scmp_filter_ctx ctx;
	struct ls_part *part;
};

/* The rule's compares as libseccomp takes them, which is one for an argument at most: runc and
 * crun split others into rules of which any is enough, weaker than written (libseccomp 118). */
static int lower_args(struct job *job, size_t i, struct scmp_arg_cmp *to, unsigned *n,
		      struct err *e)
{
	const struct policy_rule *rule = &job->p->rules[i];
	const bool wide = (job->part->audit_arch & __AUDIT_ARCH_64BIT) != 0;
	unsigned seen = 0;

	*n = 0;
	for (size_t k = 0; k < rule->args_n; k++) {
		const struct policy_arg *arg = &rule->args[k];
		const bool masked = arg->op == POLICY_MASKED_EQ;

		if (ls_fold(arg, wide) != FOLD_DEPENDS)
			continue;
		if ((seen & 1u << arg->index) != 0) {
			(void)fail(e, ERR_POLICY,
				   "%s: one compare an argument, for socketcall(2) and ipc(2) "
				   "on "
				   "architecture %#x: two of argument %u",
				   plain_where(job->arena, job->p, i), job->part->audit_arch,
				   arg->index);
			return hint(e, "list the values in rules of their own, or cover the "
				       "range by masked compares");
		}
		seen |= 1u << arg->index;
		to[(*n)++] = (struct scmp_arg_cmp){
			.arg = arg->index,
			.op = (enum scmp_compare)arg->op,
			.datum_a = masked ? arg->mask : arg->value,
			.datum_b = masked ? arg->value : 0,
		};
	}
	return 0;
}

static int add_name(struct job *job, size_t i, const char *name,
		    const struct scmp_arg_cmp *args, unsigned n, struct err *e)
{
	const int nr = seccomp_syscall_resolve_name(name);
	int rc;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	rc = seccomp_rule_add_array(job->ctx, job->p->rules[i].action, nr, n, args);
	if (rc < 0)
		return fail(e, ERR_POLICY, "%s: a rule for %s that libseccomp takes: errno %d",
			    plain_where(job->arena, job->p, i), name, -rc);
	return 0;
}

/* libseccomp gets what compares nothing (ls_args.c has the rest), and for syscalls that are
 * also reached through socketcall(2) or ipc(2) all, because it knows their way through those.
 */
static int add_rule(struct job *job, size_t i, struct err *e)
{
	const struct policy_rule *rule = &job->p->rules[i];
	const uint32_t arch = job->part->audit_arch;
	const bool plain = rule->args_n == 0;
	struct scmp_arg_cmp args[ARGS];
	unsigned n = 0;

	for (const char *const *name = rule->names; *name != NULL; name++) {
		const int nr = ls_number(arch, *name);

		if (nr > job->part->newest && !ls_is_private(arch, nr))
			job->part->newest = nr;
		if (!plain_matters(job->p, rule) || (!plain && !ls_multiplexes(arch, *name)))
			continue;
		if (!plain && !ls_can_hold(rule, arch))
			continue;
		if (lower_args(job, i, args, &n, e) < 0 ||
		    add_name(job, i, *name, args, n, e) < 0)
			return -1;
	}
	return 0;
}

/* 2.5 exports to descriptors only. */
static int export(struct job *job, struct code *c, struct err *e)
{
	autofd int fd = sys_memfd("seccomp", 0);
	struct stat st;
	int rc;

	if (fd < 0)
		return fail_sys(e, -fd, "seccomp filter: memfd_create");
	rc = seccomp_export_bpf(job->ctx, fd);
	if (rc < 0)
		return fail_sys(e, -rc, "seccomp filter: libseccomp's export");
	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "seccomp filter: stat");
	if (c->over || (size_t)st.st_size / sizeof(*c->insns) > BPF_MAXINSNS - c->n)
		return fail(e, ERR_POLICY,
			    "seccomp filter: at most %d instructions: more for architecture "
			    "%#x",
			    BPF_MAXINSNS, job->part->audit_arch);
	if (pread(fd, c->insns + c->n, (size_t)st.st_size, 0) != st.st_size)
		return fail_sys(e, EIO, "seccomp filter: read back");
	job->part->insns = c->insns;
	job->part->n = c->n + (size_t)st.st_size / sizeof(*c->insns);
	return 0;
}

static int prepare(scmp_filter_ctx ctx, uint32_t audit_arch)
{
	int rc = 0;

	if (audit_arch != ls_arch_native()) {
		rc = seccomp_arch_remove(ctx, ls_arch_native());
		if (rc == 0)
			rc = seccomp_arch_add(ctx, audit_arch);
	}
	/* its own choice, KILL_THREAD, leaves a half-dead process */
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	return rc;
}

/* One architecture at a time: libseccomp's time grows faster than the number of them. And its
 * search tree (SCMP_FLTATR_CTL_OPTIMIZE) stays off: it would cost 3 ms of building to speed up
 * nothing but refusals, since plain allows sit in the kernel's bitmap and ls_args.c comes
 * first.
 */
static int build_part(struct arena *a, const struct policy_rules *p, struct ls_part *part,
		      struct err *e)
{
	autoctx scmp_filter_ctx ctx = seccomp_init(p->default_action);
	struct job job = { .arena = a, .p = p, .ctx = ctx, .part = part };
	struct code c = { 0 };
	int rc;

	part->newest = -1;
	if (ctx == NULL)
		return fail(e, ERR_POLICY,
			    "seccomp default action: one that libseccomp takes: %#x",
			    p->default_action);
	rc = prepare(ctx, part->audit_arch);
	if (rc < 0)
		return fail_sys(e, -rc, "seccomp architecture %#x: prepare libseccomp",
				part->audit_arch);
	for (size_t i = 0; i < p->rules_n; i++)
		if (add_rule(&job, i, e) < 0)
			return -1;
	c.insns = arena_array(a, BPF_MAXINSNS, sizeof(*c.insns));
	ls_emit_args(&c, p, part->audit_arch);
	return export(&job, &c, e);
}

static bool has_part(const struct ls_part *parts, size_t n, uint32_t audit_arch)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].audit_arch == audit_arch)
			return true;
	return false;
}

/* The architectures to build for. x32 gets no program, for its calls answer ENOSYS; nor does
 * one of the other byte order, for its calls cannot happen here. */
static int choose_archs(const struct policy_rules *p, struct ls_part *parts, size_t *n,
			struct err *e)
{
	const uint32_t order = ls_arch_native() & __AUDIT_ARCH_LE;
	uint32_t arch;
	bool x32;

	*n = 0;
	for (size_t i = 0; p->archs[i] != NULL; i++) {
		if (!ls_arch_number(p->archs[i], &arch, &x32))
			return fail(e, ERR_POLICY,
				    "seccomp architecture: one that libseccomp knows: %s",
				    p->archs[i]);
		if (x32 || (arch & __AUDIT_ARCH_LE) != order || has_part(parts, *n, arch))
			continue;
		if (*n == LS_ARCHS)
			return fail(e, ERR_BUG, "seccomp architectures: at most %d", LS_ARCHS);
		parts[(*n)++].audit_arch = arch;
	}
	if (p->archs[0] == NULL)
		parts[(*n)++].audit_arch = ls_arch_native();
	if (*n == 0)
		return fail(e, ERR_POLICY,
			    "seccomp architectures: one whose calls can happen here: only %s",
			    p->archs[0]);
	return 0;
}

int ls_build(struct arena *a, const struct policy_rules *p, struct filter *out, size_t *unknown,
	     struct err *e)
{
	struct ls_part parts[LS_ARCHS] = { { 0 } };
	struct filter f = { 0 };
	size_t n;

	if (check_policy(a, p, unknown, e) < 0 || choose_archs(p, parts, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (build_part(a, p, &parts[i], e) < 0)
			return -1;
	if (ls_join(a, p->default_action, parts, n, &f, e) < 0 || filter_check(&f, e) < 0)
		return -1;
	*out = f;
	return 0;
}
