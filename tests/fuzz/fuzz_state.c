/* SPDX-License-Identifier: Apache-2.0 */
/* A state file: a refusal always says why; what is accepted leaves no error behind, is written
 * again, and read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "state/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int true_)
{
	if (!true_)
		abort();
}

static void accepted(struct arena *a, const struct state *s)
{
	struct state again;
	struct err e = { 0 };
	size_t len, len2;
	const char *text = state_text(a, s, &len), *text2;

	demand(state_id_check(s->id, &e) == 0);
	demand(state_parse(a, text, len, &again, &e) == 0 && e.kind == ERR_NONE);
	text2 = state_text(a, &again, &len2);
	demand(len == len2 && memcmp(text, text2, len) == 0);
	demand(json_print(a, state_json(a, s, ST_STOPPED, true), JSON_PRETTY, NULL) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct state s;
	int r = state_parse(&a, (const char *)data, size, &s, &e);

	if (r < 0)
		demand(e.kind == ERR_STATE && e.text[0] != '\0');
	else
		demand(e.kind == ERR_NONE);
	if (r == 0)
		accepted(&a, &s);
	e = (struct err){ 0 };
	if (state_parse_remains(&a, (const char *)data, size, &s, &e) < 0)
		demand(e.kind == ERR_STATE && e.text[0] != '\0');
	else
		demand(e.kind == ERR_NONE && s.pid >= 0);
	return 0;
}
