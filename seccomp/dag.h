/* SPDX-License-Identifier: Apache-2.0 */
/* dag.h - decisions as a graph: each node returns, or tests one word and goes on to two others.
 *
 * Equal nodes are one node, so what several calls have in common is made once. A node is a
 * number below dag.n; the two it leads to have smaller numbers than its own. */
#pragma once
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "seccomp/table.h"

enum dag_op {
	DAG_RET,  /* k is the answer */
	DAG_JEQ,  /* (word & mask) == k */
	DAG_JGE,  /* (word & mask) >= k */
	DAG_JSET, /* (word & k) != 0; mask is all ones */
};

/* The words of struct seccomp_data, by 32 bits. */
#define WORD_NR   (offsetof(struct seccomp_data, nr) / 4)
#define WORD_ARCH (offsetof(struct seccomp_data, arch) / 4)
#define WORD_ARGS (offsetof(struct seccomp_data, args) / 4)
#define WORDS_ALL (sizeof(struct seccomp_data) / 4)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WORD_LOW 0
#else
#define WORD_LOW 1
#endif
#define WORD_HIGH (1 - WORD_LOW)

/* On whose behalf a node was made first. */
struct dag_for {
	uint32_t nr;  /* DAG_NO_NR: the search for the number itself */
	uint8_t arch; /* enum arch; ARCH_N: nobody's, all need it */
};
#define DAG_NO_NR UINT32_MAX

struct dag_node {
	uint32_t mask, k;
	uint32_t yes, no;
	uint8_t op; /* enum dag_op */
	uint8_t word;
	uint16_t depth; /* tests on the longest way; saturates */
	struct dag_for whose;
};

/* For tree.c: the best choice so far that leads to a node, valid in one window only. */
struct dag_seen {
	uint32_t choice, window;
};

struct dag {
	struct arena *arena;
	struct arena *scratch; /* for what is not needed once a call has returned */
	struct dag_node *nodes;
	uint32_t n, room;
	uint32_t *slots; /* open addressing; node + 1, 0 is free */
	uint32_t slots_n;
	struct dag_for whose;  /* of the nodes that are made next */
	struct dag_seen *seen; /* by node */
	uint32_t window;
	bool full; /* one more than DAG_MAX was wanted: the graph is of no use */
};

#define DAG_MAX (1u << 16)

void dag_init(struct dag *d, struct arena *a);
uint32_t dag_ret(struct dag *d, uint32_t answer);
/* yes, where both are the same. */
uint32_t dag_test(struct dag *d, const struct dag_node *test);
/* Gives back what was taken of the scratch arena since then; nothing where the nodes live
 * there too. */
void dag_release(struct dag *d, struct arena_mark since);
/* Forgets all nodes from n on. */
void dag_rewind(struct dag *d, uint32_t n);
