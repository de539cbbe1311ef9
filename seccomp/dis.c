/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "seccomp/policy.h"

static const struct word alu_names[] = {
	{ "add", BPF_ADD }, { "sub", BPF_SUB }, { "mul", BPF_MUL }, { "div", BPF_DIV },
	{ "and", BPF_AND }, { "or", BPF_OR },   { "xor", BPF_XOR }, { "lsh", BPF_LSH },
	{ "rsh", BPF_RSH }, { "neg", BPF_NEG }, { NULL, 0 },
};

static const struct word jump_names[] = {
	{ "jeq", BPF_JEQ },   { "jge", BPF_JGE }, { "jgt", BPF_JGT },
	{ "jset", BPF_JSET }, { NULL, 0 },
};

#define LOW_AT (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4)

static const struct word action_names[] = {
	{ "kill_process", SECCOMP_RET_KILL_PROCESS },
	{ "kill_thread", SECCOMP_RET_KILL_THREAD },
	{ "trap", SECCOMP_RET_TRAP },
	{ "errno", SECCOMP_RET_ERRNO },
	{ "notify", SECCOMP_RET_USER_NOTIF },
	{ "trace", SECCOMP_RET_TRACE },
	{ "log", SECCOMP_RET_LOG },
	{ "allow", SECCOMP_RET_ALLOW },
	{ NULL, 0 },
};

static void put_data(struct sbuf *b, const char *op, uint32_t k)
{
	const size_t ip = offsetof(struct seccomp_data, instruction_pointer);
	const size_t args = offsetof(struct seccomp_data, args);
	const char *half = k % 8 == LOW_AT ? "lo" : "hi";

	if (k % 4 != 0 || k >= sizeof(struct seccomp_data))
		sbuf_add(b, "%s [%u]", op, k);
	else if (k < ip)
		sbuf_add(b, "%s %s", op, k == 0 ? "nr" : "arch");
	else if (k < args)
		sbuf_add(b, "%s ip.%s", op, half);
	else
		sbuf_add(b, "%s arg%zu.%s", op, (k - args) / 8, half);
}

static void put_load(struct sbuf *b, const char *op, const struct sock_filter *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		put_data(b, op, in->k);
		break;
	case BPF_LEN:
		sbuf_add(b, "%s len", op);
		break;
	case BPF_MEM:
		sbuf_add(b, "%s M[%u]", op, in->k);
		break;
	default:
		sbuf_add(b, "%s #%#x", op, in->k);
		break;
	}
}

static void put_operand(struct sbuf *b, const char *op, const struct sock_filter *in)
{
	if (BPF_SRC(in->code) == BPF_X)
		sbuf_add(b, "%s x", op);
	else
		sbuf_add(b, "%s #%#x", op, in->k);
}

static void put_jump(struct sbuf *b, size_t pc, const struct sock_filter *in)
{
	const char *op = word_name(jump_names, BPF_OP(in->code));

	if (op == NULL) {
		sbuf_add(b, "ja %zu", pc + 1 + in->k);
		return;
	}
	put_operand(b, op, in);
	sbuf_add(b, ", %zu, %zu", pc + 1 + in->jt, pc + 1 + in->jf);
}

static void put_return(struct sbuf *b, const struct sock_filter *in)
{
	const char *action = word_name(action_names, in->k & SECCOMP_RET_ACTION_FULL);

	if (BPF_RVAL(in->code) == BPF_A)
		sbuf_add(b, "ret a");
	else if (action == NULL)
		sbuf_add(b, "ret #%#x", in->k);
	else if ((in->k & SECCOMP_RET_DATA) != 0)
		sbuf_add(b, "ret %s %u", action, in->k & SECCOMP_RET_DATA);
	else
		sbuf_add(b, "ret %s", action);
}

static void put_insn(struct sbuf *b, size_t pc, const struct sock_filter *in)
{
	const char *alu = word_name(alu_names, BPF_OP(in->code));

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		put_load(b, "ld", in);
		break;
	case BPF_LDX:
		put_load(b, "ldx", in);
		break;
	case BPF_ST:
		sbuf_add(b, "st M[%u]", in->k);
		break;
	case BPF_STX:
		sbuf_add(b, "stx M[%u]", in->k);
		break;
	case BPF_ALU:
		put_operand(b, alu != NULL ? alu : "alu", in);
		break;
	case BPF_JMP:
		put_jump(b, pc, in);
		break;
	case BPF_RET:
		put_return(b, in);
		break;
	default:
		sbuf_add(b, BPF_MISCOP(in->code) == BPF_TAX ? "tax" : "txa");
		break;
	}
}

#define LINE 64

const char *filter_listing(struct arena *a, const struct filter *f)
{
	const size_t size = (size_t)f->n * LINE + 1;
	struct sbuf b = { arena_alloc(a, size), 0, size, false };

	for (size_t pc = 0; pc < f->n; pc++) {
		sbuf_add(&b, "%4zu: ", pc);
		put_insn(&b, pc, &f->insns[pc]);
		sbuf_add(&b, "\n");
	}
	return b.p;
}
