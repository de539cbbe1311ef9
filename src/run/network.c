/* SPDX-License-Identifier: Apache-2.0 */
/* network.c - a new network namespace, and its loopback device, which is down. netdevice(7).
 *
 * The kernel needs 0.5 ms to make one, longer than for all other namespaces together. Outside
 * of user namespaces the runtime makes it beside the init, which mounts meanwhile: it is
 * nobody's until the init joins it, before anything of the container's can see where it is. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "run/run_private.h"

/* Two ioctls rather than libnl: every container comes by here. */
static int raise_loopback(struct err *e)
{
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_name = "lo" };

	if (fd < 0)
		return fail_sys(e, errno, "loopback: socket");
	req.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
	if (ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return fail_sys(e, errno, "loopback: bring lo up");
	return 0;
}

int do_loopback(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)pl;
	return raise_loopback(e);
}

static int open_own(struct err *e)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? fail_sys(e, errno, "/proc/self/ns/net: open") : fd;
}

/* ---- the runtime ---- */

/* While we are in it. */
static int furnish(struct err *e)
{
	return raise_loopback(e) < 0 ? -1 : open_own(e);
}

int do_make_network(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int home = open_own(e);

	(void)pl;
	if (home < 0)
		return -1;
	if (unshare(CLONE_NEWNET) < 0)
		return explain_namespaces(errno, "unshare of the network namespace", e);
	r->net = furnish(e);
	if (setns(home, CLONE_NEWNET) < 0) {
		*e = (struct err){ 0 };
		return fail_sys(e, errno, "setns back to the runtime's network namespace");
	}
	return r->net < 0 ? -1 : 0;
}

/* When what the init waits for before has been said. */
int do_give_network(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int made = take_fd(&r->net);

	(void)pl;
	return hs_say_fd(r->sock, HS_NETWORK, made, e);
}

/* ---- the init ---- */

int do_network_wait(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int fd = -1;

	(void)pl;
	if (hs_expect_fd(r->child_sock, HS_NETWORK, &fd, e) < 0)
		return -1;
	return setns(fd, CLONE_NEWNET) < 0 ? fail_sys(e, errno, "join the network namespace")
					   : 0;
}
