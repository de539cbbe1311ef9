/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - SHA-256, by nettle. */
#pragma once
#include <stddef.h>

#define DIGEST_HEX 65 /* with the NUL */

void digest_hex(const void *data, size_t len, char out[DIGEST_HEX]);
