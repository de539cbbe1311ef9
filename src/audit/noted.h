/* SPDX-License-Identifier: Apache-2.0 */
/* noted.h - the notes of all segments (note.h): made, and looked at. */
#pragma once
#include "audit/audit.h"
#include "audit/chain.h"
#include "audit/note.h"
#include "audit/sign.h"

/* Makes those that are missing, signs those that are not signed when there is a key, and tells
 * in the log of each that was signed. *made counts. */
int notes_make(struct audit *au, struct arena *a, const struct audit_files *f,
	       struct sign_file *key, uint64_t *made, struct err *e) CHECK;

/* All there are, those of deleted segments too, in the order of their sequences. */
struct notes {
	struct note *v;
	size_t n;
};
int notes_load(struct arena *a, const struct audit_files *f, struct notes *out,
	       struct err *e) CHECK;

/* Follows the signatures from the first key, or from where the chain of keys has it. The first
 * note that breaks it, -1: none. */
ssize_t notes_follow(struct arena *a, const struct notes *n, const char *first_key);

/* The notes, and the segments as they are: lines are seen as audit_verify reads them. */
struct noting {
	const struct audit_files *files;
	struct notes all;
	bool *fits; /* each segment: it is the one that was noted */
	/* where we are */
	const char *file;
	const struct note *said; /* NULL: of this file there is none */
	size_t segment;
	struct note *is;
	struct note_making making;
};
int notes_begin(struct arena *a, const struct audit_files *f, struct noting *out,
		struct err *e) CHECK;
void notes_see(struct noting *n, const struct audit_line_at *at);

struct noted {
	uint64_t notes, signed_, proved;
};
/* All lines were seen. What is wrong with the notes goes to *out; first_key may be NULL. */
void notes_verify(struct noting *n, struct arena *a, const char *first_key,
		  struct audit_check *out, struct noted *seen);
