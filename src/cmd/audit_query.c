/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/export.h"
#include "audit/scan.h"
#include "base/auto.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/audit_tool.h"

#define LOOK_MS 500 /* --follow looks anew so often where nothing tells it */

struct query_options {
	struct audit_want want;
	bool json, follow;
	const char *limit, *format;
};

/* clang-format off */
static const struct opt options[] = {
	AUDIT_WANT(struct query_options),
	OPT(struct query_options, limit, "limit", 'n', OPT_STRING, "N", "print the last N only"),
	OPT(struct query_options, follow, "follow", 'f', OPT_FLAG, NULL,
	    "then wait, and print what comes"),
	OPT(struct query_options, json, "json", 0, OPT_FLAG, NULL,
	    "print the events as they stand in the log, a line of JSON each"),
	OPT(struct query_options, format, "format", 0, OPT_STRING, "ocsf|ecs|falco|cloudevents",
	    "print lines of JSON in that form; ocsf is that of the log"),
	OPT_END,
};
/* clang-format on */

struct query {
	const struct audit_filter *filter;
	const struct audit_files *files;
	bool json;
	enum audit_format format; /* with .json */
	char **kept;              /* a ring: with --limit the last ones, until all are known */
	size_t limit, n;
};

static const char *or_dash(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "-";
}

/* What a row shows, in its order. */
static const struct column {
	const char *path;
	int width;
	size_t max;
} columns[] = { { "event", 20, 0 },
		{ "container.uid", 20, 64 },
		{ "actor.user.name", 10, 32 },
		{ "message", 0, 0 } };

static void print_when(uint64_t time_ms, uint64_t severity)
{
	char when[40];

	time_rfc3339(time_ms * 1000000, when);
	when[23] = '\0'; /* milliseconds, which is what "time" has */
	(void)printf("%s  %-8s", when,
		     severity < COUNT(audit_severities) ? audit_severities[severity] : "?");
}

static void print_row(struct arena *a, const struct json *event)
{
	print_when(audit_number_at(event, "time"), audit_number_at(event, "severity_id"));
	for (size_t i = 0; i < COUNT(columns); i++) {
		const struct column *c = &columns[i];

		(void)printf("  %-*s", c->width,
			     audit_printable(a, or_dash(audit_text_at(event, c->path)),
					     c->max));
	}
	(void)putchar('\n');
}

/* The same without a tree; false: nothing was printed, as a text has escapes. */
static bool print_quickly(struct arena *a, const struct scan_text *got)
{
	static const enum audit_member shown[COUNT(columns)] = { MEMBER_EVENT, MEMBER_CONTAINER,
								 MEMBER_NAME, MEMBER_MESSAGE };
	uint64_t severity, when;

	if (!scan_number(&got[MEMBER_SEVERITY], &severity) ||
	    !scan_number(&got[MEMBER_TIME], &when))
		return false;
	for (size_t i = 0; i < COUNT(shown); i++)
		if (got[shown[i]].p != NULL &&
		    (got[shown[i]].escaped || !got[shown[i]].is_string))
			return false;
	print_when(when, severity);
	for (size_t i = 0; i < COUNT(shown); i++) {
		const struct scan_text *t = &got[shown[i]];

		(void)printf("  %-*s", columns[i].width,
			     t->len > 0 ? audit_printable(a, arena_strndup(a, t->p, t->len),
							  columns[i].max)
					: "-");
	}
	(void)putchar('\n');
	return true;
}

static void print_tree(struct arena *a, const struct query *q, const struct json *event)
{
	if (q->json)
		(void)puts(audit_export(a, q->format, event));
	else
		print_row(a, event);
}

static void print_event(const struct query *q, const char *line)
{
	autoarena struct arena a = { 0 };
	const size_t len = strlen(line);
	struct scan_text got[MEMBERS];
	struct err unused = { 0 };
	struct json *event;

	if (q->json && q->format == FORMAT_OCSF)
		(void)puts(line);
	else if (!q->json && scan_all(line, len, audit_member_paths, MEMBERS, got) &&
		 print_quickly(&a, got))
		return;
	else if (json_parse(&a, "line", line, len, &event, &unused) == 0)
		print_tree(&a, q, event);
}

static int keep(struct query *q, const char *line, struct err *e)
{
	char **slot = &q->kept[q->n++ % q->limit];

	free(*slot);
	*slot = strdup(line);
	return *slot != NULL ? 0 : fail_sys(e, ENOMEM, "query");
}

static bool skip(void *ctx, const struct audit_segment *s)
{
	const struct query *q = ctx;

	return audit_filter_skips(q->filter, q->files, s);
}

static int visit(void *ctx, const struct audit_line_at *at, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct query *q = ctx;
	struct scan_text got[MEMBERS];
	enum audit_answer answer;
	struct json *event;

	if (!audit_filter_may(q->filter, at))
		return 0;
	answer = audit_filter_scan(q->filter, at, got);
	if (answer == AUDIT_TAKEN && !q->json && q->limit == 0 && print_quickly(&a, got))
		return 0;
	if (answer == AUDIT_UNSURE)
		answer = audit_filter_takes(&a, q->filter, at, &event) ? AUDIT_TAKEN
								       : AUDIT_NOT_TAKEN;
	if (answer == AUDIT_NOT_TAKEN)
		return 0;
	if (q->limit > 0)
		return keep(q, at->text, e);
	print_event(q, at->text);
	return 0;
}

static void print_kept(struct query *q)
{
	const size_t from = q->n > q->limit ? q->n - q->limit : 0;

	for (size_t i = from; i < q->n; i++) {
		print_event(q, q->kept[i % q->limit]);
		free(q->kept[i % q->limit]);
	}
	q->limit = 0;
}

/* ---- what comes ---- */

struct following {
	const char *path;
	struct audit_live at; /* of the file that had the name when we looked */
	int watch;            /* -1: none */
};

static void watch_named(struct following *f)
{
	f->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->watch >= 0 &&
	    inotify_add_watch(f->watch, f->path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF) < 0)
		auto_close_(&f->watch);
}

/* Rotated: a line that was still written to the old file has been read by then, for the writer
 * held its lock until the name had gone. */
static bool has_moved(const struct following *f)
{
	struct stat is, named;

	return f->at.fd < 0 || fstat(f->at.fd, &is) < 0 || stat(f->path, &named) < 0 ||
	       is.st_ino != named.st_ino || is.st_dev != named.st_dev;
}

/* Until the file was written to, or lost its name; where nothing tells us, for a while. */
static void wait_for_more(const struct following *f)
{
	struct pollfd p = { .fd = f->watch, .events = POLLIN };
	char events[4096];

	if (poll(&p, 1, LOOK_MS) > 0)
		(void)!read(f->watch, events, sizeof(events));
}

static int read_more(struct following *f, const struct audit_visitor *v, struct err *e)
{
	const bool moved = has_moved(f);

	if (f->at.fd >= 0 && audit_read_on(f->at.fd, f->path, v, &f->at.end, e) < 0)
		return -1;
	if (!moved)
		return 0;
	auto_close_(&f->at.fd);
	auto_close_(&f->watch);
	watch_named(f);
	f->at.fd = open(f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	f->at.end = 0;
	return f->at.fd >= 0 ? audit_read_on(f->at.fd, f->path, v, &f->at.end, e) : 0;
}

/* live: it is closed. */
static int follow(const char *path, const struct audit_live *live,
		  const struct audit_visitor *v, struct err *e)
{
	struct following f = { .path = path, .at = *live, .watch = -1 };
	int got = 0;

	watch_named(&f);
	while (got == 0 && fflush(stdout) == 0) { /* somebody still reads it */
		wait_for_more(&f);
		got = read_more(&f, v, e);
	}
	auto_close_(&f.at.fd);
	auto_close_(&f.watch);
	return got;
}

static int run_query(const struct call *c, const struct query_options *o, struct err *e)
{
	struct audit_filter filter;
	struct audit_files files;
	struct query q = { .filter = &filter, .files = &files, .json = o->json };
	const struct audit_visitor v = { .visit = visit, .skip = skip, .ctx = &q };
	struct audit_live live = { .fd = -1 };
	uint64_t limit = 0;
	int got;

	if (o->limit != NULL && !str_uint64(o->limit, 1000000, &limit))
		return fail(e, ERR_USAGE,
			    "--limit: expected a number up to 1000000: found \"%s\"", o->limit);
	if (o->format != NULL)
		q.json = audit_format_read(o->format, &q.format);
	if (audit_tool_open(c->arena, &o->want, &files, &filter, e) < 0) {
		if (!o->follow || e->kind != ERR_MISSING)
			return -1;
		*e = (struct err){ 0 }; /* it comes with the first event */
	}
	q.limit = (size_t)limit;
	q.kept = arena_array(c->arena, q.limit + 1, sizeof(*q.kept));
	got = audit_read(&files, &v, &live, e);
	if (q.limit > 0)
		print_kept(&q);
	if (got == 0 && o->follow)
		return follow(files.path, &live, &v, e);
	auto_close_(&live.fd);
	return got;
}

static int query_main(const struct call *c, struct err *e)
{
	return run_query(c, c->options, e);
}

/* Of what was there before as much as tail(1) prints. */
static int follow_main(const struct call *c, struct err *e)
{
	struct query_options o = *(const struct query_options *)c->options;

	o.follow = true;
	if (o.limit == NULL && o.want.since == NULL)
		o.limit = "10";
	return run_query(c, &o, e);
}

const struct command audit_follow = {
	.name = "audit follow",
	.args = "",
	.help = "print the last ten events, and then what comes, as query --follow does",
	.options = options,
	.options_size = sizeof(struct query_options),
	.run = follow_main,
};

const struct command audit_query = {
	.name = "audit query",
	.args = "",
	.help = "print events of the log, those that are asked for",
	.options = options,
	.options_size = sizeof(struct query_options),
	.run = query_main,
};
