/* SPDX-License-Identifier: Apache-2.0 */
/* hold.c - the second holder of the listeners.
 *
 * When the last descriptor of a listener is closed, each call that waits and each to come
 * answers ENOSYS for ever (seccomp_unotify(2)). So there is a process that does nothing but
 * have them: it takes them from the containers' processes (courier, run/filter.c), hands them
 * to the watcher, and, when that dies, to the next. It answers no call. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "watch/calls.h"
#include "watch/watch.h"

#define LISTENERS_MAX 4096
#define EVENTS        16
#define BACKLOG       64

struct held {
	int epoll, watcher;
	bool init_gone;
	int n;
	int listeners[LISTENERS_MAX]; /* zero pages until they are used */
};

/* What an event is about: in the high half, the descriptor in the low. */
enum role {
	ROLE_INIT,
	ROLE_SOCKET,
	ROLE_PEER,
	ROLE_LISTENER,
};

static int add(const struct held *h, enum role role, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events,
				  .data.u64 = (uint64_t)role << 32 | (uint32_t)fd };

	return epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &ev);
}

/* Explicitly: an open description that others have too stays in the set. */
static void drop(const struct held *h, int fd)
{
	(void)epoll_ctl(h->epoll, EPOLL_CTL_DEL, fd, NULL);
	(void)close(fd);
}

static void hand_over(struct held *h, int listener)
{
	const char letter = HOLD_LISTENER;

	if (h->watcher < 0 || fd_send(h->watcher, &letter, 1, listener) == 0)
		return;
	/* it does not take what it is sent: it may come again, and then gets all of them */
	drop(h, h->watcher);
	h->watcher = -1;
}

/* Only the end of it is waited for: that nobody is left whom the filter binds. */
static void keep(struct held *h, int listener)
{
	if (h->n == LISTENERS_MAX || add(h, ROLE_LISTENER, listener, 0) < 0) {
		(void)close(listener);
		return;
	}
	h->listeners[h->n++] = listener;
	hand_over(h, listener);
}

static void forget(struct held *h, int listener)
{
	for (int i = 0; i < h->n; i++)
		if (h->listeners[i] == listener)
			h->listeners[i--] = h->listeners[--h->n];
	drop(h, listener);
}

/* The directory keeps others out; this does it again. */
static bool is_own(int peer)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       who.uid == geteuid();
}

static void welcome(struct held *h, int listen)
{
	int peer = accept4(listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (peer < 0)
		return;
	if (!is_own(peer) || add(h, ROLE_PEER, peer, EPOLLIN) < 0)
		(void)close(peer);
}

static void serve_watcher(struct held *h, int peer)
{
	if (h->watcher >= 0)
		drop(h, h->watcher);
	h->watcher = peer;
	for (int i = 0; i < h->n && h->watcher >= 0; i++)
		hand_over(h, h->listeners[i]);
}

static void hear(struct held *h, int peer)
{
	int passed = -1;
	char letter = 0;
	long n = fd_recv(peer, &letter, 1, &passed);

	if (n == -EAGAIN)
		return;
	if (n == 1 && letter == HOLD_LISTENER && passed >= 0) {
		keep(h, passed);
		passed = -1;
	}
	auto_close_(&passed);
	if (n == 1 && letter == HOLD_WATCHER) {
		serve_watcher(h, peer);
		return;
	}
	if (h->watcher == peer)
		h->watcher = -1;
	drop(h, peer);
}

static void attend(struct held *h, const struct epoll_event *ev)
{
	const int fd = (int)(uint32_t)ev->data.u64;

	switch ((enum role)(ev->data.u64 >> 32)) {
	case ROLE_INIT:
		h->init_gone = true;
		(void)epoll_ctl(h->epoll, EPOLL_CTL_DEL, fd, NULL);
		break;
	case ROLE_SOCKET:
		welcome(h, fd);
		break;
	case ROLE_PEER:
		hear(h, fd);
		break;
	case ROLE_LISTENER:
		forget(h, fd);
		break;
	}
}

static int open_all(struct held *h, const struct holder *from)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	h->watcher = -1;
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	return h->epoll < 0 || add(h, ROLE_INIT, from->init, EPOLLIN) < 0 ||
			       add(h, ROLE_SOCKET, from->listen, EPOLLIN) < 0
		       ? -1
		       : 0;
}

/* ---- who has one to send ---- */

const char watch_letter[] = { HOLD_LISTENER, '\0' };

int watch_listen_calls(const struct state_dir *d, struct err *e)
{
	int fd = unix_listen_at(d->fd, CALLS_SOCKET, SOCK_SEQPACKET, BACKLOG);

	return fd < 0 ? fail_sys(e, -fd, CALLS_SOCKET ": listen") : fd;
}

int watch_connect_calls(const struct state_dir *d, struct err *e)
{
	int fd = unix_connect_at(d->fd, CALLS_SOCKET, SOCK_SEQPACKET);

	if (fd >= 0)
		return fd;
	(void)fail_sys(e, -fd, CALLS_SOCKET ": connect to who keeps the container's listeners");
	return hint(e, "without it nobody would answer what the filter hands on");
}

/* ---- the process ---- */

void hold_until_end(const struct holder *from)
{
	autofree struct held *h = calloc(1, sizeof(*h));
	struct epoll_event ev[EVENTS];

	if (h == NULL || open_all(h, from) < 0)
		return;
	while (!h->init_gone || h->n > 0) {
		int n = epoll_wait(h->epoll, ev, EVENTS, -1);

		for (int i = 0; i < n; i++)
			attend(h, &ev[i]);
	}
}
