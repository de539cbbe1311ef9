/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pb.h"

#include <string.h>

/* Wire types. */
enum {
	VARINT = 0,
	FIXED64 = 1,
	BYTES = 2,
	FIXED32 = 5
};

#define VARINT_MAX 10 /* bytes of a 64-bit number */

static void put(struct pb *m, const void *data, size_t n)
{
	if (m->size - m->n < n) {
		size_t size = 2 * (m->size + n) + 64;
		uint8_t *p = arena_alloc(m->arena, size);

		if (m->n > 0)
			memcpy(p, m->p, m->n);
		m->p = p;
		m->size = size;
	}
	if (n > 0)
		memcpy(m->p + m->n, data, n);
	m->n += n;
}

static void put_varint(struct pb *m, uint64_t v)
{
	uint8_t bytes[VARINT_MAX];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (uint8_t)(v | 0x80);
	bytes[n++] = (uint8_t)v;
	put(m, bytes, n);
}

static void put_bytes(struct pb *m, unsigned field, const void *data, size_t n)
{
	put_varint(m, (uint64_t)field << 3 | BYTES);
	put_varint(m, n);
	put(m, data, n);
}

void pb_uint(struct pb *m, unsigned field, uint64_t value)
{
	put_varint(m, (uint64_t)field << 3 | VARINT);
	put_varint(m, value);
}

/* A negative int32 is written as an int64. */
void pb_int(struct pb *m, unsigned field, int64_t value)
{
	pb_uint(m, field, (uint64_t)value);
}

void pb_bool(struct pb *m, unsigned field, bool value)
{
	pb_uint(m, field, value);
}

void pb_string(struct pb *m, unsigned field, const char *s)
{
	put_bytes(m, field, s, strlen(s));
}

void pb_message(struct pb *m, unsigned field, const struct pb *inner)
{
	put_bytes(m, field, inner->p, inner->n);
}

static bool get_varint(struct pb_in *in, uint64_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < VARINT_MAX && in->p < in->end; i++) {
		uint8_t b = *in->p++;

		*out |= (uint64_t)(b & 0x7f) << (7 * i);
		if ((b & 0x80) == 0)
			return i < VARINT_MAX - 1 || b <= 1;
	}
	return false;
}

static bool get_bytes(struct pb_in *in, uint64_t n, struct pb_field *f)
{
	if (n > (size_t)(in->end - in->p))
		return false;
	f->bytes = in->p;
	f->len = (size_t)n;
	in->p += n;
	return true;
}

static bool get_value(struct pb_in *in, unsigned type, struct pb_field *f)
{
	uint64_t n;

	switch (type) {
	case VARINT:
		return get_varint(in, &f->value);
	case BYTES:
		return get_varint(in, &n) && get_bytes(in, n, f);
	case FIXED64:
		return get_bytes(in, 8, f);
	case FIXED32:
		return get_bytes(in, 4, f);
	default: /* groups, which nobody writes any more */
		return false;
	}
}

int pb_next(struct pb_in *in, struct pb_field *f)
{
	uint64_t key;

	*f = (struct pb_field){ 0 };
	if (in->p >= in->end)
		return 0;
	if (!get_varint(in, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
		return -1;
	f->number = (unsigned)(key >> 3);
	return get_value(in, key & 7, f) ? 1 : -1;
}
