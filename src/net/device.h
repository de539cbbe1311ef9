/* SPDX-License-Identifier: Apache-2.0 */
/* device.h - network devices, moved between namespaces by rtnetlink(7); libnl is named only in
 * this folder. */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct nl_sock;

/* A network namespace and a line to its kernel side. */
struct net_place {
	int ns; /* an open file of it; the caller's to close */
	struct nl_sock *sock;
};

/* The calling thread is in namespace `home' before and after. */
int net_place_open(int ns, int home, struct net_place *out, struct err *e) CHECK;
void net_place_close(struct net_place *p);
#define autoplace __attribute__((cleanup(net_place_close)))

struct net_device {
	const char *from, *to; /* names there and here; to: may end in %d, for the kernel */
	bool up;               /* afterwards */

	char name[IFNAMSIZ]; /* out: its name here */
	bool was_up;         /* out: there */
};

/* Moves all of them, with their addresses of global scope, or none. */
int net_move(const struct net_place *there, const struct net_place *here, struct net_device *v,
	     size_t n, struct err *e) CHECK;
/* Moves as many as it can; *e is about the first that it could not. */
int net_move_each(const struct net_place *there, const struct net_place *here,
		  struct net_device *v, size_t n, struct err *e) CHECK;
