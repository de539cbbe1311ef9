/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of caisson-audit: a log, anchors, a proof. Whatever it is, verify, query, report
 * and notes come to an end with it; what is found is told, what is refused says why; and the
 * fast look at a line and the slow one see the same. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit/anchor.h"
#include "audit/chain.h"
#include "audit/filter.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "audit/report.h"
#include "audit/scan.h"
#include "audit/sealed.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int true_)
{
	if (!true_)
		abort();
}

struct seen {
	struct arena *a;
	struct audit_filter filter;
	struct report report;
	struct note_making notes;
	uint64_t lines;
};

/* Of an object without blanks and without a key twice; others have no fast members. */
static void compare(const struct audit_line_at *at, const struct json *doc)
{
	const struct json *event = json_get(doc, "event");
	struct scan_text fast;

	if (!scan_find(at->text, at->len, "event", &fast))
		return;
	demand(fast.p >= at->text && fast.p + fast.len <= at->text + at->len);
	if (event == NULL || event->twice || event->kind != JSON_STRING || fast.escaped ||
	    memchr(at->text, ' ', at->len) != NULL || memchr(at->text, '\t', at->len) != NULL)
		return;
	if (fast.is_string && strlen(event->text) == fast.len)
		demand(memcmp(event->text, fast.p, fast.len) == 0);
}

/* What the quick look takes goes on to who reads JSON, as it is. */
static void check_quick(struct arena *a, const struct audit_line_at *at)
{
	struct json *doc;
	struct err e = { 0 };

	if (scan_all(at->text, at->len, NULL, 0, NULL))
		demand(json_parse(a, "line", at->text, at->len, &doc, &e) == 0);
}

static int visit(void *ctx, const struct audit_line_at *at, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct seen *s = ctx;
	struct json *doc;

	(void)e;
	demand(at->text[at->len] == '\0' && at->len <= AUDIT_LINE);
	s->lines++;
	check_quick(&a, at);
	note_add(&s->notes, at);
	if (!audit_filter_may(&s->filter, at) || !audit_filter_takes(&a, &s->filter, at, &doc))
		return 0;
	compare(at, doc);
	report_add(&s->report, doc);
	return 0;
}

static void read_lines(struct arena *a, int fd)
{
	struct note *note = arena_new(a, struct note);
	struct seen s = { .a = a, .report = { .arena = a }, .notes = { .note = note } };
	const struct audit_visitor v = { .visit = visit, .ctx = &s };
	struct err e = { 0 };
	uint64_t end = 0;

	demand(audit_read_on(fd, "log", &v, &end, &e) == 0);
	note_end(&s.notes);
	demand(note->lines == s.lines);
	report_finish(&s.report);
	report_free(&s.report);
}

static void verify(struct arena *a, const char *path)
{
	static const uint8_t key[DIGEST_SIZE];
	const struct audit_files f = { .path = path, .dir = "/nonexistent" };
	struct sealed sealed = { .first_key = key };
	struct anchors anchors = { 0 };
	struct audit_trust trust = { .sealed = &sealed };
	struct audit_check k;
	struct err e = { 0 };
	uint64_t sum = 0;

	if (anchors_load(a, path, &anchors, &e) == 0)
		trust.anchors = &anchors;
	else
		demand(e.text[0] != '\0');
	e = (struct err){ 0 };
	demand(audit_verify(a, &f, &trust, &k, &e) == 0 && e.kind == ERR_NONE);
	for (int i = 0; i < AUDIT_FAULTS; i++)
		sum += k.faults[i];
	demand(k.n <= AUDIT_FINDINGS && (sum > 0) == (k.n > 0));
	for (size_t i = 0; i < k.n; i++)
		demand(k.findings[i].text != NULL);
	demand(!sealed.proved); /* nobody has made a seal with that key */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena a = { 0 };
	autofd int fd = memfd_create("log", MFD_CLOEXEC);
	struct proof_said said;
	struct err e = { 0 };
	char path[32];

	demand(fd >= 0 && write_all(fd, data, size) == 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_lines(&a, fd);
	verify(&a, path);
	if (proof_check(&a, (const char *)data, size, NULL, &said, &e) < 0)
		demand(e.text[0] != '\0');
	else
		demand(said.event != NULL && said.key != NULL && e.kind == ERR_NONE);
	return 0;
}
