/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy answers to the calls that were seen. */
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"
#include "seccomp/resolve.h"

#define TRIES 4

/* What is not known may be anything: nothing, one, the first descriptor, all bits. */
static const uint64_t tries[TRIES] = { 0, 1, 3, UINT64_MAX };

static uint64_t tried(const struct learn_kind *k, unsigned i, uint64_t value)
{
	const struct sc_arg arg =
		k->id >= 0 ? sc_arg(k->id, k->arch, i) : (struct sc_arg){ .bits = 64 };

	return arg.bits < 64 ? value & ((UINT64_C(1) << arg.bits) - 1) : value;
}

bool learn_permits(const struct policy *p, const struct learn_kind *k,
		   struct policy_decision *out)
{
	for (unsigned t = 0; t < TRIES; t++) {
		struct seccomp_data call = learn_call(k);

		for (unsigned i = 0; i < SYSCALL_ARGS; i++)
			if ((k->known >> i & 1) == 0)
				call.args[i] = tried(k, i, tries[t]);
		policy_decide(p, &call, out);
		if (!action_permits(out->action, out->audit))
			return false;
	}
	return true;
}

static unsigned cond_args(const struct cond *c)
{
	switch (c->kind) {
	case COND_AND:
	case COND_OR:
		return cond_args(c->left) | cond_args(c->right);
	case COND_NOT:
		return cond_args(c->left);
	case COND_RANGE:
	case COND_MASK:
		return 1u << c->arg;
	case COND_TRUE:
	case COND_FALSE:
		break;
	}
	return 0;
}

unsigned learn_looks_at(const struct policy *p, enum arch arch, int id)
{
	unsigned mask = 0;

	for (size_t i = 0; id >= 0 && i < p->rules_n; i++) {
		const struct cond *c = sc_has(&p->rules[i].set[arch], id)
					       ? rule_cond(&p->rules[i], arch, id)
					       : NULL;

		if (c != NULL)
			mask |= cond_args(c);
	}
	return mask;
}

bool learn_refused(const struct learn_kind *k, const struct sc_set *never)
{
	if (k->id < 0)
		return false;
	for (int id = set_next(never, 0); id >= 0; id = set_next(never, id + 1)) {
		const struct sc_mux mux = sc_mux(id, k->arch);

		if (id == k->id || (mux.through == k->id && (k->known & 1) != 0 &&
				    (uint32_t)mux.sub == (uint32_t)k->args[0]))
			return true;
	}
	return false;
}

/* clone3 answers ENOSYS, so that the C library comes back with clone. */
static bool is_excused(const struct learn_kind *k, const struct sc_set *never)
{
	return learn_refused(k, never) || (k->id >= 0 && str_eq(sc_name(k->id), "clone3"));
}

/* Flags that are not known are taken for none that makes a namespace. */
static bool is_any_clone(const struct learn_kind *k)
{
	return k->id >= 0 && str_eq(sc_name(k->id), "clone") && (k->known & 1) == 0;
}

int policy_learn_check(struct arena *a, const struct policy_learned *l,
		       const struct policy_learn_want *w, const struct policy *p, struct err *e)
{
	const struct learn_kind **all = learn_sorted(a, l);
	struct sc_set never = { .bits = { 0 } };

	if (learn_never(w->never, &never, e) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		struct learn_kind k = *all[i];
		struct policy_decision d;
		struct seccomp_data call;

		if (is_excused(&k, &never))
			continue;
		if (is_any_clone(&k))
			k.known = (1u << SYSCALL_ARGS) - 1;
		if (learn_permits(p, &k, &d))
			continue;
		call = learn_call(&k);
		return fail(e, ERR_BUG,
			    "learn: a policy that permits what was seen: %s: found %s",
			    policy_call_text(a, &call),
			    policy_action_text(a, d.action, d.audit, d.audit_errno));
	}
	return 0;
}
