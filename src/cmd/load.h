/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - from a bundle's path to a plan: bundle_open, bundle_read_config, json_parse,
 * spec_read, spec_check, host_probe, plan_make. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "plan/plan.h"

/* All of it lives in the arena, but for the document. */
struct loaded {
	const char *file;   /* set by the caller: --config, or NULL */
	const char *bundle; /* absolute */
	const char *config; /* its text */
	size_t config_len;
	struct json *doc; /* in the arena for it */
	struct spec spec;
	struct plan plan;
};

/* The first half: reads and parses. tree: for the document, which load_spec needs. */
int load_config(struct arena *a, struct arena *tree, const char *bundle, struct loaded *out,
		struct err *e) CHECK;
/* All that is wrong with the config by itself; needs load_config. */
void load_spec(struct arena *a, struct loaded *l, struct complaints *bad);
/* What a plan would refuse besides, on this host only or anywhere; needs load_spec without
 * complaints. The plan is kept as far as it goes; with of_host and no complaint it is whole.
 * The bundle in *want is filled in. */
void load_refusals(struct arena *a, struct loaded *l, struct plan_want *want, bool of_host,
		   struct complaints *bad);

/* The config that a container was made from, kept beside its state. */
int load_saved(struct arena *a, const char *text, size_t len, struct loaded *out,
	       struct err *e) CHECK;

/* The whole way. */
int load_plan(struct arena *a, const char *bundle, struct plan_want *want, struct loaded *out,
	      struct err *e) CHECK;
