/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

struct tool_globals {
	bool dump_options;
};

static const struct opt globals[] = {
	OPT(struct tool_globals, dump_options, "dump-options", 0, OPT_FLAG, NULL, NULL),
	OPT_END,
};

static void print_help(const struct tool *t, FILE *to)
{
	(void)fprintf(to,
		      "usage: caisson %s COMMAND [OPTIONS] [ARGUMENTS]\n\n%s\n\ncommands:\n",
		      t->name, t->about);
	cmd_print_commands(to, t->commands);
	(void)fprintf(to, "\ncaisson %s COMMAND --help tells more; so does %s.\n", t->name,
		      t->page);
}

/* Behind the tool's own name and a blank. */
static const char *short_name(const struct tool *t, const struct command *cmd)
{
	return cmd->name + strlen(t->name) + 1;
}

static int find(const struct tool *t, const char *name, const struct command **out,
		struct err *e)
{
	for (size_t i = 0; t->commands[i] != NULL; i++)
		if (str_eq(short_name(t, t->commands[i]), name)) {
			*out = t->commands[i];
			return 0;
		}
	(void)fail(e, ERR_USAGE, "%s: %s: unknown command", t->name, name);
	for (size_t i = 0; t->commands[i] != NULL; i++)
		if (opt_near(name, short_name(t, t->commands[i])))
			return hint(e, "did you mean %s?", short_name(t, t->commands[i]));
	return hint(e, "caisson %s --help lists the commands", t->name);
}

/* "help", "help COMMAND", "COMMAND --help" */
static int print_help_of(const struct tool *t, const char *name, struct err *e)
{
	const struct command *cmd = NULL;

	if (name == NULL) {
		print_help(t, stdout);
		return 0;
	}
	if (find(t, name, &cmd, e) < 0)
		return -1;
	cmd_print_command_help(stdout, cmd);
	return 0;
}

static int run(const struct tool *t, struct call *c, size_t n, const char *const *words,
	       struct err *e)
{
	if (n == 0) {
		print_help(t, stderr);
		*c->exit_code = t->usage;
		return 0;
	}
	if (str_eq(words[0], "help"))
		return print_help_of(t, words[1], e);
	if (find(t, words[0], &c->cmd, e) < 0 || cmd_parse_words(c, n - 1, words + 1, e) < 0)
		return -1;
	if (c->help) {
		cmd_print_command_help(stdout, c->cmd);
		return 0;
	}
	return c->cmd->run(c, e);
}

static int understand(const struct tool *t, struct call *c, size_t n, const char *const *words,
		      struct err *e)
{
	const struct opt_words in = { t->name, words, n, true };
	struct tool_globals g = { false };
	struct opt_found found;

	if (opt_parse(c->arena, globals, &in, &g, &found, e) < 0)
		return -1;
	if (found.help) {
		print_help(t, stdout);
		return 0;
	}
	if (g.dump_options) {
		cmd_print_commands_dump(stdout, t->commands);
		return 0;
	}
	return run(t, c, n - found.used, words + found.used, e);
}

/* A full disk behind stdout must not look like success. */
static int flush(struct err *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail_sys(e, errno, "stdout: write");
	return 0;
}

int tool_main(const struct tool *t, int argc, char **argv)
{
	autoarena struct arena a = { 0 };
	int exit_code = EXIT_SUCCESS;
	struct call c = { .arena = &a, .exit_code = &exit_code };
	struct err e = { 0 };
	int rc = fd_guard_stdio();

	/* ignored, which a caller may have left it, children would be reaped behind our back */
	(void)signal(SIGCHLD, SIG_DFL);

	if (rc < 0)
		rc = fail_sys(&e, -rc, "stdio: open /dev/null");
	if (rc == 0)
		rc = understand(t, &c, argc > 0 ? (size_t)argc - 1 : 0,
				(const char *const *)argv + 1, &e);
	if (rc == 0)
		rc = flush(&e);
	if (rc < 0)
		log_error(&e);
	return rc < 0 ? t->failure(&c, &e) : exit_code;
}
