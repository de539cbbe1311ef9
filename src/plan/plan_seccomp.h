/* SPDX-License-Identifier: Apache-2.0 */
/* plan_seccomp.h - linux.seccomp in OCI's words, or a policy, to a filter ready to load. */
#pragma once
#include "plan/plan.h"

/* linux.seccomp as plain rules: its words understood. In the arena. */
int plan_seccomp_rules(struct arena *a, const struct spec_seccomp *s, struct policy_rules *out,
		       struct err *e) CHECK;

/* Fills p->has_filter, p->filter and p->policy from the policy of the annotation, with
 * linux.seccomp beside it in p->profile, or from that alone. Without either there is no filter.
 */
int plan_seccomp(struct arena *a, const struct spec *s, const struct host *h,
		 const struct plan_want *w, struct plan *p, struct err *e) CHECK;
/* The same for exec, whose filter is the one that create made. */
int plan_kept_filter(const struct spec_seccomp *s, const struct filter *f,
		     const struct filter *profile, struct plan *p, struct err *e) CHECK;
