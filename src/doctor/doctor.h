/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - what this host can enforce, found out by trying.
 *
 * A probe is a row of doctor_probes and one function. Those that change namespaces, or could be
 * ended by the kernel, run in a child that is gone afterwards; what needs a cgroup has one that
 * is removed in the end. Nothing that was tried remains. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroups/cg.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_LIMITED, /* it is there, but not all of it */
	DOCTOR_MISSING,
};
extern const char *const doctor_state_names[];

struct doctor_finding {
	enum doctor_state state;
	char found[200];
	char remedy[300]; /* "": there is nothing to mend */
};

/* Whose containers cannot do without. */
#define DOCTOR_ROOT 1U
#define DOCTOR_USER 2U

/* What the probes share. */
struct doctor {
	struct arena *arena;
	bool privileged; /* CAP_SYS_ADMIN here */
	bool initial;    /* in the initial user namespace */
	uid_t uid;
	gid_t gid;
	struct cg_host cgroup;
	const char *groups; /* the group that containers are made in; NULL: none may be made */
	struct cg *cg;      /* an empty one there, to try things with; NULL: there is none */
	struct err no_cg;   /* why not */
	/* absolute paths of our private programs, or NULL */
	const char *policy_program, *libseccomp_program;
};

struct doctor_probe {
	const char *name;
	const char *means; /* for a container, where it is missing */
	unsigned needed;   /* DOCTOR_ROOT, DOCTOR_USER */
	bool apart;        /* in a child */
	uint64_t what;     /* for a function of several rows */
	void (*look)(const struct doctor *d, uint64_t what, struct doctor_finding *f);
};
extern const struct doctor_probe doctor_probes[]; /* ends with a NULL name */

/* Fills what the probes share, and takes back what that made. Signals that end a program are
 * blocked in between, so that nothing is left. */
void doctor_begin(struct doctor *d);
void doctor_end(struct doctor *d);

void doctor_look(const struct doctor *d, const struct doctor_probe *p,
		 struct doctor_finding *f);

/* Whether a missing one makes the whole a failure for who calls us. */
bool doctor_needs(const struct doctor *d, const struct doctor_probe *p);
