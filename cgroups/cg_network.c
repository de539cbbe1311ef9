/* SPDX-License-Identifier: Apache-2.0 */
/* A group without a network: bpf(2), BPF_PROG_TYPE_CGROUP_SKB. What the program answers is
 * whether a packet of a socket of the group may pass; groups below have it with it. */
#include <errno.h>

#include "cgroups/cg_private.h"

#define NAME "cg_no_network"

int cg_network_cutter(int *fd, struct err *e)
{
	struct bpf_insn never[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct cg_program p = { .insn = never, .n = COUNT(never) };

	*fd = cg_bpf_load(&p, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, NAME);
	if (*fd >= 0)
		return 0;
	(void)fail_sys(e, -*fd, "cut-network: load its program");
	*fd = -1;
	return hint(e, "it needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, outside of any "
		       "user namespace, and a kernel with CONFIG_CGROUP_BPF");
}

int cg_cut_network(const struct cg *cg, int cutter, struct err *e)
{
	static const enum bpf_attach_type ways[] = { BPF_CGROUP_INET_EGRESS,
						     BPF_CGROUP_INET_INGRESS };

	for (size_t i = 0; i < COUNT(ways); i++) {
		int r = cg_bpf_attach(cg->dir, cutter, ways[i], -1);

		if (r < 0)
			return fail_sys(e, -r, "cgroup %s: cut the network", cg->path);
	}
	return 0;
}
