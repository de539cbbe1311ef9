/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "state/state.h"

int cmd_name_of(struct arena *a, int fd, const char *given, const char **out, struct err *e)
{
	struct fd_path link = fd_path(fd);
	char buf[PATH_MAX];
	ssize_t n = readlink(link.s, buf, sizeof(buf));

	if (n < 0)
		return fail_sys(e, errno, "%s: read its name", given);
	if (n == (ssize_t)sizeof(buf))
		return fail_sys(e, ENAMETOOLONG, "%s: read its name", given);
	*out = arena_strndup(a, buf, (size_t)n);
	return 0;
}

bool cmd_is_missing(const struct err *why)
{
	return why->kind == ERR_MISSING;
}

int cmd_root_open(const struct call *c, const char *id, int *fd, struct err *e)
{
	struct err why = { 0 };

	if (state_id_check(id, e) < 0)
		return -1;
	if (state_root_open(c->g.root, false, fd, &why) == 0)
		return 0;
	if (cmd_is_missing(&why))
		return fail(e, ERR_MISSING, "container %s does not exist", id);
	*e = why;
	return -1;
}

const char *cmd_cgroup_manager(const struct globals *g)
{
	return g->systemd_cgroup && str_eq(g->cgroup_manager, "cgroupfs") ? "systemd"
									  : g->cgroup_manager;
}
