/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/audited.h"
#include "tests/unit/made.h"

static const enum arch both[] = { ARCH_X86_64, ARCH_I386 };

static struct policy_image image(struct arena *a, const struct policy *p, unsigned see)
{
	const struct policy_options options = { .see = see };
	struct policy_image im;
	struct err e = { 0 };

	cr_assert_eq(policy_compile(a, p, &options, &im, &e), 0, "%s", e.text);
	return im;
}

/* What a process gets in the end, and whether the watcher hears of it. */
static uint32_t outcome(const struct policy_image *im, const struct seccomp_data *call,
			bool *heard)
{
	const uint32_t is = filter_run(&im->filter, call, NULL, NULL);
	const struct policy_verdict *said;
	uint32_t row;

	*heard = false;
	if (is != SECCOMP_RET_USER_NOTIF || im->verdicts.n == 0)
		return is;
	row = filter_run(&im->verdicts, call, NULL, NULL);
	if ((row & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE)
		return is;
	*heard = true;
	cr_assert_lt(row & SECCOMP_RET_DATA, im->rows_n);
	said = &im->rows[row & SECCOMP_RET_DATA];
	return said->allow ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | said->err;
}

static bool is_exec(const struct seccomp_data *call)
{
	const char *name = syscall_name(call->arch, call->nr);

	return str_eq(name, "execve") || str_eq(name, "execveat");
}

static bool is_denial(uint32_t action)
{
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       (action & SECCOMP_RET_DATA) != ENOSYS;
}

/* Is the watcher to hear of it, other than by the policy's own words? */
static bool is_asked_for(const struct policy_decision *d, const struct seccomp_data *call,
			 unsigned see)
{
	if (d->audit != POLICY_AUDIT_NONE)
		return true;
	if (d->why != POLICY_BY_RULE && d->why != POLICY_BY_DEFAULT)
		return false;
	return ((see & POLICY_SEE_DENIALS) != 0 && is_denial(d->action)) ||
	       ((see & POLICY_SEE_EXECS) != 0 && d->action == SECCOMP_RET_ALLOW &&
		is_exec(call));
}

static void compare(struct arena *a, const struct policy *p, struct made_random *r,
		    unsigned see)
{
	const struct policy_image plain = image(a, p, 0), audited = image(a, p, see);

	for (size_t i = 0; i < 400; i++) {
		struct policy_decision d;
		struct seccomp_data call;
		bool heard, unused;
		uint32_t was, is;

		made_call(r, p, &call);
		if (i % 8 == 0)
			call.nr =
				syscall_number(call.arch, i % 16 == 0 ? "execve" : "execveat");
		policy_decide(p, &call, &d);
		if (d.why == POLICY_BY_UNKNOWN)
			continue; /* a hole of the tables has two answers, each as good */
		was = outcome(&plain, &call, &unused);
		is = outcome(&audited, &call, &heard);
		cr_assert_eq(is, was, "see %u: %s: %#x, without %#x", see,
			     policy_call_text(a, &call), is, was);
		cr_assert_eq(heard, is_asked_for(&d, &call, see), "see %u: %s: %#x", see,
			     policy_call_text(a, &call), was);
	}
}

Test(audited, a_policy_answers_as_without_it_and_what_is_asked_for_is_heard)
{
	struct made_random r = { 4711 };

	for (size_t i = 0; i < 50; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[512];
		struct made_bytes from = { bytes, sizeof(bytes) };
		const struct policy *p;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &from);
		for (unsigned see = 1; see <= 3; see++)
			compare(&a, p, &r, see);
	}
}

Test(audited, enosys_stays_the_filters_own)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;
	struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64, .nr = 435 };

	made_rule(&a, p, SECCOMP_RET_ERRNO | ENOSYS, "clone3", NULL);
	p->normal.action = SECCOMP_RET_ERRNO | ENOSYS;
	im = image(&a, p, POLICY_SEE_DENIALS);
	cr_expect_eq(im.verdicts.n, 0);
	cr_expect_eq(filter_run(&im.filter, &call, NULL, NULL), SECCOMP_RET_ERRNO | ENOSYS);
}

Test(audited, an_errno_of_nothing_is_a_denial_too)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;
	const struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64, .nr = 101 };
	bool heard;

	made_rule(&a, p, SECCOMP_RET_ERRNO | 0, "ptrace", NULL);
	im = image(&a, p, POLICY_SEE_DENIALS);
	cr_expect_eq(outcome(&im, &call, &heard), SECCOMP_RET_ERRNO);
	cr_expect(heard);
}

Test(audited, what_a_policy_hands_to_an_agent_is_not_ours)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	cr_expect_not(policy_hands_on(p));
	cr_expect_not(policy_hands_on(policy_audited(&a, p, 3)));
	made_rule(&a, p, SECCOMP_RET_USER_NOTIF, "mount", NULL);
	cr_expect(policy_hands_on(p));
	p->normal.action = SECCOMP_RET_USER_NOTIF;
	p->rules_n = 0;
	cr_expect(policy_hands_on(p));
}
