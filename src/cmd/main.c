/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the one place that prints the error and picks the exit code. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "cmd/cmd.h"

static int open_log(const struct globals *g, struct err *e)
{
	struct log_options o = { .path = g->log,
				 .json = str_eq(g->log_format, "json"),
				 .debug = g->debug };

	return log_open(&o, e);
}

/* A full disk behind stdout must not look like success. */
static int flush(struct err *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail_sys(e, errno, "stdout: write");
	return 0;
}

static int understand(struct call *c, size_t n, const char *const *words, struct err *e)
{
	size_t used;

	if (cmd_parse_globals(c, n, words, &used, e) < 0 || open_log(&c->g, e) < 0)
		return -1;
	if (used == n || c->global_help || c->g.version || c->g.dump_options || c->g.dump_steps)
		return 0;
	return cmd_parse_command(c, n - used, words + used, e);
}

int main(int argc, char **argv)
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
		rc = understand(&c, argc > 0 ? (size_t)argc - 1 : 0,
				(const char *const *)argv + 1, &e);
	if (rc == 0)
		rc = cmd_run(&c, &e);
	if (rc == 0)
		rc = flush(&e);
	if (rc < 0)
		log_error(&e);
	if (rc == 0)
		return exit_code;
	return c.cmd != NULL && c.cmd->exit_failed != 0 ? c.cmd->exit_failed : EXIT_FAILURE;
}
