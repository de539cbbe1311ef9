/* SPDX-License-Identifier: Apache-2.0 */
/* tries.c - what a container gets for calls that policies deny: a line for each, its errno or
 * signal. The arguments are such that where one is let through nothing happens. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(name, ...)              \
	{                           \
#name, SYS_##name,  \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

static const struct
try {
	const char *name;
	long nr, args[6];
}
tries[] = {
	TRY(mount),
	TRY(umount2),
	TRY(pivot_root),
	TRY(chroot),
	TRY(ptrace, 16, -1),
	TRY(process_vm_readv, -1),
	TRY(process_vm_writev, -1),
	TRY(kcmp, -1, -1),
	TRY(keyctl, 99),
	TRY(add_key),
	TRY(request_key),
	TRY(bpf, -1),
	TRY(perf_event_open, 0, -2, -2, -1),
	TRY(kexec_load, 0, 99),
	TRY(init_module),
	TRY(finit_module, -1),
	TRY(delete_module),
	TRY(reboot, 1, 2, 3),
	TRY(swapon),
	TRY(swapoff),
	TRY(setns, -1),
	TRY(unshare, CLONE_NEWUSER),
	TRY(unshare, CLONE_NEWNS),
	TRY(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
	TRY(clone3, 0, 1),
	TRY(userfaultfd, -1),
	TRY(quotactl, -1),
	TRY(acct, 1),
	TRY(syslog, -1),
	TRY(sethostname, 0, -1),
	TRY(setdomainname, 0, -1),
	TRY(settimeofday, 1),
	TRY(clock_settime, -1),
	TRY(adjtimex),
	TRY(open_by_handle_at, -1),
	TRY(name_to_handle_at, -1),
	TRY(fanotify_init, -1),
	TRY(vhangup),
	TRY(move_pages, -1),
	TRY(migrate_pages, -1),
	TRY(mbind, 1, 1, 99),
	TRY(set_mempolicy, 99),
	TRY(personality, 0x1234),
	TRY(io_uring_setup, 0),
	TRY(io_uring_enter, -1),
	TRY(fsopen),
	TRY(fsmount, -1),
	TRY(move_mount, -1),
	TRY(open_tree, -1),
	TRY(mount_setattr, -1),
	TRY(openat2, -1),
	TRY(faccessat2, -1),
	TRY(pidfd_getfd, -1),
	TRY(memfd_secret, -1),
	TRY(landlock_create_ruleset, 0, 1),
	TRY(socket, AF_ALG, SOCK_SEQPACKET, 0),
	TRY(socket, AF_VSOCK, SOCK_STREAM, 0),
	TRY(socket, AF_NETLINK, SOCK_RAW, 9),
	TRY(socket, AF_NETLINK, SOCK_RAW, 0),
	TRY(socket, AF_PACKET, SOCK_RAW, 0),
	TRY(socket, AF_INET, SOCK_RAW, 255),
	TRY(ioctl, 0, 0x5412),
	TRY(mknodat, -1, 0, 0020000),
	TRY(getppid),
	{ "a number beyond all", 5000, { 0 } },
};

static void try(const struct try *t)
{
	const long *a = t->args;
	long got;

	errno = 0;
	got = syscall(t->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (t->nr == SYS_clone && got == 0)
		_exit(0);
	_exit(got == -1 ? errno : 0);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		pid_t pid = fork();
		int status = 0;

		if (pid == 0)
			try(&tries[i]);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		printf("%zu %s %s %d\n", i, tries[i].name,
		       WIFSIGNALED(status) ? "signal" : "errno",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return 0;
}
