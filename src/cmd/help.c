/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "run/run.h"
#include "run/steps.h"

void cmd_print_help(FILE *to)
{
	(void)fputs("usage: caisson [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n"
		    "\nRuns OCI containers.\n\ncommands:\n",
		    to);
	cmd_print_commands(to, cmd_all);
	(void)fputs("\nglobal options:\n", to);
	opt_print_help(to, cmd_global_options);
	(void)fputs("\ncaisson COMMAND --help tells more; so does caisson(8).\n", to);
}

/* For each command first a line without an option: its arguments and what it does. */
void cmd_print_dump(FILE *to)
{
	opt_print_dump(to, "caisson", cmd_global_options);
	cmd_print_commands_dump(to, cmd_all);
}

/* For the fault test: TABLE, STEP and where the specification asks for it. */
void cmd_print_steps(FILE *to)
{
	for (const struct run_table *t = run_tables; t->name != NULL; t++)
		for (size_t i = 0; i < *t->n; i++)
			(void)fprintf(to, "%s\t%s\t%s\n", t->name, t->steps[i].name,
				      t->steps[i].spec);
}

static int help_main(const struct call *c, struct err *e)
{
	const struct command *cmd;

	if (c->args_n == 0) {
		cmd_print_help(stdout);
		return 0;
	}
	cmd = cmd_find(c->args[0]);
	if (cmd == NULL) {
		(void)fail(e, ERR_USAGE, "help: %s: unknown command", c->args[0]);
		return hint(e, "caisson --help lists the commands");
	}
	cmd_print_command_help(stdout, cmd);
	return 0;
}

static const struct opt options[] = { OPT_END };

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.help = "print this help, or that of a command",
	.options = options,
	.args_max = 1,
	.run = help_main,
};
