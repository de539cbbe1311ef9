/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/str.h"

const struct audit_fault_word audit_faults[AUDIT_FAULTS] = {
	[AUDIT_CHANGED] = { "changed", 10 },
	[AUDIT_REORDERED] = { "reordered", 11 },
	[AUDIT_REMOVED] = { "removed", 12 },
	[AUDIT_TRUNCATED] = { "truncated", 13 },
	[AUDIT_GAP] = { "gap", 14 },
	[AUDIT_BAD_SEAL] = { "bad-seal", 15 },
	[AUDIT_MALFORMED] = { "malformed", 16 },
};

/* Where the numbers do not follow each other: whether lines were taken out or moved is known
 * when all have been seen. */
struct jump {
	uint64_t expected, found, line;
	const char *file;
};

/* A tombstone: a segment that was deleted as configured. */
struct pruned {
	uint64_t last;
	char fingerprint[DIGEST_HEX]; /* of its last line */
};

struct check {
	struct arena *a;
	struct audit_check *out;
	uint64_t *seen; /* every sequence, as it came */
	size_t seen_n, seen_room;
	struct jump jumps[AUDIT_FINDINGS];
	size_t jumps_n;
	struct pruned *pruned;
	size_t pruned_n, pruned_room;
	char before_first[DIGEST_HEX]; /* what the first line says of the one before */
};

static void found(struct check *c, const struct audit_finding *f)
{
	struct audit_check *out = c->out;

	out->faults[f->fault]++;
	if (out->n < AUDIT_FINDINGS)
		out->findings[out->n++] = *f;
}

static void fault_at(struct check *c, enum audit_fault fault, const struct audit_line_at *at,
		     uint64_t sequence, const char *text)
{
	found(c, &(struct audit_finding){ .fault = fault,
					  .file = at->file,
					  .line = at->number,
					  .sequence = sequence,
					  .text = text });
}

/* ---- line by line ---- */

static int remember(struct check *c, uint64_t sequence, struct err *e)
{
	if (c->seen_n == c->seen_room) {
		size_t room = c->seen_room * 2 + 4096;
		uint64_t *more = reallocarray(c->seen, room, sizeof(*more));

		if (more == NULL)
			return fail_sys(e, ENOMEM, "verify");
		c->seen = more;
		c->seen_room = room;
	}
	c->seen[c->seen_n++] = sequence;
	return 0;
}

static const struct json *member(const struct json *v, const char *const *keys)
{
	for (; v != NULL && *keys != NULL; keys++)
		v = v->kind == JSON_OBJECT ? json_get(v, *keys) : NULL;
	return v;
}
#define MEMBER(v, ...) member((v), (const char *const[]){ __VA_ARGS__, NULL })

static void add_pruned(struct check *c, const struct audit_line_at *at)
{
	autoarena struct arena scratch = { 0 };
	struct err unused = { 0 };
	struct pruned p = { 0 };
	const struct json *last, *print;
	struct json *doc;

	if (json_parse(&scratch, "line", at->text, at->len, &doc, &unused) < 0)
		return;
	last = MEMBER(doc, "unmapped", "log", "last");
	print = MEMBER(doc, "unmapped", "log", "fingerprint");
	if (last == NULL || last->kind != JSON_NUMBER || print == NULL ||
	    print->kind != JSON_STRING || strlen(print->text) >= DIGEST_HEX ||
	    !str_uint64(last->text, UINT64_MAX - 1, &p.last))
		return;
	memcpy(p.fingerprint, print->text, strlen(print->text) + 1);
	if (c->pruned_n == c->pruned_room) {
		struct pruned *more =
			arena_array(c->a, c->pruned_room = c->pruned_room * 2 + 16,
				    sizeof(*more));

		if (c->pruned_n > 0)
			memcpy(more, c->pruned, c->pruned_n * sizeof(*more));
		c->pruned = more;
	}
	c->pruned[c->pruned_n++] = p;
}

static void look_at_order(struct check *c, const struct audit_line_at *at, uint64_t sequence)
{
	const struct audit_tail *t = &c->out->tail;

	if (c->out->lines == 1) {
		c->out->first = sequence;
		audit_line_previous(at->text, c->before_first);
	} else if (sequence != t->sequence + 1 && c->jumps_n < COUNT(c->jumps)) {
		c->jumps[c->jumps_n++] = (struct jump){ .expected = t->sequence + 1,
							.found = sequence,
							.line = at->number,
							.file = at->file };
	}
}

/* The line before, by what this one says of it. */
static void look_at_print(struct check *c, const struct audit_line_at *at, uint64_t sequence)
{
	const struct audit_tail *t = &c->out->tail;
	char chain[CHAIN_UID_MAX], print[DIGEST_HEX];

	audit_line_chain(at->text, chain);
	audit_line_previous(at->text, print);
	if (c->out->lines == 1 || sequence != t->sequence + 1)
		return;
	if (!str_eq(chain, t->chain))
		fault_at(c, AUDIT_GAP, at, sequence, "another chain begins here");
	else if (!str_eq(print, t->fingerprint))
		fault_at(c, AUDIT_CHANGED, at, t->sequence,
			 "the line before is not the one that this line vouches for");
}

static int check_line(void *ctx, const struct audit_line_at *at, struct err *e)
{
	struct check *c = ctx;
	uint64_t sequence = at->torn ? 0 : audit_line_sequence(at->text);

	if (sequence == 0 || strlen(at->text) != at->len) {
		/* that of a writer that was killed, or is just writing: the next one tells */
		if (!at->torn || at->len > AUDIT_LINE)
			fault_at(c, AUDIT_MALFORMED, at, 0, "no event of ours");
		c->out->torn = at->torn;
		return 0;
	}
	c->out->lines++;
	look_at_order(c, at, sequence);
	look_at_print(c, at, sequence);
	if (strstr(at->text, "\"event\":\"log.pruned\"") != NULL)
		add_pruned(c, at);
	audit_tail_read(at->text, at->len, &c->out->tail);
	return remember(c, sequence, e);
}

/* ---- all of them ---- */

static int by_value(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* Is there a line with one of these numbers? */
static bool is_seen(const struct check *c, uint64_t first, uint64_t last)
{
	size_t lo = 0, hi = c->seen_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->seen[mid] < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->seen_n && c->seen[lo] <= last;
}

static void judge_jump(struct check *c, const struct jump *j)
{
	const bool back = j->found < j->expected;
	const bool moved = back || is_seen(c, j->expected, j->found - 1);

	found(c, &(struct audit_finding){
			 .fault = moved ? AUDIT_REORDERED : AUDIT_REMOVED,
			 .file = j->file,
			 .line = j->line,
			 .sequence = j->found,
			 .text = arena_printf(c->a, "expected %" PRIu64 ", found %" PRIu64,
					      j->expected, j->found) });
}

static void judge_beginning(struct check *c)
{
	if (c->out->first <= 1)
		return;
	for (size_t i = 0; i < c->pruned_n; i++)
		if (c->pruned[i].last + 1 == c->out->first &&
		    str_eq(c->pruned[i].fingerprint, c->before_first))
			return;
	found(c, &(struct audit_finding){
			 .fault = AUDIT_REMOVED,
			 .sequence = c->out->first,
			 .text = arena_printf(c->a,
					      "the log begins with %" PRIu64
					      ", and no log.pruned says where the rest is",
					      c->out->first) });
}

int audit_verify(struct arena *a, const struct audit_files *f, struct audit_check *out,
		 struct err *e)
{
	struct check c = { .a = a, .out = out };
	const struct audit_visitor v = { check_line, NULL, &c };
	int got;

	*out = (struct audit_check){
		.findings = arena_array(a, AUDIT_FINDINGS, sizeof(*out->findings)),
	};
	got = audit_read(f, &v, NULL, e);
	if (got == 0) {
		if (c.seen_n > 0)
			qsort(c.seen, c.seen_n, sizeof(*c.seen), by_value);
		judge_beginning(&c);
		for (size_t i = 0; i < c.jumps_n; i++)
			judge_jump(&c, &c.jumps[i]);
		out->last = out->tail.sequence;
	}
	free(c.seen);
	return got;
}
