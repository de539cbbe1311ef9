/* SPDX-License-Identifier: Apache-2.0 */
/* exec_steps.c - one more process in a container that is there: how it gets in. Who it is and
 * what it may is process_steps, as for the container's own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/str.h"
#include "run/life.h"
#include "run/run_private.h"

/* ---- the runtime ---- */

/* One that may write to the host's groups can have moved itself out of its own, which somebody
 * then removed: where its init is now, there the process goes, unless --cgroup said where. */
static int do_find_cgroup(struct run *r, const struct plan *pl, struct err *e)
{
	const struct state *st = &r->target->st;
	struct err why = { 0 };
	char path[PATH_MAX];

	if (pl->cgroup.named)
		return cg_open(pl->cgroup.path, &r->cg, e);
	if (life_cgroup(st, &r->cg, &why) == 0)
		return 0;
	if (why.sys != ENOENT) {
		*e = why;
		return -1;
	}
	return cg_path_of(st->pid, path, sizeof(path), e) < 0 ? -1 : cg_open(path, &r->cg, e);
}

/* The host's procfs, before the container's mounts are ours: what the entry reads and writes
 * there no mount of the container can cover. */
int do_host_proc(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	r->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r->proc < 0 ? fail_sys(e, errno, "/proc: open") : 0;
}

static int do_handshake(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	return hs_pair(&r->sock, &r->child_sock, e);
}

/* A container that has made groups below its own, and given them controllers, may have no
 * process in its own (EBUSY): then the group that its init is in now, below it, is the one. */
static int add_beside_init(struct run *r, const struct plan *pl, struct err *e)
{
	const char *own = r->target->st.cgroup, *rest;
	autocg struct cg *cg = NULL;
	char path[PATH_MAX];

	if (pl->cgroup.named)
		return -1;
	if (cg_path_of(r->target->st.pid, path, sizeof(path), e) < 0)
		return -1;
	rest = str_after(path, own);
	if (rest == NULL || rest[0] != '/')
		return -1;
	return cg_open(path, &cg, e) < 0 ? -1 : cg_add(cg, r->pid, e);
}

/* A user may move nobody from a session into the user's own tree, whose common ancestor is
 * root's: systemd may (AttachProcessesToUnit). */
static int attach_to_unit(struct run *r, const struct plan *pl, struct err *e)
{
	const struct state *st = &r->target->st;
	struct unit_call call = { .op = UNIT_ATTACH, .unit = st->unit, .pid = r->pid };

	if (!may_ask_systemd(r) || !str_eq(pl->cgroup.path, st->cgroup))
		return -1;
	return unit_ask(r->arena, &call, e);
}

/* Another way in, where the first was refused. */
static int enter_otherwise(struct run *r, const struct plan *pl, int refusal)
{
	struct err ignored = { 0 };

	if (refusal == EBUSY)
		return add_beside_init(r, pl, &ignored);
	if (refusal == EACCES || refusal == EPERM)
		return attach_to_unit(r, pl, &ignored);
	return -1;
}

static int do_cgroup_enter(struct run *r, const struct plan *pl, struct err *e)
{
	struct err why = { 0 };

	if (r->into_cgroup)
		return 0;
	if (cg_add(r->cg, r->pid, &why) < 0 && enter_otherwise(r, pl, why.sys) < 0) {
		*e = why;
		return -1;
	}
	return hs_say(r->sock, HS_IN_CGROUP, 0, e);
}

static bool has_initial(const struct plan *pl)
{
	return pl->process.affinity_initial.n > 0;
}

/* clang-format off */
const struct step exec_steps[] = {
	/* name              asked for by                                when                how */
	{ "preserve-fds",     "runc.8 --preserve-fds",                    NULL,               do_preserved },
	{ "console-socket",   "runc.8 --console-socket",                  wants_terminal,     console_connect },
	{ "seccomp-agent",    "config-linux.md#seccomp",                  wants_agent,        agent_connect },
	{ "exec-cgroup",      "config-linux.md#control-groups",           wants_cgroup,       do_find_cgroup },
	{ "exec-proc",        "CVE-2019-19921",                           NULL,               do_host_proc },
	{ "exec-socket",      "runc.8 --process",                         NULL,               do_handshake },
	{ "exec-clone",       "CVE-2016-9962",                            NULL,               do_exec_clone },
	{ "affinity-initial", "config.md#linux-process",                  has_initial,        do_affinity_initial },
	{ "exec-cgroup-join", "config-linux.md#cgroup-path",              wants_cgroup,       do_cgroup_enter },
	{ "resctrl-join",     "config-linux.md#intelrdt",                 wants_resctrl,      do_resctrl_join },
	{ "oom-score",        "config.md#linux-process",                  wants_oom_score,    do_oom_score },
	{ "pty",              "config.md#process",                        wants_terminal,     do_pty },
	{ "ready",            "runtime.md#create",                        NULL,               do_ready },
	{ "rlimits-outside",  "config.md#posix-process",                  wants_rlimits,      do_rlimits_outside },
	{ "pidfd-socket",     "runc.8 --pidfd-socket",                    NULL,               do_pidfd_socket },
	{ "pid-file",         "runc.8 --pid-file",                        NULL,               do_pid_file },
};
/* clang-format on */
const size_t exec_steps_n = COUNT(exec_steps);

/* ---- the process, from its first instruction until it is inside ---- */

static int do_enter(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	return join_container(r, e);
}

/* setns(2) has made the root of its mounts ours. */
static int do_entry_root(struct run *r, const struct plan *pl, struct err *e)
{
	r->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->root < 0)
		return fail_sys(e, errno, "the container's root: open");
	return pl->ns.join[NS_USER] != NULL ? become_root(r, pl, e) : 0;
}

/* clang-format off */
const struct step entry_steps[] = {
	/* name              asked for by                                when                how */
	{ "session",          "config.md#process",                        NULL,               do_session },
	{ "cgroup-wait",      "config-linux.md#cgroup-path",              wants_cgroup,       do_cgroup_wait },
	{ "hide-binary",      "CVE-2019-5736",                            wants_hiding,       do_hide_binary },
	{ "enter",            "config-linux.md#namespaces",               NULL,               do_enter },
	{ "entry-root",       "config.md#root",                           NULL,               do_entry_root },
	{ "label-open",       "config.md#linux-process",                  wants_label,        do_label_open },
	{ "terminal",         "config.md#process",                        wants_terminal,     do_terminal },
};
/* clang-format on */
const size_t entry_steps_n = COUNT(entry_steps);
