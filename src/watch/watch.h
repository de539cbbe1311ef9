/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - one container, watched: what it is not to exceed, what is done about it, how it
 * ended.
 *
 * The same code serves caisson-watch, a process of its own beside a detached container, and a
 * `run' in the foreground. Each look costs something, so each exists only if it is wanted. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "audit/audit.h"
#include "audit/sink.h"
#include "base/arena.h"
#include "base/error.h"
#include "cgroups/cg.h"
#include "state/state.h"

/* ---- what is wanted: plain data ---- */

enum watch_warn {
	WARN_MEMORY,
	WARN_CPU,
	WARN_PIDS,
	WARN_TIME,
	WARN_KINDS,
};

/* What may be answered. */
enum watch_event {
	WATCH_OOM,       /* limit.oom */
	WATCH_PIDS,      /* limit.pids */
	WATCH_THROTTLED, /* limit.cpu_throttled */
	WATCH_WARNING,   /* resource.warning */
	WATCH_DENIED,    /* seccomp.denied */
	WATCH_EVENTS,
};
extern const char *const watch_event_names[WATCH_EVENTS];

enum watch_action {
	WATCH_ALERT,
	WATCH_THROTTLE,
	WATCH_FREEZE,
	WATCH_CUT, /* cut-network */
	WATCH_KILL,
	WATCH_ACTIONS,
};
extern const char *const watch_action_names[WATCH_ACTIONS];

#define WATCH_RESPONSES 16
#define WATCH_COUNT_MAX 64

/* The action, when the event came `count' times within the window. */
struct watch_response {
	enum watch_event event;
	enum watch_action action;
	uint32_t count, window_ms;
};

struct watch_rules {
	uint32_t warn[WARN_KINDS]; /* per cent of the limit, 0: no warning */
	uint32_t poll_ms;          /* how often is looked for warnings */
	uint32_t throttle_percent; /* what a throttle leaves of the processor time */
	bool dry_run;              /* responses are told, not done */
	struct watch_response responses[WATCH_RESPONSES];
	size_t responses_n;
};

struct watch_want {
	const char *id, *bundle;
	const char *cgroup; /* or NULL */
	const char *log;    /* the absolute path of the audit log, or NULL */
	const char *policy_name, *policy_digest; /* or NULL */
	struct audit_labels labels;
	bool calls;  /* the filter hands calls to us: answers.c has what is said to them */
	bool kernel; /* the kernel's audit is to be heard */
	pid_t pid;   /* of the init */
	uint64_t start_time;
	bool own_pid_ns;                    /* with the init all end */
	uint64_t started_ms;                /* CLOCK_BOOTTIME of START; 0: the state will say */
	uint64_t cpu_before_usec;           /* what our own part of the init had used by then */
	uint64_t wall_ms, cpu_ms, grace_ms; /* 0: none */
	bool memory_limit, pids_limit, cpu_limit; /* the group has these */
	struct watch_rules rules;
	struct audit_config audit;
	struct audit_rules audit_rules; /* of the same object of our configuration */
};

/* As text for watch.json, and back; strings live in the arena. */
const char *watch_want_text(struct arena *a, const struct watch_want *w, size_t *len);
int watch_want_parse(struct arena *a, const char *text, size_t len, struct watch_want *out,
		     struct err *e) CHECK;

/* Without warnings and responses. */
struct watch_rules watch_rules_none(void);
/* The object "watch" of our configuration on top of what *out says; complains. */
struct jat;
void watch_rules_read(const struct jat *at, struct watch_rules *out);

/* Is there anything that must be seen while it lives? Its end does not count. */
bool watch_is_wanted(const struct watch_want *w);

/* ---- watching ---- */

/* Where the container is; all of it stays the caller's and must live as long. */
struct watch_place {
	const struct state_dir *dir;
	int init;                /* pidfd */
	const struct cg *cg;     /* or NULL */
	struct audit *audit;     /* or NULL */
	const char *const *argv; /* of the init, for the log; or NULL */
};

struct watch;   /* opaque */
struct denials; /* calls.h */

/* May we hear the kernel's audit? Says in the debug log that we may not. */
bool watch_hears_kernel(void);
/* What a filter's calls are answered with and counted in: the files beside the state that the
 * watcher opens. Before it. verdicts->n 0: they are only counted. */
struct filter;
struct policy_verdict;
int watch_keep_answers(struct arena *a, const struct state_dir *d,
		       const struct filter *verdicts, const struct policy_verdict *rows,
		       size_t rows_n, struct err *e) CHECK;
/* The socket that listeners are sent to: listens, of the holder; a connection to it, of who has
 * one to send. What is sent: watch_letter, one byte, with the listener. */
int watch_listen_calls(const struct state_dir *d, struct err *e) CHECK;
int watch_connect_calls(const struct state_dir *d, struct err *e) CHECK;
extern const char watch_letter[];

/* What we did to the container, and why: set before it is done. */
struct watch_cause {
	enum {
		CAUSE_NONE,
		CAUSE_WALL,
		CAUSE_CPU,
		CAUSE_POLICY
	} kind;
	enum watch_event event; /* CAUSE_POLICY: what was answered */
	bool killed;            /* SIGTERM was not enough */
};

/* Opens all that is wanted. `whole': the end of the init is ours to see and to record. Freed by
 * watch_close. */
int watch_open(const struct watch_want *want, const struct watch_place *at, bool whole,
	       struct watch **out, struct err *e) CHECK;
/* Readable for poll(2) when there is something to attend to. */
int watch_fd(const struct watch *w);
/* Does what is due, and does not wait. */
void watch_attend(struct watch *w);
/* Attends until the container is over: its init is gone, and its group is empty. */
void watch_until_end(struct watch *w);
struct watch_cause watch_cause(const struct watch *w);
/* Calls that were refused; NULL: nobody counts. Until watch_close. */
const struct denials *watch_denials(const struct watch *w);
/* The init has ended, as the caller has seen, with that status (-1: not known): nothing is done
 * any more, what was counted but not yet told is told. */
void watch_finish(struct watch *w, int status);
void watch_close(struct watch *w);

/* ---- the process beside a detached container ---- */

struct watch_child {
	pid_t pid; /* the first fork, ours to reap; 0: none */
	int said;  /* end of file when the watcher is ready, or a struct err; -1 */
};

/* Starts `program' for the container of st; lock as state_make_watch gave it, which the watcher
 * holds from then on. */
int watch_spawn(const char *program, const char *id, const struct watch_place *at, int lock,
		struct watch_child *out, struct err *e) CHECK;
/* Starts the second holder of listeners (calls.h) in a process of its own. */
int watch_spawn_holder(const char *program, const char *id, int init, int socket,
		       struct watch_child *out, struct err *e) CHECK;
/* Waits until it is ready. */
int watch_spawned(struct watch_child *c, struct err *e) CHECK;
/* Lets go of one that is not needed any more. */
void watch_forget(struct watch_child *c);
