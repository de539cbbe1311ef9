/* SPDX-License-Identifier: Apache-2.0 */
/* handshake.h - the words between the runtime and the container's init. ARCHITECTURE.md has
 * the ladder. One frame size over SOCK_SEQPACKET; silence is never consent. */
#pragma once
#include <stdint.h>

#include "base/error.h"

/* The whole conversation, in order. P: parent speaks, C: child speaks, S: start speaks. */
enum hs_word {
	HS_FAILED = 1, /* either: .err says why; the sender exits next */
	HS_IN_CGROUP,  /* P: you are inside your cgroup */
	HS_NAMESPACED, /* C: my user namespace exists (staged ladder) */
	HS_MAPPED,     /* P: your uid and gid maps are written */
	HS_CLONED,     /* C: the init is process .value (staged ladder) */
	HS_NETWORK,    /* P: your network namespace comes beside this word */
	HS_MOUNTED,    /* C: everything is mounted; hooks of the runtime's namespaces may run */
	HS_HOOKED,     /* P: they have run; network devices are inside */
	HS_TERMINAL,   /* C: the terminal's master comes beside this word */
	HS_READY,      /* C: every step but the last few is done; .value: set my rlimits */
	HS_CREATED,    /* P: your pid is on disk, live on without me (create only) */
	HS_START,      /* P or S: "start" was asked for; .value: your pid as I see it */
	HS_LIMITED,    /* P: the rlimits that READY asked for are set (START said ahead) */
	HS_EXECUTING,  /* C: execve is next; end of file means that it has happened */
	HS_SOCKET,     /* criu's process: our end of its socket comes beside this word */
};

/* A child that is alive and says nothing is stuck in the kernel. */
#define HS_WAIT_MS 120000

int hs_pair(int *parent, int *child, struct err *e) CHECK;
int hs_say(int fd, enum hs_word word, int32_t value, struct err *e) CHECK;
/* Waits for exactly that word; *value may be NULL. A peer that says HS_FAILED gives us its
 * error as our own. With timeout_ms >= 0 the wait is bounded. */
int hs_expect(int fd, enum hs_word word, int timeout_ms, int32_t *value, struct err *e) CHECK;
/* For those below that have no limit of their own: until there is something to read. */
int hs_wait(int fd, enum hs_word word, int timeout_ms, struct err *e) CHECK;
void hs_say_failed(int fd, const struct err *why);
/* Where we failed because the peer did, its own reason, if it has said one, replaces *e. */
void hs_peer_reason(int fd, struct err *e);

/* After HS_EXECUTING: 0 when the peer's end was closed by execve, -1 with its error when it
 * said HS_FAILED instead. */
int hs_expect_exec(int fd, struct err *e) CHECK;

/* A word with a descriptor beside it. */
int hs_say_fd(int fd, enum hs_word word, int passed, struct err *e) CHECK;
int hs_expect_fd(int fd, enum hs_word word, int *passed, struct err *e) CHECK;
