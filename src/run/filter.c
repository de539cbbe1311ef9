/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c - the seccomp filter goes on last, directly before execve: so a policy need allow
 * nothing of ours but that one call.
 *
 * With no_new_privs the main thread loads it. Without, seccomp(2) wants CAP_SYS_ADMIN, which
 * the main thread has dropped by then, and to drop it later would need calls that the filter
 * may refuse. So a second thread, made while we are still privileged, keeps the capability and
 * loads the filter for all threads (SECCOMP_FILTER_FLAG_TSYNC) while the main thread waits on
 * one word of memory; execve then ends the helper. Neither makes a system call after the
 * filter is on. */
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "run/run_private.h"

#define LOADER_STACK 16384

/* Tells the processor that we spin. */
static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

enum loader_word {
	L_ASLEEP,
	L_AWAKE,
	L_GO,
	L_DONE
};

struct loader {
	atomic_int word;
	int result; /* 0 or -errno, valid after L_DONE */
	unsigned flags;
	struct sock_fprog program;
};

static struct sock_fprog program_of(const struct plan *pl)
{
	return (struct sock_fprog){
		.len = pl->filter.n,
		.filter = (struct sock_filter *)(uintptr_t)pl->filter.insns,
	};
}

/* Runs beside the main thread, on its errno and its stack protector: only calls that say
 * what went wrong by their result. */
static int loader_main(void *arg)
{
	struct loader *l = arg;

	while (atomic_load(&l->word) == L_ASLEEP)
		(void)sys_futex_wait(&l->word, L_ASLEEP);
	while (atomic_load(&l->word) != L_GO)
		(void)sched_yield();
	l->result = sys_seccomp(SECCOMP_SET_MODE_FILTER, l->flags | SECCOMP_FILTER_FLAG_TSYNC,
				&l->program);
	atomic_store(&l->word, L_DONE);
	for (;;) /* a system call could be refused now; execve ends us */
		relax();
	return 0;
}

int do_loader(struct run *r, const struct plan *pl, struct err *e)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;
	struct loader *l = arena_new(r->arena, struct loader);
	char *stack = mmap(NULL, LOADER_STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return fail_sys(e, errno, "linux.seccomp: stack of the loader");
	l->flags = pl->filter.flags;
	l->program = program_of(pl);
	if (clone(loader_main, stack + LOADER_STACK, flags, l) < 0) {
		(void)fail_sys(e, errno, "linux.seccomp: thread that loads the filter");
		return errno == EAGAIN ? hint(e, "pids.limit must leave room for two, or "
						 "noNewPrivileges be set")
				       : -1;
	}
	r->loader = l;
	return 0;
}

static int load_by_helper(struct loader *l)
{
	atomic_store(&l->word, L_AWAKE);
	(void)sys_futex_wake(&l->word);
	/* from here to execve, no system call of ours: the filter may be on at any moment */
	atomic_store(&l->word, L_GO);
	while (atomic_load(&l->word) != L_DONE)
		relax();
	return l->result;
}

int load_filter(struct run *r, const struct plan *pl, struct err *e)
{
	struct sock_fprog program = program_of(pl);
	int err;

	if (r->loader != NULL)
		err = load_by_helper(r->loader);
	else
		err = sys_seccomp(SECCOMP_SET_MODE_FILTER, pl->filter.flags, &program);
	if (err == 0)
		return 0;
	/* TSYNC answers with the thread that could not follow */
	return fail_sys(e, err < 0 ? -err : ESRCH, "linux.seccomp: load the filter");
}
