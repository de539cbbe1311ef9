/* SPDX-License-Identifier: Apache-2.0 */
/* ls.h - filters built by libseccomp: for machines whose tables we do not carry, and to
 * compare with. It runs in a process of its own (ls_main.c, caisson-libseccomp), so that the
 * runtime neither loads nor trusts it; elsewhere.c asks for it. */
#pragma once
#include "base/json.h"
#include "seccomp/policy.h"

/* Every number newer than the newest that the rules name answers ENOSYS (so that libc falls
 * back), unless the default action is allow-like. x32 numbers answer ENOSYS; an architecture
 * that is not listed kills the process. *unknown: names that libseccomp does not know. */
int ls_build(struct arena *a, const struct policy_rules *p, struct filter *out, size_t *unknown,
	     struct err *e) CHECK;
