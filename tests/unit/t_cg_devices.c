/* SPDX-License-Identifier: Apache-2.0 */
/* The device filter, run by a small interpreter. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "cgroups/cg_private.h"

struct machine {
	uint64_t r[11];
	uint32_t ctx[3];
};

static uint64_t alu(unsigned op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_MOV:
		return b;
	case BPF_AND:
		return a & b;
	case BPF_RSH:
		return a >> b;
	case BPF_LSH:
		return a << b;
	case BPF_OR:
		return a | b;
	default:
		cr_assert(false, "operation %#x", op);
	}
	return 0;
}

static bool jumps(unsigned op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_JA:
		return true;
	case BPF_JNE:
		return a != b;
	case BPF_JEQ:
		return a == b;
	case BPF_JSET:
		return (a & b) != 0;
	default:
		cr_assert(false, "jump %#x", op);
	}
	return false;
}

/* Runs a program and refuses all that the verifier would: bad jumps, loads outside the
 * context, no end. */
static bool verdict(const struct cg_program *p, uint32_t type, uint32_t access, uint32_t major,
		    uint32_t minor)
{
	struct machine m = { .ctx = { access << 16 | type, major, minor } };

	for (size_t pc = 0; pc < p->n; pc++) {
		const struct bpf_insn *i = &p->insn[pc];
		unsigned class = i->code & 7, op = i->code & 0xf0;
		uint64_t b = i->code & BPF_X ? m.r[i->src_reg] : (uint64_t)(int64_t)i->imm;

		if (class == BPF_LDX) {
			cr_assert(i->src_reg == BPF_REG_1 && i->off >= 0 && i->off <= 8);
			m.r[i->dst_reg] = m.ctx[i->off / 4];
		} else if (class == BPF_ALU64) {
			m.r[i->dst_reg] = alu(op, m.r[i->dst_reg], b);
		} else if (i->code == (BPF_JMP | BPF_EXIT)) {
			return m.r[0] != 0;
		} else if (class == BPF_JMP32) {
			cr_assert_geq(i->off, 0);
			pc += jumps(op, (uint32_t)m.r[i->dst_reg], (uint32_t)b) ? (size_t)i->off
										: 0;
		} else {
			cr_assert_eq(class, BPF_JMP);
			cr_assert_geq(i->off, 0);
			pc += jumps(op, m.r[i->dst_reg], b) ? (size_t)i->off : 0;
		}
	}
	cr_assert(false, "the program runs off its end");
	return false;
}

enum {
	B = BPF_DEVCG_DEV_BLOCK,
	C = BPF_DEVCG_DEV_CHAR
};
enum {
	M = BPF_DEVCG_ACC_MKNOD,
	R = BPF_DEVCG_ACC_READ,
	W = BPF_DEVCG_ACC_WRITE
};

struct ask {
	uint32_t type, access, major, minor;
	bool allowed;
};

static void check_rules(const char *name, const struct cg_device *d, size_t n,
			const struct ask *ask, size_t asks)
{
	struct cg_program p = { 0 };
	struct err e = { 0 };

	cr_assert_eq(cg_device_program(d, n, &p, &e), 0, "%s: %s", name, e.text);
	for (size_t i = 0; i < asks; i++)
		cr_expect_eq(verdict(&p, ask[i].type, ask[i].access, ask[i].major,
				     ask[i].minor),
			     ask[i].allowed, "%s: %zu", name, i);
	free(p.insn);
}

/* clang-format off */
/* runtime-spec, config-linux.md, "Default Devices", as engines send it. */
static const struct cg_device oci[] = {
	{ false, 'a', -1, -1, true, true, true },
	{ true, 'c', -1, -1, false, false, true },
	{ true, 'b', -1, -1, false, false, true },
	{ true, 'c', 1, 3, true, true, true },
	{ true, 'c', 1, 8, true, true, true },
	{ true, 'c', 1, 7, true, true, true },
	{ true, 'c', 5, 0, true, true, true },
	{ true, 'c', 1, 5, true, true, true },
	{ true, 'c', 1, 9, true, true, true },
	{ true, 'c', 5, 1, true, true, true },
	{ true, 'c', 136, -1, true, true, true },
	{ true, 'c', 5, 2, true, true, true },
};
static const struct ask oci_asks[] = {
	{ C, R | W, 1, 3, true }, { C, R, 1, 9, true }, { C, R | W | M, 5, 2, true },
	{ C, R | W, 136, 77, true }, { C, W, 1, 7, true }, { C, R, 5, 1, true },
	{ C, M, 10, 200, true }, { B, M, 8, 0, true },
	{ C, R, 10, 200, false }, { C, R | M, 10, 200, false }, { C, R, 1, 1, false },
	{ B, R, 8, 0, false }, { B, W, 1, 3, false }, { B, R | M, 8, 0, false },
	{ C, R, 5, 3, false }, { C, 0, 5, 3, true },
};

static const struct cg_device split[] = {
	{ true, 'c', 1, 3, true, false, false },
	{ true, 'c', 1, 3, false, true, false },
	{ true, 'b', -1, 5, true, true, true },
	{ false, 'b', -1, 5, false, true, false },
	{ true, 'c', 70000, 1, true, true, true },  /* no such number: speaks of nothing */
	{ true, 'c', 9, 9, false, false, false },   /* no access: speaks of nothing */
};
static const struct ask split_asks[] = {
	{ C, R | W, 1, 3, true }, { C, R, 1, 3, true }, { C, M, 1, 3, false },
	{ C, R | M, 1, 3, false },
	{ B, R, 3, 5, true }, { B, R | W, 3, 5, false }, { B, W, 3, 5, false },
	{ B, R | M, 3, 5, true }, { B, R, 3, 6, false },
	{ C, R, 70000, 1, false }, { C, R, 70000 & 0xfff, 1, false }, { C, 0, 9, 9, false },
};

static const struct cg_device last_wins[] = {
	{ true, 'a', -1, -1, true, true, true },
	{ false, 'c', 4, -1, true, true, true },
	{ true, 'c', 4, 7, true, false, false },
	{ false, 'a', 7, -1, false, true, false },
};
static const struct ask last_asks[] = {
	{ C, R | W | M, 1, 3, true }, { B, R | W | M, 4, 7, true }, { C, R, 4, 7, true },
	{ C, R | W, 4, 7, false }, { C, R, 4, 8, false }, { B, R, 7, 1, true },
	{ B, W, 7, 1, false }, { C, W, 7, 1, false }, { C, R | W, 7, 1, false },
};

static const struct cg_device all[] = {
	{ false, 'c', 1, 3, true, true, true },
	{ true, 'a', -1, -1, true, true, true },
};
static const struct cg_device none[] = {
	{ true, 'a', -1, -1, true, true, true },
	{ false, 'a', -1, -1, true, true, true },
};
static const struct ask all_asks[] = { { C, R | W | M, 1, 3, true }, { B, R, 200, 9, true } };
static const struct ask none_asks[] = { { C, R, 1, 3, false }, { B, M, 200, 9, false }, { C, 0, 1, 3, false } };
/* clang-format on */

Test(cgroups, device_program_decides_as_the_rules_say)
{
	check_rules("oci", oci, COUNT(oci), oci_asks, COUNT(oci_asks));
	check_rules("split", split, COUNT(split), split_asks, COUNT(split_asks));
	check_rules("last", last_wins, COUNT(last_wins), last_asks, COUNT(last_asks));
	check_rules("all", all, COUNT(all), all_asks, COUNT(all_asks));
	check_rules("none", none, COUNT(none), none_asks, COUNT(none_asks));
	check_rules("empty", NULL, 0, none_asks, COUNT(none_asks));
}

/* The rules read plainly: each access that is asked for, by the last rule that names it. */
static bool by_the_book(const struct cg_device *d, size_t n, const struct ask *a)
{
	bool spoken_for = false, granted = true;

	for (uint32_t bit = M; bit <= W; bit <<= 1) {
		bool allow = false;

		if ((a->access & bit) == 0)
			continue;
		spoken_for = true;
		for (size_t i = 0; i < n; i++) {
			uint32_t type = d[i].type == 'b' ? B : C;
			uint32_t has = (d[i].read ? R : 0U) | (d[i].write ? W : 0U) |
				       (d[i].mknod ? M : 0U);

			if ((d[i].type == 'a' || type == a->type) && (has & bit) != 0 &&
			    (d[i].major == -1 || d[i].major == a->major) &&
			    (d[i].minor == -1 || d[i].minor == a->minor))
				allow = d[i].allow;
		}
		granted = granted && allow;
	}
	return spoken_for && granted;
}

static unsigned pick(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void random_rules(unsigned *seed, struct cg_device *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = (struct cg_device){
			.allow = pick(seed, 2),
			.type = "abc"[pick(seed, 3)],
			.major = (int)pick(seed, 4) - 1,
			.minor = (int)pick(seed, 4) - 1,
			.read = pick(seed, 2),
			.write = pick(seed, 2),
			.mknod = pick(seed, 2),
		};
}

Test(cgroups, device_program_agrees_with_a_plain_reading_of_random_rules)
{
	unsigned seed = 1;

	for (int round = 0; round < 2000; round++) {
		struct cg_device d[6];
		size_t n = pick(&seed, 7);
		struct ask asks[40];

		random_rules(&seed, d, n);
		for (size_t i = 0; i < COUNT(asks); i++) {
			asks[i] = (struct ask){ pick(&seed, 2) ? B : C, 1 + pick(&seed, 7),
						pick(&seed, 4), pick(&seed, 4), false };
			asks[i].allowed = by_the_book(d, n, &asks[i]);
		}
		check_rules("random", d, n, asks, COUNT(asks));
	}
}

Test(cgroups, only_rules_that_allow_all_count_as_no_filter)
{
	static const struct {
		const struct cg_device *d;
		size_t n;
		bool allows_all;
	} cases[] = {
		{ all, COUNT(all), true },
		{ none, COUNT(none), false },
		{ last_wins, COUNT(last_wins), false },
		{ last_wins, 1, true },
		{ oci, COUNT(oci), false },
		{ NULL, 0, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cg_program p = { 0 };
		struct err e = { 0 };

		cr_assert_eq(cg_device_program(cases[i].d, cases[i].n, &p, &e), 0);
		cr_expect_eq(p.allows_all, cases[i].allows_all, "%zu", i);
		free(p.insn);
	}
}

Test(cgroups, device_rule_without_sense_is_refused)
{
	struct cg_device d = { true, 'x', 1, 3, true, true, true };
	struct cg_program p = { 0 };
	struct err e = { 0 }, e2 = { 0 };

	cr_expect_eq(cg_device_program(&d, 1, &p, &e), -1);
	cr_expect_str_eq(e.text, "device rule 0: type: expected a, b or c");
	d.type = 'c';
	d.minor = -2;
	cr_expect_eq(cg_device_program(&d, 1, &p, &e2), -1);
	cr_expect_str_eq(e2.text, "device rule 0: expected a number or -1");
}
