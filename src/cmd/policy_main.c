/* SPDX-License-Identifier: Apache-2.0 */
/* caisson-policy, which `caisson policy' executes: everything about policies but running a
 * container under one. */
#include "cmd/policy_tool.h"
#include "cmd/tool.h"

static const struct command *const commands[] = {
	&tool_check,     &tool_explain, &tool_diff,  &tool_test, &tool_compile,
	&tool_decompile, &tool_run,     &tool_learn, &tool_why,  NULL,
};

/* Of run, the codes of the program that it runs must be free; diff's 1 means a difference. */
static int failure(const struct call *c, const struct err *e)
{
	if (c->cmd == &tool_run)
		return *c->exit_code != 0 ? *c->exit_code : TOOL_NOT_RUN;
	if (c->cmd != &tool_diff && (e->kind == ERR_POLICY || e->kind == ERR_SPEC))
		return TOOL_NO;
	return TOOL_TROUBLE;
}

static const struct tool policy = {
	.name = "policy",
	.about = "Checks, explains, compares, compiles and tries seccomp policies.",
	.page = "caisson-policy(1)",
	.commands = commands,
	.usage = TOOL_TROUBLE,
	.failure = failure,
};

int main(int argc, char **argv)
{
	return tool_main(&policy, argc, argv);
}
