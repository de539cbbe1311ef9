/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/report.h"

#include <stdlib.h>
#include <string.h>

#include "audit/filter.h"
#include "base/proc.h"
#include "base/str.h"

/* ---- tables: an open hash of keys ---- */

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static struct report_row *slot_of(struct report_table *t, const char *key)
{
	size_t i = hash_of(key) & (t->room - 1);

	while (t->rows[i].key != NULL && strcmp(t->rows[i].key, key) != 0)
		i = (i + 1) & (t->room - 1);
	return &t->rows[i];
}

static void grow(struct arena *a, struct report_table *t)
{
	struct report_table old = *t;

	t->room = old.room > 0 ? old.room * 2 : 64;
	t->rows = arena_array(a, t->room, sizeof(*t->rows));
	for (size_t i = 0; i < old.room; i++)
		if (old.rows[i].key != NULL)
			*slot_of(t, old.rows[i].key) = old.rows[i];
}

static void count(struct report *r, struct report_table *t, const char *key)
{
	struct report_row *row;

	if (key == NULL || key[0] == '\0')
		return;
	if (t->n * 2 >= t->room && t->n < REPORT_KEYS_MAX)
		grow(r->arena, t);
	row = slot_of(t, key);
	if (row->key == NULL && t->n == REPORT_KEYS_MAX) {
		t->others++;
		return;
	}
	if (row->key == NULL) {
		row->key = arena_strdup(r->arena, key);
		t->n++;
	}
	row->n++;
}

static int by_count(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;

	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return strcmp(a->key, b->key);
}

static int by_key(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;

	return strcmp(a->key, b->key);
}

static void settle(struct report_table *t, int (*order)(const void *, const void *))
{
	size_t n = 0;

	for (size_t i = 0; i < t->room; i++)
		if (t->rows[i].key != NULL)
			t->rows[n++] = t->rows[i];
	if (n > 0)
		qsort(t->rows, n, sizeof(*t->rows), order);
}

/* ---- values ---- */

static void value(struct report_values *v, const char *text)
{
	uint64_t n;

	if (text == NULL || !str_uint64(text, UINT64_MAX, &n))
		return;
	if (v->n == v->room) {
		size_t room = v->room * 2 + 256;
		uint64_t *more = reallocarray(v->v, room, sizeof(*more));

		if (more ==
		    NULL) /* the percentiles are then those of what there was room for */
			return;
		v->v = more;
		v->room = room;
	}
	v->v[v->n++] = n;
}

static int by_value(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

static void sort(struct report_values *v)
{
	if (v->n > 0)
		qsort(v->v, v->n, sizeof(*v->v), by_value);
}

/* The nearest rank: the least value that so many percent do not exceed. */
uint64_t report_percentile(const struct report_values *v, unsigned percent)
{
	size_t rank = (v->n * percent + 99) / 100;

	return v->n == 0 ? 0 : v->v[rank > 0 ? rank - 1 : 0];
}

/* ---- events ---- */

static void count_time(struct report *r, uint64_t ms)
{
	char hour[40];

	if (r->events == 1 || ms < r->first_ms)
		r->first_ms = ms;
	if (ms > r->last_ms)
		r->last_ms = ms;
	time_rfc3339(ms * 1000000, hour);
	hour[13] = '\0';
	count(r, &r->by_hour, hour);
}

static void count_refusal(struct report *r, const struct json *event)
{
	static const char *const paths[] = { "unmapped.seccomp.syscall",
					     "dst_endpoint.hostname", "dst_endpoint.ip",
					     "unmapped.limit.resource" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *text = audit_text_at(event, paths[i]);

		if (text == NULL)
			continue;
		count(r, &r->by_refusal, text);
		return;
	}
}

void report_add(struct report *r, const struct json *event)
{
	const uint64_t severity = audit_number_at(event, "severity_id");
	const char *name = audit_text_at(event, "event");

	r->events++;
	count_time(r, audit_number_at(event, "time"));
	count(r, &r->by_event, name);
	count(r, &r->by_severity,
	      severity < COUNT(audit_severities) ? audit_severities[severity] : "other");
	count(r, &r->by_user, audit_text_at(event, "actor.user.name"));
	count(r, &r->by_container, audit_text_at(event, "container.uid"));
	count_refusal(r, event);
	if (!str_eq(name, "container.exit"))
		return;
	count(r, &r->by_reason, audit_text_at(event, "unmapped.verdict.reason"));
	value(&r->wall_ms, audit_text_at(event, "unmapped.verdict.wall_ms"));
	value(&r->memory_peak, audit_text_at(event, "unmapped.verdict.memory_peak"));
}

void report_finish(struct report *r)
{
	struct report_table *frequent[] = { &r->by_event,     &r->by_severity, &r->by_user,
					    &r->by_container, &r->by_reason,   &r->by_refusal };

	for (size_t i = 0; i < COUNT(frequent); i++)
		settle(frequent[i], by_count);
	settle(&r->by_hour, by_key);
	sort(&r->wall_ms);
	sort(&r->memory_peak);
}

void report_free(struct report *r)
{
	free(r->wall_ms.v);
	free(r->memory_peak.v);
}
