/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/behave.h"

#include <string.h>

void behave_open(struct arena *a, const struct behaviour *like, struct behaviour *out)
{
	*out = (struct behaviour){ .arena = a };
	if (like == NULL) {
		bdds_init(&out->bdds, a);
		return;
	}
	out->bdds = like->bdds;
	out->answers = like->answers;
	out->answers_n = like->answers_n;
	out->answers_room = like->answers_room;
}

bdd behave_leaf(struct behaviour *b, const struct fallback *answer)
{
	struct fallback *more;

	for (size_t i = 0; i < b->answers_n; i++)
		if (b->answers[i].action == answer->action &&
		    b->answers[i].audit == answer->audit &&
		    b->answers[i].audit_errno == answer->audit_errno)
			return bdd_leaf(&b->bdds, (uint32_t)i);
	if (b->answers_n == b->answers_room) {
		b->answers_room = b->answers_room * 2 + 16;
		more = arena_array(b->arena, b->answers_room, sizeof(*more));
		if (b->answers_n > 0)
			memcpy(more, b->answers, b->answers_n * sizeof(*more));
		b->answers = more;
	}
	b->answers[b->answers_n++] = *answer;
	return bdd_leaf(&b->bdds, (uint32_t)b->answers_n - 1);
}

const struct fallback *behave_answer(const struct behaviour *b, bdd f)
{
	return &b->answers[b->bdds.v[f].no];
}

bdd behave_fallback(const struct behaviour *b, enum arch arch, int id)
{
	return sc_since(id, arch) > b->kernel[arch] ? b->unknown : b->normal;
}

bdd behave_cut(struct bdds *b, bdd f)
{
	for (unsigned i = 0; i < 6; i++)
		f = bdd_at(b, f, (struct bdd_field){ BDD_ARGS + BDD_WIDE * i, 32 }, 0);
	return f;
}

int behave_check(const struct behaviour *b, struct err *e)
{
	if (!b->bdds.over)
		return 0;
	return fail(e, ERR_POLICY,
		    "seccomp policy: conditions that can be told apart in a million steps: "
		    "they take more");
}

/* ---- a policy ---- */

static bdd cond_bdd(struct bdds *b, const struct cond *c)
{
	struct bdd_field x = bdd_arg(c->arg);

	if (c->bits == 32)
		x = (struct bdd_field){ x.first + 32, 32 };
	switch (c->kind) {
	case COND_TRUE:
		return BDD_TRUE;
	case COND_FALSE:
		return BDD_FALSE;
	case COND_AND:
		return bdd_and(b, cond_bdd(b, c->left), cond_bdd(b, c->right));
	case COND_OR:
		return bdd_or(b, cond_bdd(b, c->left), cond_bdd(b, c->right));
	case COND_NOT:
		return bdd_not(b, cond_bdd(b, c->left));
	case COND_RANGE:
		return bdd_range(b, x, c->lo, c->hi);
	case COND_MASK:
		return bdd_mask(b, x, c->bits == 32 ? (uint32_t)c->mask : c->mask, c->value);
	}
	return BDD_FALSE;
}

static bdd rule_leaf(struct behaviour *b, const struct rule *r)
{
	return behave_leaf(b, &(struct fallback){ .action = r->action,
						  .audit = r->audit,
						  .audit_errno = r->audit_errno });
}

/* The first rule that matches answers: so from the last to the first. */
static bdd call_function(struct behaviour *b, const struct policy *p,
			 const struct numbered_call *q, bdd fallback)
{
	const struct cond *cond;
	size_t end = 0;
	bdd f = fallback;

	for (; end < p->rules_n; end++)
		if (rule_covers(&p->rules[end], q, &cond) && cond == NULL) {
			f = rule_leaf(b, &p->rules[end]);
			break;
		}
	while (end-- > 0)
		if (rule_covers(&p->rules[end], q, &cond))
			f = bdd_if(&b->bdds, cond_bdd(&b->bdds, cond),
				   rule_leaf(b, &p->rules[end]), f);
	return arch_is_64(q->arch) ? f : behave_cut(&b->bdds, f);
}

static bool has_nr(const struct behaviour *b, const struct rule_nr *nr)
{
	for (size_t i = 0; i < b->nrs_n; i++)
		if (b->nrs[i].arch == nr->arch && b->nrs[i].nr == nr->nr)
			return true;
	return false;
}

static void add_nrs(struct behaviour *b, const struct policy *p)
{
	size_t room = 0;

	for (size_t i = 0; i < p->rules_n; i++)
		room += p->rules[i].nrs_n;
	b->nrs = arena_array(b->arena, room, sizeof(*b->nrs));
	for (size_t i = 0; i < p->rules_n; i++)
		for (size_t k = 0; k < p->rules[i].nrs_n; k++) {
			const struct rule_nr *nr = &p->rules[i].nrs[k];
			const struct numbered_call q = { nr->arch, -1, nr->nr };

			if (!policy_targets(p, nr->arch) || has_nr(b, nr) ||
			    (nr->arch == ARCH_X86_64 && nr->nr >= X32_BIT))
				continue;
			b->nrs[b->nrs_n++] =
				(struct behave_nr){ nr->arch, nr->nr,
						    call_function(b, p, &q, b->unknown) };
		}
}

int behave_policy(struct arena *a, const struct policy *p, const struct behaviour *like,
		  struct behaviour *out, struct err *e)
{
	behave_open(a, like, out);
	out->targets_n = p->targets_n;
	out->bad_arch = p->bad_arch;
	out->flags = p->flags;
	out->has_flags = p->has_flags;
	memcpy(out->targets, p->targets, sizeof(out->targets));
	memcpy(out->kernel, p->kernel, sizeof(out->kernel));
	out->normal = behave_leaf(out, &p->normal);
	out->unknown = behave_leaf(out, &p->unknown);
	for (size_t i = 0; i < p->targets_n; i++)
		for (int id = 0; id < SC_N; id++) {
			const enum arch arch = p->targets[i];
			const struct numbered_call q = { arch, id,
							 (uint32_t)sc_number(id, arch) };

			if (sc_number(id, arch) >= 0)
				out->calls[arch][id] =
					call_function(out, p, &q,
						      behave_fallback(out, arch, id));
		}
	add_nrs(out, p);
	return behave_check(out, e);
}

/* ---- two of them ---- */

static bool equal_calls(const struct behaviour *x, const struct behaviour *y, enum arch arch,
			struct seccomp_data *call)
{
	for (int id = 0; id < SC_N; id++)
		if (x->calls[arch][id] != y->calls[arch][id]) {
			call->arch = arch_audit(arch);
			call->nr = sc_number(id, arch);
			return false;
		}
	return true;
}

bdd behave_number(const struct behaviour *b, enum arch arch, uint32_t nr)
{
	for (size_t i = 0; i < b->nrs_n; i++)
		if (b->nrs[i].arch == arch && b->nrs[i].nr == nr)
			return b->nrs[i].f;
	return b->unknown;
}

static bool equal_nrs(const struct behaviour *x, const struct behaviour *y,
		      struct seccomp_data *call)
{
	for (size_t i = 0; i < x->nrs_n; i++)
		if (behave_number(y, x->nrs[i].arch, x->nrs[i].nr) != x->nrs[i].f) {
			call->arch = arch_audit(x->nrs[i].arch);
			call->nr = (int)x->nrs[i].nr;
			return false;
		}
	return true;
}

bool behave_equal(const struct behaviour *x, const struct behaviour *y,
		  struct seccomp_data *call)
{
	*call = (struct seccomp_data){ 0 };
	for (size_t i = 0; i < x->targets_n; i++)
		if (!equal_calls(x, y, x->targets[i], call))
			return false;
	return x->bad_arch == y->bad_arch && x->targets_n == y->targets_n &&
	       x->unknown == y->unknown && equal_nrs(x, y, call) && equal_nrs(y, x, call);
}
