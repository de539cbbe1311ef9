/* SPDX-License-Identifier: Apache-2.0 */
/* table_hash.h - where generate has put a name: the hash of its open-addressing tables. */
#pragma once
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_load(const char *s, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, s, n);
	return le64toh(v);
}

/* Both ends and the length; mix() of generate is the same in Python. The length is not 0. */
static inline size_t hash_name(const char *s, size_t len, uint64_t factor, unsigned bits)
{
	uint64_t x, y;

	if (len >= 8) {
		x = hash_load(s, 8);
		y = hash_load(s + len - 8, 8);
	} else if (len >= 4) {
		x = hash_load(s, 4);
		y = hash_load(s + len - 4, 4);
	} else {
		x = (unsigned char)s[0];
		y = (uint64_t)(unsigned char)s[len / 2] << 8 | (unsigned char)s[len - 1];
	}
	return (size_t)((((x * factor) ^ y) + len) * factor >> (64 - bits));
}

/* A table of names: slots hold an index plus 1, or 0. */
struct hash_names {
	const char *text;   /* all names, each with its NUL */
	const uint16_t *at; /* where each begins */
	const uint16_t *slots;
	uint64_t factor;
	unsigned bits;
};

/* The index of a name, or -1. */
static inline int hash_find(struct hash_names t, const char *name, size_t len)
{
	size_t at;

	if (len == 0)
		return -1;
	at = hash_name(name, len, t.factor, t.bits);
	while (t.slots[at] != 0) {
		int i = t.slots[at] - 1;
		const char *found = t.text + t.at[i];

		if (strlen(found) == len && memcmp(found, name, len) == 0)
			return i;
		at = (at + 1) & (((size_t)1 << t.bits) - 1);
	}
	return -1;
}
