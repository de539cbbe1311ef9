/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - seals that nobody can make later.
 *
 * A key serves for one epoch: one seal, which vouches for all lines up to one. Then the next
 * key is made of it, one way, and written over it. Who takes the host over finds the key of the
 * epoch that is, and with it no seal of one that was: what those cover can be changed no more
 * without being found out by who has the first key, the verification key, which is kept
 * elsewhere. (The idea is that of B. Schneier and J. Kelsey, "Secure audit logs to support
 * computer forensics", 1999; systemd's journal has it too.)
 *
 *   key[i+1] = HMAC-SHA-256(key[i], "caisson audit evolve")
 *   seal[i]  = HMAC-SHA-256(key[i], "caisson audit seal" NUL epoch sequence fingerprint chain)
 *
 * The file LOG.seal has the key and the last seal. The seal is there, and its key gone, before
 * the line with the seal is appended; a crash in between leaves the line to the next writer. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "audit/keyfile.h"
#include "audit/tail.h"
#include "base/digest.h"

#define SEAL_EVERY_EVENTS 1024
#define SEAL_EVERY_MS     UINT64_C(300000)
#define SEAL_LOOK_MS      100
#define SEAL_ID_HEX       17 /* of a key's name, with the NUL */

/* What a seal says. */
struct seal {
	uint64_t epoch, sequence; /* it vouches for all lines up to this one */
	char id[SEAL_ID_HEX];     /* which keys: the beginning of the first one's digest */
	char fingerprint[DIGEST_HEX], mac[DIGEST_HEX];
};

/* LOG.seal. Plain data: it is what is written. */
struct seal_state {
	struct keyfile_head head;
	uint64_t epoch; /* of the key */
	uint64_t every_events, every_ms;
	uint64_t sealed_ms; /* when the last seal was made */
	uint64_t line;      /* the sequence of the line that has it */
	struct seal last;
	uint8_t key[DIGEST_SIZE];
	uint8_t check[DIGEST_SIZE];
};

/* The names of the keys that come of this one. */
void seal_id(const uint8_t first[DIGEST_SIZE], char out[SEAL_ID_HEX]);
void seal_evolve(uint8_t key[DIGEST_SIZE]);
/* .mac of the rest, under the key of its epoch. */
void seal_mac(const uint8_t key[DIGEST_SIZE], const char *chain, const struct seal *s,
	      char out[DIGEST_HEX]);

/* An open LOG.seal; -1: there is none, and nothing is sealed. */
struct seal_file {
	int fd;
	uint64_t looked_ms; /* for one, while there is none; of boot time */
	struct seal_state state;
};

/* Opens it, if it is there, and reads it. -EPERM: others can read it, or it is not ours;
 * -EBADMSG: it is damaged. 0 too when there is none. */
int seal_open(struct seal_file *f, const char *log) CHECK;
/* What is there by now, under the log's lock; a first key is seen within SEAL_LOOK_MS. */
int seal_refresh(struct seal_file *f, const char *log, uint64_t now_ms) CHECK;
/* Over what is there, and on disk. */
int seal_save(struct seal_file *f) CHECK;
/* A new key, which is written to *first, too. -EEXIST: there is one. */
int seal_make(struct seal_file *f, const char *log, uint8_t first[DIGEST_SIZE]) CHECK;
void seal_close(struct seal_file *f);

/* Is it time for one, behind this line? */
bool seal_is_due(const struct seal_file *f, const struct audit_tail *t, uint64_t now_ms);
/* The seal of all lines up to the tail, its key gone: it is .state.last then. */
int seal_next(struct seal_file *f, const struct audit_tail *t, uint64_t now_ms) CHECK;
