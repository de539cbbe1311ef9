/* SPDX-License-Identifier: Apache-2.0 */
/* Files of our own: caisson.json, and the watch.json that a watcher is started with. A refusal
 * always says why; what is accepted leaves no error behind, and what a watcher wants is written
 * again and read again as the same. The first byte says which. */
#include <stdlib.h>
#include <string.h>

#include "cmd/config.h"
#include "watch/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int true_)
{
	if (!true_)
		abort();
}

static void config(struct arena *a, const char *text, size_t size)
{
	struct config c = { .watch = watch_rules_none() };
	struct err e = { 0 };

	if (config_read(a, "caisson.json", text, size, &c, &e) < 0)
		demand(e.kind != ERR_NONE && e.text[0] != '\0');
	else
		demand(e.kind == ERR_NONE && c.watch.responses_n <= WATCH_RESPONSES);
}

static void want(struct arena *a, const char *text, size_t size)
{
	struct watch_want w, again;
	struct err e = { 0 };
	const char *first, *second;
	size_t len, len2;

	if (watch_want_parse(a, text, size, &w, &e) < 0) {
		demand(e.kind != ERR_NONE && e.text[0] != '\0');
		return;
	}
	demand(e.kind == ERR_NONE);
	first = watch_want_text(a, &w, &len);
	demand(watch_want_parse(a, first, len, &again, &e) == 0);
	second = watch_want_text(a, &again, &len2);
	demand(len == len2 && memcmp(first, second, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena a = { 0 };

	if (size == 0)
		return 0;
	if (data[0] == 'c')
		config(&a, (const char *)data + 1, size - 1);
	else
		want(&a, (const char *)data + 1, size - 1);
	return 0;
}
