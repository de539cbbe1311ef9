/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - SHA-256 and HMAC-SHA-256, by nettle. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX  65 /* with the NUL */

void digest_hex(const void *data, size_t len, char out[DIGEST_HEX]);

/* Of several pieces as of one text. */
struct digest_part {
	const void *data;
	size_t len;
};
void digest_parts(const struct digest_part *parts, size_t n, uint8_t out[DIGEST_SIZE]);
/* RFC 2104 */
void digest_hmac(const uint8_t key[DIGEST_SIZE], const struct digest_part *parts, size_t n,
		 uint8_t out[DIGEST_SIZE]);

/* Lower-case digits, two a byte, NUL-ended; and back: exactly so many, lower-case only. */
void hex_write(const uint8_t *data, size_t n, char *out);
bool hex_read(const char *text, size_t n, uint8_t *out);
