/* SPDX-License-Identifier: Apache-2.0 */
/* parse_help.h - a text to its tree, and what the parser says of it. */
#pragma once
#include "seccomp/ast.h"

/* "2:7+4 text (hint)", one a line; of another file than "p" with its name before. */
const char *help_parse_says(struct arena *a, const struct policy_diags *d);
/* The file "p", without includes. */
struct ast_file help_parsed(struct arena *a, const char *text, struct policy_diags *d);
