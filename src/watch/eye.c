/* SPDX-License-Identifier: Apache-2.0 */
/* eye.c - reads the memory of the container's processes, in a child.
 *
 * A page of theirs may be of a file system whose server they are themselves (FUSE), and then a
 * read waits for as long as they like; only SIGKILL ends it. So it is a child that waits, for a
 * time; the watcher has limits to keep. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/proc.h"
#include "watch/calls.h"

#define EYE_MS   500
#define BLIND_MS 10000 /* after a look that took longer */
#define TEXT_MAX 32768

/* What the watcher has open, its lock above all, must not be held on to by one that is stuck.
 */
static _Noreturn void be_eye(int to, eye_fill *fill, const struct seccomp_notif *n)
{
	struct arena a = { 0 };
	struct json *o = json_object(&a);
	const char *text;
	size_t len;

	if (fd_close_others(0, &to, 1) < 0)
		proc_exit(1);
	fill(&a, o, n);
	text = json_print(&a, o, JSON_LINE, &len);
	proc_exit(len > TEXT_MAX || write_all(to, text, len) < 0);
}

/* All that it writes until it closes its end; false: not in time. */
static bool hear(int from, char *buf, size_t *len)
{
	const uint64_t until = now_boot_ms() + EYE_MS;
	struct pollfd p = { .fd = from, .events = POLLIN };
	uint64_t now;

	*len = 0;
	while ((now = now_boot_ms()) < until) {
		ssize_t n;

		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		n = read(from, buf + *len, TEXT_MAX - *len);
		if (n <= 0)
			return n == 0;
		*len += (size_t)n;
		if (*len == TEXT_MAX)
			return true;
	}
	return false;
}

static void take_over(struct arena *a, struct json *o, const char *text, size_t len)
{
	struct err ignored = { 0 };
	struct json *seen, *next;

	if (json_parse(a, "eye", text, len, &seen, &ignored) < 0 || seen->kind != JSON_OBJECT)
		return;
	for (struct json *v = seen->first; v != NULL; v = next) {
		next = v->next;
		v->next = NULL;
		json_set(o, v->key, v);
	}
}

void eye_look(struct eye *eye, struct arena *a, struct json *o, eye_fill *fill,
	      const struct seccomp_notif *n)
{
	char *text = arena_alloc(a, TEXT_MAX);
	autofd int ours = -1;
	int pair[2];
	size_t len;
	pid_t pid;

	if (eye->stuck > 0 && waitpid(eye->stuck, NULL, WNOHANG) == 0)
		return; /* one at a time */
	eye->stuck = 0;
	if (now_boot_ms() < eye->blind_until_ms)
		return;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return;
	ours = pair[0];
	pid = fork();
	if (pid == 0)
		be_eye(pair[1], fill, n);
	(void)close(pair[1]);
	if (pid < 0)
		return;
	if (hear(ours, text, &len)) { /* it looks no more, and so it ends */
		take_over(a, o, text, len);
		(void)proc_wait(pid, -1, -1, NULL);
		return;
	}
	(void)kill(pid, SIGKILL);
	eye->stuck = pid;
	eye->blind_until_ms = now_boot_ms() + BLIND_MS;
}
