/* SPDX-License-Identifier: Apache-2.0 */
/* diag.h - what is wrong with a policy, collected with its place.
 *
 * The sources are made known once, so that every pass reports with nothing but a place. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/policy.h"

#define DIAG_MAX 256

/* A place's file is the source's name, the very pointer. Both it and the text must live as long
 * as *d; the text has no NUL. */
void diag_source(struct policy_diags *d, const struct policy_source *src);

/* Adds one; at NULL: no place. The text is one line, control bytes become "?". False when there
 * are too many and it was only counted: then a search for a hint is not worth it. */
bool diag(struct policy_diags *d, enum policy_level level, const char *code,
	  const struct policy_place *at, const char *fmt, ...) PRINTF(5, 6);
/* What to do about the last one. Of two hints the first stays. */
void diag_hint(struct policy_diags *d, const char *fmt, ...) PRINTF(2, 3);

/* Names from elsewhere in texts: diag(..., "no \"%.*s\"", DIAG_WORD(p, len)). */
#define DIAG_WORD(p, len) ((int)((len) < 64 ? (len) : 64)), (p)

/* Did you mean? The nearest of the names (i from 0 until NULL), at most a third of the word's
 * letters away, where a swap of two neighbours is one step and upper case is no step; of equal
 * ones the first. Or NULL. */
const char *diag_nearest(const char *word, size_t len, const char *(*name)(void *ctx, size_t i),
			 void *ctx);

/* A character that can make a text look like another one: Unicode's controls of direction
 * (CVE-2021-42574). */
bool diag_is_bidi(uint32_t point);
