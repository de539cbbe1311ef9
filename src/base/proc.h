/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h - processes: seen, waited for, run with a time limit. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Start time in clock ticks after boot (field 22 of /proc/PID/stat) and the state letter; with
 * the pid it names a process for good. 0 or -errno. */
int proc_stat(pid_t pid, uint64_t *start_time, char *state);

/* Alive: that pid with that start time, and a thread of it, the first or another, that has not
 * ended. */
bool proc_alive(pid_t pid, uint64_t start_time);

/* Whether that process, alive or a zombie, has gone through no execve(2) since it was cloned.
 * False where that cannot be known any more, as when it has been reaped. */
bool proc_never_executed(pid_t pid, uint64_t start_time);

/* Whether our ids are the host's. */
bool proc_in_init_user_ns(void);
/* Whether it has gone through one; false, too, where that cannot be known. */
bool proc_executed(pid_t pid, uint64_t start_time);
/* How a zombie ended, from its /proc/PID/stat, opened while it lived: status as wait(2), and
 * whether it never went through execve(2). -EAGAIN: it lives; -ESRCH: reaped; -EPERM: not ours
 * to know. */
int proc_ended(int stat_fd, int *status, bool *never_executed);

/* Milliseconds on CLOCK_BOOTTIME and CLOCK_REALTIME. */
uint64_t now_boot_ms(void);
uint64_t now_wall_ns(void);
/* "2026-11-22T02:14:01.123456789Z" */
void time_rfc3339(uint64_t wall_ns, char buf[40]);

struct proc_job {
	const char *path;        /* absolute, no PATH search */
	const char *const *argv; /* NULL-ended; NULL: { path } */
	const char *const *envp; /* NULL-ended; NULL: none */
	const char *input;       /* given on stdin; NULL: /dev/null */
	size_t input_len;
	int output;     /* where its stdout goes; 0: the same way as stderr */
	int timeout_ms; /* -1: none */
	int root;       /* chdir here first: a directory, or -1 */
	int third;      /* given to it as descriptor 3; 0: none */

	/* Called in the new process directly before execve: 0 or -errno. NULL: nothing. The
	 * memory is the caller's own, which sleeps meanwhile. */
	int (*last)(void *ctx);
	void *last_ctx;
};

/* What became of a job; said is the tail of what it wrote to stderr (and stdout), one line. */
struct proc_result {
	bool timed_out;
	int exit_code; /* -1 when killed by a signal */
	int signal;
	char said[256];
};

/* Runs a program with nothing inherited but stdio, default signals, no descriptors of ours.
 * Killed, and reaped, when the time is over. -1 when it could not be started at all. */
int proc_run(const struct proc_job *job, struct proc_result *out, struct err *e) CHECK;

/* Starts a program with /dev/null on 0 to 2, default signals, no environment, and the
 * descriptors of the list, under their numbers, -1 in it is none; those of ours that are not
 * close-on-exec are its own to close. 0 or -errno. */
int proc_spawn(const char *path, const char *const *argv, const int *fds, size_t n, pid_t *pid);

/* Waits for a child by pid with a limit (-1: none). 0, -ETIMEDOUT or -errno; *status as
 * wait(2). */
int proc_wait(pid_t pid, int pidfd, int timeout_ms, int *status);

/* Signal dispositions and mask to their defaults, as execve needs them. */
void proc_reset_signals(void);

/* _exit that writes coverage data first in coverage builds. */
_Noreturn void proc_exit(int code);
