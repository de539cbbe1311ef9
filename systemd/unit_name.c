/* SPDX-License-Identifier: Apache-2.0 */
/* Names of units: systemd.unit(5), systemd.slice(5). */
#include <string.h>

#include "base/str.h"
#include "systemd/unit.h"

#define UNIT_NAME_MAX 255 /* UNIT_NAME_MAX, src/basic/unit-name.h: 256 with the NUL */

/* systemd.unit(5) "Description": letters, digits and :-_.\ and @, of which our place's form
 * keeps the colon. */
static bool is_plain(const char *name)
{
	static const char ok[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"-_.\\@";

	return name[0] != '\0' && name[strspn(name, ok)] == '\0';
}

/* systemd.slice(5): a dash is a level, so none may be empty; "-.slice" is the root. */
static bool is_slice(const char *slice)
{
	return is_plain(slice) && str_ends(slice, ".slice") && slice[0] != '.' &&
	       strlen(slice) <= UNIT_NAME_MAX &&
	       (str_eq(slice, "-.slice") ||
		(slice[0] != '-' && strstr(slice, "--") == NULL &&
		 strstr(slice, "-.slice") == NULL && strchr(slice, '@') == NULL));
}

/* "a-b-c.slice" is "/a.slice/a-b.slice/a-b-c.slice". */
static const char *slice_path(struct arena *a, const char *slice)
{
	const char *path = "";

	if (str_eq(slice, "-.slice"))
		return path;
	for (const char *p = strchr(slice, '-'); p != NULL; p = strchr(p + 1, '-'))
		path = arena_printf(a, "%s/%.*s.slice", path, (int)(p - slice), slice);
	return arena_printf(a, "%s/%s", path, slice);
}

int unit_place_make(struct arena *a, const char *slice, const char *prefix, const char *name,
		    struct unit_place *out, struct err *e)
{
	const char *unit =
		arena_printf(a, "%s%s%s.scope", prefix, prefix[0] != '\0' ? "-" : "", name);

	if (!is_slice(slice))
		return fail(e, ERR_SPEC,
			    "expected the name of a slice, as \"a-b.slice\": found \"%s\"",
			    slice);
	if (str_ends(name, ".slice")) {
		(void)fail(e, ERR_SPEC, "expected the name of a scope: found the slice \"%s\"",
			   name);
		return hint(e, "a slice holds units, no processes: name the slice first, as "
			       "SLICE:PREFIX:NAME");
	}
	if (name[0] == '\0' || !is_plain(unit) || unit[0] == '.' ||
	    strlen(unit) > UNIT_NAME_MAX)
		return fail(e, ERR_SPEC,
			    "expected the name of a unit, at most %d letters, digits and "
			    "-_.\\@: found \"%s\"",
			    UNIT_NAME_MAX, unit);
	*out = (struct unit_place){
		.slice = slice,
		.name = unit,
		.path = arena_printf(a, "%s/%s", slice_path(a, slice), unit),
	};
	return 0;
}

int unit_place_parse(struct arena *a, const char *text, const char *default_slice,
		     struct unit_place *out, struct err *e)
{
	const char *prefix = strchr(text, ':');
	const char *name = prefix != NULL ? strchr(prefix + 1, ':') : NULL;
	const char *slice;

	if (name == NULL || strchr(name + 1, ':') != NULL || strchr(text, '/') != NULL)
		return fail(e, ERR_SPEC, "expected SLICE:PREFIX:NAME: found \"%s\"", text);
	slice = prefix > text ? arena_strndup(a, text, (size_t)(prefix - text)) : default_slice;
	prefix = arena_strndup(a, prefix + 1, (size_t)(name - prefix - 1));
	return unit_place_make(a, slice, prefix, name + 1, out, e);
}
