/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cgroups/cg_private.h"

#define DELEGATE                                                                             \
	"the group is not delegated to this user: Delegate=yes in the systemd unit, or run " \
	"in "                                                                                \
	"a user session"

/* What a refusal means, most special first; file is the start of a control file's name. */
static const struct {
	int errnum;
	const char *file, *remedy;
} remedies[] = {
	{ EBUSY, "cgroup.subtree_control",
	  "a group with processes cannot pass controllers on: move them to a child group, or "
	  "choose a cgroup path outside it" },
	{ EOPNOTSUPP, "cgroup.subtree_control",
	  "a threaded group, or one below it, takes no domain controllers: choose a cgroup "
	  "path "
	  "outside it" },
	{ EBUSY, "cgroup.procs",
	  "the group passes controllers on to children (cgroup.subtree_control), so it may "
	  "hold "
	  "no process itself: use a child of it" },
	{ EOPNOTSUPP, "cgroup.procs",
	  "the group is below a threaded one (see cgroup.type): choose another cgroup path" },
	{ EACCES, "cgroup.procs",
	  "to move a process, both groups and their common ancestor must be delegated to this "
	  "user" },
	{ EINVAL, "cgroup.procs", "a kernel thread, or a real-time process, cannot be moved" },
	{ EINVAL, "cpu.weight", "cpu.weight is 1 to 10000 and is fixed while cpu.idle is 1" },
	{ ERANGE, "cpu.weight", "cpu.weight is 1 to 10000" },
	{ EINVAL, "cpu.max.burst", "the burst may not be above the quota of cpu.max" },
	{ EINVAL, "cpu.max",
	  "quota and period are at least 1000 us, the period at most 1000000 us, the quota at "
	  "least cpu.max.burst" },
	{ EINVAL, "cpuset.",
	  "see the parent's cpuset.cpus.effective and cpuset.mems.effective" },
	{ ENOSPC, "cpuset.",
	  "the group has processes and would be left without a CPU or node" },
	{ ENODEV, "io.", "the numbers must be those of a whole disk: see lsblk" },
	{ EOPNOTSUPP, "io.",
	  "the disk's scheduler does not do this: bfq, or io.cost.qos in the root group" },
	{ ENODEV, "rdma.", "no RDMA device has that name: see rdma.current of the root group" },
	{ EOPNOTSUPP, "cgroup.kill",
	  "the group is threaded: kill its domain, an ancestor of it" },
	{ EACCES, "", DELEGATE },
	{ EPERM, "", DELEGATE },
	{ EROFS, "", CG_ROOT " is mounted read-only here" },
};

int cg_remedy(const char *file, int errnum, struct err *e)
{
	for (size_t i = 0; i < COUNT(remedies); i++)
		if (remedies[i].errnum == errnum && str_after(file, remedies[i].file) != NULL)
			return hint(e, "%s", remedies[i].remedy);
	return -1;
}

unsigned cg_file_controller(const char *file)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(file, "."), file);
	return cg_bits(name);
}

/* A control file that is not there: the group is gone, or the controller, or the feature. */
static int missing(const struct cg *cg, const char *file, const char *value, struct err *e)
{
	unsigned controller = cg_file_controller(file);
	int n = (int)strcspn(file, ".");
	char text[256];

	if (file_peek_at(cg->dir, "cgroup.controllers", text, sizeof(text)) < 0)
		return fail_sys(e, ENOENT, "cgroup %s: write %.64s to %s: the group is gone",
				cg->path, value, file);
	if (controller != 0 && (cg_bits(text) & controller) == 0) {
		(void)fail(e, ERR_HOST,
			   "cgroup %s: write %.64s to %s: controller %.*s is not available",
			   cg->path, value, file, n, file);
		return hint(e,
			    "its ancestors must pass %.*s on (cgroup.subtree_control), under "
			    "systemd with Delegate=%.*s",
			    n, file, n, file);
	}
	(void)fail(e, ERR_HOST, "cgroup %s: write %.64s to %s: no such file or directory",
		   cg->path, value, file);
	return hint(e, "this kernel has no such file");
}

int cg_refused(const struct cg *cg, const char *file, const char *value, int errnum,
	       struct err *e)
{
	if (errnum == ENOENT)
		return missing(cg, file, value, e);
	(void)fail_sys(e, errnum, "cgroup %s: write %.64s to %s", cg->path, value, file);
	return cg_remedy(file, errnum, e);
}

/* The kernel takes or refuses a value as a whole, and the refusal arrives on write(2). An
 * empty value goes as a line end: a write of nothing does not reach the controller. */
int cg_put(const struct cg *cg, const char *file, const char *value, struct err *e)
{
	int r = cg_remember(cg, file, value);

	if (r == 0)
		r = file_put_at(cg->dir, file, value[0] != '\0' ? value : "\n");
	return r == 0 ? 0 : cg_refused(cg, file, value, -r, e);
}

/* runc's words, "adding pid ... to cgroups", which callers' tests look for. */
int cg_add(const struct cg *cg, pid_t pid, struct err *e)
{
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d", pid);
	r = file_put_at(cg->dir, "cgroup.procs", text);
	if (r == 0)
		return 0;
	(void)fail_sys(e, -r, "cgroup %s: adding pid %d to cgroups", cg->path, pid);
	return cg_remedy("cgroup.procs", -r, e);
}
