/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that lives and dies as one: the spec, the plan, a JSON document.
 *
 * Running out of memory ends the program with one line on stderr: arenas serve reading and
 * planning, which happen before anything exists that would have to be undone. Code that runs
 * later takes memory by malloc and reports. */
#pragma once
#include <stddef.h>

#include "base/error.h"

struct arena {
	struct arena_block *top; /* { 0 } is an empty arena */
};

/* Zeroed, aligned for any integer or pointer; never NULL. Released only by arena_free. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
void *arena_array(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3)
	__attribute__((returns_nonnull));
void arena_free(struct arena *a);

/* What was taken since then is given back, and taken again by who asks next. */
struct arena_mark {
	struct arena_block *top;
	size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark to);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define autoarena          __attribute__((cleanup(arena_free)))
