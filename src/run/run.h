/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - what the commands ask of this layer: the life of one container. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "audit/audit.h"
#include "base/error.h"
#include "plan/plan.h"
#include "state/state.h"

struct run_options {
	int root;                              /* the open directory of all containers */
	const char *root_path;                 /* its name */
	const char *pid_file, *console_socket; /* or NULL */
	unsigned listen_fds; /* sd_listen_fds(3): descriptors 3 to 2+n are a socket each ... */
	unsigned preserve_fds; /* ... and this many behind them are kept as well */
	bool keep;             /* run: do not delete afterwards */
	bool detach;           /* run: return after start */
	const char *config;    /* text of config.json, saved beside the state */
	size_t config_len;
	const char *cgroup_manager;
	struct audit *audit; /* or NULL */
};

/* create: returns when the container is "created". On failure nothing is left. */
int run_create(const struct plan *pl, const struct run_options *o, struct err *e) CHECK;

/* run: create, start, and unless detached wait, delete, and fill the code that the process
 * ended with (128+n for a signal). */
int run_run(const struct plan *pl, const struct run_options *o, int *exit_code,
	    struct err *e) CHECK;

/* start of a created container. */
int run_start(const struct run_options *o, const char *id, struct err *e) CHECK;

/* kill: `all' also where init is dead; texts as contract 1.3. */
int run_kill(const struct run_options *o, const char *id, int signal, bool all,
	     struct err *e) CHECK;

/* delete: idempotent with force. */
int run_delete(const struct run_options *o, const char *id, bool force, struct err *e) CHECK;

/* The state as it is now: paused is seen in the cgroup. */
int run_state(struct arena *a, int root, const char *id, struct state *st,
	      enum state_status *now, struct err *e) CHECK;

/* The names of all steps, for the fault test and man/; table after table, NULL-ended. */
struct step;
struct run_table {
	const char *name;
	const struct step *steps;
	const size_t *n;
};
extern const struct run_table run_tables[];
