/* SPDX-License-Identifier: Apache-2.0 */
/* ls_names.h - what libseccomp calls things. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* The AUDIT_ARCH_* of "x86_64" and the like. x32 has none of its own: its calls carry
 * x86_64's with a bit in the number. False for a name that this build does not know. */
bool ls_arch_number(const char *name, uint32_t *audit_arch, bool *x32);

uint32_t ls_arch_native(void);

/* Is the call also, or only, reached through socketcall(2) or ipc(2) there? */
bool ls_multiplexes(uint32_t audit_arch, const char *name);

/* Number of a call, of any architecture, or -1. */
int ls_number(uint32_t audit_arch, const char *name);
