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

struct noted {
	uint64_t notes, signed_, proved;
};
/* What is wrong with them goes to *out; first_key may be NULL. */
int notes_verify(struct arena *a, const struct audit_files *f, const char *first_key,
		 struct audit_check *out, struct noted *seen, struct err *e) CHECK;
