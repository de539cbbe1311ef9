/* SPDX-License-Identifier: Apache-2.0 */
#include "net/device.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define ADDRESSES_MAX 256

/* Flags of an address that are its user's; the kernel finds out the others. */
#define ADDRESS_FLAGS                                                                   \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
	 IFA_F_MCAUTOJOIN)

static void put_link(struct rtnl_link **l)
{
	rtnl_link_put(*l);
}
#define autolink __attribute__((cleanup(put_link)))

static void free_cache(struct nl_cache **c)
{
	nl_cache_free(*c);
}
#define autocache __attribute__((cleanup(free_cache)))

static void put_addr(struct rtnl_addr **a)
{
	rtnl_addr_put(*a);
}
#define autoaddr __attribute__((cleanup(put_addr)))

/* ---- errors ---- */

static int fail_nl(struct err *e, int nle, const char *device, const char *what)
{
	(void)fail(e, ERR_SYSTEM, "linux.netDevices.%s: %s: %s", device, what,
		   nl_geterror(nle));
	switch (-nle) {
	case NLE_PERM:
		return hint(e, "it takes CAP_NET_ADMIN over the device's network and over the "
			       "container's");
	case NLE_INVAL:
		return hint(e,
			    "some devices belong to their namespace for good: lo, a bridge's "
			    "own, tunnels of the kernel (\"netns-immutable\")");
	default:
		return -1;
	}
}

static int no_memory(struct err *e)
{
	return fail_sys(e, ENOMEM, "linux.netDevices");
}

/* ---- places ---- */

static int connect_here(struct net_place *p, struct err *e)
{
	int nle;

	p->sock = nl_socket_alloc();
	if (p->sock == NULL)
		return no_memory(e);
	nle = nl_connect(p->sock, NETLINK_ROUTE);
	return nle < 0 ? fail(e, ERR_SYSTEM, "linux.netDevices: netlink: %s", nl_geterror(nle))
		       : 0;
}

/* A socket stays in the namespace that it was made in: network_namespaces(7). */
int net_place_open(int ns, int home, struct net_place *out, struct err *e)
{
	int got;

	out->ns = ns;
	if (setns(ns, CLONE_NEWNET) < 0)
		return fail_sys(e, errno, "linux.netDevices: enter the network namespace");
	got = connect_here(out, e);
	if (setns(home, CLONE_NEWNET) < 0)
		return fail_sys(e, errno, "linux.netDevices: leave the network namespace");
	return got;
}

void net_place_close(struct net_place *p)
{
	nl_socket_free(p->sock);
	p->sock = NULL;
}

/* ---- addresses ---- */

struct addresses {
	struct rtnl_addr *v[ADDRESSES_MAX];
	size_t n;
};

static void put_addresses(struct addresses *a)
{
	while (a->n > 0)
		rtnl_addr_put(a->v[--a->n]);
}
#define autoaddresses __attribute__((cleanup(put_addresses)))

/* config-linux.md#network-devices: permanent, and of global scope. What a server lent, or the
 * kernel made of a prefix, need not hold in another network. */
static bool is_kept(struct rtnl_addr *a, int index)
{
	return rtnl_addr_get_ifindex(a) == index &&
	       rtnl_addr_get_scope(a) == RT_SCOPE_UNIVERSE &&
	       (rtnl_addr_get_flags(a) & IFA_F_PERMANENT) != 0;
}

/* What is on the device now, in the order in which it was given. */
static int list_addresses(const struct net_place *p, int index, const char *device,
			  struct addresses *out, struct err *e)
{
	autocache struct nl_cache *all = NULL;
	int nle = rtnl_addr_alloc_cache(p->sock, &all);

	if (nle < 0)
		return fail_nl(e, nle, device, "list its addresses");
	for (struct nl_object *o = nl_cache_get_first(all); o != NULL;
	     o = nl_cache_get_next(o)) {
		struct rtnl_addr *a = (struct rtnl_addr *)o;

		if (!is_kept(a, index))
			continue;
		if (out->n == ADDRESSES_MAX)
			return fail(e, ERR_HOST,
				    "linux.netDevices.%s: expected at most %d addresses: found "
				    "more",
				    device, ADDRESSES_MAX);
		nl_object_get(o);
		out->v[out->n++] = a;
	}
	return 0;
}

/* The label goes with the device's old name, the rest goes over. */
static int add_address(const struct net_place *p, int index, struct rtnl_addr *old)
{
	autoaddr struct rtnl_addr *a = rtnl_addr_alloc();
	int nle = a != NULL ? 0 : -NLE_NOMEM;

	if (nle == 0 && rtnl_addr_get_local(old) != NULL)
		nle = rtnl_addr_set_local(a, rtnl_addr_get_local(old));
	if (nle == 0 && rtnl_addr_get_peer(old) != NULL)
		nle = rtnl_addr_set_peer(a, rtnl_addr_get_peer(old));
	if (nle == 0 && rtnl_addr_get_broadcast(old) != NULL)
		nle = rtnl_addr_set_broadcast(a, rtnl_addr_get_broadcast(old));
	if (nle < 0)
		return nle;
	rtnl_addr_set_ifindex(a, index);
	rtnl_addr_set_prefixlen(a, rtnl_addr_get_prefixlen(old));
	rtnl_addr_set_scope(a, rtnl_addr_get_scope(old));
	rtnl_addr_set_flags(a, rtnl_addr_get_flags(old) & ADDRESS_FLAGS);
	nle = rtnl_addr_add(p->sock, a, 0);
	return nle == -NLE_EXIST ? 0 : nle;
}

static int add_addresses(const struct net_place *p, int index, const char *device,
			 const struct addresses *a, struct err *e)
{
	for (size_t i = 0; i < a->n; i++) {
		int nle = add_address(p, index, a->v[i]);

		if (nle < 0)
			return fail_nl(e, nle, device, "give it its addresses back");
	}
	return 0;
}

/* ---- one device ---- */

/* A change of what `link' is: its name, its namespace, its flags. */
struct change {
	const char *name; /* NULL: as it is */
	int ns;           /* -1: here */
	bool up;
};

static int change_link(const struct net_place *p, struct rtnl_link *link,
		       const struct change *to)
{
	autolink struct rtnl_link *want = rtnl_link_alloc();

	if (want == NULL)
		return -NLE_NOMEM;
	if (to->name != NULL)
		rtnl_link_set_name(want, to->name);
	if (to->ns >= 0)
		rtnl_link_set_ns_fd(want, to->ns);
	if (to->up)
		rtnl_link_set_flags(want, IFF_UP);
	return rtnl_link_change(p->sock, link, want, 0);
}

static bool is_missing(int nle)
{
	return nle == -NLE_OBJ_NOTFOUND || nle == -NLE_NODEV;
}

static int find_device(const struct net_place *p, const char *name, struct rtnl_link **out,
		       struct err *e)
{
	int nle = rtnl_link_get_kernel(p->sock, 0, name, out);

	if (nle >= 0)
		return 0;
	return is_missing(nle) ? fail(e, ERR_HOST,
				      "linux.netDevices.%s: expected a device of that name: "
				      "found none",
				      name)
			       : fail_nl(e, nle, name, "look it up");
}

/* "If a network device with the specified name already exists in the container network
 * namespace, the runtime MUST generate an error, unless ... a template by appending %d". */
static int refuse_taken(const struct net_place *p, const struct net_device *d, struct err *e)
{
	autolink struct rtnl_link *there = NULL;
	int nle;

	if (strchr(d->to, '%') != NULL)
		return 0;
	nle = rtnl_link_get_kernel(p->sock, 0, d->to, &there);
	if (is_missing(nle))
		return 0;
	return nle < 0 ? fail_nl(e, nle, d->from, "look up its new name")
		       : fail(e, ERR_HOST,
			      "linux.netDevices.%s: expected no device of the name %s in the "
			      "container: found one",
			      d->from, d->to);
}

/* It arrives under a name that nobody has, for what it is to be called may be a template, and
 * its number may change on the way. */
static int settle(const struct net_place *here, const char *transit, struct net_device *d,
		  const struct addresses *a, struct err *e)
{
	autolink struct rtnl_link *link = NULL, *renamed = NULL;
	const struct change name = { .name = d->to, .ns = -1 }, up = { .ns = -1, .up = true };
	int nle = rtnl_link_get_kernel(here->sock, 0, transit, &link);

	if (nle >= 0)
		nle = change_link(here, link, &name);
	if (nle >= 0)
		nle = rtnl_link_get_kernel(here->sock, rtnl_link_get_ifindex(link), NULL,
					   &renamed);
	if (nle < 0)
		return fail_nl(e, nle, d->from, "name it");
	(void)snprintf(d->name, sizeof(d->name), "%s", rtnl_link_get_name(renamed));
	if (add_addresses(here, rtnl_link_get_ifindex(renamed), d->from, a, e) < 0)
		return -1;
	nle = d->up ? change_link(here, renamed, &up) : 0;
	return nle < 0 ? fail_nl(e, nle, d->from, "bring it up") : 0;
}

static int over(const struct net_place *there, const struct net_place *here,
		const char *transit, struct net_device *d, struct addresses *a, struct err *e)
{
	const struct change go = { .name = transit, .ns = here->ns };
	autolink struct rtnl_link *link = NULL;
	int nle;

	if (find_device(there, d->from, &link, e) < 0 || refuse_taken(here, d, e) < 0 ||
	    list_addresses(there, rtnl_link_get_ifindex(link), d->from, a, e) < 0)
		return -1;
	d->was_up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
	nle = change_link(there, link, &go);
	return nle < 0 ? fail_nl(e, nle, d->from, "move it") : 0;
}

/* Under whichever of its names it stands there now. */
static void back(const struct net_place *there, const struct net_place *here,
		 const char *transit, const struct net_device *d, const struct addresses *a)
{
	const struct change go = { .name = transit, .ns = there->ns };
	struct net_device home = { .from = d->to, .to = d->from, .up = d->was_up };
	autolink struct rtnl_link *link = NULL;
	struct err ignored = { 0 };
	int nle = rtnl_link_get_kernel(here->sock, 0, transit, &link);

	if (is_missing(nle) && d->name[0] != '\0')
		nle = rtnl_link_get_kernel(here->sock, 0, d->name, &link);
	if (nle >= 0 && change_link(here, link, &go) >= 0)
		(void)settle(there, transit, &home, a, &ignored);
}

static int move_one(const struct net_place *there, const struct net_place *here, size_t i,
		    struct net_device *d, struct err *e)
{
	autoaddresses struct addresses a = { .n = 0 };
	char transit[IFNAMSIZ];

	(void)snprintf(transit, sizeof(transit), "c%x-%zx", (unsigned)getpid(), i);
	d->name[0] = '\0';
	if (over(there, here, transit, d, &a, e) < 0)
		return -1;
	if (settle(here, transit, d, &a, e) == 0)
		return 0;
	back(there, here, transit, d, &a);
	return -1;
}

/* ---- all of them ---- */

int net_move(const struct net_place *there, const struct net_place *here, struct net_device *v,
	     size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (move_one(there, here, i, &v[i], e) == 0)
			continue;
		while (i-- > 0) {
			struct net_device home = { .from = v[i].name,
						   .to = v[i].from,
						   .up = v[i].was_up };
			struct err ignored = { 0 };

			(void)move_one(here, there, i, &home, &ignored);
		}
		return -1;
	}
	return 0;
}

int net_move_each(const struct net_place *there, const struct net_place *here,
		  struct net_device *v, size_t n, struct err *e)
{
	int got = 0;

	for (size_t i = 0; i < n; i++)
		if (move_one(there, here, i, &v[i], e) < 0)
			got = -1;
	return got;
}
