/* SPDX-License-Identifier: Apache-2.0 */
/* The device filter into the kernel: bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE. */
#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "base/sys.h"
#include "cgroups/cg_private.h"

#define NAME  "cg_devices" /* how we know a filter of ours */
#define LOTS  64           /* the kernel attaches no more: BPF_CGROUP_MAX_PROGS */
#define TRIES 8

/* The ids of the programs attached to this very group; how many, or -errno. */
static int query(int dir, uint32_t ids[LOTS])
{
	union bpf_attr a;
	int r;

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)dir;
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.prog_ids = cg_bpf_address(ids);
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
	a.info.info = cg_bpf_address(info);
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

/* BPF_F_REPLACE came with 5.6. In its absence both hold for a moment, which is the stricter
 * side. A filter that stays behind at each update would end in E2BIG (runc#2366). */
static int replace(int dir, int prog, int old)
{
	int r = cg_bpf_attach(dir, prog, BPF_CGROUP_DEVICE, old);

	if (r != -EINVAL)
		return r;
	r = cg_bpf_attach(dir, prog, BPF_CGROUP_DEVICE, -1);
	return r < 0 ? r : cg_bpf_detach(dir, old, BPF_CGROUP_DEVICE);
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
			r = old >= 0 ? replace(dir, prog, old)
				     : cg_bpf_attach(dir, prog, BPF_CGROUP_DEVICE, -1);
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
	prog = cg_bpf_load(&p, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, NAME);
	if (prog < 0)
		return not_installed(cg, "load", -prog, e);
	r = install(cg->dir, prog, *program);
	if (r < 0)
		return not_installed(cg, "attach", -r, e);
	*program = get_info(prog, &info) ? info.id : 0;
	return 0;
}
