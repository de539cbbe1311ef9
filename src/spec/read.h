/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - what the readers of config.json have in common. Each takes the place of an object
 * and the key of a member, complains where the value is wrong, and returns the value for
 * "absent" then. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "spec/spec.h"

/* UINT32_MAX is no id: chown(2), setresuid(2) and their kin leave things as they are for it. */
#define ID_MAX (UINT32_MAX - 1)

/* NULL when absent; "" counts as absent, as Go's writers leave empty strings in. */
const char *read_text(const struct jat *up, const char *key);
/* As read_text, for what has to begin with a slash. */
const char *read_path(const struct jat *up, const char *key);
/* As read_text and read_path, for what has to be there; want is for the complaint. */
const char *need_text(const struct jat *up, const char *key, const char *want);
const char *need_path(const struct jat *up, const char *key);

bool read_bool(const struct jat *up, const char *key);                           /* false */
int64_t read_int(const struct jat *up, const char *key, int64_t lo, int64_t hi); /* UNSET */
uint64_t read_uint(const struct jat *up, const char *key, uint64_t hi);          /* 0 */
uint32_t read_uint32(const struct jat *up, const char *key);                     /* 0 */
uint32_t read_id(const struct jat *up, const char *key); /* 0; of a user or a group */
/* As above; complain when it is absent. */
int64_t need_int(const struct jat *up, const char *key, int64_t lo, int64_t hi);
uint32_t need_uint32(const struct jat *up, const char *key);

/* A word of a table, e.g. 'expected a namespace, found "foo"'. False: absent, or none. */
bool read_word(const struct jat *at, const struct word *table, const char *want, uint64_t *out);

struct spec_strings read_strings(const struct jat *up, const char *key, struct arena *a);
/* As read_strings; each has to begin with a slash. */
struct spec_strings read_paths(const struct jat *up, const char *key, struct arena *a);
/* The bits of the words of an array. */
uint64_t read_flags(const struct jat *up, const char *key, const struct word *table,
		    const char *want);
/* A list of numbers; {0} when absent; want is for the complaint. */
struct bits read_bits(const struct jat *up, const char *key, struct arena *a, const char *want);
struct spec_pairs read_pairs(const struct jat *up, const char *key, struct arena *a);
struct spec_idmaps read_idmaps(const struct jat *up, const char *key, struct arena *a);

/* Reads one element, an object, into *out, which is zeroed. */
typedef void read_one(struct arena *a, const struct jat *at, void *out);

/* An array, or the members of an object, of such elements. */
void *read_list(const struct jat *up, const char *key, struct arena *a, size_t size,
		read_one *one, size_t *n);
void *read_map(const struct jat *up, const char *key, struct arena *a, size_t size,
	       read_one *one, size_t *n);

/* Complains about what spec_refusals has below the place; prefix is that of its paths. */
void read_refused(const struct jat *at, const char *prefix);

void read_linux(struct arena *a, const struct jat *at, struct spec_linux *out);
void read_mount(struct arena *a, const struct jat *at, void *out);
void read_seccomp(struct arena *a, const struct jat *at, struct spec_seccomp *out);
