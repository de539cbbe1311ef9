/* SPDX-License-Identifier: Apache-2.0 */
/* cube.h - sets of calls: a constraint on each of the 16 words of struct seccomp_data, and
 * tests that hold for all calls of such a set, for none, or for some. All of it is exact. */
#pragma once
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUBE_WORDS (sizeof(struct seccomp_data) / sizeof(uint32_t))
#define CUBE_NR    (offsetof(struct seccomp_data, nr) / sizeof(uint32_t))
#define CUBE_ARCH  (offsetof(struct seccomp_data, arch) / sizeof(uint32_t))
#define CUBE_ARGS  (offsetof(struct seccomp_data, args) / sizeof(uint32_t))

/* The words of argument i. */
unsigned word_low(unsigned arg);
unsigned word_high(unsigned arg);

/* (word & mask) != value */
struct barred {
	uint32_t mask, value;
	const struct barred *next;
};

/* lo <= word <= hi, (word & care) == want, and nothing of barred. */
struct words {
	uint32_t lo, hi, care, want;
	const struct barred *barred;
};

struct cube {
	struct words words[CUBE_WORDS];
};

#define CUBE_ALL_WORDS ((struct words){ .hi = UINT32_MAX })

/* mask 0: word >= value; else: (word & mask) == value */
struct test {
	unsigned word;
	uint32_t mask, value;
};

enum truth {
	TRUTH_NO,
	TRUTH_YES,
	TRUTH_OPEN
};

/* Questions to a cube; the first that is open stays in .open, and is what to split by. */
struct asker {
	const struct cube *cube;
	struct test open;
	size_t steps; /* counts down; at 0 somebody has to stop */
};

enum truth ask_ge(struct asker *q, unsigned word, uint32_t value);
enum truth ask_eq(struct asker *q, unsigned word, uint32_t value);
enum truth ask_mask(struct asker *q, unsigned word, uint32_t mask, uint32_t value);

/* Those of the words for which the test holds, or does not. room: lives as long as the
 * result. The test was open, so there are some. */
struct words words_split(const struct words *w, const struct test *t, bool holds,
			 struct barred *room);

/* One of them: the smallest that is easily found, or (ones) the largest. False: there is
 * none. */
bool words_pick(const struct words *w, bool ones, uint32_t *out);
bool words_has(const struct words *w, uint32_t value);
