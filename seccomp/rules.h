/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - a resolved policy: what struct policy is inside. First match wins, then default.
 *
 * resolve.c makes it, once; never changed afterwards. Two readers that share nothing else:
 * eval.c says what a policy means by walking it, compile.c turns it into a program, and
 * verify.c compares the two. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/policy.h"
#include "seccomp/table.h"

/* A condition on the arguments of one call on one architecture. An argument is looked at as
 * the kernel takes it: bits 32 means the low word of the register and nothing else. Signed
 * compares have become unsigned ranges. */
struct cond {
	enum cond_kind {
		COND_TRUE,
		COND_FALSE,
		COND_AND,   /* left, right */
		COND_OR,    /* left, right */
		COND_NOT,   /* left */
		COND_RANGE, /* lo <= arg <= hi */
		COND_MASK,  /* (arg & mask) == value; value has no bit outside mask */
	} kind;
	uint8_t arg;  /* 0 to 5 */
	uint8_t bits; /* 32 or 64; always 32 on a 32-bit architecture */
	uint64_t lo, hi, mask, value;
	const struct cond *left, *right;
};

struct rule_cond {
	int id;
	const struct cond *cond;
};

struct rule_nr {
	enum arch arch;
	uint32_t nr;
};

struct rule {
	uint32_t action; /* SECCOMP_RET_* with its data; notify for both kinds of audit */
	enum policy_audit audit;
	uint16_t audit_errno; /* POLICY_AUDIT_DENY */
	struct policy_place at;
	const char *reason; /* or NULL */
	struct sc_set set[ARCH_N];
	/* For a call of the set that is in here, the rule matches only when its condition
	 * holds; sorted by id. The others match always. */
	const struct rule_cond *conds[ARCH_N];
	size_t conds_n[ARCH_N];
	/* nr NUM @ ARCH: numbers without a name in the tables */
	const struct rule_nr *nrs;
	size_t nrs_n;
	const struct cond *nrs_cond; /* or NULL: always */
};

struct expect {
	enum arch arch;
	uint32_t nr;
	uint64_t args[6];
	uint32_t action;
	enum policy_audit audit;
	uint16_t audit_errno;
	struct policy_place at;
};

/* What answers when no rule matches. */
struct fallback {
	uint32_t action;
	enum policy_audit audit;
	uint16_t audit_errno;
	struct policy_place at;
};

struct policy {
	const char *name; /* "" for rules handed in */
	enum arch targets[ARCH_N];
	size_t targets_n;
	struct fallback normal;
	/* Answers instead of normal for a number that is no call of the tables, or one that
	 * came after kernel[arch]. Equal to normal where the policy makes no difference. A hole
	 * below sc_last() may get either of the two: the kernel answers ENOSYS there anyway. */
	struct fallback unknown;
	uint16_t kernel[ARCH_N]; /* KERNEL() */
	uint32_t bad_arch;       /* action */
	uint32_t flags;          /* SECCOMP_FILTER_FLAG_* */
	bool has_flags;
	const struct rule *rules;
	size_t rules_n;
	const struct expect *expects;
	size_t expects_n;
	size_t skipped; /* optional names that no table knows */
	bool self;      /* stage self: the program loads it, after its own execve */
};

/* x86-64's numbers from this one up are x32's, or negative: they answer ENOSYS before all else.
 */
#define X32_BIT 0x40000000u

/* ---- rules.c: what the parts say ---- */

bool policy_targets(const struct policy *p, enum arch arch);
/* The call may go on: at once, or by the word of a tracer or a watcher. */
bool action_permits(uint32_t action, enum policy_audit audit);

/* The condition under which the rule matches the call, NULL: always. Asked only for a call of
 * the set. */
const struct cond *rule_cond(const struct rule *r, enum arch arch, int id);

struct numbered_call {
	enum arch arch;
	int id; /* sc_by_number of .nr, or -1 */
	uint32_t nr;
};
/* May the rule answer the call? *cond is not written, or under which condition; NULL: always.
 */
bool rule_covers(const struct rule *r, const struct numbered_call *call,
		 const struct cond **cond);
bool cond_holds(const struct cond *c, const uint64_t args[6]);

/* Names to meanings. Everything that is wrong goes into *d; -1, with the first of it in *e,
 * when there is any error. */
struct ast_file;
struct ast_policy;
int resolve(struct arena *a, const struct ast_file *f, const struct ast_policy *which,
	    const struct policy_env *env, struct policy_diags *d, const struct policy **out,
	    struct err *e) CHECK;
