/* SPDX-License-Identifier: Apache-2.0 */
/* cg.h - cgroup v2: make a group, limit it, read it, kill it, remove it. Knows no OCI words.
 *
 * Sources: Documentation/admin-guide/cgroup-v2.rst, cgroups(7); kernel >= 5.15. Paths are
 * relative to the cgroup2 root and start with '/'. All work goes through directory
 * descriptors; no component may be a symlink or "..". */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define CG_KEEP INT64_MIN /* leave the kernel's value alone */
#define CG_MAX  INT64_MAX /* the word "max" */

/* ---- the host's tree ---- */

enum cg_controller {
	CG_CPUSET = 1 << 0,
	CG_CPU = 1 << 1,
	CG_IO = 1 << 2,
	CG_MEMORY = 1 << 3,
	CG_HUGETLB = 1 << 4,
	CG_PIDS = 1 << 5,
	CG_RDMA = 1 << 6,
	CG_MISC = 1 << 7,
};

extern const char *const cg_controller_names[8]; /* by bit */

/* What /sys/fs/cgroup is. When it is not a pure v2 tree, "why" says in one line which
 * controller is mounted where (v1 and hybrid hosts). */
struct cg_host {
	bool v2;
	unsigned controllers; /* at the root: CG_* bits */
	char why[200];
};

void cg_probe(struct cg_host *out);

/* The caller's own group, "/user.slice/...", from /proc/self/cgroup. */
int cg_self_path(char *buf, size_t size, struct err *e) CHECK;
/* That of another process. */
int cg_path_of(pid_t pid, char *buf, size_t size, struct err *e) CHECK;

/* Which of CG_* the limits need (for enabling and for refusing in time). */
struct cg_limits;
unsigned cg_needs(const struct cg_limits *l);

/* ---- limits ---- */

struct cg_pair {
	const char *key, *value;
};

struct cg_io_limit {
	int64_t major, minor;
	const char *key; /* "rbps" "wbps" "riops" "wiops" */
	uint64_t rate;   /* 0: max */
};

struct cg_io_weight {
	int64_t major, minor; /* -1, -1: the default */
	uint16_t bfq;         /* 1 to 1000: io.bfq.weight as is; io.weight is made from it */
};

struct cg_hugetlb {
	const char *size; /* "2MB" */
	uint64_t max;
};

struct cg_rdma {
	const char *device;
	int64_t handles, objects; /* CG_KEEP or CG_MAX or a count */
};

struct cg_device {
	bool allow;
	char type;            /* 'a' 'b' 'c' */
	int64_t major, minor; /* -1: any */
	bool read, write, mknod;
};

struct cg_limits {
	struct {
		int64_t low, max, swap_max;
	} memory;                 /* bytes, CG_KEEP, CG_MAX */
	bool check_before_update; /* refuse a memory.max below memory.current */
	int64_t pids_max;
	struct {
		int64_t weight, quota_us, period_us, burst_us, idle;
	} cpu;                   /* each may be CG_KEEP; quota may be CG_MAX */
	const char *cpus, *mems; /* NULL: keep */
	const struct cg_io_limit *io;
	size_t io_n;
	const struct cg_io_weight *io_weights;
	size_t io_weights_n;
	const struct cg_hugetlb *hugetlb;
	size_t hugetlb_n;
	const struct cg_rdma *rdma;
	size_t rdma_n;
	bool has_devices;                /* false: the device filter is left alone */
	const struct cg_device *devices; /* in order, last match wins, default deny */
	size_t devices_n;
	const struct cg_pair *unified; /* written last, in order */
	size_t unified_n;
};

/* ---- one group ---- */

struct cg; /* opaque: an open directory and the name that errors use */

/* Makes the group and what is missing of its ancestors, enables the controllers `need' (CG_*)
 * in every ancestor. A group that exists already is an error unless it is empty. What was
 * made is removed again on failure. The result is freed by cg_close. */
int cg_make(const char *path, unsigned need, struct cg **out, struct err *e) CHECK;
int cg_open(const char *path, struct cg **out, struct err *e) CHECK; /* ENOENT in e->sys */
/* A group from an open directory, which is the group's from then on (on success); 0 or -errno.
 */
int cg_at(int dir, const char *name, struct cg **out) CHECK;
void cg_close(struct cg *cg);
static inline void cg_close_(struct cg **cg)
{
	cg_close(*cg);
}
#define autocg __attribute__((cleanup(cg_close_)))

int cg_fd(const struct cg *cg); /* the directory, for CLONE_INTO_CGROUP; still cg's */
const char *cg_path(const struct cg *cg);

/* Writes all that is not CG_KEEP; unified last. The first refusal ends it: file, value, and
 * why, with a remedy where one is known. Devices are attached as an eBPF filter; a filter of
 * ours that was there is replaced atomically. */
int cg_limit(const struct cg *cg, const struct cg_limits *l, struct err *e) CHECK;
/* The same for a group that is in use: controllers that the limits need and its ancestors do
 * not pass on are enabled, and when a write is refused those before it are taken back. `then',
 * or NULL, is called when all is written: if it fails, all is taken back too. */
int cg_update(struct cg *cg, const struct cg_limits *l, int (*then)(void *arg, struct err *e),
	      void *arg, struct err *e) CHECK;
/* What cpu.max says, CG_MAX: no quota; false: there is none. */
bool cg_cpu_max(const struct cg *cg, int64_t *quota_us, int64_t *period_us);
/* Leaves so many per cent of what cpu.max gives; where that is no limit, of one processor. */
int cg_throttle(const struct cg *cg, unsigned percent, struct err *e) CHECK;
/* What cuts a network, loaded ahead: *fd is the caller's to close. Then no socket made in the
 * group or below sends or gets an IP packet any more, loopback included; raw packet sockets
 * (packet(7), CAP_NET_RAW) are not asked. Undone by nobody. */
int cg_network_cutter(int *fd, struct err *e) CHECK;
int cg_cut_network(const struct cg *cg, int cutter, struct err *e) CHECK;
/* The device filter alone. *program is the id of the filter of ours that is there, 0: none that
 * we know of; it becomes the new one's, 0 where none is needed. A filter of anybody else stays.
 */
int cg_put_devices(const struct cg *cg, const struct cg_limits *l, uint32_t *program,
		   struct err *e) CHECK;
/* Refuses controllers that the group does not have, all in one message. */
int cg_has(const struct cg *cg, unsigned need, struct err *e) CHECK;
/* io.weight (1 to 10000) for a weight of bfq's (1 to 1000). */
unsigned cg_io_weight(unsigned bfq);

int cg_add(const struct cg *cg, pid_t pid, struct err *e) CHECK;
/* chown of the directory and the files of /sys/kernel/cgroup/delegate. */
int cg_delegate(const struct cg *cg, uid_t uid, gid_t gid, struct err *e) CHECK;

int cg_freeze(const struct cg *cg, bool frozen, int timeout_ms, struct err *e) CHECK;
bool cg_is_frozen(const struct cg *cg);
bool cg_is_to_freeze(const struct cg *cg); /* asked for; it may not be done yet */
bool cg_is_populated(const struct cg *cg);
/* SIGKILL to every process in the subtree (cgroup.kill; what that leaves: freeze, signal,
 * thaw). */
int cg_kill(const struct cg *cg, struct err *e);
/* Any signal to every process in the subtree. */
int cg_signal(const struct cg *cg, int signal, struct err *e) CHECK;
/* All pids of the subtree as our pid namespace sees them; *pids is the caller's to free. */
int cg_pids(const struct cg *cg, pid_t **pids, size_t *n, struct err *e) CHECK;

/* Notes whose group it is, where a user's container cannot change it; for a runtime without
 * privilege there is no such place. And: false if another's name is there. */
void cg_mark(const struct cg *cg, const char *id, uint64_t since_ns);
bool cg_is_of(const struct cg *cg, const char *id, uint64_t since_ns);

/* Removes the group and its children. Bounded: gives up after timeout_ms and says who is
 * still inside. A group that is gone is success. */
int cg_remove(const char *path, int timeout_ms, struct err *e);
/* The same for a group alone: what is below it is not ours. */
int cg_remove_one(const char *path, int timeout_ms, struct err *e);

/* ---- reading ---- */

struct cg_usage {
	int64_t memory_current, memory_peak; /* bytes; -1: not known */
	int64_t memory_max, swap_current;
	int64_t pids_current, pids_peak, pids_max_hits;
	int64_t cpu_usec, cpu_user_usec, cpu_system_usec;
	int64_t cpu_throttled, cpu_throttled_usec;
	int64_t io_read_bytes, io_write_bytes;
	int64_t oom_kills; /* memory.events: oom_kill; a kill counter, not a process count */
	int64_t oom_group_kills, oom_local; /* memory.events.local: oom (own limit was hit) */
};

/* What a control file says, in malloc'd memory, the caller's to free; NULL when there is none.
 */
char *cg_text(const struct cg *cg, const char *file);
/* Calls back with the size in "hugetlb.SIZE.current" for each that the group has. */
void cg_each_hugetlb(const struct cg *cg, void (*seen)(void *ctx, const char *size), void *ctx);

/* The number in a control file, CG_MAX for "max"; or the one behind a key of it. -1: none. */
int64_t cg_number(const struct cg *cg, const char *file, const char *key);
/* Never fails: what cannot be read is -1. */
void cg_usage(const struct cg *cg, struct cg_usage *out);
