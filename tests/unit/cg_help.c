/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cg_help.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cgroups/cg_private.h"

void real_tree(char base[64])
{
	struct cg_host h;

	if (geteuid() != 0)
		cr_skip("the kernel's tree needs root");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		cr_skip("no mount namespace: %s", strerror(errno));
	cg_probe(&h);
	if (!h.v2 && mount("none", CG_ROOT, "cgroup2", 0, NULL) < 0)
		cr_skip("no cgroup2: %s", strerror(errno));
	(void)snprintf(base, 64, "/t_cgroups.%d", getpid());
}
