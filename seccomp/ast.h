/* SPDX-License-Identifier: Apache-2.0 */
/* ast.h - a policy as it is written, before any name has a meaning.
 *
 * Made by parse.c from text and by oci.c from plain rules; read by resolve.c only. All nodes
 * and texts live in one arena and are never changed after they were made. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/policy.h"

/* A word of the source: not NUL-ended. */
struct ast_word {
	const char *p;
	size_t len;
	struct policy_place at;
};

/* const = NUM | NAME | const "|" const | "~" const */
struct ast_const {
	enum {
		CONST_NUMBER,
		CONST_NAME,
		CONST_OR,  /* left, right */
		CONST_NOT, /* left */
	} kind;
	struct policy_place at;
	uint64_t number;
	bool negative; /* -100: number holds the two's complement */
	struct ast_word name;
	const struct ast_const *left, *right;
};

struct ast_set {
	enum {
		SET_NAME,  /* name, optional: "name?" */
		SET_NAMES, /* names: rules handed in; each is optional */
		SET_GROUP, /* name with its @ */
		SET_NR,    /* nr 335 @ x86_64 */
		SET_ALL,   /* "*" */
		SET_SINCE, /* since 6.5: what that release or a later one brought */
		SET_OR,    /* left, right */
		SET_AND,
		SET_MINUS,
	} kind;
	struct policy_place at;
	struct ast_word name; /* SET_NR: the architecture */
	bool optional;
	const char *const *names; /* NULL-ended */
	uint32_t nr;
	uint16_t version; /* KERNEL() */
	const struct ast_set *left, *right;
};

/* argref = NAME | "arg" DIGIT [ ":" ("u32"|"i32"|"u64"|"fd") ] */
struct ast_arg {
	struct policy_place at;
	struct ast_word name; /* len 0: by index */
	unsigned index;
	enum {
		AS_KNOWN, /* the type of the table; of an unknown call, u64 */
		AS_U32,
		AS_I32,
		AS_U64,
		AS_FD,
	} type;
};

struct ast_range {
	const struct ast_const *lo, *hi; /* hi NULL: one value */
	const struct ast_range *next;
};

enum ast_compare {
	CMP_EQ,
	CMP_NE,
	CMP_LT,
	CMP_LE,
	CMP_GT,
	CMP_GE
};

struct ast_expr {
	enum {
		EXPR_AND, /* left, right */
		EXPR_OR,
		EXPR_NOT,     /* left */
		EXPR_COMPARE, /* arg compare value */
		EXPR_IN,      /* arg in { ranges } */
		EXPR_ANY,     /* arg has any mask: (arg & mask) != 0 */
		EXPR_ALL,     /* (arg & mask) == mask */
		EXPR_ONLY,    /* (arg & ~mask) == 0 */
		EXPR_NONE,    /* (arg & mask) == 0 */
		EXPR_MASKED,  /* (arg & mask) == value, or != */
	} kind;
	struct policy_place at;
	const struct ast_expr *left, *right;
	struct ast_arg arg;
	enum ast_compare compare; /* EXPR_COMPARE; EXPR_MASKED: CMP_EQ or CMP_NE */
	bool raw; /* compare as OCI does: unsigned, the constant as 64 bits (see oci.c) */
	const struct ast_const *value, *mask;
	const struct ast_range *ranges;
};

struct ast_action {
	enum {
		ACT_ALLOW,
		ACT_DENY, /* number: the errno; NULL: EPERM */
		ACT_KILL,
		ACT_KILL_THREAD,
		ACT_TRAP, /* number or NULL: 0 */
		ACT_LOG,
		ACT_TRACE, /* number */
		ACT_NOTIFY,
		ACT_AUDIT_DENY, /* number or NULL */
		ACT_AUDIT_ALLOW,
	} kind;
	struct policy_place at;
	const struct ast_const *number;
};

/* What is decided when the policy is compiled: if cap(CAP_SYS_ADMIN) && !arch(i386) { } */
struct ast_guard {
	enum {
		GUARD_CAP,  /* word */
		GUARD_ARCH, /* word: true for a call of that architecture (kept to each target)
			     */
		GUARD_KERNEL, /* compare, version: the kernel that the caller compiles for */
		GUARD_PARAM,  /* word: set, and neither "0", "no" nor "false" */
		GUARD_NOT,    /* left */
		GUARD_AND,    /* left, right */
		GUARD_OR,
	} kind;
	struct policy_place at;
	struct ast_word word;
	enum ast_compare compare;
	uint16_t version;
	const struct ast_guard *left, *right;
};

/* call = NAME "(" [ const {"," const} ] ")" [ "@" ARCH ] */
struct ast_call {
	struct policy_place at;
	struct ast_word name, arch; /* arch.len 0: each target */
	const struct ast_const *args[6];
	unsigned args_n;
};

struct ast_words {
	struct ast_word word;
	const struct ast_words *next;
};

struct ast_stmt {
	enum {
		STMT_RULE,    /* override, action, set, when, reason */
		STMT_IF,      /* guard, body, other */
		STMT_USE,     /* word: splices that policy's statements in at this place */
		STMT_ARCH,    /* words: "native", "compat" (its 32-bit sibling), names */
		STMT_STAGE,   /* word: exec or self */
		STMT_DEFAULT, /* action, unknown (or NULL) */
		STMT_KERNEL,  /* version */
		STMT_BADARCH, /* action */
		STMT_FLAGS,   /* words: log, spec_allow, tsync, wait_killable */
		STMT_EXPECT,  /* call, action */
		STMT_REQUIRE, /* set: each of it must be allowed for some arguments */
		STMT_FORBID,  /* set: none of it may be allowed for any; also goes before
				 inherited  rules, as a deny */
	} kind;
	struct policy_place at;
	const struct ast_action *action, *unknown;
	const struct ast_set *set;
	const struct ast_expr *when; /* or NULL */
	const char *reason;          /* or NULL */
	bool override;
	const struct ast_guard *guard;
	const struct ast_stmt *body, *other;
	struct ast_word word;
	const struct ast_words *words;
	uint16_t version;
	struct ast_call call;
	const char *comment; /* printed in front of it (ast_print.c); the parser makes none */
	const struct ast_stmt *next;
};

struct ast_policy {
	struct ast_word name, extends; /* extends.len 0: none */
	const struct ast_stmt *body;
	bool handed_in; /* made from plain rules: a shadowed rule is no error */
	const struct ast_policy *next;
};

/* param ID [= const]; const ID = const; group @ID = set; */
struct ast_define {
	enum {
		DEFINE_PARAM,
		DEFINE_CONST,
		DEFINE_GROUP
	} kind;
	struct ast_word name;
	const struct ast_const *value;
	const struct ast_set *set;
	const struct ast_define *next;
};

/* A file with all that it includes, in order. */
struct ast_file {
	const struct ast_define *defines;
	const struct ast_policy *policies;
	const struct ast_policy
		*last; /* of the file itself, not of what it includes; or NULL */
};

/* Parses a file and its includes (each once; depth 16, 64 files at most; a cycle is an error).
 * Whatever is wrong goes into *d with its place, and parsing goes on at the next ";" or "}",
 * so that all of it is reported; then *out holds what was understood. -1 only when the
 * include function failed for a reason that is not the policy's. */
int parse_file(struct arena *a, const struct policy_source *src, const struct policy_env *env,
	       struct policy_diags *d, struct ast_file *out, struct err *e) CHECK;
