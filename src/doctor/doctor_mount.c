/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_mount.c - mounts: by descriptor, with ids mapped, in a user namespace. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/sys.h"
#include "doctor/doctor_private.h"

static int detached_tmpfs(void)
{
	autofd int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int err = fs;

	if (err >= 0)
		err = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return err < 0 ? err : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

static int attach(int tree)
{
	autofd int place = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (place < 0)
		return -errno;
	return sys_move_mount(tree, "", place, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

void look_mount_api(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int err = enter(d, CLONE_NEWNS);
	autofd int tree = err < 0 ? err : detached_tmpfs();

	(void)what;
	err = tree;
	if (err >= 0)
		err = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
	if (err >= 0)
		err = attach(tree);
	found_errno(f, err, "fsopen, mount_setattr, move_mount",
		    "a tmpfs was mounted by descriptor");
	if (err < 0)
		remedy(f,
		       "Linux 5.12 or later; around us, a seccomp filter that knows the mount "
		       "calls");
}

/* ---- a user namespace that is only a map ---- */

static int hold_map(pid_t pid)
{
	char path[64];
	int fd, err;

	/* one id, mapped to the one that we are: what needs no privilege */
	(void)snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	(void)file_put_at(AT_FDCWD, path, "deny");
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	err = file_put_at(AT_FDCWD, path, "0 0 1");
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	if (err == 0)
		err = file_put_at(AT_FDCWD, path, "0 0 1");
	if (err < 0)
		return err;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int map_namespace(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args, sizeof(args));
	int fd;

	if (pid == 0)
		for (;;)
			(void)pause();
	if (pid < 0)
		return pid;
	fd = hold_map(pid);
	(void)kill(pid, SIGKILL);
	(void)proc_wait(pid, -1, -1, NULL);
	return fd;
}

void look_idmapped(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int err = enter(d, CLONE_NEWNS);
	autofd int user = err < 0 ? err : map_namespace();
	autofd int tree = user < 0 ? user : detached_tmpfs();

	(void)what;
	err = tree;
	if (err >= 0) {
		attr.userns_fd = (uint32_t)user;
		err = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
	}
	found_errno(f, err, "mount_setattr with MOUNT_ATTR_IDMAP on a tmpfs",
		    "ids of a tmpfs were mapped");
	if (err == -EINVAL)
		remedy(f, "Linux 6.3 or later maps a tmpfs; file systems of disks are from "
			  "5.12 on");
}

/* ---- in a user namespace ---- */

static int try_overlay(void)
{
	int err = private_tmpfs();

	if (err < 0)
		return err;
	if (mkdir("lower", 0755) < 0 || mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 ||
	    mkdir("all", 0755) < 0)
		return -errno;
	return mount("doctor", "all", "overlay", 0,
		     "lowerdir=lower,upperdir=upper,workdir=work,userxattr") < 0
		       ? -errno
		       : 0;
}

void look_overlay(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	int err = enter(d, CLONE_NEWUSER | CLONE_NEWNS);

	(void)what;
	if (err == 0)
		err = try_overlay();
	found_errno(f, err, "mount an overlay in a user namespace",
		    "an overlay on a tmpfs was mounted in a user namespace");
	if (err == -ENODEV)
		remedy(f, "modprobe overlay");
	else if (err < 0)
		remedy(f, "Linux 5.11 or later, and a user namespace that may mount (see "
			  "user-namespace)");
}

/* proc_pid(5) as a whole must be in sight somewhere, or the kernel gives no new one
 * (mount_too_revealing). */
void look_proc_mount(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	int err = enter(d, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID);
	int status = 0;
	pid_t pid;

	(void)what;
	if (err < 0) {
		found_errno(f, err, "user, mount and pid namespace", "");
		return;
	}
	pid = fork();
	if (pid == 0) /* pid namespaces count for children */
		proc_exit(mount("proc", "/tmp", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
				NULL) < 0
				  ? errno
				  : 0);
	err = pid < 0 ? -errno : proc_wait(pid, -1, -1, &status);
	if (err == 0)
		err = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	found_errno(f, err, "mount proc in a user namespace",
		    "a proc of its own was mounted in a user namespace");
	if (err == -EPERM)
		remedy(f, "parts of /proc here are covered by mounts: run on the host, or let "
			  "the container around us have it whole (unmask)");
}
