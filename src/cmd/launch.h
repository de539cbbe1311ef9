/* SPDX-License-Identifier: Apache-2.0 */
/* launch.h - from a call to what run/ asks for: options, the directory of containers, the log.
 */
#pragma once
#include "cmd/cmd.h"
#include "run/run.h"

struct launch_options {
	const char *bundle, *config, *pid_file, *console_socket, *pidfd_socket;
	const char *seccomp_backend;
	unsigned preserve_fds;
	bool no_pivot, no_new_keyring, no_subreaper;
	bool responses_dry_run;
	bool detach, keep; /* run only */
};

#define LAUNCH_OPT(member, name, letter, kind, arg, help) \
	OPT(struct launch_options, member, name, letter, kind, arg, help)

/* clang-format off */
#define LAUNCH_OPTS \
	LAUNCH_OPT(bundle, "bundle", 'b', OPT_STRING, "DIR", \
		   "directory with config.json (default: the current one)"), \
	LAUNCH_OPT(config, "config", 'f', OPT_STRING, "FILE", \
		   "the container's configuration, in place of the bundle's config.json"), \
	LAUNCH_OPT(pid_file, "pid-file", 0, OPT_STRING, "FILE", \
		   "write the process id of the container's init there"), \
	LAUNCH_OPT(console_socket, "console-socket", 0, OPT_STRING, "SOCKET", \
		   "send the terminal to this socket"), \
	LAUNCH_OPT(pidfd_socket, "pidfd-socket", 0, OPT_STRING, "SOCKET", \
		   "send a pidfd of the container's init to this socket"), \
	LAUNCH_OPT(preserve_fds, "preserve-fds", 0, OPT_UINT, "N", \
		   "hand on N descriptors above stderr"), \
	LAUNCH_OPT(no_pivot, "no-pivot", 0, OPT_FLAG, NULL, \
		   "move the root in place of pivot_root (a root on a ramdisk needs it)"), \
	LAUNCH_OPT(no_new_keyring, "no-new-keyring", 0, OPT_FLAG, NULL, \
		   "keep the caller's session keyring"), \
	LAUNCH_OPT(seccomp_backend, "seccomp-backend", 0, OPT_STRING, "NAME", \
		   "what builds the filter: caisson (default) or libseccomp, to compare"), \
	LAUNCH_OPT(responses_dry_run, "responses-dry-run", 0, OPT_FLAG, NULL, \
		   "tell what the configured responses would do, and do nothing"), \
	LAUNCH_OPT(no_subreaper, "no-subreaper", 0, OPT_FLAG, NULL, "accepted, without effect")
/* clang-format on */

/* Released by launch_end, also after a failure. Begin with LAUNCH_NONE. */
struct launch {
	struct run_options run;
	const struct plan *plan; /* launch_new only */
	struct audit *audit;
};

#define LAUNCH_NONE                  \
	{                            \
		.run = {.root = -1 } \
	}

/* For a new container: create, run, restore. */
int launch_new(const struct call *c, const struct launch_options *o, struct launch *out,
	       struct err *e) CHECK;

/* For a command about the container that its first argument names. Without `strict' it goes on
 * without an audit log where that cannot be opened: kill and delete must work on the day of a
 * full disk. */
int launch_about(const struct call *c, bool strict, struct launch *out, struct err *e) CHECK;

/* For a command that only looks: a watcher that died is replaced. */
void launch_tend(const struct call *c, int root);

void launch_end(struct launch *l);
#define autolaunch __attribute__((cleanup(launch_end)))
