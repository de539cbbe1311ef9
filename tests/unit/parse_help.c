/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/parse_help.h"

#include <criterion/criterion.h>
#include <string.h>

const char *help_parse_says(struct arena *a, const struct policy_diags *d)
{
	char *text = arena_strdup(a, "");

	for (const struct policy_diag *o = d->first; o != NULL; o = o->next)
		text = arena_printf(a, "%s%s%s%s%u:%u+%u %s%s%s%s", text,
				    o != d->first ? "\n" : "",
				    strcmp(o->at.file, "p") == 0 ? "" : o->at.file,
				    o->level == POLICY_NOTE ? "note " : "", o->at.line,
				    o->at.column, o->at.width, o->text,
				    o->hint != NULL ? " (" : "", o->hint != NULL ? o->hint : "",
				    o->hint != NULL ? ")" : "");
	return text;
}

struct ast_file help_parsed(struct arena *a, const char *text, struct policy_diags *d)
{
	const struct policy_source src = { "p", text, strlen(text) };
	struct ast_file f = { 0 };
	struct err e = { 0 };

	d->arena = a;
	cr_assert_eq(parse_file(a, &src, NULL, d, &f, &e), 0, "%s: %s", text, e.text);
	cr_assert_eq(e.kind, ERR_NONE);
	return f;
}
