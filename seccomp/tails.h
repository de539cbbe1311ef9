/* SPDX-License-Identifier: Apache-2.0 */
/* tails.h - what the numbers of several architectures have in common.
 *
 * Since Linux 5.1 a new call gets the same number everywhere (from 424 on; 403 to 423 on 32-bit
 * ones), so the searches for high numbers are alike, and one can do for all. */
#pragma once
#include "seccomp/tree.h"

struct tail_runs {
	struct run *v;
	size_t n;
};

/* Where it makes the program smaller: the last runs, that all have, become one that leads to a
 * common search. */
void tails_share(struct dag *d, struct tail_runs *all, size_t n);
