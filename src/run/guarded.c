/* SPDX-License-Identifier: Apache-2.0 */
/* guarded.c - sources of binds that only capabilities get to: root's own may lie in a user's
 * home. The init of a user namespace has root's ids there and no capabilities: it opens all
 * others itself. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "run/run_private.h"

#define PASSING (UINT64_C(1) << CAP_DAC_OVERRIDE | UINT64_C(1) << CAP_DAC_READ_SEARCH)

static bool is_guarded(const struct plan_mount *m)
{
	int link = m->source_nofollow || m->copy_symlink ? O_NOFOLLOW : 0;
	autofd int fd = open(m->source, O_PATH | O_CLOEXEC | link);

	return fd < 0 && errno == EACCES;
}

/* Not what lies in the root, which is the image's and opened in there. */
static bool is_ours(const struct run *r, const struct plan *pl, size_t i)
{
	const struct plan_mount *m = &pl->mounts[i];

	return m->kind == PM_BIND && r->mount_fd[i] < 0 &&
	       path_below(m->source, pl->root.path) == NULL;
}

/* What a process of our ids without our capabilities cannot open. */
static size_t find_guarded(struct run *r, const struct plan *pl)
{
	size_t found = 0;

	for (size_t i = 0; i < pl->mounts_n; i++) {
		r->guarded[i] = is_ours(r, pl, i) && is_guarded(&pl->mounts[i]);
		found += r->guarded[i];
	}
	return found;
}

int prepare_guarded(struct run *r, const struct plan *pl, struct err *e)
{
	uint64_t effective, permitted, inheritable;
	size_t found;
	int err = sys_capget(&effective, &permitted, &inheritable);

	if (err < 0)
		return fail_sys(e, -err, "capget");
	if ((effective & PASSING) == 0)
		return 0;
	need_mount_fds(r, pl);
	r->guarded = arena_array(r->arena, pl->mounts_n, sizeof(*r->guarded));
	err = sys_capset(effective & ~PASSING, permitted, inheritable);
	if (err < 0)
		return fail_sys(e, -err, "capset");
	found = find_guarded(r, pl);
	err = sys_capset(effective, permitted, inheritable);
	if (err < 0)
		return fail_sys(e, -err, "capset");
	for (size_t i = 0; found > 0 && i < pl->mounts_n; i++) {
		if (!r->guarded[i])
			continue;
		r->mount_fd[i] = host_tree(pl, &pl->mounts[i], e);
		if (r->mount_fd[i] < 0)
			return -1;
	}
	return 0;
}
