/* SPDX-License-Identifier: Apache-2.0 */
/* rootfs.c - the container's root: made a mount of its own, pivoted into, closed to writing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

/* No mount event of the container may reach the host: so before anything is cloned from it, for
 * a clone is its original's peer, and what is mounted below it would be there too. With
 * "shared", which asks for just that (a CSI driver's Bidirectional), the tree stays as it is,
 * and only the mount that the root lies on becomes private, or pivot_root would refuse. */
int do_propagation(struct run *r, const struct plan *pl, struct err *e)
{
	unsigned long flags = pl->root.propagation == MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
	char dir[PATH_MAX];

	(void)r;
	if (pl->root.propagation != MS_SHARED) {
		if (mount(NULL, "/", NULL, flags | MS_REC, NULL) < 0)
			return fail_sys(e, errno, "make the host's mounts %s here",
					flags == MS_PRIVATE ? "private" : "slaves");
		return 0;
	}
	if (realpath(pl->root.path, dir) == NULL)
		return fail_sys(e, errno, "root.path: resolve %s", pl->root.path);
	for (;;) {
		char *slash = strrchr(dir, '/');

		if (mount(NULL, dir[0] != '\0' ? dir : "/", NULL, MS_PRIVATE, NULL) == 0)
			return 0;
		if (errno != EINVAL || slash == NULL)
			return fail_sys(e, errno, "make the mount below root.path private");
		*slash = '\0';
	}
}

/* setns(2) has made the root of the joined mounts ours. What is below it is another
 * container's: a link on the way may name a descriptor of ours, /proc/self/fd/N. */
static int open_joined_root(const char *path)
{
	autofd int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return top < 0 ? -errno : path_open_in(top, path, O_PATH | O_DIRECTORY, 0);
}

static int open_root(const struct plan *pl)
{
	int fd;

	if (!pl->ns.new_mount)
		return open_joined_root(pl->root.path);
	fd = open(pl->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Here, before anything is mounted below, for /dev keeps its nodes. */
static int close_devices(int tree, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NODEV };
	int err = sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);

	return err < 0 ? fail_sys(e, -err, "root.path: mount without devices") : 0;
}

/* open_tree of the directory, not of its path: what was opened is what becomes the root. It may
 * lie where only who called us gets to, or, in an engine's own user namespace, only root of
 * the container's: so before the id maps it is tried as the one, after them as the other. */
int do_root(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int dir = -1, tree = -1;
	int err;

	if (r->root >= 0)
		return 0;
	dir = open_root(pl);
	if (dir == -EACCES && r->early)
		return 0;
	if (dir < 0)
		return fail_sys(e, -dir, "root.path: open %s", pl->root.path);
	if (!pl->ns.new_mount) {
		r->root = take_fd(&dir);
		return 0;
	}
	tree = sys_open_tree(dir, "",
			     AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				     AT_RECURSIVE);
	if (tree < 0)
		return fail_sys(e, -tree, "root.path: open_tree %s", pl->root.path);
	if (pl->root.nodev && close_devices(tree, e) < 0)
		return -1;
	err = sys_move_mount(tree, "", dir, "",
			     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (err < 0)
		return fail_sys(e, -err, "root.path: mount %s on itself", pl->root.path);
	r->root = take_fd(&tree);
	return 0;
}

/* pivot_root(2), NOTES: with "." for both, the old root comes to lie over the new one, and is
 * taken off there. */
static int pivot(const struct plan *pl, struct err *e)
{
	autofd int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (old < 0)
		return fail_sys(e, errno, "open the old root");
	err = sys_pivot_root(".", ".");
	if (err < 0) {
		(void)fail_sys(e, -err, "pivot_root into %s", pl->root.path);
		return err == -EINVAL ? hint(e, "on a ramfs root there is nothing to pivot "
						"from: --no-pivot")
				      : -1;
	}
	if (fchdir(old) < 0)
		return fail_sys(e, errno, "enter the old root");
	/* or the unmounting would be seen by those who share these mounts */
	if (pl->root.propagation == MS_SHARED &&
	    mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return fail_sys(e, errno, "make the old root a slave");
	if (umount2(".", MNT_DETACH) < 0)
		return fail_sys(e, errno, "unmount the old root");
	return 0;
}

/* A mount of proc or sysfs, and the one before it. */
struct bare {
	const char *where;
	struct bare *before;
};

static struct bare *bare_after(struct arena *a, struct bare *before, const char *where)
{
	struct bare *b = arena_new(a, struct bare);

	*b = (struct bare){ where, before };
	return b;
}

/* Is a mount of proc or sysfs that is not the container's? `root' ends in no slash. */
static bool is_bare(const char *where, const char *type, const char *root)
{
	const char *rest = str_after(where, root);

	return (str_eq(type, "proc") || str_eq(type, "sysfs")) &&
	       (rest == NULL || (rest[0] != '\0' && rest[0] != '/'));
}

/* One that came with a user namespace is locked in its place (mount_namespaces(7)): an empty
 * file system on it hides it as well. */
static int take_off(const char *where, struct err *e)
{
	if (umount2(where, MNT_DETACH) == 0)
		return 0;
	if (errno != EINVAL && errno != EPERM)
		return fail_sys(e, errno, "--no-pivot: unmount the host's %s", where);
	if (mount("none", where, "tmpfs", MS_RDONLY, "size=0") < 0)
		return fail_sys(e, errno, "--no-pivot: hide the host's %s", where);
	return 0;
}

/* The kernel lets a user namespace mount proc and sysfs when it sees one that nothing covers,
 * at any place (mount_too_revealing()): who makes such a namespace inside would have them
 * without masked and read-only paths. So all of the host's go, the last that was mounted first.
 */
static int take_off_bare(const struct run *r, struct err *e)
{
	struct bare *last = NULL;
	char link[32], root[PATH_MAX];
	autofree char *text = NULL;
	const char *type;
	char *rest, *where;
	size_t len;
	ssize_t got;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", r->root);
	got = readlink(link, root, sizeof(root) - 1);
	if (got < 0)
		return fail_sys(e, errno, "--no-pivot: ask where the root is");
	root[got] = '\0';
	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", JSON_MAX, "mountinfo", &text, &len,
			 e) < 0)
		return -1;
	for (rest = text; (where = host_next_mount(&rest, &type)) != NULL;)
		if (is_bare(where, type, root))
			last = bare_after(r->arena, last, where);
	for (; last != NULL; last = last->before)
		if (take_off(last->where, e) < 0)
			return -1;
	return 0;
}

/* --no-pivot, for a host that runs from its initial ramfs: weaker, as the old root stays
 * mounted below. */
static int move_root(const struct run *r, struct err *e)
{
	if (take_off_bare(r, e) < 0)
		return -1;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return fail_sys(e, errno, "--no-pivot: move the root");
	return chroot(".") < 0 ? fail_sys(e, errno, "--no-pivot: chroot") : 0;
}

int do_pivot(struct run *r, const struct plan *pl, struct err *e)
{
	unsigned long flags = pl->root.propagation | (pl->root.propagation_rec ? MS_REC : 0);
	int got;

	if (fchdir(r->root) < 0)
		return fail_sys(e, errno, "root.path: enter %s", pl->root.path);
	if (!pl->ns.new_mount)
		got = chroot(".") < 0 ? fail_sys(e, errno, "chroot into %s", pl->root.path) : 0;
	else
		got = pl->root.pivot ? pivot(pl, e) : move_root(r, e);
	if (got < 0)
		return -1;
	if (chdir("/") < 0)
		return fail_sys(e, errno, "enter the new root");
	if (pl->ns.new_mount && pl->root.propagation != MS_SLAVE &&
	    mount(NULL, "/", NULL, flags, NULL) < 0)
		return fail_sys(e, errno, "linux.rootfsPropagation: set");
	return 0;
}

/* What process.cwd misses is made while that can be; who enters it says what is wrong. */
int do_readonly_root(struct run *r, const struct plan *pl, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	autofd int cwd =
		pl->process.cwd != NULL ? path_mkdirs_in(r->root, pl->process.cwd, 0755) : -1;
	int err = sys_mount_setattr(r->root, "", AT_EMPTY_PATH, &attr);

	return err < 0 ? fail_sys(e, -err, "root.readonly: set") : 0;
}
