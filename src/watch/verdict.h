/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - how it ended, and what proves it. ARCHITECTURE.md, "The verdict". */
#pragma once
#include "watch/watch.h"

/* What is known of an end. */
struct verdict_facts {
	bool has_status;
	int status; /* as wait(2) */
	bool never_executed;
	bool unwatched; /* nobody saw it */
	uint64_t wall_ms;
	const struct cg_usage *usage; /* or NULL */
	struct watch_cause cause;
	const struct state_kill *kill; /* or NULL */
	const struct denials *denials; /* of the filter, counted; or NULL */
	uint64_t wall_limit_ms, cpu_limit_ms;
};

struct verdict {
	const char *reason; /* "exited" "signaled" "oom" "seccomp" ... */
	int exit_code;      /* 128 + signal when signaled; -1: not known */
	int signal;
	struct verdict_facts facts;
	struct cg_usage usage; /* a copy of the facts' */
	struct state_kill kill;
};

void verdict_make(const struct verdict_facts *f, struct verdict *out);
/* The same after the evidence that lies about has been gathered: what the group, NULL when it
 * is gone, has counted, and who said that they would end it. */
void verdict_gather(const struct verdict_facts *f, const struct cg *cg,
		    const struct state_dir *d, struct verdict *out);
/* The canonical object of design 5. */
struct json *verdict_json(struct arena *a, const struct verdict *v);
