/* SPDX-License-Identifier: Apache-2.0 */
/* net_main.c - caisson-net: moves network devices into the namespace that is open as descriptor
 * 3, or back out of it, for run/netdev.c. Not for users.
 *
 * "caisson-net into" reads [{"from":NAME,"to":NAME,"up":true}...] on stdin and writes the list
 * that "caisson-net back" reads. What goes wrong is written as a struct err, with status 1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "net/device.h"

#define CONTAINER 3

struct devices {
	struct net_device *v;
	size_t n;
};

static int read_devices(struct arena *a, struct devices *out, struct err *e)
{
	struct complaints bad = { .arena = a };
	autofree char *text = NULL;
	struct json *doc;
	size_t len;

	if (file_read_fd(STDIN_FILENO, JSON_MAX, "devices", &text, &len, e) < 0 ||
	    json_parse(a, "devices", text, len, &doc, e) < 0)
		return -1;

	const struct jat root = j_root(doc, &bad);

	if (j_array(&root))
		out->v = arena_array(a, doc->n, sizeof(*out->v));
	for (struct jat it = { 0 }; out->v != NULL && j_next(&root, &it); out->n++) {
		const struct jat from = j_key(&it, "from"), to = j_key(&it, "to");
		const struct jat up = j_key(&it, "up");

		if (!j_required(&from, "string") || !j_string(&from, &out->v[out->n].from) ||
		    !j_required(&to, "string") || !j_string(&to, &out->v[out->n].to))
			break;
		(void)j_bool(&up, &out->v[out->n].up);
	}
	return complaints_fail(&bad, ERR_BUG, e);
}

/* The way back of what was moved. */
static int write_way_back(struct arena *a, const struct devices *d, struct err *e)
{
	struct json *list = json_array(a);
	const char *text;
	size_t len;
	int err;

	for (size_t i = 0; i < d->n; i++) {
		struct json *o = json_object(a);

		json_set(o, "from", json_string(a, d->v[i].name));
		json_set(o, "to", json_string(a, d->v[i].from));
		json_set(o, "up", json_bool(a, d->v[i].was_up));
		json_add(list, o);
	}
	text = json_print(a, list, JSON_LINE, &len);
	err = write_all(STDOUT_FILENO, text, len);
	return err < 0 ? fail_sys(e, -err, "linux.netDevices: write the way back") : 0;
}

static int places(int home, struct net_place *host, struct net_place *container, struct err *e)
{
	return net_place_open(home, home, host, e) < 0
		       ? -1
		       : net_place_open(CONTAINER, home, container, e);
}

static int run(struct arena *a, const char *way, struct err *e)
{
	autofd int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	autoplace struct net_place host = { .ns = -1 }, container = { .ns = -1 };
	struct devices d = { 0 };

	if (home < 0)
		return fail_sys(e, errno, "/proc/self/ns/net: open");
	if (read_devices(a, &d, e) < 0 || places(home, &host, &container, e) < 0)
		return -1;
	if (str_eq(way, "back"))
		return net_move_each(&container, &host, d.v, d.n, e);
	if (!str_eq(way, "into"))
		return fail(e, ERR_USAGE, "caisson-net: expected \"into\" or \"back\"");
	return net_move(&host, &container, d.v, d.n, e) < 0 ? -1 : write_way_back(a, &d, e);
}

int main(int argc, char **argv)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };

	if (run(&a, argc == 2 ? argv[1] : "", &e) == 0)
		return 0;
	(void)write_all(STDOUT_FILENO, &e, sizeof(e));
	return 1;
}
