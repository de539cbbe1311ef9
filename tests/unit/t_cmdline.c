/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/launch.h"

struct row {
	const char *line, *want;
};

/* What each caller executes (contract 1.1), and what we make of it. */
/* clang-format off */
static const struct row rows[] = {
	/* conmon, without and with what podman and CRI-O add */
	{ "create --bundle /b --pid-file /p ID",
	  "create bundle=/b pid-file=/p | ID" },
	{ "--systemd-cgroup --log-format=json --log /l create --bundle /b --pid-file /p --no-pivot --no-new-keyring --console-socket /s ID",
	  "log=/l json systemd; create bundle=/b pid-file=/p console=/s no-pivot no-keyring | ID" },
	{ "--log-format=json --log /l --cgroup-manager disabled create --bundle /b --pid-file /p ID",
	  "log=/l json manager=disabled; create bundle=/b pid-file=/p | ID" },
	{ "--root=/r create --bundle /b --pid-file /p --preserve-fds 2 ID",
	  "root=/r; create bundle=/b pid-file=/p fds=2 | ID" },
	/* podman itself */
	{ "start ID",                         "start | ID" },
	{ "kill ID 15",                       "kill | ID 15" },
	{ "kill --all ID 9",                  "kill all | ID 9" },
	{ "delete --force ID",                "delete force | ID" },
	{ "--version",                        "version" },
	/* the containerd shim */
	{ "--root /run/containerd/runc/k8s.io --log /b/log.json --log-format json --systemd-cgroup --rootless=true --debug create --bundle /b --pid-file /b/init.pid --console-socket /s --no-pivot --no-new-keyring ID",
	  "root=/run/containerd/runc/k8s.io log=/b/log.json json systemd debug; create bundle=/b pid-file=/b/init.pid console=/s no-pivot no-keyring | ID" },
	{ "--root /r --criu /usr/bin/criu --rootless=false kill --all ID 9",
	  "root=/r; kill all | ID 9" },
	{ "--root /r delete --force ID",      "root=/r; delete force | ID" },
	{ "features",                         "features |" },
	{ "--config /c create --bundle /b --config c.json ID", "create bundle=/b config=c.json | ID" },
	{ "run -f c.json ID", "run config=c.json | ID" },
	{ "create -no-subreaper --bundle /b ID", "create bundle=/b no-subreaper | ID" },
	{ "run --no-subreaper -d ID",         "run detach no-subreaper | ID" },
	/* CRI-O itself */
	{ "--root /r --systemd-cgroup state ID", "root=/r systemd; state | ID" },
	{ "--root /r --systemd-cgroup=true state ID", "root=/r systemd; state | ID" },
	{ "--root /r --systemd-cgroup=false state ID", "root=/r; state | ID" },
	{ "--root /r kill ID KILL",           "root=/r; kill | ID KILL" },
	{ "--root /r kill -a ID 9",           "root=/r; kill all | ID 9" },
	{ "--root /r delete --force ID",      "root=/r; delete force | ID" },
	/* conmon-rs says some things twice */
	{ "--root=/r --systemd-cgroup --root=/r --systemd-cgroup create --bundle /b --pid-file /p --console-socket=/s ID",
	  "root=/r systemd; create bundle=/b pid-file=/p console=/s | ID" },
	/* buildah */
	{ "create --bundle /b --pid-file /b/pid --no-new-keyring --no-pivot --console-socket /b/console.sock buildah-buildah123",
	  "create bundle=/b pid-file=/b/pid console=/b/console.sock no-pivot no-keyring | buildah-buildah123" },
	{ "kill NAME SIGKILL",                "kill | NAME SIGKILL" },
	{ "delete NAME",                      "delete | NAME" },
	/* exec: conmon, the shim, CRI-O, conmon-rs, people */
	{ "exec --pid-file /p --process /f --detach --preserve-fds 2 --console-socket /s ID",
	  "exec pid-file=/p process=/f detach fds=2 console=/s | ID" },
	{ "--root /r --log /b/log.json --log-format json exec --process /f --console-socket /s --detach --pid-file /p ID",
	  "root=/r log=/b/log.json json; exec pid-file=/p process=/f detach console=/s | ID" },
	{ "exec --process /f --detach --pid-file /p --pidfd-socket /q ID",
	  "exec pid-file=/p process=/f detach pidfd=/q | ID" },
	{ "--root /r exec --process /f ID", "root=/r; exec process=/f | ID" },
	{ "--log=journald:ID --log-level=debug --root=/r --systemd-cgroup state ID",
	  "root=/r log=journald:ID systemd debug; state | ID" },
	{ "--log-level=warning --debug state ID", "debug; state | ID" },
	{ "--log-level=error state ID", "state | ID" },
	{ "exec -d --console-socket=/s --tty --pid-file=/p ID cmd -c --tty",
	  "exec pid-file=/p detach console=/s tty | ID cmd -c --tty" },
	{ "exec -u 1:2 -e A=b -e C=d -g 3 -c CAP_KILL -t ID sh",
	  "exec user=1:2 env=A=b,C=d gids=3 caps=CAP_KILL tty | ID sh" },
	{ "exec ID -- x",                     "exec | ID -- x" },
	/* the others */
	{ "pause ID",                         "pause | ID" },
	{ "resume ID",                        "resume | ID" },
	{ "ps --format json ID",              "ps | ID" },
	{ "ps ID -aux",                       "ps | ID -aux" },
	{ "update --resources=/f ID",         "update | ID" },
	{ "update --resources - ID",          "update | ID" },
	{ "update --memory-swap -1 ID",       "update | ID" },
	{ "events --interval 5s --stats ID",  "events | ID" },
	{ "exec --cgroup /x --apparmor P --process-label L --no-new-privs --ignore-paused --cwd /c ID x",
	  "exec cwd=/c cgroup=/x apparmor=P label=L nnp ignore-paused | ID x" },
	/* people */
	{ "run -b /b -d --keep ID",           "run bundle=/b detach keep | ID" },
	{ "run ID --bundle /b",               "run bundle=/b | ID" },
	{ "kill ID -9",                       "kill | ID -9" },
	{ "list -q",                          "list |" },
	{ "list --format json",               "list |" },
	{ "--audit-log none run ID",          "audit=none; run | ID" },
	{ "-v",                               "version" },
	{ "create --help",                    "create help |" },
	{ "--help",                           "help" },
	{ "",                                 "nothing" },
};

static const struct row refusals[] = {
	{ "creat ID",            "creat: unknown command\ndid you mean create?" },
	{ "checkpoin ID",        "checkpoin: unknown command\ndid you mean checkpoint?" },
	{ "migrate --help",      "migrate: unknown command\ncaisson --help lists the commands" },
	{ "restore --lsm-mount-context",
	  "restore: --lsm-mount-context: flag needs an argument\n"
	  "--lsm-mount-context LABEL requires an argument" },
	{ "create",              "create: expected ID: found 0 arguments\ncaisson create --help" },
	{ "create a b",          "create: expected ID: found 2 arguments\ncaisson create --help" },
	{ "exec",                "exec: expected ID [COMMAND...]: found 0 arguments\ncaisson exec --help" },
	{ "list a",              "list: expected no argument: found 1 argument\ncaisson list --help" },
	{ "kill",                "kill: expected ID [SIGNAL]: found 0 arguments\ncaisson kill --help" },
	{ "kill a 9 b",          "kill: expected ID [SIGNAL]: found 3 arguments\ncaisson kill --help" },
	{ "--zzz list",          "caisson: --zzz: unknown option\ncaisson --help lists the options" },
	{ "kill -s KILL ID",     "kill: -s: unknown option\ncaisson kill --help lists the options" },
	{ "--log-level loud list",
	  "caisson: --log-level: expected error|warning|debug: found \"loud\"" },
	{ "--rot /r list",       "caisson: --rot: unknown option\ndid you mean --root?" },
	{ "--root",              "caisson: --root: flag needs an argument\n--root DIR requires an argument" },
	{ "create --pid-file",
	  "create: --pid-file: flag needs an argument\n--pid-file FILE requires an argument" },
	{ "--log-format xml list", "caisson: --log-format: expected text|json: found \"xml\"" },
	{ "--cgroup-manager x list",
	  "caisson: --cgroup-manager: expected cgroupfs|systemd|disabled: found \"x\"" },
	{ "delete --froce ID",   "delete: --froce: unknown option\ndid you mean --force?" },
};
/* clang-format on */

enum {
	MAX_WORDS = 32
};

static int parse(struct call *c, const char *line, struct err *e)
{
	const char **words = arena_array(c->arena, MAX_WORDS, sizeof(*words));
	char *rest = arena_strdup(c->arena, line);
	size_t n = 0, used;

	for (char *w = strsep(&rest, " "); w != NULL && line[0] != '\0'; w = strsep(&rest, " "))
		words[n++] = w;
	if (cmd_parse_globals(c, n, words, &used, e) < 0)
		return -1;
	return used == n ? 0 : cmd_parse_command(c, n - used, words + used, e);
}

static void show_globals(struct sbuf *b, const struct globals *g)
{
	if (g->root != NULL)
		sbuf_add(b, " root=%s", g->root);
	if (g->log != NULL)
		sbuf_add(b, " log=%s", g->log);
	if (!str_eq(g->log_format, "text"))
		sbuf_add(b, " %s", g->log_format);
	if (!str_eq(g->cgroup_manager, "cgroupfs"))
		sbuf_add(b, " manager=%s", g->cgroup_manager);
	if (g->audit_log != NULL)
		sbuf_add(b, " audit=%s", g->audit_log);
	sbuf_add(b, "%s%s", g->systemd_cgroup ? " systemd" : "", g->debug ? " debug" : "");
	if (b->n > 0)
		sbuf_add(b, ";");
}

static void show_launch(struct sbuf *b, const struct launch_options *o)
{
	if (o->bundle != NULL)
		sbuf_add(b, " bundle=%s", o->bundle);
	if (o->config != NULL)
		sbuf_add(b, " config=%s", o->config);
	if (o->pid_file != NULL)
		sbuf_add(b, " pid-file=%s", o->pid_file);
	if (o->console_socket != NULL)
		sbuf_add(b, " console=%s", o->console_socket);
	if (o->preserve_fds != 0)
		sbuf_add(b, " fds=%u", o->preserve_fds);
	sbuf_add(b, "%s%s%s%s%s", o->no_pivot ? " no-pivot" : "",
		 o->no_new_keyring ? " no-keyring" : "", o->detach ? " detach" : "",
		 o->keep ? " keep" : "", o->no_subreaper ? " no-subreaper" : "");
}

static void show_list(struct sbuf *b, const char *name, const struct opt_strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		sbuf_add(b, "%s%s%s", i == 0 ? name : ",", i == 0 ? "=" : "", list->v[i]);
}

static void show_exec(struct sbuf *b, const struct exec_options *o)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "pid-file", o->pid_file }, { "process", o->process },
		{ "cwd", o->cwd },           { "user", o->user },
		{ "cgroup", o->cgroup },     { "apparmor", o->apparmor },
		{ "label", o->label },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		if (texts[i].value != NULL)
			sbuf_add(b, " %s=%s", texts[i].name, texts[i].value);
	show_list(b, " env", &o->env);
	show_list(b, " gids", &o->gids);
	show_list(b, " caps", &o->caps);
	sbuf_add(b, "%s", o->detach ? " detach" : "");
	if (o->preserve_fds != 0)
		sbuf_add(b, " fds=%u", o->preserve_fds);
	if (o->console_socket != NULL)
		sbuf_add(b, " console=%s", o->console_socket);
	if (o->pidfd_socket != NULL)
		sbuf_add(b, " pidfd=%s", o->pidfd_socket);
	sbuf_add(b, "%s%s%s", o->tty ? " tty" : "", o->no_new_privs ? " nnp" : "",
		 o->ignore_paused ? " ignore-paused" : "");
}

static void show(struct sbuf *b, const struct call *c)
{
	show_globals(b, &c->g);
	if (c->cmd == NULL) {
		sbuf_add(b, " %s",
			 c->g.version     ? "version"
			 : c->global_help ? "help"
					  : "nothing");
		return;
	}
	sbuf_add(b, " %s", c->cmd->name);
	if (c->cmd == &cmd_create || c->cmd == &cmd_run_)
		show_launch(b, c->options);
	if (c->cmd == &cmd_exec)
		show_exec(b, c->options);
	if (c->cmd == &cmd_kill && *(const bool *)c->options)
		sbuf_add(b, " all");
	if (c->cmd == &cmd_delete && *(const bool *)c->options)
		sbuf_add(b, " force");
	sbuf_add(b, "%s |", c->help ? " help" : "");
	for (size_t i = 0; i < c->args_n; i++)
		sbuf_add(b, " %s", c->args[i]);
}

Test(cmdline, understands_each_caller)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		autoarena struct arena a = { 0 };
		struct call c = { .arena = &a };
		struct err e = { 0 };
		char text[512] = "";
		struct sbuf b = SBUF(text);

		cr_assert_eq(parse(&c, rows[i].line, &e), 0, "%s: %s", rows[i].line, e.text);
		show(&b, &c);
		cr_expect_str_eq(text + 1, rows[i].want, "%s\n  got  %s\n  want %s",
				 rows[i].line, text + 1, rows[i].want);
	}
}

Test(cmdline, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autoarena struct arena a = { 0 };
		struct call c = { .arena = &a };
		struct err e = { 0 };

		cr_expect_eq(parse(&c, refusals[i].line, &e), -1, "%s", refusals[i].line);
		cr_expect_eq(e.kind, ERR_USAGE);
		cr_expect_str_eq(e.text, refusals[i].want, "%s\n  got  %s\n  want %s",
				 refusals[i].line, e.text, refusals[i].want);
	}
}

/* What podman and moby read of it: the first line, "commit: ", and no second "version". */
Test(cmdline, version_is_as_callers_parse_it)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	const char *commit;

	cr_assert_not_null(to);
	cmd_print_version(to);
	cr_assert_eq(fclose(to), 0);
	cr_expect_not_null(str_after(text, "caisson version " PACKAGE_VERSION "\n"));
	commit = strstr(text, "\ncommit: ");
	cr_assert_not_null(commit);
	cr_expect_null(strstr(commit, "version"));
	cr_expect_not_null(strstr(text, "\nspec: 1.3.0\n"));
	free(text);
}

static size_t widest(const char *text)
{
	size_t most = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		most = n > most ? n : most;
		text += n + (text[n] == '\n');
	}
	return most;
}

Test(cmdline, help_fits_on_eighty_columns)
{
	for (size_t i = 0; cmd_all[i] != NULL; i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *to = open_memstream(&text, &n);

		cr_assert_not_null(to);
		cmd_print_help(to);
		cmd_print_command_help(to, cmd_all[i]);
		cr_assert_eq(fclose(to), 0);
		cr_expect_leq(widest(text), 80, "%s", cmd_all[i]->name);
		free(text);
	}
}

Test(cmdline, no_option_is_there_twice)
{
	for (size_t i = 0; cmd_all[i] != NULL; i++)
		for (const struct opt *o = cmd_all[i]->options; o->name != NULL; o++)
			for (const struct opt *p = o + 1; p->name != NULL; p++) {
				cr_expect_str_neq(o->name, p->name, "%s", cmd_all[i]->name);
				cr_expect(o->letter == 0 || o->letter != p->letter, "%s: -%c",
					  cmd_all[i]->name, o->letter);
			}
}
