/* SPDX-License-Identifier: Apache-2.0 */
/* restored.c - whether what criu made is what config.json asks for. An image may be older than
 * the config, or made under another one: criu restores what was there, and nobody else
 * compares. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

#define STATUS_MAX 8192

/* A line of /proc/PID/status. */
static uint64_t field(const char *status, const char *name, int base)
{
	const char *at = strstr(status, name);

	return at != NULL ? strtoull(at + strlen(name), NULL, base) : 0;
}

static int different(struct err *e, const char *what, const char *wanted, const char *got)
{
	(void)fail(e, ERR_HOST, "restore: %s: expected %s: the image has %s", what, wanted,
		   got);
	return hint(e, "the image was made under another config.json");
}

static int check_process(const struct plan_creds *c, bool has_filter, const char *status,
			 struct err *e)
{
	uint64_t bounding = field(status, "\nCapBnd:", 16);

	if (has_filter && field(status, "\nSeccomp:", 10) != SECCOMP_MODE_FILTER)
		return different(e, "linux.seccomp", "a filter", "none");
	if (c->no_new_privs && field(status, "\nNoNewPrivs:", 10) != 1)
		return different(e, "process.noNewPrivileges", "true", "false");
	if ((bounding & ~c->caps.bounding) != 0)
		return different(e, "process.capabilities.bounding",
				 "no more than the config's", "more");
	return 0;
}

static const struct word kinds[] = {
	{ "a user namespace", CLONE_NEWUSER },   { "a cgroup namespace", CLONE_NEWCGROUP },
	{ "an ipc namespace", CLONE_NEWIPC },    { "a uts namespace", CLONE_NEWUTS },
	{ "a network namespace", CLONE_NEWNET }, { "a pid namespace", CLONE_NEWPID },
	{ "a mount namespace", CLONE_NEWNS },    { NULL, 0 },
};

static int check_namespaces(const struct plan *pl, int proc, struct err *e)
{
	uint64_t wanted = pl->ns.clone_flags;
	int apart = namespaces_apart(proc);

	if (apart < 0)
		return fail_sys(e, -apart, "restore: look at the namespaces");
	if (pl->ns.new_cgroup)
		wanted |= CLONE_NEWCGROUP;
	for (const struct word *w = kinds; w->name != NULL; w++)
		if ((wanted & w->value & ~(uint64_t)apart) != 0)
			return different(e, "linux.namespaces", w->name, "the host's");
	return 0;
}

/* criu makes all mounts as they were, but for the root, which it is given. A namespace of
 * mounts is for a whole process: a child enters it. */
static int close_root(int mounts, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int status = 0, err;
	pid_t pid = fork();

	if (pid == 0) {
		err = setns(mounts, CLONE_NEWNS) < 0
			      ? -errno
			      : sys_mount_setattr(AT_FDCWD, "/", 0, &attr);
		proc_exit(-err);
	}
	err = pid < 0 ? -errno : proc_wait(pid, -1, -1, &status);
	if (err == 0)
		err = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	return err < 0 ? fail_sys(e, -err, "root.readonly: make the root read-only") : 0;
}

static int finish_root(const struct plan *pl, int proc, struct err *e)
{
	autofd int mounts = -1;

	if (!pl->root.readonly || !pl->ns.new_mount)
		return 0;
	mounts = openat(proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	if (mounts < 0)
		return fail_sys(e, errno, "restore: open the mount namespace");
	return close_root(mounts, e);
}

int check_restored(const struct plan *pl, pid_t pid, struct err *e)
{
	char path[32], status[STATUS_MAX];
	autofd int proc = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	n = proc < 0 ? -errno : file_peek_at(proc, "status", status, sizeof(status));
	if (n < 0)
		return fail_sys(e, (int)-n, "restore: look at process %d", pid);
	if (check_process(&pl->process.creds, pl->has_filter, status, e) < 0 ||
	    check_namespaces(pl, proc, e) < 0)
		return -1;
	return finish_root(pl, proc, e);
}
