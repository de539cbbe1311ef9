/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in a group and in the groups below it. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/auto.h"
#include "cgroups/cg_private.h"

struct pids {
	pid_t *pid;
	size_t n, size;
	bool below; /* the top has been read */
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

static int read_group(int dir, void *arg)
{
	autofd int fd = openat(dir, "cgroup.procs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct pids *list = arg;
	int r = fd < 0 ? -errno : read_numbers(fd, list);

	/* A threaded child says EOPNOTSUPP: the domain above it lists its processes. */
	if (r < 0 && !cg_is_gone(-r) && !(r == -EOPNOTSUPP && list->below))
		return r;
	list->below = true;
	return 0;
}

int cg_pids(const struct cg *cg, pid_t **pids, size_t *n, struct err *e)
{
	struct pids list = { 0 };
	int r = cg_walk(cg->dir, &(struct cg_visit){ .enter = read_group, .arg = &list });

	if (r < 0) {
		free(list.pid);
		return fail_sys(e, -r, "cgroup %s: read cgroup.procs", cg->path);
	}
	*pids = list.pid;
	*n = list.n;
	return 0;
}
