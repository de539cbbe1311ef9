/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "spec_help.h"

/* properties.txt: a line for each property of the specification's schema, "PATH read" or
 * "PATH refused: REASON"; "[]" is any element of an array, ".*" any member of an object. */
struct property {
	char *path;
	const char *refused; /* the reason, or NULL */
	bool seen;           /* in the schema */
};

#define PROPERTIES_MAX 1024

struct list {
	struct arena a;
	struct property *v;
	size_t n;
};

static void add_line(struct list *l, char *line)
{
	char *word = strchr(line, ' ');

	cr_assert_not_null(word, "no word: %s", line);
	cr_assert_lt(l->n, PROPERTIES_MAX);
	*word++ = '\0';
	l->v[l->n].path = line;
	l->v[l->n].refused = str_after(word, "refused: ");
	cr_assert(l->v[l->n].refused != NULL || str_eq(word, "read"), "%s: %s", line, word);
	l->n++;
}

static void list_open(struct list *l)
{
	char *rest = NULL, *text = unit_file(&l->a, "properties.txt");

	cr_assert_not_null(text, "properties.txt is not below top_srcdir");
	l->v = arena_array(&l->a, PROPERTIES_MAX, sizeof(struct property));
	for (char *p = strtok_r(text, "\n", &rest); p != NULL; p = strtok_r(NULL, "\n", &rest))
		add_line(l, p);
	cr_assert_gt(l->n, 250);
}

static void list_close(struct list *l)
{
	arena_free(&l->a);
}

#define autolist __attribute__((cleanup(list_close)))

/* A document with value at the path, from the inside out; and the path as we write it. */
static void build(const char *path, const char *value, struct sbuf *doc, struct sbuf *place)
{
	char ends[64] = "";
	size_t depth = 0;

	while (*path != '\0') {
		size_t n = strcspn(path, ".[");
		bool any = strncmp(path, "*", n) == 0;

		if (*path == '[') {
			sbuf_add(doc, "[");
			sbuf_add(place, "[0]");
			ends[depth++] = ']';
			path += 2;
		} else {
			sbuf_add(doc, "{'%.*s':", any ? 1 : (int)n, any ? "x" : path);
			sbuf_add(place, "%s%.*s", place->n > 0 ? "." : "", any ? 1 : (int)n,
				 any ? "x" : path);
			ends[depth++] = '}';
			path += n;
		}
		path += *path == '.';
	}
	sbuf_add(doc, "%s", value);
	while (depth > 0)
		sbuf_add(doc, "%c", ends[--depth]);
	cr_assert_not(doc->over || place->over);
}

/* 1.5 is of no type that the schema has. */
static bool complains_of_type(const struct property *p)
{
	autochecked struct checked c;
	char doc[512], place[256], want[512];
	struct sbuf d = SBUF(doc), at = SBUF(place), w = SBUF(want);

	build(p->path, "1.5", &d, &at);
	check_text(&c, doc);
	sbuf_add(&w, "%s: expected ", place);
	for (const struct complaint *one = c.bad.first; one != NULL; one = one->next)
		if (str_after(one->text, want) != NULL &&
		    (str_ends(one->text, ", found number") ||
		     str_ends(one->text, ", found 1.5")))
			return true;
	return false;
}

static bool is_refused(const struct property *p)
{
	autochecked struct checked c;
	char doc[512], place[256], want[512];
	struct sbuf d = SBUF(doc), at = SBUF(place), w = SBUF(want);

	build(p->path, "'a'", &d, &at);
	check_text(&c, doc);
	sbuf_add(&w, "%s: refused: %s", place, p->refused);
	return complained(&c, want);
}

Test(schema, each_property_is_read_or_refused)
{
	autolist struct list l = { 0 };

	list_open(&l);
	for (size_t i = 0; i < l.n; i++) {
		const struct property *p = &l.v[i];

		if (p->refused != NULL)
			cr_expect(is_refused(p), "%s is not refused", p->path);
		else
			cr_expect(complains_of_type(p), "%s is not read", p->path);
	}
}

/* The other way round, so that the test above is known to be able to fail. */
Test(schema, a_property_that_nobody_reads_is_found_out)
{
	static char unknown[] = "linux.resources.memory.colour", fine[] = "windows";
	const struct property property = { unknown, NULL, false };
	const struct property refused = { unknown, "too loud", false };
	const struct property refused_else = { fine, "too loud", false };

	cr_expect_not(complains_of_type(&property));
	cr_expect_not(is_refused(&refused));
	cr_expect_not(is_refused(&refused_else));
}

struct schema {
	struct arena a;
	char folder[512];
	struct list *list;
};

static struct json *schema_file(struct schema *s, const char *name)
{
	char *text = whole_file(&s->a, arena_printf(&s->a, "%s/%s", s->folder, name));
	struct json *doc = NULL;
	struct err e = { 0 };

	if (text == NULL)
		return NULL; /* the schemas of other systems */
	cr_assert_eq(json_parse(&s->a, name, text, strlen(text), &doc, &e), 0, "%s", e.text);
	return doc;
}

static void see(struct schema *s, const char *path)
{
	for (size_t i = 0; i < s->list->n; i++) {
		if (!str_eq(s->list->v[i].path, path))
			continue;
		s->list->v[i].seen = true;
		return;
	}
	cr_expect_fail("%s is in the schema, but not in properties.txt", path);
}

static void walk(struct schema *s, const char *file, const struct json *node, const char *path);

/* "FILE#/WAY/DOWN" */
static void walk_reference(struct schema *s, const char *file, const char *to, const char *path)
{
	size_t n = strcspn(to, "#");
	char *name = n > 0 ? arena_strndup(&s->a, to, n) : arena_strdup(&s->a, file);
	char *rest = NULL, *way = arena_strdup(&s->a, to + n + 1);
	const struct json *node = schema_file(s, name);

	for (char *k = strtok_r(way, "/", &rest); k != NULL && node != NULL;
	     k = strtok_r(NULL, "/", &rest)) {
		node = json_get(node, k);
		cr_assert_not_null(node, "%s", to);
	}
	if (node != NULL)
		walk(s, name, node, path);
}

static const char *down(struct schema *s, const char *path, const char *word, const char *key)
{
	if (str_eq(word, "properties"))
		return arena_printf(&s->a, "%s%s%s", path, *path != '\0' ? "." : "", key);
	if (str_eq(word, "patternProperties"))
		return arena_printf(&s->a, "%s.*", path);
	return path;
}

static void walk(struct schema *s, const char *file, const struct json *node, const char *path)
{
	/* These hold schemas; the two after them are schemas. */
	static const char *const groups[] = { "properties", "patternProperties", "allOf",
					      "anyOf" };
	const struct json *ref = json_get(node, "$ref"), *items = json_get(node, "items");
	const struct json *more = json_get(node, "additionalProperties");

	if (*path != '\0')
		see(s, path);
	if (ref != NULL)
		walk_reference(s, file, ref->text, path);
	for (size_t i = 0; i < COUNT(groups); i++) {
		const struct json *group = json_get(node, groups[i]);

		for (const struct json *v = group != NULL ? group->first : NULL; v != NULL;
		     v = v->next)
			walk(s, file, v, down(s, path, groups[i], v->key));
	}
	if (items != NULL)
		walk(s, file, items, arena_printf(&s->a, "%s[]", path));
	if (more != NULL && more->kind == JSON_OBJECT)
		walk(s, file, more, arena_printf(&s->a, "%s.*", path));
}

static void find_folder(struct schema *s)
{
	const char *said = getenv("CAISSON_SCHEMA"), *top = getenv("top_srcdir");

	if (said != NULL)
		(void)snprintf(s->folder, sizeof(s->folder), "%s", said);
	else
		(void)snprintf(s->folder, sizeof(s->folder),
			       "%s/../shared/reference/runtime-spec/schema",
			       top != NULL ? top : ".");
}

Test(schema, lists_what_properties_txt_lists)
{
	autolist struct list l = { 0 };
	struct schema s = { .list = &l };
	const struct json *root;

	find_folder(&s);
	root = schema_file(&s, "config-schema.json");
	if (root == NULL)
		cr_skip_test("no schema in %s: set CAISSON_SCHEMA to runtime-spec's schema/",
			     s.folder);
	list_open(&l);
	walk(&s, "config-schema.json", root, "");
	for (size_t i = 0; i < l.n; i++)
		cr_expect(l.v[i].seen, "%s is in properties.txt, but not in the schema",
			  l.v[i].path);
	arena_free(&s.a);
}
