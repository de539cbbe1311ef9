/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "seccomp/table.h"

#define C(name)                         \
	{                               \
#name, (uint64_t)(name) \
	}

struct constant {
	const char *name;
	uint64_t value;
};

/* clang-format off */
static const struct constant constants[] = {
	C(ADDR_COMPAT_LAYOUT), C(ADDR_NO_RANDOMIZE), C(PER_BSD), C(PER_LINUX32),
	C(PER_SOLARIS), C(STICKY_TIMEOUTS), C(AF_ALG), C(AF_ASH), C(AF_ATMSVC),
	C(AF_BLUETOOTH), C(AF_CAIF), C(AF_DECnet), C(AF_IB), C(AF_INET), C(AF_IPX),
	C(AF_ISDN), C(AF_KCM), C(AF_LLC), C(AF_MPLS), C(AF_NETLINK), C(AF_NFC),
	C(AF_PHONET), C(AF_QIPCRTR), C(AF_ROSE), C(AF_SECURITY), C(AF_SNA), C(AF_UNIX),
	C(AF_VSOCK), C(AF_X25), C(AT_EACCESS), C(AT_EMPTY_PATH), C(AT_SYMLINK_NOFOLLOW),
	C(AT_FDCWD), C(AT_NO_AUTOMOUNT), C(AT_STATX_DONT_SYNC), C(AT_STATX_FORCE_SYNC),
	C(AT_RECURSIVE), C(AT_REMOVEDIR), C(AT_SYMLINK_FOLLOW), C(BLKALIGNOFF),
	C(BLKFRASET), C(BLKIOOPT), C(BLKROGET), C(BLKSECDISCARD), C(BLKTRACESTART),
	C(FIBMAP), C(FIFREEZE), C(FIOGETOWN), C(FIOSETOWN), C(FS_IOC_FSGETXATTR),
	C(FS_IOC_GET_ENCRYPTION_NONCE), C(FS_IOC_REMOVE_ENCRYPTION_KEY),
	C(PERF_EVENT_IOC_DISABLE), C(PERF_EVENT_IOC_REFRESH), C(RNDADDENTROPY),
	C(RNDGETPOOL), C(SIOCADDMULTI), C(SIOCBONDENSLAVE), C(SIOCBONDSLAVEINFOQUERY),
	C(SIOCBRDELIF), C(SIOCDELRT), C(SIOCGARP), C(SIOCGIFBRDADDR), C(SIOCGIFENCAP),
	C(SIOCGIFMAP), C(SIOCGIFNAME), C(SIOCGIFTXQLEN), C(SIOCGPGRP),
	C(SIOCRTMSG), C(SIOCSIFBR), C(SIOCSIFFLAGS), C(SIOCSIFMAP), C(SIOCSIFNAME),
	C(SIOCSIFTXQLEN), C(SIOCSRARP), C(TCGETS), C(TCSETA), C(TCSETSF), C(TCSETXW),
	C(TIOCEXCL), C(TIOCGICOUNT), C(TIOCGPTLCK), C(TIOCGSERIAL), C(TIOCLINUX),
	C(TIOCMIWAIT), C(TIOCOUTQ), C(TIOCSERCONFIG), C(TIOCSERGWILD), C(TIOCSIG),
	C(TIOCSRS485), C(TIOCSWINSZ), C(TUNGETIFF), C(TUNGETVNETLE), C(TUNSETGROUP),
	C(TUNSETNOCSUM), C(TUNSETQUEUE), C(TUNSETVNETBE), C(BPF_BTF_GET_FD_BY_ID),
	C(BPF_ENABLE_STATS), C(BPF_LINK_DETACH), C(BPF_LINK_UPDATE), C(BPF_MAP_DELETE_ELEM),
	C(BPF_MAP_GET_NEXT_ID), C(BPF_MAP_LOOKUP_AND_DELETE_ELEM), C(BPF_MAP_UPDATE_BATCH),
	C(BPF_OBJ_GET_INFO_BY_FD), C(BPF_PROG_BIND_MAP), C(BPF_PROG_GET_NEXT_ID),
	C(BPF_PROG_TEST_RUN), C(CLOCK_BOOTTIME), C(CLOCK_MONOTONIC), C(CLOCK_MONOTONIC_RAW),
	C(CLOCK_REALTIME), C(CLOCK_REALTIME_COARSE), C(CLOCK_THREAD_CPUTIME_ID),
	C(CLONE_CHILD_CLEARTID), C(CLONE_CHILD_SETTID), C(CLONE_DETACHED), C(CLONE_FILES),
	C(CLONE_FS), C(CLONE_IO), C(CLONE_PARENT), C(CLONE_PARENT_SETTID), C(CLONE_PIDFD),
	C(CLONE_PTRACE), C(CLONE_SETTLS), C(CLONE_SIGHAND), C(CLONE_SYSVSEM),
	C(CLONE_THREAD), C(CLONE_UNTRACED), C(CLONE_VFORK), C(CLONE_VM), C(CLONE_NEWCGROUP),
	C(CLONE_NEWIPC), C(CLONE_NEWNET), C(CLONE_NEWNS), C(CLONE_NEWPID), C(CLONE_NEWTIME),
	C(CLONE_NEWUSER), C(CLONE_NEWUTS), C(CLOSE_RANGE_CLOEXEC), C(CLOSE_RANGE_UNSHARE),
	C(E2BIG), C(EADV), C(EBADE), C(EBADR), C(EBUSY), C(ECOMM), C(EDEADLK), C(EDQUOT),
	C(EHOSTDOWN), C(EILSEQ), C(EIO), C(EKEYEXPIRED), C(EL2NSYNC), C(ELIBBAD), C(ELNRNG),
	C(EMLINK), C(ENAVAIL), C(ENFILE), C(ENODATA), C(ENOKEY), C(ENOMEM), C(ENOPROTOOPT),
	C(ENOSYS), C(ENOTEMPTY), C(ENOTTY), C(EOVERFLOW), C(EPIPE), C(ERANGE), C(ERESTART),
	C(ESOCKTNOSUPPORT), C(ESTALE), C(ETOOMANYREFS), C(EUSERS), C(EFD_CLOEXEC),
	C(EFD_NONBLOCK), C(EFD_SEMAPHORE), C(EPOLL_CLOEXEC), C(EPOLL_CTL_ADD),
	C(EPOLL_CTL_DEL), C(EPOLL_CTL_MOD), C(FALLOC_FL_COLLAPSE_RANGE),
	C(FALLOC_FL_INSERT_RANGE), C(FALLOC_FL_KEEP_SIZE), C(FALLOC_FL_NO_HIDE_STALE),
	C(FALLOC_FL_PUNCH_HOLE), C(FALLOC_FL_UNSHARE_RANGE), C(FALLOC_FL_ZERO_RANGE),
	C(FSCONFIG_CMD_CREATE), C(FSCONFIG_CMD_RECONFIGURE), C(FSCONFIG_SET_BINARY),
	C(FSCONFIG_SET_FD), C(FSCONFIG_SET_FLAG), C(FSCONFIG_SET_PATH),
	C(FSCONFIG_SET_PATH_EMPTY), C(FSCONFIG_SET_STRING), C(FSMOUNT_CLOEXEC),
	C(FSOPEN_CLOEXEC), C(FSPICK_CLOEXEC), C(FSPICK_EMPTY_PATH), C(FSPICK_NO_AUTOMOUNT),
	C(FSPICK_SYMLINK_NOFOLLOW), C(FUTEX_CLOCK_REALTIME), C(FUTEX_CMP_REQUEUE_PI),
	C(FUTEX_LOCK_PI), C(FUTEX_PRIVATE_FLAG), C(FUTEX_TRYLOCK_PI), C(FUTEX_WAIT),
	C(FUTEX_WAIT_REQUEUE_PI), C(FUTEX_WAKE_BITSET), C(F_ADD_SEALS), C(F_DUPFD_CLOEXEC),
	C(F_GETFL), C(F_GETLK), C(F_GETOWN_EX), C(F_GETSIG), C(F_GET_RW_HINT), C(F_NOTIFY),
	C(F_OFD_SETLK), C(F_SETFD), C(F_SETLEASE), C(F_SETLKW), C(F_SETOWN_EX), C(F_SETSIG),
	C(F_SET_RW_HINT), C(F_OK), C(R_OK), C(W_OK), C(X_OK), C(GETALL), C(GETPID),
	C(GETZCNT), C(SEM_STAT), C(SETALL), C(GRND_INSECURE), C(GRND_NONBLOCK),
	C(GRND_RANDOM), C(IN_ACCESS), C(IN_CLOSE_WRITE), C(IN_DELETE_SELF), C(IN_IGNORED),
	C(IN_MASK_CREATE), C(IN_MOVED_TO), C(IN_ONLYDIR), C(IN_UNMOUNT), C(IN_CLOEXEC),
	C(IN_NONBLOCK), C(IORING_ENTER_EXT_ARG), C(IORING_ENTER_GETEVENTS),
	C(IORING_ENTER_REGISTERED_RING), C(IORING_ENTER_SQ_WAIT), C(IORING_ENTER_SQ_WAKEUP),
	C(IORING_REGISTER_BUFFERS), C(IORING_REGISTER_EVENTFD_ASYNC),
	C(IORING_REGISTER_FILE_ALLOC_RANGE), C(IORING_REGISTER_PROBE),
	C(IORING_UNREGISTER_EVENTFD), C(IORING_UNREGISTER_RING_FDS), C(IPC_CREAT),
	C(IPC_EXCL), C(IPC_INFO), C(IPC_RMID), C(IPC_SET), C(IPC_STAT), C(IPC_NOWAIT),
	C(KEYCTL_ASSUME_AUTHORITY), C(KEYCTL_CLEAR), C(KEYCTL_GET_KEYRING_ID),
	C(KEYCTL_INSTANTIATE), C(KEYCTL_JOIN_SESSION_KEYRING), C(KEYCTL_NEGATE),
	C(KEYCTL_PKEY_QUERY), C(KEYCTL_READ), C(KEYCTL_REVOKE), C(KEYCTL_SETPERM),
	C(KEYCTL_UNLINK), C(KEY_SPEC_GROUP_KEYRING), C(KEY_SPEC_PROCESS_KEYRING),
	C(KEY_SPEC_REQKEY_AUTH_KEY), C(KEY_SPEC_REQUESTOR_KEYRING),
	C(KEY_SPEC_SESSION_KEYRING), C(KEY_SPEC_THREAD_KEYRING), C(KEY_SPEC_USER_KEYRING),
	C(KEY_SPEC_USER_SESSION_KEYRING), C(LANDLOCK_CREATE_RULESET_ERRATA),
	C(LANDLOCK_CREATE_RULESET_VERSION), C(LANDLOCK_RULE_PATH_BENEATH),
	C(LINUX_REBOOT_CMD_CAD_OFF), C(LINUX_REBOOT_CMD_CAD_ON), C(LINUX_REBOOT_CMD_HALT),
	C(LINUX_REBOOT_CMD_KEXEC), C(LINUX_REBOOT_CMD_POWER_OFF),
	C(LINUX_REBOOT_CMD_RESTART), C(LINUX_REBOOT_CMD_RESTART2),
	C(LINUX_REBOOT_CMD_SW_SUSPEND), C(LINUX_REBOOT_MAGIC1), C(LINUX_REBOOT_MAGIC2),
	C(LINUX_REBOOT_MAGIC2A), C(LINUX_REBOOT_MAGIC2B), C(LINUX_REBOOT_MAGIC2C),
	C(LOCK_EX), C(LOCK_NB), C(LOCK_SH), C(LOCK_UN), C(MADV_COLD), C(MADV_DOFORK),
	C(MADV_DONTFORK), C(MADV_DONTNEED_LOCKED), C(MADV_HUGEPAGE), C(MADV_KEEPONFORK),
	C(MADV_NOHUGEPAGE), C(MADV_PAGEOUT), C(MADV_POPULATE_WRITE), C(MADV_REMOVE),
	C(MADV_UNMERGEABLE), C(MADV_WIPEONFORK), C(MAP_ANONYMOUS), C(MAP_DENYWRITE),
	C(MAP_EXECUTABLE), C(MAP_FIXED), C(MAP_FIXED_NOREPLACE), C(MAP_GROWSDOWN),
	C(MAP_HUGETLB), C(MAP_LOCKED), C(MAP_NONBLOCK), C(MAP_NORESERVE), C(MAP_POPULATE),
	C(MAP_PRIVATE), C(MAP_SHARED), C(MAP_SHARED_VALIDATE), C(MAP_STACK), C(MAP_SYNC),
	C(MCL_CURRENT), C(MCL_FUTURE), C(MCL_ONFAULT), C(MEMBARRIER_CMD_FLAG_CPU),
	C(MEMBARRIER_CMD_GLOBAL), C(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
	C(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
	C(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED),
	C(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ), C(MFD_ALLOW_SEALING),
	C(MFD_CLOEXEC), C(MFD_HUGETLB), C(MLOCK_ONFAULT), C(MOUNT_ATTR_IDMAP),
	C(MOUNT_ATTR_NODEV), C(MOUNT_ATTR_NOEXEC), C(MOUNT_ATTR_NOSYMFOLLOW),
	C(MOUNT_ATTR_RELATIME), C(MOVE_MOUNT_F_AUTOMOUNTS), C(MOVE_MOUNT_F_EMPTY_PATH),
	C(MOVE_MOUNT_F_SYMLINKS), C(MOVE_MOUNT_SET_GROUP), C(MOVE_MOUNT_T_AUTOMOUNTS),
	C(MOVE_MOUNT_T_EMPTY_PATH), C(MOVE_MOUNT_T_SYMLINKS), C(MPOL_BIND),
	C(MPOL_F_NUMA_BALANCING), C(MPOL_F_STATIC_NODES), C(MPOL_LOCAL),
	C(MPOL_PREFERRED_MANY), C(MPOL_F_ADDR), C(MPOL_F_MEMS_ALLOWED), C(MPOL_F_NODE),
	C(MPOL_MF_MOVE), C(MPOL_MF_MOVE_ALL), C(MPOL_MF_STRICT), C(MREMAP_DONTUNMAP),
	C(MREMAP_FIXED), C(MREMAP_MAYMOVE), C(MSG_BATCH), C(MSG_CTRUNC), C(MSG_EOR),
	C(MSG_FIN), C(MSG_OOB), C(MSG_SYN), C(MSG_WAITFORONE), C(MSG_COPY), C(MSG_EXCEPT),
	C(MSG_NOERROR), C(MSG_INFO), C(MSG_STAT), C(MSG_STAT_ANY), C(MS_ACTIVE),
	C(MS_I_VERSION), C(MS_MGC_VAL), C(MS_NODIRATIME), C(MS_NOSUID), C(MS_PRIVATE),
	C(MS_REMOUNT), C(MS_STRICTATIME), C(MS_ASYNC), C(MS_INVALIDATE), C(MS_SYNC),
	C(OPEN_TREE_CLOEXEC), C(OPEN_TREE_CLONE), C(O_APPEND), C(O_CLOEXEC), C(O_CREAT),
	C(O_DSYNC), C(O_EXCL), C(O_NOATIME), C(O_NOCTTY), C(O_NONBLOCK), C(O_PATH),
	C(O_RDONLY), C(O_RDWR), C(O_SYNC), C(O_TRUNC), C(O_WRONLY), C(PERF_FLAG_FD_CLOEXEC),
	C(PERF_FLAG_FD_NO_GROUP), C(PERF_FLAG_FD_OUTPUT), C(PERF_FLAG_PID_CGROUP),
	C(PKEY_DISABLE_ACCESS), C(PKEY_DISABLE_WRITE), C(POSIX_FADV_DONTNEED),
	C(POSIX_FADV_NOREUSE), C(POSIX_FADV_NORMAL), C(POSIX_FADV_RANDOM),
	C(POSIX_FADV_SEQUENTIAL), C(POSIX_FADV_WILLNEED), C(PRIO_PGRP), C(PRIO_PROCESS),
	C(PRIO_USER), C(PROT_EXEC), C(PROT_GROWSDOWN), C(PROT_GROWSUP), C(PROT_NONE),
	C(PROT_READ), C(PROT_WRITE), C(PR_CAPBSET_DROP), C(PR_CAP_AMBIENT),
	C(PR_GET_DUMPABLE), C(PR_GET_FPEMU), C(PR_GET_FP_MODE), C(PR_GET_KEEPCAPS),
	C(PR_GET_NO_NEW_PRIVS), C(PR_GET_SECCOMP), C(PR_GET_SPECULATION_CTRL),
	C(PR_GET_THP_DISABLE), C(PR_GET_TIMERSLACK), C(PR_GET_TSC), C(PR_MCE_KILL),
	C(PR_MPX_DISABLE_MANAGEMENT), C(PR_PAC_GET_ENABLED_KEYS),
	C(PR_PAC_SET_ENABLED_KEYS), C(PR_SET_CHILD_SUBREAPER), C(PR_SET_ENDIAN),
	C(PR_SET_FPEXC), C(PR_SET_IO_FLUSHER), C(PR_SET_MM), C(PR_SET_NO_NEW_PRIVS),
	C(PR_SET_PTRACER), C(PR_SET_SECUREBITS), C(PR_SET_SYSCALL_USER_DISPATCH),
	C(PR_SET_THP_DISABLE), C(PR_SET_TIMING), C(PR_SET_UNALIGN), C(PR_SME_GET_VL),
	C(PR_SVE_GET_VL), C(PR_TASK_PERF_EVENTS_DISABLE), C(PTRACE_ATTACH),
	C(PTRACE_DETACH), C(PTRACE_GETREGSET), C(PTRACE_GETSIGMASK),
	C(PTRACE_GET_SYSCALL_INFO), C(PTRACE_KILL), C(PTRACE_PEEKDATA), C(PTRACE_PEEKTEXT),
	C(PTRACE_POKETEXT), C(PTRACE_SECCOMP_GET_METADATA), C(PTRACE_SETOPTIONS),
	C(PTRACE_SETSIGINFO), C(PTRACE_SINGLESTEP), C(PTRACE_TRACEME), C(P_ALL), C(P_PGID),
	C(P_PID), C(P_PIDFD), C(RENAME_EXCHANGE), C(RENAME_NOREPLACE), C(RENAME_WHITEOUT),
	C(RLIMIT_AS), C(RLIMIT_CPU), C(RLIMIT_FSIZE), C(RLIMIT_MEMLOCK), C(RLIMIT_NICE),
	C(RLIMIT_NPROC), C(RLIMIT_RTPRIO), C(RLIMIT_SIGPENDING), C(RUSAGE_CHILDREN),
	C(RUSAGE_SELF), C(RUSAGE_THREAD), C(RWF_APPEND), C(RWF_DSYNC), C(RWF_HIPRI),
	C(RWF_NOWAIT), C(RWF_SYNC), C(SCHED_BATCH), C(SCHED_DEADLINE), C(SCHED_FIFO),
	C(SCHED_IDLE), C(SCHED_RESET_ON_FORK), C(SCHED_RR), C(SECCOMP_FILTER_FLAG_LOG),
	C(SECCOMP_FILTER_FLAG_NEW_LISTENER), C(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
	C(SECCOMP_FILTER_FLAG_TSYNC), C(SECCOMP_FILTER_FLAG_TSYNC_ESRCH),
	C(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), C(SECCOMP_GET_ACTION_AVAIL),
	C(SECCOMP_GET_NOTIF_SIZES), C(SECCOMP_SET_MODE_FILTER), C(SECCOMP_SET_MODE_STRICT),
	C(SEEK_CUR), C(SEEK_DATA), C(SEEK_END), C(SEEK_HOLE), C(SEEK_SET), C(SFD_CLOEXEC),
	C(SFD_NONBLOCK), C(SHM_EXEC), C(SHM_RDONLY), C(SHM_REMAP), C(SHM_RND),
	C(SHM_HUGETLB), C(SHM_NORESERVE), C(SHM_INFO), C(SHM_LOCK), C(SHM_STAT),
	C(SHM_STAT_ANY), C(SHM_UNLOCK), C(SHUT_RD), C(SHUT_RDWR), C(SHUT_WR), C(SIGABRT),
	C(SIGALRM), C(SIGBUS), C(SIGCHLD), C(SIGCONT), C(SIGFPE), C(SIGHUP), C(SIGILL),
	C(SIGINT), C(SIGIO), C(SIGKILL), C(SIGPIPE), C(SIGPROF), C(SIGPWR), C(SIGQUIT),
	C(SIGSEGV), C(SIGSTOP), C(SIGSYS), C(SIGTERM), C(SIGTRAP), C(SIGTSTP), C(SIGTTIN),
	C(SIGTTOU), C(SIGURG), C(SIGUSR1), C(SIGUSR2), C(SIGVTALRM), C(SIGWINCH),
	C(SIGXCPU), C(SIGXFSZ), C(SIG_BLOCK), C(SIG_SETMASK), C(SIG_UNBLOCK),
	C(SOCK_CLOEXEC), C(SOCK_DGRAM), C(SOCK_PACKET), C(SOCK_RDM), C(SOCK_STREAM),
	C(SOL_AAL), C(SOL_CAIF), C(SOL_IP), C(SOL_KCM), C(SOL_NETBEUI), C(SOL_PNPIPE),
	C(SOL_RXRPC), C(SOL_TIPC), C(SPLICE_F_GIFT), C(SPLICE_F_MORE), C(SPLICE_F_MOVE),
	C(SPLICE_F_NONBLOCK), C(STATX_ATIME), C(STATX_BTIME), C(STATX_DIOALIGN),
	C(STATX_INO), C(STATX_MODE), C(STATX_NLINK), C(STATX_TYPE), C(SWAP_FLAG_DISCARD),
	C(SWAP_FLAG_PREFER), C(SYNC_FILE_RANGE_WAIT_AFTER), C(SYNC_FILE_RANGE_WAIT_BEFORE),
	C(SYNC_FILE_RANGE_WRITE), C(S_IFBLK), C(S_IFCHR), C(S_IFDIR), C(S_IFIFO),
	C(S_IFLNK), C(S_IFREG), C(S_IFSOCK), C(TFD_CLOEXEC), C(TFD_NONBLOCK),
	C(TFD_TIMER_ABSTIME), C(TFD_TIMER_CANCEL_ON_SET), C(TIMER_ABSTIME), C(WCONTINUED),
	C(WEXITED), C(WNOHANG), C(WNOWAIT), C(WUNTRACED), C(__WALL), C(__WCLONE),
	C(__WNOTHREAD), C(XATTR_CREATE), C(XATTR_REPLACE), C(O_DIRECT), C(O_DIRECTORY),
	C(O_NOFOLLOW), C(O_TMPFILE), C(IPPROTO_TCP), C(IPPROTO_ICMPV6), C(SO_PEERCRED), C(TCP_NODELAY),
	C(NETLINK_AUDIT), C(NETLINK_ROUTE), C(CAP_SYS_ADMIN), C(S_IFMT),
	C(SECCOMP_MODE_FILTER), C(SOL_SOCKET),
};
/* clang-format on */

static bool value_of(const char *name, enum arch arch, uint64_t *value)
{
	return sc_const(name, strlen(name), arch, value);
}

Test(table_consts, values_are_those_of_the_c_headers)
{
	uint64_t v = 0;

	if (arch_own() == ARCH_N)
		cr_skip_test("no tables for this machine");
	for (size_t i = 0; i < COUNT(constants); i++) {
		cr_expect(value_of(constants[i].name, arch_own(), &v), "%s", constants[i].name);
		cr_expect_eq(v, constants[i].value, "%s: %#llx, not %#llx", constants[i].name,
			     (unsigned long long)v, (unsigned long long)constants[i].value);
	}
}

Test(table_consts, some_differ_by_architecture)
{
	static const struct {
		const char *name;
		uint64_t values[ARCH_N];
	} cases[] = {
		{ "O_DIRECTORY", { 0x10000, 0x10000, 0x4000, 0x4000 } },
		{ "O_NOFOLLOW", { 0x20000, 0x20000, 0x8000, 0x8000 } },
		{ "O_DIRECT", { 0x4000, 0x4000, 0x10000, 0x10000 } },
		{ "O_LARGEFILE", { 0x8000, 0x8000, 0x20000, 0x20000 } },
		{ "FIOQSIZE", { 0x5460, 0x5460, 0x5460, 0x545e } },
		{ "FS_IOC_GETFLAGS", { 0x80086601, 0x80046601, 0x80086601, 0x80046601 } },
		{ "AF_UNIX", { 1, 1, 1, 1 } },
	};
	uint64_t v = 0;

	for (size_t i = 0; i < COUNT(cases); i++)
		for (enum arch a = 0; a < ARCH_N; a++) {
			cr_expect(value_of(cases[i].name, a, &v));
			cr_expect_eq(v, cases[i].values[a], "%s %s", cases[i].name,
				     arch_name(a));
		}
}

Test(table_consts, some_are_not_everywhere)
{
	uint64_t v = 77;

	cr_expect(value_of("ARCH_SET_FS", ARCH_X86_64, &v) && v == 0x1002);
	v = 77;
	cr_expect(!value_of("ARCH_SET_FS", ARCH_AARCH64, &v));
	cr_expect(!value_of("PROT_BTI", ARCH_X86_64, &v));
	cr_expect(!value_of("MAP_32BIT", ARCH_ARM, &v));
	cr_expect_eq(v, 77, "nothing is written");
	cr_expect(value_of("PROT_BTI", ARCH_AARCH64, &v) && v == 0x10);
}

Test(table_consts, negative_ones_have_their_sign_in_64_bits)
{
	uint64_t v = 0;

	for (enum arch a = 0; a < ARCH_N; a++) {
		cr_expect(value_of("AT_FDCWD", a, &v));
		cr_expect_eq(v, (uint64_t)-100);
		cr_expect(value_of("KEY_SPEC_SESSION_KEYRING", a, &v));
		cr_expect_eq(v, (uint64_t)-3);
	}
}

Test(table_consts, what_is_no_constant_is_not_found)
{
	static const char *const names[] = { "",        "AF_",     "AF_UNIXX",
					     "af_unix", "O_RDONL", "EPERM " };
	uint64_t v = 77;

	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect(!value_of(names[i], ARCH_X86_64, &v), "%s", names[i]);
	cr_expect(!sc_const("AF_UNIX\0", 8, ARCH_X86_64, &v));
	cr_expect_eq(v, 77);
}

Test(table_consts, all_names_are_listed_and_found)
{
	size_t n = 0;

	for (; sc_const_name(n) != NULL; n++) {
		uint64_t v;
		bool somewhere = false;

		for (enum arch a = 0; a < ARCH_N; a++)
			somewhere = value_of(sc_const_name(n), a, &v) || somewhere;
		cr_expect(somewhere, "%s", sc_const_name(n));
		cr_expect(n == 0 || strcmp(sc_const_name(n - 1), sc_const_name(n)) < 0);
	}
	cr_expect_gt(n, 2000u);
	cr_expect_null(sc_const_name(n + 1));
}

/* ---- values in words ---- */

struct shown {
	const char *call;
	unsigned i;
	uint64_t value;
	const char *text; /* NULL: the argument has no constants */
};

static const struct shown shown[] = {
	{ "socket", 0, 2, "AF_INET" },
	{ "socket", 0, 40, "AF_VSOCK" },
	{ "socket", 0, 0x100000028, "AF_VSOCK" },
	{ "socket", 0, 99, "99" },
	{ "socket", 0, UINT64_MAX, "-1" },
	{ "socket", 1, 1, "SOCK_STREAM" },
	{ "socket", 1, 0x80802, "SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC" },
	{ "socket", 1, 0x8000f, "SOCK_CLOEXEC|0xf" },
	{ "socket", 2, 6, NULL },
	{ "openat", 0, (uint64_t)-100, "AT_FDCWD" },
	{ "openat", 0, 0xffffff9c, "AT_FDCWD" },
	{ "openat", 0, 3, "3" },
	{ "openat", 1, 0, NULL },
	{ "openat", 2, 0, "O_RDONLY" },
	{ "openat", 2, 0x80000, "O_RDONLY|O_CLOEXEC" },
	{ "openat", 2, 01101, "O_WRONLY|O_CREAT|O_TRUNC" },
	{ "openat", 2, 02000000 | 3, "O_CLOEXEC|0x3" },
	{ "openat", 2, 0x410002, "O_RDWR|O_TMPFILE" },
	{ "openat", 2, 0x101001, "O_WRONLY|O_SYNC" },
	{ "openat", 2, 0x1001, "O_WRONLY|O_DSYNC" },
	{ "openat", 3, 0644, NULL },
	{ "clone", 0, 17, "SIGCHLD" },
	{ "clone", 0, 0x01200011, "SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID" },
	{ "clone", 0, 0x10000011, "SIGCHLD|CLONE_NEWUSER" },
	{ "clone", 0, 0, "0" },
	{ "unshare", 0, 0x20000, "CLONE_NEWNS" },
	{ "unshare", 0, 0x100020000, "CLONE_NEWNS|0x100000000" },
	{ "mmap", 2, 0, "PROT_NONE" },
	{ "mmap", 2, 7, "PROT_READ|PROT_WRITE|PROT_EXEC" },
	{ "mmap", 3, 0x22, "MAP_PRIVATE|MAP_ANONYMOUS" },
	{ "mprotect", 2, 5, "PROT_READ|PROT_EXEC" },
	{ "prctl", 0, 15, "PR_SET_NAME" },
	{ "prctl", 0, 0x53564d41, "PR_SET_VMA" },
	{ "ioctl", 1, 0x5401, "TCGETS" },
	{ "ioctl", 1, 0x5412, "TIOCSTI" },
	{ "ioctl", 1, 0xdeadbeef, "0xdeadbeef" },
	{ "fcntl", 1, 4, "F_SETFL" },
	{ "futex", 1, 128, "FUTEX_WAIT|FUTEX_PRIVATE_FLAG" },
	{ "futex", 1, 0x189, "FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME" },
	{ "personality", 0, 0, "PER_LINUX" },
	{ "personality", 0, 0x40000, "PER_LINUX|ADDR_NO_RANDOMIZE" },
	{ "personality", 0, 8, "PER_LINUX32" },
	{ "kill", 1, 9, "SIGKILL" },
	{ "kill", 1, 0, "0" },
	{ "kill", 0, 1, NULL },
	{ "mount", 3, 0x1000, "MS_BIND" },
	{ "umount2", 1, 2, "MNT_DETACH" },
	{ "ptrace", 0, 0x4206, "PTRACE_SEIZE" },
	{ "ptrace", 0, UINT64_C(0x100000010), "0x100000010" },
	{ "bpf", 0, 5, "BPF_PROG_LOAD" },
	{ "keyctl", 0, 0, "KEYCTL_GET_KEYRING_ID" },
	{ "add_key", 4, (uint64_t)-3, "KEY_SPEC_SESSION_KEYRING" },
	{ "seccomp", 0, 1, "SECCOMP_SET_MODE_FILTER" },
	{ "mknod", 1, 0020600, "S_IFCHR|0x180" },
	{ "access", 1, 0, "F_OK" },
	{ "access", 1, 6, "W_OK|R_OK" },
	{ "unlinkat", 2, 0x200, "AT_REMOVEDIR" },
	{ "newfstatat", 3, 0x1100, "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH" },
	{ "madvise", 2, 4, "MADV_DONTNEED" },
	{ "prlimit64", 1, 7, "RLIMIT_NOFILE" },
	{ "clock_gettime", 0, 1, "CLOCK_MONOTONIC" },
	{ "wait4", 2, 0x40000001, "WNOHANG|__WALL" },
	{ "sched_setscheduler", 1, 0x40000001, "SCHED_FIFO|SCHED_RESET_ON_FORK" },
	{ "reboot", 0, 0xfee1dead, "LINUX_REBOOT_MAGIC1" },
	{ "reboot", 2, 0x01234567, "LINUX_REBOOT_CMD_RESTART" },
	{ "io_uring_register", 1, 0x80000000 | 2,
	  "IORING_REGISTER_FILES|IORING_REGISTER_USE_REGISTERED_RING" },
	{ "shmctl", 1, 0x102, "IPC_STAT|IPC_64" },
	{ "getpid", 0, 1, NULL },
};

Test(table_consts, arguments_are_shown_in_their_words)
{
	for (size_t i = 0; i < COUNT(shown); i++) {
		const struct shown *s = &shown[i];
		char text[128] = "";
		struct sbuf b = SBUF(text);
		bool has = sc_show_arg(&b, sc_find(s->call, strlen(s->call)), ARCH_X86_64, s->i,
				       s->value);

		cr_expect_eq(has, s->text != NULL, "%s %u", s->call, s->i);
		cr_expect_str_eq(text, s->text != NULL ? s->text : "", "%s %u: %s", s->call,
				 s->i, text);
	}
}

Test(table_consts, arguments_are_shown_in_the_words_of_the_architecture)
{
	char text[64] = "";
	struct sbuf b = SBUF(text);

	cr_expect(sc_show_arg(&b, sc_find("open", 4), ARCH_ARM, 1, 0x4000));
	cr_expect_str_eq(text, "O_RDONLY|O_DIRECTORY");
	b = SBUF(text);
	cr_expect(sc_show_arg(&b, sc_find("open", 4), ARCH_I386, 1, 0x4000));
	cr_expect_str_eq(text, "O_RDONLY|O_DIRECT");
}

Test(table_consts, errors_have_names)
{
	cr_expect_str_eq(sc_errno_name(1), "EPERM");
	cr_expect_str_eq(sc_errno_name(11), "EAGAIN");
	cr_expect_str_eq(sc_errno_name(35), "EDEADLK");
	cr_expect_str_eq(sc_errno_name(38), "ENOSYS");
	cr_expect_str_eq(sc_errno_name(95), "EOPNOTSUPP");
	cr_expect_str_eq(sc_errno_name(133), "EHWPOISON");
	cr_expect_null(sc_errno_name(0));
	cr_expect_null(sc_errno_name(41));
	cr_expect_null(sc_errno_name(4095));
}
