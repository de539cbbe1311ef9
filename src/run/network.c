/* SPDX-License-Identifier: Apache-2.0 */
/* network.c - a new network namespace has a loopback device, and it is down. netdevice(7). */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "run/run_private.h"

/* Two ioctls rather than libnl: every container comes by here. */
int do_loopback(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_name = "lo" };

	(void)r;
	(void)pl;
	if (fd < 0)
		return fail_sys(e, errno, "loopback: socket");
	req.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
	if (ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return fail_sys(e, errno, "loopback: bring lo up");
	return 0;
}
