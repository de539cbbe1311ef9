/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - facts about the host that a plan depends on. host_probe is the one impure function
 * of plan/; tests hand in a made-up host. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "cgroups/cg.h"

struct host {
	uid_t uid;
	gid_t gid;
	bool in_init_user_ns; /* uid_map is the identity over all ids */
	bool privileged;      /* uid 0 here, with CAP_SYS_ADMIN */
	uint32_t kernel;      /* KERNEL_VERSION(major, minor, patch) as in linux/version.h */
	struct cg_host cgroup;
	char self_cgroup[512]; /* "/..." */
	bool apparmor, selinux;
	uint64_t caps_known;               /* bit n: the kernel knows capability n */
	uint64_t caps_effective;           /* what we hold */
	const char *newuidmap, *newgidmap; /* absolute paths, or NULL */
	bool exe_hidden; /* the binary sits where a container's root cannot write it */
	uid_t exe_owner; /* who owns our binary */
	const char
		*resctrl; /* where that file system is mounted; NULL: nowhere, or not asked */
};

void host_probe(struct host *out);
/* Looks for resctrl, which few containers ask for. */
void host_find_resctrl(struct arena *a, struct host *out);
/* The mount point and the type of the next mount in the text of a mountinfo, which is cut to
 * pieces and moved on; NULL: no more. proc_pid_mountinfo(5). */
char *host_next_mount(char **mountinfo, const char **type);

/* The mount point of the first file system of a type in the text of a mountinfo, which is cut
 * to pieces; NULL: none. proc_pid_mountinfo(5). */
char *host_mount_of(char *mountinfo, const char *type);
