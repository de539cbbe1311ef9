/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - what a container uses, time after time, and when it runs out of memory. */
#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"
#include "run/life.h"

struct watching {
	const struct events_want *want;
	const char *id;
	struct cg *cg;
	int init;    /* pidfd */
	int changes; /* inotify on memory.events, or -1 */
	int64_t oom_kills;
};

static void say(const struct watching *w, const char *type, struct arena *a, struct json *data)
{
	struct json *o = json_object(a);

	json_set(o, "type", json_string(a, type));
	json_set(o, "id", json_string(a, w->id));
	if (data != NULL)
		json_set(o, "data", data);
	w->want->say(json_print(a, o, JSON_LINE, NULL));
}

static void say_stats(const struct watching *w)
{
	autoarena struct arena a = { 0 };

	say(w, "stats", &a, stats_json(&a, w->cg));
}

static void say_oom(struct watching *w)
{
	autoarena struct arena a = { 0 };
	struct cg_usage now;

	cg_usage(w->cg, &now);
	if (now.oom_kills > w->oom_kills)
		say(w, "oom", &a, NULL);
	w->oom_kills = now.oom_kills;
}

/* kernfs tells inotify of a change that poll(2) would also see. Without the controller there is
 * no such file, and nothing to tell. */
static int watch_oom(struct watching *w)
{
	autofd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct fd_path dir = fd_path(cg_fd(w->cg));
	autoarena struct arena a = { 0 };
	struct cg_usage now;

	cg_usage(w->cg, &now);
	w->oom_kills = now.oom_kills;
	if (fd < 0 ||
	    inotify_add_watch(fd, arena_printf(&a, "%s/memory.events", dir.s), IN_MODIFY) < 0)
		return -1;
	return take_fd(&fd);
}

static void drain(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static int watch(struct watching *w, struct err *e)
{
	uint64_t next = now_boot_ms() + (uint64_t)w->want->interval_ms;

	for (;;) {
		struct pollfd p[] = { { .fd = w->init, .events = POLLIN },
				      { .fd = w->changes, .events = POLLIN } };
		uint64_t now = now_boot_ms();

		if (now >= next) {
			say_stats(w);
			next = now + (uint64_t)w->want->interval_ms;
			continue;
		}
		if (poll(p, COUNT(p), (int)(next - now)) < 0 && errno != EINTR)
			return fail_sys(e, errno, "events: poll");
		if (p[1].revents != 0)
			drain(w->changes);
		if (p[1].revents != 0 || p[0].revents != 0)
			say_oom(w);
		if (p[0].revents != 0)
			return 0;
	}
}

int run_events(const struct run_options *o, const char *id, const struct events_want *want,
	       struct err *e)
{
	autoarena struct arena a = { 0 };
	struct watching w = { .want = want, .id = id, .init = -1, .changes = -1 };
	autocg struct cg *cg = NULL;
	enum state_status now;
	struct state st = { .id = id };
	int got;

	if (life_group(&a, o, &st, &now, &cg, e) < 0)
		return -1;
	w.cg = cg;
	if (want->once) {
		say_stats(&w);
		return 0;
	}
	w.init = life_pidfd(&st);
	if (w.init < 0)
		return fail(e, ERR_STATE, "container not running: %s is stopped", id);
	w.changes = watch_oom(&w);
	got = watch(&w, e);
	auto_close_(&w.init);
	auto_close_(&w.changes);
	return got;
}
