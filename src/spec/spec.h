/* SPDX-License-Identifier: Apache-2.0 */
/* spec.h - config.json of runtime-spec 1.3.0 (Linux) as plain data.
 *
 * Everything points into the arena that spec_read was given and never changes afterwards.
 * Strings that were absent are NULL, lists that were absent have n == 0; where "absent" and
 * "zero" differ in meaning there is a has_ flag or an _UNSET value. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/json.h"

#define SPEC_UNSET INT64_MIN /* an integer that the config does not name */

struct spec_strings {
	const char *const *v; /* NULL-ended, never NULL after spec_read */
	size_t n;
};

struct spec_pair {
	const char *key, *value;
};

struct spec_pairs {
	const struct spec_pair *v;
	size_t n;
};

/* config-linux.md#user-namespace-mappings */
struct spec_idmap {
	uint32_t container_id, host_id, size;
};

struct spec_idmaps {
	const struct spec_idmap *v;
	size_t n;
};

/* config.md#linux-process */
struct spec_user {
	uint32_t uid, gid;
	bool has_umask;
	uint32_t umask;
	const uint32_t *additional_gids;
	size_t additional_gids_n;
	const char *username; /* Windows only: complained about by check */
};

/* Bit n is capability n of linux/capability.h. */
struct spec_caps {
	bool present; /* false: the process keeps none */
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct spec_rlimit {
	int resource; /* RLIMIT_* */
	uint64_t soft, hard;
};

/* config.md#scheduler; values as sched_setattr(2) takes them */
struct spec_scheduler {
	bool present;
	uint32_t policy; /* SCHED_* */
	int32_t nice, priority;
	uint64_t flags; /* SCHED_FLAG_* */
	uint64_t runtime, deadline, period;
};

struct spec_io_priority {
	bool present;
	int class; /* IOPRIO_CLASS_*: 1 RT, 2 BE, 3 IDLE */
	int priority;
};

struct spec_process {
	bool present;
	bool terminal;
	uint32_t console_height, console_width; /* 0: not given */
	struct spec_user user;
	struct spec_strings args, env;
	const char *cwd;
	struct spec_caps caps;
	const struct spec_rlimit *rlimits;
	size_t rlimits_n;
	bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	int64_t oom_score_adj; /* SPEC_UNSET, -1000 to 1000 */
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	struct bits exec_affinity_initial, exec_affinity_final; /* processors */
	const char *command_line;                               /* Windows */
};

/* config.md#mounts. Options stay words; plan_mounts gives them meaning. */
struct spec_mount {
	const char *destination, *type, *source;
	struct spec_strings options;
	struct spec_idmaps uid_maps, gid_maps;
};

/* config.md#posix-platform-hooks */
struct spec_hook {
	const char *path;
	struct spec_strings args, env;
	int64_t timeout_s; /* SPEC_UNSET: none; else > 0 */
};

struct spec_hooks {
	const struct spec_hook *v;
	size_t n;
};

enum spec_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS,
};

/* In the order in which setns(2) should see them, user first. */
enum spec_ns {
	NS_USER,
	NS_CGROUP,
	NS_IPC,
	NS_UTS,
	NS_NETWORK,
	NS_PID,
	NS_TIME,
	NS_MOUNT,
	NS_KINDS,
};

struct spec_namespace {
	bool present;
	const char *path; /* NULL: a new one */
};

struct spec_time_offset {
	bool present;
	int64_t secs;
	uint32_t nanosecs;
};

/* config-linux.md#devices */
struct spec_device {
	char type; /* 'c' 'b' 'u' 'p' */
	const char *path;
	int64_t major, minor;
	bool has_mode;
	uint32_t mode;
	uint32_t uid, gid;
};

struct spec_net_device {
	const char *host_name, *name; /* name: NULL keeps it */
};

/* config-linux.md#allowed-device-list */
struct spec_device_rule {
	bool allow;
	char type;            /* 'a' 'b' 'c' */
	int64_t major, minor; /* SPEC_UNSET: any */
	bool read, write, mknod;
};

struct spec_memory {
	int64_t limit, reservation, swap; /* bytes, -1 unlimited, SPEC_UNSET */
	int64_t kernel, kernel_tcp;
	int64_t swappiness;
	bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	uint64_t shares; /* 0: unset */
	int64_t quota;   /* us; -1 unlimited, SPEC_UNSET */
	uint64_t period; /* us; 0: unset */
	int64_t burst;   /* us; SPEC_UNSET */
	int64_t idle;    /* 0, 1, SPEC_UNSET */
	int64_t realtime_runtime;
	uint64_t realtime_period;
	const char *cpus, *mems;
};

struct spec_io_device {
	int64_t major, minor;
	uint64_t rate;
	uint16_t weight, leaf_weight;
};

struct spec_io_devices {
	const struct spec_io_device *v;
	size_t n;
};

struct spec_block_io {
	uint16_t weight, leaf_weight; /* 0: unset */
	struct spec_io_devices weight_device, read_bps, write_bps, read_iops, write_iops;
};

struct spec_hugepage {
	const char *page_size;
	uint64_t limit;
};

struct spec_rdma {
	const char *name;
	int64_t handles, objects; /* SPEC_UNSET */
};

struct spec_priority {
	const char *name;
	uint32_t priority;
};

struct spec_resources {
	bool present;
	const struct spec_device_rule *devices;
	size_t devices_n;
	struct spec_memory memory;
	struct spec_cpu cpu;
	int64_t pids_limit; /* SPEC_UNSET; -1 unlimited; 0 is a real limit since 1.3 */
	struct spec_block_io block_io;
	const struct spec_hugepage *hugepages;
	size_t hugepages_n;
	const struct spec_rdma *rdma;
	size_t rdma_n;
	bool has_class_id; /* cgroup v1 only */
	uint32_t class_id;
	const struct spec_priority *net_priorities; /* cgroup v1 only */
	size_t net_priorities_n;
	struct spec_pairs unified;
};

/* config-linux.md#seccomp; words as in the specification, plan_seccomp gives them meaning */
struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	const char *op; /* "SCMP_CMP_..." */
};

struct spec_seccomp_rule {
	struct spec_strings names;
	const char *action; /* "SCMP_ACT_..." */
	int64_t errno_ret;  /* SPEC_UNSET */
	const struct spec_seccomp_arg *args;
	size_t args_n;
};

struct spec_seccomp {
	bool present;
	const char *default_action;
	int64_t default_errno_ret; /* SPEC_UNSET */
	struct spec_strings architectures;
	bool has_flags; /* an empty list differs from none: it drops SPEC_ALLOW */
	struct spec_strings flags;
	const char *listener_path, *listener_metadata;
	const struct spec_seccomp_rule *rules;
	size_t rules_n;
};

struct spec_intel_rdt {
	bool present;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct spec_strings schemata;
	bool enable_monitoring;
};

/* config-linux.md#memory-policy; values as set_mempolicy(2) takes them */
struct spec_memory_policy {
	bool present;
	uint32_t mode, flags; /* MPOL_*, MPOL_F_* */
	struct bits nodes;
};

struct spec_linux {
	bool present;
	struct spec_namespace ns[NS_KINDS];
	struct spec_idmaps uid_maps, gid_maps;
	struct spec_time_offset boottime, monotonic;
	const struct spec_device *devices;
	size_t devices_n;
	const struct spec_net_device *net_devices;
	size_t net_devices_n;
	const char *cgroups_path;
	struct spec_resources resources;
	const char *rootfs_propagation; /* "private" ...; with an optional leading "r" */
	struct spec_seccomp seccomp;
	struct spec_pairs sysctl;
	struct spec_strings masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_intel_rdt intel_rdt;
	struct spec_memory_policy memory_policy;
	const char *personality_domain; /* NULL: not asked for */
	struct spec_strings personality_flags;
};

struct spec {
	const char *oci_version;
	const char *hostname, *domainname;
	const char *root_path; /* NULL: none given */
	bool root_readonly;
	struct spec_process process;
	const struct spec_mount *mounts;
	size_t mounts_n;
	struct spec_hooks hooks[HOOK_KINDS];
	struct spec_linux linux_; /* "linux" is a macro of old compilers */
	struct spec_pairs annotations;
};

/* Reads every property of the document; what is wrong goes to *bad, all of it. The result is
 * whole only when there was no complaint. Strings of the tree are shared, so doc's arena must
 * live as long as a. */
void spec_read(struct arena *a, struct json *doc, struct spec *out, struct complaints *bad);

/* Reads a "process" object by itself (exec --process) and a "linux.resources" object by
 * itself (update --resources). */
void spec_read_process(struct arena *a, const struct jat *at, struct spec_process *out);
void spec_read_resources(struct arena *a, const struct jat *at, struct spec_resources *out);

/* Rules between fields, which no single reader can see. */
void spec_check(const struct spec *s, struct complaints *bad);
/* The namespace that a sysctl belongs to; NS_KINDS: none, it is the host's. */
enum spec_ns spec_sysctl_ns(const char *key);

/* Of them the one that "update" needs too: swap is memory and swap together, so alone, or below
 * the limit, it means nothing. where is the path of the memory object. */
void spec_check_memory(const struct spec_memory *m, const char *where, struct complaints *bad);

/* The value of an annotation, or NULL. */
const char *spec_annotation(const struct spec *s, const char *key);

extern const char *const spec_ns_names[NS_KINDS];     /* "user" ... as in config.json */
extern const char *const spec_hook_names[HOOK_KINDS]; /* "prestart" ... */
