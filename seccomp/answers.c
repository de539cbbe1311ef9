/* SPDX-License-Identifier: Apache-2.0 */
/* All that may answer one call, with the conditions in the words of the language. For people
 * only: what a policy means is in eval.c. */
#include <string.h>

#include "base/str.h"
#include "seccomp/rules.h"

#define WHEN_TEXT 8192 /* of one condition; what is longer ends with " ..." */

/* Where a condition is written, and the call whose arguments it is about. */
struct show {
	struct arena *arena;
	uint32_t audit_arch;
	int nr;
	struct sbuf b;
};

static void show_arg_name(struct show *s, unsigned i)
{
	struct syscall_arg arg;

	if (syscall_argument(s->audit_arch, s->nr, i, &arg))
		sbuf_add(&s->b, "%s", arg.name);
	else
		sbuf_add(&s->b, "arg%u", i);
}

static void show_value(struct show *s, unsigned i, uint64_t value)
{
	struct seccomp_data call = { .nr = s->nr, .arch = s->audit_arch };

	call.args[i] = value;
	sbuf_add(&s->b, "%s", policy_arg_text(s->arena, &call, i));
}

static void show_compare(struct show *s, const struct cond *c, const char *op, uint64_t value)
{
	show_arg_name(s, c->arg);
	sbuf_add(&s->b, " %s ", op);
	show_value(s, c->arg, value);
}

/* The least and the greatest value that the language knows for the argument: ranges of signed
 * ones are kept as the unsigned ranges that they are. */
static void bounds(const struct show *s, const struct cond *c, uint64_t *least,
		   uint64_t *greatest)
{
	const uint64_t top = c->bits == 32 ? UINT32_MAX : UINT64_MAX;
	struct syscall_arg arg = { .is_signed = false };

	(void)syscall_argument(s->audit_arch, s->nr, c->arg, &arg);
	*least = arg.is_signed ? top / 2 + 1 : 0;
	*greatest = arg.is_signed ? top / 2 : top;
}

static void show_member(struct show *s, const struct cond *c)
{
	show_value(s, c->arg, c->lo);
	if (c->lo == c->hi)
		return;
	sbuf_add(&s->b, c->hi - c->lo == 1 ? ", " : "..");
	show_value(s, c->arg, c->hi);
}

static void show_range(struct show *s, const struct cond *c)
{
	uint64_t least, greatest;

	bounds(s, c, &least, &greatest);
	if (c->lo == c->hi) {
		show_compare(s, c, "==", c->lo);
	} else if (c->lo == least) {
		show_compare(s, c, "<=", c->hi);
	} else if (c->hi == greatest) {
		show_compare(s, c, ">=", c->lo);
	} else {
		show_arg_name(s, c->arg);
		sbuf_add(&s->b, " in {");
		show_member(s, c);
		sbuf_add(&s->b, "}");
	}
}

static void show_mask(struct show *s, const struct cond *c)
{
	const uint64_t top = c->bits == 32 ? UINT32_MAX : UINT64_MAX;
	const uint64_t rest = ~c->mask & top;

	if (c->value == c->mask) {
		show_compare(s, c, "has all", c->mask);
	} else if (c->value == 0 &&
		   __builtin_popcountll(rest) < __builtin_popcountll(c->mask)) {
		show_compare(s, c, "has only", rest);
	} else if (c->value == 0) {
		show_compare(s, c, "has none", c->mask);
	} else {
		show_compare(s, c, "&", c->mask);
		sbuf_add(&s->b, " == ");
		show_value(s, c->arg, c->value);
	}
}

static void show_cond(struct show *s, const struct cond *c);

static void show_not(struct show *s, const struct cond *c)
{
	if (c->kind == COND_RANGE && c->lo == c->hi) {
		show_compare(s, c, "!=", c->lo);
	} else if (c->kind == COND_MASK && c->value == 0 && c->mask != 0) {
		show_compare(s, c, "has any", c->mask);
	} else {
		sbuf_add(&s->b, "!(");
		show_cond(s, c);
		sbuf_add(&s->b, ")");
	}
}

static bool is_pair(const struct cond *c)
{
	return c->kind == COND_AND || c->kind == COND_OR;
}

/* A choice between ranges of one argument is "in { }". */
static bool is_choice(const struct cond *c, unsigned arg)
{
	if (c->kind == COND_OR)
		return is_choice(c->left, arg) && is_choice(c->right, arg);
	return c->kind == COND_RANGE && c->arg == arg;
}

static unsigned first_arg(const struct cond *c)
{
	while (is_pair(c))
		c = c->left;
	return c->arg;
}

static void show_members(struct show *s, const struct cond *c)
{
	if (c->kind != COND_OR) {
		show_member(s, c);
		return;
	}
	show_members(s, c->left);
	sbuf_add(&s->b, ", ");
	show_members(s, c->right);
}

/* In parentheses where it is a pair of the other kind. */
static void show_part(struct show *s, const struct cond *c, enum cond_kind outside)
{
	const bool inside = is_pair(c) && c->kind != outside && !is_choice(c, first_arg(c));

	sbuf_add(&s->b, "%s", inside ? "(" : "");
	show_cond(s, c);
	sbuf_add(&s->b, "%s", inside ? ")" : "");
}

static void show_pair(struct show *s, const struct cond *c)
{
	const unsigned arg = first_arg(c);

	if (is_choice(c, arg)) {
		show_arg_name(s, arg);
		sbuf_add(&s->b, " in {");
		show_members(s, c);
		sbuf_add(&s->b, "}");
		return;
	}
	show_part(s, c->left, c->kind);
	sbuf_add(&s->b, c->kind == COND_AND ? " && " : " || ");
	show_part(s, c->right, c->kind);
}

static void show_cond(struct show *s, const struct cond *c)
{
	if (s->b.over)
		return;
	switch (c->kind) {
	case COND_TRUE:
	case COND_FALSE:
		sbuf_add(&s->b, c->kind == COND_TRUE ? "always" : "never");
		return;
	case COND_AND:
	case COND_OR:
		show_pair(s, c);
		return;
	case COND_NOT:
		show_not(s, c->left);
		return;
	case COND_RANGE:
		show_range(s, c);
		return;
	case COND_MASK:
		show_mask(s, c);
		return;
	}
}

static const char *cond_text(struct show *s, const struct cond *c)
{
	char text[WHEN_TEXT] = "";

	s->b = SBUF(text);
	show_cond(s, c);
	return arena_printf(s->arena, "%s%s", text, s->b.over ? " ..." : "");
}

/* ---- which rules ---- */

static void by_rule(const struct policy *p, size_t i, struct policy_answer *out)
{
	const struct rule *r = &p->rules[i];

	out->d = (struct policy_decision){ .action = r->action,
					   .audit = r->audit,
					   .audit_errno = r->audit_errno,
					   .why = POLICY_BY_RULE,
					   .rule = i,
					   .at = r->at,
					   .reason = r->reason,
					   .also = r->action };
}

/* What answers when no rule does: asked of a policy that has none. */
static void by_fallback(const struct policy *p, const struct seccomp_data *call,
			struct policy_answer *out)
{
	struct policy bare = *p;

	bare.rules_n = 0;
	policy_decide(&bare, call, &out->d);
}

size_t policy_answers(struct arena *a, const struct policy *p, uint32_t audit_arch, int nr,
		      const struct policy_answer **out)
{
	const struct seccomp_data call = { .nr = nr, .arch = audit_arch };
	struct numbered_call numbered = { arch_of_audit(audit_arch), -1, (uint32_t)nr };
	struct policy_answer *list = arena_array(a, p->rules_n + 1, sizeof(*list));
	struct show s = { .arena = a, .audit_arch = audit_arch, .nr = nr };
	size_t n = 0;

	*out = list;
	by_fallback(p, &call, &list[0]);
	if (list[0].d.why == POLICY_BY_ARCH || list[0].d.why == POLICY_BY_X32)
		return 1;
	numbered.id = sc_by_number(numbered.arch, numbered.nr);
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct cond *cond;

		if (!rule_covers(&p->rules[i], &numbered, &cond))
			continue;
		by_rule(p, i, &list[n++]);
		if (cond == NULL)
			return n;
		list[n - 1].when = cond_text(&s, cond);
	}
	by_fallback(p, &call, &list[n]);
	return n + 1;
}
