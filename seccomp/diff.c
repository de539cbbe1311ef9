/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides as functions of a call's bits. Equal functions are one graph, so most numbers are
 * done at a glance; of the others, the calls that get this answer from the left side and that
 * one from the right are a function again, and its first call is the witness. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/behave.h"
#include "seccomp/side.h"

#define NEVER_A_CALL 0x80000000u /* negative numbers */
#define KINDS_MAX    1024        /* functions of numbers beyond the table */

static const struct bdd_field arch_field = { BDD_ARCH, 32 }, nr_field = { BDD_NR, 32 };

/* One of the two. */
struct party {
	const struct policy *policy; /* or NULL: a program */
	struct behaviour b;
	bdd whole; /* of a program */
	/* of the architecture at hand: a function of number and arguments; a policy's is right
	 * for numbers beyond the table only */
	bdd here;
};

struct comparison {
	struct arena *arena;
	struct party *left, *right;
	struct behaviour *b; /* the right one's: the later one has the graphs of both */
	bool audits;         /* their kinds count: both are policies */
	/* the differences of one architecture */
	enum arch arch;
	struct policy_difference *v;
	size_t n, room;
	/* what comes out */
	void (*found)(void *ctx, const struct policy_difference *d);
	void *ctx;
	bool tighter, looser;
};

/* ---- what a side says ---- */

static bdd is_number(struct bdds *b, uint32_t nr)
{
	return bdd_mask(b, nr_field, UINT32_MAX, nr);
}

/* Numbers beyond the table: calls of arm, numbers that rules list, x32's, and the rest. */
static bdd beyond_of(struct comparison *c, const struct party *s)
{
	struct bdds *d = &c->b->bdds;
	const uint32_t last = sc_last(c->arch);
	bdd f = s->b.unknown;

	for (int id = 0; id < SC_N; id++)
		if (sc_number(id, c->arch) > (int)last)
			f = bdd_if(d, is_number(d, (uint32_t)sc_number(id, c->arch)),
				   s->b.calls[c->arch][id], f);
	for (size_t i = 0; i < s->b.nrs_n; i++)
		if (s->b.nrs[i].arch == c->arch && s->b.nrs[i].nr > last)
			f = bdd_if(d, is_number(d, s->b.nrs[i].nr), s->b.nrs[i].f, f);
	if (c->arch != ARCH_X86_64)
		return f;
	return bdd_if(d, bdd_range(d, nr_field, X32_BIT, UINT32_MAX),
		      behave_leaf(c->b,
				  &(struct fallback){ .action = SECCOMP_RET_ERRNO | ENOSYS }),
		      f);
}

static bdd program_of(struct bdds *b, const struct party *s, enum arch arch)
{
	const bdd f = bdd_at(b, s->whole, arch_field, arch_audit(arch));

	return arch_is_64(arch) ? f : behave_cut(b, f);
}

static bdd here_of(struct comparison *c, const struct party *s)
{
	if (s->policy == NULL)
		return program_of(&c->b->bdds, s, c->arch);
	if (!policy_targets(s->policy, c->arch))
		return behave_leaf(c->b, &(struct fallback){ .action = s->b.bad_arch });
	return beyond_of(c, s);
}

/* A number up to the table's last. */
static bdd at_number(struct comparison *c, const struct party *s, uint32_t nr)
{
	const int id = sc_by_number(c->arch, nr);

	if (s->policy == NULL)
		return bdd_at(&c->b->bdds, s->here, nr_field, nr);
	if (!policy_targets(s->policy, c->arch))
		return s->here;
	return id >= 0 ? s->b.calls[c->arch][id] : behave_number(&s->b, c->arch, nr);
}

/* A program knows an architecture when it looks further than at it, or answers otherwise than
 * to one that does not exist. */
static bool knows(struct comparison *c, const struct party *s, enum arch arch)
{
	struct bdds *b = &c->b->bdds;
	bdd f;

	if (s->policy != NULL)
		return policy_targets(s->policy, arch);
	f = program_of(b, s, arch);
	return !bdd_is_leaf(b, f) || f != bdd_at(b, s->whole, arch_field, 0);
}

static bool is_about(struct comparison *c, enum arch arch)
{
	bool any = false;

	if (knows(c, c->left, arch) || knows(c, c->right, arch))
		return true;
	for (enum arch other = 0; other < ARCH_N; other++)
		any |= knows(c, c->left, other) || knows(c, c->right, other);
	/* two programs that ask nothing */
	return !any && arch == (arch_own() != ARCH_N ? arch_own() : ARCH_X86_64);
}

/* ---- differences ---- */

static bool same_answer(const struct comparison *c, bdd x, bdd y)
{
	const struct fallback *l = behave_answer(c->b, x), *r = behave_answer(c->b, y);

	return l->action == r->action &&
	       (!c->audits || (l->audit == r->audit && l->audit_errno == r->audit_errno));
}

/* In a hole of the tables a policy may give the answer to unknown calls or the default. */
static bdd also(const struct party *s, bdd leaf, bool hole)
{
	return hole && s->policy != NULL && leaf == s->b.unknown ? s->b.normal : leaf;
}

static bool agree(const struct comparison *c, bdd x, bdd y, bool hole)
{
	const bdd l = also(c->left, x, hole), r = also(c->right, y, hole);

	return same_answer(c, x, y) || same_answer(c, x, r) || same_answer(c, l, y) ||
	       same_answer(c, l, r);
}

static void add(struct comparison *c, const struct policy_difference *d)
{
	if (c->n == c->room) {
		struct policy_difference *v;

		c->room = c->room * 2 + 64;
		v = arena_array(c->arena, c->room, sizeof(*v));
		if (c->n > 0)
			memcpy(v, c->v, c->n * sizeof(*v));
		c->v = v;
	}
	c->v[c->n++] = *d;
}

/* Nothing set above the bits of an argument that the kernel looks at. */
static bdd seen_whole(struct bdds *b, enum arch arch, int id)
{
	bdd f = BDD_TRUE;

	for (unsigned i = 0; i < 6 && id >= 0; i++) {
		const unsigned bits = sc_arg(id, arch, i).bits;

		if (bits > 0 && bits <= 32)
			f = bdd_and(b, f, bdd_mask(b, bdd_arg(i), UINT64_MAX << bits, 0));
	}
	return f;
}

/* The first call of those. */
static void pick(const struct bdds *b, bdd calls, struct seccomp_data *out)
{
	while (calls > BDD_TRUE) {
		const struct bdd_node *n = &b->v[calls];
		const uint32_t i = n->bit - BDD_ARGS;
		const uint64_t one = UINT64_C(1) << (BDD_WIDE - 1 - i % BDD_WIDE);

		calls = n->no != BDD_FALSE ? n->no : n->yes;
		if (calls == n->no)
			continue;
		if (n->bit >= BDD_IP)
			out->instruction_pointer |= one;
		else
			out->args[i / BDD_WIDE] |= one;
	}
}

/* The calls of one number that get x from the left side and y from the right. */
static void add_kind(struct comparison *c, uint32_t nr, bdd calls, bdd x, bdd y)
{
	struct bdds *b = &c->b->bdds;
	const bdd seen = bdd_and(b, calls, seen_whole(b, c->arch, sc_by_number(c->arch, nr)));
	const struct fallback *l = behave_answer(c->b, x), *r = behave_answer(c->b, y);
	const unsigned left = policy_action_rank(l->action, l->audit);
	const unsigned right = policy_action_rank(r->action, r->audit);
	struct policy_difference d = {
		.call = { .nr = (int)nr, .arch = arch_audit(c->arch) },
		.left = l->action,
		.right = r->action,
		.high_bits = seen == BDD_FALSE,
	};

	pick(b, d.high_bits ? calls : seen, &d.call);
	d.hole = call_is_hole(&d.call) || nr >= NEVER_A_CALL;
	if (agree(c, x, y, call_is_hole(&d.call)))
		return;
	c->tighter |= !d.hole && right < left;
	c->looser |= !d.hole && right > left;
	add(c, &d);
}

static size_t answers_of(struct comparison *c, bdd f, bdd **out)
{
	const size_t max = c->b->answers_n;
	int n;

	*out = arena_array(c->arena, max, sizeof(**out));
	n = bdd_left(&c->b->bdds, f, BDD_BITS, *out, max);
	return n > 0 ? (size_t)n : 0;
}

static void compare_number(struct comparison *c, uint32_t nr, bdd f, bdd g)
{
	struct bdds *b = &c->b->bdds;
	size_t left_n, right_n;
	bdd *left, *right;

	if (f == g)
		return;
	left_n = answers_of(c, f, &left);
	right_n = answers_of(c, g, &right);
	for (size_t i = 0; i < left_n && !b->over; i++) {
		const bdd from = bdd_where(b, f, BDD_BITS, left[i]);

		for (size_t k = 0; k < right_n && !b->over; k++) {
			const bdd both = bdd_and(b, from, bdd_where(b, g, BDD_BITS, right[k]));

			if (both != BDD_FALSE)
				add_kind(c, nr, both, left[i], right[k]);
		}
	}
}

/* ---- numbers beyond the table ---- */

/* One of them by itself, which is taken out of the others. */
static void compare_one_beyond(struct comparison *c, uint32_t nr, bdd *others)
{
	struct bdds *b = &c->b->bdds;

	if (bdd_at(b, *others, nr_field, nr) == BDD_FALSE)
		return;
	*others = bdd_and(b, *others, bdd_not(b, is_number(b, nr)));
	compare_number(c, nr, bdd_at(b, c->left->here, nr_field, nr),
		       bdd_at(b, c->right->here, nr_field, nr));
}

/* Those that have a name, or that a rule is about. */
static void compare_known_beyond(struct comparison *c, bdd *others)
{
	const struct behaviour *const sides[] = { &c->left->b, &c->right->b };

	for (int id = 0; id < SC_N; id++)
		if (sc_number(id, c->arch) >= 0)
			compare_one_beyond(c, (uint32_t)sc_number(id, c->arch), others);
	for (size_t k = 0; k < COUNT(sides); k++)
		for (size_t i = 0; i < sides[k]->nrs_n; i++)
			if (sides[k]->nrs[i].arch == c->arch)
				compare_one_beyond(c, sides[k]->nrs[i].nr, others);
}

/* The first of the others that are f to the left side and g to the right. */
static void compare_kind_beyond(struct comparison *c, bdd others, bdd f, bdd g)
{
	struct bdds *b = &c->b->bdds;
	const bdd left = bdd_and(b, others, bdd_where(b, c->left->here, BDD_ARGS, f));
	const bdd both = bdd_and(b, left, bdd_where(b, c->right->here, BDD_ARGS, g));
	struct bdd_span first;

	if (both == BDD_FALSE)
		return;
	(void)bdd_spans(b, both, nr_field, &first, 1);
	compare_number(c, (uint32_t)first.lo, f, g);
}

static int kinds_of(struct comparison *c, const struct party *s, bdd numbers, bdd *out)
{
	struct bdds *b = &c->b->bdds;

	return bdd_left(b, bdd_if(b, numbers, s->here, BDD_FALSE), BDD_ARGS, out, KINDS_MAX);
}

/* The known ones, and of the rest one of each kind that the two make of them together. */
static int compare_beyond(struct comparison *c, struct err *e)
{
	struct bdds *b = &c->b->bdds;
	bdd others = bdd_range(b, nr_field, (uint64_t)sc_last(c->arch) + 1, UINT32_MAX);
	bdd left[KINDS_MAX], right[KINDS_MAX];
	int left_n, right_n;

	compare_known_beyond(c, &others);
	left_n = kinds_of(c, c->left, others, left);
	right_n = kinds_of(c, c->right, others, right);
	if (left_n < 0 || right_n < 0)
		return fail(e, ERR_POLICY,
			    "seccomp diff: at most %d kinds of numbers beyond the table of %s: "
			    "found more",
			    KINDS_MAX, arch_name(c->arch));
	for (int i = 0; i < left_n; i++)
		for (int k = 0; k < right_n && !b->over; k++)
			if (left[i] != right[k] && left[i] != BDD_FALSE &&
			    right[k] != BDD_FALSE)
				compare_kind_beyond(c, others, left[i], right[k]);
	return 0;
}

static int by_call(const void *one, const void *other)
{
	const struct policy_difference *a = one, *b = other;
	const uint64_t keys[2][2] = {
		{ (uint32_t)a->call.nr, (uint64_t)a->left << 32 | a->right },
		{ (uint32_t)b->call.nr, (uint64_t)b->left << 32 | b->right },
	};

	if (keys[0][0] != keys[1][0])
		return keys[0][0] < keys[1][0] ? -1 : 1;
	return keys[0][1] == keys[1][1] ? 0 : keys[0][1] < keys[1][1] ? -1 : 1;
}

static int compare_arch(struct comparison *c, enum arch arch, struct err *e)
{
	c->arch = arch;
	c->n = 0;
	c->left->here = here_of(c, c->left);
	c->right->here = here_of(c, c->right);
	for (uint32_t nr = 0; nr <= sc_last(arch); nr++)
		compare_number(c, nr, at_number(c, c->left, nr), at_number(c, c->right, nr));
	if (compare_beyond(c, e) < 0 || behave_check(c->b, e) < 0)
		return -1;
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_call);
	for (size_t i = 0; i < c->n && c->found != NULL; i++)
		c->found(c->ctx, &c->v[i]);
	return 0;
}

/* ---- the two ---- */

static int read_side(struct arena *a, const struct policy_side *s, const struct party *before,
		     struct party *out, struct err *e)
{
	const struct behaviour *like = before != NULL ? &before->b : NULL;

	out->policy = s->policy;
	if (s->policy != NULL)
		return behave_policy(a, s->policy, like, &out->b, e);
	if (filter_check(s->filter, e) < 0)
		return -1;
	behave_open(a, like, &out->b);
	return behave_run(&out->b, s->filter, &out->whole, e);
}

static enum policy_relation relation_of(bool tighter, bool looser)
{
	if (tighter && looser)
		return POLICY_INCOMPARABLE;
	return tighter ? POLICY_TIGHTER : looser ? POLICY_LOOSER : POLICY_SAME;
}

int policy_diff(struct arena *a, const struct policy_side *left,
		const struct policy_side *right,
		void (*found)(void *ctx, const struct policy_difference *d), void *ctx,
		enum policy_relation *relation, struct err *e)
{
	struct party *sides = arena_array(a, 2, sizeof(*sides));
	struct comparison c = { .arena = a,
				.left = &sides[0],
				.right = &sides[1],
				.b = &sides[1].b,
				.audits = left->policy != NULL && right->policy != NULL,
				.found = found,
				.ctx = ctx };

	if (read_side(a, left, NULL, c.left, e) < 0 ||
	    read_side(a, right, c.left, c.right, e) < 0)
		return -1;
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (is_about(&c, arch) && compare_arch(&c, arch, e) < 0)
			return -1;
	*relation = relation_of(c.tighter, c.looser);
	return 0;
}
