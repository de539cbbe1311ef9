/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/journal_help.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* systemd.journal-fields(7): upper case, digits, underscores; one that begins with an
 * underscore is the journal's own, and dropped; at most 64. */
static bool is_name(const char *text, size_t n)
{
	if (n == 0 || n > 64 || !(text[0] >= 'A' && text[0] <= 'Z'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(text[i] >= 'A' && text[i] <= 'Z') &&
		    !(text[i] >= '0' && text[i] <= '9') && text[i] != '_')
			return false;
	return true;
}

static const struct journal_field *find(const struct journal_entry *entry, const char *name,
					size_t n)
{
	for (size_t i = 0; i < entry->n; i++)
		if (strlen(entry->fields[i].name) == n &&
		    memcmp(entry->fields[i].name, name, n) == 0)
			return &entry->fields[i];
	return NULL;
}

/* NAME=VALUE, or NAME, a newline, the length as 64 bits little-endian, VALUE; then a newline.
 */
static const char *take(const char **at, const char *end, struct journal_field *f)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at)), *equals;
	uint64_t size;

	if (newline == NULL)
		return "a field without an end";
	equals = memchr(*at, '=', (size_t)(newline - *at));
	f->len = (size_t)((equals != NULL ? equals : newline) - *at);
	if (!is_name(*at, f->len))
		return "a name that is none";
	memcpy(f->name, *at, f->len);
	f->name[f->len] = '\0';
	f->value = equals != NULL ? equals + 1 : newline + 1 + sizeof(size);
	f->len = equals != NULL ? (size_t)(newline - f->value) : 0;
	*at = newline + 1;
	if (equals != NULL)
		return NULL;
	if ((size_t)(end - *at) < sizeof(size))
		return "half a length";
	memcpy(&size, *at, sizeof(size));
	f->len = (size_t)le64toh(size);
	if (f->len >= (size_t)(end - f->value) || f->value[f->len] != '\n')
		return "another length than there is";
	*at = f->value + f->len + 1;
	return NULL;
}

const char *journal_read(const char *bytes, size_t n, struct journal_entry *out)
{
	const char *at = bytes, *const end = bytes + n, *wrong;

	out->n = 0;
	if (n == 0)
		return "nothing";
	while (at < end) {
		struct journal_field f;

		if (out->n == JOURNAL_FIELDS)
			return "too many fields";
		wrong = take(&at, end, &f);
		if (wrong != NULL)
			return wrong;
		if (find(out, f.name, strlen(f.name)) != NULL)
			return "a field twice";
		out->fields[out->n++] = f;
	}
	return NULL;
}

bool journal_has(const struct journal_entry *entry, const char *name, const char *value)
{
	const struct journal_field *f = find(entry, name, strlen(name));

	return f != NULL && f->len == strlen(value) && memcmp(f->value, value, f->len) == 0;
}
