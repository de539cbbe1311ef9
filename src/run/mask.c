/* SPDX-License-Identifier: Apache-2.0 */
/* mask.c - paths of the container that can no longer be read, or written. After pivot_root,
 * by descriptors: CVE-2025-31133, youki GHSA-3q8j-pf29-vwv8. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

/* What covers a masked path, each made once. */
struct covers {
	int null;  /* the container's /dev/null, or -1 */
	int empty; /* an empty, read-only tmpfs that is attached somewhere, or -1 */
};

static int move_onto(int tree, int place)
{
	return sys_move_mount(tree, "", place, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int clone_of(int fd)
{
	return sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* ---- where a path is ---- */

/* The mount of proc or sysfs that path lies in, unless another came over it: its descriptor,
 * and the rest of the path. Else the root. */
static int base_of(const struct run *r, const struct plan *pl, const char *path,
		   const char **rest)
{
	const struct plan_mount *in = NULL;
	int fd = r->root;

	for (size_t i = 0; r->mount_fd != NULL && i < pl->mounts_n; i++) {
		const struct plan_mount *m = &pl->mounts[i];

		if (m->kind == PM_REMOUNT)
			continue;
		if (m->dest_is_fixed && path_below(path, m->destination) != NULL) {
			in = m;
			fd = r->mount_fd[i];
		} else if (in != NULL && path_below(in->destination, m->destination) != NULL) {
			in = NULL;
			fd = r->root;
		}
	}
	*rest = in != NULL ? path_below(path, in->destination) : path;
	return fd;
}

/* What matters most lies in /proc and /sys, and is looked up in those very mounts: another
 * container that shares our root could have put a directory of its own in their place. */
static int open_path(const struct run *r, const struct plan *pl, const char *path)
{
	const char *rest = path;
	int base = strstr(path, "..") == NULL ? base_of(r, pl, path, &rest) : r->root;

	return path_open_in(base, *rest != '\0' ? rest : "/", O_PATH, 0);
}

/* ---- read-only ---- */

static int close_path(int place)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	autofd int tree = sys_open_tree(place, "",
					AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
						AT_RECURSIVE);
	int err;

	if (tree < 0)
		return tree;
	err = sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
	return err < 0 ? err : move_onto(tree, place);
}

int do_readonly_paths(struct run *r, const struct plan *pl, struct err *e)
{
	for (size_t i = 0; i < pl->readonly_paths.n; i++) {
		const char *path = pl->readonly_paths.v[i];
		autofd int place = open_path(r, pl, path);
		int err = place < 0 ? place : close_path(place);

		/* config-linux.md#readonly-paths: what is not there needs no closing */
		if (err < 0 && err != -ENOENT && err != -ENOTDIR)
			return fail_sys(e, -err, "linux.readonlyPaths[%zu]: close %s", i, path);
	}
	return 0;
}

/* ---- masked ---- */

static int open_null(struct run *r)
{
	autofd int fd = path_open_beneath_nolink(r->root, "/dev/null", O_PATH, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return -1;
	return take_fd(&fd);
}

static int empty_tmpfs(void)
{
	autofd int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int err;

	if (fs < 0)
		return fs;
	err = sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "2", 0);
	if (err == 0)
		err = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (err < 0)
		return err;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC,
			   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				   MOUNT_ATTR_NOEXEC);
}

/* The first directory gets the tmpfs itself, each further one a bind of it: Kubernetes masks a
 * directory for every cpu. */
static int cover_directory(struct covers *c, int place)
{
	autofd int tree = c->empty < 0 ? empty_tmpfs() : clone_of(c->empty);
	int err;

	if (tree < 0)
		return tree;
	err = move_onto(tree, place);
	if (err == 0 && c->empty < 0)
		c->empty = take_fd(&tree);
	return err;
}

static int cover_file(struct covers *c, int place)
{
	autofd int tree = c->null < 0 ? -ENODEV : clone_of(c->null);

	return tree < 0 ? tree : move_onto(tree, place);
}

static int cover(struct covers *c, int place)
{
	struct stat st;

	if (fstat(place, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? cover_directory(c, place) : cover_file(c, place);
}

int do_masked_paths(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int null = open_null(r);
	struct covers c = { .null = null, .empty = -1 };
	int got = 0;

	for (size_t i = 0; got == 0 && i < pl->masked.n; i++) {
		const char *path = pl->masked.v[i];
		autofd int place = open_path(r, pl, path);
		int err = place < 0 ? place : cover(&c, place);

		if (err == -ENODEV)
			got = fail(e, ERR_SPEC,
				   "linux.maskedPaths[%zu]: expected /dev/null in the "
				   "container to "
				   "cover %s: found no such device",
				   i, path);
		else if (err < 0 && err != -ENOENT && err != -ENOTDIR)
			got = fail_sys(e, -err, "linux.maskedPaths[%zu]: cover %s", i, path);
	}
	if (c.empty >= 0)
		(void)close(c.empty);
	return got;
}
