/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/filter.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/note.h"
#include "audit/scan.h"
#include "base/auto.h"
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

/* Of a pattern its beginning, before the first odd character. */
static const char *event_text(struct arena *a, const char *pattern)
{
	const size_t n = strcspn(pattern, "*?[\\");
	const char *text = member_text(a, "event", arena_strndup(a, pattern, n));

	return pattern[n] == '\0' ? text : arena_strndup(a, text, strlen(text) - 1);
}

void audit_filter_prepare(struct arena *a, struct audit_filter *f)
{
	f->must_n = 0;
	if (f->events != NULL && f->events[0] != NULL && f->events[1] == NULL)
		add_must(f, event_text(a, f->events[0]));
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

/* ---- meaning, without a tree ---- */

/* A copy that ends: values that are compared are short. */
static bool copy_text(const struct scan_text *t, char *out, size_t room)
{
	if (t->escaped || t->len >= room)
		return false;
	memcpy(out, t->p, t->len);
	out[t->len] = '\0';
	return true;
}

const char *const audit_member_paths[MEMBERS] = {
	[MEMBER_EVENT] = "event",          [MEMBER_TIME] = "time",
	[MEMBER_SEVERITY] = "severity_id", [MEMBER_CONTAINER] = "container.uid",
	[MEMBER_NAME] = "actor.user.name", [MEMBER_UID] = "actor.user.uid",
	[MEMBER_MESSAGE] = "message",
};

/* 1, 0; -1: it cannot be said so quickly. */
static int holds(const struct scan_text *t, const char *value,
		 bool (*is)(const char *pattern, const char *text))
{
	char text[256];

	if (t->p == NULL)
		return 0;
	return copy_text(t, text, sizeof(text)) ? is(value, text) : -1;
}

static int event_holds(const struct audit_filter *f, const struct scan_text *got)
{
	int any = f->events == NULL || f->events[0] == NULL;

	for (size_t i = 0; any == 0 && f->events[i] != NULL; i++)
		any = holds(&got[MEMBER_EVENT], f->events[i], matches);
	return any;
}

static int user_holds(const struct audit_filter *f, const struct scan_text *got)
{
	const int name = f->user != NULL ? holds(&got[MEMBER_NAME], f->user, str_eq) : 1;

	return name != 0 ? name : holds(&got[MEMBER_UID], f->user, str_eq);
}

static int numbers_hold(const struct audit_filter *f, const struct scan_text *got)
{
	uint64_t ms, severity;

	if (got[MEMBER_EVENT].p == NULL || !scan_number(&got[MEMBER_TIME], &ms) ||
	    !scan_number(&got[MEMBER_SEVERITY], &severity))
		return -1;
	return is_in_time(f, ms) && severity >= f->severity;
}

enum audit_answer audit_filter_scan(const struct audit_filter *f,
				    const struct audit_line_at *at,
				    struct scan_text got[MEMBERS])
{
	int answers[4];

	if (at->torn)
		return AUDIT_NOT_TAKEN;
	if (f->where_n > 0 || !scan_all(at->text, at->len, audit_member_paths, MEMBERS, got))
		return AUDIT_UNSURE;
	answers[0] = numbers_hold(f, got);
	answers[1] = event_holds(f, got);
	answers[2] = user_holds(f, got);
	answers[3] =
		f->container != NULL ? holds(&got[MEMBER_CONTAINER], f->container, str_eq) : 1;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i] == 0)
			return AUDIT_NOT_TAKEN;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i] < 0)
			return AUDIT_UNSURE;
	return AUDIT_TAKEN;
}

/* ---- by segment ---- */

static bool note_excludes(const struct audit_filter *f, const struct note *n)
{
	if (n->max_ms < f->since_ms || (f->until_ms > 0 && n->min_ms >= f->until_ms))
		return true;
	if (f->events == NULL || f->events[0] == NULL)
		return false;
	for (size_t i = 0; f->events[i] != NULL; i++)
		if (note_may_have(n, f->events[i]))
			return false;
	return true;
}

bool audit_filter_skips(const struct audit_filter *f, const struct audit_files *files,
			const struct audit_segment *s)
{
	autofd int dir = open(files->dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autoarena struct arena a = { 0 };
	struct note *n = arena_new(&a, struct note);

	return dir >= 0 && note_load(&a, dir, s, n) && note_excludes(f, n);
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
