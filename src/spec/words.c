/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/words.h"

#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "spec/spec.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* since 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

const struct word words_rlimits[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
	{ NULL, 0 },
};

const struct word words_namespaces[] = {
	{ "user", NS_USER }, { "cgroup", NS_CGROUP },   { "ipc", NS_IPC },
	{ "uts", NS_UTS },   { "network", NS_NETWORK }, { "pid", NS_PID },
	{ "time", NS_TIME }, { "mount", NS_MOUNT },     { NULL, 0 },
};

/* SCHED_ISO is reserved in the kernel, but was never made. */
const struct word words_policies[] = {
	{ "SCHED_OTHER", SCHED_NORMAL },
	{ "SCHED_FIFO", SCHED_FIFO },
	{ "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH },
	{ "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", SCHED_DEADLINE },
	{ NULL, 0 },
};

const struct word words_sched_flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
	{ NULL, 0 },
};

const struct word words_io_classes[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
	{ NULL, 0 },
};

const struct word words_propagations[] = {
	{ "private", MS_PRIVATE },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "shared", MS_SHARED },
	{ "rshared", MS_SHARED | MS_REC },
	{ "slave", MS_SLAVE },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "unbindable", MS_UNBINDABLE },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
	{ NULL, 0 },
};

/* config-linux.md#seccomp; the kernel's names are in seccomp(2). KILL is the older word. */
const struct word words_seccomp_actions[] = {
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE },
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
	{ NULL, 0 },
};

const struct word words_seccomp_archs[] = {
	{ "SCMP_ARCH_X86", 0 },         { "SCMP_ARCH_X86_64", 0 },
	{ "SCMP_ARCH_X32", 0 },         { "SCMP_ARCH_ARM", 0 },
	{ "SCMP_ARCH_AARCH64", 0 },     { "SCMP_ARCH_LOONGARCH64", 0 },
	{ "SCMP_ARCH_M68K", 0 },        { "SCMP_ARCH_MIPS", 0 },
	{ "SCMP_ARCH_MIPS64", 0 },      { "SCMP_ARCH_MIPS64N32", 0 },
	{ "SCMP_ARCH_MIPSEL", 0 },      { "SCMP_ARCH_MIPSEL64", 0 },
	{ "SCMP_ARCH_MIPSEL64N32", 0 }, { "SCMP_ARCH_PPC", 0 },
	{ "SCMP_ARCH_PPC64", 0 },       { "SCMP_ARCH_PPC64LE", 0 },
	{ "SCMP_ARCH_S390", 0 },        { "SCMP_ARCH_S390X", 0 },
	{ "SCMP_ARCH_SH", 0 },          { "SCMP_ARCH_SHEB", 0 },
	{ "SCMP_ARCH_PARISC", 0 },      { "SCMP_ARCH_PARISC64", 0 },
	{ "SCMP_ARCH_RISCV64", 0 },     { NULL, 0 },
};

const struct word words_seccomp_flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	{ NULL, 0 },
};

/* Numbered as in seccomp_rule_add(3), and so in enum policy_op. */
const struct word words_seccomp_operators[] = {
	{ "SCMP_CMP_NE", 1 },        { "SCMP_CMP_LT", 2 }, { "SCMP_CMP_LE", 3 },
	{ "SCMP_CMP_EQ", 4 },        { "SCMP_CMP_GE", 5 }, { "SCMP_CMP_GT", 6 },
	{ "SCMP_CMP_MASKED_EQ", 7 }, { NULL, 0 },
};

/* libcap also takes lower case and plain numbers; the specification knows neither. */
int word_capability(const char *name)
{
	cap_value_t value;
	const char *rest = str_after(name, "CAP_");

	if (rest == NULL || rest[strspn(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")] != '\0')
		return -1;
	return cap_from_name(name, &value) == 0 && value < 64 ? (int)value : -1;
}

const char *word_capability_name(struct arena *a, int number)
{
	char *found = cap_to_name(number); /* "cap_chown", or a bare number */
	char *name = NULL;

	if (found != NULL && str_after(found, "cap_") != NULL) {
		name = arena_strdup(a, found);
		str_upper(name);
	}
	(void)cap_free(found);
	return name;
}

static const struct word words_signals[] = {
	{ "HUP", SIGHUP },
	{ "INT", SIGINT },
	{ "QUIT", SIGQUIT },
	{ "ILL", SIGILL },
	{ "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT },
	{ "IOT", SIGABRT },
	{ "BUS", SIGBUS },
	{ "FPE", SIGFPE },
	{ "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },
	{ "CHLD", SIGCHLD },
	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },
	{ "WINCH", SIGWINCH },
	{ "IO", SIGIO },
	{ "POLL", SIGIO },
	{ "PWR", SIGPWR },
	{ "SYS", SIGSYS },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
	{ NULL, 0 },
};

/* glibc's numbers, whatever libc we have: a caller's SIGRTMIN+3 is systemd's, which is 37. */
#define RT_MIN 34
#define RT_MAX 64

/* "", "+3" or "-1" behind RTMIN or RTMAX. */
static int real_time(int base, const char *rest)
{
	int64_t n = 0;

	if (*rest != '\0' && *rest != '+' && *rest != '-')
		return -1;
	if (*rest != '\0' && !str_int64(rest + 1, 0, RT_MAX - RT_MIN, &n))
		return -1;
	n = *rest == '-' ? base - n : base + n;
	return n >= RT_MIN && n <= RT_MAX ? (int)n : -1;
}

int word_signal(const char *name)
{
	int64_t n;

	if (str_int64(name, 0, RT_MAX, &n))
		return (int)n;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	if (strncasecmp(name, "RTMIN", 5) == 0)
		return real_time(RT_MIN, name + 5);
	if (strncasecmp(name, "RTMAX", 5) == 0)
		return real_time(RT_MAX, name + 5);
	for (const struct word *w = words_signals; w->name != NULL; w++)
		if (strcasecmp(w->name, name) == 0)
			return (int)w->value;
	return -1;
}

static bool parts_are_sound(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n <= 2 && strspn(path, ".") >= n))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

static char swapped(char c)
{
	if (c == '.')
		return '/';
	return (char)(c == '/' ? '.' : c);
}

bool word_sysctl_path(const char *key, char *buf, size_t size)
{
	bool dots = key[strcspn(key, "./")] == '.';
	size_t n = strlen(key);

	if (n >= size)
		return false;
	memcpy(buf, key, n + 1);
	for (size_t i = 0; dots && i < n; i++)
		buf[i] = swapped(buf[i]);
	return parts_are_sound(buf);
}
