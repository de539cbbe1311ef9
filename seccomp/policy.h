/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - seccomp policies to filters: the whole public face of seccomp/.
 *
 * A policy comes from text (policy_parse, the language of caisson-policy(5)) or from plain
 * rules (policy_from_rules). policy_compile makes a classic BPF program of it and proves that
 * the program answers as the policy says, or says that it could not. policy_decide says what a
 * policy answers to one call, and why; filter_run what a program answers.
 *
 * No globals, no files, no words of OCI. All that is made lives in the arena that was handed
 * in. Architectures whose tables we carry: x86_64, i386, aarch64, arm; for others there is
 * policy_build_elsewhere. */
#pragma once
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* since 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* ---- what is wrong, and where ---- */

struct policy_place {
	const char *file;      /* as it was handed in; NULL: no place */
	unsigned line, column; /* from 1; columns count bytes, a tab is one */
	unsigned width;        /* bytes to underline, at least 1 */
};

enum policy_level {
	POLICY_ERROR,
	POLICY_WARNING,
	POLICY_NOTE /* belongs to the one before it */
};

struct policy_diag {
	struct policy_diag *next;
	enum policy_level level;
	const char *code; /* a stable word: "syntax" "unknown-name" "shadowed" "clone3" ... */
	struct policy_place at;
	const char *text;
	const char *line; /* the line of the source, without newline; or NULL */
	const char *hint; /* what to do; or NULL */
};

struct policy_diags {
	struct arena *arena; /* set by the caller */
	struct policy_diag *first, *last;
	size_t errors, warnings;
	size_t kept, dropped;      /* beyond 256: counted, not kept */
	struct policy_text *texts; /* the sources that were parsed, for their lines (diag.c) */
};

/* "file:3:14: error: text", the line, a caret under the place, the hint. Control bytes of the
 * source are shown as "?". */
const char *policy_diag_text(struct arena *a, const struct policy_diag *d, bool colour);
/* The first error as an error value, with the number of the others. 0 when there is none. */
int policy_diags_fail(const struct policy_diags *d, struct err *e) CHECK;

/* ---- a policy from text ---- */

struct policy_source {
	const char *name; /* for messages: the path as the user wrote it */
	const char *text;
	size_t len; /* at most POLICY_TEXT_MAX */
};
#define POLICY_TEXT_MAX (1u << 20)

struct policy_env {
	const char *const
		*caps;   /* what cap() is true for: "CAP_SYS_ADMIN", NULL-ended; or NULL */
	uint16_t kernel; /* what kernel() compares: major << 8 | minor; 0: unknown, and
			    then the policy's own */
	const char *const *params; /* "name=value", NULL-ended; or NULL */
	const char *const *archs;  /* in place of what the policy says, or NULL */
	/* Finds what `include "name"' and `extends' of a name from elsewhere mean; from is the
	 * file that asks. Fails with ERR_POLICY when there is no such file. NULL: no includes.
	 */
	int (*include)(void *ctx, struct arena *a, const char *from, const char *name,
		       struct policy_source *out, struct err *e);
	void *ctx;
};

struct policy; /* lives in an arena, never changes */
struct word;   /* base/str.h */

/* Parses and resolves. which: the policy of the file; NULL: the last one in it. All errors and
 * warnings go to *d; -1 with the first error in *e. */
int policy_parse(struct arena *a, const struct policy_source *src, const char *which,
		 const struct policy_env *env, struct policy_diags *d,
		 const struct policy **out, struct err *e) CHECK;

/* ---- a policy from plain rules, in the meaning that runc and crun give to linux.seccomp ----
 */

/* As in seccomp_rule_add(3). */
enum policy_op {
	POLICY_NE = 1,
	POLICY_LT,
	POLICY_LE,
	POLICY_EQ,
	POLICY_GE,
	POLICY_GT,
	POLICY_MASKED_EQ
};

struct policy_arg {
	uint32_t index; /* 0 to 5 */
	enum policy_op op;
	uint64_t value, mask; /* MASKED_EQ: (arg & mask) == value */
};

struct policy_rule {
	const char *const *names;      /* syscall names, NULL-ended; unknown ones are skipped */
	uint32_t action;               /* SECCOMP_RET_* with its data */
	const struct policy_arg *args; /* all must hold; when two compare the same argument, any
					  of them is enough, as runc and crun have it */
	size_t args_n;
	const char *where; /* for messages: what the caller calls this rule; or NULL */
};

/* For a syscall: the first rule without args answers; if there is none, of those whose args
 * hold the strictest, in the order of seccomp(2), and the first of equals; else the default. A
 * rule whose action is the default's has no effect. An argument that the kernel takes as 32
 * bits is compared in those 32 bits. */
struct policy_rules {
	uint32_t default_action;  /* SECCOMP_RET_* with its data */
	const char *const *archs; /* "x86_64" "x86" "x32" "aarch64" "arm" ..., NULL-ended;
				     {NULL}: native */
	const struct policy_rule *rules;
	size_t rules_n;
};

/* A copy of the rules in the order in which they are asked. */
const struct policy_rule *policy_order(struct arena *a, const struct policy_rules *r);

/* Warnings (two compares of one argument, rules that overlap, x32 listed, socketcall beside a
 * socket rule) go to *d. *carried is false, and *out untouched, on a machine whose tables we do
 * not carry. */
int policy_from_rules(struct arena *a, const struct policy_rules *r, struct policy_diags *d,
		      bool *carried, const struct policy **out, struct err *e) CHECK;

/* The way back: rules that mean the same to us, and to engines that give them to libseccomp: no
 * two of one call hold at once, an argument is compared once, and in as many bits as the kernel
 * looks at. Where the policy tells calls that do not exist yet from others, their answer is the
 * default, and all others are listed. Fails with ERR_POLICY where plain rules have no words:
 * audits, numbers without a name, architectures that differ. */
int policy_to_rules(struct arena *a, const struct policy *p, struct policy_rules *out,
		    struct err *e) CHECK;

/* ---- what a policy is ---- */

enum policy_audit {
	POLICY_AUDIT_NONE,
	POLICY_AUDIT_DENY, /* the watcher records the call and answers with an errno */
	POLICY_AUDIT_ALLOW /* the watcher records the call and lets it go on */
};

const char *policy_name(const struct policy *p); /* "" for plain rules */
size_t policy_skipped(const struct policy *p);   /* optional names that no table knows */
uint32_t policy_flags(const struct policy *p);   /* SECCOMP_FILTER_FLAG_* that it asks for */
/* Has it calls that an agent of the user's answers: `notify'? */
bool policy_hands_on(const struct policy *p);
/* "tsync" ... to those, NULL-ended; as the language has them. */
const struct word *policy_flag_words(void);
/* AUDIT_ARCH_* of target i, 0 beyond the last. */
uint32_t policy_arch(const struct policy *p, size_t i);

/* What the policy answers to one call. */
struct policy_decision {
	uint32_t action; /* SECCOMP_RET_* with its data */
	enum policy_audit audit;
	uint16_t audit_errno;
	enum policy_why {
		POLICY_BY_RULE,
		POLICY_BY_DEFAULT,
		POLICY_BY_UNKNOWN, /* no such call, or newer than the policy's kernel */
		POLICY_BY_X32,
		POLICY_BY_ARCH,
	} why;
	size_t rule; /* POLICY_BY_RULE: its index */
	struct policy_place at;
	const char *reason; /* or NULL */
	/* A hole in the tables: this answer is as good. Else equal to action. */
	uint32_t also;
};
void policy_decide(const struct policy *p, const struct seccomp_data *call,
		   struct policy_decision *out);

/* The calls a rule or the default may answer: the policy's opinion on a whole call, over all
 * its arguments. */
enum policy_scope {
	POLICY_ALWAYS,  /* one answer whatever the arguments are: *action */
	POLICY_DEPENDS, /* on the arguments */
};
enum policy_scope policy_scope(const struct policy *p, uint32_t audit_arch, int nr,
			       uint32_t *action);

/* All that may answer a call, in order; the last one always does. */
struct policy_answer {
	struct policy_decision d;
	const char *when; /* "family == AF_ALG"; NULL: always */
};
size_t policy_answers(struct arena *a, const struct policy *p, uint32_t audit_arch, int nr,
		      const struct policy_answer **out);

/* The names of all policies of a file, in its order, NULL-ended. What is wrong goes to *d, as
 * policy_parse would find it. */
int policy_names(struct arena *a, const struct policy_source *src, const struct policy_env *env,
		 struct policy_diags *d, const char *const **out, struct err *e) CHECK;

/* The lines `expect', checked by policy_decide; `require' and `forbid' were checked by
 * policy_parse. Each failed one is an error in *d. Returns how many there were. */
size_t policy_test(const struct policy *p, struct policy_diags *d);
/* Walks them, for tests against the kernel: false beyond the last. */
bool policy_expect(const struct policy *p, size_t i, struct seccomp_data *call,
		   struct policy_decision *want);

/* Advice: exit or execve denied, clone3 beside a clone rule, families of calls treated
 * differently, default allow ... Warnings into *d. */
void policy_lint(const struct policy *p, struct policy_diags *d);

/* ---- a program ---- */

/* A built filter, ready for one seccomp(2) call. Lives in the arena. */
struct filter {
	const struct sock_filter *insns;
	uint16_t n;
	uint32_t flags; /* SECCOMP_FILTER_FLAG_*: a policy's; of rules, by who plans */
};

/* What the watcher answers to a call that the filter hands to it. */
struct policy_verdict {
	bool allow;   /* go on (and the arguments were looked at by a racy eye) */
	uint16_t err; /* else this errno */
	struct policy_place at;
	const char *reason; /* or NULL */
};

struct policy_image {
	struct filter filter;
	/* With audit actions: a second program, to be run by filter_run over the
	 * notification's seccomp_data; SECCOMP_RET_DATA of its answer is an index into rows. */
	struct filter verdicts; /* .n 0: none */
	const struct policy_verdict *rows;
	size_t rows_n;
	/* One text for each instruction, or NULL: what it is there for ("clone", "lines 12,
	 * 14"). Made only when asked for. */
	const char *const *notes;
	size_t cells;  /* of the partition, each checked by a witness */
	bool pairwise; /* too many for all: of some calls pairs of arguments: no proof */
};

/* What the watcher is to hear of beside what the policy itself audits. */
enum {
	POLICY_SEE_DENIALS = 1, /* each call that is refused with an errno, but for ENOSYS */
	POLICY_SEE_EXECS = 2,   /* each execve(2) and execveat(2) that is let through */
};

struct policy_options {
	bool notes;
	bool no_verify; /* benchmarks, and who calls policy_prove before the filter is used */
	unsigned see;   /* POLICY_SEE_* */
};

/* Compiles and verifies. A program that does not answer as the policy says is ERR_BUG, and
 * nothing comes out; where .pairwise is set it was sampled, and not proved. More than
 * BPF_MAXINSNS instructions: ERR_POLICY. */
int policy_compile(struct arena *a, const struct policy *p, const struct policy_options *o,
		   struct policy_image *out, struct err *e) CHECK;
/* The same proof, of a filter that was compiled without; fills .cells and .pairwise. For one
 * without verdicts, made without .see. */
int policy_prove(const struct policy *p, struct policy_image *image, struct err *e) CHECK;

/* Has the rules built by another program, which reads them on stdin and writes instructions to
 * stdout: caisson-libseccomp, by an absolute path that the caller trusts. */
int policy_build_elsewhere(struct arena *a, const char *program, const struct policy_rules *r,
			   struct filter *out, struct err *e) CHECK;

/* The kernel's own rules for a program (seccomp_check_filter), so that a broken one is found
 * at plan time. */
int filter_check(const struct filter *f, struct err *e) CHECK;

/* What the kernel would answer to one call: a cBPF interpreter (seccomp/sim.c) that shares
 * nothing with the compiler. -1 for a program the kernel would refuse. */
int filter_simulate(const struct filter *f, const struct seccomp_data *call, uint32_t *verdict,
		    struct err *e) CHECK;

/* The same for a program that filter_check took; and the instructions on the way: pcs has
 * room for f->n, *n is how many; both may be NULL. */
uint32_t filter_run(const struct filter *f, const struct seccomp_data *call, uint16_t *pcs,
		    size_t *n);

/* Would the kernel put the call into its bitmap of calls that are always allowed
 * (kernel/seccomp.c, seccomp_is_const_allow, since 5.11)? */
bool filter_cacheable(const struct filter *f, uint32_t audit_arch, uint32_t nr);

/* One instruction a line, NUL-ended text in the arena; with the image's notes if it has. */
const char *filter_listing(struct arena *a, const struct filter *f);
const char *policy_listing(struct arena *a, const struct policy_image *image);
/* The program as a graph, in the language of Graphviz. */
const char *policy_dot(struct arena *a, const struct policy_image *image);

/* ---- two of them ---- */

/* One side of a comparison: a policy, or a program with the architectures it is for. */
struct policy_side {
	const struct policy *policy; /* or NULL */
	const struct filter *filter;
};

/* By what is permitted: a difference in a hole, or between answers of equal rank (two errnos),
 * is told and weighs nothing. */
enum policy_relation {
	POLICY_SAME,
	POLICY_TIGHTER, /* the right one is: wherever they differ, it permits less */
	POLICY_LOOSER,
	POLICY_INCOMPARABLE
};

/* Calls of one number to which the two answer differently, in one way. */
struct policy_difference {
	struct seccomp_data call; /* a witness */
	uint32_t left, right;     /* actions */
	bool hole;                /* no such call exists: nobody will notice */
	bool high_bits; /* they differ only above the 32 bits that the kernel looks at */
};

/* Calls back for each, in the order of architecture, number, answers; of numbers beyond the
 * table, but for those that have a name or a rule, one stands for all that the two treat alike.
 * Compares all architectures that either side knows. Fails with ERR_POLICY for a program that
 * computes, and for conditions that are too much: the work has a bound (bdd.c). */
int policy_diff(struct arena *a, const struct policy_side *left,
		const struct policy_side *right,
		void (*found)(void *ctx, const struct policy_difference *d), void *ctx,
		enum policy_relation *relation, struct err *e) CHECK;

/* ---- calls that were seen ---- */

/* One call of a record. */
struct policy_seen {
	struct seccomp_data call; /* an argument that is not known is 0; a pointer 0 or 1 */
	unsigned known;           /* a bit for each argument; of a pointer: whether it is 0 */
	bool has_clone_flags;     /* clone3: what its structure says, as clone(2) has it */
	uint64_t clone_flags;
	uint64_t count;
	int pid;             /* 0: not told */
	const char *program; /* or NULL; while called back */
	bool answered;       /* action is what a filter answered */
	uint32_t action;
};

struct policy_record_want {
	uint32_t audit_arch; /* of strace's lines, where they do not say it */
	const char *from;    /* begin where this program is executed; or NULL */
	bool all;            /* drop nothing of the start */
	void (*seen)(void *ctx, const struct policy_seen *s);
	void *ctx;
};

struct policy_record_facts {
	uint64_t lines, calls;
	uint64_t before;   /* calls of the tracer's and the runtime's own start */
	uint64_t other;    /* lines that tell of no call: signals, ends, other events */
	uint64_t garbage;  /* lines that nobody understands */
	uint64_t nameless; /* calls under names that the tables do not have */
	uint64_t cut;      /* lines of more than POLICY_LINE_MAX bytes: the rest was lost */
	const char *garbage_at, *nameless_name; /* the first, "FILE:LINE"; or NULL */
	bool waiting;                           /* what was waited for was never executed */
};
#define POLICY_LINE_MAX 65536u

/* Reads lines of strace, of the kernel's audit ("type=SECCOMP", "type=1326"), and of JSON as
 * `policy run --record' writes it, mixed at will. Bounded memory whatever the lines are. */
struct policy_record; /* lives in the arena */
struct policy_record *policy_record_new(struct arena *a, const struct policy_record_want *w);
void policy_record_begin(struct policy_record *r, const char *file);
void policy_record_line(struct policy_record *r, const char *line, size_t len);
void policy_record_end(struct policy_record *r); /* of a file */
const struct policy_record_facts *policy_record_facts(const struct policy_record *r);

/* The arguments of a call whose values learning keeps (the flags of clone, the family of a
 * socket ...), a bit each. */
unsigned policy_kept_arguments(uint32_t audit_arch, int nr);

/* What was seen, and the policy that permits it. */
struct policy_learned; /* lives in the arena */
/* base: what it looks at is kept beside the short list's arguments; or NULL. */
struct policy_learned *policy_learn_new(struct arena *a, const struct policy *base);
void policy_learn_add(struct policy_learned *l, const struct policy_seen *s);

struct policy_learn_want {
	const char *name;
	const char *extends;       /* the name of base, or NULL */
	const struct policy *base; /* only what it denies is written; or NULL */
	bool merge;                /* rules only, to stand at the end of base's own text */
	bool exact;                /* no groups */
	const char *const *never;  /* groups and calls, NULL-ended; or NULL */
};
struct policy_learn_facts {
	size_t kinds, rules;
	size_t whole;      /* calls permitted with all arguments, as those seen are not known */
	size_t overridden; /* rules against a deny of base */
	size_t refused;    /* calls that --never refuses */
	uint64_t foreign;  /* calls of architectures without tables, and of x32 */
	uint64_t lost;     /* calls beyond what we keep: 256 numbers without a name */
};
/* The text; *e ERR_USAGE for a word of never that is none, ERR_POLICY where base cannot be
 * widened. */
int policy_learn_text(struct arena *a, const struct policy_learned *l,
		      const struct policy_learn_want *w, struct policy_learn_facts *facts,
		      const char **out, struct err *e) CHECK;
/* Does the policy permit all that was seen, but what never says? Else ERR_BUG. */
int policy_learn_check(struct arena *a, const struct policy_learned *l,
		       const struct policy_learn_want *w, const struct policy *p,
		       struct err *e) CHECK;
/* Where the policy of that name ends in its text: the offset of its last "}". False: it is not
 * in there. *line: of its first and last line. */
bool policy_find_body(const struct policy_source *s, const char *name, size_t *end,
		      unsigned line[2]);

/* Why a call was refused, and the smallest change that would permit it. */
struct policy_why_answer {
	struct policy_decision d;
	bool permitted;
	bool depends;       /* on arguments that the record does not have */
	bool inherited;     /* the rule that says no is not in the policy's own text */
	const char *change; /* a statement; NULL: none would */
	const char *where;  /* "before line 12", or NULL */
	const char *opens;  /* what else it would open; or NULL */
};
/* src: the text of the policy, or NULL for rules. */
void policy_why(struct arena *a, const struct policy *p, const struct policy_source *src,
		const struct policy_seen *s, struct policy_why_answer *out);

/* Where a text comes from. */
struct policy_origin {
	const char *name;         /* of the policy to be */
	const char *about;        /* lines for its head, as comments; or NULL */
	const char *const *archs; /* of a program: it is for these, NULL-ended; NULL: for those
				     that it tells from others */
};
/* A policy, or a program, as the text of a policy that answers alike: with groups, names of
 * arguments and constants. What a program answers to calls that no table knows it may not
 * answer: the head says so. Fails with ERR_POLICY where a program computes what the language
 * has no words for. */
int policy_decompile(struct arena *a, const struct policy_side *what,
		     const struct policy_origin *from, const char **text, struct err *e) CHECK;

/* ---- names ---- */

/* Number of a syscall on an architecture (AUDIT_ARCH_*), or -1; its name, or NULL. */
int syscall_number(uint32_t audit_arch, const char *name);
const char *syscall_name(uint32_t audit_arch, int nr);
/* The release that brought the call there, major << 8 | minor; 0: 2.6.39 or before. */
uint16_t syscall_since(uint32_t audit_arch, int nr);

#define SYSCALL_ARGS 6
struct syscall_arg {
	const char *name;
	bool is_signed, is_fd, is_pointer;
	unsigned bits; /* that the kernel looks at: 16, 32 or 64 */
};
/* False: the call has no such argument, or nobody knows the call. */
bool syscall_argument(uint32_t audit_arch, int nr, unsigned i, struct syscall_arg *out);
/* AUDIT_ARCH_* of "x86_64", "x86", "SCMP_ARCH_X86_64" ... that we carry, or 0; and back. */
uint32_t policy_arch_number(const char *name);
const char *policy_arch_name(uint32_t audit_arch);
/* Is it an architecture at all, in any of these spellings? */
bool policy_arch_known(const char *name);
uint32_t policy_arch_own(void);
/* "socket(AF_ALG, SOCK_RAW, 0)": a call as a user reads it. */
const char *policy_call_text(struct arena *a, const struct seccomp_data *call);
/* One argument of it, "AF_ALG" or "-1" or "0x7f00"; what the kernel ignores is shown too. */
const char *policy_arg_text(struct arena *a, const struct seccomp_data *call, unsigned i);
/* The way back: "socket(AF_ALG, SOCK_RAW, 0) @ x86_64", or "socket" and more words, by place
 * ("AF_ALG") or by name ("type=SOCK_RAW|SOCK_CLOEXEC"). A call may be a number. *given says
 * which arguments there were, a bit each; the others are 0. audit_arch: where the text names
 * none. */
int policy_call_parse(struct arena *a, uint32_t audit_arch, const char *const *words, size_t n,
		      struct seccomp_data *call, unsigned *given, struct err *e) CHECK;
/* "allow" "deny EPERM" "kill": an action as the language writes it. */
const char *policy_action_text(struct arena *a, uint32_t action, enum policy_audit audit,
			       uint16_t audit_errno);
/* How much an action permits: 0 kills the process ... the highest allows. */
unsigned policy_action_rank(uint32_t action, enum policy_audit audit);

/* All architectures that linux.seccomp may name, by their OCI names, NULL-ended. */
extern const char *const policy_archs[];
