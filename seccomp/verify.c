/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/verify.h"

#include "seccomp/cells.h"

struct checked {
	struct arena *arena;
	const struct policy *p;
};

/* With all that a report needs, for this text is all that a report will hold. */
static int expect_equal(void *ctx, const struct cell *cell, struct err *e)
{
	const struct checked *c = ctx;

	if (cell_agrees(cell))
		return 0;
	return fail(e, ERR_BUG,
		    "seccomp program of %s: %s (architecture %#x, number %#x): %s: it answers "
		    "%s",
		    c->p->name[0] != '\0' ? c->p->name : "rules",
		    policy_call_text(c->arena, &cell->call), cell->call.arch,
		    (unsigned)cell->call.nr,
		    policy_action_text(c->arena, cell->answers[0].is, POLICY_AUDIT_NONE, 0),
		    policy_action_text(c->arena, cell->answers[1].is, POLICY_AUDIT_NONE, 0));
}

int verify_program(struct arena *a, const struct policy *p, const struct answers *an,
		   const struct filter *f, struct verified *out, struct err *e)
{
	struct checked checked = { a, p };
	struct cells *c = arena_new(a, struct cells);

	if (filter_check(f, e) < 0)
		return -1;
	*c = (struct cells){ .arena = a,
			     .sides = { { .policy = p, .answers = an }, { .filter = f } },
			     .visit = expect_equal,
			     .ctx = &checked };
	cells_open(c);
	for (size_t i = 0; i < p->targets_n; i++)
		if (cells_of_arch(c, p->targets[i], e) < 0)
			return -1;
	if (cells_elsewhere(c, p->targets, p->targets_n, e) < 0)
		return -1;
	*out = (struct verified){ .cells = c->n, .pairwise = c->pairwise };
	return 0;
}
