/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/table.h"

#include <linux/audit.h>
#include <string.h>

#include "base/error.h"
#include "seccomp/table_consts.h"
#include "seccomp/table_hash.h"

#define NO_NUMBER 0xffff
/* arm's private calls are stored in 16 bits. */
#define ARM_PRIVATE    0xf0000u
#define STORED_PRIVATE 0xfe00u

struct arg_row {
	uint16_t name;
	uint8_t type; /* enum sc_type */
	uint8_t bits; /* 0: the width of the register */
	uint8_t constants;
};

struct mux_row {
	uint16_t id, through;
	uint8_t sub;
};

/* clang-format off */
#include "seccomp/syscalls/calls.inc"

static const struct {
	char name[8];
	uint32_t audit;
	bool is_64;
} archs[ARCH_N] = {
	[ARCH_X86_64]  = { "x86_64",  AUDIT_ARCH_X86_64,  true },
	[ARCH_I386]    = { "i386",    AUDIT_ARCH_I386,    false },
	[ARCH_AARCH64] = { "aarch64", AUDIT_ARCH_AARCH64, true },
	[ARCH_ARM]     = { "arm",     AUDIT_ARCH_ARM,     false },
};
/* clang-format on */

enum arch arch_of_audit(uint32_t audit_arch)
{
	for (enum arch i = 0; i < ARCH_N; i++)
		if (archs[i].audit == audit_arch)
			return i;
	return ARCH_N;
}

uint32_t arch_audit(enum arch arch)
{
	return archs[arch].audit;
}

const char *arch_name(enum arch arch)
{
	return archs[arch].name;
}

enum arch arch_find(const char *name, size_t len)
{
	for (enum arch i = 0; i < ARCH_N; i++)
		if (strlen(archs[i].name) == len && memcmp(archs[i].name, name, len) == 0)
			return i;
	return ARCH_N;
}

enum arch arch_own(void)
{
#if defined(__x86_64__)
	return ARCH_X86_64;
#elif defined(__i386__)
	return ARCH_I386;
#elif defined(__aarch64__)
	return ARCH_AARCH64;
#elif defined(__arm__)
	return ARCH_ARM;
#else
	return ARCH_N;
#endif
}

bool arch_is_64(enum arch arch)
{
	return archs[arch].is_64;
}

int sc_find(const char *name, size_t len)
{
	const struct hash_names calls = { call_names, call_name_at, call_slots,
					  CALL_HASH_FACTOR, CALL_HASH_BITS };
	int i = hash_find(calls, name, len);

	return i < SC_N ? i : alias_of[i - SC_N];
}

const char *sc_name(int id)
{
	return call_names + call_name_at[id];
}

int sc_number(int id, enum arch arch)
{
	uint16_t nr = call_numbers[arch][id];

	if (nr == NO_NUMBER)
		return -1;
	return nr < STORED_PRIVATE ? nr : (int)(ARM_PRIVATE | (nr & 0xff));
}

/* A dense list: the ids of the numbers from 0. */
struct dense {
	const uint16_t *ids;
	uint32_t n;
};

#define DENSE(list) ((struct dense){ list, COUNT(list) })

static struct dense dense_calls(enum arch arch)
{
	switch (arch) {
	case ARCH_X86_64:
		return DENSE(calls_of_x86_64);
	case ARCH_I386:
		return DENSE(calls_of_i386);
	case ARCH_AARCH64:
		return DENSE(calls_of_aarch64);
	case ARCH_ARM:
		return DENSE(calls_of_arm);
	case ARCH_N:
		break;
	}
	return (struct dense){ NULL, 0 };
}

static int arm_private(uint32_t nr)
{
	for (int id = 0; id < SC_N; id++)
		if (sc_number(id, ARCH_ARM) == (int)nr)
			return id;
	return -1;
}

int sc_by_number(enum arch arch, uint32_t nr)
{
	struct dense list = dense_calls(arch);

	if (nr < list.n)
		return list.ids[nr] != NO_NUMBER ? list.ids[nr] : -1;
	if (arch == ARCH_ARM && nr > ARM_PRIVATE && nr <= (ARM_PRIVATE | 0xff))
		return arm_private(nr);
	return -1;
}

void sc_add_calls(struct sc_set *s, enum arch arch)
{
	const struct dense list = dense_calls(arch);

	for (uint32_t nr = 0; nr < list.n; nr++)
		if (list.ids[nr] != NO_NUMBER)
			sc_add(s, list.ids[nr]);
	for (int id = 0; arch == ARCH_ARM && id < SC_N; id++)
		if (sc_number(id, arch) >= 0)
			sc_add(s, id);
}

uint32_t sc_last(enum arch arch)
{
	return dense_calls(arch).n - 1;
}

uint16_t sc_since(int id, enum arch arch)
{
	return releases[call_since[arch][id]];
}

uint16_t sc_tables_kernel(void)
{
	return SC_KERNEL;
}

static const struct arg_row *arg_row(int id, enum arch arch, unsigned i)
{
	const uint16_t *list = arg_lists + call_args[arch][id];

	return i < list[0] ? &arg_rows[list[1 + i]] : NULL;
}

struct sc_arg sc_arg(int id, enum arch arch, unsigned i)
{
	const struct arg_row *row = arg_row(id, arch, i);
	uint8_t width = archs[arch].is_64 ? 64 : 32;

	if (row == NULL)
		return (struct sc_arg){ "", SC_NONE, 0 };
	return (struct sc_arg){ arg_names + row->name, row->type,
				row->bits != 0 ? row->bits : width };
}

unsigned sc_arg_constants(int id, enum arch arch, unsigned i)
{
	const struct arg_row *row = arg_row(id, arch, i);

	return row != NULL ? row->constants : 0;
}

/* The rows are sorted. */
struct sc_mux sc_mux(int id, enum arch arch)
{
	size_t lo = 0, hi = arch == ARCH_I386 ? COUNT(mux_rows) : 0;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (mux_rows[mid].id == id)
			return (struct sc_mux){ mux_rows[mid].through, mux_rows[mid].sub };
		if (mux_rows[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (struct sc_mux){ -1, 0 };
}

void sc_add_muxed(struct sc_set *s)
{
	for (size_t i = 0; i < COUNT(mux_rows); i++)
		sc_add(s, mux_rows[i].id);
}
