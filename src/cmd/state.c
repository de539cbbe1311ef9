/* SPDX-License-Identifier: Apache-2.0 */
#include "base/auto.h"
#include "base/json.h"
#include "cmd/launch.h"
#include "run/run.h"

static const struct opt options[] = { OPT_END };

static int state_main(const struct call *c, struct err *e)
{
	autofd int root = -1;
	enum state_status now;
	struct state st;
	struct json *o;

	if (cmd_root_open(c, c->args[0], &root, e) < 0)
		return -1;
	launch_tend(c, root);
	if (run_state(c->arena, root, c->args[0], &st, &now, e) < 0)
		return -1;
	o = state_json(c->arena, &st, now, true);
	(void)puts(json_print(c->arena, o, JSON_PRETTY, NULL));
	return 0;
}

const struct command cmd_state = {
	.name = "state",
	.args = "ID",
	.help = "print the state of a container as JSON",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = state_main,
};
