/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_policy.c - any bytes as a policy. A byte 0xff ends a file; `include "2"' is the third.
 * Whatever is wrong has a place and a reason; what is right is printed as what reads the same
 * again; what means something is compiled to a program that answers as the policy does. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/ast_print.h"
#include "seccomp/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES 8

struct files {
	struct policy_source at[FILES];
	size_t n;
};

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static struct files split(const char *text, size_t len)
{
	static const char *const names[FILES] = { "0", "1", "2", "3", "4", "5", "6", "7" };
	struct files f = { .n = 0 };

	while (f.n < FILES) {
		const char *end = len > 0 ? memchr(text, 0xff, len) : NULL;
		size_t n = end != NULL ? (size_t)(end - text) : len;

		f.at[f.n] = (struct policy_source){ names[f.n], text, n };
		f.n++;
		if (end == NULL)
			break;
		text = end + 1;
		len -= n + 1;
	}
	return f;
}

static int serve(void *ctx, struct arena *a, const char *from, const char *name,
		 struct policy_source *out, struct err *e)
{
	const struct files *f = ctx;

	(void)a;
	demand(from != NULL);
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->at[i].name, name) != 0)
			continue;
		*out = f->at[i];
		return 0;
	}
	if (strcmp(name, "disk") == 0)
		return fail(e, ERR_SYSTEM, "the disk is gone");
	return fail(e, ERR_POLICY, "there is no such file");
}

static void demand_reason(struct arena *a, const struct policy_diag *d)
{
	const char *text = d->text;

	demand(*text != '\0' && d->code != NULL && *d->code != '\0');
	for (; *text != '\0'; text++)
		demand((unsigned char)*text >= ' ' && *text != 0x7f);
	if (d->at.file != NULL)
		demand(d->at.line > 0 && d->at.column > 0 && d->at.width > 0);
	else /* a default that nobody wrote */
		demand(d->level != POLICY_ERROR);
	demand(*policy_diag_text(a, d, false) != '\0' &&
	       *policy_diag_text(a, d, true) == '\033');
}

static void demand_reasons(struct arena *a, const struct policy_diags *d)
{
	struct err e = { 0 };
	size_t n = 0;

	for (const struct policy_diag *o = d->first; o != NULL; o = o->next, n++)
		demand_reason(a, o);
	demand(n == d->kept && n <= DIAG_MAX);
	demand((policy_diags_fail(d, &e) < 0) == (d->errors > 0));
	demand((e.kind == ERR_NONE) == (d->errors == 0));
}

/* Without its includes: they are in the print. */
static void demand_same(struct arena *a, const struct ast_file *f)
{
	struct policy_diags d = { .arena = a };
	struct policy_source src = { .name = "again" };
	struct ast_file again;
	struct err e = { 0 };

	src.text = ast_print(a, f, &src.len);
	if (src.len > POLICY_TEXT_MAX)
		return;
	demand(parse_file(a, &src, NULL, &d, &again, &e) == 0 && d.errors == 0);
	demand(strcmp(ast_print(a, &again, NULL), src.text) == 0);
}

/* policy_compile proves its program cell by cell, so there is nothing to add: ERR_BUG is one.
 */
static void demand_meaning(struct arena *a, const struct files *files,
			   const struct policy_env *env)
{
	const struct policy_options all = { .notes = true };
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct policy_image image;
	struct err e = { 0 };

	if (policy_parse(a, &files->at[0], NULL, env, &d, &p, &e) < 0) {
		demand(e.kind == ERR_POLICY && p == NULL && d.errors > 0);
		demand_reasons(a, &d);
		return;
	}
	demand(e.kind == ERR_NONE && d.errors == 0);
	policy_lint(p, &d);
	(void)policy_test(p, &d);
	demand_reasons(a, &d);
	if (policy_compile(a, p, &all, &image, &e) < 0)
		demand(e.kind == ERR_POLICY);
	else
		demand(filter_check(&image.filter, &e) == 0 && e.kind == ERR_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena a = { 0 };
	struct files files = split((const char *)data, size);
	struct policy_env env = { .include = serve, .ctx = &files };
	struct policy_diags d = { .arena = &a };
	struct ast_file f = { 0 };
	struct err e = { 0 };

	if (parse_file(&a, &files.at[0], &env, &d, &f, &e) < 0) {
		demand(e.kind == ERR_SYSTEM && f.policies == NULL);
		return 0;
	}
	demand(e.kind == ERR_NONE);
	demand_reasons(&a, &d);
	if (d.errors > 0)
		return 0;
	demand_same(&a, &f);
	demand_meaning(&a, &files, &env);
	return 0;
}
