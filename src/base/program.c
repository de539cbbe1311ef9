/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Who owns our own binary is believed already; in a user namespace that does not map root, that
 * is the only way to know root's files. */
static bool is_ours(const char *path)
{
	struct stat self;

	return file_is_program(path, geteuid()) ||
	       (stat("/proc/self/exe", &self) == 0 && file_is_program(path, self.st_uid));
}

const char *program_find(struct arena *a, const char *name)
{
	char self[PATH_MAX];
	const char *path = arena_printf(a, "%s/%s", CAISSON_LIBEXECDIR, name);
	ssize_t n;
	char *slash;

	if (is_ours(path))
		return path;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (self[0] != '/' || slash == NULL)
		return NULL;
	*slash = '\0';
	path = arena_printf(a, "%s/%s", self, name);
	return is_ours(path) ? path : NULL;
}
