/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "seccomp/policy.h"

#define ALLOW SECCOMP_RET_ALLOW
#define DENY  (SECCOMP_RET_ERRNO | EPERM)
#define OTHER (SECCOMP_RET_ERRNO | EACCES)
#define NOSYS (SECCOMP_RET_ERRNO | ENOSYS)

static struct arena a;
static struct policy_diags diags;

static void ready(void)
{
	diags = (struct policy_diags){ .arena = &a };
}

static void done(void)
{
	arena_free(&a);
}

TestSuite(oci, .init = ready, .fini = done);

static const char *const x86_64[] = { "x86_64", NULL };
static const char *const openat[] = { "openat", NULL };
static const char *const socket_[] = { "socket", NULL };

static struct policy_rules rules(const struct policy_rule *list, size_t n)
{
	return (struct policy_rules){ DENY, x86_64, list, n };
}

static const struct policy *made(const struct policy_rules *r)
{
	const struct policy *p = NULL;
	struct err e = { 0 };
	bool carried = false;

	cr_assert_eq(policy_from_rules(&a, r, &diags, &carried, &p, &e), 0, "%s", e.text);
	cr_assert(carried);
	return p;
}

static uint32_t answer(const struct policy *p, const char *name, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64 };
	struct policy_decision d;

	call.nr = syscall_number(AUDIT_ARCH_X86_64, name);
	call.args[0] = arg0;
	call.args[1] = arg1;
	policy_decide(p, &call, &d);
	return d.action;
}

Test(oci, a_rule_without_compares_beats_those_with)
{
	const struct policy_arg one = { .index = 0, .op = POLICY_EQ, .value = 1 };
	const struct policy_rule list[] = {
		{ openat, OTHER, &one, 1, NULL },
		{ openat, ALLOW, NULL, 0, NULL },
	};
	const struct policy_rules r = rules(list, 2);

	cr_expect_eq(answer(made(&r), "openat", 1, 0), ALLOW);
}

Test(oci, a_rule_that_repeats_the_default_changes_nothing)
{
	const struct policy_rule list[] = {
		{ openat, DENY, NULL, 0, NULL },
		{ openat, ALLOW, NULL, 0, NULL },
	};
	const struct policy_rules r = rules(list, 2);

	cr_expect_eq(answer(made(&r), "openat", 1, 0), ALLOW);
}

Test(oci, all_compares_of_different_arguments_must_hold)
{
	const struct policy_arg both[] = { { .index = 0, .op = POLICY_EQ, .value = 1 },
					   { .index = 1, .op = POLICY_EQ, .value = 2 } };
	const struct policy_rule list[] = { { openat, ALLOW, both, 2, NULL } };
	const struct policy_rules r = rules(list, 1);

	cr_expect_eq(answer(made(&r), "openat", 1, 2), ALLOW);
	cr_expect_eq(answer(made(&r), "openat", 1, 3), DENY);
	cr_expect_eq(diags.warnings, 0);
}

Test(oci, of_two_compares_of_one_argument_any_is_enough_and_that_is_told)
{
	const struct policy_arg both[] = { { .index = 0, .op = POLICY_EQ, .value = 1 },
					   { .index = 0, .op = POLICY_EQ, .value = 2 } };
	const struct policy_rule list[] = { { openat, ALLOW, both, 2, "rule 7" } };
	const struct policy_rules r = rules(list, 1);
	const struct policy *p = made(&r);

	cr_expect_eq(answer(p, "openat", 1, 0), ALLOW);
	cr_expect_eq(answer(p, "openat", 2, 0), ALLOW);
	cr_expect_eq(answer(p, "openat", 3, 0), DENY);
	cr_assert_eq(diags.warnings, 1);
	cr_expect_str_eq(diags.first->code, "any-compare");
	cr_expect_str_eq(diags.first->at.file, "rule 7");
}

Test(oci, what_the_kernel_cuts_to_32_bits_is_compared_in_32_bits)
{
	const struct policy_arg vsock = { .index = 0, .op = POLICY_NE, .value = 40 };
	const struct policy_rule list[] = { { socket_, ALLOW, &vsock, 1, NULL } };
	const struct policy_rules r = rules(list, 1);

	cr_expect_eq(answer(made(&r), "socket", 40, 0), DENY);
	cr_expect_eq(answer(made(&r), "socket", 0x100000028, 0), DENY);
	cr_expect_eq(answer(made(&r), "socket", 41, 0), ALLOW);
}

Test(oci, a_policy_that_permits_by_default_makes_nothing_unknown)
{
	const struct policy_rule list[] = { { openat, DENY, NULL, 0, NULL } };
	struct policy_rules r = rules(list, 1);

	r.default_action = ALLOW;
	cr_expect_eq(answer(made(&r), "mseal", 0, 0), ALLOW);
}

Test(oci, what_is_newer_than_all_that_is_named_is_no_call)
{
	static const char *const names[] = { "close_range", NULL }; /* 5.9 */
	const struct policy_rule list[] = { { names, ALLOW, NULL, 0, NULL } };
	const struct policy_rules r = rules(list, 1);

	cr_expect_eq(answer(made(&r), "mseal", 0, 0), NOSYS);
	cr_expect_eq(answer(made(&r), "openat2", 0, 0), DENY);
}

static const struct {
	const char *archs[4];
	uint32_t targets[4];
} chosen[] = {
	{ { "x86_64", "x86", "x32", NULL }, { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 } },
	{ { "aarch64", "arm", NULL }, { AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM } },
	{ { "x86_64", "x86_64", "mips", NULL }, { AUDIT_ARCH_X86_64 } },
};

Test(oci, archs_become_targets_but_for_x32_and_other_machines)
{
	for (size_t i = 0; i < COUNT(chosen); i++) {
		struct policy_rules r = rules(NULL, 0);
		const struct policy *p;

		r.archs = chosen[i].archs;
		p = made(&r);
		for (size_t k = 0; k < 3; k++)
			cr_expect_eq(policy_arch(p, k), chosen[i].targets[k], "%zu, %zu", i, k);
	}
}

static const struct policy_arg sixth = { .index = 6, .op = POLICY_EQ };
static const struct policy_arg no_op = { .index = 0, .op = (enum policy_op)8 };
static const struct policy_arg first = { .index = 0, .op = POLICY_EQ, .value = 1 };
static const char *const only_mips[] = { "mips", NULL };
static const char *const no_arch[] = { "pdp11", NULL };
static const struct policy_rule with_sixth[] = { { openat, ALLOW, &sixth, 1, "rule 3" } };
static const struct policy_rule with_no_op[] = { { openat, ALLOW, &no_op, 1, NULL } };
static const struct policy_rule with_many[] = { { openat, ALLOW, &first, 33, "rule 1" } };
static const struct policy_rule with_two[] = { { openat, ALLOW, &first, 1, "rule 1" },
					       { openat, OTHER, &first, 1, "rule 2" } };

static const struct {
	struct policy_rules r;
	const char *text;
} refused[] = {
	{ { DENY, x86_64, with_sixth, 1 }, "rule 3: an argument from 0 to 5: 6" },
	{ { DENY, x86_64, with_no_op, 1 }, "seccomp rule 0 (openat): a known compare: 8" },
	{ { DENY, x86_64, with_many, 1 }, "rule 1: at most 32 compares: 33" },
	{ { DENY, x86_64, with_two, 2 },
	  "rule 2: one action for openat with these arguments: rule 1 has another" },
	{ { DENY, only_mips, NULL, 0 },
	  "seccomp architectures: one whose calls can happen here: only mips" },
	{ { DENY, no_arch, NULL, 0 }, "seccomp architecture: a known one: pdp11" },
};

Test(oci, what_has_no_meaning_is_refused)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		const struct policy *p = NULL;
		struct err e = { 0 };
		bool carried;

		cr_assert_eq(policy_from_rules(&a, &refused[i].r, &diags, &carried, &p, &e),
			     -1);
		cr_expect_str_eq(e.text, refused[i].text);
		cr_expect_null(p);
	}
}
