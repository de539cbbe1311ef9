/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in the shape of a D-Bus signature, into a message. */
#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/str.h"
#include "systemd/sdb.h"

/* One complete type at the start of a signature: its length, 0 when there is none. */
static size_t one_type(const char *type)
{
	size_t arrays = strspn(type, "a"), n = arrays, inside;

	if (type[n] != '(')
		return type[n] != '\0' && strchr("ybnqiuxtso", type[n]) != NULL ? n + 1 : 0;
	for (n++; type[n] != ')'; n += inside) {
		inside = one_type(type + n);
		if (inside == 0)
			return 0;
	}
	return n - arrays > 1 ? n + 1 : 0;
}

static int append_number(sd_bus_message *m, char type, const struct json *v)
{
	int64_t i = 0;
	uint64_t u = 0;

	if (v->kind != JSON_NUMBER || (!str_int64(v->text, INT64_MIN, INT64_MAX, &i) &&
				       !str_uint64(v->text, UINT64_MAX, &u)))
		return -EINVAL;
	if (i >= 0 && u == 0)
		u = (uint64_t)i;
	switch (type) {
	case 'y':
		return sd_bus_message_append(m, "y", (uint8_t)u);
	case 'n':
		return sd_bus_message_append(m, "n", (int16_t)i);
	case 'q':
		return sd_bus_message_append(m, "q", (uint16_t)u);
	case 'i':
		return sd_bus_message_append(m, "i", (int32_t)i);
	case 'u':
		return sd_bus_message_append(m, "u", (uint32_t)u);
	case 'x':
		return sd_bus_message_append(m, "x", i);
	default:
		return sd_bus_message_append(m, "t", u);
	}
}

static int append_basic(sd_bus_message *m, char type, const struct json *v)
{
	switch (type) {
	case 'b':
		return v->kind == JSON_BOOL ? sd_bus_message_append(m, "b", (int)v->truth)
					    : -EINVAL;
	case 's':
	case 'o':
		return v->kind == JSON_STRING ? sd_bus_message_append_basic(m, type, v->text)
					      : -EINVAL;
	default:
		return append_number(m, type, v);
	}
}

static int append(sd_bus_message *m, const char *type, size_t n, const struct json *v);

static int append_array(sd_bus_message *m, const char *type, size_t n, const struct json *v)
{
	char element[64];
	int r;

	if (v->kind != JSON_ARRAY || n >= sizeof(element))
		return -EINVAL;
	memcpy(element, type, n);
	element[n] = '\0';
	r = sd_bus_message_open_container(m, 'a', element);
	for (const struct json *it = v->first; r >= 0 && it != NULL; it = it->next)
		r = append(m, type, n, it);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_struct(sd_bus_message *m, const char *type, size_t n, const struct json *v)
{
	const struct json *it = v->first;
	char inside[64];
	int r;

	if (v->kind != JSON_ARRAY || n >= sizeof(inside))
		return -EINVAL;
	memcpy(inside, type, n);
	inside[n] = '\0';
	r = sd_bus_message_open_container(m, 'r', inside);
	for (size_t at = 0, one; r >= 0 && at < n; at += one, it = it->next) {
		one = one_type(inside + at);
		if (it == NULL || one == 0)
			return -EINVAL;
		r = append(m, inside + at, one, it);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append(sd_bus_message *m, const char *type, size_t n, const struct json *v)
{
	if (type[0] == 'a')
		return append_array(m, type + 1, n - 1, v);
	if (type[0] == '(')
		return append_struct(m, type + 1, n - 2, v);
	return append_basic(m, type[0], v);
}

static int append_prop(sd_bus_message *m, const struct unit_prop *p)
{
	size_t n = one_type(p->type);
	int r;

	if (n == 0 || p->type[n] != '\0')
		return -EINVAL;
	r = sd_bus_message_open_container(m, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", p->name);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', p->type);
	if (r >= 0)
		r = append(m, p->type, n, p->value);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int sdb_append_props(sd_bus_message *m, const struct unit_prop *v, size_t n, bool all)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		if (all || !v[i].optional)
			r = append_prop(m, &v[i]);
	return r;
}
