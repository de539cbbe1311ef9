/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/table_consts.h"

#include <inttypes.h>

#include "base/str.h"
#include "seccomp/table_hash.h"

/* A constant that differs by architecture, is missing on one, or needs more than 32 bits. */
struct odd_const {
	uint16_t index;
	uint8_t has; /* bit by enum arch */
	uint64_t values[ARCH_N];
};

/* The constants of an argument: const_members[first ...]. Bits in mask are one value (all: an
 * enumeration), the others are flags. */
struct const_set {
	uint32_t mask;
	uint16_t first, n;
};

/* clang-format off */
#include "seccomp/syscalls/consts.inc"
/* clang-format on */

static const struct odd_const *odd_find(size_t index)
{
	size_t low = 0, high = COUNT(odd_consts);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (odd_consts[mid].index == index)
			return &odd_consts[mid];
		if (odd_consts[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool const_value(size_t index, enum arch arch, uint64_t *value)
{
	const struct odd_const *odd = odd_find(index);

	if (odd != NULL && (odd->has >> arch & 1) == 0)
		return false;
	*value = odd != NULL ? odd->values[arch] : const_values[index];
	return true;
}

bool sc_const(const char *name, size_t len, enum arch arch, uint64_t *value)
{
	const struct hash_names consts = { const_names, const_name_at, const_slots,
					   CONST_HASH_FACTOR, CONST_HASH_BITS };
	int i = hash_find(consts, name, len);

	return i >= 0 && const_value((size_t)i, arch, value);
}

const char *sc_const_name(size_t i)
{
	return i < COUNT(const_name_at) ? const_names + const_name_at[i] : NULL;
}

/* What is being shown: the constants left to try, the bits left to name. */
struct show {
	struct sbuf *b;
	const struct const_set *set;
	enum arch arch;
	uint64_t rest;
	bool some; /* something is written */
};

static void show_word(struct show *s, const char *word)
{
	sbuf_add(s->b, "%s%s", s->some ? "|" : "", word);
	s->some = true;
}

/* Writes the name of the constant that is exactly this value, if there is one. */
static bool show_exact(struct show *s, uint64_t value)
{
	for (size_t i = 0; i < s->set->n; i++) {
		size_t index = const_members[s->set->first + i];
		uint64_t v;

		if (const_value(index, s->arch, &v) && v == value) {
			show_word(s, const_names + const_name_at[index]);
			return true;
		}
	}
	return false;
}

static void show_flags(struct show *s, uint64_t mask)
{
	for (size_t i = 0; i < s->set->n && s->rest != 0; i++) {
		size_t index = const_members[s->set->first + i];
		uint64_t v;

		if (!const_value(index, s->arch, &v) || v == 0 || (v & mask) != 0 ||
		    (s->rest & v) != v)
			continue;
		show_word(s, const_names + const_name_at[index]);
		s->rest &= ~v;
	}
}

/* A value and flags: "SOCK_STREAM|SOCK_CLOEXEC|0x40". */
static void show_parts(struct show *s)
{
	uint64_t mask = s->set->mask, value = s->rest & mask, unnamed = 0;

	if (s->rest == 0 && show_exact(s, 0))
		return;
	s->rest &= ~mask;
	if (mask != 0 && !show_exact(s, value))
		unnamed = value;
	show_flags(s, mask);
	s->rest |= unnamed;
	if (s->rest != 0 || !s->some)
		sbuf_add(s->b, "%s%s%" PRIx64, s->some ? "|" : "", s->rest != 0 ? "0x" : "",
			 s->rest);
}

/* One of an enumeration. Constants of 32 bits are positive, or have the sign in all 64. */
static void show_value(struct show *s, bool is_signed)
{
	int64_t value = is_signed ? (int32_t)s->rest : (int64_t)s->rest;

	if (show_exact(s, s->rest) || show_exact(s, (uint64_t)value))
		return;
	if (is_signed)
		sbuf_add(s->b, "%" PRId64, value);
	else
		sbuf_add(s->b, "%#" PRIx64, s->rest);
}

/* The bits that the kernel looks at. */
static uint64_t narrow(struct sc_arg arg, uint64_t value)
{
	return arg.bits < 64 ? value & ((UINT64_C(1) << arg.bits) - 1) : value;
}

bool sc_show_arg(struct sbuf *b, int id, enum arch arch, unsigned i, uint64_t value)
{
	struct sc_arg arg = sc_arg(id, arch, i);
	unsigned words = sc_arg_constants(id, arch, i);
	struct show s = { b, &const_sets[words], arch, narrow(arg, value), false };
	bool is_signed = arg.type == SC_I32 || arg.type == SC_FD;

	if (words == 0)
		return false;
	if (s.set->mask != UINT32_MAX)
		show_parts(&s);
	else
		show_value(&s, is_signed);
	return true;
}

bool sc_arg_has_flags(int id, enum arch arch, unsigned i, uint64_t *value)
{
	const unsigned words = sc_arg_constants(id, arch, i);

	if (value != NULL)
		*value = const_sets[words].mask;
	return words != 0 && const_sets[words].mask != UINT32_MAX;
}

bool sc_show_mask(struct sbuf *b, int id, enum arch arch, unsigned i, uint64_t mask)
{
	const unsigned words = sc_arg_constants(id, arch, i);
	struct show s = { b, &const_sets[words], arch, mask, false };

	if (words == 0 || s.set->mask == UINT32_MAX)
		return false;
	/* the two bits of O_ACCMODE have names, those of a signal's number have not */
	show_flags(&s, __builtin_popcount(s.set->mask) > 2 ? s.set->mask : 0);
	if (s.rest != 0)
		sbuf_add(b, "%s%#" PRIx64, s.some ? "|" : "", s.rest);
	return true;
}

const char *sc_errno_name(unsigned number)
{
	const struct const_set *set = &const_sets[ERRNO_SET];

	for (size_t i = 0; i < set->n; i++) {
		size_t index = const_members[set->first + i];

		if (const_values[index] == number)
			return const_names + const_name_at[index];
	}
	return NULL;
}
