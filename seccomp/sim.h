/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - what the interpreter tells beyond policy.h. */
#pragma once
#include "seccomp/policy.h"

/* Numbers of one architecture, up to .last, that a program answers with .action, whatever the
 * rest of the call is; or (not plain) it looks at more than number and architecture. */
struct filter_span {
	uint32_t last, action;
	bool plain;
};

/* From number 0 to `last', in ascending order: all numbers go through the program together, and
 * part where it compares them. Returns how many; out: room for one a number. The program is one
 * that filter_check took. */
size_t filter_spans(const struct filter *f, uint32_t audit_arch, uint32_t last,
		    struct filter_span *out) __attribute__((nonnull));
