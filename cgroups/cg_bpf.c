/* SPDX-License-Identifier: Apache-2.0 */
/* Programs for groups, into the kernel: bpf(2). */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/sys.h"
#include "cgroups/cg_private.h"

uint64_t cg_bpf_address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load_once(const struct cg_program *p, enum bpf_prog_type type,
		     enum bpf_attach_type where, const char *name)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = type;
	a.expected_attach_type = where;
	a.insns = cg_bpf_address(p->insn);
	a.insn_cnt = (uint32_t)p->n;
	a.license = cg_bpf_address("Apache-2.0");
	(void)memccpy(a.prog_name, name, '\0', sizeof(a.prog_name) - 1);
	return sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

/* Before 5.11 programs were counted against RLIMIT_MEMLOCK, and EPERM was the answer. The
 * limit is put back: children inherit it. */
int cg_bpf_load(const struct cg_program *p, enum bpf_prog_type type, enum bpf_attach_type where,
		const char *name)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit was;
	int fd = load_once(p, type, where, name);

	if (fd != -EPERM || getrlimit(RLIMIT_MEMLOCK, &was) < 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		return fd;
	fd = load_once(p, type, where, name);
	(void)setrlimit(RLIMIT_MEMLOCK, &was);
	return fd;
}

int cg_bpf_attach(int dir, int prog, enum bpf_attach_type where, int old)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)dir;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = where;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		a.attach_flags |= BPF_F_REPLACE;
		a.replace_bpf_fd = (uint32_t)old;
	}
	return sys_bpf(BPF_PROG_ATTACH, &a, sizeof(a));
}

int cg_bpf_detach(int dir, int prog, enum bpf_attach_type where)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)dir;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = where;
	return sys_bpf(BPF_PROG_DETACH, &a, sizeof(a));
}
