/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static void make_room(struct text *t, size_t n)
{
	size_t size = (t->size + n) * 2;
	char *more;

	if (t->size - t->n > n)
		return;
	more = arena_alloc(t->arena, size);
	if (t->n > 0)
		memcpy(more, t->p, t->n);
	t->p = more;
	t->size = size;
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	make_room(t, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(t->p + t->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->n += (size_t)n;
}

/* C0, DEL and C1 are what a terminal obeys. */
static bool is_control(uint32_t point)
{
	return point < ' ' || (point >= 0x7f && point < 0xa0);
}

void text_quoted(struct text *t, const char *s)
{
	size_t len = strlen(s), n;
	uint32_t point;

	text_add(t, "\"");
	for (size_t i = 0; i < len; i += n) {
		n = utf8_next(s + i, len - i, &point);
		if (n == 0 || is_control(point)) {
			n = 1;
			text_add(t, "\\x%02x", (unsigned)(unsigned char)s[i]);
		} else if (point == '"' || point == '\\') {
			text_add(t, "\\%c", s[i]);
		} else {
			text_add(t, "%.*s", (int)n, s + i);
		}
	}
	text_add(t, "\"");
}

static bool is_plain(const char *s)
{
	bool plain = s[0] != '\0';

	for (; *s != '\0'; s++)
		plain = plain && *s > ' ' && *s < 0x7f && strchr("\"\\,", *s) == NULL;
	return plain;
}

void text_word(struct text *t, const char *s)
{
	if (is_plain(s))
		text_add(t, "%s", s);
	else
		text_quoted(t, s);
}

void text_field(struct text *t, const char *key, const char *word)
{
	if (word == NULL)
		return;
	text_add(t, "  %s: ", key);
	text_word(t, word);
	text_add(t, "\n");
}

void text_line(struct text *t, const char *word)
{
	text_add(t, "  ");
	text_word(t, word);
	text_add(t, "\n");
}

void text_bits(struct text *t, const char *indent, const char *key, const struct word *table,
	       uint64_t bits)
{
	const char *before = "";

	if (bits == 0)
		return;
	text_add(t, "%s%s: ", indent, key);
	for (const struct word *w = table; w->name != NULL; w++) {
		if ((bits & w->value) != w->value)
			continue;
		text_add(t, "%s%s", before, w->name);
		before = ", ";
		bits &= ~w->value;
	}
	if (bits != 0)
		text_add(t, "%s%#" PRIx64, before, bits);
	text_add(t, "\n");
}

void text_numbers(struct text *t, const char *key, const struct bits *b)
{
	const char *before = "";

	if (b->n == 0)
		return;
	text_add(t, "  %s: ", key);
	for (size_t i = 0; i < b->n * BITS_WORD; i++) {
		const size_t first = i;

		if (!bits_has(b, i))
			continue;
		while (bits_has(b, i + 1))
			i++;
		text_add(t, i > first ? "%s%zu-%zu" : "%s%zu", before, first, i);
		before = ",";
	}
	text_add(t, "\n");
}
