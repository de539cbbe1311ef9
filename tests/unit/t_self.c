/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/sys.h"
#include "tests/unit/run_help.h"

TestSuite(self, .init = need_root);

/* ---- self.c: after it there is no way from the process to a binary that can be written ----
 */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_read_only(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

/* One mapping as a hostile root could open it: by /proc/PID/map_files. In what was attached the
 * mount goes later, with the old root. */
static bool leads_to(const char *range, const struct stat *binary, bool attached)
{
	struct mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
	autofd int dir = open("/proc/self/map_files", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int fd = openat(dir, range, O_RDONLY | O_CLOEXEC);
	struct stat is;

	if (fd < 0 || fstat(fd, &is) < 0 || !is_same(&is, binary))
		return false;
	if (!attached)
		(void)sys_mount_setattr(fd, "", AT_EMPTY_PATH, &writable);
	return !is_read_only(fd);
}

static int count_ways(const struct stat *binary, bool attached)
{
	DIR *all = opendir("/proc/self/map_files");
	int n = 0;

	for (struct dirent *d = all != NULL ? readdir(all) : NULL; d != NULL; d = readdir(all))
		n += leads_to(d->d_name, binary, attached);
	if (all == NULL)
		return -1;
	(void)closedir(all);
	return n;
}

static void hide(const struct plan *pl, char *told, size_t size)
{
	const bool attached = pl->ns.new_mount;
	struct run r = bare_run(NULL, NULL);
	struct stat binary, exe;
	struct err e = { 0 };
	int before, after;

	if (!own_mounts(told, size) || stat("/proc/self/exe", &binary) < 0)
		return;
	before = count_ways(&binary, attached);
	if (do_hide_binary(&r, pl, &e) < 0) {
		error_text(&e, told, size);
		return;
	}
	after = count_ways(&binary, attached);
	if (before <= 0 || after != 0)
		TELL("mappings that can be written: %d before, %d after", before, after);
	else if (stat("/proc/self/exe", &exe) < 0 || is_same(&exe, &binary) || exe.st_size != 0)
		TELL("/proc/self/exe is still a program");
	else if (truncate("/proc/self/exe", 1) == 0)
		TELL("/proc/self/exe can be written");
}

static void hide_attached(char *told, size_t size)
{
	const struct plan pl = { .ns.new_mount = true, .root.pivot = true };

	hide(&pl, told, size);
}

Test(self, of_a_new_container_no_mapping_leads_to_the_binary)
{
	cr_expect_str_eq(in_child(hide_attached).text, "");
}

static void hide_detached(char *told, size_t size)
{
	const struct plan pl = { 0 };

	hide(&pl, told, size);
}

Test(self, of_an_exec_no_mapping_leads_to_the_binary)
{
	cr_expect_str_eq(in_child(hide_detached).text, "");
}

/* Where no mount can be had all is copied. */
static void hide_renamed(char *told, size_t size)
{
	const struct plan pl = { 0 };
	char name[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", name, sizeof(name) - 1);

	if (n < 0 || !own_mounts(told, size))
		return;
	name[n] = '\0';
	if (mount("/dev/null", name, NULL, MS_BIND, NULL) < 0)
		TELL("bind over %s: %s", name, strerror(errno));
	else
		hide(&pl, told, size);
}

Test(self, a_binary_whose_name_is_another_files_is_copied)
{
	cr_expect_str_eq(in_child(hide_renamed).text, "");
}
