/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "cmd/policy_tool.h"

struct diff_options {
	struct tool_want want;
	bool json, ignore_high_bits, ignore_holes;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct diff_options, ignore_high_bits, "ignore-high-bits", 0, OPT_FLAG, NULL,
	    "not where only bits differ that the kernel cuts off an argument"),
	OPT(struct diff_options, ignore_holes, "ignore-holes", 0, OPT_FLAG, NULL,
	    "not for numbers that are no system call"),
	TOOL_JSON(struct diff_options),
	TOOL_WANT(struct diff_options),
	OPT_END,
};
/* clang-format on */

struct differing {
	struct differing *next;
	struct policy_difference d;
	struct policy_decision left,
		right;           /* with the kind of audit, where there is a policy */
	enum policy_relation to; /* of the right one */
};

struct comparison {
	struct arena *arena;
	const struct diff_options *options;
	struct tool_input left, right;
	struct differing *first, *last;
	size_t n, ignored;
	bool tighter, looser, other; /* there are such differences */
};

static struct policy_decision decision(const struct tool_input *in,
				       const struct seccomp_data *call, uint32_t action)
{
	struct policy_decision d = { .action = action };

	if (in->policy != NULL)
		policy_decide(in->policy, call, &d);
	return d.action == action ? d : (struct policy_decision){ .action = action };
}

/* Two errnos are different, and neither is the tighter one. */
static enum policy_relation relation_of(const struct differing *one)
{
	const unsigned left = policy_action_rank(one->left.action, one->left.audit);
	const unsigned right = policy_action_rank(one->right.action, one->right.audit);

	if (left == right)
		return POLICY_INCOMPARABLE;
	return right < left ? POLICY_TIGHTER : POLICY_LOOSER;
}

static void found(void *ctx, const struct policy_difference *d)
{
	struct comparison *c = ctx;
	struct differing *one;

	if ((d->high_bits && c->options->ignore_high_bits) ||
	    (d->hole && c->options->ignore_holes)) {
		c->ignored++;
		return;
	}
	one = arena_new(c->arena, struct differing);
	one->d = *d;
	one->left = decision(&c->left, &d->call, d->left);
	one->right = decision(&c->right, &d->call, d->right);
	one->to = relation_of(one);
	if (c->last != NULL)
		c->last->next = one;
	else
		c->first = one;
	c->last = one;
	c->n++;
	c->tighter |= one->to == POLICY_TIGHTER;
	c->looser |= one->to == POLICY_LOOSER;
	c->other |= one->to == POLICY_INCOMPARABLE;
}

/* Of what was not ignored. */
static enum policy_relation relation(const struct comparison *c)
{
	if (c->n == 0)
		return POLICY_SAME;
	if (c->other || (c->tighter && c->looser))
		return POLICY_INCOMPARABLE;
	return c->tighter ? POLICY_TIGHTER : POLICY_LOOSER;
}

static const char *const relation_words[] = {
	[POLICY_SAME] = "same",
	[POLICY_TIGHTER] = "tighter",
	[POLICY_LOOSER] = "looser",
	[POLICY_INCOMPARABLE] = "different",
};

/* ---- text ---- */

static const char *call_name(struct arena *a, const struct seccomp_data *call)
{
	const char *name = syscall_name(call->arch, call->nr);

	return name != NULL ? name : arena_printf(a, "%u", (uint32_t)call->nr);
}

static const char *remark(const struct policy_difference *d)
{
	if (d->hole)
		return "  (no such call)";
	return d->high_bits ? "  (bits that the kernel cuts off)" : "";
}

/* A line for each call, below it what differs, with a witness. */
static void print_text(const struct comparison *c)
{
	const struct seccomp_data *last = NULL;

	for (const struct differing *one = c->first; one != NULL; one = one->next) {
		const struct seccomp_data *call = &one->d.call;

		if (last == NULL || last->arch != call->arch || last->nr != call->nr) {
			const char *arch = policy_arch_name(call->arch);

			(void)printf("%s @ %s\n", call_name(c->arena, call),
				     arch != NULL ? arch
						  : arena_printf(c->arena, "0x%x", call->arch));
		}
		last = call;
		(void)printf("  %-9s  %s -> %s  %s%s\n", relation_words[one->to],
			     tool_action(c->arena, &one->left),
			     tool_action(c->arena, &one->right),
			     policy_call_text(c->arena, call), remark(&one->d));
	}
}

static void print_verdict(const struct comparison *c)
{
	static const char *const texts[] = {
		[POLICY_SAME] = "answers as",
		[POLICY_TIGHTER] = "is tighter than",
		[POLICY_LOOSER] = "is looser than",
		[POLICY_INCOMPARABLE] = "is neither tighter nor looser than",
	};

	(void)printf("%s %s %s", c->right.name, texts[relation(c)], c->left.name);
	if (c->ignored > 0)
		(void)printf(", but for %zu difference%s ignored", c->ignored,
			     c->ignored == 1 ? "" : "s");
	(void)putchar('\n');
}

/* ---- JSON ---- */

static struct json *differing_json(struct arena *a, const struct differing *one)
{
	struct json *o = json_object(a);

	json_set(o, "call", tool_call_json(a, &one->d.call));
	json_set(o, "left", json_string(a, tool_action(a, &one->left)));
	json_set(o, "right", json_string(a, tool_action(a, &one->right)));
	json_set(o, "change", json_string(a, relation_words[one->to]));
	json_set(o, "hole", json_bool(a, one->d.hole));
	json_set(o, "highBits", json_bool(a, one->d.high_bits));
	return o;
}

static void print_json(const struct comparison *c)
{
	struct json *o = json_object(c->arena), *list = json_array(c->arena);

	for (const struct differing *one = c->first; one != NULL; one = one->next)
		json_add(list, differing_json(c->arena, one));
	json_set(o, "relation", json_string(c->arena, relation_words[relation(c)]));
	json_set(o, "ignored", json_uint(c->arena, c->ignored));
	json_set(o, "differences", list);
	tool_print_json(c->arena, o);
}

/* ---- the command ---- */

static struct policy_side side(const struct tool_input *in)
{
	return (struct policy_side){ .policy = in->policy, .filter = &in->image.filter };
}

static int diff_main(const struct call *c, struct err *e)
{
	const struct diff_options *o = c->options;
	struct comparison *all = arena_new(c->arena, struct comparison);
	enum policy_relation ignored;
	struct policy_side left, right;

	all->arena = c->arena;
	all->options = o;
	if (tool_load(c->arena, &o->want, c->args[0], false, &all->left, e) < 0 ||
	    tool_load(c->arena, &o->want, c->args[1], false, &all->right, e) < 0)
		return -1;
	left = side(&all->left);
	right = side(&all->right);
	if (policy_diff(c->arena, &left, &right, found, all, &ignored, e) < 0)
		return -1;
	if (o->json) {
		print_json(all);
	} else {
		print_text(all);
		print_verdict(all);
	}
	*c->exit_code = relation(all) == POLICY_SAME ? TOOL_YES : TOOL_NO;
	return 0;
}

const struct command tool_diff = {
	.name = "policy diff",
	.args = "LEFT RIGHT",
	.help = "compare two policies by what they answer, with calls that show it",
	.options = options,
	.options_size = sizeof(struct diff_options),
	.args_min = 2,
	.args_max = 2,
	.run = diff_main,
};
