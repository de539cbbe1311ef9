/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - paths below a root that an attacker may write to. Every look-up goes through
 * openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS; nothing is resolved twice. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Opens path as a process chrooted to root would, without ever leaving root; symlinks are
 * followed inside it, magic links (/proc/PID/fd ...) are refused. -errno on failure. EAGAIN,
 * which a rename beside us causes, is tried a bounded number of times. O_CLOEXEC is added. */
int path_open_in(int root, const char *path, int flags, mode_t mode) CHECK;

/* As above, for what must not be reached through any symlink. */
int path_open_beneath_nolink(int root, const char *path, int flags, mode_t mode) CHECK;

/* Opens the directory O_PATH, making what is missing of it (mode 0755), as mkdir -p inside
 * root would; where a symlink dangles, what it points to inside the root is made. -errno on
 * failure. */
int path_mkdirs_in(int root, const char *path, mode_t mode) CHECK;

/* Makes the last component: directories on the way, then an empty regular file unless
 * something is there. Returns it opened O_PATH. -errno on failure. */
int path_touch_in(int root, const char *path, mode_t mode) CHECK;

/* What of path comes after dir, "" or from a slash on; NULL when it is not below. By the text.
 */
const char *path_below(const char *path, const char *dir);

/* Splits off the last component of a cleaned path: "/a/b" -> "/a", "b". The buffers hold
 * PATH_MAX. false when there is none ("/"). */
bool path_split(const char *path, char *dir, char *base, size_t size);

/* Lexical cleaning as Go's path.Clean of "/" + path: one slash, no "." and "..". false when
 * it does not fit. */
bool path_clean(const char *path, char *out, size_t size);

/* The path of an open descriptor inside this mount namespace, for messages and getcwd checks.
 * "/proc/self/fd/N" text for calls that only take paths. */
struct fd_path {
	char s[32];
};
struct fd_path fd_path(int fd);
