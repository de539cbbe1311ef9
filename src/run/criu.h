/* SPDX-License-Identifier: Apache-2.0 */
/* criu.h - the program criu(8) at work for us: one request, its notifications, the answer.
 *
 * We speak its RPC (criu.org/RPC, images/rpc.proto): "criu swrk FD", a child of ours at one end
 * of a socket pair. Its command line has no way to give us the master of a restored terminal or
 * to wait for hooks; libcriu is a wrapper of the same RPC, and a static program cannot load it.
 */
#pragma once
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/pb.h"

/* enum criu_req_type */
enum criu_word {
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4,
	CRIU_NOTIFY = 6,
};

/* message criu_opts, by number */
enum criu_opt {
	CRIU_IMAGES_DIR = 1,
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_EVASIVE_DEVICES = 6,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_PAGE_SERVER = 11, /* { 1: address, 2: port } */
	CRIU_NOTIFY_SCRIPTS = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMG = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR = 17,
	CRIU_LINK_REMAP = 18,
	CRIU_EXT_MNT = 23, /* { 1: key, 2: value } */
	CRIU_CG_ROOT = 25, /* { 1: controller, 2: path } */
	CRIU_RST_SIBLING = 26,
	CRIU_INHERIT_FD = 27, /* { 1: key, 2: descriptor } */
	CRIU_EXT_MASTERS = 30,
	CRIU_CGROUPS_MODE = 34,
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38,
	CRIU_JOIN_NS = 39, /* { 1: kind, 2: file } */
	CRIU_FREEZE_CGROUP = 44,
	CRIU_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_LAZY_PAGES = 48,
	CRIU_STATUS_FD = 49,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
	CRIU_TCP_CLOSE = 52,
	CRIU_LSM_PROFILE = 53,
	CRIU_LSM_MOUNT_CONTEXT = 63,
	CRIU_NETWORK_LOCK = 64,
	CRIU_MNTNS_COMPAT = 65,
};

/* enum criu_cg_mode, as far as we ask which */
#define CRIU_CG_IGNORE 0

/* The number that the nth of the descriptors that are handed on has in criu. */
#define CRIU_FD(n) (200 + (int)(n))

struct criu_notice {
	const char *script; /* "criu" when it has begun; else its own word */
	pid_t pid;          /* of criu, or of the root of the tree; 0: not told */
	int fd;             /* the callee's to close; -1: none */
};

/* A directory by descriptor, and by name: criu mounts in it, and its process may have a mount
 * namespace of its own, in which the directory must be opened anew. */
struct criu_dir {
	const char *path;
	int fd; /* -1: none */
};

struct criu_call {
	const char *program; /* absolute, see criu_find */
	enum criu_word what;
	struct pb *opts; /* message criu_opts, without what follows */
	struct criu_dir images, work;
	const char *log; /* a file in work, or in images */
	int status_fd;   /* or -1 */
	const int *fds;  /* handed on to criu, as CRIU_FD(0), CRIU_FD(1) ... */
	size_t fds_n;
	/* In criu's process, before it is criu; NULL: nothing. */
	int (*prepare)(void *ctx, struct err *e);
	/* A failure ends criu, which ends what it restores. NULL: nothing is asked. */
	int (*notify)(void *ctx, const struct criu_notice *n, struct err *e);
	void *ctx;
};

/* The program in the directories where root installs programs, which nobody else could have
 * written; NULL: none. */
const char *criu_find(void);
/* The same or an error, with the remedy. */
int criu_need(const char **program, struct err *e) CHECK;

/* `criu check`: whether this kernel has what it needs. */
int criu_check(const char *program, struct err *e) CHECK;

/* *pid: of what was restored; may be NULL. */
int criu_run(const struct criu_call *c, struct arena *a, pid_t *pid, struct err *e) CHECK;
