/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "seccomp/wording.h"

static int count(const struct sc_set *s)
{
	int n = 0;

	for (size_t i = 0; i < SC_WORDS; i++)
		n += __builtin_popcountll(s->bits[i]);
	return n;
}

/* x of which not y, and only z */
static struct sc_set but(const struct sc_set *x, const struct sc_set *y, const struct sc_set *z)
{
	struct sc_set out;

	for (size_t i = 0; i < SC_WORDS; i++)
		out.bits[i] = x->bits[i] & ~y->bits[i] & z->bits[i];
	return out;
}

static void join(struct sc_set *to, const struct sc_set *from)
{
	for (size_t i = 0; i < SC_WORDS; i++)
		to->bits[i] |= from->bits[i];
}

/* Groups that were taken, and what they bring. */
struct cover {
	const struct sc_set *set, *open, *all;
	struct sc_set in; /* of the groups, what is there */
	bool taken[SC_GROUPS];
};

/* Words saved by taking the group: each call that it brings is one, each that it brings too
 * much must be taken away by name. Most of it has to be meant. All calls (@known) would be no
 * choice of anybody. */
static int gain(const struct cover *c, size_t group)
{
	const struct sc_set *members = sc_group(group);
	const struct sc_set fresh = but(members, &c->in, c->set);
	const struct sc_set not_meant = but(members, c->set, c->all);
	const struct sc_set extra = but(&not_meant, &c->in, c->open);
	const struct sc_set meant = but(members, &not_meant, c->all);
	const int in = count(&fresh), out = count(&extra);

	if (c->taken[group] || in < 3 || out * 3 > in ||
	    count(&not_meant) * 3 > count(&meant) || str_eq(sc_group_name(group), "@known"))
		return 0;
	return in - 2 * out - 1;
}

static bool take_best(struct cover *c)
{
	size_t best = SC_GROUPS;
	int most = 1;
	struct sc_set members;

	for (size_t i = 0; i < SC_GROUPS; i++)
		if (gain(c, i) > most) {
			most = gain(c, i);
			best = i;
		}
	if (best == SC_GROUPS)
		return false;
	c->taken[best] = true;
	members = but(sc_group(best), &(struct sc_set){ 0 }, c->all);
	join(&c->in, &members);
	return true;
}

/* A group may be in others that were taken later. */
static void drop_needless(struct cover *c)
{
	for (size_t i = 0; i < SC_GROUPS; i++) {
		struct sc_set others = { 0 }, lost;

		if (!c->taken[i])
			continue;
		for (size_t k = 0; k < SC_GROUPS; k++)
			if (k != i && c->taken[k])
				join(&others, sc_group(k));
		lost = but(&c->in, &others, c->all);
		if (count(&lost) > 0)
			continue;
		c->taken[i] = false;
	}
}

/* ---- the tree ---- */

static const struct ast_set *leaf(struct arena *a, int kind, const char *name)
{
	struct ast_set *s = arena_new(a, struct ast_set);

	s->kind = kind;
	s->name = (struct ast_word){ .p = name, .len = strlen(name) };
	return s;
}

static const struct ast_set *joined(struct arena *a, int kind, const struct ast_set *left,
				    const struct ast_set *right)
{
	struct ast_set *s = arena_new(a, struct ast_set);

	if (left == NULL)
		return right;
	s->kind = kind;
	s->left = left;
	s->right = right;
	return s;
}

static const struct ast_set *add_names(struct arena *a, int kind, const struct ast_set *to,
				       const struct sc_set *set)
{
	for (int id = 0; id < SC_N; id++)
		if (sc_has(set, id))
			to = joined(a, kind, to, leaf(a, SET_NAME, sc_name(id)));
	return to;
}

const struct ast_set *wording_set(struct arena *a, const struct sc_set *set,
				  const struct sc_set *open, const struct sc_set *all)
{
	struct cover c = { .set = set, .open = open, .all = all };
	const struct ast_set *out = NULL;
	struct sc_set extra, rest;

	while (take_best(&c))
		;
	drop_needless(&c);
	for (size_t i = 0; i < SC_GROUPS; i++)
		if (c.taken[i])
			out = joined(a, SET_OR, out, leaf(a, SET_GROUP, sc_group_name(i)));
	extra = but(&c.in, set, open);
	rest = but(set, &c.in, set);
	out = add_names(a, SET_MINUS, out, &extra);
	return add_names(a, SET_OR, out, &rest);
}
