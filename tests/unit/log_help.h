/* SPDX-License-Identifier: Apache-2.0 */
/* log_help.h - a log that is sealed and signed, in a directory of its own. */
#pragma once
#include "audit/audit_private.h"
#include "audit/keep.h"
#include "audit/noted.h"
#include "audit/sealed.h"
#include "tests/unit/scratch.h"

struct log {
	struct scratch s;
	struct arena a;
	char path[96];
	uint8_t key[DIGEST_SIZE];
	char public[SIGN_KEY_HEX];
};

struct log make_log(void);
void close_log(struct log *l);
#define autolog __attribute__((cleanup(close_log)))

struct audit *open_log(const struct log *l);
/* So many events of the container "c". */
void write_some(struct log *l, int n);
void seal_now(struct log *l);
struct audit_files files_of(struct log *l);

/* With the verification key and nothing else, as on another machine. */
struct audit_check verify_with(struct log *l, const uint8_t *key, struct anchors *an,
			       struct sealed *seen);
struct audit_check verify(struct log *l);
