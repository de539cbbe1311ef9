/* SPDX-License-Identifier: Apache-2.0 */
/* made.h - resolved policies that nobody wrote: from a string of bytes, drawn or a fuzzer's. */
#pragma once
#include "seccomp/compile.h"

struct made_bytes {
	const uint8_t *p;
	size_t n; /* left; after them come zeros */
};

/* xorshift64*: the same sequence on each run */
struct made_random {
	uint64_t state;
};
uint64_t made_draw(struct made_random *r, uint64_t below);
void made_fill(struct made_random *r, uint8_t *p, size_t n);

/* Any bytes give a policy, and one that keeps what rules.h promises. */
const struct policy *made_policy(struct arena *a, struct made_bytes *b);
/* What a filter of it answers. */
const struct answers *made_answers(struct arena *a, const struct policy *p);
/* A call near what the policy looks for. */
void made_call(struct made_random *r, const struct policy *p, struct seccomp_data *call);

/* Where the witnesses of the proof go in the program. */
struct made_walk {
	size_t ways, missed; /* instructions, and both ways out of a branch */
	size_t pc;           /* the last that was missed */
	bool tests_bits;     /* the program asks for single bits: then it may ask what it could
				have known, and such a way is never gone */
	bool differs;        /* from the policy */
	struct seccomp_data call;
};
void made_walk(struct arena *a, const struct policy *p, const struct filter *f,
	       struct made_walk *out);

/* One at a time. */
const struct cond *made_range(struct arena *a, unsigned arg, unsigned bits, uint64_t lo,
			      uint64_t hi);
const struct cond *made_mask(struct arena *a, unsigned arg, unsigned bits, uint64_t mask,
			     uint64_t value);
/* right NULL: COND_NOT has one part */
const struct cond *made_cond(struct arena *a, enum cond_kind kind, const struct cond *left,
			     const struct cond *right);

#define MADE_RULES 24
/* A policy for these architectures, without rules: deny 1, unknown deny 38, newest kernel. */
struct policy *made_empty(struct arena *a, const enum arch *archs, size_t n);
/* One more rule, for a call wherever there is one of that name. cond: or NULL. */
struct rule *made_rule(struct arena *a, struct policy *p, uint32_t action, const char *name,
		       const struct cond *cond);
