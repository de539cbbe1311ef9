/* SPDX-License-Identifier: Apache-2.0 */
/* refusals.h - properties of runtime-spec that this runtime refuses whatever their value, and
 * why. They mean nothing on Linux: a config that has one was made for another system, and who
 * wrote it expects something that will not happen. */
#pragma once

struct spec_refusal {
	const char *path, *reason;
};

extern const struct spec_refusal spec_refusals[]; /* ends with a NULL path */
