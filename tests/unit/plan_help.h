/* SPDX-License-Identifier: Apache-2.0 */
/* plan_help.h - made-up hosts, and configs in one line. */
#pragma once
#include "plan/plan.h"
#include "spec_help.h"

/* Root of a machine, and a user of it with neither privileges nor newuidmap. */
extern const struct host plan_root_host, plan_user_host;

/* What an engine asks for with "create". */
extern const struct plan_want plan_create;

/* The members of a config's objects, in the form of check_text; NULL or "": none. */
struct config {
	const char *process, *linux_, *top;
};

/* A new mount namespace, for configs that need no more. */
#define NEW_MOUNT "'namespaces':[{'type':'mount'}]"

/* Reads and checks the config, which has to be right, and plans it. */
int plan_config(struct checked *c, const struct config *from, const struct host *h,
		const struct plan_want *w, struct plan *out, struct err *e) CHECK;
