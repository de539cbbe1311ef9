/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/ls_args.h"

#include <linux/audit.h>

#include "base/str.h"
#include "seccomp/ls_fold.h"
#include "seccomp/ls_names.h"
#include "seccomp/plain.h"

#define LOW_AT (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0u : 4u)

/* A jump to the next rule, until end_rule knows where that is. */
#define FAIL 255

static bool is_wide(uint32_t audit_arch)
{
	return (audit_arch & __AUDIT_ARCH_64BIT) != 0;
}

static void put(struct code *c, struct sock_filter in)
{
	if (c->n == BPF_MAXINSNS)
		c->over = true;
	else
		c->insns[c->n++] = in;
}

static void put_stmt(struct code *c, uint16_t op, uint32_t k)
{
	put(c, (struct sock_filter)BPF_STMT(op, k));
}

static void put_jump(struct code *c, uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	put(c, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | op | BPF_K), k, jt, jf));
}

static void put_load(struct code *c, uint32_t index, bool high)
{
	const uint32_t at = (uint32_t)offsetof(struct seccomp_data, args) + index * 8;

	put_stmt(c, BPF_LD | BPF_W | BPF_ABS, at + (high ? 4 - LOW_AT : LOW_AT));
}

/* The upper word: goes on when the lower one decides, over it (two instructions) when the
 * compare holds already. */
static void put_high(struct code *c, const struct policy_arg *arg)
{
	const uint32_t high = (uint32_t)(arg->value >> 32);

	put_load(c, arg->index, true);
	switch (arg->op) {
	case POLICY_EQ:
		put_jump(c, BPF_JEQ, high, 0, FAIL);
		break;
	case POLICY_NE:
		put_jump(c, BPF_JEQ, high, 0, 2);
		break;
	case POLICY_GT:
	case POLICY_GE:
		put_jump(c, BPF_JGT, high, 3, 0);
		put_jump(c, BPF_JEQ, high, 0, FAIL);
		break;
	case POLICY_LT:
	case POLICY_LE:
		put_jump(c, BPF_JGT, high, FAIL, 0);
		put_jump(c, BPF_JEQ, high, 0, 2);
		break;
	case POLICY_MASKED_EQ:
		put_stmt(c, BPF_ALU | BPF_AND | BPF_K, (uint32_t)(arg->mask >> 32));
		put_jump(c, BPF_JEQ, high, 0, FAIL);
		break;
	}
}

static void put_low(struct code *c, const struct policy_arg *arg)
{
	const uint32_t low = (uint32_t)arg->value;

	put_load(c, arg->index, false);
	switch (arg->op) {
	case POLICY_EQ:
		put_jump(c, BPF_JEQ, low, 0, FAIL);
		break;
	case POLICY_NE:
		put_jump(c, BPF_JEQ, low, FAIL, 0);
		break;
	case POLICY_GT:
		put_jump(c, BPF_JGT, low, 0, FAIL);
		break;
	case POLICY_GE:
		put_jump(c, BPF_JGE, low, 0, FAIL);
		break;
	case POLICY_LT:
		put_jump(c, BPF_JGE, low, FAIL, 0);
		break;
	case POLICY_LE:
		put_jump(c, BPF_JGT, low, FAIL, 0);
		break;
	case POLICY_MASKED_EQ:
		put_stmt(c, BPF_ALU | BPF_AND | BPF_K, (uint32_t)arg->mask);
		put_jump(c, BPF_JEQ, low, 0, FAIL);
		break;
	}
}

static void end_rule(struct code *c, size_t start)
{
	for (size_t pc = start; pc < c->n; pc++) {
		struct sock_filter *in = &c->insns[pc];

		if (BPF_CLASS(in->code) != BPF_JMP)
			continue;
		if (in->jt == FAIL)
			in->jt = (uint8_t)(c->n - pc - 1);
		if (in->jf == FAIL)
			in->jf = (uint8_t)(c->n - pc - 1);
	}
}

static void put_rule(struct code *c, const struct policy_rule *rule, uint32_t audit_arch)
{
	const bool wide = is_wide(audit_arch);
	const size_t start = c->n;

	if (!ls_can_hold(rule, audit_arch))
		return;
	for (size_t i = 0; i < rule->args_n; i++) {
		if (ls_fold(&rule->args[i], wide) == FOLD_ALWAYS)
			continue;
		if (wide)
			put_high(c, &rule->args[i]);
		put_low(c, &rule->args[i]);
	}
	put_stmt(c, BPF_RET | BPF_K, rule->action);
	end_rule(c, start);
}

bool ls_can_hold(const struct policy_rule *rule, uint32_t audit_arch)
{
	for (size_t i = 0; i < rule->args_n; i++)
		if (ls_fold(&rule->args[i], is_wide(audit_arch)) == FOLD_NEVER)
			return false;
	return true;
}

/* Is there a rule for the name before the one at `end' that compares, or that does not? */
static bool has_rule(const struct policy_rules *p, size_t end, const char *name, bool compares)
{
	for (size_t i = 0; i < end; i++) {
		const struct policy_rule *rule = &p->rules[i];

		if (plain_matters(p, rule) && (rule->args_n > 0) == compares &&
		    str_in(name, rule->names))
			return true;
	}
	return false;
}

static void put_block(struct code *c, const struct policy_rules *p, const char *name,
		      uint32_t nr, uint32_t audit_arch)
{
	const size_t start = c->n;

	put_jump(c, BPF_JEQ, nr, 1, 0);
	put_stmt(c, BPF_JMP | BPF_JA, 0);
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct policy_rule *rule = &p->rules[i];

		if (plain_matters(p, rule) && rule->args_n > 0 && str_in(name, rule->names))
			put_rule(c, rule, audit_arch);
	}
	put_stmt(c, BPF_RET | BPF_K, p->default_action);
	if (!c->over)
		c->insns[start + 1].k = (uint32_t)(c->n - start - 2);
}

void ls_emit_args(struct code *c, const struct policy_rules *p, uint32_t audit_arch)
{
	put_stmt(c, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < p->rules_n; i++) {
		const struct policy_rule *rule = &p->rules[i];

		if (!plain_matters(p, rule) || rule->args_n == 0)
			continue;
		for (const char *const *name = rule->names; *name != NULL; name++) {
			const int nr = ls_number(audit_arch, *name);

			/* a rule that compares nothing covers all that do */
			if (nr >= 0 && !c->over && !has_rule(p, i, *name, true) &&
			    !has_rule(p, p->rules_n, *name, false))
				put_block(c, p, *name, (uint32_t)nr, audit_arch);
		}
	}
}
