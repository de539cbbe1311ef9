/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/emit.h"
#include "seccomp/leaf.h"
#include "seccomp/notes.h"
#include "seccomp/tails.h"
#include "seccomp/tree.h"

#define UNDECIDED UINT32_MAX

/* A rule's condition for one call, in a list of them from the last rule to the first. */
struct link {
	const struct cond *cond;
	uint32_t answer;
	uint32_t before; /* + 1, or 0 */
};

/* A number and the node that answers. */
struct numbered {
	uint32_t nr, to;
};

struct compiler {
	struct arena *arena;   /* until the program is there */
	struct arena *scratch; /* until the architecture is done */
	const struct policy *p;
	struct dag d;
	struct leaves leaves;
	uint32_t *rules; /* nodes that answer */
	uint32_t normal, unknown, x32;
	struct link *links;
	uint32_t links_n, links_room;
};

/* What the calls of one architecture are answered. A slot is the id of a call, or SC_N and more
 * for a number that has no name. */
struct part {
	enum arch arch;
	struct sc_set left;   /* ids without a final answer */
	struct sc_set listed; /* ids with lists */
	const uint32_t *numbers;
	uint32_t numbers_n;
	uint32_t *answers; /* by slot */
	uint32_t *lists;   /* by slot: the last link, + 1, or 0 */
};

/* ---- rules to slots ---- */

static uint32_t new_link(struct compiler *c)
{
	if (c->links_n == c->links_room) {
		const uint32_t room = c->links_room > 0 ? 2 * c->links_room : 64;
		struct link *v = arena_array(c->scratch, room, sizeof(*v));

		if (c->links_n > 0)
			memcpy(v, c->links, c->links_n * sizeof(*v));
		c->links = v;
		c->links_room = room;
	}
	return ++c->links_n;
}

static void add_cond(struct compiler *c, uint32_t *list, const struct cond *cond,
		     uint32_t answer)
{
	const uint32_t link = new_link(c);

	c->links[link - 1] = (struct link){ cond, answer, *list };
	*list = link;
}

/* The calls of the rule that have conditions leave the set of those that it decides. */
static void add_conds(struct compiler *c, struct part *pt, const struct rule *r,
		      uint32_t answer, struct sc_set *decides)
{
	for (size_t i = 0; i < r->conds_n[pt->arch]; i++) {
		const struct rule_cond *rc = &r->conds[pt->arch][i];

		if (!sc_has(decides, rc->id) || rc->cond == NULL)
			continue;
		decides->bits[rc->id / 64] &= ~(UINT64_C(1) << (rc->id % 64));
		sc_add(&pt->listed, rc->id);
		add_cond(c, &pt->lists[rc->id], rc->cond, answer);
	}
}

static void add_set(struct compiler *c, struct part *pt, const struct rule *r, uint32_t answer)
{
	struct sc_set now = r->set[pt->arch];

	for (size_t w = 0; w < SC_WORDS; w++)
		now.bits[w] &= pt->left.bits[w];
	add_conds(c, pt, r, answer, &now);
	for (size_t w = 0; w < SC_WORDS; w++) {
		pt->left.bits[w] &= ~now.bits[w];
		for (uint64_t bits = now.bits[w]; bits != 0; bits &= bits - 1)
			pt->answers[64 * w + (size_t)__builtin_ctzll(bits)] = answer;
	}
}

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void add_number(struct compiler *c, struct part *pt, uint32_t slot,
		       const struct cond *cond, uint32_t answer)
{
	if (pt->answers[slot] != UNDECIDED)
		return;
	if (cond != NULL && slot < SC_N)
		sc_add(&pt->listed, (int)slot);
	if (cond != NULL) {
		add_cond(c, &pt->lists[slot], cond, answer);
		return;
	}
	pt->answers[slot] = answer;
	if (slot < SC_N)
		pt->left.bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

/* A number that the tables do know stands for the call, unless the rule names that anyway. */
static void add_numbers(struct compiler *c, struct part *pt, const struct rule *r,
			uint32_t answer)
{
	for (size_t i = 0; i < r->nrs_n; i++) {
		const int id =
			r->nrs[i].arch == pt->arch ? sc_by_number(pt->arch, r->nrs[i].nr) : -1;
		const uint32_t *at;

		if (r->nrs[i].arch != pt->arch || (id >= 0 && sc_has(&r->set[pt->arch], id)))
			continue;
		if (id >= 0) {
			add_number(c, pt, (uint32_t)id, r->nrs_cond, answer);
			continue;
		}
		at = bsearch(&r->nrs[i].nr, pt->numbers, pt->numbers_n, sizeof(*at), by_number);
		if (at != NULL)
			add_number(c, pt, (uint32_t)(SC_N + (at - pt->numbers)), r->nrs_cond,
				   answer);
	}
}

/* The numbers without a name that rules speak of, sorted. */
static void find_numbers(struct compiler *c, struct part *pt)
{
	const struct policy *p = c->p;
	size_t room = 0;
	uint32_t *v, n = 0, m = 0;

	for (size_t i = 0; i < p->rules_n; i++)
		room += p->rules[i].nrs_n;
	v = arena_array(c->scratch, room, sizeof(*v));
	for (size_t i = 0; i < p->rules_n; i++)
		for (size_t k = 0; k < p->rules[i].nrs_n; k++)
			if (p->rules[i].nrs[k].arch == pt->arch &&
			    sc_by_number(pt->arch, p->rules[i].nrs[k].nr) < 0)
				v[n++] = p->rules[i].nrs[k].nr;
	if (n > 1)
		qsort(v, n, sizeof(*v), by_number);
	for (uint32_t i = 0; i < n; i++)
		if (m == 0 || v[m - 1] != v[i])
			v[m++] = v[i];
	pt->numbers = v;
	pt->numbers_n = m;
}

static void decide_all(struct compiler *c, struct part *pt)
{
	const struct policy *p = c->p;
	const size_t slots = SC_N + pt->numbers_n;

	pt->answers = arena_array(c->scratch, slots, sizeof(*pt->answers));
	pt->lists = arena_array(c->scratch, slots, sizeof(*pt->lists));
	memset(pt->answers, 0xff, slots * sizeof(*pt->answers));
	memset(&pt->left, 0xff, sizeof(pt->left));
	for (size_t i = 0; i < p->rules_n; i++) {
		add_set(c, pt, &p->rules[i], c->rules[i]);
		if (p->rules[i].nrs_n > 0)
			add_numbers(c, pt, &p->rules[i], c->rules[i]);
	}
}

/* ---- slots to numbers ---- */

static int too_much(uint32_t slot, uint32_t nr, struct err *e)
{
	const char *name = slot < SC_N ? sc_name((int)slot) : "call";

	return fail(e, ERR_POLICY,
		    "seccomp filter: %s (%u): conditions that can be compiled: "
		    "too many, or nested too deeply",
		    name, nr);
}

/* Makes the slot's answer final. */
static int finish(struct compiler *c, struct part *pt, uint32_t slot, uint32_t nr,
		  uint32_t fallback, struct err *e)
{
	const uint32_t otherwise =
		pt->answers[slot] != UNDECIDED ? pt->answers[slot] : fallback;
	struct leaf_item *items;
	uint32_t n = 0;

	pt->answers[slot] = otherwise;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a list has links */
	for (uint32_t at = pt->lists[slot]; at != 0; at = c->links[at - 1].before)
		n++;
	if (n == 0)
		return 0;
	items = arena_array(c->scratch, n, sizeof(*items));
	for (uint32_t at = pt->lists[slot], i = n; at != 0 && i > 0;
	     at = c->links[at - 1].before)
		items[--i] =
			(struct leaf_item){ c->links[at - 1].cond, c->links[at - 1].answer };
	c->d.whose = (struct dag_for){ nr, (uint8_t)pt->arch };
	if (leaf_build(&c->leaves, items, n, otherwise, &pt->answers[slot]) < 0)
		return too_much(slot, nr, e);
	return 0;
}

static uint32_t fallback_of(const struct compiler *c, const struct part *pt, int id)
{
	if (c->normal == c->unknown)
		return c->normal;
	return sc_since(id, pt->arch) > c->p->kernel[pt->arch] ? c->unknown : c->normal;
}

struct numbering {
	uint32_t *low; /* by number up to sc_last(); UNDECIDED: a hole */
	uint32_t last;
	struct numbered *high;
	uint32_t high_n;
};

static void place(struct numbering *n, uint32_t nr, uint32_t to)
{
	if (nr <= n->last)
		n->low[nr] = to;
	else
		n->high[n->high_n++] = (struct numbered){ nr, to };
}

static int by_nr(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return (x->nr > y->nr) - (x->nr < y->nr);
}

/* No architecture but arm has calls above sc_last(). */
static size_t most_high(const struct part *pt)
{
	return pt->numbers_n + (pt->arch == ARCH_ARM ? SC_N : 0);
}

/* An id that no rule has a condition on, as nearly all are. */
static bool is_settled(const struct part *pt, uint32_t id)
{
	return pt->answers[id] != UNDECIDED && !sc_has(&pt->listed, (int)id);
}

static int number_all(struct compiler *c, struct part *pt, struct numbering *n, struct err *e)
{
	n->last = sc_last(pt->arch);
	n->low = arena_array(c->scratch, (size_t)n->last + 1, sizeof(*n->low));
	n->high = arena_array(c->scratch, most_high(pt), sizeof(*n->high));
	memset(n->low, 0xff, ((size_t)n->last + 1) * sizeof(*n->low));
	for (uint32_t id = 0; id < SC_N; id++) {
		const int nr = sc_number((int)id, pt->arch);

		if (nr < 0)
			continue;
		if (!is_settled(pt, id) &&
		    finish(c, pt, id, (uint32_t)nr, fallback_of(c, pt, (int)id), e) < 0)
			return -1;
		place(n, (uint32_t)nr, pt->answers[id]);
	}
	for (uint32_t i = 0; i < pt->numbers_n; i++) {
		if (finish(c, pt, SC_N + i, pt->numbers[i], c->unknown, e) < 0)
			return -1;
		place(n, pt->numbers[i], pt->answers[SC_N + i]);
	}
	if (n->high_n > 1)
		qsort(n->high, n->high_n, sizeof(*n->high), by_nr);
	return 0;
}

/* ---- numbers to runs ---- */

static void add_run(struct tail_runs *r, uint32_t lo, uint32_t to, uint32_t also)
{
	if (r->n == 0 || r->v[r->n - 1].to != to || r->v[r->n - 1].also != also)
		r->v[r->n++] = (struct run){ lo, to, also };
}

static void add_high(const struct compiler *c, const struct numbering *n, uint32_t end,
		     struct tail_runs *r)
{
	uint32_t from = n->last + 1;

	for (uint32_t i = 0; i < n->high_n && n->high[i].nr <= end; i++) {
		if (n->high[i].nr > from)
			add_run(r, from, c->unknown, c->unknown);
		add_run(r, n->high[i].nr, n->high[i].to, n->high[i].to);
		from = n->high[i].nr + 1;
	}
	if (from <= end && from != 0)
		add_run(r, from, c->unknown, c->unknown);
}

static size_t most_runs(const struct numbering *n)
{
	size_t all = 2 * (size_t)n->high_n + 4;

	for (uint32_t nr = 1; nr <= n->last; nr++)
		all += n->low[nr] != n->low[nr - 1];
	return all;
}

static struct tail_runs runs_of(const struct compiler *c, const struct part *pt,
				const struct numbering *n)
{
	const bool x32 = pt->arch == ARCH_X86_64;
	struct tail_runs r = { arena_array(c->scratch, most_runs(n), sizeof(*r.v)), 0 };

	for (uint32_t nr = 0; nr <= n->last; nr++) {
		const bool hole = n->low[nr] == UNDECIDED;

		add_run(&r, nr, hole ? c->normal : n->low[nr], hole ? c->unknown : n->low[nr]);
	}
	add_high(c, n, x32 ? X32_BIT - 1 : UINT32_MAX, &r);
	if (x32)
		add_run(&r, X32_BIT, c->x32, c->x32);
	return r;
}

/* ---- all together ---- */

static struct tail_runs keep_runs(const struct compiler *c, const struct tail_runs *r)
{
	const struct tail_runs out = { arena_array(c->arena, r->n, sizeof(*out.v)), r->n };

	memcpy(out.v, r->v, r->n * sizeof(*out.v));
	return out;
}

static int compile_arch(struct compiler *c, enum arch arch, struct tail_runs *out,
			struct err *e)
{
	autoarena struct arena scratch = { 0 };
	struct part pt = { .arch = arch };
	struct numbering n = { 0 };
	struct tail_runs r;

	c->scratch = c->d.scratch = &scratch;
	c->links = NULL;
	c->links_n = c->links_room = 0;
	find_numbers(c, &pt);
	decide_all(c, &pt);
	if (number_all(c, &pt, &n, e) < 0)
		return -1;
	r = runs_of(c, &pt, &n);
	*out = keep_runs(c, &r);
	c->scratch = c->d.scratch = c->arena;
	return 0;
}

static uint32_t arch_test(struct compiler *c, enum arch arch, uint32_t yes, uint32_t no)
{
	const struct dag_node n = { .op = DAG_JEQ,
				    .word = WORD_ARCH,
				    .mask = UINT32_MAX,
				    .k = arch_audit(arch),
				    .yes = yes,
				    .no = no };

	c->d.whose = (struct dag_for){ DAG_NO_NR, ARCH_N };
	return dag_test(&c->d, &n);
}

static uint32_t build_trees(struct compiler *c, struct tail_runs *runs)
{
	autoarena struct arena scratch = { 0 };
	uint32_t root = dag_ret(&c->d, c->p->bad_arch);
	uint32_t trees[ARCH_N];

	c->d.scratch = &scratch;
	c->d.whose = (struct dag_for){ DAG_NO_NR, ARCH_N };
	tails_share(&c->d, runs, c->p->targets_n);
	for (size_t i = 0; i < c->p->targets_n; i++) {
		c->d.whose = (struct dag_for){ DAG_NO_NR, (uint8_t)c->p->targets[i] };
		trees[i] = tree_build(&c->d, WORD_NR, UINT32_MAX, runs[i].v, runs[i].n);
	}
	for (size_t i = c->p->targets_n; i-- > 0;)
		root = arch_test(c, c->p->targets[i], trees[i], root);
	c->d.scratch = c->arena;
	return root;
}

static int compile_archs(struct compiler *c, uint32_t *root, struct err *e)
{
	struct tail_runs runs[ARCH_N];

	for (size_t i = 0; i < c->p->targets_n; i++)
		if (compile_arch(c, c->p->targets[i], &runs[i], e) < 0)
			return -1;
	*root = build_trees(c, runs);
	return 0;
}

static void prepare(struct compiler *c, const struct answers *an)
{
	dag_init(&c->d, c->arena);
	leaves_init(&c->leaves, c->arena, &c->d);
	c->rules = arena_array(c->arena, c->p->rules_n, sizeof(*c->rules));
	for (size_t i = 0; i < c->p->rules_n; i++)
		c->rules[i] = dag_ret(&c->d, an->rules[i]);
	c->normal = dag_ret(&c->d, an->normal);
	c->unknown = dag_ret(&c->d, an->unknown);
	c->x32 = dag_ret(&c->d, SECCOMP_RET_ERRNO | ENOSYS);
}

int compile_program(struct arena *a, const struct policy *p, const struct answers *an,
		    const char *const **notes, struct filter *out, struct err *e)
{
	autoarena struct arena work = { 0 };
	struct compiler c = { .arena = &work, .p = p };
	const struct emitted *parts;
	uint32_t root;

	prepare(&c, an);
	if (compile_archs(&c, &root, e) < 0)
		return -1;
	if (c.d.full || emit_program(a, &c.d, root, notes != NULL ? &parts : NULL, out) < 0)
		return notes_too_long(&c.d, root, e);
	if (notes != NULL)
		*notes = notes_make(a, p, an, &c.d, parts, out->n);
	return 0;
}
