/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/sign.h"
#include "cmd/audit_tool.h"

struct init_options {
	struct audit_want want;
	bool json;
};

static const struct opt options[] = {
	AUDIT_WRITE(struct init_options),
	OPT(struct init_options, json, "json", 0, OPT_FLAG, NULL,
	    "print one object of canonical JSON"),
	OPT_END,
};

/* A key that was made before init was interrupted signed nothing yet: it is no use to anybody,
 * as nobody has seen its public half. */
static int make_signer(const char *path, char out[SIGN_KEY_HEX], struct err *e)
{
	struct sign_file f;
	int r = sign_make(&f, path, out);

	sign_close(&f);
	if (r == -EEXIST) {
		(void)fail(e, ERR_STATE, "%s.sign: expected no signing key yet: found one",
			   path);
		return hint(e, "move it, and %s.seal if it is there, away to begin anew", path);
	}
	return r < 0 ? fail_sys(e, -r, "%s.sign: make the signing key", path) : 0;
}

static void print(const struct call *c, const char *path, const char *key, const char *public)
{
	const struct init_options *o = c->options;
	struct json *j = json_object(c->arena);

	if (o->json) {
		json_set(j, "log", json_string(c->arena, path));
		json_set(j, "public_key", json_string(c->arena, public));
		json_set(j, "verification_key", json_string(c->arena, key));
		(void)puts(json_print(c->arena, j, JSON_CANONICAL, NULL));
		return;
	}
	(void)printf("%s is sealed and signed from now on.\n\n"
		     "Verification key, shown this once and kept nowhere on this host:\n"
		     "  %s\n"
		     "Keep it elsewhere, secret: who has it can check the seals, and make "
		     "them.\n"
		     "  caisson audit verify --key-file FILE\n\n"
		     "First public key, which is no secret, but has to be kept elsewhere too:\n"
		     "  %s\n"
		     "  caisson audit verify --public KEY, caisson audit prove --check FILE\n",
		     audit_printable(c->arena, path, 0), key, public);
}

static int init_main(const struct call *c, struct err *e)
{
	const struct init_options *o = c->options;
	char key[DIGEST_HEX] = "", public[SIGN_KEY_HEX] = "";
	struct audit *au = NULL;
	const char *path;
	int got;

	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    audit_tool_write(c->arena, &o->want, path, &au, e) < 0)
		return -1;
	got = make_signer(path, public, e);
	if (got == 0)
		got = audit_seal_begin(au, c->arena, key, e);
	audit_close(au);
	if (got == 0)
		print(c, path, key, public);
	explicit_bzero(key, sizeof(key));
	return got;
}

const struct command audit_init = {
	.name = "audit init",
	.args = "",
	.help = "begin to seal and sign the log; prints the keys to verify it with",
	.options = options,
	.options_size = sizeof(struct init_options),
	.run = init_main,
};
