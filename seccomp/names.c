/* SPDX-License-Identifier: Apache-2.0 */
/* Names that a user reads and writes: calls, architectures, actions. The tables do the work. */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/policy.h"
#include "seccomp/rules.h"

/* config-linux.md#seccomp, in its order; then what later versions of libseccomp brought. */
const char *const policy_archs[] = {
	"SCMP_ARCH_X86",      "SCMP_ARCH_X86_64",      "SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",      "SCMP_ARCH_AARCH64",     "SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",   "SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL",
	"SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",    "SCMP_ARCH_PPC64LE",     "SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",    "SCMP_ARCH_PARISC",      "SCMP_ARCH_PARISC64",
	"SCMP_ARCH_RISCV64",  "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",
	"SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",        NULL,
};

/* The tables' architectures under the names that others have for them. */
static const struct word aliases[] = {
	{ "amd64", AUDIT_ARCH_X86_64 },  { "x86", AUDIT_ARCH_I386 },
	{ "386", AUDIT_ARCH_I386 },      { "i486", AUDIT_ARCH_I386 },
	{ "i586", AUDIT_ARCH_I386 },     { "i686", AUDIT_ARCH_I386 },
	{ "arm64", AUDIT_ARCH_AARCH64 }, { NULL, 0 },
};

#define ARCH_PREFIX "SCMP_ARCH_"
#define ARCH_LONG   24

/* "SCMP_ARCH_X86_64" and "x86_64" become "x86_64". False: longer than any. */
static bool plain_arch(const char *name, char out[ARCH_LONG])
{
	const char *rest = str_after(name, ARCH_PREFIX);
	struct sbuf b = { out, 0, ARCH_LONG, false };

	sbuf_add(&b, "%s", rest != NULL ? rest : name);
	str_lower(out);
	return !b.over;
}

uint32_t policy_arch_number(const char *name)
{
	char plain[ARCH_LONG];
	const struct word *alias;
	enum arch arch;

	if (!plain_arch(name, plain))
		return 0;
	if (str_eq(plain, "native"))
		return policy_arch_own();
	arch = arch_find(plain, strlen(plain));
	if (arch != ARCH_N)
		return arch_audit(arch);
	alias = word_find(aliases, plain);
	return alias != NULL ? (uint32_t)alias->value : 0;
}

const char *policy_arch_name(uint32_t audit_arch)
{
	const enum arch arch = arch_of_audit(audit_arch);

	return arch != ARCH_N ? arch_name(arch) : NULL;
}

bool policy_arch_known(const char *name)
{
	char plain[ARCH_LONG], listed[ARCH_LONG];

	if (!plain_arch(name, plain))
		return false;
	for (size_t i = 0; policy_archs[i] != NULL; i++)
		if (plain_arch(policy_archs[i], listed) && str_eq(plain, listed))
			return true;
	return policy_arch_number(plain) != 0;
}

uint32_t policy_arch_own(void)
{
	const enum arch arch = arch_own();

	return arch != ARCH_N ? arch_audit(arch) : 0;
}

int syscall_number(uint32_t audit_arch, const char *name)
{
	const enum arch arch = arch_of_audit(audit_arch);
	const int id = sc_find(name, strlen(name));

	return arch != ARCH_N && id >= 0 ? sc_number(id, arch) : -1;
}

static int id_of(uint32_t audit_arch, int nr)
{
	const enum arch arch = arch_of_audit(audit_arch);

	return arch != ARCH_N && nr >= 0 ? sc_by_number(arch, (uint32_t)nr) : -1;
}

const char *syscall_name(uint32_t audit_arch, int nr)
{
	const int id = id_of(audit_arch, nr);

	return id >= 0 ? sc_name(id) : NULL;
}

uint16_t syscall_since(uint32_t audit_arch, int nr)
{
	const int id = id_of(audit_arch, nr);

	return id >= 0 ? sc_since(id, arch_of_audit(audit_arch)) : 0;
}

bool syscall_argument(uint32_t audit_arch, int nr, unsigned i, struct syscall_arg *out)
{
	const int id = id_of(audit_arch, nr);
	struct sc_arg arg;

	if (id < 0 || i >= SYSCALL_ARGS)
		return false;
	arg = sc_arg(id, arch_of_audit(audit_arch), i);
	if (arg.type == SC_NONE)
		return false;
	*out = (struct syscall_arg){
		.name = arg.name,
		.is_signed = arg.type == SC_I32 || arg.type == SC_FD || arg.type == SC_SWORD,
		.is_fd = arg.type == SC_FD,
		.is_pointer = arg.type == SC_PTR,
		.bits = arg.bits,
	};
	return true;
}

/* ---- actions ---- */

static const char *errno_text(struct arena *a, unsigned number)
{
	const char *name = sc_errno_name(number);

	return name != NULL ? name : arena_printf(a, "%u", number);
}

/* "trap 5"; the number of trap and notify is told only when there is one. */
static const char *with_number(struct arena *a, const char *word, unsigned number)
{
	return number != 0 ? arena_printf(a, "%s %u", word, number) : word;
}

static const char *notify_text(struct arena *a, enum policy_audit audit, uint16_t audit_errno)
{
	switch (audit) {
	case POLICY_AUDIT_NONE:
		return "notify";
	case POLICY_AUDIT_DENY:
		return arena_printf(a, "audit deny %s", errno_text(a, audit_errno));
	case POLICY_AUDIT_ALLOW:
		return "audit allow";
	}
	return "notify";
}

const char *policy_action_text(struct arena *a, uint32_t action, enum policy_audit audit,
			       uint16_t audit_errno)
{
	const unsigned data = action & SECCOMP_RET_DATA;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		return "kill";
	case SECCOMP_RET_KILL_THREAD:
		return "kill thread";
	case SECCOMP_RET_TRAP:
		return with_number(a, "trap", data);
	case SECCOMP_RET_ERRNO:
		return arena_printf(a, "deny %s", errno_text(a, data));
	case SECCOMP_RET_USER_NOTIF:
		return notify_text(a, audit, audit_errno);
	case SECCOMP_RET_TRACE:
		return arena_printf(a, "trace %u", data);
	case SECCOMP_RET_LOG:
		return "log";
	case SECCOMP_RET_ALLOW:
		return "allow";
	default: /* seccomp(2): an unknown action kills the process */
		return arena_printf(a, "kill (unknown action %#x)", action);
	}
}

enum {
	RANK_KILL,
	RANK_KILL_THREAD,
	RANK_TRAP,
	RANK_DENY,
	RANK_NOTIFY,
	RANK_TRACE,
	RANK_RECORDED,
	RANK_ALLOW
};

/* The order in which the kernel prefers the answers of several filters, seccomp(2). */
unsigned policy_action_rank(uint32_t action, enum policy_audit audit)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_THREAD:
		return RANK_KILL_THREAD;
	case SECCOMP_RET_TRAP:
		return RANK_TRAP;
	case SECCOMP_RET_ERRNO:
		return RANK_DENY;
	case SECCOMP_RET_USER_NOTIF:
		if (audit == POLICY_AUDIT_NONE)
			return RANK_NOTIFY;
		return audit == POLICY_AUDIT_DENY ? RANK_DENY : RANK_RECORDED;
	case SECCOMP_RET_TRACE:
		return RANK_TRACE;
	case SECCOMP_RET_LOG:
		return RANK_RECORDED;
	case SECCOMP_RET_ALLOW:
		return RANK_ALLOW;
	default:
		return RANK_KILL;
	}
}
