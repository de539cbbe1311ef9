/* SPDX-License-Identifier: Apache-2.0 */
/* plan_text.h - text that grows in an arena, and the forms that plan_print's parts share.
 *
 * What a config says is shown bare when it is plain, else quoted with escapes: the text goes to
 * terminals, and who wrote the config chose the bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "plan/plan.h"

struct text {
	struct arena *arena;
	char *p;
	size_t n, size;
};

void text_add(struct text *t, const char *fmt, ...) PRINTF(2, 3);
void text_quoted(struct text *t, const char *s);
void text_word(struct text *t, const char *s); /* quoted only where it must be */

/* "  KEY: WORD"; nothing for NULL. */
void text_field(struct text *t, const char *key, const char *word);
/* A line that is a word. */
void text_line(struct text *t, const char *word);
/* "INDENT KEY: A, B": the table's names whose bits are set, the rest in hex; nothing for 0. */
void text_bits(struct text *t, const char *indent, const char *key, const struct word *table,
	       uint64_t bits);

/* "  KEY: 0-3,7"; nothing for the empty set. */
void text_numbers(struct text *t, const char *key, const struct bits *b);

/* The parts that have files of their own. */
void plan_print_filesystem(struct text *t, const struct plan *p);
void plan_print_process(struct text *t, const struct plan *p);
void plan_print_cgroup(struct text *t, const struct plan *p);
void plan_print_watch(struct text *t, const struct plan *p); /* plan_watch.c */
void plan_print_audit(struct text *t, const struct plan *p); /* plan_audit.c */
