/* SPDX-License-Identifier: Apache-2.0 */
/* rotate.c - the file that is written to becomes a segment, and a new one takes its name.
 *
 * Under the lock of the old file: it gets a second name among the segments, a new file that
 * begins with log.rotated is made beside it and renamed over it. A crash in between leaves a
 * log that readers understand: a segment with the same lines as the live file is the live file
 * (reader.c), and half a new file is swept away by the next rotation. Whoever waits for the
 * lock of the old file finds that the name is another's by now, and opens that. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"

/* The sequence of the first line: what the segment is named after. */
static int first_sequence(int fd, struct arena *a, uint64_t *out)
{
	char *text = arena_alloc(a, AUDIT_LINE + 1), *end;
	ssize_t n = pread(fd, text, AUDIT_LINE, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	end = strchr(text, '\n');
	if (end == NULL)
		return -EBADMSG;
	*end = '\0';
	*out = audit_line_sequence(text);
	return *out > 0 ? 0 : -EBADMSG;
}

int audit_segments_open(const char *dir)
{
	autofd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022) != 0)
		return -EPERM;
	return take_fd(&fd);
}

/* Gives the file its second name. It has it already when a rotation was killed right here. */
static int name_segment(struct audit *au, const char *dir, const char *name)
{
	char self[32];
	autofd int segments = -1;
	struct stat mine, there;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	segments = audit_segments_open(dir);
	if (segments < 0)
		return segments;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", au->fd);
	if (linkat(AT_FDCWD, self, segments, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (fstat(au->fd, &mine) < 0 ||
	    fstatat(segments, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return mine.st_ino == there.st_ino && mine.st_dev == there.st_dev ? 0 : -EEXIST;
}

static const char *rotated_line(struct audit *au, struct arena *a, const struct audit_tail *t,
				uint64_t first)
{
	static const struct audit_subject nobody;
	struct json *log = json_object(a);
	const struct audit_result rotated = { .exit_code = -1, .log = log };

	json_set(log, "first", json_uint(a, first));
	json_set(log, "last", json_uint(a, t->sequence));
	json_set(log, "fingerprint", json_string(a, t->fingerprint));
	return audit_next_line(au, a, t, AUDIT_LOG_ROTATED, &nobody, &rotated);
}

/* Before it loses its name, or a writer who is not looking at names could miss that. If that
 * fails it is the log still, and writers look each time. */
static int mark_segment(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || fchmod(fd, (st.st_mode & 0777) | AUDIT_SEGMENT_MARK) < 0
		       ? -errno
		       : 0;
}

/* A file with that line, locked before anybody can find it; then it is the log. */
static int replace(struct audit *au, struct arena *a, const char *line)
{
	const char *beside = arena_printf(a, "%s.new", au->path);
	const char *text = arena_printf(a, "%s\n", line);
	autofd int fd = -1;
	int r;

	(void)unlink(beside); /* of a rotation that was killed; ours alone, under the lock */
	fd = open(beside, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : write_all(fd, text, strlen(text));
	if (r == 0)
		r = mark_segment(au->fd);
	if (r == 0 && rename(beside, au->path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(beside);
		return r;
	}
	auto_close_(&au->fd); /* and its lock with it: who waits finds out */
	au->fd = take_fd(&fd);
	audit_keep_unsent(au, a, text, strlen(text));
	au->tail = (struct audit_tail){ 0 };
	return 0;
}

int audit_rotate_locked(struct audit *au, struct arena *a, const struct audit_tail *t)
{
	const char *dir = arena_printf(a, "%s.segments", au->path);
	uint64_t first = 0;
	int r = first_sequence(au->fd, a, &first);

	if (r < 0)
		return r;
	r = name_segment(au, dir,
			 arena_printf(a, "%020llu-%020llu.jsonl", (unsigned long long)first,
				      (unsigned long long)t->sequence));
	return r < 0 ? r : replace(au, a, rotated_line(au, a, t, first));
}
