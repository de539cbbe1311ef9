/* SPDX-License-Identifier: Apache-2.0 */
/* A program run with all calls at once: what a branch asks becomes a function of the call's
 * bits, and so does what comes out. */
#include "seccomp/behave.h"
#include "seccomp/cube.h"

#define STEPS_MAX  (1u << 22) /* instructions, each followed once for each accumulator */
#define MEMO_N     (1u << 14)
#define ERRNO_MOST 4095 /* the kernel's MAX_ERRNO */

/* What a register holds: a constant, a word of the call under a mask, or something else. */
struct held {
	enum {
		HELD_CONST,
		HELD_WORD,
		HELD_OTHER
	} kind;
	uint32_t word;
	uint32_t bits; /* the constant, or the mask */
};

struct machine {
	struct held a, x, m[BPF_MEMWORDS];
	bool plain; /* x and m are as at the start */
};

/* The function from an instruction on. */
struct memo {
	uint32_t pc; /* plus one; 0: free */
	struct held a;
	bdd f;
};

struct walk {
	struct behaviour *b;
	const struct filter *filter;
	struct memo *memo;
	size_t steps;
	const char *refused; /* what it does that has no words */
};

static bdd refuse(struct walk *w, const char *what)
{
	if (w->refused == NULL)
		w->refused = what;
	return BDD_FALSE;
}

/* ---- what is asked ---- */

static struct bdd_field field_of(uint32_t word)
{
	const uint32_t arg = (word - (uint32_t)CUBE_ARGS) / 2;

	if (word == CUBE_NR)
		return (struct bdd_field){ BDD_NR, 32 };
	if (word == CUBE_ARCH)
		return (struct bdd_field){ BDD_ARCH, 32 };
	if (word < CUBE_ARGS) /* the instruction pointer stands before argument 0 */
		return (struct bdd_field){ BDD_IP + (word + 2 == word_low(0) ? 32 : 0), 32 };
	return (struct bdd_field){ BDD_ARGS + BDD_WIDE * arg + (word == word_low(arg) ? 32 : 0),
				   32 };
}

static bdd ask_const(uint16_t op, uint32_t v, uint32_t k)
{
	const bool is = op == BPF_JEQ   ? v == k
			: op == BPF_JGE ? v >= k
			: op == BPF_JGT ? v > k
					: (v & k) != 0;

	return is ? BDD_TRUE : BDD_FALSE;
}

static bdd ask_word(struct walk *w, uint16_t op, const struct held *v, uint32_t k)
{
	struct bdds *b = &w->b->bdds;
	const struct bdd_field x = field_of(v->word);

	switch (op) {
	case BPF_JEQ:
		return bdd_mask(b, x, v->bits, k);
	case BPF_JGE:
		return bdd_masked_ge(b, x, v->bits, k);
	case BPF_JGT:
		return k == UINT32_MAX ? BDD_FALSE : bdd_masked_ge(b, x, v->bits, k + 1);
	default: /* BPF_JSET */
		return bdd_not(b, bdd_mask(b, x, v->bits & k, 0));
	}
}

static bdd ask(struct walk *w, const struct machine *m, const struct sock_filter *in)
{
	uint32_t k = in->k;

	if (in->jt == in->jf)
		return BDD_TRUE;
	if (BPF_SRC(in->code) == BPF_X) {
		if (m->x.kind != HELD_CONST)
			return refuse(w, "compares two words of a call with each other");
		k = m->x.bits;
	}
	if (m->a.kind == HELD_OTHER)
		return refuse(w, "computes with the words of a call");
	return m->a.kind == HELD_CONST ? ask_const(BPF_OP(in->code), m->a.bits, k)
				       : ask_word(w, BPF_OP(in->code), &m->a, k);
}

/* ---- instructions that neither jump nor return ---- */

static uint32_t compute(uint16_t op, uint32_t a, uint32_t k)
{
	switch (op) {
	case BPF_ADD:
		return a + k;
	case BPF_SUB:
		return a - k;
	case BPF_MUL:
		return a * k;
	case BPF_DIV:
		return k != 0 ? a / k : 0;
	case BPF_AND:
		return a & k;
	case BPF_OR:
		return a | k;
	case BPF_XOR:
		return a ^ k;
	case BPF_LSH:
		return k < 32 ? a << k : 0;
	case BPF_RSH:
		return k < 32 ? a >> k : 0;
	case BPF_NEG:
		return -a;
	default:
		return 0;
	}
}

static struct held after_alu(const struct machine *m, const struct sock_filter *in)
{
	const struct held by =
		BPF_SRC(in->code) == BPF_X ? m->x : (struct held){ HELD_CONST, 0, in->k };
	const uint16_t op = BPF_OP(in->code);

	if (m->a.kind == HELD_CONST && by.kind == HELD_CONST)
		return (struct held){ HELD_CONST, 0, compute(op, m->a.bits, by.bits) };
	if (m->a.kind == HELD_CONST && op == BPF_NEG)
		return (struct held){ HELD_CONST, 0, -m->a.bits };
	if (m->a.kind == HELD_WORD && by.kind == HELD_CONST && op == BPF_AND) {
		if ((m->a.bits & by.bits) == 0)
			return (struct held){ HELD_CONST, 0, 0 };
		return (struct held){ HELD_WORD, m->a.word, m->a.bits & by.bits };
	}
	return (struct held){ HELD_OTHER, 0, 0 };
}

static struct held loaded(const struct machine *m, const struct sock_filter *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return (struct held){ HELD_WORD, in->k / 4, UINT32_MAX };
	case BPF_IMM:
		return (struct held){ HELD_CONST, 0, in->k };
	case BPF_LEN:
		return (struct held){ HELD_CONST, 0, sizeof(struct seccomp_data) };
	case BPF_MEM:
		return m->m[in->k % BPF_MEMWORDS];
	default:
		return (struct held){ HELD_OTHER, 0, 0 };
	}
}

static void execute(struct machine *m, const struct sock_filter *in)
{
	const uint16_t class = BPF_CLASS(in->code);

	if (class == BPF_LD) {
		m->a = loaded(m, in);
		return;
	}
	if (class == BPF_ALU) {
		m->a = after_alu(m, in);
		return;
	}
	if (class == BPF_MISC && BPF_MISCOP(in->code) == BPF_TXA) {
		m->a = m->x;
		return;
	}
	m->plain = false;
	if (class == BPF_LDX)
		m->x = loaded(m, in);
	else if (class == BPF_MISC)
		m->x = m->a;
	else
		m->m[in->k % BPF_MEMWORDS] = class == BPF_ST ? m->a : m->x;
}

/* ---- the whole program ---- */

/* As the kernel takes it: data where it has a meaning, unknown actions kill. */
static uint32_t clean(uint32_t ret)
{
	const uint32_t data = ret & SECCOMP_RET_DATA;

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SECCOMP_RET_ERRNO | (data < ERRNO_MOST ? data : ERRNO_MOST);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return ret;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_KILL_PROCESS:
		return ret & SECCOMP_RET_ACTION_FULL;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

static bdd returned(struct walk *w, const struct machine *m, const struct sock_filter *in)
{
	const struct held v =
		BPF_RVAL(in->code) == BPF_K ? (struct held){ HELD_CONST, 0, in->k } : m->a;

	if (v.kind != HELD_CONST)
		return refuse(w, "returns a word of the call");
	return behave_leaf(w->b, &(struct fallback){ .action = clean(v.bits) });
}

static struct memo *memo_slot(const struct walk *w, uint32_t pc, const struct held *a)
{
	const uint32_t mixed =
		(pc * 2654435761u) ^ (a->bits * 2246822519u) ^ (a->word * 3266489917u);

	return &w->memo[(mixed >> 12 ^ mixed) & (MEMO_N - 1)];
}

static bool is_memo(const struct memo *memo, uint32_t pc, const struct held *a)
{
	return memo->pc == pc + 1 && memo->a.kind == a->kind && memo->a.word == a->word &&
	       memo->a.bits == a->bits;
}

static bdd run(struct walk *w, uint32_t pc, const struct machine *start);

static bdd run_from(struct walk *w, uint32_t pc, const struct machine *m)
{
	bdd f;

	if (!m->plain)
		return run(w, pc, m);
	if (is_memo(memo_slot(w, pc, &m->a), pc, &m->a))
		return memo_slot(w, pc, &m->a)->f;
	f = run(w, pc, m);
	*memo_slot(w, pc, &m->a) = (struct memo){ pc + 1, m->a, f };
	return f;
}

/* Recursion ends: each level is a later instruction. */
static bdd run(struct walk *w, uint32_t pc, const struct machine *start)
{
	struct machine m = *start;

	for (;; pc++) {
		const struct sock_filter *in = &w->filter->insns[pc];
		bdd is, yes, no;

		if (++w->steps > STEPS_MAX || w->b->bdds.over)
			return refuse(w, "takes more steps to follow than anybody would");
		if (BPF_CLASS(in->code) == BPF_RET)
			return returned(w, &m, in);
		if (BPF_CLASS(in->code) != BPF_JMP) {
			execute(&m, in);
			continue;
		}
		if (BPF_OP(in->code) == BPF_JA) {
			pc += in->k;
			continue;
		}
		is = ask(w, &m, in);
		if (w->refused != NULL)
			return BDD_FALSE;
		if (is <= BDD_TRUE) {
			pc += is == BDD_TRUE ? in->jt : in->jf;
			continue;
		}
		yes = run_from(w, pc + 1 + in->jt, &m);
		no = run_from(w, pc + 1 + in->jf, &m);
		return bdd_if(&w->b->bdds, is, yes, no);
	}
}

int behave_run(struct behaviour *b, const struct filter *f, bdd *out, struct err *e)
{
	struct walk w = { .b = b,
			  .filter = f,
			  .memo = arena_array(b->arena, MEMO_N, sizeof(*w.memo)) };

	*out = run(&w, 0, &(struct machine){ .plain = true });
	if (w.refused == NULL)
		return 0;
	return fail(e, ERR_POLICY,
		    "seccomp filter: comparisons of the call's words with constants: it %s",
		    w.refused);
}
