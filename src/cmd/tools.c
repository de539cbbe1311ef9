/* SPDX-License-Identifier: Apache-2.0 */
/* `caisson policy' and `caisson audit' are programs of their own, so that the runtime carries
 * none of them. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/program.h"
#include "base/str.h"
#include "cmd/cmd.h"

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

/* Those that write, as the configuration says. */
static bool is_writer(const char *command)
{
	return str_eq(command, "init") || str_eq(command, "rotate") || str_eq(command, "seal");
}

/* The log that is named before the command is the one to read, and so with the configuration.
 */
static int audit_main(const struct call *c, struct err *e)
{
	const char **args = arena_array(c->arena, c->args_n + 5, sizeof(*args));
	struct call with = *c;
	size_t n = 0;

	if (c->args_n == 0)
		return tool_run(c, "caisson-audit", e);
	args[n++] = c->args[0];
	if (c->g.audit_log != NULL) {
		args[n++] = "--log";
		args[n++] = c->g.audit_log;
	}
	if (c->g.config != NULL && is_writer(c->args[0])) {
		args[n++] = "--config";
		args[n++] = c->g.config;
	}
	for (size_t i = 1; i < c->args_n; i++)
		args[n++] = c->args[i];
	with.args = args;
	with.args_n = n;
	return tool_run(&with, "caisson-audit", e);
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
