/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"

int bundle_open(const char *path, int *fd, struct err *e)
{
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return fail_sys(e, errno, "bundle %s: open", path);
	*fd = dir;
	return 0;
}

/* O_NONBLOCK: a FIFO in the place of config.json must not hold us. */
int bundle_read_config(int fd, struct arena *a, const char **text, size_t *len, struct err *e)
{
	autofd int file =
		openat(fd, "config.json", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	char *buf;

	if (file < 0 && errno == ENOENT) {
		(void)fail_sys(e, errno, "config.json: open");
		return hint(e, "name the bundle with --bundle, or write one there with "
			       "\"caisson spec\"");
	}
	if (file < 0)
		return fail_sys(e, errno, "config.json: open");
	if (fstat(file, &st) < 0)
		return fail_sys(e, errno, "config.json: stat");
	if (!S_ISREG(st.st_mode))
		return fail(e, ERR_SPEC,
			    "config.json: expected a regular file, found another kind");
	if (st.st_size > JSON_MAX)
		return fail(e, ERR_SPEC, "config.json: expected at most %u bytes, found %jd",
			    JSON_MAX, (intmax_t)st.st_size);
	buf = arena_alloc(a, (size_t)st.st_size + 1);
	n = file_fill(file, buf, (size_t)st.st_size);
	if (n < 0)
		return fail_sys(e, (int)-n, "config.json: read");
	*text = buf;
	*len = (size_t)n;
	return 0;
}
