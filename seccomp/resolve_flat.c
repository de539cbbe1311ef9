/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of a policy in the order in which they hold: `use' is spliced in, what it
 * extends comes after, guards are decided. */
#include <string.h>

#include "base/str.h"
#include "seccomp/resolve.h"

#define VISITS_MAX 32

/* A policy on the way from the chosen one to the one being read. */
struct visit {
	struct visit *up;
	const struct ast_policy *p;
	unsigned archs;
	unsigned level;
	unsigned ifs; /* blocks of guards around where we are */
	bool own;     /* the chosen policy */
	bool main;    /* it, or what it extends, but not what they use */
	struct flats *overrides, *rules, *forbids;
	struct singles singles; /* its own */
	struct singles lent;    /* of what it uses, then of what it extends */
};

/* ---- a list ---- */

void flat_insert(struct resolver *r, struct flats *list, size_t at, const struct flat *f)
{
	if (list->n == list->room) {
		const size_t room = list->room == 0 ? 32 : list->room * 2;
		struct flat *more = arena_array(r->a, room, sizeof(*more));

		if (list->n > 0)
			memcpy(more, list->at, list->n * sizeof(*more));
		list->at = more;
		list->room = room;
	}
	memmove(list->at + at + 1, list->at + at, (list->n - at) * sizeof(*f));
	list->at[at] = *f;
	list->n++;
}

void flat_add(struct resolver *r, struct flats *list, const struct flat *f)
{
	flat_insert(r, list, list->n, f);
}

static void add_all(struct resolver *r, struct flats *to, const struct flats *from)
{
	for (size_t i = 0; i < from->n; i++)
		flat_add(r, to, &from->at[i]);
}

/* ---- guards ---- */

static unsigned guard(struct resolver *r, const struct ast_guard *g);

static bool has_cap(struct resolver *r, const struct ast_guard *g)
{
	const char *const *cap = r->env->caps;

	for (; cap != NULL && *cap != NULL; cap++)
		if (word_is(&g->word, *cap))
			return true;
	return false;
}

static const char *const caps[] = {
	"CAP_AUDIT_CONTROL",   "CAP_AUDIT_READ",   "CAP_AUDIT_WRITE",
	"CAP_BLOCK_SUSPEND",   "CAP_BPF",          "CAP_CHECKPOINT_RESTORE",
	"CAP_CHOWN",           "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",          "CAP_FSETID",       "CAP_IPC_LOCK",
	"CAP_IPC_OWNER",       "CAP_KILL",         "CAP_LEASE",
	"CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",    "CAP_MAC_OVERRIDE",
	"CAP_MKNOD",           "CAP_NET_ADMIN",    "CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",   "CAP_NET_RAW",      "CAP_PERFMON",
	"CAP_SETFCAP",         "CAP_SETGID",       "CAP_SETPCAP",
	"CAP_SETUID",          "CAP_SYSLOG",       "CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",        "CAP_SYS_CHROOT",   "CAP_SYS_MODULE",
	"CAP_SYS_NICE",        "CAP_SYS_PACCT",    "CAP_SYS_PTRACE",
	"CAP_SYS_RAWIO",       "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",  "CAP_WAKE_ALARM",   NULL,
};

static const char *cap_at(void *ctx, size_t i)
{
	(void)ctx;
	return caps[i];
}

static unsigned guard_cap(struct resolver *r, const struct ast_guard *g)
{
	if (has_cap(r, g))
		return ALL_ARCHS;
	for (size_t i = 0; caps[i] != NULL; i++)
		if (word_is(&g->word, caps[i]))
			return 0;
	name_unknown(r, &g->word, &(struct nearby){ "capability", cap_at, NULL });
	return 0;
}

static unsigned guard_arch(struct resolver *r, const struct ast_guard *g)
{
	const enum arch arch = name_arch(r, &g->word);

	return arch != ARCH_N ? 1u << arch : 0;
}

static bool compare(enum ast_compare how, unsigned x, unsigned y)
{
	switch (how) {
	case CMP_EQ:
		return x == y;
	case CMP_NE:
		return x != y;
	case CMP_LT:
		return x < y;
	case CMP_LE:
		return x <= y;
	case CMP_GT:
		return x > y;
	case CMP_GE:
		return x >= y;
	}
	return false;
}

static unsigned guard_kernel(struct resolver *r, const struct ast_guard *g)
{
	unsigned all = 0;

	r->asked_kernel = true;
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (compare(g->compare, r->kernel[arch], g->version))
			all |= 1u << arch;
	return all;
}

static unsigned guard_deep(struct resolver *r, const struct ast_guard *g)
{
	switch (g->kind) {
	case GUARD_CAP:
		return guard_cap(r, g);
	case GUARD_ARCH:
		return guard_arch(r, g);
	case GUARD_KERNEL:
		return guard_kernel(r, g);
	case GUARD_PARAM:
		return param_holds(r, &g->word) ? ALL_ARCHS : 0;
	case GUARD_NOT:
		return ALL_ARCHS & ~guard(r, g->left);
	case GUARD_AND:
		return guard(r, g->left) & guard(r, g->right);
	case GUARD_OR:
		return guard(r, g->left) | guard(r, g->right);
	}
	return 0;
}

static bool too_deep(struct resolver *r, const struct policy_place *at)
{
	if (r->depth < DEPTH_MAX)
		return false;
	if (say_once(r, "too-deep", at))
		diag(r->d, POLICY_ERROR, "too-deep", at,
		     "at most %d blocks or conditions within each other", DEPTH_MAX);
	return true;
}

/* The architectures for which it is true. */
static unsigned guard(struct resolver *r, const struct ast_guard *g)
{
	unsigned archs;

	if (too_deep(r, &g->at))
		return 0;
	r->depth++;
	archs = guard_deep(r, g);
	r->depth--;
	return archs;
}

/* ---- statements ---- */

static void walk(struct resolver *r, struct visit *v, const struct ast_stmt *s, unsigned archs);
static void go_to(struct resolver *r, struct visit *v, const struct ast_word *w, bool extends,
		  unsigned archs);

/* clang-format off */
static const struct {
	int kind;
	enum single single;
	const char *word;
} single_kinds[] = {
	{ STMT_ARCH,    SINGLE_ARCH,    "arch" },
	{ STMT_STAGE,   SINGLE_STAGE,   "stage" },
	{ STMT_DEFAULT, SINGLE_DEFAULT, "default" },
	{ STMT_BADARCH, SINGLE_BADARCH, "badarch" },
	{ STMT_FLAGS,   SINGLE_FLAGS,   "flags" },
	{ STMT_KERNEL,  SINGLE_KERNEL,  "kernel" },
};
/* clang-format on */

static void set_single(struct resolver *r, struct visit *v, enum single which,
		       const struct ast_stmt *s)
{
	const struct ast_stmt *before = v->singles.at[which];

	if (before != NULL && say_once(r, "twice", &s->at)) {
		diag(r->d, POLICY_ERROR, "twice", &s->at, "given twice in one policy");
		diag(r->d, POLICY_NOTE, "twice", &before->at, "the first one is here");
	}
	v->singles.at[which] = s;
}

static void add_kernel(struct resolver *r, struct visit *v, const struct ast_stmt *s,
		       unsigned archs)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if ((archs >> arch & 1) != 0)
			set_single(r, v, SINGLE_KERNEL + arch, s);
}

static void add_single(struct resolver *r, struct visit *v, const struct ast_stmt *s,
		       unsigned archs)
{
	for (size_t i = 0; i < COUNT(single_kinds); i++) {
		if (single_kinds[i].kind != (int)s->kind || archs == 0)
			continue;
		if (s->kind == STMT_KERNEL)
			add_kernel(r, v, s, archs);
		else if (archs != ALL_ARCHS)
			diag(r->d, POLICY_ERROR, "guard", &s->at,
			     "\"%s\" is one for all architectures: not in a block for some",
			     single_kinds[i].word);
		else
			set_single(r, v, single_kinds[i].single, s);
	}
}

static struct flat flat_of(const struct visit *v, const struct ast_stmt *s, unsigned archs,
			   int kind)
{
	return (struct flat){
		.stmt = s,
		.archs = archs,
		.level = v->level,
		.own = v->own,
		.guarded = v->ifs > 0,
		.kind = kind,
	};
}

static void add_rule(struct resolver *r, struct visit *v, const struct ast_stmt *s,
		     unsigned archs)
{
	const struct flat f = flat_of(v, s, archs, FLAT_RULE);

	flat_add(r, s->override ? v->overrides : v->rules, &f);
}

static void add_other(struct resolver *r, struct visit *v, const struct ast_stmt *s,
		      unsigned archs)
{
	struct flat f = flat_of(v, s, archs, FLAT_OTHER);

	/* What a parent expects of itself its children may have changed. */
	if (s->kind == STMT_EXPECT && !v->own)
		return;
	flat_add(r, &r->others, &f);
	if (s->kind != STMT_FORBID)
		return;
	f.kind = FLAT_FORBID;
	flat_add(r, v->forbids, &f);
}

static void walk_if(struct resolver *r, struct visit *v, const struct ast_stmt *s,
		    unsigned archs)
{
	const unsigned yes = guard(r, s->guard);

	if (too_deep(r, &s->at))
		return;
	r->depth++;
	v->ifs++;
	walk(r, v, s->body, archs & yes);
	walk(r, v, s->other, archs & ~yes);
	v->ifs--;
	r->depth--;
}

/* ---- policies of that name ---- */

const char *policy_name_next(void *ctx, size_t i)
{
	struct policy_walk *walk = ctx;
	const struct ast_policy *p = walk->next;

	(void)i;
	if (p == NULL)
		return NULL;
	walk->next = p->next;
	return arena_strndup(walk->a, p->name.p, p->name.len);
}

/* The parser has read the files of policies that are named and not there. */
static const struct ast_policy *find_policy(struct resolver *r, const struct ast_word *w)
{
	struct policy_walk walk = { r->a, r->file->policies };
	const struct ast_policy *p = names_find(&r->policies, w);

	if (p == NULL)
		name_unknown(r, w, &(struct nearby){ "policy", policy_name_next, &walk });
	return p;
}

static bool is_cycle(struct resolver *r, const struct visit *v, const struct ast_policy *p,
		     const struct ast_word *w)
{
	unsigned n = 0;

	for (; v != NULL; v = v->up, n++) {
		if (v->p != p)
			continue;
		diag(r->d, POLICY_ERROR, "cycle", &w->at, "policy \"%.*s\" contains itself",
		     DIAG_WORD(w->p, w->len));
		return true;
	}
	if (n >= VISITS_MAX)
		diag(r->d, POLICY_ERROR, "too-deep", &w->at,
		     "at most %d policies within each other", VISITS_MAX);
	return n >= VISITS_MAX;
}

static void lend(struct singles *to, const struct singles *from)
{
	for (size_t i = 0; i < SINGLE_N; i++)
		if (to->at[i] == NULL)
			to->at[i] = from->at[i];
}

/* The rules of a level: its own, then what it forbids, then what is below. */
static void visit(struct resolver *r, struct visit *v)
{
	walk(r, v, v->p->body, v->archs);
	if (v->main)
		add_all(r, v->rules, v->forbids);
	if (v->p->extends.len > 0)
		go_to(r, v, &v->p->extends, true, v->archs);
	lend(&v->singles, &v->lent);
}

static void go_to(struct resolver *r, struct visit *v, const struct ast_word *w, bool extends,
		  unsigned archs)
{
	struct flats forbids = { 0 };
	struct visit to = { .up = v,
			    .ifs = v->ifs,
			    .archs = archs,
			    .main = extends && v->main,
			    .level = v->level,
			    .overrides = v->overrides,
			    .rules = v->rules,
			    .forbids = v->forbids };

	to.p = find_policy(r, w);
	if (to.p == NULL || is_cycle(r, v, to.p, w))
		return;
	if (to.main) {
		to.level++;
		to.forbids = &forbids;
	}
	visit(r, &to);
	lend(&v->lent, &to.singles);
}

static void walk_one(struct resolver *r, struct visit *v, const struct ast_stmt *s,
		     unsigned archs)
{
	switch (s->kind) {
	case STMT_RULE:
		add_rule(r, v, s, archs);
		break;
	case STMT_IF:
		walk_if(r, v, s, archs);
		break;
	case STMT_USE:
		if (archs != 0)
			go_to(r, v, &s->word, false, archs);
		break;
	case STMT_EXPECT:
	case STMT_REQUIRE:
	case STMT_FORBID:
		add_other(r, v, s, archs);
		break;
	case STMT_ARCH:
	case STMT_STAGE:
	case STMT_DEFAULT:
	case STMT_KERNEL:
	case STMT_BADARCH:
	case STMT_FLAGS:
		add_single(r, v, s, archs);
		break;
	}
}

static void walk(struct resolver *r, struct visit *v, const struct ast_stmt *s, unsigned archs)
{
	for (; s != NULL && !r->dead; s = s->next) {
		if (++r->statements > FLAT_MAX) {
			diag(r->d, POLICY_ERROR, "too-many", &s->at,
			     "at most %d statements with all that is used", FLAT_MAX);
			r->dead = true;
			return;
		}
		walk_one(r, v, s, archs);
	}
}

/* ---- the whole ---- */

static void flatten(struct resolver *r, const struct ast_policy *p)
{
	struct flats overrides = { 0 }, rules = { 0 }, forbids = { 0 };
	struct visit v = { .p = p,
			   .archs = ALL_ARCHS,
			   .own = true,
			   .main = true,
			   .overrides = &overrides,
			   .rules = &rules,
			   .forbids = &forbids };

	visit(r, &v);
	add_all(r, &overrides, &rules);
	r->rules = overrides;
	r->singles = v.singles;
}

/* The kernel that guards compare with: the caller's, else the policy's, else the tables'. True:
 * it is not what was thought. */
static bool learn_kernels(struct resolver *r)
{
	bool other = false;

	for (size_t arch = 0; arch < ARCH_N; arch++) {
		const struct ast_stmt *s = r->singles.at[SINGLE_KERNEL + arch];
		uint16_t kernel = s != NULL ? s->version : sc_tables_kernel();

		if (r->env->kernel != 0)
			kernel = r->env->kernel;
		other |= r->kernel[arch] != kernel;
		r->kernel[arch] = kernel;
	}
	return other;
}

/* A guard may come before the statement `kernel' that it depends on, and that may be a
 * parent's: then all is done once more. */
void flat_make(struct resolver *r, const struct ast_policy *p)
{
	const struct policy_diags before = *r->d;

	(void)learn_kernels(r);
	flatten(r, p);
	if (!learn_kernels(r) || !r->asked_kernel || r->dead)
		return;
	r->d->last = before.last;
	if (before.last != NULL)
		before.last->next = NULL;
	else
		r->d->first = NULL;
	r->d->errors = before.errors;
	r->d->warnings = before.warnings;
	r->d->dropped = before.dropped;
	r->statements = 0;
	r->others = (struct flats){ 0 };
	flatten(r, p);
}
