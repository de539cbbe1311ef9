/* SPDX-License-Identifier: Apache-2.0 */
/* idmap.c - uid and gid maps of the container and of its mounts. user_namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

#define HELPER_MS 10000

/* ---- maps of a process ---- */

/* What differs between the two maps. */
struct map_kind {
	const char *key, *file, *ranges;
};

static const struct map_kind uid_kind = { "linux.uidMappings", "uid_map", "/etc/subuid" };
static const struct map_kind gid_kind = { "linux.gidMappings", "gid_map", "/etc/subgid" };

static int open_process(pid_t pid, struct err *e)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_sys(e, errno, "%s: open", path) : fd;
}

/* The kernel takes a map in one write, once. */
static int put_map(int process, const struct map_kind *k, const char *text, struct err *e)
{
	int err = -file_put_at(process, k->file, text);

	if (err == 0)
		return 0;
	(void)fail_sys(e, err, "%s: write %s", k->key, k->file);
	if (err == EINVAL)
		return hint(e, "at most 340 ranges in 4095 bytes, none of which overlap");
	if (err == EPERM)
		return hint(e,
			    "every host id must be one that the runtime itself may use: see "
			    "/proc/self/%s",
			    k->file);
	return -1;
}

static int helper_failed(const struct map_kind *k, const char *path,
			 const struct proc_result *res, struct err *e)
{
	if (res->timed_out)
		(void)fail(e, ERR_SYSTEM, "%s: %s: timed out", k->key, path);
	else if (res->exit_code < 0)
		(void)fail(e, ERR_SYSTEM, "%s: %s: signal %d", k->key, path, res->signal);
	else
		(void)fail(e, ERR_SYSTEM, "%s: %s: exit status %d: %s", k->key, path,
			   res->exit_code, res->said);
	return hint(e, "%s must have a line that gives these ids to the user", k->ranges);
}

/* newuidmap(1) and newgidmap(1): set-user-id programs that know which ranges are whose. */
static int run_helper(const struct map_kind *k, const char *const *argv, pid_t pid,
		      struct err *e)
{
	struct proc_job job = { .path = argv[0], .timeout_ms = HELPER_MS, .root = -1 };
	autofree const char **own = NULL;
	struct proc_result res;
	char number[16];
	size_t n = 0;

	while (argv[n] != NULL)
		n++;
	own = calloc(n + 1, sizeof(*own));
	if (own == NULL)
		return fail_sys(e, ENOMEM, "%s: memory for %zu words", k->key, n);
	for (size_t i = 0; i < n; i++)
		own[i] = argv[i];
	(void)snprintf(number, sizeof(number), "%d", pid);
	own[1] = number;
	job.argv = own;
	if (proc_run(&job, &res, e) < 0)
		return -1;
	return !res.timed_out && res.exit_code == 0 ? 0 : helper_failed(k, argv[0], &res, e);
}

static int write_map(int process, const struct map_kind *k, const struct plan_map *m, pid_t pid,
		     struct err *e)
{
	if (m->helper != NULL)
		return run_helper(k, m->helper, pid, e);
	return m->text != NULL ? put_map(process, k, m->text, e) : 0;
}

int write_idmaps(const struct plan *pl, pid_t pid, struct err *e)
{
	autofd int process = open_process(pid, e);
	int err;

	if (process < 0)
		return -1;
	/* Before gid_map: a process that could leave a group might get past a file that
	 * shuts that group out (CVE-2014-8989). */
	if (pl->ids.deny_setgroups) {
		err = -file_put_at(process, "setgroups", "deny");
		if (err != 0)
			return fail_sys(e, err, "linux.gidMappings: deny setgroups");
	}
	if (write_map(process, &uid_kind, &pl->ids.uid, pid, e) < 0)
		return -1;
	return write_map(process, &gid_kind, &pl->ids.gid, pid, e);
}

/* ---- a user namespace that is only a map ---- */

/* Lives until it is killed, or until the runtime is gone: then its end of the pipe closes. */
static _Noreturn void hold_namespace(const int pipe[2])
{
	char c;

	(void)close(pipe[1]);
	while (read(pipe[0], &c, 1) < 0 && errno == EINTR)
		continue;
	proc_exit(0);
}

static int map_holder(pid_t pid, const char *uid_map, const char *gid_map, struct err *e)
{
	autofd int process = open_process(pid, e);
	int fd;

	if (process < 0 || put_map(process, &uid_kind, uid_map, e) < 0 ||
	    put_map(process, &gid_kind, gid_map, e) < 0)
		return -1;
	fd = openat(process, "ns/user", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail_sys(e, errno, "open the user namespace of an id map") : fd;
}

int idmap_user_ns(const char *uid_map, const char *gid_map, struct err *e)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	int ends[2], fd;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_sys(e, errno, "pipe");
	pid = sys_clone3(&args, sizeof(args));
	if (pid == 0)
		hold_namespace(ends);
	fd = pid < 0 ? fail_sys(e, (int)-pid, "clone3 of a user namespace for an id map")
		     : map_holder(pid, uid_map, gid_map, e);
	(void)close(ends[0]);
	(void)close(ends[1]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)proc_wait(pid, -1, -1, NULL);
	}
	return fd;
}

/* ---- idmapped mounts: mount_setattr(2) ---- */

static int mapped_failed(const struct plan_mount *m, int err, struct err *e)
{
	(void)fail_sys(e, err, "mounts[%zu]: map the ids of %s", m->index, m->source);
	if (err == EINVAL)
		return hint(e, "the file system there cannot be mapped, or the mount is mapped "
			       "already");
	if (err == EPERM)
		return hint(e,
			    "this needs CAP_SYS_ADMIN over the file system's user namespace");
	return -1;
}

/* It was cloned among the host's mounts, whose peer it is: what the container mounts below it
 * would come to lie there as well. */
static int part_from_host(const struct plan *pl, int tree)
{
	struct mount_attr attr = { .propagation = pl->root.propagation == MS_PRIVATE
							  ? MS_PRIVATE
							  : MS_SLAVE };

	if (pl->root.propagation == MS_SHARED) /* asks for just that */
		return 0;
	return sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
}

int host_tree(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	unsigned how = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	autofd int tree = -1;
	int err;

	how |= m->recursive ? AT_RECURSIVE : 0;
	how |= m->source_nofollow || m->copy_symlink ? AT_SYMLINK_NOFOLLOW : 0;
	tree = sys_open_tree(AT_FDCWD, m->source, how);
	if (tree < 0)
		return fail_sys(e, -tree, "mounts[%zu]: open %s", m->index, m->source);
	err = part_from_host(pl, tree);
	if (err < 0)
		return fail_sys(e, -err, "mounts[%zu]: set the propagation of %s", m->index,
				m->source);
	return take_fd(&tree);
}

static int mapped_tree(const struct plan *pl, const struct plan_mount *m, int user_ns,
		       struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	autofd int tree = host_tree(pl, m, e);
	int err;

	if (tree < 0)
		return -1;
	attr.userns_fd = (uint32_t)user_ns;
	err = -sys_mount_setattr(tree, "",
				 AT_EMPTY_PATH | (m->idmap_recursive ? AT_RECURSIVE : 0U),
				 &attr);
	return err != 0 ? mapped_failed(m, err, e) : take_fd(&tree);
}

/* A mount without maps of its own has the container's; those of a user namespace that is joined
 * the kernel knows. */
static int user_ns_of(const struct run *r, const struct plan *pl, const struct plan_mount *m,
		      struct err *e)
{
	const char *uid = m->uid_map != NULL ? m->uid_map : pl->ids.uid.text;
	const char *gid = m->gid_map != NULL ? m->gid_map : pl->ids.gid.text;
	int fd;

	if (uid != NULL && gid != NULL)
		return idmap_user_ns(uid, gid, e);
	if (uid != NULL || gid != NULL || r->ns_fd[NS_USER] < 0)
		return fail(e, ERR_SPEC,
			    "mounts[%zu]: expected uidMappings and gidMappings: found %s",
			    m->index, uid == NULL && gid == NULL ? "neither" : "one of them");
	fd = fcntl(r->ns_fd[NS_USER], F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? fail_sys(e, errno, "mounts[%zu]: the user namespace", m->index) : fd;
}

static int prepare_one(struct run *r, const struct plan *pl, size_t i, struct err *e)
{
	const struct plan_mount *m = &pl->mounts[i];
	autofd int user_ns = user_ns_of(r, pl, m, e);

	if (user_ns < 0)
		return -1;
	r->mount_fd[i] = mapped_tree(pl, m, user_ns, e);
	return r->mount_fd[i] < 0 ? -1 : 0;
}

int prepare_idmapped(struct run *r, const struct plan *pl, struct err *e)
{
	need_mount_fds(r, pl);
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (pl->mounts[i].idmap && r->mount_fd[i] < 0 && prepare_one(r, pl, i, e) < 0)
			return -1;
	return 0;
}
