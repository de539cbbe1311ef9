/* SPDX-License-Identifier: Apache-2.0 */
/* export.h - an event in the words of others. Pure: the same event gives the same text. */
#pragma once
#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"

enum audit_format {
	FORMAT_OCSF,        /* as it stands in the log */
	FORMAT_ECS,         /* Elastic Common Schema */
	FORMAT_FALCO,       /* Falco's JSON, which falcosidekick hands on */
	FORMAT_CLOUDEVENTS, /* an envelope for webhooks; inside is the event as it is */
};

/* Its name; false: there is none. */
bool audit_format_read(const char *name, enum audit_format *out);

/* One line of canonical JSON, without a newline. Fields that an event does not have, or that
 * are not what they should be, are left out. */
const char *audit_export(struct arena *a, enum audit_format format, const struct json *event);
