/* SPDX-License-Identifier: Apache-2.0 */
/* A program is made from its end to its beginning, so that of each jump the target is known.
 * Positions are counted from the end. A node is up to three instructions in a row: load the
 * word, mask it, test. Who comes with the right word in A enters at a later one. */
#include "seccomp/emit.h"

#include <string.h>

#define REACH_MAX 255 /* of a conditional jump */

/* What A holds, and so where a node is entered. */
enum entry {
	ENTER_LOAD,
	ENTER_MASK,
	ENTER_TEST,
	ENTRIES
};

struct place {
	uint16_t at[ENTRIES];   /* position from the end, 0: not there */
	uint16_t near[ENTRIES]; /* of the last JA to it, or copy of it */
	uint8_t wanted;         /* bit for each entry that is used */
};

struct emit {
	const struct dag *d;
	struct place *places;
	struct sock_filter *insns;
	struct emitted *parts; /* or NULL */
	uint32_t n, room;
	bool full;
};

/* ---- which nodes, in which order ---- */

static void mark(uint64_t *set, uint32_t node)
{
	set[node / 64] |= UINT64_C(1) << (node % 64);
}

/* Nodes lead to smaller numbers only. */
uint64_t *emit_reach(const struct dag *d, uint32_t root)
{
	uint64_t *set = arena_array(d->arena, d->n / 64 + 1, sizeof(*set));

	mark(set, root);
	for (uint32_t i = root + 1; i-- > 0;) {
		if (!emit_reached(set, i) || d->nodes[i].op == DAG_RET)
			continue;
		mark(set, d->nodes[i].yes);
		mark(set, d->nodes[i].no);
	}
	return set;
}

/* How many nodes hang below each, shared ones counted often; saturates. */
static uint32_t *weigh(const struct dag *d, const uint64_t *reach, uint32_t root)
{
	uint32_t *w = arena_array(d->arena, (size_t)root + 1, sizeof(*w));

	for (uint32_t i = 0; i <= root; i++) {
		const struct dag_node *n = &d->nodes[i];

		w[i] = 1;
		if (!emit_reached(reach, i) || n->op == DAG_RET)
			continue;
		w[i] += w[n->yes] + w[n->no];
		if (w[i] > BPF_MAXINSNS)
			w[i] = BPF_MAXINSNS;
	}
	return w;
}

struct order {
	uint32_t *v;
	uint32_t n;
};

/* The heavier side first, so it lies at the end, and the lighter one right behind the test: the
 * jumps are as short as can be. */
static struct order order_of(const struct dag *d, const uint64_t *reach, uint32_t root)
{
	const uint32_t *weight = weigh(d, reach, root);
	uint32_t *todo = arena_array(d->arena, 2 * (size_t)root + 4, sizeof(*todo));
	uint8_t *state = arena_array(d->arena, (size_t)root + 1, sizeof(*state));
	struct order o = { arena_array(d->arena, (size_t)root + 1, sizeof(*o.v)), 0 };
	uint32_t n = 0;

	for (todo[n++] = root; n > 0;) {
		const uint32_t at = todo[n - 1];
		const struct dag_node *node = &d->nodes[at];
		const bool yes_first =
			node->op != DAG_RET && weight[node->yes] > weight[node->no];

		if (state[at] == 0 && node->op != DAG_RET) {
			state[at] = 1;
			todo[n++] = yes_first ? node->no : node->yes;
			todo[n++] = yes_first ? node->yes : node->no;
			continue;
		}
		n--;
		if (state[at] < 2)
			o.v[o.n++] = at;
		state[at] = 2;
	}
	return o;
}

/* ---- where a node is entered ---- */

/* A jump on bits looks at the whole word, and leaves it. */
static enum entry entry_from(const struct dag_node *from, const struct dag_node *to)
{
	if (to->op == DAG_RET)
		return ENTER_TEST;
	if (from->word != to->word || (to->mask & ~from->mask) != 0)
		return ENTER_LOAD;
	return from->mask == to->mask ? ENTER_TEST : ENTER_MASK;
}

static void want_entries(struct emit *em, const struct order *o, uint32_t root)
{
	const struct dag_node *nodes = em->d->nodes;

	em->places[root].wanted = 1 << (nodes[root].op == DAG_RET ? ENTER_TEST : ENTER_LOAD);
	for (uint32_t i = 0; i < o->n; i++) {
		const struct dag_node *n = &nodes[o->v[i]];

		if (n->op == DAG_RET)
			continue;
		em->places[n->yes].wanted |= (uint8_t)(1 << entry_from(n, &nodes[n->yes]));
		em->places[n->no].wanted |= (uint8_t)(1 << entry_from(n, &nodes[n->no]));
	}
}

/* ---- instructions ---- */

/* Its position from the end, from 1 on. */
static uint16_t put(struct emit *em, struct sock_filter in, uint32_t node, enum emit_part part)
{
	if (em->n == em->room) {
		em->full = true;
		return 1;
	}
	em->n++;
	em->insns[em->room - em->n] = in;
	if (em->parts != NULL)
		em->parts[em->room - em->n] = (struct emitted){ node, part };
	return (uint16_t)em->n;
}

/* How far from what will be put next. */
static uint32_t distance(const struct emit *em, uint16_t position)
{
	return em->n - position;
}

static uint16_t position(const struct emit *em, uint32_t node, enum entry entry)
{
	const struct place *p = &em->places[node];

	return distance(em, p->at[entry]) > REACH_MAX && p->near[entry] != 0 ? p->near[entry]
									     : p->at[entry];
}

static uint16_t jump_code(const struct dag_node *n)
{
	static const uint16_t codes[] = { [DAG_JEQ] = BPF_JMP | BPF_JEQ | BPF_K,
					  [DAG_JGE] = BPF_JMP | BPF_JGE | BPF_K,
					  [DAG_JSET] = BPF_JMP | BPF_JSET | BPF_K };

	return codes[n->op];
}

static bool in_reach(const struct emit *em, uint16_t yes, uint16_t no)
{
	return distance(em, yes) <= REACH_MAX && distance(em, no) <= REACH_MAX;
}

static struct sock_filter jump(const struct emit *em, const struct dag_node *n, uint16_t yes,
			       uint16_t no)
{
	return (struct sock_filter){ jump_code(n), (uint8_t)distance(em, yes),
				     (uint8_t)distance(em, no), n->k };
}

/* A second way into a node that is too far away for a branch: the same instruction once more,
 * where one is all that it takes, or else a jump. */
static void come_near(struct emit *em, uint32_t node, enum entry entry)
{
	const struct dag_node *n = &em->d->nodes[node];
	struct place *p = &em->places[node];
	struct sock_filter in = { BPF_JMP | BPF_JA, 0, 0, distance(em, p->at[entry]) };
	uint16_t yes, no;

	if (n->op == DAG_RET) {
		in = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, n->k };
		p->near[entry] = put(em, in, node, EMIT_RET);
		return;
	}
	yes = position(em, n->yes, entry_from(n, &em->d->nodes[n->yes]));
	no = position(em, n->no, entry_from(n, &em->d->nodes[n->no]));
	if (entry == ENTER_TEST && in_reach(em, yes, no))
		p->near[entry] = put(em, jump(em, n, yes, no), node, EMIT_TEST);
	else
		p->near[entry] = put(em, in, node, EMIT_FAR);
}

static uint16_t put_test(struct emit *em, uint32_t node)
{
	const struct dag_node *n = &em->d->nodes[node];
	const enum entry by_yes = entry_from(n, &em->d->nodes[n->yes]);
	const enum entry by_no = entry_from(n, &em->d->nodes[n->no]);

	/* what is put for one may push the other out of reach, once */
	for (int i = 0; i < 2; i++) {
		if (distance(em, position(em, n->yes, by_yes)) > REACH_MAX)
			come_near(em, n->yes, by_yes);
		if (distance(em, position(em, n->no, by_no)) > REACH_MAX)
			come_near(em, n->no, by_no);
	}
	return put(em, jump(em, n, position(em, n->yes, by_yes), position(em, n->no, by_no)),
		   node, EMIT_TEST);
}

static bool has_mask(const struct emit *em, uint32_t node)
{
	const struct dag_node *n = &em->d->nodes[node];

	return n->op != DAG_RET && n->mask != UINT32_MAX &&
	       (em->places[node].wanted & ~(1 << ENTER_TEST)) != 0;
}

static bool has_load(const struct emit *em, uint32_t node)
{
	return em->d->nodes[node].op != DAG_RET &&
	       (em->places[node].wanted & 1 << ENTER_LOAD) != 0;
}

static void put_node(struct emit *em, uint32_t node)
{
	const struct dag_node *n = &em->d->nodes[node];
	struct place *p = &em->places[node];

	if (n->op == DAG_RET) {
		const struct sock_filter ret = { BPF_RET | BPF_K, 0, 0, n->k };

		p->at[ENTER_TEST] = put(em, ret, node, EMIT_RET);
		return;
	}
	p->at[ENTER_TEST] = put_test(em, node);
	if (has_mask(em, node)) {
		const struct sock_filter and = { BPF_ALU | BPF_AND | BPF_K, 0, 0, n->mask };

		p->at[ENTER_MASK] = put(em, and, node, EMIT_MASK);
	}
	if (has_load(em, node)) {
		const struct sock_filter load = { BPF_LD | BPF_W | BPF_ABS, 0, 0,
						  4u * n->word };

		p->at[ENTER_LOAD] = put(em, load, node, EMIT_LOAD);
	}
}

static const struct sock_filter *keep(struct arena *a, const struct emit *em)
{
	struct sock_filter *insns = arena_array(a, em->n, sizeof(*insns));

	memcpy(insns, em->insns + em->room - em->n, em->n * sizeof(*insns));
	return insns;
}

/* How many there will be, when none has to be put twice; else the most there can be. */
static uint32_t room_for(const struct emit *em, const struct order *o)
{
	const uint32_t most = 8 * o->n < BPF_MAXINSNS ? 8 * o->n : BPF_MAXINSNS;
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n; i++)
		n += 1u + has_mask(em, o->v[i]) + has_load(em, o->v[i]);
	return n <= REACH_MAX ? n : most;
}

int emit_program(struct arena *a, const struct dag *d, uint32_t root,
		 const struct emitted **parts, struct filter *out)
{
	const struct order o = order_of(d, emit_reach(d, root), root);
	struct emit em = { .d = d };

	em.places = arena_array(d->arena, (size_t)root + 1, sizeof(*em.places));
	want_entries(&em, &o, root);
	em.room = room_for(&em, &o);
	em.insns = arena_array(d->arena, em.room, sizeof(*em.insns));
	if (parts != NULL)
		em.parts = arena_array(d->arena, em.room, sizeof(*em.parts));
	for (uint32_t i = 0; i < o.n && !em.full; i++)
		put_node(&em, o.v[i]);
	if (em.full)
		return -1;
	out->insns = keep(a, &em);
	out->n = (uint16_t)em.n;
	if (parts != NULL)
		*parts = em.parts + em.room - em.n;
	return 0;
}
