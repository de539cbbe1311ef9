/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/dag.h"

#include <string.h>

#define FIRST_NODES 256

void dag_init(struct dag *d, struct arena *a)
{
	*d = (struct dag){
		.arena = a, .scratch = a, .room = FIRST_NODES, .slots_n = 2 * FIRST_NODES
	};
	d->whose = (struct dag_for){ DAG_NO_NR, ARCH_N };
	d->nodes = arena_array(a, d->room, sizeof(*d->nodes));
	d->slots = arena_array(a, d->slots_n, sizeof(*d->slots));
	d->seen = arena_array(a, d->room, sizeof(*d->seen));
}

static uint32_t hash_of(const struct dag_node *n)
{
	const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (uint64_t)n->op << 8 | n->word;

	h = (h ^ n->mask) * prime;
	h = (h ^ h >> 32 ^ n->k) * prime;
	h = (h ^ h >> 32 ^ ((uint64_t)n->yes << 32 | n->no)) * prime;
	return (uint32_t)(h >> 32);
}

static bool equal(const struct dag_node *x, const struct dag_node *y)
{
	return x->op == y->op && x->word == y->word && x->mask == y->mask && x->k == y->k &&
	       x->yes == y->yes && x->no == y->no;
}

/* Where the node is, or where it belongs. */
static uint32_t *slot_of(const struct dag *d, const struct dag_node *n)
{
	uint32_t i = hash_of(n) & (d->slots_n - 1);

	while (d->slots[i] != 0 && !equal(&d->nodes[d->slots[i] - 1], n))
		i = (i + 1) & (d->slots_n - 1);
	return &d->slots[i];
}

static void put_all(struct dag *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		*slot_of(d, &d->nodes[i]) = i + 1;
}

static void grow(struct dag *d)
{
	struct dag_node *nodes = arena_array(d->arena, (size_t)d->room * 2, sizeof(*nodes));

	memcpy(nodes, d->nodes, d->n * sizeof(*nodes));
	d->nodes = nodes;
	d->room *= 2;
	d->seen = arena_array(d->arena, d->room, sizeof(*d->seen));
	d->slots_n *= 2;
	d->slots = arena_array(d->arena, d->slots_n, sizeof(*d->slots));
	put_all(d);
}

static uint16_t depth_of(const struct dag *d, const struct dag_node *n)
{
	const uint16_t yes = n->op == DAG_RET ? 0 : d->nodes[n->yes].depth;
	const uint16_t no = n->op == DAG_RET ? 0 : d->nodes[n->no].depth;
	const uint16_t more = yes > no ? yes : no;

	return n->op == DAG_RET || more == UINT16_MAX ? more : (uint16_t)(more + 1);
}

static uint32_t find_or_add(struct dag *d, const struct dag_node *n)
{
	uint32_t *slot = slot_of(d, n);

	if (*slot != 0)
		return *slot - 1;
	if (d->n == DAG_MAX) {
		d->full = true;
		return 0;
	}
	if (d->n == d->room) {
		grow(d);
		slot = slot_of(d, n);
	}
	d->nodes[d->n] = *n;
	d->nodes[d->n].whose = d->whose;
	d->nodes[d->n].depth = depth_of(d, n);
	*slot = ++d->n;
	return d->n - 1;
}

uint32_t dag_ret(struct dag *d, uint32_t answer)
{
	return find_or_add(d, &(struct dag_node){ .op = DAG_RET, .k = answer });
}

uint32_t dag_test(struct dag *d, const struct dag_node *test)
{
	return test->yes == test->no ? test->yes : find_or_add(d, test);
}

void dag_release(struct dag *d, struct arena_mark since)
{
	if (d->scratch != d->arena)
		arena_rewind(d->scratch, since);
}

/* The last in first out leaves the table as it was: nothing was put further on because of what
 * goes now. */
void dag_rewind(struct dag *d, uint32_t n)
{
	while (d->n > n) {
		*slot_of(d, &d->nodes[d->n - 1]) = 0;
		d->n--;
	}
	d->full = false;
}
