/* SPDX-License-Identifier: Apache-2.0 */
/* wording.h - functions and sets back to words of the language: what decompile.c makes
 * statements of. */
#pragma once
#include "seccomp/ast.h"
#include "seccomp/bdd.h"
#include "seccomp/table.h"

struct wording {
	struct arena *arena;
	struct bdds *bdds;
	int id; /* the call, for names of arguments and constants; -1: a number */
	const enum arch
		*archs; /* where the words shall hold; the first has the widest registers */
	size_t archs_n;
	size_t tests; /* written so far: there is an end to it */
};

/* The condition under which f is true; it is neither always so nor never. NULL: there is no
 * end to it. */
const struct ast_expr *wording_condition(struct wording *w, bdd f);
/* How much there is to read. */
size_t wording_cost(const struct ast_expr *x);

/* Equal words for both calls, as far as f looks at their arguments? */
bool wording_alike(const struct wording *w, int one, int other, bdd f);

/* The set, by groups where these fit, and by names. Of the groups' calls that are not in the
 * set those that are in `open' are taken away again; `all' is what there is. */
const struct ast_set *wording_set(struct arena *a, const struct sc_set *set,
				  const struct sc_set *open, const struct sc_set *all);

const struct ast_const *wording_number(struct arena *a, uint64_t value);
const struct ast_const *wording_name(struct arena *a, const char *name);
