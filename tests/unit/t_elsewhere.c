/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>

#include "seccomp/elsewhere.h"
#include "seccomp/ls.h"

static struct arena a;

static void done(void)
{
	arena_free(&a);
}

TestSuite(elsewhere, .fini = done);

static const char *const archs[] = { "x86_64", "aarch64", NULL };
static const char *const names[] = { "socket", "mseal", "no\"such", NULL };
static const struct policy_arg args[] = {
	{ .index = 5, .op = POLICY_MASKED_EQ, .value = UINT64_MAX, .mask = UINT64_MAX },
	{ .index = 0, .op = POLICY_NE, .value = 1 },
};
static const struct policy_rule rules[] = {
	{ .names = names, .action = SECCOMP_RET_ALLOW, .args = args, .args_n = 2 },
	{ .names = names + 1, .action = SECCOMP_RET_ERRNO | 5 },
};
static const struct policy_rules whole = {
	.default_action = SECCOMP_RET_ERRNO | EPERM,
	.archs = archs,
	.rules = rules,
	.rules_n = 2,
};

Test(elsewhere, rules_arrive_as_they_were_sent)
{
	struct err e = { 0 };
	struct policy_rules back;
	size_t len;
	const char *text = elsewhere_write(&a, &whole, &len);

	cr_assert_eq(elsewhere_read(&a, text, len, &back, &e), 0, "%s", e.text);
	cr_assert_eq(back.default_action, whole.default_action);
	cr_assert_str_eq(back.archs[1], "aarch64");
	cr_assert_null(back.archs[2]);
	cr_assert_eq(back.rules_n, 2);
	cr_assert_str_eq(back.rules[0].names[2], "no\"such");
	cr_assert_null(back.rules[0].names[3]);
	cr_assert_eq(back.rules[0].args_n, 2);
	cr_assert_eq(back.rules[0].args[0].value, UINT64_MAX);
	cr_assert_eq(back.rules[0].args[0].mask, UINT64_MAX);
	cr_assert_eq(back.rules[0].args[0].op, POLICY_MASKED_EQ);
	cr_assert_eq(back.rules[0].args[1].op, POLICY_NE);
	cr_assert_eq(back.rules[1].action, SECCOMP_RET_ERRNO | 5);
	cr_assert_eq(back.rules[1].args_n, 0);
}

static const char *program(void)
{
	return arena_printf(&a, "%s/caisson-libseccomp", getenv("top_builddir"));
}

Test(elsewhere, the_other_program_answers_as_a_call_to_libseccomp_does)
{
	const struct policy_rules r = { .default_action = SECCOMP_RET_ERRNO | EPERM,
					.archs = archs,
					.rules = rules + 1,
					.rules_n = 1 };
	struct filter ours = { 0 }, theirs = { 0 };
	struct err e = { 0 };
	size_t unknown;

	cr_assert_eq(policy_build_elsewhere(&a, program(), &r, &theirs, &e), 0, "%s", e.text);
	cr_assert_eq(ls_build(&a, &r, &ours, &unknown, &e), 0, "%s", e.text);
	cr_assert_eq(ours.n, theirs.n);
	cr_assert_eq(memcmp(ours.insns, theirs.insns, ours.n * sizeof(*ours.insns)), 0);
}

Test(elsewhere, what_it_refuses_is_told)
{
	static const char *const odd[] = { "pdp11", NULL };
	struct policy_rules r = whole;
	struct filter f = { 0 };
	struct err e = { 0 };

	r.archs = odd;
	cr_assert_eq(policy_build_elsewhere(&a, program(), &r, &f, &e), -1);
	cr_assert_not_null(strstr(e.text,
				  "seccomp architecture: one that libseccomp knows: pdp11"),
			   "%s", e.text);
	cr_assert_eq(f.n, 0);
}

static const struct {
	const char *program, *text;
} bad[] = {
	{ "/bin/true", "seccomp filter: 1 to 4096 instructions: 0 bytes" },
	{ "/bin/cat", "seccomp filter: 1 to 4096 instructions: " },
	{ "/bin/false", "/bin/false: a filter: " },
	{ "/nonexistent/program", "/nonexistent/program: run" },
};

Test(elsewhere, a_program_that_answers_nonsense_is_refused)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct filter f = { 0 };
		struct err e = { 0 };

		cr_assert_eq(policy_build_elsewhere(&a, bad[i].program, &whole, &f, &e), -1);
		cr_assert_eq(strncmp(e.text, bad[i].text, strlen(bad[i].text)), 0, "%s",
			     e.text);
		cr_assert_eq(f.n, 0);
	}
}

static const struct {
	const char *text, *error;
} broken[] = {
	{ "[]", "default: expected integer, found nothing" },
	{ "{\"default\":0}", "rules: expected array, found nothing" },
	{ "{\"default\":0,\"archs\":[],\"rules\":[{\"names\":[],\"action\":-1,\"args\":[]}]}",
	  "rules[0].action: " },
	{ "{\"default\":0,\"archs\":[1],\"rules\":[]}", "archs[0]: " },
};

Test(elsewhere, a_question_that_is_none_is_refused)
{
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct policy_rules r;
		struct err e = { 0 };

		cr_assert_eq(elsewhere_read(&a, broken[i].text, strlen(broken[i].text), &r, &e),
			     -1);
		cr_assert_eq(strncmp(e.text, broken[i].error, strlen(broken[i].error)), 0, "%s",
			     e.text);
	}
}
