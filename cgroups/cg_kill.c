/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "cgroups/cg_private.h"

#define BATCH       64 /* pidfds open at a time */
#define KILL_ROUNDS 16
#define FREEZE_MS   500

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A number may have passed to a stranger since we read it. Whoever holds it while the group
 * lists it, before and after the pidfd was opened, and still answers to the pidfd, is the one
 * that is meant. */
static int signal_batch(const struct cg *cg, const pid_t *pid, size_t n, int sig, struct err *e)
{
	autofree pid_t *still = NULL;
	int fd[BATCH];
	size_t still_n = 0;
	int r, refused = 0;

	for (size_t i = 0; i < n; i++)
		fd[i] = sys_pidfd_open(pid[i], 0);
	r = cg_pids(cg, &still, &still_n, e);
	if (still_n > 0)
		qsort(still, still_n, sizeof(*still), by_number);
	for (size_t i = 0; i < n; i++) {
		if (r == 0 && fd[i] >= 0 && still_n > 0 &&
		    bsearch(&pid[i], still, still_n, sizeof(*still), by_number) != NULL) {
			int sent = sys_pidfd_send_signal(fd[i], sig);

			refused = sent < 0 && sent != -ESRCH ? sent : refused;
		}
		auto_close_(&fd[i]);
	}
	if (r == 0 && refused < 0)
		return fail_sys(e, -refused, "cgroup %s: send signal %d", cg->path, sig);
	return r;
}

static int signal_all(const struct cg *cg, int sig, size_t *seen, struct err *e)
{
	autofree pid_t *pid = NULL;
	size_t n = 0;

	if (cg_pids(cg, &pid, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i += BATCH)
		if (signal_batch(cg, pid + i, n - i < BATCH ? n - i : BATCH, sig, e) < 0)
			return -1;
	*seen = n;
	return 0;
}

int cg_signal(const struct cg *cg, int signal, struct err *e)
{
	size_t seen;

	return signal == SIGKILL ? cg_kill(cg, e) : signal_all(cg, signal, &seen, e);
}

/* Before 5.14 there was no cgroup.kill, and it does not see all. Nobody forks while frozen, and
 * SIGKILL ends a frozen process. Where freezing does not come about: rounds until none is left.
 */
int cg_kill_each(const struct cg *cg, struct err *e)
{
	struct err ignored = { 0 };
	bool frozen = cg_freeze(cg, true, FREEZE_MS, &ignored) == 0;
	size_t seen = 1;
	int r = 0;

	for (int i = 0; r == 0 && seen > 0 && i < (frozen ? 1 : KILL_ROUNDS); i++)
		r = signal_all(cg, SIGKILL, &seen, e);
	(void)file_put_at(cg->dir, "cgroup.freeze", "0");
	return r;
}

/* cgroup.kill signals first threads, and passes over a process whose first thread has ended
 * while others live (seen on 6.18): who is not gone yet is killed once more, each by a pidfd,
 * which means the process. */
int cg_kill(const struct cg *cg, struct err *e)
{
	int r = file_put_at(cg->dir, "cgroup.kill", "1");

	if (r == -ENODEV || (r == 0 && !cg_is_populated(cg)))
		return 0;
	if (r == 0)
		return cg_kill_each(cg, e);
	if (r != -ENOENT)
		return cg_refused(cg, "cgroup.kill", "1", -r, e);
	/* A group that was removed has no files: nobody is left to kill. */
	if (faccessat(cg->dir, "cgroup.procs", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return 0;
	return cg_kill_each(cg, e);
}
