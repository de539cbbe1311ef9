/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

/* clang-format off */
static const struct opt options[] = {
	LAUNCH_OPTS,
	LAUNCH_OPT(detach, "detach", 'd', OPT_FLAG, NULL, "return once the process runs"),
	LAUNCH_OPT(keep, "keep", 0, OPT_FLAG, NULL, "do not delete the container afterwards"),
	OPT_END,
};
/* clang-format on */

static int run_main(const struct call *c, struct err *e)
{
	autolaunch struct launch l = LAUNCH_NONE;

	if (launch_new(c, c->options, &l, e) < 0)
		return -1;
	return run_run(l.plan, &l.run, c->exit_code, e);
}

const struct command cmd_run_ = {
	.name = "run",
	.args = "ID",
	.help = "create, start, wait for the end, and delete; exits as the process did",
	.options = options,
	.options_size = sizeof(struct launch_options),
	.args_min = 1,
	.args_max = 1,
	.run = run_main,
};
