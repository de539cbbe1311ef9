/* SPDX-License-Identifier: Apache-2.0 */
/* pb.h - the wire form of protocol buffers (protobuf.dev, "Encoding"): as much as an RPC of
 * numbers, strings and messages in messages needs. Who calls knows the numbers of the fields.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* A message being written, in an arena. */
struct pb {
	struct arena *arena;
	uint8_t *p;
	size_t n, size;
};

void pb_uint(struct pb *m, unsigned field, uint64_t value);
void pb_int(struct pb *m, unsigned field, int64_t value); /* int32, int64, enum */
void pb_bool(struct pb *m, unsigned field, bool value);
void pb_string(struct pb *m, unsigned field, const char *s);
void pb_message(struct pb *m, unsigned field, const struct pb *inner);

/* A message being read. The bytes are somebody else's, and may be anything. */
struct pb_in {
	const uint8_t *p, *end;
};

struct pb_field {
	unsigned number;
	uint64_t value;       /* of a number */
	const uint8_t *bytes; /* of a string or message, else NULL */
	size_t len;
};

/* 1: *f is the next field; 0: there is none; -1: this is no message. */
int pb_next(struct pb_in *in, struct pb_field *f) CHECK;
