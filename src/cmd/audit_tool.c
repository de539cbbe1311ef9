/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/audit_tool.h"

#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/digest.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/config.h"

static int read_time(const char *option, const char *text, uint64_t *out, struct err *e)
{
	if (text == NULL || audit_time_read(text, now_wall_ns() / 1000000, out))
		return 0;
	(void)fail(e, ERR_USAGE, "--%s: expected a time: found \"%s\"", option, text);
	return hint(e, "as 2026-11-22, 2026-11-22T10:00:00Z, @1795313641 or 2h");
}

static int read_where(struct arena *a, const struct opt_strings *words, struct audit_filter *f,
		      struct err *e)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *equals = strchr(words->v[i], '=');

		if (equals == NULL || equals == words->v[i])
			return fail(e, ERR_USAGE, "--where: expected PATH=VALUE: found \"%s\"",
				    words->v[i]);
		if (i == AUDIT_WHERE_MAX)
			return fail(e, ERR_USAGE, "--where: expected at most %d of them",
				    AUDIT_WHERE_MAX);
		f->where[i].path =
			arena_strndup(a, words->v[i], (size_t)(equals - words->v[i]));
		f->where[i].value = equals + 1;
		f->where_n++;
	}
	return 0;
}

int audit_tool_open(struct arena *a, const struct audit_want *w, struct audit_files *files,
		    struct audit_filter *filter, struct err *e)
{
	const char *path;

	*filter = (struct audit_filter){
		.events = w->events.v,
		.container = w->container,
		.user = w->user,
		.severity = w->severity != NULL ? audit_severity_read(w->severity) : 0,
	};
	if (w->severity != NULL && filter->severity == 0)
		return fail(e, ERR_USAGE,
			    "--severity: expected info, low, medium, high or critical: found "
			    "\"%s\"",
			    w->severity);
	if (read_time("since", w->since, &filter->since_ms, e) < 0 ||
	    read_time("until", w->until, &filter->until_ms, e) < 0 ||
	    read_where(a, &w->where, filter, e) < 0 || audit_path(a, w->log, &path, e) < 0)
		return -1;
	audit_filter_prepare(a, filter);
	return audit_files_find(a, path, files, e);
}

int audit_tool_write(struct arena *a, const struct audit_want *w, const char *path,
		     struct audit **out, struct err *e)
{
	struct config *config = arena_new(a, struct config);

	if (config_load(a, w->config, config, e) < 0 || audit_open(path, out, e) < 0)
		return -1;
	audit_obey(*out, &config->audit);
	audit_configure(*out, &config->sinks);
	return 0;
}

int audit_tool_key(const char *option, const char *text, struct err *e)
{
	uint8_t key[DIGEST_SIZE];

	if (text == NULL || hex_read(text, sizeof(key), key))
		return 0;
	return fail(e, ERR_USAGE, "--%s: expected a key of %zu hexadecimal digits", option,
		    2 * sizeof(key));
}

/* How many bytes of a character that a terminal would obey, or that turns the text behind it
 * round: ASCII's controls, C1 as UTF-8 has them, and the marks of Unicode's UAX 9. */
static size_t unprintable(const char *s)
{
	/* each a range in the last byte: U+061C, U+200E and F, U+202A to E, U+2066 to 9 */
	static const struct {
		const char *start;
		unsigned char first, last;
	} marks[] = { { "\xc2", 0x80, 0x9f },
		      { "\xd8", 0x9c, 0x9c },
		      { "\xe2\x80", 0x8e, 0x8f },
		      { "\xe2\x80", 0xaa, 0xae },
		      { "\xe2\x81", 0xa6, 0xa9 } };
	const unsigned char c = (unsigned char)s[0];

	if (c < 0x80) /* nearly all of them */
		return c < ' ' || c == 0x7f;
	for (size_t i = 0; i < COUNT(marks); i++) {
		const char *last = str_after(s, marks[i].start);

		if (last != NULL && (unsigned char)*last >= marks[i].first &&
		    (unsigned char)*last <= marks[i].last)
			return (size_t)(last - s) + 1;
	}
	return 0;
}

const char *audit_printable(struct arena *a, const char *text, size_t max)
{
	const size_t len = strlen(text);
	size_t n = max > 0 && len > max ? max : len;
	char *out, *p;

	while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) /* no half ones */
		n--;
	out = p = arena_alloc(a, (n + 4) * 4 + 1);
	for (size_t i = 0; i < n;) {
		size_t odd = unprintable(text + i);

		if (odd == 0)
			*p++ = text[i++];
		for (; odd > 0; odd--)
			p += sprintf(p, "\\x%02x", (unsigned char)text[i++]);
	}
	*p = '\0';
	return out;
}
