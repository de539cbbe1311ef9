/* SPDX-License-Identifier: Apache-2.0 */
/* compile.h - a resolved policy to a program.
 *
 * compile.c    for each architecture the first-match answer of every number: the partition
 * dag.c        decisions as a graph in which equal nodes are one
 * leaf.c       the answer of one call, where it depends on arguments: words, intervals, masks
 * formula.c    what leaf.c knows of conditions; formula_cond.c: from struct cond
 * tree.c       the smallest search tree over intervals of a number or an argument word
 * tails.c      one search for the numbers that architectures have in common
 * emit.c       the program, from its end to its beginning
 * notes.c      what each instruction is there for; which calls are too much
 * cacheable.c  proves that the kernel's bitmap takes every argument-free allow
 * image.c      policy_compile: filter and verdicts, both proved by verify.c */
#pragma once
#include "seccomp/rules.h"

/* What the program returns: for each rule of the policy by its index, and where none matches.
 * The filter returns the rules' actions; the program of verdicts returns rows' indexes. */
struct answers {
	const uint32_t *rules;
	uint32_t normal, unknown;
};

/* notes: NULL, or gets one text for each instruction. More than BPF_MAXINSNS instructions:
 * ERR_POLICY, and it says which calls took most. */
int compile_program(struct arena *a, const struct policy *p, const struct answers *an,
		    const char *const **notes, struct filter *out, struct err *e) CHECK;

/* ERR_BUG unless every number of every target whose answer is allow, whatever the arguments
 * are, is one that the kernel's bitmap takes. */
int compile_check_cacheable(const struct policy *p, const struct answers *an,
			    const struct filter *f, struct err *e) CHECK;
