/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "cmd/policy_lines.h"
#include "cmd/policy_tool.h"

struct learn_options {
	struct tool_want want;
	const char *name, *extends, *merge, *from, *output;
	struct opt_strings never;
	bool exact, json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct learn_options, extends, "extends", 0, OPT_STRING, "POLICY",
	    "extend that policy: only what it refuses is written"),
	OPT(struct learn_options, merge, "merge", 0, OPT_STRING, "FILE",
	    "print that policy with what it refuses added"),
	OPT(struct learn_options, never, "never", 0, OPT_STRINGS, "GROUP",
	    "refuse that group or call, though it was seen; may be repeated"),
	OPT(struct learn_options, name, "name", 0, OPT_STRING, "NAME",
	    "how the policy is called; by default learned"),
	OPT(struct learn_options, exact, "exact", 0, OPT_FLAG, NULL,
	    "what was seen and no groups"),
	OPT(struct learn_options, from, "from", 0, OPT_STRING, "PROGRAM",
	    "begin where this program is executed"),
	OPT(struct learn_options, output, "output", 'o', OPT_STRING, "FILE",
	    "write there, and not to stdout"),
	TOOL_JSON(struct learn_options),
	TOOL_WANT(struct learn_options),
	OPT_END,
};
/* clang-format on */

struct learning {
	struct arena *arena;
	const struct learn_options *options;
	struct policy_learned *learned;
	const struct policy_record_facts *read;
	struct tool_input base; /* of --extends and --merge */
	struct policy_learn_want want;
	struct policy_learn_facts facts;
	const char *text;
};

/* ---- reading ---- */

static void seen(void *ctx, const struct policy_seen *s)
{
	policy_learn_add(ctx, s);
}

/* x.99 before x.100: children are made after their parents, mostly. */
static int by_pid(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	const size_t m = strlen(x), n = strlen(y);

	if (m != n)
		return m < n ? -1 : 1;
	return strcmp(x, y);
}

static int read_records(const struct call *c, struct learning *l, struct err *e)
{
	const struct policy_record_want want = { .audit_arch = tool_arch(&l->options->want),
						 .from = l->options->from,
						 .seen = seen,
						 .ctx = l->learned };
	struct policy_record *r = policy_record_new(c->arena, &want);
	const char **files = arena_array(c->arena, c->args_n + 1, sizeof(char *));

	l->read = policy_record_facts(r);
	if (c->args_n == 0)
		return policy_read_lines(r, "-", e);
	memcpy(files, c->args, c->args_n * sizeof(char *));
	qsort(files, c->args_n, sizeof(char *), by_pid);
	for (size_t i = 0; i < c->args_n; i++)
		if (policy_read_lines(r, files[i], e) < 0)
			return -1;
	return 0;
}

static int check_found(const struct learning *l, struct err *e)
{
	if (l->read->calls > 0)
		return 0;
	(void)fail(e, ERR_POLICY,
		   "policy learn: calls that were seen: found none in %" PRIu64 " lines",
		   l->read->lines);
	if (l->read->waiting && l->options->from != NULL)
		return hint(e, "%s was never executed", l->options->from);
	if (l->read->waiting)
		return hint(e, "no program was executed in a root of its own; --from names it");
	return -1;
}

/* ---- the policy ---- */

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static int check_name(const char *name, struct err *e)
{
	bool good = is_word_char(name[0]) && !(name[0] >= '0' && name[0] <= '9');

	for (const char *c = name; *c != '\0' && good; c++)
		good = is_word_char(*c) || ((*c == '-' || *c == '.') && is_word_char(c[1]));
	if (good)
		return 0;
	(void)fail(e, ERR_USAGE, "--name: a name of a policy: found \"%s\"", name);
	return hint(e, "letters, digits, _; - and . between them");
}

static int load_base(struct learning *l, struct err *e)
{
	const struct learn_options *o = l->options;
	const char *name = o->extends != NULL ? o->extends : o->merge;

	if (tool_open(l->arena, &o->want, name, &l->base, e) < 0)
		return -1;
	if (l->base.kind != INPUT_POLICY)
		return fail(e, ERR_USAGE, "%s: the text of a policy: found another", name);
	if (tool_parse(l->arena, o->want.policy, &l->base, e) < 0) {
		tool_print_diags(stderr, &l->base.diags);
		return -1;
	}
	l->want.base = l->base.policy;
	return 0;
}

static int prepare(struct learning *l, struct err *e)
{
	const struct learn_options *o = l->options;

	if (o->extends != NULL && o->merge != NULL)
		return fail(e, ERR_USAGE,
			    "policy learn: one of --extends, --merge: found both");
	l->want = (struct policy_learn_want){ .name = o->name != NULL ? o->name : "learned",
					      .merge = o->merge != NULL,
					      .exact = o->exact,
					      .never = o->never.v };
	if (check_name(l->want.name, e) < 0)
		return -1;
	if (o->extends == NULL && o->merge == NULL) {
		l->base.finder.arena = l->arena;
		l->base.env = policy_find_env(&l->base.finder);
		return 0;
	}
	if (load_base(l, e) < 0)
		return -1;
	if (o->extends != NULL)
		l->want.extends = policy_name(l->base.policy);
	return 0;
}

/* The rules at the end of the policy in its own text, of which nothing else changes. */
static int merge(struct learning *l, struct err *e)
{
	const struct policy_source *src = &l->base.source;
	const char *name = policy_name(l->base.policy);
	unsigned lines[2];
	size_t end = 0;

	if (!policy_find_body(src, name, &end, lines))
		return fail(e, ERR_USAGE, "%s: the policy %s in the file itself: found none",
			    src->name, name);
	l->text = arena_printf(l->arena, "%.*s%s%s", (int)end, src->text, l->text,
			       src->text + end);
	return 0;
}

/* An installed policy is found by its name, any other by its path. */
static void include_base(struct learning *l)
{
	const char *path = l->options->extends;

	if (path != NULL && !policy_find_is_name(path))
		l->text = arena_printf(l->arena, "include \"%s\";\n%s", path, l->text);
}

static int check(struct learning *l, struct err *e)
{
	const struct learn_options *o = l->options;
	const char *name = l->want.merge ? policy_name(l->base.policy) : l->want.name;
	struct tool_input out = { .name = name, .env = l->base.env };
	const struct policy_options none = { 0 };

	out.env.ctx = &l->base.finder;
	out.source = (struct policy_source){ o->output != NULL ? o->output : name, l->text,
					     strlen(l->text) };
	out.diags.arena = l->arena;
	if (o->merge != NULL)
		out.source.name = l->base.source.name;
	if (tool_parse(l->arena, name, &out, e) < 0) {
		tool_print_diags(stderr, &out.diags);
		return -1;
	}
	if (policy_learn_check(l->arena, l->learned, &l->want, out.policy, e) < 0)
		return -1;
	return policy_compile(l->arena, out.policy, &none, &out.image, e);
}

static int make(struct learning *l, struct err *e)
{
	if (policy_learn_text(l->arena, l->learned, &l->want, &l->facts, &l->text, e) < 0)
		return -1;
	if (l->want.merge && merge(l, e) < 0)
		return -1;
	include_base(l);
	return check(l, e);
}

/* ---- telling ---- */

/* What the user should know before the policy is used. */
static void print_facts(const struct learning *l)
{
	const struct policy_record_facts *r = l->read;
	const struct {
		uint64_t n;
		const char *what, *first;
	} facts[] = {
		{ r->garbage, "lines that are no record", r->garbage_at },
		{ r->cut, "lines that were cut, as they are too long", NULL },
		{ r->nameless, "calls that the tables do not know", r->nameless_name },
		{ l->facts.foreign, "calls that no policy permits, of x32 or without tables",
		  NULL },
		{ l->facts.lost, "calls of too many numbers without a name, not permitted",
		  NULL },
		{ l->facts.whole, "calls permitted whole, as the record has not the arguments",
		  NULL },
		{ l->facts.overridden,
		  "rules against a rule of the policy itself: look at them", NULL },
		{ l->facts.refused, "calls that were seen and are refused, by --never", NULL },
	};

	for (size_t i = 0; i < COUNT(facts); i++)
		if (facts[i].n > 0)
			(void)fprintf(stderr, "caisson: learn: %s: %" PRIu64 "%s%s\n",
				      facts[i].what, facts[i].n,
				      facts[i].first != NULL ? ", the first: " : "",
				      facts[i].first != NULL ? facts[i].first : "");
}

static const char *json_text(const struct learning *l)
{
	struct arena *a = l->arena;
	const struct policy_record_facts *r = l->read;
	const struct {
		const char *key;
		uint64_t n;
	} facts[] = {
		{ "lines", r->lines },           { "calls", r->calls },
		{ "kinds", l->facts.kinds },     { "before", r->before },
		{ "garbage", r->garbage },       { "cut", r->cut },
		{ "nameless", r->nameless },     { "foreign", l->facts.foreign },
		{ "lost", l->facts.lost },       { "rules", l->facts.rules },
		{ "whole", l->facts.whole },     { "overridden", l->facts.overridden },
		{ "refused", l->facts.refused },
	};
	struct json *o = json_object(a);

	for (size_t i = 0; i < COUNT(facts); i++)
		json_set(o, facts[i].key, json_uint(a, facts[i].n));
	json_set(o, "policy", json_string(a, l->text));
	return arena_printf(a, "%s\n", json_print(a, o, JSON_CANONICAL, NULL));
}

static int write_text(const char *output, const char *text, struct err *e)
{
	if (output != NULL && !str_eq(output, "-"))
		return file_output_at(AT_FDCWD, output, text, strlen(text), 0644, e);
	(void)fputs(text, stdout);
	return 0;
}

static int learn_main(const struct call *c, struct err *e)
{
	const struct learn_options *o = c->options;
	struct learning *l = arena_new(c->arena, struct learning);

	l->arena = c->arena;
	l->options = o;
	if (prepare(l, e) < 0)
		return -1;
	l->learned = policy_learn_new(c->arena, l->want.base);
	if (read_records(c, l, e) < 0 || check_found(l, e) < 0 || make(l, e) < 0)
		return -1;
	print_facts(l);
	return write_text(o->output, o->json ? json_text(l) : l->text, e);
}

const struct command tool_learn = {
	.name = "policy learn",
	.args = "[RECORD...]",
	.help = "make a policy of what a program was seen to call",
	.options = options,
	.options_size = sizeof(struct learn_options),
	.args_min = 0,
	.args_max = SIZE_MAX,
	.run = learn_main,
};
