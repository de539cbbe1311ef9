/* SPDX-License-Identifier: Apache-2.0 */
/* sim_file.h - reads tests/sim/NAME.tests: policies, and what they answer to calls.
 *
 *	policy WHAT IT SHOWS                     begins a policy; defaults: ERRNO 1, native
 *	default ACTION [DATA]
 *	archs NAME...
 *	rule ACTION [DATA] SYSCALL... [if aN OP VALUE [and ...]]     OP: == != < <= > >=
 *	rule ... if aN & MASK == VALUE
 *	oci FILE                                 the policy is linux.seccomp from a file
 *	call ARCH SYSCALL|NUMBER [ARG...] -> ACTION [DATA]
 *	refused TEXT                             building it fails with this text
 *	unknown N                                so many names are unknown */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "seccomp/policy.h"

#define SIM_RULES 64

enum sim_kind {
	SIM_END,
	SIM_CALL,
	SIM_REFUSED,
	SIM_UNKNOWN
};

struct sim_file {
	struct arena *a;
	const char *name;
	FILE *f;
	unsigned line;
	/* the policy in force */
	struct policy_rules p;
	const char *oci; /* or NULL */
	bool fresh;      /* changed since the reader cleared it */
	struct policy_rule rules[SIM_RULES];
	/* what the last line asks for */
	enum sim_kind kind;
	struct seccomp_data call;
	uint32_t want;
	const char *text;
	size_t unknown;
};

/* The filter of plain rules, by our own compiler; *skipped: names that no table knows. */
int sim_build(struct arena *a, const struct policy_rules *r, struct filter *out,
	      size_t *skipped, struct err *e) CHECK;

void sim_open(struct sim_file *s, struct arena *a, const char *name);
/* The next line that asks for something. Anything odd in the file fails the test. */
enum sim_kind sim_next(struct sim_file *s);

/* "ERRNO 97" and back. */
const char *sim_verdict(struct arena *a, uint32_t verdict);
