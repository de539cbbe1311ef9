/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/compile.h"
#include "tests/unit/made.h"

#define ALLOW  SECCOMP_RET_ALLOW
#define DENY   (SECCOMP_RET_ERRNO | EPERM)
#define NOSYS  (SECCOMP_RET_ERRNO | ENOSYS)
#define NS_ANY 0x7e020000

static const enum arch both[] = { ARCH_X86_64, ARCH_I386 };

static struct filter compile(struct arena *a, const struct policy *p)
{
	struct filter f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(compile_program(a, p, made_answers(a, p), NULL, &f, &e), 0, "%s", e.text);
	cr_assert_eq(filter_check(&f, &e), 0, "%s", e.text);
	cr_assert_eq(compile_check_cacheable(p, made_answers(a, p), &f, &e), 0, "%s", e.text);
	return f;
}

static void expect_listing(struct arena *a, const struct policy *p, const char *want)
{
	const struct filter f = compile(a, p);

	cr_expect_str_eq(filter_listing(a, &f), want, "\n%s", filter_listing(a, &f));
}

static uint32_t answer(const struct filter *f, const struct seccomp_data *call)
{
	return filter_run(f, call, NULL, NULL);
}

static const struct cond *is(struct arena *a, unsigned arg, unsigned bits, uint64_t value)
{
	return made_range(a, arg, bits, value, value);
}

static const struct cond *or_of(struct arena *a, const struct cond *x, const struct cond *y)
{
	return made_cond(a, COND_OR, x, y);
}

static const struct cond *and_of(struct arena *a, const struct cond *x, const struct cond *y)
{
	return made_cond(a, COND_AND, x, y);
}

static const struct cond *not_of(struct arena *a, const struct cond *x)
{
	return made_cond(a, COND_NOT, x, NULL);
}

/* ---- programs, to the letter ---- */

Test(compile, of_no_rules_knows_calls_from_unknown_numbers)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	const char *last = arena_printf(&a,
					"   0: ld arch\n"
					"   1: jeq #0xc000003e, 3, 2\n"
					"   2: ret kill_process\n"
					"   3: ld nr\n"
					"   4: jge #%#x, 5, 6\n"
					"   5: ret errno 38\n"
					"   6: ret errno 1\n",
					sc_last(ARCH_X86_64) + 1);

	expect_listing(&a, p, last);
}

Test(compile, answers_x32_numbers_before_all_else)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = ALLOW;
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jge #0x40000000, 5, 6\n"
		       "   5: ret errno 38\n"
		       "   6: ret allow\n");
}

Test(compile, tests_for_flags_in_one_instruction)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = NOSYS;
	made_rule(&a, p, ALLOW, "clone", made_mask(&a, 0, 32, NS_ANY, 0));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0x38, 5, 7\n"
		       "   5: ld arg0.lo\n"
		       "   6: jset #0x7e020000, 7, 8\n"
		       "   7: ret errno 38\n"
		       "   8: ret allow\n");
}

/* What makes four rules of the engines' default profile two compares. */
Test(compile, makes_of_rules_on_one_argument_one_search)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = NOSYS;
	made_rule(&a, p, SECCOMP_RET_ERRNO | EINVAL, "socket",
		  and_of(&a, is(&a, 0, 32, 16), is(&a, 2, 32, 9)));
	made_rule(&a, p, ALLOW, "socket", not_of(&a, is(&a, 2, 32, 9)));
	made_rule(&a, p, ALLOW, "socket", not_of(&a, is(&a, 0, 32, 16)));
	made_rule(&a, p, ALLOW, "socket", not_of(&a, is(&a, 2, 32, 9)));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0x29, 6, 5\n"
		       "   5: ret errno 38\n"
		       "   6: ld arg0.lo\n"
		       "   7: jeq #0x10, 8, 11\n"
		       "   8: ld arg2.lo\n"
		       "   9: jeq #0x9, 10, 11\n"
		       "  10: ret errno 22\n"
		       "  11: ret allow\n");
}

Test(compile, asks_for_all_values_of_some_flags_at_once)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	static const uint32_t personas[] = { 0, 8, 0x20000, 0x20008, UINT32_MAX };

	p->normal.action = p->unknown.action = NOSYS;
	for (size_t i = 0; i < COUNT(personas); i++)
		made_rule(&a, p, ALLOW, "personality", is(&a, 0, 32, personas[i]));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0x87, 5, 9\n"
		       "   5: ld arg0.lo\n"
		       "   6: jset #0xfffdfff7, 7, 8\n"
		       "   7: jeq #0xffffffff, 8, 9\n"
		       "   8: ret allow\n"
		       "   9: ret errno 38\n");
}

Test(compile, compares_both_halves_of_a_wide_argument)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = NOSYS;
	made_rule(&a, p, ALLOW, "mmap", made_range(&a, 1, 64, 0, 0x2ffffffff));
	made_rule(&a, p, ALLOW, "brk", made_range(&a, 0, 64, 0x100000005, 0x3000000ff));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0x9, 5, 7\n"
		       "   5: ld arg1.hi\n"
		       "   6: jge #0x3, 16, 17\n"
		       "   7: jeq #0xc, 8, 16\n"
		       "   8: ld arg0.hi\n"
		       "   9: jeq #0x1, 10, 12\n"
		       "  10: ld arg0.lo\n"
		       "  11: jge #0x5, 17, 16\n"
		       "  12: jeq #0x2, 17, 13\n"
		       "  13: jeq #0x3, 14, 16\n"
		       "  14: ld arg0.lo\n"
		       "  15: jge #0x100, 16, 17\n"
		       "  16: ret errno 38\n"
		       "  17: ret allow\n");
}

Test(compile, masks_what_is_compared_under_a_mask)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = NOSYS;
	made_rule(&a, p, ALLOW, "mprotect",
		  or_of(&a, made_mask(&a, 2, 32, 6, 6), made_mask(&a, 2, 32, 1, 1)));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0xa, 5, 11\n"
		       "   5: ld arg2.lo\n"
		       "   6: and #0x6\n"
		       "   7: jeq #0x6, 10, 8\n"
		       "   8: ld arg2.lo\n"
		       "   9: jset #0x1, 10, 11\n"
		       "  10: ret allow\n"
		       "  11: ret errno 38\n");
}

Test(compile, joins_masks_that_must_all_hold)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = NOSYS;
	made_rule(&a, p, ALLOW, "mprotect",
		  and_of(&a, made_mask(&a, 2, 32, 6, 6), made_mask(&a, 2, 32, 1, 0)));
	made_rule(&a, p, ALLOW, "madvise",
		  and_of(&a, made_mask(&a, 2, 32, 6, 6), made_mask(&a, 2, 32, 2, 0)));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0xa, 5, 9\n"
		       "   5: ld arg2.lo\n"
		       "   6: and #0x7\n"
		       "   7: jeq #0x6, 8, 9\n"
		       "   8: ret allow\n"
		       "   9: ret errno 38\n");
}

Test(compile, takes_a_mask_of_the_highest_bits_for_an_interval)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	p->normal.action = p->unknown.action = NOSYS;
	made_rule(&a, p, ALLOW, "socket", made_mask(&a, 0, 32, 0xfffffff0, 0x20));
	made_rule(&a, p, ALLOW, "socket", made_mask(&a, 0, 32, 0xfffffff0, 0x30));
	expect_listing(&a, p,
		       "   0: ld arch\n"
		       "   1: jeq #0xc000003e, 3, 2\n"
		       "   2: ret kill_process\n"
		       "   3: ld nr\n"
		       "   4: jeq #0x29, 5, 9\n"
		       "   5: ld arg0.lo\n"
		       "   6: jge #0x40, 9, 7\n"
		       "   7: jge #0x20, 8, 9\n"
		       "   8: ret allow\n"
		       "   9: ret errno 38\n");
}

Test(compile, shares_what_calls_have_in_common)
{
	autoarena struct arena a = { 0 };
	struct policy *one = made_empty(&a, both, 2), *all = made_empty(&a, both, 2);
	static const char *const names[] = { "fcntl", "ioctl", "bpf", "prctl", "kcmp" };
	struct filter f, g;

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct cond *c = or_of(&a, made_range(&a, 1, 32, 5, 70),
					     made_mask(&a, 2, 32, 0x101, 0x100));

		if (i == 0)
			made_rule(&a, one, ALLOW, names[i], c);
		else
			made_rule(&a, one, ALLOW, names[i], NULL);
		made_rule(&a, all, ALLOW, names[i], c);
	}
	f = compile(&a, one);
	g = compile(&a, all);
	cr_expect_eq(g.n, f.n, "%u and %u instructions", g.n, f.n);
}

/* ---- limits ---- */

/* An answer of its own for each call, so that nothing can be joined. */
static struct policy *motley(struct arena *a, unsigned conds)
{
	struct policy *p = made_empty(a, both, 2);
	struct rule *rules = arena_array(a, SC_N, sizeof(*rules));

	p->rules = rules;
	for (int id = 0; id < SC_N; id++) {
		struct rule *r = &rules[p->rules_n++];

		r->action = SECCOMP_RET_ERRNO | (100 + (uint32_t)id);
		for (size_t t = 0; t < 2; t++) {
			struct rule_cond *c = arena_new(a, struct rule_cond);

			if (sc_number(id, both[t]) < 0)
				continue;
			sc_add(&r->set[both[t]], id);
			if (conds == 0)
				continue;
			*c = (struct rule_cond){ id, is(a, 0, 32, (uint32_t)id) };
			for (unsigned k = 1; k < conds; k++)
				c->cond = or_of(a, c->cond,
						is(a, k % 6, 32, (uint32_t)id * 8 + k));
			r->conds[both[t]] = c;
			r->conds_n[both[t]] = 1;
		}
	}
	return p;
}

Test(compile, reaches_what_is_too_far_for_a_branch)
{
	for (unsigned conds = 0; conds < 3; conds++) {
		autoarena struct arena a = { 0 };
		struct policy *p = motley(&a, conds);
		const struct filter f = compile(&a, p);

		cr_expect_gt(f.n, 1000);
		for (size_t t = 0; t < 2; t++) {
			for (uint32_t nr = 0; nr < 600; nr++) {
				struct seccomp_data call = { .nr = (int)nr,
							     .arch = arch_audit(both[t]) };
				struct policy_decision d;

				call.args[0] = (uint32_t)sc_by_number(both[t], nr);
				policy_decide(p, &call, &d);
				cr_assert(answer(&f, &call) == d.action ||
					  answer(&f, &call) == d.also);
			}
		}
	}
}

static void expect_too_long(struct arena *a, const struct policy *p, const char *text)
{
	struct filter f = { 0 };
	struct err e = { 0 };

	cr_expect_eq(compile_program(a, p, made_answers(a, p), NULL, &f, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_eq(f.n, 0);
	cr_expect_str_eq(e.text, text, "%s", e.text);
}

static const struct cond *long_list(struct arena *a, uint32_t n)
{
	const struct cond *c = is(a, 1, 32, 7);

	for (uint32_t i = 1; i < n; i++)
		c = or_of(a, c, is(a, 1, 32, 7 + 100 * i));
	return c;
}

Test(compile, says_which_calls_are_too_much_for_one_program)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 2);

	made_rule(&a, p, ALLOW, "bpf", long_list(&a, 80));
	made_rule(&a, p, ALLOW, "write", is(&a, 0, 32, 1));
	made_rule(&a, p, ALLOW, "ioctl", long_list(&a, 4000));
	expect_too_long(&a, p,
			"seccomp filter: at most 4096 instructions: more; ioctl on x86_64 with "
			"4411, bpf on x86_64 with 89, write on x86_64 with 1\n"
			"fewer or simpler conditions on arguments make it smaller");
}

Test(compile, says_that_the_numbers_alone_are_too_many)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct rule_nr *nrs = arena_array(&a, 4000, sizeof(*nrs));
	struct rule *r = made_rule(&a, p, ALLOW, "read", NULL);

	for (uint32_t i = 0; i < 4000; i++)
		nrs[i] = (struct rule_nr){ ARCH_X86_64, 1000 + 3 * (i ^ 1) };
	r->nrs = nrs;
	r->nrs_n = 3000;
	(void)compile(&a, p);
	r->nrs_n = 4000;
	expect_too_long(&a, p,
			"seccomp filter: at most 4096 instructions: more; the numbers alone "
			"are "
			"too many\nfewer or simpler conditions on arguments make it smaller");
}

Test(compile, takes_a_list_of_thousands)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64, .nr = 16 };
	struct filter f;

	made_rule(&a, p, ALLOW, "ioctl", long_list(&a, 3000));
	f = compile(&a, p);
	for (uint32_t v = 0; v < 1000; v++) {
		call.args[1] = v;
		cr_assert_eq(answer(&f, &call), v % 100 == 7 ? ALLOW : DENY);
	}
}

/* One bit of each of two arguments: a decision diagram in the order of the arguments has 2^32
 * nodes, the conditions as they are written 64. */
Test(compile, does_not_blow_up)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	const struct cond *c = NULL;
	struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64, .nr = 16 };
	struct filter f;

	for (unsigned i = 0; i < 32; i++) {
		const struct cond *one = and_of(&a, made_mask(&a, 1, 32, 1u << i, 1u << i),
						made_mask(&a, 2, 32, 1u << i, 1u << i));

		c = c == NULL ? one : or_of(&a, c, one);
	}
	made_rule(&a, p, ALLOW, "ioctl", c);
	f = compile(&a, p);
	cr_expect_lt(f.n, 200, "%u instructions", f.n);
	for (unsigned i = 0; i < 32; i++) {
		call.args[1] = 1u << i;
		call.args[2] = UINT32_MAX;
		cr_expect_eq(answer(&f, &call), ALLOW);
		call.args[2] = ~(1u << i);
		cr_expect_eq(answer(&f, &call), DENY);
	}
}

Test(compile, refuses_conditions_nested_without_end)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	const struct cond *c = is(&a, 0, 32, 7);
	struct filter f = { 0 };
	struct err e = { 0 };

	for (unsigned i = 0; i < 100000; i++)
		c = made_cond(&a, i % 2 != 0 ? COND_AND : COND_OR, is(&a, i % 6, 32, i), c);
	made_rule(&a, p, ALLOW, "ioctl", c);
	cr_expect_eq(compile_program(&a, p, made_answers(&a, p), NULL, &f, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(e.text, "seccomp filter: ioctl (16): conditions that can be compiled: "
				 "too many, or nested too deeply");
}

/* ---- the kernel's bitmap ---- */

Test(compile, makes_every_plain_allow_cacheable)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 2);
	struct filter f;

	made_rule(&a, p, ALLOW, "clone", made_mask(&a, 0, 32, NS_ANY, 0));
	made_rule(&a, p, ALLOW, "read", NULL);
	f = compile(&a, p);
	cr_expect(filter_cacheable(&f, AUDIT_ARCH_X86_64, 0));
	cr_expect(filter_cacheable(&f, AUDIT_ARCH_I386, 3));
	cr_expect_not(filter_cacheable(&f, AUDIT_ARCH_X86_64, 3));
	cr_expect_not(filter_cacheable(&f, AUDIT_ARCH_X86_64, 56));
	cr_expect_not(filter_cacheable(&f, AUDIT_ARCH_X86_64, X32_BIT));
	cr_expect_not(filter_cacheable(&f, AUDIT_ARCH_AARCH64, 0));
}

static void expect_not_cached(const struct policy *p, const struct answers *an,
			      const struct sock_filter *insns, size_t n)
{
	const struct filter f = { insns, (uint16_t)n, 0 };
	struct err e = { 0 };

	cr_expect_eq(compile_check_cacheable(p, an, &f, &e), -1);
	cr_expect_eq(e.kind, ERR_BUG);
	cr_expect_str_eq(e.text,
			 "seccomp filter: read on x86_64: in the kernel's bitmap of calls that "
			 "are always allowed: it is not");
}

Test(compile, finds_a_program_that_the_bitmap_does_not_take)
{
	static const struct sock_filter argument[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_filter memory[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_filter log[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG) };
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	made_rule(&a, p, ALLOW, "read", NULL);
	expect_not_cached(p, made_answers(&a, p), argument, COUNT(argument));
	expect_not_cached(p, made_answers(&a, p), memory, COUNT(memory));
	expect_not_cached(p, made_answers(&a, p), log, COUNT(log));
}

/* ---- at random ---- */

static void expect_same_answers(const struct policy *p, const struct filter *f,
				struct made_random *r, unsigned round)
{
	for (unsigned i = 0; i < 300; i++) {
		struct seccomp_data call;
		struct policy_decision d;

		made_call(r, p, &call);
		policy_decide(p, &call, &d);
		cr_assert(answer(f, &call) == d.action || answer(f, &call) == d.also,
			  "policy %u: nr %d arch %#x args %#llx %#llx %#llx: %#x for %#x",
			  round, call.nr, call.arch, call.args[0], call.args[1], call.args[2],
			  answer(f, &call), d.action);
	}
}

Test(compile, answers_as_the_policy_says)
{
	for (unsigned i = 0; i < 400; i++) {
		autoarena struct arena a = { 0 };
		struct made_random r = { .state = 7919 * (i + 1) };
		uint8_t bytes[3000];
		struct made_bytes b = { bytes, 200 + 7 * i };
		const struct policy *p;
		struct filter f;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &b);
		f = compile(&a, p);
		expect_same_answers(p, &f, &r, i);
	}
}

Test(compile, is_the_same_to_the_byte)
{
	for (unsigned i = 0; i < 50; i++) {
		autoarena struct arena a = { 0 }, other = { 0 };
		struct made_random r = { .state = 104729 * (i + 1) };
		uint8_t bytes[1000];
		struct made_bytes b = { bytes, sizeof(bytes) };
		const struct policy *p;
		struct filter f, g;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &b);
		f = compile(&a, p);
		g = compile(&other, p);
		cr_assert_eq(f.n, g.n);
		cr_assert_arr_eq(f.insns, g.insns, f.n * sizeof(*f.insns));
	}
}
