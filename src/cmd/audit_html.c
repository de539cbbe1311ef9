/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/audit_html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/proc.h"
#include "base/str.h"
#include "cmd/audit_tool.h"

#define BUCKETS_MAX 96
#define HOURS_LEAST 23
#define TEXT_MAX    160

/* clang-format off */
static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>Audit report</title>\n<style>\n"
	":root{--bg:#f6f6f4;--card:#fff;--line:#e2e1dc;--text:#1d1d1b;--mute:#66645e;--blue:#3572b0;--tint:#dfe9f4;"
	"--bad:#c2410c;--badtint:#fbe4d8;--good:#2e7d4f;--goodtint:#ddf0e4}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#141517;--card:#1d1f22;--line:#33363a;--text:#e9e8e4;"
	"--mute:#a09e98;--blue:#6ba3dd;--tint:#24374c;--bad:#f0894e;--badtint:#46281a;--good:#63c38c;--goodtint:#1b3a28}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif}\n"
	"main{max-width:1160px;margin:0 auto;padding:28px 20px 48px}\n"
	"h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}\n"
	"h2{font-size:15px;margin:0 0 12px}\n"
	"p{margin:0}.mute{color:var(--mute)}.small{font-size:13px}\n"
	"bdi{overflow-wrap:anywhere}\n"
	".card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;min-width:0}\n"
	".grid{columns:320px 3;column-gap:16px;margin-top:16px}\n"
	".grid .card{break-inside:avoid;margin-bottom:16px}\n"
	".state{margin:18px 0 16px;border-radius:10px;padding:10px 16px;display:flex;flex-wrap:wrap;gap:2px 10px}\n"
	".state.ok{background:var(--goodtint)}.state.ok b{color:var(--good)}\n"
	".state.no{background:var(--badtint)}.state.no b{color:var(--bad)}\n"
	".tiles{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(150px,44%),1fr))}\n"
	".tiles .card{padding:12px 16px}.tiles b{display:block;font-size:26px;line-height:1.2;font-weight:600;"
	"font-variant-numeric:tabular-nums}\n"
	".tiles .hot b{color:var(--bad)}\n"
	".wide{margin-top:16px}\n"
	".key{display:flex;gap:16px;flex-wrap:wrap;margin:0 0 12px}.key i{display:inline-block;width:10px;height:10px;"
	"border-radius:2px;margin-right:6px;background:var(--blue)}.key .bad i{background:var(--bad)}\n"
	".plot{display:grid;grid-template-columns:auto 1fr;gap:0 8px}\n"
	".scale{display:flex;flex-direction:column;justify-content:space-between;height:180px;margin:-9px 0;"
	"height:198px;text-align:right}\n"
	".bars{position:relative;height:180px;display:flex;align-items:flex-end;gap:min(2px,.3vw);"
	"background:linear-gradient(var(--line),var(--line)) 0 0/100% 1px no-repeat,"
	"linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat;border-bottom:1px solid var(--mute)}\n"
	".bars div{flex:1 1 0;min-width:0;display:flex;flex-direction:column;justify-content:flex-end;"
	"height:100%}\n"
	".bars span{display:block;background:var(--blue);border-radius:2px 2px 0 0}.bars .bad{background:var(--bad)}\n"
	".bars .bad+span{border-radius:0}\n"
	".ends{grid-column:2;display:flex;justify-content:space-between;gap:12px;padding-top:4px}\n"
	".list{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;align-items:baseline}\n"
	".list .n{text-align:right;font-variant-numeric:tabular-nums}\n"
	".list .bar{grid-column:1/-1;height:6px;border-radius:3px;background:var(--tint);margin-bottom:8px}\n"
	".list .bar i{display:block;height:6px;border-radius:3px;background:var(--blue);min-width:3px}\n"
	".list.bad .bar{background:var(--badtint)}.list.bad .bar i{background:var(--bad)}\n"
	"table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
	"th{font-size:13px;font-weight:500;color:var(--mute);text-align:right;padding:0 0 8px 16px;white-space:nowrap;"
	"vertical-align:bottom}\n"
	"td{text-align:right;padding:9px 0 9px 16px;border-top:1px solid var(--line);white-space:nowrap;vertical-align:top}\n"
	"th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal}\n"
	".use{width:150px}.use div{position:relative;height:8px;border-radius:4px;background:var(--tint);margin-top:7px}\n"
	".use i{position:absolute;left:0;top:0;height:8px;border-radius:4px;background:var(--blue);opacity:.45}\n"
	".use i+i{opacity:1}.use.hot i{background:var(--bad)}.use.hot div{background:var(--badtint)}\n"
	"ul{margin:14px 0 0;padding:14px 0 0;list-style:none;border-top:1px solid var(--line)}li+li{margin-top:6px}\n"
	"li b{color:var(--blue)}li.hot b{color:var(--bad)}\n"
	"@media(max-width:640px){main{padding:20px 14px 36px}h1{font-size:22px}.plot{gap:0 6px}\n"
	"table,tbody,tr,td{display:block}thead{display:none}\n"
	"tr{border-top:1px solid var(--line);padding:10px 0}tbody tr:first-child{border-top:0;padding-top:0}\n"
	"td,td:first-child{border:0;padding:1px 0;display:flex;justify-content:space-between;gap:12px;white-space:normal}\n"
	"td:first-child{font-weight:600}td[data-h]:before{content:attr(data-h);color:var(--mute)}\n"
	".use{width:auto}.use div{flex:1;max-width:60%}}\n"
	"</style>\n</head>\n<body>\n<main>\n";
/* clang-format on */

/* ---- texts ---- */

const char *audit_html_text(struct arena *a, const char *text)
{
	static const char *const entities[] = { ['&'] = "&amp;",
						['<'] = "&lt;",
						['>'] = "&gt;",
						['"'] = "&quot;",
						['\''] = "&#39;" };
	const char *plain = audit_printable(a, text, TEXT_MAX);
	char *out = arena_alloc(a, strlen(plain) * 6 + 1), *p = out;

	for (; *plain != '\0'; plain++) {
		const unsigned char c = (unsigned char)*plain;

		if (c < COUNT(entities) && entities[c] != NULL)
			p = stpcpy(p, entities[c]);
		else
			*p++ = (char)c;
	}
	*p = '\0';
	return out;
}

/* 1234567 as "1 234 567", with narrow blanks that do not break */
static const char *grouped(struct arena *a, uint64_t n)
{
	const char *digits = arena_printf(a, "%" PRIu64, n);
	const size_t len = strlen(digits);
	char *out = arena_alloc(a, len * 9 + 1), *p = out;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			p = stpcpy(p, "&#8239;");
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

static const char *size_text(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes;
	size_t u = 0;

	while (n >= 1024 && u + 1 < COUNT(units)) {
		n /= 1024;
		u++;
	}
	return arena_printf(a, n < 10 && u > 0 ? "%.1f %s" : "%.0f %s", n, units[u]);
}

static const char *time_text(struct arena *a, uint64_t ms)
{
	if (ms < 1000)
		return arena_printf(a, "%" PRIu64 " ms", ms);
	if (ms < 60000)
		return arena_printf(a, "%.1f s", (double)ms / 1000);
	if (ms < 3600000)
		return arena_printf(a, "%.1f min", (double)ms / 60000);
	return arena_printf(a, "%.1f h", (double)ms / 3600000);
}

static const char *minute(struct arena *a, uint64_t ms)
{
	char text[40];

	time_rfc3339(ms * 1000000, text);
	text[10] = ' ';
	text[16] = '\0';
	return arena_strdup(a, text);
}

/* ---- the head of the page ---- */

static void print_state(struct arena *a, const struct audit_check *k)
{
	uint64_t faults = 0;

	for (int i = 0; i < AUDIT_FAULTS; i++)
		faults += k->faults[i];
	if (faults == 0) {
		(void)printf("<div class=\"state ok\"><b>The chain is whole</b><span>%s events "
			     "belong "
			     "together, %s to %s</span></div>\n",
			     grouped(a, k->lines), grouped(a, k->first), grouped(a, k->last));
		return;
	}
	(void)printf("<div class=\"state no\"><b>The chain is broken</b><span>");
	for (int i = 0; i < AUDIT_FAULTS; i++)
		if (k->faults[i] > 0)
			(void)printf("%s %s, ", grouped(a, k->faults[i]), audit_faults[i].name);
	(void)printf("of %s lines; caisson audit verify says where</span></div>\n",
		     grouped(a, k->lines));
}

static uint64_t sum(const struct report_table *t)
{
	uint64_t n = t->others;

	for (size_t i = 0; i < t->n; i++)
		n += t->rows[i].n;
	return n;
}

static void print_tiles(struct arena *a, const struct report *r)
{
	const struct {
		const char *label;
		uint64_t n;
		bool is_bad;
	} tiles[] = {
		{ "events", r->events, false },
		{ "containers started", r->starts, false },
		{ "ended by force or a limit", r->bad_ends, true },
		{ "limits hit or near", sum(&r->by_limit), true },
		{ "calls and hosts refused", sum(&r->by_call) + sum(&r->by_host), true },
		{ "events of high severity", r->grave, true },
	};

	(void)puts("<div class=\"tiles\">");
	for (size_t i = 0; i < COUNT(tiles); i++)
		(void)printf("<div class=\"card%s\"><b>%s</b><span class=\"mute "
			     "small\">%s</span>"
			     "</div>\n",
			     tiles[i].is_bad && tiles[i].n > 0 ? " hot" : "",
			     grouped(a, tiles[i].n), tiles[i].label);
	(void)puts("</div>");
}

/* ---- when ---- */

struct timeline {
	uint64_t first, step; /* hours since 1970 */
	size_t n;
	uint64_t all[BUCKETS_MAX], bad[BUCKETS_MAX];
};

/* "2026-11-22T10" */
static uint64_t hour_of(const char *key)
{
	char text[40];
	uint64_t ms;

	(void)snprintf(text, sizeof(text), "%s:00:00Z", key);
	return audit_time_read(text, 0, &ms) ? ms / 3600000 : 0;
}

static void add_hours(struct timeline *t, const struct report_table *from, uint64_t *to)
{
	for (size_t i = 0; i < from->n; i++) {
		const uint64_t hour = hour_of(from->rows[i].key);

		if (hour >= t->first && (hour - t->first) / t->step < BUCKETS_MAX)
			to[(hour - t->first) / t->step] += from->rows[i].n;
	}
}

/* Hours, days or weeks, or as many weeks as it takes. */
static void make_timeline(const struct report *r, struct timeline *t)
{
	static const uint64_t steps[] = { 1, 3, 6, 24, 168 };
	const uint64_t last = r->last_ms / 3600000;
	uint64_t first = r->first_ms / 3600000;

	/* a bar or two by themselves say nothing */
	if (last - first < HOURS_LEAST && last >= HOURS_LEAST)
		first = last - HOURS_LEAST;
	*t = (struct timeline){ .step = (last - first) / (BUCKETS_MAX - 1) + 1 };
	for (size_t i = 0; i < COUNT(steps); i++)
		if ((last - first) / steps[i] + 2 <= BUCKETS_MAX) {
			t->step = steps[i];
			break;
		}
	t->first = first / t->step * t->step;
	t->n = (last - t->first) / t->step + 1;
	if (t->n > BUCKETS_MAX)
		t->n = BUCKETS_MAX;
	add_hours(t, &r->by_hour, t->all);
	add_hours(t, &r->by_bad_hour, t->bad);
}

/* An even digit and noughts: the middle has a label. */
static uint64_t nice(uint64_t most)
{
	for (uint64_t ten = 1;; ten *= 10)
		for (uint64_t i = 2; i <= 10; i += 2)
			if (most <= i * ten || ten > UINT64_MAX / 100)
				return i * ten;
}

static void print_bar(struct arena *a, const struct timeline *t, size_t i, uint64_t top)
{
	const uint64_t all = t->all[i], bad = t->bad[i] < all ? t->bad[i] : all;

	(void)printf("<div title=\"%s: %" PRIu64 " events, %" PRIu64
		     " of them medium or above\">",
		     minute(a, (t->first + i * t->step) * 3600000), all, bad);
	if (bad > 0)
		(void)printf("<span class=\"bad\" style=\"height:%.2f%%\"></span>",
			     (double)bad * 100 / (double)top);
	if (all > bad)
		(void)printf("<span style=\"height:%.2f%%\"></span>",
			     (double)(all - bad) * 100 / (double)top);
	(void)printf("</div>");
}

static void print_timeline(struct arena *a, const struct report *r)
{
	static const struct word steps[] = {
		{ "hour", 1 }, { "day", 24 }, { "week", 168 }, { NULL, 0 }
	};
	struct timeline t;
	const char *step;
	uint64_t most = 1;

	make_timeline(r, &t);
	for (size_t i = 0; i < t.n; i++)
		most = t.all[i] > most ? t.all[i] : most;
	most = nice(most);
	step = word_name(steps, t.step);
	if (step == NULL)
		step = arena_printf(a, "spans of %" PRIu64 " hours", t.step);
	(void)printf(
		"<section class=\"card wide\"><h2>Events by %s</h2>"
		"<div class=\"key small\"><span class=\"bad\"><i></i>medium severity and above"
		"</span><span><i></i>info and low</span></div>\n"
		"<div class=\"plot\"><div class=\"scale mute small\"><span>%s</span><span>%s"
		"</span><span>0</span></div><div class=\"bars\">",
		step, grouped(a, most), grouped(a, most / 2));
	for (size_t i = 0; i < t.n; i++)
		print_bar(a, &t, i, most);
	(void)printf("</div><div class=\"ends mute "
		     "small\"><span>%s</span><span>%s</span></div></div>"
		     "</section>\n",
		     minute(a, t.first * 3600000),
		     minute(a, (t.first + t.n * t.step) * 3600000));
}

/* ---- what, who ---- */

/* The id of a container, as long as people write it. */
static const char *shortened(struct arena *a, const char *key)
{
	return strlen(key) == 64 && strspn(key, "0123456789abcdef") == 64
		       ? arena_printf(a, "%.12s", key)
		       : key;
}

static void print_list(struct arena *a, const struct report_table *t, const char *title,
		       bool is_bad, size_t top)
{
	uint64_t most = 1, rest = t->others;

	if (t->n == 0)
		return;
	most = t->rows[0].n > most ? t->rows[0].n : most;
	(void)printf("<section class=\"card\"><h2>%s</h2><div class=\"list%s\">\n", title,
		     is_bad ? " bad" : "");
	for (size_t i = 0; i < t->n && i < top; i++)
		(void)printf("<bdi title=\"%s\">%s</bdi><span class=\"n\">%s</span><div "
			     "class=\"bar\">"
			     "<i style=\"width:%.2f%%\"></i></div>\n",
			     audit_html_text(a, t->rows[i].key),
			     audit_html_text(a, shortened(a, t->rows[i].key)),
			     grouped(a, t->rows[i].n),
			     (double)t->rows[i].n * 100 / (double)most);
	for (size_t i = top; i < t->n; i++)
		rest += t->rows[i].n;
	if (rest > 0)
		(void)printf("<span class=\"mute\">all others</span><span class=\"n mute\">%s"
			     "</span>\n",
			     grouped(a, rest));
	(void)puts("</div></section>");
}

/* ---- how long, how much ---- */

static double share(uint64_t n, uint64_t of)
{
	const double percent = of > 0 ? (double)n * 100 / (double)of : 0;

	return percent > 100 ? 100 : percent;
}

static void print_group(struct arena *a, const struct report_group *g)
{
	const uint64_t p50 = report_percentile(&g->memory_peak, 50);
	const uint64_t p95 = report_percentile(&g->memory_peak, 95);
	const bool has_memory = g->memory_peak.n > 0, limited = g->memory_limit > 0;
	const bool has_time = g->wall_ms.n > 0;

	(void)printf("<tr><td><bdi>%s</bdi></td><td data-h=\"ended\">%s</td><td data-h=\"ran, "
		     "p50\">%s"
		     "</td><td data-h=\"ran, p95\">%s</td><td data-h=\"memory, p50\">%s</td>"
		     "<td data-h=\"memory, p95\">%s</td><td data-h=\"limit\">%s</td>",
		     audit_html_text(a, g->name), grouped(a, g->ends),
		     has_time ? time_text(a, report_percentile(&g->wall_ms, 50)) : "&ndash;",
		     has_time ? time_text(a, report_percentile(&g->wall_ms, 95)) : "&ndash;",
		     has_memory ? size_text(a, p50) : "&ndash;",
		     has_memory ? size_text(a, p95) : "&ndash;",
		     limited ? size_text(a, g->memory_limit) : "none");
	if (has_memory && limited)
		(void)printf(
			"<td class=\"use%s\" data-h=\"of the limit\"><div title=\"p50 %.0f %%, "
			"p95 %.0f %%\"><i style=\"width:%.2f%%\"></i><i style=\"width:%.2f%%\">"
			"</i></div></td></tr>\n",
			g->ooms > 0 ? " hot" : "", share(p50, g->memory_limit),
			share(p95, g->memory_limit), share(p95, g->memory_limit),
			share(p50, g->memory_limit));
	else
		(void)puts("<td class=\"use\"></td></tr>");
}

static void print_advice(struct arena *a, const struct report_group *g)
{
	uint64_t limit = 0;
	const enum report_advice what = report_advice(g, &limit);

	if (what == ADVICE_NONE)
		return;
	(void)printf("<li%s><b>%s the memory limit of <bdi>%s</bdi> to %s.</b> ",
		     what == ADVICE_RAISE ? " class=\"hot\"" : "",
		     what == ADVICE_RAISE ? "Raise" : "Lower", audit_html_text(a, g->name),
		     size_text(a, limit));
	(void)printf("It is %s; 95 of 100 needed at most %s, which is %.0f %%",
		     size_text(a, g->memory_limit),
		     size_text(a, report_percentile(&g->memory_peak, 95)),
		     share(report_percentile(&g->memory_peak, 95), g->memory_limit));
	if (g->ooms > 0)
		(void)printf(", and %s of %s ran out of it", grouped(a, g->ooms),
			     grouped(a, g->ends));
	(void)puts(".</li>");
}

static size_t advices(const struct report *r)
{
	uint64_t limit;
	size_t n = 0;

	for (size_t i = 0; i < r->groups_n; i++)
		n += report_advice(&r->groups[i], &limit) != ADVICE_NONE;
	return n;
}

static void print_groups(struct arena *a, const struct report *r, size_t top)
{
	if (r->groups_n == 0)
		return;
	(void)puts(
		"<section class=\"card wide\"><h2>How long they ran, and the memory they "
		"had</h2>"
		"<table><thead><tr><th>image or program</th><th>ended</th><th>ran, p50</th><th>"
		"ran, p95</th><th>memory, p50</th><th>memory, p95</th><th>limit</th><th>of the "
		"limit</th></tr></thead><tbody>");
	for (size_t i = 0; i < r->groups_n && i < top; i++)
		print_group(a, &r->groups[i]);
	(void)puts("</tbody></table>");
	if (advices(r) > 0) {
		(void)puts("<ul>");
		for (size_t i = 0; i < r->groups_n; i++)
			print_advice(a, &r->groups[i]);
		(void)puts("</ul>");
	}
	(void)puts("</section>");
}

void audit_html(struct arena *a, const char *log, const struct report *r,
		const struct audit_check *k, size_t top)
{
	(void)fputs(head, stdout);
	(void)printf("<h1>Audit report</h1><p class=\"mute\"><bdi>%s</bdi></p>\n",
		     audit_html_text(a, log));
	if (r->events > 0)
		(void)printf("<p class=\"mute\">%s to %s UTC</p>\n", minute(a, r->first_ms),
			     minute(a, r->last_ms));
	print_state(a, k);
	print_tiles(a, r);
	if (r->events > 0)
		print_timeline(a, r);
	print_groups(a, r, top);
	(void)puts("<div class=\"grid\">");
	print_list(a, &r->by_reason, "Why containers ended", false, top);
	print_list(a, &r->by_limit, "Limits", true, top);
	print_list(a, &r->by_call, "System calls that were refused", true, top);
	print_list(a, &r->by_host, "Hosts that were refused", true, top);
	print_list(a, &r->by_event, "Events", false, top);
	print_list(a, &r->by_severity, "Severity", false, top);
	print_list(a, &r->by_user, "Users", false, top);
	print_list(a, &r->by_container, "Containers", false, top);
	(void)puts("</div>\n</main>\n</body>\n</html>");
}
