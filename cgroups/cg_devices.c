/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules to an eBPF program of type cgroup/dev: pure. The context is struct
 * bpf_cgroup_dev_ctx: access << 16 | type, major, minor; the answer is 1 or 0. */
#include <errno.h>
#include <stdlib.h>

#include "cgroups/cg_private.h"

#define ALL_ACCESS (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)
#define MAJOR_MAX  ((1 << 12) - 1) /* linux/kdev_t.h */
#define MINOR_BITS 20
#define MINOR_MAX  ((1 << MINOR_BITS) - 1)
#define PER_RULE   8  /* instructions, at most */
#define AROUND     11 /* head and tail */

enum {
	TYPE = BPF_REG_2,
	ACCESS = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	NUMBER = BPF_REG_0 /* major << 20 | minor: one comparison, which the verifier is glad of
			    */
};

static void emit(struct cg_program *p, unsigned code, unsigned dst, unsigned src, int imm)
{
	p->insn[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = dst & 0xf,
		.src_reg = src & 0xf,
		.imm = imm,
	};
}

static void load(struct cg_program *p, unsigned dst, size_t off)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_1, 0);
	p->insn[p->n - 1].off = (int16_t)off;
}

static void answer(struct cg_program *p, bool allow)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, allow);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

static void head(struct cg_program *p)
{
	load(p, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0);
	emit(p, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0xffff);
	emit(p, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 16);
	load(p, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, NUMBER, MAJOR, 0);
	emit(p, BPF_ALU64 | BPF_LSH | BPF_K, NUMBER, 0, MINOR_BITS);
	emit(p, BPF_ALU64 | BPF_OR | BPF_X, NUMBER, MINOR, 0);
}

static int access_of(const struct cg_device *d)
{
	return (d->read ? BPF_DEVCG_ACC_READ : 0) | (d->write ? BPF_DEVCG_ACC_WRITE : 0) |
	       (d->mknod ? BPF_DEVCG_ACC_MKNOD : 0);
}

/* Speaks of every device and every access: no rule before it matters. */
static bool is_total(const struct cg_device *d)
{
	return d->type == 'a' && d->major == -1 && d->minor == -1 && access_of(d) == ALL_ACCESS;
}

/* Numbers that no device has: the rule speaks of nothing. */
static bool is_void(const struct cg_device *d)
{
	return access_of(d) == 0 || d->major > MAJOR_MAX || d->minor > MINOR_MAX;
}

/* ACCESS holds what is asked for and not yet granted. A jump that leaves the rule is written
 * with the rule's first instruction as its mark and gets its distance at the end. */
static void rule(struct cg_program *p, const struct cg_device *d)
{
	const unsigned leave = BPF_JMP | BPF_JNE | BPF_K, pass = BPF_JMP | BPF_JA;
	size_t first = p->n;
	int access = access_of(d);

	if (d->type != 'a')
		emit(p, leave, TYPE, 0,
		     d->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (d->major >= 0)
		emit(p, leave, MAJOR, 0, (int)d->major);
	if (d->minor >= 0)
		emit(p, leave, MINOR, 0, (int)d->minor);
	if (d->allow && access != ALL_ACCESS) {
		emit(p, BPF_ALU64 | BPF_AND | BPF_K, ACCESS, 0, ALL_ACCESS & ~access);
		emit(p, leave, ACCESS, 0, 0);
	} else if (access != ALL_ACCESS) {
		emit(p, BPF_JMP | BPF_JSET | BPF_K, ACCESS, 0, access);
		p->insn[p->n - 1].off = 1;
		emit(p, pass, 0, 0, 0);
	}
	answer(p, d->allow);
	for (size_t i = first; i < p->n; i++)
		if (p->insn[i].code == leave || p->insn[i].code == pass)
			p->insn[i].off = (int16_t)(p->n - i - 1);
}

/* One device, every access: what the rules of a config mostly are. */
static bool is_exact(const struct cg_device *d)
{
	return d->type != 'a' && d->major >= 0 && d->minor >= 0 && access_of(d) == ALL_ACCESS &&
	       !is_void(d);
}

/* How many rules, from the n-th backwards, are exact, of one type and of one answer: their
 * order does not matter. */
static size_t exact_run(const struct cg_device *d, size_t n)
{
	size_t k = 0;

	while (k < n && is_exact(&d[n - 1 - k]) && d[n - 1 - k].type == d[n - 1].type &&
	       d[n - 1 - k].allow == d[n - 1].allow)
		k++;
	return k;
}

/* A run of exact rules: the verifier's work grows faster than the number of jumps, so one
 * jump a rule, and all jump to one answer. Two instructions and one for each at most. */
static void exact(struct cg_program *p, const struct cg_device *d, size_t n)
{
	emit(p, BPF_JMP | BPF_JNE | BPF_K, TYPE, 0,
	     d->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	p->insn[p->n - 1].off = (int16_t)(n + 3);
	for (size_t i = 0; i < n; i++) {
		emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, NUMBER, 0,
		     (int)(uint32_t)((uint64_t)d[i].major << MINOR_BITS |
				     (uint64_t)d[i].minor));
		p->insn[p->n - 1].off = (int16_t)(n - i);
	}
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	p->insn[p->n - 1].off = 2;
	answer(p, d->allow);
}

static int check(const struct cg_device *d, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (d[i].type != 'a' && d[i].type != 'b' && d[i].type != 'c')
			return fail(e, ERR_SPEC, "device rule %zu: type: expected a, b or c",
				    i);
		if (d[i].major < -1 || d[i].minor < -1)
			return fail(e, ERR_SPEC, "device rule %zu: expected a number or -1", i);
	}
	return 0;
}

int cg_device_program(const struct cg_device *d, size_t n, struct cg_program *out,
		      struct err *e)
{
	struct cg_program p = { .allows_all = true };

	if (check(d, n, e) < 0)
		return -1;
	p.insn = n < SIZE_MAX / PER_RULE - AROUND
			 ? calloc(n * PER_RULE + AROUND, sizeof(*p.insn))
			 : NULL;
	if (p.insn == NULL)
		return fail_sys(e, ENOMEM, "device filter of %zu rules", n);
	head(&p);
	while (n > 0 && !is_total(&d[n - 1])) {
		size_t run = exact_run(d, n);

		if (run > 1) {
			p.allows_all = p.allows_all && d[n - 1].allow;
			exact(&p, &d[n - run], run);
			n -= run;
			continue;
		}
		n--;
		if (is_void(&d[n]))
			continue;
		p.allows_all = p.allows_all && d[n].allow;
		rule(&p, &d[n]);
	}
	p.allows_all = p.allows_all && n > 0 && d[n - 1].allow;
	/* The verifier refuses what cannot be reached: one end, and nothing after it. */
	answer(&p, n > 0 && d[n - 1].allow);
	*out = p;
	return 0;
}
