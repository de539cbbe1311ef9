/* SPDX-License-Identifier: Apache-2.0 */
/* run_private.h - what the steps share: struct run, and who does which wall. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "run/handshake.h"
#include "run/run.h"
#include "run/steps.h"

struct courier;

/* One container being made. The parent owns one; clone3 gives the child its own copy, from
 * which it uses the second half. -1 is "no descriptor" throughout. */
struct run {
	const struct plan *pl;
	const struct run_options *o;
	struct arena *arena;

	/* the runtime's side */
	struct state_dir dir;
	struct state st;
	bool made_state, made_cgroup; /* what a failure has to take back */
	struct cg *cg;
	pid_t pid;            /* the init, ours to reap */
	int pidfd;            /* of the init */
	pid_t stage;          /* the intermediate process, 0: none */
	bool into_cgroup;     /* clone3 puts the init into its group; both sides know */
	int sock;             /* our end of the handshake */
	int net;              /* the network namespace that was made for the init, or ... */
	const char *net_back; /* ... that devices were moved into, and their way back */
	int pty;              /* foreground terminal: the master */
	struct watch *watch;  /* foreground, if something is to be watched */
	struct watch_child watcher; /* detached: the start of the watcher */
	struct watch_child holder;  /* of the filter's listeners */
	int calls_socket;           /* that they are sent to: listens */
	int watch_lock;             /* see state_make_watch */
	int telling;                /* see state_hold_record */

	/* exec: the container that is there */
	const struct run_target *target; /* NULL: we make one */
	int joins;                       /* CLONE_NEW*: namespaces still to be joined */
	int wait_ms; /* for each word of the process, -1: a thaw may be far */

	const struct run_images *images; /* restore, else NULL */

	/* made by the runtime, used by both or by the child */
	int child_sock;
	int start_listen;      /* create: start.sock */
	int console;           /* connected --console-socket */
	int agent;             /* who gets the filter's listener: connected */
	int ns_fd[NS_KINDS];   /* joined namespaces */
	int *mount_fd;         /* one a plan mount: to bind, or to use later; or -1 */
	bool *guarded;         /* one a plan mount: mount_fd is a clone; or NULL */
	bool hidden_early;     /* our binary has left the process before that */
	bool foreground_start; /* START comes over the handshake, not over start.sock */

	/* the container's side */
	bool early;              /* not root of its user namespace yet, see do_root */
	int root;                /* the container's root mount */
	int proc;                /* a procfs of our own, see proc_files.c; -1: not yet */
	const char *executable;  /* what execve gets, and ... */
	const char *const *env;  /* ... its environment, see final_environment */
	int32_t rlimits_pending; /* not 0: the runtime must set them, see HS_READY */
	bool cwd_pending;        /* chdir is to be tried again as the user */
	struct courier *courier; /* hands the listener to the agent, see filter.c */
	int peer;                /* who said START, and is told what goes wrong after it */
	pid_t outer_pid;         /* ours, as who said START sees it */
	int exec_label;          /* /proc/self/attr/exec, open, see lsm.c */
};

/* ---- create.c ---- */
void run_init(struct run *r, const struct plan *pl, const struct run_options *o,
	      struct arena *a);
/* Releases what r holds; with take_back, undoes what was made: init, cgroup, state. */
void run_close(struct run *r, bool take_back);
int run_create_steps(struct run *r, struct err *e) CHECK;
/* After a failure: what the init itself said, or which signal it died of. */
void init_reason(const struct run *r, struct err *e);

/* Whether START is said before READY comes: in a `run' nobody is between the two, and of what
 * the init waits for the runtime has only its rlimits left to do. With --pid-file that file is
 * there first. Runtime and init ask the same question. */
bool starts_ahead(const struct run *r);

/* ---- clone.c: the process ladders ---- */
int clone_init(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Why there is no new namespace, with a hint where one helps. -1. */
int explain_namespaces(int err, const char *what, struct err *e);

/* The same for a process that joins the container, see exec.c. */
int do_exec_clone(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Whether the process may have to get into its unit by systemd. */
bool may_ask_systemd(const struct run *r);

/* ---- child.c ---- */
_Noreturn void child_main(struct run *r);

/* ---- join.c ---- */
int open_namespaces(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* setns(2) into all that is joined, or all but pid and time. */
int join_namespaces(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* exec: setns(2) into what is left of r->joins. */
int join_container(struct run *r, struct err *e) CHECK;
/* CLONE_NEW* of the namespaces that a process, by its open directory in /proc, does not share
 * with us; -errno. */
int namespaces_apart(int proc_pid);

/* ---- exec_steps.c: what create does too where it joins mounts ---- */
int do_host_proc(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- parent_steps.c, child_steps.c: steps of exec too ---- */
/* What is known of the container before there is any. */
void run_fill_state(struct run *r, const struct plan *pl);
int do_preserved(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* The limits but for devices, and whose the group is. */
int put_group_limits(struct run *r, const struct plan_cgroup *cg, struct err *e) CHECK;
int do_oom_score(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_pty(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_ready(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_rlimits_outside(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_pidfd_socket(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_pid_file(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_session(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_cgroup_wait(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- unit.c: the systemd driver ---- */
int do_scope(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* A call of unit.h about a container that is there; fills in the bus. */
int unit_ask(struct arena *a, struct unit_call *call, struct err *e) CHECK;
/* Its processes are dead: systemd hears of it from the kernel too, so if it does not answer now
 * that is no failure. */
void unit_stop(struct arena *a, const char *unit);

/* ---- idmap.c ---- */
int write_idmaps(const struct plan *pl, pid_t pid, struct err *e) CHECK;
/* A user namespace with these maps and no process in it; the descriptor. */
int idmap_user_ns(const char *uid_map, const char *gid_map, struct err *e) CHECK;
/* Fills r->mount_fd for mounts with an id map: needs privilege over the file system, so the
 * parent does it. */
int prepare_idmapped(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* The same for sources that the init of a user namespace will not get to. */
int prepare_guarded(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* A source, cloned from the caller's mounts, and of the container's propagation. */
int host_tree(const struct plan *pl, const struct plan_mount *m, struct err *e) CHECK;
void need_mount_fds(struct run *r, const struct plan *pl);

/* ---- rootfs.c, mounts.c, copyup.c, dev.c, mask.c ---- */
int do_mount_sources(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_propagation(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_root(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_mounts(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_devices(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_late_read_only(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_pivot(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_readonly_root(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_readonly_paths(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_masked_paths(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Copies what is in directory `from' (an open directory) into `to': modes, owners, times,
 * links, extended attributes; device nodes are skipped. */
int copy_tree(int from, int to, struct err *e) CHECK;

/* ---- proc_files.c ---- */
/* A procfs that nobody can have covered: made for us, else the container's /proc, verified. */
int private_proc(struct run *r, struct err *e) CHECK;
/* Opens a file of it, never through a mount upon it; private_proc came first. -errno. */
int proc_open(const struct run *r, const char *path, int flags) CHECK;

/* ---- sysctl.c, lsm.c ---- */
int do_sysctl(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Opens /proc/thread-self/attr/... while we can; the label is written just before execve. */
int do_label_open(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_label(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_keyring(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- limits.c ---- */
int do_rlimits(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_scheduler(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_io_priority(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_memory_policy(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* The runtime, for a process of exec that is not in the container's group yet. */
int do_affinity_initial(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_processors(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_personality(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_umask(struct run *r, const struct plan *pl, struct err *e) CHECK;
int write_oom_score(pid_t pid, int64_t score, struct err *e) CHECK;

/* ---- creds.c ---- */
int become_root(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_no_new_privs(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_bounding(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_user(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_capabilities(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- network.c ---- */
int do_loopback(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Where makes_network. */
int do_make_network(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_give_network(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_network_wait(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- resctrl.c ---- */
int do_resctrl(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_resctrl_join(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- netdev.c ---- */
int do_net_devices(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Gives back what was moved, as far as it can. */
void net_devices_back(struct run *r);
/* The container has come to something: its network may end with it. */
void net_devices_stay(struct run *r);

/* ---- terminal.c ---- */
/* Parent, before clone: connects --console-socket. */
int console_connect(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Child, after the mounts, before pivot: a pty of the container's devpts, bound on
 * /dev/console, its master sent to the console socket or to the parent (HS_TERMINAL). */
int do_terminal(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Makes it as large as ours on stdin, if that is one. */
void tty_take_size(int master);
/* Foreground: raw mode, window size, SIGWINCH, bytes both ways until the peer ends. */
struct tty_proxy;
int tty_proxy_open(int master, struct tty_proxy **out, struct err *e) CHECK;
/* Descriptors to poll for POLLIN; the owner of the poll loop calls pump when one is ready. */
size_t tty_proxy_fds(const struct tty_proxy *t, int fds[2]);
void tty_proxy_pump(struct tty_proxy *t);
void tty_proxy_resize(struct tty_proxy *t);
/* Drains what is left, restores the terminal, frees. */
void tty_proxy_close(struct tty_proxy *t);

/* ---- hooks.c ---- */
/* Runs the hooks of a kind with the state on stdin; the first failure ends it. Hooks run
 * where the caller is. `tolerate' reports each failure and goes on. */
int hooks_run(struct arena *a, const struct plan_hooks *hooks, enum spec_hook_kind kind,
	      const struct state *st, enum state_status now, struct err *e) CHECK;
/* startContainer's, in the container and under its filters. */
int do_start_hooks(struct run *r, const struct plan *pl, struct err *e) CHECK;
void hooks_run_all(struct arena *a, const struct plan_hooks *hooks, enum spec_hook_kind kind,
		   const struct state *st, enum state_status now);
/* poststart and poststop are needed after the plan is gone: kept in hooks.json. */
int hooks_save(struct arena *a, const struct state_dir *d, const struct plan *pl,
	       struct err *e) CHECK;
int hooks_load(struct arena *a, const struct state_dir *d, enum spec_hook_kind kind,
	       struct plan_hooks *out, struct err *e) CHECK;

/* ---- restore.c, restored.c ---- */
int do_mount_places(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_criu_restore(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Whether a process that an image was made to has the walls of the plan; and the one that criu
 * does not put up, a read-only root. */
int check_restored(const struct plan *pl, pid_t pid, struct err *e) CHECK;

/* ---- self.c ---- */
int hide_before_clone(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_hide_binary(struct run *r, const struct plan *pl, struct err *e) CHECK;

/* ---- lookup.c ---- */
int do_working_directory(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_cwd_check(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_executable(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* The environment with HOME added from the rootfs's passwd where the config gave none. */
const char *const *final_environment(struct run *r, const struct plan *pl);

/* ---- filter.c ---- */
/* Parent, before clone: connects to who answers SCMP_ACT_NOTIFY, or to our own. */
int agent_connect(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* What do_capabilities leaves permitted for load_filter, and execve takes away. */
uint64_t filter_capability(const struct plan *pl);
/* A thread beside us that the filter will not bind, for what is to be done after it is on. */
int do_courier(struct run *r, const struct plan *pl, struct err *e) CHECK;
int load_filter(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* The same for a program beside the container's process, directly before its execve; plan is
 * the struct plan. 0 or -errno. */
int load_hook_filter(void *plan) CHECK;

/* ---- filter_kept.c ---- */
/* Written at create, beside the state; read for exec, and refused unless the digests are the
 * state's. What is in *out lives in the arena. */
int filter_keep(struct arena *a, const struct state_dir *d, const struct plan *pl,
		struct err *e) CHECK;
int filter_kept(struct arena *a, const struct state_dir *d, struct run_target *out,
		struct err *e) CHECK;
/* Does our watcher answer for it, as the state says? filter_kept tells it too. */
bool filter_is_audited(struct arena *a, const struct state *st);

/* ---- stats.c ---- */
struct json;
/* What a group has used, in the form of runc's events (types/events.go). */
struct json *stats_json(struct arena *a, const struct cg *cg);

/* ---- watching.c ---- */
/* The container's time begins, if it has not begun. */
void run_clock(struct run *r);
int do_watch(struct run *r, const struct plan *pl, struct err *e) CHECK;
int do_watched(struct run *r, const struct plan *pl, struct err *e) CHECK;
/* Parent, before clone: r->agent leads to who keeps listeners for the watcher. */
int calls_connect(struct run *r, struct err *e) CHECK;
