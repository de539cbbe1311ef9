/* SPDX-License-Identifier: Apache-2.0 */
/* i386 reaches the calls of sockets and of System V IPC also through socketcall(2) and ipc(2),
 * whose arguments are in memory, where no filter sees them (containerd 13330, moby 52547). So a
 * rule on such a call is one on socketcall or ipc too, by the number of what they are asked
 * for: without a condition, or when it denies; what is permitted under a condition is not
 * permitted there. Who names socketcall or ipc is taken at his word. */
#include <string.h>

#include "base/str.h"
#include "seccomp/resolve.h"

/* One of the two, on its way to a condition. */
struct through {
	int id;
	bool versions;   /* ipc(2): the upper half of the number is a version */
	uint64_t lo, hi; /* numbers in a row that are not in cond yet */
	bool any;
	const struct cond *cond;
};

static void end_row(struct resolver *r, struct through *t)
{
	const struct cond *c;

	if (!t->any)
		return;
	c = cond_range(r, 0, t->versions ? 16 : 32, t->lo, t->hi);
	t->cond = t->cond != NULL ? cond_join(r, COND_OR, t->cond, c) : c;
	t->any = false;
}

static void add_number(struct resolver *r, struct through *t, uint64_t number)
{
	if (t->any && t->hi + 1 == number) {
		t->hi = number;
		return;
	}
	end_row(r, t);
	t->lo = t->hi = number;
	t->any = true;
}

static bool is_partial(const struct cond *c)
{
	return c != NULL && c->kind != COND_TRUE && c->kind != COND_FALSE;
}

static bool matches_there(const struct rule *rule, const struct cond *c)
{
	if (c == NULL || c->kind == COND_TRUE)
		return true;
	return c->kind != COND_FALSE && !action_permits(rule->action, rule->audit);
}

static void warn(struct resolver *r, const struct flat *f, const struct rule *rule, int id,
		 int through)
{
	if (r->handed_in || !say_once(r, "socketcall", &f->stmt->at))
		return;
	diag(r->d, POLICY_WARNING, "socketcall", &f->stmt->at,
	     "on i386 %s is also reached through %s, whose arguments no filter sees: %s there "
	     "whatever they are",
	     sc_name(id), sc_name(through),
	     action_permits(rule->action, rule->audit) ? "this rule does not match"
						       : "this rule matches");
}

#define MUX_SUBS 32

/* The numbers of the set's calls there, in order. */
static size_t numbers(struct resolver *r, const struct flat *f, const struct rule *rule,
		      const struct sc_set *set, struct through *t)
{
	uint64_t wanted = 0;

	for (int id = set_next(set, 0); id >= 0; id = set_next(set, id + 1)) {
		const struct sc_mux mux = sc_mux(id, ARCH_I386);
		const struct cond *c;

		if (mux.through != t->id || mux.sub < 0 || mux.sub >= MUX_SUBS)
			continue;
		c = rule_cond_make(r, f, ARCH_I386, id);
		if (is_partial(c))
			warn(r, f, rule, id, t->id);
		if (matches_there(rule, c))
			wanted |= UINT64_C(1) << mux.sub;
	}
	for (unsigned i = 0; i < MUX_SUBS; i++)
		if ((wanted >> i & 1) != 0)
			add_number(r, t, i);
	end_row(r, t);
	return wanted != 0;
}

void mux_add(struct resolver *r, const struct flat *f, struct rule *rule,
	     const struct sc_set *written, struct mux_conds *out)
{
	static const char *const names[] = { "socketcall", "ipc" };
	struct sc_set muxed = r->muxed;

	set_and(&muxed, written);
	if (set_empty(&muxed))
		return;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct through t = { .id = sc_find(names[i], strlen(names[i])),
				     .versions = i == 1 };

		if (t.id < 0 || sc_has(written, t.id) || !numbers(r, f, rule, &muxed, &t))
			continue;
		sc_add(&rule->set[ARCH_I386], t.id);
		out->id[i] = t.id;
		out->cond[i] = t.cond;
	}
}

const struct cond *mux_number(struct resolver *r, int id)
{
	const struct sc_mux mux = sc_mux(id, ARCH_I386);
	const uint64_t number = (uint64_t)mux.sub;
	const bool is_ipc = str_eq(sc_name(mux.through), "ipc");

	return cond_range(r, 0, is_ipc ? 16 : 32, number, number);
}

/* ---- a hole beside it ---- */

/* A rule that permits all of socketcall, as it was written. */
static const struct rule *whole_through(const struct resolver *r, int id)
{
	for (size_t i = 0; i < r->rules.n; i++) {
		const struct rule *rule = &r->out[i];

		if (!sc_has(&rule->set[ARCH_I386], id) ||
		    rule_cond(rule, ARCH_I386, id) != NULL)
			continue;
		return action_permits(rule->action, rule->audit) ? rule : NULL;
	}
	return NULL;
}

/* Does the rule look at, or deny, a call that could go through id? */
static int checks_one(const struct resolver *r, const struct rule *rule, int through)
{
	struct sc_set set = rule->set[ARCH_I386];

	set_and(&set, &r->muxed);
	for (int id = set_next(&set, 0); id >= 0; id = set_next(&set, id + 1))
		if (sc_mux(id, ARCH_I386).through == through &&
		    (rule_cond(rule, ARCH_I386, id) != NULL ||
		     !action_permits(rule->action, rule->audit)))
			return id;
	return -1;
}

static void check_through(struct resolver *r, const char *name)
{
	const int through = sc_find(name, strlen(name));
	const struct rule *whole = through >= 0 ? whole_through(r, through) : NULL;

	if (whole == NULL)
		return;
	for (size_t i = 0; i < r->rules.n; i++) {
		const int id = checks_one(r, &r->out[i], through);

		if (id < 0)
			continue;
		diag(r->d, POLICY_WARNING, "socketcall", &whole->at,
		     "%s is permitted whole: on i386 a program calls %s through it, and the "
		     "rules on %s do not see it",
		     name, sc_name(id), sc_name(id));
		return;
	}
}

void mux_check(struct resolver *r)
{
	if ((r->targets >> ARCH_I386 & 1) == 0)
		return;
	check_through(r, "socketcall");
	check_through(r, "ipc");
}
