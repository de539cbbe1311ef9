/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/exec.h"

#include <stdint.h>

#include "cmd/launch.h"
#include "cmd/load.h"

#define EXEC_OPT(member, name, letter, kind, arg, help) \
	OPT(struct exec_options, member, name, letter, kind, arg, help)

/* clang-format off */
static const struct opt options[] = {
	EXEC_OPT(process, "process", 'p', OPT_STRING, "FILE",
		 "read the process from this file, in the form that config.json has it"),
	EXEC_OPT(cwd, "cwd", 0, OPT_STRING, "DIR", "directory to start in, as the container sees it"),
	EXEC_OPT(env, "env", 'e', OPT_STRINGS, "NAME=VALUE", "set a variable; can be repeated"),
	EXEC_OPT(tty, "tty", 't', OPT_FLAG, NULL, "give the process a terminal"),
	EXEC_OPT(user, "user", 'u', OPT_STRING, "UID[:GID]", "run as these numbers"),
	EXEC_OPT(gids, "additional-gids", 'g', OPT_STRINGS, "GID", "add a group; can be repeated"),
	EXEC_OPT(detach, "detach", 'd', OPT_FLAG, NULL, "return once the process runs"),
	EXEC_OPT(pid_file, "pid-file", 0, OPT_STRING, "FILE", "write the process id there"),
	EXEC_OPT(console_socket, "console-socket", 0, OPT_STRING, "SOCKET",
		 "send the terminal to this socket"),
	EXEC_OPT(pidfd_socket, "pidfd-socket", 0, OPT_STRING, "SOCKET",
		 "send a pidfd of the process to this socket"),
	EXEC_OPT(caps, "cap", 'c', OPT_STRINGS, "CAP_NAME",
		 "add a capability to the bounding, permitted and effective sets; can be repeated"),
	EXEC_OPT(no_new_privs, "no-new-privs", 0, OPT_FLAG, NULL, "execve can give no more privileges"),
	EXEC_OPT(apparmor, "apparmor", 0, OPT_STRING, "PROFILE", "AppArmor profile of the process"),
	EXEC_OPT(label, "process-label", 0, OPT_STRING, "LABEL", "SELinux label of the process"),
	EXEC_OPT(cgroup, "cgroup", 0, OPT_STRING, "PATH",
		 "run in this group, which exists, below the container's"),
	EXEC_OPT(preserve_fds, "preserve-fds", 0, OPT_UINT, "N", "hand on N descriptors above stderr"),
	EXEC_OPT(ignore_paused, "ignore-paused", 0, OPT_FLAG, NULL,
		 "go into a paused container too, and wait until it is resumed"),
	EXEC_OPT(no_subreaper, "no-subreaper", 0, OPT_FLAG, NULL, "accepted, without effect"),
	OPT_END,
};
/* clang-format on */

static int check_words(const struct call *c, const struct exec_options *o, struct err *e)
{
	if (o->process != NULL && c->args_n > 1)
		return fail(e, ERR_USAGE, "exec: expected --process or a command: found both");
	if (o->process == NULL && c->args_n == 1) {
		(void)fail(e, ERR_USAGE, "exec: expected a command, or --process: found none");
		return hint(e, "caisson exec --help");
	}
	return 0;
}

static int make_plan(const struct call *c, const struct run_target *t, struct plan *p,
		     struct err *e)
{
	const struct exec_options *o = c->options;
	struct loaded *l = arena_new(c->arena, struct loaded);
	struct host *h = arena_new(c->arena, struct host);
	const struct plan_exec_want want = {
		.id = c->args[0],
		.bundle = t->st.bundle,
		.cgroup = t->st.cgroup,
		.sub_cgroup = o->cgroup,
		.detach = o->detach,
		.has_console_socket = o->console_socket != NULL,
		.no_new_keyring = t->st.kept_keyring,
		.deny_setgroups = t->deny_setgroups,
		.filter = t->filter,
		.audited = t->audited,
		.profile = t->profile,
	};

	if (load_saved(c->arena, t->config, t->config_len, l, e) < 0)
		return -1;
	if (exec_process(c, o, &l->spec.process, e) < 0)
		return -1;
	host_probe(h);
	if (l->spec.linux_.intel_rdt.present)
		host_find_resctrl(c->arena, h);
	return plan_exec(c->arena, &l->spec, h, &want, p, e);
}

static int exec_main(const struct call *c, struct err *e)
{
	const struct exec_options *o = c->options;
	struct plan *p = arena_new(c->arena, struct plan);
	struct run_target t = { .pidfd = -1 };
	autolaunch struct launch l = LAUNCH_NONE;
	int got;

	if (check_words(c, o, e) < 0 || launch_about(c, true, &l, e) < 0)
		return -1;
	l.run.pid_file = o->pid_file;
	l.run.console_socket = o->console_socket;
	l.run.pidfd_socket = o->pidfd_socket;
	l.run.preserve_fds = o->preserve_fds;
	l.run.detach = o->detach;
	l.run.ignore_paused = o->ignore_paused;
	got = run_target_open(c->arena, &l.run, c->args[0], &t, e);
	if (got == 0)
		got = make_plan(c, &t, p, e);
	if (got == 0)
		got = run_exec(p, &l.run, &t, c->exit_code, e);
	run_target_close(&t);
	return got;
}

const struct command cmd_exec = {
	.name = "exec",
	.args = "ID [COMMAND...]",
	.help = "run one more process in a container; exits as that did",
	.options = options,
	.options_size = sizeof(struct exec_options),
	.args_min = 1,
	.args_max = SIZE_MAX,
	.stop_at_first = true,
	.exit_failed = 255,
	.run = exec_main,
};
