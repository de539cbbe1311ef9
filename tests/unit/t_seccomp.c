/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/sys.h"
#include "seccomp/sim.h"
#include "tests/unit/sim_file.h"

static struct filter program(const struct sock_filter *insns, size_t n)
{
	return (struct filter){ .insns = insns, .n = (uint16_t)n };
}

/* tests/sim */

struct sim_name {
	char name[32];
};

static struct sim_name sims[] = { { "operators.tests" },
				  { "actions.tests" },
				  { "archs.tests" } };

ParameterizedTestParameters(seccomp, answers_as_written)
{
	return cr_make_param_array(struct sim_name, sims, COUNT(sims));
}

static void expect_verdict(struct sim_file *s, const struct filter *f)
{
	struct err e = { 0 };
	uint32_t verdict;

	cr_assert_eq(filter_simulate(f, &s->call, &verdict, &e), 0, "%s:%u: %s", s->name,
		     s->line, e.text);
	cr_expect_eq(verdict, s->want, "%s:%u: answered %s", s->name, s->line,
		     sim_verdict(s->a, verdict));
}

ParameterizedTest(struct sim_name *t, seccomp, answers_as_written)
{
	autoarena struct arena a = { 0 };
	struct filter f = { 0 };
	struct sim_file s;
	struct err e = { 0 };
	size_t lines = 0, skipped = 0;
	int rc = 0;

	for (sim_open(&s, &a, t->name); sim_next(&s) != SIM_END; lines++) {
		if (s.fresh) {
			e = (struct err){ 0 };
			rc = sim_build(&a, &s.p, &f, &skipped, &e);
			s.fresh = false;
		}
		if (s.kind == SIM_REFUSED) {
			char text[512];

			err_format(&e, text, sizeof(text));
			cr_expect_eq(rc, -1, "%s:%u: was built", s.name, s.line);
			cr_expect_eq(e.kind, ERR_POLICY);
			cr_expect_str_eq(text, s.text, "%s:%u: %s", s.name, s.line, text);
			continue;
		}
		cr_assert_eq(rc, 0, "%s:%u: %s", s.name, s.line, e.text);
		if (s.kind == SIM_UNKNOWN)
			cr_expect_eq(skipped, s.unknown, "%s:%u: %zu are unknown", s.name,
				     s.line, skipped);
		else
			expect_verdict(&s, &f);
	}
	cr_expect_gt(lines, 20, "%s holds nearly nothing", t->name);
}

/* sim.c */

#define LD(k)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define RET(k)          BPF_STMT(BPF_RET | BPF_K, k)
#define RET_A           BPF_STMT(BPF_RET | BPF_A, 0)
#define ALU(op, k)      BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALU_X(op)       BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)

struct refusal {
	struct sock_filter insns[4];
	size_t n;
	char text[112];
};

/* clang-format off */
static struct refusal refusals[] = {
	{ { RET(0) }, 0, "seccomp filter: 1 to 4096 instructions: 0" },
	{ { LD(0), LD(0) }, 2, "seccomp filter: a return at the end: code 0x20" },
	{ { LD(2), RET(0) }, 2, "seccomp filter: instruction 0: an aligned offset into seccomp_data: code 0x20 k 0x2 jt 0 jf 0" },
	{ { LD(64), RET(0) }, 2, "seccomp filter: instruction 0: an aligned offset into seccomp_data: code 0x20 k 0x40 jt 0 jf 0" },
	{ { IF(BPF_JEQ, 1, 0, 1), RET(0) }, 2, "seccomp filter: instruction 0: a jump inside the program: code 0x15 k 0x1 jt 0 jf 1" },
	{ { IF(BPF_JEQ, 1, 1, 0), RET(0) }, 2, "seccomp filter: instruction 0: a jump inside the program: code 0x15 k 0x1 jt 1 jf 0" },
	{ { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(0) }, 2, "seccomp filter: instruction 0: a jump inside the program: code 0x5 k 0xffffffff jt 0 jf 0" },
	{ { ALU(BPF_DIV, 0), RET(0) }, 2, "seccomp filter: instruction 0: a divisor: code 0x34 k 0 jt 0 jf 0" },
	{ { ALU(BPF_LSH, 32), RET(0) }, 2, "seccomp filter: instruction 0: a shift below 32: code 0x64 k 0x20 jt 0 jf 0" },
	{ { ALU(BPF_MOD, 3), RET(0) }, 2, "seccomp filter: instruction 0: an instruction that seccomp allows: code 0x94 k 0x3 jt 0 jf 0" },
	{ { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET(0) }, 2, "seccomp filter: instruction 0: an instruction that seccomp allows: code 0x30 k 0 jt 0 jf 0" },
	{ { BPF_STMT(0x1000, 0), RET(0) }, 2, "seccomp filter: instruction 0: an instruction that seccomp allows: code 0x1000 k 0 jt 0 jf 0" },
	{ { BPF_STMT(BPF_ST, 16), RET(0) }, 2, "seccomp filter: instruction 0: one of 16 memory words: code 0x2 k 0x10 jt 0 jf 0" },
	{ { BPF_STMT(BPF_LD | BPF_MEM, 3), RET(0) }, 2, "seccomp filter: instruction 0: memory that was written: word 3" },
	{ { IF(BPF_JEQ, 1, 0, 1), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), RET(0) }, 4, "seccomp filter: instruction 2: memory that was written: word 3" },
};
/* clang-format on */

ParameterizedTestParameters(seccomp, check_refuses)
{
	return cr_make_param_array(struct refusal, refusals, COUNT(refusals));
}

static struct sock_fprog fprog(const struct filter *f)
{
	return (struct sock_fprog){ f->n, (struct sock_filter *)(uintptr_t)f->insns };
}

/* Would the kernel take it? Asked in a child, which it would otherwise confine. */
static bool kernel_takes(const struct filter *f)
{
	struct sock_fprog prog = fprog(f);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(2);
		_exit(sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog) == 0 ? 0 : 1);
	}
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(!WIFEXITED(status) || WEXITSTATUS(status) < 2);
	return !WIFEXITED(status) || WEXITSTATUS(status) == 0;
}

ParameterizedTest(struct refusal *t, seccomp, check_refuses)
{
	const struct filter f = program(t->insns, t->n);
	const struct seccomp_data call = { 0 };
	struct err e = { 0 }, again = { 0 };
	uint32_t verdict = 77;

	cr_expect_eq(filter_check(&f, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_str_eq(e.text, t->text);
	cr_expect_eq(filter_simulate(&f, &call, &verdict, &again), -1);
	cr_expect_eq(verdict, 77);
	cr_expect(!kernel_takes(&f), "the kernel takes what we refuse: %s", t->text);
}

struct run {
	struct sock_filter insns[10];
	size_t n;
	uint32_t verdict;
};

#define ALLOW SECCOMP_RET_ALLOW

/* Run on nr 7, arguments 0x1122334455667788 and so on. */
/* clang-format off */
static struct run runs[] = {
	{ { LD(0), RET_A }, 2, 7 },
	{ { LD(16), RET_A }, 2, 0x55667788 },
	{ { LD(20), RET_A }, 2, 0x11223344 },
	{ { LD(0), ALU(BPF_ADD, 5), RET_A }, 3, 12 },
	{ { LD(0), ALU(BPF_SUB, 8), RET_A }, 3, 0xffffffff },
	{ { LD(0), ALU(BPF_MUL, 3), RET_A }, 3, 21 },
	{ { LD(0), ALU(BPF_DIV, 2), RET_A }, 3, 3 },
	{ { LD(0), ALU(BPF_AND, 6), RET_A }, 3, 6 },
	{ { LD(0), ALU(BPF_OR, 8), RET_A }, 3, 15 },
	{ { LD(0), ALU(BPF_XOR, 1), RET_A }, 3, 6 },
	{ { LD(0), ALU(BPF_LSH, 31), RET_A }, 3, 0x80000000 },
	{ { LD(0), ALU(BPF_RSH, 1), RET_A }, 3, 3 },
	{ { LD(0), BPF_STMT(BPF_ALU | BPF_NEG, 0), RET_A }, 3, 0xfffffff9 },
	{ { LD(0), ALU_X(BPF_DIV), RET(ALLOW) }, 3, 0 },
	{ { LD(0), BPF_STMT(BPF_MISC | BPF_TAX, 0), ALU_X(BPF_MUL), RET_A }, 4, 49 },
	{ { BPF_STMT(BPF_LDX | BPF_IMM, 33), LD(0), ALU_X(BPF_LSH), RET_A }, 4, 14 },
	{ { BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A }, 3, 9 },
	{ { BPF_STMT(BPF_LD | BPF_IMM, 9), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_STX, 0), BPF_STMT(BPF_LD | BPF_IMM, 0), BPF_STMT(BPF_LD | BPF_MEM, 0), RET_A }, 7, 9 },
	{ { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A }, 2, 64 },
	{ { LD(0), IF(BPF_JEQ, 7, 0, 1), RET(1), RET(2) }, 4, 1 },
	{ { LD(0), IF(BPF_JEQ, 8, 0, 1), RET(1), RET(2) }, 4, 2 },
	{ { LD(0), IF(BPF_JGT, 7, 0, 1), RET(1), RET(2) }, 4, 2 },
	{ { LD(0), IF(BPF_JGE, 7, 0, 1), RET(1), RET(2) }, 4, 1 },
	{ { LD(0), IF(BPF_JSET, 4, 0, 1), RET(1), RET(2) }, 4, 1 },
	{ { LD(0), IF(BPF_JSET, 8, 0, 1), RET(1), RET(2) }, 4, 2 },
	{ { BPF_STMT(BPF_JMP | BPF_JA, 1), RET(1), RET(2) }, 3, 2 },
};
/* clang-format on */

ParameterizedTestParameters(seccomp, simulates)
{
	return cr_make_param_array(struct run, runs, COUNT(runs));
}

ParameterizedTest(struct run *t, seccomp, simulates)
{
	const struct filter f = program(t->insns, t->n);
	const struct seccomp_data call = { .nr = 7, .args = { 0x1122334455667788 } };
	struct err e = { 0 };
	uint32_t verdict = 77;

	cr_assert_eq(filter_simulate(&f, &call, &verdict, &e), 0, "%s", e.text);
	cr_expect_eq(verdict, t->verdict, "%#x", verdict);
	cr_expect(kernel_takes(&f), "the kernel refuses what we take");
}

Test(seccomp, a_run_tells_its_way)
{
	const struct sock_filter insns[] = {
		LD(4),  IF(BPF_JEQ, 5, 2, 0), LD(16), BPF_STMT(BPF_JMP | BPF_JA, 1),
		LD(60), ALU(BPF_ADD, 1),      RET_A,
	};
	const struct filter f = program(insns, COUNT(insns));
	const struct seccomp_data call = { .arch = 4, .args = { 7 } };
	const struct seccomp_data other = { .arch = 5, .args = { 7, 0, 0, 0, 0, 3ull << 32 } };
	const uint16_t way[] = { 0, 1, 2, 3, 5, 6 }, other_way[] = { 0, 1, 4, 5, 6 };
	uint16_t pcs[COUNT(insns)];
	size_t n = 77;

	cr_expect_eq(filter_run(&f, &call, pcs, &n), 8);
	cr_assert_eq(n, COUNT(way));
	cr_expect_eq(memcmp(pcs, way, sizeof(way)), 0);
	cr_expect_eq(filter_run(&f, &other, pcs, &n), 4);
	cr_assert_eq(n, COUNT(other_way));
	cr_expect_eq(memcmp(pcs, other_way, sizeof(other_way)), 0);
	cr_expect_eq(filter_run(&f, &other, NULL, &n), 4);
	cr_expect_eq(n, COUNT(other_way));
	cr_expect_eq(filter_run(&f, &call, NULL, NULL), 8);
}

#define NUMBERS 40

/* Compares of anything, jumps and returns at random, all of them forward. */
static void draw_program(uint32_t *seed, struct sock_filter *insns, size_t n)
{
	static const uint16_t codes[] = { BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET };
	static const uint32_t loads[] = { 0, 0, 0, 4, 4, 16 };

	for (size_t i = 0; i < n; i++) {
		const uint32_t r = (*seed = *seed * 1664525 + 1013904223) >> 8;
		const size_t left = n - i - 1;
		const uint16_t code = codes[r % 64 < 60 ? r % 3 : 3];
		const uint32_t k = (r >> 6) % NUMBERS;

		if (left < 2 || r % 7 == 0)
			insns[i] = (struct sock_filter)RET((r >> 6) % 4);
		else if (r % 7 == 1)
			insns[i] = (struct sock_filter)LD(loads[(r >> 6) % COUNT(loads)]);
		else if (r % 37 == 2)
			insns[i] = (struct sock_filter)
				ALU(BPF_AND, r % 3 == 0 ? k : UINT32_MAX << (k % 3 + 1));
		else if (r % 97 == 3)
			insns[i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
								k % (uint32_t)left);
		else
			insns[i] = (struct sock_filter)IF(code, k, (uint8_t)((r >> 9) % left),
							  (uint8_t)((r >> 13) % left));
	}
	insns[0] = (struct sock_filter)LD(0);
}

static size_t expect_span(const struct filter *f, const struct filter_span *span, uint32_t from)
{
	for (uint32_t nr = from; nr <= span->last; nr++) {
		const struct seccomp_data one = { .nr = (int)nr, .arch = 5 };
		const struct seccomp_data other = { .nr = (int)nr, .arch = 5, .args = { 21 } };

		cr_expect(!span->plain || (filter_run(f, &one, NULL, NULL) == span->action &&
					   filter_run(f, &other, NULL, NULL) == span->action),
			  "number %u", nr);
	}
	return span->plain ? span->last - from + 1 : 0;
}

Test(seccomp, spans_are_what_each_number_gets)
{
	size_t plain = 0, n = 0;

	for (uint32_t i = 0, seed = 1; i < 3000; i++) {
		struct sock_filter insns[30];
		struct filter_span spans[NUMBERS];
		const struct filter f = program(insns, COUNT(insns));
		uint32_t from = 0;

		draw_program(&seed, insns, COUNT(insns));
		n = filter_spans(&f, 5, NUMBERS - 1, spans);
		cr_assert(n > 0 && n <= NUMBERS);
		for (size_t k = 0; k < n; from = spans[k++].last + 1) {
			cr_assert_geq(spans[k].last, from);
			plain += expect_span(&f, &spans[k], from);
		}
		cr_assert_eq(from, NUMBERS);
	}
	cr_expect_gt(plain, 3000 * NUMBERS / 2, "%zu", plain);
}

Test(seccomp, what_looks_at_an_argument_is_not_plain)
{
	const struct sock_filter insns[] = {
		LD(0),  IF(BPF_JGE, 4, 1, 0), RET(1), IF(BPF_JEQ, 6, 0, 2),
		LD(16), IF(BPF_JEQ, 1, 0, 0), RET(2),
	};
	const struct filter f = program(insns, COUNT(insns));
	struct filter_span spans[10];

	cr_assert_eq(filter_spans(&f, 5, 9, spans), 4);
	cr_expect(spans[0].last == 3 && spans[0].plain && spans[0].action == 1);
	cr_expect(spans[1].last == 5 && spans[1].plain && spans[1].action == 2);
	cr_expect(spans[2].last == 6 && !spans[2].plain);
	cr_expect(spans[3].last == 9 && spans[3].plain && spans[3].action == 2);
}

Test(seccomp, listing_names_what_it_loads)
{
	const struct sock_filter insns[] = {
		LD(4),
		IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		LD(0),
		IF(BPF_JGE, 0x40000000, 0, 1),
		RET(SECCOMP_RET_ERRNO | ENOSYS),
		LD(16),
		LD(60),
		LD(8),
		ALU(BPF_AND, 0xff),
		BPF_STMT(BPF_JMP | BPF_JA, 0),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LDX | BPF_MEM, 3),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		RET(ALLOW),
		RET_A,
	};
	const struct filter f = program(insns, COUNT(insns));
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(filter_listing(&a, &f), "   0: ld arch\n"
						 "   1: jeq #0xc000003e, 3, 2\n"
						 "   2: ret kill_process\n"
						 "   3: ld nr\n"
						 "   4: jge #0x40000000, 5, 6\n"
						 "   5: ret errno 38\n"
						 "   6: ld arg0.lo\n"
						 "   7: ld arg5.hi\n"
						 "   8: ld ip.lo\n"
						 "   9: and #0xff\n"
						 "  10: ja 11\n"
						 "  11: st M[3]\n"
						 "  12: ldx M[3]\n"
						 "  13: txa\n"
						 "  14: ret allow\n"
						 "  15: ret a\n");
}

/* A filter in the kernel */

static const char *const plain_names[] = { "exit_group", "exit", "write", "getpid", NULL };
static const char *const errno_names[] = { "getppid", NULL };
static const char *const socket_names[] = { "socket", NULL };
static const struct policy_arg not_vsock[] = { { 0, POLICY_LT, 38, 0 } };
static const char *const engine_archs[] = { "x86_64", "x86", "x32", NULL };
static const struct policy_rule live_rules[] = {
	{ .names = plain_names, .action = SECCOMP_RET_ALLOW },
	{ .names = errno_names, .action = SECCOMP_RET_ERRNO | 97 },
	{ .names = socket_names,
	  .action = SECCOMP_RET_ALLOW,
	  .args = not_vsock,
	  .args_n = COUNT(not_vsock) },
};
static const struct policy_rules live = { SECCOMP_RET_ERRNO | EACCES, engine_archs, live_rules,
					  COUNT(live_rules) };

#ifdef __x86_64__
struct live_call {
	long nr, arg;
	int want; /* errno, or 0 */
};

static const struct live_call live_calls[] = {
	{ SYS_getpid, 0, 0 },
	{ SYS_getppid, 0, 97 },
	{ SYS_chdir, 0, EACCES },
	{ SYS_exit_group + 1, 0, EACCES }, /* no newer than what it names */
	{ 437, 0, ENOSYS },                /* newer: openat2 */
	{ 9999, 0, ENOSYS },
	{ 0x40000000 + SYS_getpid, 0, ENOSYS },
	{ SYS_socket, 38, EACCES },
	{ SYS_socket, 0x100000026, EACCES }, /* the kernel would take it for 38 */
	{ SYS_socket, 0, EAFNOSUPPORT },     /* the kernel itself says so */
};

/* Not _exit: where the leak sanitizer watches, that does things which the filter denies. */
static _Noreturn void leave(int code)
{
	for (;;)
		(void)syscall(SYS_exit_group, code);
}

static _Noreturn void live_child(const struct filter *f)
{
	struct sock_fprog prog = fprog(f);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    sys_seccomp(SECCOMP_SET_MODE_FILTER, f->flags, &prog) < 0)
		leave(100);
	for (size_t i = 0; i < COUNT(live_calls); i++) {
		const struct live_call *c = &live_calls[i];

		errno = 0;
		if ((syscall(c->nr, c->arg, 0, 0) >= 0) != (c->want == 0) || errno != c->want)
			leave((int)i + 1);
	}
	leave(0);
}

Test(seccomp, kernel_answers_as_built)
{
	autoarena struct arena a = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	size_t skipped;
	int status = -1;
	pid_t pid;

	cr_assert_eq(sim_build(&a, &live, &f, &skipped, &e), 0, "%s", e.text);
	f.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	pid = fork();
	if (pid == 0)
		live_child(&f);
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
	cr_expect_eq(WEXITSTATUS(status), 0, "call %d", WEXITSTATUS(status) - 1);
}
#endif

Test(seccomp, plain_allows_are_cacheable)
{
	autoarena struct arena a = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	size_t skipped;

	cr_assert_eq(sim_build(&a, &live, &f, &skipped, &e), 0, "%s", e.text);
	cr_expect(filter_cacheable(&f, AUDIT_ARCH_X86_64, 1));
	cr_expect(filter_cacheable(&f, AUDIT_ARCH_I386, 4));
	cr_expect(!filter_cacheable(&f, AUDIT_ARCH_X86_64, 41));
	cr_expect(!filter_cacheable(&f, AUDIT_ARCH_X86_64, 2));
}
