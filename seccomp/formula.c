/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/formula.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_FORMULAS 64

void formulas_init(struct formulas *fs, struct arena *a)
{
	*fs = (struct formulas){ .arena = a,
				 .room = FIRST_FORMULAS,
				 .slots_n = 2 * FIRST_FORMULAS,
				 .limit = SIZE_MAX };
	fs->v = arena_array(a, fs->room, sizeof(*fs->v));
	fs->slots = arena_array(a, fs->slots_n, sizeof(*fs->slots));
	fs->n = 2;
	fs->v[FORMULA_FALSE].var = fs->v[FORMULA_TRUE].var = UINT64_MAX;
}

/* ---- each formula once ---- */

static size_t bytes_of(const struct formula *f)
{
	return f->n * (f->kind == FORMULA_ATOM ? sizeof(*f->values) : sizeof(*f->parts));
}

static const void *list_of(const struct formula *f)
{
	return f->kind == FORMULA_ATOM ? (const void *)f->values : (const void *)f->parts;
}

static uint32_t hash_of(const struct formula *f)
{
	const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
	const size_t n = bytes_of(f) / sizeof(uint32_t);
	const uint32_t *words = list_of(f);
	uint64_t h = (f->var ^ (uint64_t)f->kind << 60) * prime;

	for (size_t i = 0; i < n; i++)
		h = (h ^ h >> 32 ^ words[i]) * prime;
	return (uint32_t)(h >> 32);
}

static bool equal(const struct formula *x, const struct formula *y)
{
	return x->kind == y->kind && x->n == y->n && x->var == y->var &&
	       memcmp(list_of(x), list_of(y), bytes_of(x)) == 0;
}

static uint32_t *slot_of(const struct formulas *fs, const struct formula *f)
{
	uint32_t i = hash_of(f) & (fs->slots_n - 1);

	while (fs->slots[i] != 0 && !equal(&fs->v[fs->slots[i]], f))
		i = (i + 1) & (fs->slots_n - 1);
	return &fs->slots[i];
}

static void grow(struct formulas *fs)
{
	struct formula *v = arena_array(fs->arena, (size_t)fs->room * 2, sizeof(*v));

	memcpy(v, fs->v, fs->n * sizeof(*v));
	fs->v = v;
	fs->room *= 2;
	fs->slots_n *= 2;
	fs->slots = arena_array(fs->arena, fs->slots_n, sizeof(*fs->slots));
	for (uint32_t i = 2; i < fs->n; i++)
		*slot_of(fs, &fs->v[i]) = i;
}

static uint32_t intern(struct formulas *fs, const struct formula *f)
{
	uint32_t *slot = slot_of(fs, f);

	fs->steps += f->n;
	if (*slot != 0)
		return *slot;
	if (fs->n == fs->room) {
		grow(fs);
		slot = slot_of(fs, f);
	}
	fs->v[fs->n] = *f;
	*slot = fs->n;
	return fs->n++;
}

/* ---- atoms ---- */

static bool holds(const struct values *v, uint32_t n, uint32_t value)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (v[mid].hi < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && v[lo].lo <= value;
}

/* Values that cannot be, for a bit is outside the mask, are not told apart: of one bit there
 * are only two values, 0 and another. */
static uint32_t one_bit_atom(struct formulas *fs, formula_var var, const struct values *v,
			     uint32_t n)
{
	struct formula f = { .kind = FORMULA_ATOM, .var = var, .n = 1 };
	const bool zero = holds(v, n, 0), one = holds(v, n, var_mask(var));
	struct values *which;

	if (zero == one)
		return zero ? FORMULA_TRUE : FORMULA_FALSE;
	which = arena_new(fs->arena, struct values);
	*which = zero ? (struct values){ 0, 0 } : (struct values){ 1, UINT32_MAX };
	f.values = which;
	return intern(fs, &f);
}

/* Keeps v. */
static uint32_t atom(struct formulas *fs, formula_var var, const struct values *v, uint32_t n)
{
	const uint32_t mask = var_mask(var);
	const struct formula f = { .kind = FORMULA_ATOM, .var = var, .n = n, .values = v };

	if (n == 0)
		return FORMULA_FALSE;
	if (n == 1 && v[0].lo == 0 && v[0].hi >= mask)
		return FORMULA_TRUE;
	if ((mask & (mask - 1)) == 0)
		return one_bit_atom(fs, var, v, n);
	return intern(fs, &f);
}

static uint32_t atom_of(struct formulas *fs, formula_var var, uint32_t lo, uint32_t hi)
{
	struct values *v = arena_new(fs->arena, struct values);

	*v = (struct values){ lo, hi };
	return atom(fs, var, v, 1);
}

/* The values that are not in v; out has room for one more than v has. */
static uint32_t others(const struct values *v, uint32_t n, struct values *out)
{
	uint32_t from = 0, m = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (v[i].lo > from)
			out[m++] = (struct values){ from, v[i].lo - 1 };
		from = v[i].hi + 1;
	}
	if (n == 0 || v[n - 1].hi != UINT32_MAX)
		out[m++] = (struct values){ from, UINT32_MAX };
	return m;
}

static uint32_t atom_not(struct formulas *fs, formula_var var, const struct values *v,
			 uint32_t n)
{
	struct values *out = arena_array(fs->arena, (size_t)n + 1, sizeof(*out));

	return atom(fs, var, out, others(v, n, out));
}

static int by_lo(const void *a, const void *b)
{
	const struct values *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

static uint32_t merge_values(struct values *v, uint32_t n)
{
	uint32_t m = 0;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_lo);
	for (uint32_t i = 0; i < n; i++) {
		struct values *last = m > 0 ? &v[m - 1] : NULL;

		if (last == NULL || (last->hi != UINT32_MAX && v[i].lo > last->hi + 1))
			v[m++] = v[i];
		else if (last->hi < v[i].hi)
			last->hi = v[i].hi;
	}
	return m;
}

/* Atoms of one variable to one. x && y is !(!x || !y). */
static uint32_t join_atoms(struct formulas *fs, enum formula_kind kind, const uint32_t *atoms,
			   uint32_t n)
{
	const formula_var var = fs->v[atoms[0]].var;
	uint32_t room = 0, m = 0;
	struct values *all;

	for (uint32_t i = 0; i < n; i++)
		room += fs->v[atoms[i]].n + 1;
	fs->steps += room;
	all = arena_array(fs->arena, room, sizeof(*all));
	for (uint32_t i = 0; i < n; i++) {
		const struct formula *f = &fs->v[atoms[i]];

		if (kind == FORMULA_AND) {
			m += others(f->values, f->n, all + m);
			continue;
		}
		memcpy(all + m, f->values, f->n * sizeof(*all));
		m += f->n;
	}
	m = merge_values(all, m);
	return kind == FORMULA_AND ? atom_not(fs, var, all, m) : atom(fs, var, all, m);
}

uint32_t formula_range(struct formulas *fs, uint32_t word, uint64_t lo, uint64_t hi)
{
	if (lo > hi)
		return FORMULA_FALSE;
	return atom_of(fs, var_make(word, UINT32_MAX), (uint32_t)lo, (uint32_t)hi);
}

/* (word & mask) == value. A mask of the highest bits is an interval of the word itself. */
uint32_t formula_masked(struct formulas *fs, uint32_t word, uint32_t mask, uint32_t value)
{
	const uint32_t low = ~mask;

	if ((low & (low + 1)) == 0)
		return atom_of(fs, var_make(word, UINT32_MAX), value, value | low);
	return atom_of(fs, var_make(word, mask), value, value);
}

/* ---- and, or ---- */

void formula_add(struct formula_parts *p, uint32_t f)
{
	if (p->n == p->room) {
		const uint32_t room = p->room > 0 ? 2 * p->room : 8;
		uint32_t *v = arena_array(p->arena, room, sizeof(*v));

		if (p->n > 0)
			memcpy(v, p->v, p->n * sizeof(*v));
		p->v = v;
		p->room = room;
	}
	p->v[p->n++] = f;
}

/* The one value that the atom takes ("and") or leaves out ("or"), if there is one. */
static bool one_value(const struct formula *f, enum formula_kind kind, uint32_t *value)
{
	if (kind == FORMULA_AND) {
		*value = f->values[0].lo;
		return f->n == 1 && f->values[0].lo == f->values[0].hi;
	}
	if (f->values[0].lo != 0) {
		*value = 0;
		return f->n == 1 && f->values[0].lo == 1 && f->values[0].hi == UINT32_MAX;
	}
	*value = f->values[0].hi + 1;
	return f->n == 2 && f->values[1].lo == *value + 1 && f->values[1].hi == UINT32_MAX;
}

/* A bit is set: that is (word & bit) == bit too. */
static bool one_masked(const struct formula *f, enum formula_kind kind, uint32_t *value)
{
	const uint32_t mask = var_mask(f->var);
	const bool one_bit = (mask & (mask - 1)) == 0;

	if (one_bit && f->kind == FORMULA_ATOM) {
		*value = (f->values[0].lo == 0) == (kind == FORMULA_AND) ? 0 : mask;
		return true;
	}
	return one_value(f, kind, value);
}

/* (w & m1) == v1 && (w & m2) == v2 is (w & (m1|m2)) == (v1|v2), or false; and the same for the
 * contrary with "or". */
static bool join_masks(struct formulas *fs, enum formula_kind kind, uint32_t f, uint32_t g,
		       uint32_t *out)
{
	const struct formula *x = &fs->v[f], *y = &fs->v[g];
	const uint32_t mx = var_mask(x->var), my = var_mask(y->var);
	const uint32_t word = var_word(x->var);
	uint32_t vx, vy;

	if (x->kind != FORMULA_ATOM || y->kind != FORMULA_ATOM)
		return false;
	if (word != var_word(y->var) || mx == UINT32_MAX || my == UINT32_MAX)
		return false;
	if (!one_masked(x, kind, &vx) || !one_masked(y, kind, &vy))
		return false;
	if ((vx & my) != (vy & mx)) {
		*out = kind == FORMULA_AND ? FORMULA_FALSE : FORMULA_TRUE;
		return true;
	}
	*out = formula_masked(fs, word, mx | my, vx | vy);
	if (kind == FORMULA_OR)
		*out = atom_not(fs, fs->v[*out].var, fs->v[*out].values, fs->v[*out].n);
	return true;
}

/* By variable, and atoms first, so that those which can be joined are neighbours. */
struct sortable {
	formula_var var;
	enum formula_kind kind;
	uint32_t f;
};

static int by_variable(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;

	if (x->var != y->var)
		return x->var < y->var ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->f > y->f) - (x->f < y->f);
}

static void sort_parts(const struct formulas *fs, struct formula_parts *p)
{
	struct sortable *v = arena_array(p->arena, p->n, sizeof(*v));

	for (uint32_t i = 0; i < p->n; i++) {
		const struct formula *f = &fs->v[p->v[i]];

		v[i] = (struct sortable){ f->var, f->kind, p->v[i] };
	}
	qsort(v, p->n, sizeof(*v), by_variable);
	for (uint32_t i = 0; i < p->n; i++)
		p->v[i] = v[i].f;
}

/* Takes the parts, which may be of the same kind themselves. */
static void flatten(const struct formulas *fs, enum formula_kind kind, uint32_t f,
		    struct formula_parts *out)
{
	const struct formula *x = &fs->v[f];

	if (x->kind != kind) {
		formula_add(out, f);
		return;
	}
	for (uint32_t i = 0; i < x->n; i++)
		formula_add(out, x->parts[i]);
}

/* How many from i on are atoms of one variable. */
static uint32_t alike(const struct formulas *fs, const struct formula_parts *p, uint32_t i)
{
	const struct formula *f = &fs->v[p->v[i]];
	uint32_t n = 1;

	while (f->kind == FORMULA_ATOM && i + n < p->n &&
	       fs->v[p->v[i + n]].kind == FORMULA_ATOM && fs->v[p->v[i + n]].var == f->var)
		n++;
	return n;
}

/* Joins neighbours; the neutral one goes, the one that decides stays alone. */
static uint32_t settle(struct formulas *fs, enum formula_kind kind, struct formula_parts *p)
{
	const uint32_t neutral = kind == FORMULA_AND ? FORMULA_TRUE : FORMULA_FALSE;
	uint32_t n = 0, m;

	for (uint32_t i = 0; i < p->n; i += m) {
		uint32_t f = p->v[i];

		m = alike(fs, p, i);
		if (m > 1)
			f = join_atoms(fs, kind, p->v + i, m);
		while (n > 0 && (f == p->v[n - 1] || join_masks(fs, kind, p->v[n - 1], f, &f)))
			n--;
		if (f == (neutral ^ 1))
			return f;
		if (f != neutral)
			p->v[n++] = f;
	}
	p->n = n;
	return neutral;
}

uint32_t formula_join(struct formulas *fs, enum formula_kind kind, const uint32_t *in,
		      uint32_t n)
{
	struct formula f = { .kind = kind };
	struct formula_parts p = { .arena = fs->arena };
	uint32_t decided;

	fs->steps += n;
	if (formulas_over(fs))
		return FORMULA_FALSE;
	for (uint32_t i = 0; i < n; i++)
		flatten(fs, kind, in[i], &p);
	if (p.n > 1)
		sort_parts(fs, &p);
	decided = settle(fs, kind, &p);
	if (decided != (kind == FORMULA_AND ? FORMULA_TRUE : FORMULA_FALSE) || p.n == 0)
		return decided;
	if (p.n == 1)
		return p.v[0];
	sort_parts(fs, &p);
	f.n = p.n;
	f.parts = p.v;
	f.var = fs->v[p.v[0]].var;
	return intern(fs, &f);
}

uint32_t formula_pair(struct formulas *fs, enum formula_kind kind, uint32_t x, uint32_t y)
{
	uint32_t both[2] = { x, y };

	return formula_join(fs, kind, both, 2);
}

uint32_t formula_not(struct formulas *fs, uint32_t f)
{
	const struct formula x = fs->v[f];
	struct formula_parts p = { .arena = fs->arena };

	if (f <= FORMULA_TRUE)
		return f ^ 1;
	if (x.kind == FORMULA_ATOM)
		return atom_not(fs, x.var, x.values, x.n);
	for (uint32_t i = 0; i < x.n; i++)
		formula_add(&p, formula_not(fs, x.parts[i]));
	return formula_join(fs, x.kind == FORMULA_AND ? FORMULA_OR : FORMULA_AND, p.v, p.n);
}

/* ---- in one cell ---- */

/* 1 or 0 where the cell decides the atom, else -1: it is about another variable. */
static int decides(const struct formula *f, const struct word_cell *at)
{
	if (f->var == at->var)
		return holds(f->values, f->n, at->lo);
	if (at->lo == at->hi && var_word(f->var) == var_word(at->var) &&
	    (var_mask(f->var) & ~var_mask(at->var)) == 0)
		return holds(f->values, f->n, at->lo & var_mask(f->var));
	return -1;
}

uint32_t formula_in(struct formulas *fs, uint32_t f, const struct word_cell *at)
{
	const struct formula x = fs->v[f];
	struct formula_parts p = { .arena = fs->arena };
	bool changed = false;

	fs->steps++;
	if (f <= FORMULA_TRUE || x.var >> 32 > at->var >> 32 || formulas_over(fs))
		return f;
	if (x.kind == FORMULA_ATOM) {
		const int d = decides(&x, at);

		return d < 0 ? f : (uint32_t)d;
	}
	for (uint32_t i = 0; i < x.n; i++) {
		const uint32_t left = formula_in(fs, x.parts[i], at);

		if (left == (x.kind == FORMULA_AND ? FORMULA_FALSE : FORMULA_TRUE))
			return left;
		changed = changed || left != x.parts[i];
		formula_add(&p, left);
	}
	return changed ? formula_join(fs, x.kind, p.v, p.n) : f;
}
