/* SPDX-License-Identifier: Apache-2.0 */
/* proc_files.c - a procfs to write to that nobody can have covered or replaced
 * (CVE-2019-19921, CVE-2025-52881). */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "run/run_private.h"

#define PROC_ROOT_INO 1 /* fs/proc/internal.h */

/* Attached nowhere, so nothing can be mounted over any of it. -errno: nested runtimes and
 * some AppArmor profiles refuse it, and so does the kernel in a user namespace where parts of
 * every other procfs are covered. */
static int own_procfs(void)
{
	autofd int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	int r;

	if (fs < 0)
		return fs;
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC,
			   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* The top of a procfs, not a directory in it. */
static bool is_procfs_root(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && fstat(fd, &st) == 0 &&
	       st.st_ino == PROC_ROOT_INO;
}

static int mounted_procfs(const struct run *r)
{
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, fd;

	if (r->root >= 0)
		return path_open_beneath_nolink(r->root, "proc", flags, 0);
	fd = open("/proc", flags);
	return fd < 0 ? -errno : fd;
}

int private_proc(struct run *r, struct err *e)
{
	autofd int fd = -1;
	int refused;

	if (r->proc >= 0)
		return 0;
	r->proc = refused = own_procfs();
	if (r->proc >= 0)
		return 0;
	r->proc = -1;
	fd = mounted_procfs(r);
	if (fd < 0) {
		(void)fail_sys(e, -fd,
			       "/proc of the container: open, because a private procfs "
			       "is refused (errno %d)",
			       -refused);
		return hint(e, "give the container a mount of type proc on /proc");
	}
	if (!is_procfs_root(fd))
		return fail(e, ERR_SYSTEM,
			    "/proc of the container: expected the root of a procfs: found "
			    "another "
			    "file system");
	r->proc = take_fd(&fd);
	return 0;
}

/* Symlinks are the kernel's own here ("thread-self"), as no mount on the way is crossed. */
int proc_open(const struct run *r, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};

	return sys_openat2(r->proc, path, &how);
}
