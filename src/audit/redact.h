/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h - words of a command line without the secrets in them, as far as they can be told
 * from other words. What is looked for is in caisson-events(5). */
#pragma once
#include "base/arena.h"

#define REDACTED "[redacted]"

/* own: glob(7) patterns of words, and of names of options and variables, whose values then are
 * secret; NULL-ended, or NULL. The words and the list live in the arena or are the given ones.
 */
const char *const *audit_redact(struct arena *a, const char *const *argv,
				const char *const *own);
