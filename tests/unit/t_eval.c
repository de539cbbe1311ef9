/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "tests/unit/made.h"

#define ALLOW   SECCOMP_RET_ALLOW
#define DENY    (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)
#define WIDE    AUDIT_ARCH_X86_64
#define NARROW  AUDIT_ARCH_I386
#define BOTH    ((const enum arch[]){ ARCH_X86_64, ARCH_I386 })

static struct policy_decision decide(const struct policy *p, uint32_t arch, int nr,
				     uint64_t arg0, uint64_t arg1)
{
	const struct seccomp_data call = { .nr = nr, .arch = arch, .args = { arg0, arg1 } };
	struct policy_decision d;

	memset(&d, 0xff, sizeof(d));
	policy_decide(p, &call, &d);
	return d;
}

static uint32_t action(const struct policy *p, uint32_t arch, int nr, uint64_t arg0)
{
	return decide(p, arch, nr, arg0, 0).action;
}

Test(eval, the_first_rule_that_matches_answers)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 2);
	struct policy_decision d;

	(void)made_rule(&a, p, SECCOMP_RET_ERRNO | 9, "write", made_range(&a, 0, 32, 9, 9));
	(void)made_rule(&a, p, ALLOW, "write", made_range(&a, 0, 32, 6, UINT32_MAX));
	made_rule(&a, p, SECCOMP_RET_ERRNO | 7, "write", NULL)->reason = "because";
	(void)made_rule(&a, p, SECCOMP_RET_TRAP, "write", NULL);
	cr_expect_eq(action(p, WIDE, 1, 9), SECCOMP_RET_ERRNO | 9);
	cr_expect_eq(action(p, WIDE, 1, 7), ALLOW);
	d = decide(p, NARROW, 4, 5, 0);
	cr_expect_eq(d.action, SECCOMP_RET_ERRNO | 7);
	cr_expect_eq(d.also, d.action);
	cr_expect_eq(d.why, POLICY_BY_RULE);
	cr_expect_eq(d.rule, 2);
	cr_expect_str_eq(d.reason, "because");
	d = decide(p, WIDE, 0, 0, 0);
	cr_expect_eq(d.action, DENY);
	cr_expect_eq(d.why, POLICY_BY_DEFAULT);
	cr_expect_null(d.reason);
}

Test(eval, audits_are_told_with_their_errno)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 1);
	struct rule *r = made_rule(&a, p, SECCOMP_RET_USER_NOTIF, "mount", NULL);
	struct policy_decision d;

	r->audit = POLICY_AUDIT_DENY;
	r->audit_errno = EACCES;
	p->normal.audit = POLICY_AUDIT_ALLOW;
	d = decide(p, WIDE, 165, 0, 0);
	cr_expect_eq(d.audit, POLICY_AUDIT_DENY);
	cr_expect_eq(d.audit_errno, EACCES);
	d = decide(p, WIDE, 0, 0, 0);
	cr_expect_eq(d.audit, POLICY_AUDIT_ALLOW);
	cr_expect_eq(d.audit_errno, 0);
}

/* Pitfall "width": a 32-bit argument is what the kernel cuts it to, another is all of it. */
Test(eval, a_32_bit_argument_is_its_low_word)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 1);

	(void)made_rule(&a, p, ALLOW, "read", made_range(&a, 0, 32, 40, 40));
	(void)made_rule(&a, p, ALLOW, "write", made_range(&a, 0, 64, 40, 40));
	(void)made_rule(&a, p, ALLOW, "close", made_mask(&a, 0, 32, 0xff, 40));
	(void)made_rule(&a, p, ALLOW, "dup", made_mask(&a, 0, 64, 0xff000000ff, 40));
	cr_expect_eq(action(p, WIDE, 0, 40), ALLOW);
	cr_expect_eq(action(p, WIDE, 0, 0x100000028), ALLOW);
	cr_expect_eq(action(p, WIDE, 1, 40), ALLOW);
	cr_expect_eq(action(p, WIDE, 1, 0x100000028), DENY);
	cr_expect_eq(action(p, WIDE, 3, 0x1f00000f28), ALLOW);
	cr_expect_eq(action(p, WIDE, 32, 0x28), ALLOW);
	cr_expect_eq(action(p, WIDE, 32, 0x100000028), DENY);
}

struct truth_case {
	int kind; /* enum cond_kind */
	uint64_t arg0, arg1;
	uint32_t want;
};

/* left: arg0 == 1, right: arg1 >= 5 */
static struct truth_case truths[] = {
	{ COND_TRUE, 0, 0, ALLOW }, { COND_FALSE, 0, 0, DENY }, { COND_AND, 1, 5, ALLOW },
	{ COND_AND, 1, 4, DENY },   { COND_AND, 2, 5, DENY },   { COND_OR, 1, 4, ALLOW },
	{ COND_OR, 2, 5, ALLOW },   { COND_OR, 2, 4, DENY },    { COND_NOT, 1, 0, DENY },
	{ COND_NOT, 2, 0, ALLOW },
};

ParameterizedTestParameters(eval, conditions_hold_as_written)
{
	return cr_make_param_array(struct truth_case, truths, COUNT(truths));
}

ParameterizedTest(struct truth_case *t, eval, conditions_hold_as_written)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 1);

	(void)made_rule(&a, p, ALLOW, "read",
			made_cond(&a, (enum cond_kind)t->kind, made_range(&a, 0, 32, 1, 1),
				  made_range(&a, 1, 64, 5, UINT64_MAX)));
	cr_expect_eq(decide(p, WIDE, 0, t->arg0, t->arg1).action, t->want);
}

Test(eval, ranges_hold_at_both_ends)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 1);

	(void)made_rule(&a, p, ALLOW, "read", made_range(&a, 0, 64, 0xffffffff, 0x200000000));
	cr_expect_eq(action(p, WIDE, 0, 0xfffffffe), DENY);
	cr_expect_eq(action(p, WIDE, 0, 0xffffffff), ALLOW);
	cr_expect_eq(action(p, WIDE, 0, 0x100000000), ALLOW);
	cr_expect_eq(action(p, WIDE, 0, 0x200000000), ALLOW);
	cr_expect_eq(action(p, WIDE, 0, 0x200000001), DENY);
	cr_expect_eq(action(p, WIDE, 0, UINT64_MAX), DENY);
}

/* Pitfall "x32": the same architecture with a bit in the number. */
Test(eval, x32_answers_enosys_whatever_the_rules_say)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 2);

	(void)made_rule(&a, p, ALLOW, "read", NULL);
	p->normal.action = ALLOW;
	p->unknown.action = ALLOW;
	cr_expect_eq(action(p, WIDE, 0, 0), ALLOW);
	cr_expect_eq(action(p, WIDE, 0x40000000, 0), NO_CALL);
	cr_expect_eq(action(p, WIDE, 0x40000200, 0), NO_CALL);
	cr_expect_eq(action(p, WIDE, -1, 0), NO_CALL);
	cr_expect_eq(action(p, WIDE, INT32_MIN, 0), NO_CALL);
	cr_expect_eq(decide(p, WIDE, 0x40000000, 0, 0).why, POLICY_BY_X32);
	cr_expect_eq(action(p, WIDE, 0x3fffffff, 0), ALLOW);
	cr_expect_eq(action(p, NARROW, 0x40000000, 0), ALLOW);
}

/* Pitfall "bad arch": the whole process, where libseccomp would kill a thread. */
Test(eval, an_architecture_that_is_no_target_gets_its_own_answer)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 1);

	p->normal.action = ALLOW;
	cr_expect_eq(action(p, WIDE, 0, 0), ALLOW);
	cr_expect_eq(action(p, NARROW, 3, 0), SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(action(p, AUDIT_ARCH_S390X, 3, 0), SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(action(p, 0, 3, 0), SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(decide(p, NARROW, 3, 0, 0).why, POLICY_BY_ARCH);
	p->bad_arch = SECCOMP_RET_TRAP;
	cr_expect_eq(action(p, NARROW, 3, 0), SECCOMP_RET_TRAP);
}

static int hole_of(enum arch arch)
{
	for (uint32_t nr = 0; nr < sc_last(arch); nr++)
		if (sc_by_number(arch, nr) < 0)
			return (int)nr;
	cr_assert_fail("no hole");
	return -1;
}

/* Pitfall "ENOSYS or EPERM": by the kernel that brought a call, not by its number. */
Test(eval, what_came_after_the_policys_kernel_is_unknown)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 2);
	const int hole = hole_of(ARCH_X86_64), last = (int)sc_last(ARCH_X86_64);
	struct policy_decision d;

	(void)made_rule(&a, p, ALLOW, "faccessat2", NULL);
	p->kernel[ARCH_X86_64] = KERNEL(5, 7);
	cr_expect_eq(action(p, WIDE, 437, 0), DENY);    /* openat2, 5.6 */
	cr_expect_eq(action(p, WIDE, 436, 0), NO_CALL); /* close_range, 5.9: out of order */
	cr_expect_eq(action(p, WIDE, 438, 0), DENY);    /* pidfd_getfd, 5.6 */
	cr_expect_eq(action(p, WIDE, 439, 0), ALLOW);   /* a rule is a rule */
	cr_expect_eq(action(p, NARROW, 436, 0), DENY);  /* its kernel is newer */
	cr_expect_eq(action(p, WIDE, 0, 0), DENY);
	cr_expect_eq(decide(p, WIDE, 436, 0, 0).why, POLICY_BY_UNKNOWN);
	cr_expect_eq(decide(p, WIDE, 436, 0, 0).also, NO_CALL);
	cr_expect_eq(action(p, WIDE, last + 1, 0), NO_CALL);
	cr_expect_eq(decide(p, WIDE, last + 1, 0, 0).also, NO_CALL);
	d = decide(p, WIDE, hole, 0, 0);
	cr_expect_eq(d.action, NO_CALL);
	cr_expect_eq(d.also, DENY, "a hole may get either");
}

Test(eval, arms_own_numbers_are_calls_and_those_between_are_unknown)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, (const enum arch[]){ ARCH_ARM }, 1);
	struct policy_decision d;

	(void)made_rule(&a, p, ALLOW, "set_tls", NULL);
	cr_expect_eq(action(p, AUDIT_ARCH_ARM, 0xf0005, 0), ALLOW);
	cr_expect_eq(action(p, AUDIT_ARCH_ARM, 0xf0002, 0), DENY);
	d = decide(p, AUDIT_ARCH_ARM, 0xf00ff, 0, 0);
	cr_expect_eq(d.action, NO_CALL);
	cr_expect_eq(d.also, NO_CALL);
}

Test(eval, numbers_without_a_name_match_by_number)
{
	static const struct rule_nr nrs[] = { { ARCH_X86_64, 1000 }, { ARCH_I386, 1001 } };
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 2);
	struct rule *r = made_rule(&a, p, ALLOW, "read", NULL);

	r->nrs = nrs;
	r->nrs_n = COUNT(nrs);
	cr_expect_eq(action(p, WIDE, 1000, 0), ALLOW);
	cr_expect_eq(action(p, NARROW, 1000, 0), NO_CALL);
	cr_expect_eq(action(p, WIDE, 1001, 0), NO_CALL);
	cr_expect_eq(action(p, NARROW, 1001, 0), ALLOW);
	r->nrs_cond = made_range(&a, 0, 32, 3, 3);
	cr_expect_eq(action(p, WIDE, 1000, 0), NO_CALL);
	cr_expect_eq(action(p, WIDE, 1000, 3), ALLOW);
}

Test(eval, scope_says_whether_arguments_matter)
{
	static const struct rule_nr nrs[] = { { ARCH_X86_64, 1000 } };
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, BOTH, 1);
	const struct cond *one = made_range(&a, 0, 32, 1, 1);
	struct rule *r;
	uint32_t is = 77;

	(void)made_rule(&a, p, ALLOW, "read", one);
	(void)made_rule(&a, p, ALLOW, "write", one);
	(void)made_rule(&a, p, ALLOW, "write", NULL);
	(void)made_rule(&a, p, DENY, "dup", one);
	(void)made_rule(&a, p, ALLOW, "close", made_cond(&a, COND_FALSE, NULL, NULL));
	r = made_rule(&a, p, ALLOW, "pipe", made_cond(&a, COND_TRUE, NULL, NULL));
	r->nrs = nrs;
	r->nrs_n = COUNT(nrs);
	r->nrs_cond = one;
	cr_expect_eq(policy_scope(p, WIDE, 0, &is), POLICY_DEPENDS);
	cr_expect_eq(policy_scope(p, WIDE, 1000, &is), POLICY_DEPENDS);
	cr_expect_eq(policy_scope(p, WIDE, 1, &is), POLICY_ALWAYS);
	cr_expect_eq(is, ALLOW);
	cr_expect_eq(policy_scope(p, WIDE, 32, &is), POLICY_ALWAYS);
	cr_expect_eq(is, DENY);
	cr_expect_eq(policy_scope(p, WIDE, 3, &is), POLICY_ALWAYS);
	cr_expect_eq(is, DENY);
	cr_expect_eq(policy_scope(p, WIDE, 22, &is), POLICY_ALWAYS);
	cr_expect_eq(is, ALLOW);
	cr_expect_eq(policy_scope(p, WIDE, 0x40000000, &is), POLICY_ALWAYS);
	cr_expect_eq(is, NO_CALL);
	cr_expect_eq(policy_scope(p, NARROW, 3, &is), POLICY_ALWAYS);
	cr_expect_eq(is, SECCOMP_RET_KILL_PROCESS);
}

/* The rule of thumb against the thing itself. */
Test(eval, scope_is_never_wrong_about_always)
{
	struct made_random r = { 0x9e3779b97f4a7c15 };
	size_t always = 0;

	for (size_t i = 0; i < 300; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[200];
		struct made_bytes b = { bytes, sizeof(bytes) };
		const struct policy *p;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &b);
		for (size_t k = 0; k < 100; k++) {
			struct policy_decision d;
			struct seccomp_data call;
			uint32_t is;

			made_call(&r, p, &call);
			policy_decide(p, &call, &d);
			if (policy_scope(p, call.arch, call.nr, &is) == POLICY_DEPENDS)
				continue;
			cr_assert_eq(is, d.action);
			always++;
		}
	}
	cr_expect_gt(always, 1000);
}
