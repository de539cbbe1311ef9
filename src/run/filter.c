/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c - the seccomp filter goes on last, directly before execve: so a policy need allow
 * nothing of ours but that one call.
 *
 * seccomp(2) wants no_new_privs or CAP_SYS_ADMIN. Without the former, that capability stays
 * permitted until execve, which forgets it: what a program is permitted follows from the
 * inheritable, bounding and ambient sets and from its file, not from what was permitted before
 * (capabilities(7), "Transformation of capabilities during execve()").
 *
 * The listener of a filter that notifies exists only once it is on, and then we can make no
 * call: the policy may refuse any, or wait for an agent that has no listener yet. A filter
 * binds the thread that loads it. So a second thread, the courier, made before, hands the
 * listener over, while we wait on one word of memory; then it ends, and we execute. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/sys.h"
#include "run/run_private.h"

#define COURIER_STACK 65536
#define AGENT_WAIT_S  30 /* for an agent that does not read */

uint64_t filter_capability(const struct plan *pl)
{
	return pl->has_filter && !pl->process.creds.no_new_privs ? UINT64_C(1) << CAP_SYS_ADMIN
								 : 0;
}

/* ---- the agent ---- */

/* What messages call it. */
static const char *agent_name(const struct plan *pl)
{
	return pl->audit.is_on ? "org.caisson.seccomp.audit" : "linux.seccomp.listenerPath";
}

static int agent_limit(const struct run *r, const struct plan *pl, struct err *e)
{
	const struct timeval limit = { .tv_sec = AGENT_WAIT_S };

	if (setsockopt(r->agent, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return fail_sys(e, errno, "%s: limit the wait", agent_name(pl));
	return 0;
}

int agent_connect(struct run *r, const struct plan *pl, struct err *e)
{
	const char *path = pl->listener.path;
	int fd;

	if (pl->audit.is_on)
		return calls_connect(r, e) < 0 ? -1 : agent_limit(r, pl, e);
	fd = unix_connect_to(path, SOCK_STREAM);
	if (fd < 0) {
		/* runc's words, which its tests look for */
		(void)fail_sys(e, -fd,
			       "linux.seccomp.listenerPath: %s: failed to connect with seccomp "
			       "agent",
			       path);
		return hint(e, "the agent that answers SCMP_ACT_NOTIFY has to listen there");
	}
	r->agent = fd;
	return agent_limit(r, pl, e);
}

/* config-linux.md#containerprocessstate */
static const char *process_state(struct run *r, const struct plan *pl, size_t *len)
{
	struct arena *a = r->arena;
	struct json *o = json_object(a), *fds = json_array(a);
	struct state st = r->st;

	st.pid = r->target != NULL ? r->target->st.pid : r->outer_pid;
	json_add(fds, json_string(a, "seccompFd"));
	json_add(fds, json_string(a, "pidFd"));
	json_set(o, "ociVersion", json_string(a, st.oci_version));
	json_set(o, "fds", fds);
	json_set(o, "pid", json_int(a, r->outer_pid));
	if (pl->listener.metadata != NULL)
		json_set(o, "metadata", json_string(a, pl->listener.metadata));
	json_set(o, "state",
		 state_json(a, &st, r->target != NULL ? st.status : ST_CREATED, false));
	return json_print(a, o, JSON_LINE, len);
}

/* ---- the courier ---- */

enum courier_word {
	C_ASLEEP,
	C_AWAKE,
	C_GO,
	C_DONE
};

struct courier {
	atomic_int word;
	int agent, peer;
	const char *name, *path; /* the agent's */
	const char *text;
	size_t len;
	int fds[2]; /* the listener, valid from C_GO on; the process */
	size_t fds_n;
};

/* Tells the processor that we spin. */
static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

/* Our own copy of the listener must go before an agent that dies leaves it without a reader:
 * only then do calls that wait for an answer get ENOSYS (seccomp_unotify(2)). */
static void deliver(const struct courier *c)
{
	struct err e = { 0 };
	int err = fd_send_list(c->agent, c->text, c->len, c->fds, c->fds_n);

	(void)close(c->fds[0]);
	(void)close(c->agent);
	if (err == 0)
		return;
	(void)fail_sys(&e, -err, "%s: hand the listener to %s", c->name, c->path);
	hs_say_failed(c->peer, &e); /* the main thread could not */
	proc_exit(1);
}

/* Shares errno and stack protector with the main thread, which only spins meanwhile. */
static int courier_main(void *arg)
{
	struct courier *c = arg;

	while (atomic_load(&c->word) == C_ASLEEP)
		(void)sys_futex_wait(&c->word, C_ASLEEP);
	while (atomic_load(&c->word) != C_GO)
		(void)sched_yield();
	deliver(c);
	atomic_store(&c->word, C_DONE);
	sys_exit_thread();
	return 0;
}

static int start_thread(int (*run)(void *arg), void *arg, struct err *e)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;
	char *stack = mmap(NULL, COURIER_STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return fail_sys(e, errno, "linux.seccomp: stack of a thread");
	if (clone(run, stack + COURIER_STACK, flags, arg) >= 0)
		return 0;
	(void)fail_sys(e, errno, "linux.seccomp: thread that hands over the listener");
	return errno == EAGAIN ? hint(e, "pids.limit must leave room for two") : -1;
}

int do_courier(struct run *r, const struct plan *pl, struct err *e)
{
	struct courier *c = arena_new(r->arena, struct courier);

	c->agent = r->agent;
	c->peer = r->peer;
	c->name = agent_name(pl);
	c->fds_n = pl->audit.is_on ? 1 : 2;
	if (pl->audit.is_on) {
		c->path = "the watcher";
		c->text = watch_letter;
		c->len = 1;
	} else {
		c->path = pl->listener.path;
		c->text = process_state(r, pl, &c->len);
		c->fds[1] = sys_pidfd_open(getpid(), 0);
		if (c->fds[1] < 0)
			return fail_sys(e, -c->fds[1], "linux.seccomp: pidfd_open");
	}
	if (start_thread(courier_main, c, e) < 0)
		return -1;
	r->courier = c;
	return 0;
}

/* ---- the filter ---- */

static int load(const struct filter *f, unsigned flags)
{
	struct sock_fprog program = {
		.len = f->n,
		.filter = (struct sock_filter *)(uintptr_t)f->insns,
	};

	return sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int make_effective(const struct plan *pl)
{
	const struct spec_caps *c = &pl->process.creds.caps;
	const uint64_t admin = filter_capability(pl);

	return admin == 0
		       ? 0
		       : sys_capset(c->effective | admin, c->permitted | admin, c->inheritable);
}

/* TSYNC would bind the courier, and the kernel takes no listener beside it; there is no other
 * thread that it could be for. */
static unsigned flags_of(const struct run *r, const struct filter *f)
{
	return r->courier != NULL ? f->flags & ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC : f->flags;
}

/* Of two, in the order that the plan has found: after it, all that we call is what loads the
 * other. NULL: there is but one. */
static const struct filter *first(const struct plan *pl)
{
	const struct filter *f = pl->profile_last ? &pl->filter : &pl->profile.program;

	return pl->has_profile ? f : NULL;
}

static int load_first(const struct run *r, const struct plan *pl)
{
	const struct filter *f = first(pl);

	return f != NULL ? load(f, flags_of(r, f)) : 0;
}

static const struct filter *last(const struct plan *pl)
{
	return pl->profile_last ? &pl->profile.program : &pl->filter;
}

static int load_and_deliver(struct run *r, const struct plan *pl)
{
	struct courier *c = r->courier;
	int fd;

	atomic_store(&c->word, C_AWAKE);
	(void)sys_futex_wake(&c->word);
	fd = load_first(r, pl);
	if (fd == 0)
		fd = load(last(pl), flags_of(r, last(pl)) | SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (fd < 0)
		return fd;
	/* from here to execve, no system call of ours */
	c->fds[0] = fd;
	atomic_store(&c->word, C_GO);
	while (atomic_load(&c->word) != C_DONE)
		relax();
	return 0;
}

static int load_all(struct run *r, const struct plan *pl)
{
	int err = make_effective(pl);

	if (err < 0 || r->courier != NULL)
		return err < 0 ? err : load_and_deliver(r, pl);
	err = load_first(r, pl);
	return err != 0 ? err : load(last(pl), last(pl)->flags);
}

int load_filter(struct run *r, const struct plan *pl, struct err *e)
{
	int err = load_all(r, pl);

	if (err == 0)
		return 0;
	/* TSYNC answers with the thread that could not follow */
	(void)fail_sys(e, err < 0 ? -err : ESRCH, "linux.seccomp: load the filter");
	return err == -EBUSY ? hint(e, "we run below a filter with a listener, and a process "
				       "has but one: leave out org.caisson.seccomp.audit")
			     : -1;
}

/* What is left of the flags where there is neither a listener nor another thread. */
#define FLAGS_ALONE ((unsigned)(SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW))

/* For a startContainer hook: it is a program of the image's, and the filter is for those.
 * Nobody listens to its process: what is to be notified gets ENOSYS (seccomp_unotify(2)). */
int load_hook_filter(void *plan)
{
	const struct plan *pl = plan;
	const struct filter *f = first(pl);
	int err = make_effective(pl);

	if (err == 0 && f != NULL)
		err = load(f, f->flags & FLAGS_ALONE);
	return err < 0 ? err : load(last(pl), last(pl)->flags & FLAGS_ALONE);
}
