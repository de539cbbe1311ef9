/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of calls. */
#include <string.h>

#include "seccomp/resolve.h"

bool set_empty(const struct sc_set *s)
{
	uint64_t any = 0;

	for (size_t i = 0; i < SC_WORDS; i++)
		any |= s->bits[i];
	return any == 0;
}

void set_or(struct sc_set *to, const struct sc_set *from)
{
	for (size_t i = 0; i < SC_WORDS; i++)
		to->bits[i] |= from->bits[i];
}

void set_and(struct sc_set *to, const struct sc_set *from)
{
	for (size_t i = 0; i < SC_WORDS; i++)
		to->bits[i] &= from->bits[i];
}

void set_minus(struct sc_set *to, const struct sc_set *from)
{
	for (size_t i = 0; i < SC_WORDS; i++)
		to->bits[i] &= ~from->bits[i];
}

int set_next(const struct sc_set *s, int id)
{
	uint64_t word;
	size_t i = (size_t)id / 64;

	if (id >= SC_N)
		return -1;
	word = s->bits[i] & ~UINT64_C(0) << (id % 64);
	while (word == 0) {
		if (++i == SC_WORDS)
			return -1;
		word = s->bits[i];
	}
	return (int)(i * 64) + __builtin_ctzll(word);
}

static void add_everywhere(struct setv *v, const struct sc_set *ids)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		set_or(&v->ids[arch], ids);
}

/* ---- names ---- */

static const char *call_at(void *ctx, size_t i)
{
	(void)ctx;
	return i < SC_N ? sc_name((int)i) : NULL;
}

static void add_name(struct resolver *r, const struct ast_set *s, struct setv *out)
{
	const int id = sc_find(s->name.p, s->name.len);

	if (id >= 0) {
		for (enum arch arch = 0; arch < ARCH_N; arch++)
			sc_add(&out->ids[arch], id);
		sc_add(&out->named, id);
		return;
	}
	if (s->optional) {
		r->p->skipped++;
		return;
	}
	name_unknown(r, &s->name, &(struct nearby){ "syscall", call_at, NULL });
}

static void add_names(struct resolver *r, const struct ast_set *s, struct setv *out)
{
	for (const char *const *name = s->names; *name != NULL; name++) {
		const int id = sc_find(*name, strlen(*name));

		if (id >= 0)
			sc_add(&out->named, id);
		else
			r->p->skipped++;
	}
	add_everywhere(out, &out->named);
}

/* ---- groups ---- */

struct group_walk {
	struct resolver *r;
	const struct ast_define *next;
};

/* Those of the tables, then those of the file; asked for one after the other. */
static const char *group_at(void *ctx, size_t i)
{
	struct group_walk *walk = ctx;
	const struct ast_define *d;

	if (i < SC_GROUPS)
		return sc_group_name(i);
	while (walk->next != NULL && walk->next->kind != DEFINE_GROUP)
		walk->next = walk->next->next;
	d = walk->next;
	if (d == NULL)
		return NULL;
	walk->next = d->next;
	return word_text(walk->r, &d->name);
}

static void unknown_group(struct resolver *r, const struct ast_word *w)
{
	struct group_walk walk = { r, r->file->defines };

	name_unknown(r, w, &(struct nearby){ "group", group_at, &walk });
}

/* What a group has by name was not written in the rule. */
static void add_defined(struct resolver *r, struct def *def, const struct ast_word *w,
			struct setv *out)
{
	if (def->busy) {
		diag(r->d, POLICY_ERROR, "cycle", &w->at, "group \"%.*s\" contains itself",
		     DIAG_WORD(w->p, w->len));
		return;
	}
	if (def->set == NULL) {
		struct setv *v = arena_new(r->a, struct setv);

		def->busy = true;
		set_make(r, def->ast->set, v);
		def->busy = false;
		v->named = (struct sc_set){ 0 };
		def->set = v;
	}
	*out = *def->set;
}

static void add_group(struct resolver *r, const struct ast_word *w, struct setv *out)
{
	struct def *def = names_find(&r->defines, w);
	const int group = sc_group_find(w->p, w->len);

	if (def != NULL && def->ast->kind == DEFINE_GROUP)
		add_defined(r, def, w, out);
	else if (group >= 0)
		add_everywhere(out, sc_group((size_t)group));
	else
		unknown_group(r, w);
}

/* ---- numbers ---- */

static void add_nr(struct resolver *r, const struct ast_set *s, struct setv *out)
{
	const enum arch arch = name_arch(r, &s->name);
	struct rule_nr *nr;
	int id;

	if (arch == ARCH_N)
		return;
	if (arch == ARCH_X86_64 && s->nr >= X32_BIT) {
		diag(r->d, POLICY_ERROR, "x32", &s->at,
		     "a number of x32 or a negative one: it answers ENOSYS before any rule");
		return;
	}
	id = sc_by_number(arch, s->nr);
	if (id >= 0) {
		sc_add(&out->ids[arch], id);
		sc_add(&out->named, id);
		return;
	}
	nr = arena_new(r->a, struct rule_nr);
	*nr = (struct rule_nr){ arch, s->nr };
	out->nrs = nr;
	out->nrs_n = 1;
}

#define NRS_MAX 256

static bool has_nr(const struct setv *v, const struct rule_nr *nr)
{
	for (size_t i = 0; i < v->nrs_n; i++)
		if (v->nrs[i].arch == nr->arch && v->nrs[i].nr == nr->nr)
			return true;
	return false;
}

/* Of x those that y has, or has not; or all of both. */
static void join_nrs(struct resolver *r, struct setv *x, const struct setv *y,
		     const struct ast_set *s)
{
	const int kind = (int)s->kind;
	struct rule_nr *both;
	size_t n = 0;

	if (x->nrs_n + y->nrs_n == 0)
		return;
	if (x->nrs_n + y->nrs_n > NRS_MAX) {
		if (say_once(r, "too-many", &s->at))
			diag(r->d, POLICY_ERROR, "too-many", &s->at,
			     "at most %d numbers without a name in one set", NRS_MAX);
		return;
	}
	both = arena_array(r->a, x->nrs_n + y->nrs_n, sizeof(*both));
	for (size_t i = 0; i < x->nrs_n; i++)
		if (kind == SET_OR || has_nr(y, &x->nrs[i]) == (kind == SET_AND))
			both[n++] = x->nrs[i];
	for (size_t i = 0; kind == SET_OR && i < y->nrs_n; i++)
		if (!has_nr(x, &y->nrs[i]))
			both[n++] = y->nrs[i];
	x->nrs = both;
	x->nrs_n = n;
}

/* ---- the whole ---- */

static void add_since(struct setv *out, uint16_t version)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		for (int id = 0; id < SC_N; id++)
			if (sc_number(id, arch) >= 0 && sc_since(id, arch) >= version)
				sc_add(&out->ids[arch], id);
}

static void add_all(struct setv *out)
{
	for (int id = 0; id < SC_N; id++)
		for (enum arch arch = 0; arch < ARCH_N; arch++)
			sc_add(&out->ids[arch], id);
}

static void join(struct resolver *r, struct setv *x, const struct setv *y,
		 const struct ast_set *s)
{
	void (*op)(struct sc_set *, const struct sc_set *) = set_or;

	if (s->kind == SET_AND)
		op = set_and;
	if (s->kind == SET_MINUS)
		op = set_minus;
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		op(&x->ids[arch], &y->ids[arch]);
	if (s->kind == SET_MINUS)
		set_minus(&x->named, &y->named);
	else
		set_or(&x->named, &y->named);
	join_nrs(r, x, y, s);
}

static void make_term(struct resolver *r, const struct ast_set *s, struct setv *out)
{
	switch (s->kind) {
	case SET_NAME:
		add_name(r, s, out);
		break;
	case SET_NAMES:
		add_names(r, s, out);
		break;
	case SET_GROUP:
		add_group(r, &s->name, out);
		break;
	case SET_NR:
		add_nr(r, s, out);
		break;
	case SET_ALL:
		add_all(out);
		break;
	case SET_SINCE:
		add_since(out, s->version);
		break;
	case SET_OR:
	case SET_AND:
	case SET_MINUS:
		set_make(r, s, out);
		break;
	}
}

static bool is_join(const struct ast_set *s)
{
	return s->kind == SET_OR || s->kind == SET_AND || s->kind == SET_MINUS;
}

static void make_join(struct resolver *r, const struct ast_set *s, struct setv *left)
{
	struct setv right = { 0 };

	if (s->kind == SET_OR && s->right->kind == SET_NAME) {
		add_name(r, s->right, left);
		return;
	}
	make_term(r, s->right, &right);
	join(r, left, &right, s);
}

/* A list of many names leans to the left: it is walked from its leftmost name, without going
 * deeper for each. */
static void make_list(struct resolver *r, const struct ast_set *s, struct setv *out)
{
	const struct ast_set **spine;
	size_t n = 0, i = 0;

	for (const struct ast_set *x = s; is_join(x); x = x->left)
		n++;
	spine = arena_array(r->a, n + 1, sizeof(const struct ast_set *));
	for (const struct ast_set *x = s; is_join(x); x = x->left)
		spine[i++] = x;
	make_term(r, n > 0 ? spine[n - 1]->left : s, out);
	while (i-- > 0)
		make_join(r, spine[i], out);
}

void set_make(struct resolver *r, const struct ast_set *s, struct setv *out)
{
	if (r->depth >= DEPTH_MAX) {
		if (say_once(r, "too-deep", &s->at))
			diag(r->d, POLICY_ERROR, "too-deep", &s->at,
			     "at most %d groups or brackets within each other", DEPTH_MAX);
		return;
	}
	r->depth++;
	make_list(r, s, out);
	r->depth--;
}
