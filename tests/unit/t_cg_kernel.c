/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own tree: a private mount of it where the host has none on /sys/fs/cgroup. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cg_private.h"
#include "tests/unit/cg_help.h"

static const struct cg_limits nothing = {
	.memory = { CG_KEEP, CG_KEEP, CG_KEEP },
	.pids_max = CG_KEEP,
	.cpu = { CG_KEEP, CG_KEEP, CG_KEEP, CG_KEEP, CG_KEEP },
};

TestSuite(cgroups, .timeout = 60);

static void gone(const char *path)
{
	struct err e = { 0 };
	struct cg *cg = NULL;

	cr_expect_eq(cg_open(path, &cg, &e), -1, "%s is still there", path);
	cr_expect_eq(e.sys, ENOENT, "%s: %s", path, e.text);
	cg_close(cg);
}

/* A child that sleeps in the group. */
static pid_t sleeper(const struct cg *cg)
{
	struct err e = { 0 };
	pid_t pid = fork();

	cr_assert(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	cr_assert_eq(cg_add(cg, pid, &e), 0, "%s", e.text);
	return pid;
}

Test(cgroups, group_is_made_with_its_ancestors_and_removed_with_its_children)
{
	char base[64], path[128], below[192];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;
	autocg struct cg *child = NULL;

	real_tree(base);
	(void)snprintf(path, sizeof(path), "%s/b//c/", base);
	cr_assert_eq(cg_make(path, 0, &cg, &e), 0, "%s", e.text);
	(void)snprintf(path, sizeof(path), "%s/b/c", base);
	cr_expect_str_eq(cg_path(cg), path);
	cr_expect_not(cg_is_populated(cg));
	(void)snprintf(below, sizeof(below), "%s/x/y", path);
	cr_assert_eq(cg_make(below, 0, &child, &e), 0, "%s", e.text);
	cr_expect_eq(cg_remove(path, 1000, &e), 0, "%s", e.text);
	gone(path);
	cr_expect_eq(cg_remove(path, 1000, &e), 0, "%s", e.text);
	cr_expect_eq(cg_kill(cg, &e), 0, "%s", e.text);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
	gone(base);
}

/* As deep as a container goes that wants not to be removed: no name is as long as all. */
Test(cgroups, groups_of_any_depth_are_listed_and_removed)
{
	char base[64], text[16];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;
	autofree pid_t *pids = NULL;
	size_t n = 0;
	pid_t pid;
	int dir;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	dir = openat(cg_fd(cg), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 300; i++) {
		int next;

		cr_assert_eq(mkdirat(dir, "beside", 0755), 0, "%d: %s", i, strerror(errno));
		cr_assert_eq(mkdirat(dir, "a_name_of_some_length", 0755), 0, "%d: %s", i,
			     strerror(errno));
		next = openat(dir, "a_name_of_some_length", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cr_assert_geq(next, 0);
		(void)close(dir);
		dir = next;
	}
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	(void)snprintf(text, sizeof(text), "%d", pid);
	cr_assert_eq(file_put_at(dir, "cgroup.procs", text), 0);
	(void)close(dir);
	cr_expect_eq(cg_pids(cg, &pids, &n, &e), 0, "%s", e.text);
	cr_expect(n == 1 && pids[0] == pid);
	cr_expect_eq(cg_remove(base, 0, &e), -1);
	cr_expect_eq(e.sys, EBUSY, "%s", e.text);
	e = (struct err){ 0 };
	cr_expect_eq(cg_kill(cg, &e), 0, "%s", e.text);
	(void)waitpid(pid, NULL, 0);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
	gone(base);
}

Test(cgroups, group_tells_whose_it_is)
{
	char base[64];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	cr_expect(cg_is_of(cg, "a", 1), "nobody's is ours");
	cg_mark(cg, "a", 1);
	cr_expect(cg_is_of(cg, "a", 1));
	cr_expect_not(cg_is_of(cg, "a", 2));
	cr_expect_not(cg_is_of(cg, "b", 1));
	cg_mark(cg, "b", 12);
	cr_expect(cg_is_of(cg, "b", 12));
	cr_expect_not(cg_is_of(cg, "b", 1));
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

Test(cgroups, one_group_is_removed_without_those_below_it)
{
	char base[64], path[128];
	struct err e = { 0 };
	autocg struct cg *low = NULL;

	real_tree(base);
	(void)snprintf(path, sizeof(path), "%s/x", base);
	cr_assert_eq(cg_make(path, 0, &low, &e), 0, "%s", e.text);
	cr_expect_eq(cg_remove_one(base, 0, &e), -1);
	cr_expect_eq(e.sys, EBUSY, "%s", e.text);
	e = (struct err){ 0 };
	cr_expect_eq(cg_remove_one(path, 0, &e), 0, "%s", e.text);
	cr_expect_eq(cg_remove_one(base, 0, &e), 0, "%s", e.text);
	gone(base);
}

Test(cgroups, group_in_use_is_not_made_again)
{
	char base[64], path[128], text[512];
	struct err e = { 0 }, e2 = { 0 }, e3 = { 0 };
	autocg struct cg *cg = NULL;
	autocg struct cg *again = NULL;
	pid_t pid;

	real_tree(base);
	(void)snprintf(path, sizeof(path), "%s/c", base);
	cr_assert_eq(cg_make(path, 0, &cg, &e), 0, "%s", e.text);
	cr_assert_eq(cg_make(path, 0, &again, &e), 0, "an empty one serves: %s", e.text);
	pid = sleeper(cg);
	cr_expect_eq(cg_make(path, 0, &again, &e), -1);
	(void)snprintf(text, sizeof(text),
		       "cgroup %s: container's cgroup is not empty: processes are in it\n"
		       "choose another cgroup path, or end those processes",
		       path);
	cr_expect_str_eq(e.text, text);
	cr_expect_eq(cg_make(base, 0, &again, &e2), -1);
	(void)snprintf(text, sizeof(text),
		       "cgroup %s: wanted a new group: it has child groups\n"
		       "choose another cgroup path, or remove that group",
		       base);
	cr_expect_str_eq(e2.text, text);
	cr_expect_eq(cg_kill(cg, &e3), 0, "%s", e3.text);
	(void)waitpid(pid, NULL, 0);
	cr_expect_eq(cg_remove(base, 1000, &e3), 0, "%s", e3.text);
}

static void words_of(const struct cg *cg, const char *file, char text[256])
{
	text[0] = '\0';
	cr_assert_geq(file_peek_at(cg->dir, file, text, 256), 0, "%s", file);
}

/* Or nobody could count what a container uses that has no limits. */
Test(cgroups, each_controller_is_passed_on_where_no_process_is_in_the_way)
{
	char base[64], path[128], root[256], own[256];
	struct err e = { 0 }, e2 = { 0 };
	autocg struct cg *all = NULL;
	autocg struct cg *top = NULL;
	autocg struct cg *below = NULL;
	pid_t pid;

	real_tree(base);
	cr_assert_eq(cg_open("/", &top, &e), 0, "%s", e.text);
	words_of(top, "cgroup.controllers", root);
	(void)snprintf(path, sizeof(path), "%s/b/c", base);
	cr_assert_eq(cg_make(path, 0, &all, &e), 0, "%s", e.text);
	words_of(all, "cgroup.controllers", own);
	cr_expect_str_eq(own, root);
	pid = sleeper(all);
	(void)snprintf(path, sizeof(path), "%s/b/c/d", base);
	cr_assert_eq(cg_make(path, 0, &below, &e), 0, "%s", e.text);
	words_of(all, "cgroup.subtree_control", own);
	cr_expect_str_eq(own, "");
	cr_expect_eq(cg_kill(all, &e2), 0, "%s", e2.text);
	(void)waitpid(pid, NULL, 0);
	cr_expect_eq(cg_remove(base, 1000, &e2), 0, "%s", e2.text);
}

Test(cgroups, refused_controller_leaves_nothing_behind)
{
	char base[64], path[128];
	struct err e = { 0 };
	struct cg *cg = NULL;
	struct cg_host h;
	unsigned absent;

	real_tree(base);
	cg_probe(&h);
	absent = ~h.controllers & 0xffU;
	if (absent == 0)
		cr_skip("every controller is there");
	(void)snprintf(path, sizeof(path), "%s/c", base);
	cr_expect_eq(cg_make(path, absent, &cg, &e), -1);
	cr_expect_eq(e.kind, ERR_HOST);
	cr_expect(str_after(e.text, "cgroup /: wanted controller ") != NULL, "%s", e.text);
	cr_expect(err_hint(&e) != NULL);
	gone(path);
	gone(base);
}

Test(cgroups, ancestors_made_on_the_way_to_a_failure_are_removed)
{
	char base[64], path[128], text[256];
	struct err e = { 0 }, e2 = { 0 };
	autocg struct cg *top = NULL;
	struct cg *cg = NULL;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &top, &e), 0, "%s", e.text);
	cr_assert_eq(file_put_at(cg_fd(top), "cgroup.max.descendants", "2"), 0);
	(void)snprintf(path, sizeof(path), "%s/p/q/r", base);
	cr_expect_eq(cg_make(path, 0, &cg, &e2), -1);
	cr_expect_eq(e2.sys, EAGAIN);
	(void)snprintf(text, sizeof(text),
		       "cgroup %s: make\nan ancestor's cgroup.max.descendants or "
		       "cgroup.max.depth is reached",
		       path);
	cr_expect_str_eq(e2.text, text);
	(void)snprintf(path, sizeof(path), "%s/p", base);
	gone(path);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

Test(cgroups, controllers_are_passed_on_by_every_ancestor)
{
	char base[64], path[128], file[192], text[512];
	struct err e = { 0 }, e2 = { 0 };
	autocg struct cg *cg = NULL;
	autocg struct cg *deep = NULL;
	struct cg_host h;
	bool was;
	int r;
	pid_t pid;

	real_tree(base);
	cg_probe(&h);
	if ((h.controllers & CG_HUGETLB) == 0)
		cr_skip("hugetlb is not on v2 here");
	(void)file_peek_at(AT_FDCWD, CG_ROOT "/cgroup.subtree_control", text, sizeof(text));
	was = (cg_bits(text) & CG_HUGETLB) != 0;
	(void)snprintf(path, sizeof(path), "%s/b/c", base);
	cr_expect_eq(cg_make(path, CG_HUGETLB, &cg, &e), 0, "%s", e.text);
	(void)snprintf(file, sizeof(file), CG_ROOT "%s/cgroup.controllers", path);
	(void)file_peek_at(AT_FDCWD, file, text, sizeof(text));
	cr_expect(cg_bits(text) & CG_HUGETLB);
	/* A group with a process passes nothing on: the error names it. */
	pid = sleeper(cg);
	(void)snprintf(file, sizeof(file), "%s/d", path);
	cr_expect_eq(cg_make(file, CG_HUGETLB, &deep, &e2), -1);
	(void)snprintf(
		text, sizeof(text),
		"cgroup %s: write +hugetlb to cgroup.subtree_control: process %d is in it\n"
		"a group with processes cannot pass controllers on: move them to a child "
		"group, or choose a cgroup path outside it",
		path, pid);
	cr_expect_str_eq(e2.text, text);
	cr_expect_eq(e2.sys, EBUSY);
	gone(file);
	cr_expect_eq(cg_kill(cg, &e), 0);
	(void)waitpid(pid, NULL, 0);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
	if (was)
		return;
	/* As we found it; EBUSY: somebody else has come to need it meanwhile. */
	r = file_put_at(AT_FDCWD, CG_ROOT "/cgroup.subtree_control", "-hugetlb");
	cr_expect(r == 0 || r == -EBUSY, "%d", r);
}

Test(cgroups, pids_of_the_whole_subtree_are_listed_and_killed)
{
	char base[64], path[128];
	struct err e = { 0 };
	autocg struct cg *top = NULL;
	autocg struct cg *low = NULL;
	autofree pid_t *pids = NULL;
	pid_t a, b;
	size_t n = 0;
	int status;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &top, &e), 0, "%s", e.text);
	a = sleeper(top);
	(void)snprintf(path, sizeof(path), "%s/x/y", base);
	cr_assert_eq(cg_make(path, 0, &low, &e), 0, "%s", e.text);
	b = sleeper(low);
	cr_expect(cg_is_populated(top));
	cr_expect_eq(cg_pids(top, &pids, &n, &e), 0, "%s", e.text);
	cr_assert_eq(n, 2);
	cr_expect((pids[0] == a && pids[1] == b) || (pids[0] == b && pids[1] == a));
	cr_expect_eq(cg_signal(low, SIGTERM, &e), 0, "%s", e.text);
	cr_expect_eq(waitpid(b, &status, 0), b);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	cr_expect_eq(waitpid(a, &status, WNOHANG), 0, "it was not in that group");
	cr_expect_eq(cg_kill(top, &e), 0, "%s", e.text);
	cr_expect_eq(waitpid(a, &status, 0), a);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

Test(cgroups, all_are_killed_without_cgroup_kill_too)
{
	char base[64], path[128];
	struct err e = { 0 };
	autocg struct cg *top = NULL;
	autocg struct cg *low = NULL;
	pid_t pid[70]; /* more than one batch */
	int status;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &top, &e), 0, "%s", e.text);
	pid[0] = sleeper(top); /* or it would pass its controllers on */
	(void)snprintf(path, sizeof(path), "%s/x", base);
	cr_assert_eq(cg_make(path, 0, &low, &e), 0, "%s", e.text);
	for (size_t i = 1; i < COUNT(pid); i++)
		pid[i] = sleeper(i % 2 ? top : low);
	cr_expect_eq(cg_kill_each(top, &e), 0, "%s", e.text);
	for (size_t i = 0; i < COUNT(pid); i++) {
		cr_expect_eq(waitpid(pid[i], &status, 0), pid[i]);
		cr_expect_eq(WTERMSIG(status), SIGKILL);
	}
	cr_expect_not(cg_is_frozen(top));
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

static void *stays(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

/* A child in the group whose first thread has ended. */
static pid_t leaderless(const struct cg *cg)
{
	const struct timespec tick = { 0, 1000000 };
	char path[64], text[512] = "";
	struct err e = { 0 };
	pid_t pid = fork();

	cr_assert(pid >= 0);
	if (pid == 0) {
		pthread_t other;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (cg_add(cg, getpid(), &e) == 0 &&
		    pthread_create(&other, NULL, stays, NULL) == 0)
			(void)syscall(SYS_exit, 0);
		_exit(1);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (strstr(text, ") Z ") == NULL &&
	       file_peek_at(AT_FDCWD, path, text, sizeof(text)) > 0)
		(void)nanosleep(&tick, NULL);
	return pid;
}

Test(cgroups, a_process_without_its_first_thread_is_killed_too)
{
	char base[64];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;
	pid_t with, without;
	int status = 0;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	with = sleeper(cg);
	without = leaderless(cg);
	cr_expect(cg_is_populated(cg));
	cr_expect_eq(cg_kill(cg, &e), 0, "%s", e.text);
	cr_expect_eq(waitpid(with, &status, 0), with);
	cr_expect_eq(waitpid(without, &status, 0), without);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %d", status);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

Test(cgroups, threaded_children_hide_nobody)
{
	char base[64], path[128];
	struct err e = { 0 };
	autocg struct cg *top = NULL;
	autocg struct cg *low = NULL;
	autofree pid_t *pids = NULL;
	size_t n = 0;
	pid_t pid;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &top, &e), 0, "%s", e.text);
	pid = sleeper(top);
	(void)snprintf(path, sizeof(path), "%s/x", base);
	cr_assert_eq(cg_make(path, 0, &low, &e), 0, "%s", e.text);
	cr_assert_eq(file_put_at(cg_fd(low), "cgroup.type", "threaded"), 0);
	cr_expect_eq(cg_add(low, pid, &e), 0, "%s", e.text);
	cr_expect_eq(cg_pids(top, &pids, &n, &e), 0, "%s", e.text);
	cr_expect(n == 1 && pids[0] == pid);
	cr_expect_eq(cg_kill(top, &e), 0, "%s", e.text);
	(void)waitpid(pid, NULL, 0);
	/* Not a silent success: the group itself cannot say who is in it. */
	cr_expect_eq(cg_kill(low, &e), -1);
	cr_expect_eq(e.sys, EOPNOTSUPP);
	e = (struct err){ 0 };
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

Test(cgroups, remove_gives_up_in_time_and_names_who_is_inside)
{
	char base[64], text[512];
	struct err e = { 0 }, e2 = { 0 };
	autocg struct cg *cg = NULL;
	pid_t pid;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	pid = sleeper(cg);
	cr_expect_eq(cg_remove(base, 60, &e2), -1);
	(void)snprintf(text, sizeof(text), "cgroup %s: remove: pid %d still inside after 60 ms",
		       base, pid);
	cr_expect_str_eq(e2.text, text);
	cr_expect_eq(e2.sys, EBUSY);
	cr_expect_eq(cg_kill(cg, &e), 0, "%s", e.text);
	/* Not reaped yet: a zombie does not hold the group. */
	cr_expect_eq(cg_remove(base, 2000, &e), 0, "%s", e.text);
	(void)waitpid(pid, NULL, 0);
}

Test(cgroups, frozen_group_stands_still_and_can_be_thawed_and_killed)
{
	char base[64];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;
	pid_t pid;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	cr_expect_eq(cg_freeze(cg, true, 2000, &e), 0, "empty: %s", e.text);
	cr_expect_eq(cg_freeze(cg, false, 2000, &e), 0, "empty: %s", e.text);
	pid = sleeper(cg);
	cr_expect_eq(cg_freeze(cg, true, 2000, &e), 0, "%s", e.text);
	cr_expect(cg_is_frozen(cg));
	cr_expect_eq(cg_freeze(cg, false, 2000, &e), 0, "%s", e.text);
	cr_expect_not(cg_is_frozen(cg));
	cr_expect_eq(cg_freeze(cg, true, 2000, &e), 0, "%s", e.text);
	cr_expect_eq(cg_kill(cg, &e), 0, "%s", e.text);
	cr_expect_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

static void expect_text(const struct cg *cg, const char *file, const char *want)
{
	char text[64] = "";

	cr_assert_geq(file_peek_at(cg->dir, file, text, sizeof(text)), 0, "%s", file);
	cr_expect_str_eq(text, want, "%s: %s", file, text);
}

static int also_refuse(void *arg, struct err *e)
{
	return fail(e, ERR_HOST, "%s", (const char *)arg);
}

/* All or nothing: what was written before the refusal is as it was. */
Test(cgroups, update_that_is_refused_leaves_no_trace)
{
	const struct cg_pair unified[] = { { "hugetlb.2MB.max", "6291456" },
					   { "hugetlb.2MB.max", "8388608" },
					   { "hugetlb.1GB.max", "nonsense" } };
	struct cg_limits limits = nothing;
	char base[64], path[128];
	struct err e = { 0 }, e2 = { 0 }, e3 = { 0 };
	char why[] = "another says no";
	autocg struct cg *cg = NULL;
	struct cg_host h;

	real_tree(base);
	cg_probe(&h);
	if ((h.controllers & CG_HUGETLB) == 0)
		cr_skip("no hugetlb controller on v2 here");
	(void)snprintf(path, sizeof(path), "%s/b/c", base);
	cr_assert_eq(cg_make(path, 0, &cg, &e), 0, "%s", e.text);
	cr_assert_eq(file_put_at(cg->dir, "../cgroup.subtree_control", "-hugetlb"), 0);
	cr_expect_eq(faccessat(cg->dir, "hugetlb.2MB.max", F_OK, 0), -1);
	limits.unified = unified;
	limits.unified_n = 1;
	cr_assert_eq(cg_update(cg, &limits, NULL, NULL, &e), 0, "%s", e.text);
	expect_text(cg, "hugetlb.2MB.max", "6291456");
	limits.unified = unified + 1;
	limits.unified_n = 2;
	cr_expect_eq(cg_update(cg, &limits, NULL, NULL, &e2), -1);
	cr_expect_not_null(strstr(e2.text, "nonsense"), "%s", e2.text);
	cr_expect_null(strstr(e2.text, "set back"), "%s", e2.text);
	expect_text(cg, "hugetlb.2MB.max", "6291456");
	limits.unified_n = 1;
	cr_expect_eq(cg_update(cg, &limits, also_refuse, why, &e3), -1);
	cr_expect_str_eq(e3.text, "another says no");
	expect_text(cg, "hugetlb.2MB.max", "6291456");
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}

Test(cgroups, delegated_group_belongs_to_the_user)
{
	char base[64];
	struct err e = { 0 };
	autocg struct cg *cg = NULL;
	struct stat dir, procs, other;

	real_tree(base);
	cr_assert_eq(cg_make(base, 0, &cg, &e), 0, "%s", e.text);
	cr_expect_eq(cg_delegate(cg, 4321, 4322, &e), 0, "%s", e.text);
	cr_expect_eq(fstat(cg_fd(cg), &dir), 0);
	cr_expect_eq(fstatat(cg_fd(cg), "cgroup.procs", &procs, 0), 0);
	cr_expect_eq(fstatat(cg_fd(cg), "cgroup.freeze", &other, 0), 0);
	cr_expect(dir.st_uid == 4321 && dir.st_gid == 4322);
	cr_expect(procs.st_uid == 4321 && procs.st_gid == 4322);
	cr_expect_eq(other.st_uid, 0, "the freezer stays ours");
	cr_expect_eq(cg_remove(base, 1000, &e), 0, "%s", e.text);
}
