/* SPDX-License-Identifier: Apache-2.0 */
/* policy_lines.h - files of lines, however long, for learn and why. */
#pragma once
#include "seccomp/policy.h"

/* Hands each line of the file ("-": standard input) on. */
int policy_read_lines(struct policy_record *r, const char *file, struct err *e) CHECK;
