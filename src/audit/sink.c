/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"

#define SEND_BUFFER (256 << 10) /* of the kernel's memory, for what the reader has not read */
#define MISSED_MAX  (16 << 20)  /* beyond that it is only known that there were so many */

/* ---- sockets ---- */

static struct sockaddr_un address_of(const struct audit_sink *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = s->path != NULL ? s->path : audit_forms[s->kind].path;

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	return to;
}

static int open_socket(const struct audit_sink *s, const struct sockaddr_un *to)
{
	const int type = s->is_stream ? SOCK_STREAM : SOCK_DGRAM, size = SEND_BUFFER;
	autofd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* a stream that nobody accepts is full at once: EAGAIN, unix(7) */
	if (s->is_stream && connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return -errno;
	return take_fd(&fd);
}

static int send_datagram(int fd, const struct sockaddr_un *to, const struct audit_payload *p)
{
	ssize_t n = sendto(fd, p->bytes, p->n, MSG_DONTWAIT | MSG_NOSIGNAL,
			   (const struct sockaddr *)to, sizeof(*to));

	return n < 0 ? -errno : 0;
}

/* JOURNAL_NATIVE_PROTOCOL: what no datagram has room for is in a sealed file of memory. */
static int send_by_memory(int fd, struct sockaddr_un *to, const struct audit_payload *p)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	autofd int memory = memfd_create("caisson-event", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = { .msg_name = to,
			    .msg_namelen = sizeof(*to),
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };

	if (memory < 0 || write(memory, p->bytes, p->n) != (ssize_t)p->n ||
	    fcntl(memory, F_ADD_SEALS, seals) < 0)
		return -ENOBUFS;
	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &memory, sizeof(memory));
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Half a line ends with its connection: the reader sees that it is none. */
static int send_stream(struct audit_outlet *o, const struct audit_payload *p)
{
	ssize_t n = send(o->fd, p->bytes, p->n, MSG_DONTWAIT | MSG_NOSIGNAL);
	int r = n < 0 ? -errno : n == (ssize_t)p->n ? 0 : -EAGAIN;

	if (r < 0 && !(r == -EAGAIN && n < 0)) {
		auto_close_(&o->fd);
		o->fd = -1;
	}
	return r;
}

static int send_once(const struct audit_sink *s, struct audit_outlet *o,
		     const struct audit_payload *p)
{
	struct sockaddr_un to = address_of(s);
	int r;

	if (o->fd < 0)
		o->fd = open_socket(s, &to);
	if (o->fd < 0) {
		r = o->fd;
		o->fd = -1;
		return r;
	}
	if (s->is_stream)
		return send_stream(o, p);
	r = send_datagram(o->fd, &to, p);
	if ((r == -EMSGSIZE || r == -ENOBUFS) && s->kind == SINK_JOURNALD)
		return send_by_memory(o->fd, &to, p);
	return r;
}

/* A reader that was started anew: the old connection is nobody's. */
static int send_to(const struct audit_sink *s, struct audit_outlet *o,
		   const struct audit_payload *p)
{
	int r = send_once(s, o, p);

	return s->is_stream && (r == -EPIPE || r == -ECONNRESET) ? send_once(s, o, p) : r;
}

int audit_sink_send(const struct audit_sink *s, const struct audit_payload *p)
{
	struct audit_outlet o = { .fd = -1 };
	int r = send_to(s, &o, p);

	auto_close_(&o.fd);
	return r;
}

/* ---- what was missed ---- */

static const char *missed_path(const struct audit *au, struct arena *a, const char *sink)
{
	return arena_printf(a, "%s.missed-%s", au->path, sink);
}

static void count_missed(const char *path, uint64_t n)
{
	autofd int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	static const char dots[64] = "................................................"
				     "...............";
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > MISSED_MAX)
		return;
	for (size_t now; n > 0; n -= now) {
		now = n < sizeof(dots) - 1 ? (size_t)n : sizeof(dots) - 1;
		if (write(fd, dots, now) != (ssize_t)now)
			return;
	}
}

/* Whoever gets the file is the one who tells. */
static uint64_t take_missed(struct arena *a, const char *path)
{
	const char *mine = arena_printf(a, "%s.%d", path, getpid());
	struct stat st;

	if (rename(path, mine) < 0)
		return 0;
	if (stat(mine, &st) < 0)
		st.st_size = 0;
	(void)unlink(mine);
	return (uint64_t)st.st_size;
}

/* ---- lines ---- */

enum sent {
	SENT_NOT, /* it is not for this sink */
	SENT,
	SENT_MISSED
};

static enum sent send_line(struct audit *au, struct arena *a, size_t i, const char *line)
{
	const struct audit_sink *s = &au->config->sinks[i];
	const char *name = audit_sink_name(a, s);
	struct audit_payload p = { .room = AUDIT_PAYLOAD };
	struct err e = { 0 };
	struct json *event;
	int r;

	if (json_parse(a, "line", line, strlen(line), &event, &e) < 0)
		return SENT_NOT;
	/* who has missed lines is told, whatever he asks for */
	if (audit_sink_severity(event) < s->severity && !str_eq(au->telling, name))
		return SENT_NOT;
	p.bytes = arena_alloc(a, p.room);
	audit_forms[s->kind].make(a, s, event, line, &p);
	r = send_to(s, &au->outlets[i], &p);
	if (r < 0)
		log_debug("audit: %s: %s", name, strerror(-r));
	else if (str_eq(au->telling, name))
		au->told = true;
	return r < 0 ? SENT_MISSED : SENT;
}

static void send_lines(struct audit *au, struct arena *a, size_t i, const char *lines,
		       size_t counts[SENT_MISSED + 1])
{
	for (const char *end; (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
		const struct arena_mark mark = arena_mark(a);

		counts[send_line(au, a, i, arena_strndup(a, lines, (size_t)(end - lines)))]++;
		arena_rewind(a, mark);
	}
}

/* An event like any other, so that the log has it too; where it does not go through either, all
 * is as before. */
static void tell_missed(struct audit *au, struct arena *a, const char *sink, const char *path,
			uint64_t n)
{
	struct json *o = json_object(a);
	struct err ignored = { 0 };

	json_set(o, "count", json_uint(a, n));
	json_set(o, "sink", json_string(a, sink));
	au->telling = sink;
	au->told = false;
	(void)!audit_note(au, a, AUDIT_LOG_UNDELIVERED, o, &ignored);
	au->telling = NULL;
	if (!au->told)
		count_missed(path, n);
}

void audit_sinks_send(struct audit *au, struct arena *a, const char *lines)
{
	for (size_t i = 0; i < au->config->sinks_n; i++) {
		const char *name = audit_sink_name(a, &au->config->sinks[i]);
		const char *path = missed_path(au, a, name);
		size_t counts[SENT_MISSED + 1] = { 0 };
		uint64_t missed;

		send_lines(au, a, i, lines, counts);
		if (counts[SENT_MISSED] > 0)
			count_missed(path, counts[SENT_MISSED]);
		else if (counts[SENT] > 0 && au->telling == NULL &&
			 (missed = take_missed(a, path)) > 0)
			tell_missed(au, a, name, path, missed);
	}
}

void audit_configure(struct audit *au, const struct audit_config *c)
{
	for (size_t i = 0; au->config == NULL && i < AUDIT_SINKS_MAX; i++)
		au->outlets[i].fd = -1;
	au->config = c;
	au->facts.redact = c->redact;
}

const struct audit_config *audit_configured(const struct audit *au)
{
	return au->config;
}

void audit_sinks_close(struct audit *au)
{
	for (size_t i = 0; au->config != NULL && i < AUDIT_SINKS_MAX; i++)
		auto_close_(&au->outlets[i].fd);
}
