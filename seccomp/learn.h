/* SPDX-License-Identifier: Apache-2.0 */
/* learn.h - what the files learn*.c share: calls that were seen, on their way to a policy.
 *
 * learn_line.c    lines of a record: which form, the kernel's audit, JSON
 * learn_strace.c  a line of strace: whose call, its name, its arguments
 * learn_value.c   an argument as strace writes it
 * learn_proc.c    processes, and when the program that is meant has begun
 * learn.c         the calls, each kind once
 * learn_cond.c    the short list of arguments, and conditions on them
 * learn_fold.c    names to groups
 * learn_text.c    the policy
 * learn_check.c   does it permit what was seen?
 * learn_body.c    where a policy ends in its text */
#pragma once
#include "seccomp/policy.h"
#include "seccomp/rules.h"

/* ---- reading ---- */

enum learn_line {
	LINE_CALL,
	LINE_OTHER,
	LINE_BAD
};

struct proc {
	int pid;
	bool used, counting, pivoted, forking;
	uint32_t audit_arch;
};

#define PROCS 4096 /* a power of two; of more only the last are known */

struct policy_record {
	struct arena *a;
	struct policy_record_want want;
	struct policy_record_facts facts;
	const char *file;
	uint64_t line_no; /* of the file */
	int cut_pid;      /* whose line strace interrupted by a message; -1: none */
	int file_pid;     /* strace -ff -o: the name's end */
	bool file_begun;  /* a call of strace was seen in it */
	bool waits;       /* what was executed first is not what is meant */
	struct proc *procs;
	char *text;              /* of the line */
	struct policy_seen held; /* of the kernel, until the line after it came */
	char held_id[64], held_program[256];
	bool holds;
};

void learn_pass(struct policy_record *r, const struct policy_seen *s);

enum learn_line learn_strace_line(struct policy_record *r, char *text);

/* The process; pid 0 is that of lines without one. */
struct proc *learn_proc(struct policy_record *r, int pid);
/* What strace tells of a call of it: shall it be counted? */
struct learn_exec {
	int id;              /* of the call */
	const char *program; /* execve: what is executed, or NULL */
	bool unfinished, failed;
	int64_t result;
};
bool learn_proc_counts(struct policy_record *r, struct proc *p, const struct learn_exec *x);
/* Is it the runtime of containers, by its path? */
bool learn_is_runtime(const char *program);

/* "O_RDONLY|O_CLOEXEC" and all else that strace writes for an argument. False: not known. */
bool learn_value(const char *text, size_t len, enum arch arch, bool is_pointer, uint64_t *out);
/* The end of an argument: a comma, a closing bracket, "<unfinished ...>" or the text's end. */
const char *learn_arg_end(const char *p);

/* ---- what was seen ---- */

struct learn_kind {
	enum arch arch;
	uint32_t nr;
	int id; /* -1: a number without a name */
	unsigned known;
	uint64_t args[SYSCALL_ARGS];
	uint64_t count; /* 0: of an empty slot, or what a clone3 becomes */
	bool used;
};

#define KINDS_CALL 256 /* of one call, with the arguments that matter; then without */
#define NAMELESS   256

struct policy_learned {
	struct arena *a;
	const struct policy *base; /* or NULL */
	struct learn_kind *table;
	size_t n, size;
	uint16_t kinds_of[ARCH_N][SC_N];
	uint8_t keep[ARCH_N]
		    [SC_N]; /* the arguments that matter, and bit 7: it was worked out */
	size_t nameless;
	bool clone_any; /* clone3, and nobody knows with which flags */
	uint64_t foreign, lost;
};

/* All of them, in the order of names, architectures, arguments. */
const struct learn_kind **learn_sorted(struct arena *a, const struct policy_learned *l);
struct seccomp_data learn_call(const struct learn_kind *k);

/* ---- the short list ---- */

/* The arguments whose values are kept: a mask, a bit each. */
unsigned learn_short(int id, enum arch arch);
/* The bits of such an argument that count. */
uint64_t learn_short_bits(int id, enum arch arch, unsigned arg);
bool learn_is_short(int id);

/* A condition that holds for the kinds and, of the arguments in mask, for no other values.
 * NULL: always. All kinds know these arguments. Constants have one value on all of archs. */
const char *learn_cond(struct arena *a, const struct learn_kind *const *kinds, size_t n,
		       unsigned mask, unsigned archs);
/* Have the arguments in mask the same names on both? */
bool learn_same_args(int id, enum arch left, enum arch right, unsigned mask);
/* "RULE;", and within a guard where other architectures of targets have other arguments. */
const char *learn_guarded(struct arena *a, const char *rule, int id, unsigned archs,
			  unsigned mask, unsigned targets);
#define CLONE_NAMESPACES UINT64_C(0x7e020000)

/* ---- the policy ---- */

/* All that is permitted of one call. */
struct learn_sum {
	const struct learn_kind **kinds;
	size_t n;
	uint64_t count;
	unsigned archs;
	bool refused;  /* --never */
	bool override; /* base denies some of it by a rule */
	bool unknown;  /* of a part: arguments that should be kept are not known */
	bool folded;
	unsigned mask; /* of a part: the arguments that its condition is made of */
};

struct learn_plan {
	struct arena *a;
	const struct policy_learned *l;
	const struct policy_learn_want *w;
	unsigned archs, targets; /* that were seen; with those of base */
	struct sc_set never;
	struct learn_sum sums[SC_N];
	const struct learn_kind **nameless;
	size_t nameless_n;
	struct policy_learn_facts *facts;
};

struct learn_group {
	int group;
	struct sc_set minus;  /* of its members */
	struct sc_set unseen; /* permitted with the others */
	size_t seen, members;
	uint64_t count;
};

/* Groups to be permitted, best first; marks what they hold as folded. */
size_t learn_fold(struct learn_plan *p, struct learn_group **out);
bool learn_dangerous(int id);
/* Is it a call of an architecture that was seen? */
bool learn_exists(const struct learn_plan *p, int id);

/* Sets of --never. */
int learn_never(const char *const *words, struct sc_set *out, struct err *e) CHECK;

/* Is it one of never: itself, or what i386's socketcall and ipc would do? */
bool learn_refused(const struct learn_kind *k, const struct sc_set *never);

/* Does the policy permit the kind, whatever is not known of it? */
bool learn_permits(const struct policy *p, const struct learn_kind *k,
		   struct policy_decision *out);
/* The arguments that rules of the policy look at. */
unsigned learn_looks_at(const struct policy *p, enum arch arch, int id);
