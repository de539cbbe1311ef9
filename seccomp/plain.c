/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/plain.h"

#include "base/str.h"

const char *plain_where(struct arena *a, const struct policy_rules *r, size_t i)
{
	const char *const *names = r->rules[i].names;
	char text[96] = "";
	struct sbuf b = SBUF(text);
	size_t k = 0;

	if (r->rules[i].where != NULL)
		return r->rules[i].where;
	for (; names[k] != NULL && k < 3; k++)
		sbuf_add(&b, "%s%s", k > 0 ? ", " : "", names[k]);
	return arena_printf(a, "seccomp rule %zu (%s%s)", i, text,
			    names[k] != NULL ? " ..." : "");
}

bool plain_matters(const struct policy_rules *r, const struct policy_rule *rule)
{
	return rule->action != r->default_action;
}

static int check_args(struct arena *a, const struct policy_rules *r, size_t i, struct err *e)
{
	const struct policy_rule *rule = &r->rules[i];

	if (rule->args_n > PLAIN_ARGS_MAX)
		return fail(e, ERR_POLICY, "%s: at most %d compares: %zu", plain_where(a, r, i),
			    PLAIN_ARGS_MAX, rule->args_n);
	for (size_t k = 0; k < rule->args_n; k++) {
		const struct policy_arg *arg = &rule->args[k];

		if (arg->index > 5)
			return fail(e, ERR_POLICY, "%s: an argument from 0 to 5: %u",
				    plain_where(a, r, i), arg->index);
		if (arg->op < POLICY_NE || arg->op > POLICY_MASKED_EQ)
			return fail(e, ERR_POLICY, "%s: a known compare: %d",
				    plain_where(a, r, i), (int)arg->op);
	}
	return 0;
}

/* The same compares with different answers have no meaning, and libseccomp refuses the second.
 * Of two without compares the first answers: engines' profiles have such, one for each
 * capability that a container was given. */
static bool contradict(const struct policy_rule *x, const struct policy_rule *y)
{
	if (x->action == y->action || x->args_n != y->args_n || x->args_n == 0)
		return false;
	for (size_t k = 0; k < x->args_n; k++) {
		const struct policy_arg *a = &x->args[k], *b = &y->args[k];

		if (a->index != b->index || a->op != b->op || a->value != b->value ||
		    (a->op == POLICY_MASKED_EQ && a->mask != b->mask))
			return false;
	}
	return true;
}

static int check_contradictions(struct arena *a, const struct policy_rules *r, size_t i,
				struct err *e)
{
	const struct policy_rule *rule = &r->rules[i];

	for (size_t k = 0; k < i; k++) {
		if (!plain_matters(r, rule) || !plain_matters(r, &r->rules[k]) ||
		    !contradict(rule, &r->rules[k]))
			continue;
		for (const char *const *name = rule->names; *name != NULL; name++)
			if (str_in(*name, r->rules[k].names))
				return fail(e, ERR_POLICY,
					    "%s: one action for %s with these arguments: %s "
					    "has another",
					    plain_where(a, r, i), *name, plain_where(a, r, k));
	}
	return 0;
}

int plain_check(struct arena *a, const struct policy_rules *r, struct err *e)
{
	for (size_t i = 0; i < r->rules_n; i++)
		if (check_args(a, r, i, e) < 0 || check_contradictions(a, r, i, e) < 0)
			return -1;
	return 0;
}
