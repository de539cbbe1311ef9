/* SPDX-License-Identifier: Apache-2.0 */
/* table_consts.h - which constants an argument takes: between table.c and table_consts.c. */
#pragma once
#include "seccomp/table.h"

/* The index of the argument's set in const_sets[]; 0: it has none. */
unsigned sc_arg_constants(int id, enum arch arch, unsigned i);
