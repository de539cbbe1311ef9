/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_private.h - what the probes are made of, and the probes. */
#pragma once
#include "base/error.h"
#include "doctor/doctor.h"

/* The first of these that is said counts. */
void found(struct doctor_finding *f, enum doctor_state state, const char *fmt, ...)
	PRINTF(3, 4);
void remedy(struct doctor_finding *f, const char *fmt, ...) PRINTF(2, 3);
/* MISSING with "WHAT: words of errno" if err is one (negative), else OK with `good'. */
void found_errno(struct doctor_finding *f, int err, const char *what, const char *good);

/* For a child: new namespaces (CLONE_NEW*), in a user namespace of its own whose root is the
 * caller where that is needed or asked for by CLONE_NEWUSER. Mounts become private. 0 or
 * -errno. */
int enter(const struct doctor *d, uint64_t flags) CHECK;
/* A tmpfs that nobody else sees, on /tmp. 0 or -errno; the working directory is in it. */
int private_tmpfs(void) CHECK;

typedef void doctor_look_fn(const struct doctor *d, uint64_t what, struct doctor_finding *f);

doctor_look_fn look_cgroup_tree, look_controller, look_delegation, look_kill, look_freeze,
	look_clone_into, look_device_filter, look_pressure;
doctor_look_fn look_kernel, look_clone3, look_pidfd, look_openat2, look_close_range,
	look_seccomp, look_seccomp_flags, look_notify, look_landlock, look_audit;
doctor_look_fn look_namespace, look_user_namespace, look_plain_user, look_id_helper,
	look_id_ranges, look_selinux, look_apparmor, look_program, look_criu;
doctor_look_fn look_mount_api, look_idmapped, look_overlay, look_proc_mount;

/* Rows that share look_program and look_id_helper. */
enum {
	PROGRAM_POLICY,
	PROGRAM_LIBSECCOMP
};
enum {
	HELPER_UID,
	HELPER_GID
};
