/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_user.c - namespaces, users and their ids, labels, programs. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "doctor/doctor_private.h"
#include "run/criu.h"

#define NOBODY    65534
#define HELPER_MS 10000

/* ---- namespaces ---- */

void look_namespace(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	int err = enter(d, what);

	found_errno(f, err, "unshare",
		    d->privileged ? "a new one was made"
				  : "a new one was made, in a user "
				    "namespace");
	if (err == -ENOSPC)
		remedy(f, "raise the limits in /proc/sys/user");
	else if (err == -EINVAL)
		remedy(f, "a kernel that has this namespace");
	else if (err < 0)
		remedy(f, "see user-namespace");
}

static bool sysctl_is(const char *path, const char *value)
{
	char text[32];

	return file_peek_at(AT_FDCWD, path, text, sizeof(text)) >= 0 && str_eq(text, value);
}

/* Why a user namespace was refused, or is worth nothing. */
static void explain_refusal(struct doctor_finding *f)
{
	if (sysctl_is("/proc/sys/user/max_user_namespaces", "0"))
		remedy(f, "sysctl user.max_user_namespaces=10000: it is 0");
	if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		remedy(f, "sysctl kernel.unprivileged_userns_clone=1: it is 0");
	if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		remedy(f, "an AppArmor profile for caisson with \"userns,\", or sysctl "
			  "kernel.apparmor_restrict_unprivileged_userns=0");
	remedy(f,
	       "a kernel with CONFIG_USER_NS; around us, no seccomp filter or container that "
	       "forbids it");
}

/* AppArmor lets the namespace be and takes its capabilities: only a mount shows it. */
static void look_at_userns(const struct doctor *d, struct doctor_finding *f)
{
	int err = enter(d, CLONE_NEWUSER | CLONE_NEWNS);

	if (err < 0) {
		found_errno(f, err, "unshare of a user namespace", "");
		explain_refusal(f);
		return;
	}
	err = private_tmpfs();
	if (err == 0) {
		found(f, DOCTOR_OK, "a new one was made, and something mounted in it");
		return;
	}
	found(f, DOCTOR_LIMITED, "a new one is made, but may do nothing: mount: %s",
	      err_words(-err).s);
	explain_refusal(f);
}

void look_user_namespace(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	(void)what;
	look_at_userns(d, f);
}

/* What a user meets, also where root asks. */
void look_plain_user(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	struct doctor plain = *d;

	(void)what;
	if (d->privileged) {
		if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
		    setresuid(NOBODY, NOBODY, NOBODY) < 0) {
			found(f, DOCTOR_LIMITED, "we cannot become a plain user to try it: %s",
			      err_words(errno).s);
			return;
		}
		/* /proc/self belongs to root after a change of ids, until dumpable again */
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		plain.privileged = false;
		plain.uid = NOBODY;
		plain.gid = NOBODY;
	}
	look_at_userns(&plain, f);
}

/* ---- subordinate ids ---- */

static const char *const helper_paths[][4] = {
	[HELPER_UID] = { "/usr/bin/newuidmap", "/usr/local/bin/newuidmap", "/bin/newuidmap",
			 NULL },
	[HELPER_GID] = { "/usr/bin/newgidmap", "/usr/local/bin/newgidmap", "/bin/newgidmap",
			 NULL },
};

static const char *find_program(const char *const *paths)
{
	while (*paths != NULL && access(*paths, X_OK) < 0)
		paths++;
	return *paths;
}

void look_id_helper(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const char *path = find_program(helper_paths[what]);
	struct stat st;

	(void)d;
	if (path == NULL) {
		found(f, DOCTOR_MISSING, "not in /usr/bin, /usr/local/bin, /bin");
		remedy(f, "install uidmap (Debian) or shadow-utils");
		return;
	}
	if (stat(path, &st) == 0 && st.st_uid == 0 && (st.st_mode & S_ISUID) != 0)
		found(f, DOCTOR_OK, "%s, set-user-id", path);
	if (getxattr(path, "security.capability", NULL, 0) > 0)
		found(f, DOCTOR_OK, "%s, with file capabilities", path);
	found(f, DOCTOR_LIMITED, "%s has neither the set-user-id bit nor capabilities", path);
	if (f->state != DOCTOR_OK)
		remedy(f, "chmod u+s %s", path);
}

/* passwd(5), subuid(5): lines of fields between colons. How many there are. */
static size_t split(char *line, char **field, size_t max)
{
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n < max && line != NULL)
		field[n++] = strsep(&line, ":");
	return n;
}

/* Read by ourselves: this program is static, NSS is not. */
static bool name_of_user(uid_t uid, char name[64])
{
	FILE *file = fopen("/etc/passwd", "re");
	char line[512], *field[3];
	bool got = false;

	while (file != NULL && !got && fgets(line, sizeof(line), file) != NULL) {
		uint64_t id;

		got = split(line, field, COUNT(field)) == COUNT(field) &&
		      str_uint64(field[2], UINT32_MAX, &id) && id == uid;
		if (got)
			(void)snprintf(name, 64, "%s", field[0]);
	}
	if (file != NULL)
		(void)fclose(file);
	return got;
}

struct range {
	uint64_t first, n;
};

/* NAME or number, first id, how many */
static bool find_range(const char *path, uid_t uid, const char *name, struct range *r)
{
	FILE *file = fopen(path, "re");
	char line[256], number[16], *field[3];
	bool got = false;

	(void)snprintf(number, sizeof(number), "%u", uid);
	while (file != NULL && !got && fgets(line, sizeof(line), file) != NULL)
		got = split(line, field, COUNT(field)) == COUNT(field) &&
		      (str_eq(field[0], name) || str_eq(field[0], number)) &&
		      str_uint64(field[1], UINT32_MAX, &r->first) &&
		      str_uint64(field[2], UINT32_MAX, &r->n) && r->n > 0;
	if (file != NULL)
		(void)fclose(file);
	return got;
}

/* Runs newuidmap on a child that waits in a new user namespace. */
static bool try_map(const struct doctor *d, int helper, pid_t pid, const struct range *r,
		    struct doctor_finding *f)
{
	char text[4][24];
	const char *argv[] = { find_program(helper_paths[helper]),
			       text[0],
			       "0",
			       text[1],
			       "1",
			       "1",
			       text[2],
			       text[3],
			       NULL };
	struct proc_job job = {
		.path = argv[0], .argv = argv, .timeout_ms = HELPER_MS, .root = -1
	};
	struct proc_result res;
	struct err e = { 0 };

	(void)snprintf(text[0], sizeof(text[0]), "%d", pid);
	(void)snprintf(text[1], sizeof(text[1]), "%u", helper == HELPER_UID ? d->uid : d->gid);
	(void)snprintf(text[2], sizeof(text[2]), "%ju", (uintmax_t)r->first);
	(void)snprintf(text[3], sizeof(text[3]), "%ju", (uintmax_t)r->n);
	if (argv[0] == NULL)
		found(f, DOCTOR_MISSING, "no program to map them with");
	else if (proc_run(&job, &res, &e) < 0)
		found(f, DOCTOR_MISSING, "%.190s", e.text);
	else if (res.exit_code != 0)
		found(f, DOCTOR_MISSING, "%s: %.150s", argv[0], res.said);
	else
		return true;
	return false;
}

static bool map_both(const struct doctor *d, const struct range *u, const struct range *g,
		     struct doctor_finding *f)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args, sizeof(args));
	bool got;

	if (pid == 0)
		for (;;)
			(void)pause();
	if (pid < 0) {
		found(f, DOCTOR_MISSING, "user namespace: %s", err_words(-pid).s);
		return false;
	}
	got = try_map(d, HELPER_UID, pid, u, f) && try_map(d, HELPER_GID, pid, g, f);
	(void)kill(pid, SIGKILL);
	(void)proc_wait(pid, -1, -1, NULL);
	return got;
}

void look_id_ranges(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	char name[64] = "";
	struct range u, g;
	bool has_u, has_g;

	(void)what;
	if (d->privileged) {
		found(f, DOCTOR_OK, "root needs none");
		return;
	}
	(void)name_of_user(d->uid, name);
	has_u = find_range("/etc/subuid", d->uid, name, &u);
	has_g = find_range("/etc/subgid", d->uid, name, &g);
	if (!has_u || !has_g) {
		found(f, DOCTOR_MISSING, "no line for user %s in %s",
		      name[0] != '\0' ? name : "of this number",
		      has_u ? "/etc/subgid" : "/etc/subuid");
		remedy(f,
		       "as root: usermod --add-subuids 100000-165535 --add-subgids "
		       "100000-165535 %s",
		       name[0] != '\0' ? name : "USER");
		return;
	}
	if (map_both(d, &u, &g, f))
		found(f, DOCTOR_OK, "%ju user ids and %ju group ids were mapped",
		      (uintmax_t)u.n, (uintmax_t)g.n);
	else
		remedy(f, "compare /etc/subuid and /etc/subgid with newuidmap(1)");
}

/* ---- labels ---- */

void look_apparmor(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	(void)d;
	(void)what;
	if (sysctl_is("/sys/module/apparmor/parameters/enabled", "Y"))
		found(f,
		      access("/sys/kernel/security/apparmor", F_OK) == 0 ? DOCTOR_OK
									 : DOCTOR_LIMITED,
		      "it is on%s",
		      access("/sys/kernel/security/apparmor", F_OK) == 0
			      ? ""
			      : ", but securityfs is not mounted on /sys/kernel/security");
	found(f, DOCTOR_MISSING, "the kernel has it not, or it is off");
	if (f->state != DOCTOR_OK)
		remedy(f, "boot with apparmor=1 security=apparmor; only if a profile is asked "
			  "for");
}

void look_selinux(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	char text[8];

	(void)d;
	(void)what;
	if (file_peek_at(AT_FDCWD, "/sys/fs/selinux/enforce", text, sizeof(text)) < 0) {
		found(f, DOCTOR_MISSING, "the kernel has it not, or it is off");
		remedy(f, "boot with security=selinux; only if a label is asked for");
		return;
	}
	if (str_eq(text, "1"))
		found(f, DOCTOR_OK, "it is on and enforcing");
	found(f, DOCTOR_LIMITED, "it is on and permissive: denials are only logged");
	if (f->state != DOCTOR_OK)
		remedy(f, "setenforce 1");
}

/* ---- programs ---- */

void look_program(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const char *path = what == PROGRAM_POLICY ? d->policy_program : d->libseccomp_program;

	if (path != NULL && access(path, X_OK) == 0) {
		found(f, DOCTOR_OK, "%.190s", path);
		return;
	}
	found(f, DOCTOR_MISSING, "not in our libexec directory, nor beside caisson");
	remedy(f, "install it together with caisson; it must be writable by its owner only");
}

/* criu keeps what it finds out in /run: here that is a file system of the probe's own. */
void look_criu(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const char *program = criu_find();
	struct err e = { 0 };

	(void)what;
	if (program == NULL) {
		found(f, DOCTOR_MISSING, "not in /usr/sbin, /usr/bin or below /usr/local");
		remedy(f, "install the package criu");
		return;
	}
	if (!d->privileged) {
		found(f, DOCTOR_LIMITED, "%s is for root only", program);
		remedy(f, "none for a user's containers");
		return;
	}
	if (enter(d, CLONE_NEWNS) == 0)
		(void)mount("doctor", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m");
	if (criu_check(program, &e) == 0) {
		found(f, DOCTOR_OK, "%s, and this kernel has what it needs", program);
		return;
	}
	found(f, DOCTOR_MISSING, "%.190s", e.text);
	remedy(f, "a kernel with CONFIG_CHECKPOINT_RESTORE, and a criu that is not much older");
}
