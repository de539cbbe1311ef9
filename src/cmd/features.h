/* SPDX-License-Identifier: Apache-2.0 */
/* features.h - the features structure of the specification: what this program does, whatever
 * the host can. */
#pragma once
#include "base/json.h"

/* In the arena. */
struct json *features_json(struct arena *a);
