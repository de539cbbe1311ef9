/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_audit.c - calls that the filter kills for or logs, which no listener sees: the
 * kernel's audit tells of them (kernel/seccomp.c, seccomp_log), to whoever may read its
 * multicast group (CAP_AUDIT_READ). The records are the whole host's and name no container. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "watch/watch_private.h"

/* linux/audit.h has names that audit/audit.h has too */
#define NLGRP_READLOG  1
#define RECORD_SECCOMP 1326

#define RECORD_MAX  9000 /* MAX_AUDIT_MESSAGE_LENGTH, and its head */
#define TURN        16
#define LAST_MS     100
#define LOOKS_BURST 1000 /* records of the host, of which each costs a look into /proc */
#define LOOKS_S     200

/* ---- one record ---- */

/* What stands after a key, up to a blank; the kernel writes no blank into a value. */
static bool find(const char *text, const char *key, const char **at, size_t *len)
{
	const char *found = strstr(text, key);

	if (found == NULL)
		return false;
	*at = found + strlen(key);
	*len = strcspn(*at, " \n");
	return *len > 0;
}

static bool find_number(const char *text, const char *key, int base, uint64_t *out)
{
	const char *at;
	char *end;
	size_t len;

	if (!find(text, key, &at, &len) || at[0] == '-' || at[0] == '+')
		return false;
	errno = 0;
	*out = strtoull(at, &end, base);
	return errno == 0 && end == at + len;
}

static int digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* "word", or in hexadecimal what has other bytes than that allows
 * (audit_log_n_untrustedstring). */
static void find_word(const char *text, const char *key, char *out, size_t size)
{
	const char *at;
	size_t len, n = 0;

	out[0] = '\0';
	if (!find(text, key, &at, &len) || at[0] == '(')
		return;
	if (at[0] == '"') {
		n = len >= 2 && at[len - 1] == '"' ? len - 2 : 0;
		n = n < size ? n : size - 1;
		memcpy(out, at + 1, n);
	} else {
		for (; 2 * n + 1 < len && n < size - 1; n++) {
			int high = digit(at[2 * n]), low = digit(at[2 * n + 1]);

			if (high < 0 || low < 0)
				break;
			out[n] = (char)(high << 4 | low);
		}
	}
	out[n] = '\0';
}

bool kernel_audit_parse(const char *text, struct kernel_audit *out)
{
	uint64_t pid, arch, nr, code;

	if (!find_number(text, " pid=", 10, &pid) || !find_number(text, " arch=", 16, &arch) ||
	    !find_number(text, " syscall=", 10, &nr) || !find_number(text, " code=", 16, &code))
		return false;
	if (pid == 0 || pid > INT32_MAX || arch > UINT32_MAX || nr > INT32_MAX ||
	    code > UINT32_MAX)
		return false;
	*out = (struct kernel_audit){ .pid = (pid_t)pid,
				      .action = (uint32_t)code & SECCOMP_RET_ACTION_FULL,
				      .call = { .nr = (int)nr, .arch = (uint32_t)arch } };
	find_word(text, " comm=", out->comm, sizeof(out->comm));
	find_word(text, " exe=", out->exe, sizeof(out->exe));
	return true;
}

/* ---- whose ---- */

/* A record comes before its process ends, but its parent may be as fast as we: then nobody can
 * tell any more whose it was. The init's is known. */
static bool is_ours(const struct watch *w, pid_t pid)
{
	struct err ignored = { 0 };
	char path[4096];
	const char *rest;

	if (pid == w->want.pid)
		return true;
	if (w->want.cgroup == NULL || cg_path_of(pid, path, sizeof(path), &ignored) < 0)
		return false;
	rest = str_after(path, w->want.cgroup);
	return rest != NULL && (rest[0] == '\0' || rest[0] == '/');
}

/* ---- the socket ---- */

/* Of all that the host's audit tells only this kind wakes us. */
static int only_seccomp(int fd)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		/* the header has our order, BPF_LD the network's */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RECORD_SECCOMP), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, RECORD_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { COUNT(insns), insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0
		       ? -errno
		       : 0;
}

static int open_socket(void)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	const int group = NLGRP_READLOG;
	autofd int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
	int err;

	if (fd < 0)
		return -errno;
	err = only_seccomp(fd);
	if (err < 0)
		return err;
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return take_fd(&fd);
}

bool watch_hears_kernel(void)
{
	autofd int fd = open_socket();

	if (fd < 0)
		log_debug("seccomp: calls that the filter kills for or logs are not recorded: "
			  "the kernel's audit: %s",
			  strerror(-fd));
	return fd >= 0;
}

int kernel_audit_open(struct watch *w, int *fd, struct err *e)
{
	int got;

	if (calls_ready(w, e) < 0)
		return -1;
	got = open_socket();
	if (got >= 0)
		*fd = got;
	return 0;
}

/* From the kernel, and from nobody else. */
static ssize_t receive(int fd, char *buf, size_t size)
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, buf, size - 1, 0, (struct sockaddr *)&from, &len);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return from.nl_pid == 0 ? n : 0;
}

void kernel_audit_take(struct watch *w)
{
	char buf[RECORD_MAX];
	uint64_t again;

	for (int i = 0; i < TURN; i++) {
		struct kernel_audit seen;
		ssize_t n;

		if (!watch_bucket_take(&w->kernel_pace, LOOKS_BURST, LOOKS_S, now_boot_ms(),
				       &again)) {
			w->due[DUE_KERNEL_AGAIN] = again;
			watch_mute(w, SOURCE_KERNEL, true);
			return;
		}
		n = receive(w->fd[SOURCE_KERNEL], buf, sizeof(buf));
		if (n == -EAGAIN)
			return;
		if (n > NLMSG_HDRLEN && kernel_audit_parse(buf + NLMSG_HDRLEN, &seen) &&
		    is_ours(w, seen.pid))
			calls_heard(w, &seen);
	}
}

/* The record goes through a thread of the kernel's and may come after the end. */
void kernel_audit_last(struct watch *w, int status)
{
	struct pollfd p = { .fd = w->fd[SOURCE_KERNEL], .events = POLLIN };

	if (p.fd < 0)
		return;
	if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		(void)poll(&p, 1, LAST_MS);
	kernel_audit_take(w);
}

void kernel_audit_resume(struct watch *w)
{
	watch_mute(w, SOURCE_KERNEL, false);
}
