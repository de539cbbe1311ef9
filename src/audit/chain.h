/* SPDX-License-Identifier: Apache-2.0 */
/* chain.h - is a log whole? Line by line, by the fingerprints that its lines carry.
 *
 * A chain alone proves that a part of it was not changed against the rest. Against who can
 * write the whole file anew it needs something kept elsewhere: a seal, an anchor. */
#pragma once
#include "audit/reader.h"
#include "audit/tail.h"

/* What can be wrong, each with an exit code of `caisson audit verify' (.code). */
enum audit_fault {
	AUDIT_CHANGED,   /* a line is not the one that the next one vouches for */
	AUDIT_REORDERED, /* all lines are there, not in their order */
	AUDIT_REMOVED,   /* lines are missing between others */
	AUDIT_TRUNCATED, /* lines are missing at the end, by a seal or an anchor */
	AUDIT_GAP,       /* another chain begins in the middle */
	AUDIT_BAD_SEAL,
	AUDIT_MALFORMED, /* a line is no event */
	AUDIT_FAULTS
};
extern const struct audit_fault_word {
	const char *name; /* "changed" */
	int code;
} audit_faults[AUDIT_FAULTS];

struct audit_finding {
	enum audit_fault fault;
	const char *file;
	uint64_t line, sequence; /* of the first line that shows it */
	const char *text;
};

/* What was seen; strings and findings live in the arena. */
struct audit_check {
	uint64_t lines;
	uint64_t first, last; /* sequences */
	bool torn;            /* half a line at the end: a writer was killed, or is at work */
	uint64_t faults[AUDIT_FAULTS];
	uint64_t anchored;              /* the last event that an anchor vouches for; 0: none */
	struct audit_tail tail;         /* of the last whole line */
	struct audit_finding *findings; /* the first AUDIT_FINDINGS of them */
	size_t n;
};
#define AUDIT_FINDINGS 64

/* What is known from elsewhere; each may be NULL. */
struct audit_trust {
	struct sealed *sealed;   /* sealed.h; what the seals say is found out in any case */
	struct anchors *anchors; /* anchor.h */
	struct noting *notes;    /* noted.h: sees all lines that verify reads */
};
int audit_verify(struct arena *a, const struct audit_files *f, const struct audit_trust *trust,
		 struct audit_check *out, struct err *e) CHECK;

/* One more fault, found by somebody else. */
void audit_check_add(struct audit_check *out, const struct audit_finding *f);
