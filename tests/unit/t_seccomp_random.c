/* SPDX-License-Identifier: Apache-2.0 */
/* Random rules, against an evaluator that shares nothing with ours: a second reading of what
 * policy.h says of plain rules. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/table.h"
#include "sim_file.h"

static const char *const engine_archs[] = { "x86_64", "x86", "x32", NULL };

struct random {
	uint64_t state;
};

/* xorshift64*: the same sequence on each run */
static uint64_t draw(struct random *r, uint64_t below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (r->state * 0x2545f4914f6cdd1d >> 11) % below;
}

/* Calls that both architectures have directly, in no order. */
struct known {
	const char *names[2]; /* NULL-ended, as a rule wants them */
	uint32_t x86_64, x86;
};

static const struct known known[] = {
	{ { "read" }, 0, 3 },        { { "write" }, 1, 4 },
	{ { "openat" }, 257, 295 },  { { "mount" }, 165, 21 },
	{ { "clone" }, 56, 120 },    { { "prctl" }, 157, 172 },
	{ { "ioctl" }, 16, 54 },     { { "personality" }, 135, 136 },
	{ { "dup" }, 32, 41 },       { { "ptrace" }, 101, 26 },
	{ { "getpid" }, 39, 20 },    { { "kill" }, 62, 37 },
	{ { "unshare" }, 272, 310 }, { { "chroot" }, 161, 61 },
	{ { "keyctl" }, 250, 288 },  { { "umask" }, 95, 60 },
	{ { "sync" }, 162, 36 },     { { "chdir" }, 80, 12 },
	{ { "statx" }, 332, 383 },
};

static const uint64_t edges[] = {
	0,
	1,
	2,
	5,
	0x7fffffff,
	0x80000000,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x100000005,
	0x1ffffffff,
	0x7e020000,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffeffffffff,
	0xffffffff00000000,
	0xfffffffffffffffe,
	0xffffffffffffffff,
};

static const uint32_t deeds[] = {
	SECCOMP_RET_ALLOW,        SECCOMP_RET_ERRNO | 1,   SECCOMP_RET_ERRNO | 38,
	SECCOMP_RET_LOG,          SECCOMP_RET_TRACE | 9,   SECCOMP_RET_TRAP,
	SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
};

#define RULES (COUNT(known) * 4 + 1)

struct made {
	struct policy_rules p;
	struct policy_rule rules[RULES];
	struct policy_arg args[RULES][3];
};

static void draw_args(struct random *r, struct policy_rule *rule, struct policy_arg *args)
{
	rule->args = args;
	rule->args_n = 1 + draw(r, 3);
	for (size_t i = 0; i < rule->args_n; i++) {
		args[i].index = (uint32_t)draw(r, 6);
		args[i].op = (enum policy_op)(1 + draw(r, POLICY_MASKED_EQ));
		args[i].value = edges[draw(r, COUNT(edges))];
		args[i].mask = edges[draw(r, COUNT(edges))];
		if (args[i].op == POLICY_MASKED_EQ && draw(r, 8) != 0)
			args[i].value &= args[i].mask;
	}
}

/* A syscall gets no rule, one for all its arguments, some that compare, or both kinds. */
static void make_policy(struct random *r, struct made *m)
{
	static const char *const wide[] = { "x86_64", NULL };
	static const char *const newest[] = { "statx", NULL };
	static const char *const *const lists[] = { engine_archs, engine_archs + 1, wide };
	const uint32_t default_action = deeds[draw(r, COUNT(deeds))];
	size_t n = 0;

	for (size_t k = 0; k + 1 < COUNT(known); k++) { /* but the newest */
		const size_t rules = draw(r, 5);

		for (size_t i = 0; i < rules; i++, n++) {
			m->rules[n] =
				(struct policy_rule){ .names = known[k].names,
						      .action = deeds[draw(r, COUNT(deeds))] };
			if (draw(r, rules == 1 ? 2 : 16) == 0)
				continue;
			draw_args(r, &m->rules[n], m->args[n]);
		}
	}
	/* the newest call that it names: of 4.11 */
	if (draw(r, 2) != 0 && default_action != SECCOMP_RET_LOG)
		m->rules[n++] =
			(struct policy_rule){ .names = newest, .action = SECCOMP_RET_LOG };
	m->p = (struct policy_rules){ default_action, lists[draw(r, COUNT(lists))], m->rules,
				      n };
}

/* Compared in the bits that the kernel looks at; a number that is none of them, zero- or
 * sign-extended, is compared with as it is. */
static bool arg_holds(const struct policy_arg *arg, uint64_t v, unsigned bits)
{
	const uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	const uint64_t signs = ~(all >> 1);
	const bool fits = (arg->value & ~all) == 0 || (arg->value & signs) == signs;
	const bool mask_fits = (arg->mask & ~all) == 0 || (arg->mask & signs) == signs;
	const uint64_t value = fits ? arg->value & all : arg->value;

	v &= all;
	switch (arg->op) {
	case POLICY_NE:
		return v != value;
	case POLICY_LT:
		return v < value;
	case POLICY_LE:
		return v <= value;
	case POLICY_EQ:
		return v == value;
	case POLICY_GE:
		return v >= value;
	case POLICY_GT:
		return v > value;
	case POLICY_MASKED_EQ:
		if (fits && mask_fits)
			return (v & arg->mask) == (value & arg->mask & all);
		return (v & arg->mask) == (arg->value & arg->mask);
	}
	return false;
}

static uint32_t number_on(const struct known *k, uint32_t arch)
{
	return arch == AUDIT_ARCH_X86_64 ? k->x86_64 : k->x86;
}

static const struct known *known_by(const char *name)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (str_eq(known[i].names[0], name))
			return &known[i];
	cr_assert_fail("%s is unknown", name);
	return NULL;
}

static enum arch arch_of(const struct seccomp_data *call)
{
	return arch_of_audit(call->arch);
}

/* What no call there takes is compared whole, as far as the architecture's registers go. */
static unsigned bits_of(const struct seccomp_data *call, unsigned arg)
{
	const int id = sc_by_number(arch_of(call), (uint32_t)call->nr);
	const unsigned bits = sc_arg(id, arch_of(call), arg).bits;

	return bits != 0 ? bits : arch_is_64(arch_of(call)) ? 64 : 32;
}

static bool compares_twice(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->args_n; i++)
		for (size_t k = 0; k < i; k++)
			if (rule->args[i].index == rule->args[k].index)
				return true;
	return false;
}

/* All compares, or any where two are of one argument. */
static bool args_hold(const struct policy_rule *rule, const struct seccomp_data *call)
{
	size_t n = 0;

	for (size_t i = 0; i < rule->args_n; i++) {
		const struct policy_arg *arg = &rule->args[i];

		n += arg_holds(arg, call->args[arg->index], bits_of(call, arg->index));
	}
	return compares_twice(rule) ? n > 0 : n == rule->args_n;
}

static bool rule_holds(const struct policy_rules *p, const struct policy_rule *rule,
		       const struct seccomp_data *call)
{
	if (rule->action == p->default_action ||
	    number_on(known_by(rule->names[0]), call->arch) != (uint32_t)call->nr)
		return false;
	return args_hold(rule, call);
}

static bool is_lenient(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
	       (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

/* Is it a call that was there when the newest one that the rules name came? */
static bool is_known(const struct policy_rules *p, const struct seccomp_data *call)
{
	const enum arch arch = arch_of(call);
	const int id = sc_by_number(arch, (uint32_t)call->nr);
	uint16_t newest = 0;

	for (size_t i = 0; i < p->rules_n; i++) {
		const struct known *k = known_by(p->rules[i].names[0]);
		const uint16_t since =
			sc_since(sc_by_number(arch, number_on(k, call->arch)), arch);

		newest = since > newest ? since : newest;
	}
	return id >= 0 && sc_since(id, arch) <= newest;
}

static bool is_hole(const struct seccomp_data *call)
{
	return (uint32_t)call->nr < sc_last(arch_of(call)) &&
	       sc_by_number(arch_of(call), (uint32_t)call->nr) < 0;
}

/* seccomp(2), in the order of its list. */
static const uint32_t strictest_first[] = {
	SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
	SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW,
};

/* The meaning of plain rules, as policy.h puts it. */
static uint32_t meaning(const struct policy_rules *p, const struct seccomp_data *call)
{
	const bool wide = call->arch == AUDIT_ARCH_X86_64;

	if (!str_in(wide ? "x86_64" : "x86", p->archs))
		return SECCOMP_RET_KILL_PROCESS;
	if (wide && (uint32_t)call->nr >= 0x40000000)
		return SECCOMP_RET_ERRNO | ENOSYS;
	for (size_t i = 0; i < p->rules_n; i++)
		if (p->rules[i].args_n == 0 && rule_holds(p, &p->rules[i], call))
			return p->rules[i].action;
	for (size_t k = 0; k < COUNT(strictest_first); k++)
		for (size_t i = 0; i < p->rules_n; i++)
			if ((p->rules[i].action & SECCOMP_RET_ACTION_FULL) ==
				    strictest_first[k] &&
			    rule_holds(p, &p->rules[i], call))
				return p->rules[i].action;
	if (is_lenient(p->default_action) || is_known(p, call))
		return p->default_action;
	return SECCOMP_RET_ERRNO | ENOSYS;
}

/* Arguments near what the policy's own compares look for. */
static void draw_call(struct random *r, const struct policy_rules *p, struct seccomp_data *call)
{
	const struct known *k = &known[draw(r, COUNT(known))];
	const bool wide = draw(r, 2) != 0;

	call->arch = wide ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	call->nr = (int)number_on(k, call->arch);
	if (draw(r, 16) == 0)
		call->nr = (int)draw(r, 600);
	if (draw(r, 32) == 0)
		call->nr |= 0x40000000;
	for (size_t i = 0; i < 6; i++)
		call->args[i] = edges[draw(r, COUNT(edges))];
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct policy_rule *rule = &p->rules[i];

		if (rule->names != k->names || draw(r, 2) != 0)
			continue;
		for (size_t j = 0; j < rule->args_n; j++)
			call->args[rule->args[j].index] = rule->args[j].value + draw(r, 3) - 1;
	}
	for (size_t i = 0; i < 6 && !wide; i++)
		call->args[i] &= UINT32_MAX;
}

static const char *rules_text(struct arena *a, const struct policy_rules *p,
			      const struct seccomp_data *c)
{
	const char *text = "";

	for (size_t i = 0; i < p->rules_n; i++) {
		const struct policy_rule *rule = &p->rules[i];

		if (number_on(known_by(rule->names[0]), c->arch) != (uint32_t)c->nr)
			continue;
		text = arena_printf(a, "%s\n  %s %s", text, sim_verdict(a, rule->action),
				    rule->names[0]);
		for (size_t k = 0; k < rule->args_n; k++)
			text = arena_printf(a, "%s a%u op%d %#jx (mask %#jx)", text,
					    rule->args[k].index, (int)rule->args[k].op,
					    (uintmax_t)rule->args[k].value,
					    (uintmax_t)rule->args[k].mask);
	}
	return text;
}

static void expect_meaning(struct arena *a, const struct policy_rules *p,
			   const struct filter *f, const struct seccomp_data *call)
{
	const uint32_t want = meaning(p, call);
	struct err e = { 0 };
	uint32_t verdict;

	cr_assert_eq(filter_simulate(f, call, &verdict, &e), 0, "%s", e.text);
	if (is_hole(call) && (verdict == p->default_action || verdict == want))
		return;
	cr_assert_eq(verdict, want,
		     "%#x %d(%#jx, %#jx, %#jx, %#jx, %#jx, %#jx): %s, not %s%s\n  default %s",
		     call->arch, call->nr, (uintmax_t)call->args[0], (uintmax_t)call->args[1],
		     (uintmax_t)call->args[2], (uintmax_t)call->args[3],
		     (uintmax_t)call->args[4], (uintmax_t)call->args[5],
		     sim_verdict(a, verdict), sim_verdict(a, want), rules_text(a, p, call),
		     sim_verdict(a, p->default_action));
}

Test(seccomp, verdicts_are_the_policys_meaning)
{
	struct random r = { 0x9e3779b97f4a7c15 };
	static struct made m;
	size_t skipped, refused = 0; /* two rules that contradict each other, by chance */

	for (size_t i = 0; i < 2000 + refused; i++) {
		autoarena struct arena a = { 0 };
		struct filter f = { 0 };
		struct err e = { 0 };

		make_policy(&r, &m);
		if (sim_build(&a, &m.p, &f, &skipped, &e) < 0) {
			cr_assert_not_null(strstr(e.text, "one action for"), "%s", e.text);
			refused++;
			continue;
		}
		for (size_t k = 0; k < 100; k++) {
			struct seccomp_data call = { 0 };

			draw_call(&r, &m.p, &call);
			expect_meaning(&a, &m.p, &f, &call);
		}
	}
	cr_expect_lt(refused, 200, "%zu were refused", refused);
}
