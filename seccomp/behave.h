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

/* Fails with ERR_POLICY where it is too much, or computes what nobody can follow. */
int behave_policy(struct arena *a, const struct policy *p, struct behaviour *out,
		  struct err *e) CHECK;
/* archs: the targets, NULL-ended names; NULL: those that the program tells from others. */
int behave_filter(struct arena *a, const struct filter *f, const char *const *archs,
		  struct behaviour *out, struct err *e) CHECK;

/* What a call without a rule gets. */
bdd behave_fallback(const struct behaviour *b, enum arch arch, int id);
/* f is a leaf. */
const struct fallback *behave_answer(const struct behaviour *b, bdd f);

/* For the two: */
bdd behave_leaf(struct behaviour *b, const struct fallback *answer);
/* The kernel hands over arguments of 32-bit architectures with a zero upper half. */
bdd behave_cut(struct bdds *b, bdd f);
int behave_check(const struct behaviour *b, struct err *e) CHECK;
