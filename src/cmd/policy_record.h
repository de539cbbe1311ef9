/* SPDX-License-Identifier: Apache-2.0 */
/* policy_record.h - calls that were seen, as lines of JSON: what `policy run --record' writes
 * and `policy learn' reads. caisson-policy(1) has the members.
 *
 * A call with the same arguments, pointers aside, is written when it is seen first, and once
 * more at the end with the number of the others. After RECORD_VALUES kinds of arguments of one
 * call only those arguments are told that learning keeps; after as many of these, or where
 * there are none, the rest is one kind. */
#pragma once
#include "base/arena.h"
#include "seccomp/policy.h"

#define RECORD_VALUES 256

struct record; /* lives in the arena */

struct record *record_new(struct arena *a, int fd);
/* One call; answer: what the policy says to it, or "". 0 or -errno of the writing. */
int record_add(struct record *r, const struct seccomp_data *call, int pid, const char *answer);
int record_end(struct record *r);
