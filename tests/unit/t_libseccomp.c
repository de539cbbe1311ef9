/* SPDX-License-Identifier: Apache-2.0 */
/* Our compiler against libseccomp, on the same rules: all calls there are, not a sample. In
 * what they differ is written down here, and that they still do is asserted too. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "plan/plan_seccomp.h"
#include "seccomp/ls.h"
#include "seccomp/table.h"
#include "spec/spec.h"
#include "tests/unit/made.h"

#define ALLOW   SECCOMP_RET_ALLOW
#define DENY    (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)

/* What is known to differ, in the order in which it is looked for. */
enum why {
	HOLE,      /* no call there */
	HIGH_BITS, /* only above the bits that the kernel looks at (libseccomp 383) */
	X32,       /* ours is ENOSYS; theirs has what the rules say when x32 is listed */
	UNKNOWN, /* ENOSYS for what the policy cannot know; theirs is the default, or by number
		  */
	OTHER,
	WHYS
};

struct score {
	struct arena *arena;
	const struct policy *ours;
	uint32_t default_action;
	size_t n[WHYS];
	const char *other; /* the first of them */
};

static bool is_fallback(const struct score *s, uint32_t action)
{
	return action == s->default_action || action == NO_CALL;
}

static enum why why_of(const struct score *s, const struct policy_difference *d)
{
	struct policy_decision ours;

	policy_decide(s->ours, &d->call, &ours);
	if (d->hole)
		return HOLE;
	if (d->high_bits)
		return HIGH_BITS;
	if (ours.why == POLICY_BY_X32)
		return X32;
	if (ours.why != POLICY_BY_RULE && is_fallback(s, d->left) && is_fallback(s, d->right))
		return UNKNOWN;
	return OTHER;
}

static void note(void *ctx, const struct policy_difference *d)
{
	struct score *s = ctx;
	const enum why why = why_of(s, d);

	s->n[why]++;
	if (why == OTHER && s->other == NULL)
		s->other = arena_printf(s->arena, "%s: %s, and we: %s",
					policy_call_text(s->arena, &d->call),
					policy_action_text(s->arena, d->left, POLICY_AUDIT_NONE,
							   0),
					policy_action_text(s->arena, d->right,
							   POLICY_AUDIT_NONE, 0));
}

/* ---- as runc and crun use it ---- */

static void auto_release_(scmp_filter_ctx *ctx)
{
	if (*ctx != NULL)
		seccomp_release(*ctx);
}

static struct scmp_arg_cmp their_arg(const struct policy_arg *arg)
{
	const bool masked = arg->op == POLICY_MASKED_EQ;

	return (struct scmp_arg_cmp){ arg->index, (enum scmp_compare)arg->op,
				      masked ? arg->mask : arg->value,
				      masked ? arg->value : 0 };
}

static bool compares_twice(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->args_n; i++)
		for (size_t k = 0; k < i; k++)
			if (rule->args[i].index == rule->args[k].index)
				return true;
	return false;
}

static void add_rule(scmp_filter_ctx ctx, const struct policy_rule *rule)
{
	struct scmp_arg_cmp args[6];

	for (size_t i = 0; i < rule->args_n; i++)
		args[i] = their_arg(&rule->args[i]);
	for (const char *const *name = rule->names; *name != NULL; name++) {
		const int nr = seccomp_syscall_resolve_name(*name);

		if (nr == __NR_SCMP_ERROR)
			continue;
		for (size_t i = 0; compares_twice(rule) && i < rule->args_n; i++)
			(void)seccomp_rule_add_array(ctx, rule->action, nr, 1, &args[i]);
		if (!compares_twice(rule))
			(void)seccomp_rule_add_array(ctx, rule->action, nr,
						     (unsigned)rule->args_n, args);
	}
}

static struct filter exported(struct arena *a, scmp_filter_ctx ctx)
{
	autofd int fd = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter *insns = arena_array(a, BPF_MAXINSNS, sizeof(*insns));
	ssize_t n;

	cr_assert_geq(fd, 0);
	cr_assert_eq(seccomp_export_bpf(ctx, fd), 0);
	n = pread(fd, insns, BPF_MAXINSNS * sizeof(*insns), 0);
	cr_assert_gt(n, 0);
	return (struct filter){ .insns = insns, .n = (uint16_t)((size_t)n / sizeof(*insns)) };
}

static struct filter theirs(struct arena *a, const struct policy_rules *r)
{
	__attribute__((cleanup(auto_release_))) scmp_filter_ctx ctx =
		seccomp_init(r->default_action);
	bool own = false;

	cr_assert_not_null(ctx);
	for (size_t i = 0; r->archs[i] != NULL; i++) {
		const uint32_t arch = seccomp_arch_resolve_name(r->archs[i]);

		own |= arch == seccomp_arch_native();
		if (arch != seccomp_arch_native())
			cr_assert_eq(seccomp_arch_add(ctx, arch), 0);
	}
	if (!own)
		(void)seccomp_arch_remove(ctx, seccomp_arch_native());
	for (size_t i = 0; i < r->rules_n; i++)
		if (r->rules[i].action != r->default_action)
			add_rule(ctx, &r->rules[i]);
	return exported(a, ctx);
}

static const struct policy *ours(struct arena *a, const struct policy_rules *r)
{
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct err e = { 0 };
	bool carried;

	cr_assert_eq(policy_from_rules(a, r, &d, &carried, &p, &e), 0, "%s", e.text);
	return p;
}

static void compare(struct arena *a, const struct policy_rules *r, const struct filter *left,
		    struct score *s)
{
	const struct policy *p = ours(a, r);
	enum policy_relation relation;
	struct err e = { 0 };

	s->arena = a;
	s->ours = p;
	s->default_action = r->default_action;
	cr_assert_eq(policy_diff(a, &(struct policy_side){ .filter = left },
				 &(struct policy_side){ .policy = p }, note, s, &relation, &e),
		     0, "%s", e.text);
	cr_assert_eq(s->n[OTHER], 0, "%zu, the first: %s", s->n[OTHER], s->other);
}

static void only_with_2_5_4(void)
{
	const struct scmp_version *v = seccomp_version();

	if (v->major != 2 || v->minor != 5 || v->micro != 4)
		cr_skip_test("the list is of libseccomp 2.5.4");
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		cr_skip_test("the list is of x86_64");
}

/* ---- an engine's profile ---- */

static struct policy_rules engine_rules(struct arena *a)
{
	const char *top = getenv("top_srcdir");
	const char *path =
		arena_printf(a, "%s/tests/sim/engine-default.json", top != NULL ? top : ".");
	struct complaints bad = { .arena = a };
	struct spec *s = arena_new(a, struct spec);
	char *text = arena_alloc(a, 65536);
	struct json *doc = NULL;
	struct policy_rules r;
	struct err e = { 0 };
	FILE *f = fopen(path, "re");

	cr_assert_not_null(f, "%s", path);
	cr_assert_gt(fread(text, 1, 65535, f), 0);
	(void)fclose(f);
	text = arena_printf(a,
			    "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
			    "\"linux\":{\"seccomp\":%s}}",
			    text);
	cr_assert_eq(json_parse(a, path, text, strlen(text), &doc, &e), 0, "%s", e.text);
	spec_read(a, doc, s, &bad);
	cr_assert_eq(plan_seccomp_rules(a, &s->linux_.seccomp, &r, &e), 0, "%s", e.text);
	return r;
}

Test(libseccomp, of_an_engines_profile_makes_what_we_do_but_for_this)
{
	autoarena struct arena a = { 0 };
	const struct policy_rules r = engine_rules(&a);
	const struct filter f = theirs(&a, &r);
	struct score s = { 0 };

	only_with_2_5_4();
	compare(&a, &r, &f, &s);
	cr_expect_eq(s.n[HIGH_BITS], 2, "socket and personality: %zu", s.n[HIGH_BITS]);
	cr_expect_eq(s.n[X32], 6, "kinds of numbers: %zu", s.n[X32]);
	cr_expect_eq(s.n[UNKNOWN], 0, "the default is ENOSYS already: %zu", s.n[UNKNOWN]);
}

Test(libseccomp, is_not_needed_to_prove_an_engines_profile)
{
	autoarena struct arena a = { 0 };
	const struct policy_rules r = engine_rules(&a);
	const struct policy *p = ours(&a, &r);
	struct policy_image image = { 0 };
	struct made_walk w;
	struct err e = { 0 };

	cr_assert_eq(policy_compile(&a, p, &(struct policy_options){ 0 }, &image, &e), 0, "%s",
		     e.text);
	cr_expect(!image.pairwise);
	cr_expect_lt(image.cells, 1500, "%zu", image.cells);
	made_walk(&a, p, &image.filter, &w);
	cr_expect(!w.differs);
	cr_expect_eq(w.missed, 0, "instruction %zu does not go all ways:\n%s", w.pc,
		     filter_listing(&a, &image.filter));
}

/* Our own filter around libseccomp, which is used where we carry no tables. */
Test(libseccomp, with_our_stub_around_it_differs_above_32_bits_only)
{
	autoarena struct arena a = { 0 };
	const struct policy_rules r = engine_rules(&a);
	struct filter f = { 0 };
	struct score s = { 0 };
	struct err e = { 0 };
	size_t skipped;

	only_with_2_5_4();
	cr_assert_eq(ls_build(&a, &r, &f, &skipped, &e), 0, "%s", e.text);
	compare(&a, &r, &f, &s);
	cr_expect_eq(s.n[HIGH_BITS], 2);
	cr_expect_eq(s.n[X32] + s.n[UNKNOWN], 0);
}

/* ---- single things ---- */

static const char *const wide[] = { "x86_64", NULL };

static uint32_t ask(const struct filter *f, uint32_t arch, int nr, uint64_t arg0, uint64_t arg1)
{
	const struct seccomp_data call = { .nr = nr, .arch = arch, .args = { arg0, arg1 } };

	return filter_run(f, &call, NULL, NULL);
}

Test(libseccomp, kills_but_a_thread_on_another_architecture)
{
	static const char *const names[] = { "read", NULL };
	const struct policy_rule rule = { .names = names, .action = ALLOW };
	const struct policy_rules r = { DENY, wide, &rule, 1 };
	autoarena struct arena a = { 0 };
	const struct filter f = theirs(&a, &r);
	struct policy_decision d;

	only_with_2_5_4();
	policy_decide(ours(&a, &r), &(struct seccomp_data){ .arch = AUDIT_ARCH_I386 }, &d);
	cr_expect_eq(d.action, SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(ask(&f, AUDIT_ARCH_I386, 3, 0, 0), SECCOMP_RET_KILL_THREAD);
	cr_expect_eq(ask(&f, AUDIT_ARCH_X86_64, 0x40000000, 0, 0), SECCOMP_RET_KILL_THREAD);
}

struct mistake {
	struct policy_arg args[2][2];
	size_t args_n[2];
	uint64_t call[2];
	uint32_t ours, theirs;
};

/* Two rules that allow munmap. The first mistake keeps out, the second lets in. */
static const struct mistake mistakes[] = {
	{ { { { 0, POLICY_LT, 1, 0 } }, { { 0, POLICY_LT, 0x100000000, 0 } } },
	  { 1, 1 },
	  { 1, 0 },
	  ALLOW,
	  DENY },
	{ { { { 0, POLICY_LT, 0xffffffff, 0 } },
	    { { 0, POLICY_GE, UINT64_MAX, 0 }, { 1, POLICY_EQ, 0x100000000, 0 } } },
	  { 1, 2 },
	  { 0xffffffff, 0x100000000 },
	  DENY,
	  ALLOW },
};

Test(libseccomp, is_wrong_about_some_compares_of_64_bits)
{
	static const char *const names[] = { "munmap", NULL };

	only_with_2_5_4();
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		const struct mistake *m = &mistakes[i];
		const struct policy_rule rules[] = {
			{ .names = names,
			  .action = ALLOW,
			  .args = m->args[0],
			  .args_n = m->args_n[0] },
			{ .names = names,
			  .action = ALLOW,
			  .args = m->args[1],
			  .args_n = m->args_n[1] },
		};
		const struct policy_rules r = { DENY, wide, rules, COUNT(rules) };
		const struct seccomp_data call = { .nr = 11,
						   .arch = AUDIT_ARCH_X86_64,
						   .args = { m->call[0], m->call[1] } };
		autoarena struct arena a = { 0 };
		const struct filter f = theirs(&a, &r);
		struct policy_decision d;

		policy_decide(ours(&a, &r), &call, &d);
		cr_expect_eq(d.action, m->ours, "mistake %zu", i);
		cr_expect_eq(filter_run(&f, &call, NULL, NULL), m->theirs, "mistake %zu", i);
	}
}

Test(libseccomp, gets_several_compares_of_an_argument_one_by_one)
{
	static const char *const names[] = { "munmap", NULL };
	static const struct policy_arg args[] = { { 1, POLICY_GT, 9, 0 },
						  { 1, POLICY_LT, 4, 0 } };
	const struct policy_rule rule = {
		.names = names, .action = ALLOW, .args = args, .args_n = COUNT(args)
	};
	const struct policy_rules r = { DENY, wide, &rule, 1 };
	autoarena struct arena a = { 0 };
	const struct filter f = theirs(&a, &r);
	struct score s = { 0 };

	cr_expect_eq(ask(&f, AUDIT_ARCH_X86_64, 11, 0, 3), ALLOW);
	cr_expect_eq(ask(&f, AUDIT_ARCH_X86_64, 11, 0, 10), ALLOW);
	cr_expect_eq(ask(&f, AUDIT_ARCH_X86_64, 11, 0, 5), DENY);
	compare(&a, &r, &f, &s);
}

/* ---- drawn rules ---- */

/* Calls with 32-bit arguments, then such with 64-bit ones. */
static const char *const drawn[][2] = {
	{ "socket" }, { "personality" }, { "dup3" }, { "flock" },  { "prctl" },
	{ "setns" },  { "unshare" },     { "brk" },  { "munmap" }, { "mremap" },
};
#define NARROW_NAMES 7

static const uint64_t values[] = { 0,          1,           5,           0x7fffffff, 0x80000000,
				   0xffffffff, 0x100000000, 0x100000005, UINT64_MAX };
#define NARROW_VALUES 6

static const uint32_t deeds[] = { ALLOW, SECCOMP_RET_ERRNO | 13, SECCOMP_RET_LOG,
				  SECCOMP_RET_TRAP };

struct drawn_rules {
	struct policy_rule rules[64];
	struct policy_arg args[64][2];
	struct policy_rules r;
};

static void draw_rule(struct made_random *r, struct drawn_rules *d, size_t name,
		      uint32_t action)
{
	const size_t n = d->r.rules_n++;
	const bool narrow = name < NARROW_NAMES;
	struct policy_rule *rule = &d->rules[n];

	*rule = (struct policy_rule){ .names = drawn[name],
				      .action = action,
				      .args = d->args[n],
				      .args_n = made_draw(r, 3) };
	for (size_t i = 0; i < rule->args_n; i++) {
		struct policy_arg *arg = &d->args[n][i];
		const size_t many = narrow ? NARROW_VALUES : COUNT(values);

		*arg = (struct policy_arg){ (uint32_t)i, (enum policy_op)(1 + made_draw(r, 7)),
					    values[made_draw(r, many)],
					    values[made_draw(r, many)] };
		if (arg->op == POLICY_MASKED_EQ)
			arg->value &= arg->mask;
	}
}

/* libseccomp sorts the rules of a call as it likes, so those of one have one answer; and two
 * with compares already run into what 2.5.4 does wrong. */
static void draw_rules(struct made_random *r, struct drawn_rules *d, bool several)
{
	d->r = (struct policy_rules){ DENY, wide, d->rules, 0 };
	for (size_t name = 0; name < COUNT(drawn); name++) {
		const uint32_t action = deeds[made_draw(r, COUNT(deeds))];
		const size_t n = made_draw(r, several ? 4 : 2);

		for (size_t i = 0; i < n; i++)
			draw_rule(r, d, name,
				  several ? deeds[made_draw(r, COUNT(deeds))] : action);
	}
}

Test(libseccomp, of_drawn_rules_makes_what_we_do_but_for_this)
{
	struct made_random r = { 0x9e3779b97f4a7c15 };
	static struct drawn_rules d;
	struct score s = { 0 };

	only_with_2_5_4();
	for (size_t i = 0; i < 300; i++) {
		autoarena struct arena a = { 0 };
		struct filter f;

		draw_rules(&r, &d, false);
		f = theirs(&a, &d.r);
		compare(&a, &d.r, &f, &s);
	}
	cr_expect_gt(s.n[HIGH_BITS], 300);
	cr_expect_gt(s.n[UNKNOWN], 300);
	cr_expect_gt(s.n[X32], 200);
}

Test(libseccomp, with_our_stub_of_drawn_rules_makes_what_we_do_but_for_this)
{
	struct made_random r = { 0x2545f4914f6cdd1d };
	static struct drawn_rules d;
	struct score s = { 0 };
	size_t built = 0;

	for (size_t i = 0; i < 300; i++) {
		autoarena struct arena a = { 0 };
		struct filter f = { 0 };
		struct err e = { 0 };
		size_t skipped;

		draw_rules(&r, &d, true);
		if (ls_build(&a, &d.r, &f, &skipped, &e) < 0)
			continue; /* rules that contradict each other */
		compare(&a, &d.r, &f, &s);
		built++;
	}
	cr_expect_gt(built, 100, "%zu", built);
	cr_expect_gt(s.n[HIGH_BITS], 100);
	cr_expect_gt(s.n[UNKNOWN], 300);
	cr_expect_eq(s.n[X32], 0);
}
