/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "seccomp/side.h"
#include "seccomp/verify.h"
#include "tests/unit/made.h"

#define ALLOW   SECCOMP_RET_ALLOW
#define DENY    (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)
#define KILL    SECCOMP_RET_KILL_PROCESS
#define WIDE    ((const enum arch[]){ ARCH_X86_64 })
#define BOTH    ((const enum arch[]){ ARCH_X86_64, ARCH_I386 })

#define LD(k)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define LO(i)           LD(16 + 8 * (i))
#define HI(i)           LD(20 + 8 * (i))
#define RET(k)          BPF_STMT(BPF_RET | BPF_K, k)
#define AND(k)          BPF_STMT(BPF_ALU | BPF_AND | BPF_K, k)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)

static int verify(const struct policy *p, const struct filter *f, struct verified *v,
		  struct err *e)
{
	autoarena struct arena a = { 0 };

	return verify_program(&a, p, made_answers(&a, p), f, v, e);
}

static struct filter compiled(struct arena *a, const struct policy *p)
{
	struct filter f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(compile_program(a, p, made_answers(a, p), NULL, &f, &e), 0, "%s", e.text);
	return f;
}

/* ---- programs written by hand, for: allow read; allow write when arg0 == 3; else deny ---- */

static const struct policy *small_policy(struct arena *a)
{
	struct policy *p = made_empty(a, WIDE, 1);

	p->unknown = p->normal;
	(void)made_rule(a, p, ALLOW, "read", NULL);
	(void)made_rule(a, p, ALLOW, "write", made_range(a, 0, 32, 3, 3));
	return p;
}

struct program {
	struct sock_filter insns[16];
	size_t n;
	char text[160]; /* "": it is right */
};

/* ld arch; jeq x86_64; ld nr; jge 0x40000000; what follows is at 4, its end is by itself */
#define START                                                          \
	LD(4), IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0), RET(KILL), LD(0), \
		IF(BPF_JGE, 0x40000000, 0, 1), RET(NO_CALL)

/* clang-format off */
static struct program programs[] = {
	{ { START, IF(BPF_JEQ, 0, 4, 0), IF(BPF_JEQ, 1, 0, 2), LO(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 12, "" },
	{ { START, IF(BPF_JEQ, 0, 4, 0), IF(BPF_JEQ, 1, 0, 2), LO(0), IF(BPF_JEQ, 4, 1, 0), RET(DENY), RET(ALLOW) }, 12,
	  "seccomp program of made: write(3, 0, 0) (architecture 0xc000003e, number 0x1): allow: it answers deny EPERM" },
	{ { START, IF(BPF_JEQ, 0, 4, 0), IF(BPF_JEQ, 1, 0, 2), HI(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 12,
	  "seccomp program of made: write(3, 0, 0) (architecture 0xc000003e, number 0x1): allow: it answers deny EPERM" },
	{ { START, IF(BPF_JEQ, 0, 5, 0), IF(BPF_JEQ, 1, 0, 3), LO(0), AND(0x7fffffff), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 13,
	  "seccomp program of made: write(-2147483645, 0, 0) (architecture 0xc000003e, number 0x1): deny EPERM: it answers allow" },
	{ { START, IF(BPF_JEQ, 0, 4, 0), IF(BPF_JEQ, 2, 0, 2), LO(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 12,
	  "seccomp program of made: write(3, 0, 0) (architecture 0xc000003e, number 0x1): allow: it answers deny EPERM" },
	{ { START, IF(BPF_JEQ, 0, 5, 0), IF(BPF_JEQ, 123456, 4, 0), IF(BPF_JEQ, 1, 0, 2), LO(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 13,
	  "seccomp program of made: 123456() (architecture 0xc000003e, number 0x1e240): deny EPERM: it answers allow" },
	{ { START, IF(BPF_JEQ, 0, 5, 0), IF(BPF_JSET, 0x20000000, 4, 0), IF(BPF_JEQ, 1, 0, 2), LO(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 13,
	  "seccomp program of made: 536870912() (architecture 0xc000003e, number 0x20000000): deny EPERM: it answers allow" },
	{ { LD(4), IF(BPF_JEQ, AUDIT_ARCH_X86_64, 2, 0), IF(BPF_JEQ, 0xabcdef, 9, 0), RET(KILL), LD(0), IF(BPF_JGE, 0x40000000, 0, 1), RET(NO_CALL), IF(BPF_JEQ, 0, 4, 0), IF(BPF_JEQ, 1, 0, 2), LO(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 13,
	  "seccomp program of made: 0() @ 0xabcdef (architecture 0xabcdef, number 0): kill: it answers allow" },
	{ { LD(4), AND(0xfffffffe), IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0), RET(KILL), LD(0), IF(BPF_JGE, 0x40000000, 0, 1), RET(NO_CALL), IF(BPF_JEQ, 0, 4, 0), IF(BPF_JEQ, 1, 0, 2), LO(0), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW) }, 13,
	  "seccomp program of made: 0() @ 0xc000003f (architecture 0xc000003f, number 0): kill: it answers allow" },
	{ { START, IF(BPF_JEQ, 0, 5, 0), IF(BPF_JEQ, 1, 0, 3), LO(0), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1), IF(BPF_JEQ, 2, 1, 0), RET(DENY), RET(ALLOW) }, 13,
	  "seccomp filter: comparisons of the call's words with constants: it computes with them" },
	{ { START, IF(BPF_JEQ, 0, 2, 0), LD(8), IF(BPF_JEQ, 3, 0, 1), RET(ALLOW), RET(DENY) }, 11,
	  "seccomp program of made: write(3, 0, 0) (architecture 0xc000003e, number 0x1): allow: it answers deny EPERM" },
	{ { START, IF(BPF_JEQ, 0, 7, 0), IF(BPF_JEQ, 1, 0, 5), LO(0), IF(BPF_JEQ, 2, 3, 0), AND(0xfffffffe), IF(BPF_JGE, 3, 1, 0), IF(BPF_JGE, 1, 1, 0), RET(DENY), RET(ALLOW) }, 15, "" },
	{ { START, IF(BPF_JEQ, 0, 7, 0), IF(BPF_JEQ, 1, 0, 5), LO(0), IF(BPF_JEQ, 2, 3, 0), AND(0xfffffffe), IF(BPF_JGE, 5, 1, 0), IF(BPF_JGE, 1, 1, 0), RET(DENY), RET(ALLOW) }, 15,
	  "seccomp program of made: write(4, 0, 0) (architecture 0xc000003e, number 0x1): deny EPERM: it answers allow" },
	{ { START, IF(BPF_JEQ, 0, 7, 0), IF(BPF_JEQ, 1, 0, 5), LO(0), IF(BPF_JEQ, 3, 4, 0), AND(0xfffffffe), IF(BPF_JGE, UINT32_MAX, 2, 0), RET(DENY), RET(DENY), RET(ALLOW) }, 15, "" },
	{ { START, RET(ALLOW), LD(0) }, 8, "seccomp filter: a return at the end: code 0x20" },
};
/* clang-format on */

ParameterizedTestParameters(verify, finds_what_is_wrong_and_says_which_call)
{
	return cr_make_param_array(struct program, programs, COUNT(programs));
}

ParameterizedTest(struct program *t, verify, finds_what_is_wrong_and_says_which_call)
{
	autoarena struct arena a = { 0 };
	const struct filter f = { .insns = t->insns, .n = (uint16_t)t->n };
	struct verified v = { 0 };
	struct err e = { 0 };

	cr_expect_eq(verify(small_policy(&a), &f, &v, &e), t->text[0] != '\0' ? -1 : 0);
	cr_expect_str_eq(e.text, t->text, "%s", e.text);
	if (t->text[0] == '\0')
		cr_expect_gt(v.cells, sc_last(ARCH_X86_64));
}

Test(verify, a_wrong_program_is_a_bug)
{
	const struct sock_filter insns[] = { RET(ALLOW) };
	const struct filter f = { .insns = insns, .n = 1 };
	autoarena struct arena a = { 0 };
	struct verified v = { 0 };
	struct err e = { 0 };

	cr_expect_eq(verify(small_policy(&a), &f, &v, &e), -1);
	cr_expect_eq(e.kind, ERR_BUG);
}

/* ---- every compiled program is right, and its witnesses go everywhere in it ---- */

struct ways {
	size_t all, missed;
};

static void expect_everywhere(struct arena *a, const struct policy *p, const struct filter *f,
			      struct ways *ways)
{
	struct made_walk w;

	made_walk(a, p, f, &w);
	cr_assert(!w.differs);
	cr_assert(w.missed == 0 || w.tests_bits, "instruction %zu does not go all ways:\n%s",
		  w.pc, filter_listing(a, f));
	ways->all += w.ways;
	ways->missed += w.missed;
}

static void expect_sampled(struct made_random *r, const struct policy *p,
			   const struct filter *f)
{
	for (size_t k = 0; k < 200; k++) {
		struct policy_decision d;
		struct seccomp_data call;
		uint32_t is;

		made_call(r, p, &call);
		policy_decide(p, &call, &d);
		is = filter_run(f, &call, NULL, NULL);
		cr_assert(is == d.action || is == d.also,
			  "%#x %#x(%#llx, %#llx, %#llx): %#x, not %#x", call.arch,
			  (unsigned)call.nr, call.args[0], call.args[1], call.args[2], is,
			  d.action);
	}
}

#define POLICIES 250

Test(verify, compiled_programs_answer_as_their_policies)
{
	struct made_random r = { 0x9e3779b97f4a7c15 };
	struct ways ways = { 0 };

	for (size_t i = 0; i < POLICIES; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[256];
		struct made_bytes b = { bytes, made_draw(&r, sizeof(bytes)) };
		const struct policy *p;
		struct verified v = { 0 };
		struct err e = { 0 };
		struct filter f;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &b);
		f = compiled(&a, p);
		cr_assert_eq(verify(p, &f, &v, &e), 0, "policy %zu: %s", i, e.text);
		expect_sampled(&r, p, &f);
		if (!v.pairwise)
			expect_everywhere(&a, p, &f, &ways);
	}
	cr_expect_lt(ways.missed * 200, ways.all, "%zu of %zu ways were not gone", ways.missed,
		     ways.all);
}

/* ---- the proof can fail: programs with one thing changed ---- */

static const uint16_t ops[] = { BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET };

/* False: there is no such change of this instruction. */
static bool mutate(struct made_random *r, struct sock_filter *in)
{
	const bool branch = BPF_CLASS(in->code) == BPF_JMP && BPF_OP(in->code) != BPF_JA;
	const uint8_t jt = in->jt;

	switch (made_draw(r, 8)) {
	case 0:
		in->k++;
		return in->code != (BPF_LD | BPF_W | BPF_ABS);
	case 1:
		in->k--;
		return in->code != (BPF_LD | BPF_W | BPF_ABS);
	case 2:
		in->k ^= 1u << made_draw(r, 32);
		return in->code != (BPF_LD | BPF_W | BPF_ABS);
	case 3:
		in->jt = in->jf;
		in->jf = jt;
		return branch && in->jt != in->jf;
	case 4:
		in->jt = (uint8_t)(in->jt + 1);
		return branch;
	case 5:
		in->jf = (uint8_t)(in->jf + 1);
		return branch;
	case 6:
		in->code = (uint16_t)(BPF_JMP | BPF_K | ops[made_draw(r, COUNT(ops))]);
		return branch;
	default:
		in->k ^= 4;
		return in->code == (BPF_LD | BPF_W | BPF_ABS);
	}
}

/* Calls that a broken program would be caught at by trying. */
static bool brute_differs(struct made_random *r, const struct policy *p, const struct filter *f,
			  size_t tries)
{
	for (size_t k = 0; k < tries; k++) {
		struct policy_decision d;
		struct seccomp_data call;
		uint32_t is;

		made_call(r, p, &call);
		policy_decide(p, &call, &d);
		is = filter_run(f, &call, NULL, NULL);
		if (is != d.action && is != d.also)
			return true;
	}
	return false;
}

struct score {
	size_t mutants, found, brute;
};

static void try_mutant(struct made_random *r, const struct policy *p, const struct filter *f,
		       struct score *score)
{
	autoarena struct arena a = { 0 };
	struct sock_filter *insns = arena_array(&a, f->n, sizeof(*insns));
	struct filter broken = { .insns = insns, .n = f->n };
	const size_t pc = made_draw(r, f->n);
	struct verified v;
	struct err e = { 0 };
	bool found, brute;

	memcpy(insns, f->insns, f->n * sizeof(*insns));
	if (!mutate(r, &insns[pc]) || filter_check(&broken, &e) < 0)
		return;
	found = verify(p, &broken, &v, &e) < 0;
	brute = brute_differs(r, p, &broken, found ? 1000 : 20000);
	cr_assert(found || !brute, "instruction %zu changed, and nothing found:\n%s%s", pc,
		  filter_listing(&a, f), filter_listing(&a, &broken));
	if (found) {
		struct policy_decision d;
		struct made_walk w;

		made_walk(&a, p, &broken, &w);
		cr_assert(w.differs, "%s", e.text);
		policy_decide(p, &w.call, &d);
		cr_assert_neq(filter_run(&broken, &w.call, NULL, NULL), d.action);
	}
	score->mutants++;
	score->found += found;
	score->brute += brute;
}

Test(verify, a_change_of_one_instruction_is_found)
{
	struct made_random r = { 0x2545f4914f6cdd1d };
	struct score score = { 0 };

	for (size_t i = 0; i < 40; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[96];
		struct made_bytes b = { bytes, sizeof(bytes) };
		const struct policy *p;
		struct filter f;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &b);
		f = compiled(&a, p);
		for (size_t k = 0; k < 30; k++)
			try_mutant(&r, p, &f, &score);
	}
	cr_log_info("%zu mutants, %zu found, %zu by trying", score.mutants, score.found,
		    score.brute);
	cr_expect_gt(score.mutants, 700);
	cr_expect_gt(score.found * 10, score.mutants * 8, "only %zu of %zu", score.found,
		     score.mutants);
	cr_expect_gt(score.found, score.brute, "no better than trying");
}

/* ---- numbers whose arguments nobody looks at ---- */

Test(verify, spans_are_held_against_the_interpreter)
{
	const struct sock_filter insns[] = {
		LD(0), IF(BPF_JGE, 4, 1, 0), RET(DENY),  IF(BPF_JEQ, 6, 0, 2),
		LO(0), IF(BPF_JEQ, 1, 0, 0), RET(ALLOW),
	};
	const struct filter f = { .insns = insns, .n = COUNT(insns) };
	const struct filter_span right[] = {
		{ 3, DENY, true }, { 5, ALLOW, true }, { 6, 0, false }, { 9, ALLOW, true }
	};
	/* an action, where one begins, and where it ends */
	const struct {
		struct filter_span spans[2];
		const char *text;
	} wrong[] = {
		{ { { 3, KILL, true }, { 9, ALLOW, true } },
		  "seccomp filter: number 0 of architecture 0x5: 0x80000000, whatever its "
		  "arguments are: the interpreter says 0x50001" },
		{ { { 2, DENY, true }, { 9, ALLOW, true } },
		  "seccomp filter: number 3 of architecture 0x5: 0x7fff0000, whatever its "
		  "arguments are: the interpreter says 0x50001" },
		{ { { 4, DENY, true }, { 9, ALLOW, true } },
		  "seccomp filter: number 4 of architecture 0x5: 0x50001, whatever its "
		  "arguments are: the interpreter says 0x7fff0000" },
	};
	struct err e = { 0 };

	cr_expect_eq(side_check_spans(&f, 5, right, COUNT(right), &e), 0, "%s", e.text);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		e = (struct err){ 0 };
		cr_expect_eq(side_check_spans(&f, 5, wrong[i].spans, 2, &e), -1);
		cr_expect_eq(e.kind, ERR_BUG);
		cr_expect_str_eq(e.text, wrong[i].text, "%s", e.text);
	}
}

/* ---- too much ---- */

static const struct cond *one_of(struct arena *a, unsigned arg, unsigned n)
{
	const struct cond *c = made_range(a, arg, 64, 7, 7);

	for (unsigned i = 1; i < n; i++)
		c = made_cond(a, COND_OR,
			      made_range(a, arg, 64, 7 + i * 0x300000000u,
					 7 + i * 0x300000000u),
			      c);
	return c;
}

static const struct policy *big_policy(struct arena *a, unsigned n)
{
	struct policy *p = made_empty(a, WIDE, 1);
	const struct cond *c = NULL;

	for (unsigned arg = 0; arg < 6; arg++) {
		const struct cond *one = one_of(a, arg, n);

		c = c == NULL ? one : made_cond(a, COND_AND, one, c);
	}
	(void)made_rule(a, p, ALLOW, "mmap", c);
	(void)made_rule(a, p, ALLOW, "mmap",
			made_cond(a, COND_NOT, made_range(a, 0, 64, 0, 100), NULL));
	return p;
}

Test(verify, too_many_cells_are_checked_by_pairs_and_it_says_so)
{
	autoarena struct arena a = { 0 };
	const struct policy *p = big_policy(&a, 9);
	struct filter f = compiled(&a, p);
	struct verified v = { 0 };
	struct err e = { 0 };

	cr_assert_eq(verify(p, &f, &v, &e), 0, "%s", e.text);
	cr_expect(v.pairwise);
	cr_expect_gt(v.cells, VERIFY_CELLS);
	p = big_policy(&a, 2);
	f = compiled(&a, p);
	cr_assert_eq(verify(p, &f, &v, &e), 0, "%s", e.text);
	cr_expect(!v.pairwise);
	cr_expect_lt(v.cells, 10000);
}

/* Pairs are no proof, but they do see the ordinary mistake. */
Test(verify, by_pairs_a_wrong_constant_is_found)
{
	autoarena struct arena a = { 0 };
	const struct policy *p = big_policy(&a, 9);
	const struct filter f = compiled(&a, p);
	struct sock_filter *insns = arena_array(&a, f.n, sizeof(*insns));
	const struct filter broken = { .insns = insns, .n = f.n };
	size_t found = 0, tried = 0;

	for (size_t pc = 6; pc < f.n; pc += 12) {
		struct verified v = { 0 };
		struct err e = { 0 };

		memcpy(insns, f.insns, f.n * sizeof(*insns));
		if (insns[pc].code != (BPF_JMP | BPF_JEQ | BPF_K))
			continue;
		insns[pc].k += 1000;
		tried++;
		found += verify(p, &broken, &v, &e) < 0;
	}
	cr_expect_gt(tried, 2);
	cr_expect_eq(found, tried, "%zu of %zu", found, tried);
}
