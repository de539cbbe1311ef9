/* SPDX-License-Identifier: Apache-2.0 */
/* run_help.h - for the tests of run/: an empty run, and children that may spoil themselves. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "run/run_private.h"
#include "tests/unit/scratch.h"

/* A struct run with nothing in it. */
struct run bare_run(struct arena *a, const struct run_options *o);

/* What a test's own process must not do to itself happens in a child; it tells by text: ""
 * when all was well. Criterion's assertions are the parent's. */
struct told {
	char text[600];
};
struct told in_child(void (*body)(char *told, size_t size));
#define TELL(...) (void)snprintf(told, size, __VA_ARGS__)

/* In a child: mounts of our own. */
bool own_mounts(char *told, size_t size);

void error_text(const struct err *e, char *told, size_t size);

/* Writes an executable script. */
void put_script(const struct scratch *s, const char *name, const char *body);

void peek_text(int dir, const char *name, char *buf, size_t size);

/* For .init of a suite that makes namespaces and mounts. */
void need_root(void);
