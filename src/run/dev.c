/* SPDX-License-Identifier: Apache-2.0 */
/* dev.c - device nodes and the links beside them, made relative to directories that are opened
 * once (runc CVE-2026-41579: a /dev that is a symlink). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

/* A directory of the container that stays open while its entries are made. */
struct place {
	char path[PATH_MAX];
	int fd;
};

/* Opens the directory of path, unless it is the one that is open. base points into path. */
static int enter(struct run *r, struct place *at, const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	size_t n = (size_t)(slash - path);

	*base = slash + 1;
	if (at->fd >= 0 && strncmp(at->path, path, n) == 0 && at->path[n] == '\0')
		return 0;
	if (at->fd >= 0)
		(void)close(take_fd(&at->fd));
	if (n >= sizeof(at->path))
		return -ENAMETOOLONG;
	memcpy(at->path, path, n);
	at->path[n] = '\0';
	at->fd = path_mkdirs_in(r->root, n > 0 ? at->path : "/", 0755);
	return at->fd < 0 ? at->fd : 0;
}

static mode_t type_bits(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

static int make_node(int dir, const char *name, const struct plan_device *d)
{
	dev_t dev = d->type == 'p' ? 0 : makedev(d->major, d->minor);

	if (mknodat(dir, name, type_bits(d->type) | d->mode, dev) < 0)
		return -errno;
	if ((d->uid != 0 || d->gid != 0) &&
	    fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static bool is_type(const struct stat *st, const struct plan_device *d)
{
	return (st->st_mode & S_IFMT) == type_bits(d->type);
}

static bool is_number(const struct stat *st, const struct plan_device *d)
{
	return d->type == 'p' || st->st_rdev == makedev(d->major, d->minor);
}

static bool is_device(int fd, const struct plan_device *d)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_type(&st, d) && is_number(&st, d);
}

/* A user namespace may make no nodes: the host's is bound, when it is the device meant. */
static int bind_node(int dir, const char *name, const struct plan_device *d)
{
	autofd int tree =
		sys_open_tree(AT_FDCWD, d->path,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	autofd int place = -1;

	if (tree < 0)
		return tree;
	if (!is_device(tree, d))
		return -ENODEV;
	place = openat(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_RDONLY, 0600);
	if (place < 0)
		return -errno;
	return sys_move_mount(tree, "", place, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* What the image has there already may stay if it is that very device. The words are runc's,
 * which its tests look for. */
static int already_there(int dir, const char *name, const struct plan_device *d, struct err *e)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_sys(e, errno, "linux.devices: look at %s", d->path);
	if (!is_type(&st, d))
		return fail(e, ERR_SPEC,
			    "linux.devices: %s has incorrect ftype: %o doesn't match expected "
			    "%o",
			    d->path, st.st_mode & S_IFMT, type_bits(d->type));
	if (!is_number(&st, d))
		return fail(e, ERR_SPEC,
			    "linux.devices: %s has incorrect major:minor: %u:%u doesn't match "
			    "expected %u:%u",
			    d->path, major(st.st_rdev), minor(st.st_rdev), d->major, d->minor);
	return 0;
}

static int one_device(struct run *r, const struct plan *pl, struct place *at,
		      const struct plan_device *d, struct err *e)
{
	const char *name;
	int err = enter(r, at, d->path, &name);

	if (err == 0 && pl->ns.in_user_ns && d->type != 'p')
		err = bind_node(at->fd, name, d);
	else if (err == 0)
		err = make_node(at->fd, name, d);
	if (err == -EEXIST)
		return already_there(at->fd, name, d, e);
	if (err < 0)
		return fail_sys(e, -err, "linux.devices: make %s (%c %u:%u)", d->path, d->type,
				d->major, d->minor);
	return 0;
}

static int one_link(struct run *r, struct place *at, const struct plan_link *l, struct err *e)
{
	const char *name;
	int err = enter(r, at, l->path, &name);

	if (err == 0 && symlinkat(l->target, at->fd, name) < 0 && errno != EEXIST)
		err = -errno;
	return err < 0 ? fail_sys(e, -err, "make the link %s", l->path) : 0;
}

int do_devices(struct run *r, const struct plan *pl, struct err *e)
{
	struct place at = { .fd = -1 };
	mode_t mask = umask(0); /* a device's mode is what the config says */
	int got = 0;

	for (size_t i = 0; got == 0 && i < pl->devices_n; i++)
		got = one_device(r, pl, &at, &pl->devices[i], e);
	for (size_t i = 0; got == 0 && i < pl->links_n; i++)
		got = one_link(r, &at, &pl->links[i], e);
	(void)umask(mask);
	if (at.fd >= 0)
		(void)close(at.fd);
	return got;
}
