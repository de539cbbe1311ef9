/* SPDX-License-Identifier: Apache-2.0 */
/* Names to groups: where most of a group was seen, and nothing dangerous would come with it. */
#include <string.h>

#include "base/str.h"
#include "seccomp/diag.h"
#include "seccomp/learn.h"

#define COVER_OF_5 4 /* at least four fifths of the group, */
#define FRESH_MIN  3 /* three calls that no other rule permits, */
#define MINUS_MAX  6 /* and not more exceptions */

/* What may not be permitted unseen. */
static const char *const dangers[] = { "@ns-escape", "@kernel-surface", "@privileged", NULL };
/* Not made for rules: all there is, or nothing that lives. */
static const char *const unfit[] = { "@known", "@obsolete", NULL };

static const struct sc_set *group_named(const char *name)
{
	return sc_group((size_t)sc_group_find(name, strlen(name)));
}

bool learn_dangerous(int id)
{
	for (size_t i = 0; dangers[i] != NULL; i++)
		if (sc_has(group_named(dangers[i]), id))
			return true;
	return false;
}

/* ---- --never ---- */

static const char *name_at(void *ctx, size_t i)
{
	(void)ctx;
	if (i < SC_GROUPS)
		return sc_group_name(i);
	return i - SC_GROUPS < SC_N ? sc_name((int)(i - SC_GROUPS)) : NULL;
}

int learn_never(const char *const *words, struct sc_set *out, struct err *e)
{
	for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
		const size_t len = strlen(words[i]);
		const int group = sc_group_find(words[i], len), id = sc_find(words[i], len);
		const char *near;

		if (group >= 0)
			for (size_t w = 0; w < SC_WORDS; w++)
				out->bits[w] |= sc_group((size_t)group)->bits[w];
		else if (id >= 0)
			sc_add(out, id);
		if (group >= 0 || id >= 0)
			continue;
		near = diag_nearest(words[i], len, name_at, NULL);
		(void)fail(e, ERR_USAGE, "--never: a group or a call: found \"%s\"", words[i]);
		return near != NULL ? hint(e, "did you mean %s?", near) : -1;
	}
	return 0;
}

/* ---- groups ---- */

bool learn_exists(const struct learn_plan *p, int id)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if ((p->archs >> arch & 1) != 0 && sc_number(id, arch) >= 0)
			return true;
	return false;
}

/* Its rule is one of its own: a condition, a deny. */
static bool stands_alone(const struct learn_plan *p, int id)
{
	return learn_is_short(id) || sc_has(&p->never, id) || str_eq(sc_name(id), "clone3");
}

/* False: it would bring what nobody may have unseen. */
static bool look_at_member(const struct learn_plan *p, int id, struct learn_group *g,
			   size_t *fresh, size_t *minus)
{
	const struct learn_sum *sum = &p->sums[id];

	g->members++;
	g->seen += sum->n > 0;
	if (sum->n == 0 && learn_dangerous(id))
		return false;
	if (stands_alone(p, id)) {
		sc_add(&g->minus, id);
		++*minus;
		return true;
	}
	if (sum->n == 0)
		sc_add(&g->unseen, id);
	else if (!sum->folded)
		++*fresh;
	if (__builtin_add_overflow(g->count, sum->count, &g->count))
		g->count = UINT64_MAX;
	return true;
}

/* How many calls the group would save; 0: it may not be used. */
static size_t worth(const struct learn_plan *p, size_t group, struct learn_group *g)
{
	size_t fresh = 0, minus = 0;

	*g = (struct learn_group){ .group = (int)group };
	if (str_in(sc_group_name(group), unfit))
		return 0;
	for (int id = 0; id < SC_N; id++)
		if (sc_has(sc_group(group), id) && learn_exists(p, id) &&
		    !look_at_member(p, id, g, &fresh, &minus))
			return 0;
	if (g->seen * 5 < g->members * COVER_OF_5 || minus > MINUS_MAX || fresh < FRESH_MIN)
		return 0;
	return fresh;
}

static void mark(struct learn_plan *p, const struct learn_group *g)
{
	for (int id = 0; id < SC_N; id++)
		if (sc_has(sc_group((size_t)g->group), id) && !sc_has(&g->minus, id))
			p->sums[id].folded = true;
}

size_t learn_fold(struct learn_plan *p, struct learn_group **out)
{
	struct learn_group *found = arena_array(p->a, SC_GROUPS, sizeof(*found));
	size_t n = 0;

	for (; n < SC_GROUPS; n++) {
		struct learn_group one;
		size_t best = 0;

		for (size_t g = 0; g < SC_GROUPS; g++) {
			const size_t fresh = worth(p, g, &one);

			if (fresh <= best)
				continue;
			best = fresh;
			found[n] = one;
		}
		if (best == 0)
			break;
		mark(p, &found[n]);
	}
	*out = found;
	return n;
}
