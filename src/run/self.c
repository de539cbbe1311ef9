/* SPDX-License-Identifier: Apache-2.0 */
/* self.c - the container never gets a handle on our binary (CVE-2019-5736).
 *
 * The init runs our code until execve, and an image may make it execute /proc/self/exe (as
 * args[0], as the interpreter of a script, as the program's ELF interpreter): what then runs
 * has our file, on the host, as its own executable, and can reopen it for writing. Peers run
 * from a sealed copy or a read-only mount of themselves, which loads the program twice, 1.6 ms
 * of crun's 6. We take the file out of the process instead: each piece of it that is mapped is
 * replaced, in place, and the kernel is told, prctl(2) PR_SET_MM_EXE_FILE, that our executable
 * is an empty sealed memfd. What is only read is mapped again from a read-only mount of the
 * file that is attached nowhere: the kernel compares mount and file, the pages are those that
 * are there, and what /proc/PID/map_files shows until execve cannot be written. What was
 * written to, and all of it where there can be no such mount, becomes anonymous memory with
 * the same bytes: that costs 1 ms for 1.7 MiB. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/prctl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "run/run_private.h"

/* What dl_iterate_phdr knows of the program itself, which is always its first object. */
struct image {
	uintptr_t base;
	const ElfW(Phdr) * headers;
	size_t n;
	uintptr_t relro_start, relro_end;
};

static int first_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct image *out = ctx;

	(void)size;
	out->base = info->dlpi_addr;
	out->headers = info->dlpi_phdr;
	out->n = info->dlpi_phnum;
	return 1;
}

/* AddressSanitizer forbids the gaps between variables, which are copied with the rest. */
#if defined(__SANITIZE_ADDRESS__)
__attribute__((no_sanitize_address)) static void copy_pages(void *to, const void *from,
							    size_t size)
{
	for (size_t i = 0; i < size / sizeof(uint64_t); i++)
		((volatile uint64_t *)to)[i] = ((const volatile uint64_t *)from)[i];
}
#else
static void copy_pages(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
}
#endif

/* A mount that is in no namespace cannot be changed by anybody: it stays read-only. Ours gets
 * there in one of two ways. Attached over the file, in the mount namespace that is to be the
 * container's, it goes with the old root at pivot_root. Never attached, it goes when its
 * descriptor is closed, for which the kernel waits once more, 60 us and longer on a busy host:
 * for who has no mount namespace of his own yet, and where mounts spread to the host. */
static bool goes_with_old_root(const struct run *r, const struct plan *pl)
{
	return pl->ns.new_mount && !r->hidden_early && pl->root.pivot &&
	       pl->root.propagation != MS_SHARED;
}

/* Our own file by way of a mount of its own that is read-only. -1 when that cannot be had: the
 * name may have gone to another file, or we may not mount. */
static int open_again(const struct run *r, const struct plan *pl)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	char name[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", name, sizeof(name) - 1);
	autofd int tree = -1, fd = -1;
	struct stat is, want;

	if (n < 0 || stat("/proc/self/exe", &want) < 0)
		return -1;
	name[n] = '\0';
	tree = sys_open_tree(AT_FDCWD, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0)
		return -1;
	fd = open(fd_path(tree).s, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &is) < 0 || is.st_dev != want.st_dev ||
	    is.st_ino != want.st_ino)
		return -1;
	if (goes_with_old_root(r, pl) &&
	    sys_move_mount(tree, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	return take_fd(&fd);
}

/* Same bytes, same protection, no file behind them. mremap replaces the old pages in one
 * step, so that even the code that runs this is never missing. */
static int replace(uintptr_t from, uintptr_t to, int prot)
{
	size_t size = to - from;
	void *copy;

	if (size == 0)
		return 0;
	copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (copy == MAP_FAILED)
		return -errno;
	copy_pages(copy, (const void *)from, size);
	if ((prot != (PROT_READ | PROT_WRITE) && mprotect(copy, size, prot) < 0) ||
	    mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) == MAP_FAILED)
		return -errno;
	return 0;
}

static int protection(uint32_t flags)
{
	return ((flags & PF_R) != 0 ? PROT_READ : 0) | ((flags & PF_W) != 0 ? PROT_WRITE : 0) |
	       ((flags & PF_X) != 0 ? PROT_EXEC : 0);
}

/* One PT_LOAD. The dynamic linker has made the front of the writable one read-only (RELRO);
 * what lies behind the file's bytes is anonymous already. */
static int replace_segment(const struct image *im, const ElfW(Phdr) * h, int file)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (im->base + h->p_vaddr) & ~(page - 1);
	uintptr_t to = (im->base + h->p_vaddr + h->p_filesz + page - 1) & ~(page - 1);
	uintptr_t cut = im->relro_end < to ? im->relro_end : to;
	int got;

	if (file >= 0 && (h->p_flags & PF_W) == 0)
		return mmap((void *)from, to - from, protection(h->p_flags),
			    MAP_PRIVATE | MAP_FIXED, file,
			    (off_t)(h->p_offset & ~(page - 1))) == MAP_FAILED
			       ? -errno
			       : 0;
	got = replace(from, to, protection(h->p_flags));
	if (got == 0 && (h->p_flags & PF_W) != 0 && im->relro_start <= from && cut > from &&
	    mprotect((void *)from, cut - from, PROT_READ) < 0)
		return -errno;
	return got;
}

static int leave_file(const struct run *r, const struct plan *pl)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	autofd int file = open_again(r, pl);
	struct image im = { 0 };
	int got = 0;

	(void)dl_iterate_phdr(first_object, &im);
	for (size_t i = 0; i < im.n; i++)
		if (im.headers[i].p_type == PT_GNU_RELRO) {
			im.relro_start = (im.base + im.headers[i].p_vaddr) & ~(page - 1);
			im.relro_end =
				(im.base + im.headers[i].p_vaddr + im.headers[i].p_memsz) &
				~(page - 1);
		}
	for (size_t i = 0; got == 0 && i < im.n; i++)
		if (im.headers[i].p_type == PT_LOAD)
			got = replace_segment(&im, &im.headers[i], file);
	return got;
}

/* In a user namespace only the whole map may be set, and for that it has to be told again:
 * proc(5), /proc/PID/stat fields 26 to 28 and 45 to 51. */
static int set_exe_by_map(const struct run *r, int fd)
{
	struct prctl_mm_map map = { .exe_fd = (uint32_t)fd };
	unsigned long long f[52] = { 0 };
	char text[1024], *at;

	/* in a container that is there /proc is not to be asked */
	if (file_peek_at(r->proc, r->proc >= 0 ? "self/stat" : "/proc/self/stat", text,
			 sizeof(text)) < 0)
		return -ENOENT;
	at = strrchr(text, ')');
	for (int i = 3; at != NULL && i <= 51; i++) {
		at = strchr(at + 1, ' ');
		if (at == NULL)
			return -EINVAL;
		f[i] = strtoull(at + 1, NULL, 10);
	}
	map.start_code = f[26];
	map.end_code = f[27];
	map.start_stack = f[28];
	map.start_data = f[45];
	map.end_data = f[46];
	map.start_brk = f[47];
	map.brk = (uint64_t)(uintptr_t)sbrk(0);
	map.arg_start = f[48];
	map.arg_end = f[49];
	map.env_start = f[50];
	map.env_end = f[51];
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0 ? -errno : 0;
}

static int set_exe(const struct run *r, int fd)
{
	if (prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0) == 0)
		return 0;
	return errno == EPERM ? set_exe_by_map(r, fd) : -errno;
}

static int hide(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int fd = sys_memfd("caisson", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	int err;

	if (fd ==
	    -EINVAL) /* before 6.3 every memfd is executable, and there is no flag to ask */
		fd = sys_memfd("caisson", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return fail_sys(e, -fd, "memfd_create");
	if (fchmod(fd, 0555) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) <
		    0)
		return fail_sys(e, errno, "seal an empty executable");
	err = leave_file(r, pl);
	if (err == 0)
		err = set_exe(r, fd);
	if (err == 0)
		return 0;
	(void)fail_sys(e, -err, "take our own binary out of the container's reach");
	return hint(e, "install caisson on a read-only file system, or owned by an id that the "
		       "container does not map");
}

/* A process that is cloned into a pid namespace with others is seen by them from its first
 * instruction. Undumpable, it is out of reach for all but those that have CAP_SYS_PTRACE over
 * our user namespace, which the container's have where they share it. */
int hide_before_clone(struct run *r, const struct plan *pl, struct err *e)
{
	bool user = r->target != NULL ? (r->joins & CLONE_NEWUSER) != 0
				      : pl->ns.new_user || pl->ns.join[NS_USER] != NULL;

	if (!pl->protect_self || user || (r->target == NULL && pl->ns.join[NS_PID] == NULL))
		return 0;
	r->hidden_early = true;
	return hide(r, pl, e);
}

int do_hide_binary(struct run *r, const struct plan *pl, struct err *e)
{
	return r->hidden_early ? 0 : hide(r, pl, e);
}
