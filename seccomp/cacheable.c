/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls the kernel need not run the filter for. filter_spans tells of nearly all; the
 * copy of the kernel's rules is asked for a call that it did not find allowed. */
#include "seccomp/compile.h"
#include "seccomp/sim.h"

/* What seccomp_is_const_allow of kernel/seccomp.c knows of one instruction: the state after it,
 * or the end. */
struct emulator {
	uint32_t nr, arch, a;
	size_t pc;
	enum {
		GOES_ON,
		ENDS_ALLOW,
		ENDS_OTHERWISE
	} state;
};

static void load(struct emulator *m, uint32_t k)
{
	if (k == offsetof(struct seccomp_data, nr))
		m->a = m->nr;
	else if (k == offsetof(struct seccomp_data, arch))
		m->a = m->arch;
	else
		m->state = ENDS_OTHERWISE; /* an argument or the instruction pointer */
}

static void branch(struct emulator *m, const struct sock_filter *in, bool holds)
{
	m->pc += holds ? in->jt : in->jf;
}

static void step(struct emulator *m, const struct sock_filter *in)
{
	m->pc++;
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		load(m, in->k);
		return;
	case BPF_RET | BPF_K:
		m->state = in->k == SECCOMP_RET_ALLOW ? ENDS_ALLOW : ENDS_OTHERWISE;
		return;
	case BPF_JMP | BPF_JA:
		m->pc += in->k;
		return;
	case BPF_JMP | BPF_JEQ | BPF_K:
		branch(m, in, m->a == in->k);
		return;
	case BPF_JMP | BPF_JGE | BPF_K:
		branch(m, in, m->a >= in->k);
		return;
	case BPF_JMP | BPF_JGT | BPF_K:
		branch(m, in, m->a > in->k);
		return;
	case BPF_JMP | BPF_JSET | BPF_K:
		branch(m, in, (m->a & in->k) != 0);
		return;
	case BPF_ALU | BPF_AND | BPF_K:
		m->a &= in->k;
		return;
	default:
		m->state = ENDS_OTHERWISE;
		return;
	}
}

static struct emulator emulate(const struct filter *f, uint32_t audit_arch, uint32_t nr)
{
	struct emulator m = { .nr = nr, .arch = audit_arch };

	while (m.state == GOES_ON && m.pc < f->n)
		step(&m, &f->insns[m.pc]);
	return m;
}

bool filter_cacheable(const struct filter *f, uint32_t audit_arch, uint32_t nr)
{
	return emulate(f, audit_arch, nr).state == ENDS_ALLOW;
}

/* ---- what the policy wants ---- */

/* Calls that no rule was final for yet, and those of them that some rule may answer with
 * something else than allow. */
struct sorted {
	struct sc_set left, doubtful, allowed;
};

static void sort_rule(struct sorted *s, const struct rule *r, enum arch arch, bool allows)
{
	struct sc_set final = r->set[arch];

	for (size_t i = 0; i < r->conds_n[arch]; i++) {
		const struct rule_cond *rc = &r->conds[arch][i];

		if (rc->cond == NULL)
			continue;
		final.bits[rc->id / 64] &= ~(UINT64_C(1) << (rc->id % 64));
		if (!allows && sc_has(&s->left, rc->id))
			sc_add(&s->doubtful, rc->id);
	}
	for (size_t w = 0; w < SC_WORDS; w++) {
		if (allows)
			s->allowed.bits[w] |=
				final.bits[w] & s->left.bits[w] & ~s->doubtful.bits[w];
		s->left.bits[w] &= ~final.bits[w];
	}
}

/* What is left to the fallbacks, where those allow. */
static void sort_left(struct sorted *s, const struct policy *p, const struct answers *an,
		      enum arch arch)
{
	for (int id = 0; id < SC_N; id++) {
		const bool unknown = sc_since(id, arch) > p->kernel[arch];

		if (sc_has(&s->left, id) && !sc_has(&s->doubtful, id) &&
		    (unknown ? an->unknown : an->normal) == SECCOMP_RET_ALLOW)
			sc_add(&s->allowed, id);
	}
}

/* By rules and fallbacks as they are written. Numbers without a name are not looked at: what
 * the bitmap makes of them matters to nobody. */
static struct sc_set always_allowed(const struct policy *p, const struct answers *an,
				    enum arch arch)
{
	struct sorted s = { 0 };

	for (size_t w = 0; w < SC_WORDS; w++)
		s.left.bits[w] = UINT64_MAX;
	for (size_t i = 0; i < p->rules_n; i++)
		sort_rule(&s, &p->rules[i], arch, an->rules[i] == SECCOMP_RET_ALLOW);
	if (an->normal == SECCOMP_RET_ALLOW || an->unknown == SECCOMP_RET_ALLOW)
		sort_left(&s, p, an, arch);
	return s.allowed;
}

/* ---- all numbers at once ---- */

#define LOW_NUMBERS 1024 /* ordinary ones are below */

struct numbers {
	uint64_t bits[LOW_NUMBERS / 64];
};

static bool has_number(const struct numbers *s, uint32_t nr)
{
	return nr < LOW_NUMBERS && (s->bits[nr / 64] >> (nr % 64) & 1) != 0;
}

static void add_numbers(struct numbers *s, uint32_t lo, uint32_t hi)
{
	for (uint32_t w = lo / 64; w <= hi / 64; w++) {
		const uint32_t first = w == lo / 64 ? lo % 64 : 0;
		const uint32_t last = w == hi / 64 ? hi % 64 : 63;

		s->bits[w] |= UINT64_MAX << first & UINT64_MAX >> (63 - last);
	}
}

/* Those for which the program returns allow without a look at anything else. All that it does
 * on such a way the kernel's emulator does too. */
static struct numbers plainly_allowed(const struct filter *f, enum arch arch)
{
	autoarena struct arena own = { 0 };
	struct filter_span *spans = arena_array(&own, LOW_NUMBERS, sizeof(*spans));
	const size_t n = filter_spans(f, arch_audit(arch), LOW_NUMBERS - 1, spans);
	struct numbers out = { 0 };

	for (size_t i = 0, lo = 0; i < n; lo = (size_t)spans[i].last + 1, i++)
		if (spans[i].plain && spans[i].action == SECCOMP_RET_ALLOW)
			add_numbers(&out, (uint32_t)lo, spans[i].last);
	return out;
}

static int check_arch(const struct policy *p, const struct answers *an, const struct filter *f,
		      enum arch arch, struct err *e)
{
	const struct sc_set allowed = always_allowed(p, an, arch);
	const struct numbers plainly = plainly_allowed(f, arch);

	for (int id = 0; id < SC_N; id++) {
		const int nr = sc_has(&allowed, id) ? sc_number(id, arch) : -1;

		if (nr < 0 || has_number(&plainly, (uint32_t)nr) ||
		    filter_cacheable(f, arch_audit(arch), (uint32_t)nr))
			continue;
		return fail(e, ERR_BUG,
			    "seccomp filter: %s on %s: in the kernel's bitmap of calls that "
			    "are always allowed: it is not",
			    sc_name(id), arch_name(arch));
	}
	return 0;
}

int compile_check_cacheable(const struct policy *p, const struct answers *an,
			    const struct filter *f, struct err *e)
{
	for (size_t i = 0; i < p->targets_n; i++)
		if (check_arch(p, an, f, p->targets[i], e) < 0)
			return -1;
	return 0;
}
