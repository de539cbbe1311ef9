/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - what the commands ask of this layer: the life of one container. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "audit/audit.h"
#include "base/error.h"
#include "plan/plan.h"
#include "state/state.h"
#include "watch/watch.h"

struct run_options {
	int root;                              /* the open directory of all containers */
	const char *root_path;                 /* its name */
	const char *pid_file, *console_socket; /* or NULL */
	unsigned listen_fds; /* sd_listen_fds(3): descriptors 3 to 2+n are a socket each ... */
	unsigned preserve_fds; /* ... and this many behind them are kept as well */
	bool keep;             /* run: do not delete afterwards */
	bool detach;           /* run: return after start */
	const char *config;    /* text of config.json, saved beside the state */
	size_t config_len;
	struct audit *audit;             /* or NULL */
	const char *watcher;             /* the path of caisson-watch, or NULL */
	const struct watch_rules *rules; /* warnings and responses, or NULL */
	const char *pidfd_socket;        /* or NULL */
	bool ignore_paused;              /* exec */
};

/* create: returns when the container is "created". On failure nothing is left. */
int run_create(const struct plan *pl, const struct run_options *o, struct err *e) CHECK;

/* run: create, start, and unless detached wait, delete, and fill the code that the process
 * ended with (128+n for a signal). */
int run_run(const struct plan *pl, const struct run_options *o, int *exit_code,
	    struct err *e) CHECK;

/* start of a created container. */
int run_start(const struct run_options *o, const char *id, struct err *e) CHECK;

/* A container that is there and takes one more process. */
struct run_target {
	struct state st;
	int pidfd;           /* of its init */
	int joins;           /* CLONE_NEW*: the namespaces that are not ours */
	bool deny_setgroups; /* in its user namespace */
	const char *config;  /* the text of the config.json that it was made from */
	size_t config_len;
	struct filter *filter, *profile; /* that it was made with; NULL: none */
	bool audited;                    /* its listener is for our watcher */
};

/* Finds the container for exec; refuses one that is paused or stopped. *out is closed by
 * run_target_close, after a failure too. */
int run_target_open(struct arena *a, const struct run_options *o, const char *id,
		    struct run_target *out, struct err *e) CHECK;
void run_target_close(struct run_target *t);

/* exec: unless detached waits, and fills the code that the process ended with. */
int run_exec(const struct plan *pl, const struct run_options *o, const struct run_target *t,
	     int *exit_code, struct err *e) CHECK;

/* pause and resume. */
int run_pause(const struct run_options *o, const char *id, bool freeze, struct err *e) CHECK;

/* update: what *r names, and the lines of schemata (or NULL); all of it or none. Device rules
 * stay as they are. */
int run_update(const struct run_options *o, const char *id, struct spec_resources *r,
	       const char *schemata, struct err *e) CHECK;

/* events: a line of JSON every so often, and one for each time that the kernel killed for want
 * of memory, until the container ends; or, `once', its numbers as they are. */
struct events_want {
	bool once;
	int interval_ms;
	void (*say)(const char *line);
};
int run_events(const struct run_options *o, const char *id, const struct events_want *w,
	       struct err *e) CHECK;

/* ps: all processes of its cgroup and of those below, as our pid namespace numbers them; in the
 * arena. */
int run_pids(struct arena *a, const struct run_options *o, const char *id, pid_t **pids,
	     size_t *n, struct err *e) CHECK;

/* kill: `all' also where init is dead; texts as contract 1.3. */
int run_kill(const struct run_options *o, const char *id, int signal, bool all,
	     struct err *e) CHECK;

/* delete: idempotent with force. */
int run_delete(const struct run_options *o, const char *id, bool force, struct err *e) CHECK;

/* The state as it is now: paused is seen in the cgroup. */
int run_state(struct arena *a, int root, const char *id, struct state *st,
	      enum state_status *now, struct err *e) CHECK;

/* What criu(8) is told, of both: runc's options. */
struct run_images {
	const char *dir, *work;  /* the images; where logs go, NULL: there */
	const char *parent;      /* of a dump, relative to `dir', or NULL */
	const char *page_server; /* "ADDRESS:PORT" or NULL */
	const char *lsm_profile, *lsm_mount_context; /* restore, or NULL */
	unsigned cgroups_mode;                       /* enum criu_cg_mode */
	int status_fd;                               /* -1: none */
	bool leave_running, tcp_established, tcp_close, tcp_skip_in_flight, ext_unix_sk;
	bool shell_job, file_locks, pre_dump, auto_dedup, lazy_pages, link_remap, empty_net;
};

/* checkpoint: of the container's mounts and namespaces, which the plan knows. Unless it is left
 * running, or was only dumped ahead, it is gone afterwards. */
int run_checkpoint(const struct run_options *o, const struct run_images *w, const char *id,
		   const struct plan *pl, struct err *e) CHECK;

/* restore: as run_run, but that the processes come from images. */
int run_restore(const struct plan *pl, const struct run_options *o, const struct run_images *w,
		int *exit_code, struct err *e) CHECK;

/* The state of a container and the text of its config.json, for a checkpoint's plan. */
int run_saved(struct arena *a, const struct run_options *o, const char *id, struct state *st,
	      const char **config, size_t *config_len, struct err *e) CHECK;

/* Whether the program criu is there and can do its work on this kernel. */
int run_criu_check(struct err *e) CHECK;
/* Has its watcher died, with the end of the container not recorded? */
bool run_is_lost(int root, const char *id);
/* Then records the gap, and starts a new watcher, or records what can be known of the end. */
int run_tend(const struct run_options *o, const char *id, struct err *e) CHECK;

/* The names of all steps, for the fault test and man/; table after table, NULL-ended. */
struct step;
struct run_table {
	const char *name;
	const struct step *steps;
	const size_t *n;
};
extern const struct run_table run_tables[];
