/* SPDX-License-Identifier: Apache-2.0 */
/* The device filter into the kernel: bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/auto.h"
#include "base/sys.h"
#include "cgroups/cg_private.h"

#define NAME  "cg_devices" /* how we know a filter of ours */
#define LOTS  64           /* the kernel attaches no more: BPF_CGROUP_MAX_PROGS */
#define TRIES 8

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load_once(const struct cg_program *p)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	a.expected_attach_type = BPF_CGROUP_DEVICE;
	a.insns = address(p->insn);
	a.insn_cnt = (uint32_t)p->n;
	a.license = address("Apache-2.0");
	memcpy(a.prog_name, NAME, sizeof(NAME));
	return sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

/* Before 5.11 programs were counted against RLIMIT_MEMLOCK, and EPERM was the answer. The
 * limit is put back: children inherit it. */
static int load(const struct cg_program *p)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit was;
	int fd = load_once(p);

	if (fd != -EPERM || getrlimit(RLIMIT_MEMLOCK, &was) < 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		return fd;
	fd = load_once(p);
	(void)setrlimit(RLIMIT_MEMLOCK, &was);
	return fd;
}

/* The ids of the programs attached to this very group; how many, or -errno. */
static int query(int dir, uint32_t ids[LOTS])
{
	union bpf_attr a;
	int r;

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)dir;
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.prog_ids = address(ids);
	a.query.prog_cnt = LOTS;
	r = sys_bpf(BPF_PROG_QUERY, &a, sizeof(a));
	return r < 0 ? r : (int)a.query.prog_cnt;
}

static int open_program(uint32_t id)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &a, sizeof(a));
}

static bool get_info(int prog, struct bpf_prog_info *info)
{
	union bpf_attr a;

	memset(info, 0, sizeof(*info));
	memset(&a, 0, sizeof(a));
	a.info.bpf_fd = (uint32_t)prog;
	a.info.info_len = sizeof(*info);
	a.info.info = address(info);
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) == 0;
}

static bool is_ours(int prog)
{
	struct bpf_prog_info info;

	return get_info(prog, &info) && str_eq(info.name, NAME);
}

/* The program to replace: the one that we are told of, else one of ours; never another's, whose
 * rules hold beside ours. Its descriptor, -ENOENT when one went away while we looked, -ESRCH
 * when there is none. */
static int find_old(const uint32_t *ids, int n, uint32_t known)
{
	for (int i = 0; i < n; i++) {
		autofd int fd = known == 0 || ids[i] == known ? open_program(ids[i]) : -ESRCH;

		if (fd < 0 && fd != -ESRCH)
			return fd;
		if (fd >= 0 && is_ours(fd))
			return take_fd(&fd);
	}
	return -ESRCH;
}

/* old: -1, or the program whose place is taken in the same instant. */
static int attach(int dir, int prog, int old)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)dir;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = BPF_CGROUP_DEVICE;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		a.attach_flags |= BPF_F_REPLACE;
		a.replace_bpf_fd = (uint32_t)old;
	}
	return sys_bpf(BPF_PROG_ATTACH, &a, sizeof(a));
}

static int detach(int dir, int prog)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)dir;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = BPF_CGROUP_DEVICE;
	return sys_bpf(BPF_PROG_DETACH, &a, sizeof(a));
}

/* BPF_F_REPLACE came with 5.6. In its absence both hold for a moment, which is the stricter
 * side. A filter that stays behind at each update would end in E2BIG (runc#2366). */
static int replace(int dir, int prog, int old)
{
	int r = attach(dir, prog, old);

	if (r != -EINVAL)
		return r;
	r = attach(dir, prog, -1);
	return r < 0 ? r : detach(dir, old);
}

/* ENOENT: another process replaced the filter between our look and our call; look again. */
static int install(int dir, int prog, uint32_t known)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t ids[LOTS] = { 0 };
		int n = query(dir, ids), r;
		autofd int old = n > 0 ? find_old(ids, n, known) : -ESRCH;

		if (n < 0)
			return n;
		if (old < 0 && old != -ESRCH)
			r = old;
		else
			r = old >= 0 ? replace(dir, prog, old) : attach(dir, prog, -1);
		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}

/* Without a filter everything is allowed, as far as this group is concerned. */
static bool is_bare(int dir)
{
	uint32_t ids[LOTS] = { 0 };
	int n = query(dir, ids);

	return n == 0 || n == -EPERM;
}

static int not_installed(const struct cg *cg, const char *verb, int errnum, struct err *e)
{
	(void)fail_sys(e, errnum, "cgroup %s: %s the device filter", cg->path, verb);
	switch (errnum) {
	case EPERM:
		return hint(e,
			    "it needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, outside of "
			    "any user namespace; in one, give no device rules");
	case E2BIG:
		return hint(e, "too many filters on one group, or too many device rules");
	case ENOSYS:
	case EINVAL:
		return hint(e, "the kernel needs CONFIG_CGROUP_BPF and CONFIG_BPF_SYSCALL");
	default:
		return -1;
	}
}

static void program_free(struct cg_program *p)
{
	free(p->insn);
}

#define autoprogram __attribute__((cleanup(program_free)))

int cg_put_devices(const struct cg *cg, const struct cg_limits *l, uint32_t *program,
		   struct err *e)
{
	autoprogram struct cg_program p = { 0 };
	struct bpf_prog_info info;
	autofd int prog = -1;
	int r;

	if (cg_device_program(l->devices, l->devices_n, &p, e) < 0)
		return -1;
	if (p.allows_all && is_bare(cg->dir)) {
		*program = 0;
		return 0;
	}
	prog = load(&p);
	if (prog < 0)
		return not_installed(cg, "load", -prog, e);
	r = install(cg->dir, prog, *program);
	if (r < 0)
		return not_installed(cg, "attach", -r, e);
	*program = get_info(prog, &info) ? info.id : 0;
	return 0;
}
