/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - our own configuration: caisson.json and conf.d, what comes later on top of what
 * came before. A key that nobody knows is an error: a limit that is misspelt must not be none.
 */
#pragma once
#include "audit/audit.h"
#include "audit/sink.h"
#include "base/arena.h"
#include "base/error.h"
#include "watch/watch.h"

struct config {
	struct watch_rules watch;
	struct audit_rules audit;
	struct audit_config sinks; /* of the same object */
};

/* `given': that file alone, or "none"; NULL: those of the vendor, of the administrator, and for
 * a user his own, as far as they are there. */
int config_load(struct arena *a, const char *given, struct config *out, struct err *e) CHECK;
/* One file's text on top of *out. */
int config_read(struct arena *a, const char *name, const char *text, size_t len,
		struct config *out, struct err *e) CHECK;
