/* SPDX-License-Identifier: Apache-2.0 */
/* tool.h - a program beside caisson, which `caisson NAME' executes: caisson-policy,
 * caisson-audit. */
#pragma once
#include "cmd/cmd.h"

struct tool {
	const char *name;                      /* "policy" */
	const char *about;                     /* a line of help */
	const char *page;                      /* "caisson-policy(1)" */
	const struct command *const *commands; /* NULL-ended; each is named "NAME COMMAND" */
	int usage;                             /* exit code without a command */
	int (*failure)(const struct call *c, const struct err *e);
};

int tool_main(const struct tool *t, int argc, char **argv);
