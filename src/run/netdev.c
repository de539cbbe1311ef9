/* SPDX-License-Identifier: Apache-2.0 */
/* netdev.c - linux.netDevices: devices of the host's network become the container's.
 *
 * caisson-net moves them. What it answers is the way back, which we take when the container
 * comes to nothing; later the kernel returns physical devices by itself, when the container's
 * network namespace ends, and ends the others with it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "run/run_private.h"

#define WAIT_MS 60000

/* ---- the namespace ---- */

static int open_network(struct run *r, struct err *e)
{
	char path[40];

	if (r->ns_fd[NS_NETWORK] >= 0) {
		r->net = fcntl(r->ns_fd[NS_NETWORK], F_DUPFD_CLOEXEC, 3);
	} else {
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", r->pid);
		r->net = open(path, O_RDONLY | O_CLOEXEC);
	}
	return r->net < 0 ? fail_sys(e, errno, "linux.netDevices: open the network namespace")
			  : 0;
}

static int refuse_own(const struct run *r, struct err *e)
{
	struct stat ours, theirs;

	if (stat("/proc/self/ns/net", &ours) < 0 || fstat(r->net, &theirs) < 0)
		return fail_sys(e, errno, "linux.netDevices: look at the network namespace");
	if (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
		return 0;
	return fail(e, ERR_SPEC,
		    "linux.netDevices: expected a network namespace of the "
		    "container's: found our own");
}

/* ---- caisson-net ---- */

/* What the program wrote, in the arena: its answer, or its error. */
static int take_answer(struct run *r, int fd, const struct proc_result *res, const char **out,
		       struct err *e)
{
	autofree char *text = NULL;
	size_t len;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_sys(e, errno, "caisson-net: rewind its answer");
	if (file_read_fd(fd, JSON_MAX, "caisson-net", &text, &len, e) < 0)
		return -1;
	if (res->exit_code == 0) {
		*out = arena_strndup(r->arena, text, len);
		return 0;
	}
	if (res->exit_code == 1 && len == sizeof(*e) && e->kind == ERR_NONE) {
		memcpy(e, text, sizeof(*e));
		e->step[sizeof(e->step) - 1] = e->text[sizeof(e->text) - 1] = '\0';
		return -1;
	}
	return fail(e, ERR_SYSTEM, "linux.netDevices: caisson-net: %s%s",
		    res->timed_out ? "no end within a minute" : "it failed: ", res->said);
}

static int move(struct run *r, const char *way, const char *devices, const char **out,
		struct err *e)
{
	const char *const argv[] = { "caisson-net", way, NULL };
	autofd int answer = sys_memfd("devices", 1U /* MFD_CLOEXEC */);
	const struct proc_job job = {
		.path = r->pl->net.program,
		.argv = argv,
		.input = devices,
		.input_len = strlen(devices),
		.output = answer,
		.timeout_ms = WAIT_MS,
		.root = -1,
		.third = r->net,
	};
	struct proc_result res;

	if (answer < 0)
		return fail_sys(e, -answer, "caisson-net: memory for its answer");
	if (proc_run(&job, &res, e) < 0)
		return -1;
	return take_answer(r, answer, &res, out, e);
}

/* ---- there, and back ---- */

static const char *wanted(struct arena *a, const struct plan *pl)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < pl->net.n; i++) {
		const struct spec_net_device *d = &pl->net.devices[i];
		struct json *o = json_object(a);

		json_set(o, "from", json_string(a, d->host_name));
		json_set(o, "to", json_string(a, d->name != NULL ? d->name : d->host_name));
		json_set(o, "up", json_bool(a, true));
		json_add(list, o);
	}
	return json_print(a, list, JSON_LINE, NULL);
}

int do_net_devices(struct run *r, const struct plan *pl, struct err *e)
{
	if (open_network(r, e) < 0 || refuse_own(r, e) < 0)
		return -1;
	return move(r, "into", wanted(r->arena, pl), &r->net_back, e);
}

void net_devices_back(struct run *r)
{
	struct err e = { 0 };
	const char *ignored;

	if (r->net_back != NULL && move(r, "back", r->net_back, &ignored, &e) < 0)
		log_debug("%s", e.text);
	r->net_back = NULL;
}

void net_devices_stay(struct run *r)
{
	r->net_back = NULL;
	if (r->net >= 0)
		(void)close(take_fd(&r->net));
}
