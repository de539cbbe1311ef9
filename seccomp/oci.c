/* SPDX-License-Identifier: Apache-2.0 */
/* oci.c - plain rules to the tree that text becomes, so that there is one meaning and one
 * compiler. What runc and crun make of linux.seccomp by way of libseccomp is written down here
 * as an order of rules: those without compares first, because they override the others. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/ast.h"
#include "seccomp/diag.h"
#include "seccomp/plain.h"
#include "seccomp/rules.h"

struct maker {
	struct arena *a;
	const struct policy_rules *r;
	struct policy_diags *d;
	struct ast_stmt *first, *last;
};

static struct policy_place place_of(const struct policy_rule *rule)
{
	return (struct policy_place){ .file = rule->where };
}

static const struct ast_const *number(struct arena *a, uint64_t n)
{
	struct ast_const *c = arena_new(a, struct ast_const);

	c->kind = CONST_NUMBER;
	c->number = n;
	return c;
}

static const struct ast_action *make_action(struct arena *a, uint32_t action)
{
	static const struct {
		uint32_t ret;
		int kind;
	} kinds[] = {
		{ SECCOMP_RET_ALLOW, ACT_ALLOW },
		{ SECCOMP_RET_ERRNO, ACT_DENY },
		{ SECCOMP_RET_KILL_PROCESS, ACT_KILL },
		{ SECCOMP_RET_KILL_THREAD, ACT_KILL_THREAD },
		{ SECCOMP_RET_TRAP, ACT_TRAP },
		{ SECCOMP_RET_LOG, ACT_LOG },
		{ SECCOMP_RET_TRACE, ACT_TRACE },
		{ SECCOMP_RET_USER_NOTIF, ACT_NOTIFY },
	};
	struct ast_action *out = arena_new(a, struct ast_action);

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].ret == (action & SECCOMP_RET_ACTION_FULL))
			out->kind = kinds[i].kind;
	out->number = number(a, action & SECCOMP_RET_DATA);
	return out;
}

static struct ast_stmt *add(struct maker *m, int kind)
{
	struct ast_stmt *s = arena_new(m->a, struct ast_stmt);

	s->kind = kind;
	if (m->last != NULL)
		m->last->next = s;
	else
		m->first = s;
	m->last = s;
	return s;
}

/* Programs call what is new and fall back on ENOSYS only (runc 2151, moby 42680). A policy
 * that lets through what it does not name needs no such help, and one that names nothing does
 * not say how old it is. */
static void add_default(struct maker *m)
{
	const uint32_t action = m->r->default_action;
	struct ast_stmt *s = add(m, STMT_DEFAULT);

	s->action = make_action(m->a, action);
	if (!action_permits(action, POLICY_AUDIT_NONE) && m->r->rules_n > 0)
		s->unknown = make_action(m->a, SECCOMP_RET_ERRNO | ENOSYS);
}

static const struct ast_expr *compare(struct arena *a, const struct policy_arg *arg)
{
	static const enum ast_compare ops[] = {
		[POLICY_NE] = CMP_NE, [POLICY_LT] = CMP_LT, [POLICY_LE] = CMP_LE,
		[POLICY_EQ] = CMP_EQ, [POLICY_GE] = CMP_GE, [POLICY_GT] = CMP_GT,
	};
	struct ast_expr *x = arena_new(a, struct ast_expr);
	const bool masked = arg->op == POLICY_MASKED_EQ;

	x->kind = masked ? EXPR_MASKED : EXPR_COMPARE;
	x->raw = true;
	x->arg.index = arg->index;
	x->arg.type = AS_KNOWN;
	x->compare = masked ? CMP_EQ : ops[arg->op];
	x->value = number(a, arg->value);
	x->mask = masked ? number(a, arg->mask) : NULL;
	return x;
}

static bool compares_twice(const struct policy_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->args_n; i++) {
		if ((seen & 1u << rule->args[i].index) != 0)
			return true;
		seen |= 1u << rule->args[i].index;
	}
	return false;
}

/* libseccomp takes one compare an argument; runc and crun make a rule of each compare when
 * there are more, so that any of them is enough (libseccomp 118). */
static const struct ast_expr *make_when(struct maker *m, const struct policy_rule *rule)
{
	const bool any = compares_twice(rule);
	const struct ast_expr *whole = NULL;

	for (size_t i = 0; i < rule->args_n; i++) {
		const struct ast_expr *one = compare(m->a, &rule->args[i]);
		struct ast_expr *both;

		if (whole == NULL) {
			whole = one;
			continue;
		}
		both = arena_new(m->a, struct ast_expr);
		both->kind = any ? EXPR_OR : EXPR_AND;
		both->left = whole;
		both->right = one;
		whole = both;
	}
	return whole;
}

static void warn_twice(struct maker *m, const struct policy_rule *rule)
{
	const struct policy_place at = place_of(rule);

	if (!compares_twice(rule))
		return;
	diag(m->d, POLICY_WARNING, "any-compare", &at,
	     "one compare an argument: several, and any of them is enough for the rule");
	diag_hint(m->d,
		  "runc and crun have it so; write rules of their own, or a masked compare");
}

static void add_rule(struct maker *m, const struct policy_rule *rule)
{
	struct ast_stmt *s = add(m, STMT_RULE);
	struct ast_set *set = arena_new(m->a, struct ast_set);

	set->kind = SET_NAMES;
	set->names = rule->names;
	s->at = place_of(rule);
	s->set = set;
	s->action = make_action(m->a, rule->action);
	s->when = make_when(m, rule);
}

/* They answer what the default answers; that they name a call tells how old the policy is. */
static void add_idle_rules(struct maker *m)
{
	for (size_t i = 0; i < m->r->rules_n; i++) {
		struct policy_rule rule = m->r->rules[i];

		rule.args_n = 0;
		if (!plain_matters(m->r, &rule))
			add_rule(m, &rule);
	}
}

static void add_rules(struct maker *m, bool compare_something)
{
	for (size_t i = 0; i < m->r->rules_n; i++) {
		const struct policy_rule *rule = &m->r->rules[i];

		if (!plain_matters(m->r, rule) || (rule->args_n > 0) != compare_something)
			continue;
		warn_twice(m, rule);
		add_rule(m, rule);
	}
}

/* The architectures to compile for. x32 gets no program, for its calls answer ENOSYS; one of
 * another machine none either, for its calls cannot happen here. */
static int choose_archs(struct maker *m, const char *const **out, struct err *e)
{
	const char **archs = arena_array(m->a, ARCH_N + 1, sizeof(*archs));
	size_t n = 0;

	for (const char *const *name = m->r->archs; *name != NULL; name++) {
		const uint32_t audit = policy_arch_number(*name);
		const char *known = policy_arch_name(audit);

		if (str_eq(*name, "x32"))
			diag(m->d, POLICY_WARNING, "x32", &(struct policy_place){ 0 },
			     "x32: left out: its calls answer ENOSYS");
		else if (!policy_arch_known(*name))
			return fail(e, ERR_POLICY, "seccomp architecture: a known one: %s",
				    *name);
		else if (audit != 0 && !str_in(known, archs))
			archs[n++] = known;
	}
	if (m->r->archs[0] == NULL)
		archs[n++] = arch_name(arch_own());
	if (n == 0)
		return fail(e, ERR_POLICY,
			    "seccomp architectures: one whose calls can happen here: only %s",
			    m->r->archs[0]);
	*out = archs;
	return 0;
}

int policy_from_rules(struct arena *a, const struct policy_rules *r, struct policy_diags *d,
		      bool *carried, const struct policy **out, struct err *e)
{
	autoarena struct arena tree = { 0 };
	struct maker m = { .a = &tree, .r = r, .d = d };
	struct ast_policy whole = { .handed_in = true };
	const struct ast_file file = { .policies = &whole };
	struct policy_env env = { 0 };

	*carried = arch_own() != ARCH_N;
	if (plain_check(&tree, r, e) < 0)
		return -1;
	if (!*carried)
		return 0;
	if (choose_archs(&m, &env.archs, e) < 0)
		return -1;
	add_default(&m);
	add_rules(&m, false);
	add_rules(&m, true);
	add_idle_rules(&m);
	whole.body = m.first;
	return resolve(a, &file, &whole, &env, d, out, e);
}
