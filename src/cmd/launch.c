/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/program.h"
#include "base/str.h"
#include "cmd/config.h"
#include "cmd/load.h"
#include "watch/program.h"

#define LISTEN_MAX 65536

static int check_backend(const char *name, struct err *e)
{
	if (name == NULL || str_eq(name, "caisson") || str_eq(name, "libseccomp"))
		return 0;
	return fail(e, ERR_USAGE, "--seccomp-backend: caisson or libseccomp: %s", name);
}

static struct plan_want want_of(const struct call *c, const struct launch_options *o)
{
	return (struct plan_want){
		.id = c->args[0],
		.cgroup_manager = cmd_cgroup_manager(&c->g),
		.detach = c->cmd == &cmd_create || o->detach,
		.has_console_socket = o->console_socket != NULL,
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.use_libseccomp = str_eq(o->seccomp_backend, "libseccomp"),
		.prove_later = true,
	};
}

/* sd_listen_fds(3): meant for us only if LISTEN_PID is our own process. An engine's leftovers
 * in the environment are not, and so runc has it. */
static int listen_fds(unsigned *out, struct err *e)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t n;

	*out = 0;
	if (pid == NULL || fds == NULL || !str_uint64(pid, INT32_MAX, &n) ||
	    n != (uint64_t)getpid())
		return 0;
	if (!str_uint64(fds, LISTEN_MAX, &n))
		return fail(e, ERR_USAGE,
			    "LISTEN_FDS: expected a number up to %d: found \"%s\"", LISTEN_MAX,
			    fds);
	*out = (unsigned)n;
	return 0;
}

static int fill(const struct call *c, const struct launch_options *o,
		const struct loaded *loaded, struct launch *out, struct err *e)
{
	out->plan = &loaded->plan;
	out->run = (struct run_options){
		.root = out->run.root,
		.pid_file = o->pid_file,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.listen_fds = out->run.listen_fds,
		.preserve_fds = o->preserve_fds,
		.keep = o->keep,
		.detach = o->detach,
		.config = loaded->config,
		.config_len = loaded->config_len,
		.audit = out->audit,
		.rules = out->run.rules,
		.watcher = c->cmd == &cmd_create || o->detach || loaded->plan.audit.is_on
				   ? program_find(c->arena, WATCH_PROGRAM)
				   : NULL,
	};
	return cmd_name_of(c->arena, out->run.root, "--root", &out->run.root_path, e);
}

static int open_audit(const struct call *c, const struct config *config, struct audit **out,
		      struct err *e)
{
	if (audit_open(c->g.audit_log, out, e) < 0)
		return hint(e, "--audit-log names another file, or none");
	audit_obey(*out, &config->audit);
	audit_configure(*out, &config->sinks);
	return 0;
}

/* For who comes later. A configuration that cannot be read has no sinks and no patterns. */
static int open_later(const struct call *c, bool strict, struct audit **out, struct err *e)
{
	struct config *config = arena_new(c->arena, struct config);
	struct err why = { 0 };

	if (config_load(c->arena, c->g.config, config, &why) < 0) {
		if (strict) {
			*e = why;
			return -1;
		}
		log_debug("no sinks: %s", why.text);
		*config = (struct config){ 0 };
	}
	return open_audit(c, config, out, e);
}

int launch_new(const struct call *c, const struct launch_options *o, struct launch *out,
	       struct err *e)
{
	struct plan_want want = want_of(c, o);
	struct loaded *loaded = arena_new(c->arena, struct loaded);
	struct config *config = arena_new(c->arena, struct config);

	loaded->file = o->config;
	if (check_backend(o->seccomp_backend, e) < 0 ||
	    config_load(c->arena, c->g.config, config, e) < 0 ||
	    listen_fds(&out->run.listen_fds, e) < 0 || state_id_check(c->args[0], e) < 0 ||
	    load_plan(c->arena, o->bundle != NULL ? o->bundle : ".", &want, loaded, e) < 0 ||
	    open_audit(c, config, &out->audit, e) < 0 || audit_ready(out->audit, e) < 0 ||
	    state_root_open(c->g.root, true, &out->run.root, e) < 0)
		return -1;
	config->watch.dry_run |= o->responses_dry_run;
	out->run.rules = &config->watch;
	return fill(c, o, loaded, out, e);
}

/* Whoever comes next notices that nobody watches. It is not what he came for: his command goes
 * on whatever becomes of it. */
static void tend(const struct call *c, struct run_options *o)
{
	struct err e = { 0 };
	char text[sizeof(e.text) + 128];

	if (!run_is_lost(o->root, c->args[0]))
		return;
	o->watcher = program_find(c->arena, WATCH_PROGRAM);
	if (run_tend(o, c->args[0], &e) == 0)
		return;
	err_format(&e, text, sizeof(text));
	log_debug("%s", text);
}

void launch_tend(const struct call *c, int root)
{
	struct run_options o = { .root = root };
	struct err ignored = { 0 };

	if (!run_is_lost(root, c->args[0]) || open_later(c, false, &o.audit, &ignored) < 0)
		return;
	tend(c, &o);
	audit_close(o.audit);
}

int launch_about(const struct call *c, bool strict, struct launch *out, struct err *e)
{
	struct err why = { 0 };
	char text[sizeof(why.text) + 128];

	if (cmd_root_open(c, c->args[0], &out->run.root, e) < 0 ||
	    cmd_name_of(c->arena, out->run.root, "--root", &out->run.root_path, e) < 0)
		return -1;
	if (open_later(c, strict, &out->audit, &why) < 0) {
		if (strict) {
			*e = why;
			return -1;
		}
		err_format(&why, text, sizeof(text));
		log_debug("no audit log: %s", text);
		out->audit = NULL;
	}
	if (strict && audit_ready(out->audit, e) < 0)
		return -1;
	out->run.audit = out->audit;
	tend(c, &out->run);
	return 0;
}

void launch_end(struct launch *l)
{
	auto_close_(&l->run.root);
	if (l->audit != NULL)
		audit_close(l->audit);
}
