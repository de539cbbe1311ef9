/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h - the hash tree of RFC 6962 section 2.1 over lines: one hash stands for all of them,
 * and that a line is among them is shown by as many hashes as the tree is high. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"

#define MERKLE_HEIGHT 48 /* of a tree with more leaves than a log can have */

struct merkle_hash {
	uint8_t b[DIGEST_SIZE];
};

void merkle_leaf(const void *line, size_t len, struct merkle_hash *out);

/* Leaf after leaf; { 0 } is the empty tree. */
struct merkle {
	uint64_t n;
	struct merkle_hash part[MERKLE_HEIGHT]; /* of whole subtrees, by height */
};
void merkle_add(struct merkle *m, const struct merkle_hash *leaf);
void merkle_root(const struct merkle *m, struct merkle_hash *out);

/* The path from leaf i of n > i to the root, at most MERKLE_HEIGHT hashes: their number. The
 * leaves are written over. */
size_t merkle_path(struct merkle_hash *leaves, uint64_t n, uint64_t i, struct merkle_hash *out);
/* Does it lead there? RFC 9162 section 2.1.3.2. */
bool merkle_leads(const struct merkle_hash *leaf, uint64_t i, uint64_t n,
		  const struct merkle_hash *path, size_t len, const struct merkle_hash *root);
