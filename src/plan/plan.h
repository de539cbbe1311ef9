/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - everything decided before anything is done.
 *
 * plan_make is pure: a spec and facts about the host go in, one immutable plan comes out.
 * What the host cannot enforce, or this version does not do, is refused here. Everything
 * points into the arena that plan_make was given, and into the spec's. */
#pragma once
#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroups/cg.h"
#include "plan/host.h"
#include "seccomp/policy.h"
#include "spec/spec.h"
#include "systemd/unit.h"

/* What the command line adds to config.json. */
struct plan_want {
	const char *id;
	const char *bundle;         /* absolute */
	const char *cgroup_manager; /* "cgroupfs" "systemd" "disabled" */
	bool detach;                /* create, run --detach */
	bool has_console_socket;
	bool no_pivot, no_new_keyring;
	/* The text of org.caisson.seccomp.policy, found and read by who calls; NULL: the
	 * config's linux.seccomp counts. */
	const struct policy_source *policy;
	const struct policy_env *policy_env; /* how its includes are found */
	/* libseccomp in a program of its own: its absolute path, and whether it is to build the
	 * filter even where we carry tables. */
	const char *libseccomp;
	bool use_libseccomp;
	/* The filter of linux.seccomp is proved by who takes the plan (policy_prove), before
	 * anything runs under it: the runtime has the time while the init mounts. */
	bool prove_later;
	/* For cgroup_manager "systemd": who speaks to the bus, which bus it is (or why none),
	 * and whether a user's. */
	struct plan_systemd {
		const char *program, *bus, *why;
		bool user;
	} systemd;
	const char *mover; /* caisson-net: its absolute path, or NULL */
};

/* ---- namespaces ---- */

/* Who makes the init process, and when namespaces are joined (ARCHITECTURE.md, "ladders"). */
enum plan_ladder {
	LADDER_DIRECT, /* one clone3; what is joined is joined by the init itself */
	LADDER_STAGED, /* an intermediate process joins, writes time offsets, clones, ends */
};

struct plan_ns {
	enum plan_ladder ladder;
	uint64_t clone_flags;       /* CLONE_NEW* of what is new */
	const char *join[NS_KINDS]; /* paths of what is joined, or NULL */
	const char *time_offsets;   /* text for /proc/PID/timens_offsets, or NULL */
	bool new_user, new_pid, new_mount, new_net, new_uts, new_cgroup;
	bool in_user_ns; /* new or joined: devices are bound, not made */
};

/* user_namespaces(7). The text is what goes to uid_map; with helper: argv of newuidmap. */
struct plan_map {
	const char *text;
	const char *const *helper; /* NULL: written by us. argv[1] is the pid's place */
	bool root_mapped;          /* container id 0 has a host id */
	uint32_t root_host_id;     /* that one */
	uint32_t own_id;           /* who we are inside: root, or the first that there is */
};

struct plan_ids {
	struct plan_map uid, gid;
	bool deny_setgroups; /* must be written before an unprivileged gid_map */
};

/* ---- file system ---- */

enum plan_mount_kind {
	PM_FS,      /* fsopen(type) */
	PM_BIND,    /* open_tree(source) */
	PM_CGROUP,  /* cgroup2: fsopen, else a bind of our own group */
	PM_REMOUNT, /* new attributes for what is there */
};

struct plan_param {
	const char *key, *value; /* value NULL: a flag */
};

/* One mount of config.json with its words understood. */
struct plan_mount {
	enum plan_mount_kind kind;
	const char *type, *source, *destination; /* destination: absolute, cleaned */
	const struct plan_param *params;         /* for fsconfig, in order */
	size_t params_n;
	uint64_t attr_set, attr_clr;         /* MOUNT_ATTR_* on this mount */
	uint64_t rec_attr_set, rec_attr_clr; /* on it and all below */
	uint64_t propagation;                /* MS_SHARED ..., 0: as it comes */
	bool propagation_rec;
	bool recursive; /* rbind */
	bool copy_up, copy_symlink, source_nofollow, dest_nofollow, optional;
	bool dest_is_fixed;  /* /proc, /sys: no symlink on the way */
	bool read_only_late; /* "ro" that must wait until all is mounted and made */
	bool idmap, idmap_recursive;
	const char *uid_map,
		*gid_map; /* idmapped mount: text of the maps, or NULL: the container's */
	const char *label, *label_option; /* of the whole file system, or NULL; "context" ... */
	size_t index;                     /* in config.json's mounts, for messages */
};

struct plan_device {
	const char *path; /* absolute, cleaned */
	char type;        /* 'c' 'b' 'p' */
	uint32_t major, minor, mode, uid, gid;
	bool optional; /* a default device that the host lacks is skipped */
};

struct plan_link {
	const char *path, *target;
};

struct plan_root {
	const char *path; /* absolute, as given; opened once */
	bool readonly;
	uint64_t propagation; /* MS_* of "/" in the container's mount namespace */
	bool propagation_rec;
	bool pivot;        /* false: --no-pivot, MS_MOVE and chroot */
	bool nodev;        /* no device node below it opens, but for those in /dev */
	bool populate_dev; /* default devices and links: /dev is not a bind */
};

/* ---- process ---- */

struct plan_creds {
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t groups_n;
	bool set_groups; /* false where setgroups(2) is denied, or the caller's are kept */
	struct spec_caps caps;
	bool no_new_privs;
};

struct plan_process {
	const char *const *argv, *const *envp; /* envp lacks HOME when the config gave none */
	bool home_from_passwd;
	const char *path_env; /* the value of PATH in envp, for the look-up */
	const char *cwd;
	bool terminal;
	uint16_t rows, cols; /* 0: not given */
	struct plan_creds creds;
	bool has_umask;
	uint32_t umask;
	const struct spec_rlimit *rlimits;
	size_t rlimits_n;
	int64_t oom_score_adj; /* SPEC_UNSET */
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	const char *apparmor_profile, *selinux_label;
	int64_t personality; /* SPEC_UNSET */
	struct spec_memory_policy memory_policy;
	/* exec: the processors before the container's group is joined, and in it */
	struct bits affinity_initial, affinity_final;
	bool new_keyring;
	const char *keyring_label;
};

struct plan_hook {
	const char *path;
	const char *const *argv, *const *envp;
	int timeout_ms; /* -1: none */
};

struct plan_hooks {
	const struct plan_hook *v;
	size_t n;
};

/* The systemd driver: its manager makes the group, and is told of the limits. */
struct plan_unit {
	const char *name; /* "prefix-name.scope"; NULL: cgroupfs, the group is ours to make */
	const char *bus;
	bool user; /* of the user's manager */
	const struct unit_prop *props;
	size_t props_n;
};

struct plan_cgroup {
	bool enabled;
	const char *path; /* below the cgroup2 root; of a unit: below its manager's group */
	struct plan_unit unit;
	bool named;    /* by --cgroup of exec: that one or none */
	unsigned need; /* CG_* */
	struct cg_limits limits;
	bool optional; /* nothing asked for: who may not make one runs in the caller's group */
	bool delegate; /* chown to the container's root: own cgroup namespace and user namespace
			*/
};

/* Where the filter comes from, for `state', `check --plan' and the audit. */
struct plan_policy {
	const char *name;    /* of the policy; NULL: linux.seccomp */
	const char *backend; /* "caisson" or "libseccomp" */
	size_t cells;        /* of the partition that was verified; 0: not verified */
	bool pairwise;       /* too many for all: pairs of arguments were, which is no proof */
	const struct policy *unproved; /* what the filter has yet to be held against; or NULL */
	size_t skipped;                /* names that no table knows */
	uint32_t compile_us;           /* from rules or text to a filter; not printed */
	char digest[65];               /* SHA-256 of the instructions, hexadecimal */
	const struct policy_diags *diags; /* what the compiler warns of */
};

struct plan_filter {
	struct filter program;
	struct plan_policy from;
};

/* Devices of the host's network that become the container's. */
struct plan_net {
	const struct spec_net_device *devices;
	size_t n;
	const char *program; /* what moves them */
};

/* resctrl.rst: a class of cache and memory bandwidth. */
enum plan_rdt_group {
	RDT_NEW,    /* it must not be there yet */
	RDT_THERE,  /* it must be */
	RDT_EITHER, /* made, or there with the same schemata */
};

struct plan_rdt {
	const char *root; /* where the file system is mounted; NULL: no class is asked for */
	const char *group;
	enum plan_rdt_group which;
	const char *schemata; /* lines, or NULL */
	const char *monitor;  /* a monitoring group to make, below root; or NULL */
};

/* Who answers the calls that the filter hands to SCMP_ACT_NOTIFY. */
struct plan_listener {
	const char *path;     /* of the agent's socket; NULL: the filter hands on none */
	const char *metadata; /* for the agent, or NULL */
};

/* The calls that the filter hands to our watcher: what it answers, and records. */
struct plan_audit {
	bool is_on;
	bool denials; /* were asked for by the annotation: the kernel's own are told as well */
	struct filter verdicts; /* as struct policy_image has them */
	const struct policy_verdict *rows;
	size_t rows_n;
};

/* The limits that OCI lacks; 0: none. */
struct plan_watch {
	uint64_t wall_ms, cpu_ms;
	uint64_t grace_ms; /* between SIGTERM and the end */
};

struct plan {
	const char *id, *bundle, *oci_version;
	struct plan_ns ns;
	struct plan_ids ids;
	struct plan_root root;
	const struct plan_mount *mounts;
	size_t mounts_n;
	const struct plan_device *devices;
	size_t devices_n;
	const struct plan_link *links;
	size_t links_n;
	struct spec_strings masked, readonly_paths;
	struct spec_pairs sysctl;
	const char *hostname, *domainname;
	struct plan_process process;
	struct plan_hooks hooks[HOOK_KINDS];
	struct plan_cgroup cgroup;
	bool has_filter;
	struct filter filter;
	struct plan_policy policy;
	/* linux.seccomp beside a policy: the kernel asks both and takes the stricter answer */
	bool has_profile;
	struct plan_filter profile;
	bool profile_last; /* loaded after the policy's, because it has the listener, or
			      forbids to load another */
	struct plan_listener listener;
	struct plan_audit audit;
	struct plan_net net;
	struct plan_rdt rdt;
	struct plan_watch watch;
	bool protect_self; /* the container could write our binary: hide it (run/self.c) */
	struct spec_pairs annotations;
};

int plan_make(struct arena *a, const struct spec *s, const struct host *h,
	      const struct plan_want *w, struct plan *p, struct err *e) CHECK;

/* All that plan_make would refuse, the first refusal of each part, for a spec without
 * complaints; what only this host refuses when of_host is true. The plan as far as it goes:
 * with of_host and no complaint it is plan_make's. */
const struct plan *plan_refusals(struct arena *a, const struct spec *s, const struct host *h,
				 const struct plan_want *w, bool of_host,
				 struct complaints *bad);

/* What exec knows beside the config that the container was made from. */
struct plan_exec_want {
	const char *id, *bundle;
	const char *cgroup;     /* the container's, or NULL */
	const char *sub_cgroup; /* --cgroup, or NULL */
	bool detach, has_console_socket;
	bool no_new_keyring;          /* as it was asked of create */
	bool deny_setgroups;          /* in the container's user namespace */
	const struct filter *filter;  /* that the container was made with; NULL: none */
	const struct filter *profile; /* and the one beside it; NULL: none */
	bool audited;                 /* our watcher has the filter's listener */
};

/* One more process in a container that is there: of the spec its process, whichever that is,
 * and its namespaces; and the filter that is handed in. The plan has what the steps of exec
 * read. */
int plan_exec(struct arena *a, const struct spec *s, const struct host *h,
	      const struct plan_exec_want *w, struct plan *p, struct err *e) CHECK;

/* The plan as text, stable, for `check --plan', golden tests and bug reports. */
const char *plan_print(struct arena *a, const struct plan *p);

/* ---- the parts, in the order of plan_make ---- */

int plan_namespaces(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
		    struct err *e) CHECK;
/* Must our binary be hidden from the container? */
bool plan_hides_binary(const struct spec *s, const struct host *h);
int plan_idmaps(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
		struct err *e) CHECK;
int plan_filesystem(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
		    struct err *e) CHECK;
/* "idmap=..." or "ridmap=...", into the maps of the mount. */
int plan_idmap_option(struct arena *a, const char *word, struct plan_mount *out,
		      struct err *e) CHECK;
int plan_mount_options(struct arena *a, const struct spec_mount *m, struct plan_mount *out,
		       struct err *e) CHECK;
int plan_process_make(struct arena *a, const struct spec *s, const struct host *h,
		      const struct plan_want *w, struct plan *p, struct err *e) CHECK;
int plan_net_devices(const struct spec *s, const struct host *h, const struct plan_want *w,
		     struct plan *p, struct err *e) CHECK;
int plan_rdt(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
	     struct err *e) CHECK;
/* Its schemata as one text, for update too; NULL: none. */
const char *plan_schemata(struct arena *a, const struct spec_intel_rdt *s);
int plan_cgroup_make(struct arena *a, const struct spec *s, const struct host *h,
		     const struct plan_want *w, struct plan *p, struct err *e) CHECK;
int plan_unit_make(struct arena *a, const struct spec *s, const struct plan_want *w,
		   struct plan_cgroup *cg, struct err *e) CHECK;
/* The limits that systemd has words for. */
void plan_unit_limits(const struct cg_limits *l, struct unit_props *p);
/* Device rules without a cgroup that could filter: held by mounts, or refused. */
int plan_no_device_filter(struct arena *a, struct plan *p, struct err *e) CHECK;
/* After the process and the cgroup, whose parts it completes. */
int plan_watch_make(struct arena *a, const struct spec *s, struct plan *p, struct err *e) CHECK;
/* OCI's words (cgroup v1's) to cgroup v2's: total. */
void plan_limits(struct arena *a, const struct spec_resources *r, struct cg_limits *out);

/* The annotations that are limits, sorted, for `features'; NULL-ended. */
extern const char *const plan_watch_annotations[];
/* The one that says what is recorded. */
extern const char *const plan_audit_annotation;

/* The mount options that this runtime knows, sorted, for `features'; NULL after the last. */
const char *plan_mount_option_name(size_t i);
