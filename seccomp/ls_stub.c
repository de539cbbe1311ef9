/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/ls_stub.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>

/* __X32_SYSCALL_BIT of asm/unistd.h. From here up no number of x86_64 exists, and policies
 * that say nothing of x32 were bypassed through it (firejail 87, kafel 19). */
#define X32_BIT 0x40000000u

/* __ARM_NR_BASE of arm's asm/unistd.h: private calls, beyond any newer ordinary number. */
#define ARM_PRIVATE 0x0f0000u

#define NO_LIMIT UINT32_MAX

bool ls_is_private(uint32_t audit_arch, int nr)
{
	return audit_arch == AUDIT_ARCH_ARM && nr >= (int)ARM_PRIVATE;
}

/* The first number that answers ENOSYS. Programs call what is new and fall back on ENOSYS
 * only (runc 2151, moby 42680); that a number is new we conclude from its being beyond all
 * that the policy names, as runc does. A policy that allows by default needs no help. */
static uint32_t first_missing(const struct ls_part *part, uint32_t default_action)
{
	const uint32_t cap = part->audit_arch == AUDIT_ARCH_X86_64 ? X32_BIT : NO_LIMIT;

	switch (default_action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
		return part->newest < 0 ? cap : (uint32_t)part->newest + 1;
	default:
		return cap;
	}
}

/* Only loads of nr and arch, JA, JEQ, JGE and RET: the kernel's bitmap of calls that are
 * always allowed (kernel/seccomp.c, seccomp_is_const_allow, 5.11) understands no more. */
static size_t put_limit(struct sock_filter *to, const struct ls_part *part, uint32_t limit)
{
	const bool arm = part->audit_arch == AUDIT_ARCH_ARM;
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ARM_PRIVATE, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, limit, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};
	size_t n = 0;

	if (limit == NO_LIMIT)
		return 0;
	for (size_t i = 0; i < COUNT(code); i++)
		if (i != 1 || arm)
			to[n++] = code[i];
	return n;
}

/* The dispatch is two instructions a part: JA reaches any distance, JEQ only 255. */
static size_t put_all(struct sock_filter *to, uint32_t default_action,
		      const struct ls_part *parts, size_t n)
{
	const size_t kill = 1 + 2 * n;
	size_t end = kill + 1;

	to[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, arch));
	to[kill] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < n; i++) {
		const struct ls_part *part = &parts[i];
		const size_t at = 1 + 2 * i;

		to[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      part->audit_arch, 0, 1);
		to[at + 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							  (uint32_t)(end - at - 2));
		end += put_limit(to + end, part, first_missing(part, default_action));
		memcpy(to + end, part->insns, part->n * sizeof(*to));
		end += part->n;
	}
	return end;
}

int ls_join(struct arena *a, uint32_t default_action, const struct ls_part *parts, size_t n,
	    struct filter *out, struct err *e)
{
	size_t most = 2;
	struct sock_filter *insns;

	for (size_t i = 0; i < n; i++)
		most += 2 + 4 + parts[i].n;
	insns = arena_array(a, most, sizeof(*insns));
	most = put_all(insns, default_action, parts, n);
	if (most > BPF_MAXINSNS)
		return fail(e, ERR_POLICY, "seccomp filter: at most %d instructions: %zu",
			    BPF_MAXINSNS, most);
	out->insns = insns;
	out->n = (uint16_t)most;
	return 0;
}
