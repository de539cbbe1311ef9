/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit/anchor.h"
#include "audit/filter.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"

#define ANCHORS_MAX (64u << 20) /* of the file */

static bool read_anchor(struct arena *a, const char *line, size_t len, struct anchor *out)
{
	const char *brace = memchr(line, '{', len);
	const char *chain, *print;
	struct err unused = { 0 };
	struct json *o;

	if (brace == NULL ||
	    json_parse(a, "anchor", brace, len - (size_t)(brace - line), &o, &unused) < 0 ||
	    !str_eq(audit_text_at(o, "event"), "log.anchor"))
		return false;
	chain = audit_text_at(o, "chain_uid");
	print = audit_text_at(o, "fingerprint");
	if (chain == NULL || strlen(chain) >= CHAIN_UID_MAX || print == NULL ||
	    strlen(print) != DIGEST_HEX - 1)
		return false;
	*out = (struct anchor){ .sequence = audit_number_at(o, "sequence"),
				.time_ms = audit_number_at(o, "time") };
	memcpy(out->chain, chain, strlen(chain) + 1);
	memcpy(out->fingerprint, print, DIGEST_HEX);
	return out->sequence > 0;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static int by_sequence(const void *x, const void *y)
{
	const struct anchor *a = x, *b = y;

	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

int anchors_load(struct arena *a, const char *path, struct anchors *out, struct err *e)
{
	autofree char *text = NULL;
	struct anchor *all;
	size_t len, n = 0;

	if (file_read_at(AT_FDCWD, path, ANCHORS_MAX, path, &text, &len, e) < 0)
		return -1;
	all = arena_array(a, count_lines(text), sizeof(*all));
	for (const char *at = text, *end; *at != '\0'; at = end + (*end != '\0')) {
		autoarena struct arena scratch = { 0 };

		end = strchrnul(at, '\n');
		n += read_anchor(&scratch, at, (size_t)(end - at), &all[n]);
	}
	if (n == 0)
		return fail(e, ERR_STATE, "%s: expected anchors: found none", path);
	qsort(all, n, sizeof(*all), by_sequence);
	*out = (struct anchors){ .v = all, .n = n };
	return 0;
}

void anchors_choose(struct anchors *all, struct arena *a, const char *chain)
{
	struct anchor *ours = arena_array(a, all->n + 1, sizeof(*ours));
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->v[i].chain, chain))
			ours[n++] = all->v[i];
	all->others = all->n - n;
	all->v = ours;
	all->n = n;
}
