/* SPDX-License-Identifier: Apache-2.0 */
/* The device filter, run by the kernel. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "cgroups/cg_private.h"
#include "tests/unit/cg_help.h"

static const struct cg_limits nothing = {
	.memory = { CG_KEEP, CG_KEEP, CG_KEEP },
	.pids_max = CG_KEEP,
	.cpu = { CG_KEEP, CG_KEEP, CG_KEEP, CG_KEEP, CG_KEEP },
};

/* In the group: 0 when /dev/null opens, 1 when EPERM, 2 anything else; +10, +20 likewise for
 * mknod of it. */
static int null_in(const struct cg *cg)
{
	struct err e = { 0 };
	int status, go[2];
	pid_t pid;

	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		char c, name[64];
		int r, m;

		(void)!read(go[0], &c, 1);
		r = open("/dev/null", O_RDWR) >= 0 ? 0 : errno == EPERM ? 1 : 2;
		(void)snprintf(name, sizeof(name), "/tmp/t_cgroups.null.%d", getpid());
		m = mknod(name, S_IFCHR | 0600, makedev(1, 3)) == 0 ? 0
		    : errno == EPERM                                ? 10
								    : 20;
		(void)unlink(name);
		_exit(r + m);
	}
	cr_assert_eq(cg_add(cg, pid, &e), 0, "%s", e.text);
	cr_assert_eq(write(go[1], "x", 1), 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	(void)close(go[0]);
	(void)close(go[1]);
	return WEXITSTATUS(status);
}

static int filter(const struct cg *cg, const struct cg_device *d, size_t n, struct err *e)
{
	struct cg_limits l = nothing;

	l.has_devices = true;
	l.devices = d;
	l.devices_n = n;
	return cg_limit(cg, &l, e);
}

/* clang-format off */
static const struct cg_device usual[] = {
	{ false, 'a', -1, -1, true, true, true },
	{ true, 'c', -1, -1, false, false, true },
	{ true, 'c', 1, 3, true, true, true },
};
static const struct cg_device every_form[] = {
	{ false, 'c', 1, 3, true, true, true },
	{ true, 'a', -1, -1, true, true, true }, /* nothing before it is reached */
	{ false, 'b', -1, 5, false, true, false },
	{ true, 'c', 70000, 1, true, true, true },
	{ false, 'a', 7, -1, false, true, true },
	{ true, 'a', -1, -1, true, false, false },
	{ false, 'a', 9, 1, true, true, true },
};
static const struct cg_device allow_all = { true, 'a', -1, -1, true, true, true };
/* clang-format on */

Test(cgroups, device_filter_holds_and_is_replaced)
{
	static const struct cg_device read_null = { true, 'c', 1, 3, true, false, false };
	static const struct cg_device open_null = { true, 'c', 1, 3, true, true, false };
	char base[64];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	if (filter(cg, usual, COUNT(usual), &e) < 0) {
		struct err e2 = { 0 };

		cr_expect_eq(cg_remove(base, 1000, &e2), 0, "%s", e2.text);
		cr_skip("no device filter here: %s", e.text);
	}
	cr_expect_eq(null_in(cg), 0);
	cr_expect_eq(filter(cg, NULL, 0, &e), 0, "%s", e.text);
	cr_expect_eq(null_in(cg), 11);
	cr_expect_eq(filter(cg, &open_null, 1, &e), 0, "%s", e.text);
	cr_expect_eq(null_in(cg), 10);
	/* 64 is the most that one group takes: those before must have gone. */
	for (int i = 0; i < 70; i++)
		cr_assert_eq(filter(cg, &read_null, 1, &e), 0, "%d: %s", i, e.text);
	cr_expect_eq(null_in(cg), 11);
	cr_expect_eq(filter(cg, &allow_all, 1, &e), 0, "%s", e.text);
	cr_expect_eq(null_in(cg), 0);
	cr_expect_eq(filter(cg, every_form, COUNT(every_form), &e), 0, "the verifier: %s",
		     e.text);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

/* Fail closed: without the right to load a filter, only rules that need none pass. */
Test(cgroups, device_filter_in_a_user_namespace_is_refused_unless_it_allows_all)
{
	static const struct cg_device one = { true, 'c', 1, 3, true, true, true };
	char base[64];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;
	int status;
	pid_t pid;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		if (filter(cg, &allow_all, 1, &e) < 0)
			_exit(1);
		_exit(filter(cg, &one, 1, &e) == -1 && e.sys == EPERM && err_hint(&e) != NULL
			      ? 0
			      : 2);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
	if (WEXITSTATUS(status) == 77)
		cr_skip("no user namespace here");
	cr_expect_eq(status, 0, "%#x", (unsigned)status);
}
