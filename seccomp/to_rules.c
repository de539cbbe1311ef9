/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as plain rules that mean the same to everybody who takes them: libseccomp gives them
 * no order, lets those without compares beat all others, takes one compare an argument, and
 * compares 64 bits (libseccomp 118, 148, 383). So each call gets one rule without compares, or
 * rules of which no two hold for one call; what the kernel cuts to 32 bits is compared by masks
 * of 32 bits; and what says the same as the default is left out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/behave.h"

#define RULES_MAX 4096 /* of one call, and of all; as many as a program has instructions */
#define SPANS_MAX 64
#define LEFT_MAX  1024

/* A rule for one call. */
struct made {
	const char *name;
	bool through; /* i386's socketcall or ipc: in front, before what is behind them */
	uint32_t action;
	struct policy_arg args[6];
	size_t args_n;
};

struct maker {
	struct arena *a;
	struct behaviour *b;
	uint32_t dflt; /* what no rule needs to say */
	struct made *list;
	size_t n;
	struct bdd_cube *cubes; /* room for RULES_MAX */
	struct policy_arg *masked, *spans;
	/* the call at hand */
	const char *name;
	bool narrow; /* an architecture of 32 bits has it */
	bool masks;  /* only masks */
	struct err *e;
};

static int too_many(struct maker *m)
{
	(void)fail(m->e, ERR_POLICY, "%s: at most %d plain rules: more are needed", m->name,
		   RULES_MAX);
	return hint(m->e, "compare fewer arguments in one condition");
}

/* ---- sets of values as compares ---- */

struct compares {
	struct policy_arg *v;
	size_t n;
};

static void add_compare(struct compares *to, unsigned arg, enum policy_op op, uint64_t value,
			uint64_t mask)
{
	to->v[to->n++] =
		(struct policy_arg){ .index = arg, .op = op, .value = value, .mask = mask };
}

static int add_cubes(struct maker *m, bdd values, unsigned arg, struct compares *to)
{
	const struct bdd_cube *cubes = m->cubes;
	const int n = bdd_cubes(&m->b->bdds, values, bdd_arg(arg), m->cubes, RULES_MAX);

	if (n < 0 || to->n + (size_t)n > RULES_MAX)
		return -1;
	for (int i = 0; i < n; i++)
		if (cubes[i].mask == UINT64_MAX)
			add_compare(to, arg, POLICY_EQ, cubes[i].value, 0);
		else
			add_compare(to, arg, POLICY_MASKED_EQ, cubes[i].value, cubes[i].mask);
	return 0;
}

static int add_span(struct maker *m, unsigned arg, const struct bdd_span *s,
		    struct compares *to)
{
	if (s->lo == s->hi)
		add_compare(to, arg, POLICY_EQ, s->lo, 0);
	else if (s->lo == 0)
		add_compare(to, arg, POLICY_LE, s->hi, 0);
	else if (s->hi == UINT64_MAX)
		add_compare(to, arg, POLICY_GE, s->lo, 0);
	else
		return add_cubes(m, bdd_range(&m->b->bdds, bdd_arg(arg), s->lo, s->hi), arg,
				 to);
	return to->n < RULES_MAX ? 0 : -1;
}

static int add_spans(struct maker *m, bdd values, unsigned arg, struct compares *to)
{
	struct bdd_span s[SPANS_MAX];
	const int n = bdd_spans(&m->b->bdds, values, bdd_arg(arg), s, SPANS_MAX);

	if (n == 2 && s[0].lo == 0 && s[1].hi == UINT64_MAX && s[0].hi + 2 == s[1].lo) {
		add_compare(to, arg, POLICY_NE, s[0].hi + 1, 0);
		return 0;
	}
	for (int i = 0; i < n; i++)
		if (add_span(m, arg, &s[i], to) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

/* The compares in memory of their own. */
static struct compares kept(struct maker *m, const struct compares *c)
{
	struct compares out = { arena_array(m->a, c->n, sizeof(*out.v)), c->n };

	if (c->n > 0)
		memcpy(out.v, c->v, c->n * sizeof(*c->v));
	return out;
}

/* Disjoint compares of one argument that cover the values. Only where all 64 bits matter may
 * anything but masks be used. */
static int cover(struct maker *m, bdd values, unsigned arg, struct compares *out)
{
	const bool wide = bdd_looks(&m->b->bdds, values, bdd_arg(arg)) >> 32 != 0;
	struct compares masked = { m->masked, 0 }, spans = { m->spans, 0 };
	const bool fits = add_cubes(m, values, arg, &masked) == 0;

	if (wide && !m->masks && add_spans(m, values, arg, &spans) == 0 &&
	    (!fits || spans.n < masked.n))
		*out = kept(m, &spans);
	else if (fits)
		*out = kept(m, &masked);
	else
		return too_many(m);
	return 0;
}

/* libseccomp cuts a compare for an architecture of 32 bits and does not look at what it cuts.
 */
static int check_narrow(struct maker *m, const struct compares *c)
{
	for (size_t i = 0; m->narrow && i < c->n; i++) {
		if (c->v[i].value <= UINT32_MAX)
			continue;
		(void)fail(m->e, ERR_POLICY,
			   "%s: compares that mean the same on 32 and 64 bits: argument %u is "
			   "compared with %#" PRIx64,
			   m->name, c->v[i].index, c->v[i].value);
		return hint(m->e, "--arch with one architecture at a time");
	}
	return 0;
}

/* ---- a call's rules ---- */

static int add_rule(struct maker *m, bdd leaf, const struct policy_arg *args, size_t n)
{
	const struct fallback *answer = behave_answer(m->b, leaf);
	struct made *made = &m->list[m->n];

	if (answer->audit != POLICY_AUDIT_NONE) {
		(void)fail(m->e, ERR_POLICY,
			   "%s: an action that plain rules have: audit, which only our own "
			   "runtime has",
			   m->name);
		return -1;
	}
	if (answer->action == m->dflt)
		return 0;
	if (m->n == RULES_MAX)
		return too_many(m);
	*made = (struct made){ .name = m->name,
			       .through =
				       str_eq(m->name, "socketcall") || str_eq(m->name, "ipc"),
			       .action = answer->action,
			       .args_n = n };
	if (n > 0)
		memcpy(made->args, args, n * sizeof(*args));
	m->n++;
	return 0;
}

static int add_rules(struct maker *m, bdd f, struct policy_arg args[6], size_t n);

/* For the values of one argument that leave `left' of f. */
static int add_part(struct maker *m, bdd f, bdd left, struct policy_arg args[6], size_t n)
{
	const unsigned arg = (m->b->bdds.v[f].bit - BDD_ARGS) / BDD_WIDE;
	const uint32_t end = BDD_ARGS + (arg + 1) * BDD_WIDE;
	struct compares c = { 0 };

	if (bdd_is_leaf(&m->b->bdds, left) &&
	    behave_answer(m->b, left)->audit == POLICY_AUDIT_NONE &&
	    behave_answer(m->b, left)->action == m->dflt)
		return 0;
	if (cover(m, bdd_where(&m->b->bdds, f, end, left), arg, &c) < 0 ||
	    check_narrow(m, &c) < 0)
		return -1;
	for (size_t i = 0; i < c.n; i++) {
		args[n] = c.v[i];
		if (add_rules(m, left, args, n + 1) < 0)
			return -1;
	}
	return 0;
}

/* Recursion ends: each level is a later argument. */
static int add_rules(struct maker *m, bdd f, struct policy_arg args[6], size_t n)
{
	const uint32_t bit = m->b->bdds.v[f].bit;
	bdd *left;
	int left_n;

	if (bdd_is_leaf(&m->b->bdds, f))
		return add_rule(m, f, args, n);
	left = arena_array(m->a, LEFT_MAX, sizeof(*left));
	left_n = bdd_left(&m->b->bdds, f,
			  BDD_ARGS + ((bit - BDD_ARGS) / BDD_WIDE + 1) * BDD_WIDE, left,
			  LEFT_MAX);
	if (left_n < 0)
		return too_many(m);
	for (int i = 0; i < left_n; i++)
		if (add_part(m, f, left[i], args, n) < 0)
			return -1;
	return 0;
}

/* ---- several architectures ---- */

/* Rules are for all architectures: the function that says for each of them what it shall. */
static int common_function(struct maker *m, int id, bdd *out)
{
	enum arch first = ARCH_N;

	*out = BDD_FALSE;
	m->narrow = false;
	for (size_t i = 0; i < m->b->targets_n; i++) {
		const enum arch arch = m->b->targets[i];
		const bdd f = m->b->calls[arch][id];

		if (f == BDD_FALSE)
			continue;
		m->narrow |= !arch_is_64(arch);
		if (*out == BDD_FALSE || (arch_is_64(arch) && !arch_is_64(first))) {
			*out = f;
			first = arch;
		}
	}
	for (size_t i = 0; i < m->b->targets_n; i++) {
		const enum arch arch = m->b->targets[i];
		const bdd f = m->b->calls[arch][id];

		if (f == BDD_FALSE || f == *out ||
		    (!arch_is_64(arch) && f == behave_cut(&m->b->bdds, *out)))
			continue;
		(void)fail(m->e, ERR_POLICY,
			   "%s: one answer on all architectures, for plain rules know but one: "
			   "that of %s differs from that of %s",
			   sc_name(id), arch_name(arch), arch_name(first));
		return hint(m->e, "--arch=%s, and each of the others", arch_name(first));
	}
	return 0;
}

/* libseccomp makes of a rule on socket(2) one on i386's socketcall(2) too, and does not see the
 * arguments there (containerd 13330): so that must get the same answer, or a rule of its own
 * that beats it. */
static int check_behind(struct maker *m, int id, bdd f)
{
	const struct sc_mux mux = sc_mux(id, ARCH_I386);
	struct bdd_field number = { BDD_ARGS + 32, 32 };
	struct bdds *d = &m->b->bdds;
	bdd there;

	if (mux.through < 0 || m->b->calls[ARCH_I386][mux.through] == BDD_FALSE ||
	    (bdd_is_leaf(d, f) && behave_answer(m->b, f)->action == m->dflt))
		return 0;
	if (str_eq(sc_name(mux.through), "ipc"))
		number = (struct bdd_field){ BDD_ARGS + 48, 16 }; /* above it is a version */
	there = m->b->calls[ARCH_I386][mux.through];
	if (bdd_is_leaf(d, there) && behave_answer(m->b, there)->action != m->dflt)
		return 0;
	if (bdd_is_leaf(d, f) && bdd_at(d, there, number, (uint64_t)mux.sub) == f)
		return 0;
	(void)fail(m->e, ERR_POLICY,
		   "%s: the same answer to i386's %s: libseccomp would give it one without "
		   "seeing the arguments",
		   sc_name(id), sc_name(mux.through));
	return hint(m->e, "--arch=x86_64");
}

static bool is_ordered(const struct made *made)
{
	for (size_t i = 0; i < made->args_n; i++)
		if (made->args[i].op != POLICY_EQ && made->args[i].op != POLICY_MASKED_EQ)
			return true;
	return false;
}

/* libseccomp before 2.6.1 mixes up the halves of 64 bits when several rules of a call compare
 * them with "at most" and "at least" (libseccomp 139, GHSA-4q85-33p6-j5g6). */
static bool mixes(const struct maker *m, size_t from)
{
	bool any = false;

	for (size_t i = from; i < m->n; i++)
		any |= is_ordered(&m->list[i]);
	return any && m->n - from > 1;
}

static int add_call(struct maker *m, int id)
{
	const size_t from = m->n;
	struct policy_arg args[6];
	bdd f;

	if (common_function(m, id, &f) < 0)
		return -1;
	if (f == BDD_FALSE)
		return 0;
	m->name = sc_name(id);
	m->masks = false;
	if (check_behind(m, id, f) < 0 || add_rules(m, f, args, 0) < 0)
		return -1;
	if (!mixes(m, from))
		return 0;
	m->n = from;
	m->masks = true;
	return add_rules(m, f, args, 0);
}

static int check_numbers(struct maker *m)
{
	for (size_t i = 0; i < m->b->nrs_n; i++)
		if (m->b->nrs[i].f != m->b->unknown)
			return fail(m->e, ERR_POLICY,
				    "nr %" PRIu32 "@%s: calls that have names, for plain rules "
				    "are about names: this one has none",
				    m->b->nrs[i].nr, arch_name(m->b->nrs[i].arch));
	return 0;
}

/* ---- equal rules of several calls are one ---- */

static int by_args(const struct policy_arg *x, const struct policy_arg *y)
{
	const uint64_t keys[4][2] = { { x->index, y->index },
				      { x->mask, y->mask },
				      { x->value, y->value },
				      { x->op, y->op } };

	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

static int by_rule(const struct made *x, const struct made *y)
{
	if (x->through != y->through)
		return x->through ? -1 : 1;
	if ((x->args_n > 0) != (y->args_n > 0))
		return x->args_n > 0 ? 1 : -1;
	for (size_t i = 0; i < x->args_n && i < y->args_n; i++)
		if (by_args(&x->args[i], &y->args[i]) != 0)
			return by_args(&x->args[i], &y->args[i]);
	if (x->args_n != y->args_n)
		return x->args_n < y->args_n ? -1 : 1;
	return (x->action > y->action) - (x->action < y->action);
}

static int by_rule_and_name(const void *one, const void *other)
{
	const struct made *x = one, *y = other;
	const int order = by_rule(x, y);

	return order != 0 ? order : strcmp(x->name, y->name);
}

static bool is_through(const struct policy_rule *r)
{
	return str_eq(r->names[0], "socketcall") || str_eq(r->names[0], "ipc");
}

static int by_compares(const struct policy_rule *x, const struct policy_rule *y)
{
	for (size_t i = 0; i < x->args_n && i < y->args_n; i++)
		if (by_args(&x->args[i], &y->args[i]) != 0)
			return by_args(&x->args[i], &y->args[i]);
	return (x->args_n > y->args_n) - (x->args_n < y->args_n);
}

/* As a reader looks for them: rules without compares, then call by call. */
static int by_first_name(const void *one, const void *other)
{
	const struct policy_rule *x = one, *y = other;
	const int name = strcmp(x->names[0], y->names[0]), compares = by_compares(x, y);

	if ((x->args_n > 0) != (y->args_n > 0))
		return x->args_n > 0 ? 1 : -1;
	if (is_through(x) != is_through(y))
		return is_through(x) ? -1 : 1;
	if (name != 0)
		return name;
	if (compares != 0)
		return compares;
	return (x->action > y->action) - (x->action < y->action);
}

/* The first n of the list are equal but for their names. */
static struct policy_rule joined(struct arena *a, const struct made *first, size_t n)
{
	const char **names = arena_array(a, n + 1, sizeof(*names));
	struct policy_rule rule = { .names = names, .action = first->action };
	struct policy_arg *args = arena_array(a, first->args_n, sizeof(*args));

	for (size_t i = 0; i < n; i++)
		names[i] = first[i].name;
	if (first->args_n > 0)
		memcpy(args, first->args, first->args_n * sizeof(*args));
	rule.args = args;
	rule.args_n = first->args_n;
	return rule;
}

static void join_rules(struct maker *m, struct policy_rules *out)
{
	struct policy_rule *rules = arena_array(m->a, m->n, sizeof(*rules));
	size_t n;

	if (m->n > 1)
		qsort(m->list, m->n, sizeof(*m->list), by_rule_and_name);
	for (size_t i = 0; i < m->n; i += n) {
		for (n = 1; i + n < m->n && by_rule(&m->list[i], &m->list[i + n]) == 0;)
			n++;
		rules[out->rules_n++] = joined(m->a, &m->list[i], n);
	}
	if (out->rules_n > 1)
		qsort(rules, out->rules_n, sizeof(*rules), by_first_name);
	out->rules = rules;
}

/* The words of OCI. */
static const char *const *arch_words(struct arena *a, const struct behaviour *b)
{
	const char **words = arena_array(a, b->targets_n + 1, sizeof(*words));

	for (size_t i = 0; i < b->targets_n; i++)
		words[i] = b->targets[i] == ARCH_I386 ? "x86" : arch_name(b->targets[i]);
	return words;
}

/* The answer to what nobody names: engines have no other for calls that do not exist yet. But a
 * name that an engine's libseccomp does not know must not be permitted by it. */
static const struct fallback *choose_default(const struct behaviour *b)
{
	const struct fallback *normal = behave_answer(b, b->normal);
	const struct fallback *unknown = behave_answer(b, b->unknown);

	const bool opens = action_permits(unknown->action, unknown->audit) &&
			   !action_permits(normal->action, normal->audit);

	return opens ? normal : unknown;
}

static int make(struct maker *m, struct policy_rules *out)
{
	const struct fallback *dflt = choose_default(m->b);

	m->dflt = dflt->action;
	if (dflt->audit != POLICY_AUDIT_NONE)
		return fail(m->e, ERR_POLICY,
			    "default: an action that plain rules have: audit, which only our "
			    "own runtime has");
	for (int id = 0; id < SC_N; id++)
		if (add_call(m, id) < 0)
			return -1;
	if (check_numbers(m) < 0 || behave_check(m->b, m->e) < 0)
		return -1;
	*out = (struct policy_rules){ .default_action = m->dflt,
				      .archs = arch_words(m->a, m->b) };
	join_rules(m, out);
	return 0;
}

int policy_to_rules(struct arena *a, const struct policy *p, struct policy_rules *out,
		    struct err *e)
{
	struct behaviour *b = arena_new(a, struct behaviour);
	struct maker m = { .a = a, .b = b, .e = e };

	m.list = arena_array(a, RULES_MAX, sizeof(*m.list));
	m.cubes = arena_array(a, RULES_MAX, sizeof(*m.cubes));
	m.masked = arena_array(a, RULES_MAX, sizeof(*m.masked));
	m.spans = arena_array(a, RULES_MAX, sizeof(*m.spans));
	return behave_policy(a, p, NULL, b, e) < 0 ? -1 : make(&m, out);
}
