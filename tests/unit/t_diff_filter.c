/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of programs that no compiler of ours makes. */
#include <criterion/criterion.h>
#include <errno.h>

#include "seccomp/policy.h"

#define ALLOW SECCOMP_RET_ALLOW
#define DENY  (SECCOMP_RET_ERRNO | EPERM)

#define LD(k)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define RET(k)          BPF_STMT(BPF_RET | BPF_K, k)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)

struct found {
	struct policy_difference first;
	size_t n;
	enum policy_relation relation;
};

static void find(void *ctx, const struct policy_difference *d)
{
	struct found *f = ctx;

	if (f->n++ == 0)
		f->first = *d;
}

static struct found diff(const struct filter *left, const struct filter *right)
{
	const struct policy_side l = { .filter = left }, r = { .filter = right };
	autoarena struct arena a = { 0 };
	struct found f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(policy_diff(&a, &l, &r, find, &f, &f.relation, &e), 0, "%s", e.text);
	return f;
}

Test(diff, a_program_that_computes_is_refused)
{
	const struct sock_filter insns[] = {
		LD(16),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		IF(BPF_JEQ, 3, 0, 1),
		RET(DENY),
		RET(ALLOW),
	};
	const struct filter filter = { .insns = insns, .n = COUNT(insns) };
	const struct policy_side side = { .filter = &filter };
	autoarena struct arena a = { 0 };
	enum policy_relation relation;
	struct err e = { 0 };

	cr_expect_eq(policy_diff(&a, &side, &side, NULL, NULL, &relation, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(e.text, "seccomp filter: comparisons of the call's words with "
				 "constants: it computes with the words of a call");
}

Test(diff, programs_that_ask_nothing_are_compared)
{
	const struct sock_filter allow[] = { RET(ALLOW) }, deny[] = { RET(DENY) };
	const struct filter l = { .insns = allow, .n = 1 }, r = { .insns = deny, .n = 1 };
	struct found f;

	f = diff(&l, &r);
	cr_expect_eq(f.relation, POLICY_TIGHTER);
	f = diff(&l, &l);
	cr_expect_eq(f.n, 0);
}

/* As no program that anybody builds. */
Test(diff, a_program_may_ask_where_a_call_comes_from)
{
	const struct sock_filter insns[] = { LD(12), IF(BPF_JEQ, 7, 0, 1), RET(ALLOW),
					     RET(DENY) };
	const struct sock_filter deny[] = { RET(DENY) };
	const struct filter l = { .insns = insns, .n = COUNT(insns) };
	const struct filter r = { .insns = deny, .n = 1 };
	struct found f;

	f = diff(&l, &r);
	cr_assert_gt(f.n, 100);
	cr_expect_eq(f.relation, POLICY_TIGHTER);
	cr_expect_eq(filter_run(&l, &f.first.call, NULL, NULL), ALLOW);
}

/* The number without its lowest bits, and the same asked of all of it. */
Test(diff, a_number_without_its_lowest_bits_is_an_interval)
{
	static const struct {
		uint32_t mask;
		uint16_t op;
		uint32_t k, from; /* which numbers are permitted: from there on */
	} cases[] = {
		{ ~UINT32_C(1), BPF_JGE, 0, 0 },
		{ ~UINT32_C(1), BPF_JGE, 1, 2 },
		{ ~UINT32_C(1), BPF_JGE, 6, 6 },
		{ ~UINT32_C(1), BPF_JGE, 7, 8 },
		{ ~UINT32_C(1), BPF_JGT, 6, 8 },
		{ ~UINT32_C(1), BPF_JGT, 7, 8 },
		{ ~UINT32_C(3), BPF_JGE, 5, 8 },
		{ ~UINT32_C(3), BPF_JGT, 4, 8 },
		{ ~UINT32_C(1), BPF_JGE, UINT32_MAX - 1, UINT32_MAX - 1 },
	};
	static const struct sock_filter deny[] = { RET(DENY) };
	const struct filter never = { .insns = deny, .n = 1 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		const uint32_t from = cases[i].from;
		const struct sock_filter masked[] = {
			LD(0),
			BPF_STMT(BPF_ALU | BPF_AND | BPF_K, cases[i].mask),
			IF(cases[i].op, cases[i].k, 0, 1),
			RET(ALLOW),
			RET(DENY),
		};
		const struct sock_filter whole[] = { LD(0), IF(BPF_JGE, from, 0, 1), RET(ALLOW),
						     RET(DENY) };
		const struct sock_filter later[] = { LD(0), IF(BPF_JGE, from + 1, 0, 1),
						     RET(ALLOW), RET(DENY) };
		const struct filter l = { .insns = masked, .n = COUNT(masked) };
		const struct filter r = { .insns = whole, .n = COUNT(whole) };
		const struct filter wrong = { .insns = later, .n = COUNT(later) };

		cr_expect_eq(diff(&l, &r).n, 0, "case %zu", i);
		cr_expect_gt(diff(&l, &wrong).n, 0, "case %zu", i);
		cr_expect_gt(diff(&l, &never).n, 0, "case %zu", i);
	}
}

Test(diff, a_number_without_its_lowest_bits_reaches_no_more_than_it_can)
{
	static const uint16_t ops[] = { BPF_JGE, BPF_JGT, BPF_JEQ };
	static const struct sock_filter deny[] = { RET(DENY) };
	const struct filter never = { .insns = deny, .n = 1 };

	for (size_t i = 0; i < COUNT(ops); i++) {
		const struct sock_filter masked[] = {
			LD(0),
			BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~UINT32_C(1)),
			IF(ops[i], UINT32_MAX, 0, 1),
			RET(ALLOW),
			RET(DENY),
		};
		const struct filter l = { .insns = masked, .n = COUNT(masked) };

		cr_expect_eq(diff(&l, &never).n, 0, "case %zu", i);
	}
}
