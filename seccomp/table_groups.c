/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "seccomp/table.h"

/* clang-format off */
#include "seccomp/syscalls/groups.inc"
/* clang-format on */

const char *sc_group_name(size_t i)
{
	return group_names + group_name_at[i];
}

const char *sc_group_about(size_t i)
{
	return group_abouts + group_about_at[i];
}

const struct sc_set *sc_group(size_t i)
{
	return &groups[i];
}

int sc_group_find(const char *name, size_t len)
{
	for (size_t i = 0; i < SC_GROUPS; i++)
		if (strlen(sc_group_name(i)) == len && memcmp(sc_group_name(i), name, len) == 0)
			return (int)i;
	return -1;
}
