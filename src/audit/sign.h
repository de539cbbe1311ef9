/* SPDX-License-Identifier: Apache-2.0 */
/* sign.h - Ed25519 signatures of notes (note.h), by nettle. LOG.sign has the key of the next
 * one. */
#pragma once
#include "audit/keyfile.h"
#include "audit/note.h"

struct sign_state {
	struct keyfile_head head;
	uint64_t number; /* of the note that this key is for */
	uint8_t seed[SIGN_KEY];
	uint8_t check[DIGEST_SIZE];
};

/* -1: there is none, and nothing is signed. */
struct sign_file {
	int fd;
	struct sign_state state;
};

/* 0 too when there is none; the errors are those of keyfile.h. Locked against other signers. */
int sign_open(struct sign_file *f, const char *log) CHECK;
/* A new key; first[] is its public half, in hexadecimal digits. */
int sign_make(struct sign_file *f, const char *log, char first[SIGN_KEY_HEX]) CHECK;
void sign_close(struct sign_file *f);

/* Fills in number, keys and signature. The key is the same until sign_done. */
void sign_note(const struct sign_file *f, struct arena *a, struct note *n);
/* The note is on disk: the next key takes the place of the one that signed it. */
int sign_done(struct sign_file *f) CHECK;

/* Was it signed with the key that it names? */
bool sign_is_good(struct arena *a, const struct note *n);
