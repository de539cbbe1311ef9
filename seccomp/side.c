/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/side.h"

#include <string.h>

/* ---- a policy ---- */

static void find_conds(struct side *s, enum arch arch)
{
	for (size_t i = 0; i < s->policy->rules_n; i++) {
		const struct rule *r = &s->policy->rules[i];

		for (size_t k = 0; k < r->conds_n[arch]; k++)
			sc_add(&s->conds[arch], r->conds[arch][k].id);
		s->nrs_conds |= r->nrs_n > 0 && r->nrs_cond != NULL;
	}
}

/* sc_last of the others is their last. */
static void find_far(struct side *s)
{
	for (int id = 0; id < SC_N && s->far_n < SIDE_FAR; id++)
		if (sc_number(id, ARCH_ARM) > (int)sc_last(ARCH_ARM))
			s->far[s->far_n++] = (uint32_t)sc_number(id, ARCH_ARM);
}

void side_open(struct side *s)
{
	if (s->policy == NULL)
		return;
	for (size_t i = 0; i < s->policy->targets_n; i++) {
		find_conds(s, s->policy->targets[i]);
		if (s->policy->targets[i] == ARCH_ARM)
			find_far(s);
	}
}

bool call_is_hole(const struct seccomp_data *call)
{
	const enum arch arch = arch_of_audit(call->arch);
	const uint32_t nr = (uint32_t)call->nr;

	return arch != ARCH_N && nr < sc_last(arch) && sc_by_number(arch, nr) < 0;
}

static void answer_by(const struct side *s, const struct policy *p,
		      const struct seccomp_data *call, struct answer *out)
{
	const struct answers *an = s->answers;
	struct policy_decision d;

	policy_decide(p, call, &d);
	*out = (struct answer){ d.action, d.also };
	if (an == NULL || d.why == POLICY_BY_X32 || d.why == POLICY_BY_ARCH)
		return;
	if (d.why == POLICY_BY_RULE)
		*out = (struct answer){ an->rules[d.rule], an->rules[d.rule] };
	else if (d.why == POLICY_BY_DEFAULT)
		*out = (struct answer){ an->normal, an->normal };
	else
		*out = (struct answer){ an->unknown,
					call_is_hole(call) ? an->normal : an->unknown };
}

static void policy_answer(const struct side *s, const struct seccomp_data *call,
			  struct answer *out)
{
	answer_by(s, s->policy, call, out);
}

/* Asks until it is one of the targets, or another one; TRUTH_OPEN as soon as it may be both. */
static enum truth ask_arch(const struct policy *p, struct asker *q, enum arch *arch)
{
	*arch = ARCH_N;
	for (size_t i = 0; i < p->targets_n; i++) {
		const enum truth is = ask_eq(q, CUBE_ARCH, arch_audit(p->targets[i]));

		if (is == TRUTH_YES)
			*arch = p->targets[i];
		if (is != TRUTH_NO)
			return is;
	}
	return TRUTH_YES;
}

/* Is it one of the numbers? TRUTH_NO when it is none of them. */
static enum truth ask_numbers(struct asker *q, const uint32_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const enum truth is = ask_eq(q, CUBE_NR, numbers[i]);

		if (is != TRUTH_NO)
			return is;
	}
	return TRUTH_NO;
}

static enum truth ask_nrs(const struct policy *p, struct asker *q, enum arch arch)
{
	for (size_t i = 0; i < p->rules_n; i++)
		for (size_t k = 0; k < p->rules[i].nrs_n; k++) {
			const struct rule_nr *nr = &p->rules[i].nrs[k];

			if (nr->arch == arch && ask_eq(q, CUBE_NR, nr->nr) == TRUTH_OPEN)
				return TRUTH_OPEN;
		}
	return TRUTH_NO;
}

/* Until the number is one, or none that the policy or its tables know. */
static enum truth ask_number(const struct side *s, struct asker *q, enum arch arch)
{
	const struct words *nr = &q->cube->words[CUBE_NR];
	const uint32_t last = sc_last(arch);
	enum truth beyond;

	if (nr->lo == nr->hi)
		return TRUTH_YES;
	beyond = ask_ge(q, CUBE_NR, last + 1);
	if (beyond == TRUTH_NO)
		beyond = ask_ge(q, CUBE_NR, nr->lo + (nr->hi - nr->lo) / 2 + 1);
	if (beyond == TRUTH_OPEN)
		return TRUTH_OPEN;
	if (arch == ARCH_ARM && ask_numbers(q, s->far, s->far_n) == TRUTH_OPEN)
		return TRUTH_OPEN;
	return ask_nrs(s->policy, q, arch) == TRUTH_OPEN ? TRUTH_OPEN : TRUTH_YES;
}

static enum truth negate(enum truth t)
{
	return t == TRUTH_OPEN ? TRUTH_OPEN : t == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
}

/* arg >= value, of all 64 bits */
static enum truth ask_ge64(struct asker *q, unsigned arg, uint64_t value)
{
	const uint32_t high = (uint32_t)(value >> 32);
	enum truth is = ask_ge(q, word_high(arg), high);

	if (is != TRUTH_YES || (uint32_t)value == 0)
		return is;
	if (high < UINT32_MAX) {
		is = ask_ge(q, word_high(arg), high + 1);
		if (is != TRUTH_NO)
			return is;
	}
	return ask_ge(q, word_low(arg), (uint32_t)value);
}

static enum truth ask_ge_arg(struct asker *q, const struct cond *c, uint64_t value)
{
	if (c->bits != 32)
		return ask_ge64(q, c->arg, value);
	if (value > UINT32_MAX)
		return TRUTH_NO;
	return ask_ge(q, word_low(c->arg), (uint32_t)value);
}

static enum truth ask_range(struct asker *q, const struct cond *c)
{
	const enum truth is = ask_ge_arg(q, c, c->lo);

	if (is != TRUTH_YES || c->hi == UINT64_MAX)
		return is;
	return negate(ask_ge_arg(q, c, c->hi + 1));
}

static enum truth ask_masked(struct asker *q, const struct cond *c)
{
	enum truth high = TRUTH_YES, low;

	if (c->bits == 32)
		high = c->value >> 32 == 0 ? TRUTH_YES : TRUTH_NO;
	else
		high = ask_mask(q, word_high(c->arg), (uint32_t)(c->mask >> 32),
				(uint32_t)(c->value >> 32));
	if (high != TRUTH_YES)
		return high;
	low = ask_mask(q, word_low(c->arg), (uint32_t)c->mask, (uint32_t)c->value);
	return low;
}

static enum truth ask_cond(struct asker *q, const struct cond *c)
{
	enum truth left;

	switch (c->kind) {
	case COND_TRUE:
		return TRUTH_YES;
	case COND_FALSE:
		return TRUTH_NO;
	case COND_AND:
		left = ask_cond(q, c->left);
		return left == TRUTH_YES ? ask_cond(q, c->right) : left;
	case COND_OR:
		left = ask_cond(q, c->left);
		return left == TRUTH_NO ? ask_cond(q, c->right) : left;
	case COND_NOT:
		return negate(ask_cond(q, c->left));
	case COND_RANGE:
		return ask_range(q, c);
	case COND_MASK:
		return ask_masked(q, c);
	}
	return TRUTH_OPEN;
}

/* The number is settled: does it matter to the rules which arguments there are? */
static enum truth ask_rules(const struct policy *p, struct asker *q, enum arch arch,
			    uint32_t nr)
{
	const struct numbered_call call = { arch, sc_by_number(arch, nr), nr };

	for (size_t i = 0; i < p->rules_n; i++) {
		const struct cond *cond;
		enum truth is;

		if (!rule_covers(&p->rules[i], &call, &cond))
			continue;
		is = cond == NULL ? TRUTH_YES : ask_cond(q, cond);
		if (is != TRUTH_NO)
			return is;
	}
	return TRUTH_YES;
}

static enum truth policy_is_settled(const struct side *s, struct asker *q)
{
	enum arch arch;

	if (ask_arch(s->policy, q, &arch) == TRUTH_OPEN)
		return TRUTH_OPEN;
	if (arch == ARCH_N)
		return TRUTH_YES;
	if (arch == ARCH_X86_64) {
		const enum truth x32 = ask_ge(q, CUBE_NR, X32_BIT);

		if (x32 != TRUTH_NO)
			return x32;
	}
	if (ask_number(s, q, arch) == TRUTH_OPEN)
		return TRUTH_OPEN;
	return ask_rules(s->policy, q, arch, q->cube->words[CUBE_NR].lo);
}

/* ---- a program ---- */

/* The accumulator: a constant, a word of the call (its masked bits), or something else. */
struct value {
	enum {
		IS_CONST,
		IS_WORD,
		IS_OTHER
	} kind;
	unsigned word;
	uint32_t bits; /* the constant, or the mask */
};

/* (word & mask) >= value, bit by bit from the top */
static enum truth ask_masked_ge(struct asker *q, const struct value *v, uint32_t value)
{
	for (uint32_t bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
		const bool wanted = (value & bit) != 0;
		enum truth is = TRUTH_NO;

		if ((v->bits & bit) != 0)
			is = ask_mask(q, v->word, bit, bit);
		if (is == TRUTH_OPEN)
			return TRUTH_OPEN;
		if ((is == TRUTH_YES) != wanted)
			return is;
	}
	return TRUTH_YES;
}

/* Without its lowest bits a word reaches the value when it reaches the next multiple itself. */
static enum truth ask_word_ge(struct asker *q, const struct value *v, uint32_t value)
{
	const uint32_t low = ~v->bits;

	if ((low & (low + 1)) != 0)
		return ask_masked_ge(q, v, value);
	if ((value & low) == 0)
		return ask_ge(q, v->word, value);
	return (value | low) == UINT32_MAX ? TRUTH_NO : ask_ge(q, v->word, (value | low) + 1);
}

static enum truth ask_word(struct asker *q, const struct value *v, uint16_t op, uint32_t k)
{
	switch (op) {
	case BPF_JEQ:
		return v->bits == UINT32_MAX ? ask_eq(q, v->word, k)
					     : ask_mask(q, v->word, v->bits, k);
	case BPF_JGE:
		return ask_word_ge(q, v, k);
	case BPF_JGT:
		return k == UINT32_MAX ? TRUTH_NO : ask_word_ge(q, v, k + 1);
	default: /* BPF_JSET */
		return negate(ask_mask(q, v->word, v->bits & k, 0));
	}
}

static bool const_holds(uint32_t v, uint16_t op, uint32_t k)
{
	switch (op) {
	case BPF_JEQ:
		return v == k;
	case BPF_JGE:
		return v >= k;
	case BPF_JGT:
		return v > k;
	default: /* BPF_JSET */
		return (v & k) != 0;
	}
}

/* What an instruction other than a jump or a return leaves in the accumulator. */
static struct value value_after(const struct value *v, const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return (struct value){ IS_WORD, in->k / 4, UINT32_MAX };
	case BPF_LD | BPF_IMM:
		return (struct value){ IS_CONST, 0, in->k };
	case BPF_LD | BPF_W | BPF_LEN:
		return (struct value){ IS_CONST, 0, sizeof(struct seccomp_data) };
	case BPF_ALU | BPF_AND | BPF_K:
		if ((v->bits & in->k) == 0 && v->kind != IS_OTHER)
			return (struct value){ IS_CONST, 0, 0 };
		return (struct value){ v->kind, v->word, v->bits & in->k };
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_MEM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
		return *v;
	default:
		return (struct value){ IS_OTHER, 0, 0 };
	}
}

/* Which way a branch goes; TRUTH_OPEN: either. *known is false when we cannot say. */
static enum truth branch(struct asker *q, const struct value *v, const struct sock_filter *in,
			 bool *known)
{
	const uint16_t op = BPF_OP(in->code);

	if (in->jt == in->jf)
		return TRUTH_YES;
	*known = v->kind != IS_OTHER && BPF_SRC(in->code) == BPF_K;
	if (!*known)
		return TRUTH_OPEN;
	if (v->kind == IS_CONST)
		return const_holds(v->bits, op, in->k) ? TRUTH_YES : TRUTH_NO;
	return ask_word(q, v, op, in->k);
}

static bool is_const(struct asker *q, const struct value *v)
{
	const struct words *w = &q->cube->words[v->word];

	return v->kind == IS_CONST || (v->kind == IS_WORD && w->lo == w->hi);
}

static enum truth filter_is_settled(const struct filter *f, struct asker *q)
{
	struct value v = { IS_CONST, 0, 0 };
	bool known = true;

	for (const struct sock_filter *in = f->insns;; in++) {
		enum truth is;

		if (in->code == (BPF_RET | BPF_K))
			return TRUTH_YES;
		if (BPF_CLASS(in->code) == BPF_RET)
			return is_const(q, &v) ? TRUTH_YES : TRUTH_NO;
		if (BPF_CLASS(in->code) != BPF_JMP) {
			v = value_after(&v, in);
			continue;
		}
		if (BPF_OP(in->code) == BPF_JA) {
			in += in->k;
			continue;
		}
		is = branch(q, &v, in, &known);
		if (!known)
			return TRUTH_NO;
		if (is == TRUTH_OPEN)
			return TRUTH_OPEN;
		in += is == TRUTH_YES ? in->jt : in->jf;
	}
}

/* ---- either ---- */

void side_answer(const struct side *s, const struct seccomp_data *call, struct answer *out)
{
	if (s->policy != NULL) {
		policy_answer(s, call, out);
		return;
	}
	out->is = filter_run(s->filter, call, NULL, NULL);
	out->also = out->is;
}

/* ---- without arguments ---- */

/* By id: the first rule that has the call. */
static const uint16_t *find_first(const struct policy *p, enum arch arch, struct arena *a)
{
	uint16_t *first = arena_array(a, SC_N, sizeof(*first));
	struct sc_set left;

	memset(&left, 0xff, sizeof(left));
	for (int id = 0; id < SC_N; id++)
		first[id] = (uint16_t)p->rules_n;
	for (size_t i = 0; i < p->rules_n; i++)
		for (size_t w = 0; w < SC_WORDS; w++) {
			uint64_t bits = p->rules[i].set[arch].bits[w] & left.bits[w];

			left.bits[w] &= ~bits;
			for (; bits != 0; bits &= bits - 1)
				first[64 * w + (size_t)__builtin_ctzll(bits)] = (uint16_t)i;
		}
	return first;
}

static bool has_nrs(const struct policy *p)
{
	for (size_t i = 0; i < p->rules_n; i++)
		if (p->rules[i].nrs_n > 0)
			return true;
	return false;
}

static int expect_answer(const struct filter *f, const struct seccomp_data *call,
			 uint32_t action, struct err *e)
{
	const uint32_t is = filter_run(f, call, NULL, NULL);

	if (is == action)
		return 0;
	return fail(e, ERR_BUG,
		    "seccomp filter: number %d of architecture %#x: %#x, whatever its "
		    "arguments are: the interpreter says %#x",
		    call->nr, call->arch, action, is);
}

int side_check_spans(const struct filter *f, uint32_t audit_arch,
		     const struct filter_span *spans, size_t n, struct err *e)
{
	struct seccomp_data none = { .arch = audit_arch }, all;

	memset(&all, 0xff, sizeof(all));
	all.arch = audit_arch;
	for (size_t i = 0; i < n; i++) {
		none.nr = i > 0 ? (int)(spans[i - 1].last + 1) : 0;
		all.nr = (int)spans[i].last;
		if (spans[i].plain && (expect_answer(f, &none, spans[i].action, e) < 0 ||
				       expect_answer(f, &all, spans[i].action, e) < 0))
			return -1;
	}
	return 0;
}

static int open_spans(struct side *s, enum arch arch, struct arena *a, struct err *e)
{
	const uint32_t last = sc_last(arch);
	struct filter_span *spans = arena_array(a, (size_t)last + 1, sizeof(*spans));
	const size_t n = filter_spans(s->filter, arch_audit(arch), last, spans);

	s->spans = spans;
	s->spans_at = 0;
	return side_check_spans(s->filter, arch_audit(arch), spans, n, e);
}

int side_open_arch(struct side *s, enum arch arch, struct arena *a, struct err *e)
{
	s->first = NULL;
	if (s->policy == NULL)
		return open_spans(s, arch, a, e);
	if (policy_targets(s->policy, arch) && !has_nrs(s->policy) &&
	    s->policy->rules_n <= UINT16_MAX) {
		s->first = find_first(s->policy, arch, a);
		s->bare = *s->policy;
		s->bare.rules_n = 0;
	}
	return 0;
}

static bool filter_plain_answer(struct side *s, uint32_t nr, struct answer *out)
{
	while (s->spans[s->spans_at].last < nr)
		s->spans_at++;
	out->is = out->also = s->spans[s->spans_at].action;
	return s->spans[s->spans_at].plain;
}

/* Nearly always the first rule that has a call answers it, whatever the arguments are. */
static bool policy_plain_answer(const struct side *s, enum arch arch, uint32_t nr,
				struct answer *out)
{
	const struct seccomp_data call = { .nr = (int)nr, .arch = arch_audit(arch) };
	const struct answers *an = s->answers;
	const int id = sc_by_number(arch, nr);
	const bool plain = !s->nrs_conds && (id < 0 || !sc_has(&s->conds[arch], id));
	const size_t n = s->policy->rules_n;
	const size_t rule = id >= 0 && s->first != NULL ? s->first[id] : n;

	if (!plain)
		return false;
	if (s->first == NULL)
		policy_answer(s, &call, out);
	else if (rule == n)
		answer_by(s, &s->bare, &call, out);
	else
		out->is = out->also =
			an != NULL ? an->rules[rule] : s->policy->rules[rule].action;
	return true;
}

bool side_plain_answer(struct side *s, enum arch arch, uint32_t nr, struct answer *out)
{
	return s->policy != NULL ? policy_plain_answer(s, arch, nr, out)
				 : filter_plain_answer(s, nr, out);
}

/* ---- whatever the call is ---- */

enum truth side_is_settled(const struct side *s, struct asker *q)
{
	return s->policy != NULL ? policy_is_settled(s, q) : filter_is_settled(s->filter, q);
}
