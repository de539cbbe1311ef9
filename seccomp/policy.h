/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - seccomp policies to filters: the whole public face of seccomp/.
 *
 * For now the rules come as plain structs in the meaning of runtime-spec's linux.seccomp and
 * are built by libseccomp; our own compiler replaces the builder behind this header. */
#pragma once
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

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
	const struct policy_arg *args; /* all must hold */
	size_t args_n;
};

/* For a syscall: the first rule without args answers; if there is none, the first whose args
 * all hold; else the default. A rule whose action is the default's has no effect. */
struct policy {
	uint32_t default_action;  /* SECCOMP_RET_* with its data */
	const char *const *archs; /* "x86_64" "x86" "x32" "aarch64" "arm" ..., NULL-ended;
				     {NULL}: native */
	const struct policy_rule *rules;
	size_t rules_n;
};

/* A built filter, ready for one seccomp(2) call. Lives in the arena. */
struct filter {
	const struct sock_filter *insns;
	uint16_t n;
	uint32_t flags; /* SECCOMP_FILTER_FLAG_*, filled in by who plans */
	size_t unknown; /* names that no table here knows */
};

/* Builds the filter. Every syscall number newer than the newest that the policy names answers
 * ENOSYS (so that libc falls back), unless the default action is allow-like. x32 numbers
 * answer ENOSYS; an architecture that is not listed kills the process. */
int policy_build(struct arena *a, const struct policy *p, struct filter *out,
		 struct err *e) CHECK;

/* What the kernel would answer to one call: a cBPF interpreter (seccomp/sim.c) that shares
 * nothing with the builder. -1 for a program the kernel would refuse. */
int filter_simulate(const struct filter *f, const struct seccomp_data *call, uint32_t *verdict,
		    struct err *e) CHECK;

/* The kernel's own rules for a program (seccomp_check_filter), so that a broken one is found
 * at plan time. */
int filter_check(const struct filter *f, struct err *e) CHECK;

/* One instruction a line, NUL-ended text in the arena. */
const char *filter_listing(struct arena *a, const struct filter *f);

/* Number of a syscall on an architecture (AUDIT_ARCH_*), or -1; name or NULL. */
int syscall_number(uint32_t audit_arch, const char *name);
const char *syscall_name(struct arena *a, uint32_t audit_arch, int nr);

/* The facts that `features' prints: libseccomp's version, the architectures by their OCI
 * names (NULL-ended). */
const char *policy_backend_version(struct arena *a);
extern const char *const policy_archs[];
