/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "cmd/launch.h"
#include "spec/words.h"

struct kill_options {
	bool all, regex;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct kill_options, all, "all", 'a', OPT_FLAG, NULL,
	    "signal every process of the container"),
	OPT(struct kill_options, regex, "regex", 'r', OPT_FLAG, NULL,
	    "ID is a regular expression: signal all containers that it finds"),
	OPT_END,
};
/* clang-format on */

static int kill_one(const struct call *c, struct err *e)
{
	const struct kill_options *k = c->options;
	int sig = c->args_n > 1 ? word_signal(c->args[1]) : SIGTERM;
	autolaunch struct launch l = LAUNCH_NONE;

	if (sig < 0) /* runc's words; scripts look for them */
		return fail(e, ERR_USAGE, "unknown signal \"%s\"", c->args[1]);
	if (launch_about(c, false, &l, e) < 0)
		return -1;
	return run_kill(&l.run, c->args[0], sig, k->all, e);
}

static int kill_main(const struct call *c, struct err *e)
{
	const struct kill_options *k = c->options;

	return k->regex ? cmd_each_match(c, kill_one, e) : kill_one(c, e);
}

const struct command cmd_kill = {
	.name = "kill",
	.args = "ID [SIGNAL]",
	.help = "send a signal, SIGTERM unless told, to the container's init",
	.options = options,
	.options_size = sizeof(struct kill_options),
	.args_min = 1,
	.args_max = 2,
	.stop_at_first = true,
	.run = kill_main,
};
