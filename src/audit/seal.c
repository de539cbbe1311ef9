/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/seal.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

#define SEAL_SUFFIX ".seal"
#define SEAL_MAGIC \
	UINT64_C(0x314c414553414321) /* what the first version of this file begins with */

/* ---- keys ---- */

void seal_id(const uint8_t first[DIGEST_SIZE], char out[SEAL_ID_HEX])
{
	static const char label[] = "caisson audit key";
	const struct digest_part parts[] = { { label, sizeof(label) }, { first, DIGEST_SIZE } };
	uint8_t sum[DIGEST_SIZE];

	digest_parts(parts, COUNT(parts), sum);
	hex_write(sum, (SEAL_ID_HEX - 1) / 2, out);
}

void seal_evolve(uint8_t key[DIGEST_SIZE])
{
	static const char label[] = "caisson audit evolve";
	uint8_t next[DIGEST_SIZE];

	digest_hmac(key, &(struct digest_part){ label, sizeof(label) - 1 }, 1, next);
	memcpy(key, next, sizeof(next));
	explicit_bzero(next, sizeof(next));
}

static void put_u64(uint8_t out[8], uint64_t n)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(n >> (56 - 8 * i));
}

void seal_mac(const uint8_t key[DIGEST_SIZE], const char *chain, const struct seal *s,
	      char out[DIGEST_HEX])
{
	static const char label[] = "caisson audit seal";
	uint8_t numbers[16], sum[DIGEST_SIZE];
	const struct digest_part parts[] = {
		{ label, sizeof(label) }, /* with its NUL */
		{ numbers, sizeof(numbers) },
		{ s->fingerprint, DIGEST_HEX - 1 },
		{ chain, strlen(chain) },
	};

	put_u64(numbers, s->epoch);
	put_u64(numbers + 8, s->sequence);
	digest_hmac(key, parts, COUNT(parts), sum);
	hex_write(sum, sizeof(sum), out);
}

/* ---- the file ---- */

static bool is_ended(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static int read_state(struct seal_file *f)
{
	struct seal_state *s = &f->state;
	const int r = keyfile_read(f->fd, s, sizeof(*s), SEAL_MAGIC);

	if (r < 0)
		return r;
	return is_ended(s->last.id, sizeof(s->last.id)) &&
			       is_ended(s->last.fingerprint, sizeof(s->last.fingerprint)) &&
			       is_ended(s->last.mac, sizeof(s->last.mac))
		       ? 0
		       : -EBADMSG;
}

int seal_open(struct seal_file *f, const char *log)
{
	int r;

	*f = (struct seal_file){ .fd = keyfile_open(log, SEAL_SUFFIX) };
	if (f->fd < 0) {
		r = f->fd;
		f->fd = -1;
		return r == -ENOENT ? 0 : r;
	}
	r = read_state(f);
	if (r < 0)
		seal_close(f);
	return r;
}

int seal_refresh(struct seal_file *f, const char *log, uint64_t now_ms)
{
	struct stat st;
	int r;

	/* it may have been made, or made anew, while a watcher has the log open */
	if (f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_nlink > 0)
		return read_state(f);
	if (f->fd < 0 && now_ms - f->looked_ms < SEAL_LOOK_MS)
		return 0;
	seal_close(f);
	r = seal_open(f, log);
	f->looked_ms = now_ms;
	return r;
}

int seal_save(struct seal_file *f)
{
	return keyfile_write(f->fd, &f->state, sizeof(f->state), SEAL_MAGIC);
}

int seal_make(struct seal_file *f, const char *log, uint8_t first[DIGEST_SIZE])
{
	int fd;

	*f = (struct seal_file){ .fd = -1,
				 .state = { .every_events = SEAL_EVERY_EVENTS,
					    .every_ms = SEAL_EVERY_MS } };
	if (getrandom(first, DIGEST_SIZE, 0) != DIGEST_SIZE)
		return -errno;
	memcpy(f->state.key, first, DIGEST_SIZE);
	seal_id(first, f->state.last.id);
	fd = keyfile_make(log, SEAL_SUFFIX);
	if (fd < 0)
		return fd;
	f->fd = fd;
	return seal_save(f);
}

void seal_close(struct seal_file *f)
{
	auto_close_(&f->fd);
	explicit_bzero(&f->state, sizeof(f->state));
	f->fd = -1;
}

/* ---- sealing ---- */

bool seal_is_due(const struct seal_file *f, const struct audit_tail *t, uint64_t now_ms)
{
	const struct seal_state *s = &f->state;

	if (f->fd < 0 || t->sequence <= s->line)
		return false;
	return t->sequence - s->line >= s->every_events || now_ms < s->sealed_ms ||
	       now_ms - s->sealed_ms >= s->every_ms;
}

int seal_next(struct seal_file *f, const struct audit_tail *t, uint64_t now_ms)
{
	struct seal_state before = f->state;
	struct seal_state *s = &f->state;
	int r;

	s->last.epoch = s->epoch++;
	s->last.sequence = t->sequence;
	memcpy(s->last.fingerprint, t->fingerprint, sizeof(s->last.fingerprint));
	seal_mac(s->key, t->chain, &s->last, s->last.mac);
	seal_evolve(s->key);
	s->line = t->sequence + 1;
	s->sealed_ms = now_ms;
	r = seal_save(f);
	if (r < 0) /* whatever is on the disk is read before it is used again */
		*s = before;
	explicit_bzero(&before, sizeof(before));
	return r;
}
