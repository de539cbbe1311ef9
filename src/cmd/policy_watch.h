/* SPDX-License-Identifier: Apache-2.0 */
/* policy_watch.h - a program under a filter that hands calls to us. */
#pragma once
#include "seccomp/policy.h"

struct watch_job {
	const char *path; /* of the program */
	const char *const *argv;
	const struct filter *filter;
	/* What a call that the filter hands over gets: 0, it goes on, or an errno. */
	int (*answer)(void *ctx, const struct seccomp_data *call, int pid);
	void *ctx;
};

/* Runs the program with no_new_privs and the filter, until it and all its descendants are gone.
 * *exit_code: the program's own, or 128 and the signal. */
int watch_run(const struct watch_job *job, int *exit_code, struct err *e) CHECK;
