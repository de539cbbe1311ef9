/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in a group and in the groups below it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "cgroups/cg_private.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct pids {
	pid_t *pid;
	size_t n, size;
	unsigned depth;
};

static int add(struct pids *list, pid_t pid)
{
	if (list->n == list->size) {
		size_t size = list->size > 0 ? list->size * 2 : 64;
		pid_t *more = reallocarray(list->pid, size, sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		list->pid = more;
		list->size = size;
	}
	list->pid[list->n++] = pid;
	return 0;
}

/* One more character of "NUMBER\n". 0 stands for a process that our pid namespace does not
 * see. */
static int take(struct pids *list, int64_t *number, char c)
{
	int64_t whole = *number;

	if (c >= '0' && c <= '9' && whole <= INT32_MAX) {
		*number = whole * 10 + (c - '0');
		return 0;
	}
	*number = 0;
	return whole > 0 && whole <= INT32_MAX ? add(list, (pid_t)whole) : 0;
}

static int read_numbers(int fd, struct pids *list)
{
	char buf[4096];
	int64_t number = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (take(list, &number, buf[i]) < 0)
				return -ENOMEM;
	return n < 0 ? -errno : 0;
}

/* Groups come and go while we look. */
static bool is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ENODEV;
}

int cg_each_child(int dir, cg_child_fn *fn, void *arg)
{
	autodir DIR *d = NULL;
	struct dirent *entry;
	struct stat st;
	int fd, r = 0;

	/* kernfs: 2 and one for each child. */
	if (fstat(dir, &st) == 0 && st.st_nlink == 2)
		return 0;
	fd = openat(dir, ".", DIR_FLAGS);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (d == NULL) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(d)) != NULL)
		if (entry->d_type == DT_DIR && !str_eq(entry->d_name, ".") &&
		    !str_eq(entry->d_name, ".."))
			r = fn(dir, entry->d_name, arg);
	return r;
}

static int read_group(int dir, struct pids *list);

static int read_child(int dir, const char *name, void *arg)
{
	struct pids *list = arg;
	autofd int child = openat(dir, name, DIR_FLAGS);
	int r;

	if (child < 0)
		return is_gone(errno) ? 0 : -errno;
	if (list->depth >= CG_DEPTH)
		return -ELOOP;
	list->depth++;
	r = read_group(child, list);
	list->depth--;
	return r;
}

static int read_group(int dir, struct pids *list)
{
	autofd int fd = openat(dir, "cgroup.procs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_numbers(fd, list);

	/* A threaded child says EOPNOTSUPP: the domain above it lists its processes. */
	if (r < 0 && !is_gone(-r) && !(r == -EOPNOTSUPP && list->depth > 0))
		return r;
	return cg_each_child(dir, read_child, list);
}

int cg_pids(const struct cg *cg, pid_t **pids, size_t *n, struct err *e)
{
	struct pids list = { 0 };
	int r = read_group(cg->dir, &list);

	if (r < 0) {
		free(list.pid);
		return fail_sys(e, -r, "cgroup %s: read cgroup.procs", cg->path);
	}
	*pids = list.pid;
	*n = list.n;
	return 0;
}
