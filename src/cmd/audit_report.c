/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "audit/chain.h"
#include "audit/report.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/audit_html.h"
#include "cmd/audit_tool.h"

#define BAR 40

struct report_options {
	struct audit_want want;
	bool json, html;
	unsigned top;
};

/* clang-format off */
static const struct opt options[] = {
	AUDIT_WANT(struct report_options),
	OPT(struct report_options, top, "top", 'n', OPT_UINT, "N", "rows of each table (default: 10)"),
	OPT(struct report_options, json, "json", 0, OPT_FLAG, NULL,
	    "print one object of canonical JSON"),
	OPT(struct report_options, html, "html", 0, OPT_FLAG, NULL,
	    "print a page for a browser, which needs nothing else"),
	OPT_END,
};
/* clang-format on */

struct reporting {
	const struct audit_filter *filter;
	struct report r;
};

static const struct titled {
	const char *title, *key;
	size_t offset;
} tables[] = {
	{ "Events", "events_by_name", offsetof(struct report, by_event) },
	{ "Severity", "events_by_severity", offsetof(struct report, by_severity) },
	{ "Why containers ended", "ends_by_reason", offsetof(struct report, by_reason) },
	{ "Limits", "limits", offsetof(struct report, by_limit) },
	{ "System calls that were refused", "refused_calls", offsetof(struct report, by_call) },
	{ "Hosts that were refused", "refused_hosts", offsetof(struct report, by_host) },
	{ "Users", "events_by_user", offsetof(struct report, by_user) },
	{ "Containers", "events_by_container", offsetof(struct report, by_container) },
};

static const struct report_table *table_of(const struct report *r, const struct titled *t)
{
	return (const struct report_table *)((const char *)r + t->offset);
}

static int visit(void *ctx, const struct audit_line_at *at, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct reporting *q = ctx;
	struct json *event;

	(void)e;
	if (audit_filter_may(q->filter, at) && audit_filter_takes(&a, q->filter, at, &event))
		report_add(&q->r, event);
	return 0;
}

static uint64_t faults_of(const struct audit_check *k)
{
	uint64_t sum = 0;

	for (int i = 0; i < AUDIT_FAULTS; i++)
		sum += k->faults[i];
	return sum;
}

/* ---- text ---- */

static void print_table(struct arena *a, const struct report_table *t, const char *title,
			size_t top)
{
	uint64_t most = 1;

	if (t->n == 0)
		return;
	for (size_t i = 0; i < t->n; i++)
		most = t->rows[i].n > most ? t->rows[i].n : most;
	(void)printf("\n%s\n", title);
	for (size_t i = 0; i < t->n && i < top; i++) {
		const uint64_t n = t->rows[i].n;

		(void)printf("  %-32s %10" PRIu64 "  %.*s\n",
			     audit_printable(a, t->rows[i].key, 64), n,
			     (int)((n * BAR + most - 1) / most),
			     "########################################");
	}
	if (t->n > top || t->others > 0)
		(void)printf("  and %zu more\n",
			     (t->n > top ? t->n - top : 0) + (t->others > 0));
}

static void print_values(const struct report_values *v, const char *title, double scale,
			 const char *unit)
{
	if (v->n == 0)
		return;
	(void)printf("%-22s p50 %.1f %s, p95 %.1f %s, most %.1f %s, of %zu\n", title,
		     (double)report_percentile(v, 50) / scale, unit,
		     (double)report_percentile(v, 95) / scale, unit,
		     (double)report_percentile(v, 100) / scale, unit, v->n);
}

static void print_advice(struct arena *a, const struct report *r)
{
	for (size_t i = 0; i < r->groups_n; i++) {
		const struct report_group *g = &r->groups[i];
		const uint64_t p95 = report_percentile(&g->memory_peak, 95);
		uint64_t limit = 0;

		switch (report_advice(g, &limit)) {
		case ADVICE_LOWER:
			(void)printf("%s: the memory limit could be %" PRIu64 " MiB: ",
				     audit_printable(a, g->name, 64), limit >> 20);
			break;
		case ADVICE_RAISE:
			(void)printf("%s: the memory limit had better be %" PRIu64 " MiB: ",
				     audit_printable(a, g->name, 64), limit >> 20);
			break;
		case ADVICE_NONE:
		default:
			continue;
		}
		(void)printf("p95 of %zu peaks is %.1f MiB, %.0f %% of %.1f MiB; %" PRIu64
			     " ran out of it\n",
			     g->memory_peak.n, (double)p95 / (1 << 20),
			     (double)p95 * 100 / (double)g->memory_limit,
			     (double)g->memory_limit / (1 << 20), g->ooms);
	}
}

static void print_text(struct arena *a, const struct report *r, const struct audit_check *k,
		       size_t top)
{
	char from[40], to[40];

	time_rfc3339(r->first_ms * 1000000, from);
	time_rfc3339(r->last_ms * 1000000, to);
	from[19] = to[19] = '\0';
	(void)printf("%" PRIu64 " events, %s to %s\n", r->events, from, to);
	(void)printf("chain: %" PRIu64 " lines, %" PRIu64 " faults%s\n", k->lines, faults_of(k),
		     faults_of(k) > 0 ? ": see caisson audit verify" : "");
	print_values(&r->wall_ms, "how long they ran:", 1000, "s");
	print_values(&r->memory_peak, "their memory at most:", 1 << 20, "MiB");
	print_advice(a, r);
	for (size_t i = 0; i < COUNT(tables); i++)
		print_table(a, table_of(r, &tables[i]), tables[i].title, top);
	print_table(a, &r->by_hour, "By hour", r->by_hour.n);
}

/* ---- JSON ---- */

static struct json *table_json(struct arena *a, const struct report_table *t)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < t->n; i++)
		json_set(o, t->rows[i].key, json_uint(a, t->rows[i].n));
	return o;
}

static struct json *values_json(struct arena *a, const struct report_values *v)
{
	struct json *o = json_object(a);

	json_set(o, "n", json_uint(a, v->n));
	json_set(o, "p50", json_uint(a, report_percentile(v, 50)));
	json_set(o, "p95", json_uint(a, report_percentile(v, 95)));
	json_set(o, "max", json_uint(a, report_percentile(v, 100)));
	return o;
}

/* The state of the chain says it. */
static void pass_over(void *ctx, const struct audit_segment *s, const struct err *why)
{
	(void)ctx;
	(void)s;
	(void)why;
}

static struct json *groups_json(struct arena *a, const struct report *r)
{
	static const char *const words[] = { NULL, "lower", "raise" };
	struct json *list = json_array(a);

	for (size_t i = 0; i < r->groups_n; i++) {
		const struct report_group *g = &r->groups[i];
		struct json *o = json_object(a);
		uint64_t limit = 0;
		const char *advice = words[report_advice(g, &limit)];

		json_set(o, "name", json_string(a, g->name));
		json_set(o, "ends", json_uint(a, g->ends));
		json_set(o, "oom", json_uint(a, g->ooms));
		json_set(o, "wall_ms", values_json(a, &g->wall_ms));
		json_set(o, "memory_peak", values_json(a, &g->memory_peak));
		if (g->memory_limit > 0)
			json_set(o, "memory_limit", json_uint(a, g->memory_limit));
		if (advice != NULL) {
			json_set(o, "advice", json_string(a, advice));
			json_set(o, "advised_memory_limit", json_uint(a, limit));
		}
		json_add(list, o);
	}
	return list;
}

static void print_json(struct arena *a, const struct report *r, const struct audit_check *k)
{
	struct json *o = json_object(a), *chain = json_object(a);

	json_set(o, "events", json_uint(a, r->events));
	json_set(o, "first_ms", json_uint(a, r->first_ms));
	json_set(o, "last_ms", json_uint(a, r->last_ms));
	for (size_t i = 0; i < COUNT(tables); i++)
		json_set(o, tables[i].key, table_json(a, table_of(r, &tables[i])));
	json_set(o, "events_by_hour", table_json(a, &r->by_hour));
	json_set(o, "wall_ms", values_json(a, &r->wall_ms));
	json_set(o, "memory_peak", values_json(a, &r->memory_peak));
	json_set(o, "groups", groups_json(a, r));
	json_set(chain, "lines", json_uint(a, k->lines));
	json_set(chain, "faults", json_uint(a, faults_of(k)));
	json_set(o, "chain", chain);
	(void)puts(json_print(a, o, JSON_CANONICAL, NULL));
}

static int report_main(const struct call *c, struct err *e)
{
	const struct report_options *o = c->options;
	struct audit_filter filter;
	struct reporting q = { .filter = &filter, .r = { .arena = c->arena } };
	const struct audit_visitor v = { .visit = visit, .ctx = &q, .damaged = pass_over };
	struct audit_files files;
	struct audit_check k;

	if (audit_tool_open(c->arena, &o->want, &files, &filter, e) < 0 ||
	    audit_read(&files, &v, NULL, e) < 0 ||
	    audit_verify(c->arena, &files, NULL, &k, e) < 0) {
		report_free(&q.r);
		return -1;
	}
	report_finish(&q.r);
	if (o->json)
		print_json(c->arena, &q.r, &k);
	else if (o->html)
		audit_html(c->arena, files.path, &q.r, &k, o->top > 0 ? o->top : 10);
	else
		print_text(c->arena, &q.r, &k, o->top > 0 ? o->top : 10);
	report_free(&q.r);
	return 0;
}

const struct command audit_report = {
	.name = "audit report",
	.args = "",
	.help = "sum up the log: what happened how often, why containers ended",
	.options = options,
	.options_size = sizeof(struct report_options),
	.run = report_main,
};
