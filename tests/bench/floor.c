/* SPDX-License-Identifier: Apache-2.0 */
/* floor.c - the fair floor of bench: what one container costs when nothing is read, planned,
 * checked or reported. It is linked to caisson's libraries, so that the dynamic linker has the
 * same work, and does by the shortest way what the bundle of `caisson spec' asks for.
 *
 * floor [--no-device-filter] ROOTFS ID COMMAND [ARGUMENT ...]
 *
 * Left out, as a floor may: descriptors where a path will do, errors that explain themselves,
 * hiding the binary, the handshake, the audit, the lock. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))
#define KEEP        (1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE)
#define STATE_ROOT  "/run/floor"
#define CGROUP_ROOT "/sys/fs/cgroup"

struct fs {
	const char *type, *on, *data;
	unsigned long flags;
	bool make;
};

struct node {
	const char *path;
	unsigned major, minor;
};

static const struct fs mounts[] = {
	{ "proc", "proc", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV, false },
	{ "tmpfs", "dev", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME, false },
	{ "devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5",
	  MS_NOSUID | MS_NOEXEC, true },
	{ "tmpfs", "dev/shm", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV, true },
	{ "mqueue", "dev/mqueue", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV, true },
	{ "sysfs", "sys", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, false },
	{ "cgroup2", "sys/fs/cgroup", NULL,
	  MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY | MS_RELATIME, false },
};

static const struct node nodes[] = {
	{ "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
	{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
};

static const char *const links[][2] = {
	{ "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
	{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
	{ "/proc/kcore", "dev/core" },       { "pts/ptmx", "dev/ptmx" },
};

static const char *const read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static const char *const masked[] = {
	"/proc/acpi",       "/proc/asound",      "/proc/interrupts",
	"/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	"/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap",
};

static _Noreturn void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void must(long got, const char *what)
{
	if (got < 0)
		die(what);
}

/* ---- the runtime's side ---- */

static const struct bpf_insn *filter(size_t *n)
{
	static struct bpf_insn p[8 + COUNT(nodes) * 5 + 2];
	size_t k = 0;

	p[k++] = (struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0 };
	p[k++] = (struct bpf_insn){ BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, 0xffff };
	p[k++] = (struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0 };
	p[k++] = (struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0 };
	for (size_t i = 0; i < COUNT(nodes); i++) {
		const int major = (int)nodes[i].major, minor = (int)nodes[i].minor;

		p[k++] = (struct bpf_insn){ BPF_JMP | BPF_JNE | BPF_K, 2, 0, 4,
					    BPF_DEVCG_DEV_CHAR };
		p[k++] = (struct bpf_insn){ BPF_JMP | BPF_JNE | BPF_K, 4, 0, 3, major };
		p[k++] = (struct bpf_insn){ BPF_JMP | BPF_JNE | BPF_K, 5, 0, 2, minor };
		p[k++] = (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1 };
		p[k++] = (struct bpf_insn){ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 };
	}
	p[k++] = (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 };
	p[k++] = (struct bpf_insn){ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 };
	*n = k;
	return p;
}

static void filter_devices(int cgroup)
{
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE };
	union bpf_attr attach = { .target_fd = (unsigned)cgroup,
				  .attach_type = BPF_CGROUP_DEVICE,
				  .attach_flags = BPF_F_ALLOW_MULTI };
	size_t n;
	long fd;

	load.insns = (uintptr_t)filter(&n);
	load.insn_cnt = (unsigned)n;
	load.license = (uintptr_t) "Apache-2.0";
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	must(fd, "bpf: load");
	attach.attach_bpf_fd = (unsigned)fd;
	must(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)), "bpf: attach");
	must(close((int)fd), "bpf: close");
}

static void write_state(const char *id, char dir[256], char file[300])
{
	static const char text[] =
		"{\"version\":1,\"id\":\"\",\"status\":\"created\",\"pid\":1,\"bundle\":\"\"}";
	int fd;

	if (mkdir(STATE_ROOT, 0700) < 0 && errno != EEXIST)
		die(STATE_ROOT);
	(void)snprintf(dir, 256, STATE_ROOT "/%.200s", id);
	(void)snprintf(file, 300, "%s/state.json", dir);
	must(mkdir(dir, 0700), "state: mkdir");
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd, "state: create");
	must(write(fd, text, sizeof(text) - 1), "state: write");
	must(close(fd), "state: close");
}

static int make_cgroup(const char *id, char path[256], bool devices)
{
	int fd;

	(void)snprintf(path, 256, CGROUP_ROOT "/%.200s", id);
	must(mkdir(path, 0755), "cgroup: mkdir");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd, "cgroup: open");
	if (devices)
		filter_devices(fd);
	return fd;
}

/* ---- the container's side ---- */

static void mount_all(const char *rootfs)
{
	must(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "propagation");
	must(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
	must(chdir(rootfs), rootfs);
	for (size_t i = 0; i < COUNT(mounts); i++) {
		const struct fs *m = &mounts[i];

		if (m->make)
			must(mkdir(m->on, 0755), m->on);
		must(mount(m->type, m->on, m->type, m->flags, m->data), m->on);
	}
	(void)umask(0);
	for (size_t i = 0; i < COUNT(nodes); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666,
			   makedev(nodes[i].major, nodes[i].minor)),
		     nodes[i].path);
	for (size_t i = 0; i < COUNT(links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
	(void)umask(022);
}

static void pivot(void)
{
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "old root");
	must(chdir("/"), "/");
	must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
}

/* The first directory gets an empty tmpfs, each further one a bind of it. */
static void mask(const char *path, const char **empty)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		must(mount("/dev/null", path, NULL, MS_BIND, NULL), path);
	} else if (*empty != NULL) {
		must(mount(*empty, path, NULL, MS_BIND, NULL), path);
	} else {
		must(mount("tmpfs", path, "tmpfs", MS_RDONLY, "nr_inodes=2"), path);
		*empty = path;
	}
}

static void close_paths(void)
{
	const unsigned long same = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NOEXEC | MS_NODEV;
	const char *empty = NULL;

	for (size_t i = 0; i < COUNT(read_only); i++) {
		if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) < 0 &&
		    errno == ENOENT)
			continue;
		must(mount(NULL, read_only[i], NULL, same | MS_RDONLY, NULL), read_only[i]);
	}
	for (size_t i = 0; i < COUNT(masked); i++)
		mask(masked[i], &empty);
}

static void raise_loopback(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "loopback: socket");
	must(ioctl(fd, SIOCSIFFLAGS, &req), "loopback");
	must(close(fd), "loopback: close");
}

static void drop(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { KEEP & UINT32_MAX, KEEP & UINT32_MAX, 0 },
						  { KEEP >> 32, KEEP >> 32, 0 } };
	const struct rlimit files = { 1024, 1024 };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	must(setrlimit(RLIMIT_NOFILE, &files), "rlimit");
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if ((KEEP >> cap & 1) == 0)
			must(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "bounding set");
	must(syscall(SYS_setgroups, 0, NULL), "setgroups");
	must(setresgid(0, 0, 0), "setresgid");
	must(setresuid(0, 0, 0), "setresuid");
	must(syscall(SYS_capset, &head, data), "capset");
}

static _Noreturn void contain(const char *rootfs, const char *id, char **argv)
{
	char *const env[] = { NULL };

	must(setsid(), "setsid");
	must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	raise_loopback();
	mount_all(rootfs);
	pivot();
	must(sethostname("floor", 5), "hostname");
	close_paths();
	must(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, id, 0, 0, 0), "keyring");
	drop();
	must(execve(argv[0], argv, env), argv[0]);
	_exit(1);
}

int main(int argc, char **argv)
{
	bool devices = argc < 2 || strcmp(argv[1], "--no-device-filter") != 0;
	char dir[256], file[300], group[256];
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWNS | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	int status = 0, cgroup;
	pid_t pid;

	argv += devices ? 1 : 2;
	if (argc < (devices ? 4 : 5))
		return 2;
	write_state(argv[1], dir, file);
	cgroup = make_cgroup(argv[1], group, devices);
	args.cgroup = (unsigned)cgroup;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid, "clone3");
	if (pid == 0)
		contain(argv[0], argv[1], argv + 2);
	must(waitpid(pid, &status, 0), "wait");
	must(close(cgroup), "cgroup: close");
	must(rmdir(group), "cgroup: remove");
	must(unlink(file), "state: unlink");
	must(rmdir(dir), "state: remove");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
