/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - the process of a job, made by hand: for one that has a last step before execve. */
#pragma once
#include "base/proc.h"

/* As posix_spawn(3) with the job's descriptors: the program, or an errno and no process. */
int job_spawn(const struct proc_job *job, int in, int out, pid_t *pid);
