/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/path.h"
#include "tests/unit/scratch.h"

/* A rootfs inside a directory that holds a file which nobody in the rootfs may reach. */
struct tree {
	struct scratch s;
	int root;
};

static void tree_close(struct tree *t)
{
	(void)close(t->root);
	scratch_close(&t->s);
}
#define autotree __attribute__((cleanup(tree_close)))

static struct tree tree_open(void)
{
	/* clang-format off */
	static const char *const links[][2] = {
		{ "/", "root/slash" },            { "../../..", "root/up" },
		{ "/etc", "root/abs" },           { "../etc", "root/dir/rel" },
		{ "/nowhere", "root/dangling" },  { "loop", "root/loop" },
		{ "/proc/self/root", "root/magic" },
		{ "../secret", "root/out" },      { "/dir/new", "root/etc/resolv" },
	};
	/* clang-format on */
	struct tree t = { .s = scratch_open() };

	scratch_put(&t.s, "secret", "outside");
	cr_assert_eq(mkdirat(t.s.fd, "root", 0755), 0);
	cr_assert_eq(mkdirat(t.s.fd, "root/etc", 0755), 0);
	cr_assert_eq(mkdirat(t.s.fd, "root/dir", 0755), 0);
	scratch_put(&t.s, "root/etc/file", "inside");
	for (size_t i = 0; i < COUNT(links); i++)
		cr_assert_eq(symlinkat(links[i][0], t.s.fd, links[i][1]), 0);
	t.root = openat(t.s.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(t.root, 0);
	return t;
}

struct lookup {
	char path[48];
	int in;     /* path_open_in: 0 or -errno */
	int nolink; /* path_open_beneath_nolink */
};

/* clang-format off */
static struct lookup lookups[] = {
	{ "etc/file",                 0,       0 },
	{ "/etc/file",                0,       0 },
	{ "//etc/./file",             0,       0 },
	{ "etc/../etc/file",          0,       0 },
	{ "../etc/file",              0,       -EXDEV },
	{ "../../../../../etc/file",  0,       -EXDEV },
	{ "../secret",                -ENOENT, -EXDEV },
	{ "/../secret",               -ENOENT, -EXDEV },
	{ "slash/etc/file",           0,       -ELOOP },
	{ "up/etc/file",              0,       -ELOOP },
	{ "abs/file",                 0,       -ELOOP },
	{ "dir/rel/file",             0,       -ELOOP },
	{ "out",                      -ENOENT, -ELOOP },
	{ "up/secret",                -ENOENT, -ELOOP },
	{ "dangling",                 -ENOENT, -ELOOP },
	{ "loop",                     -ELOOP,  -ELOOP },
	{ "magic/etc",                -ENOENT, -ELOOP },
	{ "etc/file/x",               -ENOTDIR, -ENOTDIR },
	{ "none",                     -ENOENT, -ENOENT },
};
/* clang-format on */

ParameterizedTestParameters(path, stays_inside)
{
	return cr_make_param_array(struct lookup, lookups, COUNT(lookups));
}

static int outcome(int fd)
{
	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

ParameterizedTest(struct lookup *l, path, stays_inside)
{
	autotree struct tree t = tree_open();

	cr_expect_eq(outcome(path_open_in(t.root, l->path, O_RDONLY, 0)), l->in, "%s", l->path);
	cr_expect_eq(outcome(path_open_beneath_nolink(t.root, l->path, O_RDONLY, 0)), l->nolink,
		     "%s", l->path);
}

Test(path, magic_links_are_refused)
{
	autofd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	cr_assert_geq(proc, 0);
	cr_expect_eq(outcome(path_open_in(proc, "self/stat", O_RDONLY, 0)), 0);
	cr_expect_eq(path_open_in(proc, "self/root", O_PATH, 0), -ELOOP);
	cr_expect_eq(path_open_in(proc, "self/cwd/x", O_RDONLY, 0), -ELOOP);
	cr_expect_eq(path_open_in(proc, "self/fd/0", O_RDONLY, 0), -ELOOP);
	cr_expect_eq(path_open_beneath_nolink(proc, "self/stat", O_RDONLY, 0), -ELOOP);
}

Test(path, descriptors_close_on_exec)
{
	autotree struct tree t = tree_open();
	autofd int fd = path_open_in(t.root, "etc/file", O_RDONLY, 0);

	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

Test(path, a_mode_is_used_when_a_file_is_made)
{
	autotree struct tree t = tree_open();
	autofd int fd = path_open_in(t.root, "etc/new", O_WRONLY | O_CREAT | O_EXCL, 0640);
	struct stat st;

	cr_assert_geq(fd, 0);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0640);
}

struct making {
	char path[48];
	int result;
	char made[48]; /* a path below the scratch directory that must be there now, or "" */
};

/* clang-format off */
static struct making dirs[] = {
	{ "etc",               0,        "root/etc" },
	{ "a",                 0,        "root/a" },
	{ "/a/b/c/",           0,        "root/a/b/c" },
	{ "a//b/./c",          0,        "root/a/b/c" },
	{ "a/b/../c",          0,        "root/a/c" },
	{ "../../x",           0,        "root/x" },
	{ "slash/y",           0,        "root/y" },
	{ "up/up/z",           0,        "root/z" },
	{ "abs/new/deep",      0,        "root/etc/new/deep" },
	{ "dir/rel/new",       0,        "root/etc/new" },
	{ "/",                 0,        "root" },
	{ "dangling",          0,        "root/nowhere" },
	{ "dangling/x",        0,        "root/nowhere/x" },
	{ "out/x",             0,        "root/secret/x" },
	{ "loop/x",            -ELOOP,   "" },
	{ "etc/file",          -ENOTDIR, "" },
	{ "etc/file/x",        -ENOTDIR, "" },
	{ "",                  -ENOENT,  "" },
};
/* clang-format on */

ParameterizedTestParameters(path, makes_directories_inside)
{
	return cr_make_param_array(struct making, dirs, COUNT(dirs));
}

/* Nothing but what tree_open put there is beside the root. */
static void nothing_escaped(const struct tree *t)
{
	static const char *const names[] = { "x", "y", "z", "new", "a", "nowhere" };

	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect_neq(faccessat(t->s.fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW), 0, "%s",
			      names[i]);
}

ParameterizedTest(struct making *m, path, makes_directories_inside)
{
	autotree struct tree t = tree_open();
	autofd int fd = path_mkdirs_in(t.root, m->path, 0755);
	struct stat want, is;

	cr_expect_eq(fd < 0 ? fd : 0, m->result, "%s: %d", m->path, fd);
	nothing_escaped(&t);
	if (m->result < 0)
		return;
	cr_assert_eq(fstatat(t.s.fd, m->made, &want, 0), 0, "%s", m->made);
	cr_assert_eq(fstat(fd, &is), 0);
	cr_expect(want.st_dev == is.st_dev && want.st_ino == is.st_ino, "%s", m->path);
}

Test(path, a_deep_path_is_made_without_a_deep_stack)
{
	autotree struct tree t = tree_open();
	char path[PATH_MAX + 2];
	autofd int fd = -1;

	for (size_t i = 0; i + 2 < 2000; i += 2)
		memcpy(path + i, "d/", 3);
	fd = path_mkdirs_in(t.root, path, 0755);
	cr_expect_geq(fd, 0, "%d", fd);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_expect_eq(path_mkdirs_in(t.root, path, 0755), -ENAMETOOLONG);
	path[300] = '\0';
	cr_expect_eq(path_mkdirs_in(t.root, path, 0755), -ENAMETOOLONG);
}

/* clang-format off */
static struct making files[] = {
	{ "etc/file",   0,        "root/etc/file" },
	{ "etc",        0,        "root/etc" },
	{ "new",        0,        "root/new" },
	{ "/q/r/new",   0,        "root/q/r/new" },
	{ "abs/new",    0,        "root/etc/new" },
	{ "../new",     0,        "root/new" },
	{ "dangling",   0,        "root/nowhere" },
	{ "dangling/x", 0,        "root/nowhere/x" },
	{ "etc/resolv", 0,        "root/dir/new" },
	{ "out",        0,        "root/secret" },
	{ "etc/file/x", -ENOTDIR, "" },
	{ "q/",         -ENOENT,  "" },
};
/* clang-format on */

ParameterizedTestParameters(path, makes_files_inside)
{
	return cr_make_param_array(struct making, files, COUNT(files));
}

ParameterizedTest(struct making *m, path, makes_files_inside)
{
	autotree struct tree t = tree_open();
	autofd int fd = path_touch_in(t.root, m->path, 0644);
	struct stat want, is;

	cr_expect_eq(fd < 0 ? fd : 0, m->result, "%s: %d", m->path, fd);
	nothing_escaped(&t);
	if (m->result < 0)
		return;
	cr_assert_eq(fstatat(t.s.fd, m->made, &want, 0), 0, "%s", m->made);
	cr_assert_eq(fstat(fd, &is), 0);
	cr_expect(want.st_dev == is.st_dev && want.st_ino == is.st_ino, "%s", m->path);
}

Test(path, touch_leaves_a_file_as_it_is)
{
	autotree struct tree t = tree_open();
	struct stat st;

	cr_assert_eq(outcome(path_touch_in(t.root, "etc/file", 0644)), 0);
	cr_assert_eq(fstatat(t.root, "etc/file", &st, 0), 0);
	cr_expect_eq(st.st_size, 6);
	cr_expect_eq(st.st_mode & 0777, 0600);
}

/* A neighbour renames as fast as it can; ".." look-ups see EAGAIN and must end all the same. */
Test(path, a_rename_race_ends_and_stays_inside, .timeout = 20)
{
	autotree struct tree t = tree_open();
	int again = 0;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed assertion ends us too */
	while (pid == 0) {
		(void)renameat(t.s.fd, "root/dir", t.s.fd, "moved");
		(void)renameat(t.s.fd, "moved", t.s.fd, "root/dir");
	}
	for (int i = 0; i < 20000; i++) {
		autofd int fd = path_open_in(t.root, "dir/../../secret", O_RDONLY, 0);

		cr_assert_lt(fd, 0, "reached the file outside");
		cr_assert(fd == -ENOENT || fd == -EAGAIN || fd == -EXDEV, "%d", fd);
		again += fd == -EAGAIN;
	}
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_lt(again, 20000);
}

struct cleaning {
	char in[32], out[32];
};

/* clang-format off */
static struct cleaning cleanings[] = {
	{ "", "/" },              { "/", "/" },         { ".", "/" },        { "..", "/" },
	{ "a", "/a" },            { "/a/", "/a" },      { "//a//b", "/a/b" }, { "a/./b", "/a/b" },
	{ "a/../b", "/b" },       { "/../../a", "/a" }, { "a/b/../..", "/" }, { "a/..b/.c", "/a/..b/.c" },
	{ "/a/b/../../../c", "/c" },
};
/* clang-format on */

ParameterizedTestParameters(path, cleans)
{
	return cr_make_param_array(struct cleaning, cleanings, COUNT(cleanings));
}

ParameterizedTest(struct cleaning *c, path, cleans)
{
	char out[32];

	cr_assert(path_clean(c->in, out, sizeof(out)));
	cr_expect_str_eq(out, c->out, "%s: %s", c->in, out);
}

Test(path, cleaning_says_when_it_does_not_fit)
{
	char out[4];

	cr_expect(path_clean("/ab", out, sizeof(out)));
	cr_expect_not(path_clean("/abc", out, sizeof(out)));
	cr_expect_not(path_clean("/", out, 1));
	cr_expect_not(path_clean("a", out, 0));
}

struct lies {
	const char *path, *dir, *rest;
};

Test(path, below_is_told_by_whole_names)
{
	static const struct lies cases[] = {
		{ "/a/b", "/a", "/b" }, { "/a", "/a", "" },       { "/ab", "/a", NULL },
		{ "/b", "/a", NULL },   { "/a//b", "/a", "//b" }, { "/", "/a", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *rest = path_below(cases[i].path, cases[i].dir);

		if (cases[i].rest == NULL)
			cr_expect_null(rest, "%s", cases[i].path);
		else
			cr_expect_str_eq(rest, cases[i].rest);
	}
}

Test(path, splits)
{
	char dir[8], base[8];

	cr_expect(path_split("/a/b", dir, base, sizeof(dir)));
	cr_expect_str_eq(dir, "/a");
	cr_expect_str_eq(base, "b");
	cr_expect(path_split("/a", dir, base, sizeof(dir)));
	cr_expect_str_eq(dir, "/");
	cr_expect_str_eq(base, "a");
	cr_expect_not(path_split("/", dir, base, sizeof(dir)));
	cr_expect_not(path_split("/a/long-name", dir, base, sizeof(dir)));
	cr_expect_not(path_split("/long-name/a", dir, base, sizeof(dir)));
}

Test(path, fd_path_names_the_descriptor)
{
	cr_expect_str_eq(fd_path(7).s, "/proc/self/fd/7");
}
