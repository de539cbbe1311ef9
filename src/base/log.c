/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/str.h"

#define LINE_MAX_BYTES 2048

static struct {
	int fd;            /* the log, or -1 */
	const char *ident; /* of the system's log, or NULL: a file */
	bool json, debug;
} sink = { .fd = -1 };

static const char *ident_of(const char *path)
{
	const char *ident = str_after(path, "syslog:");

	if (ident == NULL)
		ident = str_after(path, "journald:");
	return ident != NULL && ident[0] == '\0' ? "caisson" : ident;
}

/* journald reads this socket too. Without a reader there is no log, as with syslog(3): no
 * reason to run no container. */
static int logger_open(void)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	autofd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	return take_fd(&fd);
}

/* It exists from the start: to containerd a missing log is an error. Not blocking: a FIFO that
 * nobody reads must not hold up the runtime. */
static int file_open(const char *path)
{
	const char *plain = str_after(path, "file:");

	return open(plain != NULL ? plain : path,
		    O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
}

int log_open(const struct log_options *o, struct err *e)
{
	const char *ident = o->path != NULL ? ident_of(o->path) : NULL;
	autofd int fd = ident != NULL ? logger_open() : -1;

	if (o->path != NULL && ident == NULL) {
		fd = file_open(o->path);
		if (fd < 0)
			return fail_sys(e, errno, "%s: open as log", o->path);
	}
	auto_close_(&sink.fd);
	sink.fd = take_fd(&fd);
	sink.ident = ident;
	sink.json = o->json;
	sink.debug = o->debug;
	return 0;
}

int log_fd(void)
{
	return sink.fd;
}

/* To a terminal or a line of text: what a container's name could smuggle in stays visible and
 * does nothing. */
static void defuse(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static void to_stderr(const char *kind, const char *msg, const char *more)
{
	char line[LINE_MAX_BYTES], safe[LINE_MAX_BYTES / 2];
	struct sbuf b = SBUF(line);

	(void)snprintf(safe, sizeof(safe), "%s", msg);
	defuse(safe);
	sbuf_add(&b, "caisson: %s%s\n", kind, safe);
	if (more != NULL) {
		(void)snprintf(safe, sizeof(safe), "%s", more);
		defuse(safe);
		sbuf_add(&b, "caisson: hint: %s\n", safe);
	}
	(void)write_all(STDERR_FILENO, line, b.n);
}

/* The place that an error's text begins with, "linux.devices[2].major" or a path. */
static const char *place(struct arena *a, const struct err *e)
{
	const char *end = strstr(e->text, ": ");
	size_t n = end != NULL ? (size_t)(end - e->text) : 0;

	return n == 0 || strcspn(e->text, " \n") < n ? NULL : arena_strndup(a, e->text, n);
}

static void set_text(struct arena *a, struct json *o, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_set(o, key, json_string(a, value));
}

static void to_json(const char *level, const char *msg, const struct err *e)
{
	struct arena a __attribute__((cleanup(arena_free))) = { 0 };
	struct json *o = json_object(&a);
	char now[40];
	const char *line;
	size_t n;

	time_rfc3339(now_wall_ns(), now);
	set_text(&a, o, "level", level);
	json_set(o, "msg", json_string(&a, msg));
	set_text(&a, o, "time", now);
	if (e != NULL) {
		set_text(&a, o, "code", err_code(e));
		set_text(&a, o, "step", e->step);
		if (e->sys != 0)
			json_set(o, "errno", json_int(&a, e->sys));
		set_text(&a, o, "path", place(&a, e));
		set_text(&a, o, "hint", err_hint(e));
	}
	line = json_print(&a, o, JSON_LINE, &n);
	line = arena_printf(&a, "%s\n", line);
	(void)write_all(sink.fd, line, n + 1);
}

/* As logrus writes text, which is what readers of runc's log know. */
static void to_text(const char *level, const char *msg)
{
	struct arena a __attribute__((cleanup(arena_free))) = { 0 };
	const char *quoted = json_print(&a, json_string(&a, msg), JSON_LINE, NULL);
	char now[40];
	const char *line;

	time_rfc3339(now_wall_ns(), now);
	line = arena_printf(&a, "time=\"%s\" level=%s msg=%s\n", now, level, quoted);
	(void)write_all(sink.fd, line, strlen(line));
}

/* In syslog(3)'s form, whole or not at all. */
static void to_logger(const char *level, const char *msg)
{
	const int priority = LOG_USER | (str_eq(level, "error") ? LOG_ERR : LOG_DEBUG);
	char line[LINE_MAX_BYTES];
	struct sbuf b = SBUF(line);

	sbuf_add(&b, "<%d>%s[%d]: %s", priority, sink.ident, getpid(), msg);
	(void)send(sink.fd, line, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void to_log(const char *level, const char *msg, const struct err *e)
{
	if (sink.fd < 0)
		return;
	if (sink.ident != NULL)
		to_logger(level, msg);
	else if (sink.json)
		to_json(level, msg, e);
	else
		to_text(level, msg);
}

void log_error(const struct err *e)
{
	char msg[LINE_MAX_BYTES / 2];

	err_format(e, msg, sizeof(msg));
	to_stderr("", msg, err_hint(e));
	to_log("error", msg, e);
}

void log_warning(const char *fmt, ...)
{
	char msg[LINE_MAX_BYTES / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	to_stderr("warning: ", msg, NULL);
}

void log_debug(const char *fmt, ...)
{
	char msg[LINE_MAX_BYTES / 2];
	va_list ap;

	if (!sink.debug)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (sink.fd < 0)
		to_stderr("debug: ", msg, NULL);
	else
		to_log("debug", msg, NULL);
}
