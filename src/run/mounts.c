/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c - the mounts of config.json, each built detached and attached by descriptor: no
 * path below the container's root is looked up twice (CVE-2021-30465). mount_setattr(2). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

/* fsconfig(2) takes strings of at most 255 bytes: overlay's lowerdir can be longer. */
#define FSCONFIG_STRING_MAX 255

static int bad(const struct plan_mount *m, int err, const char *what, struct err *e)
{
	return fail_sys(e, err, "mounts[%zu]: %s: %s %s", m->index, m->destination, what,
			m->kind == PM_BIND ? m->source : m->type);
}

/* ---- sources of binds: opened early, as who called us ---- */

/* A source below the root shows what mounts before it have put there: it is opened in its turn,
 * and in the root, for what is there is the image's. NULL: another source. */
static const char *inside(const struct plan *pl, const struct plan_mount *m)
{
	return m->kind == PM_BIND ? path_below(m->source, pl->root.path) : NULL;
}

/* The host's "/", or the like. */
static bool holds_root(const struct plan *pl, const struct plan_mount *m)
{
	char source[PATH_MAX], root[PATH_MAX];

	if (!path_clean(m->source, source, sizeof(source)) ||
	    !path_clean(pl->root.path, root, sizeof(root)))
		return false;
	return str_eq(source, "/") || path_below(root, source) != NULL;
}

/* mountinfo lists mounts as they were made (Linux 6.8), and who reads it expects the config's
 * order: so what was opened is cloned in its turn. Not what holds the root: its clone is to be
 * without what the container has mounted there. */
static bool is_cloned_in_turn(const struct plan *pl, const struct plan_mount *m)
{
	return !m->idmap && inside(pl, m) == NULL && !(m->recursive && holds_root(pl, m));
}

static int clone_of(int at, const struct plan_mount *m)
{
	return sys_open_tree(at, "",
			     AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				     (m->recursive ? AT_RECURSIVE : 0U));
}

static int open_source(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	unsigned flags = OPEN_TREE_CLOEXEC;
	int fd;

	if (!is_cloned_in_turn(pl, m))
		flags |= OPEN_TREE_CLONE | (m->recursive ? AT_RECURSIVE : 0U);
	flags |= m->source_nofollow || m->copy_symlink ? AT_SYMLINK_NOFOLLOW : 0;
	fd = sys_open_tree(AT_FDCWD, m->source, flags);
	return fd < 0 ? bad(m, -fd, "open", e) : fd;
}

static int open_inside(struct run *r, const struct plan *pl, const struct plan_mount *m,
		       struct err *e)
{
	bool nofollow = m->source_nofollow || m->copy_symlink;
	autofd int at =
		path_open_in(r->root, inside(pl, m), O_PATH | (nofollow ? O_NOFOLLOW : 0), 0);
	int fd = at < 0 ? at : clone_of(at, m);

	return fd < 0 ? bad(m, -fd, "open", e) : fd;
}

void need_mount_fds(struct run *r, const struct plan *pl)
{
	if (pl->mounts_n == 0 || r->mount_fd != NULL)
		return;
	r->mount_fd = arena_array(r->arena, pl->mounts_n, sizeof(int));
	memset(r->mount_fd, -1, pl->mounts_n * sizeof(int));
}

int do_mount_sources(struct run *r, const struct plan *pl, struct err *e)
{
	need_mount_fds(r, pl);
	for (size_t i = 0; i < pl->mounts_n; i++) {
		const struct plan_mount *m = &pl->mounts[i];
		struct err why = { 0 };

		if (m->kind != PM_BIND || r->mount_fd[i] >= 0 || inside(pl, m) != NULL)
			continue;
		r->mount_fd[i] = open_source(pl, m, &why);
		if (r->mount_fd[i] < 0 && !(r->early && why.sys == EACCES)) {
			*e = why;
			return -1;
		}
	}
	return 0;
}

/* ---- the place ---- */

static mode_t mode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_mode : 0;
}

/* The destination, made if it is missing: a directory for a file system or a directory, else
 * an empty file. /proc and /sys may be no symlinks (CVE-2019-19921, CVE-2023-27561). */
static int open_place(struct run *r, const struct plan_mount *m, bool directory, bool *made)
{
	int fd;

	if (m->dest_is_fixed || m->dest_nofollow)
		fd = path_open_beneath_nolink(r->root, m->destination, O_PATH, 0);
	else
		fd = path_open_in(r->root, m->destination,
				  O_PATH | (directory ? O_DIRECTORY : 0), 0);
	*made = fd == -ENOENT;
	if (!*made)
		return fd;
	if (directory)
		fd = path_mkdirs_in(r->root, m->destination, 0755);
	else
		fd = path_touch_in(r->root, m->destination, 0755);
	if (fd >= 0 && (m->dest_is_fixed || m->dest_nofollow)) {
		(void)close(fd);
		fd = path_open_beneath_nolink(r->root, m->destination, O_PATH, 0);
	}
	return fd;
}

/* The plan lets little be mounted below /proc; a symlink of the image must not lead there by
 * another name (CVE-2019-16884). */
static int check_place(const struct run *r, const struct plan_mount *m, int place,
		       struct err *e)
{
	autofd int plain = -1;
	struct statfs fs;

	if (place == -ELOOP && m->dest_is_fixed)
		return fail(e, ERR_SPEC,
			    "mounts[%zu]: %s: %s must be mounted on ordinary directory: found "
			    "a "
			    "symlink",
			    m->index, m->destination, m->type);
	if (place < 0)
		return bad(m, -place, "make the place for", e);
	if (fstatfs(place, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	plain = path_open_beneath_nolink(r->root, m->destination, O_PATH, 0);
	return plain >= 0 ? 0
			  : fail(e, ERR_SPEC,
				 "mounts[%zu].destination: %s: expected a place outside /proc: "
				 "found a symlink that leads there",
				 m->index, m->destination);
}

/* ---- attributes ---- */

static int set_attrs(int fd, const struct plan_mount *m)
{
	struct mount_attr here = { .attr_set = m->attr_set, .attr_clr = m->attr_clr };
	struct mount_attr below = { .attr_set = m->rec_attr_set, .attr_clr = m->rec_attr_clr };
	int err = 0;

	if ((m->attr_set | m->attr_clr) != 0)
		err = sys_mount_setattr(fd, "", AT_EMPTY_PATH, &here);
	if (err == 0 && (m->rec_attr_set | m->rec_attr_clr) != 0)
		err = sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &below);
	return err;
}

/* In a user namespace the flags that the host's mount had are locked: what the config wants
 * cleared stays, which is the tighter of the two; only setting must succeed. */
static int set_attrs_locked(int fd, const struct plan *pl, const struct plan_mount *m)
{
	struct plan_mount tight = *m;
	int err = set_attrs(fd, m);

	if (err != -EPERM || !pl->ns.in_user_ns)
		return err;
	tight.attr_clr = tight.rec_attr_clr = 0;
	if ((m->attr_set & MOUNT_ATTR__ATIME) != 0 || (m->attr_clr & MOUNT_ATTR__ATIME) != 0)
		tight.attr_set &= ~(uint64_t)MOUNT_ATTR__ATIME;
	return set_attrs(fd, &tight);
}

static int set_propagation(int fd, const struct plan_mount *m)
{
	struct mount_attr attr = { .propagation = m->propagation };
	unsigned flags = AT_EMPTY_PATH | (m->propagation_rec ? AT_RECURSIVE : 0);

	return m->propagation == 0 ? 0 : sys_mount_setattr(fd, "", flags, &attr);
}

/* ---- file systems ---- */

/* The mqueue of an ipc namespace is as old as that and takes no option any more (EINVAL): its
 * root is labelled like a file, as runc and crun do. */
static bool is_made_before(const struct plan_mount *m)
{
	return str_eq(m->type, "mqueue");
}

/* EOPNOTSUPP: the policy has no labels for files of that kind. */
static int label_root(const struct plan_mount *m, int tree, struct err *e)
{
	if (m->kind != PM_FS || m->label == NULL || !is_made_before(m))
		return 0;
	if (setxattr(fd_path(tree).s, "security.selinux", m->label, strlen(m->label) + 1, 0) <
		    0 &&
	    errno != EOPNOTSUPP)
		return bad(m, errno, "label", e);
	return 0;
}

/* A tmpfs without a mode takes that of the directory it covers, where that was there before:
 * what runc's users know. */
static bool wants_mode(const struct plan_mount *m)
{
	for (size_t i = 0; i < m->params_n; i++)
		if (str_eq(m->params[i].key, "mode"))
			return false;
	return str_eq(m->type, "tmpfs");
}

/* *m with what the config leaves to us among its options. */
static void complete(struct arena *a, struct plan_mount *m, mode_t place)
{
	struct plan_param *all = arena_array(a, m->params_n + 2, sizeof(*all));
	size_t n = m->params_n;

	for (size_t i = 0; i < n; i++)
		all[i] = m->params[i];
	if (place != 0 && wants_mode(m))
		all[n++] = (struct plan_param){ "mode", arena_printf(a, "%o", place & 07777) };
	if (m->label != NULL && !is_made_before(m))
		all[n++] = (struct plan_param){ m->label_option, m->label };
	m->params = all;
	m->params_n = n;
}

static int configure(int fs, const struct plan_mount *m)
{
	int err = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", m->source, 0);

	for (size_t i = 0; err == 0 && i < m->params_n; i++) {
		const struct plan_param *p = &m->params[i];

		if (p->value == NULL)
			err = sys_fsconfig(fs, FSCONFIG_SET_FLAG, p->key, NULL, 0);
		else
			err = sys_fsconfig(fs, FSCONFIG_SET_STRING, p->key, p->value, 0);
	}
	return err < 0 ? err : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* A detached mount of a new file system, or -errno. */
static int new_fs(const char *type, const struct plan_mount *m)
{
	autofd int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int err;

	if (fs < 0)
		return fs;
	err = configure(fs, m);
	if (err < 0)
		return err;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)m->attr_set);
}

static bool has_long_option(const struct plan_mount *m)
{
	for (size_t i = 0; i < m->params_n; i++)
		if (m->params[i].value != NULL &&
		    strlen(m->params[i].value) > FSCONFIG_STRING_MAX)
			return true;
	return false;
}

/* As mount(2) takes them. A label is quoted, for its categories have commas. */
static const char *joined_options(struct arena *a, const struct plan_mount *m)
{
	const char *all = "";

	for (size_t i = 0; i < m->params_n; i++) {
		const struct plan_param *p = &m->params[i];
		const char *quote = p->value != NULL && p->value == m->label ? "\"" : "";

		all = arena_printf(a, "%s%s%s", all, i > 0 ? "," : "", p->key);
		if (p->value != NULL)
			all = arena_printf(a, "%s=%s%s%s", all, quote, p->value, quote);
	}
	return all;
}

/* A directory that nobody but us can reach, "at" in a file system that covers the root until it
 * is taken off: what is opened below r->root is not hidden by it. */
static int cover_root(const struct run *r)
{
	static const struct plan_mount empty = { .source = "caisson", .type = "tmpfs" };
	autofd int cover = new_fs("tmpfs", &empty);
	int err;

	if (cover < 0)
		return cover;
	if (mkdirat(cover, "at", 0700) < 0)
		return -errno;
	err = sys_move_mount(cover, "", r->root, "",
			     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	return err < 0 ? err : take_fd(&cover);
}

/* The same for options that fsconfig cannot carry. mount(2) takes a name and gives no
 * descriptor, and names in the container's root are not looked up twice: so it mounts where no
 * name can change, and a clone of the mount goes on. */
static int new_fs_by_name(struct run *r, const char *type, const struct plan_mount *m)
{
	autofd int cover = cover_root(r), fd = -1;
	const char *at, *options = joined_options(r->arena, m);

	if (cover < 0)
		return cover;
	at = arena_printf(r->arena, "%s/at", fd_path(cover).s);
	if (mount(m->source, at, type, 0, options) < 0)
		fd = -errno;
	else
		fd = sys_open_tree(cover, "at", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return umount2(fd_path(cover).s, MNT_DETACH) < 0 ? -errno : take_fd(&fd);
}

/* What may stand in where a user namespace is refused a file system of its own: the host's
 * own, bound (runc and crun do the same for sysfs). Not proc in a new pid namespace, which
 * would show the host's processes. */
static int stand_in(const struct plan *pl, struct plan_mount *m, int err)
{
	const char *from = NULL;
	int fd;

	if (!pl->ns.in_user_ns || (err != -EPERM && err != -EBUSY && err != -EACCES))
		return err;
	if (str_eq(m->type, "sysfs"))
		from = "/sys";
	if (str_eq(m->type, "mqueue"))
		from = "/dev/mqueue";
	if (str_eq(m->type, "proc") && !pl->ns.new_pid)
		from = "/proc";
	if (m->kind == PM_CGROUP)
		from = "/sys/fs/cgroup";
	if (from == NULL)
		return err;
	fd = sys_open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0)
		return err;
	/* A sysfs of its own would have no cgroups of the host below it, and a cgroup2 of its
	 * own only the container's: root here may own some of the host's (CVE-2023-25809). */
	if (str_eq(m->type, "sysfs") || m->kind == PM_CGROUP)
		m->rec_attr_set |= MOUNT_ATTR_RDONLY;
	log_debug("mounts[%zu]: %s of this user namespace is refused: %s of the host is bound",
		  m->index, m->type, from);
	return fd;
}

/* CVE-2023-25809: without a cgroup namespace of its own the mount shows the host's tree; in a
 * user namespace, whose root may own parts of that, it must not be writable. */
static void close_cgroup(const struct plan *pl, struct plan_mount *m)
{
	if (m->kind == PM_CGROUP && !pl->ns.new_cgroup && pl->ns.join[NS_CGROUP] == NULL &&
	    pl->ns.in_user_ns)
		m->attr_set |= MOUNT_ATTR_RDONLY;
}

static int explain_fs(const struct plan *pl, const struct plan_mount *m, int err, struct err *e)
{
	(void)bad(m, -err, "mount", e);
	if (err == -EPERM && pl->ns.in_user_ns && str_eq(m->type, "proc"))
		return hint(e,
			    "in a user namespace proc can be mounted only where no part of the "
			    "host's /proc is covered: run the outer container with its /proc "
			    "unmasked");
	return -1;
}

/* ---- one mount ---- */

static int bound_tree(struct run *r, const struct plan *pl, size_t i, struct err *e)
{
	const struct plan_mount *m = &pl->mounts[i];
	autofd int source = take_fd(&r->mount_fd[i]);
	int tree;

	if (!is_cloned_in_turn(pl, m) || (r->guarded != NULL && r->guarded[i]))
		return take_fd(&source);
	tree = clone_of(source, m);
	return tree < 0 ? bad(m, -tree, "clone", e) : tree;
}

/* *m keeps the attributes that are still to be set. */
static int make_mount(struct run *r, const struct plan *pl, struct plan_mount *m, size_t i,
		      mode_t place, struct err *e)
{
	const char *type = m->kind == PM_CGROUP ? "cgroup2" : m->type;
	int fd;

	if (m->kind == PM_BIND)
		return bound_tree(r, pl, i, e);
	complete(r->arena, m, place);
	if (has_long_option(m)) {
		fd = new_fs_by_name(r, type, m);
	} else {
		fd = new_fs(type, m);
		if (fd >= 0) /* fsmount(2) has set them: there were no others */
			m->attr_set = m->attr_clr = 0;
	}
	if (fd >= 0)
		return fd;
	fd = stand_in(pl, m, fd);
	return fd < 0 ? explain_fs(pl, m, fd, e) : fd;
}

static int copy_up(const struct plan_mount *m, int tree, int place, struct err *e)
{
	autofd int from = -1, to = -1;

	if (!m->copy_up)
		return 0;
	from = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return bad(m, errno, "tmpcopyup: open the directory below", e);
	to = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return bad(m, errno, "tmpcopyup: open", e);
	return copy_tree(from, to, e);
}

static int attach(const struct plan *pl, const struct plan_mount *m, int tree, int place,
		  struct err *e)
{
	int err = set_attrs_locked(tree, pl, m);

	if (err < 0)
		return bad(m, -err, "set the options of", e);
	err = sys_move_mount(tree, "", place, "",
			     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (err < 0)
		return bad(m, -err, "attach", e);
	err = set_propagation(tree, m);
	return err < 0 ? bad(m, -err, "set the propagation of", e) : 0;
}

/* copy-symlink, of crun and podman: a source that is a symlink is not followed and not mounted,
 * a link like it is made. */
static int copy_link(struct run *r, const struct plan_mount *m, int source, struct err *e)
{
	char dir[PATH_MAX], base[PATH_MAX], target[PATH_MAX];
	ssize_t n = readlinkat(source, "", target, sizeof(target) - 1);
	autofd int at = -1;

	if (n < 0)
		return bad(m, errno, "read the link", e);
	target[n] = '\0';
	if (!path_split(m->destination, dir, base, sizeof(dir)))
		return bad(m, EINVAL, "split", e);
	at = path_mkdirs_in(r->root, dir, 0755);
	if (at < 0)
		return bad(m, -at, "make the place for", e);
	if (symlinkat(target, at, base) < 0 && errno != EEXIST)
		return bad(m, errno, "make a link like", e);
	return 0;
}

static int remount(const struct plan *pl, struct run *r, const struct plan_mount *m,
		   struct err *e)
{
	autofd int place = path_open_in(r->root, m->destination, O_PATH, 0);
	int err;

	if (place < 0)
		return bad(m, -place, "open", e);
	err = set_attrs_locked(place, pl, m);
	return err < 0 ? bad(m, -err, "remount", e) : 0;
}

/* A descriptor of the mount, or -1. */
static int mount_at(struct run *r, const struct plan *pl, size_t i, int place, bool made,
		    struct err *e)
{
	struct plan_mount m = pl->mounts[i];
	autofd int tree = -1;

	close_cgroup(pl, &m);
	tree = make_mount(r, pl, &m, i, made ? 0 : mode_of(place), e);
	if (tree < 0 || label_root(&m, tree, e) < 0 || copy_up(&m, tree, place, e) < 0 ||
	    attach(pl, &m, tree, place, e) < 0)
		return -1;
	return take_fd(&tree);
}

static int one_mount(struct run *r, const struct plan *pl, size_t i, struct err *e)
{
	const struct plan_mount *m = &pl->mounts[i];
	autofd int place = -1, tree = -1;
	bool made;

	if (m->kind == PM_REMOUNT)
		return remount(pl, r, m, e);
	if (inside(pl, m) != NULL && r->mount_fd[i] < 0)
		r->mount_fd[i] = open_inside(r, pl, m, e);
	if (m->kind == PM_BIND && r->mount_fd[i] < 0)
		return -1;
	if (m->kind == PM_BIND && m->copy_symlink && S_ISLNK(mode_of(r->mount_fd[i])))
		return copy_link(r, m, r->mount_fd[i], e);
	place = open_place(r, m, m->kind != PM_BIND || S_ISDIR(mode_of(r->mount_fd[i])), &made);
	if (check_place(r, m, place, e) < 0)
		return -1;
	tree = mount_at(r, pl, i, place, made, e);
	if (tree < 0)
		return -1;
	if (m->read_only_late || m->dest_is_fixed)
		r->mount_fd[i] = take_fd(&tree);
	return 0;
}

int do_mounts(struct run *r, const struct plan *pl, struct err *e)
{
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (one_mount(r, pl, i, e) < 0)
			return -1;
	return 0;
}

int do_late_read_only(struct run *r, const struct plan *pl, struct err *e)
{
	for (size_t i = 0; i < pl->mounts_n; i++) {
		const struct plan_mount *m = &pl->mounts[i];
		struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
		int err;

		if (!m->read_only_late)
			continue;
		err = sys_mount_setattr(r->mount_fd[i], "", AT_EMPTY_PATH, &attr);
		if (err < 0)
			return bad(m, -err, "make read-only", e);
	}
	return 0;
}
