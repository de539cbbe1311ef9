/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/sealed.h"

#include <inttypes.h>
#include <string.h>

#include "audit/filter.h"
#include "base/str.h"

/* Who writes the log chooses the number: the way there is as many HMACs. */
#define EPOCHS_MAX (UINT64_C(1) << 26)

static bool wrong(struct sealed_fault *out, enum audit_fault fault, const char *text)
{
	*out = (struct sealed_fault){ fault, text };
	return false;
}

static bool take(const struct json *event, const char *path, char *out, size_t room)
{
	const char *text = audit_text_at(event, path);

	if (text == NULL || strlen(text) != room - 1)
		return false;
	memcpy(out, text, room);
	return true;
}

static bool take_number(const struct json *event, const char *path, uint64_t *out)
{
	const char *text = audit_text_at(event, path);

	return text != NULL && str_uint64(text, UINT64_MAX - 1, out);
}

static bool read_seal(const struct json *event, struct seal *s)
{
	*s = (struct seal){ 0 };
	return take_number(event, "unmapped.log.epoch", &s->epoch) &&
	       take_number(event, "unmapped.log.sequence", &s->sequence) &&
	       take(event, "unmapped.log.key_id", s->id, sizeof(s->id)) &&
	       take(event, "unmapped.log.fingerprint", s->fingerprint,
		    sizeof(s->fingerprint)) &&
	       take(event, "unmapped.log.mac", s->mac, sizeof(s->mac));
}

/* ---- what it vouches for ---- */

static bool look_at_lines(struct arena *a, const struct seal *s, const struct audit_tail *t,
			  struct sealed_fault *out)
{
	if (s->sequence > t->sequence)
		return wrong(out, AUDIT_TRUNCATED,
			     arena_printf(a,
					  "the seal vouches for event %" PRIu64
					  ", and the last one before it is %" PRIu64,
					  s->sequence, t->sequence));
	if (s->sequence < t->sequence)
		return wrong(out, AUDIT_BAD_SEAL,
			     arena_printf(a,
					  "the seal vouches for event %" PRIu64
					  " only, not for what follows it",
					  s->sequence));
	if (!str_eq(s->fingerprint, t->fingerprint))
		return wrong(out, AUDIT_CHANGED,
			     arena_printf(a, "the seal vouches for another event %" PRIu64,
					  s->sequence));
	return true;
}

/* ---- its key ---- */

static bool is_ours(const struct sealed *s, const struct seal *seal)
{
	char id[SEAL_ID_HEX];

	if (s->first_key == NULL)
		return s->seals == 0 || str_eq(s->last.id, seal->id);
	seal_id(s->first_key, id);
	return str_eq(id, seal->id);
}

static bool look_at_epoch(const struct sealed *s, struct arena *a, const struct seal *seal,
			  bool whole, struct sealed_fault *out)
{
	const uint64_t expected = s->seals > 0 ? s->last.epoch + 1 : 0;

	if (seal->epoch == expected || (s->seals == 0 && !whole))
		return true;
	return wrong(out, AUDIT_BAD_SEAL,
		     arena_printf(a, "expected seal %" PRIu64 ": found seal %" PRIu64, expected,
				  seal->epoch));
}

static bool look_at_mac(struct sealed *s, const struct seal *seal, const char *chain)
{
	char mac[DIGEST_HEX];

	if (s->first_key == NULL)
		return true;
	if (s->key_epoch == 0 || seal->epoch < s->key_epoch) {
		memcpy(s->key, s->first_key, sizeof(s->key));
		s->key_epoch = 0;
	}
	if (seal->epoch - s->key_epoch > EPOCHS_MAX)
		return false;
	for (; s->key_epoch < seal->epoch; s->key_epoch++)
		seal_evolve(s->key);
	seal_mac(s->key, chain, seal, mac);
	return str_eq(mac, seal->mac);
}

static bool look_at_key(struct sealed *s, struct arena *a, const struct seal *seal,
			const char *chain, bool whole, struct sealed_fault *out)
{
	if (!look_at_epoch(s, a, seal, whole, out))
		return false;
	if (look_at_mac(s, seal, chain))
		return true;
	return wrong(out, AUDIT_BAD_SEAL,
		     arena_printf(a, "seal %" PRIu64 " was not made with this key",
				  seal->epoch));
}

/* Of another key. A log may be sealed anew; to who has the old key nothing is proved then. */
static bool look_at_other(struct sealed *s, struct sealed_fault *out)
{
	if (s->first_key != NULL && s->seals > 0)
		return wrong(out, AUDIT_BAD_SEAL, "from here on another key makes the seals");
	s->others++;
	s->seals = 0;
	return true;
}

bool sealed_look(struct sealed *s, struct arena *a, const struct json *event,
		 const struct audit_tail *before, bool whole, struct sealed_fault *out)
{
	struct seal seal;
	bool fine;

	if (!read_seal(event, &seal))
		return wrong(out, AUDIT_BAD_SEAL, "expected a seal");
	if (!is_ours(s, &seal) && !look_at_other(s, out))
		return false;
	if (s->first_key != NULL && !is_ours(s, &seal))
		return look_at_lines(a, &seal, before, out);
	fine = look_at_key(s, a, &seal, before->chain, whole, out);
	s->proved = fine && s->first_key != NULL;
	s->seals++;
	s->last = seal;
	s->last_ms = audit_number_at(event, "time");
	return fine && look_at_lines(a, &seal, before, out);
}

bool sealed_end(const struct sealed *s, struct arena *a, const struct audit_tail *end,
		struct sealed_fault *out)
{
	const struct seal_state *h = s->state;

	if (s->first_key != NULL && s->seals == 0)
		return wrong(out, AUDIT_BAD_SEAL,
			     "expected seals that were made with this "
			     "key: found none");
	if (h == NULL || h->epoch == 0)
		return true;
	if (s->seals > 0 && s->last.epoch == h->last.epoch && str_eq(s->last.mac, h->last.mac))
		return true;
	/* its writer was killed before it could append the line */
	if (h->last.sequence == end->sequence && str_eq(h->last.fingerprint, end->fingerprint))
		return true;
	if (h->last.sequence < end->sequence)
		return wrong(out, AUDIT_BAD_SEAL,
			     arena_printf(a,
					  "this host's last seal, number %" PRIu64
					  ", is not in the log",
					  h->last.epoch));
	return wrong(out, AUDIT_TRUNCATED,
		     arena_printf(a,
				  "this host has sealed event %" PRIu64
				  ", and the last one is %" PRIu64,
				  h->last.sequence, end->sequence));
}
