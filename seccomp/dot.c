/* SPDX-License-Identifier: Apache-2.0 */
/* Programs for people: a listing with notes, and a graph. */
#include <string.h>

#include "base/str.h"
#include "seccomp/policy.h"

#define LINE_MAX   256
#define NOTES_FROM 36 /* column */

/* ---- the lines of a listing ---- */

struct line {
	const char *p;
	size_t len;
};

static struct line next_line(const char **at)
{
	const char *end = strchr(*at, '\n');
	struct line l = { *at, end != NULL ? (size_t)(end - *at) : strlen(*at) };

	*at += l.len + (end != NULL);
	return l;
}

static const char *note_of(const struct policy_image *image, size_t pc)
{
	return image->notes != NULL && image->notes[pc] != NULL ? image->notes[pc] : "";
}

const char *policy_listing(struct arena *a, const struct policy_image *image)
{
	const char *at = filter_listing(a, &image->filter);
	const size_t size = (size_t)image->filter.n * LINE_MAX + 1;
	struct sbuf b = { arena_alloc(a, size), 0, size, false };

	for (size_t pc = 0; pc < image->filter.n; pc++) {
		const struct line l = next_line(&at);
		const char *note = note_of(image, pc);

		if (*note == '\0')
			sbuf_add(&b, "%.*s\n", (int)l.len, l.p);
		else
			sbuf_add(&b, "%-*.*s ; %s\n", NOTES_FROM, (int)l.len, l.p, note);
	}
	return b.p;
}

/* ---- the graph ---- */

/* What comes after the number of the line. */
static struct line without_number(struct line l)
{
	const char *colon = memchr(l.p, ':', l.len);
	size_t skip = colon != NULL ? (size_t)(colon - l.p) + 1 : 0;

	while (skip < l.len && l.p[skip] == ' ')
		skip++;
	return (struct line){ l.p + skip, l.len - skip };
}

/* A jump's targets are drawn, so they need not be read: "jeq #0x2, 4, 7" is "jeq #0x2". */
static struct line without_targets(struct line l)
{
	const char *comma = memchr(l.p, ',', l.len);

	return (struct line){ l.p, comma != NULL ? (size_t)(comma - l.p) : l.len };
}

static void put_text(struct sbuf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sbuf_add(b, p[i] == '"' || p[i] == '\\' ? "\\%c" : "%c", p[i]);
}

static const char *style_of(const struct sock_filter *in)
{
	if (BPF_CLASS(in->code) != BPF_RET)
		return BPF_CLASS(in->code) == BPF_JMP ? "shape=box"
						      : "shape=box, style=rounded";
	return in->k == SECCOMP_RET_ALLOW ? "shape=oval, style=filled, fillcolor=palegreen"
					  : "shape=oval, style=filled, fillcolor=lightpink";
}

static void put_node(struct sbuf *b, const struct policy_image *image, size_t pc, struct line l)
{
	const char *note = note_of(image, pc);

	sbuf_add(b, "\tn%zu [%s, label=\"", pc, style_of(&image->filter.insns[pc]));
	put_text(b, l.p, l.len);
	if (*note != '\0') {
		sbuf_add(b, "\\n");
		put_text(b, note, strlen(note));
	}
	sbuf_add(b, "\"];\n");
}

static void put_edges(struct sbuf *b, size_t pc, const struct sock_filter *in)
{
	if (BPF_CLASS(in->code) == BPF_RET)
		return;
	if (BPF_CLASS(in->code) != BPF_JMP) {
		sbuf_add(b, "\tn%zu -> n%zu;\n", pc, pc + 1);
	} else if (BPF_OP(in->code) == BPF_JA) {
		sbuf_add(b, "\tn%zu -> n%zu;\n", pc, pc + 1 + in->k);
	} else {
		sbuf_add(b, "\tn%zu -> n%zu [label=yes];\n", pc, pc + 1 + in->jt);
		sbuf_add(b, "\tn%zu -> n%zu [label=no, style=dashed];\n", pc, pc + 1 + in->jf);
	}
}

const char *policy_dot(struct arena *a, const struct policy_image *image)
{
	const char *at = filter_listing(a, &image->filter);
	const size_t size = (size_t)image->filter.n * 4 * LINE_MAX + 128;
	struct sbuf b = { arena_alloc(a, size), 0, size, false };

	sbuf_add(&b, "digraph filter {\n\tnode [fontname=monospace];\n");
	for (size_t pc = 0; pc < image->filter.n; pc++) {
		const struct sock_filter *in = &image->filter.insns[pc];
		struct line l = without_number(next_line(&at));

		if (BPF_CLASS(in->code) == BPF_JMP)
			l = without_targets(l);
		put_node(&b, image, pc, l);
		put_edges(&b, pc, in);
	}
	sbuf_add(&b, "}\n");
	return b.p;
}
