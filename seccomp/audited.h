/* SPDX-License-Identifier: Apache-2.0 */
/* audited.h - the policy that the filter of a watched container is made from. */
#pragma once
#include "seccomp/rules.h"

/* A copy in which what `see' names (POLICY_SEE_*) is audited as well. */
const struct policy *policy_audited(struct arena *a, const struct policy *p, unsigned see);
