/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that were seen, each kind once: an open-addressing table that stays small whatever
 * the record says. Only those arguments are kept that a rule will look at; of a call with many
 * kinds not even these. */
#include "seccomp/learn.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define FIRST_SIZE 1024 /* a power of two */

struct policy_learned *policy_learn_new(struct arena *a, const struct policy *base)
{
	struct policy_learned *l = arena_new(a, struct policy_learned);

	l->a = a;
	l->base = base;
	l->size = FIRST_SIZE;
	l->table = arena_array(a, l->size, sizeof(*l->table));
	return l;
}

/* ---- the table ---- */

/* Fibonacci hashing of each word. */
static size_t hash(const struct learn_kind *k)
{
	uint64_t h = (uint64_t)k->arch << 40 ^ (uint64_t)k->known << 32 ^ k->nr;

	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		h = (h ^ (h >> 29) ^ k->args[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(h >> 20);
}

static bool same(const struct learn_kind *a, const struct learn_kind *b)
{
	return a->arch == b->arch && a->nr == b->nr && a->known == b->known &&
	       memcmp(a->args, b->args, sizeof(a->args)) == 0;
}

static struct learn_kind *place(struct learn_kind *table, size_t size,
				const struct learn_kind *key)
{
	size_t i = hash(key) & (size - 1);

	while (table[i].used && !same(&table[i], key))
		i = (i + 1) & (size - 1);
	return &table[i];
}

static void grow(struct policy_learned *l)
{
	const size_t size = l->size * 2;
	struct learn_kind *table = arena_array(l->a, size, sizeof(*table));

	for (size_t i = 0; i < l->size; i++)
		if (l->table[i].used)
			*place(table, size, &l->table[i]) = l->table[i];
	l->table = table;
	l->size = size;
}

static void add_count(uint64_t *to, uint64_t n)
{
	if (__builtin_add_overflow(*to, n, to))
		*to = UINT64_MAX;
}

#define WORKED_OUT 0x80

static unsigned matters(struct policy_learned *l, enum arch arch, int id)
{
	uint8_t *keep = &l->keep[arch][id];

	if (*keep == 0) {
		*keep = (uint8_t)(WORKED_OUT | learn_short(id, arch));
		if (l->base != NULL)
			*keep |= (uint8_t)learn_looks_at(l->base, arch, id);
	}
	return *keep & ~(unsigned)WORKED_OUT;
}

static void forget(struct learn_kind *k, unsigned keep)
{
	k->known &= keep;
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if ((k->known >> i & 1) == 0)
			k->args[i] = 0;
}

/* ---- adding ---- */

static struct learn_kind *find(const struct policy_learned *l, const struct learn_kind *key)
{
	struct learn_kind *at = place(l->table, l->size, key);

	return at->used ? at : NULL;
}

/* Less of it, until there is room. False: there is none. */
static bool make_room(struct policy_learned *l, struct learn_kind *key)
{
	uint16_t *of;

	if (find(l, key) != NULL)
		return true;
	if (key->id < 0)
		return l->nameless++ < NAMELESS;
	of = &l->kinds_of[key->arch][key->id];
	if (*of >= KINDS_CALL)
		forget(key, 0);
	if (find(l, key) == NULL)
		++*of;
	return true;
}

static void add(struct policy_learned *l, struct learn_kind *key, uint64_t count)
{
	struct learn_kind *at;

	if (!make_room(l, key)) {
		add_count(&l->lost, count);
		return;
	}
	if (l->n + 1 > l->size / 2)
		grow(l);
	at = place(l->table, l->size, key);
	if (!at->used) {
		*at = *key;
		at->used = true;
		l->n++;
	}
	add_count(&at->count, count);
}

/* The C library makes a clone of a clone3 that is not there. */
static void add_clone(struct policy_learned *l, enum arch arch, const struct policy_seen *s)
{
	struct learn_kind key = { .arch = arch, .id = sc_find("clone", 5), .known = 1 };

	if (!s->has_clone_flags) {
		l->clone_any = true;
		return;
	}
	key.nr = (uint32_t)sc_number(key.id, arch);
	key.args[0] = s->clone_flags & UINT32_MAX;
	add(l, &key, 0);
}

/* The bits that the kernel cuts off are nobody's business here. */
static void set_args(struct learn_kind *key, const struct policy_seen *s)
{
	struct syscall_arg arg;

	for (unsigned i = 0; i < SYSCALL_ARGS && key->id >= 0; i++) {
		if ((s->known >> i & 1) == 0 ||
		    !syscall_argument(s->call.arch, s->call.nr, i, &arg))
			continue;
		key->known |= 1u << i;
		key->args[i] = arg.bits < 64 ? s->call.args[i] & ((UINT64_C(1) << arg.bits) - 1)
					     : s->call.args[i];
	}
}

void policy_learn_add(struct policy_learned *l, const struct policy_seen *s)
{
	const enum arch arch = arch_of_audit(s->call.arch);
	struct learn_kind key = { .arch = arch, .nr = (uint32_t)s->call.nr, .id = -1 };

	if (s->count == 0)
		return;
	if (arch == ARCH_N || (arch == ARCH_X86_64 && key.nr >= X32_BIT)) {
		add_count(&l->foreign, s->count);
		return;
	}
	key.id = sc_by_number(arch, key.nr);
	set_args(&key, s);
	if (key.id >= 0)
		forget(&key, matters(l, arch, key.id));
	add(l, &key, s->count);
	if (key.id >= 0 && str_eq(sc_name(key.id), "clone3"))
		add_clone(l, arch, s);
}

/* ---- reading ---- */

static int order(const void *a, const void *b)
{
	const struct learn_kind *x = *(const struct learn_kind *const *)a;
	const struct learn_kind *y = *(const struct learn_kind *const *)b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->arch != y->arch)
		return x->arch < y->arch ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if (x->args[i] != y->args[i])
			return x->args[i] < y->args[i] ? -1 : 1;
	return (x->known > y->known) - (x->known < y->known);
}

const struct learn_kind **learn_sorted(struct arena *a, const struct policy_learned *l)
{
	const struct learn_kind **all = arena_array(a, l->n + 1, sizeof(struct learn_kind *));
	size_t n = 0;

	for (size_t i = 0; i < l->size; i++)
		if (l->table[i].used)
			all[n++] = &l->table[i];
	qsort(all, n, sizeof(struct learn_kind *), order);
	return all;
}

struct seccomp_data learn_call(const struct learn_kind *k)
{
	struct seccomp_data call = { .nr = (int)k->nr, .arch = arch_audit(k->arch) };

	memcpy(call.args, k->args, sizeof(k->args));
	return call;
}
