/* SPDX-License-Identifier: Apache-2.0 */
/* watching.c - who watches a container: a foreground `run' itself, else a caisson-watch. And
 * what the next command does when nobody does any more. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/life.h"
#include "watch/calls.h"
#include "watch/program.h"
#include "watch/verdict.h"

#define RECORD_NAP_NS  50000 /* between the first two looks for the record of an end */
#define RECORD_NAP_MAX 20000000

static bool has_unified(const struct cg_limits *l, const char *file)
{
	for (size_t i = 0; i < l->unified_n; i++)
		if (str_eq(l->unified[i].key, file))
			return true;
	return false;
}

static bool is_limit(const struct cg_limits *l, const char *file, int64_t value)
{
	return (value != CG_KEEP && value != CG_MAX) || has_unified(l, file);
}

static uint64_t used_so_far(const struct cg *cg)
{
	int64_t used = cg_number(cg, "cpu.stat", "usage_usec");

	return used > 0 ? (uint64_t)used : 0;
}

static struct watch_want want_of(const struct run *r, const struct plan *pl)
{
	const struct audit_subject who = run_subject(r->arena, &r->st, pl);
	const struct cg_limits *l = &pl->cgroup.limits;
	struct watch_want w = {
		.id = pl->id,
		.bundle = pl->bundle,
		.cgroup = r->st.cgroup,
		.log = r->o->audit != NULL ? audit_name(r->o->audit) : NULL,
		.policy_name = who.policy_name,
		.policy_digest = who.policy_digest,
		.labels = who.labels,
		.calls = pl->audit.is_on,
		.kernel = pl->audit.denials && watch_hears_kernel(),
		.pid = r->pid,
		.start_time = r->st.start_time,
		.own_pid_ns = pl->ns.new_pid,
		.started_ms = r->st.started_ms,
		.wall_ms = pl->watch.wall_ms,
		.cpu_ms = pl->watch.cpu_ms,
		.grace_ms = pl->watch.grace_ms,
		.memory_limit = is_limit(l, "memory.max", l->memory.max),
		.pids_limit = is_limit(l, "pids.max", l->pids_max),
		.cpu_limit = is_limit(l, "cpu.max", l->cpu.quota_us),
		.rules = r->o->rules != NULL ? *r->o->rules : watch_rules_none(),
	};

	if (r->o->audit != NULL && audit_configured(r->o->audit) != NULL)
		w.audit = *audit_configured(r->o->audit);
	if (r->o->audit != NULL && audit_obeyed(r->o->audit) != NULL)
		w.audit_rules = *audit_obeyed(r->o->audit);
	if (w.started_ms > 0 && w.cpu_ms > 0 && r->cg != NULL)
		w.cpu_before_usec = used_so_far(r->cg);
	return w;
}

static struct watch_place place_of(const struct run *r, const struct plan *pl)
{
	return (struct watch_place){ .dir = &r->dir,
				     .init = r->pidfd,
				     .cg = r->cg,
				     .audit = r->o->audit,
				     .argv = pl->process.argv };
}

/* The lock is held before the watcher runs, and by it until it ends. */
static int keep_want(struct run *r, const struct watch_want *w, struct err *e)
{
	size_t len;
	const char *text = watch_want_text(r->arena, w, &len);

	if (state_make_watch(&r->dir, text, len, &r->watch_lock, e) < 0)
		return -1;
	r->telling = state_hold_record(&r->dir);
	return 0;
}

void run_clock(struct run *r)
{
	if (r->st.started_ms == 0)
		r->st.started_ms = now_boot_ms();
}

/* ---- the listeners of the filter ---- */

/* create makes the socket; exec finds it. A connection counts before it is accepted: the
 * holder is started while the container is made. */
int calls_connect(struct run *r, struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	const struct state_dir *at = &r->dir;

	if (r->target == NULL) {
		r->calls_socket = watch_listen_calls(at, e);
		if (r->calls_socket < 0)
			return -1;
	} else {
		if (state_open(r->o->root, r->target->st.id, false, &d, e) < 0)
			return -1;
		at = &d;
	}
	r->agent = watch_connect_calls(at, e);
	return r->agent < 0 ? -1 : 0;
}

static int hold_listeners(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_audit *au = &pl->audit;

	if (!au->is_on && !au->denials)
		return 0;
	if (watch_keep_answers(r->arena, &r->dir, &au->verdicts, au->rows, au->rows_n, e) < 0)
		return -1;
	if (!au->is_on)
		return 0;
	return watch_spawn_holder(r->o->watcher, pl->id, r->pidfd, r->calls_socket, &r->holder,
				  e);
}

static int no_watcher(const struct plan *pl, struct err *e)
{
	(void)fail(e, ERR_HOST, "watcher: expected %s for its %s: not installed", WATCH_PROGRAM,
		   pl->audit.is_on ? "seccomp audit" : "limits");
	return hint(e, "install it in the private directory of caisson's programs");
}

/* Beside a detached container there is always a watcher, for the record of its end. In the
 * foreground there is something to do only if something is wanted. */
int do_watch(struct run *r, const struct plan *pl, struct err *e)
{
	if (r->foreground_start)
		run_clock(r); /* whoever watches counts from here */

	const struct watch_want want = want_of(r, pl);
	const struct watch_place at = place_of(r, pl);
	const bool stays = r->foreground_start && !r->o->detach;
	const bool is_wanted = watch_is_wanted(&want);

	if (stays && !is_wanted)
		return 0;
	if ((!stays || pl->audit.is_on) && r->o->watcher == NULL)
		return is_wanted ? no_watcher(pl, e) : 0;
	if (hold_listeners(r, pl, e) < 0 || keep_want(r, &want, e) < 0)
		return -1;
	if (stays)
		return watch_open(&want, &at, false, &r->watch, e);
	return watch_spawn(r->o->watcher, pl->id, &at, r->watch_lock, &r->watcher, e);
}

/* It has had all the time that the container needed to get ready. */
int do_watched(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	return watch_spawned(&r->holder, e) < 0 ? -1 : watch_spawned(&r->watcher, e);
}

/* ---- an end that nobody saw ---- */

/* What the kernel has counted is as true as ever; what became of the init nobody can tell. */
static void record_unseen(struct arena *a, const struct run_options *o,
			  const struct state_dir *d, const struct state *st)
{
	struct audit_subject who = run_subject(a, st, NULL);
	struct verdict_facts f = { .unwatched = true, .never_executed = st->started_ms == 0 };
	struct err e = { 0 };
	struct err ignored = { 0 };
	autocg struct cg *cg = NULL;
	struct denials *denials;
	struct verdict v;
	const char *text;
	struct json *j;
	size_t len;

	if (st->cgroup != NULL)
		(void)!cg_open(st->cgroup, &cg, &ignored);
	f.denials = denials = denials_map(d->fd, false, &ignored);
	verdict_gather(&f, cg, d, &v);
	j = verdict_json(a, &v);
	denials_unmap(denials);
	text = json_print(a, j, JSON_CANONICAL, &len);
	run_audit(o, a, AUDIT_EXIT, &who,
		  &(struct audit_result){ .verdict = j, .exit_code = v.exit_code });
	if (state_save_exit(d, text, len, &e) < 0)
		log_debug("%s", e.text);
}

/* The watcher has seen the same end as we, and writes its record now. */
void life_await_record(struct arena *a, const struct run_options *o, const struct state_dir *d,
		       const struct state *st)
{
	const uint64_t until = now_boot_ms() + LIFE_WAIT_MS;
	enum state_watch watch = STATE_WATCHED;
	autofd int lock = -1;

	if (st->verdict != NULL || st->pid <= 0)
		return;
	for (long nap = RECORD_NAP_NS; !state_has_exit(d) && now_boot_ms() < until; nap *= 2) {
		watch = state_try_watch(d, &lock);
		if (watch != STATE_WATCHED)
			break;
		nap = nap > RECORD_NAP_MAX ? RECORD_NAP_MAX : nap;
		(void)nanosleep(&(struct timespec){ 0, nap }, NULL);
	}
	if (!state_has_exit(d))
		record_unseen(a, o, d, st);
}

/* ---- a watcher that is gone ---- */

bool run_is_lost(int root, const char *id)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct err ignored = { 0 };
	autofd int lock = -1;

	return state_open(root, id, false, &d, &ignored) == 0 && !state_has_exit(&d) &&
	       state_try_watch(&d, &lock) == STATE_LOST;
}

static int watch_again(struct arena *a, const struct run_options *o, const struct state_dir *d,
		       const struct state *st, int lock, struct err *e)
{
	struct audit_subject who = run_subject(a, st, NULL);
	autofd int init = life_pidfd(st);
	struct watch_child child = { .said = -1 };
	struct json *lost = json_object(a);
	autocg struct cg *cg = NULL;

	if (init < 0 || state_now(st) == ST_STOPPED) {
		record_unseen(a, o, d, st);
		return 0;
	}
	json_set(lost, "resource", json_string(a, "watcher"));
	run_audit(o, a, AUDIT_LOST, &who,
		  &(struct audit_result){ .limit = lost, .exit_code = -1 });
	if (o->watcher == NULL)
		return fail(e, ERR_HOST, "watcher: %s: not installed", WATCH_PROGRAM);
	if (st->cgroup != NULL && cg_open(st->cgroup, &cg, e) < 0)
		return -1;

	const struct watch_place at = { .dir = d, .init = init, .cg = cg, .audit = o->audit };

	return watch_spawn(o->watcher, st->id, &at, lock, &child, e) < 0
		       ? -1
		       : watch_spawned(&child, e);
}

/* The lock keeps others who notice the same away until the new watcher has it. */
int run_tend(const struct run_options *o, const char *id, struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	autoarena struct arena a = { 0 };
	autofd int lock = -1;
	struct state st;

	if (state_open(o->root, id, false, &d, e) < 0 || state_load(&a, &d, id, &st, e) < 0)
		return -1;
	if (st.verdict != NULL || st.pid <= 0 || state_try_watch(&d, &lock) != STATE_LOST)
		return 0;
	return watch_again(&a, o, &d, &st, lock, e);
}

/* ---- who ends it ---- */

int life_save_kill(const struct state_dir *d, int signal, struct err *e)
{
	struct state_kill k = {
		.signal = signal, .uid = getuid(), .login_uid = (uid_t)-1, .caller = getppid()
	};
	uint64_t login;
	char text[16];

	if (file_peek_at(AT_FDCWD, "/proc/self/loginuid", text, sizeof(text)) > 0 &&
	    str_uint64(text, UINT32_MAX, &login))
		k.login_uid = (uid_t)login;
	return state_save_kill(d, &k, e);
}
