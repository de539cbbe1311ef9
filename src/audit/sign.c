/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/sign.h"

#include <errno.h>
#include <nettle/eddsa.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>

#include "base/auto.h"

#define SIGN_SUFFIX ".sign"
#define SIGN_MAGIC \
	UINT64_C(0x314e474953414321) /* what the first version of this file begins with */

_Static_assert(SIGN_KEY == ED25519_KEY_SIZE && SIGN_SIZE == ED25519_SIGNATURE_SIZE,
	       "the sizes of RFC 8032");

static void public_of(const uint8_t seed[SIGN_KEY], char out[SIGN_KEY_HEX])
{
	uint8_t pub[SIGN_KEY];

	ed25519_sha512_public_key(pub, seed);
	hex_write(pub, sizeof(pub), out);
}

static void next_seed(const uint8_t seed[SIGN_KEY], uint8_t out[SIGN_KEY])
{
	static const char label[] = "caisson audit next signing key";

	digest_hmac(seed, &(struct digest_part){ label, sizeof(label) - 1 }, 1, out);
}

/* ---- the file ---- */

int sign_open(struct sign_file *f, const char *log)
{
	int r;

	*f = (struct sign_file){ .fd = keyfile_open(log, SIGN_SUFFIX) };
	if (f->fd < 0) {
		r = f->fd;
		f->fd = -1;
		return r == -ENOENT ? 0 : r;
	}
	r = flock(f->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (r == 0)
		r = keyfile_read(f->fd, &f->state, sizeof(f->state), SIGN_MAGIC);
	if (r < 0)
		sign_close(f);
	return r;
}

int sign_make(struct sign_file *f, const char *log, char first[SIGN_KEY_HEX])
{
	*f = (struct sign_file){ .fd = -1 };
	if (getrandom(f->state.seed, SIGN_KEY, 0) != SIGN_KEY)
		return -errno;
	f->fd = keyfile_make(log, SIGN_SUFFIX);
	if (f->fd < 0) {
		const int r = f->fd;

		f->fd = -1;
		return r;
	}
	public_of(f->state.seed, first);
	return keyfile_write(f->fd, &f->state, sizeof(f->state), SIGN_MAGIC);
}

void sign_close(struct sign_file *f)
{
	auto_close_(&f->fd);
	explicit_bzero(&f->state, sizeof(f->state));
	f->fd = -1;
}

/* ---- signing ---- */

/* Of nothing else can such a text be a signature. */
static const char *signed_text(struct arena *a, const struct note *n)
{
	return arena_printf(a, "caisson audit note\n%s",
			    json_print(a, note_json(a, n, false), JSON_CANONICAL, NULL));
}

void sign_note(const struct sign_file *f, struct arena *a, struct note *n)
{
	uint8_t pub[SIGN_KEY], next[SIGN_KEY], sig[SIGN_SIZE];
	const char *text;

	n->is_signed = true;
	n->number = f->state.number;
	next_seed(f->state.seed, next);
	public_of(f->state.seed, n->key);
	public_of(next, n->next_key);
	explicit_bzero(next, sizeof(next));
	text = signed_text(a, n);
	(void)hex_read(n->key, sizeof(pub), pub);
	ed25519_sha512_sign(pub, f->state.seed, strlen(text), (const uint8_t *)text, sig);
	hex_write(sig, sizeof(sig), n->signature);
}

int sign_done(struct sign_file *f)
{
	uint8_t next[SIGN_KEY];

	next_seed(f->state.seed, next);
	memcpy(f->state.seed, next, sizeof(next));
	explicit_bzero(next, sizeof(next));
	f->state.number++;
	return keyfile_write(f->fd, &f->state, sizeof(f->state), SIGN_MAGIC);
}

bool sign_is_good(struct arena *a, const struct note *n)
{
	uint8_t pub[SIGN_KEY], sig[SIGN_SIZE];
	const char *text = signed_text(a, n);

	return n->is_signed && hex_read(n->key, sizeof(pub), pub) &&
	       hex_read(n->signature, sizeof(sig), sig) &&
	       ed25519_sha512_verify(pub, strlen(text), (const uint8_t *)text, sig) == 1;
}
