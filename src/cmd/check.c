/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/load.h"

struct check_options {
	bool plan, json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct check_options, plan, "plan", 0, OPT_FLAG, NULL,
	    "print what create would do on this host"),
	OPT(struct check_options, json, "json", 0, OPT_FLAG, NULL,
	    "print {\"errors\": [...], \"unknown\": [...]}"),
	OPT_END,
};
/* clang-format on */

struct report {
	struct arena *arena;
	struct complaints errors, unknown;
};

static void see_unknown(void *ctx, const char *path)
{
	struct report *r = ctx;

	complain(&r->unknown, "%s", path);
}

static void complain_err(struct report *r, const struct err *e)
{
	char text[sizeof(e->text) + 128];

	err_format(e, text, sizeof(text));
	complain(&r->errors, "%s", text);
}

/* The plan, and at its end, which is about the filter, the one line that differs each time. */
static const char *plan_text(struct arena *a, const struct plan *p)
{
	const char *text = plan_print(a, p);

	if (!p->has_filter)
		return text;
	return arena_printf(a, "%s  compiled in: %u us\n", text, p->policy.compile_us);
}

static struct plan_want want_of(const struct loaded *l, const char *manager)
{
	return (struct plan_want){
		.id = "check",
		.cgroup_manager = manager,
		.detach = true,
		.has_console_socket =
			l->spec.process.terminal, /* as an engine would call create */
	};
}

static const char *make_plan(struct loaded *l, const char *manager, struct report *r)
{
	struct plan_want want = want_of(l, manager);
	struct err why = { 0 };

	if (load_make_plan(r->arena, l, &want, &why) == 0)
		return plan_text(r->arena, &l->plan);
	complain_err(r, &why);
	return NULL;
}

static struct json *array_of(struct arena *a, const struct complaints *list)
{
	struct json *array = json_array(a);

	for (const struct complaint *c = list->first; c != NULL; c = c->next)
		json_add(array, json_string(a, c->text));
	return array;
}

static void print_json(const struct report *r)
{
	struct json *o = json_object(r->arena);

	json_set(o, "errors", array_of(r->arena, &r->errors));
	json_set(o, "unknown", array_of(r->arena, &r->unknown));
	(void)puts(json_print(r->arena, o, JSON_LINE, NULL));
}

static void print_text(const struct report *r)
{
	for (const struct complaint *c = r->errors.first; c != NULL; c = c->next)
		(void)printf("config.json: %s\n", c->text);
	for (const struct complaint *c = r->unknown.first; c != NULL; c = c->next)
		(void)printf("unknown property %s\n", c->text);
}

/* A plan of a spec that is half read would be refused for what is not in the document. */
static void judge(const struct call *c, struct loaded *l, bool of_host, struct report *r)
{
	struct plan_want want;

	load_spec(c->arena, l, &r->errors);
	json_unread(l->doc, see_unknown, r);
	want = want_of(l, cmd_cgroup_manager(&c->g));
	if (r->errors.n == 0)
		load_refusals(c->arena, l, &want, of_host, &r->errors);
}

/* What is wrong with the text is part of the report; that there is none is not. */
static int load(const struct call *c, struct loaded *l, struct report *r, struct err *e)
{
	const char *bundle = c->args_n > 0 ? c->args[0] : ".";
	const struct check_options *o = c->options;
	const char *text;
	struct err why = { 0 };

	if (load_config(c->arena, c->arena, bundle, l, &why) == 0) {
		judge(c, l, o->plan, r);
		return 0;
	}
	if (why.kind != ERR_SPEC) {
		*e = why;
		return -1;
	}
	text = str_after(why.text, "config.json: ");
	complain(&r->errors, "%s", text != NULL ? text : why.text);
	return 0;
}

static int check_main(const struct call *c, struct err *e)
{
	const struct check_options *o = c->options;
	struct report r = { .arena = c->arena,
			    .errors = { .arena = c->arena },
			    .unknown = { .arena = c->arena } };
	struct loaded *l = arena_new(c->arena, struct loaded);
	const char *plan = NULL;

	if (load(c, l, &r, e) < 0)
		return -1;
	if (o->plan && r.errors.n == 0)
		plan = make_plan(l, cmd_cgroup_manager(&c->g), &r);
	if (o->json)
		print_json(&r);
	else
		print_text(&r);
	if (plan != NULL && !o->json)
		(void)fputs(plan, stdout);
	*c->exit_code = r.errors.n > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return 0;
}

const struct command cmd_check = {
	.name = "check",
	.args = "[BUNDLE]",
	.help = "say all that is wrong with a bundle's config.json; touches nothing",
	.options = options,
	.options_size = sizeof(struct check_options),
	.args_max = 1,
	.run = check_main,
};
