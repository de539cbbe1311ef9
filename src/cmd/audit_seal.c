/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"
#include "cmd/audit_tool.h"

struct seal_options {
	struct audit_want want;
	bool json;
};

static const struct opt options[] = {
	AUDIT_WRITE(struct seal_options),
	OPT(struct seal_options, json, "json", 0, OPT_FLAG, NULL,
	    "print one object of canonical JSON"),
	OPT_END,
};

static void print(struct arena *a, const char *path, const struct audit_sealed *last)
{
	struct json *o = json_object(a);

	json_set(o, "epoch", json_uint(a, last->epoch));
	json_set(o, "log", json_string(a, path));
	json_set(o, "sealed", json_bool(a, last->is_new));
	json_set(o, "sequence", json_uint(a, last->sequence));
	(void)puts(json_print(a, o, JSON_CANONICAL, NULL));
}

static int seal_main(const struct call *c, struct err *e)
{
	const struct seal_options *o = c->options;
	struct audit_files files;
	struct audit_sealed last;
	struct audit *au = NULL;
	const char *path;
	int got;

	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    audit_files_find(c->arena, path, &files, e) < 0 ||
	    audit_tool_write(c->arena, &o->want, path, &au, e) < 0)
		return -1;
	got = audit_seal(au, c->arena, &last, e);
	audit_close(au);
	if (got < 0)
		return -1;
	if (!last.has_key) {
		(void)fail(e, ERR_STATE, "%s: expected a sealing key: found none", path);
		return hint(e, "caisson audit init makes one");
	}
	if (o->json)
		print(c->arena, path, &last);
	return 0;
}

const struct command audit_seal_ = {
	.name = "audit seal",
	.args = "",
	.help = "seal the log now; for a timer",
	.options = options,
	.options_size = sizeof(struct seal_options),
	.run = seal_main,
};
