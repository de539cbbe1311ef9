/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - what the interpreter tells beyond policy.h. */
#pragma once
#include "seccomp/policy.h"

/* As filter_run, and which words of the call were looked at: bit i is the i-th 32 bits of
 * struct seccomp_data. An answer that looked at few is the same for all others. */
uint32_t filter_run_words(const struct filter *f, const struct seccomp_data *call,
			  uint32_t *words);
