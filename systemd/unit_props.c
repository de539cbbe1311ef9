/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of a unit, our own and those from outside. */
#include <string.h>

#include "base/str.h"
#include "systemd/unit.h"

#define NAME_MAX_ 64

struct unit_prop *unit_props_add(struct unit_props *p, const char *name, const char *type,
				 const struct json *value)
{
	if (p->n == p->size) {
		size_t size = p->size > 0 ? p->size * 2 : 32;
		struct unit_prop *more = arena_array(p->arena, size, sizeof(*more));

		if (p->n > 0)
			memcpy(more, p->v, p->n * sizeof(*more));
		p->v = more;
		p->size = size;
	}
	p->v[p->n] = (struct unit_prop){ .name = name, .type = type, .value = value };
	return &p->v[p->n++];
}

struct unit_prop *unit_props_uint(struct unit_props *p, const char *name, uint64_t n)
{
	return unit_props_add(p, name, "t", json_uint(p->arena, n));
}

struct unit_prop *unit_props_bool(struct unit_props *p, const char *name, bool b)
{
	return unit_props_add(p, name, "b", json_bool(p->arena, b));
}

struct unit_prop *unit_props_string(struct unit_props *p, const char *name, const char *s)
{
	return unit_props_add(p, name, "s", json_string(p->arena, s));
}

/* "TimeoutStopSec", not "TimeoutStopUSec". */
static bool is_seconds(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && str_ends(name, "Sec") && name[n - 4] >= 'a' && name[n - 4] <= 'z';
}

/* Behind the word for a number's type, which says nothing here: D-Bus has microseconds. */
static const char *skip_number_type(const char *text)
{
	static const char *const types[] = { "byte ",   "int16 ",  "uint16 ",
					     "int32 ",  "uint32 ", "int64 ",
					     "uint64 ", "double ", NULL };

	for (size_t i = 0; types[i] != NULL; i++)
		if (str_after(text, types[i]) != NULL)
			return str_after(text, types[i]);
	return text;
}

/* "2.5" is 2500000. */
static bool microseconds(const char *text, uint64_t *out)
{
	char whole[24], part[] = "000000";
	const char *dot = strchr(text, '.');
	size_t n = dot != NULL ? (size_t)(dot - text) : strlen(text), digits = 0;
	uint64_t s, us = 0;

	if (n >= sizeof(whole))
		return false;
	memcpy(whole, text, n);
	whole[n] = '\0';
	if (dot != NULL) {
		digits = strlen(dot + 1);
		if (digits == 0 || digits > strlen(part))
			return false;
		memcpy(part, dot + 1, digits);
		if (!str_uint64(part, 999999, &us))
			return false;
	}
	if (!str_uint64(whole, UINT64_MAX / 1000000 - 1, &s))
		return false;
	*out = s * 1000000 + us;
	return true;
}

static int add_seconds(struct unit_props *p, const char *name, const char *text, struct err *e)
{
	uint64_t us;

	if (!microseconds(skip_number_type(text), &us))
		return fail(e, ERR_SPEC, "expected a number of seconds: found \"%.64s\"", text);
	(void)unit_props_uint(p,
			      arena_printf(p->arena, "%.*sUSec", (int)strlen(name) - 3, name),
			      us);
	return 0;
}

int unit_props_parse(struct unit_props *p, const char *name, const char *text, struct err *e)
{
	/* where the process is, and that it is ours to look after: not the annotations' matter
	 */
	static const char *const ours[] = { "PIDs",         "PIDFDs",      "Slice", "Delegate",
					    "DevicePolicy", "DeviceAllow", NULL };
	static const char ok[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *type;
	struct json *value;

	if (name[0] == '\0' || strlen(name) > NAME_MAX_ || name[strspn(name, ok)] != '\0')
		return fail(e, ERR_SPEC,
			    "expected a property's name, letters and digits: found \"%.64s\"",
			    name);
	if (str_in(name, ours))
		return fail(e, ERR_SPEC, "expected a property that is not the runtime's own");
	if (is_seconds(name))
		return add_seconds(p, name, text, e);
	if (unit_value_parse(p->arena, text, &type, &value, e) < 0)
		return -1;
	(void)unit_props_add(p, name, type, value);
	return 0;
}
