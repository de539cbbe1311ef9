/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/cells.h"
#include "tests/unit/made.h"

#define ALLOW   SECCOMP_RET_ALLOW
#define DENY    (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)
#define WIDE    ((const enum arch[]){ ARCH_X86_64 })
#define BOTH    ((const enum arch[]){ ARCH_X86_64, ARCH_I386 })

#define LD(k)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define RET(k)          BPF_STMT(BPF_RET | BPF_K, k)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)

#define FOUND_MAX 16384

struct found {
	struct policy_difference v[FOUND_MAX];
	size_t n;
	enum policy_relation relation;
};

static void find(void *ctx, const struct policy_difference *d)
{
	struct found *f = ctx;

	cr_assert_lt(f->n, FOUND_MAX);
	f->v[f->n++] = *d;
}

static void diff(const struct policy_side *left, const struct policy_side *right,
		 struct found *f)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };

	f->n = 0;
	cr_assert_eq(policy_diff(&a, left, right, find, f, &f->relation, &e), 0, "%s", e.text);
}

static void diff_policies(const struct policy *left, const struct policy *right,
			  struct found *f)
{
	diff(&(struct policy_side){ .policy = left }, &(struct policy_side){ .policy = right },
	     f);
}

static struct policy *one_rule(struct arena *a, uint32_t action, const struct cond *cond)
{
	struct policy *p = made_empty(a, WIDE, 1);

	(void)made_rule(a, p, action, "read", cond);
	return p;
}

struct pair {
	uint32_t left, right;
	enum policy_relation relation;
	size_t n;
};

Test(diff, the_relation_is_by_what_is_permitted)
{
	static const struct pair pairs[] = {
		{ ALLOW, ALLOW, POLICY_SAME, 0 },
		{ ALLOW, NO_CALL, POLICY_TIGHTER, 1 },
		{ NO_CALL, ALLOW, POLICY_LOOSER, 1 },
		{ NO_CALL, SECCOMP_RET_KILL_PROCESS, POLICY_TIGHTER, 1 },
		{ SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, POLICY_LOOSER, 1 },
		/* another errno is another answer, and as tight */
		{ NO_CALL, SECCOMP_RET_ERRNO | EACCES, POLICY_SAME, 1 },
	};
	static struct found f;

	for (size_t i = 0; i < COUNT(pairs); i++) {
		autoarena struct arena a = { 0 };

		diff_policies(one_rule(&a, pairs[i].left, NULL),
			      one_rule(&a, pairs[i].right, NULL), &f);
		cr_expect_eq(f.relation, pairs[i].relation, "case %zu", i);
		cr_assert_eq(f.n, pairs[i].n, "case %zu", i);
		if (f.n == 0)
			continue;
		cr_expect_eq(f.v[0].left, pairs[i].left);
		cr_expect_eq(f.v[0].right, pairs[i].right);
		cr_expect_eq(f.v[0].call.nr, 0);
		cr_expect_eq(f.v[0].call.arch, (uint32_t)AUDIT_ARCH_X86_64);
		cr_expect(!f.v[0].hole);
		cr_expect(!f.v[0].high_bits);
	}
}

Test(diff, a_witness_is_a_call_that_shows_it)
{
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = one_rule(&a, ALLOW, made_range(&a, 0, 32, 3, 9));
	struct policy *right = one_rule(&a, ALLOW, made_range(&a, 0, 32, 5, 11));

	diff_policies(left, right, &f);
	cr_expect_eq(f.relation, POLICY_INCOMPARABLE);
	cr_assert_eq(f.n, 2);
	cr_expect_eq(f.v[0].left, DENY);
	cr_expect_eq(f.v[0].call.args[0], 10);
	cr_expect_eq(f.v[1].left, ALLOW);
	cr_expect_eq(f.v[1].call.args[0], 3);
}

Test(diff, audits_of_two_policies_are_told_apart)
{
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = made_empty(&a, WIDE, 1), *right = made_empty(&a, WIDE, 1);
	struct rule *l = made_rule(&a, left, SECCOMP_RET_USER_NOTIF, "read", NULL);
	struct rule *r = made_rule(&a, right, SECCOMP_RET_USER_NOTIF, "read", NULL);

	l->audit = POLICY_AUDIT_ALLOW;
	r->audit = POLICY_AUDIT_DENY;
	r->audit_errno = EACCES;
	diff_policies(left, right, &f);
	cr_assert_eq(f.n, 1);
	cr_expect_eq(f.v[0].left, SECCOMP_RET_USER_NOTIF);
	cr_expect_eq(f.v[0].right, SECCOMP_RET_USER_NOTIF);
	cr_expect_eq(f.relation, POLICY_TIGHTER);
	l->audit = POLICY_AUDIT_DENY;
	l->audit_errno = EPERM;
	diff_policies(left, right, &f);
	cr_expect_eq(f.n, 1);
	cr_expect_eq(f.relation, POLICY_SAME);
	l->audit_errno = EACCES;
	diff_policies(left, right, &f);
	cr_expect_eq(f.n, 0);
}

/* ld arch; jeq x86_64; ld nr; jge 0x40000000; jge past the table; what follows is at 8 */
#define START                                                                              \
	LD(4), IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0), RET(SECCOMP_RET_KILL_PROCESS), LD(0), \
		IF(BPF_JGE, 0x40000000, 1, 0), IF(BPF_JGE, 1000, 0, 1), RET(NO_CALL)

/* What libseccomp makes of "allow close when fd == 3": all 64 bits of an int. */
Test(diff, what_differs_above_32_bits_only_is_marked)
{
	const struct sock_filter insns[] = {
		START,  IF(BPF_JEQ, 3, 0, 4), LD(20),    IF(BPF_JEQ, 0, 0, 2),
		LD(16), IF(BPF_JEQ, 3, 1, 0), RET(DENY), RET(ALLOW),
	};
	const struct filter filter = { .insns = insns, .n = COUNT(insns) };
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, WIDE, 1);
	size_t marked = 0;

	(void)made_rule(&a, p, ALLOW, "close", made_range(&a, 0, 32, 3, 3));
	diff(&(struct policy_side){ .policy = p }, &(struct policy_side){ .filter = &filter },
	     &f);
	cr_expect_eq(f.relation, POLICY_TIGHTER);
	for (size_t i = 0; i < f.n; i++) {
		marked += f.v[i].high_bits;
		if (!f.v[i].high_bits)
			continue;
		cr_expect_eq(f.v[i].call.nr, 3);
		cr_expect_eq(f.v[i].call.args[0], 0x100000003);
		cr_expect_eq(f.v[i].left, ALLOW);
	}
	cr_expect_eq(marked, 1);
	/* the rest are numbers between the table's end and the program's */
	for (size_t i = 0; i < f.n; i++)
		cr_expect(f.v[i].high_bits || f.v[i].call.nr > (int)sc_last(ARCH_X86_64), "%d",
			  f.v[i].call.nr);
}

Test(diff, the_same_above_and_below_32_bits_is_not_marked)
{
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = made_empty(&a, WIDE, 1), *right = made_empty(&a, WIDE, 1);

	(void)made_rule(&a, left, ALLOW, "close", NULL);
	(void)made_rule(&a, right, ALLOW, "close", made_range(&a, 0, 64, 1, 3));
	(void)made_rule(&a, left, ALLOW, "mmap", NULL);
	(void)made_rule(&a, right, ALLOW, "mmap", made_range(&a, 0, 64, 0, UINT32_MAX));
	diff_policies(left, right, &f);
	cr_assert_eq(f.n, 2);
	cr_expect_eq(f.v[0].call.nr, 3);
	cr_expect(!f.v[0].high_bits);
	cr_expect_eq(f.v[0].call.args[0] >> 32, 0, "the witness is one that the kernel sees");
	cr_expect_eq(f.v[1].call.nr, 9);
	cr_expect(!f.v[1].high_bits, "an address has 64 bits");
	cr_expect_eq(f.relation, POLICY_TIGHTER);
}

static uint32_t first_hole(void)
{
	uint32_t nr = 0;

	while (sc_by_number(ARCH_X86_64, nr) >= 0)
		nr++;
	cr_assert_lt(nr, sc_last(ARCH_X86_64));
	return nr;
}

Test(diff, a_hole_is_marked_and_weighs_nothing)
{
	const struct rule_nr nrs[] = { { ARCH_X86_64, first_hole() } };
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = one_rule(&a, ALLOW, NULL), *right = one_rule(&a, ALLOW, NULL);
	struct rule *r = made_rule(&a, right, ALLOW, "write", NULL);

	(void)made_rule(&a, left, ALLOW, "write", NULL);
	r->nrs = nrs;
	r->nrs_n = COUNT(nrs);
	diff_policies(left, right, &f);
	cr_assert_eq(f.n, 1);
	cr_expect_eq(f.v[0].call.nr, (int)nrs[0].nr);
	cr_expect(f.v[0].hole);
	cr_expect_eq(f.relation, POLICY_SAME);
}

Test(diff, a_hole_may_be_the_default_or_unknown)
{
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = one_rule(&a, ALLOW, NULL), *right = one_rule(&a, ALLOW, NULL);

	/* only what is beyond the table is left */
	right->unknown = right->normal;
	diff_policies(left, right, &f);
	cr_assert_geq(f.n, 1);
	for (size_t i = 0; i < f.n; i++)
		cr_expect_gt((uint32_t)f.v[i].call.nr, sc_last(ARCH_X86_64));
}

Test(diff, all_architectures_of_either_side_are_compared_in_order)
{
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = made_empty(&a, WIDE, 1);
	struct policy *right = made_empty(&a, (const enum arch[]){ ARCH_I386, ARCH_X86_64 }, 2);
	uint64_t last = 0;

	(void)made_rule(&a, left, ALLOW, "read", NULL);
	diff_policies(left, right, &f);
	cr_expect_eq(f.relation, POLICY_INCOMPARABLE);
	cr_expect_gt(f.n, sc_last(ARCH_I386));
	cr_expect_eq(f.v[0].call.arch, (uint32_t)AUDIT_ARCH_X86_64);
	cr_expect_eq(f.v[0].call.nr, 0);
	for (size_t i = 1; i < f.n; i++) {
		cr_expect_eq(f.v[i].call.arch, (uint32_t)AUDIT_ARCH_I386);
		cr_expect_eq(f.v[i].left, SECCOMP_RET_KILL_PROCESS);
		cr_expect_geq((uint32_t)f.v[i].call.nr, last);
		last = (uint32_t)f.v[i].call.nr;
	}
}

static struct filter compiled(struct arena *a, const struct policy *p)
{
	struct filter f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(compile_program(a, p, made_answers(a, p), NULL, &f, &e), 0, "%s", e.text);
	return f;
}

Test(diff, a_program_has_the_architectures_that_it_treats_apart)
{
	static struct found f;
	autoarena struct arena a = { 0 };
	struct policy *left = made_empty(&a, BOTH, 2), *right = made_empty(&a, WIDE, 1);
	struct filter wide, both;

	(void)made_rule(&a, left, ALLOW, "read", NULL);
	(void)made_rule(&a, right, ALLOW, "read", NULL);
	both = compiled(&a, left);
	wide = compiled(&a, right);
	diff(&(struct policy_side){ .filter = &both }, &(struct policy_side){ .filter = &wide },
	     &f);
	cr_expect_eq(f.relation, POLICY_TIGHTER);
	cr_expect_gt(f.n, 100);
	for (size_t i = 0; i < f.n; i++)
		cr_expect_eq(f.v[i].call.arch, (uint32_t)AUDIT_ARCH_I386);
	diff(&(struct policy_side){ .filter = &wide }, &(struct policy_side){ .policy = right },
	     &f);
	cr_expect_eq(f.n, 0);
}

/* ---- drawn policies ---- */

static bool covers(const struct found *f, const struct seccomp_data *call, uint32_t left,
		   uint32_t right)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct policy_difference *d = &f->v[i];

		/* beyond the table, one number stands for many */
		if (d->call.arch == call->arch && d->left == left && d->right == right &&
		    (d->call.nr == call->nr ||
		     (uint32_t)call->nr > sc_last(arch_of_audit(call->arch))))
			return true;
	}
	return false;
}

static bool is_known(const struct policy *p, const struct policy *q, uint32_t arch)
{
	for (size_t i = 0; i < p->targets_n; i++)
		if (arch_audit(p->targets[i]) == arch)
			return true;
	for (size_t i = 0; i < q->targets_n; i++)
		if (arch_audit(q->targets[i]) == arch)
			return true;
	return false;
}

static void expect_complete(struct made_random *r, const struct policy *left,
			    const struct policy *right, const struct found *f, size_t *n)
{
	for (size_t k = 0; k < 300; k++) {
		struct policy_decision l, t;
		struct seccomp_data call;

		made_call(r, k % 2 != 0 ? left : right, &call);
		policy_decide(left, &call, &l);
		policy_decide(right, &call, &t);
		if (!is_known(left, right, call.arch) || l.action == t.action ||
		    l.also == t.action || l.action == t.also || l.also == t.also)
			continue;
		(*n)++;
		cr_assert(covers(f, &call, l.action, t.action),
			  "%#x %d(%#llx, %#llx, %#llx): %#x and %#x", call.arch, call.nr,
			  call.args[0], call.args[1], call.args[2], l.action, t.action);
	}
}

static void expect_sound(const struct policy *left, const struct policy *right,
			 const struct found *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct policy_difference *d = &f->v[i];
		struct policy_decision l, t;

		policy_decide(left, &d->call, &l);
		policy_decide(right, &d->call, &t);
		cr_assert_eq(l.action, d->left);
		cr_assert_eq(t.action, d->right);
		cr_assert(l.action != t.action || l.audit != t.audit ||
			  l.audit_errno != t.audit_errno);
	}
}

Test(diff, of_drawn_policies_is_sound_and_complete)
{
	struct made_random r = { 0x9e3779b97f4a7c15 };
	static struct found f;
	size_t differ = 0;

	for (size_t i = 0; i < 150; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[160];
		struct made_bytes b = { bytes, sizeof(bytes) };
		const struct policy *left, *right;

		made_fill(&r, bytes, sizeof(bytes));
		left = made_policy(&a, &b);
		diff_policies(left, left, &f);
		cr_assert_eq(f.n, 0);
		cr_assert_eq(f.relation, POLICY_SAME);
		bytes[made_draw(&r, sizeof(bytes))] ^= (uint8_t)(1 + made_draw(&r, 255));
		b = (struct made_bytes){ bytes, sizeof(bytes) };
		right = made_policy(&a, &b);
		diff_policies(left, right, &f);
		expect_sound(left, right, &f);
		expect_complete(&r, left, right, &f, &differ);
	}
	cr_expect_gt(differ, 500);
}

/* ---- the same by the partition that programs are proved with ---- */

/* cells.c shares nothing with the decision diagrams. */
struct apart {
	struct found *f;
	uint64_t used[FOUND_MAX / 64]; /* rows of it that some cell shows */
	size_t n;
};

static int expect_row(void *ctx, const struct cell *cell, struct err *e)
{
	struct apart *at = ctx;
	const enum arch arch = arch_of_audit(cell->call.arch);
	bool any = false;

	(void)e;
	if (cell_agrees(cell) || (uint32_t)cell->call.nr > sc_last(arch))
		return 0;
	at->n++;
	for (size_t i = 0; i < at->f->n; i++) {
		const struct policy_difference *d = &at->f->v[i];

		if (d->call.arch != cell->call.arch || d->call.nr != cell->call.nr ||
		    d->left != cell->answers[0].is || d->right != cell->answers[1].is)
			continue;
		at->used[i / 64] |= UINT64_C(1) << (i % 64);
		any = true; /* and another one, with an audit of another kind */
	}
	cr_assert(any, "%#x %d: %#x and %#x", cell->call.arch, cell->call.nr,
		  cell->answers[0].is, cell->answers[1].is);
	return 0;
}

/* Each kind of cell that differs has its row, and each row its cell. */
static size_t expect_cells(const struct side *left, const struct side *right,
			   const struct policy *p, struct found *f)
{
	autoarena struct arena a = { 0 };
	struct apart at = { .f = f };
	struct cells *c = arena_new(&a, struct cells);
	struct err e = { 0 };

	*c = (struct cells){
		.arena = &a, .sides = { *left, *right }, .visit = expect_row, .ctx = &at
	};
	cells_open(c);
	for (size_t i = 0; i < p->targets_n; i++)
		cr_assert_eq(cells_of_arch(c, p->targets[i], &e), 0, "%s", e.text);
	for (size_t i = 0; i < f->n; i++) {
		const enum arch arch = arch_of_audit(f->v[i].call.arch);

		if (policy_targets(p, arch) && (uint32_t)f->v[i].call.nr <= sc_last(arch) &&
		    f->v[i].left != f->v[i].right && !c->pairwise)
			cr_assert((at.used[i / 64] >> (i % 64) & 1) != 0,
				  "%#x %d(%#llx, %#llx, %#llx): %#x and %#x", f->v[i].call.arch,
				  f->v[i].call.nr, f->v[i].call.args[0], f->v[i].call.args[1],
				  f->v[i].call.args[2], f->v[i].left, f->v[i].right);
	}
	return at.n;
}

Test(diff, finds_what_the_partition_of_a_proof_finds)
{
	struct made_random r = { 0x5851f42d4c957f2d };
	static struct found f;
	size_t differ = 0;

	for (size_t i = 0; i < 40; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[160];
		struct made_bytes b = { bytes, sizeof(bytes) };
		const struct policy *left, *right;
		struct filter filter;

		made_fill(&r, bytes, sizeof(bytes));
		left = made_policy(&a, &b);
		for (size_t k = 0; k < 3; k++)
			bytes[made_draw(&r, sizeof(bytes))] ^=
				(uint8_t)(1 + made_draw(&r, 255));
		b = (struct made_bytes){ bytes, sizeof(bytes) };
		right = made_policy(&a, &b);
		diff_policies(left, right, &f);
		differ += expect_cells(&(struct side){ .policy = left },
				       &(struct side){ .policy = right }, left, &f);
		filter = compiled(&a, right);
		diff(&(struct policy_side){ .policy = left },
		     &(struct policy_side){ .filter = &filter }, &f);
		differ += expect_cells(&(struct side){ .policy = left },
				       &(struct side){ .filter = &filter }, left, &f);
	}
	cr_expect_gt(differ, 1000, "%zu", differ);
}

Test(diff, of_a_policy_and_its_program_is_nothing)
{
	struct made_random r = { 0x2545f4914f6cdd1d };
	static struct found f;

	for (size_t i = 0; i < 100; i++) {
		autoarena struct arena a = { 0 };
		uint8_t bytes[160];
		struct made_bytes b = { bytes, sizeof(bytes) };
		const struct policy *p;
		struct filter filter;

		made_fill(&r, bytes, sizeof(bytes));
		p = made_policy(&a, &b);
		filter = compiled(&a, p);
		diff(&(struct policy_side){ .policy = p },
		     &(struct policy_side){ .filter = &filter }, &f);
		cr_assert_eq(f.n, 0, "policy %zu", i);
		cr_assert_eq(f.relation, POLICY_SAME);
	}
}

/* ---- what takes long ---- */

/* Walked rule by rule, these two took minutes. */
Test(diff, of_many_rules_about_one_call_ends, .timeout = 60)
{
	struct made_random draw = { 280 * 977 };
	autoarena struct arena a = { 0 };
	struct policy_diags diags = { .arena = &a };
	uint8_t bytes[600];
	struct made_bytes b = { bytes, sizeof(bytes) };
	const struct policy *p, *back;
	struct policy_rules rules;
	static struct found f;
	struct err e = { 0 };
	bool carried;

	made_fill(&draw, bytes, 40 + made_draw(&draw, sizeof(bytes) - 40));
	p = made_policy(&a, &b);
	cr_assert_eq(policy_to_rules(&a, p, &rules, &e), 0, "%s", e.text);
	cr_assert_eq(policy_from_rules(&a, &rules, &diags, &carried, &back, &e), 0, "%s",
		     e.text);
	cr_assert_gt(back->rules_n, 50);
	diff_policies(p, back, &f);
	expect_sound(p, back, &f);
	for (size_t i = 0; i < f.n; i++)
		cr_expect(f.v[i].hole || f.v[i].right == NO_CALL ||
			  (uint32_t)f.v[i].call.nr > sc_last(ARCH_X86_64));
}

/* Bits of the first argument, each with one of the last: what is left to know in the middle is
 * each set of them. */
static const struct policy *tangled(struct arena *a, unsigned n, uint32_t action)
{
	const struct cond *all = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct cond *both =
			made_cond(a, COND_AND, made_mask(a, 0, 64, 1u << i, 1u << i),
				  made_mask(a, 5, 64, 1u << i, 1u << i));

		all = all == NULL ? both : made_cond(a, COND_OR, both, all);
	}
	return one_rule(a, action, all);
}

Test(diff, of_too_much_is_refused, .timeout = 60)
{
	autoarena struct arena a = { 0 };
	const struct policy_side left = { .policy = tangled(&a, 31, ALLOW) };
	const struct policy_side right = { .policy = tangled(&a, 31, SECCOMP_RET_LOG) };
	enum policy_relation relation = POLICY_LOOSER;
	static struct found f;
	struct err e = { 0 };

	diff_policies(tangled(&a, 8, ALLOW), tangled(&a, 8, SECCOMP_RET_LOG), &f);
	cr_expect_eq(f.n, 1);
	cr_expect_eq(policy_diff(&a, &left, &right, NULL, NULL, &relation, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(e.text,
			 "seccomp policy: conditions that can be told apart in a million "
			 "steps: they take more");
	cr_expect_eq(relation, POLICY_LOOSER);
}
