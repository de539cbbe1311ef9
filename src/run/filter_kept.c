/* SPDX-License-Identifier: Apache-2.0 */
/* filter_kept.c - the filters beside the state. A policy is read and compiled once: a file that
 * was changed since, another version of ours or another back end must not give a process of the
 * same container other rights. */
#include <string.h>

#include "base/auto.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/str.h"
#include "run/life.h"

/* The file: the filter, and the profile beside it if there is one: each 32 bits of flags, 32 of
 * length, and the instructions, as this machine has them in memory. */
struct head {
	uint32_t flags, n;
};

static char *put(char *to, const struct filter *f)
{
	const struct head h = { f->flags, f->n };

	memcpy(to, &h, sizeof(h));
	memcpy(to + sizeof(h), f->insns, f->n * sizeof(*f->insns));
	return to + sizeof(h) + f->n * sizeof(*f->insns);
}

int filter_keep(struct arena *a, const struct state_dir *d, const struct plan *pl,
		struct err *e)
{
	const struct filter *f = &pl->filter, *profile = &pl->profile.program;
	char *bytes = arena_alloc(a, 2 * sizeof(struct head) +
					     ((size_t)f->n + profile->n) * sizeof(*f->insns));
	char *end = put(bytes, f);

	if (pl->has_profile)
		end = put(end, profile);
	return state_save_filter(d, bytes, (size_t)(end - bytes), e);
}

/* The filter that begins at *at, which is moved to its end; NULL: there is none. */
static struct filter *take(struct arena *a, const char **at, const char *end)
{
	struct filter *f = arena_new(a, struct filter);
	struct sock_filter *insns;
	struct head h;

	if ((size_t)(end - *at) < sizeof(h))
		return NULL;
	memcpy(&h, *at, sizeof(h));
	*at += sizeof(h);
	if (h.n == 0 || h.n > BPF_MAXINSNS || (size_t)(end - *at) < h.n * sizeof(*insns))
		return NULL;
	insns = arena_array(a, h.n, sizeof(*insns));
	memcpy(insns, *at, h.n * sizeof(*insns));
	*at += h.n * sizeof(*insns);
	*f = (struct filter){ .insns = insns, .n = (uint16_t)h.n, .flags = h.flags };
	return f;
}

/* What `state' says of the filters. */
struct said {
	const char *digest, *profile; /* or NULL */
	bool audited;
};

static struct said read_said(struct arena *a, const struct state *st)
{
	struct complaints bad = { .arena = a };
	struct err unused = { 0 };
	struct said said = { 0 };
	struct jat root, digest, profile, audited;
	struct json *doc;

	if (st->policy == NULL ||
	    json_parse(a, "policy", st->policy, strlen(st->policy), &doc, &unused) < 0)
		return said;
	root = j_root(doc, &bad);
	digest = j_key(&root, "sha256");
	audited = j_key(&root, "audited");
	profile = j_key(&root, "profile");
	(void)j_string(&digest, &said.digest);
	(void)j_bool(&audited, &said.audited);
	if (j_object(&profile)) {
		digest = j_key(&profile, "sha256");
		(void)j_string(&digest, &said.profile);
	}
	return said;
}

bool filter_is_audited(struct arena *a, const struct state *st)
{
	return read_said(a, st).audited;
}

/* exec loads that and nothing else. */
static bool is_that_of(const char *digest, const struct filter *f)
{
	char found[DIGEST_HEX];

	if (digest == NULL || f == NULL)
		return digest == NULL && f == NULL;
	digest_hex(f->insns, f->n * sizeof(*f->insns), found);
	return str_eq(digest, found);
}

int filter_kept(struct arena *a, const struct state_dir *d, struct run_target *out,
		struct err *e)
{
	const struct said said = read_said(a, &out->st);
	autofree char *bytes = NULL;
	const char *at, *end;
	size_t len;

	if (state_load_filter(d, &bytes, &len, e) < 0)
		return -1;
	at = bytes;
	end = bytes + len;
	out->filter = take(a, &at, end);
	if (out->filter != NULL && at < end)
		out->profile = take(a, &at, end);
	if (out->filter == NULL || at != end)
		return fail(e, ERR_STATE, "filter: expected a seccomp filter: found %zu bytes",
			    len);
	if (!is_that_of(said.digest, out->filter) || !is_that_of(said.profile, out->profile))
		return fail(e, ERR_STATE,
			    "filter: expected the one whose digest the state has: found "
			    "another");
	out->audited = said.audited;
	return 0;
}
