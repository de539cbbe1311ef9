/* SPDX-License-Identifier: Apache-2.0 */
/* anchor.h - the end of a log, told to somebody else: whoever writes the log anew, or cuts it
 * off, would have to take that back there. */
#pragma once
#include "audit/tail.h"
#include "base/error.h"

struct anchor {
	uint64_t sequence, time_ms;
	char chain[CHAIN_UID_MAX], fingerprint[DIGEST_HEX];
};

/* One line of canonical JSON, without the newline. */
const char *anchor_text(struct arena *a, const struct anchor *an, const char *log,
			const char *hostname);
/* To "journald", "syslog", or the end of a file, by its absolute path. Waits for nobody. */
int anchor_send(const char *to, const char *text, struct err *e) CHECK;

/* Those of one chain that were kept, in the order of their sequences. */
struct anchors {
	const struct anchor *v;
	size_t n, next;
	size_t others; /* of other chains */
};
/* The file may be the log of something else, in which the anchors stand: what is before the
 * first brace of a line is passed over, and lines without an anchor are. */
int anchors_load(struct arena *a, const char *path, struct anchors *out, struct err *e) CHECK;
/* Leaves those of this chain. */
void anchors_choose(struct anchors *all, struct arena *a, const char *chain);
