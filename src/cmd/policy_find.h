/* SPDX-License-Identifier: Apache-2.0 */
/* policy_find.h - policy files by name or path, and what they include.
 *
 * A NAME ("container") is NAME.policy in the first of these that has it: the directories of
 * $CAISSON_POLICY_PATH; for a user $XDG_CONFIG_HOME/caisson/policies; the administrator's
 * SYSCONFDIR/caisson/policies; the installed ones. Anything with a slash or a dot in it is a
 * path. An include is looked for beside the file that asks, then by name. */
#pragma once
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "seccomp/policy.h"

struct policy_found; /* a file that was read */

struct policy_finder {
	struct arena *arena;
	/* For the runtime. Each file has to be regular, not a symlink, *.policy, owned by root
	 * or the caller and writable by nobody else; and for root the environment names no
	 * directory. Without it, that holds for nothing but regular and the size. */
	bool strict;
	struct policy_found *read;
};

/* Errors: ERR_POLICY when there is no such file or it may not be used. */
int policy_find(struct policy_finder *f, const char *name, struct policy_source *out,
		struct err *e) CHECK;

/* For policy_parse: includes are found as above. The finder has to live as long. */
struct policy_env policy_find_env(struct policy_finder *f);

/* A line of a file that was read by this finder, without its newline; or NULL. */
const char *policy_find_line(const struct policy_finder *f, const char *file, unsigned line);

bool policy_find_is_name(const char *s);

/* The directories, best first, NULL-ended. */
const char *const *policy_find_dirs(const struct policy_finder *f);
