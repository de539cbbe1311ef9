/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"

#include <string.h>

/* Reads a number and the blanks around it. */
static const char *take_number(const char *p, unsigned *out)
{
	unsigned n = 0;

	p += strspn(p, " ");
	if (*p < '0' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (unsigned)(*p - '0');
		if (n >= BITS_LIMIT)
			return NULL;
	}
	*out = n;
	return p + strspn(p, " ");
}

static const char *take_range(const char *p, unsigned *first, unsigned *last)
{
	p = take_number(p, first);
	*last = *first;
	if (p != NULL && *p == '-')
		p = take_number(p + 1, last);
	return p;
}

/* Word by word: a text may name all of them over and over. */
static void set(unsigned long *words, unsigned first, unsigned last)
{
	for (size_t i = first / BITS_WORD; i <= last / BITS_WORD; i++) {
		unsigned long all = ~0UL;

		if (i == first / BITS_WORD)
			all &= ~0UL << first % BITS_WORD;
		if (i == last / BITS_WORD)
			all &= ~0UL >> (BITS_WORD - 1 - last % BITS_WORD);
		words[i] |= all;
	}
}

/* The largest number of the list; false where it is none. */
static bool measure(const char *text, unsigned *most)
{
	*most = 0;
	for (const char *p = text;; p++) {
		unsigned first = 0, last = 0;

		p = take_range(p, &first, &last);
		if (p == NULL || last < first || (*p != ',' && *p != '\0'))
			return false;
		if (last > *most)
			*most = last;
		if (*p == '\0')
			return true;
	}
}

bool bits_parse(struct arena *a, const char *text, struct bits *out)
{
	unsigned long *words;
	unsigned most;

	if (!measure(text, &most))
		return false;
	words = arena_array(a, most / BITS_WORD + 1, sizeof(*words));
	for (const char *p = text;; p++) {
		unsigned first = 0, last = 0;

		p = take_range(p, &first, &last);
		set(words, first, last);
		if (*p == '\0')
			break;
	}
	*out = (struct bits){ words, most / BITS_WORD + 1 };
	return true;
}

bool bits_has(const struct bits *b, size_t i)
{
	return i < b->n * BITS_WORD && (b->words[i / BITS_WORD] >> i % BITS_WORD & 1) != 0;
}
