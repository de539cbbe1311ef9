/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - the log's lock: of the file that has its name by now. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "audit/audit_private.h"
#include "base/auto.h"
#include "base/proc.h"

#define LOCK_WAIT_MS 5000
#define LOCK_SPINS   50
#define LOCK_NAP_NS  200000
#define LOCK_NAP_MAX 6400000
#define NAME_MS      100 /* between two looks at who has the log's name */

/* Writers hold it for some microseconds; one that is stopped while it does must not stop all
 * containers of the host. One that runs on another processor is done before a sleep would have
 * begun, and one that was pushed off this processor gets it back; many that wait sleep longer
 * and longer, so that the one that works has the processor. */
static int lock_log(int fd, uint64_t until_ms, struct err *e)
{
	struct timespec nap = { 0, LOCK_NAP_NS };
	unsigned tries = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_sys(e, errno, "audit log: lock");
		if (tries++ < LOCK_SPINS) {
			(void)sched_yield();
			continue;
		}
		if (now_boot_ms() >= until_ms)
			return fail(e, ERR_STATE,
				    "audit log: expected its lock within %d s: another "
				    "process holds it",
				    LOCK_WAIT_MS / 1000);
		(void)nanosleep(&nap, NULL);
		nap.tv_nsec = nap.tv_nsec < LOCK_NAP_MAX ? nap.tv_nsec * 2 : nap.tv_nsec;
	}
	return 0;
}

/* Was the log rotated, so that this file is a segment by now? Then it is marked. One that was
 * moved away by others gets no more lines than they could have found in it a moment later. */
static bool has_name(struct audit *au, uint64_t now_ms)
{
	struct stat mine, named;

	if (fstat(au->fd, &mine) < 0)
		return false;
	au->size = mine.st_size;
	if ((mine.st_mode & AUDIT_SEGMENT_MARK) == 0 && now_ms - au->named_ms < NAME_MS)
		return true;
	au->named_ms = now_ms;
	return fstatat(AT_FDCWD, au->path, &named, 0) == 0 && mine.st_ino == named.st_ino &&
	       mine.st_dev == named.st_dev;
}

int audit_lock(struct audit *au, struct err *e)
{
	const uint64_t now_ms = now_boot_ms(), until_ms = now_ms + LOCK_WAIT_MS;

	for (;;) {
		int fd;

		if (lock_log(au->fd, until_ms, e) < 0)
			return -1;
		if (has_name(au, now_ms))
			return 0;
		au->named_ms = 0;
		fd = audit_log_open(au->path);
		if (fd < 0)
			return fail_sys(e, -fd, "%s: open the audit log", au->path);
		auto_close_(&au->fd);
		au->fd = fd;
		au->tail = (struct audit_tail){ 0 };
		if (audit_log_check(au->path, fd, e) < 0)
			return -1;
	}
}
