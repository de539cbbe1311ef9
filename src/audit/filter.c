/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

/* OCSF's severity_id */
const char *const audit_severities[7] = { "unknown", "info",     "low",  "medium",
					  "high",    "critical", "fatal" };

/* ---- values ---- */

const char *audit_text_at(const struct json *event, const char *path)
{
	const struct json *v = event;
	char key[64];

	while (v != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		if (v->kind != JSON_OBJECT || n == 0 || n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		v = json_get(v, key);
		path += n + (path[n] == '.');
	}
	if (v == NULL)
		return NULL;
	if (v->kind == JSON_BOOL)
		return v->truth ? "true" : "false";
	return v->kind == JSON_STRING || v->kind == JSON_NUMBER ? v->text : NULL;
}

uint64_t audit_number_at(const struct json *event, const char *path)
{
	const char *text = audit_text_at(event, path);
	uint64_t n;

	return text != NULL && str_uint64(text, UINT64_MAX, &n) ? n : 0;
}

/* ---- bytes ---- */

static bool is_literal(const char *pattern)
{
	return pattern[strcspn(pattern, "*?[\\")] == '\0';
}

static void add_must(struct audit_filter *f, const char *text)
{
	f->must[f->must_n] = text;
	f->must_len[f->must_n] = strlen(text);
	f->must_n++;
}

/* As the writer has it: "key":"value". */
static const char *member_text(struct arena *a, const char *key, const char *value)
{
	struct json *o = json_object(a);
	const char *text;
	size_t len;

	json_set(o, key, json_string(a, value));
	text = json_print(a, o, JSON_CANONICAL, &len);
	return arena_strndup(a, text + 1, len - 2); /* without the braces */
}

void audit_filter_prepare(struct arena *a, struct audit_filter *f)
{
	f->must_n = 0;
	if (f->events != NULL && f->events[0] != NULL && f->events[1] == NULL &&
	    is_literal(f->events[0]))
		add_must(f, member_text(a, "event", f->events[0]));
	if (f->container != NULL)
		add_must(f, member_text(a, "uid", f->container));
}

/* The event's time. Keys are sorted, so no number under this key stands before it. */
static bool read_time(const struct audit_line_at *at, uint64_t *out)
{
	static const char key[] = "\"time\":";
	const char *p = memmem(at->text, at->len, key, sizeof(key) - 1);
	uint64_t n = 0;

	if (p == NULL)
		return false;
	for (p += sizeof(key) - 1; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*out = n;
	return true;
}

static bool is_in_time(const struct audit_filter *f, uint64_t ms)
{
	return ms >= f->since_ms && (f->until_ms == 0 || ms < f->until_ms);
}

bool audit_filter_may(const struct audit_filter *f, const struct audit_line_at *at)
{
	uint64_t ms;

	if (at->torn)
		return false;
	for (size_t i = 0; i < f->must_n; i++)
		if (memmem(at->text, at->len, f->must[i], f->must_len[i]) == NULL)
			return false;
	if (f->since_ms == 0 && f->until_ms == 0)
		return true;
	return !read_time(at, &ms) || is_in_time(f, ms);
}

/* ---- meaning ---- */

static bool matches(const char *pattern, const char *text)
{
	return text != NULL && fnmatch(pattern, text, 0) == 0;
}

static bool is_event(const struct audit_filter *f, const struct json *event)
{
	const char *name = audit_text_at(event, "event");

	if (f->events == NULL || f->events[0] == NULL)
		return true;
	for (size_t i = 0; f->events[i] != NULL; i++)
		if (matches(f->events[i], name))
			return true;
	return false;
}

static bool is_user(const struct audit_filter *f, const struct json *event)
{
	return f->user == NULL || str_eq(f->user, audit_text_at(event, "actor.user.name")) ||
	       str_eq(f->user, audit_text_at(event, "actor.user.uid"));
}

static bool is_where(const struct audit_filter *f, const struct json *event)
{
	for (size_t i = 0; i < f->where_n; i++)
		if (!matches(f->where[i].value, audit_text_at(event, f->where[i].path)))
			return false;
	return true;
}

bool audit_filter_takes(struct arena *a, const struct audit_filter *f,
			const struct audit_line_at *at, struct json **doc)
{
	struct err unused = { 0 };

	if (at->torn || json_parse(a, "line", at->text, at->len, doc, &unused) < 0 ||
	    (*doc)->kind != JSON_OBJECT || audit_text_at(*doc, "event") == NULL)
		return false;
	return is_in_time(f, audit_number_at(*doc, "time")) && is_event(f, *doc) &&
	       (f->container == NULL ||
		str_eq(f->container, audit_text_at(*doc, "container.uid"))) &&
	       is_user(f, *doc) && audit_number_at(*doc, "severity_id") >= f->severity &&
	       is_where(f, *doc);
}

/* ---- words ---- */

static bool read_ago(const char *text, uint64_t now_ms, uint64_t *out)
{
	static const struct word units[] = { { "s", 1 },     { "m", 60 },     { "h", 3600 },
					     { "d", 86400 }, { "w", 604800 }, { NULL, 0 } };
	size_t digits = strspn(text, "0123456789");
	const struct word *unit = word_find(units, text + digits);
	char number[12];
	uint64_t n;

	if (unit == NULL || digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!str_uint64(number, UINT32_MAX, &n))
		return false;
	n *= unit->value * 1000;
	*out = n < now_ms ? now_ms - n : 1;
	return true;
}

/* RFC 3339 in UTC, to the second, or a day by itself. */
static bool read_date(const char *text, uint64_t *out)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S",
					     "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d" };

	for (size_t i = 0; i < COUNT(forms); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);
		time_t t;

		if (end == NULL || *end != '\0' || (t = timegm(&tm)) <= 0)
			continue;
		*out = (uint64_t)t * 1000;
		return true;
	}
	return false;
}

bool audit_time_read(const char *text, uint64_t now_ms, uint64_t *out_ms)
{
	uint64_t n;

	if (text[0] == '@') {
		if (!str_uint64(text + 1, UINT32_MAX * UINT64_C(8), &n))
			return false;
		*out_ms = n * 1000;
		return true;
	}
	return read_ago(text, now_ms, out_ms) || read_date(text, out_ms);
}

unsigned audit_severity_read(const char *text)
{
	uint64_t n;

	for (unsigned i = 1; i < COUNT(audit_severities); i++)
		if (str_eq(text, audit_severities[i]))
			return i;
	return str_uint64(text, COUNT(audit_severities) - 1, &n) ? (unsigned)n : 0;
}
