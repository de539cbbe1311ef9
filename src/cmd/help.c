/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "run/run.h"
#include "run/steps.h"

void cmd_print_help(FILE *to)
{
	(void)fputs("usage: caisson [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n"
		    "\nRuns OCI containers.\n\ncommands:\n",
		    to);
	for (size_t i = 0; cmd_all[i] != NULL; i++) {
		char left[80];
		struct sbuf b = SBUF(left);

		sbuf_add(&b, "%s %s", cmd_all[i]->name, cmd_all[i]->args);
		opt_print_row(to, left, cmd_all[i]->help);
	}
	(void)fputs("\nglobal options:\n", to);
	opt_print_help(to, cmd_global_options);
	(void)fputs("\ncaisson COMMAND --help tells more; so does caisson(8).\n", to);
}

void cmd_print_command_help(FILE *to, const struct command *cmd)
{
	(void)fprintf(to, "usage: caisson %s [OPTIONS]%s%s\n\n", cmd->name,
		      cmd->args[0] != '\0' ? " " : "", cmd->args);
	(void)fprintf(to, "%c%s.\n\noptions:\n", cmd->help[0] & ~0x20, cmd->help + 1);
	opt_print_help(to, cmd->options);
}

/* For each command first a line without an option: its arguments and what it does. */
void cmd_print_dump(FILE *to)
{
	opt_print_dump(to, "caisson", cmd_global_options);
	for (size_t i = 0; cmd_all[i] != NULL; i++) {
		const struct command *cmd = cmd_all[i];

		(void)fprintf(to, "%s\t\t\t%s\t%s\n", cmd->name, cmd->args, cmd->help);
		opt_print_dump(to, cmd->name, cmd->options);
	}
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
