/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "cgroups/cg_private.h"

int64_t cg_key(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		int64_t value;
		char word[24];
		size_t len;

		line += *line == '\n';
		if (strncmp(line, key, n) != 0 || line[n] != ' ')
			continue;
		line += n + 1;
		len = strcspn(line, "\n");
		if (len >= sizeof(word))
			return -1;
		memcpy(word, line, len);
		word[len] = '\0';
		return str_int64(word, 0, INT64_MAX, &value) ? value : -1;
	}
	return -1;
}

/* What cgroup.events says. Of an empty group "frozen" says nothing: tasks that are killed while
 * frozen can leave it at 1 for good (seen on 6.18: cgroup_update_frozen() does not look at the
 * descendants). */
struct events {
	bool populated, frozen;
};

static struct events parse_events(const char *text)
{
	bool populated = cg_key(text, "populated") == 1;

	return (struct events){ populated, populated && cg_key(text, "frozen") == 1 };
}

static struct events read_events(const struct cg *cg)
{
	char text[128];

	if (file_peek_at(cg->dir, "cgroup.events", text, sizeof(text)) < 0)
		return (struct events){ 0 };
	return parse_events(text);
}

bool cg_is_frozen(const struct cg *cg)
{
	return read_events(cg).frozen;
}

bool cg_is_to_freeze(const struct cg *cg)
{
	char text[8];

	return file_peek_at(cg->dir, "cgroup.freeze", text, sizeof(text)) > 0 && text[0] == '1';
}

bool cg_is_populated(const struct cg *cg)
{
	return read_events(cg).populated;
}

/* Reads an open cgroup.events; the read also makes the next poll wait for news. 0 or -errno. */
static int is_reached(int fd, bool want, bool *reached)
{
	char text[128];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	struct events is;

	if (n < 0)
		return -errno;
	text[n] = '\0';
	is = parse_events(text);
	*reached = is.frozen == want || !is.populated;
	return 0;
}

/* 0, -ETIMEDOUT or -errno. */
static int wait_frozen(const struct cg *cg, bool want, int timeout_ms)
{
	autofd int fd = openat(cg->dir, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t end = now_boot_ms() + (uint64_t)timeout_ms, now;
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	if (fd < 0)
		return -errno;
	for (;;) {
		bool reached = false;
		int r = is_reached(fd, want, &reached);

		if (r < 0 || reached)
			return r;
		now = now_boot_ms();
		if (now >= end)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(end - now)) < 0 && errno != EINTR)
			return -errno;
	}
}

int cg_freeze(const struct cg *cg, bool frozen, int timeout_ms, struct err *e)
{
	int r;

	if (timeout_ms < 0)
		timeout_ms = 0;
	if (cg_put(cg, "cgroup.freeze", frozen ? "1" : "0", e) < 0)
		return -1;
	r = wait_frozen(cg, frozen, timeout_ms);
	if (r == 0)
		return 0;
	/* Half frozen is the worst of all: nobody would thaw it. */
	if (frozen)
		(void)file_put_at(cg->dir, "cgroup.freeze", "0");
	if (r != -ETIMEDOUT)
		return fail_sys(e, -r, "cgroup %s: read cgroup.events", cg->path);
	(void)fail_sys(e, ETIMEDOUT, "cgroup %s: %s: not done after %d ms", cg->path,
		       frozen ? "freeze" : "thaw", timeout_ms);
	return hint(e,
		    frozen ? "a process waits inside the kernel (state D); it is thawed again"
			   : "an ancestor group may be frozen: see its cgroup.freeze");
}
