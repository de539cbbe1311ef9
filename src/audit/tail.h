/* SPDX-License-Identifier: Apache-2.0 */
/* tail.h - where a log ends: what the next line has to follow. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/digest.h"

#define CHAIN_UID_MAX 40 /* a UUID, with the NUL */

struct audit_tail {
	off_t size;  /* of the file */
	off_t whole; /* up to and with the newline of the last whole line; less than .size: a
			writer was killed in the middle of a line */
	uint64_t sequence;            /* of that line; 0: the log is empty */
	char chain[CHAIN_UID_MAX];    /* which the line names, or "" */
	char fingerprint[DIGEST_HEX]; /* SHA-256 of the line without its newline, or "" */
};

/* Reads backwards from the end until there is a whole line. 0 or -errno. Scratch memory is the
 * arena's. */
int audit_tail_find(int fd, struct arena *a, struct audit_tail *out);
/* The same where the size is known. */
int audit_tail_at(int fd, off_t size, struct arena *a, struct audit_tail *out);

/* The numbers of a line of ours, without parsing it: in a string the quotes would be escaped,
 * and keys that are not ours have strings as values, so each pattern is found in its place
 * only. 0 and "" when it is not there. */
uint64_t audit_line_sequence(const char *line);
void audit_line_chain(const char *line, char out[CHAIN_UID_MAX]);
/* The fingerprint of the line before. */
void audit_line_previous(const char *line, char out[DIGEST_HEX]);

/* What the line after this one has to follow; sizes are left alone. */
void audit_tail_read(const char *line, size_t len, struct audit_tail *t);
