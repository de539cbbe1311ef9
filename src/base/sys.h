/* SPDX-License-Identifier: Apache-2.0 */
/* sys.h - raw system calls that libc lacks or hides. Each returns -errno and says nothing.
 * The only file besides the child of clone3 in run/ where syscall(2) may be named. */
#pragma once
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

pid_t sys_clone3(struct clone_args *args, size_t size);
int sys_pidfd_open(pid_t pid, unsigned flags);
int sys_pidfd_send_signal(int pidfd, int sig);
/* How a process ended that has been reaped, as wait(2) has it (Linux 6.15). -ENODATA: not
 * reaped yet; -EINVAL, -ENOTTY: an older kernel. */
int sys_pidfd_exit_status(int pidfd, int *status);
int sys_openat2(int dir, const char *path, const struct open_how *how);
int sys_close_range(unsigned first, unsigned last, unsigned flags);

int sys_open_tree(int dir, const char *path, unsigned flags);
int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int sys_fsopen(const char *type, unsigned flags);
int sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux);
int sys_fsmount(int fd, unsigned flags, unsigned attr);
int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr);
int sys_pivot_root(const char *new_root, const char *put_old);
/* What the kernel says, "(unreachable)/..." included: glibc's getcwd(3) then walks up by "..",
 * and takes another mount of the root for the root. */
int sys_getcwd(char *buf, size_t size);

/* Any call, its six registers as they are: to try filters. The second is an i386 call of an
 * x86-64 process, -ENOSYS elsewhere; a kernel without them sends SIGSEGV. */
long sys_any(int nr, const uint64_t args[6]);
long sys_any_i386(int nr, const uint64_t args[6]);

int sys_seccomp(unsigned op, unsigned flags, void *arg);
int sys_keyctl_join_session(const char *name);
int sys_keyctl_set_owner_perms(void); /* KEYCTL_SETPERM: possessor and user all */
int sys_ioprio_set(int which, int who, int value);

/* SCHED_ATTR_SIZE_VER0 of linux/sched/types.h, a header that older kernels ship in a form that
 * collides with libc's sched.h. See sched_setattr(2) for the units; size is sizeof itself. */
struct sys_sched {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
_Static_assert(sizeof(struct sys_sched) == 48, "the kernel reads it by size");

int sys_sched_setattr(pid_t pid, const struct sys_sched *attr);
/* n words of processors, or of memory nodes, as base/bits.h has them. */
int sys_sched_setaffinity(pid_t pid, const unsigned long *cpus, size_t n);
int sys_set_mempolicy(int mode, const unsigned long *nodes, size_t n);

/* Raw credentials: of this thread only, unlike libc's, which signal all threads. */
int sys_setresuid(uid_t r, uid_t e, uid_t s);
int sys_setresgid(gid_t r, gid_t e, gid_t s);
int sys_setgroups(size_t n, const gid_t *list);
int sys_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);

int sys_memfd(const char *name, unsigned flags); /* not executable without MFD_EXEC */
int sys_bpf(int cmd, void *attr, size_t size);

/* Ends this thread and no other. Not _Noreturn: a sanitizer would look for the stack that libc
 * gave the thread, which one of a raw clone(2) has not. */
void sys_exit_thread(void);

/* futex(2) between threads of this process. */
int sys_futex_wait(const void *word, int value);
int sys_futex_wake(const void *word);
