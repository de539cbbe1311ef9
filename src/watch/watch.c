/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - one epoll instance: what is looked at, and what is done when it speaks. */
#include "watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/proc.h"
#include "watch/watch_private.h"

#define EMPTY_MS 1000 /* between two looks, while the init is gone and others are not */

/* ---- the end of the init ---- */

static bool wants_init(const struct watch *w)
{
	return w->whole;
}

/* While it lives, so that the descriptor is this process's for good. */
static int open_init(struct watch *w, int *fd, struct err *e)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", w->want.pid);
	w->stat = open(path, O_RDONLY | O_CLOEXEC);
	*fd = fcntl(w->at.init, F_DUPFD_CLOEXEC, 3);
	return *fd < 0 ? fail_sys(e, errno, "watch: the container's init") : 0;
}

static bool awaits_empty(const struct watch *w)
{
	return w->whole && !w->want.own_pid_ns && w->at.cg != NULL;
}

static bool is_empty(const struct watch *w)
{
	return w->want.own_pid_ns || w->at.cg == NULL || !cg_is_populated(w->at.cg);
}

/* The kernel tells of a group that becomes empty a moment later, and not at all when it has
 * been removed by then. */
static void look_empty(struct watch *w)
{
	w->over = is_empty(w);
	w->due[DUE_EMPTY] = w->over ? 0 : now_boot_ms() + EMPTY_MS;
}

/* The parent is woken at the same time: whoever is slower has nothing to read. */
static void init_ended(struct watch *w)
{
	watch_see_end(w);
	(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, w->fd[SOURCE_INIT], NULL);
	watch_finish(w, w->end.is_known ? w->end.status : -1);
	watch_record(w);
	look_empty(w);
}

/* ---- time ---- */

static bool wants_timer(const struct watch *w)
{
	return watch_is_wanted(&w->want) || w->want.memory_limit || w->want.pids_limit ||
	       w->want.calls || w->want.kernel || watch_wants_throttled(w) || awaits_empty(w);
}

static int open_timer(struct watch *w, int *fd, struct err *e)
{
	(void)w;
	*fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	return *fd < 0 ? fail_sys(e, errno, "watch: a timer") : 0;
}

static void wall_over(struct watch *w)
{
	watch_end(w, (struct watch_cause){ .kind = CAUSE_WALL });
}

static void tell_calls(struct watch *w)
{
	calls_tell(w, false);
}

/* In the order of what matters most. */
static void (*const when_due[DUE_KINDS])(struct watch *w) = {
	[DUE_WALL] = wall_over,           [DUE_WALL_WARN] = watch_warn_time,
	[DUE_CPU] = watch_look_cpu,       [DUE_GRACE] = watch_kill,
	[DUE_POLL] = watch_look_warnings, [DUE_TELL] = watch_tell_untold,
	[DUE_EMPTY] = look_empty,         [DUE_CALLS] = tell_calls,
	[DUE_CALLS_AGAIN] = calls_resume, [DUE_KERNEL_AGAIN] = kernel_audit_resume,
};

static void time_passed(struct watch *w)
{
	uint64_t ticks, now = now_boot_ms();

	(void)!read(w->fd[SOURCE_TIMER], &ticks, sizeof(ticks));
	w->timer_at = 0;
	for (size_t i = 0; i < DUE_KINDS; i++) {
		if (w->due[i] == 0 || w->due[i] > now)
			continue;
		w->due[i] = 0;
		when_due[i](w);
	}
}

static void set_timer(struct watch *w)
{
	struct itimerspec at = { 0 };
	uint64_t next = 0;

	for (size_t i = 0; i < DUE_KINDS; i++)
		if (w->due[i] != 0 && (next == 0 || w->due[i] < next))
			next = w->due[i];
	if (w->fd[SOURCE_TIMER] < 0 || next == w->timer_at)
		return;
	w->timer_at = next;
	at.it_value.tv_sec = (time_t)(next / 1000);
	at.it_value.tv_nsec = (long)(next % 1000) * 1000000;
	(void)timerfd_settime(w->fd[SOURCE_TIMER], TFD_TIMER_ABSTIME, &at, NULL);
}

void watch_started(struct watch *w, uint64_t started_ms)
{
	const struct watch_want *want = &w->want;

	w->started_ms = started_ms;
	if (w->cause.kind != CAUSE_NONE)
		return;
	if (want->cpu_ms > 0)
		watch_look_cpu(w);
	if (want->wall_ms == 0)
		return;
	w->due[DUE_WALL] = started_ms + want->wall_ms;
	if (want->rules.warn[WARN_TIME] > 0)
		w->due[DUE_WALL_WARN] =
			started_ms + want->wall_ms * want->rules.warn[WARN_TIME] / 100;
}

/* ---- files that change ---- */

static bool awaits_start(const struct watch *w)
{
	return (w->want.wall_ms > 0 || w->want.cpu_ms > 0) && w->want.started_ms == 0;
}

static bool wants_files(const struct watch *w)
{
	return awaits_start(w) || awaits_empty(w) ||
	       (w->at.cg != NULL && (w->want.memory_limit || w->want.pids_limit));
}

/* kernfs tells inotify of a change that poll(2) would also see. Without the controller there is
 * no such file, and nothing to tell. */
static int watch_file(int fd, int dir, const char *name, uint32_t mask, struct err *e)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", fd_path(dir).s, name);
	if (inotify_add_watch(fd, path, mask) >= 0 || errno == ENOENT)
		return 0;
	return fail_sys(e, errno, "watch: %s", name);
}

static int open_files(struct watch *w, int *fd, struct err *e)
{
	const int dir = w->at.dir->fd, group = w->at.cg != NULL ? cg_fd(w->at.cg) : -1;
	const struct {
		bool wanted;
		int dir;
		const char *name;
		uint32_t mask;
	} files[] = {
		{ awaits_start(w), dir, "", IN_MOVED_TO },
		{ awaits_empty(w), group, "cgroup.events", IN_MODIFY },
		{ group >= 0 && w->want.memory_limit, group, "memory.events", IN_MODIFY },
		{ group >= 0 && w->want.pids_limit, group, "pids.events", IN_MODIFY },
	};

	*fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (*fd < 0)
		return fail_sys(e, errno, "watch: inotify");
	for (size_t i = 0; i < COUNT(files); i++)
		if (files[i].wanted &&
		    watch_file(*fd, files[i].dir, files[i].name, files[i].mask, e) < 0)
			return -1;
	return 0;
}

/* `start' has saved the state. */
static void look_started(struct watch *w)
{
	autoarena struct arena a = { 0 };
	struct err ignored = { 0 };
	struct state st;

	if (w->started_ms == 0 && state_load(&a, w->at.dir, w->want.id, &st, &ignored) == 0 &&
	    st.started_ms > 0)
		watch_started(w, st.started_ms);
}

/* Until START the init is ours: its time is not the container's. Who comes later, after another
 * watcher, cannot know how much it was, and counts it. */
static void await_start(struct watch *w)
{
	const int64_t used =
		w->want.cpu_ms > 0 ? cg_number(w->at.cg, "cpu.stat", "usage_usec") : 0;

	if (w->started_ms == 0 && used > 0)
		w->cpu_before_usec = (uint64_t)used;
	look_started(w);
}

static void files_changed(struct watch *w)
{
	char buf[4096];

	while (read(w->fd[SOURCE_FILES], buf, sizeof(buf)) > 0)
		;
	watch_look_counters(w);
	if (awaits_start(w) && w->started_ms == 0)
		await_start(w);
	if (w->init_gone && is_empty(w))
		w->over = true;
}

/* ---- pressure ---- */

/* All that are runnable being stopped is what PSI calls "full". Windows of 2 s are allowed to
 * everybody (Documentation/accounting/psi.rst). */
#define PRESSURE "full 200000 2000000"

/* A kernel without PSI has no such file: the poll sees the same, later. */
static int open_pressure(struct watch *w, int *fd, struct err *e)
{
	autofd int file =
		openat(cg_fd(w->at.cg), "cpu.pressure", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	(void)e;
	if (file >= 0 && write(file, PRESSURE, sizeof(PRESSURE)) > 0)
		*fd = take_fd(&file);
	return 0;
}

/* ---- calls ---- */

static bool wants_calls(const struct watch *w)
{
	return w->want.calls;
}

static bool wants_kernel(const struct watch *w)
{
	return w->want.kernel;
}

/* ---- the table ---- */

static const struct {
	uint32_t events;
	bool (*wanted)(const struct watch *w);
	int (*open)(struct watch *w, int *fd, struct err *e); /* fd stays -1: not here */
	void (*ready)(struct watch *w);
} sources[SOURCE_KINDS] = {
	[SOURCE_INIT] = { EPOLLIN, wants_init, open_init, init_ended },
	[SOURCE_TIMER] = { EPOLLIN, wants_timer, open_timer, time_passed },
	[SOURCE_FILES] = { EPOLLIN, wants_files, open_files, files_changed },
	[SOURCE_PRESSURE] = { EPOLLPRI, watch_wants_throttled, open_pressure,
			      watch_look_counters },
	[SOURCE_KERNEL] = { EPOLLIN, wants_kernel, kernel_audit_open, kernel_audit_take },
	[SOURCE_HOLDER] = { EPOLLIN, wants_calls, calls_open, calls_take },
};

static int open_source(struct watch *w, size_t i, struct err *e)
{
	struct epoll_event ev = { .events = sources[i].events, .data.u64 = i };

	if (!sources[i].wanted(w))
		return 0;
	if (sources[i].open(w, &w->fd[i], e) < 0)
		return -1;
	if (w->fd[i] < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd[i], &ev) == 0)
		return 0;
	return fail_sys(e, errno, "watch: epoll");
}

void watch_mute(struct watch *w, enum watch_source source, bool mute)
{
	struct epoll_event ev = { .events = mute ? 0 : sources[source].events,
				  .data.u64 = source };

	if (w->fd[source] >= 0)
		(void)epoll_ctl(w->epoll, EPOLL_CTL_MOD, w->fd[source], &ev);
}

/* The program is there before it is needed: what could not be done is refused now. */
static int open_cutter(struct watch *w, struct err *e)
{
	const struct watch_rules *r = &w->want.rules;
	bool wanted = false;

	for (size_t i = 0; i < r->responses_n; i++)
		wanted |= r->responses[i].action == WATCH_CUT;
	if (!wanted || r->dry_run)
		return 0;
	if (w->at.cg == NULL)
		return fail(e, ERR_HOST, "watch: cut-network: expected a cgroup: found none");
	return cg_network_cutter(&w->cutter, e);
}

/* What has no event of its own is looked at from now on. */
static void begin(struct watch *w)
{
	const struct watch_rules *r = &w->want.rules;
	bool polls = (r->warn[WARN_MEMORY] > 0 && w->want.memory_limit) ||
		     (r->warn[WARN_PIDS] > 0 && w->want.pids_limit) ||
		     (r->warn[WARN_CPU] > 0 && w->want.cpu_limit) ||
		     (watch_wants_throttled(w) && w->fd[SOURCE_PRESSURE] < 0);

	w->cpu_before_usec = w->want.cpu_before_usec;
	watch_count_first(w);
	if (w->want.started_ms > 0)
		watch_started(w, w->want.started_ms);
	else if (awaits_start(w))
		look_started(w);
	if (polls && w->at.cg != NULL)
		w->due[DUE_POLL] = now_boot_ms() + r->poll_ms;
	set_timer(w);
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

int watch_open(const struct watch_want *want, const struct watch_place *at, bool whole,
	       struct watch **out, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return fail_sys(e, ENOMEM, "watch");
	w->want = *want;
	w->at = *at;
	w->whole = whole;
	w->stat = w->cutter = -1;
	w->processors = want->cpu_ms > 0 ? processors() : 1;
	for (size_t i = 0; i < SOURCE_KINDS; i++)
		w->fd[i] = -1;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		(void)fail_sys(e, errno, "watch: epoll");
	for (size_t i = 0; e->kind == ERR_NONE && i < SOURCE_KINDS; i++)
		(void)open_source(w, i, e);
	if (e->kind == ERR_NONE)
		(void)open_cutter(w, e);
	if (e->kind != ERR_NONE) {
		watch_close(w);
		return -1;
	}
	begin(w);
	*out = w;
	return 0;
}

int watch_fd(const struct watch *w)
{
	return w->epoll;
}

struct watch_cause watch_cause(const struct watch *w)
{
	return w->cause;
}

static void attend_listeners(struct watch *w, const struct epoll_event *ev, int n)
{
	for (int i = 0; i < n && !w->over; i++)
		if (ev[i].data.u64 >= SOURCE_LISTENER)
			calls_attend(w, (int)(uint32_t)ev[i].data.u64,
				     (ev[i].events & EPOLLIN) != 0);
}

/* The init first: a limit that is reached when it has ended already has not ended it. Calls
 * last, and few at a time: a container that calls and calls does not outrun its limits. */
static void attend(struct watch *w, int timeout_ms)
{
	struct epoll_event ev[SOURCE_KINDS + SOURCE_LISTENERS];
	bool ready[SOURCE_KINDS] = { false };
	int n = epoll_wait(w->epoll, ev, (int)COUNT(ev), timeout_ms);

	for (int i = 0; i < n; i++)
		if (ev[i].data.u64 < SOURCE_KINDS)
			ready[ev[i].data.u64] = true;
	for (size_t i = 0; i < SOURCE_KINDS && !w->over; i++)
		if (ready[i])
			sources[i].ready(w);
	attend_listeners(w, ev, n);
	set_timer(w);
}

void watch_attend(struct watch *w)
{
	attend(w, 0);
}

void watch_until_end(struct watch *w)
{
	while (!w->over)
		attend(w, -1);
}

void watch_close(struct watch *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < SOURCE_KINDS; i++)
		auto_close_(&w->fd[i]);
	auto_close_(&w->cutter);
	calls_close(w);
	auto_close_(&w->stat);
	auto_close_(&w->epoll);
	free(w);
}
