/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/program.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

const char *program_find(struct arena *a, const char *name)
{
	char self[PATH_MAX];
	const char *path = arena_printf(a, "%s/%s", CAISSON_LIBEXECDIR, name);
	ssize_t n;
	char *slash;

	if (file_is_program(path, geteuid()))
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
	return file_is_program(path, geteuid()) ? path : NULL;
}
