/* SPDX-License-Identifier: Apache-2.0 */
/* `caisson policy' and `caisson audit' are programs of their own, so that the runtime carries
 * none of them. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/program.h"

static int tool_run(const struct call *c, const char *program, struct err *e)
{
	const char *path = program_find(c->arena, program);
	const char **argv = arena_array(c->arena, c->args_n + 2, sizeof(*argv));

	if (path == NULL)
		return fail(e, ERR_HOST, "%s: %s: not installed", c->cmd->name, program);
	argv[0] = program;
	for (size_t i = 0; i < c->args_n; i++)
		argv[i + 1] = c->args[i];
	(void)execv(path, (char *const *)(uintptr_t)argv);
	return fail_sys(e, errno, "%s: execute %s", c->cmd->name, path);
}

static int policy_main(const struct call *c, struct err *e)
{
	return tool_run(c, "caisson-policy", e);
}

static int audit_main(const struct call *c, struct err *e)
{
	return tool_run(c, "caisson-audit", e);
}

static const struct opt options[] = { OPT_END };

const struct command cmd_policy = {
	.name = "policy",
	.args = "COMMAND [ARGUMENTS]",
	.help = "check, explain, compare, compile and try seccomp policies",
	.options = options,
	.args_max = SIZE_MAX,
	.passes_on = true,
	.run = policy_main,
};

const struct command cmd_audit = {
	.name = "audit",
	.args = "COMMAND [ARGUMENTS]",
	.help = "read, sum up and verify the audit log",
	.options = options,
	.args_max = SIZE_MAX,
	.passes_on = true,
	.run = audit_main,
};
