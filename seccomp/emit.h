/* SPDX-License-Identifier: Apache-2.0 */
/* emit.h - a graph of decisions to instructions. */
#pragma once
#include "seccomp/compile.h"
#include "seccomp/dag.h"

/* What an instruction is there for. */
struct emitted {
	uint32_t node;
	enum emit_part {
		EMIT_LOAD,
		EMIT_MASK,
		EMIT_TEST,
		EMIT_RET,
		EMIT_FAR, /* on the way to the node, from where a branch does not reach it */
	} part;
};

/* The instructions are put into the arena; parts, with those of the graph: NULL, or gets one
 * for each instruction. -1: more than BPF_MAXINSNS. */
int emit_program(struct arena *a, const struct dag *d, uint32_t root,
		 const struct emitted **parts, struct filter *out) CHECK;

/* Nodes that can be reached from root; a bit for each node of the graph. */
uint64_t *emit_reach(const struct dag *d, uint32_t root);

static inline bool emit_reached(const uint64_t *set, uint32_t node)
{
	return (set[node / 64] >> (node % 64) & 1) != 0;
}
