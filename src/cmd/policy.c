/* SPDX-License-Identifier: Apache-2.0 */
/* `caisson policy' is a program of its own, so that the runtime carries none of it. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/program.h"
#include "cmd/cmd.h"

static int policy_main(const struct call *c, struct err *e)
{
	const char *path = program_find(c->arena, "caisson-policy");
	const char **argv = arena_array(c->arena, c->args_n + 2, sizeof(*argv));

	if (path == NULL)
		return fail(e, ERR_HOST, "policy: caisson-policy: not installed");
	argv[0] = "caisson-policy";
	for (size_t i = 0; i < c->args_n; i++)
		argv[i + 1] = c->args[i];
	(void)execv(path, (char *const *)(uintptr_t)argv);
	return fail_sys(e, errno, "policy: execute %s", path);
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
