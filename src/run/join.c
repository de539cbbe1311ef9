/* SPDX-License-Identifier: Apache-2.0 */
/* join.c - namespaces that exist already. setns(2), namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "run/run_private.h"

static const int ns_type[NS_KINDS] = {
	[NS_USER] = CLONE_NEWUSER, [NS_CGROUP] = CLONE_NEWCGROUP, [NS_IPC] = CLONE_NEWIPC,
	[NS_UTS] = CLONE_NEWUTS,   [NS_NETWORK] = CLONE_NEWNET,   [NS_PID] = CLONE_NEWPID,
	[NS_TIME] = CLONE_NEWTIME, [NS_MOUNT] = CLONE_NEWNS,
};

/* Names in /proc/PID/ns. */
static const char *const ns_file[NS_KINDS] = {
	[NS_USER] = "user",   [NS_CGROUP] = "cgroup", [NS_IPC] = "ipc",   [NS_UTS] = "uts",
	[NS_NETWORK] = "net", [NS_PID] = "pid",       [NS_TIME] = "time", [NS_MOUNT] = "mnt",
};

#define NS_NAME 32 /* a kind and an inode's number */

/* O_NONBLOCK: a path that names a FIFO must not stop us; nsfs makes sure it is none. */
static int open_namespace(const char *path, enum spec_ns kind, struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct statfs fs;

	if (fd < 0)
		return fail_sys(e, errno, "linux.namespaces: open the %s namespace %s",
				spec_ns_names[kind], path);
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return fail(e, ERR_SPEC,
			    "linux.namespaces: expected a namespace at %s: found a file of "
			    "another kind",
			    path);
	return take_fd(&fd);
}

static bool is_our_own(int fd, enum spec_ns kind)
{
	struct stat is, ours;
	char own[32];

	(void)snprintf(own, sizeof(own), "/proc/self/ns/%s", ns_file[kind]);
	return fstat(fd, &is) == 0 && stat(own, &ours) == 0 && is.st_ino == ours.st_ino &&
	       is.st_dev == ours.st_dev;
}

static bool is_other(const char *name, const char *now)
{
	return name != NULL && !str_eq(name, now);
}

/* The property of the config that changes something in that namespace; or NULL. */
static const char *what_changes(const struct plan *pl, enum spec_ns kind)
{
	struct utsname now;

	for (size_t i = 0; i < pl->sysctl.n; i++)
		if (spec_sysctl_ns(pl->sysctl.v[i].key) == kind)
			return "linux.sysctl";
	if (kind != NS_UTS || uname(&now) < 0)
		return NULL;
	if (is_other(pl->hostname, now.nodename))
		return "hostname";
	return is_other(pl->domainname, now.domainname) ? "domainname" : NULL;
}

/* By its path a namespace may be the one that we are in: the host's. */
static int must_not_be_changed(const struct plan *pl, int fd, enum spec_ns kind, struct err *e)
{
	const char *what = what_changes(pl, kind);

	if (what == NULL || !is_our_own(fd, kind))
		return 0;
	return fail(e, ERR_SPEC,
		    "%s: expected the %s namespace of a container for it: found the "
		    "runtime's own at %s",
		    what, spec_ns_names[kind], pl->ns.join[kind]);
}

int open_namespaces(struct run *r, const struct plan *pl, struct err *e)
{
	for (int k = 0; k < NS_KINDS; k++) {
		if (pl->ns.join[k] == NULL)
			continue;
		r->ns_fd[k] = open_namespace(pl->ns.join[k], (enum spec_ns)k, e);
		if (r->ns_fd[k] < 0 ||
		    must_not_be_changed(pl, r->ns_fd[k], (enum spec_ns)k, e) < 0)
			return -1;
	}
	return 0;
}

static int join(struct run *r, enum spec_ns k, struct err *e)
{
	if (setns(r->ns_fd[k], ns_type[k]) < 0)
		return fail_sys(e, errno, "linux.namespaces: join the %s namespace %s",
				spec_ns_names[k], r->pl->ns.join[k]);
	(void)close(take_fd(&r->ns_fd[k]));
	return 0;
}

/* Namespaces that the host's user namespace owns must be joined before the user namespace is
 * entered, those that it owns itself after: so all are tried, then the user namespace, then
 * what was refused. */
static void try_before_user(struct run *r)
{
	for (int k = NS_USER + 1; k < NS_KINDS; k++) {
		struct err ignored = { 0 };

		if (r->ns_fd[k] >= 0)
			(void)join(r, (enum spec_ns)k, &ignored);
	}
}

/* CVE-2016-9962: in a foreign pid namespace its processes could trace us. */
static int hide_from_tracers(struct err *e)
{
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? fail_sys(e, errno, "prctl PR_SET_DUMPABLE") : 0;
}

int join_namespaces(struct run *r, const struct plan *pl, struct err *e)
{
	bool any = false;

	for (int k = 0; k < NS_KINDS; k++)
		any = any || r->ns_fd[k] >= 0;
	if (!any)
		return 0;
	if (hide_from_tracers(e) < 0)
		return -1;
	if (pl->ns.join[NS_USER] != NULL) {
		try_before_user(r);
		if (join(r, NS_USER, e) < 0)
			return -1;
	}
	for (int k = NS_USER + 1; k < NS_KINDS; k++)
		if (r->ns_fd[k] >= 0 && join(r, (enum spec_ns)k, e) < 0)
			return -1;
	return 0;
}

/* ---- those of a container that is there, by the pidfd of its init ---- */

/* "net:[4026531840]" names a namespace as the inode does, and spares the kernel that inode,
 * which it makes for stat(2) and throws away: 50 us for all. 0 or -errno. */
static int read_name(int dir, enum spec_ns kind, char name[NS_NAME])
{
	ssize_t n = readlinkat(dir, ns_file[kind], name, NS_NAME - 1);

	if (n < 0)
		return -errno;
	name[n] = '\0';
	return 0;
}

int namespaces_apart(int proc_pid)
{
	autofd int own = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int its = openat(proc_pid, "ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int apart = 0, err;

	if (own < 0 || its < 0)
		return -errno;
	for (int k = 0; k < NS_KINDS; k++) {
		char a[NS_NAME], b[NS_NAME];

		err = read_name(own, (enum spec_ns)k, a);
		if (err == -ENOENT)
			continue; /* a kernel without that kind */
		if (err == 0)
			err = read_name(its, (enum spec_ns)k, b);
		if (err < 0)
			return err;
		if (!str_eq(a, b))
			apart |= ns_type[k];
	}
	return apart;
}

static int join_one(struct run *r, enum spec_ns k, struct err *e)
{
	if ((r->joins & ns_type[k]) == 0)
		return 0;
	if (setns(r->target->pidfd, ns_type[k]) < 0)
		return fail_sys(e, errno, "join the container's %s namespace",
				spec_ns_names[k]);
	r->joins &= ~ns_type[k];
	return 0;
}

/* One call where it can be. Namespaces that the host's user namespace owns cannot be joined
 * from inside of the container's: they are joined before it, one by one. */
int join_container(struct run *r, struct err *e)
{
	struct err ignored = { 0 };

	if (r->joins == 0)
		return 0;
	if (hide_from_tracers(e) < 0)
		return -1;
	if (setns(r->target->pidfd, r->joins) == 0) {
		r->joins = 0;
		return 0;
	}
	if ((r->joins & CLONE_NEWUSER) != 0) {
		for (int k = NS_USER + 1; k < NS_KINDS; k++)
			(void)join_one(r, (enum spec_ns)k, &ignored);
	}
	for (int k = NS_USER; k < NS_KINDS; k++)
		if (join_one(r, (enum spec_ns)k, e) < 0)
			return -1;
	return 0;
}
