/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the policies of a file. */
#include "base/str.h"
#include "seccomp/ast.h"

static bool is_of(const struct ast_policy *p, const struct policy_source *src)
{
	return str_eq(p->name.at.file, src->name); /* and not of a file that it includes */
}

int policy_names(struct arena *a, const struct policy_source *src, const struct policy_env *env,
		 struct policy_diags *d, const char *const **out, struct err *e)
{
	struct ast_file file = { 0 };
	const char **names;
	size_t n = 0;

	if (parse_file(a, src, env, d, &file, e) < 0)
		return -1;
	for (const struct ast_policy *p = file.policies; p != NULL; p = p->next)
		n += is_of(p, src);
	names = arena_array(a, n + 1, sizeof(*names));
	n = 0;
	for (const struct ast_policy *p = file.policies; p != NULL; p = p->next)
		if (is_of(p, src))
			names[n++] = arena_strndup(a, p->name.p, p->name.len);
	*out = names;
	return 0;
}
