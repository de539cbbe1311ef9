/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - strings with bounds, and the only number parser. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
/* What follows the prefix, or NULL. */
const char *str_after(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Is s one of the NULL-ended list? */
bool str_in(const char *s, const char *const *list);

/* ASCII letters, in place. */
void str_upper(char *s);
void str_lower(char *s);
/* Without the blanks and tabs around it; the end is cut in place. */
char *str_trim(char *s);

/* The whole string is one decimal number between lo and hi: no blanks, no '+', no rest. */
bool str_int64(const char *s, int64_t lo, int64_t hi, int64_t *out) CHECK;
bool str_uint64(const char *s, uint64_t hi, uint64_t *out) CHECK;

/* A bounded builder over the caller's buffer: always NUL-ended; .over says it was cut. */
struct sbuf {
	char *p;
	size_t n, size;
	bool over;
};

#define SBUF(array) ((struct sbuf){ (array), 0, sizeof(array), false })

void sbuf_add(struct sbuf *b, const char *fmt, ...) PRINTF(2, 3);

/* A word table: names of flags, namespaces, signals. */
struct word {
	const char *name;
	uint64_t value;
};

/* The word of that name in a table that ends with a NULL name, or NULL. */
const struct word *word_find(const struct word *table, const char *name);
const char *word_name(const struct word *table, uint64_t value); /* or NULL */
