/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define NOTE_MAX   128
#define PLACES_MAX 6 /* of the policy, in one note */

struct noter {
	struct arena *arena;
	const struct policy *p;
	const struct answers *an;
	const struct dag *d;
};

static const char *call_name(enum arch arch, uint32_t nr)
{
	const int id = arch < ARCH_N ? sc_by_number(arch, nr) : -1;

	return id >= 0 ? sc_name(id) : "?";
}

/* Only where it is not plain which one is meant. */
static void put_arch(struct sbuf *b, const struct noter *t, const struct dag_node *n)
{
	if (t->p->targets_n > 1 && n->whose.arch < ARCH_N)
		sbuf_add(b, "%s ", arch_name((enum arch)n->whose.arch));
}

/* What several architectures have in common has their names too. */
static void put_search(struct sbuf *b, const struct noter *t, const struct dag_node *n)
{
	const enum arch arch =
		n->whose.arch < ARCH_N ? (enum arch)n->whose.arch : t->p->targets[0];

	put_arch(b, t, n);
	if (n->op == DAG_JGE && n->k == X32_BIT)
		sbuf_add(b, "x32");
	else if (n->op == DAG_JGE)
		sbuf_add(b, "from %u %s", n->k, call_name(arch, n->k));
	else
		sbuf_add(b, "%u %s", n->k, call_name(arch, n->k));
	if (n->op == DAG_JEQ && n->mask != UINT32_MAX) /* two at a time: twos.c */
		sbuf_add(b, ", %u %s", n->k + 1, call_name(arch, n->k + 1));
}

static void put_argument(struct sbuf *b, const struct noter *t, const struct dag_node *n)
{
	const uint32_t at = n->word - (uint32_t)WORD_ARGS;
	const enum arch arch = (enum arch)n->whose.arch;
	const int id = arch < ARCH_N ? sc_by_number(arch, n->whose.nr) : -1;
	const char *name = id >= 0 ? sc_arg(id, arch, at / 2).name : "";

	put_arch(b, t, n);
	sbuf_add(b, "%s ", call_name(arch, n->whose.nr));
	if (*name != '\0')
		sbuf_add(b, "%s", name);
	else
		sbuf_add(b, "arg%u", at / 2);
	if (at % 2 == WORD_HIGH)
		sbuf_add(b, ", high half");
}

static void put_word(struct sbuf *b, const char *word)
{
	sbuf_add(b, "%s%s", b->n > 0 ? ", " : "", word);
}

static int by_place(const void *a, const void *b)
{
	const struct policy_place *x = a, *y = b;
	const int files = strcmp(x->file, y->file);

	return files != 0 ? files : (x->line > y->line) - (x->line < y->line);
}

/* The number after "line", or with its file when there are several; a place in config.json has
 * no line. */
static void put_place(struct sbuf *b, const struct policy_place *at, bool files)
{
	const char *key = str_after(at->file, "linux.seccomp.");

	if (at->line == 0)
		put_word(b, key != NULL ? key : at->file);
	else if (files)
		sbuf_add(b, "%s%s:%u", b->n > 0 ? ", " : "", at->file, at->line);
	else
		sbuf_add(b, "%s%u", b->n > 0 && b->p[b->n - 1] != ' ' ? ", " : "", at->line);
}

/* Where in the policy that is said. */
static void put_places(struct sbuf *b, const struct noter *t, uint32_t answer)
{
	struct policy_place *v = arena_array(t->arena, t->p->rules_n, sizeof(*v));
	size_t n = 0, m = 0;
	bool files;

	for (size_t i = 0; i < t->p->rules_n; i++)
		if (t->an->rules[i] == answer && t->p->rules[i].at.file != NULL)
			v[n++] = t->p->rules[i].at;
	if (n > 1)
		qsort(v, n, sizeof(*v), by_place);
	for (size_t i = 0; i < n; i++)
		if (m == 0 || by_place(&v[m - 1], &v[i]) != 0)
			v[m++] = v[i];
	files = m > 0 && strcmp(v[0].file, v[m - 1].file) != 0;
	if (!files && m > 0 && v[0].line != 0)
		sbuf_add(b, m > 1 ? "lines " : "line ");
	for (size_t i = 0; i < m && i < PLACES_MAX; i++)
		put_place(b, &v[i], files);
	if (m > PLACES_MAX)
		sbuf_add(b, " ...");
}

static void put_return(struct sbuf *b, const struct noter *t, uint32_t answer)
{
	bool x32 = false;

	put_places(b, t, answer);
	if (answer == t->an->normal)
		put_word(b, "default");
	if (answer == t->an->unknown && t->an->normal != t->an->unknown)
		put_word(b, "unknown");
	for (size_t i = 0; i < t->p->targets_n; i++)
		x32 = x32 || t->p->targets[i] == ARCH_X86_64;
	if (x32 && answer == (SECCOMP_RET_ERRNO | ENOSYS))
		put_word(b, "x32");
	if (answer == t->p->bad_arch)
		put_word(b, "other architectures");
}

static const char *note(const struct noter *t, const struct emitted *part)
{
	const struct dag_node *n = &t->d->nodes[part->node];
	char text[NOTE_MAX];
	struct sbuf b = SBUF(text);

	text[0] = '\0';
	if (part->part == EMIT_LOAD || part->part == EMIT_MASK)
		return "";
	if (part->part == EMIT_FAR)
		return "out of a branch's reach";
	if (n->op == DAG_RET)
		put_return(&b, t, n->k);
	else if (n->word == WORD_ARCH)
		sbuf_add(&b, "%s", arch_name(arch_of_audit(n->k)));
	else if (n->word == WORD_NR)
		put_search(&b, t, n);
	else
		put_argument(&b, t, n);
	return arena_strdup(t->arena, text);
}

const char *const *notes_make(struct arena *a, const struct policy *p, const struct answers *an,
			      const struct dag *d, const struct emitted *parts, size_t n)
{
	const struct noter t = { a, p, an, d };
	const char **notes = arena_array(a, n, sizeof(*notes));

	for (size_t i = 0; i < n; i++)
		notes[i] = note(&t, &parts[i]);
	return notes;
}

/* ---- too long ---- */

struct taker {
	struct dag_for whose;
	uint32_t nodes;
};

static int by_whose(const void *a, const void *b)
{
	const struct taker *x = a, *y = b;

	if (x->whose.arch != y->whose.arch)
		return x->whose.arch < y->whose.arch ? -1 : 1;
	return (x->whose.nr > y->whose.nr) - (x->whose.nr < y->whose.nr);
}

static int most_first(const void *a, const void *b)
{
	const struct taker *x = a, *y = b;

	if (x->nodes != y->nodes)
		return x->nodes > y->nodes ? -1 : 1;
	return by_whose(a, b);
}

/* One for each call, most first. Of a graph that was too large the root is not known: then all
 * its nodes count. */
static size_t takers_of(const struct dag *d, uint32_t root, struct taker *v)
{
	const uint64_t *reach = d->full ? NULL : emit_reach(d, root);
	size_t n = 0, m = 0;

	for (uint32_t i = 0; i < d->n; i++) {
		const struct dag_node *node = &d->nodes[i];

		if (node->op != DAG_RET && node->whose.nr != DAG_NO_NR &&
		    (reach == NULL || emit_reached(reach, i)))
			v[n++] = (struct taker){ node->whose, 1 };
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_whose);
	for (size_t i = 0; i < n; i++) {
		if (m > 0 && by_whose(&v[m - 1], &v[i]) == 0)
			v[m - 1].nodes++;
		else
			v[m++] = v[i];
	}
	if (m > 1)
		qsort(v, m, sizeof(*v), most_first);
	return m;
}

int notes_too_long(const struct dag *d, uint32_t root, struct err *e)
{
	struct taker *v = arena_array(d->arena, d->n, sizeof(*v));
	const size_t n = takers_of(d, root, v);
	char text[256];
	struct sbuf b = SBUF(text);

	text[0] = '\0';
	for (size_t i = 0; i < n && i < 3; i++)
		sbuf_add(&b, "%s%s on %s with %u", i > 0 ? ", " : "",
			 call_name((enum arch)v[i].whose.arch, v[i].whose.nr),
			 arch_name((enum arch)v[i].whose.arch), v[i].nodes);
	(void)fail(e, ERR_POLICY, "seccomp filter: at most %d instructions: more; %s",
		   BPF_MAXINSNS, n > 0 ? text : "the numbers alone are too many");
	return hint(e, "fewer or simpler conditions on arguments make it smaller");
}
