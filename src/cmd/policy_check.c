/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_tool.h"

struct check_options {
	struct tool_want want;
	bool werror, json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct check_options, werror, "werror", 0, OPT_FLAG, NULL,
	    "warnings make the command fail, too"),
	TOOL_JSON(struct check_options),
	TOOL_WANT(struct check_options),
	OPT_END,
};
/* clang-format on */

struct checked {
	struct arena *arena;
	struct json *names;
};

/* The rules of a policy are right: do they say what was expected, and make a program? */
static int check_policy(void *ctx, struct tool_input *in, struct err *e)
{
	const struct checked *c = ctx;
	const struct policy_options o = { .no_verify = false };
	struct err why = { 0 };

	json_add(c->names, json_string(c->arena, policy_name(in->policy)));
	policy_lint(in->policy, &in->diags);
	(void)policy_test(in->policy, &in->diags);
	if (policy_compile(c->arena, in->policy, &o, &in->image, &why) == 0)
		return 0;
	if (why.kind == ERR_POLICY) {
		tool_add_err(&in->diags, in->name, &why);
		return 0;
	}
	*e = why;
	return -1;
}

static void print_counts(const struct policy_diags *all)
{
	if (all->errors + all->warnings > 0)
		(void)printf("%zu error%s, %zu warning%s\n", all->errors,
			     all->errors == 1 ? "" : "s", all->warnings,
			     all->warnings == 1 ? "" : "s");
}

static void print_report(const struct checked *checked, const struct policy_diags *all)
{
	struct json *o = json_object(checked->arena);

	json_set(o, "errors", json_uint(checked->arena, all->errors));
	json_set(o, "warnings", json_uint(checked->arena, all->warnings));
	json_set(o, "policies", checked->names);
	json_set(o, "diagnostics", tool_diags_json(all));
	tool_print_json(checked->arena, o);
}

static int check_main(const struct call *c, struct err *e)
{
	const struct check_options *o = c->options;
	struct policy_diags all = { .arena = c->arena };
	struct checked checked = { c->arena, json_array(c->arena) };
	const struct tool_visitor visitor = { check_policy, &checked };

	for (size_t i = 0; i < c->args_n; i++)
		if (tool_each(&visitor, &o->want, c->args[i], &all, e) < 0)
			return -1;
	if (o->json) {
		print_report(&checked, &all);
	} else {
		tool_print_diags(stdout, &all);
		print_counts(&all);
	}
	*c->exit_code = all.errors > 0 || (o->werror && all.warnings > 0) ? TOOL_NO : TOOL_YES;
	return 0;
}

const struct command tool_check = {
	.name = "policy check",
	.args = "POLICY...",
	.help = "say all that is wrong with policies, and what may not be meant",
	.options = options,
	.options_size = sizeof(struct check_options),
	.args_min = 1,
	.args_max = SIZE_MAX,
	.run = check_main,
};
