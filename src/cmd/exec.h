/* SPDX-License-Identifier: Apache-2.0 */
/* exec.h - the options of exec, and the process that they describe. */
#pragma once
#include "cmd/cmd.h"
#include "spec/spec.h"

struct exec_options {
	const char *process, *cwd, *user, *apparmor, *label, *cgroup;
	const char *console_socket, *pidfd_socket, *pid_file;
	struct opt_strings env, gids, caps;
	bool tty, detach, no_new_privs, ignore_paused, no_subreaper;
	unsigned preserve_fds;
};

/* In goes the process of the container's config, out comes that of the call: what --process
 * says, or the words of the command line. */
int exec_process(const struct call *c, const struct exec_options *o, struct spec_process *p,
		 struct err *e) CHECK;
