/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_write(const uint8_t *data, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * n] = '\0';
}

bool hex_read(const char *text, size_t n, uint8_t *out)
{
	if (strlen(text) != 2 * n || strspn(text, digits) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)((strchr(digits, text[2 * i]) - digits) << 4 |
				   (strchr(digits, text[2 * i + 1]) - digits));
	return true;
}

void digest_parts(const struct digest_part *parts, size_t n, uint8_t out[DIGEST_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	for (size_t i = 0; i < n; i++)
		sha256_update(&ctx, parts[i].len, parts[i].data);
	sha256_digest(&ctx, DIGEST_SIZE, out);
}

void digest_hmac(const uint8_t key[DIGEST_SIZE], const struct digest_part *parts, size_t n,
		 uint8_t out[DIGEST_SIZE])
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, DIGEST_SIZE, key);
	for (size_t i = 0; i < n; i++)
		hmac_sha256_update(&ctx, parts[i].len, parts[i].data);
	hmac_sha256_digest(&ctx, DIGEST_SIZE, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

void digest_hex(const void *data, size_t len, char out[DIGEST_HEX])
{
	uint8_t sum[DIGEST_SIZE];

	digest_parts(&(struct digest_part){ data, len }, 1, sum);
	hex_write(sum, sizeof(sum), out);
}
