/* SPDX-License-Identifier: Apache-2.0 */
#include "spec_help.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void check_text(struct checked *c, const char *text)
{
	char *copy;
	struct json *doc = NULL;
	struct err e = { 0 };

	*c = (struct checked){ 0 };
	copy = arena_strdup(&c->a, text);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	cr_assert_eq(json_parse(&c->a, "config.json", copy, strlen(copy), &doc, &e), 0,
		     "%s: %s", e.text, copy);
	c->bad.arena = &c->a;
	spec_read(&c->a, doc, &c->spec, &c->bad);
	spec_check(&c->spec, &c->bad);
}

void checked_free(struct checked *c)
{
	arena_free(&c->a);
}

bool complained(const struct checked *c, const char *text)
{
	for (const struct complaint *one = c->bad.first; one != NULL; one = one->next)
		if (str_eq(one->text, text))
			return true;
	return false;
}

char *whole_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (f == NULL)
		return NULL;
	text = arena_alloc(a, 1 << 20);
	n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

char *unit_file(struct arena *a, const char *name)
{
	const char *top = getenv("top_srcdir");

	return whole_file(a,
			  arena_printf(a, "%s/tests/unit/%s", top != NULL ? top : ".", name));
}
