/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/digest.h"
#include "base/str.h"
#include "cmd/policy_tool.h"

struct decompile_options {
	struct tool_want want;
	bool json;
};

/* clang-format off */
static const struct opt options[] = {
	TOOL_JSON(struct decompile_options),
	TOOL_WANT(struct decompile_options),
	OPT_END,
};
/* clang-format on */

/* "default" of "/etc/profiles/default.json" */
static const char *stem(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	return arena_strndup(a, name, strcspn(name, "."));
}

static const char *name_of(struct arena *a, const struct tool_input *in)
{
	const char *name = in->policy != NULL ? policy_name(in->policy) : "";

	if (name[0] != '\0')
		return name;
	return str_eq(in->name, "-") ? "decompiled" : stem(a, in->name);
}

static const char *about(struct arena *a, const struct tool_input *in, const char *digest)
{
	static const char *const kinds[] = { [INPUT_POLICY] = "the policy",
					     [INPUT_RULES] = "the rules of",
					     [INPUT_PROGRAM] = "the program" };

	return arena_printf(a, "Made by caisson policy decompile of %s %s\nsha256:%s",
			    kinds[in->kind], in->name, digest);
}

static void print_json(struct arena *a, const struct tool_input *in, const char *digest,
		       const char *text)
{
	static const char *const kinds[] = {
		[INPUT_POLICY] = "policy", [INPUT_RULES] = "rules", [INPUT_PROGRAM] = "program"
	};
	struct json *o = json_object(a);

	json_set(o, "kind", json_string(a, kinds[in->kind]));
	json_set(o, "name", json_string(a, name_of(a, in)));
	json_set(o, "policy", json_string(a, text));
	json_set(o, "sha256", json_string(a, digest));
	tool_print_json(a, o);
}

static int decompile_main(const struct call *c, struct err *e)
{
	const struct decompile_options *o = c->options;
	struct tool_input in = { 0 };
	struct policy_side side;
	struct policy_origin from;
	char digest[DIGEST_HEX];
	const char *text;

	if (tool_load(c->arena, &o->want, c->args[0], false, &in, e) < 0)
		return -1;
	digest_hex(in.source.text, in.source.len, digest);
	side = (struct policy_side){ in.policy, &in.image.filter };
	from = (struct policy_origin){ name_of(c->arena, &in), about(c->arena, &in, digest),
				       in.env.archs };
	if (policy_decompile(c->arena, &side, &from, &text, e) < 0)
		return -1;
	if (o->json)
		print_json(c->arena, &in, digest, text);
	else
		(void)fputs(text, stdout);
	return 0;
}

const struct command tool_decompile = {
	.name = "policy decompile",
	.args = "POLICY",
	.help = "write a profile or a program as the text of a policy",
	.options = options,
	.options_size = sizeof(struct decompile_options),
	.args_min = 1,
	.args_max = 1,
	.run = decompile_main,
};
