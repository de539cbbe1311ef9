/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - what a process may use, and how it is scheduled. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

/* ---- rlimits: getrlimit(2) ---- */

static const char *const rlimit_names[] = {
	[RLIMIT_CPU] = "RLIMIT_CPU",           [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_DATA] = "RLIMIT_DATA",         [RLIMIT_STACK] = "RLIMIT_STACK",
	[RLIMIT_CORE] = "RLIMIT_CORE",         [RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
};

static const char *rlimit_name(int resource)
{
	return resource >= 0 && (size_t)resource < COUNT(rlimit_names) ? rlimit_names[resource]
								       : "unknown limit";
}

static int rlimit_failed(size_t i, const struct spec_rlimit *l, int err, struct err *e)
{
	(void)fail_sys(e, err, "process.rlimits[%zu]: set %s to %" PRIu64 ", at most %" PRIu64,
		       i, rlimit_name(l->resource), l->soft, l->hard);
	if (err == EPERM && l->resource == RLIMIT_NOFILE)
		return hint(e,
			    "a hard limit above that of the runtime needs CAP_SYS_RESOURCE on "
			    "the host, and fs.nr_open is the most that anybody gets");
	if (err == EPERM)
		return hint(e,
			    "a hard limit above that of the runtime needs CAP_SYS_RESOURCE on "
			    "the host");
	return -1;
}

/* In the init itself, where r->pid is 0, or for it by the runtime. */
int do_rlimits(struct run *r, const struct plan *pl, struct err *e)
{
	pid_t who = r->pid > 0 ? r->pid : 0;

	for (size_t i = 0; i < pl->process.rlimits_n; i++) {
		const struct spec_rlimit *l = &pl->process.rlimits[i];
		const struct rlimit lim = { .rlim_cur = l->soft, .rlim_max = l->hard };

		if (prlimit(who, l->resource, &lim, NULL) < 0)
			return rlimit_failed(i, l, errno, e);
	}
	return 0;
}

/* ---- scheduling ---- */

/* The reasons that sched_setattr(2) has for each. */
static const struct {
	int err;
	const char *remedy;
} scheduler_hints[] = {
	{ EPERM, "this policy, or a nice value below the runtime's, needs CAP_SYS_NICE on the "
		 "host; SCHED_DEADLINE also all processors in the affinity mask" },
	{ EBUSY, "the processors have no such bandwidth left for SCHED_DEADLINE" },
	{ EINVAL, "the priority must fit the policy, and a deadline lie between runtime and "
		  "period: see sched(7)" },
};

/* The words after the colon are runc's, which its tests look for. */
static int scheduler_refused(const struct plan *pl, int err, struct err *e)
{
	if (err == EPERM && pl->process.scheduler.policy == SCHED_DEADLINE &&
	    pl->cgroup.limits.cpus != NULL)
		return hint(e,
			    "SCHED_DEADLINE wants all processors: process scheduler can't be "
			    "used together with AllowedCPUs, linux.resources.cpu.cpus");
	for (size_t i = 0; i < COUNT(scheduler_hints); i++)
		if (scheduler_hints[i].err == err)
			return hint(e, "%s", scheduler_hints[i].remedy);
	return -1;
}

int do_scheduler(struct run *r, const struct plan *pl, struct err *e)
{
	const struct spec_scheduler *s = &pl->process.scheduler;
	const struct sys_sched attr = {
		.size = sizeof(attr),
		.policy = s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = s->priority < 0 ? 0U : (uint32_t)s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};
	int err = -sys_sched_setattr(0, &attr);

	(void)r;
	if (err == 0)
		return 0;
	(void)fail_sys(e, err,
		       "process.scheduler: set policy %" PRIu32 ", nice %d, priority %d",
		       s->policy, s->nice, s->priority);
	return scheduler_refused(pl, err, e);
}

int do_io_priority(struct run *r, const struct plan *pl, struct err *e)
{
	const struct spec_io_priority *p = &pl->process.io_priority;
	int value = (p->class << IOPRIO_CLASS_SHIFT) | p->priority;
	int err = -sys_ioprio_set(IOPRIO_WHO_PROCESS, 0, value);

	(void)r;
	if (err == 0)
		return 0;
	(void)fail_sys(e, err, "process.ioPriority: set class %d, priority %d", p->class,
		       p->priority);
	return err == EPERM ? hint(e, "IOPRIO_CLASS_RT needs CAP_SYS_NICE on the host") : -1;
}

/* ---- processors and memory ---- */

/* The largest CONFIG_NR_CPUS; the kernel skips what is beyond its own. */
#define PROCESSORS_MAX 8192

static int set_affinity(pid_t pid, const struct bits *cpus, const char *which, struct err *e)
{
	int err = sys_sched_setaffinity(pid, cpus->words, cpus->n);

	if (err == 0)
		return 0;
	(void)fail_sys(e, -err, "process.execCPUAffinity.%s: set", which);
	return err == -EINVAL
		       ? hint(e, "it must name a processor of /sys/devices/system/cpu/online "
				 "that cpuset.cpus.effective of the cgroup allows")
		       : -1;
}

int do_affinity_initial(struct run *r, const struct plan *pl, struct err *e)
{
	return set_affinity(r->pid, &pl->process.affinity_initial, "initial", e);
}

/* Since Linux 6.2 a process takes the mask that it was given along when it moves to another
 * group: what the runtime or its caller is bound to would bind the container too. The kernel
 * leaves out the processors that there are not, or that the group may not use. */
static void unbind(void)
{
	unsigned long all[PROCESSORS_MAX / (8 * sizeof(unsigned long))];
	int err;

	memset(all, 0xff, sizeof(all));
	err = sys_sched_setaffinity(0, all, COUNT(all));
	if (err < 0)
		log_debug("processors: the runtime's own are kept: %s", strerror(-err));
}

int do_processors(struct run *r, const struct plan *pl, struct err *e)
{
	const struct bits *own = &pl->process.affinity_final;

	(void)r;
	if (own->n > 0)
		return set_affinity(0, own, "final", e);
	if (pl->process.affinity_initial.n == 0)
		unbind();
	return 0;
}

/* The reasons that set_mempolicy(2) has for each. */
static const struct {
	int err;
	const char *remedy;
} memory_hints[] = {
	{ EINVAL, "the nodes must be in /sys/devices/system/node/has_memory and in "
		  "cpuset.mems.effective of the cgroup, and the kernel must know the mode and "
		  "take its flags: see set_mempolicy(2)" },
	{ ENOSYS, "this kernel is built without CONFIG_NUMA" },
};

int do_memory_policy(struct run *r, const struct plan *pl, struct err *e)
{
	const struct spec_memory_policy *m = &pl->process.memory_policy;
	int err = -sys_set_mempolicy((int)(m->mode | m->flags), m->nodes.words, m->nodes.n);

	(void)r;
	if (err == 0)
		return 0;
	(void)fail_sys(e, err, "linux.memoryPolicy: set mode %" PRIu32 ", flags 0x%" PRIx32,
		       m->mode, m->flags);
	for (size_t i = 0; i < COUNT(memory_hints); i++)
		if (memory_hints[i].err == err)
			return hint(e, "%s", memory_hints[i].remedy);
	return -1;
}

int do_personality(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	if (personality((unsigned long)pl->process.personality) < 0)
		return fail_sys(e, errno, "linux.personality: set 0x%" PRIx64,
				(uint64_t)pl->process.personality);
	return 0;
}

int do_umask(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)e;
	(void)umask((mode_t)pl->process.umask);
	return 0;
}

/* ---- the out-of-memory killer's choice: proc_pid_oom_score_adj(5) ---- */

static bool oom_score_is(const char *path, int64_t score)
{
	char text[16];
	int64_t now;

	return file_peek_at(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	       str_int64(text, -1000, 1000, &now) && now == score;
}

int write_oom_score(pid_t pid, int64_t score, struct err *e)
{
	char path[48], text[24];
	int err;

	(void)snprintf(path, sizeof(path), "/proc/%jd/oom_score_adj", (intmax_t)pid);
	(void)snprintf(text, sizeof(text), "%" PRId64, score);
	err = -file_put_at(AT_FDCWD, path, text);
	/* Refused to who may not lower it, even where nothing would change. */
	if (err == 0 || (err == EACCES && oom_score_is(path, score)))
		return 0;
	(void)fail_sys(e, err, "process.oomScoreAdj: write %s to %s", text, path);
	return err == EACCES
		       ? hint(e, "a value below the runtime's needs CAP_SYS_RESOURCE on the "
				 "host")
		       : -1;
}
