/* SPDX-License-Identifier: Apache-2.0 */
/* The lines `expect call -> action': made here, and held against the policy. */
#include <string.h>

#include "seccomp/resolve.h"

/* ---- making ---- */

static const char *call_at(void *ctx, size_t i)
{
	(void)ctx;
	return i < SC_N ? sc_name((int)i) : NULL;
}

static unsigned args_of(int id, enum arch arch)
{
	unsigned n = 0;

	while (n < 6 && sc_arg(id, arch, n).type != SC_NONE)
		n++;
	return n;
}

static bool count_args(struct resolver *r, const struct ast_call *call, int id, enum arch arch)
{
	const unsigned n = args_of(id, arch);

	/* Of a few calls that never were more than a number the tables know no arguments. */
	if (n == 0 || call->args_n <= n)
		return true;
	if (say_once(r, "argument", &call->at))
		diag(r->d, POLICY_ERROR, "argument", &call->at, "%s has %u arguments on %s",
		     sc_name(id), n, arch_name(arch));
	return false;
}

/* An argument as a program would pass it: what is above its width may be set, as that is what
 * some lines are there to test; registers of a 32-bit architecture have no more. */
static bool set_args(struct resolver *r, const struct ast_call *call, enum arch arch,
		     struct expect *out)
{
	for (unsigned i = 0; i < call->args_n; i++) {
		struct number n;

		if (!number_of(r, call->args[i], arch, &n))
			return false;
		out->args[i] = arch_is_64(arch) ? n.v : (uint32_t)n.v;
	}
	return true;
}

/* Room for what one statement can bring is there. */
static void add_expect(struct resolver *r, const struct flat *f, int id, enum arch arch,
		       struct expect *room)
{
	struct expect *x = &room[r->p->expects_n];
	struct answer answer;

	if (!count_args(r, &f->stmt->call, id, arch) || !set_args(r, &f->stmt->call, arch, x))
		return;
	answer_make(r, f->stmt->action, &answer);
	x->arch = arch;
	x->nr = (uint32_t)sc_number(id, arch);
	x->action = answer.action;
	x->audit = answer.audit;
	x->audit_errno = answer.audit_errno;
	x->at = f->stmt->at;
	r->p->expects_n++;
}

static unsigned archs_of(struct resolver *r, const struct flat *f)
{
	const struct ast_word *w = &f->stmt->call.arch;
	enum arch arch;

	if (w->len == 0)
		return f->archs & r->targets;
	arch = name_arch(r, w);
	if (arch == ARCH_N)
		return 0;
	return f->archs & r->targets & 1u << arch;
}

static void expect_make(struct resolver *r, const struct flat *f, struct expect *room)
{
	const struct ast_word *w = &f->stmt->call.name;
	const int id = sc_find(w->p, w->len);
	const unsigned archs = archs_of(r, f);
	bool any = archs == 0; /* for another machine */

	if (id < 0) {
		name_unknown(r, w, &(struct nearby){ "syscall", call_at, NULL });
		return;
	}
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		if ((archs >> arch & 1) == 0 || !sc_has(&r->exists[arch], id))
			continue;
		add_expect(r, f, id, arch, room);
		any = true;
	}
	if (!any)
		diag(r->d, POLICY_ERROR, "expect", &f->stmt->at,
		     "none of the policy's architectures has %s", sc_name(id));
}

void expects_make(struct resolver *r)
{
	struct expect *room;
	size_t n = 0;

	for (size_t i = 0; i < r->others.n; i++)
		n += r->others.at[i].stmt->kind == STMT_EXPECT;
	if (n == 0)
		return;
	room = arena_array(r->a, n * ARCH_N, sizeof(*room));
	for (size_t i = 0; i < r->others.n; i++)
		if (r->others.at[i].stmt->kind == STMT_EXPECT)
			expect_make(r, &r->others.at[i], room);
	r->p->expects = room;
}

/* ---- holding them against the policy ---- */

static void to_call(const struct expect *x, struct seccomp_data *call)
{
	*call = (struct seccomp_data){ .nr = (int)x->nr, .arch = arch_audit(x->arch) };
	memcpy(call->args, x->args, sizeof(call->args));
}

static bool as_expected(const struct expect *x, const struct policy_decision *got)
{
	return (got->action == x->action || got->also == x->action) && got->audit == x->audit &&
	       got->audit_errno == x->audit_errno;
}

static void say_other(const struct expect *x, const struct seccomp_data *call,
		      const struct policy_decision *got, struct policy_diags *d)
{
	struct arena *a = d->arena;

	if (diag(d, POLICY_ERROR, "expect", &x->at, "%s: expected %s, the policy says %s",
		 policy_call_text(a, call),
		 policy_action_text(a, x->action, x->audit, x->audit_errno),
		 policy_action_text(a, got->action, got->audit, got->audit_errno)) &&
	    got->at.line > 0)
		diag(d, POLICY_NOTE, "expect", &got->at,
		     got->why == POLICY_BY_RULE ? "the rule that answers it"
						: "the default that answers it");
}

size_t policy_test(const struct policy *p, struct policy_diags *d)
{
	for (size_t i = 0; i < p->expects_n; i++) {
		const struct expect *x = &p->expects[i];
		struct policy_decision got;
		struct seccomp_data call;

		to_call(x, &call);
		policy_decide(p, &call, &got);
		if (!as_expected(x, &got))
			say_other(x, &call, &got, d);
	}
	return p->expects_n;
}

bool policy_expect(const struct policy *p, size_t i, struct seccomp_data *call,
		   struct policy_decision *want)
{
	const struct expect *x;

	if (i >= p->expects_n)
		return false;
	x = &p->expects[i];
	to_call(x, call);
	*want = (struct policy_decision){ .action = x->action,
					  .audit = x->audit,
					  .audit_errno = x->audit_errno,
					  .why = POLICY_BY_RULE,
					  .at = x->at,
					  .also = x->action };
	return true;
}
