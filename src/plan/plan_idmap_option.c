/* SPDX-License-Identifier: Apache-2.0 */
/* plan_idmap_option.c - crun's mount option with a map in it, which podman hands on:
 * idmap=uids=FROM-TO-SIZE#FROM-TO-SIZE;gids=FROM-TO-SIZE. */
#include <string.h>

#include "base/str.h"
#include "plan/plan.h"

/* One of the file system's ids, what it is to the host, and how many there are. */
static bool take_range(char *range, uint32_t out[3])
{
	for (int i = 0; i < 3; i++) {
		const char *number = strsep(&range, "-");
		uint64_t n;

		if (number == NULL || !str_uint64(number, UINT32_MAX - 1, &n))
			return false;
		out[i] = (uint32_t)n;
	}
	return range == NULL && out[2] > 0;
}

static const char *map_of(struct arena *a, char *ranges)
{
	const char *text = "";
	char *range;

	while ((range = strsep(&ranges, "#")) != NULL) {
		uint32_t ids[3];

		if (!take_range(range, ids))
			return NULL;
		text = arena_printf(a, "%s%u %u %u\n", text, ids[0], ids[1], ids[2]);
	}
	return text;
}

static bool take_part(struct arena *a, char *part, struct plan_mount *out)
{
	char *equals = strchr(part, '=');
	const char **map;

	if (equals == NULL)
		return false;
	*equals = '\0';
	map = str_eq(part, "uids")   ? &out->uid_map
	      : str_eq(part, "gids") ? &out->gid_map
				     : NULL;
	if (map == NULL || *map != NULL)
		return false;
	*map = map_of(a, equals + 1);
	return *map != NULL;
}

int plan_idmap_option(struct arena *a, const char *word, struct plan_mount *out, struct err *e)
{
	char *rest = arena_strdup(a, strchr(word, '=') + 1), *part;

	out->idmap = true;
	out->idmap_recursive = word[0] == 'r';
	while ((part = strsep(&rest, ";")) != NULL)
		if (!take_part(a, part, out))
			break;
	if (part == NULL && out->uid_map != NULL && out->gid_map != NULL)
		return 0;
	(void)fail(e, ERR_SPEC, "mounts[%zu].options: expected a map of ids: found \"%s\"",
		   out->index, word);
	return hint(e,
		    "as in idmap=uids=0-100000-65536;gids=0-100000-65536, in ids of the host");
}
