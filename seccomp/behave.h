/* SPDX-License-Identifier: Apache-2.0 */
/* behave.h - all that a policy or a program answers, call by call, as functions of the
 * arguments: what to_rules.c and decompile.c write down again in other words. */
#pragma once
#include "seccomp/bdd.h"
#include "seccomp/rules.h"

/* A number without a name. */
struct behave_nr {
	enum arch arch;
	uint32_t nr;
	bdd f;
};

struct behaviour {
	struct arena *arena;
	struct bdds bdds;
	struct fallback *answers; /* a leaf's answer is an index */
	size_t answers_n, answers_room;
	enum arch targets[ARCH_N];
	size_t targets_n;
	bdd calls[ARCH_N][SC_N]; /* BDD_FALSE: no such call there */
	struct behave_nr *nrs;
	size_t nrs_n;
	bdd normal, unknown; /* leaves */
	uint16_t kernel[ARCH_N];
	uint32_t bad_arch, flags;
	bool has_flags;
	const char *notes[8]; /* what was left out; NULL-ended */
	size_t notes_n;
};

/* Fails with ERR_POLICY where it is too much, or computes what nobody can follow. like: one
 * whose functions shall be comparable with these by their numbers, and which is then of no more
 * use but for that; or NULL. */
int behave_policy(struct arena *a, const struct policy *p, const struct behaviour *like,
		  struct behaviour *out, struct err *e) CHECK;
/* archs: the targets, NULL-ended names; NULL: those that the program tells from others. */
int behave_filter(struct arena *a, const struct filter *f, const char *const *archs,
		  struct behaviour *out, struct err *e) CHECK;

/* What a call without a rule gets. */
bdd behave_fallback(const struct behaviour *b, enum arch arch, int id);
/* f is a leaf. */
const struct fallback *behave_answer(const struct behaviour *b, bdd f);

/* Do both answer alike? They have one graph. *call: where not. */
bool behave_equal(const struct behaviour *x, const struct behaviour *y,
		  struct seccomp_data *call);

/* A number without a name, where the policy is for the architecture and x32 is ruled out. */
bdd behave_number(const struct behaviour *b, enum arch arch, uint32_t nr);

/* For diff.c and the two: */
/* Nothing yet; like: as in behave_policy. */
void behave_open(struct arena *a, const struct behaviour *like, struct behaviour *out);
/* All that the program answers, to any architecture and number (behave_run.c). */
int behave_run(struct behaviour *b, const struct filter *f, bdd *out, struct err *e) CHECK;
bdd behave_leaf(struct behaviour *b, const struct fallback *answer);
/* The kernel hands over arguments of 32-bit architectures with a zero upper half. */
bdd behave_cut(struct bdds *b, bdd f);
int behave_check(const struct behaviour *b, struct err *e) CHECK;
