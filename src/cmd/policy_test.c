/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cmd/policy_live.h"
#include "cmd/policy_tool.h"

struct test_options {
	struct tool_want want;
	bool live, json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct test_options, live, "live", 0, OPT_FLAG, NULL,
	    "ask this kernel, too: each call is made in a child under the filter"),
	TOOL_JSON(struct test_options),
	TOOL_WANT(struct test_options),
	OPT_END,
};
/* clang-format on */

/* What came of one policy. */
struct tested {
	struct tested *next;
	const char *file, *name;
	size_t n, failed;
	size_t tried;           /* on the kernel */
	struct json *not_tried; /* calls */
};

struct tests {
	struct arena *arena;
	bool live;
	struct tested *first, *last;
};

/* An error at the place of the line, as those of the policy itself. */
static void complain_at(struct arena *a, struct tool_input *in, const struct policy_place *at,
			const char *text)
{
	struct policy_diag *d = arena_new(a, struct policy_diag);

	*d = (struct policy_diag){ .level = POLICY_ERROR,
				   .code = "live",
				   .at = *at,
				   .text = text,
				   .line = policy_find_line(&in->finder, at->file, at->line) };
	if (in->diags.last != NULL)
		in->diags.last->next = d;
	else
		in->diags.first = d;
	in->diags.last = d;
	in->diags.errors++;
}

static int try_one(struct tests *all, struct tested *t, struct tool_input *in,
		   const struct seccomp_data *call, const struct policy_decision *want,
		   struct err *e)
{
	struct arena *a = all->arena;
	const char *text = policy_call_text(a, call);
	const char *found;
	enum live live;

	if (live_try(a, &in->image.filter, call, want->action, &live, &found, e) < 0)
		return -1;
	if (live == LIVE_NOT_TRIED) {
		json_add(t->not_tried, json_string(a, text));
		return 0;
	}
	t->tried++;
	if (live == LIVE_OTHERWISE) {
		t->failed++;
		complain_at(a, in, &want->at,
			    arena_printf(a, "%s on this kernel: expected %s, found %s", text,
					 tool_action(a, want), found));
	}
	return 0;
}

static int try_all(struct tests *all, struct tested *t, struct tool_input *in, struct err *e)
{
	const struct policy_options o = { .no_verify = false };
	struct policy_decision want;
	struct seccomp_data call;

	if (policy_compile(all->arena, in->policy, &o, &in->image, e) < 0)
		return -1;
	for (size_t i = 0; policy_expect(in->policy, i, &call, &want); i++)
		if (try_one(all, t, in, &call, &want, e) < 0)
			return -1;
	return 0;
}

static int test_policy(void *ctx, struct tool_input *in, struct err *e)
{
	struct tests *all = ctx;
	struct tested *t = arena_new(all->arena, struct tested);
	const size_t before = in->diags.errors;

	t->file = in->name;
	t->name = policy_name(in->policy);
	t->not_tried = json_array(all->arena);
	t->n = policy_test(in->policy, &in->diags);
	t->failed = in->diags.errors - before;
	if (all->last != NULL)
		all->last->next = t;
	else
		all->first = t;
	all->last = t;
	return all->live && t->failed == 0 ? try_all(all, t, in, e) : 0;
}

static void print_tested(const struct tests *all, const struct tested *t)
{
	(void)printf("%s: %s: %zu of %zu expectation%s", t->file, t->name, t->n - t->failed,
		     t->n, t->n == 1 ? "" : "s");
	if (all->live)
		(void)printf(", %zu tried on this kernel", t->tried);
	(void)putchar('\n');
	for (const struct json *v = t->not_tried->first; v != NULL; v = v->next)
		(void)printf("  not tried: %s\n", v->text);
}

static struct json *tested_json(struct arena *a, const struct tested *t)
{
	struct json *o = json_object(a);

	json_set(o, "file", json_string(a, t->file));
	json_set(o, "policy", json_string(a, t->name));
	json_set(o, "expectations", json_uint(a, t->n));
	json_set(o, "failed", json_uint(a, t->failed));
	json_set(o, "tried", json_uint(a, t->tried));
	json_set(o, "notTried", t->not_tried);
	return o;
}

static void print_json(const struct tests *all, const struct policy_diags *diags)
{
	struct json *o = json_object(all->arena), *list = json_array(all->arena);

	for (const struct tested *t = all->first; t != NULL; t = t->next)
		json_add(list, tested_json(all->arena, t));
	json_set(o, "policies", list);
	json_set(o, "diagnostics", tool_diags_json(diags));
	tool_print_json(all->arena, o);
}

static int test_main(const struct call *c, struct err *e)
{
	const struct test_options *o = c->options;
	struct tests all = { .arena = c->arena, .live = o->live };
	struct policy_diags diags = { .arena = c->arena };
	const struct tool_visitor visitor = { test_policy, &all };

	for (size_t i = 0; i < c->args_n; i++)
		if (tool_each(&visitor, &o->want, c->args[i], &diags, e) < 0)
			return -1;
	if (o->json) {
		print_json(&all, &diags);
	} else {
		tool_print_diags(stdout, &diags);
		for (const struct tested *t = all.first; t != NULL; t = t->next)
			print_tested(&all, t);
	}
	*c->exit_code = diags.errors > 0 ? TOOL_NO : TOOL_YES;
	return 0;
}

const struct command tool_test = {
	.name = "policy test",
	.args = "POLICY...",
	.help = "check what the policies expect of themselves",
	.options = options,
	.options_size = sizeof(struct test_options),
	.args_min = 1,
	.args_max = SIZE_MAX,
	.run = test_main,
};
