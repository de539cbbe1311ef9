/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

static const struct opt options[] = { OPT_END };

static int pause_main(const struct call *c, struct err *e)
{
	autolaunch struct launch l = LAUNCH_NONE;

	if (launch_about(c, false, &l, e) < 0)
		return -1;
	return run_pause(&l.run, c->args[0], c->cmd == &cmd_pause, e);
}

const struct command cmd_pause = {
	.name = "pause",
	.args = "ID",
	.help = "freeze all processes of a container",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = pause_main,
};

const struct command cmd_resume = {
	.name = "resume",
	.args = "ID",
	.help = "let the processes of a paused container go on",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = pause_main,
};
