/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/anchor.h"
#include "audit/audit.h"
#include "audit/filter.h"
#include "audit/noted.h"
#include "audit/sealed.h"
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
	struct sealed *sealed;
	struct anchors *anchors;   /* or NULL */
	struct noting *notes;      /* or NULL */
	struct audit_line_at half; /* a line without its end, if .out->torn */
	const char *file;          /* that had the last line */
};

void audit_check_add(struct audit_check *out, const struct audit_finding *f)
{
	out->faults[f->fault]++;
	if (out->n < AUDIT_FINDINGS)
		out->findings[out->n++] = *f;
}

static void found(struct check *c, const struct audit_finding *f)
{
	audit_check_add(c->out, f);
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

static void add_pruned(struct check *c, const struct json *event)
{
	struct pruned p = { 0 };
	const char *last = audit_text_at(event, "unmapped.log.last");
	const char *print = audit_text_at(event, "unmapped.log.fingerprint");

	if (last == NULL || print == NULL || strlen(print) >= DIGEST_HEX ||
	    !str_uint64(last, UINT64_MAX - 1, &p.last))
		return;
	memcpy(p.fingerprint, print, strlen(print) + 1);
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

static void look_at_seal(struct check *c, const struct audit_line_at *at, uint64_t sequence,
			 const struct json *event)
{
	struct audit_tail before = { .sequence = sequence - 1 };
	struct sealed_fault fault = { 0 };

	audit_line_chain(at->text, before.chain);
	audit_line_previous(at->text, before.fingerprint);
	if (!sealed_look(c->sealed, c->a, event, &before, c->out->first <= 1, &fault))
		fault_at(c, fault.fault, at, sequence, fault.text);
}

/* Events of the log itself say something of other lines. */
static void look_at_own(struct check *c, const struct audit_line_at *at, uint64_t sequence)
{
	autoarena struct arena scratch = { 0 };
	struct err unused = { 0 };
	struct json *event;
	const char *name;

	if (memmem(at->text, at->len, "\"event\":\"log.", 13) == NULL)
		return;
	if (json_parse(&scratch, "line", at->text, at->len, &event, &unused) < 0) {
		fault_at(c, AUDIT_MALFORMED, at, sequence, "no event of ours");
		return;
	}
	name = audit_text_at(event, "event");
	if (str_eq(name, "log.pruned"))
		add_pruned(c, event);
	else if (str_eq(name, "log.sealed"))
		look_at_seal(c, at, sequence, event);
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

/* Those of lines before the first are of segments that were deleted. */
static void look_at_anchors(struct check *c, const struct audit_line_at *at)
{
	const struct audit_tail *t = &c->out->tail;
	struct anchors *an = c->anchors;

	if (an == NULL)
		return;
	if (c->out->lines == 1)
		anchors_choose(an, c->a, t->chain);
	for (; an->next < an->n && an->v[an->next].sequence <= t->sequence; an->next++) {
		const struct anchor *v = &an->v[an->next];

		if (v->sequence < t->sequence)
			continue;
		if (str_eq(v->fingerprint, t->fingerprint))
			c->out->anchored = t->sequence;
		else
			fault_at(c, AUDIT_CHANGED, at, t->sequence,
				 "the anchor is of another event");
	}
}

/* Ours are escaped. A newline that became something else makes one line of two. */
static bool has_control(const struct audit_line_at *at)
{
	bool any = false;

	for (size_t i = 0; i < at->len; i++)
		any |= (unsigned char)at->text[i] < ' ';
	return any;
}

/* At the end it is that of a writer that was killed, or is just writing: the next one cuts it
 * off. There is none before another line, and none as long as no line of ours. */
static void look_at_half(struct check *c)
{
	if (!c->out->torn)
		return;
	fault_at(c, AUDIT_MALFORMED, &c->half, 0, "no event of ours");
	c->out->torn = false;
}

static int check_line(void *ctx, const struct audit_line_at *at, struct err *e)
{
	struct check *c = ctx;
	uint64_t sequence = at->torn ? 0 : audit_line_sequence(at->text);

	if (c->notes != NULL)
		notes_see(c->notes, at);
	c->file = at->file;
	look_at_half(c);
	if (at->torn) {
		c->half = *at;
		c->out->torn = true;
		return 0;
	}
	if (sequence == 0 || has_control(at)) {
		fault_at(c, AUDIT_MALFORMED, at, 0, "no event of ours");
		return 0;
	}
	c->out->lines++;
	look_at_order(c, at, sequence);
	look_at_print(c, at, sequence);
	look_at_own(c, at, sequence);
	audit_tail_read(at->text, at->len, &c->out->tail);
	look_at_anchors(c, at);
	return remember(c, sequence, e);
}

static void check_damaged(void *ctx, const struct audit_segment *s, const struct err *why)
{
	struct check *c = ctx;
	const char *how = str_after(why->text, s->name);

	found(c, &(struct audit_finding){
			 .fault = AUDIT_CHANGED,
			 .file = s->name,
			 .sequence = s->first,
			 .text = arena_strdup(c->a, how != NULL ? how + 2 : why->text) });
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

static void judge_end(struct check *c, const struct audit_files *f)
{
	struct sealed_fault fault = { 0 };

	/* rotation leaves log.rotated there, under the same name at once */
	if (f->n > 0 && c->file != f->path)
		found(c, &(struct audit_finding){
				 .fault = AUDIT_TRUNCATED,
				 .sequence = c->out->tail.sequence,
				 .text = "behind the last segment there is no line" });
	if (!sealed_end(c->sealed, c->a, &c->out->tail, &fault))
		found(c, &(struct audit_finding){ .fault = fault.fault,
						  .sequence = c->out->tail.sequence,
						  .text = fault.text });
}

static void judge_anchors(struct check *c)
{
	const struct anchors *an = c->anchors;
	const uint64_t end = c->out->tail.sequence;

	if (an == NULL)
		return;
	if (an->n == 0 || c->out->lines == 0) {
		found(c, &(struct audit_finding){ .fault = c->out->lines > 0 ? AUDIT_GAP
									     : AUDIT_TRUNCATED,
						  .text = "the anchors are of another chain" });
		return;
	}
	if (an->v[an->n - 1].sequence > end)
		found(c, &(struct audit_finding){
				 .fault = AUDIT_TRUNCATED,
				 .sequence = end,
				 .text = arena_printf(c->a,
						      "there is an anchor of event %" PRIu64
						      ", and the last one is %" PRIu64,
						      an->v[an->n - 1].sequence, end) });
}

int audit_verify(struct arena *a, const struct audit_files *f, const struct audit_trust *trust,
		 struct audit_check *out, struct err *e)
{
	struct sealed unasked = { 0 };
	struct check c = { .a = a, .out = out, .sealed = &unasked };
	const struct audit_visitor v = { check_line, NULL, &c, check_damaged };
	int got;

	if (trust != NULL && trust->sealed != NULL)
		c.sealed = trust->sealed;
	if (trust != NULL) {
		c.anchors = trust->anchors;
		c.notes = trust->notes;
	}
	*out = (struct audit_check){
		.findings = arena_array(a, AUDIT_FINDINGS, sizeof(*out->findings)),
	};
	got = audit_read(f, &v, NULL, e);
	if (got == 0) {
		if (c.half.len == AUDIT_LINE)
			look_at_half(&c);
		if (c.seen_n > 0)
			qsort(c.seen, c.seen_n, sizeof(*c.seen), by_value);
		judge_beginning(&c);
		for (size_t i = 0; i < c.jumps_n; i++)
			judge_jump(&c, &c.jumps[i]);
		judge_end(&c, f);
		judge_anchors(&c);
		out->last = out->tail.sequence;
	}
	free(c.seen);
	return got;
}
