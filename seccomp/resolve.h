/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.h - what the files resolve*.c share: a policy between its words and its rules.
 *
 * resolve.c        the order of work; actions, targets, the policy's single values
 * resolve_flat.c   `use', `extends' and guards: the statements in the order in which they hold
 * resolve_name.c   names of files, constants, params; what is near an unknown one
 * resolve_set.c    sets of calls, groups
 * resolve_cond.c   conditions, typed for each call and architecture
 * resolve_rule.c   statements to rules
 * resolve_node.c   what conditions are built of
 * resolve_mux.c    i386's socketcall and ipc
 * resolve_extra.c  what nobody wrote: clone3, stage, forbid
 * resolve_grid.c   witnesses for all that the conditions of a call can tell apart
 * resolve_check.c  shadowed rules, overlaps, loosened parents, `require' and `forbid'
 */
#pragma once
#include "seccomp/ast.h"
#include "seccomp/diag.h"
#include "seccomp/rules.h"

#define FLAT_MAX   8192       /* statements, after splicing */
#define DEPTH_MAX  256        /* of names in names, blocks in blocks */
#define COND_DEPTH 1024       /* of a condition: a || b || c ... */
#define COND_MAX   (1u << 18) /* nodes of all conditions */

#define ALL_ARCHS ((1u << ARCH_N) - 1)

/* ---- names ---- */

/* Names of one list of the tree: an open-addressing table of its items. */
struct names {
	struct named *slots;
	size_t mask; /* slots - 1; slots NULL: empty */
};

struct named {
	struct ast_word word;
	void *item;
};

/* A constant, once for each architecture. */
struct number {
	uint64_t v;
	bool negative; /* v is the two's complement of a negative number */
	bool inverted; /* by ~, or named: ones above an argument's width say nothing */
};

struct setv {
	struct sc_set ids[ARCH_N]; /* not cut to what the architecture has */
	struct sc_set named;       /* those that were written by name */
	const struct rule_nr *nrs;
	size_t nrs_n;
};

/* param, const or group */
struct def {
	const struct ast_define *ast;
	bool busy;              /* being worked out: meeting it again is a cycle */
	uint8_t known, refused; /* bit by architecture */
	struct number value[ARCH_N];
	const struct setv *set;
	const char *given; /* a param's value from the environment, or NULL */
};

/* ---- statements ---- */

/* A rule of the policy to be, in the order in which they are asked. */
struct flat {
	const struct ast_stmt *stmt;
	unsigned archs; /* bit by architecture: the guards around it */
	unsigned level; /* 0: the policy with what it uses; 1: what it extends, and so on */
	bool own;       /* written in the policy itself */
	bool guarded;   /* there under a guard: for other capabilities it may be gone */
	enum {
		FLAT_RULE,
		FLAT_FORBID, /* a deny that `forbid' makes */
		FLAT_CLONE3,
		FLAT_STAGE,
		FLAT_OTHER, /* expect, require and forbid: kept apart from rules */
	} kind;
	struct sc_set named;
};

struct flats {
	struct flat *at;
	size_t n, room;
};

/* The statements of which the nearest one holds. */
enum single {
	SINGLE_ARCH,
	SINGLE_STAGE,
	SINGLE_DEFAULT,
	SINGLE_BADARCH,
	SINGLE_FLAGS,
	SINGLE_KERNEL, /* ARCH_N of them */
	SINGLE_N = SINGLE_KERNEL + ARCH_N
};

struct singles {
	const struct ast_stmt *at[SINGLE_N];
};

struct resolver {
	struct arena *a;
	struct policy_diags *d;
	struct err *e;
	const struct policy_env *env;
	struct policy *p;
	const struct ast_file *file;
	struct names defines, policies;
	bool handed_in;
	bool dead; /* beyond repair: stop */
	size_t statements, conds;
	unsigned depth, const_depth;
	uint16_t kernel[ARCH_N]; /* for guards */
	bool asked_kernel;
	struct singles singles;
	struct flats rules, others;
	unsigned targets; /* bit by architecture */
	struct sc_set exists[ARCH_N];
	struct sc_set muxed; /* reached through socketcall or ipc on i386 */
	struct rule *out;    /* rules.n of them */
};

/* ---- resolve_flat.c ---- */

/* Fills rules, others, singles. */
void flat_make(struct resolver *r, const struct ast_policy *p);
void flat_add(struct resolver *r, struct flats *list, const struct flat *f);
void flat_insert(struct resolver *r, struct flats *list, size_t at, const struct flat *f);

/* ---- resolve_name.c ---- */

bool word_is(const struct ast_word *w, const char *text);
const char *word_text(struct resolver *r, const struct ast_word *w);
void names_make(struct resolver *r);
void *names_find(const struct names *names, const struct ast_word *w);
/* An architecture that we carry, or ARCH_N and an error. */
enum arch name_arch(struct resolver *r, const struct ast_word *w);
/* The params of the environment that no file declares. */
void names_check_params(struct resolver *r);
/* "unknown WHAT `NAME'", with a hint when one of the words that next() tells (until NULL) is
 * near. */
struct nearby {
	const char *what;
	const char *(*next)(void *ctx, size_t i);
	void *ctx;
};
void name_unknown(struct resolver *r, const struct ast_word *w, const struct nearby *n);
bool number_of(struct resolver *r, const struct ast_const *c, enum arch arch,
	       struct number *out);
/* Is the param set, and not to 0, no or false? */
bool param_holds(struct resolver *r, const struct ast_word *w);
/* True once for each code and place: the same words hold for many calls. */
bool say_once(const struct resolver *r, const char *code, const struct policy_place *at);

/* ---- resolve_set.c ---- */

void set_make(struct resolver *r, const struct ast_set *s, struct setv *out);
bool set_empty(const struct sc_set *s);
void set_or(struct sc_set *to, const struct sc_set *from);
void set_and(struct sc_set *to, const struct sc_set *from);
void set_minus(struct sc_set *to, const struct sc_set *from);
/* The next member from id on, or -1. */
int set_next(const struct sc_set *s, int id);

/* ---- resolve_cond.c ---- */

/* The condition for a call; NULL: refused, with an error. id -1: a number without a name. */
const struct cond *cond_make(struct resolver *r, const struct ast_expr *x, enum arch arch,
			     int id);

/* ---- resolve_node.c ---- */

uint64_t all_bits(unsigned bits);
const struct cond *cond_range(struct resolver *r, unsigned arg, unsigned bits, uint64_t lo,
			      uint64_t hi);
const struct cond *cond_mask(struct resolver *r, unsigned arg, unsigned bits, uint64_t mask,
			     uint64_t value);
const struct cond *cond_join(struct resolver *r, enum cond_kind kind, const struct cond *left,
			     const struct cond *right);
const struct cond *cond_not(struct resolver *r, const struct cond *c);
const struct cond *cond_constant(struct resolver *r, bool value);

/* ---- resolve_rule.c ---- */

/* Fills out, one rule for each of rules. */
void rules_make(struct resolver *r);
/* The set as it was written has no call of that name in it. */
const struct cond *rule_cond_make(struct resolver *r, const struct flat *f, enum arch arch,
				  int id);

/* ---- resolve_mux.c ---- */

/* Adds socketcall and ipc to a rule for i386; written: the set before it was cut. */
struct mux_conds {
	int id[2]; /* of socketcall and ipc where they were added, or -1 */
	const struct cond *cond[2];
};
void mux_add(struct resolver *r, const struct flat *f, struct rule *rule,
	     const struct sc_set *written, struct mux_conds *out);
/* The call that goes through socketcall or ipc, as a condition on that. */
const struct cond *mux_number(struct resolver *r, int id);
void mux_check(struct resolver *r);

/* ---- resolve_extra.c ---- */

void add_clone3(struct resolver *r);
void add_stage(struct resolver *r);
void trim_forbids(struct resolver *r);
void drop_empty(struct resolver *r);

/* ---- resolve_grid.c  ---- */

struct grid {
	unsigned n; /* arguments that conditions look at */
	uint8_t arg[6];
	uint64_t *values[6];
	size_t values_n[6], at[6];
	size_t size;
};

/* The conditions of a call that matter, NULLs are skipped. False: too many to look at. */
bool grid_make(struct arena *a, const struct cond *const *conds, size_t n, struct grid *out);
/* Walks them: args of the first, then of the next; false beyond the last. */
void grid_first(struct grid *c, uint64_t args[6]);
bool grid_next(struct grid *c, uint64_t args[6]);

/* ---- resolve_check.c ---- */

void check_rules(struct resolver *r);

/* ---- resolve.c ---- */

/* An action as the kernel and the watcher take it. */
struct answer {
	uint32_t action;
	enum policy_audit audit;
	uint16_t audit_errno;
};
void answer_make(struct resolver *r, const struct ast_action *act, struct answer *out);

/* ---- expect.c ---- */

void expects_make(struct resolver *r);
