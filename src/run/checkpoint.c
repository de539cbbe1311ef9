/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - a container's processes, written to files by criu(8). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "run/images.h"
#include "run/life.h"

#define LOG "dump.log"

int run_criu_check(struct err *e)
{
	const char *program;

	if (geteuid() != 0)
		return fail(e, ERR_HOST, "criu: expected root: found user %u", geteuid());
	return criu_need(&program, e) < 0 ? -1 : criu_check(program, e);
}

int run_saved(struct arena *a, const struct run_options *o, const char *id, struct state *st,
	      const char **config, size_t *config_len, struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	autofree char *text = NULL;

	if (state_open(o->root, id, false, &d, e) < 0 || state_load(a, &d, id, st, e) < 0 ||
	    state_load_config(&d, &text, config_len, e) < 0)
		return -1;
	*config = arena_strndup(a, text, *config_len);
	return 0;
}

/* Where a mount of the config is, as the container's kernel names it: no symlink on the way. */
static const char *resolved(struct arena *a, int root, const char *destination)
{
	autofd int fd = path_open_in(root, destination, O_PATH, 0);
	struct fd_path link = fd_path(fd);
	char buf[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : readlink(link.s, buf, sizeof(buf));

	return n <= 0 || n == (ssize_t)sizeof(buf) ? destination
						   : arena_strndup(a, buf, (size_t)n);
}

/* What criu does not restore itself: the host's files. Their name is what config.json calls
 * them. */
static int add_mounts(struct pb *opts, const struct plan *pl, pid_t pid, struct err *e)
{
	char path[32];
	autofd int root = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_sys(e, errno, "open the root of process %d", pid);
	for (size_t i = 0; i < pl->mounts_n; i++) {
		const struct plan_mount *m = &pl->mounts[i];

		if (m->idmap)
			return fail(e, ERR_HOST,
				    "mounts[%zu]: checkpoint: criu does not restore a mount "
				    "whose "
				    "ids are mapped",
				    m->index);
		if (m->kind == PM_BIND)
			images_pair(opts, CRIU_EXT_MNT,
				    resolved(opts->arena, root, m->destination),
				    m->destination);
	}
	return 0;
}

/* A network or pid namespace that was there before is there afterwards: criu leaves it alone.
 */
static int add_namespaces(struct pb *opts, const struct plan *pl, pid_t pid, struct err *e)
{
	static const struct {
		enum spec_ns kind;
		const char *file, *word, *name;
	} kinds[] = {
		{ NS_NETWORK, "net", "net", "extRootNetNS" },
		{ NS_PID, "pid", "pid", "extRootPidNS" },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		char path[48];
		struct stat st;

		if (pl->ns.join[kinds[i].kind] == NULL)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kinds[i].file);
		if (stat(path, &st) < 0)
			return fail_sys(e, errno, "%s", path);
		pb_string(opts, CRIU_EXTERNAL,
			  arena_printf(opts->arena, "%s[%ju]:%s", kinds[i].word,
				       (uintmax_t)st.st_ino, kinds[i].name));
	}
	return 0;
}

static int add_parent(struct pb *opts, const struct run_images *w, int dir, struct err *e)
{
	struct stat st;

	if (w->parent != NULL || w->pre_dump)
		pb_bool(opts, CRIU_TRACK_MEM, true);
	if (w->parent == NULL)
		return 0;
	if (w->parent[0] == '/')
		return fail(e, ERR_USAGE,
			    "--parent-path: expected a path relative to --image-path: found %s",
			    w->parent);
	if (fstatat(dir, w->parent, &st, 0) < 0)
		return fail_sys(e, errno, "--parent-path %s", w->parent);
	if (!S_ISDIR(st.st_mode))
		return fail_sys(e, ENOTDIR, "--parent-path %s", w->parent);
	pb_string(opts, CRIU_PARENT_IMG, w->parent);
	return 0;
}

static int fill(const struct criu_call *c, const struct run_images *w, const struct plan *pl,
		const struct state *st, struct err *e)
{
	struct pb *opts = c->opts;

	if (images_options(opts, w, e) < 0 || images_config(opts, pl, e) < 0 ||
	    add_parent(opts, w, c->images.fd, e) < 0)
		return -1;
	pb_int(opts, CRIU_PID, st->pid);
	pb_bool(opts, CRIU_ORPHAN_PTS_MASTER, true);
	if (st->cgroup != NULL)
		pb_string(opts, CRIU_FREEZE_CGROUP,
			  arena_printf(opts->arena, "/sys/fs/cgroup%s", st->cgroup));
	if (add_mounts(opts, pl, st->pid, e) < 0 || add_namespaces(opts, pl, st->pid, e) < 0)
		return -1;
	return w->pre_dump ? 0 : images_save_stdio(c->images.fd, st->pid, opts, e);
}

static int dump(struct arena *a, const struct run_images *w, const struct plan *pl,
		const struct state *st, struct err *e)
{
	autoimages struct criu_call call = IMAGES_CALL;
	struct pb opts = { .arena = a };

	call.what = w->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	call.opts = &opts;
	call.log = LOG;
	if (criu_need(&call.program, e) < 0 || images_open(w, true, &call, e) < 0 ||
	    fill(&call, w, pl, st, e) < 0)
		return -1;
	return criu_run(&call, a, NULL, e);
}

/* Its processes are dead. A `run' in the foreground, which waits for them, may be faster. */
static int remove_it(struct arena *a, const struct run_options *o, const char *id,
		     struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct plan_hooks poststop = { 0 };
	struct err why = { 0 };
	struct state st;

	if (state_open(o->root, id, true, &d, &why) < 0 ||
	    state_load(a, &d, id, &st, &why) < 0) {
		*e = why;
		return why.kind == ERR_MISSING ? 0 : -1;
	}
	if (hooks_load(a, &d, HOOK_POSTSTOP, &poststop, e) < 0)
		return -1;
	return life_destroy(a, o, &d, &st, &poststop, e);
}

static int refuse_status(const char *id, enum state_status now, struct err *e)
{
	if (now == ST_RUNNING || now == ST_PAUSED)
		return 0;
	return fail(e, ERR_STATE, "container not running: cannot checkpoint %s, which is %s",
		    id, state_status_names[now]);
}

/* criu kills what it has written. Whose doing that is, the verdict has to know. */
static int dump_to_end(struct arena *a, const struct run_options *o, const struct run_images *w,
		       const struct plan *pl, const struct state *st, struct err *e)
{
	autostate struct state_dir d = { .fd = -1, .lock = -1 };
	struct err ignored = { 0 };

	if (state_open(o->root, st->id, false, &d, e) < 0)
		return -1;
	if (life_save_kill(&d, SIGKILL, &ignored) < 0)
		log_debug("%s", ignored.text);
	if (dump(a, w, pl, st, e) == 0)
		return 0;
	state_drop_kill(&d);
	return -1;
}

static bool ends_it(const struct run_images *w)
{
	return !w->leave_running && !w->pre_dump;
}

static int checkpoint(struct arena *a, const struct run_options *o, const struct run_images *w,
		      const struct plan *pl, struct state *st, struct err *e)
{
	const char *id = st->id;
	enum state_status now;

	if (geteuid() != 0)
		return fail(e, ERR_HOST, "checkpoint: expected root: found user %u", geteuid());
	if (run_state(a, o->root, id, st, &now, e) < 0 || refuse_status(id, now, e) < 0)
		return -1;
	if (filter_is_audited(a, st))
		return fail(e, ERR_STATE,
			    "checkpoint: expected a filter without a listener, which no image "
			    "has: found org.caisson.seccomp.audit");
	return ends_it(w) ? dump_to_end(a, o, w, pl, st, e) : dump(a, w, pl, st, e);
}

int run_checkpoint(const struct run_options *o, const struct run_images *w, const char *id,
		   const struct plan *pl, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct state st = { .id = id };
	struct audit_subject who;
	int got = checkpoint(&a, o, w, pl, &st, e);

	who = run_subject(&a, &st, NULL);
	run_audit(o, &a, AUDIT_CHECKPOINT, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	if (got < 0 || !ends_it(w))
		return got;
	return remove_it(&a, o, id, e);
}
