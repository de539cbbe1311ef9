/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/sim.h"

#include <string.h>

/* Which instructions the kernel takes in a seccomp filter, and what to look at in each:
 * kernel/seccomp.c seccomp_check_filter and net/core/filter.c bpf_check_classic. */
enum rule {
	REFUSED = 0,
	PLAIN,
	DATA,   /* k is an offset into struct seccomp_data */
	DIVIDE, /* k is not 0 */
	SHIFT,  /* k is less than 32 */
	MEMORY, /* k is one of 16 words */
	JUMP,   /* k stays inside */
	BRANCH, /* jt and jf stay inside */
	RETURN,
};

static const unsigned char rules[256] = {
	[BPF_LD | BPF_W | BPF_ABS] = DATA,
	[BPF_LD | BPF_LEN] = PLAIN,
	[BPF_LDX | BPF_LEN] = PLAIN,
	[BPF_LD | BPF_IMM] = PLAIN,
	[BPF_LDX | BPF_IMM] = PLAIN,
	[BPF_LD | BPF_MEM] = MEMORY,
	[BPF_LDX | BPF_MEM] = MEMORY,
	[BPF_ST] = MEMORY,
	[BPF_STX] = MEMORY,
	[BPF_MISC | BPF_TAX] = PLAIN,
	[BPF_MISC | BPF_TXA] = PLAIN,
	/* NOLINTNEXTLINE(misc-redundant-expression): BPF_ADD and BPF_K are both 0 */
	[BPF_ALU | BPF_ADD | BPF_K] = PLAIN,
	[BPF_ALU | BPF_ADD | BPF_X] = PLAIN,
	[BPF_ALU | BPF_SUB | BPF_K] = PLAIN,
	[BPF_ALU | BPF_SUB | BPF_X] = PLAIN,
	[BPF_ALU | BPF_MUL | BPF_K] = PLAIN,
	[BPF_ALU | BPF_MUL | BPF_X] = PLAIN,
	[BPF_ALU | BPF_DIV | BPF_K] = DIVIDE,
	[BPF_ALU | BPF_DIV | BPF_X] = PLAIN,
	[BPF_ALU | BPF_AND | BPF_K] = PLAIN,
	[BPF_ALU | BPF_AND | BPF_X] = PLAIN,
	[BPF_ALU | BPF_OR | BPF_K] = PLAIN,
	[BPF_ALU | BPF_OR | BPF_X] = PLAIN,
	[BPF_ALU | BPF_XOR | BPF_K] = PLAIN,
	[BPF_ALU | BPF_XOR | BPF_X] = PLAIN,
	[BPF_ALU | BPF_LSH | BPF_K] = SHIFT,
	[BPF_ALU | BPF_LSH | BPF_X] = PLAIN,
	[BPF_ALU | BPF_RSH | BPF_K] = SHIFT,
	[BPF_ALU | BPF_RSH | BPF_X] = PLAIN,
	[BPF_ALU | BPF_NEG] = PLAIN,
	[BPF_JMP | BPF_JA] = JUMP,
	[BPF_JMP | BPF_JEQ | BPF_K] = BRANCH,
	[BPF_JMP | BPF_JEQ | BPF_X] = BRANCH,
	[BPF_JMP | BPF_JGE | BPF_K] = BRANCH,
	[BPF_JMP | BPF_JGE | BPF_X] = BRANCH,
	[BPF_JMP | BPF_JGT | BPF_K] = BRANCH,
	[BPF_JMP | BPF_JGT | BPF_X] = BRANCH,
	[BPF_JMP | BPF_JSET | BPF_K] = BRANCH,
	[BPF_JMP | BPF_JSET | BPF_X] = BRANCH,
	[BPF_RET | BPF_K] = RETURN,
	[BPF_RET | BPF_A] = RETURN,
};

static enum rule rule_of(const struct sock_filter *in)
{
	return in->code < COUNT(rules) ? (enum rule)rules[in->code] : REFUSED;
}

/* What the instruction wants, or NULL when it is as it should be. left: how many follow. */
static const char *wrong(const struct sock_filter *in, size_t left)
{
	switch (rule_of(in)) {
	case REFUSED:
		return "an instruction that seccomp allows";
	case DATA:
		return in->k % 4 == 0 && in->k < sizeof(struct seccomp_data)
			       ? NULL
			       : "an aligned offset into seccomp_data";
	case DIVIDE:
		return in->k != 0 ? NULL : "a divisor";
	case SHIFT:
		return in->k < 32 ? NULL : "a shift below 32";
	case MEMORY:
		return in->k < BPF_MEMWORDS ? NULL : "one of 16 memory words";
	case JUMP:
		return in->k < left ? NULL : "a jump inside the program";
	case BRANCH:
		return in->jt < left && in->jf < left ? NULL : "a jump inside the program";
	case PLAIN:
	case RETURN:
		return NULL;
	}
	return "an instruction";
}

/* Is there memory to check? Compiled programs use none. */
static bool uses_memory(const struct filter *f)
{
	for (size_t pc = 0; pc < f->n; pc++)
		if (rule_of(&f->insns[pc]) == MEMORY)
			return true;
	return false;
}

/* No word of memory is read before it was written on every way there; as the kernel's
 * check_load_and_stores. Jumps go forward only, so one pass is enough. */
static int check_memory(const struct filter *f, struct err *e)
{
	uint16_t lost[BPF_MAXINSNS] = { 0 }; /* words that some way here did not write */
	uint16_t unset = UINT16_MAX;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *in = &f->insns[pc];
		const enum rule rule = rule_of(in);
		const bool store =
			BPF_CLASS(in->code) == BPF_ST || BPF_CLASS(in->code) == BPF_STX;

		unset |= lost[pc];
		if (rule == MEMORY && store)
			unset &= (uint16_t) ~(1u << in->k);
		else if (rule == MEMORY && (unset & 1u << in->k) != 0)
			return fail(e, ERR_POLICY,
				    "seccomp filter: instruction %zu: memory that was written: "
				    "word %u",
				    pc, in->k);
		if (rule == JUMP)
			lost[pc + 1 + in->k] |= unset;
		if (rule == BRANCH) {
			lost[pc + 1 + in->jt] |= unset;
			lost[pc + 1 + in->jf] |= unset;
		}
		if (rule == JUMP || rule == BRANCH)
			unset = 0;
	}
	return 0;
}

int filter_check(const struct filter *f, struct err *e)
{
	if (f->n == 0 || f->n > BPF_MAXINSNS)
		return fail(e, ERR_POLICY, "seccomp filter: 1 to %d instructions: %u",
			    BPF_MAXINSNS, f->n);
	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *in = &f->insns[pc];
		const char *want = wrong(in, f->n - pc - 1);

		if (want != NULL)
			return fail(e, ERR_POLICY,
				    "seccomp filter: instruction %zu: %s: code %#x k %#x jt %u "
				    "jf "
				    "%u",
				    pc, want, in->code, in->k, in->jt, in->jf);
	}
	if (rule_of(&f->insns[f->n - 1]) != RETURN)
		return fail(e, ERR_POLICY, "seccomp filter: a return at the end: code %#x",
			    f->insns[f->n - 1].code);
	return uses_memory(f) ? check_memory(f, e) : 0;
}

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
	const unsigned char *data; /* struct seccomp_data */
};

static uint32_t data_word(const unsigned char *data, uint32_t at)
{
	uint32_t word;

	memcpy(&word, data + at, sizeof(word));
	return word;
}

static uint32_t operand(const struct machine *m, const struct sock_filter *in)
{
	return BPF_SRC(in->code) == BPF_X ? m->x : in->k;
}

static uint32_t load(const struct machine *m, const struct sock_filter *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return data_word(m->data, in->k);
	case BPF_LEN:
		return sizeof(struct seccomp_data);
	case BPF_MEM:
		return m->mem[in->k];
	default:
		return in->k;
	}
}

/* False: a division by zero, which ends the program with 0. */
static bool compute(struct machine *m, const struct sock_filter *in)
{
	const uint32_t v = operand(m, in);

	switch (BPF_OP(in->code)) {
	case BPF_ADD:
		m->a += v;
		break;
	case BPF_SUB:
		m->a -= v;
		break;
	case BPF_MUL:
		m->a *= v;
		break;
	case BPF_DIV:
		if (v == 0)
			return false;
		m->a /= v;
		break;
	case BPF_AND:
		m->a &= v;
		break;
	case BPF_OR:
		m->a |= v;
		break;
	case BPF_XOR:
		m->a ^= v;
		break;
	case BPF_LSH:
		m->a <<= v & 31;
		break;
	case BPF_RSH:
		m->a >>= v & 31;
		break;
	default: /* BPF_NEG */
		m->a = 0 - m->a;
		break;
	}
	return true;
}

static bool compare_holds(const struct machine *m, const struct sock_filter *in)
{
	const uint32_t v = operand(m, in);

	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return m->a == v;
	case BPF_JGE:
		return m->a >= v;
	case BPF_JGT:
		return m->a > v;
	default: /* BPF_JSET */
		return (m->a & v) != 0;
	}
}

/* Any instruction but a return and JA. *skip is how many it jumps over. False: a division by
 * zero, which ends the program with 0. */
static bool step(struct machine *m, const struct sock_filter *in, size_t *skip)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		m->a = load(m, in);
		return true;
	case BPF_LDX:
		m->x = load(m, in);
		return true;
	case BPF_ST:
		m->mem[in->k] = m->a;
		return true;
	case BPF_STX:
		m->mem[in->k] = m->x;
		return true;
	case BPF_ALU:
		return compute(m, in);
	case BPF_JMP:
		*skip = compare_holds(m, in) ? in->jt : in->jf;
		return true;
	default: /* BPF_MISC */
		if (BPF_MISCOP(in->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	}
}

struct trace {
	uint16_t *pcs; /* or NULL */
	size_t n;
};

/* What nearly all instructions of a filter are has a case of its own here, for speed: a
 * compile runs its program some ten thousand times to prove it. step knows them too. */
static inline __attribute__((always_inline)) uint32_t run(const struct filter *f,
							  const unsigned char *data,
							  struct trace *t)
{
	struct machine m = { .data = data };

	for (const struct sock_filter *in = f->insns;; in++) {
		size_t skip = 0;

		if (t->pcs != NULL)
			t->pcs[t->n] = (uint16_t)(in - f->insns);
		t->n++;
		switch (in->code) {
		case BPF_RET | BPF_K:
			return in->k;
		case BPF_RET | BPF_A:
			return m.a;
		case BPF_JMP | BPF_JA:
			skip = in->k;
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			m.a = data_word(data, in->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			m.a &= in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			skip = m.a == in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			skip = m.a >= in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			skip = m.a > in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			skip = (m.a & in->k) != 0 ? in->jt : in->jf;
			break;
		default:
			if (!step(&m, in, &skip))
				return SECCOMP_RET_KILL_THREAD;
			break;
		}
		in += skip;
	}
}

uint32_t filter_run(const struct filter *f, const struct seccomp_data *call, uint16_t *pcs,
		    size_t *n)
{
	const unsigned char *data = (const unsigned char *)call;
	struct trace none = { .pcs = NULL }, t = none;
	uint32_t verdict;

	if (pcs == NULL && n == NULL)
		return run(f, data, &none);
	t.pcs = pcs;
	verdict = run(f, data, &t);
	if (n != NULL)
		*n = t.n;
	return verdict;
}

/* ---- all numbers at once ----
 *
 * No interpreter: what is known of the accumulator is that it is the number, perhaps without
 * its lowest bits, or one constant. side.c has the interpreter confirm what comes out. */

struct spans {
	const struct filter *f;
	uint32_t arch;
	struct filter_span *v;
	size_t n;
};

/* Numbers on their way through the program. */
struct walker {
	const struct sock_filter *in;
	uint32_t lo, hi;
	bool a_is_nr;  /* or it is .a */
	uint32_t gone; /* bits of the number, from the lowest on, that were masked away */
	uint32_t a;
};

static void add_span(struct spans *s, const struct walker *w, bool plain)
{
	struct filter_span *before = s->n > 0 ? &s->v[s->n - 1] : NULL;
	const uint32_t action = plain ? w->in->k : 0;

	if (before != NULL && before->plain == plain && before->action == action)
		before->last = w->hi;
	else
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the caller's room */
		s->v[s->n++] = (struct filter_span){ w->hi, action, plain };
}

static void walk(struct spans *s, struct walker *w);

/* Those from lo to hi, which all take the branch, or none does. */
static void walk_part(struct spans *s, const struct walker *w, uint64_t lo, uint64_t hi,
		      bool taken)
{
	struct walker part = { .lo = w->lo, .hi = w->hi, .a_is_nr = true, .gone = w->gone };

	if (part.lo < lo)
		part.lo = (uint32_t)lo;
	if (part.hi > hi)
		part.hi = (uint32_t)hi;
	if (lo > hi || part.lo > part.hi)
		return;
	part.in = w->in + 1 + (taken ? w->in->jt : w->in->jf);
	walk(s, &part);
}

/* The number without the bits that are gone equals k for those from k on that differ in them
 * only, and is greater from the next one on. In ascending order. False: not a compare. */
static bool walk_parts(struct spans *s, const struct walker *w)
{
	const uint64_t k = w->in->k, next = (k | w->gone) + 1;
	const uint64_t first = (k & w->gone) == 0 ? k : next;

	switch (w->in->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		if (first > 0)
			walk_part(s, w, 0, first - 1, false);
		if (first < next)
			walk_part(s, w, first, next - 1, true);
		walk_part(s, w, next, UINT32_MAX, false);
		return true;
	case BPF_JMP | BPF_JGE | BPF_K:
		if (first > 0)
			walk_part(s, w, 0, first - 1, false);
		walk_part(s, w, first, UINT32_MAX, true);
		return true;
	case BPF_JMP | BPF_JGT | BPF_K:
		walk_part(s, w, 0, next - 1, false);
		walk_part(s, w, next, UINT32_MAX, true);
		return true;
	default:
		return false;
	}
}

static bool walk_mask(struct walker *w, uint32_t mask)
{
	w->a &= mask;
	w->gone |= ~mask;
	return !w->a_is_nr || (w->gone & (w->gone + 1)) == 0;
}

/* One instruction that treats all of them alike. False: it does not, or we cannot say. */
static bool walk_on(struct spans *s, struct walker *w)
{
	const struct sock_filter *in = w->in++;
	const struct machine m = { .a = w->a };

	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		w->a_is_nr = in->k == offsetof(struct seccomp_data, nr);
		w->gone = 0;
		w->a = s->arch;
		return w->a_is_nr || in->k == offsetof(struct seccomp_data, arch);
	case BPF_ALU | BPF_AND | BPF_K:
		return walk_mask(w, in->k);
	case BPF_JMP | BPF_JA:
		w->in += in->k;
		return true;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
		w->in += compare_holds(&m, in) ? in->jt : in->jf;
		return !w->a_is_nr;
	default:
		return false;
	}
}

/* Ends: each part has numbers of its own, and jumps go forward only. */
static void walk(struct spans *s, struct walker *w)
{
	for (;;) {
		if (w->in->code == (BPF_RET | BPF_K)) {
			add_span(s, w, true);
			return;
		}
		if (w->a_is_nr && walk_parts(s, w))
			return;
		if (!walk_on(s, w)) {
			add_span(s, w, false);
			return;
		}
	}
}

size_t filter_spans(const struct filter *f, uint32_t audit_arch, uint32_t last,
		    struct filter_span *out)
{
	struct spans s = { f, audit_arch, out, 0 };

	walk(&s, &(struct walker){ .in = f->insns, .hi = last });
	return s.n;
}

int filter_simulate(const struct filter *f, const struct seccomp_data *call, uint32_t *verdict,
		    struct err *e)
{
	if (filter_check(f, e) < 0)
		return -1;
	*verdict = filter_run(f, call, NULL, NULL);
	return 0;
}
