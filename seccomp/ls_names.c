/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/ls_names.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/str.h"
#include "seccomp/policy.h"

/* libseccomp's numbers for the calls behind socketcall(2) and ipc(2) on architectures that
 * have those: no numbers of the kernel, which has direct ones too since 4.3 and 5.1. */
#define MUX_FIRST (-299)
#define MUX_LAST  (-100)

/* Direct numbers on i386 and s390, from the kernel's syscall tables. */
static const struct word direct_numbers[] = {
	{ "socket", 359 },      { "socketpair", 360 }, { "bind", 361 },
	{ "connect", 362 },     { "listen", 363 },     { "accept4", 364 },
	{ "getsockopt", 365 },  { "setsockopt", 366 }, { "getsockname", 367 },
	{ "getpeername", 368 }, { "sendto", 369 },     { "sendmsg", 370 },
	{ "recvfrom", 371 },    { "recvmsg", 372 },    { "shutdown", 373 },
	{ "semget", 393 },      { "semctl", 394 },     { "shmget", 395 },
	{ "shmctl", 396 },      { "shmat", 397 },      { "shmdt", 398 },
	{ "msgget", 399 },      { "msgsnd", 400 },     { "msgrcv", 401 },
	{ "msgctl", 402 },      { NULL, 0 },
};

bool ls_arch_number(const char *name, uint32_t *audit_arch, bool *x32)
{
	uint32_t token = seccomp_arch_resolve_name(name);

	*x32 = token == SCMP_ARCH_X32;
	*audit_arch = *x32 ? AUDIT_ARCH_X86_64 : token;
	return token != 0;
}

uint32_t ls_arch_native(void)
{
	return seccomp_arch_native();
}

static bool is_multiplexed(int nr)
{
	return nr >= MUX_FIRST && nr <= MUX_LAST;
}

bool ls_multiplexes(uint32_t audit_arch, const char *name)
{
	return is_multiplexed(seccomp_syscall_resolve_name_arch(audit_arch, name));
}

/* Rare architectures only: asks for the name of every number there may be. */
static int search_direct(uint32_t audit_arch, const char *name)
{
	for (int nr = 0; nr < 5000; nr++) {
		autofree char *found = seccomp_syscall_resolve_num_arch(audit_arch, nr);

		/* mips answers for its numbers with and without their offset of 4000 */
		if (str_eq(found, name) && (nr >= 4000 || (audit_arch & 0xffff) != EM_MIPS))
			return nr;
	}
	return -1;
}

int ls_number(uint32_t audit_arch, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(audit_arch, name);
	const struct word *direct;

	if (nr >= 0)
		return nr;
	if (!is_multiplexed(nr))
		return -1;
	if (audit_arch != AUDIT_ARCH_I386 && (audit_arch & 0xffff) != EM_S390)
		return search_direct(audit_arch, name);
	direct = word_find(direct_numbers, name);
	return direct != NULL ? (int)direct->value : -1;
}
