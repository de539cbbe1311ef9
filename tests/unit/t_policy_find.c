/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/policy_find.h"
#include "tests/unit/scratch.h"

#define TEXT "policy t { arch native; default kill; }\n"

static int find(struct policy_finder *f, const char *name, struct policy_source *out,
		struct err *e)
{
	*e = (struct err){ 0 };
	return policy_find(f, name, out, e);
}

static const char *path_of(struct arena *a, const struct scratch *s, const char *name)
{
	return arena_printf(a, "%s/%s", s->path, name);
}

/* The text of an error with the directory of the test as DIR. */
static const char *shown(struct arena *a, const struct err *e, const struct scratch *s)
{
	const char *at = strstr(e->text, s->path);

	if (at == NULL)
		return e->text;
	return arena_printf(a, "%.*sDIR%s", (int)(at - e->text), e->text, at + strlen(s->path));
}

Test(policy_find, a_name_is_a_word)
{
	static const char *const yes[] = { "container", "a", "container-strict", "x_1", NULL };
	static const char *const no[] = { "",    "a.policy", "./a", "-",        "-a", "a/b",
					  "a b", "..",       "a\n", "\xc3\xa4", NULL };

	for (size_t i = 0; yes[i] != NULL; i++)
		cr_expect(policy_find_is_name(yes[i]), "%s", yes[i]);
	for (size_t i = 0; no[i] != NULL; i++)
		cr_expect(!policy_find_is_name(no[i]), "%s", no[i]);
}

Test(policy_find, the_first_directory_that_has_it_wins)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	struct policy_finder f = { .arena = &a };
	struct policy_source src;
	struct err e;

	cr_assert_eq(mkdirat(s.fd, "one", 0755), 0);
	cr_assert_eq(mkdirat(s.fd, "two", 0755), 0);
	scratch_put(&s, "two/t.policy", TEXT);
	(void)setenv("CAISSON_POLICY_PATH",
		     arena_printf(&a, "relative:%s/one:%s/two", s.path, s.path), 1);
	cr_assert_eq(find(&f, "t", &src, &e), 0, "%s", e.text);
	cr_expect_str_eq(src.name, path_of(&a, &s, "two/t.policy"));
	cr_expect_str_eq(src.text, TEXT);
	cr_expect_eq(src.len, strlen(TEXT));
	scratch_put(&s, "one/t.policy", "");
	cr_assert_eq(find(&f, "t", &src, &e), 0, "%s", e.text);
	cr_expect_str_eq(src.name, path_of(&a, &s, "one/t.policy"));
}

Test(policy_find, what_is_nowhere_is_told_with_the_places)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	struct policy_finder f = { .arena = &a };
	struct policy_source src;
	struct err e;

	(void)setenv("CAISSON_POLICY_PATH", s.path, 1);
	cr_assert_eq(find(&f, "nothing", &src, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_not_null(str_after(e.text, arena_printf(&a,
							  "nothing: a policy of that name: "
							  "found none\nlooked in %s, ",
							  s.path)),
			   "%s", e.text);
	cr_assert_eq(find(&f, path_of(&a, &s, "x.policy"), &src, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(shown(&a, &e, &s), "DIR/x.policy: a policy: found no such file");
}

/* The runtime's root must not be told by its environment where policies are. */
Test(policy_find, the_environment_names_no_directory_for_a_strict_root)
{
	autoarena struct arena a = { 0 };
	struct policy_finder f = { .arena = &a, .strict = true };
	const char *const *dirs;
	size_t n = 0;

	(void)setenv("CAISSON_POLICY_PATH", "/elsewhere", 1);
	dirs = policy_find_dirs(&f);
	while (dirs[n] != NULL)
		n++;
	cr_assert_geq(n, 2);
	cr_expect_eq(str_in("/elsewhere", dirs), geteuid() != 0);
	cr_expect(str_ends(dirs[n - 1], "/caisson/policies"));
	f.strict = false;
	cr_expect_str_eq(policy_find_dirs(&f)[0], "/elsewhere");
}

enum made {
	MADE_FILE,
	MADE_LINK,
	MADE_FIFO,
	MADE_DIRECTORY,
	MADE_LARGE
};

struct unsafe {
	enum made made;
	mode_t mode;
	const char *name, *strict, *lax; /* errors; NULL: none */
};

/* clang-format off */
static const struct unsafe unsafes[] = {
	{ MADE_FILE, 0644, "t.policy", NULL, NULL },
	{ MADE_FILE, 0664, "t.policy", "DIR/t.policy: a file that only its owner can write: found mode 0664", NULL },
	{ MADE_FILE, 0646, "t.policy", "DIR/t.policy: a file that only its owner can write: found mode 0646", NULL },
	{ MADE_FILE, 0644, "t.txt",    "DIR/t.txt: a name that ends in .policy: found none", NULL },
	{ MADE_LINK, 0644, "t.policy", "DIR/t.policy: a regular file: found a symlink", NULL },
	{ MADE_FIFO, 0644, "t.policy", "DIR/t.policy: a regular file: found another kind", "DIR/t.policy: a regular file: found another kind" },
	{ MADE_DIRECTORY, 0755, "t.policy", "DIR/t.policy: a regular file: found another kind", "DIR/t.policy: a regular file: found another kind" },
	{ MADE_LARGE, 0644, "t.policy", "DIR/t.policy: at most 1048576 bytes: found 1048577", "DIR/t.policy: at most 1048576 bytes: found 1048577" },
};
/* clang-format on */

static void make(const struct scratch *s, const struct unsafe *u)
{
	switch (u->made) {
	case MADE_FILE:
	case MADE_LARGE:
		scratch_put(s, u->name, TEXT);
		cr_assert_eq(fchmodat(s->fd, u->name, u->mode, 0), 0);
		break;
	case MADE_LINK:
		scratch_put(s, "target", TEXT);
		cr_assert_eq(symlinkat("target", s->fd, u->name), 0);
		break;
	case MADE_FIFO:
		cr_assert_eq(mkfifoat(s->fd, u->name, u->mode), 0);
		break;
	case MADE_DIRECTORY:
		cr_assert_eq(mkdirat(s->fd, u->name, u->mode), 0);
		break;
	}
	if (u->made == MADE_LARGE) {
		const int fd = openat(s->fd, u->name, O_WRONLY | O_CLOEXEC);

		cr_assert_eq(ftruncate(fd, POLICY_TEXT_MAX + 1), 0);
		(void)close(fd);
	}
}

static void expect_error(struct arena *a, const struct scratch *s, const struct unsafe *u,
			 bool strict)
{
	struct policy_finder f = { .arena = a, .strict = strict };
	const char *want = strict ? u->strict : u->lax;
	struct policy_source src;
	struct err e;
	const int rc = find(&f, path_of(a, s, u->name), &src, &e);

	cr_expect_eq(rc, want != NULL ? -1 : 0, "%s", e.text);
	if (want == NULL || rc == 0)
		return;
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(shown(a, &e, s), want);
}

Test(policy_find, a_file_that_others_could_have_made_is_refused)
{
	for (size_t i = 0; i < COUNT(unsafes); i++) {
		autoarena struct arena a = { 0 };
		autoscratch struct scratch s = scratch_open();

		make(&s, &unsafes[i]);
		expect_error(&a, &s, &unsafes[i], true);
		expect_error(&a, &s, &unsafes[i], false);
	}
}

Test(policy_find, a_file_of_another_user_is_refused)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	struct policy_finder f = { .arena = &a, .strict = true };
	struct policy_source src;
	struct err e;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	scratch_put(&s, "t.policy", TEXT);
	cr_assert_eq(fchownat(s.fd, "t.policy", 1234, 0, 0), 0);
	cr_assert_eq(find(&f, path_of(&a, &s, "t.policy"), &src, &e), -1);
	cr_expect_str_eq(shown(&a, &e, &s),
			 "DIR/t.policy: a file of root or uid 0: found uid 1234's");
}

static int include(struct policy_finder *f, const char *from, const char *name,
		   struct policy_source *out, struct err *e)
{
	const struct policy_env env = policy_find_env(f);

	*e = (struct err){ 0 };
	return env.include(env.ctx, f->arena, from, name, out, e);
}

Test(policy_find, an_include_is_looked_for_beside_the_file_and_then_by_name)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	struct policy_finder f = { .arena = &a, .strict = true };
	const char *from = path_of(&a, &s, "one/t.policy");
	struct policy_source src;
	struct err e;

	cr_assert_eq(mkdirat(s.fd, "one", 0755), 0);
	cr_assert_eq(mkdirat(s.fd, "two", 0755), 0);
	scratch_put(&s, "one/near.policy", "near");
	scratch_put(&s, "two/far.policy", "far");
	(void)setenv("CAISSON_POLICY_PATH", path_of(&a, &s, "two"), 1);
	cr_assert_eq(include(&f, from, "near.policy", &src, &e), 0, "%s", e.text);
	cr_expect_str_eq(src.text, "near");
	cr_assert_eq(include(&f, from, "near", &src, &e), 0, "%s", e.text);
	cr_assert_eq(include(&f, from, "../two/far.policy", &src, &e), 0, "%s", e.text);
	cr_expect_str_eq(src.text, "far");
	f.strict = false;
	cr_assert_eq(include(&f, from, "far.policy", &src, &e), 0, "%s", e.text);
	cr_expect_str_eq(src.name, path_of(&a, &s, "two/far.policy"));
	cr_assert_eq(include(&f, from, "./far.policy", &src, &e), -1);
	cr_expect_str_eq(e.text, "./far.policy: a policy: found no such file");
}

Test(policy_find, a_line_of_what_was_read_is_found_again)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	struct policy_finder f = { .arena = &a };
	struct policy_source src;
	struct err e;

	scratch_put(&s, "t.policy", "one\n\nthree");
	cr_assert_eq(find(&f, path_of(&a, &s, "t.policy"), &src, &e), 0, "%s", e.text);
	cr_expect_str_eq(policy_find_line(&f, src.name, 1), "one");
	cr_expect_str_eq(policy_find_line(&f, src.name, 2), "");
	cr_expect_str_eq(policy_find_line(&f, src.name, 3), "three");
	cr_expect_null(policy_find_line(&f, src.name, 4));
	cr_expect_null(policy_find_line(&f, src.name, 0));
	cr_expect_null(policy_find_line(&f, "other", 1));
	cr_expect_null(policy_find_line(&f, NULL, 1));
}
