/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BLOCK 16384
#define ARENA_ALIGN alignof(uint64_t)
#define ARENA_CLEAN 1024 /* zeroed at a time: what is not used is not touched either */

struct arena_block {
	struct arena_block *below;
	size_t used, clean, size; /* zeroed are the bytes below clean */
	alignas(ARENA_ALIGN) unsigned char bytes[];
};

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "caisson: out of memory while planning\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

static struct arena_block *grow(struct arena *a, size_t n)
{
	size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
	struct arena_block *b = NULL;

	if (size <= SIZE_MAX - sizeof(*b))
		b = malloc(sizeof(*b) + size);
	if (b == NULL)
		out_of_memory();
	*b = (struct arena_block){ .below = a->top, .size = size };
	a->top = b;
	return b;
}

static void clean(struct arena_block *b)
{
	const size_t ahead = b->size - b->used < ARENA_CLEAN ? b->size : b->used + ARENA_CLEAN;

	memset(b->bytes + b->clean, 0, ahead - b->clean);
	b->clean = ahead;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->top;
	size_t want;

	if (n > SIZE_MAX - ARENA_ALIGN)
		out_of_memory();
	want = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (b == NULL || b->size - b->used < want)
		b = grow(a, want);
	b->used += want;
	if (b->used > b->clean)
		clean(b);
	return b->bytes + b->used - want;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory();
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[128], *text;
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	text = arena_alloc(a, (size_t)n + 1);
	if ((size_t)n < sizeof(small))
		memcpy(text, small, (size_t)n);
	else
		(void)vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

static void free_to(struct arena *a, const struct arena_block *last)
{
	while (a->top != last) {
		struct arena_block *b = a->top;

		a->top = b->below;
		free(b);
	}
}

void arena_free(struct arena *a)
{
	free_to(a, NULL);
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->top, a->top != NULL ? a->top->used : 0 };
}

void arena_rewind(struct arena *a, struct arena_mark to)
{
	free_to(a, to.top);
	if (to.top != NULL)
		to.top->used = to.top->clean = to.used;
}
