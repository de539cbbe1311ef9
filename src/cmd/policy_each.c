/* SPDX-License-Identifier: Apache-2.0 */
/* All policies of a file, and all that is wrong with them, each thing once. */
#include "base/str.h"
#include "cmd/policy_tool.h"

static bool same_place(const struct policy_diag *a, const struct policy_diag *b)
{
	return a->level == b->level && str_eq(a->at.file, b->at.file) &&
	       a->at.line == b->at.line && a->at.column == b->at.column &&
	       str_eq(a->text, b->text);
}

/* The file is parsed once for each of its policies, and says again what is wrong outside. */
static bool was_said(const struct policy_diags *all, const struct policy_diag *d)
{
	for (const struct policy_diag *one = all->first; one != NULL; one = one->next)
		if (same_place(one, d))
			return true;
	return false;
}

static void add(struct policy_diags *all, const struct policy_diag *d)
{
	struct policy_diag *copy = arena_new(all->arena, struct policy_diag);

	*copy = *d;
	copy->next = NULL;
	if (all->last != NULL)
		all->last->next = copy;
	else
		all->first = copy;
	all->last = copy;
	all->errors += d->level == POLICY_ERROR;
	all->warnings += d->level == POLICY_WARNING;
}

/* A note goes where the one goes that it belongs to. */
static void merge(struct policy_diags *all, const struct policy_diags *more)
{
	bool keeps = true;

	for (const struct policy_diag *d = more->first; d != NULL; d = d->next) {
		if (d->level != POLICY_NOTE)
			keeps = !was_said(all, d);
		if (keeps)
			add(all, d);
	}
	all->dropped += more->dropped;
}

/* An error without a place, such as a program of too many instructions. */
void tool_add_err(struct policy_diags *all, const char *file, const struct err *e)
{
	struct policy_diag *d = arena_new(all->arena, struct policy_diag);
	char text[sizeof(e->text)];

	err_format(e, text, sizeof(text));
	d->level = POLICY_ERROR;
	d->code = err_code(e);
	d->at.file = file;
	d->text = arena_strdup(all->arena, text);
	d->hint = err_hint(e) != NULL ? arena_strdup(all->arena, err_hint(e)) : NULL;
	add(all, d);
}

struct each {
	struct arena *arena;
	const struct tool_visitor *visitor;
	struct policy_diags *all;
};

static int visit(const struct each *each, struct tool_input *in, struct err *e)
{
	const int rc = each->visitor->visit(each->visitor->ctx, in, e);

	merge(each->all, &in->diags);
	return rc;
}

/* -1 only for what is no policy's fault. */
static int refused(const struct each *each, const struct tool_input *in, const struct err *why,
		   struct err *e)
{
	merge(each->all, &in->diags);
	if (in->diags.errors > 0)
		return 0;
	if (why->kind == ERR_POLICY || why->kind == ERR_SPEC) {
		tool_add_err(each->all, in->name, why);
		return 0;
	}
	*e = *why;
	return -1;
}

/* The file is parsed once for each of its policies. */
static int one_policy(const struct each *each, const char *which, const struct tool_input *of,
		      struct err *e)
{
	struct tool_input in = *of;
	struct err why = { 0 };

	in.diags = (struct policy_diags){ .arena = each->arena };
	in.env.ctx = &in.finder;
	if (tool_parse(each->arena, which, &in, &why) < 0)
		return refused(each, &in, &why, e);
	return visit(each, &in, e);
}

static int all_policies(const struct each *each, const char *only, struct tool_input *in,
			struct err *e)
{
	const char *const *list;

	if (only != NULL)
		return one_policy(each, only, in, e);
	if (policy_names(each->arena, &in->source, &in->env, &in->diags, &list, e) < 0)
		return -1;
	merge(each->all, &in->diags);
	if (in->diags.errors > 0) /* half of a file would be wrong in other ways, too */
		return 0;
	if (list[0] == NULL)
		return one_policy(each, NULL, in, e);
	for (size_t i = 0; list[i] != NULL; i++)
		if (one_policy(each, list[i], in, e) < 0)
			return -1;
	return 0;
}

int tool_each(const struct tool_visitor *v, const struct tool_want *w, const char *name,
	      struct policy_diags *all, struct err *e)
{
	const struct each each = { all->arena, v, all };
	struct tool_input in = { 0 };
	struct err why = { 0 };

	if (tool_open(all->arena, w, name, &in, e) < 0)
		return -1;
	if (in.kind == INPUT_PROGRAM)
		return fail(e, ERR_USAGE, "%s: a policy: found instructions", name);
	if (in.kind == INPUT_POLICY)
		return all_policies(&each, w->policy, &in, e);
	if (tool_parse_rules(all->arena, w, &in, &why) < 0)
		return refused(&each, &in, &why, e);
	return visit(&each, &in, e);
}
