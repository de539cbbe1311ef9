/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sys.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#define MFD_EXEC        0x0010U
#endif

/* keyutils.h, which we do not need for anything else: KEY_POS_ALL | KEY_USR_ALL */
#define KEY_OWNER_ALL 0x3f3f0000UL

static long result(long r)
{
	return r < 0 ? -errno : r;
}

static int int_result(long r)
{
	return (int)result(r);
}

/* linux/pidfd.h, which collides with libc's sys/pidfd.h; PIDFD_INFO_SIZE_VER0 */
struct pidfd_facts {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t status;
};
_Static_assert(sizeof(struct pidfd_facts) == 64, "the kernel reads it by size");
#define PIDFD_FACTS     _IOWR(0xFF, 11, struct pidfd_facts)
#define PIDFD_FACT_EXIT (UINT64_C(1) << 3)

pid_t sys_clone3(struct clone_args *args, size_t size)
{
	return (pid_t)result(syscall(SYS_clone3, args, size));
}

int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return int_result(syscall(SYS_pidfd_open, pid, flags));
}

int sys_pidfd_send_signal(int pidfd, int sig)
{
	return int_result(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

int sys_pidfd_exit_status(int pidfd, int *status)
{
	struct pidfd_facts f = { .mask = PIDFD_FACT_EXIT };

	if (ioctl(pidfd, PIDFD_FACTS, &f) < 0)
		return -errno;
	if ((f.mask & PIDFD_FACT_EXIT) == 0)
		return -ENODATA;
	*status = f.status;
	return 0;
}

int sys_openat2(int dir, const char *path, const struct open_how *how)
{
	return int_result(syscall(SYS_openat2, dir, path, how, sizeof(*how)));
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return int_result(syscall(SYS_close_range, first, last, flags));
}

int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return int_result(syscall(SYS_open_tree, dir, path, flags));
}

int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return int_result(syscall(SYS_move_mount, from_dir, from, to_dir, to, flags));
}

int sys_fsopen(const char *type, unsigned flags)
{
	return int_result(syscall(SYS_fsopen, type, flags));
}

int sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux)
{
	return int_result(syscall(SYS_fsconfig, fd, cmd, key, value, aux));
}

int sys_fsmount(int fd, unsigned flags, unsigned attr)
{
	return int_result(syscall(SYS_fsmount, fd, flags, attr));
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return int_result(syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof(*attr)));
}

int sys_getcwd(char *buf, size_t size)
{
	return int_result(syscall(SYS_getcwd, buf, size));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return int_result(syscall(SYS_pivot_root, new_root, put_old));
}

long sys_any(int nr, const uint64_t args[6])
{
	return result(syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]));
}

#ifdef __x86_64__
long sys_any_i386(int nr, const uint64_t args[6])
{
	register const uint64_t *last __asm__("r8") = &args[5];
	long r;

	/* 128: the red zone, in which the compiler may keep something */
	__asm__ volatile("sub $128, %%rsp\n\t"
			 "push %%rbp\n\t"
			 "mov (%%r8), %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %%rbp\n\t"
			 "add $128, %%rsp"
			 : "=a"(r), "+r"(last)
			 : "a"(nr), "b"((uint32_t)args[0]), "c"((uint32_t)args[1]),
			   "d"((uint32_t)args[2]), "S"((uint32_t)args[3]),
			   "D"((uint32_t)args[4])
			 : "r9", "r10", "r11", "cc", "memory");
	return (int)r;
}
#else
long sys_any_i386(int nr, const uint64_t args[6])
{
	(void)nr;
	(void)args;
	return -ENOSYS;
}
#endif

int sys_seccomp(unsigned op, unsigned flags, void *arg)
{
	return int_result(syscall(SYS_seccomp, op, flags, arg));
}

int sys_keyctl_join_session(const char *name)
{
	return int_result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name));
}

int sys_keyctl_set_owner_perms(void)
{
	return int_result(
		syscall(SYS_keyctl, KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING, KEY_OWNER_ALL));
}

int sys_ioprio_set(int which, int who, int value)
{
	return int_result(syscall(SYS_ioprio_set, which, who, value));
}

int sys_sched_setattr(pid_t pid, const struct sys_sched *attr)
{
	return int_result(syscall(SYS_sched_setattr, pid, attr, 0));
}

int sys_sched_setaffinity(pid_t pid, const unsigned long *cpus, size_t n)
{
	return int_result(syscall(SYS_sched_setaffinity, pid, n * sizeof(*cpus), cpus));
}

/* The kernel looks at one bit less than it is told of. */
int sys_set_mempolicy(int mode, const unsigned long *nodes, size_t n)
{
	return int_result(syscall(SYS_set_mempolicy, mode, nodes,
				  n > 0 ? n * 8 * sizeof(*nodes) + 1 : 0));
}

int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return int_result(syscall(SYS_setresuid, r, e, s));
}

int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return int_result(syscall(SYS_setresgid, r, e, s));
}

int sys_setgroups(size_t n, const gid_t *list)
{
	return int_result(syscall(SYS_setgroups, n, list));
}

int sys_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	int r = int_result(syscall(SYS_capget, &head, d));

	if (r < 0)
		return r;
	*effective = d[0].effective | (uint64_t)d[1].effective << 32;
	*permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	*inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (unsigned i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return int_result(syscall(SYS_capset, &head, data));
}

/* Not executable unless asked for: with vm.memfd_noexec=2 the kernel refuses anything else
 * (Documentation/userspace-api/mfd_noexec.rst); before 6.3 it does not know the flag. */
int sys_memfd(const char *name, unsigned flags)
{
	int fd = -EINVAL;

	if ((flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == 0)
		fd = int_result(syscall(SYS_memfd_create, name, flags | MFD_NOEXEC_SEAL));
	if (fd != -EINVAL)
		return fd;
	return int_result(syscall(SYS_memfd_create, name, flags));
}

int sys_bpf(int cmd, void *attr, size_t size)
{
	return int_result(syscall(SYS_bpf, cmd, attr, size));
}

void sys_exit_thread(void)
{
	for (;;)
		(void)syscall(SYS_exit, 0);
}

int sys_futex_wait(const void *word, int value)
{
	return int_result(syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0));
}

int sys_futex_wake(const void *word)
{
	return int_result(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
}
