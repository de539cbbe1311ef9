/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

struct delete_options {
	bool force, regex;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct delete_options, force, "force", 'f', OPT_FLAG, NULL,
	    "kill it first if it runs; what is gone already is no error"),
	OPT(struct delete_options, regex, "regex", 'r', OPT_FLAG, NULL,
	    "ID is a regular expression: delete all containers that it finds"),
	OPT_END,
};
/* clang-format on */

static int delete_one(const struct call *c, struct err *e)
{
	const struct delete_options *d = c->options;
	autolaunch struct launch l = LAUNCH_NONE;
	struct err why = { 0 };

	if (launch_about(c, false, &l, &why) == 0)
		return run_delete(&l.run, c->args[0], d->force, e);
	if (d->force && cmd_is_missing(&why))
		return 0;
	*e = why;
	return -1;
}

static int delete_main(const struct call *c, struct err *e)
{
	const struct delete_options *d = c->options;

	return d->regex ? cmd_each_match(c, delete_one, e) : delete_one(c, e);
}

const struct command cmd_delete = {
	.name = "delete",
	.args = "ID",
	.help = "remove a stopped container and all that it left",
	.options = options,
	.options_size = sizeof(struct delete_options),
	.args_min = 1,
	.args_max = 1,
	.run = delete_main,
};
