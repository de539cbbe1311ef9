/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls the kernel need not run the filter for. */
#include "seccomp/compile.h"

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
	return (s->bits[nr / 64] >> (nr % 64) & 1) != 0;
}

static void add_numbers(struct numbers *s, uint32_t lo, uint32_t hi)
{
	for (uint32_t w = lo / 64; w <= hi / 64; w++) {
		const uint32_t first = w == lo / 64 ? lo % 64 : 0;
		const uint32_t last = w == hi / 64 ? hi % 64 : 63;

		s->bits[w] |= UINT64_MAX << first & UINT64_MAX >> (63 - last);
	}
}

/* The emulator, of all numbers from lo to hi at once. */
struct walk {
	const struct filter *f;
	uint32_t arch;
	struct numbers *out;
};

struct walker {
	size_t pc;
	uint32_t lo, hi;
	bool a_is_nr;
	uint32_t a; /* else */
};

static void walk_from(const struct walk *w, struct walker at);

/* Tests that are no compares: each number by itself. */
static void walk_singly(const struct walk *w, const struct walker *at)
{
	for (uint32_t nr = at->lo; nr <= at->hi; nr++)
		if (filter_cacheable(w->f, w->arch, nr))
			add_numbers(w->out, nr, nr);
}

static void walk_part(const struct walk *w, const struct walker *at, uint64_t lo, uint64_t hi,
		      unsigned skip)
{
	struct walker part = *at;

	part.pc += skip;
	part.lo = lo > at->lo ? (uint32_t)lo : at->lo;
	part.hi = hi < at->hi ? (uint32_t)hi : at->hi;
	if (part.lo <= part.hi)
		walk_from(w, part);
}

/* at: behind the compare of the number. */
static void walk_parts(const struct walk *w, const struct walker *at,
		       const struct sock_filter *in)
{
	const uint64_t k = in->k;
	const uint64_t from = BPF_OP(in->code) == BPF_JGT ? k + 1 : k;

	if (BPF_OP(in->code) == BPF_JSET) {
		walk_singly(w, at);
		return;
	}
	if (from > 0)
		walk_part(w, at, 0, from - 1, in->jf);
	if (BPF_OP(in->code) != BPF_JEQ) {
		walk_part(w, at, from, UINT32_MAX, in->jt);
		return;
	}
	walk_part(w, at, k, k, in->jt);
	walk_part(w, at, k + 1, UINT32_MAX, in->jf);
}

/* One instruction that does not look at the number. False: nothing follows. */
static bool walk_step(const struct walk *w, struct walker *at, const struct sock_filter *in)
{
	struct emulator m = { .arch = w->arch, .a = at->a, .pc = at->pc };

	at->a_is_nr = in->code == (BPF_LD | BPF_W | BPF_ABS) &&
		      in->k == offsetof(struct seccomp_data, nr);
	step(&m, in);
	at->pc = m.pc;
	at->a = m.a;
	if (m.state == ENDS_ALLOW)
		add_numbers(w->out, at->lo, at->hi);
	return m.state == GOES_ON;
}

/* Each part has its own numbers, so there are no more ways than numbers. */
static void walk_from(const struct walk *w, struct walker at)
{
	while (at.pc < w->f->n) {
		const struct sock_filter *in = &w->f->insns[at.pc];
		const bool keeps_a = BPF_CLASS(in->code) == BPF_RET ||
				     in->code == (BPF_JMP | BPF_JA) ||
				     BPF_CLASS(in->code) == BPF_LD;

		if (!at.a_is_nr || keeps_a) {
			const bool was_nr = at.a_is_nr && BPF_CLASS(in->code) == BPF_JMP;

			if (!walk_step(w, &at, in))
				return;
			at.a_is_nr = at.a_is_nr || was_nr;
			continue;
		}
		if (BPF_CLASS(in->code) != BPF_JMP) {
			walk_singly(w, &at);
			return;
		}
		at.pc++;
		walk_parts(w, &at, in);
		return;
	}
}

static int check_arch(const struct policy *p, const struct answers *an, const struct filter *f,
		      enum arch arch, struct err *e)
{
	const struct sc_set allowed = always_allowed(p, an, arch);
	struct numbers taken = { 0 };

	walk_from(&(struct walk){ f, arch_audit(arch), &taken },
		  (struct walker){ .hi = LOW_NUMBERS - 1 });
	for (int id = 0; id < SC_N; id++) {
		const int nr = sc_has(&allowed, id) ? sc_number(id, arch) : -1;

		if (nr < 0 || (nr < LOW_NUMBERS && has_number(&taken, (uint32_t)nr)) ||
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
