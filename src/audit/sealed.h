/* SPDX-License-Identifier: Apache-2.0 */
/* sealed.h - the seals of a log, looked at one after the other. Pure. */
#pragma once
#include "audit/chain.h"
#include "audit/seal.h"
#include "base/json.h"

/* Begin with { .key = …, .state = … }. */
struct sealed {
	const uint8_t *first_key;       /* the verification key, or NULL */
	const struct seal_state *state; /* LOG.seal, where it can be read, or NULL */
	/* what was seen */
	uint64_t seals, others; /* with a key: its seals, and those of other keys before them */
	bool proved;            /* the last one was made with the key */
	struct seal last;
	uint64_t last_ms;
	/* where we are */
	uint8_t key[DIGEST_SIZE];
	uint64_t key_epoch;
};

/* What is wrong with it: false, and why. */
struct sealed_fault {
	enum audit_fault fault;
	const char *text; /* lives in the arena */
};

/* A line log.sealed; `before' is the line before it, `whole' says whether the log begins with
 * its first line. */
bool sealed_look(struct sealed *s, struct arena *a, const struct json *event,
		 const struct audit_tail *before, bool whole, struct sealed_fault *out);
/* All lines were seen, and the log ends so. */
bool sealed_end(const struct sealed *s, struct arena *a, const struct audit_tail *end,
		struct sealed_fault *out);
