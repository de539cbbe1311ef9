/* SPDX-License-Identifier: Apache-2.0 */
/* unit_call.c - calls to systemd, made by caisson-systemd; and which bus it is. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/program.h"
#include "base/str.h"
#include "base/sys.h"
#include "systemd/unit_wire.h"

#define GRACE_MS   5000 /* for a program that keeps its own time already */
#define SYSTEM_BUS "/run/dbus/system_bus_socket"

const char *unit_program(struct arena *a)
{
	return program_find(a, "caisson-systemd");
}

/* ---- which bus ---- */

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* A value of an address: what is not plain is written %xx (D-Bus specification). */
static const char *address_of(struct arena *a, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_/.\\";
	const char *out = "unix:path=";

	for (; *path != '\0'; path++)
		out = arena_printf(a, strchr(plain, *path) != NULL ? "%s%c" : "%s%%%02x", out,
				   (unsigned char)*path);
	return out;
}

/* Engines call us with XDG_RUNTIME_DIR and nothing else, or with nothing at all. An address may
 * also name a program to be started: not for us. */
static const char *user_bus(struct arena *a)
{
	const char *dir = getenv("XDG_RUNTIME_DIR"),
		   *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *path;

	if (dir != NULL && dir[0] == '/') {
		path = arena_printf(a, "%s/bus", dir);
		if (is_socket(path))
			return address_of(a, path);
	}
	if (address != NULL && str_after(address, "unix:") != NULL &&
	    strchr(address, ';') == NULL)
		return address;
	path = arena_printf(a, "/run/user/%u/bus", geteuid());
	return geteuid() != 0 && is_socket(path) ? address_of(a, path) : NULL;
}

/* uid 0 inside a user namespace is somebody's own root, whose manager is the user's; unless the
 * namespace is a whole system's. */
const char *unit_bus_find(struct arena *a, bool *is_user, const char **why)
{
	const char *address = NULL;

	*is_user = geteuid() != 0;
	if (*is_user || !proc_in_init_user_ns())
		address = user_bus(a);
	if (address != NULL) {
		*is_user = true;
		return address;
	}
	if (!*is_user && is_socket(SYSTEM_BUS))
		return address_of(a, SYSTEM_BUS);
	*why = *is_user ? "no socket \"bus\" in $XDG_RUNTIME_DIR, and no "
			  "$DBUS_SESSION_BUS_ADDRESS"
			: "no socket " SYSTEM_BUS;
	return NULL;
}

/* ---- a call ---- */

int unit_no_program(struct err *e)
{
	(void)fail(e, ERR_HOST,
		   "systemd cgroup driver: expected the program caisson-systemd: found none");
	return hint(e,
		    "build caisson with libsystemd-dev (Debian) or systemd-devel (Fedora), or "
		    "use --cgroup-manager=cgroupfs");
}

static int read_answer(struct arena *a, int fd, const struct unit_call *c, struct err *e)
{
	autofree char *text = NULL;
	struct err why = { 0 };
	size_t len;

	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    file_read_fd(fd, UNIT_ANSWER_MAX, "answer", &text, &len, &why) < 0)
		return fail(e, ERR_HOST, "systemd: %s: %s", c->unit, why.text);
	return unit_wire_read_answer(a, text, len, e);
}

int unit_call(struct arena *a, const struct unit_call *c, struct err *e)
{
	struct proc_job job = { .timeout_ms = UNIT_WAIT_MS + GRACE_MS, .root = -1 };
	struct unit_call asked = *c;
	struct proc_result done;
	autofd int fd = -1;

	job.path = unit_program(a);
	if (job.path == NULL)
		return unit_no_program(e);
	fd = sys_memfd("answer", 1U /* MFD_CLOEXEC */);
	if (fd < 0)
		return fail_sys(e, -fd, "systemd: %s: memfd_create", c->unit);
	asked.from = getpid();
	job.input = unit_wire_call(a, &asked, &job.input_len);
	job.output = fd;
	if (proc_run(&job, &done, e) < 0)
		return -1;
	if (done.timed_out)
		return unit_hung(c->unit, "an answer", e);
	if (done.exit_code != 0)
		return fail(e, ERR_HOST, "systemd: %s: %s: %s", c->unit, job.path,
			    done.said[0] != '\0' ? done.said : "ended without an answer");
	return read_answer(a, fd, c, e);
}
