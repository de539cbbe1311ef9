/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/scan.h"

#include <string.h>

/* What is still to be read; NULL: nothing of ours. */
struct at {
	const char *p, *end;
};

static bool take(struct at *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool take_string(struct at *s, struct scan_text *out)
{
	bool escaped = false;
	const char *begin;

	if (!take(s, '"'))
		return false;
	begin = s->p;
	for (; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p != '\\')
			continue;
		escaped = true;
		if (++s->p == s->end)
			return false;
	}
	*out = (struct scan_text){ begin, (size_t)(s->p - begin), true, escaped };
	return take(s, '"');
}

/* An object or array, by its brackets: what is between them may be anything. */
static bool skip_nested(struct at *s)
{
	struct scan_text unused;
	size_t depth = 0;

	do {
		const char c = *s->p;

		if (c == '"') {
			if (!take_string(s, &unused))
				return false;
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		s->p++;
	} while (depth > 0 && s->p < s->end);
	return depth == 0;
}

static bool take_value(struct at *s, struct scan_text *out)
{
	const char *begin = s->p;

	if (s->p == s->end)
		return false;
	if (*s->p == '"')
		return take_string(s, out);
	if (*s->p == '{' || *s->p == '[') {
		if (!skip_nested(s))
			return false;
	} else {
		while (s->p < s->end && *s->p != ',' && *s->p != '}' && *s->p != ']')
			s->p++;
	}
	*out = (struct scan_text){ begin, (size_t)(s->p - begin), false, false };
	return out->len > 0;
}

/* The member of the object that the text is. */
static bool find_member(struct at s, const char *key, size_t key_len, struct scan_text *out)
{
	struct scan_text name;

	if (!take(&s, '{'))
		return false;
	do {
		if (!take_string(&s, &name) || !take(&s, ':') || !take_value(&s, out))
			return false;
		if (name.len == key_len && memcmp(name.p, key, key_len) == 0)
			return true;
	} while (take(&s, ','));
	return false;
}

bool scan_find(const char *text, size_t len, const char *path, struct scan_text *out)
{
	struct at s = { text, text + len };

	for (;;) {
		const size_t n = strcspn(path, ".");

		if (!find_member(s, path, n, out))
			return false;
		path += n;
		if (*path == '\0')
			return true;
		path++;
		s = (struct at){ out->p, out->p + out->len };
	}
}

bool scan_is(const struct scan_text *t, const char *what)
{
	return !t->escaped && strlen(what) == t->len && memcmp(t->p, what, t->len) == 0;
}

bool scan_number(const struct scan_text *t, uint64_t *out)
{
	uint64_t n = 0;

	if (t->is_string || t->len == 0 || t->len > 18)
		return false;
	for (size_t i = 0; i < t->len; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(t->p[i] - '0');
	}
	*out = n;
	return true;
}

bool scan_event(const char *text, size_t len, struct scan_event *out)
{
	struct scan_text time;

	return scan_find(text, len, "event", &out->event) && out->event.is_string &&
	       !out->event.escaped && scan_find(text, len, "time", &time) &&
	       scan_number(&time, &out->time_ms);
}
