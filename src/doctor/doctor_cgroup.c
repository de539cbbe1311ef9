/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_cgroup.c - the tree, its controllers, and what a group of ours can do. */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "doctor/doctor_private.h"

#define FREEZE_MS 5000

#define PURE_V2                                                                              \
	"boot with systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all; nothing else binds " \
	"all "                                                                               \
	"controllers to v2"

#define SEE_TREE "see cgroup-v2"

void look_cgroup_tree(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	(void)what;
	if (d->cgroup.v2) {
		found(f, DOCTOR_OK, "a pure v2 tree on /sys/fs/cgroup");
		return;
	}
	found(f, DOCTOR_MISSING, "%s", d->cgroup.why);
	remedy(f, PURE_V2);
}

/* ---- controllers ---- */

static const char *name_of(uint64_t controller)
{
	size_t i = 0;

	while (controller >> i > 1)
		i++;
	return cg_controller_names[i];
}

/* cgroups(7): io was called blkio. */
static const char *v1_name(const char *name)
{
	return str_eq(name, "io") ? "blkio" : name;
}

/* Where a v1 hierarchy has that controller: its mount point, or false. */
static bool find_v1(const char *name, char *where, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	bool is_there = false;

	if (mounts == NULL)
		return false;
	while (!is_there && (m = getmntent(mounts)) != NULL) {
		is_there = str_eq(m->mnt_type, "cgroup") && hasmntopt(m, v1_name(name)) != NULL;
		if (is_there)
			(void)snprintf(where, size, "%s", m->mnt_dir);
	}
	(void)endmntent(mounts);
	return is_there;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text != '\0'; text += strspn(text, " \n")) {
		size_t len = strcspn(text, " \n");

		if (len == n && memcmp(text, word, n) == 0)
			return true;
		text += len;
	}
	return false;
}

static bool group_has(const char *group, const char *name)
{
	char path[600], text[256];

	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.controllers", group);
	return file_peek_at(AT_FDCWD, path, text, sizeof(text)) >= 0 && has_word(text, name);
}

/* A controller that systemd does not give to users unless told so. */
static void not_delegated(const struct doctor *d, const char *name, struct doctor_finding *f)
{
	found(f, DOCTOR_LIMITED, "the kernel has it, %s is not given it",
	      d->groups != NULL ? d->groups : "this user");
	remedy(f,
	       "as root: mkdir -p /etc/systemd/system/user@.service.d, write \"[Service]\" and "
	       "\"Delegate=cpu cpuset io memory pids\" to delegate.conf there, systemctl "
	       "daemon-reload, and log in anew");
	(void)name;
}

void look_controller(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const char *name = name_of(what);
	char where[100];

	if (find_v1(name, where, sizeof(where))) {
		found(f, DOCTOR_MISSING, "it is bound to v1, on %s", where);
		remedy(f, SEE_TREE);
		return;
	}
	if (!d->cgroup.v2) {
		found(f, DOCTOR_MISSING, "there is no v2 tree on /sys/fs/cgroup to have it");
		remedy(f, SEE_TREE);
		return;
	}
	if ((d->cgroup.controllers & what) == 0) {
		found(f, DOCTOR_MISSING, "the root group is without it");
		remedy(f,
		       "a kernel with this controller, not switched off by cgroup_disable=%s",
		       name);
		return;
	}
	/* root enables on the way down what is missing */
	if (!d->privileged && (d->groups == NULL || !group_has(d->groups, name)))
		not_delegated(d, name, f);
	else
		found(f, DOCTOR_OK, "for groups in %s", d->groups != NULL ? d->groups : "/");
}

void look_delegation(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	char own[512], text[300];
	struct err ignored = { 0 };

	(void)what;
	if (d->cg == NULL) {
		err_format(&d->no_cg, text, sizeof(text));
		found(f, DOCTOR_MISSING, "%.190s", text);
		remedy(f, "%s",
		       d->cgroup.v2 ? "systemd-run --user --scope -p Delegate=yes caisson ..., "
				      "or the systemd driver"
				    : SEE_TREE);
		return;
	}
	if (d->privileged || (cg_self_path(own, sizeof(own), &ignored) == 0 &&
			      str_after(own, d->groups) != NULL)) {
		found(f, DOCTOR_OK, "groups can be made in %s", d->groups);
		return;
	}
	found(f, DOCTOR_LIMITED, "groups can be made in %.80s, but we are in %.80s", d->groups,
	      own);
	remedy(f, "systemd-run --user --scope -p Delegate=yes caisson ..., or the systemd "
		  "driver");
}

/* ---- a group of ours ---- */

static bool has_group(const struct doctor *d, struct doctor_finding *f)
{
	if (d->cg != NULL)
		return true;
	found(f, DOCTOR_MISSING, "no group to try it in");
	remedy(f, "see delegation");
	return false;
}

/* A process that waits in the test group; -errno. */
static pid_t sleeper(const struct doctor *d)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (unsigned)cg_fd(d->cg) };
	pid_t pid = sys_clone3(&args, sizeof(args));

	if (pid != 0)
		return pid;
	for (;;)
		(void)pause();
}

void look_clone_into(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	pid_t pid;

	(void)what;
	if (!has_group(d, f))
		return;
	pid = sleeper(d);
	found_errno(f, pid, "clone3 with CLONE_INTO_CGROUP", "clone3 with CLONE_INTO_CGROUP");
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)proc_wait(pid, -1, -1, NULL);
	}
}

void look_kill(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	autofd int dir = -1;
	int status = 0, err;
	pid_t pid;

	(void)what;
	if (!has_group(d, f))
		return;
	dir = dup(cg_fd(d->cg));
	pid = sleeper(d);
	err = file_put_at(dir, "cgroup.kill", "1");
	if (err < 0 && pid > 0)
		(void)kill(pid, SIGKILL);
	if (pid > 0)
		(void)proc_wait(pid, -1, FREEZE_MS, &status);
	found_errno(f, err, "write cgroup.kill", "a whole group is killed by one write");
	if (err < 0)
		remedy(f, "Linux 5.14 or later");
}

void look_freeze(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	struct err e = { 0 };
	char text[300];
	pid_t pid;

	(void)what;
	if (!has_group(d, f))
		return;
	pid = sleeper(d);
	if (cg_freeze(d->cg, true, FREEZE_MS, &e) == 0 &&
	    cg_freeze(d->cg, false, FREEZE_MS, &e) == 0)
		found(f, DOCTOR_OK, "a group is frozen and thawed");
	err_format(&e, text, sizeof(text));
	found(f, DOCTOR_MISSING, "%.190s", text);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)proc_wait(pid, -1, FREEZE_MS, NULL);
	}
}

void look_device_filter(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const struct cg_device rule = {
		.allow = true, .type = 'c', .major = 1, .minor = 3, .read = true
	};
	const struct cg_limits l = { .has_devices = true, .devices = &rule, .devices_n = 1 };
	uint32_t program = 0;
	struct err e = { 0 };
	char text[300];

	(void)what;
	if (!d->privileged || !d->initial) {
		found(f, DOCTOR_LIMITED,
		      "the kernel takes none from a user without privileges");
		remedy(f,
		       "none is needed: a process of a user namespace can make no device node");
		return;
	}
	if (!has_group(d, f))
		return;
	if (cg_put_devices(d->cg, &l, &program, &e) == 0) {
		found(f, DOCTOR_OK, "an eBPF program is attached to a group");
		return;
	}
	err_format(&e, text, sizeof(text));
	found(f, DOCTOR_MISSING, "%.190s", text);
	remedy(f, "a kernel with CONFIG_CGROUP_BPF");
}

/* Without psi=1 the files of some kernels are there and cannot be read. */
void look_pressure(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	char text[64];
	ssize_t n = file_peek_at(AT_FDCWD, "/proc/pressure/memory", text, sizeof(text));

	(void)d;
	(void)what;
	found_errno(f, n < 0 ? (int)n : 0, "read /proc/pressure/memory",
		    "pressure of memory, cpu and io is measured");
	if (n < 0)
		remedy(f, "boot with psi=1; the kernel needs CONFIG_PSI");
}
