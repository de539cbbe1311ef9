/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h - set-up is a table of named steps, run in order. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct plan;
struct run;

/* One line of the container's life, in the words of the OCI specification. The name is what
 * the error, the log and the audit say. */
struct step {
	const char *name;
	const char *spec;                      /* where the specification asks for it */
	bool (*wanted)(const struct plan *pl); /* NULL: always */
	int (*run)(struct run *r, const struct plan *pl, struct err *e);
};

/* Runs the wanted steps in order and stops at the first that fails. What a step acquired lives
 * in *r, whose owner releases it; so there is nothing to unwind here. */
int steps_run(const struct step *table, size_t n, struct run *r, const struct plan *pl,
	      struct err *e) CHECK;

bool wants_cgroup(const struct plan *pl);
bool wants_terminal(const struct plan *pl);
bool wants_label(const struct plan *pl);
bool wants_hiding(const struct plan *pl);
bool makes_network(const struct plan *pl);
bool wants_oom_score(const struct plan *pl);
bool wants_rlimits(const struct plan *pl);
bool wants_agent(const struct plan *pl);
bool wants_resctrl(const struct plan *pl);
bool wants_meeting(const struct plan *pl);

/* start.c knows it by its name: what fails there ends the container. */
#define STEP_START_HOOKS "start-hooks"

extern const struct step parent_steps[], child_steps[], process_steps[], start_steps[];
extern const struct step exec_steps[], entry_steps[], restore_steps[];
extern const size_t parent_steps_n, child_steps_n, process_steps_n, start_steps_n;
extern const size_t exec_steps_n, entry_steps_n, restore_steps_n;
