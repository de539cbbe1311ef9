/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.h - the directory that holds config.json. */
#pragma once
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Opens the bundle's directory (O_PATH), the caller's to close. */
int bundle_open(const char *path, int *fd, struct err *e) CHECK;

#define BUNDLE_CONFIG "config.json"

/* Reads its config into the arena, NUL-ended. file: BUNDLE_CONFIG is in the bundle; any other
 * name is the caller's, and relative to where he is. */
int bundle_read_config(int fd, const char *file, struct arena *a, const char **text,
		       size_t *len, struct err *e) CHECK;
