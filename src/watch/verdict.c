/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/verdict.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/json.h"
#include "watch/calls.h"

/* ---- the reason: the first row that holds ---- */

static bool by_signal(const struct verdict_facts *f, int signal)
{
	return f->has_status && WIFSIGNALED(f->status) && WTERMSIG(f->status) == signal;
}

static bool ended_by_wall(const struct verdict_facts *f)
{
	return f->cause.kind == CAUSE_WALL;
}

/* RLIMIT_CPU stands behind the watcher. */
static bool ended_by_cpu(const struct verdict_facts *f)
{
	return f->cause.kind == CAUSE_CPU ||
	       (f->cpu_limit_ms > 0 && by_signal(f, SIGXCPU) && f->usage != NULL &&
		f->usage->cpu_usec >= (int64_t)f->cpu_limit_ms * 1000);
}

static bool ended_by_policy(const struct verdict_facts *f)
{
	return f->cause.kind == CAUSE_POLICY;
}

/* A signal that was sent is not yet one that killed; only SIGKILL cannot be anything else. */
static bool ended_by_kill(const struct verdict_facts *f)
{
	if (f->kill == NULL)
		return false;
	return f->has_status ? by_signal(f, f->kill->signal) : f->kill->signal == SIGKILL;
}

/* The kernel counts before it kills, so the counter is there when the process is gone. An oom
 * kill of any process of the container is the container's oom, whatever its leader makes of it.
 */
static bool ended_by_oom(const struct verdict_facts *f)
{
	return f->usage != NULL && f->usage->oom_kills > 0;
}

static bool ended_by_runtime(const struct verdict_facts *f)
{
	return f->never_executed;
}

/* It can also be sent by hand, but not from outside by accident. */
static bool ended_by_seccomp(const struct verdict_facts *f)
{
	return by_signal(f, SIGSYS);
}

/* A program that copes with EAGAIN has not ended of it. */
static bool ended_by_pids(const struct verdict_facts *f)
{
	return f->usage != NULL && f->usage->pids_max_hits > 0 && f->has_status &&
	       f->status != 0;
}

static bool ended_unseen(const struct verdict_facts *f)
{
	return !f->has_status;
}

static bool ended_by_any_signal(const struct verdict_facts *f)
{
	return WIFSIGNALED(f->status);
}

static const struct {
	const char *reason;
	bool (*holds)(const struct verdict_facts *f);
} reasons[] = {
	{ "wall", ended_by_wall },       { "cpu", ended_by_cpu },
	{ "policy", ended_by_policy },   { "killed", ended_by_kill },
	{ "oom", ended_by_oom },         { "runtime", ended_by_runtime },
	{ "seccomp", ended_by_seccomp }, { "pids", ended_by_pids },
	{ "unknown", ended_unseen },     { "signaled", ended_by_any_signal },
};

static const char *reason_for(const struct verdict_facts *f)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].holds(f))
			return reasons[i].reason;
	return "exited";
}

void verdict_make(const struct verdict_facts *f, struct verdict *out)
{
	*out = (struct verdict){ .reason = reason_for(f), .exit_code = -1, .facts = *f };
	if (f->usage != NULL) {
		out->usage = *f->usage;
		out->facts.usage = &out->usage;
	}
	if (f->kill != NULL) {
		out->kill = *f->kill;
		out->facts.kill = &out->kill;
	}
	if (!f->has_status)
		return;
	if (WIFSIGNALED(f->status)) {
		out->signal = WTERMSIG(f->status);
		out->exit_code = 128 + out->signal;
	} else {
		out->exit_code = WEXITSTATUS(f->status);
	}
}

void verdict_gather(const struct verdict_facts *f, const struct cg *cg,
		    const struct state_dir *d, struct verdict *out)
{
	struct verdict_facts all = *f;
	struct state_kill kill;
	struct cg_usage usage;

	if (cg != NULL) {
		cg_usage(cg, &usage);
		all.usage = &usage;
	}
	if (state_load_kill(d, &kill))
		all.kill = &kill;
	verdict_make(&all, out);
}

/* ---- as JSON ---- */

static void number(struct arena *a, struct json *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_set(o, key, json_int(a, n));
}

static void add_usage(struct arena *a, struct json *o, const struct cg_usage *u)
{
	number(a, o, "cpu_usec", u->cpu_usec);
	number(a, o, "cpu_user_usec", u->cpu_user_usec);
	number(a, o, "cpu_system_usec", u->cpu_system_usec);
	if (u->memory_max > 0 && u->memory_max != CG_MAX)
		number(a, o, "memory_limit", u->memory_max);
	number(a, o, "memory_peak", u->memory_peak);
	number(a, o, "pids_peak", u->pids_peak);
	number(a, o, "pids_max_hits", u->pids_max_hits);
	number(a, o, "io_read_bytes", u->io_read_bytes);
	number(a, o, "io_write_bytes", u->io_write_bytes);
	number(a, o, "oom_kills", u->oom_kills);
	if (u->oom_kills > 0)
		json_set(o, "oom_scope",
			 json_string(a, u->oom_local > 0 ? "self" : "ancestor"));
}

/* What we did ourselves. */
static void add_cause(struct arena *a, struct json *o, const struct verdict_facts *f)
{
	const struct watch_cause *c = &f->cause;

	if (c->kind == CAUSE_WALL)
		json_set(o, "limit_ms", json_uint(a, f->wall_limit_ms));
	if (c->kind == CAUSE_CPU)
		json_set(o, "limit_ms", json_uint(a, f->cpu_limit_ms));
	if (c->kind == CAUSE_POLICY)
		json_set(o, "response_to", json_string(a, watch_event_names[c->event]));
	if (c->kind != CAUSE_NONE)
		json_set(o, "ended_with", json_string(a, c->killed ? "SIGKILL" : "SIGTERM"));
}

static void add_killer(struct arena *a, struct json *o, const struct state_kill *k)
{
	struct json *by = json_object(a);

	json_set(by, "caller_pid", json_int(a, k->caller));
	if (k->login_uid != (uid_t)-1)
		json_set(by, "login_uid", json_uint(a, k->login_uid));
	json_set(by, "uid", json_uint(a, k->uid));
	json_set(o, "killed_by", by);
}

struct json *verdict_json(struct arena *a, const struct verdict *v)
{
	const struct verdict_facts *f = &v->facts;
	struct json *o = json_object(a), *null = arena_new(a, struct json);
	struct json *denied = f->denials != NULL ? denials_json(a, f->denials) : NULL;

	json_set(o, "reason", json_string(a, v->reason));
	json_set(o, "exit_code", f->has_status ? json_int(a, v->exit_code) : null);
	if (!f->has_status)
		json_set(o, "evidence",
			 json_string(a, f->unwatched ? "not watched" : "not observable"));
	if (v->signal != 0)
		json_set(o, "signal", json_int(a, v->signal));
	if (!f->unwatched)
		json_set(o, "wall_ms", json_uint(a, f->wall_ms));
	add_cause(a, o, f);
	if (ended_by_kill(f) && f->cause.kind == CAUSE_NONE)
		add_killer(a, o, f->kill);
	if (f->usage != NULL)
		add_usage(a, o, &v->usage);
	if (denied != NULL)
		json_set(o, "denied", denied);
	return o;
}
