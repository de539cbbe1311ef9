/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "seccomp/cells.h"

#define NEVER_A_CALL 0x80000000u /* negative numbers */

/* Audits are one action to a filter; here they are told apart by its data, which the kernel
 * does not use for them. */
#define AUDIT_SHIFT 14
#define ERRNO_MASK  0xfffu

static uint32_t code_of(uint32_t action, enum policy_audit audit, uint16_t audit_errno)
{
	if (audit == POLICY_AUDIT_NONE)
		return action;
	return action | (uint32_t)audit << AUDIT_SHIFT | (audit_errno & ERRNO_MASK);
}

static uint32_t action_of(uint32_t code)
{
	const uint32_t action = code & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_USER_NOTIF ? action : code;
}

static unsigned rank_of(uint32_t code)
{
	const uint32_t action = action_of(code);
	const bool notify = action == SECCOMP_RET_USER_NOTIF;
	const uint32_t audit = (code & SECCOMP_RET_DATA) >> AUDIT_SHIFT;

	return policy_action_rank(action,
				  notify ? (enum policy_audit)audit : POLICY_AUDIT_NONE);
}

static const struct answers *codes_of(struct arena *a, const struct policy *p)
{
	struct answers *an = arena_new(a, struct answers);
	uint32_t *rules = arena_array(a, p->rules_n + 1, sizeof(*rules));
	const struct fallback *n = &p->normal, *u = &p->unknown;

	for (size_t i = 0; i < p->rules_n; i++)
		rules[i] =
			code_of(p->rules[i].action, p->rules[i].audit, p->rules[i].audit_errno);
	*an = (struct answers){ .rules = rules,
				.normal = code_of(n->action, n->audit, n->audit_errno),
				.unknown = code_of(u->action, u->audit, u->audit_errno) };
	return an;
}

/* The differences of one architecture, with codes in place of actions. */
struct list {
	struct arena *arena;
	struct policy_difference *v;
	size_t n, room;
};

static int by_call(const struct policy_difference *a, const struct policy_difference *b)
{
	const uint64_t keys[2][2] = {
		{ (uint32_t)a->call.nr, (uint64_t)a->left << 32 | a->right },
		{ (uint32_t)b->call.nr, (uint64_t)b->left << 32 | b->right },
	};

	if (keys[0][0] != keys[1][0])
		return keys[0][0] < keys[1][0] ? -1 : 1;
	return keys[0][1] == keys[1][1] ? 0 : keys[0][1] < keys[1][1] ? -1 : 1;
}

/* Of one class, first what the kernel does not cut: that is the witness. */
static int compare(const void *one, const void *other)
{
	const struct policy_difference *a = one, *b = other;
	const int order = by_call(a, b);

	if (order != 0)
		return order;
	if (a->high_bits != b->high_bits)
		return a->high_bits ? 1 : -1;
	for (size_t i = 0; i < 6; i++)
		if (a->call.args[i] != b->call.args[i])
			return a->call.args[i] < b->call.args[i] ? -1 : 1;
	return 0;
}

/* Into the one before it, when both are of one class. */
static bool merge(struct policy_difference *into, const struct policy_difference *d)
{
	if (by_call(into, d) != 0)
		return false;
	if (into->high_bits && !d->high_bits)
		into->call = d->call;
	into->high_bits &= d->high_bits;
	into->cells += d->cells;
	return true;
}

static int add(void *ctx, const struct cell *cell, struct err *e)
{
	struct list *l = ctx;
	const struct policy_difference d = {
		.call = cell->call,
		.left = cell->answers[0].is,
		.right = cell->answers[1].is,
		.hole = call_is_hole(&cell->call) || (uint32_t)cell->call.nr >= NEVER_A_CALL,
		.high_bits = cell->high_bits,
		.cells = 1,
	};

	(void)e;
	if (cell_agrees(cell) || (l->n > 0 && merge(&l->v[l->n - 1], &d)))
		return 0;
	if (l->n == l->room) {
		struct policy_difference *v;

		l->room = l->room * 2 + 64;
		v = arena_array(l->arena, l->room, sizeof(*v));
		if (l->n > 0)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
	}
	l->v[l->n++] = d;
	return 0;
}

static void sort_and_merge(struct list *l)
{
	size_t n = 0;

	if (l->n == 0)
		return;
	qsort(l->v, l->n, sizeof(*l->v), compare);
	for (size_t i = 1; i < l->n; i++)
		if (!merge(&l->v[n], &l->v[i]))
			l->v[++n] = l->v[i];
	l->n = n + 1;
}

/* A program knows an architecture when it looks further than at it, or answers otherwise than
 * to one that does not exist. */
static bool filter_knows(struct arena *a, const struct filter *f, uint32_t audit_arch)
{
	const struct seccomp_data call = { .arch = audit_arch }, nowhere = { 0 };
	uint16_t *pcs = arena_array(a, f->n, sizeof(*pcs));
	size_t n;

	if (filter_run(f, &call, pcs, &n) != filter_run(f, &nowhere, NULL, NULL))
		return true;
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *in = &f->insns[pcs[i]];

		if (in->code == (BPF_LD | BPF_W | BPF_ABS) &&
		    in->k != offsetof(struct seccomp_data, arch))
			return true;
	}
	return false;
}

static bool side_knows(struct arena *a, const struct policy_side *s, enum arch arch)
{
	if (s->policy == NULL)
		return filter_knows(a, s->filter, arch_audit(arch));
	for (size_t i = 0; i < s->policy->targets_n; i++)
		if (s->policy->targets[i] == arch)
			return true;
	return false;
}

static enum policy_relation relation_of(bool tighter, bool looser)
{
	if (tighter && looser)
		return POLICY_INCOMPARABLE;
	return tighter ? POLICY_TIGHTER : looser ? POLICY_LOOSER : POLICY_SAME;
}

struct report {
	void (*found)(void *ctx, const struct policy_difference *d);
	void *ctx;
	bool tighter, looser;
};

static void tell(struct report *r, const struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct policy_difference d = l->v[i];
		const unsigned left = rank_of(d.left), right = rank_of(d.right);

		r->tighter |= !d.hole && right < left;
		r->looser |= !d.hole && right > left;
		d.left = action_of(d.left);
		d.right = action_of(d.right);
		if (r->found != NULL)
			r->found(r->ctx, &d);
	}
}

static int diff_arch(struct cells *c, enum arch arch, struct report *r, struct err *e)
{
	struct list l = { .arena = c->arena };

	c->ctx = &l;
	if (cells_of_arch(c, arch, e) < 0)
		return -1;
	if (c->pairwise)
		return fail(e, ERR_POLICY,
			    "seccomp diff: at most %d kinds of calls of one number on %s: more",
			    VERIFY_CELLS, arch_name(arch));
	sort_and_merge(&l);
	tell(r, &l);
	return 0;
}

int policy_diff(struct arena *a, const struct policy_side *left,
		const struct policy_side *right,
		void (*found)(void *ctx, const struct policy_difference *d), void *ctx,
		enum policy_relation *relation, struct err *e)
{
	const struct policy_side *const sides[] = { left, right };
	const bool coded = left->policy != NULL && right->policy != NULL;
	struct cells *c = arena_new(a, struct cells);
	struct report r = { .found = found, .ctx = ctx };

	*c = (struct cells){ .arena = a, .visit = add, .blame = ERR_POLICY };
	for (size_t i = 0; i < COUNT(sides); i++) {
		if (sides[i]->policy == NULL && filter_check(sides[i]->filter, e) < 0)
			return -1;
		c->sides[i] =
			(struct side){ .policy = sides[i]->policy, .filter = sides[i]->filter };
		if (coded)
			c->sides[i].answers = codes_of(a, sides[i]->policy);
	}
	cells_open(c);
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if ((side_knows(a, left, arch) || side_knows(a, right, arch)) &&
		    diff_arch(c, arch, &r, e) < 0)
			return -1;
	*relation = relation_of(r.tighter, r.looser);
	return 0;
}
