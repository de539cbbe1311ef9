/* SPDX-License-Identifier: Apache-2.0 */
/* What a program might try to get out of a container or deep into the kernel. Each try is made
 * by a child; a line of TAP says how it ended. "ok" means that the filter said no, with the
 * errno of the policy "untrusted" or by killing the child. The arguments are such that a kernel
 * that is asked answers something else, mostly EFAULT or EINVAL.
 *
 *   escape        all tries
 *   escape -n     how many there are
 *   escape N      only try N, without a child: for policies that permit none */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH          (1ULL << 32)
#define BAD           1UL /* an address where nothing is */
#define COUNT(a)      (sizeof(a) / sizeof(*(a)))
#define NETLINK_AUDIT 9
#define SCTP          132

/* Not in the headers of every C library. */
#define NEWTIME               0x00000080
#define SYS_OPEN_TREE         428
#define SYS_MOVE_MOUNT        429
#define SYS_FSOPEN            430
#define SYS_FSCONFIG          431
#define SYS_FSMOUNT           432
#define SYS_FSPICK            433
#define SYS_PIDFD_OPEN        434
#define SYS_CLONE3            435
#define SYS_PIDFD_GETFD       438
#define SYS_MOUNT_SETATTR     442
#define SYS_QUOTACTL_FD       443
#define SYS_OPEN_TREE_ATTR    467
#define SYS_IO_URING_SETUP    425
#define SYS_IO_URING_ENTER    426
#define SYS_IO_URING_REGISTER 427

struct trial {
	const char *name;
	int want;                    /* the errno of "untrusted"; 0: killed */
	long (*call)(unsigned long); /* or NULL: a plain system call */
	unsigned long nr, args[5];
};

static const char text[] = "x";

/* ---- tries that take more than a call ---- */

static long in_new(unsigned long flags)
{
	const long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long clone3_with(unsigned long flags)
{
	uint64_t args[11] = { flags, 0, 0, 0, SIGCHLD };
	const long pid = syscall(SYS_CLONE3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long join(unsigned long unused)
{
	(void)unused;
	return syscall(SYS_setns, open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), 0);
}

static long read_parent(unsigned long unused)
{
	char got;
	struct iovec mine = { &got, 1 }, other = { (void *)(uintptr_t)text, 1 };

	(void)unused;
	return syscall(SYS_process_vm_readv, getppid(), &mine, 1, &other, 1, 0);
}

static long write_parent(unsigned long unused)
{
	char sent = 'x';
	struct iovec mine = { &sent, 1 }, other = { (void *)BAD, 1 };

	(void)unused;
	return syscall(SYS_process_vm_writev, getppid(), &mine, 1, &other, 1, 0);
}

static long take_descriptor(unsigned long unused)
{
	(void)unused;
	return syscall(SYS_PIDFD_GETFD, syscall(SYS_PIDFD_OPEN, getppid(), 0), 0, 0);
}

static long seize_parent(unsigned long unused)
{
	(void)unused;
	return syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0);
}

static long make_ring(unsigned long unused)
{
	char params[120] = { 0 };

	(void)unused;
	return syscall(SYS_IO_URING_SETUP, 1, params);
}

static long add_a_key(unsigned long unused)
{
	(void)unused;
	return syscall(SYS_add_key, "user", "x", text, 1, KEY_SPEC_PROCESS_KEYRING);
}

static long request_a_key(unsigned long unused)
{
	(void)unused;
	return syscall(SYS_request_key, "user", "x", 0, 0);
}

static long open_tmpfs(unsigned long unused)
{
	(void)unused;
	return syscall(SYS_FSOPEN, "tmpfs", 0);
}

static long type_into(unsigned long command)
{
	return syscall(SYS_ioctl, 0, command, text);
}

#ifdef __x86_64__
static long from_i386(unsigned long unused)
{
	long out;

	(void)unused;
	__asm__ volatile("int $0x80" : "=a"(out) : "0"(20L /* getpid */) : "memory");
	return out;
}
#endif

/* ---- all of them ---- */

/* clang-format off */
#define TRIAL(name_, errno_, ...) { .name = (name_), .want = (errno_), __VA_ARGS__ }
#define NEWER(n, errno_, nr_, ...) TRIAL(n, errno_, .nr = (nr_), .args = { __VA_ARGS__ })
#define CALL(n, errno_, ...) NEWER(#n, errno_, SYS_##n, __VA_ARGS__)
#define SOCKET(family, type, protocol, errno_) \
	NEWER("socket " #family " " #type " " #protocol, errno_, SYS_socket, family, type, protocol)
#define UNSHARE(flag) NEWER("unshare " #flag, EPERM, SYS_unshare, flag)
#define WITH(n, errno_, function, arg) TRIAL(n, errno_, .call = (function), .args = { arg })
#define DO(n, errno_, function) WITH(n, errno_, function, 0)
/* clang-format on */

static const struct trial trials[] = {
	UNSHARE(CLONE_NEWUSER),
	UNSHARE(CLONE_NEWNS),
	UNSHARE(CLONE_NEWPID),
	UNSHARE(CLONE_NEWNET),
	UNSHARE(CLONE_NEWIPC),
	UNSHARE(CLONE_NEWUTS),
	UNSHARE(CLONE_NEWCGROUP),
	UNSHARE(NEWTIME),
	WITH("clone NEWUSER", EPERM, in_new, CLONE_NEWUSER),
	WITH("clone NEWNS", EPERM, in_new, CLONE_NEWNS),
	WITH("clone NEWPID", EPERM, in_new, CLONE_NEWPID),
	WITH("clone NEWNET", EPERM, in_new, CLONE_NEWNET),
	WITH("clone NEWIPC", EPERM, in_new, CLONE_NEWIPC),
	WITH("clone NEWUTS", EPERM, in_new, CLONE_NEWUTS),
	WITH("clone NEWCGROUP", EPERM, in_new, CLONE_NEWCGROUP),
	WITH("clone NEWUSER|NEWNS", EPERM, in_new, CLONE_NEWUSER | CLONE_NEWNS),
	WITH("clone3 NEWUSER", ENOSYS, clone3_with, CLONE_NEWUSER),
	WITH("clone3", ENOSYS, clone3_with, 0),
	DO("setns", EPERM, join),

	CALL(mount, EPERM, BAD, BAD, BAD, 0, 0),
	CALL(umount2, EPERM, BAD, 0),
	CALL(pivot_root, EPERM, BAD, BAD),
	CALL(chroot, EPERM, BAD),
	NEWER("open_tree", EPERM, SYS_OPEN_TREE, -1, BAD, 0),
	NEWER("open_tree_attr", EPERM, SYS_OPEN_TREE_ATTR, -1, BAD, 0),
	NEWER("move_mount", EPERM, SYS_MOVE_MOUNT, -1, BAD, -1, BAD, 0),
	DO("fsopen", EPERM, open_tmpfs),
	NEWER("fsconfig", EPERM, SYS_FSCONFIG, -1, 0, 0, 0, 0),
	NEWER("fsmount", EPERM, SYS_FSMOUNT, -1, 0, 0),
	NEWER("fspick", EPERM, SYS_FSPICK, -1, BAD, 0),
	NEWER("mount_setattr", EPERM, SYS_MOUNT_SETATTR, -1, BAD, 0, 0, 0),
	CALL(open_by_handle_at, EPERM, -1, BAD, 0),

	SOCKET(AF_ALG, SOCK_SEQPACKET, 0, EAFNOSUPPORT),
	SOCKET(HIGH | AF_ALG, SOCK_SEQPACKET, 0, EAFNOSUPPORT),
	SOCKET(AF_VSOCK, SOCK_STREAM, 0, EAFNOSUPPORT),
	SOCKET(HIGH | AF_VSOCK, SOCK_STREAM, 0, EAFNOSUPPORT),
	SOCKET(AF_PACKET, SOCK_RAW, 0, EAFNOSUPPORT),
	SOCKET(AF_KEY, SOCK_RAW, 2, EAFNOSUPPORT),
	SOCKET(AF_BLUETOOTH, SOCK_RAW, 1, EAFNOSUPPORT),
	SOCKET(AF_TIPC, SOCK_RDM, 0, EAFNOSUPPORT),
	SOCKET(AF_CAN, SOCK_RAW, 1, EAFNOSUPPORT),
	SOCKET(AF_XDP, SOCK_RAW, 0, EAFNOSUPPORT),
	SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, EAFNOSUPPORT),
	SOCKET(AF_NETLINK, SOCK_RAW, HIGH | NETLINK_AUDIT, EAFNOSUPPORT),
	SOCKET(AF_INET, SOCK_STREAM, SCTP, EPROTONOSUPPORT),
	SOCKET(AF_INET, SOCK_SEQPACKET, SCTP, EPROTONOSUPPORT),

	DO("io_uring_setup", ENOSYS, make_ring),
	NEWER("io_uring_enter", ENOSYS, SYS_IO_URING_ENTER, -1, 0, 0, 0, 0),
	NEWER("io_uring_register", ENOSYS, SYS_IO_URING_REGISTER, -1, 0, 0, 0),
	CALL(keyctl, ENOSYS, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0),
	DO("add_key", ENOSYS, add_a_key),
	DO("request_key", ENOSYS, request_a_key),
	CALL(bpf, EPERM, 0, BAD, 8),
	CALL(perf_event_open, EPERM, BAD, 0, -1, -1, 0),
	CALL(userfaultfd, EPERM, 1 /* UFFD_USER_MODE_ONLY */),
	DO("ptrace", EPERM, seize_parent),
	DO("process_vm_readv", EPERM, read_parent),
	DO("process_vm_writev", EPERM, write_parent),
	DO("pidfd_getfd", EPERM, take_descriptor),
	CALL(kcmp, EPERM, 0, 0, 9, 0, 0),
	CALL(vmsplice, EPERM, -1, BAD, 1, 0),
	CALL(fanotify_init, EPERM, 0, 0),

	CALL(kexec_load, EPERM, 0, 0, 0, 0xffff),
	CALL(init_module, EPERM, BAD, 0, BAD),
	CALL(finit_module, EPERM, -1, BAD, 0),
	CALL(delete_module, EPERM, BAD, 0),
	CALL(reboot, EPERM, 0, 0, 0),
	CALL(swapon, EPERM, BAD, 0),
	CALL(swapoff, EPERM, BAD),
	CALL(acct, EPERM, BAD),
	CALL(quotactl, EPERM, 0, BAD, 0, 0),
	NEWER("quotactl_fd", EPERM, SYS_QUOTACTL_FD, -1, 0, 0, 0),
	CALL(syslog, EPERM, 10),
	CALL(settimeofday, EPERM, BAD, 0),
	CALL(clock_settime, EPERM, 0, BAD),
	CALL(sethostname, EPERM, BAD, -1),
	CALL(setdomainname, EPERM, BAD, -1),

	WITH("ioctl TIOCSTI", EPERM, type_into, TIOCSTI),
	WITH("ioctl TIOCSTI, high bits", EPERM, type_into, HIGH | TIOCSTI),
	CALL(ioctl, EPERM, 0, 0x541c /* TIOCLINUX */, BAD),
	CALL(personality, EPERM, ADDR_NO_RANDOMIZE),
	CALL(personality, EPERM, READ_IMPLIES_EXEC),
	CALL(prctl, EINVAL, PR_SET_MM, PR_SET_MM_MAP_SIZE, BAD, 0, 0),
#ifdef __x86_64__
	CALL(iopl, EPERM, 3),
	CALL(ioperm, EPERM, 0, 1, 1),
	CALL(modify_ldt, EPERM, 0, BAD, 0),
	NEWER("getpid of x32", ENOSYS, 0x40000000 | SYS_getpid, 0),
	DO("getpid of i386", 0, from_i386),
#endif
};

static long make(const struct trial *t)
{
	const unsigned long *a = t->args;

	return t->call != NULL ? t->call(a[0])
			       : syscall((long)t->nr, a[0], a[1], a[2], a[3], a[4]);
}

/* The errno, in the low byte; 255: the call was made. */
static int try_here(const struct trial *t)
{
	errno = 0;
	return make(t) < 0 ? errno : 255;
}

static bool report(size_t n, const struct trial *t, int status)
{
	const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	const int got = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	const bool ok = killed || (got != 0 && got == t->want);

	printf("%s %zu - %s: %s\n", ok ? "ok" : "not ok", n + 1, t->name,
	       WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
	       : got == 255        ? "it was done"
				   : strerrorname_np(got));
	return ok;
}

static bool try_in_child(size_t n)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(try_here(&trials[n]));
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("not ok %zu - %s: no child: %s\n", n + 1, trials[n].name,
		       strerror(errno));
		return false;
	}
	return report(n, &trials[n], status);
}

int main(int argc, char **argv)
{
	bool ok = true;

	if (argc > 1 && strcmp(argv[1], "-n") == 0)
		return printf("%zu\n", COUNT(trials)) < 0;
	if (argc > 1) {
		const size_t n = strtoul(argv[1], NULL, 10) - 1;

		return n < COUNT(trials) ? try_here(&trials[n]) : 1;
	}
	printf("1..%zu\n", COUNT(trials));
	for (size_t i = 0; i < COUNT(trials); i++)
		ok &= try_in_child(i);
	return ok ? 0 : 1;
}
