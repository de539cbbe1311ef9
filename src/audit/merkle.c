/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/merkle.h"

#include <string.h>

/* A leaf and a node begin differently, so that none can be shown for the other. */
void merkle_leaf(const void *line, size_t len, struct merkle_hash *out)
{
	const struct digest_part parts[] = { { "\0", 1 }, { line, len } };

	digest_parts(parts, COUNT(parts), out->b);
}

static void node(const struct merkle_hash *left, const struct merkle_hash *right,
		 struct merkle_hash *out)
{
	const struct digest_part parts[] = { { "\1", 1 },
					     { left->b, DIGEST_SIZE },
					     { right->b, DIGEST_SIZE } };

	digest_parts(parts, COUNT(parts), out->b);
}

void merkle_add(struct merkle *m, const struct merkle_hash *leaf)
{
	struct merkle_hash sum = *leaf;
	size_t height = 0;

	for (; (m->n >> height & 1) != 0; height++)
		node(&m->part[height], &sum, &sum);
	m->part[height] = sum;
	m->n++;
}

void merkle_root(const struct merkle *m, struct merkle_hash *out)
{
	bool any = false;

	digest_parts(NULL, 0, out->b); /* of no leaf: the hash of nothing */
	for (size_t height = 0; height < MERKLE_HEIGHT; height++) {
		if ((m->n >> height & 1) == 0)
			continue;
		if (any)
			node(&m->part[height], out, out);
		else
			*out = m->part[height];
		any = true;
	}
}

/* One level up; a last one without a neighbour goes up as it is. */
static uint64_t reduce(struct merkle_hash *h, uint64_t n)
{
	for (uint64_t i = 0; i < n / 2; i++)
		node(&h[2 * i], &h[2 * i + 1], &h[i]);
	if (n % 2 != 0)
		h[n / 2] = h[n - 1];
	return n / 2 + n % 2;
}

size_t merkle_path(struct merkle_hash *leaves, uint64_t n, uint64_t i, struct merkle_hash *out)
{
	size_t len = 0;

	for (; n > 1; i /= 2) {
		if ((i ^ 1) < n)
			out[len++] = leaves[i ^ 1];
		n = reduce(leaves, n);
	}
	return len;
}

bool merkle_leads(const struct merkle_hash *leaf, uint64_t i, uint64_t n,
		  const struct merkle_hash *path, size_t len, const struct merkle_hash *root)
{
	struct merkle_hash sum = *leaf;
	uint64_t last = n - 1;
	size_t used = 0;

	if (i >= n)
		return false;
	for (; last > 0; i /= 2, last /= 2) {
		if (i == last && i % 2 == 0)
			continue; /* no neighbour on this level */
		if (used == len)
			return false;
		if (i % 2 != 0)
			node(&path[used++], &sum, &sum);
		else
			node(&sum, &path[used++], &sum);
	}
	return used == len && memcmp(sum.b, root->b, DIGEST_SIZE) == 0;
}
