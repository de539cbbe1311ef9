/* SPDX-License-Identifier: Apache-2.0 */
/* ast_print.h - a parsed policy as text again: what parse_file reads as the same tree. */
#pragma once
#include <stddef.h>

#include "seccomp/ast.h"

/* NUL-ended, in the arena; *len may be NULL. Comments are not in a tree, and includes are
 * printed as what they brought. Rules that were handed in may hold what the language has no
 * words for (ast_expr.raw): they are printed as if it had. */
const char *ast_print(struct arena *a, const struct ast_file *f, size_t *len);
