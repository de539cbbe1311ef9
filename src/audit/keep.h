/* SPDX-License-Identifier: Apache-2.0 */
/* keep.h - segments: packed, and deleted when they are old. */
#pragma once
#include "audit/audit.h"
#include "audit/reader.h"

/* Packs each segment that is not yet: zstd, on disk before the plain one goes. *packed counts.
 */
int audit_pack(const struct audit_files *f, uint64_t *packed, struct err *e) CHECK;

struct audit_keep {
	uint64_t events;    /* at least so many of the newest stay; 0: no matter */
	uint64_t before_ms; /* what ended before then goes; 0: no matter */
};

/* Deletes the oldest segments, whole, as long as one of the two says so. Each leaves log.pruned
 * in the log first: from where to where, and the fingerprint of its last line, with which the
 * next line goes on. *pruned counts. */
int audit_prune(struct audit *au, struct arena *a, const struct audit_files *f,
		const struct audit_keep *keep, uint64_t *pruned, struct err *e) CHECK;
