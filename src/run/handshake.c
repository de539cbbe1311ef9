/* SPDX-License-Identifier: Apache-2.0 */
#include "run/handshake.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/fd.h"

struct hs_frame {
	uint32_t word;
	int32_t value;
	struct err err;
};

static const char *const hs_names[] = {
	[HS_FAILED] = "failed",       [HS_NAMESPACED] = "namespaced", [HS_MAPPED] = "mapped",
	[HS_CLONED] = "cloned",       [HS_IN_CGROUP] = "in-cgroup",   [HS_MOUNTED] = "mounted",
	[HS_HOOKED] = "hooked",       [HS_TERMINAL] = "terminal",     [HS_READY] = "ready",
	[HS_CREATED] = "created",     [HS_START] = "start",           [HS_LIMITED] = "limited",
	[HS_EXECUTING] = "executing", [HS_SOCKET] = "socket",         [HS_NETWORK] = "network",
};

int hs_pair(int *parent, int *child, struct err *e)
{
	int sv[2];

	/* SEQPACKET: a frame arrives whole or not at all, and a dead peer reads as 0. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return fail_sys(e, errno, "handshake: socketpair");
	*parent = sv[0];
	*child = sv[1];
	return 0;
}

static int hs_send(int fd, const struct hs_frame *f)
{
	ssize_t n;

	do
		n = send(fd, f, sizeof(*f), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*f) ? 0 : -1;
}

int hs_say(int fd, enum hs_word word, int32_t value, struct err *e)
{
	const struct hs_frame f = { .word = word, .value = value };

	if (hs_send(fd, &f) == 0)
		return 0;
	/* A peer that is gone may have said why before it went. */
	if ((errno == EPIPE || errno == ECONNRESET) && hs_expect(fd, word, 0, NULL, e) < 0 &&
	    e->kind != ERR_NONE)
		return -1;
	return fail_sys(e, errno, "handshake: say %s", hs_names[word]);
}

void hs_say_failed(int fd, const struct err *why)
{
	const struct hs_frame f = { .word = HS_FAILED, .err = *why };

	(void)hs_send(fd, &f); /* if the peer is gone it already knows */
}

static void mask_control(char *c, bool keep_newline)
{
	for (; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' || *c == 0x7f) && (*c != '\n' || !keep_newline))
			*c = '?';
}

/* The peer's own words become ours, step and errno included; but nothing it sent is trusted
 * to be a valid struct err. */
static int adopt(const struct hs_frame *f, struct err *e)
{
	*e = f->err;
	if (e->kind == ERR_NONE || e->kind > ERR_BUG)
		e->kind = ERR_BUG;
	e->step[sizeof(e->step) - 1] = e->text[sizeof(e->text) - 1] = '\0';
	mask_control(e->step, false);
	mask_control(e->text, true);
	return -1;
}

/* unix(7): a peer that ends with words of ours unread costs us one ECONNRESET, and only then
 * do we get what it said before. */
static bool try_again(void)
{
	return errno == EINTR || errno == ECONNRESET;
}

static ssize_t hs_receive(int fd, struct hs_frame *f)
{
	ssize_t n;

	do
		n = recv(fd, f, sizeof(*f), MSG_TRUNC);
	while (n < 0 && try_again());
	return n;
}

static int wait_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

static int judge(const struct hs_frame *f, ssize_t n, enum hs_word word, struct err *e)
{
	if (n < 0)
		return fail_sys(e, errno, "handshake: wait for %s", hs_names[word]);
	if (n == 0)
		return fail(e, ERR_SYSTEM, "the container's init died before it said \"%s\"",
			    hs_names[word]);
	if (n != (ssize_t)sizeof(*f))
		return fail(e, ERR_BUG, "handshake: a frame of %zd bytes", n);
	if (f->word == HS_FAILED)
		return adopt(f, e);
	if (f->word != word)
		return fail(e, ERR_BUG, "handshake: expected %s: found %u", hs_names[word],
			    f->word);
	return 0;
}

int hs_wait(int fd, enum hs_word word, int timeout_ms, struct err *e)
{
	if (timeout_ms >= 0 && wait_readable(fd, timeout_ms) < 0)
		return fail_sys(e, errno, "handshake: wait for %s", hs_names[word]);
	return 0;
}

int hs_expect(int fd, enum hs_word word, int timeout_ms, int32_t *value, struct err *e)
{
	struct hs_frame f;

	if (hs_wait(fd, word, timeout_ms, e) < 0)
		return -1;
	if (judge(&f, hs_receive(fd, &f), word, e) < 0)
		return -1;
	if (value != NULL)
		*value = f.value;
	return 0;
}

void hs_peer_reason(int fd, struct err *e)
{
	struct err why = { 0 };

	if (hs_expect(fd, HS_READY, 0, NULL, &why) < 0 && why.step[0] != '\0')
		*e = why;
}

int hs_expect_exec(int fd, struct err *e)
{
	struct hs_frame f;
	ssize_t n = hs_receive(fd, &f);

	return n == 0 ? 0 : judge(&f, n, HS_FAILED, e);
}

int hs_say_fd(int fd, enum hs_word word, int passed, struct err *e)
{
	const struct hs_frame f = { .word = word };
	int n = fd_send(fd, &f, sizeof(f), passed);

	return n < 0 ? fail_sys(e, -n, "handshake: say %s", hs_names[word]) : 0;
}

int hs_expect_fd(int fd, enum hs_word word, int *passed, struct err *e)
{
	struct hs_frame f = { 0 };
	autofd int got = -1;
	long n;

	do {
		n = fd_recv(fd, &f, sizeof(f), &got);
		errno = n < 0 ? (int)-n : 0;
	} while (n < 0 && try_again());
	if (judge(&f, n < 0 ? -1 : n, word, e) < 0)
		return -1;
	if (got < 0)
		return fail(e, ERR_BUG,
			    "handshake: expected a descriptor beside %s: found none",
			    hs_names[word]);
	*passed = take_fd(&got);
	return 0;
}
