/* SPDX-License-Identifier: Apache-2.0 */
/* plan_seccomp.h - linux.seccomp in OCI's words to a filter that is ready to load. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "seccomp/policy.h"
#include "spec/spec.h"

/* The filter lives in the arena; without linux.seccomp it has no instructions (n == 0). */
int plan_seccomp(struct arena *a, const struct spec_seccomp *s, struct filter *out,
		 struct err *e) CHECK;
