/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "cgroups/cg_private.h"

#define SLEEP_MAX  50 /* ms */
#define NAMED_PIDS 5

static int remove_group(int parent, const char *name)
{
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

/* One try: the group itself, which is all there is to do for most; when it is busy, what is
 * below it and then itself again. */
static int try_remove(int root, const char *path)
{
	autofd int dir = -1;
	int r;

	r = remove_group(root, path + 1);
	if (r != -EBUSY && r != -ENOTEMPTY)
		return r;
	dir = cg_open_below(root, path, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	r = cg_walk(dir, &(struct cg_visit){ .leave = remove_group });
	return r < 0 ? r : remove_group(root, path + 1);
}

static int still_inside(int root, const char *path, int timeout_ms, struct err *e)
{
	int dir = cg_open_below(root, path, O_RDONLY | O_DIRECTORY);
	autocg struct cg *cg = NULL;
	autofree pid_t *pid = NULL;
	char text[80] = "nobody we see";
	struct sbuf b = SBUF(text);
	struct err ignored = { 0 };
	size_t n = 0;

	if (dir >= 0 && cg_at(dir, path, &cg) < 0)
		auto_close_(&dir);
	if (cg == NULL || cg_pids(cg, &pid, &n, &ignored) < 0)
		n = 0;
	for (size_t i = 0; i < n && i < NAMED_PIDS; i++)
		sbuf_add(&b, "%s%d", i == 0 ? "pid " : " ", pid[i]);
	if (n > NAMED_PIDS)
		sbuf_add(&b, " and %zu more", n - NAMED_PIDS);
	return fail_sys(e, EBUSY, "cgroup %s: remove: %s still inside after %d ms", path, text,
			timeout_ms);
}

static int remove_until(const char *path, int (*try)(int root, const char *path),
			int timeout_ms, struct err *e)
{
	uint64_t end = now_boot_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
	char name[PATH_MAX];
	autofd int root = -1;
	long ms = 1;
	int r;

	if (cg_tidy(path, name, sizeof(name), e) < 0)
		return -1;
	if (str_eq(name, "/"))
		return fail(e, ERR_SPEC, "cgroup /: remove: it is the root");
	root = cg_root(e);
	if (root < 0)
		return -1;
	while ((r = try(root, name)) == -EBUSY && now_boot_ms() < end) {
		const struct timespec t = { 0, ms * 1000000L };

		(void)nanosleep(&t, NULL);
		ms = ms * 2 < SLEEP_MAX ? ms * 2 : SLEEP_MAX;
	}
	if (r == -EBUSY)
		return still_inside(root, name, timeout_ms, e);
	return r < 0 ? fail_sys(e, -r, "cgroup %s: remove", name) : 0;
}

int cg_remove(const char *path, int timeout_ms, struct err *e)
{
	return remove_until(path, try_remove, timeout_ms, e);
}

static int try_remove_one(int root, const char *path)
{
	return remove_group(root, path + 1);
}

int cg_remove_one(const char *path, int timeout_ms, struct err *e)
{
	return remove_until(path, try_remove_one, timeout_ms, e);
}
