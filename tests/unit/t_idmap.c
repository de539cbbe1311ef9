/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/str.h"
#include "tests/unit/run_help.h"

TestSuite(idmap, .init = need_root);

/* ---- idmap.c ---- */

/* A child in a user namespace of its own that waits to be killed. */
static pid_t user_ns_child(void)
{
	int ends[2];
	pid_t pid;
	char c;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			proc_exit(1);
		(void)!write(ends[1], "r", 1);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	if (read(ends[0], &c, 1) != 1)
		cr_skip_test("no user namespace can be made here: a chroot, or a limit");
	(void)close(ends[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

static void proc_text(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	peek_text(AT_FDCWD, path, buf, size);
}

Test(idmap, id_maps_are_written)
{
	struct plan pl = { .ids = { .uid = { .text = "0 1000 5\n10 2000 6\n" },
				    .gid = { .text = "0 3000 7\n" },
				    .deny_setgroups = true } };
	pid_t pid = user_ns_child();
	struct err e = { 0 };
	char text[256];

	cr_expect_eq(write_idmaps(&pl, pid, &e), 0, "%s", e.text);
	proc_text(pid, "uid_map", text, sizeof(text));
	cr_expect_str_eq(text, "         0       1000          5\n"
			       "        10       2000          6");
	proc_text(pid, "gid_map", text, sizeof(text));
	cr_expect_str_eq(text, "         0       3000          7");
	proc_text(pid, "setgroups", text, sizeof(text));
	cr_expect_str_eq(text, "deny");
	end_child(pid);
}

Test(idmap, id_map_that_the_kernel_refuses_is_an_error)
{
	struct plan pl = { .ids = { .uid = { .text = "0 1000 5\n3 2000 6\n" } } };
	pid_t pid = user_ns_child();
	struct err e = { 0 };

	cr_expect_eq(write_idmaps(&pl, pid, &e), -1);
	cr_expect_str_eq(e.text, "linux.uidMappings: write uid_map\n"
				 "at most 340 ranges in 4095 bytes, none of which overlap");
	cr_expect_eq(e.sys, EINVAL);
	end_child(pid);
}

Test(idmap, id_map_helper_gets_the_pid)
{
	autoscratch struct scratch s = scratch_open();
	char path[128], body[256], text[64], want[64];
	const char *argv[] = { path, "", "0", "100000", "65536", NULL };
	struct plan pl = { .ids.uid.helper = argv };
	pid_t pid = user_ns_child();
	struct err e = { 0 };

	(void)snprintf(path, sizeof(path), "%s/newuidmap", s.path);
	(void)snprintf(body, sizeof(body), "echo \"$*\" >%s/args", s.path);
	put_script(&s, "newuidmap", body);
	cr_expect_eq(write_idmaps(&pl, pid, &e), 0, "%s", e.text);
	peek_text(s.fd, "args", text, sizeof(text));
	(void)snprintf(want, sizeof(want), "%d 0 100000 65536", pid);
	cr_expect_str_eq(text, want);
	cr_expect_str_eq(argv[1], "");
	put_script(&s, "newuidmap", "echo range not allowed >&2; exit 1");
	cr_expect_eq(write_idmaps(&pl, pid, &e), -1);
	(void)snprintf(body, sizeof(body),
		       "linux.uidMappings: %s: exit status 1: range not allowed\n"
		       "/etc/subuid must have a line that gives these ids to the user",
		       path);
	cr_expect_str_eq(e.text, body);
	end_child(pid);
}

Test(idmap, user_namespace_of_an_id_map_has_no_process)
{
	struct err e = { 0 };
	int fd = idmap_user_ns("0 1000 5\n", "0 2000 5\n", &e);

	cr_assert_geq(fd, 0, "%s", e.text);
	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(waitpid(-1, NULL, 0), -1);
	cr_expect_eq(errno, ECHILD);
	(void)close(fd);
}

/* What belongs to 0 in a tmpfs is seen as 1000 through the mount. */
static void map_mount(char *told, size_t size)
{
	const struct plan_mount mounts[] = {
		{ .kind = PM_BIND, .source = "/tmp", .index = 0 },
		{ .kind = PM_BIND, .source = "/mnt", .idmap = true, .index = 1 },
		{ .kind = PM_BIND, .source = "/proc", .idmap = true, .index = 2 },
	};
	struct plan pl = { .mounts = mounts,
			   .mounts_n = 2,
			   .ids = { .uid = { .text = "0 1000 5\n" },
				    .gid = { .text = "0 2000 5\n" } } };
	autoarena struct arena a = { 0 };
	struct run r = bare_run(&a, NULL);
	struct err e = { 0 };
	struct stat st = { 0 };

	if (!own_mounts(told, size))
		return;
	if (mount("none", "/mnt", "tmpfs", 0, NULL) < 0 || prepare_idmapped(&r, &pl, &e) < 0) {
		error_text(&e, told, size);
		return;
	}
	if (r.mount_fd[0] != -1 || fstat(r.mount_fd[1], &st) < 0 || st.st_uid != 1000 ||
	    st.st_gid != 2000) {
		TELL("uid %u gid %u", st.st_uid, st.st_gid);
		return;
	}
	pl.mounts_n = 3;
	r.mount_fd = NULL;
	if (prepare_idmapped(&r, &pl, &e) == 0 || e.sys != EINVAL ||
	    str_after(e.text, "mounts[2]: map the ids of /proc\n") == NULL)
		TELL("%s", e.text);
}

Test(idmap, mounts_are_mapped_before_clone)
{
	cr_expect_str_eq(in_child(map_mount).text, "");
}
