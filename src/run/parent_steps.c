/* SPDX-License-Identifier: Apache-2.0 */
/* parent_steps.c - the runtime, from the first trace on disk to a container that is ready. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audit/who.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/run_private.h"

/* linux.seccomp, where a policy is in force beside it. */
static struct json *profile_json(struct arena *a, const struct plan_filter *f)
{
	struct json *o = json_object(a);

	json_set(o, "instructions", json_uint(a, f->program.n));
	json_set(o, "sha256", json_string(a, f->from.digest));
	return o;
}

/* What `state' says of the filter. */
static const char *policy_text(struct arena *a, const struct plan *pl,
			       const struct plan_policy *p)
{
	struct json *o = json_object(a);

	if (!pl->has_filter)
		return NULL;
	if (pl->audit.is_on)
		json_set(o, "audited", json_bool(a, true));
	json_set(o, "backend", json_string(a, p->backend));
	json_set(o, "cells", json_uint(a, p->cells));
	json_set(o, "compileUs", json_uint(a, p->compile_us));
	json_set(o, "instructions", json_uint(a, pl->filter.n));
	json_set(o, "name", json_string(a, p->name != NULL ? p->name : "linux.seccomp"));
	json_set(o, "pairwise", json_bool(a, p->pairwise));
	if (pl->has_profile)
		json_set(o, "profile", profile_json(a, &pl->profile));
	json_set(o, "sha256", json_string(a, p->digest));
	return json_print(a, o, JSON_CANONICAL, NULL);
}

/* As runc has it: #1000 where passwd(5) has no name. */
static const char *name_of_owner(struct arena *a)
{
	struct audit_who who;

	audit_who_self(&who);
	return who.name[0] != '\0' ? arena_strdup(a, who.name)
				   : arena_printf(a, "#%u", who.uid);
}

void run_fill_state(struct run *r, const struct plan *pl)
{
	struct state_pair *pairs = arena_array(r->arena, pl->annotations.n, sizeof(*pairs));
	bool by_us = pl->cgroup.unit.name == NULL;

	for (size_t i = 0; i < pl->annotations.n; i++)
		pairs[i] = (struct state_pair){ pl->annotations.v[i].key,
						pl->annotations.v[i].value };
	r->st = (struct state){
		.version = STATE_VERSION,
		.id = pl->id,
		.oci_version = pl->oci_version,
		.bundle = pl->bundle,
		.rootfs = pl->root.path,
		.owner = name_of_owner(r->arena),
		.status = ST_CREATING,
		.created_ns = now_wall_ns(),
		.owner_uid = geteuid(),
		.cgroup = pl->cgroup.enabled && by_us ? pl->cgroup.path : NULL,
		.cgroup_manager = !pl->cgroup.enabled ? "disabled"
				  : by_us             ? "cgroupfs"
						      : "systemd",
		.unit = pl->cgroup.enabled ? pl->cgroup.unit.name : NULL,
		.own_pid_ns = pl->ns.new_pid,
		.policy = policy_text(r->arena, pl, &pl->policy),
		.kept_keyring = !pl->process.new_keyring,
		.annotations = pairs,
		.annotations_n = pl->annotations.n,
	};
}

/* On disk before anything exists that could outlive us: whatever instruction we are killed
 * at, the next command finds the id and the cgroup's name. */
static int do_state(struct run *r, const struct plan *pl, struct err *e)
{
	if (state_make(r->o->root, pl->id, &r->dir, e) < 0)
		return -1;
	r->made_state = true;
	if (state_save(&r->dir, &r->st, e) < 0)
		return -1;
	return hooks_save(r->arena, &r->dir, pl, e);
}

static int prove(const struct filter *f, struct plan_policy *from, struct err *e)
{
	struct policy_image image = { .filter = *f };

	if (from->unproved == NULL)
		return 0;
	if (policy_prove(from->unproved, &image, e) < 0)
		return -1;
	from->cells = image.cells;
	from->pairwise = image.pairwise;
	return 0;
}

static bool has_unproved(const struct plan *pl)
{
	return pl->policy.unproved != NULL || pl->profile.from.unproved != NULL;
}

/* While the child mounts: it loads the filter after it was told to go ahead, and nobody else
 * can find it before state-rest. */
static int do_filter_proof(struct run *r, const struct plan *pl, struct err *e)
{
	struct plan_policy policy = pl->policy, profile = pl->profile.from;

	if (prove(&pl->filter, &policy, e) < 0 || prove(&pl->profile.program, &profile, e) < 0)
		return -1;
	r->st.policy = policy_text(r->arena, pl, &policy);
	return 0;
}

/* What no crash needs is done while the child mounts. The filter is there before the container
 * can be started, and so before it can be entered. */
static int do_state_rest(struct run *r, const struct plan *pl, struct err *e)
{
	if (r->o->audit != NULL)
		audit_gather(r->o->audit);
	if (pl->has_filter && filter_keep(r->arena, &r->dir, pl, e) < 0)
		return -1;
	return state_save_config(&r->dir, r->o->config, r->o->config_len, e);
}

static bool is_refusal(int err)
{
	return err == EACCES || err == EPERM || err == EROFS;
}

int put_group_limits(struct run *r, const struct plan_cgroup *cg, struct err *e)
{
	const struct plan_ids *ids = &r->pl->ids;
	struct cg_limits now = cg->limits;

	now.has_devices = false; /* do_device_filter */
	if (cg_limit(r->cg, &now, e) < 0)
		return -1;
	if (!cg->delegate)
		return 0;
	return cg_delegate(r->cg, ids->uid.root_host_id, ids->gid.root_host_id, e);
}

static int do_cgroup(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_cgroup *cg = &pl->cgroup;
	struct err why = { 0 };

	if (cg_make(cg->path, cg->need, &r->cg, &why) < 0) {
		if (cg->optional && is_refusal(why.sys)) {
			r->st.cgroup = NULL;
			return 0;
		}
		*e = why;
		return -1;
	}
	r->made_cgroup = true;
	cg_mark(r->cg, r->st.id, r->st.created_ns);
	return put_group_limits(r, cg, e);
}

/* Loading it takes the kernel longer than all other limits together, and it binds only what
 * the container itself does: so it is attached while the child mounts, before a hook runs and
 * before READY is taken, without which nobody says START. */
static int do_device_filter(struct run *r, const struct plan *pl, struct err *e)
{
	return r->cg != NULL
		       ? cg_put_devices(r->cg, &pl->cgroup.limits, &r->st.device_program, e)
		       : 0;
}

/* LISTEN_FDS and --preserve-fds promise descriptors to the container: they must be there. One
 * that closes at execve has not come to us through one: it is our own. Of those that
 * --preserve-fds counts it is the last: podman hands on its list of --preserve-fd with gaps. */
int do_preserved(struct run *r, const struct plan *pl, struct err *e)
{
	uint64_t last = UINT64_C(2) + r->o->listen_fds + r->o->preserve_fds;

	(void)pl;
	for (unsigned i = 0; i < r->o->listen_fds; i++)
		if (!fd_survives((int)(3 + i)))
			return fail_sys(e, EBADF, "LISTEN_FDS: descriptor %u", 3 + i);
	if (r->o->preserve_fds > 0 && (last > INT_MAX || !fd_survives((int)last)))
		return fail_sys(e, EBADF,
				"--preserve-fds: preserved-fd %u: descriptor %" PRIu64,
				r->o->preserve_fds - 1, last);
	return 0;
}

static int do_sockets(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	if (hs_pair(&r->sock, &r->child_sock, e) < 0)
		return -1;
	if (r->foreground_start)
		return 0;
	r->start_listen = unix_listen_at(r->dir.fd, "start.sock", SOCK_SEQPACKET, 1);
	return r->start_listen < 0 ? fail_sys(e, -r->start_listen, "start.sock: listen") : 0;
}

static int do_state_pid(struct run *r, const struct plan *pl, struct err *e)
{
	char letter;
	int err = proc_stat(r->pid, &r->st.start_time, &letter);

	(void)pl;
	if (err < 0)
		return fail_sys(e, -err, "read /proc/%d/stat", r->pid);
	r->st.pid = r->pid;
	return state_save(&r->dir, &r->st, e);
}

/* The text is the kind of process, as runc says it. */
int do_pidfd_socket(struct run *r, const struct plan *pl, struct err *e)
{
	const char *kind = r->target != NULL ? "setns" : "standard";
	const char *path = r->o->pidfd_socket;
	autofd int sock = -1;
	int err;

	(void)pl;
	if (path == NULL)
		return 0;
	sock = unix_connect_to(path, SOCK_STREAM);
	if (sock < 0)
		return fail_sys(e, -sock, "--pidfd-socket %s: connect", path);
	err = fd_send(sock, kind, strlen(kind), r->pidfd);
	return err < 0 ? fail_sys(e, -err, "--pidfd-socket %s: send", path) : 0;
}

static int do_idmaps(struct run *r, const struct plan *pl, struct err *e)
{
	if (write_idmaps(pl, r->pid, e) < 0)
		return -1;
	return hs_say(r->sock, HS_MAPPED, 0, e);
}

static int do_cgroup_join(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	if (r->into_cgroup || r->cg == NULL)
		return 0;
	if (cg_add(r->cg, r->pid, e) < 0)
		return -1;
	return hs_say(r->sock, HS_IN_CGROUP, 0, e);
}

int do_oom_score(struct run *r, const struct plan *pl, struct err *e)
{
	return write_oom_score(r->pid, pl->process.oom_score_adj, e);
}

int do_pty(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	if (r->console >= 0)
		return 0;
	if (hs_wait(r->sock, HS_TERMINAL, r->wait_ms, e) < 0)
		return -1;
	if (hs_expect_fd(r->sock, HS_TERMINAL, &r->pty, e) < 0)
		return -1;
	tty_take_size(r->pty); /* before the process asks */
	return 0;
}

static int do_hooks(struct run *r, const struct plan *pl, struct err *e)
{
	if (hs_expect(r->sock, HS_MOUNTED, HS_WAIT_MS, NULL, e) < 0 ||
	    hooks_run(r->arena, &pl->hooks[HOOK_PRESTART], HOOK_PRESTART, &r->st, ST_CREATING,
		      e) < 0 ||
	    hooks_run(r->arena, &pl->hooks[HOOK_CREATE_RUNTIME], HOOK_CREATE_RUNTIME, &r->st,
		      ST_CREATING, e) < 0)
		return -1;
	return hs_say(r->sock, HS_HOOKED, 0, e);
}

/* All that the runtime had to do before the container may run is done. Told now, the init
 * need not stop and wait for us to wake up; it still says READY, and no step of its own is
 * left out. */
static int do_go_ahead(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	if (!starts_ahead(r))
		return 0;
	run_clock(r);
	return hs_say(r->sock, HS_START, r->pid, e);
}

int do_ready(struct run *r, const struct plan *pl, struct err *e)
{
	/* hooks may take as long as their own limits let them */
	int limit_ms = pl->hooks[HOOK_CREATE_CONTAINER].n > 0 ? -1 : r->wait_ms;

	return hs_expect(r->sock, HS_READY, limit_ms, &r->rlimits_pending, e);
}

int do_rlimits_outside(struct run *r, const struct plan *pl, struct err *e)
{
	if (r->rlimits_pending == 0)
		return 0;
	if (do_rlimits(r, pl, e) < 0)
		return -1;
	return starts_ahead(r) ? hs_say(r->sock, HS_LIMITED, 0, e) : 0;
}

/* Contract 1.2: digits, no newline, there before we return, never half written. */
int do_pid_file(struct run *r, const struct plan *pl, struct err *e)
{
	const char *path = r->o->pid_file;
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	autofd int dir = -1;
	char text[16];
	int n;

	(void)pl;
	if (path == NULL)
		return 0;
	dir = open(slash == NULL ? "."
				 : arena_printf(r->arena, "%.*s/", (int)(slash - path), path),
		   O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail_sys(e, errno, "--pid-file: open the directory of %s", path);
	n = snprintf(text, sizeof(text), "%d", r->pid);
	return file_output_at(dir, slash != NULL ? slash + 1 : path, text, (size_t)n, 0644, e);
}

static int do_state_created(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	r->st.status = ST_CREATED;
	if (r->foreground_start) /* "running" follows at once */
		return 0;
	if (state_save(&r->dir, &r->st, e) < 0)
		return -1;
	return hs_say(r->sock, HS_CREATED, 0, e);
}

static bool wants_unit(const struct plan *pl)
{
	return pl->cgroup.enabled && pl->cgroup.unit.name != NULL;
}
static bool wants_group(const struct plan *pl)
{
	return pl->cgroup.enabled && pl->cgroup.unit.name == NULL;
}
static bool has_device_filter(const struct plan *pl)
{
	return pl->cgroup.enabled && pl->cgroup.limits.has_devices;
}
static bool joins(const struct plan *pl)
{
	for (int k = 0; k < NS_KINDS; k++)
		if (pl->ns.join[k] != NULL)
			return true;
	return false;
}
static bool joins_mounts(const struct plan *pl)
{
	return pl->ns.join[NS_MOUNT] != NULL;
}
static bool has_idmapped(const struct plan *pl)
{
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (pl->mounts[i].idmap)
			return true;
	return false;
}
static bool binds_in_user_ns(const struct plan *pl)
{
	if (!pl->ns.new_user && pl->ns.join[NS_USER] == NULL)
		return false;
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (pl->mounts[i].kind == PM_BIND)
			return pl->ns.new_mount;
	return false;
}
/* What the init of a user namespace could not open, or not map. */
static bool has_own_sources(const struct plan *pl)
{
	return has_idmapped(pl) || binds_in_user_ns(pl);
}
static int do_own_sources(struct run *r, const struct plan *pl, struct err *e)
{
	if (prepare_idmapped(r, pl, e) < 0)
		return -1;
	return binds_in_user_ns(pl) ? prepare_guarded(r, pl, e) : 0;
}
static bool maps_init(const struct plan *pl)
{
	return pl->ns.new_user && pl->ns.ladder == LADDER_DIRECT;
}
static bool has_net_devices(const struct plan *pl)
{
	return pl->net.n > 0;
}

/* clang-format off */
const struct step parent_steps[] = {
	/* name              asked for by                                when                how */
	{ "preserve-fds",     "runc.8 --preserve-fds",                    NULL,               do_preserved },
	{ "state",            "runtime.md#state",                         NULL,               do_state },
	{ "cgroup",           "config-linux.md#control-groups",           wants_group,        do_cgroup },
	{ "resctrl",          "config-linux.md#intelrdt",                 wants_resctrl,      do_resctrl },
	{ "namespace-files",  "config-linux.md#namespaces",               joins,              open_namespaces },
	{ "host-proc",        "CVE-2019-19921",                           joins_mounts,       do_host_proc },
	{ "idmapped-mounts",  "config.md#mounts",                         has_own_sources,    do_own_sources },
	{ "console-socket",   "runc.8 --console-socket",                  wants_terminal,     console_connect },
	{ "seccomp-agent",    "config-linux.md#seccomp",                  wants_agent,        agent_connect },
	{ "sockets",          "runtime.md#start",                         NULL,               do_sockets },
	{ "clone",            "config-linux.md#namespaces",               NULL,               clone_init },
	{ "network",          "config-linux.md#namespaces",               makes_network,      do_make_network },
	{ "state-pid",        "runtime.md#state",                         NULL,               do_state_pid },
	/* the systemd driver: the init waits outside until its unit is around it */
	{ "scope",            "config-linux.md#cgroup-path",              wants_unit,         do_scope },
	{ "cgroup-join",      "config-linux.md#cgroup-path",              wants_group,        do_cgroup_join },
	{ "resctrl-join",     "config-linux.md#intelrdt",                 wants_resctrl,      do_resctrl_join },
	{ "write-id-maps",    "config-linux.md#user-namespace-mappings",  maps_init,          do_idmaps },
	{ "network-given",    "config-linux.md#namespaces",               makes_network,      do_give_network },
	{ "device-filter",    "config-linux.md#allowed-device-list",      has_device_filter,  do_device_filter },
	{ "net-devices",      "config-linux.md#network-devices",          has_net_devices,    do_net_devices },
	{ "filter-proof",     "config-linux.md#seccomp",                  has_unproved,       do_filter_proof },
	{ "state-rest",       "runtime.md#state",                         NULL,               do_state_rest },
	{ "oom-score",        "config.md#linux-process",                  wants_oom_score,    do_oom_score },
	{ "pty",              "config.md#process",                        wants_terminal,     do_pty },
	{ "hooks",            "config.md#createruntime-hooks",            wants_meeting,      do_hooks },
	/* outside the container, from before its program runs */
	{ "watch",            "ARCHITECTURE.md#the-watcher",              NULL,               do_watch },
	{ "go-ahead",         "runtime.md#start",                         NULL,               do_go_ahead },
	{ "ready",            "runtime.md#create",                        NULL,               do_ready },
	{ "watched",          "ARCHITECTURE.md#the-watcher",              NULL,               do_watched },
	/* from outside, for what root of a user namespace may not raise */
	{ "rlimits-outside",  "config.md#posix-process",                  wants_rlimits,      do_rlimits_outside },
	{ "state-created",    "runtime.md#state",                         NULL,               do_state_created },
	{ "pidfd-socket",     "runc.8 --pidfd-socket",                    NULL,               do_pidfd_socket },
	{ "pid-file",         "runc.8 --pid-file",                        NULL,               do_pid_file },
};
/* clang-format on */
const size_t parent_steps_n = COUNT(parent_steps);

static int do_state_running(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	r->st.status = ST_RUNNING;
	run_clock(r);
	return state_save(&r->dir, &r->st, e);
}

/* clang-format off */
const struct step restore_steps[] = {
	{ "preserve-fds",     "runc.8 --preserve-fds",                    NULL,               do_preserved },
	{ "state",            "runtime.md#state",                         NULL,               do_state },
	{ "cgroup",           "config-linux.md#control-groups",           wants_cgroup,       do_cgroup },
	{ "namespace-files",  "config-linux.md#namespaces",               joins,              open_namespaces },
	{ "console-socket",   "runc.8 --console-socket",                  wants_terminal,     console_connect },
	{ "device-filter",    "config-linux.md#allowed-device-list",      has_device_filter,  do_device_filter },
	{ "filter-proof",     "config-linux.md#seccomp",                  has_unproved,       do_filter_proof },
	{ "state-rest",       "runtime.md#state",                         NULL,               do_state_rest },
	{ "mount-places",     "config.md#mounts",                         NULL,               do_mount_places },
	/* hooks run in it, and what was restored is looked at before it goes on */
	{ "criu-restore",     "runc.8 --image-path",                      NULL,               do_criu_restore },
	{ "state-running",    "runtime.md#state",                         NULL,               do_state_running },
	{ "watch",            "ARCHITECTURE.md#the-watcher",              NULL,               do_watch },
	{ "watched",          "ARCHITECTURE.md#the-watcher",              NULL,               do_watched },
	{ "pid-file",         "runc.8 --pid-file",                        NULL,               do_pid_file },
};
/* clang-format on */
const size_t restore_steps_n = COUNT(restore_steps);
