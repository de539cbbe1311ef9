/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - a container whose processes come from images, by criu(8). The runtime makes
 * state, cgroup and limits, and the places for mounts; criu makes the rest; then it is compared
 * with the config, before it goes on. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/images.h"
#include "run/life.h"

#define LOG "restore.log"

/* ---- places for mounts ---- */

static bool lies_below(const char *path, const char *above)
{
	const char *rest = str_after(path, above);

	return rest != NULL && (rest[0] == '/' || str_eq(above, "/"));
}

/* The mount in which another's place is: the deepest before it. NULL: the root. */
static const struct plan_mount *holder(const struct plan *pl, size_t i)
{
	const struct plan_mount *deepest = NULL;

	for (size_t k = 0; k < i; k++) {
		const struct plan_mount *m = &pl->mounts[k];

		if (m->kind != PM_REMOUNT &&
		    lies_below(pl->mounts[i].destination, m->destination) &&
		    (deepest == NULL || !lies_below(deepest->destination, m->destination)))
			deepest = m;
	}
	return deepest;
}

static int make_place(int root, const char *path, const struct plan_mount *m, struct err *e)
{
	autofd int place = -1;
	struct stat st;

	if (m->kind == PM_BIND && stat(m->source, &st) < 0)
		return fail_sys(e, errno, "mounts[%zu]: source %s", m->index, m->source);
	if (m->kind == PM_BIND && !S_ISDIR(st.st_mode))
		place = path_touch_in(root, path, 0644);
	else
		place = path_mkdirs_in(root, path, 0755);
	return place < 0 ? fail_sys(e, -place, "mounts[%zu]: make the place %s", m->index,
				    m->destination)
			 : 0;
}

/* In the root, or on the source of the bind that covers it. In another file system the place is
 * as the image has it. */
static int one_place(const struct plan *pl, size_t i, int root, struct err *e)
{
	const struct plan_mount *m = &pl->mounts[i], *in = holder(pl, i);
	autofd int source = -1;

	if (in == NULL)
		return make_place(root, m->destination, m, e);
	if (in->kind != PM_BIND)
		return 0;
	source = open(in->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (source < 0)
		return fail_sys(e, errno, "mounts[%zu]: source %s", in->index, in->source);
	return make_place(source, m->destination + strlen(in->destination), m, e);
}

/* criu mounts, and makes no place to mount on: an engine's root is fresh from its image. */
int do_mount_places(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int root = open(pl->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)r;
	if (root < 0)
		return fail_sys(e, errno, "root.path: open %s", pl->root.path);
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (pl->mounts[i].kind != PM_REMOUNT && one_place(pl, i, root, e) < 0)
			return -1;
	return 0;
}

/* ---- in criu's process ---- */

/* With --manage-cgroups-mode=ignore criu leaves groups alone: what it restores is where it is
 * itself, and has its cgroup namespace. */
static int enter_group(const struct run *r, struct err *e)
{
	if (r->images->cgroups_mode != CRIU_CG_IGNORE)
		return 0;
	if (r->cg != NULL && cg_add(r->cg, getpid(), e) < 0)
		return -1;
	if (r->pl->ns.new_cgroup && unshare(CLONE_NEWCGROUP) < 0)
		return fail_sys(e, errno, "restore: a cgroup namespace for criu");
	return 0;
}

/* pivot_root(2) wants a mount whose parent is not shared; the mount namespace is criu's alone,
 * so that none of it stays on the host. Slaves, and not private: a mount of the image that has
 * a master outside finds it there again. */
static int make_root(void *ctx, struct err *e)
{
	const struct run *r = ctx;
	const char *path = r->pl->root.path;

	if (enter_group(r, e) < 0)
		return -1;
	if (unshare(CLONE_NEWNS) < 0)
		return fail_sys(e, errno, "restore: a mount namespace for criu");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail_sys(e, errno, "root.path: mount %s on itself", path);
	return 0;
}

/* ---- what criu tells ---- */

static int keep_pid(struct run *r, pid_t pid, struct err *e)
{
	char letter;
	int err = proc_stat(pid, &r->st.start_time, &letter);

	if (err < 0)
		return fail_sys(e, -err, "read /proc/%d/stat", pid);
	r->st.pid = pid;
	return state_save(&r->dir, &r->st, e);
}

/* While criu works its own process stands for the container: a runtime that is killed leaves a
 * state by which delete finds the cgroup, and kills what is in it. */
static int criu_began(struct run *r, const struct criu_notice *n, struct err *e)
{
	return keep_pid(r, n->pid, e);
}

static int found_init(struct run *r, pid_t pid, struct err *e)
{
	if (pid <= 0)
		return fail(e, ERR_SYSTEM, "criu: expected a process id: found %d", pid);
	if (r->pid == pid)
		return 0;
	r->pid = pid;
	r->pidfd = sys_pidfd_open(pid, 0);
	if (r->pidfd < 0)
		return fail_sys(e, -r->pidfd, "pidfd_open %d", pid);
	return keep_pid(r, pid, e);
}

/* runtime.md#lifecycle: those hooks of the runtime's namespaces that set up a network. What the
 * container's own hooks did is in the image. */
static int namespaces_made(struct run *r, const struct criu_notice *n, struct err *e)
{
	if (found_init(r, n->pid, e) < 0 ||
	    hooks_run(r->arena, &r->pl->hooks[HOOK_PRESTART], HOOK_PRESTART, &r->st,
		      ST_CREATING, e) < 0)
		return -1;
	return hooks_run(r->arena, &r->pl->hooks[HOOK_CREATE_RUNTIME], HOOK_CREATE_RUNTIME,
			 &r->st, ST_CREATING, e);
}

static int terminal_made(struct run *r, const struct criu_notice *n, struct err *e)
{
	static const char name[] = "/dev/pts/ptmx"; /* some text must be with it */
	autofd int master = n->fd >= 0 ? fcntl(n->fd, F_DUPFD_CLOEXEC, 3) : -1;
	int err;

	if (master < 0)
		return fail(e, ERR_SYSTEM,
			    "criu: expected the master of a terminal: found none");
	if (r->console < 0) {
		auto_close_(&r->pty);
		r->pty = take_fd(&master);
		tty_take_size(r->pty);
		return 0;
	}
	err = fd_send(r->console, name, strlen(name), master);
	(void)close(take_fd(&r->console));
	return err < 0 ? fail_sys(e, -err, "--console-socket: send the terminal") : 0;
}

static int restored(struct run *r, const struct criu_notice *n, struct err *e)
{
	return found_init(r, n->pid, e);
}

/* All is there and nothing runs yet. criu goes on whatever we answer: so what is not as it has
 * to be dies first. */
static int before_resume(struct run *r, const struct criu_notice *n, struct err *e)
{
	struct err ignored = { 0 };

	(void)n;
	if (check_restored(r->pl, r->pid, e) == 0)
		return 0;
	if (r->cg != NULL)
		(void)cg_kill(r->cg, &ignored);
	(void)sys_pidfd_send_signal(r->pidfd, SIGKILL);
	return -1;
}

static int notified(void *ctx, const struct criu_notice *n, struct err *e)
{
	static const struct {
		const char *script;
		int (*tell)(struct run *r, const struct criu_notice *n, struct err *e);
	} scripts[] = {
		{ "criu", criu_began },
		{ "setup-namespaces", namespaces_made },
		{ "orphan-pts-master", terminal_made },
		{ "post-restore", restored },
		{ "pre-resume", before_resume },
	};
	int got = 0, fd = n->fd;

	for (size_t i = 0; i < COUNT(scripts); i++)
		if (str_eq(scripts[i].script, n->script))
			got = scripts[i].tell(ctx, n, e);
	auto_close_(&fd);
	return got;
}

/* ---- what criu is told ---- */

/* A bind that is neither private nor of a shared mount has the master that its source has. To
 * give it back, criu's present way of mounting wants the source to be a mount of its own; its
 * way before that binds, which does it. */
static bool may_have_masters(const struct plan *pl)
{
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (pl->mounts[i].kind == PM_BIND && pl->mounts[i].propagation != MS_PRIVATE)
			return true;
	return false;
}

static void add_mounts(struct pb *opts, const struct plan *pl)
{
	if (may_have_masters(pl))
		pb_bool(opts, CRIU_MNTNS_COMPAT, true);
	for (size_t i = 0; i < pl->mounts_n; i++)
		if (pl->mounts[i].kind == PM_BIND)
			images_pair(opts, CRIU_EXT_MNT, pl->mounts[i].destination,
				    pl->mounts[i].source);
}

static void add_inherited(struct pb *opts, const char *key, size_t n)
{
	struct pb pair = { .arena = opts->arena };

	pb_string(&pair, 1, key);
	pb_int(&pair, 2, CRIU_FD(n));
	pb_message(opts, CRIU_INHERIT_FD, &pair);
}

/* Network and pid by descriptor; the rest by path, as criu has it. */
static int add_namespaces(struct pb *opts, const struct run *r, int *fds, size_t *n,
			  struct err *e)
{
	static const struct {
		enum spec_ns kind;
		const char *external, *join;
	} kinds[] = {
		{ NS_NETWORK, "extRootNetNS", NULL },
		{ NS_PID, "extRootPidNS", NULL },
		{ NS_IPC, NULL, "ipc" },
		{ NS_UTS, NULL, "uts" },
		{ NS_USER, NULL, "user" },
		{ NS_TIME, NULL, "time" },
	};

	if (r->pl->ns.join[NS_CGROUP] != NULL || r->pl->ns.join[NS_MOUNT] != NULL)
		return fail(e, ERR_HOST,
			    "linux.namespaces: restore: criu joins no cgroup or mount "
			    "namespace");
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const char *path = r->pl->ns.join[kinds[i].kind];

		if (path == NULL)
			continue;
		if (kinds[i].join != NULL) {
			images_pair(opts, CRIU_JOIN_NS, kinds[i].join, path);
			continue;
		}
		fds[*n] = r->ns_fd[kinds[i].kind];
		add_inherited(opts, kinds[i].external, (*n)++);
	}
	return 0;
}

static void add_labels(struct pb *opts, const struct run_images *w)
{
	if (w->lsm_profile != NULL)
		pb_string(opts, CRIU_LSM_PROFILE, w->lsm_profile);
	if (w->lsm_mount_context != NULL)
		pb_string(opts, CRIU_LSM_MOUNT_CONTEXT, w->lsm_mount_context);
}

static int fill(struct criu_call *c, struct run *r, int *fds, struct err *e)
{
	struct pb *opts = c->opts;
	struct pb group = { .arena = opts->arena };

	if (images_options(opts, r->images, e) < 0 || images_config(opts, r->pl, e) < 0 ||
	    images_load_stdio(c->images.fd, opts, e) < 0)
		return -1;
	pb_bool(opts, CRIU_NOTIFY_SCRIPTS, true);
	pb_bool(opts, CRIU_RST_SIBLING, true); /* a child of ours */
	pb_bool(opts, CRIU_ORPHAN_PTS_MASTER, true);
	pb_string(opts, CRIU_ROOT, r->pl->root.path);
	if (r->cg != NULL) {
		pb_string(&group, 1, ""); /* v2 */
		pb_string(&group, 2, cg_path(r->cg));
		pb_message(opts, CRIU_CG_ROOT, &group);
	}
	add_mounts(opts, r->pl);
	add_labels(opts, r->images);
	return add_namespaces(opts, r, fds, &c->fds_n, e);
}

int do_criu_restore(struct run *r, const struct plan *pl, struct err *e)
{
	autoimages struct criu_call call = IMAGES_CALL;
	int fds[5] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, -1, -1 };
	struct pb opts = { .arena = r->arena };
	pid_t pid = 0;

	(void)pl;
	call.what = CRIU_RESTORE;
	call.opts = &opts;
	call.log = LOG;
	call.fds = fds;
	call.fds_n = 3;
	call.prepare = make_root;
	call.notify = notified;
	call.ctx = r;
	if (criu_need(&call.program, e) < 0 || images_open(r->images, false, &call, e) < 0 ||
	    fill(&call, r, fds, e) < 0 || criu_run(&call, r->arena, &pid, e) < 0)
		return -1;
	return found_init(r, pid, e);
}

/* ---- the command ---- */

static int restore(struct run *r, struct err *e)
{
	struct audit_subject who;
	int got;

	run_fill_state(r, r->pl);
	got = steps_run(restore_steps, restore_steps_n, r, r->pl, e);
	who = run_subject(r->arena, &r->st, r->pl);
	run_audit(r->o, r->arena, AUDIT_RESTORE, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	return got;
}

int run_restore(const struct plan *pl, const struct run_options *o, const struct run_images *w,
		int *exit_code, struct err *e)
{
	autoarena struct arena a = { 0 };
	autofd int signals = -1;
	struct run r;
	int got;

	*exit_code = 0;
	if (geteuid() != 0)
		return fail(e, ERR_HOST, "restore: expected root: found user %u", geteuid());
	if (!o->detach && (signals = signals_catch(e)) < 0)
		return -1;
	if (pl->audit.is_on)
		return fail(e, ERR_SPEC,
			    "restore: expected a filter without a listener, which no image "
			    "has: "
			    "found org.caisson.seccomp.audit");
	run_init(&r, pl, o, &a);
	r.images = w;
	r.foreground_start = true;
	got = restore(&r, e);
	if (got == 0 && !o->detach)
		got = foreground_supervise(&r, signals, exit_code, e);
	run_close(&r, got < 0 && !o->keep);
	return got;
}
