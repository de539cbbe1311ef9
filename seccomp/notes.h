/* SPDX-License-Identifier: Apache-2.0 */
/* notes.h - what instructions are there for, in words. */
#pragma once
#include "seccomp/compile.h"
#include "seccomp/emit.h"

/* One text for each of the n instructions. */
const char *const *notes_make(struct arena *a, const struct policy *p, const struct answers *an,
			      const struct dag *d, const struct emitted *parts, size_t n);
/* The error for a program that is too long. */
int notes_too_long(const struct dag *d, uint32_t root, struct err *e);
