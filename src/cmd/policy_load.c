/* SPDX-License-Identifier: Apache-2.0 */
/* From a name on the command line to a policy and its program. */
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "cmd/policy_tool.h"

/* ---- options ---- */

/* "x86_64,i386" */
static int read_archs(struct arena *a, const char *list, const char *const **out, struct err *e)
{
	const char **names = arena_array(a, strlen(list) + 2, sizeof(*names));
	char *rest = arena_strdup(a, list);
	size_t n = 0;
	char *word;

	while ((word = strsep(&rest, ",")) != NULL) {
		if (policy_arch_number(word) == 0)
			return fail(e, ERR_USAGE,
				    "--arch: an architecture that has tables: found \"%s\"",
				    word);
		names[n++] = policy_arch_name(policy_arch_number(word));
	}
	*out = names;
	return 0;
}

static int check_params(const struct opt_strings *params, struct err *e)
{
	for (size_t i = 0; i < params->n; i++)
		if (strchr(params->v[i], '=') == NULL)
			return fail(e, ERR_USAGE, "--param: NAME=VALUE: found \"%s\"",
				    params->v[i]);
	return 0;
}

static int check_caps(const struct opt_strings *caps, struct err *e)
{
	for (size_t i = 0; i < caps->n; i++)
		if (str_after(caps->v[i], "CAP_") == NULL)
			return fail(e, ERR_USAGE,
				    "--cap: a name such as CAP_SYS_ADMIN: "
				    "found \"%s\"",
				    caps->v[i]);
	return 0;
}

static int make_env(struct arena *a, const struct tool_want *w, struct policy_finder *f,
		    struct policy_env *out, struct err *e)
{
	struct policy_env env = policy_find_env(f);

	env.caps = w->caps.v;
	env.params = w->params.v;
	if (w->kernel != NULL && (env.kernel = tool_kernel(w->kernel)) == 0)
		return fail(e, ERR_USAGE, "--kernel: a version such as 6.12: found \"%s\"",
			    w->kernel);
	if (w->arch != NULL && read_archs(a, w->arch, &env.archs, e) < 0)
		return -1;
	*out = env;
	return check_params(&w->params, e) < 0 ? -1 : check_caps(&w->caps, e);
}

uint32_t tool_arch(const struct tool_want *w)
{
	char first[32] = "";
	struct sbuf b = SBUF(first);
	uint32_t arch = 0;

	if (w->arch != NULL) {
		sbuf_add(&b, "%.*s", (int)strcspn(w->arch, ","), w->arch);
		arch = policy_arch_number(first);
	}
	if (arch == 0)
		arch = policy_arch_own();
	return arch != 0 ? arch : AUDIT_ARCH_X86_64;
}

/* ---- files ---- */

/* An instruction has zero bytes in it, text has none, and a policy does not begin with "{". */
static enum tool_kind kind_of(const struct policy_source *s)
{
	const size_t blank = strspn(s->text, " \t\r\n");

	if (memchr(s->text, '\0', s->len) != NULL)
		return INPUT_PROGRAM;
	return s->text[blank] == '{' ? INPUT_RULES : INPUT_POLICY;
}

int tool_open(struct arena *a, const struct tool_want *w, const char *name,
	      struct tool_input *out, struct err *e)
{
	out->name = name;
	out->finder.arena = a;
	out->diags.arena = a;
	if (make_env(a, w, &out->finder, &out->env, e) < 0)
		return -1;
	if (policy_find(&out->finder, name, &out->source, e) < 0) {
		if (e->kind == ERR_POLICY)
			e->kind = ERR_USAGE; /* no file, so nothing was found out about it */
		return -1;
	}
	out->kind = kind_of(&out->source);
	return 0;
}

int tool_parse(struct arena *a, const char *which, struct tool_input *in, struct err *e)
{
	struct err why = { 0 };

	if (policy_parse(a, &in->source, which, &in->env, &in->diags, &in->policy, &why) == 0)
		return 0;
	if (in->diags.errors > 0)
		return fail(e, ERR_POLICY, "%s: a policy without errors: found %zu", in->name,
			    in->diags.errors);
	*e = why;
	return -1;
}

int tool_parse_rules(struct arena *a, const struct tool_want *w, struct tool_input *in,
		     struct err *e)
{
	struct policy_rules rules;
	bool carried = false;

	if (tool_read_rules(a, w, &in->source, &rules, e) < 0)
		return -1;
	if (in->env.archs != NULL)
		rules.archs = in->env.archs;
	if (policy_from_rules(a, &rules, &in->diags, &carried, &in->policy, e) < 0)
		return -1;
	if (carried)
		return 0;
	(void)fail(e, ERR_HOST, "%s: architectures that have tables: found others", in->name);
	return hint(e, "--arch names one");
}

static int read_program(struct arena *a, struct tool_input *in, struct err *e)
{
	const size_t size = sizeof(struct sock_filter), n = in->source.len / size;
	struct sock_filter *insns = arena_array(a, n + 1, size);
	struct filter f = { .insns = insns, .n = (uint16_t)n };

	if (in->source.len % size != 0 || n == 0 || n > BPF_MAXINSNS)
		return fail(e, ERR_POLICY,
			    "%s: 1 to %d instructions of 8 bytes: found %zu bytes", in->name,
			    BPF_MAXINSNS, in->source.len);
	memcpy(insns, in->source.text, n * size);
	in->image.filter = f;
	return filter_check(&f, e);
}

static int load_policy(struct arena *a, const struct tool_want *w, struct tool_input *in,
		       struct err *e)
{
	const int rc = in->kind == INPUT_POLICY ? tool_parse(a, w->policy, in, e)
						: tool_parse_rules(a, w, in, e);

	if (rc < 0)
		tool_print_diags(stderr, &in->diags);
	return rc;
}

int tool_load(struct arena *a, const struct tool_want *w, const char *name, bool notes,
	      struct tool_input *out, struct err *e)
{
	const struct policy_options o = { .notes = notes };

	if (tool_open(a, w, name, out, e) < 0)
		return -1;
	if (out->kind == INPUT_PROGRAM)
		return read_program(a, out, e);
	if (load_policy(a, w, out, e) < 0)
		return -1;
	return policy_compile(a, out->policy, &o, &out->image, e);
}
