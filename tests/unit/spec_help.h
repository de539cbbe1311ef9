/* SPDX-License-Identifier: Apache-2.0 */
/* spec_help.h - a config.json, read and checked. */
#pragma once
#include "spec/spec.h"

struct checked {
	struct arena a;
	struct spec spec;
	struct complaints bad;
};

/* In the text ' stands for ", so that a C string can be read. */
void check_text(struct checked *c, const char *text);
void checked_free(struct checked *c);
/* Is this, to the letter, one of the complaints? */
bool complained(const struct checked *c, const char *text);
/* A file of the source tree, below tests/unit, in the arena; NULL when it is not there. */
char *unit_file(struct arena *a, const char *name);
/* The file, in the arena; NULL when it is not there. */
char *whole_file(struct arena *a, const char *path);

#define autochecked __attribute__((cleanup(checked_free)))
