/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - what the runtime and caisson-watch agree upon: its command line is the
 * container's id, then a descriptor each, -1 for what there is not. */
#pragma once

#define WATCH_PROGRAM "caisson-watch"

enum {
	WATCH_FD_DIR,   /* the state directory */
	WATCH_FD_INIT,  /* pidfd */
	WATCH_FD_GROUP, /* the cgroup, or -1 */
	WATCH_FD_LOG,   /* the audit log, or -1 */
	WATCH_FD_LOCK,  /* watch.json, locked: kept open, never read again */
	WATCH_FD_SAY,   /* a pipe: a struct err, or end of file when it is ready */
	WATCH_FDS,
};

/* Under this name it is not the watcher, but who holds listeners for it (hold.c). */
#define HOLD_NAME "caisson-hold"

enum {
	HOLD_FD_INIT,
	HOLD_FD_SOCKET, /* CALLS_SOCKET, listening */
	HOLD_FD_SAY,
	HOLD_FDS,
};
