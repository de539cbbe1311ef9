/* SPDX-License-Identifier: Apache-2.0 */
/* exec.c - exec: one more process in a container that is there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/life.h"
#include "watch/verdict.h"

/* ---- the container ---- */

static int refuse_status(const struct run_options *o, const struct state *st,
			 enum state_status now, struct err *e)
{
	if (now == ST_RUNNING || now == ST_CREATED || (now == ST_PAUSED && o->ignore_paused))
		return 0;
	if (now == ST_CREATING)
		return fail(e, ERR_STATE,
			    "cannot exec in a container that is still being created: %s",
			    st->id);
	if (now == ST_STOPPED)
		return fail(e, ERR_STATE, "cannot exec in a stopped container: %s", st->id);
	(void)fail(e, ERR_STATE, "cannot exec in a paused container: %s", st->id);
	return hint(e, "caisson resume %s, or --ignore-paused, which waits for that", st->id);
}

/* By pid and start time: the directory in /proc is opened before the pidfd says that it is the
 * one, and stays that process's. */
static int look_at_init(struct run_target *t, struct err *e)
{
	char path[32], word[8];
	autofd int proc = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d", t->st.pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->pidfd = life_pidfd(&t->st);
	if (proc < 0 || t->pidfd == -ESRCH)
		return fail(e, ERR_STATE, "cannot exec in a stopped container: %s", t->st.id);
	if (t->pidfd < 0)
		return fail_sys(e, -t->pidfd, "pidfd_open %d", t->st.pid);
	t->joins = namespaces_apart(proc);
	if (t->joins == -ENOENT || t->joins == -ESRCH) /* it is just dying */
		return fail(e, ERR_STATE, "cannot exec in a stopped container: %s", t->st.id);
	if (t->joins < 0) {
		(void)fail_sys(e, -t->joins, "look at the namespaces of %s (process %d)",
			       t->st.id, t->st.pid);
		/* what waits there is not dumpable, and no user namespace is that program's */
		return t->joins == -EACCES && state_now(&t->st) == ST_CREATED
			       ? hint(e, "without privileges, start it first")
			       : -1;
	}
	t->deny_setgroups =
		file_peek_at(proc, "setgroups", word, sizeof(word)) > 0 && str_eq(word, "deny");
	return 0;
}

int run_target_open(struct arena *a, const struct run_options *o, const char *id,
		    struct run_target *out, struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	autofree char *text = NULL;
	enum state_status now;

	*out = (struct run_target){ .pidfd = -1 };
	if (run_state(a, o->root, id, &out->st, &now, e) < 0 ||
	    refuse_status(o, &out->st, now, e) < 0 || look_at_init(out, e) < 0 ||
	    state_open(o->root, id, false, &d, e) < 0 ||
	    state_load_config(&d, &text, &out->config_len, e) < 0)
		return -1;
	out->config = arena_strndup(a, text, out->config_len);
	return out->st.policy != NULL ? filter_kept(a, &d, out, e) : 0;
}

void run_target_close(struct run_target *t)
{
	auto_close_(&t->pidfd);
}

/* ---- the process ---- */

static int begin(struct run *r, struct err *e)
{
	if (steps_run(exec_steps, exec_steps_n, r, r->pl, e) == 0 &&
	    hs_say(r->sock, HS_START, r->pid, e) == 0 &&
	    hs_expect(r->sock, HS_EXECUTING, r->wait_ms, NULL, e) == 0 &&
	    hs_wait(r->sock, HS_EXECUTING, r->wait_ms, e) == 0)
		return hs_expect_exec(r->sock, e);
	init_reason(r, e);
	return -1;
}

static struct audit_subject subject(const struct run *r)
{
	struct audit_subject who = run_subject(r->arena, &r->st, r->pl);

	who.pid = r->pid;
	return who;
}

static int attend(struct run *r, int signals, uint64_t began_ms, int *exit_code, struct err *e)
{
	struct audit_subject who = subject(r);
	struct verdict v;
	int status = 0;

	if (foreground_wait(r, signals, &status, e) < 0)
		return -1;
	verdict_make(&(struct verdict_facts){ .has_status = true,
					      .status = status,
					      .wall_ms = now_boot_ms() - began_ms },
		     &v);
	*exit_code = v.exit_code;
	run_audit(r->o, r->arena, AUDIT_EXEC_END, &who,
		  &(struct audit_result){ .verdict = verdict_json(r->arena, &v),
					  .exit_code = v.exit_code });
	return 0;
}

int run_exec(const struct plan *pl, const struct run_options *o, const struct run_target *t,
	     int *exit_code, struct err *e)
{
	autoarena struct arena a = { 0 };
	autofd int signals = -1;
	struct audit_subject who;
	uint64_t began_ms;
	struct run r;
	int got;

	*exit_code = 0;
	if (!o->detach && (signals = signals_catch(e)) < 0)
		return -1;
	run_init(&r, pl, o, &a);
	r.st = t->st;
	r.target = t;
	r.joins = t->joins;
	r.foreground_start = true;
	r.wait_ms = o->ignore_paused ? -1 : HS_WAIT_MS;
	got = begin(&r, e);
	began_ms = now_boot_ms();
	who = subject(&r);
	run_audit(o, &a, AUDIT_EXEC, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	if (got == 0 && !o->detach)
		got = attend(&r, signals, began_ms, exit_code, e);
	run_close(&r, got < 0);
	return got;
}
