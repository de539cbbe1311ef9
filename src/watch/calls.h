/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h - the calls of the container that we answer: what, how often, and whether to tell.
 *
 * answers.c  what the policy says to each
 * denials.c  what was counted: a file beside the state, mapped, so that it survives us
 * calls.c    the loop over the listeners
 * caller.c   who calls, as an event has it
 * kernel_audit.c  what no listener sees
 * hold.c     who keeps the listeners when we die */
#pragma once
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "seccomp/policy.h"
#include "watch/schedule.h"

#define MAX_ERRNO 4095 /* include/linux/err.h */

#define CALLS_SOCKET "notify.sock"
#define NOTICE_MAX   512 /* a kernel's struct seccomp_notif may be longer than ours */

/* ---- answers.c ---- */

struct answers {
	struct filter verdicts;
	const struct policy_verdict *rows;
	size_t rows_n;
};

/* As the file has them; and back: what comes out points into the bytes. */
const void *answers_bytes(struct arena *a, const struct answers *w, size_t *len);
int answers_parse(struct arena *a, const void *bytes, size_t len, struct answers *out,
		  struct err *e) CHECK;
/* What is said to a call; *row: which one it is, rows_n: none. */
const struct policy_verdict *answers_find(const struct answers *w,
					  const struct seccomp_data *call, size_t *row);

/* ---- denials.c ---- */

#define DENIALS_CALLS    1024 /* that are counted apart; more than all tables have for two */
#define DENIALS_CLASSES  128  /* that are told apart */
#define DENIALS_VARIANTS 8    /* of them for one call and one rule */

/* Calls that are told as one: the same call, the same rule, the same arguments but for pointers
 * and descriptors; or all those of a call and rule that differ too much. */
struct denials_class {
	uint64_t key;
	bool used, various;
	uint32_t row;
	struct seccomp_data last;
	struct watch_rate rate;
};

/* Plain data, all of it, for it is a file. */
struct denials {
	uint32_t version;
	uint32_t calls_n;
	struct denials_count {
		uint32_t arch, nr;
		uint64_t n;
	} calls[DENIALS_CALLS];
	uint64_t other;    /* of calls beyond those */
	uint64_t let_pass; /* by `audit allow', and programs */
	/* The call in hand. The kernel hands out each once: who dies with one leaves its caller
	 * waiting for ever, and may die on the way out of the ioctl(2). So the kernel writes it
	 * in here, for the next watcher to find. */
	struct denials_flight {
		union {
			struct seccomp_notif n; /* n.id 0: none */
			char room[NOTICE_MAX];
		};
		bool is_counted;
	} flight;
	struct watch_bucket budget;
	struct denials_class classes[DENIALS_CLASSES];
};

/* Maps the file of a state directory; made: it is to be made. NULL with *e. */
struct denials *denials_map(int dir, bool make, struct err *e);
void denials_unmap(struct denials *d);

void denials_count(struct denials *d, const struct seccomp_data *call);
/* Whose events this call belongs to; never NULL. */
struct denials_class *denials_class(struct denials *d, const struct seccomp_data *call,
				    uint32_t row);
/* May an event be written now? Then it is. Else *at_ms: not before. */
bool denials_may_tell(struct denials *d, uint64_t now_ms, uint64_t *at_ms);
/* {"mount": 3, ...}: how often what was refused; NULL: nothing was. */
struct json *denials_json(struct arena *a, const struct denials *d);

/* ---- caller.c ---- */

/* What is known of who calls, and with what: read while it waits for us. What its memory said
 * another of its threads may have changed since: "racy". */
void caller_add(struct arena *a, struct json *o, const struct seccomp_notif *n);
/* execve(2) and execveat(2): the path, and a digest of the words. */
void caller_add_program(struct arena *a, struct json *o, const struct seccomp_notif *n);
/* The call by itself. */
/* said NULL: the kernel answered. */
struct json *call_json(struct arena *a, const struct seccomp_data *call,
		       const struct policy_verdict *said, bool with_args);
bool call_is_exec(const struct seccomp_data *call);

/* ---- calls.c ---- */

struct watch;

/* Opens what the state directory has of it. *fd, where listeners come from, stays -1 where
 * nobody holds any: that is told. */
int calls_open(struct watch *w, int *fd, struct err *e) CHECK;
/* The holder has something for us. */
void calls_take(struct watch *w);
/* A listener speaks: one call is answered. */
void calls_attend(struct watch *w, int listener, bool has_call);
/* Goes on answering, after a pause. */
void calls_resume(struct watch *w);
/* Tells what is due; all: everything. */
void calls_tell(struct watch *w, bool all);
void calls_close(struct watch *w);

/* What of it does not need the filter's listener. */
int calls_ready(struct watch *w, struct err *e) CHECK;
struct kernel_audit;
/* The kernel has killed for a call, or logged it. */
void calls_heard(struct watch *w, const struct kernel_audit *seen);

/* ---- kernel_audit.c ---- */

struct kernel_audit {
	pid_t pid;                /* the process's, not the thread's */
	uint32_t action;          /* SECCOMP_RET_* */
	struct seccomp_data call; /* without its arguments */
	char comm[32], exe[1024]; /* "": not told */
};

/* The text of a record of type AUDIT_SECCOMP. */
bool kernel_audit_parse(const char *text, struct kernel_audit *out);
/* *fd stays -1 where we may not. */
int kernel_audit_open(struct watch *w, int *fd, struct err *e) CHECK;
void kernel_audit_take(struct watch *w);
void kernel_audit_resume(struct watch *w);
/* The init has ended, with that status. */
void kernel_audit_last(struct watch *w, int status);

/* ---- hold.c ---- */

/* Keeps listeners for whoever watches, until the init is gone and nobody needs them. */
struct holder {
	int init;   /* pidfd */
	int listen; /* CALLS_SOCKET */
};
void hold_until_end(const struct holder *h);

/* What is said on that socket, one letter a message. */
enum {
	HOLD_LISTENER = 'L', /* the listener is beside it; to the holder, and from it */
	HOLD_WATCHER = 'W',  /* what you have and get is for me */
};
