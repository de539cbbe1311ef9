/* SPDX-License-Identifier: Apache-2.0 */
/* caisson-policy, which `caisson policy' executes: everything about policies but running a
 * container under one. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "cmd/policy_tool.h"

#define PREFIX "policy "

static const struct command *const commands[] = {
	&tool_check,     &tool_explain, &tool_diff,  &tool_test, &tool_compile,
	&tool_decompile, &tool_run,     &tool_learn, &tool_why,  NULL,
};

struct tool_globals {
	bool dump_options;
};

static const struct opt globals[] = {
	OPT(struct tool_globals, dump_options, "dump-options", 0, OPT_FLAG, NULL, NULL),
	OPT_END,
};

static void print_help(FILE *to)
{
	(void)fputs("usage: caisson policy COMMAND [OPTIONS] [ARGUMENTS]\n"
		    "\nChecks, explains, compares, compiles and tries seccomp policies.\n"
		    "\ncommands:\n",
		    to);
	cmd_print_commands(to, commands);
	(void)fputs("\ncaisson policy COMMAND --help tells more; so does caisson-policy(1).\n",
		    to);
}

static const char *short_name(const struct command *cmd)
{
	return str_after(cmd->name, PREFIX);
}

static int find(const char *name, const struct command **out, struct err *e)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (str_eq(short_name(commands[i]), name)) {
			*out = commands[i];
			return 0;
		}
	(void)fail(e, ERR_USAGE, "policy: %s: unknown command", name);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (opt_near(name, short_name(commands[i])))
			return hint(e, "did you mean %s?", short_name(commands[i]));
	return hint(e, "caisson policy --help lists the commands");
}

/* "help", "help COMMAND", "COMMAND --help" */
static int print_help_of(const char *name, struct err *e)
{
	const struct command *cmd = NULL;

	if (name == NULL) {
		print_help(stdout);
		return 0;
	}
	if (find(name, &cmd, e) < 0)
		return -1;
	cmd_print_command_help(stdout, cmd);
	return 0;
}

static int run(struct call *c, size_t n, const char *const *words, struct err *e)
{
	if (n == 0) {
		print_help(stderr);
		*c->exit_code = TOOL_TROUBLE;
		return 0;
	}
	if (str_eq(words[0], "help"))
		return print_help_of(words[1], e);
	if (find(words[0], &c->cmd, e) < 0 || cmd_parse_words(c, n - 1, words + 1, e) < 0)
		return -1;
	if (c->help) {
		cmd_print_command_help(stdout, c->cmd);
		return 0;
	}
	return c->cmd->run(c, e);
}

static int understand(struct call *c, size_t n, const char *const *words, struct err *e)
{
	const struct opt_words in = { "policy", words, n, true };
	struct tool_globals g = { false };
	struct opt_found found;

	if (opt_parse(c->arena, globals, &in, &g, &found, e) < 0)
		return -1;
	if (found.help) {
		print_help(stdout);
		return 0;
	}
	if (g.dump_options) {
		cmd_print_commands_dump(stdout, commands);
		return 0;
	}
	return run(c, n - found.used, words + found.used, e);
}

/* A full disk behind stdout must not look like success. */
static int flush(struct err *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail_sys(e, errno, "stdout: write");
	return 0;
}

/* Of run, the codes of the program that it runs must be free; diff's 1 means a difference. */
static int failure(const struct call *c, const struct err *e)
{
	if (c->cmd == &tool_run)
		return *c->exit_code != 0 ? *c->exit_code : TOOL_NOT_RUN;
	if (c->cmd != &tool_diff && (e->kind == ERR_POLICY || e->kind == ERR_SPEC))
		return TOOL_NO;
	return TOOL_TROUBLE;
}

int main(int argc, char **argv)
{
	autoarena struct arena a = { 0 };
	int exit_code = TOOL_YES;
	struct call c = { .arena = &a, .exit_code = &exit_code };
	struct err e = { 0 };
	int rc = fd_guard_stdio();

	/* ignored, which a caller may have left it, children would be reaped behind our back */
	(void)signal(SIGCHLD, SIG_DFL);

	if (rc < 0)
		rc = fail_sys(&e, -rc, "stdio: open /dev/null");
	if (rc == 0)
		rc = understand(&c, argc > 0 ? (size_t)argc - 1 : 0,
				(const char *const *)argv + 1, &e);
	if (rc == 0)
		rc = flush(&e);
	if (rc < 0)
		log_error(&e);
	return rc < 0 ? failure(&c, &e) : exit_code;
}
