/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/run_help.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/proc.h"

struct run bare_run(struct arena *a, const struct run_options *o)
{
	return (struct run){ .o = o,
			     .arena = a,
			     .sock = -1,
			     .pty = -1,
			     .child_sock = -1,
			     .console = -1,
			     .root = -1,
			     .proc = -1,
			     .exec_label = -1 };
}

struct told in_child(void (*body)(char *told, size_t size))
{
	struct told t = { .text = "" };
	int ends[2];
	pid_t pid;
	ssize_t n;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		body(t.text, sizeof(t.text));
		(void)!write(ends[1], t.text, strlen(t.text) + 1);
		proc_exit(0);
	}
	(void)close(ends[1]);
	n = read(ends[0], t.text, sizeof(t.text));
	(void)close(ends[0]);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_gt(n, 0, "the child died");
	return t;
}

bool own_mounts(char *told, size_t size)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	TELL("unshare: %s", strerror(errno));
	return false;
}

void error_text(const struct err *e, char *told, size_t size)
{
	err_format(e, told, (unsigned)size);
}

void put_script(const struct scratch *s, const char *name, const char *body)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);
	scratch_put(s, name, text);
	cr_assert_eq(fchmodat(s->fd, name, 0700, 0), 0);
}

void peek_text(int dir, const char *name, char *buf, size_t size)
{
	cr_assert_geq(file_peek_at(dir, name, buf, size), 0, "%s", name);
}

void need_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("this needs root");
}
