/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_decompile.c - any program and any policy becomes text that answers alike, or is refused
 * for a reason; and rules, too. policy_decompile proves its texts itself: ERR_BUG is a find. */
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/policy.h"
#include "tests/unit/made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INSNS 200

static void expect_reason(int rc, const struct err *e)
{
	if ((rc < 0) != (e->text[0] != '\0') || e->kind == ERR_BUG)
		abort();
}

static void decompile(struct arena *a, const struct policy_side *what)
{
	const struct policy_origin from = { .name = "fuzzed" };
	const char *text = NULL;
	struct err e = { 0 };
	const int rc = policy_decompile(a, what, &from, &text, &e);

	expect_reason(rc, &e);
	if (rc == 0 && text == NULL)
		abort();
}

static const uint16_t codes[] = {
	BPF_LD | BPF_W | BPF_ABS,   BPF_LD | BPF_W | BPF_ABS,
	BPF_JMP | BPF_JEQ | BPF_K,  BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JGE | BPF_K,  BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JSET | BPF_K, BPF_RET | BPF_K,
	BPF_ALU | BPF_AND | BPF_K,  BPF_JMP | BPF_JA,
	BPF_ALU | BPF_ADD | BPF_K,  BPF_LD | BPF_IMM,
	BPF_LDX | BPF_IMM,          BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,         BPF_ST,
	BPF_LD | BPF_MEM,           BPF_JMP | BPF_JEQ | BPF_X,
};

static const uint32_t constants[] = {
	AUDIT_ARCH_X86_64,
	AUDIT_ARCH_I386,
	0,
	1,
	2,
	41,
	56,
	435,
	500,
	0x40000000,
	0xffffffff,
	0x7e020000,
	SECCOMP_RET_ALLOW,
	SECCOMP_RET_ERRNO | 38,
	SECCOMP_RET_KILL_PROCESS,
	16,
};

/* Four bytes make one instruction, nearly always one that the kernel would take. */
static struct sock_filter made_insn(const uint8_t b[4], size_t left)
{
	struct sock_filter in = { .code = codes[b[0] % COUNT(codes)],
				  .k = constants[b[3] % COUNT(constants)] };

	if (BPF_CLASS(in.code) == BPF_JMP && BPF_OP(in.code) != BPF_JA) {
		in.jt = (uint8_t)(b[1] % left);
		in.jf = (uint8_t)(b[2] % left);
	} else if (BPF_CLASS(in.code) == BPF_JMP) {
		in.k = (uint32_t)(b[1] % left);
	} else if (in.code == (BPF_LD | BPF_W | BPF_ABS)) {
		in.k = b[3] % 16u * 4u;
	} else if (in.code == BPF_ST || in.code == (BPF_LD | BPF_MEM)) {
		in.k = b[3] % (uint32_t)BPF_MEMWORDS;
	}
	return in;
}

static void try_program(struct arena *a, const uint8_t *data, size_t size)
{
	const size_t n = size / 4 < INSNS ? size / 4 : INSNS;
	struct sock_filter *insns = arena_array(a, n + 1, sizeof(*insns));
	const struct filter f = { insns, (uint16_t)(n + 1), 0 };

	for (size_t i = 0; i < n; i++)
		insns[i] = made_insn(data + i * 4, n - i);
	insns[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1);
	decompile(a, &(struct policy_side){ .filter = &f });
}

static void try_policy(struct arena *a, const uint8_t *data, size_t size)
{
	struct made_bytes from = { data, size };
	const struct policy *p = made_policy(a, &from);
	struct policy_rules rules;
	struct err e = { 0 };
	const int rc = policy_to_rules(a, p, &rules, &e);

	expect_reason(rc, &e);
	decompile(a, &(struct policy_side){ .policy = p });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };

	if (size < 2)
		return 0;
	if (data[0] % 2 != 0)
		try_policy(&a, data + 1, size - 1);
	else
		try_program(&a, data + 1, size - 1);
	arena_free(&a);
	return 0;
}
