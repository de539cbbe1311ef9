/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "base/str.h"
#include "cmd/cmd.h"

#define GLOBAL(member, name, letter, kind, arg, help) \
	OPT(struct globals, member, name, letter, kind, arg, help)

/* clang-format off */
const struct opt cmd_global_options[] = {
	GLOBAL(root, "root", 0, OPT_STRING, "DIR",
	       "directory of all containers (/run/caisson, or $XDG_RUNTIME_DIR/caisson for a user)"),
	GLOBAL(log, "log", 0, OPT_STRING, "FILE", "append the error to this file as well; or syslog:NAME, journald:NAME"),
	GLOBAL(log_format, "log-format", 0, OPT_STRING, "text|json", "form of that file"),
	GLOBAL(log_level, "log-level", 0, OPT_STRING, "error|warning|debug", "debug is --debug; the others are what is done anyway"),
	GLOBAL(debug, "debug", 0, OPT_FLAG, NULL, "log each step"),
	GLOBAL(cgroup_manager, "cgroup-manager", 0, OPT_STRING, "cgroupfs|systemd|disabled",
	       "who makes cgroups; disabled refuses a config that asks for limits"),
	GLOBAL(systemd_cgroup, "systemd-cgroup", 0, OPT_FLAG, NULL, "same as --cgroup-manager systemd"),
	GLOBAL(audit_log, "audit-log", 0, OPT_STRING, "PATH|none", "where events are written"),
	GLOBAL(config, "config", 0, OPT_STRING, "FILE|none", "our own configuration, in place of the system's"),
	GLOBAL(rootless, "rootless", 0, OPT_STRING, "true|false|auto", "accepted, without effect"),
	GLOBAL(criu, "criu", 0, OPT_STRING, "FILE", "accepted, without effect"),
	GLOBAL(version, "version", 'v', OPT_FLAG, NULL, "print what this is and exit"),
	GLOBAL(dump_options, "dump-options", 0, OPT_FLAG, NULL, NULL),
	GLOBAL(dump_steps, "dump-steps", 0, OPT_FLAG, NULL, NULL),
	OPT_END,
};
/* clang-format on */

const struct command *const cmd_all[] = {
	&cmd_create, &cmd_run_,    &cmd_start,  &cmd_exec,       &cmd_kill,     &cmd_delete,
	&cmd_state,  &cmd_list,    &cmd_ps,     &cmd_pause,      &cmd_update,   &cmd_events,
	&cmd_resume, &cmd_spec,    &cmd_policy, &cmd_audit,      &cmd_features, &cmd_check,
	&cmd_doctor, &cmd_version, &cmd_help,   &cmd_checkpoint, &cmd_restore,  NULL,
};

const struct command *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_all[i] != NULL; i++)
		if (str_eq(cmd_all[i]->name, name))
			return cmd_all[i];
	return NULL;
}

int cmd_parse_globals(struct call *c, size_t n, const char *const *words, size_t *used,
		      struct err *e)
{
	struct opt_words in = { "caisson", words, n, true };
	struct opt_found found;

	c->g = (struct globals){ .log_format = "text", .cgroup_manager = "cgroupfs" };
	if (opt_parse(c->arena, cmd_global_options, &in, &c->g, &found, e) < 0)
		return -1;
	c->g.debug = c->g.debug || str_eq(c->g.log_level, "debug");
	c->global_help = found.help;
	*used = found.used;
	return 0;
}

static int unknown_command(const char *name, struct err *e)
{
	(void)fail(e, ERR_USAGE, "%s: unknown command", name);
	for (size_t i = 0; cmd_all[i] != NULL; i++)
		if (opt_near(name, cmd_all[i]->name))
			return hint(e, "did you mean %s?", cmd_all[i]->name);
	return hint(e, "caisson --help lists the commands");
}

int cmd_parse_command(struct call *c, size_t n, const char *const *words, struct err *e)
{
	c->cmd = cmd_find(words[0]);
	if (c->cmd == NULL)
		return unknown_command(words[0], e);
	return cmd_parse_words(c, n - 1, words + 1, e);
}

int cmd_run(const struct call *c, struct err *e)
{
	if (c->g.version) {
		cmd_print_version(stdout);
		return 0;
	}
	if (c->g.dump_options) {
		cmd_print_dump(stdout);
		return 0;
	}
	if (c->g.dump_steps) {
		cmd_print_steps(stdout);
		return 0;
	}
	if (c->help && c->cmd != NULL) {
		cmd_print_command_help(stdout, c->cmd);
		return c->cmd->usable != NULL ? c->cmd->usable(c, e) : 0;
	}
	if (c->global_help) {
		cmd_print_help(stdout);
		return 0;
	}
	if (c->cmd == NULL) {
		cmd_print_help(stderr);
		*c->exit_code = 1;
		return 0;
	}
	return c->cmd->run(c, e);
}
