/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

int bundle_open(const char *path, int *fd, struct err *e)
{
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0) {
		*fd = dir;
		return 0;
	}
	(void)fail_sys(e, errno, "bundle %s: open", path);
	return hint(e, "a bundle is a directory with " BUNDLE_CONFIG);
}

/* O_NONBLOCK: a FIFO in the place of config.json must not hold us. */
static int open_config(int dir, const char *file, struct err *e)
{
	bool is_own = str_eq(file, BUNDLE_CONFIG);
	int fd = openat(is_own ? dir : AT_FDCWD, file,
			O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	(void)fail_sys(e, errno, "%s: open", file);
	if (e->sys != ENOENT || !is_own)
		return -1;
	return hint(e, "name the bundle with --bundle, or write one there with "
		       "\"caisson spec\"");
}

int bundle_read_config(int fd, const char *file, struct arena *a, const char **text,
		       size_t *len, struct err *e)
{
	autofd int opened = open_config(fd, file, e);
	struct stat st;
	ssize_t n;
	char *buf;

	if (opened < 0)
		return -1;
	if (fstat(opened, &st) < 0)
		return fail_sys(e, errno, "%s: stat", file);
	if (!S_ISREG(st.st_mode))
		return fail(e, ERR_SPEC, "%s: expected a regular file, found another kind",
			    file);
	if (st.st_size > JSON_MAX)
		return fail(e, ERR_SPEC, "%s: expected at most %u bytes, found %jd", file,
			    JSON_MAX, (intmax_t)st.st_size);
	buf = arena_alloc(a, (size_t)st.st_size + 1);
	n = file_fill(opened, buf, (size_t)st.st_size);
	if (n < 0)
		return fail_sys(e, (int)-n, "%s: read", file);
	*text = buf;
	*len = (size_t)n;
	return 0;
}
