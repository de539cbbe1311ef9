/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - the smallest search tree over the intervals of one word. */
#pragma once
#include "seccomp/dag.h"

/* From lo to where the next run begins; the last one to the highest value. */
struct run {
	uint32_t lo;
	uint32_t to;   /* the node */
	uint32_t also; /* one that is as good; else equal to `to' */
};

/* More singles than these in one interval are parted: a test more, but a shorter way. */
#define TREE_CHAIN 8

/* A node that leads each value of (word & mask) to its run's. runs: at least one, sorted, the
 * first from 0. */
uint32_t tree_build(struct dag *d, uint32_t word, uint32_t mask, const struct run *runs,
		    size_t n);
/* How many tests that would be, if no list of singles were parted. */
size_t tree_tests(struct dag *d, uint32_t word, uint32_t mask, const struct run *runs,
		  size_t n);
