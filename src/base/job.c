/* SPDX-License-Identifier: Apache-2.0 */
#include "base/job.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

#define STACK_SIZE 65536

struct birth {
	const struct proc_job *job;
	int in, out;
	int err; /* why nothing was executed */
};

static int descriptors(const struct birth *b)
{
	const struct proc_job *job = b->job;
	const int first = job->output > 0 ? job->output : b->out;

	if (dup2(b->in, STDIN_FILENO) < 0 || dup2(first, STDOUT_FILENO) < 0 ||
	    dup2(b->out, STDERR_FILENO) < 0 || (job->root >= 0 && fchdir(job->root) < 0) ||
	    (job->third > 0 && dup2(job->third, 3) < 0))
		return -errno;
	return fd_cloexec_from(job->third > 0 ? 4 : 3);
}

/* After the last step no call of ours but execve: it may have forbidden all others. */
static int be_born(void *arg)
{
	struct birth *b = arg;
	const struct proc_job *job = b->job;
	const char *const self[] = { job->path, NULL };
	const char *const *argv = job->argv != NULL ? job->argv : self;
	const char *const *envp = job->envp != NULL ? job->envp : self + 1;

	(void)setpgid(0, 0);
	proc_reset_signals();
	b->err = -descriptors(b);
	if (b->err == 0)
		b->err = -job->last(job->last_ctx);
	if (b->err == 0) {
		(void)execve(job->path, (char **)(uintptr_t)argv, (char **)(uintptr_t)envp);
		b->err = errno;
	}
	_exit(127);
}

/* vfork(2) with a stack of its own: the memory is ours, so that the child needs no call to tell
 * why it failed, and we sleep until it has executed or ended. */
int job_spawn(const struct proc_job *job, int in, int out, pid_t *pid)
{
	autofree char *stack = malloc(STACK_SIZE);
	struct birth b = { .job = job, .in = in, .out = out };
	sigset_t all, old;
	int status;

	if (stack == NULL)
		return ENOMEM;
	/* none of our handlers in the child, before it has its own */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	*pid = clone(be_born, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, &b);
	if (*pid < 0)
		b.err = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (*pid >= 0 && b.err != 0)
		(void)proc_wait(*pid, -1, -1, &status);
	return b.err;
}
