/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/str.h"
#include "cmd/launch.h"
#include "cmd/load.h"
#include "plan/host.h"

/* What both have, and restore has besides. */
struct images_options {
	struct run_images to;
	const char *cgroups_mode, *empty_ns;
	unsigned status_fd;
	struct launch_options launch;
};

#define IMAGES_OPT(member, name, letter, kind, arg, help) \
	OPT(struct images_options, member, name, letter, kind, arg, help)

/* clang-format off */
#define IMAGES_OPTS \
	IMAGES_OPT(to.dir, "image-path", 0, OPT_STRING, "DIR", \
		   "directory of the images (default: checkpoint)"), \
	IMAGES_OPT(to.work, "work-path", 0, OPT_STRING, "DIR", \
		   "directory of criu's logs (default: that of the images)"), \
	IMAGES_OPT(to.tcp_established, "tcp-established", 0, OPT_FLAG, NULL, \
		   "established TCP connections too"), \
	IMAGES_OPT(to.ext_unix_sk, "ext-unix-sk", 0, OPT_FLAG, NULL, \
		   "UNIX sockets whose other end is outside too"), \
	IMAGES_OPT(to.shell_job, "shell-job", 0, OPT_FLAG, NULL, \
		   "processes of a shell's session too"), \
	IMAGES_OPT(to.file_locks, "file-locks", 0, OPT_FLAG, NULL, "file locks too"), \
	IMAGES_OPT(to.link_remap, "link-remap", 0, OPT_FLAG, NULL, \
		   "files that were unlinked and are open too"), \
	IMAGES_OPT(to.auto_dedup, "auto-dedup", 0, OPT_FLAG, NULL, \
		   "drop pages from images that are not needed any more"), \
	IMAGES_OPT(to.lazy_pages, "lazy-pages", 0, OPT_FLAG, NULL, \
		   "memory is fetched when it is needed, from a page server"), \
	IMAGES_OPT(cgroups_mode, "manage-cgroups-mode", 0, OPT_STRING, "soft|full|strict|ignore", \
		   "what criu does about cgroups"), \
	IMAGES_OPT(empty_ns, "empty-ns", 0, OPT_STRING, "network", \
		   "do without what is in the network namespace")

static const struct opt checkpoint_opts[] = {
	IMAGES_OPTS,
	IMAGES_OPT(to.leave_running, "leave-running", 0, OPT_FLAG, NULL,
		   "let the container go on afterwards"),
	IMAGES_OPT(to.tcp_skip_in_flight, "tcp-skip-in-flight", 0, OPT_FLAG, NULL,
		   "skip TCP connections that are still being made"),
	IMAGES_OPT(to.pre_dump, "pre-dump", 0, OPT_FLAG, NULL,
		   "only the memory, and let the container go on"),
	IMAGES_OPT(to.parent, "parent-path", 0, OPT_STRING, "DIR",
		   "an earlier pre-dump, relative to --image-path"),
	IMAGES_OPT(to.page_server, "page-server", 0, OPT_STRING, "ADDRESS:PORT",
		   "send memory there"),
	IMAGES_OPT(status_fd, "status-fd", 0, OPT_UINT, "N",
		   "criu writes a zero byte there when a page server is ready"),
	OPT_END,
};

static const struct opt restore_opts[] = {
	IMAGES_OPTS,
	IMAGES_OPT(launch.bundle, "bundle", 'b', OPT_STRING, "DIR",
		   "directory with config.json (default: the current one)"),
	IMAGES_OPT(launch.pid_file, "pid-file", 0, OPT_STRING, "FILE",
		   "write the process id of the container's init there"),
	IMAGES_OPT(launch.console_socket, "console-socket", 0, OPT_STRING, "SOCKET",
		   "send the terminal to this socket"),
	IMAGES_OPT(launch.detach, "detach", 'd', OPT_FLAG, NULL, "return once the container runs"),
	IMAGES_OPT(to.tcp_close, "tcp-close", 0, OPT_FLAG, NULL,
		   "TCP connections are restored as closed"),
	IMAGES_OPT(to.lsm_profile, "lsm-profile", 0, OPT_STRING, "TYPE:NAME",
		   "another label of the processes: selinux:LABEL or apparmor:PROFILE"),
	IMAGES_OPT(to.lsm_mount_context, "lsm-mount-context", 0, OPT_STRING, "LABEL",
		   "another SELinux label of the mounts"),
	IMAGES_OPT(launch.preserve_fds, "preserve-fds", 0, OPT_UINT, "N",
		   "descriptors above stderr that have to be open; images have their own"),
	IMAGES_OPT(launch.no_pivot, "no-pivot", 0, OPT_FLAG, NULL,
		   "accepted, without effect: criu pivots"),
	IMAGES_OPT(launch.no_new_keyring, "no-new-keyring", 0, OPT_FLAG, NULL,
		   "accepted, without effect: the image has its keyring"),
	IMAGES_OPT(launch.no_subreaper, "no-subreaper", 0, OPT_FLAG, NULL, "accepted, without effect"),
	OPT_END,
};

/* enum criu_cg_mode */
static const struct word modes[] = {
	{ "ignore", 0 }, { "soft", 3 }, { "full", 4 }, { "strict", 5 }, { NULL, 0 },
};
/* clang-format on */

/* The words that are numbers and sets there. */
static int understand(const char *who, const struct images_options *o, struct run_images *out,
		      struct err *e)
{
	const struct word *mode =
		word_find(modes, o->cgroups_mode != NULL ? o->cgroups_mode : "soft");

	*out = o->to;
	if (o->empty_ns != NULL && !str_eq(o->empty_ns, "network"))
		return fail(e, ERR_USAGE, "%s: --empty-ns: expected network: found \"%s\"", who,
			    o->empty_ns);
	if (o->status_fd != 0 && fcntl((int)o->status_fd, F_GETFD) < 0)
		return fail(e, ERR_USAGE, "%s: --status-fd: descriptor %u is not open", who,
			    o->status_fd);
	out->cgroups_mode = (unsigned)mode->value; /* the parser takes no other word */
	out->empty_net = o->empty_ns != NULL;
	out->status_fd = o->status_fd != 0 ? (int)o->status_fd : -1;
	if (out->dir == NULL)
		out->dir = "checkpoint";
	return 0;
}

/* ---- checkpoint ---- */

/* Of the plan only what criu is told of: mounts and namespaces. */
static int part_plan(const struct call *c, const struct run_options *o, struct plan *p,
		     struct err *e)
{
	struct loaded *l = arena_new(c->arena, struct loaded);
	struct host *h = arena_new(c->arena, struct host);
	struct state st;

	if (run_saved(c->arena, o, c->args[0], &st, &l->config, &l->config_len, e) < 0 ||
	    load_saved(c->arena, l->config, l->config_len, l, e) < 0)
		return -1;
	host_probe(h);
	p->id = c->args[0];
	p->bundle = st.bundle;
	p->annotations = l->spec.annotations;
	if (plan_namespaces(c->arena, &l->spec, h, p, e) < 0 ||
	    plan_idmaps(c->arena, &l->spec, h, p, e) < 0)
		return -1;
	return plan_filesystem(c->arena, &l->spec, h, p, e);
}

static int checkpoint_main(const struct call *c, struct err *e)
{
	struct plan *p = arena_new(c->arena, struct plan);
	autolaunch struct launch l = LAUNCH_NONE;
	struct run_images w;

	if (understand(c->cmd->name, c->options, &w, e) < 0 ||
	    launch_about(c, true, &l, e) < 0 || part_plan(c, &l.run, p, e) < 0)
		return -1;
	return run_checkpoint(&l.run, &w, c->args[0], p, e);
}

static int usable(const struct call *c, struct err *e)
{
	(void)c;
	return run_criu_check(e);
}

const struct command cmd_checkpoint = {
	.name = "checkpoint",
	.args = "ID",
	.help = "write a container's processes to files, by criu(8)",
	.options = checkpoint_opts,
	.options_size = sizeof(struct images_options),
	.args_min = 1,
	.args_max = 1,
	.usable = usable,
	.run = checkpoint_main,
};

/* ---- restore ---- */

static int restore_main(const struct call *c, struct err *e)
{
	const struct images_options *o = c->options;
	autolaunch struct launch l = LAUNCH_NONE;
	struct run_images w;

	if (understand(c->cmd->name, o, &w, e) < 0 || launch_new(c, &o->launch, &l, e) < 0)
		return -1;
	return run_restore(l.plan, &l.run, &w, c->exit_code, e);
}

const struct command cmd_restore = {
	.name = "restore",
	.args = "ID",
	.help = "make a container from the files of a checkpoint",
	.options = restore_opts,
	.options_size = sizeof(struct images_options),
	.args_min = 1,
	.args_max = 1,
	.run = restore_main,
};
