/* SPDX-License-Identifier: Apache-2.0 */
/* child_steps.c - the child, from its first instruction until it is ready for "start". */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "run/run_private.h"

/* ---- steps that are a few lines ---- */

static int do_join(struct run *r, const struct plan *pl, struct err *e)
{
	return join_namespaces(r, pl, e);
}

int do_session(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)pl;
	(void)umask(022); /* until the config's own: never that of whoever called us */
	if (setsid() < 0 && errno != EPERM) /* EPERM: we lead one already */
		return fail_sys(e, errno, "setsid");
	return 0;
}

int do_cgroup_wait(struct run *r, const struct plan *pl, struct err *e)
{
	if (pl->cgroup.unit.name == NULL && (r->into_cgroup || r->cg == NULL))
		return 0;
	return hs_expect(r->child_sock, HS_IN_CGROUP, -1, NULL, e);
}

/* cgroup_namespaces(7): the root is the group we are in, so not before we are. */
static int do_cgroup_namespace(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)pl;
	if (unshare(CLONE_NEWCGROUP) < 0)
		return fail_sys(e, errno, "unshare of the cgroup namespace");
	return 0;
}

static int do_mapped(struct run *r, const struct plan *pl, struct err *e)
{
	if (pl->ns.new_user && pl->ns.ladder == LADDER_DIRECT &&
	    hs_expect(r->child_sock, HS_MAPPED, -1, NULL, e) < 0)
		return -1;
	r->early = false;
	return become_root(r, pl, e);
}

static int do_runtime_hooks(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	if (hs_say(r->child_sock, HS_MOUNTED, 0, e) < 0)
		return -1;
	return hs_expect(r->child_sock, HS_HOOKED, -1, NULL, e);
}

static int do_create_hooks(struct run *r, const struct plan *pl, struct err *e)
{
	return hooks_run(r->arena, &pl->hooks[HOOK_CREATE_CONTAINER], HOOK_CREATE_CONTAINER,
			 &r->st, ST_CREATING, e);
}

static int do_hostname(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	if (pl->hostname != NULL &&
	    sethostname(pl->hostname, __builtin_strlen(pl->hostname)) < 0)
		return fail_sys(e, errno, "hostname: set \"%s\"", pl->hostname);
	if (pl->domainname != NULL &&
	    setdomainname(pl->domainname, __builtin_strlen(pl->domainname)) < 0)
		return fail_sys(e, errno, "domainname: set \"%s\"", pl->domainname);
	return 0;
}

/* Not before the id maps are written: the files of a process that is not dumpable belong to
 * root. From here nothing in a shared pid namespace can look into us; execve undoes it. */
static int do_undumpable(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)pl;
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? fail_sys(e, errno, "prctl PR_SET_DUMPABLE") : 0;
}

/* Raising a hard limit is beyond the root of a user namespace: then the runtime does it, which
 * in turn may lack the right once we are another user. */
static int do_own_rlimits(struct run *r, const struct plan *pl, struct err *e)
{
	struct err why = { 0 };

	if (do_rlimits(r, pl, &why) == 0)
		return 0;
	r->rlimits_pending = why.sys == EPERM;
	if (r->rlimits_pending != 0)
		return 0;
	*e = why;
	return -1;
}

/* CVE-2024-21626: "/proc/self/fd/N/../.." as the program or its directory leads out, if N is a
 * directory of the host, ours or one that our caller left open: before any look-up in the
 * container all is closed that the rest does not need. Among the numbers that are handed on
 * there may be some of ours. */
static int do_other_descriptors(struct run *r, const struct plan *pl, struct err *e)
{
	const int own[] = { log_fd(), r->child_sock, r->start_listen,
			    r->root,  r->exec_label, r->agent };
	int end = 3 + (int)(r->o->listen_fds + r->o->preserve_fds), err;
	int *keep = arena_array(r->arena, COUNT(own) + (size_t)end, sizeof(*keep));
	size_t n = COUNT(own);

	(void)pl;
	memcpy(keep, own, sizeof(own));
	for (int fd = 3; fd < end; fd++)
		if (fd_survives(fd))
			keep[n++] = fd;
	err = fd_close_others(3, keep, n);
	r->proc = -1;
	return err < 0 ? fail_sys(e, -err, "close_range") : 0;
}

/* ---- when ---- */

static bool joins_itself(const struct plan *pl)
{
	return pl->ns.ladder == LADDER_DIRECT;
}
static bool new_cgroup_ns(const struct plan *pl)
{
	return pl->ns.new_cgroup;
}
static bool enters_user_ns(const struct plan *pl)
{
	return pl->ns.new_user || pl->ns.join[NS_USER] != NULL;
}
static bool enters_and_mounts(const struct plan *pl)
{
	return enters_user_ns(pl) && pl->ns.new_mount;
}
static bool born_in_new_net(const struct plan *pl)
{
	return pl->ns.new_net && !makes_network(pl);
}
static bool has_create_hooks(const struct plan *pl)
{
	return pl->hooks[HOOK_CREATE_CONTAINER].n > 0;
}
static bool has_hostname(const struct plan *pl)
{
	return pl->hostname != NULL || pl->domainname != NULL;
}
static bool has_sysctl(const struct plan *pl)
{
	return pl->sysctl.n > 0;
}
static bool has_readonly_root(const struct plan *pl)
{
	return pl->root.readonly;
}
static bool has_readonly_paths(const struct plan *pl)
{
	return pl->readonly_paths.n > 0;
}
static bool has_masked_paths(const struct plan *pl)
{
	return pl->masked.n > 0;
}
static bool has_keyring(const struct plan *pl)
{
	return pl->process.new_keyring;
}
static bool has_scheduler(const struct plan *pl)
{
	return pl->process.scheduler.present;
}
static bool has_io_priority(const struct plan *pl)
{
	return pl->process.io_priority.present;
}
static bool has_memory_policy(const struct plan *pl)
{
	return pl->process.memory_policy.present;
}
static bool has_personality(const struct plan *pl)
{
	return pl->process.personality != SPEC_UNSET;
}
/* config.md#process: required when "start" is called, and not before. */
static bool has_process(const struct plan *pl)
{
	return pl->process.argv != NULL;
}
static bool has_umask(const struct plan *pl)
{
	return pl->process.has_umask;
}
static bool has_nnp(const struct plan *pl)
{
	return pl->process.creds.no_new_privs;
}
static bool own_mounts(const struct plan *pl)
{
	return pl->ns.new_mount;
}

/* The order is the security: a line moves only in a commit that says why, and t_steps.c holds
 * it. */
/* clang-format off */
const struct step child_steps[] = {
	/* name              asked for by                                when                how */
	{ "join-namespaces",  "config-linux.md#namespaces",               joins_itself,       do_join },
	{ "session",          "config.md#process",                        NULL,               do_session },
	{ "cgroup-wait",      "config-linux.md#cgroup-path",              wants_cgroup,       do_cgroup_wait },
	{ "cgroup-namespace", "config-linux.md#namespaces",               new_cgroup_ns,      do_cgroup_namespace },
	{ "propagation",      "config-linux.md#rootfs-mount-propagation", own_mounts,         do_propagation },
	/* as the user who called us: sources and the root may lie where only that user gets to */
	{ "mount-sources",    "config.md#mounts",                         own_mounts,         do_mount_sources },
	{ "root",             "config.md#root",                           NULL,               do_root },
	{ "id-maps",          "config-linux.md#user-namespace-mappings",  enters_user_ns,     do_mapped },
	{ "sources-inside",   "config.md#mounts",                         enters_and_mounts,  do_mount_sources },
	{ "root-inside",      "config.md#root",                           enters_user_ns,     do_root },
	{ "hide-binary",      "CVE-2019-5736",                            wants_hiding,       do_hide_binary },
	{ "network-wait",     "config-linux.md#namespaces",               makes_network,      do_network_wait },
	{ "loopback",         "config-linux.md#namespaces",               born_in_new_net,    do_loopback },
	{ "mounts",           "config.md#mounts",                         own_mounts,         do_mounts },
	{ "devices",          "config-linux.md#devices",                  own_mounts,         do_devices },
	{ "terminal",         "config.md#process",                        wants_terminal,     do_terminal },
	{ "late-read-only",   "config.md#mounts",                         own_mounts,         do_late_read_only },
	{ "runtime-hooks",    "config.md#createruntime-hooks",            wants_meeting,      do_runtime_hooks },
	{ "create-hooks",     "config.md#createcontainer-hooks",          has_create_hooks,   do_create_hooks },
	{ "pivot-root",       "config.md#root",                           NULL,               do_pivot },
	{ "hostname",         "config.md#hostname",                       has_hostname,       do_hostname },
	/* sysctls before read-only paths, which close /proc/sys */
	{ "sysctl",           "config-linux.md#sysctl",                   has_sysctl,         do_sysctl },
	{ "label-open",       "config.md#linux-process",                  wants_label,        do_label_open },
	{ "readonly-root",    "config.md#root",                           has_readonly_root,  do_readonly_root },
	{ "readonly-paths",   "config-linux.md#readonly-paths",           has_readonly_paths, do_readonly_paths },
	{ "masked-paths",     "config-linux.md#masked-paths",             has_masked_paths,   do_masked_paths },
};
/* clang-format on */
const size_t child_steps_n = COUNT(child_steps);

/* What the process of create and that of exec have in common: who it is and what it may. */
/* clang-format off */
const struct step process_steps[] = {
	{ "keyring",          "runtime-linux.md",                         has_keyring,        do_keyring },
	/* in the group, and before a policy that wants them all (SCHED_DEADLINE) */
	{ "processors",       "config.md#linux-process",                  NULL,               do_processors },
	{ "scheduler",        "config.md#linux-process",                  has_scheduler,      do_scheduler },
	{ "io-priority",      "config.md#linux-process",                  has_io_priority,    do_io_priority },
	/* in the group, whose cpuset is the frame of the nodes */
	{ "memory-policy",    "config-linux.md#memory-policy",            has_memory_policy,  do_memory_policy },
	{ "personality",      "config-linux.md#personality",              has_personality,    do_personality },
	{ "no-new-privs",     "config.md#linux-process",                  has_nnp,            do_no_new_privs },
	/* limits on descriptors and processes bind what we ourselves still do: as late as can be */
	{ "rlimits",          "config.md#posix-process",                  wants_rlimits,      do_own_rlimits },
	{ "other-descriptors", "CVE-2024-21626",                          NULL,               do_other_descriptors },
	{ "cwd",              "config.md#process",                        has_process,        do_working_directory },
	{ "bounding-set",     "config.md#linux-process",                  NULL,               do_bounding },
	{ "user",             "config.md#posix-platform-user",            NULL,               do_user },
	{ "cwd-check",        "CVE-2024-21626",                           NULL,               do_cwd_check },
	{ "capabilities",     "config.md#linux-process",                  NULL,               do_capabilities },
	{ "umask",            "config.md#posix-platform-user",            has_umask,          do_umask },
	{ "undumpable",       "CVE-2016-9962",                            NULL,               do_undumpable },
	{ "executable",       "config.md#process",                        has_process,        do_executable },
};
/* clang-format on */
const size_t process_steps_n = COUNT(process_steps);

static bool has_start_hooks(const struct plan *pl)
{
	return pl->hooks[HOOK_START_CONTAINER].n > 0;
}

/* CVE-2024-21626: whatever is open beside stdio and what was asked for closes at execve. */
static int do_descriptors(struct run *r, const struct plan *pl, struct err *e)
{
	int err = fd_cloexec_from(3 + r->o->listen_fds + r->o->preserve_fds);

	(void)pl;
	return err < 0 ? fail_sys(e, -err, "close_range") : 0;
}

/* After "start": the last lines before execve, which child.c does itself, the filter last. */
/* clang-format off */
const struct step start_steps[] = {
	/* before the hooks: they are programs of the image's, as what follows is */
	{ "label",            "config.md#linux-process",                  wants_label,        do_label },
	{ STEP_START_HOOKS,   "config.md#startcontainer-hooks",           has_start_hooks,    do_start_hooks },
	{ "descriptors",      "CVE-2024-21626",                           NULL,               do_descriptors },
	{ "seccomp-courier",  "config-linux.md#seccomp",                  wants_agent,        do_courier },
};
/* clang-format on */
const size_t start_steps_n = COUNT(start_steps);
