/* SPDX-License-Identifier: Apache-2.0 */
/* ls_fold.h - compares that are decided before any call is made. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "seccomp/policy.h"

enum ls_fold_result {
	FOLD_NEVER,
	FOLD_ALWAYS,
	FOLD_DEPENDS
};

/* Is the compare true for no argument, for every argument, or does it depend? On a 32-bit
 * architecture the kernel hands over arguments with a zero upper word. */
enum ls_fold_result ls_fold(const struct policy_arg *arg, bool wide);
