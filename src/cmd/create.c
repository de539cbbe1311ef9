/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

static const struct opt options[] = { LAUNCH_OPTS, OPT_END };

static int create_main(const struct call *c, struct err *e)
{
	autolaunch struct launch l = LAUNCH_NONE;

	if (launch_new(c, c->options, &l, e) < 0)
		return -1;
	return run_create(l.plan, &l.run, e);
}

const struct command cmd_create = {
	.name = "create",
	.args = "ID",
	.help = "make a container from a bundle; its process waits for start",
	.options = options,
	.options_size = sizeof(struct launch_options),
	.args_min = 1,
	.args_max = 1,
	.run = create_main,
};
