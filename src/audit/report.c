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

static void count_many(struct report *r, struct report_table *t, const char *key, uint64_t n)
{
	struct report_row *row;

	if (key == NULL || key[0] == '\0')
		return;
	if (t->n * 2 >= t->room && t->n < REPORT_KEYS_MAX)
		grow(r->arena, t);
	row = slot_of(t, key);
	if (row->key == NULL && t->n == REPORT_KEYS_MAX) {
		t->others += n;
		return;
	}
	if (row->key == NULL) {
		row->key = arena_strdup(r->arena, key);
		t->n++;
	}
	row->n += n;
}

static void count(struct report *r, struct report_table *t, const char *key)
{
	count_many(r, t, key, 1);
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

/* ---- groups ---- */

/* The program of a command line, without its folder. */
static const char *program_of(struct arena *a, const struct json *event)
{
	const char *line = audit_text_at(event, "process.cmd_line"), *slash;
	size_t n = line != NULL ? strcspn(line, " ") : 0;

	if (n == 0)
		return "other containers";
	line = arena_strndup(a, line, n);
	slash = strrchr(line, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : line;
}

static struct report_group *group_of(struct report *r, const struct json *event)
{
	const char *name = audit_text_at(event, "container.image.name");
	struct report_group *g;

	if (name == NULL)
		name = audit_text_at(event, "unmapped.pod.container");
	if (name == NULL)
		name = program_of(r->arena, event);
	for (size_t i = 0; i < r->groups_n; i++)
		if (str_eq(r->groups[i].name, name))
			return &r->groups[i];
	g = &r->groups[r->groups_n < REPORT_GROUPS_MAX ? r->groups_n++ : REPORT_GROUPS_MAX - 1];
	if (g->name == NULL)
		g->name = arena_strdup(r->arena, name);
	else
		g->name = "all others";
	return g;
}

static void count_end(struct report *r, const struct json *event)
{
	const char *reason = audit_text_at(event, "unmapped.verdict.reason");
	const uint64_t limit = audit_number_at(event, "unmapped.verdict.memory_limit");
	const char *wall = audit_text_at(event, "unmapped.verdict.wall_ms");
	const char *peak = audit_text_at(event, "unmapped.verdict.memory_peak");
	struct report_group *g = group_of(r, event);

	r->ends++;
	r->bad_ends += reason != NULL && !str_eq(reason, "exited");
	count(r, &r->by_reason, reason);
	value(&r->wall_ms, wall);
	value(&r->memory_peak, peak);
	g->ends++;
	g->ooms += str_eq(reason, "oom");
	value(&g->wall_ms, wall);
	value(&g->memory_peak, peak);
	g->unlimited |= limit == 0;
	if (limit > g->memory_limit)
		g->memory_limit = limit;
}

static int by_ends(const void *x, const void *y)
{
	const struct report_group *a = x, *b = y;

	if (a->ends != b->ends)
		return a->ends < b->ends ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* A quarter more than what 95 of 100 have used, in steps that one would write. */
enum report_advice report_advice(const struct report_group *g, uint64_t *memory_limit)
{
	const uint64_t step = 4 << 20, p95 = report_percentile(&g->memory_peak, 95);

	if (g->memory_peak.n < REPORT_ADVICE_ENDS || g->memory_limit == 0 || g->unlimited)
		return ADVICE_NONE;
	*memory_limit = (p95 + p95 / 4 + step - 1) / step * step;
	if (g->ooms > 0 || p95 >= g->memory_limit / 10 * 9) {
		/* what was cut off at the limit would have taken more */
		if (*memory_limit < g->memory_limit + g->memory_limit / 2)
			*memory_limit = (g->memory_limit / 2 * 3 + step - 1) / step * step;
		return ADVICE_RAISE;
	}
	return *memory_limit <= g->memory_limit / 4 * 3 ? ADVICE_LOWER : ADVICE_NONE;
}

/* ---- events ---- */

static void count_time(struct report *r, const struct json *event, uint64_t severity)
{
	const uint64_t ms = audit_number_at(event, "time");
	char hour[40];

	if (r->events == 1 || ms < r->first_ms)
		r->first_ms = ms;
	if (ms > r->last_ms)
		r->last_ms = ms;
	time_rfc3339(ms * 1000000, hour);
	hour[13] = '\0';
	count(r, &r->by_hour, hour);
	if (severity >= 3)
		count(r, &r->by_bad_hour, hour);
}

/* "limit.oom"; of a warning what it is about. */
static void count_limit(struct report *r, const struct json *event, const char *name)
{
	const char *resource = audit_text_at(event, "unmapped.limit.resource");
	uint64_t n = audit_number_at(event, "unmapped.limit.count");

	n = n > 0 ? n : 1;
	if (str_after(name, "limit.") != NULL)
		count_many(r, &r->by_limit, name, n);
	else if (str_eq(name, "resource.warning") && resource != NULL)
		count_many(r, &r->by_limit,
			   arena_printf(r->arena, "%s nearly used up", resource), n);
}

static void count_refusal(struct report *r, const struct json *event, const char *name)
{
	const char *host = audit_text_at(event, "dst_endpoint.hostname");
	uint64_t n = audit_number_at(event, "unmapped.seccomp.count");

	n = n > 0 ? n : 1;
	if (str_eq(name, "seccomp.denied"))
		count_many(r, &r->by_call, audit_text_at(event, "unmapped.seccomp.syscall"), n);
	if (str_eq(name, "net.denied") || str_eq(name, "dns.denied"))
		count(r, &r->by_host,
		      host != NULL ? host : audit_text_at(event, "dst_endpoint.ip"));
}

void report_add(struct report *r, const struct json *event)
{
	const uint64_t severity = audit_number_at(event, "severity_id");
	const char *name = audit_text_at(event, "event");

	r->events++;
	r->grave += severity >= 4;
	r->starts += str_eq(name, "container.start");
	count_time(r, event, severity);
	count(r, &r->by_event, name);
	count(r, &r->by_severity,
	      severity < COUNT(audit_severities) ? audit_severities[severity] : "other");
	count(r, &r->by_user, audit_text_at(event, "actor.user.name"));
	count(r, &r->by_container, audit_text_at(event, "container.uid"));
	if (name == NULL)
		return;
	count_limit(r, event, name);
	count_refusal(r, event, name);
	if (str_eq(name, "container.exit"))
		count_end(r, event);
}

void report_finish(struct report *r)
{
	struct report_table *frequent[] = { &r->by_event,  &r->by_severity, &r->by_user,
					    &r->by_reason, &r->by_limit,    &r->by_container,
					    &r->by_call,   &r->by_host };

	for (size_t i = 0; i < COUNT(frequent); i++)
		settle(frequent[i], by_count);
	settle(&r->by_hour, by_key);
	settle(&r->by_bad_hour, by_key);
	sort(&r->wall_ms);
	sort(&r->memory_peak);
	for (size_t i = 0; i < r->groups_n; i++) {
		sort(&r->groups[i].wall_ms);
		sort(&r->groups[i].memory_peak);
	}
	if (r->groups_n > 0)
		qsort(r->groups, r->groups_n, sizeof(r->groups[0]), by_ends);
}

void report_free(struct report *r)
{
	free(r->wall_ms.v);
	free(r->memory_peak.v);
	for (size_t i = 0; i < r->groups_n; i++) {
		free(r->groups[i].wall_ms.v);
		free(r->groups[i].memory_peak.v);
	}
}
