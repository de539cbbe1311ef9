/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - what is on disk about a container: ROOT/ID/state.json, versioned, replaced
 * atomically, and one lock per container. The directory is 0700 and ours; a file in it that is
 * not (owner, mode, type) is refused.
 *
 * The lock is flock(2) on the directory itself, so that there is no lock file to lose. It
 * belongs to the open descriptor: a forked child that lives on closes its copy of .lock
 * first, else the lock outlives a parent that is killed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

#define STATE_VERSION 1
#define STATE_MAX     (1u << 20) /* bytes of state.json that are written and read */
#define STATE_FILTER_MAX                                                                   \
	(1u << 17) /* and of the filters: two, of which the kernel takes 4096 instructions \
		      each */

/* What runtime.md#state calls them; "stopped" and "paused" are seen, never saved. */
enum state_status {
	ST_CREATING,
	ST_CREATED,
	ST_RUNNING,
	ST_PAUSED,
	ST_STOPPED
};
extern const char *const state_status_names[];

struct state {
	uint32_t version;
	const char *id, *oci_version, *bundle, *rootfs, *owner;
	pid_t pid;                /* 0: not made yet */
	uint64_t start_time;      /* clock ticks, see proc_stat */
	enum state_status status; /* as last saved: creating, created, running */
	uint64_t created_ns;      /* wall clock */
	uid_t owner_uid;
	const char *cgroup;    /* path below the cgroup2 root, NULL: none */
	uint64_t cgroup_inode; /* of a unit's, whose name another may have by now; 0: any */
	const char *cgroup_manager; /* "cgroupfs" "systemd" "disabled" */
	const char *unit; /* of systemd, NULL: none; with .cgroup it is known to be ours */
	uint32_t device_program; /* id of our device filter, 0: none */
	bool own_pid_ns;
	const char *resctrl;       /* where that file system is mounted, NULL: not used */
	const char *rdt_group;     /* the class below it that the container is in ... */
	bool rdt_made;             /* ... which we made */
	const char *rdt_monitor;   /* the monitoring group below it that we made, or NULL */
	bool kept_keyring;         /* create --no-new-keyring */
	const char *config_digest; /* sha256 hex or NULL */
	const struct state_pair {
		const char *key, *value;
	} * annotations;
	size_t annotations_n;
	uint64_t started_ms; /* CLOCK_BOOTTIME of START; 0: not started */
	const char *policy;  /* canonical JSON of what is known of the filter; NULL: none */
	const char *verdict; /* canonical JSON of how it ended, from exit.json; NULL: not yet */
};

/* The directory of all containers, made when missing (0700): --root; else for root, if it is
 * allowed there, /run/caisson; else $XDG_RUNTIME_DIR/caisson. Returns it open. `make' false:
 * "state directory PATH does not exist" (ERR_MISSING) when it is missing. */
int state_root_open(const char *given, bool make, int *fd, struct err *e) CHECK;

/* Letters, digits and _ + . -; not "." or ".."; no leading dot; at most 1024 bytes. */
int state_id_check(const char *id, struct err *e) CHECK;

/* One open container: its directory and its lock. */
struct state_dir {
	int fd;   /* ROOT/ID */
	int lock; /* held: released by state_dir_close in the process that took it; or -1 */
	pid_t owner;
};
/* Closes both and leaves -1 behind. */
void state_dir_close(struct state_dir *d);
#define autostate __attribute__((cleanup(state_dir_close)))

/* Makes ROOT/ID, locked. "container with given ID already exists" (ERR_STATE) if it is there.
 */
int state_make(int root, const char *id, struct state_dir *out, struct err *e) CHECK;
/* Opens it; waits for the lock at most 10 s. "container ID does not exist" (ERR_MISSING, sys
 * ENOENT is not set) when it is not there. `lock' false: readers need none, files are
 * replaced whole. */
int state_open(int root, const char *id, bool lock, struct state_dir *out, struct err *e) CHECK;

int state_save(const struct state_dir *d, const struct state *s, struct err *e) CHECK;
/* Strings live in the arena. A directory without a state file is a create that was killed
 * before its first save: *out is { .status = ST_CREATING } with the id, and 0. */
int state_load(struct arena *a, const struct state_dir *d, const char *id, struct state *out,
	       struct err *e) CHECK;

/* What delete --force needs of a file that state_load refuses (another version's, one that is
 * too long): id, pid, start time and cgroup, or an error; of the rest nothing is known. */
int state_load_remains(struct arena *a, const struct state_dir *d, const char *id,
		       struct state *out, struct err *e) CHECK;
int state_parse_remains(struct arena *a, const char *text, size_t len, struct state *out,
			struct err *e) CHECK;

/* The file's text, pure. Refuses with ERR_STATE "state.json: PATH: ...". */
int state_parse(struct arena *a, const char *text, size_t len, struct state *out,
		struct err *e) CHECK;
const char *state_text(struct arena *a, const struct state *s, size_t *len);

/* exit.json: how it ended, written once; state_load finds it. */
int state_save_exit(const struct state_dir *d, const char *text, size_t len,
		    struct err *e) CHECK;
bool state_has_exit(const struct state_dir *d);

/* kill.json: who told us to end it, written before the signal is sent. */
struct state_kill {
	int signal;
	uid_t uid, login_uid; /* login_uid -1: none */
	pid_t caller;         /* the parent of the command */
};
int state_save_kill(const struct state_dir *d, const struct state_kill *k, struct err *e) CHECK;
void state_drop_kill(const struct state_dir *d);
bool state_load_kill(const struct state_dir *d, struct state_kill *out);

/* watch.json: what the watcher is told. Its lock, flock(2), lives as long as a descriptor of
 * this opening: whoever holds one watches. */
int state_make_watch(const struct state_dir *d, const char *text, size_t len, int *lock,
		     struct err *e) CHECK;
enum state_watch {
	STATE_UNWATCHED, /* there is no such file */
	STATE_WATCHED,
	STATE_LOST, /* the watcher is gone; *lock is ours */
};
enum state_watch state_try_watch(const struct state_dir *d, int *lock);

/* Who makes or starts the container holds back the record of its end until all that came before
 * is told: as long as the descriptor is open. -1 where nobody watches. */
int state_hold_record(const struct state_dir *d);
/* Waits until nobody does. False: there is to be no record, for the making has failed. */
bool state_await_record(const struct state_dir *d, int timeout_ms);
void state_forgo_record(const struct state_dir *d);

/* The copy of config.json that start, exec and delete read. *text is the caller's to free. */
int state_save_config(const struct state_dir *d, const char *text, size_t len,
		      struct err *e) CHECK;
int state_load_config(const struct state_dir *d, char **text, size_t *len, struct err *e) CHECK;
/* The seccomp filter that the container was made with, which exec loads again: bytes that mean
 * nothing here. *bytes is the caller's to free. */
int state_save_filter(const struct state_dir *d, const void *bytes, size_t len,
		      struct err *e) CHECK;
int state_load_filter(const struct state_dir *d, char **bytes, size_t *len,
		      struct err *e) CHECK;

/* What the watcher answers to calls of that filter: bytes as well. Open, and how many. */
int state_save_verdicts(const struct state_dir *d, const void *bytes, size_t len,
			struct err *e) CHECK;
int state_open_verdicts(const struct state_dir *d, size_t *len, struct err *e) CHECK;

/* Removes the directory with everything in it and closes *d, which holds its lock. Success
 * when it is gone already. */
int state_remove(int root, const char *id, struct state_dir *d, struct err *e);

/* What is true now: creating, created, running or stopped by pid and start time, running by an
 * execve too that was not saved (paused is the caller's to see in the cgroup). */
enum state_status state_now(const struct state *s);

/* The state object of runtime.md#state, as hooks get it on stdin and `state' prints it (the
 * latter with `full': rootfs, created, owner, and our object `caisson': policy, verdict). */
struct json;
struct json *state_json(struct arena *a, const struct state *s, enum state_status now,
			bool full);

/* Calls back for each container directory, by name; those that vanish meanwhile are skipped. */
int state_each(int root, int (*seen)(void *ctx, const char *id, struct err *e), void *ctx,
	       struct err *e) CHECK;
