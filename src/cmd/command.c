/* SPDX-License-Identifier: Apache-2.0 */
/* One command by itself: its words, its help. Both programs, caisson and caisson-policy. */
#include "base/str.h"
#include "cmd/cmd.h"

static int check_count(const struct command *cmd, size_t n, struct err *e)
{
	if (n >= cmd->args_min && n <= cmd->args_max)
		return 0;
	(void)fail(e, ERR_USAGE, "%s: expected %s: found %zu argument%s", cmd->name,
		   cmd->args_max == 0 ? "no argument" : cmd->args, n, n == 1 ? "" : "s");
	return hint(e, "caisson %s --help", cmd->name);
}

int cmd_parse_words(struct call *c, size_t n, const char *const *words, struct err *e)
{
	const struct opt_words in = { c->cmd->name, words, n, c->cmd->stop_at_first };
	struct opt_found found = { .args = words, .args_n = n };
	void *options = arena_alloc(c->arena, c->cmd->options_size + 1);

	if (!c->cmd->passes_on &&
	    opt_parse(c->arena, c->cmd->options, &in, options, &found, e) < 0)
		return -1;
	c->options = options;
	c->args = found.args;
	c->args_n = found.args_n;
	c->help = found.help;
	return c->help ? 0 : check_count(c->cmd, c->args_n, e);
}

void cmd_print_commands(FILE *to, const struct command *const *all)
{
	for (size_t i = 0; all[i] != NULL; i++) {
		char left[80];
		struct sbuf b = SBUF(left);

		sbuf_add(&b, "%s %s", all[i]->name, all[i]->args);
		opt_print_row(to, left, all[i]->help);
	}
}

void cmd_print_command_help(FILE *to, const struct command *cmd)
{
	(void)fprintf(to, "usage: caisson %s [OPTIONS]%s%s\n\n", cmd->name,
		      cmd->args[0] != '\0' ? " " : "", cmd->args);
	(void)fprintf(to, "%c%s.\n\noptions:\n", cmd->help[0] & ~0x20, cmd->help + 1);
	opt_print_help(to, cmd->options);
}

void cmd_print_commands_dump(FILE *to, const struct command *const *all)
{
	for (size_t i = 0; all[i] != NULL; i++) {
		(void)fprintf(to, "%s\t\t\t%s\t%s\n", all[i]->name, all[i]->args, all[i]->help);
		opt_print_dump(to, all[i]->name, all[i]->options);
	}
}
