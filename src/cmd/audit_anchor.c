/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/utsname.h>

#include "audit/anchor.h"
#include "audit/audit.h"
#include "base/proc.h"
#include "cmd/audit_tool.h"

struct anchor_options {
	struct audit_want want;
	struct opt_strings to;
};

static const struct opt options[] = {
	AUDIT_LOG(struct anchor_options),
	OPT(struct anchor_options, to, "to", 't', OPT_STRINGS, "WHERE",
	    "to journald, syslog, or the end of this file; can be repeated (default: print "
	    "it)"),
	OPT_END,
};

static int send_all(const struct opt_strings *to, const char *text, struct err *e)
{
	if (to->n == 0)
		(void)puts(text);
	for (size_t i = 0; i < to->n; i++)
		if (anchor_send(to->v[i], text, e) < 0)
			return -1;
	return 0;
}

static int anchor_main(const struct call *c, struct err *e)
{
	const struct anchor_options *o = c->options;
	struct anchor an = { .time_ms = now_wall_ns() / 1000000 };
	struct audit_files files;
	struct audit *au = NULL;
	struct audit_tail t;
	struct utsname host;
	const char *path;
	int got;

	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    audit_files_find(c->arena, path, &files, e) < 0 || audit_open(path, &au, e) < 0)
		return -1;
	got = audit_end(au, c->arena, &t, e);
	audit_close(au);
	if (got < 0)
		return -1;
	if (t.sequence == 0)
		return fail(e, ERR_STATE, "%s: expected events: found none", path);
	an.sequence = t.sequence;
	memcpy(an.chain, t.chain, sizeof(an.chain));
	memcpy(an.fingerprint, t.fingerprint, sizeof(an.fingerprint));
	return send_all(&o->to,
			anchor_text(c->arena, &an, path,
				    uname(&host) == 0 ? host.nodename : NULL),
			e);
}

const struct command audit_anchor = {
	.name = "audit anchor",
	.args = "",
	.help = "tell somebody else where the log ends, to compare later",
	.options = options,
	.options_size = sizeof(struct anchor_options),
	.run = anchor_main,
};
