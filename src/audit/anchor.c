/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

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

/* systemd.journal-fields(7), sd_journal_send's protocol: a field a line. syslog(3): facility
 * authpriv, priority notice. */
static const struct receiver {
	const char *name, *socket, *before;
} receivers[] = {
	{ "journald", "/run/systemd/journal/socket",
	  "PRIORITY=5\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=caisson-audit\n"
	  "OCI_EVENT=log.anchor\nMESSAGE=" },
	{ "syslog", "/dev/log", "<85>caisson-audit: " },
};

static int send_to(const struct receiver *r, const char *text, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	autofd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char line[1024];
	const int n = snprintf(line, sizeof(line), "%s%s\n", r->before, text);

	if (n >= (int)sizeof(line))
		return fail_sys(e, EMSGSIZE, "%s: send an anchor", r->name);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", r->socket);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    send(fd, line, (size_t)n, MSG_NOSIGNAL) < 0)
		return fail_sys(e, errno, "%s: send an anchor", r->socket);
	return 0;
}

static int append_to(const char *path, const char *text, struct err *e)
{
	autofd int fd = open(path,
			     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
				     O_NOCTTY | O_CLOEXEC,
			     0600);
	char line[1024];
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
	for (size_t i = 0; i < COUNT(receivers); i++)
		if (str_eq(to, receivers[i].name))
			return send_to(&receivers[i], text, e);
	if (to[0] != '/')
		return fail(e, ERR_USAGE,
			    "anchor: expected journald, syslog or an absolute path: found "
			    "\"%s\"",
			    to);
	return append_to(to, text, e);
}
