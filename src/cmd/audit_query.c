/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/audit_tool.h"

#define LOOK_MS 500 /* --follow looks anew so often where nothing tells it */

struct query_options {
	struct audit_want want;
	bool json, follow;
	const char *limit;
};

/* clang-format off */
static const struct opt options[] = {
	AUDIT_WANT(struct query_options),
	OPT(struct query_options, limit, "limit", 'n', OPT_STRING, "N", "print the last N only"),
	OPT(struct query_options, follow, "follow", 'f', OPT_FLAG, NULL,
	    "then wait, and print what comes"),
	OPT(struct query_options, json, "json", 0, OPT_FLAG, NULL,
	    "print the events as they stand in the log, a line of JSON each"),
	OPT_END,
};
/* clang-format on */

struct query {
	const struct audit_filter *filter;
	bool json;
	char **kept; /* a ring: with --limit the last ones, until all are known */
	size_t limit, n;
};

static const char *or_dash(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "-";
}

static void print_row(struct arena *a, const struct json *event)
{
	const uint64_t severity = audit_number_at(event, "severity_id");
	char when[40];

	time_rfc3339(audit_number_at(event, "time") * 1000000, when);
	when[23] = '\0'; /* milliseconds, which is what "time" has */
	(void)printf("%s  %-8s  %-20s  %-20s  %-10s  %s\n", when,
		     severity < COUNT(audit_severities) ? audit_severities[severity] : "?",
		     audit_printable(a, or_dash(audit_text_at(event, "event")), 0),
		     audit_printable(a, or_dash(audit_text_at(event, "container.uid")), 64),
		     audit_printable(a, or_dash(audit_text_at(event, "actor.user.name")), 32),
		     audit_printable(a, or_dash(audit_text_at(event, "message")), 0));
}

static void print_event(const struct query *q, const char *line)
{
	autoarena struct arena a = { 0 };
	struct err unused = { 0 };
	struct json *event;

	if (q->json)
		(void)puts(line);
	else if (json_parse(&a, "line", line, strlen(line), &event, &unused) == 0)
		print_row(&a, event);
}

static int keep(struct query *q, const char *line, struct err *e)
{
	char **slot = &q->kept[q->n++ % q->limit];

	free(*slot);
	*slot = strdup(line);
	return *slot != NULL ? 0 : fail_sys(e, ENOMEM, "query");
}

static int visit(void *ctx, const struct audit_line_at *at, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct query *q = ctx;
	struct json *event;

	if (!audit_filter_may(q->filter, at) || !audit_filter_takes(&a, q->filter, at, &event))
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

/* Waits until the file was written to, or another has its name. */
static void wait_for_more(int watch)
{
	char events[4096];

	if (watch < 0 || read(watch, events, sizeof(events)) <= 0)
		(void)usleep(LOOK_MS * 1000);
}

static int follow(const struct audit_files *files, const struct audit_visitor *v, uint64_t end,
		  struct err *e)
{
	autofd int watch = inotify_init1(IN_CLOEXEC);
	struct audit_files now = *files;
	int got = 0;

	if (watch >= 0 && inotify_add_watch(watch, files->path,
					    IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF) < 0)
		auto_close_(&watch);
	while (got == 0) {
		if (fflush(stdout) != 0) /* nobody reads any more */
			return 0;
		wait_for_more(watch);
		got = audit_read_on(&now, v, &end, e);
	}
	return got;
}

static int query_main(const struct call *c, struct err *e)
{
	const struct query_options *o = c->options;
	struct audit_filter filter;
	struct query q = { .filter = &filter, .json = o->json };
	const struct audit_visitor v = { visit, NULL, &q };
	struct audit_files files;
	uint64_t limit = 0, end = 0;

	if (o->limit != NULL && !str_uint64(o->limit, 1000000, &limit))
		return fail(e, ERR_USAGE,
			    "--limit: expected a number up to 1000000: found \"%s\"", o->limit);
	if (audit_tool_open(c->arena, &o->want, &files, &filter, e) < 0)
		return -1;
	q.limit = (size_t)limit;
	q.kept = arena_array(c->arena, q.limit + 1, sizeof(*q.kept));
	if (audit_read(&files, &v, &end, e) < 0)
		return -1;
	if (q.limit > 0)
		print_kept(&q);
	return o->follow ? follow(&files, &v, end, e) : 0;
}

const struct command audit_query = {
	.name = "audit query",
	.args = "",
	.help = "print events of the log, those that are asked for",
	.options = options,
	.options_size = sizeof(struct query_options),
	.run = query_main,
};
