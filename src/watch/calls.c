/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - the loop over the listeners: each call is answered at once, as the policy says;
 * what is told of it is another matter (denials.c). A container that calls and calls waits for
 * its answers, and so pays itself: of our own processor time it gets a share. */
#include "watch/calls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "watch/watch_private.h"

/* Linux 6.6: who is woken runs on the waker's processor. */
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#endif

#define ANSWERS_BURST 100000
#define ANSWERS_S     20000

struct calls {
	struct arena arena;
	struct answers answers;
	struct denials *denials;
	const void *bytes; /* of the answers, mapped */
	size_t len, notice_size;
	struct watch_bucket pace;
	bool muted;
	int *listeners;
	size_t n, room;
};

/* ---- events ---- */

/* Rows of classes beyond the table's: what the kernel answered by itself. */
enum {
	ROW_KILLED = 1 << 24,
	ROW_LOGGED,
};

static enum audit_event event_of(const struct seccomp_data *call,
				 const struct policy_verdict *said)
{
	if (!said->allow)
		return AUDIT_DENIED;
	return call_is_exec(call) ? AUDIT_PROCESS_EXEC : AUDIT_LET_PASS;
}

static void tell(struct watch *w, const struct seccomp_data *call,
		 const struct policy_verdict *said, const struct audit_result *what,
		 struct arena *a)
{
	watch_tell(w, event_of(call, said), what, a);
}

/* When all that is counted and not told is due. */
static void set_due(struct watch *w)
{
	const struct denials *d = w->calls->denials;

	w->due[DUE_CALLS] = 0;
	for (size_t i = 0; i < DENIALS_CLASSES; i++) {
		uint64_t due = d->classes[i].used ? watch_rate_due(&d->classes[i].rate) : 0;

		if (due != 0 && (w->due[DUE_CALLS] == 0 || due < w->due[DUE_CALLS]))
			w->due[DUE_CALLS] = due;
	}
}

static const struct policy_verdict *said_of(const struct calls *c,
					    const struct denials_class *of)
{
	static const struct policy_verdict unknown = { .err = ENOSYS };

	return of->row < c->answers.rows_n ? &c->answers.rows[of->row] : &unknown;
}

static struct json *kernel_json(struct arena *a, const struct seccomp_data *call, uint32_t row)
{
	struct json *o = call_json(a, call, NULL, false);

	json_set(o, "action", json_string(a, row == ROW_KILLED ? "kill" : "log"));
	return o;
}

static void tell_kernel(struct watch *w, uint32_t row, struct json *o, pid_t pid,
			struct arena *a)
{
	watch_tell(w, row == ROW_KILLED ? AUDIT_DENIED : AUDIT_LET_PASS,
		   &(struct audit_result){ .call = o, .caller = pid, .exit_code = -1 }, a);
}

static void tell_count(struct watch *w, const struct denials_class *of, int64_t n)
{
	const struct policy_verdict *said = said_of(w->calls, of);
	autoarena struct arena a = { 0 };
	const bool by_kernel = of->row >= ROW_KILLED;
	struct json *o = by_kernel ? kernel_json(&a, &of->last, of->row)
				   : call_json(&a, &of->last, said, !of->various);

	json_set(o, "count", json_int(&a, n));
	if (by_kernel)
		tell_kernel(w, of->row, o, 0, &a);
	else
		tell(w, &of->last, said, &(struct audit_result){ .call = o, .exit_code = -1 },
		     &a);
}

void calls_tell(struct watch *w, bool all)
{
	const uint64_t now = now_boot_ms();
	struct denials *d;

	if (w->calls == NULL)
		return;
	d = w->calls->denials;
	for (size_t i = 0; i < DENIALS_CLASSES; i++) {
		struct watch_rate *r = &d->classes[i].rate;
		int64_t n = 0;

		if (all) {
			n = r->untold;
			r->untold = 0;
		} else if (watch_rate_due(r) != 0 && watch_rate_due(r) <= now &&
			   denials_may_tell(d, now, &r->next_ms)) {
			n = watch_rate_add(r, now, 0);
		}
		if (n > 0)
			tell_count(w, &d->classes[i], n);
	}
	set_due(w);
}

/* One more of them: how many are to be told now, 0: later. A program that is executed is told
 * each time, as long as that is not too often. */
static int64_t count_one(struct watch *w, struct denials_class *of, bool each)
{
	struct watch_rate *r = &of->rate;
	const uint64_t now = now_boot_ms();
	int64_t n = 0;

	if ((each || now >= r->next_ms) &&
	    denials_may_tell(w->calls->denials, now, &r->next_ms)) {
		if (each)
			return 1;
		n = watch_rate_add(r, now, 1);
	} else {
		r->untold++;
	}
	if (n == 0 && (w->due[DUE_CALLS] == 0 || r->next_ms < w->due[DUE_CALLS]))
		w->due[DUE_CALLS] = r->next_ms;
	return n;
}

/* ---- one call ---- */

static bool is_valid(int fd, uint64_t id)
{
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void answer(int fd, uint64_t id, bool allow, uint32_t err)
{
	struct seccomp_notif_resp r = {
		.id = id,
		.error = allow ? 0 : -(int)err,
		.flags = allow ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};

	/* ENOENT: it was killed meanwhile */
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r) < 0 && errno != ENOENT)
		log_debug("seccomp: answer a call: %s", strerror(errno));
}

/* While it waits it is the one that called: looked at before and after, what lies between is
 * of no other. */
static struct json *look(struct arena *a, int fd, const struct seccomp_notif *n,
			 const struct policy_verdict *said)
{
	struct json *o = call_json(a, &n->data, said, true);

	caller_add(a, o, n);
	if (said->allow && call_is_exec(&n->data))
		caller_add_program(a, o, n);
	return is_valid(fd, n->id) ? o : call_json(a, &n->data, said, true);
}

/* How many of its kind are to be told now. */
static int64_t count(struct watch *w, const struct seccomp_data *call,
		     const struct policy_verdict *said, size_t row)
{
	struct denials *d = w->calls->denials;

	if (d->flight.is_counted)
		return 0;
	d->flight.is_counted = true;
	if (said->allow)
		d->let_pass++;
	else
		denials_count(d, call);
	return count_one(w, denials_class(d, call, (uint32_t)row),
			 said->allow && call_is_exec(call));
}

static void serve(struct watch *w, int fd)
{
	const struct seccomp_notif *n = &w->calls->denials->flight.n;
	const struct policy_verdict *said;
	autoarena struct arena a = { 0 };
	struct audit_result what = { .caller = (pid_t)n->pid, .exit_code = -1 };
	struct json *seen = NULL;
	int64_t told;
	size_t row;

	said = answers_find(&w->calls->answers, &n->data, &row);
	told = count(w, &n->data, said, row);
	if (told > 0)
		seen = look(&a, fd, n, said);
	answer(fd, n->id, said->allow, said->err);
	if (!said->allow)
		watch_respond(w, WATCH_DENIED, 1);
	if (seen == NULL)
		return;
	json_set(seen, "count", json_int(&a, told));
	what.call = seen;
	tell(w, &n->data, said, &what, &a);
}

void calls_heard(struct watch *w, const struct kernel_audit *seen)
{
	struct denials *d = w->calls->denials;
	const bool killed = seen->action == SECCOMP_RET_KILL_PROCESS ||
			    seen->action == SECCOMP_RET_KILL_THREAD;
	const uint32_t row = killed ? ROW_KILLED : ROW_LOGGED;
	autoarena struct arena a = { 0 };
	struct json *o;
	int64_t told;

	if (!killed && seen->action != SECCOMP_RET_LOG)
		return;
	if (killed)
		denials_count(d, &seen->call);
	told = count_one(w, denials_class(d, &seen->call, row), false);
	if (killed)
		watch_respond(w, WATCH_DENIED, 1);
	if (told == 0)
		return;
	o = kernel_json(&a, &seen->call, row);
	json_set(o, "pid", json_int(&a, seen->pid));
	if (seen->exe[0] != '\0')
		json_set(o, "exe", json_string(&a, seen->exe));
	if (seen->comm[0] != '\0')
		json_set(o, "comm", json_string(&a, seen->comm));
	json_set(o, "count", json_int(&a, told));
	tell_kernel(w, row, o, seen->pid, &a);
}

/* A caller that was killed between the two may leave nothing to receive: ENOENT. */
static void hear(struct watch *w, int fd)
{
	struct denials_flight *f = &w->calls->denials->flight;

	memset(f->room, 0, w->calls->notice_size); /* or the kernel says EINVAL */
	f->is_counted = false;
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &f->n) < 0)
		return;
	serve(w, fd);
	f->n.id = 0;
}

/* ---- listeners ---- */

static int watch_listener(const struct watch *w, int op, int fd, bool mute)
{
	struct epoll_event ev = { .events = mute ? 0 : EPOLLIN,
				  .data.u64 = SOURCE_LISTENER | (uint32_t)fd };

	return epoll_ctl(w->epoll, op, fd, &ev);
}

/* Nobody is left whom its filter binds. Out of the set explicitly: others have it open too. */
static void drop(struct watch *w, int fd)
{
	struct calls *c = w->calls;

	for (size_t i = 0; i < c->n; i++)
		if (c->listeners[i] == fd)
			c->listeners[i--] = c->listeners[--c->n];
	(void)watch_listener(w, EPOLL_CTL_DEL, fd, true);
	(void)close(fd);
}

static void mute(struct watch *w, bool on)
{
	w->calls->muted = on;
	for (size_t i = 0; i < w->calls->n; i++)
		(void)watch_listener(w, EPOLL_CTL_MOD, w->calls->listeners[i], on);
}

/* Whoever watched before us has died with a call in hand. */
static void finish_flight(struct watch *w, int fd)
{
	struct denials_flight *f = &w->calls->denials->flight;

	if (f->n.id == 0 || !is_valid(fd, f->n.id))
		return;
	serve(w, fd);
	f->n.id = 0;
}

static int keep(struct calls *c, int fd)
{
	if (c->n == c->room) {
		size_t room = c->room > 0 ? 2 * c->room : 4;
		int *more = realloc(c->listeners, room * sizeof(*more));

		if (more == NULL)
			return -1;
		c->listeners = more;
		c->room = room;
	}
	c->listeners[c->n++] = fd;
	return 0;
}

static void add_listener(struct watch *w, int fd)
{
	struct calls *c = w->calls;

	if (watch_listener(w, EPOLL_CTL_ADD, fd, c->muted) < 0 || keep(c, fd) < 0) {
		log_debug("seccomp: a listener: %s", strerror(errno));
		drop(w, fd);
		return;
	}
	(void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	finish_flight(w, fd);
}

void calls_attend(struct watch *w, int listener, bool has_call)
{
	uint64_t again;

	if (!has_call) {
		drop(w, listener);
	} else if (watch_bucket_take(&w->calls->pace, ANSWERS_BURST, ANSWERS_S, now_boot_ms(),
				     &again)) {
		hear(w, listener);
	} else if (!w->calls->muted) {
		w->due[DUE_CALLS_AGAIN] = again;
		mute(w, true);
	}
}

void calls_resume(struct watch *w)
{
	mute(w, false);
}

/* ---- the holder ---- */

/* Without one, what calls is answered by the kernel: ENOSYS. */
static void tell_lost(struct watch *w)
{
	autoarena struct arena a = { 0 };
	struct json *o = json_object(&a);

	json_set(o, "resource", json_string(&a, "seccomp_listener"));
	watch_tell(w, AUDIT_LOST, &(struct audit_result){ .limit = o, .exit_code = -1 }, &a);
}

static int connect_holder(struct watch *w)
{
	static const char letter = HOLD_WATCHER;
	autofd int fd = unix_connect_at(w->at.dir->fd, CALLS_SOCKET, SOCK_SEQPACKET);

	if (fd < 0)
		return fd;
	return send(fd, &letter, 1, MSG_NOSIGNAL) == 1 ? take_fd(&fd) : -errno;
}

/* It may have let go of us, or be gone. */
static void connect_again(struct watch *w)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = SOURCE_HOLDER };

	auto_close_(&w->fd[SOURCE_HOLDER]);
	w->fd[SOURCE_HOLDER] = connect_holder(w);
	if (w->fd[SOURCE_HOLDER] < 0 ||
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd[SOURCE_HOLDER], &ev) < 0) {
		w->fd[SOURCE_HOLDER] = -1;
		if (!w->init_gone)
			tell_lost(w);
	}
}

void calls_take(struct watch *w)
{
	int passed = -1;
	char letter;
	long n = fd_recv(w->fd[SOURCE_HOLDER], &letter, 1, &passed);

	if (n == 1 && letter == HOLD_LISTENER && passed >= 0) {
		add_listener(w, passed);
		return;
	}
	auto_close_(&passed);
	if (n <= 0 && n != -EAGAIN)
		connect_again(w);
}

/* ---- from the state directory ---- */

static int map_answers(struct calls *c, const struct state_dir *d, struct err *e)
{
	autofd int fd = state_open_verdicts(d, &c->len, e);

	if (fd < 0)
		return -1;
	c->bytes = mmap(NULL, c->len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (c->bytes == MAP_FAILED) {
		c->bytes = NULL;
		return fail_sys(e, errno, "verdicts: map");
	}
	return answers_parse(&c->arena, c->bytes, c->len, &c->answers, e);
}

static int learn_size(struct calls *c, struct err *e)
{
	struct seccomp_notif_sizes sizes;
	int err = sys_seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes);

	if (err < 0)
		return fail_sys(e, -err, "seccomp: sizes of a notification");
	if (sizes.seccomp_notif > NOTICE_MAX ||
	    sizes.seccomp_notif_resp != sizeof(struct seccomp_notif_resp))
		return fail(e, ERR_HOST,
			    "seccomp: expected notifications of at most %d bytes, answers of "
			    "%zu: found %u and %u",
			    NOTICE_MAX, sizeof(struct seccomp_notif_resp), sizes.seccomp_notif,
			    sizes.seccomp_notif_resp);
	c->notice_size = sizes.seccomp_notif;
	return 0;
}

int calls_ready(struct watch *w, struct err *e)
{
	if (w->calls != NULL)
		return 0;
	w->calls = calloc(1, sizeof(*w->calls));
	if (w->calls == NULL)
		return fail_sys(e, ENOMEM, "watch");
	w->calls->denials = denials_map(w->at.dir->fd, false, e);
	return w->calls->denials == NULL ? -1 : 0;
}

int calls_open(struct watch *w, int *fd, struct err *e)
{
	int holder;

	if (calls_ready(w, e) < 0 || map_answers(w->calls, w->at.dir, e) < 0 ||
	    learn_size(w->calls, e) < 0)
		return -1;
	holder = connect_holder(w);
	if (holder >= 0)
		*fd = holder;
	else
		tell_lost(w);
	return 0;
}

const struct denials *watch_denials(const struct watch *w)
{
	return w->calls != NULL ? w->calls->denials : NULL;
}

void calls_close(struct watch *w)
{
	struct calls *c = take_ptr(w->calls);

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		(void)close(c->listeners[i]);
	free(c->listeners);
	denials_unmap(c->denials);
	if (c->bytes != NULL)
		(void)munmap((void *)(uintptr_t)c->bytes, c->len);
	arena_free(&c->arena);
	free(c);
}
