/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_file.h"

#include <criterion/criterion.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define WORDS 512

static const struct word actions[] = {
	{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "KILL_THREAD", SECCOMP_RET_KILL_THREAD },
	{ "TRAP", SECCOMP_RET_TRAP },
	{ "ERRNO", SECCOMP_RET_ERRNO },
	{ "TRACE", SECCOMP_RET_TRACE },
	{ "LOG", SECCOMP_RET_LOG },
	{ "ALLOW", SECCOMP_RET_ALLOW },
	{ NULL, 0 },
};

static const struct word archs[] = {
	{ "x86_64", AUDIT_ARCH_X86_64 },
	{ "x86", AUDIT_ARCH_I386 },
	{ "x32", AUDIT_ARCH_X86_64 },
	{ "aarch64", AUDIT_ARCH_AARCH64 },
	{ "arm", AUDIT_ARCH_ARM },
	{ "s390x", AUDIT_ARCH_S390X },
	{ NULL, 0 },
};

static const struct word ops[] = {
	{ "!=", POLICY_NE }, { "<", POLICY_LT }, { "<=", POLICY_LE },       { "==", POLICY_EQ },
	{ ">=", POLICY_GE }, { ">", POLICY_GT }, { "&", POLICY_MASKED_EQ }, { NULL, 0 },
};

struct words {
	char *v[WORDS + 1];
	size_t n, at;
};

static void sim_bad(const struct sim_file *s, const char *what)
{
	cr_assert_fail("%s:%u: %s", s->name, s->line, what);
}

static const char *take(struct sim_file *s, struct words *w)
{
	if (w->at == w->n)
		sim_bad(s, "the line is too short");
	return w->v[w->at++];
}

static bool next_is(struct words *w, const char *word)
{
	if (w->at == w->n || strcmp(w->v[w->at], word) != 0)
		return false;
	w->at++;
	return true;
}

static bool is_number(const char *word)
{
	return word != NULL && word[0] >= '0' && word[0] <= '9';
}

static uint64_t number(struct sim_file *s, const char *word)
{
	char *end;
	uint64_t n = strtoull(word, &end, 0);

	if (!is_number(word) || *end != '\0')
		sim_bad(s, "expected a number");
	return n;
}

static uint64_t take_word(struct sim_file *s, struct words *w, const struct word *table)
{
	const struct word *found = word_find(table, take(s, w));

	if (found == NULL)
		sim_bad(s, "unknown word");
	return found->value;
}

static uint32_t take_action(struct sim_file *s, struct words *w)
{
	uint32_t action = (uint32_t)take_word(s, w, actions);

	if (w->at < w->n && is_number(w->v[w->at]))
		action |= (uint32_t)number(s, w->v[w->at++]);
	return action;
}

static void take_arg(struct sim_file *s, struct words *w, struct policy_arg *arg)
{
	const char *name = take(s, w);

	if (name[0] != 'a')
		sim_bad(s, "expected an argument, a0 and so on");
	arg->index = (uint32_t)number(s, name + 1);
	arg->op = (enum policy_op)take_word(s, w, ops);
	if (arg->op == POLICY_MASKED_EQ) {
		arg->mask = number(s, take(s, w));
		if (!next_is(w, "=="))
			sim_bad(s, "expected == after the mask");
	}
	arg->value = number(s, take(s, w));
}

static void take_rule(struct sim_file *s, struct words *w)
{
	struct policy_rule *rule = &s->rules[s->p.rules_n++];
	const char **names = arena_array(s->a, WORDS, sizeof(*names));
	struct policy_arg *args = arena_array(s->a, WORDS, sizeof(*args));
	size_t n = 0;

	if (s->p.rules_n == SIM_RULES)
		sim_bad(s, "too many rules");
	rule->where = arena_printf(s->a, "seccomp rule %zu", s->p.rules_n - 1);
	rule->action = take_action(s, w);
	while (w->at < w->n && !next_is(w, "if"))
		names[n++] = take(s, w);
	rule->names = names;
	rule->args = args;
	rule->args_n = 0;
	if (w->at == w->n)
		return;
	do
		take_arg(s, w, &args[rule->args_n++]);
	while (next_is(w, "and"));
}

static void take_call(struct sim_file *s, struct words *w)
{
	const char *arch = w->at < w->n ? w->v[w->at] : "";
	const uint32_t x32 = strcmp(arch, "x32") == 0 ? 0x40000000 : 0;
	const char *name;

	s->call = (struct seccomp_data){ .arch = (uint32_t)take_word(s, w, archs) };
	name = take(s, w);
	s->call.nr =
		is_number(name) ? (int)number(s, name) : syscall_number(s->call.arch, name);
	if (s->call.nr < 0 && !is_number(name))
		sim_bad(s, "unknown syscall");
	s->call.nr |= (int)x32;
	for (size_t i = 0; !next_is(w, "->"); i++)
		s->call.args[i] = number(s, take(s, w));
	s->want = take_action(s, w);
	s->kind = SIM_CALL;
}

static void new_policy(struct sim_file *s)
{
	static const char *const native[] = { NULL };

	s->p = (struct policy_rules){ SECCOMP_RET_ERRNO | 1, native, s->rules, 0 };
	s->oci = NULL;
	s->fresh = true;
}

static const char *const *take_names(struct sim_file *s, struct words *w)
{
	const char **names = arena_array(s->a, WORDS + 1, sizeof(*names));
	size_t n = 0;

	while (w->at < w->n)
		names[n++] = take(s, w);
	return names;
}

static void take_line(struct sim_file *s, struct words *w, const char *rest)
{
	const char *verb = take(s, w);

	if (strcmp(verb, "policy") == 0) {
		new_policy(s);
	} else if (strcmp(verb, "default") == 0) {
		s->p.default_action = take_action(s, w);
	} else if (strcmp(verb, "archs") == 0) {
		s->p.archs = take_names(s, w);
	} else if (strcmp(verb, "rule") == 0) {
		take_rule(s, w);
	} else if (strcmp(verb, "oci") == 0) {
		s->oci = take(s, w);
	} else if (strcmp(verb, "call") == 0) {
		take_call(s, w);
	} else if (strcmp(verb, "refused") == 0) {
		s->kind = SIM_REFUSED;
		s->text = rest;
	} else if (strcmp(verb, "unknown") == 0) {
		s->kind = SIM_UNKNOWN;
		s->unknown = number(s, take(s, w));
	} else {
		sim_bad(s, "unknown verb");
	}
	if (w->at < w->n && strcmp(verb, "policy") != 0 && strcmp(verb, "refused") != 0)
		sim_bad(s, "the line is too long");
}

void sim_open(struct sim_file *s, struct arena *a, const char *name)
{
	const char *top = getenv("top_srcdir");
	const char *path = arena_printf(a, "%s/tests/sim/%s", top != NULL ? top : ".", name);

	*s = (struct sim_file){ .a = a, .name = name, .f = fopen(path, "re") };
	if (s->f == NULL)
		cr_assert_fail("%s: cannot be read", path);
	new_policy(s);
}

enum sim_kind sim_next(struct sim_file *s)
{
	char line[16384], *save = NULL;
	struct words w;

	for (s->kind = SIM_END; s->kind == SIM_END;) {
		char *copy;
		const char *blank;

		if (fgets(line, sizeof(line), s->f) == NULL) {
			(void)fclose(s->f);
			return SIM_END;
		}
		s->line++;
		line[strcspn(line, "\n")] = '\0';
		copy = arena_strdup(s->a, line);
		blank = strchr(line, ' ');
		w = (struct words){ 0 };
		for (char *t = strtok_r(copy, " \t", &save); t != NULL && w.n < WORDS;
		     t = strtok_r(NULL, " \t", &save))
			w.v[w.n++] = t;
		if (w.n > 0 && w.v[0][0] != '#')
			take_line(s, &w, blank != NULL ? arena_strdup(s->a, blank + 1) : "");
	}
	return s->kind;
}

int sim_build(struct arena *a, const struct policy_rules *r, struct filter *out,
	      size_t *skipped, struct err *e)
{
	static const struct policy_options options = { .notes = false };
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct policy_image image;
	bool carried = false;

	if (policy_from_rules(a, r, &d, &carried, &p, e) < 0)
		return -1;
	cr_assert(carried);
	if (policy_compile(a, p, &options, &image, e) < 0)
		return -1;
	*skipped = policy_skipped(p);
	*out = image.filter;
	return 0;
}

const char *sim_verdict(struct arena *a, uint32_t verdict)
{
	const char *name = word_name(actions, verdict & SECCOMP_RET_ACTION_FULL);
	const uint32_t data = verdict & SECCOMP_RET_DATA;

	if (name == NULL)
		return arena_printf(a, "%#x", verdict);
	return data != 0 ? arena_printf(a, "%s %u", name, data) : name;
}
