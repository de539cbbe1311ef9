/* SPDX-License-Identifier: Apache-2.0 */
/* Where a policy ends in its text, so that rules can be put there and nothing else changes. */
#include <string.h>

#include "seccomp/learn.h"

struct scan {
	const char *text;
	size_t at, len;
	unsigned line;
};

struct token {
	size_t at, len;
	unsigned line;
};

static bool begins(const struct scan *s, const char *with)
{
	const size_t n = strlen(with);

	return s->len - s->at >= n && memcmp(s->text + s->at, with, n) == 0;
}

static void step(struct scan *s, size_t n)
{
	for (; n > 0 && s->at < s->len; n--)
		if (s->text[s->at++] == '\n')
			s->line++;
}

static void step_behind(struct scan *s, const char *end)
{
	while (s->at < s->len && !begins(s, end))
		step(s, 1);
	step(s, strlen(end));
}

static bool skip_comment(struct scan *s)
{
	if (begins(s, "#") || begins(s, "//")) {
		step_behind(s, "\n");
		return true;
	}
	if (!begins(s, "/*"))
		return false;
	step(s, 2);
	step_behind(s, "*/");
	return true;
}

static void skip_string(struct scan *s)
{
	for (step(s, 1); s->at < s->len && s->text[s->at] != '"'; step(s, 1))
		if (s->text[s->at] == '\\')
			step(s, 1);
	step(s, 1);
}

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

/* A name, or one byte. */
static bool next(struct scan *s, struct token *out)
{
	while (s->at < s->len && (strchr(" \t\r\n", s->text[s->at]) != NULL || skip_comment(s)))
		if (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) != NULL)
			step(s, 1);
	*out = (struct token){ s->at, 1, s->line };
	if (s->at >= s->len)
		return false;
	if (s->text[s->at] == '"')
		skip_string(s);
	else if (in_name(s->text[s->at]))
		while (s->at < s->len && in_name(s->text[s->at]))
			step(s, 1);
	else
		step(s, 1);
	out->len = s->at - out->at;
	return true;
}

static bool is(const struct scan *s, const struct token *t, const char *word)
{
	return t->len == strlen(word) && memcmp(s->text + t->at, word, t->len) == 0;
}

/* From behind "policy NAME" to the bracket that closes. */
static bool find_end(struct scan *s, struct token *t)
{
	unsigned depth = 0;

	while (next(s, t)) {
		if (is(s, t, "{"))
			depth++;
		if (is(s, t, "}") && --depth == 0)
			return true;
		if (depth == 0 && is(s, t, ";"))
			return false;
	}
	return false;
}

bool policy_find_body(const struct policy_source *src, const char *name, size_t *end,
		      unsigned line[2])
{
	struct scan s = { .text = src->text, .len = src->len, .line = 1 };
	struct token t;
	unsigned depth = 0;

	while (next(&s, &t)) {
		const unsigned first = t.line;

		if (is(&s, &t, "{"))
			depth++;
		if (is(&s, &t, "}") && depth > 0)
			depth--;
		if (depth > 0 || !is(&s, &t, "policy") || !next(&s, &t) || !is(&s, &t, name))
			continue;
		if (!find_end(&s, &t))
			return false;
		*end = t.at;
		line[0] = first;
		line[1] = t.line;
		return true;
	}
	return false;
}
