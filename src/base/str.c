/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool str_eq(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s != NULL && strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool str_in(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (str_eq(s, *list))
			return true;
	return false;
}

void str_upper(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

void str_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

bool str_uint64(const char *s, uint64_t hi, uint64_t *out)
{
	uint64_t n = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
			return false;
	}
	if (n > hi)
		return false;
	*out = n;
	return true;
}

bool str_int64(const char *s, int64_t lo, int64_t hi, int64_t *out)
{
	bool minus = *s == '-';
	uint64_t n;
	int64_t v;

	if (!str_uint64(s + minus, minus ? (uint64_t)1 << 63 : INT64_MAX, &n))
		return false;
	v = minus ? (int64_t)(0 - n) : (int64_t)n;
	if (v < lo || v > hi)
		return false;
	*out = v;
	return true;
}

void sbuf_add(struct sbuf *b, const char *fmt, ...)
{
	size_t room = b->size - b->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		b->over = true;
		b->n = b->size - 1;
	} else {
		b->n += (size_t)n;
	}
}

const struct word *word_find(const struct word *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

const char *word_name(const struct word *table, uint64_t value)
{
	for (; table->name != NULL; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

char *str_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}
