/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl.c - kernel parameters of the container's namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "run/run_private.h"

/* No part is empty, "." or "..": the path is below sys and no other part of the procfs. */
static bool parts_are_names(const char *path)
{
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n <= 2 && strspn(p, ".") == n))
			return false;
		p += n;
		if (*p == '\0')
			return true;
	}
}

/* "net.ipv4.conf.eth0/1.rp_filter" and "net/ipv4/conf/eth0.1/rp_filter" are one: what comes
 * first separates, the other stands for itself (sysctl(8)). False when it is no key. */
static bool sysctl_path(const char *key, char *out, size_t size)
{
	bool dots = key[strcspn(key, "./")] == '.';
	size_t n = strlen(key), head = sizeof("sys/") - 1;

	if (n + head >= size)
		return false;
	memcpy(out, "sys/", head);
	for (size_t i = 0; i <= n; i++) {
		char c = key[i];

		if (dots && (c == '.' || c == '/'))
			c = c == '.' ? '/' : '.';
		out[head + i] = c;
	}
	return parts_are_names(out);
}

/* The kernel takes a value in one write or not at all. 0 or an errno. */
static int write_value(int fd, const char *value)
{
	size_t len = strlen(value);
	ssize_t n;

	do
		n = write(fd, value, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	return (size_t)n == len ? 0 : EIO;
}

/* What each errno of open and write means here. */
static const struct {
	int err;
	const char *remedy;
} sysctl_hints[] = {
	{ ENOENT, "this kernel has no such key, or its module is not loaded" },
	{ EXDEV, "something is mounted over it in the only procfs that we may use" },
	{ EACCES, "the key is read-only, or belongs to no namespace of the container" },
	{ EPERM, "the key belongs to no namespace of the container" },
	{ EINVAL, "the key takes other values" },
};

static int set_one(const struct run *r, const struct spec_pair *p, struct err *e)
{
	char path[PATH_MAX];
	autofd int fd = -1;
	int err;

	if (!sysctl_path(p->key, path, sizeof(path)))
		return fail(e, ERR_SPEC,
			    "linux.sysctl: expected a key below /proc/sys: found \"%.128s\"",
			    p->key);
	fd = proc_open(r, path, O_WRONLY);
	err = fd < 0 ? -fd : write_value(fd, p->value);
	if (err == 0)
		return 0;
	(void)fail_sys(e, err, "linux.sysctl: %s: write \"%s\"", p->key, p->value);
	for (size_t i = 0; i < COUNT(sysctl_hints); i++)
		if (sysctl_hints[i].err == err)
			return hint(e, "%s", sysctl_hints[i].remedy);
	return -1;
}

int do_sysctl(struct run *r, const struct plan *pl, struct err *e)
{
	if (private_proc(r, e) < 0)
		return -1;
	for (size_t i = 0; i < pl->sysctl.n; i++)
		if (set_one(r, &pl->sysctl.v[i], e) < 0)
			return -1;
	return 0;
}
