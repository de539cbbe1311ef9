/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_help.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static int include(void *ctx, struct arena *a, const char *from, const char *name,
		   struct policy_source *out, struct err *e)
{
	static const char base[] = "policy base { allow read; deny EACCES ptrace; }\n";

	(void)ctx;
	(void)a;
	(void)from;
	if (!str_eq(name, "base"))
		return fail(e, ERR_POLICY, "%s: no such file", name);
	*out = (struct policy_source){ "base.policy", base, strlen(base) };
	return 0;
}

const struct policy *help_policy(struct arena *a, const char *text,
				 const struct policy_env *env, struct policy_diags *d)
{
	static const char *const own[] = { "x86_64", NULL };
	struct policy_env with = env != NULL ? *env : (struct policy_env){ 0 };
	struct policy_source src = { .name = "p" };
	const struct policy *p = NULL;
	struct err e = { 0 };
	int rc;

	with.include = include;
	if (strstr(text, "arch ") == NULL && with.archs == NULL)
		with.archs = own;
	src.text = strstr(text, "policy p") != NULL
			   ? text
			   : arena_printf(a, "policy p { %s }\n", text);
	src.len = strlen(src.text);
	d->arena = a;
	rc = policy_parse(a, &src, "p", &with, d, &p, &e);
	cr_assert_eq(rc == 0, p != NULL, "%s", text);
	cr_assert_eq(rc == 0, d->errors == 0, "%s", text);
	cr_assert_eq(e.kind, rc == 0 ? ERR_NONE : ERR_POLICY, "%s", text);
	return p;
}

const char *help_says(struct arena *a, const struct policy_diags *d)
{
	static const char *const levels[] = { "error", "warning", "note" };
	const char *text = "";

	for (const struct policy_diag *o = d->first; o != NULL; o = o->next)
		text = arena_printf(a, "%s%s%u:%u %s %s: %s%s%s%s", text,
				    o != d->first ? "\n" : "", o->at.line, o->at.column,
				    levels[o->level], o->code, o->text,
				    o->hint != NULL ? " (" : "", o->hint != NULL ? o->hint : "",
				    o->hint != NULL ? ")" : "");
	return text;
}

/* "NAME(1, 2)@ARCH" */
static struct seccomp_data call_of(const char *text)
{
	const size_t len = strcspn(text, "(@");
	const char *at = strchr(text, '@'), *p = text + len;
	const enum arch arch = at != NULL ? arch_find(at + 1, strlen(at + 1)) : ARCH_X86_64;
	struct seccomp_data call = { .nr = (int)strtoul(text, NULL, 0) };
	int id = -1;
	size_t n = 0;
	char *end;

	cr_assert_neq(arch, ARCH_N, "%s", text);
	call.arch = arch_audit(arch);
	if (text[0] < '0' || text[0] > '9') {
		id = sc_find(text, len);
		cr_assert_geq(id, 0, "%s", text);
		call.nr = sc_number(id, arch);
		cr_assert_geq(call.nr, 0, "%s", text);
	}
	while (*p == '(' || *p == ',') {
		call.args[n++] = strtoull(p + 1, &end, 0);
		p = end;
	}
	return call;
}

const char *help_answer(struct arena *a, const struct policy *p, const char *call)
{
	const struct seccomp_data data = call_of(call);
	struct policy_decision d;

	policy_decide(p, &data, &d);
	return policy_action_text(a, d.action, d.audit, d.audit_errno);
}
