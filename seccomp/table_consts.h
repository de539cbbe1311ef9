/* SPDX-License-Identifier: Apache-2.0 */
/* table_consts.h - which constants an argument takes: between table.c and table_consts.c. */
#pragma once
#include "seccomp/table.h"

/* The index of the argument's set in const_sets[]; 0: it has none. */
unsigned sc_arg_constants(int id, enum arch arch, unsigned i);

/* Are the argument's bits flags, each with a name of its own? *value: those that are one value
 * together, as O_ACCMODE; or NULL. */
bool sc_arg_has_flags(int id, enum arch arch, unsigned i, uint64_t *value);
/* Some of these flags by name, "CLONE_NEWNS|CLONE_NEWPID|0x40"; false: it has none. */
bool sc_show_mask(struct sbuf *b, int id, enum arch arch, unsigned i, uint64_t mask);
