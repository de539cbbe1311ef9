/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "cmd/policy_tool.h"

#define DEFAULT_POLICY "container"

struct explain_options {
	struct tool_want want;
	bool json;
};

/* clang-format off */
static const struct opt options[] = {
	TOOL_JSON(struct explain_options),
	TOOL_WANT(struct explain_options),
	OPT_END,
};
/* clang-format on */

/* What is asked: a call, wholly or with all or some of its arguments. */
struct question {
	struct arena *arena;
	const struct tool_input *in;
	struct seccomp_data call;
	unsigned given; /* a bit for each argument; 0: the whole call */
};

/* What is answered. */
struct answer {
	uint32_t action; /* of the program */
	struct policy_decision d;
	const struct policy_answer *answers; /* all that may answer the call */
	size_t answers_n;
	bool cacheable;
	uint16_t *pcs;
	size_t pcs_n;
};

static bool is_all_the_same(const struct answer *a)
{
	for (size_t i = 1; i < a->answers_n; i++)
		if (a->answers[i].d.action != a->answers[0].d.action ||
		    a->answers[i].d.audit != a->answers[0].d.audit)
			return false;
	return true;
}

static void ask(const struct question *q, struct answer *out)
{
	const struct filter *f = &q->in->image.filter;

	out->pcs = arena_array(q->arena, f->n, sizeof(*out->pcs));
	out->action = filter_run(f, &q->call, out->pcs, &out->pcs_n);
	out->cacheable = filter_cacheable(f, q->call.arch, (uint32_t)q->call.nr);
	out->d = (struct policy_decision){ .action = out->action };
	if (q->in->policy == NULL)
		return;
	policy_decide(q->in->policy, &q->call, &out->d);
	out->answers_n = policy_answers(q->arena, q->in->policy, q->call.arch, q->call.nr,
					&out->answers);
}

/* ---- text ---- */

static const char *since_text(const struct question *q)
{
	const uint16_t since = syscall_since(q->call.arch, q->call.nr);

	if (syscall_name(q->call.arch, q->call.nr) == NULL)
		return "no call of that number is known";
	if (since == 0)
		return "Linux 2.6.39 or before";
	return arena_printf(q->arena, "Linux %s", tool_kernel_text(q->arena, since));
}

/* Blanks at both ends of a line of the source say nothing here. */
static const char *source_line(const struct question *q, const struct policy_place *at)
{
	const char *line = policy_find_line(&q->in->finder, at->file, at->line);
	char *copy;
	size_t n;

	if (line == NULL)
		return NULL;
	copy = arena_strdup(q->arena, line + strspn(line, " \t"));
	n = strlen(copy);
	while (n > 0 && strchr(" \t\r", copy[n - 1]) != NULL)
		copy[--n] = '\0';
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = *c == '\t' ? ' ' : '?';
	return copy;
}

static void print_origin(const struct question *q, const struct policy_decision *d)
{
	const char *place = tool_place(q->arena, &d->at);
	const char *line = source_line(q, &d->at);

	(void)printf("  by         %s%s%s\n", tool_whys(d->why), place[0] != '\0' ? ", " : "",
		     place);
	if (line != NULL)
		(void)printf("             %s\n", line);
	if (d->reason != NULL)
		(void)printf("  reason     %s\n", d->reason);
	if (d->also != d->action)
		(void)printf("  or         %s: a hole in the tables, where either will do\n",
			     policy_action_text(q->arena, d->also, POLICY_AUDIT_NONE, 0));
}

/* Its own trampolines call it; kernel/seccomp.c lets them pass before it runs a filter. */
static bool is_exempt(const struct question *q)
{
	const char *name = syscall_name(q->call.arch, q->call.nr);

	return q->call.arch == AUDIT_ARCH_X86_64 && name != NULL &&
	       (str_eq(name, "uretprobe") || str_eq(name, "uprobe"));
}

static const char *cache_text(const struct question *q, const struct answer *a)
{
	if (is_exempt(q))
		return "none: kernels that have the call ask no filter, whatever this one says";
	return a->cacheable ? "the kernel answers without running the program"
			    : "none: the program runs at each call";
}

static void print_facts(const struct question *q, const struct answer *a)
{
	if (a->answers_n > 0)
		(void)printf("  arguments  %s\n",
			     is_all_the_same(a) ? "make no difference" : "decide");
	(void)printf("  cache      %s\n", cache_text(q, a));
	(void)printf("  since      %s\n", since_text(q));
}

/* The lines of the listing that the call goes through. */
static void print_steps(const struct question *q, const struct answer *a)
{
	const struct policy_image *image = &q->in->image;
	char *rest = arena_strdup(q->arena, policy_listing(q->arena, image));
	size_t next = 0;

	(void)printf("  steps      %zu of %u instructions\n", a->pcs_n, image->filter.n);
	for (size_t pc = 0; rest != NULL && next < a->pcs_n; pc++) {
		const char *line = strsep(&rest, "\n");

		if (a->pcs[next] != pc)
			continue;
		(void)printf("    %s\n", line);
		next++;
	}
}

static void print_one(const struct question *q, const struct answer *a)
{
	(void)printf("%s: %s\n", policy_call_text(q->arena, &q->call),
		     tool_action(q->arena, &a->d));
	if (q->in->policy != NULL)
		print_origin(q, &a->d);
	print_facts(q, a);
	print_steps(q, a);
}

static const char *prototype(const struct question *q)
{
	const char *name = syscall_name(q->call.arch, q->call.nr);
	const char *arch = policy_arch_name(q->call.arch);
	const char *text =
		arena_printf(q->arena, "%s(",
			     name != NULL ? name
					  : arena_printf(q->arena, "%u", (uint32_t)q->call.nr));
	struct syscall_arg arg;

	for (unsigned i = 0; syscall_argument(q->call.arch, q->call.nr, i, &arg); i++)
		text = arena_printf(q->arena, "%s%s%s", text, i > 0 ? ", " : "", arg.name);
	return arena_printf(q->arena, "%s) @ %s, number %u", text,
			    arch != NULL ? arch : "a foreign architecture",
			    (uint32_t)q->call.nr);
}

static void print_answer(const struct question *q, const struct policy_answer *a)
{
	const char *place = tool_place(q->arena, &a->d.at);

	(void)printf("  %s", tool_action(q->arena, &a->d));
	if (a->when != NULL)
		(void)printf(" when %s", a->when);
	else if (a->d.why != POLICY_BY_RULE)
		(void)printf(": %s", tool_whys(a->d.why));
	(void)printf("%s%s%s\n", place[0] != '\0' ? "    # " : "", place,
		     a->d.reason != NULL ? arena_printf(q->arena, ": %s", a->d.reason) : "");
}

static void print_all(const struct question *q, const struct answer *a)
{
	(void)printf("%s\n", prototype(q));
	for (size_t i = 0; i < a->answers_n; i++)
		print_answer(q, &a->answers[i]);
	print_facts(q, a);
}

/* ---- JSON ---- */

static struct json *decision_json(const struct question *q, const struct policy_decision *d,
				  const char *when)
{
	static const char *const why[] = { [POLICY_BY_RULE] = "rule",
					   [POLICY_BY_DEFAULT] = "default",
					   [POLICY_BY_UNKNOWN] = "unknown",
					   [POLICY_BY_X32] = "x32",
					   [POLICY_BY_ARCH] = "arch" };
	struct json *o = json_object(q->arena);

	json_set(o, "action", json_string(q->arena, tool_action(q->arena, d)));
	json_set(o, "by", json_string(q->arena, why[d->why]));
	if (when != NULL)
		json_set(o, "when", json_string(q->arena, when));
	if (d->reason != NULL)
		json_set(o, "reason", json_string(q->arena, d->reason));
	if (d->at.file != NULL)
		json_set(o, "at", tool_place_json(q->arena, &d->at));
	return o;
}

static void print_json(const struct question *q, const struct answer *a)
{
	struct json *o = json_object(q->arena), *list = json_array(q->arena);
	const uint16_t since = syscall_since(q->call.arch, q->call.nr);

	json_set(o, "call", tool_call_json(q->arena, &q->call));
	json_set(o, "cacheable", json_bool(q->arena, a->cacheable));
	json_set(o, "exempt", json_bool(q->arena, is_exempt(q)));
	if (since != 0)
		json_set(o, "since", json_string(q->arena, tool_kernel_text(q->arena, since)));
	for (size_t i = 0; i < a->answers_n; i++)
		json_add(list, decision_json(q, &a->answers[i].d, a->answers[i].when));
	json_set(o, "answers", list);
	if (q->given != 0 || a->answers_n == 0) {
		list = json_array(q->arena);
		for (size_t i = 0; i < a->pcs_n; i++)
			json_add(list, json_uint(q->arena, a->pcs[i]));
		json_set(o, "steps", list);
		json_set(o, "decision",
			 q->in->policy != NULL
				 ? decision_json(q, &a->d, NULL)
				 : json_string(q->arena, tool_action(q->arena, &a->d)));
	}
	tool_print_json(q->arena, o);
}

/* ---- the command ---- */

/* "explain socket AF_ALG" is about the default policy, "explain x.policy socket" is not: the
 * first word is a call, or it is a policy. */
static bool begins_with_call(const struct call *c, uint32_t arch)
{
	struct seccomp_data ignored;
	struct err why = { 0 };
	unsigned given;

	return policy_call_parse(c->arena, arch, c->args, 1, &ignored, &given, &why) == 0;
}

static int read_question(const struct call *c, struct tool_input *in, struct question *q,
			 struct err *e)
{
	const struct explain_options *o = c->options;
	const uint32_t arch = tool_arch(&o->want);
	const size_t skip = begins_with_call(c, arch) ? 0 : 1;
	const char *policy = skip > 0 ? c->args[0] : DEFAULT_POLICY;

	if (c->args_n == skip)
		return policy_call_parse(c->arena, arch, c->args, 1, &q->call, &q->given, e);
	q->arena = c->arena;
	q->in = in;
	if (policy_call_parse(c->arena, arch, c->args + skip, c->args_n - skip, &q->call,
			      &q->given, e) < 0)
		return -1;
	return tool_load(c->arena, &o->want, policy, true, in, e);
}

static int explain_main(const struct call *c, struct err *e)
{
	const struct explain_options *o = c->options;
	struct tool_input in = { 0 };
	struct question q = { 0 };
	struct answer a = { 0 };

	if (read_question(c, &in, &q, e) < 0)
		return -1;
	ask(&q, &a);
	if (o->json)
		print_json(&q, &a);
	else if (q.given != 0 || a.answers_n <= 1)
		print_one(&q, &a);
	else
		print_all(&q, &a);
	return 0;
}

const struct command tool_explain = {
	.name = "policy explain",
	.args = "[POLICY] SYSCALL [ARGUMENT...]",
	.help = "say what a policy answers to a call, which line says so, and how",
	.options = options,
	.options_size = sizeof(struct explain_options),
	.args_min = 1,
	.args_max = 8,
	.run = explain_main,
};
