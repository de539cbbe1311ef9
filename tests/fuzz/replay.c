/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - runs a fuzz target without libFuzzer: on each file that is named, and on each
 * file in each directory that is named. Fails when there was none, so that an empty corpus is
 * noticed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_up(const char *name)
{
	(void)fprintf(stderr, "replay: %s: %s\n", name, strerror(errno));
	exit(1);
}

static unsigned replay_file(int fd, const char *name, size_t size)
{
	autofree uint8_t *data = malloc(size + 1);
	size_t n = 0;

	if (data == NULL)
		give_up(name);
	while (n < size) {
		ssize_t got = read(fd, data + n, size - n);

		if (got < 0)
			give_up(name);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	(void)fprintf(stderr, "%s\n", name);
	(void)LLVMFuzzerTestOneInput(data, n);
	return 1;
}

static unsigned replay(int dir, const char *name);

static unsigned replay_dir(int fd)
{
	autodir DIR *d = fdopendir(dup(fd));
	unsigned n = 0;

	if (d == NULL)
		give_up("directory");
	for (struct dirent *one = readdir(d); one != NULL; one = readdir(d))
		if (one->d_name[0] != '.')
			n += replay(fd, one->d_name);
	return n;
}

static unsigned replay(int dir, const char *name)
{
	autofd int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		give_up(name);
	return S_ISDIR(st.st_mode) ? replay_dir(fd) : replay_file(fd, name, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += replay(AT_FDCWD, argv[i]);
	(void)fprintf(stderr, "replay: %u inputs\n", n);
	return n > 0 ? 0 : 1;
}
