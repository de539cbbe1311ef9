/* SPDX-License-Identifier: Apache-2.0 */
/* plan_net.c - network devices of the host that become the container's. */
#include <linux/capability.h>

#include "plan/plan.h"

/* Rights over a network are those in the user namespace that owns it, so only the kernel knows
 * whether they suffice; but without any there is no need to try. */
int plan_net_devices(const struct spec *s, const struct host *h, const struct plan_want *w,
		     struct plan *p, struct err *e)
{
	if (s->linux_.net_devices_n == 0)
		return 0;
	if ((h->caps_effective >> CAP_NET_ADMIN & 1) == 0) {
		(void)fail(e, ERR_HOST,
			   "linux.netDevices: expected CAP_NET_ADMIN: found uid %u without it",
			   h->uid);
		return hint(e, "devices of the host are moved by its root");
	}
	if (w->mover == NULL)
		return fail(e, ERR_HOST, "linux.netDevices: caisson-net: not installed");
	p->net = (struct plan_net){ s->linux_.net_devices, s->linux_.net_devices_n, w->mover };
	return 0;
}
