/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"
#include "cmd/audit_tool.h"

struct seal_options {
	struct audit_want want;
};

static const struct opt options[] = {
	AUDIT_LOG(struct seal_options),
	OPT_END,
};

static int seal_main(const struct call *c, struct err *e)
{
	const struct seal_options *o = c->options;
	struct audit_files files;
	struct audit *au = NULL;
	const char *path;
	int got;

	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    audit_files_find(c->arena, path, &files, e) < 0 || audit_open(path, &au, e) < 0)
		return -1;
	got = audit_seal(au, c->arena, e);
	audit_close(au);
	return got;
}

const struct command audit_seal_ = {
	.name = "audit seal",
	.args = "",
	.help = "seal the log now; for a timer",
	.options = options,
	.options_size = sizeof(struct seal_options),
	.run = seal_main,
};
