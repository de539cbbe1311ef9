/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - any bytes as config.json. A refusal always says why, in one line; what is
 * accepted leaves no error behind; what was read is printed as what reads the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void demand_reason(const char *text)
{
	demand(*text != '\0');
	for (; *text != '\0'; text++)
		demand((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void demand_same(struct arena *a, const struct json *doc, enum json_form form)
{
	size_t len = 0;
	const char *once = json_print(a, doc, form, &len);
	struct json *again = NULL;
	struct err e = { 0 };

	demand(strlen(once) == len);
	if (len > JSON_MAX)
		return; /* escapes are longer than what they stand for */
	demand(json_parse(a, "again", once, len, &again, &e) == 0);
	/* Members of the same name have no order of their own in the canonical form. */
	if (form != JSON_CANONICAL)
		demand(strcmp(json_print(a, again, form, NULL), once) == 0);
}

static void ignore(void *ctx, const char *path)
{
	*(size_t *)ctx += strlen(path);
}

/* What a reader has complained of is not missed by a rule between fields. */
static void demand_no_echo(const struct complaints *readers, const struct complaint *rule)
{
	char place[1024];
	size_t n = strcspn(rule->text, ":");

	if (rule->place != NULL || rule->text[n] == '\0' || n >= sizeof(place) ||
	    strstr(rule->text, ", found nothing") == NULL)
		return;
	memcpy(place, rule->text, n);
	place[n] = '\0';
	demand(!complained_of(readers, place));
}

static void read_it(struct arena *a, struct json *doc)
{
	struct complaints bad = { .arena = a }, readers;
	const struct complaint *last;
	struct spec s;
	struct err e = { 0 };
	size_t unread = 0;

	spec_read(a, doc, &s, &bad);
	readers = bad;
	last = bad.last;
	spec_check(&s, &bad);
	for (const struct complaint *c = last != NULL ? last->next : bad.first;
	     c != NULL && readers.n < COMPLAINTS_MAX; c = c->next)
		demand_no_echo(&readers, c);
	json_unread(doc, ignore, &unread);
	for (const struct complaint *c = bad.first; c != NULL; c = c->next)
		demand_reason(c->text);
	demand((complaints_fail(&bad, ERR_SPEC, &e) == 0) == (e.kind == ERR_NONE));
	if (bad.n == 0)
		demand(s.oci_version != NULL && s.root_path != NULL);
	if (bad.n == 0 && s.process.present)
		demand(s.process.cwd != NULL && s.process.args.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena a = { 0 };
	struct json *doc = NULL;
	struct err e = { 0 };

	if (json_parse(&a, "config.json", (const char *)data, size, &doc, &e) < 0) {
		demand(doc == NULL && e.kind != ERR_NONE);
		demand_reason(e.text);
		return 0;
	}
	demand(doc != NULL && e.kind == ERR_NONE);
	demand_same(&a, doc, JSON_LINE);
	demand_same(&a, doc, JSON_PRETTY);
	demand_same(&a, doc, JSON_CANONICAL);
	read_it(&a, doc);
	return 0;
}
