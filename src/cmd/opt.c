/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/opt.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum {
	NAME_MAX_LEN = 48,
	TEXT_COLUMN = 30,
	LAST_COLUMN = 79,
	NEAR = 2
};

/* Every table ends with this one. */
static const struct opt help_row = {
	"help", 'h', OPT_HELP, NULL, "print this help and exit", 0
};

struct parser {
	struct arena *arena;
	const struct opt *table;
	const struct opt_words *in;
	char *into;
	struct opt_found *out;
	const char **args; /* what out->args points at */
	size_t i;          /* the next word */
};

/* ---- finding ---- */

static const struct opt *find_name(const struct opt *table, const char *name, size_t len)
{
	for (const struct opt *o = table; o->name != NULL; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	if (len == strlen(help_row.name) && memcmp(help_row.name, name, len) == 0)
		return &help_row;
	return NULL;
}

static const struct opt *find_letter(const struct opt *table, char letter)
{
	for (const struct opt *o = table; o->name != NULL; o++)
		if (o->letter == letter)
			return o;
	return letter == help_row.letter ? &help_row : NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance with neighbours that changed places counted once. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][NAME_MAX_LEN + 1] = { 0 };

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t same = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min3(now[j], before[j - 2] + 1, now[j]);
		}
	}
	return row[n % 3][m];
}

bool opt_near(const char *typed, const char *meant)
{
	size_t n = strlen(typed), m = strlen(meant);
	size_t d;

	if (n == 0 || n > NAME_MAX_LEN || m > NAME_MAX_LEN)
		return false;
	d = distance(typed, n, meant, m);
	return d <= NEAR && d < m / 2 + 1;
}

static int unknown(const struct parser *p, const char *word, struct err *e)
{
	const char *who = p->in->who;
	char typed[NAME_MAX_LEN + 1];
	size_t dashes = strspn(word, "-"), len = strcspn(word, "=");

	(void)fail(e, ERR_USAGE, "%s: %.*s: unknown option", who, (int)len, word);
	if (len - dashes < sizeof(typed)) {
		memcpy(typed, word + dashes, len - dashes);
		typed[len - dashes] = '\0';
		for (const struct opt *o = p->table; o->name != NULL; o++)
			if (o->help != NULL && opt_near(typed, o->name))
				return hint(e, "did you mean --%s?", o->name);
	}
	return hint(e, "%s%s --help lists the options",
		    str_eq(who, "caisson") ? "" : "caisson ", who);
}

/* ---- taking values ---- */

/* The words of go's strconv.ParseBool, which wrote the flags of our callers. */
static const struct word truths[] = {
	{ "true", 1 }, { "false", 0 }, { "1", 1 },  { "0", 0 },    { "t", 1 },
	{ "f", 0 },    { "T", 1 },     { "F", 0 },  { "TRUE", 1 }, { "FALSE", 0 },
	{ "True", 1 }, { "False", 0 }, { NULL, 0 },
};

static int set_flag(const struct parser *p, const struct opt *o, const char *value,
		    struct err *e)
{
	const struct word *w = word_find(truths, value);

	if (w == NULL)
		return fail(e, ERR_USAGE, "%s: --%s: expected true or false: found \"%s\"",
			    p->in->who, o->name, value);
	*(bool *)(void *)(p->into + o->offset) = w->value != 0;
	return 0;
}

static int set_uint(const struct parser *p, const struct opt *o, const char *value,
		    struct err *e)
{
	uint64_t n;

	if (!str_uint64(value, UINT_MAX, &n))
		return fail(e, ERR_USAGE, "%s: --%s: expected a number: found \"%s\"",
			    p->in->who, o->name, value);
	*(unsigned *)(void *)(p->into + o->offset) = (unsigned)n;
	return 0;
}

/* No list can be longer than the words are many, so it never has to grow. */
static void add_string(const struct parser *p, const struct opt *o, const char *value)
{
	struct opt_strings *list = (struct opt_strings *)(void *)(p->into + o->offset);

	if (list->v == NULL)
		list->v = arena_array(p->arena, p->in->n + 1, sizeof(*list->v));
	list->v[list->n++] = value;
}

static bool word_in_choices(const char *value, const char *choices)
{
	size_t len = strlen(value);

	for (const char *at = choices;; at++) {
		size_t n = strcspn(at, "|");

		if (n == len && memcmp(at, value, n) == 0)
			return true;
		at += n;
		if (*at == '\0')
			return false;
	}
}

/* "text|json" are the only words; "PATH|none" is a value or a word. */
static bool is_choice(const char *arg)
{
	return strchr(arg, '|') != NULL && strpbrk(arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

static int set_string(const struct parser *p, const struct opt *o, const char *value,
		      struct err *e)
{
	if (is_choice(o->arg) && !word_in_choices(value, o->arg))
		return fail(e, ERR_USAGE, "%s: --%s: expected %s: found \"%s\"", p->in->who,
			    o->name, o->arg, value);
	*(const char **)(void *)(p->into + o->offset) = value;
	return 0;
}

static int set(const struct parser *p, const struct opt *o, const char *value, struct err *e)
{
	switch (o->kind) {
	case OPT_FLAG:
		return set_flag(p, o, value, e);
	case OPT_STRING:
		return set_string(p, o, value, e);
	case OPT_UINT:
		return set_uint(p, o, value, e);
	case OPT_STRINGS:
		add_string(p, o, value);
		return 0;
	case OPT_HELP:
		p->out->help = true;
		return 0;
	}
	return fail(e, ERR_BUG, "option --%s: kind %u", o->name, (unsigned)o->kind);
}

static bool needs_value(const struct opt *o)
{
	return o->kind != OPT_FLAG && o->kind != OPT_HELP;
}

/* Sets the option; where the word brought no value, the next word is it, whatever it looks
 * like ("update --resources -"). */
static int take(struct parser *p, const struct opt *o, const char *value, struct err *e)
{
	if (value == NULL && !needs_value(o))
		value = "true";
	if (value == NULL && p->i < p->in->n)
		value = p->in->v[p->i++];
	if (value == NULL) { /* podman looks for the one or the other of these words */
		(void)fail(e, ERR_USAGE, "%s: --%s: flag needs an argument", p->in->who,
			   o->name);
		return hint(e, "--%s %s requires an argument", o->name,
			    o->arg != NULL ? o->arg : "VALUE");
	}
	return set(p, o, value, e);
}

/* ---- reading words ---- */

/* -f, -fq, -b DIR, -bDIR, -b=DIR */
static int read_letters(struct parser *p, const char *word, struct err *e)
{
	for (const char *c = word + 1; *c != '\0'; c++) {
		const struct opt *o = find_letter(p->table, *c);
		const char *rest = c[1] == '=' ? c + 2 : c + 1;

		if (o == NULL)
			return unknown(p, word, e);
		if (needs_value(o) || c[1] == '=')
			return take(p, o, c[1] == '\0' ? NULL : rest, e);
		if (take(p, o, NULL, e) < 0)
			return -1;
	}
	return 0;
}

static int read_option(struct parser *p, const char *word, struct err *e)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");
	const struct opt *o =
		len > 1 || name[-2] == '-' ? find_name(p->table, name, len) : NULL;

	if (o != NULL)
		return take(p, o, name[len] == '=' ? name + len + 1 : NULL, e);
	return word[1] == '-' ? unknown(p, word, e) : read_letters(p, word, e);
}

static void keep_arg(struct parser *p, const char *word)
{
	p->args[p->out->args_n++] = word;
}

static void keep_rest(struct parser *p)
{
	while (p->i < p->in->n)
		keep_arg(p, p->in->v[p->i++]);
}

static int read_words(struct parser *p, struct err *e)
{
	while (p->i < p->in->n && !p->out->help) {
		const char *word = p->in->v[p->i];
		bool is_arg = word[0] != '-' || word[1] == '\0';

		if (is_arg && p->in->stop_at_first)
			break;
		p->i++;
		if (is_arg)
			keep_arg(p, word);
		else if (str_eq(word, "--"))
			break;
		else if (read_option(p, word, e) < 0)
			return -1;
	}
	return 0;
}

int opt_parse(struct arena *a, const struct opt *table, const struct opt_words *in, void *into,
	      struct opt_found *out, struct err *e)
{
	struct opt_found found = { 0 };
	struct parser p = { a, table, in, into, &found, NULL, 0 };

	p.args = arena_array(a, in->n + 1, sizeof(*p.args));
	if (read_words(&p, e) < 0)
		return -1;
	found.used = p.i;
	keep_rest(&p);
	found.args = p.args;
	*out = found;
	return 0;
}

/* ---- showing ---- */

void opt_print_row(FILE *to, const char *left, const char *text)
{
	int at = fprintf(to, "  %s", left);

	if (at > TEXT_COLUMN - 2) {
		(void)fputc('\n', to);
		at = 0;
	}
	(void)fprintf(to, "%*s", TEXT_COLUMN - at, "");
	at = TEXT_COLUMN;
	while (*text != '\0') {
		int len = (int)strcspn(text, " ");

		if (at > TEXT_COLUMN && at + 1 + len > LAST_COLUMN) {
			(void)fprintf(to, "\n%*s", TEXT_COLUMN, "");
			at = TEXT_COLUMN;
		}
		at += fprintf(to, "%s%.*s", at > TEXT_COLUMN ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	(void)fputc('\n', to);
}

static void print_opt(FILE *to, const struct opt *o)
{
	char left[NAME_MAX_LEN * 2] = "";
	struct sbuf b = SBUF(left);

	if (o->letter != 0)
		sbuf_add(&b, "-%c, ", o->letter);
	else
		sbuf_add(&b, "    ");
	sbuf_add(&b, "--%s", o->name);
	if (o->arg != NULL)
		sbuf_add(&b, " %s", o->arg);
	opt_print_row(to, left, o->help);
}

void opt_print_help(FILE *to, const struct opt *table)
{
	for (const struct opt *o = table; o->name != NULL; o++)
		if (o->help != NULL)
			print_opt(to, o);
	print_opt(to, &help_row);
}

static void dump_opt(FILE *to, const char *command, const struct opt *o)
{
	char letter[3] = { '-', o->letter, '\0' };

	(void)fprintf(to, "%s\t--%s\t%s\t%s\t%s\n", command, o->name,
		      o->letter != 0 ? letter : "", o->arg != NULL ? o->arg : "", o->help);
}

void opt_print_dump(FILE *to, const char *command, const struct opt *table)
{
	for (const struct opt *o = table; o->name != NULL; o++)
		if (o->help != NULL)
			dump_opt(to, command, o);
	dump_opt(to, command, &help_row);
}
