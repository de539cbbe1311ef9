/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "cmd/policy_lines.h"
#include "cmd/policy_tool.h"

#define DEFAULT_POLICY "container"
#define PROOF          "caisson-why" /* a policy of its own, with the change */
#define KINDS          256

struct why_options {
	struct tool_want want;
	bool json;
};

/* clang-format off */
static const struct opt options[] = {
	TOOL_JSON(struct why_options),
	TOOL_WANT(struct why_options),
	OPT_END,
};
/* clang-format on */

struct asking {
	struct arena *arena;
	const struct why_options *options;
	struct tool_input in;
	struct policy_seen seen[KINDS]; /* each once */
	size_t n;
	uint64_t more;
	bool refused;
};

/* ---- reading ---- */

static bool same(const struct policy_seen *a, const struct policy_seen *b)
{
	return a->known == b->known && memcmp(&a->call, &b->call, sizeof(a->call)) == 0;
}

static void keep(void *ctx, const struct policy_seen *s)
{
	struct asking *q = ctx;

	for (size_t i = 0; i < q->n; i++)
		if (same(&q->seen[i], s)) {
			if (__builtin_add_overflow(q->seen[i].count, s->count,
						   &q->seen[i].count))
				q->seen[i].count = UINT64_MAX;
			return;
		}
	if (q->n == KINDS) {
		q->more++;
		return;
	}
	q->seen[q->n] = *s;
	if (s->program != NULL)
		q->seen[q->n].program = arena_strdup(q->arena, s->program);
	q->n++;
}

/* A policy is a name or a path, as a file of records is; a record has what neither has. */
static bool is_record(const char *word)
{
	return word[strspn(word, " \t")] == '{' || strchr(word, '(') != NULL ||
	       strstr(word, "syscall=") != NULL;
}

static int read_word(struct policy_record *r, const char *word, struct err *e)
{
	if (!is_record(word))
		return policy_read_lines(r, word, e);
	policy_record_begin(r, "the command line");
	policy_record_line(r, word, strlen(word));
	policy_record_end(r);
	return 0;
}

static int read_all(const struct call *c, struct asking *q, size_t skip, struct err *e)
{
	const struct policy_record_want want = {
		.audit_arch = tool_arch(&q->options->want), .all = true, .seen = keep, .ctx = q
	};
	struct policy_record *r = policy_record_new(c->arena, &want);
	const struct policy_record_facts *facts = policy_record_facts(r);

	if (c->args_n == skip && policy_read_lines(r, "-", e) < 0)
		return -1;
	for (size_t i = skip; i < c->args_n; i++)
		if (read_word(r, c->args[i], e) < 0)
			return -1;
	if (facts->nameless > 0 && q->n == 0)
		return fail(e, ERR_USAGE, "policy why: a call of the tables: found \"%s\"",
			    facts->nameless_name);
	if (q->n > 0)
		return 0;
	(void)fail(e, ERR_USAGE, "policy why: a record of a call: found none");
	return hint(e, "a line of the kernel's log with type=1326, of audit.log, of strace, or "
		       "of policy run --record");
}

/* ---- asking ---- */

static const char *forbidden_at(const struct asking *q, const struct policy_diags *d)
{
	for (const struct policy_diag *one = d->first; one != NULL; one = one->next)
		if (str_eq(one->code, "forbid"))
			return arena_strdup(q->arena, tool_place(d->arena, &one->at));
	return NULL;
}

/* The change as a policy above this one: is it one, and does it permit the call? Else
 * *forbidden is where it is forbidden, if it is. */
static bool is_proved(const struct asking *q, const struct policy_seen *s,
		      const struct policy_why_answer *why, const char **forbidden)
{
	autoarena struct arena a = { 0 };
	const char *allow = strstr(why->change, "allow ");
	const bool override = strstr(why->change, "override ") != NULL;
	const char *text = arena_printf(&a, "%.*s\npolicy " PROOF " extends %s { %.*s%s%s }\n",
					(int)q->in.source.len, q->in.source.text,
					policy_name(q->in.policy), (int)(allow - why->change),
					why->change, override ? "" : "override ", allow);
	const struct policy_source src = { q->in.source.name, text, strlen(text) };
	struct policy_diags diags = { .arena = &a };
	const struct policy *p = NULL;
	struct policy_decision d;
	struct err ignored = { 0 };

	if (policy_parse(&a, &src, PROOF, &q->in.env, &diags, &p, &ignored) < 0) {
		*forbidden = forbidden_at(q, &diags);
		return false;
	}
	policy_decide(p, &s->call, &d);
	return policy_action_rank(d.action, d.audit) >
	       policy_action_rank(why->d.action, why->d.audit);
}

static void ask(const struct asking *q, const struct policy_seen *s,
		struct policy_why_answer *out, const char **forbidden)
{
	const bool is_text = q->in.kind == INPUT_POLICY;

	policy_why(q->arena, q->in.policy, is_text ? &q->in.source : NULL, s, out);
	*forbidden = NULL;
	if (is_text && out->change != NULL && out->d.why != POLICY_BY_ARCH &&
	    !is_proved(q, s, out, forbidden))
		out->change = out->where = NULL;
}

/* ---- telling ---- */

static void print_line(const struct asking *q, const struct policy_place *at)
{
	const char *line =
		at->file != NULL ? policy_find_line(&q->in.finder, at->file, at->line) : NULL;

	if (line == NULL)
		return;
	(void)fputs("             ", stdout);
	for (line += strspn(line, " \t"); *line != '\0' && *line != '\r'; line++)
		(void)putchar((unsigned char)*line < ' ' || *line == 0x7f ? '?' : *line);
	(void)putchar('\n');
}

static void print_seen(const struct asking *q, const struct policy_seen *s)
{
	(void)printf("  seen       %" PRIu64 " time%s", s->count, s->count == 1 ? "" : "s");
	if (s->pid > 0)
		(void)printf(", process %d", s->pid);
	if (s->program != NULL)
		(void)printf(", %s", s->program);
	if (s->answered)
		(void)printf(", answered by %s",
			     policy_action_text(q->arena, s->action, POLICY_AUDIT_NONE, 0));
	(void)putchar('\n');
}

static const char *no_change(const struct asking *q, const struct policy_why_answer *why,
			     const char *forbidden)
{
	if (why->d.why == POLICY_BY_X32)
		return ": no policy permits calls of x32";
	if (why->d.why == POLICY_BY_ARCH)
		return ": there are no tables of it";
	if (forbidden != NULL)
		return arena_printf(q->arena, ": no rule can, while %s forbids it", forbidden);
	return "";
}

static void print_change(const struct asking *q, const struct policy_why_answer *why,
			 const char *forbidden)
{
	if (why->permitted) {
		(void)puts(
			"  change     none: this policy permits it; it was refused by another, "
			"by another version of it, or by the kernel itself");
		return;
	}
	if (why->change == NULL) {
		(void)printf("  change     none%s\n", no_change(q, why, forbidden));
	} else {
		(void)printf("  change     %s\n", why->change);
	}
	if (why->where != NULL)
		(void)printf("             %s\n", why->where);
	if (why->inherited && why->change != NULL)
		(void)puts("             `override', as the rule is not the policy's own");
	if (why->opens != NULL)
		(void)printf("  opens      %s\n", why->opens);
}

/* Arguments that nobody told are not shown as zeros. */
static const char *call_text(const struct asking *q, const struct policy_seen *s)
{
	const char *text = policy_call_text(q->arena, &s->call);
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');

	if (s->known != 0 || open == NULL || close == open + 1)
		return text;
	return arena_printf(q->arena, "%.*s(...)%s", (int)(open - text), text, close + 1);
}

static void print_one(const struct asking *q, const struct policy_seen *s,
		      const struct policy_why_answer *why, const char *forbidden)
{
	const char *place = tool_place(q->arena, &why->d.at);

	(void)printf("%s: %s\n", call_text(q, s), tool_action(q->arena, &why->d));
	print_seen(q, s);
	if (why->depends)
		(void)puts(
			"  arguments  decide, and the record does not have them all: another "
			"line may have answered");
	else if (s->known == 0)
		(void)puts("  arguments  not in the record");
	(void)printf("  by         %s%s%s\n", tool_whys(why->d.why),
		     place[0] != '\0' ? ", " : "", place);
	print_line(q, &why->d.at);
	if (why->d.reason != NULL)
		(void)printf("  reason     %s\n", why->d.reason);
	print_change(q, why, forbidden);
}

static void set_text(const struct asking *q, struct json *o, const char *key, const char *text)
{
	if (text != NULL)
		json_set(o, key, json_string(q->arena, text));
}

static struct json *one_json(const struct asking *q, const struct policy_seen *s,
			     const struct policy_why_answer *why, const char *forbidden)
{
	static const char *const bys[] = { [POLICY_BY_RULE] = "rule",
					   [POLICY_BY_DEFAULT] = "default",
					   [POLICY_BY_UNKNOWN] = "unknown",
					   [POLICY_BY_X32] = "x32",
					   [POLICY_BY_ARCH] = "arch" };
	struct json *o = json_object(q->arena);

	json_set(o, "call", tool_call_json(q->arena, &s->call));
	json_set(o, "known", json_uint(q->arena, s->known));
	json_set(o, "count", json_uint(q->arena, s->count));
	if (s->pid > 0)
		json_set(o, "pid", json_int(q->arena, s->pid));
	set_text(q, o, "program", s->program);
	json_set(o, "action", json_string(q->arena, tool_action(q->arena, &why->d)));
	json_set(o, "by", json_string(q->arena, bys[why->d.why]));
	json_set(o, "permitted", json_bool(q->arena, why->permitted));
	json_set(o, "depends", json_bool(q->arena, why->depends));
	if (why->d.at.file != NULL)
		json_set(o, "at", tool_place_json(q->arena, &why->d.at));
	set_text(q, o, "reason", why->d.reason);
	set_text(q, o, "change", why->change);
	set_text(q, o, "where", why->where);
	set_text(q, o, "forbidden", forbidden);
	set_text(q, o, "opens", why->opens);
	return o;
}

static void tell(struct asking *q)
{
	struct json *o = json_object(q->arena), *list = json_array(q->arena);

	for (size_t i = 0; i < q->n; i++) {
		struct policy_why_answer why;
		const char *forbidden;

		ask(q, &q->seen[i], &why, &forbidden);
		if (q->options->json)
			json_add(list, one_json(q, &q->seen[i], &why, forbidden));
		else
			print_one(q, &q->seen[i], &why, forbidden);
	}
	json_set(o, "policy", json_string(q->arena, q->in.name));
	json_set(o, "calls", list);
	json_set(o, "more", json_uint(q->arena, q->more));
	if (q->options->json)
		tool_print_json(q->arena, o);
	else if (q->more > 0)
		(void)printf("and %" PRIu64 " more\n", q->more);
}

static int why_main(const struct call *c, struct err *e)
{
	struct asking *q = arena_new(c->arena, struct asking);
	const size_t skip = c->args_n > 0 && !is_record(c->args[0]) ? 1 : 0;
	const char *name = skip > 0 ? c->args[0] : DEFAULT_POLICY;

	q->arena = c->arena;
	q->options = c->options;
	if (tool_load(c->arena, &q->options->want, name, false, &q->in, e) < 0)
		return -1;
	if (q->in.policy == NULL)
		return fail(e, ERR_USAGE, "%s: a policy: found a program, which has no lines",
			    name);
	if (read_all(c, q, skip, e) < 0)
		return -1;
	tell(q);
	return 0;
}

const struct command tool_why = {
	.name = "policy why",
	.args = "[POLICY] [RECORD...]",
	.help = "say which line refused a call that was seen, and what would permit it",
	.options = options,
	.options_size = sizeof(struct why_options),
	.args_min = 0,
	.args_max = SIZE_MAX,
	.run = why_main,
};
