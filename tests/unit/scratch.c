/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch scratch_open(void)
{
	struct scratch s = { .path = "/tmp/caisson-test-XXXXXX", .fd = -1 };

	cr_assert_not_null(mkdtemp(s.path));
	s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(s.fd, 0);
	return s;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void scratch_close(struct scratch *s)
{
	(void)close(s->fd);
	(void)nftw(s->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_put(const struct scratch *s, const char *name, const char *text)
{
	int fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0, "%s", name);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}
