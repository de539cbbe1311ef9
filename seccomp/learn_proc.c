/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a record of strace, and when the program that is meant has begun.
 *
 * Whoever traces a command sees its execve first: that call is the tracer's. Whoever traces a
 * runtime of containers sees the runtime first; the container's program is what a process
 * executes that has changed its root, and its descendants are of the container too. */
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"

static const char *const runtimes[] = {
	"caisson",
	"runc",
	"crun",
	"youki",
	"runsc",
	"kata-runtime",
	"docker",
	"podman",
	"nerdctl",
	"ctr",
	"containerd",
	"containerd-shim",
	"containerd-shim-runc-v2",
	"conmon",
	"conmonrs",
	"buildah",
	"bwrap",
	NULL,
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

bool learn_is_runtime(const char *program)
{
	return str_in(base_name(program), runtimes);
}

/* Runtimes execute themselves again, from memory (CVE-2019-5736). */
static bool is_itself(const char *program)
{
	return str_after(program, "/proc/self/") != NULL ||
	       str_after(program, "/memfd:") != NULL || learn_is_runtime(program);
}

/* ---- the table ---- */

/* A process that nobody made before our eyes: a child whose clone has not returned yet, or one
 * that was there before. */
static bool inherits(const struct policy_record *r)
{
	bool any = false;

	if (!r->waits)
		return true;
	for (size_t i = 0; i < PROCS; i++) {
		if (!r->procs[i].used || !r->procs[i].forking)
			continue;
		if (r->procs[i].counting)
			return true;
		any = true;
	}
	return !any && r->procs[0].used && r->procs[0].counting;
}

/* Slot 0 is that of lines without a number. Two in one slot: the older is forgotten. */
struct proc *learn_proc(struct policy_record *r, int pid)
{
	const uint32_t at = pid == 0 ? 0 : 1 + (uint32_t)pid % (PROCS - 1);
	struct proc *p = &r->procs[at];

	if (p->used && p->pid == pid)
		return p;
	*p = (struct proc){ .pid = pid, .audit_arch = r->want.audit_arch };
	p->counting = inherits(r);
	p->used = true;
	return p;
}

/* ---- the beginning ---- */

static bool is_call(int id, const char *const *names)
{
	return id >= 0 && str_in(sc_name(id), names);
}

static const char *const execs[] = { "execve", "execveat", NULL };
static const char *const roots[] = { "pivot_root", "chroot", NULL };
static const char *const forks[] = { "clone", "clone3", "fork", "vfork", NULL };

static bool is_meant(const struct policy_record *r, const char *program)
{
	const char *from = r->want.from;

	return program != NULL &&
	       str_eq(from, strchr(from, '/') != NULL ? program : base_name(program));
}

/* The first call of a file. True: it is an execve of whoever traces. */
static bool begins(struct policy_record *r, struct proc *p, const struct learn_exec *x)
{
	const bool execs_it = is_call(x->id, execs) && !x->failed;

	if (r->want.from != NULL) {
		r->waits = true;
		p->counting = execs_it && is_meant(r, x->program);
	} else if (execs_it) {
		r->waits = x->program != NULL && learn_is_runtime(x->program);
		p->counting = !r->waits;
	}
	return execs_it;
}

static void made_child(struct policy_record *r, const struct proc *p, int64_t pid)
{
	struct proc *child;

	if (pid <= 0 || pid > INT32_MAX)
		return;
	child = learn_proc(r, (int)pid);
	child->audit_arch = p->audit_arch;
	child->pivoted = child->pivoted || p->pivoted;
	child->counting = p->counting;
}

/* The execve that begins a program is none of its calls. */
static void look_for_start(const struct policy_record *r, struct proc *p,
			   const struct learn_exec *x)
{
	if (is_call(x->id, roots) && !x->failed)
		p->pivoted = true;
	if (!is_call(x->id, execs) || x->failed)
		return;
	if (r->want.from != NULL)
		p->counting = is_meant(r, x->program);
	else
		p->counting = p->pivoted && (x->program == NULL || !is_itself(x->program));
}

bool learn_proc_counts(struct policy_record *r, struct proc *p, const struct learn_exec *x)
{
	const bool first = !r->file_begun;

	r->file_begun = true;
	p->forking = x->unfinished && is_call(x->id, forks);
	if (r->want.all)
		return true;
	if (first && !r->waits && begins(r, p, x))
		return false;
	if (is_call(x->id, forks) && !x->unfinished)
		made_child(r, p, x->result);
	if (p->counting)
		return true;
	look_for_start(r, p, x);
	return false;
}
