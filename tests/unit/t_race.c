/* SPDX-License-Identifier: Apache-2.0 */
/* What a neighbour that shares our root changes between two looks of ours. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "tests/unit/run_help.h"

TestSuite(race, .init = need_root);

static struct scratch at; /* the parent's, which sees none of the child's mounts */

static struct told in_child_at(void (*body)(char *told, size_t size))
{
	struct told t;

	at = scratch_open();
	t = in_child(body);
	scratch_close(&at);
	return t;
}

/* ---- lookup.c ---- */

/* The root is a mount of `dir' over itself; `leaked' is the directory below that. */
static bool enter_root(const char *dir, int *leaked, char *told, size_t size)
{
	if (!own_mounts(told, size))
		return false;
	if (chdir(dir) == 0) {
		*leaked = open("sub", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (*leaked >= 0 && mount(dir, dir, NULL, MS_BIND, NULL) == 0 &&
		    chdir(dir) == 0 && sys_pivot_root(".", ".") == 0 &&
		    umount2(".", MNT_DETACH) == 0 && chdir("/") == 0)
			return true;
	}
	TELL("enter the root: %s", strerror(errno));
	return false;
}

static void stand_outside(char *told, size_t size)
{
	const struct plan pl = { .process.cwd = "/proc/self/fd/3" };
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };
	char libc[PATH_MAX];
	int leaked = -1;

	(void)mkdirat(at.fd, "sub", 0755);
	if (!enter_root(at.path, &leaked, told, size))
		return;
	if (fchdir(leaked) < 0 || getcwd(libc, sizeof(libc)) == NULL)
		TELL("getcwd(3) is no trap any more");
	else if (do_cwd_check(&r, &pl, &e) == 0)
		TELL("took %s for a path inside", libc);
	else
		error_text(&e, told, size);
}

/* The same directory is in the root, so walking up by ".." meets the root's inode. */
Test(race, a_directory_of_another_mount_is_no_working_directory)
{
	cr_expect_str_eq(in_child_at(stand_outside).text,
			 "process.cwd: expected a directory inside the container: found "
			 "\"/proc/self/fd/3\"");
}

/* ---- mask.c ---- */

/* A procfs on "swapped" and another's directory "proc". In mounts of our own. */
static bool make_swapped_root(char *told, size_t size)
{
	if (!own_mounts(told, size))
		return false;
	if (chdir(at.path) == 0 && mkdir("dev", 0755) == 0 && mkdir("proc", 0755) == 0 &&
	    mkdir("swapped", 0755) == 0 &&
	    mknod("dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0 &&
	    mount("proc", "swapped", "proc", 0, NULL) == 0)
		return true;
	TELL("make a root: %s", strerror(errno));
	return false;
}

/* The procfs was mounted on /proc, which is /swapped by now; /proc is another's directory. */
static void mask_swapped(char *told, size_t size)
{
	struct plan_mount proc = { .destination = "/proc", .type = "proc" };
	const char *masked[] = { "/proc/version" }, *closed[] = { "/proc/sys" };
	struct plan pl = { .mounts = &proc, .mounts_n = 1 };
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };
	struct stat st;
	int fd;

	proc.dest_is_fixed = true;
	pl.masked.v = masked;
	pl.readonly_paths.v = closed;
	pl.masked.n = pl.readonly_paths.n = 1;
	r.mount_fd = &fd;
	if (!make_swapped_root(told, size))
		return;
	r.root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = open("swapped", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (do_readonly_paths(&r, &pl, &e) < 0 || do_masked_paths(&r, &pl, &e) < 0)
		error_text(&e, told, size);
	else if (stat("swapped/version", &st) < 0 || !S_ISCHR(st.st_mode))
		TELL("not masked");
	else if (open("swapped/sys/kernel/hostname", O_WRONLY | O_CLOEXEC) >= 0)
		TELL("not closed");
}

Test(race, paths_of_proc_are_masked_in_the_mount_that_we_made)
{
	cr_expect_str_eq(in_child_at(mask_swapped).text, "");
}

/* /proc has been covered by a later mount: what is masked is what can be seen. */
static void mask_covered(char *told, size_t size)
{
	struct plan_mount mounts[2] = { { .destination = "/proc", .type = "proc" },
					{ .destination = "/proc", .type = "bind" } };
	const char *masked[] = { "/proc/version" };
	struct plan pl = { .mounts = mounts, .mounts_n = 2 };
	struct run r = bare_run(NULL, NULL);
	int fds[2] = { -1, -1 };
	struct err e = { 0 };
	struct stat st;

	mounts[0].dest_is_fixed = true;
	pl.masked.v = masked;
	pl.masked.n = 1;
	r.mount_fd = fds;
	if (!make_swapped_root(told, size))
		return;
	r.root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fds[0] = open("swapped", O_PATH | O_DIRECTORY | O_CLOEXEC);
	scratch_put(&at, "proc/version", "secret");
	if (do_masked_paths(&r, &pl, &e) < 0)
		error_text(&e, told, size);
	else if (stat("proc/version", &st) < 0 || !S_ISCHR(st.st_mode))
		TELL("not masked");
}

Test(race, paths_of_what_covers_proc_are_masked_there)
{
	cr_expect_str_eq(in_child_at(mask_covered).text, "");
}
