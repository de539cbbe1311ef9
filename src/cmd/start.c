/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

static const struct opt options[] = { OPT_END };

static int start_main(const struct call *c, struct err *e)
{
	autolaunch struct launch l = LAUNCH_NONE;

	if (launch_about(c, true, &l, e) < 0)
		return -1;
	return run_start(&l.run, c->args[0], e);
}

const struct command cmd_start = {
	.name = "start",
	.args = "ID",
	.help = "let the process of a created container run",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = start_main,
};
