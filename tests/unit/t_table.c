/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "seccomp/table.h"

static int find(const char *name)
{
	return sc_find(name, strlen(name));
}

/* ---- names and numbers ---- */

Test(table, each_name_is_found)
{
	for (int id = 0; id < SC_N; id++)
		cr_expect_eq(find(sc_name(id)), id, "%s", sc_name(id));
}

Test(table, another_name_finds_the_same_call)
{
	cr_assert_geq(find("sync_file_range2"), 0);
	cr_assert_eq(find("arm_sync_file_range"), find("sync_file_range2"));
	cr_assert_str_eq(sc_name(find("arm_sync_file_range")), "sync_file_range2");
}

Test(table, what_is_no_name_is_not_found)
{
	static const char *const names[] = { "",
					     "rea",
					     "readd",
					     "READ",
					     "read ",
					     "@known",
					     "socke",
					     "sockets",
					     "clone4",
					     "x",
					     "nosuch",
					     "write_",
					     "rt_sigtimedwai_time64" };

	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect_eq(find(names[i]), -1, "%s", names[i]);
	cr_expect_eq(sc_find("read\0x", 6), -1);
	cr_expect_eq(sc_find("read\0", 5), -1);
	cr_expect_eq(sc_find("readv", 4), find("read"));
}

Test(table, names_are_sorted)
{
	for (int id = 1; id < SC_N; id++)
		cr_expect_lt(strcmp(sc_name(id - 1), sc_name(id)), 0, "%s", sc_name(id));
}

Test(table, a_number_leads_back_to_its_call)
{
	for (enum arch a = 0; a < ARCH_N; a++)
		for (int id = 0; id < SC_N; id++) {
			int nr = sc_number(id, a);

			cr_expect(nr < 0 || sc_by_number(a, (uint32_t)nr) == id, "%s %s",
				  arch_name(a), sc_name(id));
		}
}

Test(table, a_call_leads_back_to_its_number)
{
	for (enum arch a = 0; a < ARCH_N; a++)
		for (uint32_t nr = 0; nr <= sc_last(a); nr++) {
			int id = sc_by_number(a, nr);

			cr_expect(id < 0 || sc_number(id, a) == (int)nr, "%s %u", arch_name(a),
				  nr);
		}
}

Test(table, a_hole_and_what_is_beyond_have_no_call)
{
	cr_expect_eq(sc_by_number(ARCH_X86_64, 337), -1);
	cr_expect_eq(sc_by_number(ARCH_AARCH64, 244), -1);
	cr_expect_eq(sc_by_number(ARCH_I386, 222), -1);
	for (enum arch a = 0; a < ARCH_N; a++) {
		cr_expect_geq(sc_by_number(a, sc_last(a)), 0);
		cr_expect_eq(sc_by_number(a, sc_last(a) + 1), -1);
		cr_expect_eq(sc_by_number(a, 0x40000000), -1);
		cr_expect_eq(sc_by_number(a, UINT32_MAX), -1);
		cr_expect_lt(sc_last(a), 0x1000u);
	}
}

Test(table, arms_private_calls_are_there_only)
{
	static const char *const names[] = { "breakpoint", "cacheflush", "usr26",
					     "usr32",      "set_tls",    "get_tls" };

	for (size_t i = 0; i < COUNT(names); i++) {
		int nr = 0xf0001 + (int)i, id = find(names[i]);

		cr_expect_eq(sc_number(id, ARCH_ARM), nr);
		cr_expect_eq(sc_by_number(ARCH_ARM, (uint32_t)nr), id);
		cr_expect_eq(sc_by_number(ARCH_X86_64, (uint32_t)nr), -1);
		cr_expect_eq(sc_number(id, ARCH_AARCH64), -1);
	}
	cr_expect_eq(sc_by_number(ARCH_ARM, 0xf0000), -1);
	cr_expect_eq(sc_by_number(ARCH_ARM, 0xf0007), -1);
}

/* Reads "#define __NR_name number" of the compiler's own header; false: it has none. */
static bool compare_with_header(enum arch arch, const char *header)
{
	const char *cc = getenv("CC");
	char line[256], command[256], name[64];
	size_t seen = 0;
	int nr;
	FILE *f;

	snprintf(command, sizeof(command), "%s -E -dM -include %s -x c /dev/null 2>/dev/null",
		 cc != NULL ? cc : "cc", header);
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "#define __NR_%63s %d", name, &nr) != 2)
			continue;
		seen++;
		if ((uint32_t)nr > sc_last(arch))
			continue; /* headers newer than our tables */
		cr_expect_geq(find(name), 0, "%s: not in our tables", name);
		cr_expect(find(name) < 0 || sc_number(find(name), arch) == nr, "%s %s: %d",
			  arch_name(arch), name, nr);
	}
	return f != NULL && pclose(f) == 0 && seen > 0;
}

Test(table, numbers_are_those_of_the_headers)
{
#if defined(__x86_64__) || defined(__i386__)
	cr_assert(compare_with_header(ARCH_X86_64, "asm/unistd_64.h"));
	cr_assert(compare_with_header(ARCH_I386, "asm/unistd_32.h"));
#else
	cr_skip_test("asm/unistd_64.h and asm/unistd_32.h are x86's");
#endif
}

static const uint32_t scmp_archs[ARCH_N] = {
	[ARCH_X86_64] = SCMP_ARCH_X86_64,
	[ARCH_I386] = SCMP_ARCH_X86,
	[ARCH_AARCH64] = SCMP_ARCH_AARCH64,
	[ARCH_ARM] = SCMP_ARCH_ARM,
};

/* libseccomp has negative numbers for what an architecture lacks or multiplexes. */
Test(table, our_names_have_the_numbers_of_libseccomp)
{
	size_t seen = 0;

	for (enum arch a = 0; a < ARCH_N; a++)
		for (int id = 0; id < SC_N; id++) {
			int nr = seccomp_syscall_resolve_name_arch(scmp_archs[a], sc_name(id));
			bool theirs = nr >= 0 && (nr <= (int)sc_last(a) || nr >= 0xf0000);

			seen += theirs;
			cr_expect(!theirs || sc_number(id, a) == nr, "%s %s: %d, not %d",
				  arch_name(a), sc_name(id), sc_number(id, a), nr);
		}
	cr_assert_gt(seen, 1400);
}

Test(table, libseccomps_numbers_have_our_names)
{
	for (enum arch a = 0; a < ARCH_N; a++)
		for (uint32_t nr = 0; nr <= sc_last(a); nr++) {
			char *name = seccomp_syscall_resolve_num_arch(scmp_archs[a], (int)nr);

			cr_expect(name == NULL || find(name) == sc_by_number(a, nr),
				  "%s %u: %s", arch_name(a), nr, name);
			free(name);
		}
}

Test(table, sockets_and_system_v_ipc_have_numbers_of_their_own_on_i386)
{
	cr_expect_eq(sc_number(find("socket"), ARCH_I386), 359);
	cr_expect_eq(sc_number(find("shutdown"), ARCH_I386), 373);
	cr_expect_eq(sc_number(find("semget"), ARCH_I386), 393);
	cr_expect_eq(sc_number(find("msgctl"), ARCH_I386), 402);
	cr_expect_eq(sc_number(find("accept"), ARCH_I386), -1);
	cr_expect_eq(sc_number(find("semop"), ARCH_I386), -1);
}

Test(table, multiplexed_calls_know_their_way)
{
	int socketcall = find("socketcall"), ipc = find("ipc");
	size_t n = 0;

	cr_expect_eq(sc_mux(find("socket"), ARCH_I386).through, socketcall);
	cr_expect_eq(sc_mux(find("socket"), ARCH_I386).sub, 1);
	cr_expect_eq(sc_mux(find("sendmmsg"), ARCH_I386).sub, 20);
	cr_expect_eq(sc_mux(find("recv"), ARCH_I386).sub, 10);
	cr_expect_eq(sc_mux(find("semop"), ARCH_I386).through, ipc);
	cr_expect_eq(sc_mux(find("shmctl"), ARCH_I386).sub, 24);
	cr_expect_eq(sc_mux(find("read"), ARCH_I386).through, -1);
	cr_expect_eq(sc_mux(find("socket"), ARCH_ARM).through, -1);
	cr_expect_eq(sc_mux(find("socket"), ARCH_X86_64).through, -1);
	for (int id = 0; id < SC_N; id++)
		n += sc_mux(id, ARCH_I386).through >= 0;
	cr_expect_eq(n, 32);
}

Test(table, sets_of_calls_are_what_each_call_says)
{
	struct sc_set muxed = { 0 };

	sc_add_muxed(&muxed);
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		struct sc_set calls = { 0 };

		sc_add_calls(&calls, arch);
		for (int id = 0; id < SC_N; id++)
			cr_expect_eq(sc_has(&calls, id), sc_number(id, arch) >= 0, "%s on %s",
				     sc_name(id), arch_name(arch));
	}
	for (int id = 0; id < SC_N; id++)
		cr_expect_eq(sc_has(&muxed, id), sc_mux(id, ARCH_I386).through >= 0, "%s",
			     sc_name(id));
}

/* ---- releases ---- */

struct since {
	const char *name;
	enum arch arch;
	uint16_t release;
};

/* From the man pages, and from the kernel's history where they are silent. */
static const struct since sinces[] = {
	{ "read", ARCH_X86_64, 0 },
	{ "read", ARCH_AARCH64, KERNEL(3, 7) },
	{ "read", ARCH_ARM, 0 },
	{ "syncfs", ARCH_X86_64, 0 },
	{ "sendmmsg", ARCH_X86_64, KERNEL(3, 0) },
	{ "setns", ARCH_I386, KERNEL(3, 0) },
	{ "process_vm_readv", ARCH_X86_64, KERNEL(3, 2) },
	{ "kcmp", ARCH_X86_64, KERNEL(3, 5) },
	{ "finit_module", ARCH_AARCH64, KERNEL(3, 8) },
	{ "renameat2", ARCH_X86_64, KERNEL(3, 15) },
	{ "seccomp", ARCH_X86_64, KERNEL(3, 17) },
	{ "memfd_create", ARCH_ARM, KERNEL(3, 17) },
	{ "bpf", ARCH_X86_64, KERNEL(3, 18) },
	{ "execveat", ARCH_I386, KERNEL(3, 19) },
	{ "userfaultfd", ARCH_X86_64, KERNEL(4, 3) },
	{ "membarrier", ARCH_X86_64, KERNEL(4, 3) },
	{ "socket", ARCH_I386, KERNEL(4, 3) },
	{ "socket", ARCH_X86_64, 0 },
	{ "mlock2", ARCH_X86_64, KERNEL(4, 4) },
	{ "copy_file_range", ARCH_X86_64, KERNEL(4, 5) },
	{ "preadv2", ARCH_X86_64, KERNEL(4, 6) },
	{ "pkey_alloc", ARCH_X86_64, KERNEL(4, 9) },
	{ "statx", ARCH_X86_64, KERNEL(4, 11) },
	{ "arch_prctl", ARCH_I386, KERNEL(4, 12) },
	{ "rseq", ARCH_X86_64, KERNEL(4, 18) },
	{ "semget", ARCH_I386, KERNEL(5, 1) },
	{ "clock_gettime64", ARCH_ARM, KERNEL(5, 1) },
	{ "io_uring_setup", ARCH_AARCH64, KERNEL(5, 1) },
	{ "pidfd_send_signal", ARCH_X86_64, KERNEL(5, 1) },
	{ "fsopen", ARCH_X86_64, KERNEL(5, 2) },
	{ "clone3", ARCH_X86_64, KERNEL(5, 3) },
	{ "pidfd_open", ARCH_X86_64, KERNEL(5, 3) },
	{ "openat2", ARCH_X86_64, KERNEL(5, 6) },
	{ "pidfd_getfd", ARCH_X86_64, KERNEL(5, 6) },
	{ "faccessat2", ARCH_X86_64, KERNEL(5, 8) },
	{ "close_range", ARCH_X86_64, KERNEL(5, 9) },
	{ "process_madvise", ARCH_X86_64, KERNEL(5, 10) },
	{ "epoll_pwait2", ARCH_X86_64, KERNEL(5, 11) },
	{ "mount_setattr", ARCH_X86_64, KERNEL(5, 12) },
	{ "landlock_create_ruleset", ARCH_X86_64, KERNEL(5, 13) },
	{ "quotactl_fd", ARCH_X86_64, KERNEL(5, 14) },
	{ "memfd_secret", ARCH_X86_64, KERNEL(5, 14) },
	{ "process_mrelease", ARCH_X86_64, KERNEL(5, 15) },
	{ "futex_waitv", ARCH_X86_64, KERNEL(5, 16) },
	{ "set_mempolicy_home_node", ARCH_X86_64, KERNEL(5, 17) },
	{ "cachestat", ARCH_X86_64, KERNEL(6, 5) },
	{ "fchmodat2", ARCH_X86_64, KERNEL(6, 6) },
	{ "map_shadow_stack", ARCH_X86_64, KERNEL(6, 6) },
	{ "futex_wake", ARCH_X86_64, KERNEL(6, 7) },
	{ "futex_requeue", ARCH_AARCH64, KERNEL(6, 7) },
	{ "statmount", ARCH_X86_64, KERNEL(6, 8) },
	{ "lsm_list_modules", ARCH_X86_64, KERNEL(6, 8) },
	{ "mseal", ARCH_X86_64, KERNEL(6, 10) },
	{ "uretprobe", ARCH_X86_64, KERNEL(6, 11) },
	{ "setxattrat", ARCH_X86_64, KERNEL(6, 13) },
	{ "open_tree_attr", ARCH_X86_64, KERNEL(6, 15) },
	{ "file_getattr", ARCH_X86_64, KERNEL(6, 17) },
	{ "uprobe", ARCH_X86_64, KERNEL(6, 18) },
};

Test(table, releases_are_those_of_the_manual)
{
	for (size_t i = 0; i < COUNT(sinces); i++) {
		const struct since *s = &sinces[i];

		cr_assert_geq(find(s->name), 0, "%s", s->name);
		cr_expect_eq(sc_since(find(s->name), s->arch), s->release, "%s: %#x", s->name,
			     (unsigned)sc_since(find(s->name), s->arch));
	}
}

Test(table, no_release_is_newer_than_the_tables)
{
	cr_assert_geq(sc_tables_kernel(), KERNEL(6, 16));
	for (enum arch a = 0; a < ARCH_N; a++)
		for (int id = 0; id < SC_N; id++)
			cr_expect_leq(sc_since(id, a), sc_tables_kernel(), "%s", sc_name(id));
}

/* Since 5.1 all architectures count on together. */
Test(table, later_numbers_are_not_of_earlier_releases)
{
	for (enum arch a = 0; a < ARCH_N; a++) {
		uint16_t before = 0;

		for (uint32_t nr = 424; nr <= sc_last(a); nr++) {
			int id = sc_by_number(a, nr);
			bool swapped = nr == 436 || nr == 443; /* 5.9 and 5.14: merged late */

			if (id < 0 || swapped)
				continue;
			cr_expect_geq(sc_since(id, a), before, "%s", sc_name(id));
			before = sc_since(id, a);
		}
	}
}

/* ---- arguments ---- */

struct argument {
	const char *call;
	enum arch arch;
	unsigned i;
	const char *name;
	enum sc_type type;
	unsigned bits;
};

static const struct argument arguments[] = {
	{ "socket", ARCH_X86_64, 0, "family", SC_I32, 32 },
	{ "socket", ARCH_I386, 1, "type", SC_I32, 32 },
	{ "socket", ARCH_ARM, 2, "protocol", SC_I32, 32 },
	{ "socket", ARCH_X86_64, 3, "", SC_NONE, 0 },
	{ "clone", ARCH_X86_64, 0, "flags", SC_U32, 32 },
	{ "clone", ARCH_X86_64, 3, "child_tid", SC_PTR, 64 },
	{ "clone", ARCH_X86_64, 4, "tls", SC_WORD, 64 },
	{ "clone", ARCH_I386, 3, "tls", SC_WORD, 32 },
	{ "clone", ARCH_AARCH64, 3, "tls", SC_WORD, 64 },
	{ "clone", ARCH_AARCH64, 4, "child_tid", SC_PTR, 64 },
	{ "clone", ARCH_ARM, 4, "child_tid", SC_PTR, 32 },
	{ "openat", ARCH_X86_64, 0, "dirfd", SC_FD, 32 },
	{ "openat", ARCH_X86_64, 1, "path", SC_PTR, 64 },
	{ "openat", ARCH_X86_64, 2, "flags", SC_I32, 32 },
	{ "openat", ARCH_X86_64, 3, "mode", SC_U32, 16 },
	{ "open", ARCH_X86_64, 1, "flags", SC_I32, 32 },
	{ "write", ARCH_X86_64, 0, "fd", SC_FD, 32 },
	{ "write", ARCH_X86_64, 2, "count", SC_WORD, 64 },
	{ "write", ARCH_ARM, 2, "count", SC_WORD, 32 },
	{ "writev", ARCH_X86_64, 0, "fd", SC_FD, 32 },
	{ "mmap", ARCH_X86_64, 2, "prot", SC_WORD, 64 },
	{ "mmap", ARCH_X86_64, 4, "fd", SC_FD, 32 },
	{ "mmap", ARCH_I386, 0, "args", SC_PTR, 32 },
	{ "mmap", ARCH_I386, 1, "", SC_NONE, 0 },
	{ "mmap2", ARCH_I386, 2, "prot", SC_WORD, 32 },
	{ "mprotect", ARCH_AARCH64, 2, "prot", SC_WORD, 64 },
	{ "prctl", ARCH_X86_64, 0, "option", SC_I32, 32 },
	{ "prctl", ARCH_X86_64, 1, "a2", SC_WORD, 64 },
	{ "ioctl", ARCH_X86_64, 1, "cmd", SC_U32, 32 },
	{ "ioctl", ARCH_X86_64, 2, "arg", SC_WORD, 64 },
	{ "fcntl", ARCH_X86_64, 1, "cmd", SC_U32, 32 },
	{ "personality", ARCH_X86_64, 0, "persona", SC_U32, 32 },
	{ "kill", ARCH_X86_64, 0, "pid", SC_I32, 32 },
	{ "ptrace", ARCH_X86_64, 0, "request", SC_SWORD, 64 },
	{ "lseek", ARCH_X86_64, 1, "offset", SC_SWORD, 64 },
	{ "unshare", ARCH_X86_64, 0, "flags", SC_WORD, 64 },
	{ "setns", ARCH_X86_64, 1, "nstype", SC_I32, 32 },
	{ "mount", ARCH_X86_64, 3, "flags", SC_WORD, 64 },
	{ "umount2", ARCH_X86_64, 1, "flags", SC_I32, 32 },
	{ "keyctl", ARCH_X86_64, 0, "option", SC_I32, 32 },
	{ "bpf", ARCH_X86_64, 0, "cmd", SC_I32, 32 },
	{ "futex", ARCH_X86_64, 1, "op", SC_I32, 32 },
	{ "chmod", ARCH_X86_64, 1, "mode", SC_U32, 16 },
	{ "setuid", ARCH_X86_64, 0, "uid", SC_U32, 32 },
	{ "setuid", ARCH_I386, 0, "uid", SC_U32, 16 },
	{ "setuid32", ARCH_I386, 0, "uid", SC_U32, 32 },
	{ "ipc", ARCH_I386, 0, "call", SC_U32, 16 },
	{ "clone3", ARCH_X86_64, 0, "args", SC_PTR, 64 },
	{ "close_range", ARCH_X86_64, 1, "last", SC_U32, 32 },
	{ "perf_event_open", ARCH_X86_64, 1, "pid", SC_I32, 32 },
	/* 64 bits in two registers, an even one first on arm */
	{ "pread64", ARCH_X86_64, 3, "pos", SC_SWORD, 64 },
	{ "pread64", ARCH_I386, 3, "pos_lo", SC_WORD, 32 },
	{ "pread64", ARCH_I386, 4, "pos_hi", SC_WORD, 32 },
	{ "pread64", ARCH_ARM, 3, "pad", SC_WORD, 32 },
	{ "pread64", ARCH_ARM, 4, "pos_lo", SC_WORD, 32 },
	{ "pread64", ARCH_ARM, 5, "pos_hi", SC_WORD, 32 },
	{ "ftruncate64", ARCH_I386, 1, "length_lo", SC_WORD, 32 },
	{ "ftruncate64", ARCH_ARM, 1, "pad", SC_WORD, 32 },
	{ "ftruncate64", ARCH_ARM, 2, "length_lo", SC_WORD, 32 },
	{ "fallocate", ARCH_X86_64, 3, "len", SC_SWORD, 64 },
	{ "fallocate", ARCH_ARM, 2, "offset_lo", SC_WORD, 32 },
	{ "fallocate", ARCH_I386, 5, "len_hi", SC_WORD, 32 },
	{ "fadvise64", ARCH_I386, 4, "advice", SC_I32, 32 },
	{ "fadvise64_64", ARCH_I386, 5, "advice", SC_I32, 32 },
	{ "arm_fadvise64_64", ARCH_ARM, 1, "advice", SC_I32, 32 },
	{ "arm_fadvise64_64", ARCH_ARM, 5, "len_hi", SC_WORD, 32 },
	{ "sync_file_range", ARCH_I386, 5, "flags", SC_U32, 32 },
	{ "sync_file_range2", ARCH_ARM, 1, "flags", SC_U32, 32 },
	{ "sync_file_range2", ARCH_ARM, 5, "nbytes_hi", SC_WORD, 32 },
	{ "fanotify_mark", ARCH_I386, 4, "dirfd", SC_FD, 32 },
	{ "fanotify_mark", ARCH_X86_64, 2, "mask", SC_WORD, 64 },
	{ "getpid", ARCH_X86_64, 0, "", SC_NONE, 0 },
	{ "read", ARCH_X86_64, 7, "", SC_NONE, 0 },
};

Test(table, arguments_are_those_of_the_kernel)
{
	for (size_t i = 0; i < COUNT(arguments); i++) {
		const struct argument *want = &arguments[i];
		struct sc_arg is = sc_arg(find(want->call), want->arch, want->i);

		cr_expect_str_eq(is.name, want->name, "%s %u on %s: %s", want->call, want->i,
				 arch_name(want->arch), is.name);
		cr_expect_eq(is.type, want->type, "%s %s", want->call, want->name);
		cr_expect_eq(is.bits, want->bits, "%s %s", want->call, want->name);
	}
}

static void check_arguments(int id, enum arch arch)
{
	bool ended = false;

	for (unsigned i = 0; i < 7; i++) {
		struct sc_arg arg = sc_arg(id, arch, i);

		ended = ended || arg.type == SC_NONE;
		cr_expect_eq(ended, arg.type == SC_NONE, "%s", sc_name(id));
		cr_expect_eq(ended, arg.name[0] == '\0', "%s", sc_name(id));
		cr_expect_eq(ended, arg.bits == 0, "%s", sc_name(id));
		for (unsigned j = 0; j < i && !ended; j++)
			cr_expect_str_neq(arg.name, sc_arg(id, arch, j).name, "%s",
					  sc_name(id));
	}
	cr_expect(ended, "%s", sc_name(id));
}

Test(table, arguments_have_names_of_their_own_and_are_six_at_most)
{
	for (enum arch a = 0; a < ARCH_N; a++)
		for (int id = 0; id < SC_N; id++)
			check_arguments(id, a);
}

Test(table, i32_u32_and_fd_are_never_wider_than_32_bits)
{
	for (enum arch a = 0; a < ARCH_N; a++)
		for (int id = 0; id < SC_N; id++)
			for (unsigned i = 0; i < 6; i++) {
				struct sc_arg arg = sc_arg(id, a, i);
				bool narrow = arg.type == SC_I32 || arg.type == SC_U32 ||
					      arg.type == SC_FD;

				if (narrow)
					cr_expect_leq(arg.bits, 32, "%s", sc_name(id));
				else if (arg.type != SC_NONE)
					cr_expect_eq(arg.bits, arch_is_64(a) ? 64 : 32);
			}
}

/* ---- architectures ---- */

Test(table, architectures_have_names_and_audit_numbers)
{
	static const char *const names[] = { "x86_64", "i386", "aarch64", "arm" };

	for (enum arch a = 0; a < ARCH_N; a++) {
		cr_expect_str_eq(arch_name(a), names[a]);
		cr_expect_eq(arch_find(names[a], strlen(names[a])), a);
		cr_expect_eq(arch_of_audit(arch_audit(a)), a);
	}
	cr_expect_eq(arch_find("arm6", 4), ARCH_N);
	cr_expect_eq(arch_find("ar", 2), ARCH_N);
	cr_expect_eq(arch_find("armx", 3), ARCH_ARM);
	cr_expect_eq(arch_of_audit(AUDIT_ARCH_S390X), ARCH_N);
	cr_expect_eq(arch_audit(ARCH_AARCH64), AUDIT_ARCH_AARCH64);
	cr_expect(arch_is_64(ARCH_X86_64) && arch_is_64(ARCH_AARCH64));
	cr_expect(!arch_is_64(ARCH_I386) && !arch_is_64(ARCH_ARM));
}

Test(table, our_own_architecture_is_that_of_libseccomp)
{
	if (arch_own() == ARCH_N)
		cr_skip_test("no tables for this machine");
	cr_assert_eq(arch_audit(arch_own()), seccomp_arch_native());
}
