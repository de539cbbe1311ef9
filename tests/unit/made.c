/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/made.h"

#include <errno.h>
#include <string.h>

#include "seccomp/cells.h"

uint64_t made_draw(struct made_random *r, uint64_t below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (r->state * 0x2545f4914f6cdd1d >> 11) % below;
}

void made_fill(struct made_random *r, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)made_draw(r, 256);
}

static unsigned take(struct made_bytes *b)
{
	if (b->n == 0)
		return 0;
	b->n--;
	return *b->p++;
}

static size_t pick(struct made_bytes *b, size_t n)
{
	return take(b) % n;
}

/* ---- conditions ---- */

static const uint64_t edges[] = {
	0,
	1,
	2,
	3,
	5,
	8,
	0x10,
	0xff,
	0x1000,
	0x20008,
	0x7fffffff,
	0x80000000,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x100000005,
	0x1ffffffff,
	0x7e020000,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffeffffffff,
	0xffffffff00000000,
	0xfffffffffffffffe,
	0xffffffffffffffff,
};

static uint64_t top(unsigned bits)
{
	return bits == 32 ? UINT32_MAX : UINT64_MAX;
}

const struct cond *made_range(struct arena *a, unsigned arg, unsigned bits, uint64_t lo,
			      uint64_t hi)
{
	struct cond *c = arena_new(a, struct cond);

	*c = (struct cond){ .kind = COND_RANGE,
			    .arg = (uint8_t)arg,
			    .bits = (uint8_t)bits,
			    .lo = lo,
			    .hi = hi };
	return c;
}

const struct cond *made_mask(struct arena *a, unsigned arg, unsigned bits, uint64_t mask,
			     uint64_t value)
{
	struct cond *c = arena_new(a, struct cond);

	*c = (struct cond){ .kind = COND_MASK,
			    .arg = (uint8_t)arg,
			    .bits = (uint8_t)bits,
			    .mask = mask,
			    .value = value };
	return c;
}

const struct cond *made_cond(struct arena *a, enum cond_kind kind, const struct cond *left,
			     const struct cond *right)
{
	struct cond *c = arena_new(a, struct cond);

	*c = (struct cond){ .kind = kind, .left = left, .right = right };
	return c;
}

static uint64_t take_value(struct made_bytes *b)
{
	const unsigned kind = take(b);

	if (kind < 160)
		return edges[kind % COUNT(edges)];
	if (kind < 220)
		return take(b);
	return (uint64_t)take(b) << (take(b) % 57);
}

static const struct cond *take_atom(struct arena *a, struct made_bytes *b, bool wide)
{
	const unsigned how = take(b);
	const unsigned arg = (how >> 4) % 3; /* few, so that they meet */
	const unsigned bits = wide && (how & 1) != 0 ? 64 : 32;
	const uint64_t v = take_value(b) & top(bits), w = take_value(b) & top(bits);

	switch (how >> 1 & 7) {
	case 0:
	case 1:
		return made_range(a, arg, bits, v, v);
	case 2:
		return made_range(a, arg, bits, v < w ? v : w, v < w ? w : v);
	case 3:
		return made_range(a, arg, bits, v, top(bits));
	case 4:
		return made_range(a, arg, bits, 0, v);
	case 5:
		return made_mask(a, arg, bits, v, 0);
	case 6:
		return made_mask(a, arg, bits, v, v);
	default:
		return made_mask(a, arg, bits, v, w & v);
	}
}

static const struct cond *take_cond(struct arena *a, struct made_bytes *b, bool wide,
				    unsigned depth)
{
	const unsigned kind = depth == 0 ? 0 : take(b) % 16;
	const struct cond *left;

	if (kind < 7)
		return take_atom(a, b, wide);
	if (kind == 14 || kind == 15)
		return made_cond(a, kind == 14 ? COND_TRUE : COND_FALSE, NULL, NULL);
	left = take_cond(a, b, wide, depth - 1);
	if (kind >= 12)
		return made_cond(a, COND_NOT, left, NULL);
	return made_cond(a, kind < 9 ? COND_AND : COND_OR, left,
			 take_cond(a, b, wide, depth - 1));
}

/* ---- rules ---- */

static const uint32_t deeds[] = {
	SECCOMP_RET_ALLOW,      SECCOMP_RET_ALLOW,        SECCOMP_RET_ERRNO | 1,
	SECCOMP_RET_ERRNO | 38, SECCOMP_RET_LOG,          SECCOMP_RET_TRACE | 9,
	SECCOMP_RET_TRAP,       SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
	SECCOMP_RET_USER_NOTIF,
};

static const uint32_t odd_numbers[] = {
	0xf0000,    0xf0007,    0xf0009,    700,        1000,       0x3fffffff,
	0x40000000, 0x40000001, 0x7fffffff, 0x80000000, 0xbfffffff, 0xffffffff,
};

static bool is_target(const struct policy *p, enum arch arch)
{
	for (size_t i = 0; i < p->targets_n; i++)
		if (p->targets[i] == arch)
			return true;
	return false;
}

/* Sorted by id, as the set is walked in that order. */
static void add_conds(struct arena *a, struct rule *r, enum arch arch,
		      const struct cond *const conds[2])
{
	struct rule_cond *list = arena_array(a, SC_N, sizeof(*list));
	size_t n = 0;

	for (int id = 0; id < SC_N; id++)
		if (sc_has(&r->set[arch], id) && (conds[1] == NULL || id % 2 == 0))
			list[n++] = (struct rule_cond){ id, conds[0] };
		else if (sc_has(&r->set[arch], id))
			list[n++] = (struct rule_cond){ id, conds[1] };
	r->conds[arch] = list;
	r->conds_n[arch] = n;
}

static void take_set(struct made_bytes *b, struct rule *r, enum arch arch)
{
	const unsigned kind = take(b);
	const int first = (int)(take(b) * 2) % SC_N;
	int n = 1;

	if (kind < 40)
		n = SC_N;
	else if (kind < 120)
		n = (int)take(b);
	for (int i = 0; i < n; i++) {
		const int id = (first + i) % SC_N;

		if (sc_number(id, arch) >= 0)
			sc_add(&r->set[arch], id);
	}
}

static void take_numbers(struct arena *a, struct made_bytes *b, const struct policy *p,
			 struct rule *r)
{
	struct rule_nr *nrs = arena_array(a, 4, sizeof(*nrs));
	size_t n = 0;

	for (size_t i = 0; i < 4; i++) {
		const enum arch arch = p->targets[pick(b, p->targets_n)];
		const uint32_t nr = odd_numbers[pick(b, COUNT(odd_numbers))];

		if (sc_by_number(arch, nr) < 0)
			nrs[n++] = (struct rule_nr){ arch, nr };
	}
	r->nrs = nrs;
	r->nrs_n = n;
	if (take(b) % 2 != 0)
		r->nrs_cond = take_cond(a, b, false, 2);
}

static void take_rule(struct arena *a, struct made_bytes *b, const struct policy *p,
		      struct rule *r)
{
	const unsigned how = take(b);

	r->action = deeds[pick(b, COUNT(deeds))];
	if (r->action == SECCOMP_RET_USER_NOTIF) {
		r->audit = how % 2 != 0 ? POLICY_AUDIT_DENY : POLICY_AUDIT_ALLOW;
		r->audit_errno = how % 2 != 0 ? 13 : 0;
	}
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		const struct cond *conds[2] = { NULL };
		struct made_bytes again = *b;

		if (!is_target(p, arch))
			continue;
		/* the same bytes for the next architecture, most of the time */
		take_set(&again, r, arch);
		if (how >= 64)
			conds[0] = take_cond(a, &again, arch_is_64(arch), 4);
		if (how >= 224)
			conds[1] = take_cond(a, &again, arch_is_64(arch), 4);
		if (conds[0] != NULL)
			add_conds(a, r, arch, conds);
		if (how % 4 == 0 || arch == p->targets[p->targets_n - 1])
			*b = again;
	}
	if (how % 8 == 7)
		take_numbers(a, b, p, r);
}

struct policy *made_empty(struct arena *a, const enum arch *archs, size_t n)
{
	struct policy *p = arena_new(a, struct policy);

	p->name = "made";
	for (size_t i = 0; i < n; i++)
		p->targets[p->targets_n++] = archs[i];
	p->normal = (struct fallback){ .action = SECCOMP_RET_ERRNO | EPERM };
	p->unknown = (struct fallback){ .action = SECCOMP_RET_ERRNO | ENOSYS };
	p->bad_arch = SECCOMP_RET_KILL_PROCESS;
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		p->kernel[arch] = sc_tables_kernel();
	p->rules = arena_array(a, MADE_RULES, sizeof(*p->rules));
	return p;
}

/* Ours to write: made_empty has made it. */
static struct rule *next_rule(struct policy *p)
{
	return (struct rule *)(uintptr_t)&p->rules[p->rules_n++];
}

struct rule *made_rule(struct arena *a, struct policy *p, uint32_t action, const char *name,
		       const struct cond *cond)
{
	const int id = sc_find(name, strlen(name));
	struct rule *r = next_rule(p);

	r->action = action;
	for (size_t i = 0; i < p->targets_n; i++) {
		const enum arch arch = p->targets[i];

		if (id < 0 || sc_number(id, arch) < 0)
			continue;
		sc_add(&r->set[arch], id);
		if (cond != NULL)
			add_conds(a, r, arch, (const struct cond *const[2]){ cond, NULL });
	}
	return r;
}

const struct policy *made_policy(struct arena *a, struct made_bytes *b)
{
	static const struct {
		enum arch v[ARCH_N];
		size_t n;
	} targets[] = {
		{ { ARCH_X86_64 }, 1 },
		{ { ARCH_X86_64, ARCH_I386 }, 2 },
		{ { ARCH_I386 }, 1 },
		{ { ARCH_AARCH64, ARCH_ARM }, 2 },
		{ { ARCH_ARM }, 1 },
		{ { ARCH_AARCH64, ARCH_X86_64, ARCH_ARM, ARCH_I386 }, 4 },
	};
	static const uint16_t kernels[] = { KERNEL(3, 0), KERNEL(4, 8), KERNEL(5, 10) };
	const size_t t = pick(b, COUNT(targets));
	struct policy *p = made_empty(a, targets[t].v, targets[t].n);
	const unsigned how = take(b);
	const size_t rules = pick(b, MADE_RULES);

	p->normal.action = deeds[pick(b, COUNT(deeds))];
	p->unknown = p->normal;
	if (how % 4 != 0)
		p->unknown.action = deeds[pick(b, COUNT(deeds))];
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (how % 8 == 5)
			p->kernel[arch] = kernels[pick(b, COUNT(kernels))];
	if (how % 16 == 3)
		p->bad_arch = deeds[pick(b, COUNT(deeds))];
	for (size_t i = 0; i < rules && b->n > 0; i++)
		take_rule(a, b, p, next_rule(p));
	return p;
}

const struct answers *made_answers(struct arena *a, const struct policy *p)
{
	struct answers *an = arena_new(a, struct answers);
	uint32_t *rules = arena_array(a, p->rules_n + 1, sizeof(*rules));

	for (size_t i = 0; i < p->rules_n; i++)
		rules[i] = p->rules[i].action;
	*an = (struct answers){ rules, p->normal.action, p->unknown.action };
	return an;
}

/* ---- calls ---- */

static uint64_t near_cond(struct made_random *r, const struct cond *c, uint64_t args[6])
{
	const uint64_t away = made_draw(r, 3) - 1;
	const uint64_t junk = c->bits == 32 ? made_draw(r, 3) << 32 : 0;

	if (c->left != NULL)
		(void)near_cond(r, c->left, args);
	if (c->right != NULL)
		(void)near_cond(r, c->right, args);
	if (c->kind == COND_RANGE)
		args[c->arg] = (made_draw(r, 2) != 0 ? c->lo : c->hi) + away + junk;
	if (c->kind == COND_MASK && made_draw(r, 2) != 0)
		args[c->arg] = (args[c->arg] & ~c->mask) | c->value;
	else if (c->kind == COND_MASK)
		args[c->arg] ^= c->mask & -c->mask;
	return args[c->arg];
}

static void near_rule(struct made_random *r, const struct rule *rule, enum arch arch,
		      struct seccomp_data *call)
{
	uint64_t args[6];

	memcpy(args, call->args, sizeof(args));
	if (rule->conds_n[arch] > 0) {
		const struct rule_cond *one =
			&rule->conds[arch][made_draw(r, rule->conds_n[arch])];

		if (made_draw(r, 2) != 0)
			call->nr = sc_number(one->id, arch);
		(void)near_cond(r, one->cond, args);
	}
	if (rule->nrs_n > 0 && made_draw(r, 4) == 0) {
		call->nr = (int)rule->nrs[made_draw(r, rule->nrs_n)].nr;
		if (rule->nrs_cond != NULL)
			(void)near_cond(r, rule->nrs_cond, args);
	}
	memcpy(call->args, args, sizeof(args));
}

void made_call(struct made_random *r, const struct policy *p, struct seccomp_data *call)
{
	const enum arch arch = p->targets[made_draw(r, p->targets_n)];

	*call = (struct seccomp_data){ .arch = arch_audit(arch),
				       .nr = (int)made_draw(r, sc_last(arch) + 8) };
	for (size_t i = 0; i < 6; i++)
		call->args[i] = edges[made_draw(r, COUNT(edges))];
	if (p->rules_n > 0 && made_draw(r, 8) != 0)
		near_rule(r, &p->rules[made_draw(r, p->rules_n)], arch, call);
	switch (made_draw(r, 40)) {
	case 0:
		call->nr = (int)odd_numbers[made_draw(r, COUNT(odd_numbers))];
		break;
	case 1:
		call->nr |= (int)X32_BIT;
		break;
	case 2:
		call->arch ^= 1u << made_draw(r, 32);
		break;
	default:
		break;
	}
	for (size_t i = 0; i < 6 && !arch_is_64(arch); i++)
		call->args[i] &= UINT32_MAX;
}

/* ---- a walk with all witnesses ---- */

struct seen {
	const struct filter *f;
	uint16_t *pcs;
	bool *insns, (*edges)[2];
	struct made_walk *out;
};

static int see(void *ctx, const struct cell *cell, struct err *e)
{
	struct seen *s = ctx;
	size_t n;

	(void)e;
	(void)filter_run(s->f, &cell->call, s->pcs, &n);
	for (size_t i = 0; i < n; i++) {
		const size_t pc = s->pcs[i], next = i + 1 < n ? s->pcs[i + 1] : pc;

		s->insns[pc] = true;
		s->edges[pc][0] |= next == pc + 1 + s->f->insns[pc].jt;
		s->edges[pc][1] |= next == pc + 1 + s->f->insns[pc].jf;
	}
	if (!cell_agrees(cell) && !s->out->differs) {
		s->out->differs = true;
		s->out->call = cell->call;
	}
	return 0;
}

static void count_ways(const struct seen *s)
{
	struct made_walk *out = s->out;

	for (size_t pc = 0; pc < s->f->n; pc++) {
		const uint16_t code = s->f->insns[pc].code;
		const bool branch = BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;
		const size_t missed =
			branch ? (size_t)!s->edges[pc][0] + !s->edges[pc][1] : !s->insns[pc];

		out->tests_bits |=
			code == (BPF_JMP | BPF_JSET | BPF_K) || BPF_CLASS(code) == BPF_ALU;
		out->ways += branch ? 2 : 1;
		out->missed += missed;
		if (missed > 0)
			out->pc = pc;
	}
}

void made_walk(struct arena *a, const struct policy *p, const struct filter *f,
	       struct made_walk *out)
{
	struct seen s = { .f = f,
			  .pcs = arena_array(a, f->n, sizeof(*s.pcs)),
			  .insns = arena_array(a, f->n, sizeof(*s.insns)),
			  .edges = arena_array(a, f->n, sizeof(*s.edges)),
			  .out = out };
	struct cells *c = arena_new(a, struct cells);
	struct err e = { 0 };
	int rc = 0;

	*out = (struct made_walk){ .ways = 0 };
	*c = (struct cells){ .arena = a,
			     .sides = { { .policy = p, .answers = made_answers(a, p) },
					{ .filter = f } },
			     .visit = see,
			     .ctx = &s };
	cells_open(c);
	for (size_t i = 0; i < p->targets_n && rc == 0; i++)
		rc = cells_of_arch(c, p->targets[i], &e);
	if (rc == 0)
		rc = cells_elsewhere(c, p->targets, p->targets_n, &e);
	out->differs |= rc < 0;
	count_ways(&s);
}
