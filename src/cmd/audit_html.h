/* SPDX-License-Identifier: Apache-2.0 */
/* audit_html.h - a report as one page that needs nothing else: no scripts, nothing from
 * elsewhere.
 *
 * What stands in a log was chosen by whoever ran containers: all of it is escaped, control
 * bytes too, and the page forbids scripts besides. */
#pragma once
#include "audit/chain.h"
#include "audit/report.h"

void audit_html(struct arena *a, const char *log, const struct report *r,
		const struct audit_check *k, size_t top);

/* A text between tags or in quotes; for tests. */
const char *audit_html_text(struct arena *a, const char *text);
