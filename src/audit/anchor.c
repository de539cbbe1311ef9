/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

#define ANCHOR_MAX 1024 /* bytes, with what goes around it */

const char *anchor_text(struct arena *a, const struct anchor *an, const char *log,
			const char *hostname)
{
	struct json *o = json_object(a);

	json_set(o, "chain_uid", json_string(a, an->chain));
	json_set(o, "event", json_string(a, "log.anchor"));
	json_set(o, "fingerprint", json_string(a, an->fingerprint));
	if (hostname != NULL)
		json_set(o, "hostname", json_string(a, hostname));
	json_set(o, "log", json_string(a, log));
	json_set(o, "sequence", json_uint(a, an->sequence));
	json_set(o, "time", json_uint(a, an->time_ms));
	return json_print(a, o, JSON_CANONICAL, NULL);
}

/* ---- where they go ---- */

static const struct word receivers[] = { { "journald", SINK_JOURNALD },
					 { "syslog", SINK_SYSLOG },
					 { NULL, 0 } };

static int send_to(const struct word *to, const char *text, struct err *e)
{
	const struct audit_sink sink = { .kind = (enum audit_sink_kind)to->value };
	const struct audit_form *form = &audit_forms[sink.kind];
	char bytes[2 * ANCHOR_MAX];
	struct audit_payload p = { .room = sizeof(bytes), .bytes = bytes };
	int r;

	form->anchor(text, &p);
	/* by its own length too: what has no room is left out */
	if (strlen(text) >= ANCHOR_MAX || p.n >= ANCHOR_MAX)
		return fail_sys(e, EMSGSIZE, "%s: send an anchor", to->name);
	r = audit_sink_send(&sink, &p);
	if (r < 0)
		return fail_sys(e, -r, "%s: send an anchor", form->path);
	return 0;
}

static int append_to(const char *path, const char *text, struct err *e)
{
	autofd int fd = open(path,
			     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
				     O_NOCTTY | O_CLOEXEC,
			     0600);
	char line[ANCHOR_MAX];
	const int n = snprintf(line, sizeof(line), "%s\n", text);
	ssize_t put;

	if (fd < 0)
		return fail_sys(e, errno, "%s: open", path);
	if (n >= (int)sizeof(line))
		return fail_sys(e, EMSGSIZE, "%s: append an anchor", path);
	put = write(fd, line, (size_t)n);
	if (put != n || fsync(fd) < 0)
		return fail_sys(e, put >= 0 && put != n ? ENOSPC : errno,
				"%s: append an anchor", path);
	return 0;
}

int anchor_send(const char *to, const char *text, struct err *e)
{
	const struct word *receiver = word_find(receivers, to);

	if (receiver != NULL)
		return send_to(receiver, text, e);
	if (to[0] != '/')
		return fail(e, ERR_USAGE,
			    "anchor: expected journald, syslog or an absolute path: found "
			    "\"%s\"",
			    to);
	return append_to(to, text, e);
}
