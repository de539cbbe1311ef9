/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "audit/proof.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/audit_tool.h"

struct prove_options {
	struct audit_want want;
	const char *check, *public;
	bool json;
};

static const struct opt options[] = {
	AUDIT_LOG(struct prove_options),
	OPT(struct prove_options, check, "check", 0, OPT_STRING, "FILE",
	    "look at a proof instead; needs no log"),
	OPT(struct prove_options, public, "public", 'p', OPT_STRING, "KEY",
	    "with --check: the first public key, as init printed it"),
	OPT(struct prove_options, json, "json", 0, OPT_FLAG, NULL,
	    "with --check: print one object of canonical JSON"),
	OPT_END,
};

static const struct answer {
	const char *word, *text;
	int code;
} answers[] = {
	[PROOF_GOOD] = { "good", "the event was in the segment that was signed", AUDIT_YES },
	[PROOF_OTHER] = { "changed", "the event is not one of the segment that was signed",
			  10 },
	[PROOF_FORGED] = { "bad-seal", "no signature leads here from this key", 15 },
};

static void print_said(const struct call *c, const struct proof_said *s)
{
	const struct prove_options *o = c->options;
	const struct answer *w = &answers[s->answer];
	struct json *j = json_object(c->arena);

	*c->exit_code = w->code;
	if (!o->json) {
		(void)printf("%s: segment %" PRIu64 ", events %" PRIu64 " to %" PRIu64 "\n%s\n",
			     w->text, s->number, s->first, s->last,
			     audit_printable(c->arena, s->event, 0));
		if (o->public == NULL)
			(void)printf("believed without --public: the key %s\n", s->key);
		return;
	}
	json_set(j, "answer", json_string(c->arena, w->word));
	json_set(j, "event", json_string(c->arena, s->event));
	json_set(j, "key", json_string(c->arena, s->key));
	json_set(j, "key_given", json_bool(c->arena, o->public != NULL));
	json_set(j, "first", json_uint(c->arena, s->first));
	json_set(j, "last", json_uint(c->arena, s->last));
	json_set(j, "number", json_uint(c->arena, s->number));
	(void)puts(json_print(c->arena, j, JSON_CANONICAL, NULL));
}

static int check(const struct call *c, struct err *e)
{
	const struct prove_options *o = c->options;
	autofree char *text = NULL;
	struct proof_said said;
	size_t len;

	if (c->args_n > 0)
		return fail(e, ERR_USAGE, "audit prove --check: expected no number");
	if (audit_tool_key("public", o->public, e) < 0 ||
	    file_read_at(AT_FDCWD, o->check, JSON_MAX, o->check, &text, &len, e) < 0 ||
	    proof_check(c->arena, text, len, o->public, &said, e) < 0)
		return -1;
	print_said(c, &said);
	return 0;
}

static int prove_main(const struct call *c, struct err *e)
{
	const struct prove_options *o = c->options;
	struct audit_files files;
	struct json *proof;
	const char *path;
	uint64_t sequence;

	if (o->check != NULL)
		return check(c, e);
	if (c->args_n != 1 || !str_uint64(c->args[0], UINT64_MAX - 1, &sequence)) {
		(void)fail(e, ERR_USAGE,
			   "audit prove: expected the number of an event, found %s",
			   c->args_n == 1 ? c->args[0] : "none");
		return hint(e, "it is .metadata.sequence of a line of the log");
	}
	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    audit_files_find(c->arena, path, &files, e) < 0 ||
	    proof_make(c->arena, &files, sequence, &proof, e) < 0)
		return -1;
	(void)puts(json_print(c->arena, proof, JSON_CANONICAL, NULL));
	return 0;
}

const struct command audit_prove = {
	.name = "audit prove",
	.args = "[SEQUENCE]",
	.help = "print a proof that an event is in a signed segment, or check one",
	.options = options,
	.options_size = sizeof(struct prove_options),
	.args_max = 1,
	.run = prove_main,
};
