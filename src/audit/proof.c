/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/proof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/filter.h"
#include "base/auto.h"
#include "base/str.h"

#define LEAVES_MAX (UINT64_C(1) << 24) /* of a segment: 64 MiB have fewer */

/* ---- made ---- */

struct gathering {
	struct arena *a;
	uint64_t sequence; /* of the event that is wanted */
	const char *event; /* its line */
	uint64_t index;
	struct merkle_hash *leaves; /* malloc'd */
	size_t n, room;
};

static int gather(void *ctx, const struct audit_line_at *at, struct err *e)
{
	struct gathering *g = ctx;

	if (g->n == g->room) {
		const size_t room = g->room * 2 + 4096;
		struct merkle_hash *more =
			g->room < LEAVES_MAX ? reallocarray(g->leaves, room, sizeof(*more))
					     : NULL;

		if (more == NULL)
			return fail_sys(e, ENOMEM, "prove");
		g->leaves = more;
		g->room = room;
	}
	if (g->event == NULL && audit_line_sequence(at->text) == g->sequence) {
		g->event = arena_strndup(g->a, at->text, at->len);
		g->index = g->n;
	}
	merkle_leaf(at->text, at->len, &g->leaves[g->n++]);
	return 0;
}

static struct json *hashes(struct arena *a, const struct merkle_hash *h, size_t n)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < n; i++) {
		char *text = arena_alloc(a, DIGEST_HEX);

		hex_write(h[i].b, DIGEST_SIZE, text);
		json_add(list, json_string(a, text));
	}
	return list;
}

static struct json *proof_of(struct arena *a, const struct gathering *g,
			     const struct notes *notes, size_t last)
{
	struct json *o = json_object(a), *list = json_array(a);
	struct merkle_hash path[MERKLE_HEIGHT];
	const size_t len = merkle_path(g->leaves, g->n, g->index, path);

	for (size_t i = 0; i <= last; i++)
		if (notes->v[i].is_signed)
			json_add(list, note_json(a, &notes->v[i], true));
	json_set(o, "event", json_string(a, g->event));
	json_set(o, "index", json_uint(a, g->index));
	json_set(o, "path", hashes(a, path, len));
	json_set(o, "notes", list);
	return o;
}

static int prove_in(struct arena *a, const struct audit_files *f, const struct audit_segment *s,
		    const struct notes *notes, struct gathering *g, struct json **out,
		    struct err *e)
{
	const struct audit_visitor v = { .visit = gather, .ctx = g };
	size_t i = 0;

	while (i < notes->n && notes->v[i].first != s->first)
		i++;
	if (i == notes->n || !notes->v[i].is_signed) {
		(void)fail(e, ERR_STATE, "%s: expected a signed segment", s->name);
		return hint(e, "caisson audit init makes the key, and audit rotate signs");
	}
	if (audit_read_segment(f, s, &v, e) < 0)
		return -1;
	if (g->event == NULL)
		return fail(e, ERR_STATE, "%s: expected event %" PRIu64 ": found none of it",
			    s->name, g->sequence);
	*out = proof_of(a, g, notes, i);
	return 0;
}

int proof_make(struct arena *a, const struct audit_files *f, uint64_t sequence,
	       struct json **out, struct err *e)
{
	struct gathering g = { .a = a, .sequence = sequence };
	struct notes notes;
	int got = -1;
	size_t i = 0;

	if (notes_load(a, f, &notes, e) < 0)
		return -1;
	while (i < f->n && (sequence < f->segments[i].first || sequence > f->segments[i].last))
		i++;
	if (i < f->n) {
		got = prove_in(a, f, &f->segments[i], &notes, &g, out, e);
	} else {
		(void)fail(e, ERR_STATE, "event %" PRIu64 ": expected it in a closed segment",
			   sequence);
		(void)hint(e, "caisson audit rotate closes and signs what there is");
	}
	free(g.leaves);
	return got;
}

/* ---- checked ---- */

static int no_proof(struct err *e, const char *what)
{
	return fail(e, ERR_STATE, "proof: expected %s", what);
}

static bool read_path(const struct json *list, struct merkle_hash *out, size_t *n)
{
	*n = 0;
	if (list == NULL || list->kind != JSON_ARRAY || list->n > MERKLE_HEIGHT)
		return false;
	for (const struct json *v = list->first; v != NULL; v = v->next)
		if (v->kind != JSON_STRING || !hex_read(v->text, DIGEST_SIZE, out[(*n)++].b))
			return false;
	return true;
}

static bool read_notes(struct arena *a, const struct json *list, struct notes *out)
{
	if (list == NULL || list->kind != JSON_ARRAY || list->n == 0)
		return false;
	*out = (struct notes){ .v = arena_array(a, list->n, sizeof(*out->v)) };
	for (const struct json *v = list->first; v != NULL; v = v->next)
		if (v->kind != JSON_OBJECT || !note_read(v, &out->v[out->n++]) ||
		    !out->v[out->n - 1].is_signed)
			return false;
	return true;
}

int proof_check(struct arena *a, const char *text, size_t len, const char *first_key,
		struct proof_said *out, struct err *e)
{
	struct merkle_hash path[MERKLE_HEIGHT], leaf;
	const struct note *n;
	struct notes notes;
	struct json *doc;
	const char *index;
	uint64_t i;
	size_t steps;

	if (json_parse(a, "proof", text, len, &doc, e) < 0)
		return -1;
	if (doc->kind != JSON_OBJECT)
		return no_proof(e, "an object");
	out->event = audit_text_at(doc, "event");
	index = audit_text_at(doc, "index");
	if (out->event == NULL || index == NULL || !str_uint64(index, UINT64_MAX, &i))
		return no_proof(e, "an event and its index");
	if (!read_path(json_get(doc, "path"), path, &steps))
		return no_proof(e, "a path of digests");
	if (!read_notes(a, json_get(doc, "notes"), &notes))
		return no_proof(e, "signed notes");
	n = &notes.v[notes.n - 1];
	merkle_leaf(out->event, strlen(out->event), &leaf);
	out->key = first_key != NULL ? first_key : notes.v[0].key;
	out->number = n->number;
	out->first = n->first;
	out->last = n->last;
	out->answer = PROOF_GOOD;
	if (!merkle_leads(&leaf, i, n->lines, path, steps, &n->root))
		out->answer = PROOF_OTHER;
	else if (notes_follow(a, &notes, out->key) >= 0)
		out->answer = PROOF_FORGED;
	return 0;
}
