/* SPDX-License-Identifier: Apache-2.0 */
/* policy_oci.h - plain rules as the linux.seccomp of a config.json. */
#pragma once
#include "base/json.h"
#include "seccomp/policy.h"

/* The keys in the order of the specification; names sorted by who made the rules. Flags:
 * SECCOMP_FILTER_FLAG_*, always written, so that no engine adds its own. */
struct json *oci_json(struct arena *a, const struct policy_rules *r, uint32_t flags);
