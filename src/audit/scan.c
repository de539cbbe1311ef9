/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/scan.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

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

/* Behind the backslash. RFC 8785 writes controls so, and no other characters. */
static bool take_escape(struct at *s)
{
	char c;

	if (s->p == s->end)
		return false;
	c = *s->p++;
	if (c != 'u')
		return c != '\0' && strchr("\"\\bfnrt", c) != NULL;
	if (s->end - s->p < 4 || memcmp(s->p, "00", 2) != 0 || memcmp(s->p, "0000", 4) == 0 ||
	    (s->p[2] != '0' && s->p[2] != '1') || !isxdigit((unsigned char)s->p[3]))
		return false;
	s->p += 4;
	return true;
}

/* Past what is no quote and no plain ASCII. */
static bool take_special(struct at *s, bool *escaped)
{
	uint32_t unused;
	size_t n;

	if (take(s, '\\')) {
		*escaped = true;
		return take_escape(s);
	}
	if ((unsigned char)*s->p < ' ')
		return false;
	n = utf8_next(s->p, (size_t)(s->end - s->p), &unused);
	s->p += n;
	return n > 0;
}

static bool is_plain(char c)
{
	return (signed char)c >= ' ' && c != '"' && c != '\\';
}

static bool take_string(struct at *s, struct scan_text *out)
{
	bool escaped = false;
	const char *begin;

	if (!take(s, '"'))
		return false;
	begin = s->p;
	for (;;) {
		while (s->p < s->end && is_plain(*s->p))
			s->p++;
		if (s->p == s->end || *s->p == '"')
			break;
		if (!take_special(s, &escaped))
			return false;
	}
	*out = (struct scan_text){ begin, (size_t)(s->p - begin), true, escaped };
	return take(s, '"');
}

static bool take_digits(struct at *s)
{
	const char *begin = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > begin;
}

static bool take_number(struct at *s)
{
	(void)take(s, '-');
	if (!take(s, '0') && !take_digits(s))
		return false;
	if (take(s, '.') && !take_digits(s))
		return false;
	if (!take(s, 'e') && !take(s, 'E'))
		return true;
	if (!take(s, '+'))
		(void)take(s, '-');
	return take_digits(s);
}

static bool take_word(struct at *s, const char *word)
{
	const size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

static bool skip_value(struct at *s, unsigned depth);

static bool skip_array(struct at *s, unsigned depth)
{
	if (!take(s, '['))
		return false;
	if (take(s, ']'))
		return true;
	do {
		if (!skip_value(s, depth))
			return false;
	} while (take(s, ','));
	return take(s, ']');
}

static bool skip_object(struct at *s, unsigned depth)
{
	struct scan_text unused;

	if (!take(s, '{'))
		return false;
	if (take(s, '}'))
		return true;
	do {
		if (!take_string(s, &unused) || !take(s, ':') || !skip_value(s, depth))
			return false;
	} while (take(s, ','));
	return take(s, '}');
}

static bool skip_value(struct at *s, unsigned depth)
{
	struct scan_text unused;

	if (s->p == s->end || depth == 0)
		return false;
	switch (*s->p) {
	case '"':
		return take_string(s, &unused);
	case '{':
		return skip_object(s, depth - 1);
	case '[':
		return skip_array(s, depth - 1);
	case 't':
		return take_word(s, "true");
	case 'f':
		return take_word(s, "false");
	case 'n':
		return take_word(s, "null");
	default:
		return take_number(s);
	}
}

static bool take_value(struct at *s, struct scan_text *out)
{
	const char *begin = s->p;

	if (s->p < s->end && *s->p == '"')
		return take_string(s, out);
	if (!skip_value(s, JSON_DEPTH - 1))
		return false;
	*out = (struct scan_text){ begin, (size_t)(s->p - begin), false, false };
	return true;
}

static bool next_member(struct at *s, struct scan_text *name, struct scan_text *value)
{
	return take_string(s, name) && take(s, ':') && take_value(s, value);
}

/* What follows the path's first key, if the name is that; else NULL. */
static const char *after_key(const char *path, const struct scan_text *name)
{
	const size_t n = name->len;

	if (n == 0 || *path != *name->p) /* most of them */
		return NULL;
	if (strlen(path) < n || memcmp(path, name->p, n) != 0)
		return NULL;
	return path[n] == '\0' || path[n] == '.' ? path + n : NULL;
}

/* The first of one name counts. */
static void take_wanted(const struct scan_text *name, const struct scan_text *value,
			const char *const *paths, size_t n, struct scan_text *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *rest = out[i].p == NULL ? after_key(paths[i], name) : NULL;

		if (rest == NULL)
			continue;
		if (*rest == '\0')
			out[i] = *value;
		else if (!scan_find(value->p, value->len, rest + 1, &out[i]))
			out[i].p = NULL;
	}
}

bool scan_all(const char *text, size_t len, const char *const *paths, size_t n,
	      struct scan_text *out)
{
	struct at s = { text, text + len };
	struct scan_text name, value;

	if (n > 0)
		memset(out, 0, n * sizeof(*out));
	if (!take(&s, '{'))
		return false;
	do {
		if (!next_member(&s, &name, &value))
			return false;
		take_wanted(&name, &value, paths, n, out);
	} while (take(&s, ','));
	return take(&s, '}') && s.p == s.end;
}

bool scan_find(const char *text, size_t len, const char *path, struct scan_text *out)
{
	struct at s = { text, text + len };
	struct scan_text name;

	if (!take(&s, '{'))
		return false;
	do {
		const char *rest;

		if (!next_member(&s, &name, out))
			return false;
		rest = after_key(path, &name);
		if (rest != NULL) /* as deep as the path has dots */
			return *rest == '\0' || scan_find(out->p, out->len, rest + 1, out);
	} while (take(&s, ','));
	return false;
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
	static const char *const paths[] = { "event", "time" };
	struct scan_text got[2];

	if (!scan_all(text, len, paths, 2, got) || got[0].p == NULL || got[1].p == NULL ||
	    !got[0].is_string || got[0].escaped || !scan_number(&got[1], &out->time_ms))
		return false;
	out->event = got[0];
	return true;
}
