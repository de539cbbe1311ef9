/* SPDX-License-Identifier: Apache-2.0 */
/* bits.h - sets of small numbers, of processors or memory nodes, in the kernel's form. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define BITS_LIMIT 65536u /* no kernel counts as many processors, or nodes */
#define BITS_WORD  (8 * sizeof(unsigned long))

struct bits {
	const unsigned long *words; /* bit n % BITS_WORD of words[n / BITS_WORD] */
	size_t n;                   /* words, the last one not 0; 0: the empty set */
};

/* "0-3,7", blanks around the numbers allowed; in the arena. False when the text is of another
 * form, is empty, or has a number of BITS_LIMIT or above. */
bool bits_parse(struct arena *a, const char *text, struct bits *out) CHECK;
bool bits_has(const struct bits *b, size_t i);
