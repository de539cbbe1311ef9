/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/load.h"
#include "spec/bundle.h"

struct check_options {
	const char *config;
	bool plan, json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct check_options, config, "config", 'f', OPT_STRING, "FILE",
	    "look at this file, in place of the bundle's config.json"),
	OPT(struct check_options, plan, "plan", 0, OPT_FLAG, NULL,
	    "print what create would do on this host"),
	OPT(struct check_options, json, "json", 0, OPT_FLAG, NULL,
	    "print {\"errors\": [...], \"unknown\": [...], \"warnings\": [...]}"),
	OPT_END,
};
/* clang-format on */

struct report {
	struct arena *arena;
	struct complaints errors, unknown;
	const struct policy_diags *diags; /* of the filter's compiler */
};

static void see_unknown(void *ctx, const char *path)
{
	struct report *r = ctx;

	complain(&r->unknown, "%s", path);
}

/* What the compiler of the seccomp filter warns of, one after the other, from NULL to NULL;
 * errors are among the refusals already. */
static const char *next_warning(const struct report *r, const struct policy_diag **at)
{
	const struct policy_diag *d = *at != NULL ? (*at)->next : r->diags->first;

	while (d != NULL && d->level != POLICY_WARNING)
		d = d->next;
	*at = d;
	if (d == NULL)
		return NULL;
	return arena_printf(r->arena, "%s%s", d->at.file == NULL ? "linux.seccomp: " : "",
			    policy_diag_text(r->arena, d, false));
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

static struct json *array_of(struct arena *a, const struct complaints *list)
{
	struct json *array = json_array(a);

	for (const struct complaint *c = list->first; c != NULL; c = c->next)
		json_add(array, json_string(a, c->text));
	return array;
}

static void print_json(const struct report *r)
{
	struct json *o = json_object(r->arena), *warnings = json_array(r->arena);
	const struct policy_diag *at = NULL;
	const char *text;

	while ((text = next_warning(r, &at)) != NULL)
		json_add(warnings, json_string(r->arena, text));

	json_set(o, "errors", array_of(r->arena, &r->errors));
	json_set(o, "unknown", array_of(r->arena, &r->unknown));
	json_set(o, "warnings", warnings);
	(void)puts(json_print(r->arena, o, JSON_LINE, NULL));
}

static void print_text(const struct report *r, const char *file)
{
	const struct policy_diag *at = NULL;
	const char *text;

	for (const struct complaint *c = r->errors.first; c != NULL; c = c->next)
		(void)printf("%s: %s\n", file, c->text);
	for (const struct complaint *c = r->unknown.first; c != NULL; c = c->next)
		(void)printf("unknown property %s\n", c->text);
	while ((text = next_warning(r, &at)) != NULL)
		(void)printf("%s\n", text);
}

/* A plan of a spec that is half read would be refused for what is not in the document. */
static void judge(const struct call *c, struct loaded *l, bool of_host, struct report *r)
{
	struct plan_want want;

	load_spec(c->arena, l, &r->errors);
	json_unread(l->doc, see_unknown, r);
	if (r->errors.n > 0)
		return;
	want = want_of(l, cmd_cgroup_manager(&c->g));
	load_refusals(c->arena, l, &want, of_host, &r->errors);
	if (l->plan.policy.diags != NULL)
		r->diags = l->plan.policy.diags;
}

static const char *file_of(const struct check_options *o)
{
	return o->config != NULL ? o->config : BUNDLE_CONFIG;
}

/* What is wrong with the text is part of the report; that there is none is not. */
static int load(const struct call *c, struct loaded *l, struct report *r, struct err *e)
{
	const char *bundle = c->args_n > 0 ? c->args[0] : ".";
	const struct check_options *o = c->options;
	const char *text;
	struct err why = { 0 };

	l->file = file_of(o);
	if (load_config(c->arena, c->arena, bundle, l, &why) == 0) {
		judge(c, l, o->plan, r);
		return 0;
	}
	if (why.kind != ERR_SPEC) {
		*e = why;
		return -1;
	}
	text = str_after(why.text, arena_printf(c->arena, "%s: ", file_of(o)));
	complain(&r->errors, "%s", text != NULL ? text : why.text);
	return 0;
}

static int check_main(const struct call *c, struct err *e)
{
	const struct check_options *o = c->options;
	const struct policy_diags none = { .arena = c->arena };
	struct report r = { .arena = c->arena,
			    .errors = { .arena = c->arena },
			    .unknown = { .arena = c->arena },
			    .diags = &none };
	struct loaded *l = arena_new(c->arena, struct loaded);

	if (load(c, l, &r, e) < 0)
		return -1;
	if (o->json)
		print_json(&r);
	else
		print_text(&r, file_of(o));
	if (o->plan && !o->json && r.errors.n == 0)
		(void)fputs(plan_text(c->arena, &l->plan), stdout);
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
