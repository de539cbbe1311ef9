/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

/* ---- sources and their lines ---- */

struct policy_text {
	struct policy_text *next;
	const char *name, *text;
	size_t len;
	uint32_t *starts; /* of each line; made when the first one is asked for */
	size_t lines;
};

void diag_source(struct policy_diags *d, const struct policy_source *src)
{
	struct policy_text *t = arena_new(d->arena, struct policy_text);

	t->name = src->name;
	t->text = src->text;
	t->len = src->len;
	t->next = d->texts;
	d->texts = t;
}

static void find_lines(struct arena *a, struct policy_text *t)
{
	size_t n = 1;

	for (size_t i = 0; i < t->len; i++)
		n += t->text[i] == '\n';
	t->starts = arena_array(a, n, sizeof(t->starts[0]));
	t->lines = 1;
	for (size_t i = 0; i < t->len; i++)
		if (t->text[i] == '\n')
			t->starts[t->lines++] = (uint32_t)(i + 1);
}

/* Several diagnostics share one copy of a line: it may be as long as the file. */
static const char *known_line(const struct policy_diags *d, const struct policy_place *at)
{
	for (const struct policy_diag *o = d->first; o != NULL; o = o->next)
		if (o->line != NULL && o->at.file == at->file && o->at.line == at->line)
			return o->line;
	return NULL;
}

static const char *line_of(struct policy_diags *d, const struct policy_place *at)
{
	struct policy_text *t = d->texts;
	const char *known = known_line(d, at);
	size_t from, len;

	while (t != NULL && t->name != at->file)
		t = t->next;
	if (t == NULL || known != NULL)
		return known;
	if (t->starts == NULL)
		find_lines(d->arena, t);
	if (at->line == 0 || at->line > t->lines)
		return NULL;
	from = t->starts[at->line - 1];
	len = (at->line < t->lines ? t->starts[at->line] - 1 : t->len) - from;
	if (len > 0 && t->text[from + len - 1] == '\r')
		len--;
	return arena_strndup(d->arena, t->text + from, len);
}

/* ---- collecting ---- */

static const char *one_line(struct arena *a, const char *fmt, va_list ap) PRINTF(2, 0);

static const char *one_line(struct arena *a, const char *fmt, va_list ap)
{
	char text[512];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return arena_strdup(a, text);
}

static void append(struct policy_diags *d, struct policy_diag *one)
{
	if (d->last == NULL)
		d->first = one;
	else
		d->last->next = one;
	d->last = one;
	d->kept++;
}

bool diag(struct policy_diags *d, enum policy_level level, const char *code,
	  const struct policy_place *at, const char *fmt, ...)
{
	struct policy_diag *one;
	va_list ap;

	d->errors += level == POLICY_ERROR;
	d->warnings += level == POLICY_WARNING;
	if (d->kept == DIAG_MAX) {
		d->dropped++;
		return false;
	}
	one = arena_new(d->arena, struct policy_diag);
	one->level = level;
	one->code = code;
	va_start(ap, fmt);
	one->text = one_line(d->arena, fmt, ap);
	va_end(ap);
	if (at != NULL && at->file != NULL) {
		one->at = *at;
		one->line = line_of(d, at);
	}
	append(d, one);
	return true;
}

void diag_hint(struct policy_diags *d, const char *fmt, ...)
{
	va_list ap;

	/* Once one was dropped, the last that was kept is not the one that is meant. */
	if (d->dropped > 0 || d->last == NULL || d->last->hint != NULL)
		return;
	va_start(ap, fmt);
	d->last->hint = one_line(d->arena, fmt, ap);
	va_end(ap);
}

/* ":3:14"; nothing for a rule that was handed in, which has a name and no line. */
static const char *position(const struct policy_place *at, char buf[32])
{
	struct sbuf b = { buf, 0, 32, false };

	buf[0] = '\0';
	if (at->line > 0)
		sbuf_add(&b, ":%u:%u", at->line, at->column);
	return buf;
}

int policy_diags_fail(const struct policy_diags *d, struct err *e)
{
	const struct policy_diag *one = d->first;
	char where[32];

	while (one != NULL && one->level != POLICY_ERROR)
		one = one->next;
	if (one == NULL && d->errors == 0)
		return 0;
	if (one == NULL) /* after 256 warnings */
		(void)fail(e, ERR_POLICY, "seccomp policy: %zu errors", d->errors);
	else if (one->at.file == NULL)
		(void)fail(e, ERR_POLICY, "%s", one->text);
	else
		(void)fail(e, ERR_POLICY, "%s%s: %s", one->at.file, position(&one->at, where),
			   one->text);
	if (d->errors > 1)
		return hint(e, "and %zu more: \"caisson-policy check\" lists them all",
			    d->errors - 1);
	return one != NULL && one->hint != NULL ? hint(e, "%s", one->hint) : -1;
}

/* ---- did you mean ---- */

#define WORD_MAX 64

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same(char a, char b)
{
	return lower(a) == lower(b);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The distance of optimal string alignment; anything above max is max + 1. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m, unsigned max)
{
	unsigned row[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		const unsigned *before = row[(i + 1) % 3], *up = row[(i - 1) % 3];
		unsigned *now = row[i % 3], best = (unsigned)i;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
				       up[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
			best = least(best, now[j]);
		}
		if (best > max)
			return max + 1;
	}
	return least(row[n % 3][m], max + 1);
}

const char *diag_nearest(const char *word, size_t len, const char *(*name)(void *ctx, size_t i),
			 void *ctx)
{
	const char *best = NULL, *s;
	unsigned max = (unsigned)(len / 3);

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; (s = name(ctx, i)) != NULL; i++) {
		size_t n = strlen(s);
		unsigned is;

		if (n > WORD_MAX || n > len + max || len > n + max)
			continue;
		is = distance(word, len, s, n, max);
		if (is > max)
			continue;
		best = s;
		if (is == 0)
			break;
		max = is - 1; /* from now on only nearer ones */
	}
	return best;
}

/* ---- showing ---- */

bool diag_is_bidi(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

#define SHOWN 100 /* characters of a line at most; more are cut around the caret */

/* One character of a line and how it is shown. */
struct cell {
	size_t bytes;
	const char *text;
	size_t n;
};

static struct cell cell_at(const char *s, size_t left)
{
	uint32_t c = 0;
	size_t n = utf8_next(s, left, &c);

	if (n == 0)
		return (struct cell){ 1, "?", 1 };
	if (c != '\t' && (c < ' ' || (c >= 0x7f && c < 0xa0) || diag_is_bidi(c)))
		return (struct cell){ n, "?", 1 };
	return (struct cell){ n, s, n };
}

/* How many characters the first n bytes are. */
static size_t cells_in(const char *s, size_t n)
{
	size_t cells = 0;

	for (size_t i = 0; i < n; cells++)
		i += cell_at(s + i, n - i).bytes;
	return cells;
}

/* Both lines grow side by side, so that a tab stands above a tab. */
struct picture {
	char source[SHOWN * 4 + 16], caret[SHOWN + 16];
	size_t source_n, caret_n, marked; /* caret_n up to the mark */
};

static void draw(struct picture *p, const struct cell *c, bool before, bool under)
{
	memcpy(p->source + p->source_n, c->text, c->n);
	p->source_n += c->n;
	if (before)
		p->caret[p->caret_n++] = *c->text == '\t' ? '\t' : ' ';
	if (under)
		p->caret[p->caret_n + p->marked] = p->marked == 0 ? '^' : '~';
	p->marked += under;
}

static void draw_line(struct picture *p, const struct policy_diag *d)
{
	const struct cell dot = { 1, ".", 1 };
	size_t len = strlen(d->line), i = 0;
	size_t place = d->at.column - 1 < len ? d->at.column - 1 : len;
	size_t all = cells_in(d->line, len), mark = cells_in(d->line, place);
	size_t first = all <= SHOWN || mark < SHOWN / 2 ? 0 : mark - SHOWN / 2;

	for (size_t n = 0; n < 3 && first > 0; n++)
		draw(p, &dot, true, false);
	for (size_t n = 0; i < len && n < first + SHOWN; n++) {
		struct cell c = cell_at(d->line + i, len - i);

		if (n >= first)
			draw(p, &c, i < place, i >= place && i < place + d->at.width);
		i += c.bytes;
	}
	for (size_t n = 0; n < 3 && i < len; n++)
		draw(p, &dot, false, false);
	if (p->marked == 0)
		p->caret[p->caret_n + p->marked++] = '^';
}

static const struct {
	const char *word, *colour;
} levels[] = {
	[POLICY_ERROR] = { "error", "\033[1;31m" },
	[POLICY_WARNING] = { "warning", "\033[1;35m" },
	[POLICY_NOTE] = { "note", "\033[1;36m" },
};

struct paint {
	const char *bold, *level, *caret, *off;
};

static const char *head(struct arena *a, const struct policy_diag *d, const struct paint *c)
{
	const char *word = levels[d->level].word;
	char where[32];

	if (d->at.file == NULL)
		return arena_printf(a, "%s%s:%s %s", c->level, word, c->off, d->text);
	return arena_printf(a, "%s%s%s:%s %s%s:%s %s", c->bold, d->at.file,
			    position(&d->at, where), c->off, c->level, word, c->off, d->text);
}

static const char *body(struct arena *a, const struct policy_diag *d, const struct paint *c)
{
	struct picture p = { .source_n = 0 };

	if (d->line == NULL || d->at.column == 0)
		return "";
	draw_line(&p, d);
	return arena_printf(a, "\n%5u | %.*s\n      | %.*s%s%.*s%s", d->at.line,
			    (int)p.source_n, p.source, (int)p.caret_n, p.caret, c->caret,
			    (int)p.marked, p.caret + p.caret_n, c->off);
}

const char *policy_diag_text(struct arena *a, const struct policy_diag *d, bool colour)
{
	const struct paint plain = { "", "", "", "" };
	const struct paint bright = { "\033[1m", levels[d->level].colour, "\033[1;32m",
				      "\033[0m" };
	const struct paint *c = colour ? &bright : &plain;
	const char *tail = d->hint == NULL ? "" : arena_printf(a, "\nhint: %s", d->hint);

	return arena_printf(a, "%s%s%s", head(a, d, c), body(a, d, c), tail);
}
