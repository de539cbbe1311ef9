/* SPDX-License-Identifier: Apache-2.0 */
/* life.h - what start, kill, delete and the foreground run share. */
#pragma once
#include "run/run_private.h"

#define LIFE_WAIT_MS 10000 /* for a killed process to be gone, a cgroup to be removable */

/* Strings are the state's and the plan's, pl may be NULL; lists live in the arena. */
struct audit_subject run_subject(struct arena *a, const struct state *st,
				 const struct plan *pl);
/* An event that cannot be written is reported by log_debug: the container goes on. */
void run_audit(const struct run_options *o, struct arena *a, enum audit_event what,
	       const struct audit_subject *who, const struct audit_result *result);

/* The container's process by pid and start time, as a descriptor; -ESRCH when it is gone. */
int life_pidfd(const struct state *st);

/* group.c: its cgroup, as long as it is the same one: that of a unit goes when it runs empty,
 * and another container's may come under its name. ENOENT in e->sys when it is gone. */
int life_cgroup(const struct state *st, struct cg **cg, struct err *e) CHECK;
/* False when the group has passed to another container, which nobody of ours can be in. */
bool life_owns(const struct state *st, const struct cg *cg);

/* group.c: the container st->id as it is now, and its group; refuses one that is not running.
 */
int life_group(struct arena *a, const struct run_options *o, struct state *st,
	       enum state_status *now, struct cg **cg, struct err *e) CHECK;

/* foreground.c: all signals but our own faults, taken from a descriptor. */
int signals_catch(struct err *e) CHECK;
/* Stays with r->pid until it ends: passes signals on and, with r->pty, the terminal. */
int foreground_wait(struct run *r, int signals, int *status, struct err *e) CHECK;

/* The same for a container of ours: then its verdict, and unless it is kept, its end. */
int foreground_supervise(struct run *r, int signals, int *exit_code, struct err *e) CHECK;

/* Kills all that is left, waits, removes cgroup, runs poststop, removes the state. `st' may
 * be the state of a create that was killed half-way. */
int life_destroy(struct arena *a, const struct run_options *o, struct state_dir *d,
		 const struct state *st, const struct plan_hooks *poststop,
		 struct err *e) CHECK;

/* resctrl.c: removes the groups that the state says we made. */
int life_end_resctrl(const struct state *st, struct err *e) CHECK;
/* watching.c: after the init's end, until its record is there; written by us where nobody has
 * watched. */
void life_await_record(struct arena *a, const struct run_options *o, const struct state_dir *d,
		       const struct state *st);
/* Says who sends that signal, before it is sent. */
int life_save_kill(const struct state_dir *d, int signal, struct err *e) CHECK;

/* config.md#poststart: a hook that fails stops the container. */
int life_poststart(struct arena *a, const struct state_dir *d, const struct state *st,
		   const struct plan_hooks *hooks, struct err *e) CHECK;
