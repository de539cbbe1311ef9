/* SPDX-License-Identifier: Apache-2.0 */
/* proof.h - that one event is in a log, for somebody who has neither the log nor trusts us: the
 * event, its path to the root of its segment (merkle.h), and the signed notes that lead from
 * the first key to that root (note.h). */
#pragma once
#include "audit/noted.h"

/* One object of JSON. ERR_STATE: the event is in no segment that is signed. */
int proof_make(struct arena *a, const struct audit_files *f, uint64_t sequence,
	       struct json **out, struct err *e) CHECK;

enum proof_answer {
	PROOF_GOOD,   /* with a key: who had it signed a segment with this event */
	PROOF_OTHER,  /* the event does not lead to the root */
	PROOF_FORGED, /* a signature is wrong, or none leads here from the key */
};
struct proof_said {
	enum proof_answer answer;
	const char *event;            /* the line */
	const char *key;              /* that the answer hangs on */
	uint64_t number, first, last; /* of the segment */
};
/* first_key may be NULL: then the proof's own first key is believed. -1: it is no proof. */
int proof_check(struct arena *a, const char *text, size_t len, const char *first_key,
		struct proof_said *out, struct err *e) CHECK;
