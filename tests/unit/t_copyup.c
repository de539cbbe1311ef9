/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "tests/unit/run_help.h"

TestSuite(copyup, .init = need_root);

/* ---- copyup.c ---- */

static const struct timespec old_times[] = { { 1000000000, 1 }, { 1100000000, 2 } };

static void make_source(const struct scratch *s)
{
	cr_assert_eq(mkdirat(s->fd, "from", 0755), 0);
	cr_assert_eq(mkdirat(s->fd, "to", 0755), 0);
	cr_assert_eq(mkdirat(s->fd, "from/dir", 0700), 0);
	cr_assert_eq(mkdirat(s->fd, "from/dir/empty", 0755), 0);
	scratch_put(s, "from/dir/file", "content");
	scratch_put(s, "from/empty-file", "");
	cr_assert_eq(fchownat(s->fd, "from/dir/file", 12, 34, 0), 0);
	cr_assert_eq(fchmodat(s->fd, "from/dir/file", 04751, 0), 0);
	cr_assert_eq(symlinkat("/etc/passwd", s->fd, "from/link"), 0);
	cr_assert_eq(fchownat(s->fd, "from/link", 5, 6, AT_SYMLINK_NOFOLLOW), 0);
	cr_assert_eq(mkfifoat(s->fd, "from/fifo", 0640), 0);
	cr_assert_eq(mknodat(s->fd, "from/null", S_IFCHR | 0666, 0x103), 0);
	cr_assert_eq(mknodat(s->fd, "from/socket", S_IFSOCK | 0666, 0), 0);
	cr_assert_eq(fchmodat(s->fd, "from/dir", 01777, 0), 0);
	cr_assert_eq(fchownat(s->fd, "from/dir", 7, 8, 0), 0);
	cr_assert_eq(utimensat(s->fd, "from/dir/file", old_times, 0), 0);
	cr_assert_eq(utimensat(s->fd, "from/dir", old_times, 0), 0);
	cr_assert_eq(utimensat(s->fd, "from/link", old_times, AT_SYMLINK_NOFOLLOW), 0);
}

struct twin {
	char name[24];
	mode_t mode; /* 0: must not be there */
	uid_t uid;
	gid_t gid;
	bool old;
};

/* clang-format off */
static struct twin twins[] = {
	{ "dir",        S_IFDIR | 01777, 7,  8,  true },
	{ "dir/empty",  S_IFDIR | 0755,  0,  0,  false },
	{ "dir/file",   S_IFREG | 04751, 12, 34, true },
	{ "empty-file", S_IFREG | 0600,  0,  0,  false },
	{ "link",       S_IFLNK | 0777,  5,  6,  true },
	{ "fifo",       S_IFIFO | 0640,  0,  0,  false },
	{ "null",       0,               0,  0,  false },
	{ "socket",     0,               0,  0,  false },
};
/* clang-format on */

static void expect_twin(int to, const struct twin *t)
{
	struct stat st;

	if (t->mode == 0) {
		cr_expect_neq(faccessat(to, t->name, F_OK, AT_SYMLINK_NOFOLLOW), 0, "%s",
			      t->name);
		return;
	}
	cr_assert_eq(fstatat(to, t->name, &st, AT_SYMLINK_NOFOLLOW), 0, "%s", t->name);
	cr_expect_eq(st.st_mode, t->mode, "%s: %o", t->name, st.st_mode);
	cr_expect(st.st_uid == t->uid && st.st_gid == t->gid, "%s: owner", t->name);
	if (t->old)
		cr_expect(st.st_mtim.tv_sec == old_times[1].tv_sec &&
				  st.st_mtim.tv_nsec == old_times[1].tv_nsec,
			  "%s: time", t->name);
}

/* Both ends of a copy in a scratch directory. */
struct copy {
	struct scratch s;
	int from, to;
};

static void copy_close(struct copy *c)
{
	(void)close(c->from);
	(void)close(c->to);
	scratch_close(&c->s);
}
#define autocopy __attribute__((cleanup(copy_close)))

static struct copy copy_open(void)
{
	struct copy c = { .s = scratch_open() };

	make_source(&c.s);
	c.from = openat(c.s.fd, "from", O_PATH | O_DIRECTORY | O_CLOEXEC);
	c.to = openat(c.s.fd, "to", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert(c.from >= 0 && c.to >= 0);
	return c;
}

Test(copyup, copy_tree_keeps_all_but_devices)
{
	autocopy struct copy c = copy_open();
	char text[64] = "";
	struct err e = { 0 };

	cr_assert_eq(copy_tree(c.from, c.to, &e), 0, "%s", e.text);
	for (size_t i = 0; i < COUNT(twins); i++)
		expect_twin(c.to, &twins[i]);
	peek_text(c.to, "dir/file", text, sizeof(text));
	cr_expect_str_eq(text, "content");
	cr_expect_eq(readlinkat(c.to, "link", text, sizeof(text)), 11);
	cr_expect_eq(strncmp(text, "/etc/passwd", 11), 0);
}

Test(copyup, copy_tree_keeps_extended_attributes_and_large_files)
{
	autocopy struct copy c = copy_open();
	autofd int file = openat(c.s.fd, "from/dir/file", O_RDWR | O_CLOEXEC);
	struct err e = { 0 };
	char value[16] = "";
	autofd int copied = -1;
	struct stat st;

	cr_assert_eq(ftruncate(file, 5000001), 0);
	cr_assert_eq(pwrite(file, "end", 3, 4999998), 3);
	if (fsetxattr(file, "user.caisson", "kept", 4, 0) < 0)
		cr_skip_test("no extended attributes on this file system");
	cr_assert_eq(copy_tree(c.from, c.to, &e), 0, "%s", e.text);
	copied = openat(c.to, "dir/file", O_RDONLY | O_CLOEXEC);
	cr_assert_eq(fstat(copied, &st), 0);
	cr_expect_eq(st.st_size, 5000001);
	cr_expect_eq(pread(copied, value, 3, 4999998), 3);
	cr_expect_str_eq(value, "end");
	cr_expect_eq(fgetxattr(copied, "user.caisson", value, sizeof(value)), 4);
}

Test(copyup, copy_tree_names_what_is_in_the_way)
{
	autocopy struct copy c = copy_open();
	struct err e = { 0 };

	cr_assert_eq(mkdirat(c.to, "dir", 0755), 0);
	cr_expect_eq(copy_tree(c.from, c.to, &e), -1);
	cr_expect_str_eq(e.text, "tmpcopyup: dir: make the directory");
	cr_expect_eq(e.sys, EEXIST);
}

static void make_deep(int dir, int levels)
{
	autofd int at = dup(dir);

	for (int i = 0; i < levels; i++) {
		int next;

		cr_assert_eq(mkdirat(at, "d", 0755), 0);
		next = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		cr_assert_geq(next, 0);
		(void)close(at);
		at = next;
	}
}

Test(copyup, copy_tree_goes_128_levels_deep_and_no_deeper)
{
	static const int depths[] = { 128, 129 };

	for (size_t i = 0; i < COUNT(depths); i++) {
		autocopy struct copy c = copy_open();
		struct err e = { 0 };

		make_deep(c.from, depths[i]);
		cr_expect_eq(copy_tree(c.from, c.to, &e), i == 0 ? 0 : -1, "%s", e.text);
		cr_expect_eq(e.sys, i == 0 ? 0 : ELOOP);
	}
}
