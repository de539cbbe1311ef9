/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - the table of probes, and how one is run. */
#include "doctor/doctor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "doctor/doctor_private.h"
#include "plan/host.h"

#define PROBE_MS 60000 /* a machine that is busy, or emulated */

const char *const doctor_state_names[] = { "ok", "limited", "missing", NULL };

#define BOTH (DOCTOR_ROOT | DOCTOR_USER)

/* clang-format off */
const struct doctor_probe doctor_probes[] = {
	{ "kernel", "this runtime is written for Linux 5.15 and later", BOTH, false, 0, look_kernel },

	{ "cgroup-v2", "a config that asks for a limit is refused", DOCTOR_ROOT, false, 0, look_cgroup_tree },
	{ "cpu", "limits on cpu time (shares, quota) are refused", DOCTOR_ROOT, false, CG_CPU, look_controller },
	{ "cpuset", "binding to cpus and memory nodes is refused", 0, false, CG_CPUSET, look_controller },
	{ "memory", "limits on memory are refused", DOCTOR_ROOT, false, CG_MEMORY, look_controller },
	{ "pids", "limits on the number of processes are refused", DOCTOR_ROOT, false, CG_PIDS, look_controller },
	{ "io", "limits on block devices are refused", 0, false, CG_IO, look_controller },
	{ "hugetlb", "limits on huge pages are refused", 0, false, CG_HUGETLB, look_controller },
	{ "rdma", "limits on RDMA resources are refused", 0, false, CG_RDMA, look_controller },
	{ "misc", "limits on scalar resources (linux.resources.unified misc.max) are refused", 0, false, CG_MISC, look_controller },
	{ "delegation", "no group can be made: a config that asks for a limit is refused, pause and update have nothing to act on", DOCTOR_ROOT, false, 0, look_delegation },
	{ "clone-into-cgroup", "the first process is moved into its group before it runs anything of the container, a little slower", 0, true, 0, look_clone_into },
	{ "cgroup.kill", "a container is frozen and killed one process at a time", 0, true, 0, look_kill },
	{ "freezer", "pause, resume and checkpoint are refused", 0, true, 0, look_freeze },
	{ "device-filter", "rules of linux.resources.devices are refused by root's containers; those of a user namespace can make no node anyway", DOCTOR_ROOT, false, 0, look_device_filter },
	{ "psi", "events and stats show no pressure", 0, false, 0, look_pressure },

	{ "user-namespace", "containers with ids of their own are refused; without privileges, all are", DOCTOR_USER, true, 0, look_user_namespace },
	{ "rootless", "users without privileges can run no container", 0, true, 0, look_plain_user },
	{ "newuidmap", "a user's containers have one user id", 0, false, HELPER_UID, look_id_helper },
	{ "newgidmap", "a user's containers have one group id", 0, false, HELPER_GID, look_id_helper },
	{ "subordinate-ids", "a user's containers have one user id and one group id", 0, true, 0, look_id_ranges },
	{ "mount-namespace", "no container can be made", BOTH, true, CLONE_NEWNS, look_namespace },
	{ "pid-namespace", "containers see all processes of the host", BOTH, true, CLONE_NEWPID, look_namespace },
	{ "network-namespace", "containers share the host's network", BOTH, true, CLONE_NEWNET, look_namespace },
	{ "ipc-namespace", "containers share the host's queues and shared memory", BOTH, true, CLONE_NEWIPC, look_namespace },
	{ "uts-namespace", "containers have the host's name", BOTH, true, CLONE_NEWUTS, look_namespace },
	{ "cgroup-namespace", "containers see the names of the host's groups", 0, true, CLONE_NEWCGROUP, look_namespace },
	{ "time-namespace", "a config with linux.timeOffsets or a time namespace is refused", 0, true, CLONE_NEWTIME, look_namespace },

	{ "clone3", "no container can be made", BOTH, true, 0, look_clone3 },
	{ "pidfd", "a process could be mistaken for another one: no container can be made", BOTH, true, 0, look_pidfd },
	{ "openat2", "paths inside a container cannot be resolved safely: no container can be made", BOTH, false, 0, look_openat2 },
	{ "close_range", "descriptors of the host could leak: no container can be made", BOTH, true, 0, look_close_range },
	{ "mount-api", "file systems cannot be mounted by descriptor: no container can be made", BOTH, true, 0, look_mount_api },
	{ "idmapped-mounts", "mounts with idmap or ridmap are refused; Kubernetes pods with hostUsers: false need them", 0, true, 0, look_idmapped },
	{ "overlay-in-userns", "an engine without privileges copies images or needs fuse-overlayfs", 0, true, 0, look_overlay },
	{ "proc-in-userns", "containers with user and pid namespaces are refused", DOCTOR_USER, true, 0, look_proc_mount },

	{ "seccomp", "a config with linux.seccomp or a policy is refused", BOTH, true, 0, look_seccomp },
	{ "seccomp-flags", "a config that asks for a flag that is missing is refused", 0, false, 0, look_seccomp_flags },
	{ "seccomp-notify", "SCMP_ACT_NOTIFY and audit rules of policies are refused", 0, true, 0, look_notify },
	{ "landlock", "rules for single paths cannot be enforced inside a container", 0, false, 0, look_landlock },
	{ "apparmor", "a config with process.apparmorProfile is refused", 0, false, 0, look_apparmor },
	{ "selinux", "a config with process.selinuxLabel is refused", 0, false, 0, look_selinux },
	{ "audit", "the kernel reports no denials of SCMP_ACT_LOG", 0, false, 0, look_audit },

	{ "criu", "checkpoint and restore are refused", 0, true, 0, look_criu },
	{ "caisson-policy", "caisson policy is refused; policies are compiled all the same", 0, false, PROGRAM_POLICY, look_program },
	{ "caisson-libseccomp", "--seccomp-backend libseccomp is refused, and so is linux.seccomp where we carry no tables of the architecture", 0, false, PROGRAM_LIBSECCOMP, look_program },
	{ NULL, NULL, 0, false, 0, NULL },
};
/* clang-format on */

/* ---- findings ---- */

void found(struct doctor_finding *f, enum doctor_state state, const char *fmt, ...)
{
	va_list ap;

	if (f->found[0] != '\0')
		return;
	f->state = state;
	va_start(ap, fmt);
	(void)vsnprintf(f->found, sizeof(f->found), fmt, ap);
	va_end(ap);
}

void remedy(struct doctor_finding *f, const char *fmt, ...)
{
	va_list ap;

	if (f->remedy[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

void found_errno(struct doctor_finding *f, int err, const char *what, const char *good)
{
	if (err < 0)
		found(f, DOCTOR_MISSING, "%s: %s", what, err_words(-err).s);
	else
		found(f, DOCTOR_OK, "%s", good);
}

/* ---- a child to try things in ---- */

/* user_namespaces(7): one id without help; setgroups is denied first. */
static int map_self(uid_t uid, gid_t gid)
{
	char uid_map[32], gid_map[32];
	int err;

	(void)snprintf(uid_map, sizeof(uid_map), "0 %u 1", uid);
	(void)snprintf(gid_map, sizeof(gid_map), "0 %u 1", gid);
	err = file_put_at(-1, "/proc/self/setgroups", "deny");
	if (err == 0)
		err = file_put_at(-1, "/proc/self/uid_map", uid_map);
	if (err == 0)
		err = file_put_at(-1, "/proc/self/gid_map", gid_map);
	return err;
}

int enter(const struct doctor *d, uint64_t flags)
{
	bool user = !d->privileged || (flags & CLONE_NEWUSER) != 0;
	int rest = (int)(flags & ~(uint64_t)CLONE_NEWUSER);
	int err;

	if (user && unshare(CLONE_NEWUSER) < 0)
		return -errno;
	if (user && (err = map_self(d->uid, d->gid)) < 0)
		return err;
	if (rest != 0 && unshare(rest) < 0)
		return -errno;
	if ((flags & CLONE_NEWNS) == 0)
		return 0;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

int private_tmpfs(void)
{
	if (mount("doctor", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0 ||
	    chdir("/tmp") < 0)
		return -errno;
	return 0;
}

static _Noreturn void be_child(const struct doctor *d, const struct doctor_probe *p, int to)
{
	struct doctor_finding f = { 0 };

	p->look(d, p->what, &f);
	proc_exit(write_all(to, &f, sizeof(f)) == 0 ? 0 : 1);
}

/* One write of less than PIPE_BUF comes whole. */
static bool hear(int from, struct doctor_finding *f)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	struct doctor_finding got;

	if (poll(&p, 1, PROBE_MS) <= 0 || read(from, &got, sizeof(got)) != (ssize_t)sizeof(got))
		return false;
	got.found[sizeof(got.found) - 1] = '\0';
	got.remedy[sizeof(got.remedy) - 1] = '\0';
	*f = got;
	return true;
}

static void look_apart(const struct doctor *d, const struct doctor_probe *p,
		       struct doctor_finding *f)
{
	autofd int from = -1, to = -1;
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		found(f, DOCTOR_MISSING, "pipe: %s", err_words(errno).s);
		return;
	}
	from = ends[0];
	to = ends[1];
	pid = fork();
	if (pid == 0)
		be_child(d, p, to);
	(void)close(take_fd(&to));
	if (pid < 0) {
		found(f, DOCTOR_MISSING, "fork: %s", err_words(errno).s);
		return;
	}
	if (!hear(from, f))
		found(f, DOCTOR_MISSING, "the process that tried it gave no answer");
	(void)kill(pid, SIGKILL);
	(void)proc_wait(pid, -1, -1, &status);
}

void doctor_look(const struct doctor *d, const struct doctor_probe *p, struct doctor_finding *f)
{
	*f = (struct doctor_finding){ .state = DOCTOR_MISSING };
	if (p->apart)
		look_apart(d, p, f);
	else
		p->look(d, p->what, f);
}

bool doctor_needs(const struct doctor *d, const struct doctor_probe *p)
{
	return (p->needed & (d->privileged ? DOCTOR_ROOT : DOCTOR_USER)) != 0;
}

/* ---- what they share ---- */

static void block_signals(int how)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(how, &set, NULL);
}

static bool may_make(const char *group)
{
	char path[600];

	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", group);
	return access(path, W_OK) == 0;
}

/* Where create would make a group: beside our own (ARCHITECTURE.md, "cgroups"); for a user
 * whose session has not been given to him, where his systemd may. */
static const char *find_groups(struct doctor *d)
{
	char own[512];
	struct err ignored = { 0 };
	const char *group;

	if (!d->cgroup.v2 || cg_self_path(own, sizeof(own), &ignored) < 0)
		return NULL;
	*(strrchr(own, '/') == own ? own + 1 : strrchr(own, '/')) = '\0';
	if (may_make(own))
		return arena_strdup(d->arena, own);
	group = arena_printf(d->arena, "/user.slice/user-%u.slice/user@%u.service", d->uid,
			     d->uid);
	return may_make(group) ? group : NULL;
}

void doctor_begin(struct doctor *d)
{
	const char *group;
	struct host h;

	host_probe(&h);
	d->privileged = h.privileged;
	d->initial = h.in_init_user_ns;
	d->uid = h.uid;
	d->gid = h.gid;
	d->cgroup = h.cgroup;
	block_signals(SIG_BLOCK);
	d->groups = find_groups(d);
	if (d->groups == NULL) {
		(void)fail(&d->no_cg, ERR_HOST, "%s",
			   d->cgroup.v2 ? "no group in which this user may make one"
					: d->cgroup.why);
		return;
	}
	group = arena_printf(d->arena, "%s/caisson-doctor-%d", d->groups, getpid());
	if (cg_make(group, 0, &d->cg, &d->no_cg) < 0)
		d->cg = NULL;
}

void doctor_end(struct doctor *d)
{
	struct err ignored = { 0 };

	if (d->cg != NULL) {
		(void)cg_kill(d->cg, &ignored);
		(void)cg_remove(cg_path(d->cg), PROBE_MS, &ignored);
		cg_close(d->cg);
		d->cg = NULL;
	}
	block_signals(SIG_UNBLOCK);
}
