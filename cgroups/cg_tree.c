/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "cgroups/cg_private.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int cg_at(int dir, const char *name, struct cg **out)
{
	size_t n = strlen(name) + 1;
	struct cg *cg = malloc(sizeof(*cg) + n);

	if (cg == NULL)
		return -ENOMEM;
	cg->dir = dir;
	cg->past = NULL;
	memcpy(cg->path, name, n);
	*out = cg;
	return 0;
}

void cg_close(struct cg *cg)
{
	if (cg == NULL)
		return;
	auto_close_(&cg->dir);
	free(cg);
}

int cg_fd(const struct cg *cg)
{
	return cg->dir;
}

const char *cg_path(const struct cg *cg)
{
	return cg->path;
}

static bool is_dots(const char *name, size_t n)
{
	return (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.');
}

int cg_tidy(const char *path, char out[], size_t size, struct err *e)
{
	const char *p = path;
	size_t used = 0;

	if (path[0] != '/')
		return fail(e, ERR_SPEC, "cgroup %s: expected a path from the root: no /",
			    path);
	for (p += strspn(p, "/"); *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (is_dots(p, n))
			return fail(e, ERR_SPEC, "cgroup %s: expected plain names: %.*s", path,
				    (int)n, p);
		if (memchr(p, '\n', n) != NULL)
			return fail(e, ERR_SPEC, "cgroup: expected plain names: a line end");
		if (n > NAME_MAX || used + n + 2 > size)
			return fail(e, ERR_SPEC, "cgroup %.64s...: expected a path: too long",
				    path);
		out[used++] = '/';
		memcpy(out + used, p, n);
		used += n;
		p += n;
	}
	if (used == 0)
		out[used++] = '/';
	out[used] = '\0';
	return 0;
}

int cg_open_below(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return sys_openat2(root, path[1] != '\0' ? path + 1 : ".", &how);
}

/* Takes the directory into a new struct cg. */
static int finish(int *dir, const char *path, struct cg **out, struct err *e)
{
	if (cg_at(*dir, path, out) < 0)
		return fail_sys(e, ENOMEM, "cgroup %s", path);
	*dir = -1;
	return 0;
}

int cg_open(const char *path, struct cg **out, struct err *e)
{
	char name[PATH_MAX];
	autofd int root = -1;
	autofd int dir = -1;

	if (cg_tidy(path, name, sizeof(name), e) < 0)
		return -1;
	root = cg_root(e);
	if (root < 0)
		return -1;
	dir = cg_open_below(root, name, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return fail_sys(e, -dir, "cgroup %s: open", name);
	return finish(&dir, name, out, e);
}

/* What cg_make holds while it works. */
struct making {
	int root;
	char path[PATH_MAX]; /* tidy */
	size_t parent;       /* how much of it is the parent; 0: the root */
	size_t first;        /* how much of it is the first group that we made; 0: none */
	unsigned need;
};

/* Removes what we made, deepest first. What has got an inhabitant since then stays. No
 * symlink can be in the way: cgroup2 has none. */
static void undo(struct making *m)
{
	char path[PATH_MAX];
	size_t n = strlen(m->path);

	memcpy(path, m->path, n + 1);
	while (m->first > 0 && n >= m->first) {
		path[n] = '\0';
		(void)unlinkat(m->root, path + 1, AT_REMOVEDIR);
		n = (size_t)(strrchr(path, '/') - path);
	}
}

static int mkdir_refused(const char *path, size_t len, int errnum, struct err *e)
{
	(void)fail_sys(e, errnum, "cgroup %.*s: make", (int)len, path);
	switch (errnum) {
	case EACCES:
	case EPERM:
		return hint(e,
			    "the parent group is not delegated to this user: Delegate=yes in "
			    "the systemd unit, or another cgroup path");
	case EROFS:
		return hint(e, CG_ROOT " is mounted read-only here");
	case EAGAIN:
		return hint(e, "an ancestor's cgroup.max.descendants or cgroup.max.depth is "
			       "reached");
	default:
		return -1;
	}
}

/* Opens, or makes and opens, one group; m->first remembers the first that was made. */
static int enter(struct making *m, int dir, const char *name, size_t end, struct err *e)
{
	int fd = openat(dir, name, DIR_FLAGS);

	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : mkdir_refused(m->path, end, errno, e);
	if (mkdirat(dir, name, 0755) == 0)
		m->first = m->first > 0 ? m->first : end;
	else if (errno != EEXIST)
		return mkdir_refused(m->path, end, errno, e);
	fd = openat(dir, name, DIR_FLAGS);
	return fd >= 0 ? fd : mkdir_refused(m->path, end, errno, e);
}

/* From the root to the parent, step by step: each is made where missing and passes on what it
 * has. The parent's descriptor, or -1. */
static int walk(struct making *m, struct err *e)
{
	autofd int dir = openat(m->root, ".", DIR_FLAGS);
	size_t at = 0;

	if (dir < 0)
		return fail_sys(e, errno, "cgroup /: open");
	for (;;) {
		char here[PATH_MAX] = "/", name[NAME_MAX + 1];
		size_t n;
		int next;

		if (at > 0)
			(void)snprintf(here, sizeof(here), "%.*s", (int)at, m->path);
		if (cg_enable(dir, here, m->need, e) < 0)
			return -1;
		if (at == m->parent)
			return take_fd(&dir);
		n = strcspn(m->path + at + 1, "/");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, m->path + at + 1);
		at += n + 1;
		next = enter(m, dir, name, at, e);
		if (next < 0)
			return -1;
		(void)close(dir);
		dir = next;
	}
}

/* The parent, ready to have the child: the short way when it is there and passes on all that
 * it has, with what is needed, for then its ancestors do so too. */
static int open_parent(struct making *m, struct err *e)
{
	char path[PATH_MAX] = "/";
	autofd int dir = -1;

	if (m->parent > 0)
		(void)snprintf(path, sizeof(path), "%.*s", (int)m->parent, m->path);
	dir = cg_open_below(m->root, path, O_RDONLY | O_DIRECTORY);
	if (dir >= 0 && cg_enabled(dir, m->need))
		return take_fd(&dir);
	return walk(m, e);
}

/* A group that was there before us serves only when nobody uses it, nor holds it still. kernfs
 * counts the child directories in st_nlink. */
static int must_be_unused(int dir, const char *path, struct err *e)
{
	char text[128];
	struct stat st;

	if (fstat(dir, &st) < 0 || st.st_nlink > 2) {
		(void)fail(e, ERR_STATE, "cgroup %s: wanted a new group: it has child groups",
			   path);
		return hint(e, "choose another cgroup path, or remove that group");
	}
	if (file_peek_at(dir, "cgroup.events", text, sizeof(text)) < 0 ||
	    cg_key(text, "populated") != 0) {
		(void)fail(e, ERR_STATE,
			   "cgroup %s: container's cgroup is not empty: processes are in it",
			   path);
		return hint(e, "choose another cgroup path, or end those processes");
	}
	/* the init would stand still in it before it could say anything */
	if (file_peek_at(dir, "cgroup.freeze", text, sizeof(text)) <= 0 || text[0] != '1')
		return 0;
	(void)fail(e, ERR_STATE, "cgroup %s: container's cgroup unexpectedly frozen", path);
	return hint(e, "choose another cgroup path, or write 0 to its cgroup.freeze");
}

static int make_leaf(struct making *m, int parent, struct err *e)
{
	const char *name = m->path + m->parent + 1;
	size_t len = strlen(m->path);
	bool was_there = false;
	autofd int dir = -1;

	if (mkdirat(parent, name, 0755) == 0) {
		m->first = m->first > 0 ? m->first : len;
	} else {
		if (errno != EEXIST)
			return mkdir_refused(m->path, len, errno, e);
		was_there = true;
	}
	dir = openat(parent, name, DIR_FLAGS);
	if (dir < 0)
		return fail_sys(e, errno, "cgroup %s: open", m->path);
	if (was_there && must_be_unused(dir, m->path, e) < 0)
		return -1;
	return take_fd(&dir);
}

static int make(struct making *m, struct cg **out, struct err *e)
{
	autofd int parent = open_parent(m, e);
	autofd int dir = -1;

	if (parent < 0)
		return -1;
	dir = make_leaf(m, parent, e);
	if (dir < 0)
		return -1;
	return finish(&dir, m->path, out, e);
}

int cg_make(const char *path, unsigned need, struct cg **out, struct err *e)
{
	struct making m = { .need = need };
	autofd int root = -1;

	if (cg_tidy(path, m.path, sizeof(m.path), e) < 0)
		return -1;
	if (str_eq(m.path, "/"))
		return fail(e, ERR_SPEC, "cgroup /: wanted a new group: it is the root");
	root = cg_root(e);
	if (root < 0)
		return -1;
	m.root = root;
	m.parent = (size_t)(strrchr(m.path, '/') - m.path);
	if (make(&m, out, e) == 0)
		return 0;
	undo(&m);
	return -1;
}

int cg_pass_on(const struct cg *cg, unsigned need, struct err *e)
{
	struct making m = { .need = need };
	autofd int root = -1;
	autofd int parent = -1;

	if (need == 0)
		return 0;
	if (cg_tidy(cg->path, m.path, sizeof(m.path), e) < 0)
		return -1;
	root = cg_root(e);
	if (root < 0)
		return -1;
	m.root = root;
	m.parent = (size_t)(strrchr(m.path, '/') - m.path);
	parent = open_parent(&m, e);
	return parent < 0 ? -1 : 0;
}

int cg_delegate(const struct cg *cg, uid_t uid, gid_t gid, struct err *e)
{
	char text[1024], *rest = text, *name;

	/* The names since 4.15; cgroup-v2.rst, "Model of Delegation". */
	if (file_peek_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", text, sizeof(text)) < 0)
		(void)snprintf(text, sizeof(text),
			       "cgroup.procs\ncgroup.threads\ncgroup.subtree_control");
	if (fchown(cg->dir, uid, gid) < 0)
		return fail_sys(e, errno, "cgroup %s: chown to %u:%u", cg->path, uid, gid);
	while ((name = strsep(&rest, "\n")) != NULL) {
		if (name[0] == '\0' || strchr(name, '/') != NULL)
			continue;
		if (fchownat(cg->dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return fail_sys(e, errno, "cgroup %s: chown %s to %u:%u", cg->path,
					name, uid, gid);
	}
	return 0;
}
