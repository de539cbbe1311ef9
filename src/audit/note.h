/* SPDX-License-Identifier: Apache-2.0 */
/* note.h - what is written down of a closed segment, in FIRST-LAST.json beside it: from when to
 * when it goes and which events it has, so that a query need not open it; the root of the tree
 * of its lines, with which one line can be proved without the others; and who signed that.
 *
 * A key signs one note, which names the public key of the next one. Then the next key is made
 * of it, one way, and written over it: who takes the host over can sign no note of the past
 * anew. Who has the first public key follows the notes from one to the next. */
#pragma once
#include "audit/audit.h"
#include "audit/merkle.h"
#include "audit/reader.h"
#include "audit/tail.h"

#define SIGN_KEY      32 /* Ed25519, RFC 8032: a seed, and a public key */
#define SIGN_KEY_HEX  (2 * SIGN_KEY + 1)
#define SIGN_SIZE     64
#define SIGN_HEX      (2 * SIGN_SIZE + 1)
#define NOTE_EVENTS   128 /* names; a segment with more has no list of them */
#define NOTE_NAME_MAX 64

struct note_event {
	char name[NOTE_NAME_MAX];
	uint64_t n;
};

struct note {
	uint64_t first, last, lines;
	uint64_t min_ms, max_ms;
	char chain[CHAIN_UID_MAX];
	char fingerprint[DIGEST_HEX]; /* of the last line */
	struct merkle_hash root;
	struct note_event events[NOTE_EVENTS];
	size_t events_n;
	bool events_all; /* these are all names that occur */
	/* with a signature */
	bool is_signed;
	uint64_t number; /* the how many-th that was signed */
	char key[SIGN_KEY_HEX], next_key[SIGN_KEY_HEX], signature[SIGN_HEX];
};

/* All lines of one segment. */
int note_make(const struct audit_files *f, const struct audit_segment *s, struct note *out,
	      struct err *e) CHECK;
/* The same line by line. */
struct note_making {
	struct note *note;
	struct merkle tree;
};
void note_add(struct note_making *m, const struct audit_line_at *at);
void note_end(struct note_making *m);

const char *note_name(struct arena *a, const struct audit_segment *s);
/* False: there is none, or it is none of ours. */
bool note_load(struct arena *a, int dir, const struct audit_segment *s, struct note *out);
bool note_read(const struct json *o, struct note *out);
int note_save(struct arena *a, int dir, const struct audit_segment *s, const struct note *n,
	      struct err *e) CHECK;
/* What is written, and what is signed: without the signature. */
struct json *note_json(struct arena *a, const struct note *n, bool with_signature);
/* Does it say what the segment has? */
bool note_fits(const struct note *said, const struct note *seen);
/* How often an event of this name is in the segment; true as well when that is not known. */
bool note_may_have(const struct note *n, const char *pattern);
