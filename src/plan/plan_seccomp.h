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
/* The same for exec, whose filters are those that create made. */
int plan_kept_filter(const struct spec_seccomp *s, const struct plan_exec_want *w,
		     struct plan *p, struct err *e) CHECK;

/* ---- plan_audit.c: org.caisson.seccomp.audit, and policies that audit ---- */

/* *see: POLICY_SEE_*. */
int plan_audit_read(const struct spec *s, unsigned *see, struct err *e) CHECK;
/* Without a filter of ours there is nothing to audit: refused, if it was asked for. */
int plan_audit_refuse(const struct spec *s, const char *what, struct err *e) CHECK;
/* Fills p->audit from what was compiled; stays off where the policy audits nothing. */
struct audit_sources {
	const struct policy *policy;
	const struct policy_image *image;
	const struct spec_seccomp *config;
	const struct host *host;
	struct policy_diags *diags;
};
int plan_audit_make(const struct audit_sources *from, struct plan *p, struct err *e) CHECK;
/* SECCOMP_FILTER_FLAG_* of a filter whose listener is ours. */
uint32_t plan_audit_flags(const struct host *h);
/* A process has one listener: refuses what else wants one. */
int plan_audit_no_agent(const char *found, struct err *e) CHECK;
