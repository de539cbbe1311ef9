/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_kernel.c - system calls, seccomp, Landlock, audit. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/version.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "doctor/doctor_private.h"
#include "plan/host.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define OLDEST KERNEL_VERSION(5, 15, 0)

void look_kernel(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	struct utsname u;
	struct host h;

	(void)d;
	(void)what;
	host_probe(&h);
	if (uname(&u) < 0)
		u.release[0] = '\0';
	found(f, h.kernel >= OLDEST ? DOCTOR_OK : DOCTOR_MISSING, "Linux %.60s", u.release);
	if (h.kernel < OLDEST)
		remedy(f, "Linux 5.15 or later");
}

void look_clone3(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	int pidfd = -1;
	struct clone_args args = { .flags = CLONE_PIDFD,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uint64_t)(uintptr_t)&pidfd };
	pid_t pid = sys_clone3(&args, sizeof(args));

	(void)d;
	(void)what;
	if (pid == 0)
		proc_exit(0);
	if (pid > 0)
		(void)proc_wait(pid, pidfd, -1, NULL);
	found_errno(f, pid, "clone3", "a process is made together with its pidfd");
}

void look_pidfd(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	autofd int fd = sys_pidfd_open(getpid(), 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int err = fd;

	(void)d;
	(void)what;
	if (err >= 0)
		err = sys_pidfd_send_signal(fd, 0);
	if (err >= 0 && poll(&p, 1, 0) != 0)
		err = -EINVAL;
	found_errno(f, err, "pidfd_open, pidfd_send_signal",
		    "processes are named by descriptors");
}

void look_openat2(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	autofd int root = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int fd = root < 0 ? -errno : sys_openat2(root, "/../../self", &how);

	(void)d;
	(void)what;
	found_errno(f, fd, "openat2", "paths are resolved below a root");
	if (fd < 0)
		remedy(f, "Linux 5.6 or later; around us, a seccomp filter that knows openat2");
}

void look_close_range(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	int err = sys_close_range(1000, ~0U, CLOSE_RANGE_CLOEXEC);

	(void)d;
	(void)what;
	found_errno(f, err, "close_range", "descriptors are marked close-on-exec all at once");
}

/* ---- seccomp ---- */

static int load(struct sock_filter *code, unsigned short n, unsigned flags)
{
	struct sock_fprog program = { n, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* getppid(2) is refused, by an errno that it never gives, and nothing else. */
void look_seccomp(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const uint64_t none[6] = { 0 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTNAM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int err = load(code, COUNT(code), 0);

	(void)d;
	(void)what;
	if (err == 0 && sys_any(SYS_getppid, none) != -ENOTNAM)
		err = -EINVAL;
	found_errno(f, err, "load a filter", "a filter was loaded and refused a call");
	if (err < 0)
		remedy(f, "a kernel with CONFIG_SECCOMP_FILTER");
}

/* A flag that the kernel knows gets as far as the missing program. */
void look_seccomp_flags(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	static const struct word flags[] = {
		{ "TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
		{ "LOG", SECCOMP_FILTER_FLAG_LOG },
		{ "SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ "WAIT_KILLABLE_RECV",
		  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER },
		{ NULL, 0 },
	};
	char there[100] = "", lacking[100] = "";
	struct sbuf has = SBUF(there), lacks = SBUF(lacking);

	(void)d;
	(void)what;
	for (const struct word *w = flags; w->name != NULL; w++) {
		bool ok = sys_seccomp(SECCOMP_SET_MODE_FILTER, (unsigned)w->value, NULL) ==
			  -EFAULT;
		struct sbuf *b = ok ? &has : &lacks;

		sbuf_add(b, "%s%s", b->n > 0 ? " " : "", w->name);
	}
	if (lacks.n == 0)
		found(f, DOCTOR_OK, "%s", there);
	else
		found(f, has.n > 0 ? DOCTOR_LIMITED : DOCTOR_MISSING, "%s; without %s", there,
		      lacking);
}

/* getppid(2) in a thread would wait for us: it is enough that a listener is given and that the
 * kernel says how large a notification is. */
void look_notify(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct seccomp_notif_sizes sizes;
	int err = sys_seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes);

	(void)d;
	(void)what;
	if (err == 0)
		err = load(code, COUNT(code), SECCOMP_FILTER_FLAG_NEW_LISTENER);
	found_errno(f, err, "load a filter with a listener",
		    "a listener for a filter's notifications");
	if (err == -EBUSY)
		remedy(f, "one listener a process: whoever runs us has one already");
}

/* ---- Landlock, audit ---- */

void look_landlock(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	const uint64_t version[6] = { 0, 0, 1 }; /* LANDLOCK_CREATE_RULESET_VERSION */
	long abi = sys_any(SYS_landlock_create_ruleset, version);

	(void)d;
	(void)what;
	if (abi > 0) {
		found(f, DOCTOR_OK, "ABI %ld", abi);
		return;
	}
	found_errno(f, abi == 0 ? -ENOSYS : (int)abi, "landlock_create_ruleset", "");
	remedy(f, abi == -EOPNOTSUPP ? "boot with lsm=landlock,... (the list is in "
				       "/sys/kernel/security/lsm)"
				     : "Linux 5.13 or later with CONFIG_SECURITY_LANDLOCK");
}

void look_audit(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	(void)d;
	(void)what;
	found_errno(f, fd < 0 ? -errno : 0, "socket of NETLINK_AUDIT",
		    "the kernel has an audit log");
	if (fd < 0)
		remedy(f, "a kernel with CONFIG_AUDIT; dmesg shows what is logged without");
}
