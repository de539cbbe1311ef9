/* SPDX-License-Identifier: Apache-2.0 */
/* filter_kept.c - the filter beside the state. A policy is read and compiled once: a file that
 * was changed since, another version of ours or another back end must not give a process of the
 * same container other rights. */
#include <string.h>

#include "base/auto.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/str.h"
#include "run/life.h"

/* The file: 32 bits of flags, then the instructions, as this machine has them in memory. */

int filter_keep(struct arena *a, const struct state_dir *d, const struct filter *f,
		struct err *e)
{
	const size_t len = f->n * sizeof(*f->insns);
	char *bytes = arena_alloc(a, sizeof(f->flags) + len);

	memcpy(bytes, &f->flags, sizeof(f->flags));
	memcpy(bytes + sizeof(f->flags), f->insns, len);
	return state_save_filter(d, bytes, sizeof(f->flags) + len, e);
}

/* What `state' says of the filter is what exec loads. */
static bool is_that_of(struct arena *a, const struct state *st, const struct filter *f)
{
	struct complaints bad = { .arena = a };
	struct err unused = { 0 };
	const char *saved = NULL;
	char found[DIGEST_HEX];
	struct json *doc;
	struct jat root, at;

	if (json_parse(a, "policy", st->policy, strlen(st->policy), &doc, &unused) < 0)
		return false;
	root = j_root(doc, &bad);
	at = j_key(&root, "sha256");
	digest_hex(f->insns, f->n * sizeof(*f->insns), found);
	return j_string(&at, &saved) && str_eq(saved, found);
}

bool filter_is_audited(struct arena *a, const struct state *st)
{
	struct complaints bad = { .arena = a };
	struct err unused = { 0 };
	bool audited = false;
	struct json *doc;
	struct jat root, at;

	if (st->policy == NULL ||
	    json_parse(a, "policy", st->policy, strlen(st->policy), &doc, &unused) < 0)
		return false;
	root = j_root(doc, &bad);
	at = j_key(&root, "audited");
	return j_bool(&at, &audited) && audited;
}

int filter_kept(struct arena *a, const struct state_dir *d, const struct state *st,
		struct filter **out, struct err *e)
{
	struct filter *f = arena_new(a, struct filter);
	autofree char *bytes = NULL;
	struct sock_filter *insns;
	size_t len;

	if (state_load_filter(d, &bytes, &len, e) < 0)
		return -1;
	if (len <= sizeof(f->flags) || (len - sizeof(f->flags)) % sizeof(*insns) != 0 ||
	    (len - sizeof(f->flags)) / sizeof(*insns) > BPF_MAXINSNS)
		return fail(e, ERR_STATE, "filter: expected a seccomp filter: found %zu bytes",
			    len);
	len -= sizeof(f->flags);
	insns = arena_alloc(a, len);
	memcpy(insns, bytes + sizeof(f->flags), len);
	memcpy(&f->flags, bytes, sizeof(f->flags));
	f->insns = insns;
	f->n = (uint16_t)(len / sizeof(*insns));
	if (!is_that_of(a, st, f))
		return fail(e, ERR_STATE,
			    "filter: expected the one whose digest the state has: found "
			    "another");
	*out = f;
	return 0;
}
