/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - start, kill, delete, state: commands about a container that exists. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/life.h"

static int wrong_state(const struct state *st, enum state_status now, struct err *e)
{
	if (now == ST_STOPPED)
		return fail(e, ERR_STATE, "cannot start a container that has stopped: %s",
			    st->id);
	if (now == ST_RUNNING || now == ST_PAUSED)
		return fail(e, ERR_STATE, "cannot start an already running container: %s",
			    st->id);
	return fail(e, ERR_STATE, "cannot start a container that is still being created: %s",
		    st->id);
}

/* The init says EXECUTING, then execve closes its end, or it says why not. Its death closes it
 * as well (a filter that kills whoever calls execve, an oom kill). */
static int meet(const struct state_dir *d, const struct state *st, struct err *e)
{
	autofd int sock = unix_connect_at(d->fd, "start.sock", SOCK_SEQPACKET);

	if (sock < 0)
		return fail_sys(e, -sock, "start.sock: connect");
	if (hs_say(sock, HS_START, st->pid, e) < 0 ||
	    hs_expect(sock, HS_EXECUTING, -1, NULL, e) < 0)
		return -1;
	if (hs_expect_exec(sock, e) < 0)
		return -1;
	if (!proc_never_executed(st->pid, st->start_time))
		return 0;
	return fail(e, ERR_SYSTEM, "the container's init died before it executed anything");
}

static int start_locked(struct arena *a, const struct state_dir *d, struct state *st,
			bool *undo, struct err *e)
{
	enum state_status now = state_now(st);
	struct plan_hooks poststart = { 0 };

	if (now != ST_CREATED)
		return wrong_state(st, now, e);
	st->started_ms = now_boot_ms(); /* known, should it end before we can say "running" */
	if (hooks_load(a, d, HOOK_POSTSTART, &poststart, e) < 0 || state_save(d, st, e) < 0)
		return -1;
	if (meet(d, st, e) < 0) {
		*undo = strcmp(e->step, STEP_START_HOOKS) == 0;
		return -1;
	}
	st->status = ST_RUNNING;
	(void)unlinkat(d->fd, "start.sock", 0);
	if (state_save(d, st, e) < 0)
		return -1;
	*undo = life_poststart(a, d, st, &poststart, e) < 0;
	return *undo ? -1 : 0;
}

static int start_one(const struct run_options *o, const char *id, bool *undo, struct err *e)
{
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct audit_subject who;
	struct state st;
	int got;

	if (state_open(o->root, id, true, &d, e) < 0 || state_load(&a, &d, id, &st, e) < 0)
		return -1;

	autofd int telling = state_hold_record(&d); /* until all is told */

	got = start_locked(&a, &d, &st, undo, e);
	who = run_subject(&a, &st, NULL);
	run_audit(o, &a, AUDIT_START, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	return got;
}

/* runtime.md#lifecycle: after a startContainer or poststart hook that fails what create made is
 * undone. Other failures leave a container that has stopped. */
int run_start(const struct run_options *o, const char *id, struct err *e)
{
	struct err why = { 0 };
	bool undo = false;
	int got = start_one(o, id, &undo, e);

	if (undo && run_delete(o, id, true, &why) < 0)
		log_warning("%s", why.text);
	return got;
}

/* ---- state ---- */

static bool is_paused(const struct state *st)
{
	struct err ignored = { 0 };
	autocg struct cg *cg = NULL;

	return st->cgroup != NULL && cg_open(st->cgroup, &cg, &ignored) == 0 &&
	       cg_is_frozen(cg);
}

int run_state(struct arena *a, int root, const char *id, struct state *st,
	      enum state_status *now, struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };

	if (state_open(root, id, false, &d, e) < 0 || state_load(a, &d, id, st, e) < 0)
		return -1;
	*now = state_now(st);
	if ((*now == ST_RUNNING || *now == ST_CREATED) && is_paused(st))
		*now = ST_PAUSED;
	return 0;
}

/* ---- kill ---- */

static int signal_init(const struct state *st, int signal, struct err *e)
{
	autofd int fd = life_pidfd(st);
	int err = fd;

	if (fd >= 0)
		err = sys_pidfd_send_signal(fd, signal);
	/* CRI-O and containerd look for these very words */
	if (err == -ESRCH)
		return fail(e, ERR_STATE, "container not running: no such process: %s", st->id);
	return err < 0 ? fail_sys(e, -err, "kill %s", st->id) : 0;
}

/* Nobody can list these processes; with the init of a pid namespace all of it ends. */
static int signal_ungrouped(const struct state *st, int signal, struct err *e)
{
	if (state_now(st) == ST_STOPPED)
		return 0;
	if (signal == SIGKILL && st->own_pid_ns)
		return signal_init(st, signal, e);
	return fail(e, ERR_STATE, "kill --all: expected a cgroup of %s: it runs without one",
		    st->id);
}

/* A signal to every process. SIGKILL by cgroup.kill cannot be outrun by fork. */
static int signal_group(const struct state *st, int signal, struct err *e)
{
	struct err why = { 0 };
	autocg struct cg *cg = NULL;

	if (st->cgroup == NULL)
		return signal_ungrouped(st, signal, e);
	if (life_cgroup(st, &cg, &why) < 0) {
		*e = why;
		return why.sys == ENOENT ? 0 : -1;
	}
	if (!life_owns(st, cg))
		return 0;
	return signal == SIGKILL ? cg_kill(cg, e) : cg_signal(cg, signal, e);
}

/* Those that live on after an init whose pid namespace is another's. */
static bool has_others(const struct state *st)
{
	struct err ignored = { 0 };
	autocg struct cg *cg = NULL;

	return cg_open(st->cgroup, &cg, &ignored) == 0 && cg_is_populated(cg);
}

static int kill_it(const struct state *st, int signal, bool all, struct err *e)
{
	/* without a pid namespace of its own the others would survive their init */
	bool sweep = all || (signal == SIGKILL && !st->own_pid_ns && st->cgroup != NULL);
	struct err why = { 0 };

	if (!sweep)
		return signal_init(st, signal, e);
	if (!all && state_now(st) == ST_STOPPED && !has_others(st))
		return signal_init(st, signal, e);
	if (signal_group(st, signal, &why) == 0)
		return 0;
	*e = why;
	return -1;
}

/* Who did it, for the verdict; said before it is done, taken back where nothing was done. */
static int kill_known(const struct state_dir *d, const struct state *st, int signal, bool all,
		      struct err *e)
{
	bool is_ending = signal != 0 && state_now(st) != ST_STOPPED;
	struct err ignored = { 0 };

	/* a full disk must not keep anything alive */
	if (is_ending && life_save_kill(d, signal, &ignored) < 0)
		log_debug("%s", ignored.text);
	if (kill_it(st, signal, all, e) == 0)
		return 0;
	if (is_ending)
		state_drop_kill(d);
	return -1;
}

int run_kill(const struct run_options *o, const char *id, int signal, bool all, struct err *e)
{
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct json *asked;
	struct audit_subject who;
	struct state st;
	int got;

	if (state_open(o->root, id, false, &d, e) < 0 || state_load(&a, &d, id, &st, e) < 0)
		return -1;
	got = kill_known(&d, &st, signal, all, e);
	who = run_subject(&a, &st, NULL);
	asked = json_object(&a);
	json_set(asked, "signal", json_int(&a, signal));
	if (all)
		json_set(asked, "all", json_bool(&a, true));
	run_audit(o, &a, AUDIT_KILL, &who,
		  &(struct audit_result){
			  .err = got < 0 ? e : NULL, .exit_code = -1, .asked = asked });
	return got;
}

/* ---- delete ---- */

static int delete_locked(struct arena *a, const struct run_options *o, struct state_dir *d,
			 const struct state *st, bool force, struct err *e)
{
	enum state_status now = state_now(st);
	struct plan_hooks poststop = { 0 };
	struct err why = { 0 };

	if (!force && now != ST_STOPPED && now != ST_CREATED)
		return fail(e, ERR_STATE, "cannot delete container %s that is not stopped: %s",
			    st->id, state_status_names[now]);
	/* a hooks file that cannot be read must not keep the rest from being cleaned */
	if (hooks_load(a, d, HOOK_POSTSTOP, &poststop, &why) < 0 && !force) {
		*e = why;
		return -1;
	}
	return life_destroy(a, o, d, st, &poststop, e);
}

/* With force it is enough to know whom to kill. Who is not known is not said to be gone. */
static int load_for_delete(struct arena *a, const struct state_dir *d, const char *id,
			   bool force, struct state *st, struct err *e)
{
	struct err ignored = { 0 };

	if (state_load(a, d, id, st, e) == 0)
		return 0;
	if (!force)
		return -1;
	if (state_load_remains(a, d, id, st, &ignored) < 0)
		return hint(e, "end its processes and remove its state directory by hand");
	*e = (struct err){ 0 };
	return 0;
}

int run_delete(const struct run_options *o, const char *id, bool force, struct err *e)
{
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct audit_subject who;
	struct err why = { 0 };
	struct state st;
	int got;

	if (state_open(o->root, id, true, &d, &why) < 0) {
		if (force && why.kind == ERR_MISSING)
			return 0; /* contract 1.3: no such container is what was wanted */
		*e = why;
		return -1;
	}
	if (load_for_delete(&a, &d, id, force, &st, e) < 0)
		return -1;
	got = delete_locked(&a, o, &d, &st, force, e);
	who = run_subject(&a, &st, NULL);
	run_audit(o, &a, AUDIT_DELETE, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	return got;
}
