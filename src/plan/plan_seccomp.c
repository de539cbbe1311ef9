/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan_seccomp.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/digest.h"
#include "base/str.h"
#include "spec/words.h"

#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO: above it, another errno would arrive */

_Static_assert(POLICY_NE == 1 && POLICY_LT == 2 && POLICY_LE == 3 && POLICY_EQ == 4 &&
		       POLICY_GE == 5 && POLICY_GT == 6 && POLICY_MASKED_EQ == 7,
	       "words_seccomp_operators has our operators");

static const char *shown(const char *word)
{
	return word != NULL ? word : "nothing";
}

/* An action's word and errno, and the keys where they stand. */
struct place {
	const char *where, *action, *errno_ret;
};

/* "errnoRet ... When the action doesn't support an errno, the runtime MUST print and error
 * and fail. If not specified then its default value is EPERM." */
static int plan_action(const struct place *at, const char *word, int64_t errno_ret,
		       uint32_t *out, struct err *e)
{
	const struct word *found = word != NULL ? word_find(words_seccomp_actions, word) : NULL;
	int64_t data = errno_ret != SPEC_UNSET ? errno_ret : EPERM;
	int64_t most;

	if (found == NULL)
		return fail(e, ERR_SPEC, "%s.%s: a seccomp action: %s", at->where, at->action,
			    shown(word));
	if (found->value == SECCOMP_RET_ERRNO)
		most = ERRNO_MAX;
	else if (found->value == SECCOMP_RET_TRACE)
		most = SECCOMP_RET_DATA;
	else if (errno_ret == SPEC_UNSET)
		most = data = 0;
	else
		return fail(e, ERR_SPEC,
			    "%s.%s: SCMP_ACT_ERRNO or SCMP_ACT_TRACE beside it: %s", at->where,
			    at->errno_ret, word);
	if (data < 0 || data > most)
		return fail(e, ERR_SPEC, "%s.%s: 0 to %d: %jd", at->where, at->errno_ret,
			    (int)most, (intmax_t)data);
	*out = (uint32_t)found->value | (uint32_t)data;
	return 0;
}

static int plan_arg(const struct spec_seccomp_arg *arg, const char *where, size_t i,
		    struct policy_arg *out, struct err *e)
{
	const struct word *op =
		arg->op != NULL ? word_find(words_seccomp_operators, arg->op) : NULL;

	if (op == NULL)
		return fail(e, ERR_SPEC, "%s.args[%zu].op: a seccomp operator: %s", where, i,
			    shown(arg->op));
	if (arg->index > 5)
		return fail(e, ERR_SPEC, "%s.args[%zu].index: 0 to 5: %u", where, i,
			    arg->index);
	*out = (struct policy_arg){ .index = arg->index, .op = (enum policy_op)op->value };
	out->value = arg->value;
	if (out->op == POLICY_MASKED_EQ) { /* "value" is the mask, "valueTwo" the datum */
		out->mask = arg->value;
		out->value = arg->value_two;
	}
	return 0;
}

static int plan_rule(struct arena *a, const struct spec_seccomp_rule *rule, size_t i,
		     struct policy_rule *out, struct err *e)
{
	static const char *const none[] = { NULL };
	struct policy_arg *args = arena_array(a, rule->args_n, sizeof(*args));

	out->where = arena_printf(a, "linux.seccomp.syscalls[%zu]", i);
	out->names = rule->names.v != NULL ? rule->names.v : none;
	out->args = args;
	out->args_n = rule->args_n;
	for (size_t k = 0; k < rule->args_n; k++)
		if (plan_arg(&rule->args[k], out->where, k, &args[k], e) < 0)
			return -1;
	return plan_action(&(struct place){ out->where, "action", "errnoRet" }, rule->action,
			   rule->errno_ret, &out->action, e);
}

/* "SCMP_ARCH_X86_64" to "x86_64". */
static int plan_archs(struct arena *a, const struct spec_strings *words,
		      const char *const **out, struct err *e)
{
	const char **names = arena_array(a, words->n + 1, sizeof(*names));

	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i];
		char *name;

		if (!str_in(word, policy_archs))
			return fail(e, ERR_SPEC,
				    "linux.seccomp.architectures[%zu]: an architecture that "
				    "features lists: %s",
				    i, word);
		name = arena_strdup(a, str_after(word, "SCMP_ARCH_"));
		names[i] = name;
		str_lower(name);
	}
	*out = names;
	return 0;
}

/* Without the key, SPEC_ALLOW as runc and crun: kernels before 5.16 slow the process down
 * otherwise. An empty list is a wish for none. */
static int plan_flags(const struct spec_seccomp *s, uint32_t *out, struct err *e)
{
	*out = s->has_flags ? 0 : SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < s->flags.n; i++) {
		const char *word = s->flags.v[i];
		const struct word *flag = word_find(words_seccomp_flags, word);

		if (flag == NULL)
			return fail(e, ERR_SPEC, "linux.seccomp.flags[%zu]: a seccomp flag: %s",
				    i, word);
		*out |= (uint32_t)flag->value;
	}
	return 0;
}

/* "If the SCMP_ACT_NOTIFY action is not used this value is ignored." */
static int plan_listener(const struct spec_seccomp *s, bool notifies, struct plan *p,
			 struct err *e)
{
	if (!notifies)
		return 0;
	if (s->listener_path == NULL)
		return fail(e, ERR_SPEC,
			    "linux.seccomp.listenerPath: expected the socket of who answers "
			    "SCMP_ACT_NOTIFY: found nothing");
	p->listener.path = s->listener_path;
	p->listener.metadata = s->listener_metadata;
	return 0;
}

static bool filter_notifies(const struct filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->insns[i].code == (BPF_RET | BPF_K) &&
		    (f->insns[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

static bool rules_notify(const struct policy_rules *r)
{
	bool any = r->default_action == SECCOMP_RET_USER_NOTIF;

	for (size_t i = 0; i < r->rules_n; i++)
		any = any || r->rules[i].action == SECCOMP_RET_USER_NOTIF;
	return any;
}

int plan_seccomp_rules(struct arena *a, const struct spec_seccomp *s, struct policy_rules *out,
		       struct err *e)
{
	static const struct place at = { "linux.seccomp", "defaultAction", "defaultErrnoRet" };
	struct policy_rule *rules = arena_array(a, s->rules_n, sizeof(*rules));
	struct policy_rules r = { .rules = rules, .rules_n = s->rules_n };

	if (plan_action(&at, s->default_action, s->default_errno_ret, &r.default_action, e) <
		    0 ||
	    plan_archs(a, &s->architectures, &r.archs, e) < 0)
		return -1;
	for (size_t i = 0; i < s->rules_n; i++)
		if (plan_rule(a, &s->rules[i], i, &rules[i], e) < 0)
			return -1;
	*out = r;
	return 0;
}

/* A name that no table knows is skipped: the call stays at the default action. Where that lets
 * it through, a rule that should stop it would be lost without a word. */
static int check_skipped(const struct policy_rules *r, size_t skipped, struct err *e)
{
	uint32_t action = r->default_action & SECCOMP_RET_ACTION_FULL;

	if (skipped == 0 || (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG))
		return 0;
	return fail(e, ERR_SPEC,
		    "linux.seccomp.syscalls: expected known names, because the default action "
		    "lets every other call through: found %zu that this version does not know",
		    skipped);
}

/* What each way to a filter goes by. */
struct making {
	struct arena *a;
	const struct spec *s;
	const struct host *h;
	const struct plan_want *w;
	unsigned see; /* POLICY_SEE_* */
	struct plan *p;
	struct plan_filter *out;
	struct policy_diags *diags;
	bool agent; /* some calls go to an agent of the user's */
};

static int compile(const struct making *m, const struct policy *policy, bool prove_later,
		   struct err *e)
{
	const struct policy_options options = { .see = m->see, .no_verify = prove_later };
	struct policy_image image;
	const struct audit_sources audited = { .policy = policy,
					       .image = &image,
					       .config = &m->s->linux_.seccomp,
					       .host = m->h,
					       .diags = m->diags };

	if (policy_compile(m->a, policy, &options, &image, e) < 0 ||
	    plan_audit_make(&audited, m->p, e) < 0)
		return -1;
	m->out->program = image.filter;
	m->out->from.backend = "caisson";
	m->out->from.cells = image.cells;
	m->out->from.pairwise = image.pairwise;
	m->out->from.unproved = prove_later ? policy : NULL;
	m->out->from.skipped = policy_skipped(policy);
	return 0;
}

static int from_elsewhere(const struct making *m, const struct policy_rules *r, struct err *e)
{
	static const char tables[] = "expected a filter that we compile ourselves: found "
				     "libseccomp's";

	if (m->see != 0 && plan_audit_refuse(m->s, tables, e) < 0)
		return -1;
	if (m->w->libseccomp == NULL)
		return fail(e, ERR_HOST,
			    "linux.seccomp: caisson-libseccomp, for this architecture: "
			    "not installed");
	m->out->from.backend = "libseccomp";
	return policy_build_elsewhere(m->a, m->w->libseccomp, r, &m->out->program, e);
}

static void new_diags(struct making *m)
{
	m->diags = arena_new(m->a, struct policy_diags);
	m->diags->arena = m->a;
	m->out->from.diags = m->diags;
}

/* What identifies it; and how a notified call waits, which the kernel takes only where there
 * is a listener. */
static void finish(struct plan_filter *f, bool notifies)
{
	if (!notifies)
		f->program.flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	digest_hex(f->program.insns, f->program.n * sizeof(*f->program.insns), f->from.digest);
}

static int from_config(struct making *m, struct err *e)
{
	const struct spec_seccomp *s = &m->s->linux_.seccomp;
	const struct policy *policy;
	struct policy_rules r;
	bool carried;

	new_diags(m);
	if (plan_seccomp_rules(m->a, s, &r, e) < 0 ||
	    policy_from_rules(m->a, &r, m->diags, &carried, &policy, e) < 0)
		return -1;
	if (!carried || m->w->use_libseccomp) {
		if (from_elsewhere(m, &r, e) < 0)
			return -1;
	} else if (check_skipped(&r, policy_skipped(policy), e) < 0 ||
		   compile(m, policy, m->w->prove_later && m->see == 0, e) < 0) {
		return -1;
	}
	if (plan_flags(s, &m->out->program.flags, e) < 0)
		return -1;
	m->agent = rules_notify(&r);
	finish(m->out, m->agent);
	return 0;
}

/* What the guard cap() is true for. */
static const char *const *capabilities(struct arena *a, const struct spec *s)
{
	const char **names = arena_array(a, 65, sizeof(*names));
	const char *name;
	size_t n = 0;

	for (int i = 0; i < 64; i++)
		if ((s->process.caps.bounding >> i & 1) != 0 &&
		    (name = word_capability_name(a, i)) != NULL)
			names[n++] = name;
	return names;
}

static int from_policy(struct making *m, struct err *e)
{
	const struct plan_want *w = m->w;
	struct policy_env env =
		w->policy_env != NULL ? *w->policy_env : (struct policy_env){ 0 };
	const struct policy *policy;

	new_diags(m);
	env.caps = capabilities(m->a, m->s);
	env.kernel = (uint16_t)(m->h->kernel >> 8);
	if (policy_parse(m->a, w->policy, NULL, &env, m->diags, &policy, e) < 0 ||
	    compile(m, policy, false, e) < 0)
		return -1;
	m->out->from.name = policy_name(policy);
	m->agent = policy_hands_on(policy);
	finish(m->out, m->agent);
	return 0;
}

/* ---- a policy and the engine's profile, both ---- */

/* Would a process under the first be let load the other? The listener's flag is the only one
 * that we add. */
static bool lets_load(const struct filter *first, const struct filter *other, bool listener)
{
	struct seccomp_data call = { .nr = SYS_seccomp, .arch = policy_arch_own() };
	uint32_t action;

	call.args[0] = SECCOMP_SET_MODE_FILTER;
	call.args[1] = other->flags | (listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0);
	action = filter_run(first, &call, NULL, NULL) & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Of the two that which hands on calls is loaded last, for then none of our own is left but the
 * execve; the kernel gives a process one listener. */
static int order(struct plan *p, bool policy_notifies, bool profile_notifies, struct err *e)
{
	const struct filter *policy = &p->filter, *profile = &p->profile.program;

	if (policy_notifies && profile_notifies)
		return fail(e, ERR_SPEC,
			    "linux.seccomp: expected SCMP_ACT_NOTIFY in the profile or in the "
			    "policy of org.caisson.seccomp.policy: found it in both");
	if (!profile_notifies && lets_load(profile, policy, policy_notifies))
		return 0;
	p->profile_last = true;
	if (!policy_notifies && lets_load(policy, profile, profile_notifies))
		return 0;
	(void)fail(e, ERR_SPEC,
		   "org.caisson.seccomp.policy: expected that the policy or linux.seccomp "
		   "permits seccomp(2), to load the other: found that neither does");
	return hint(e, "permit seccomp in the policy: what it loads can only be stricter");
}

int plan_kept_filter(const struct spec_seccomp *s, const struct plan_exec_want *w,
		     struct plan *p, struct err *e)
{
	const bool notifies = filter_notifies(w->filter);
	const bool also = w->profile != NULL && filter_notifies(w->profile);

	p->has_filter = true;
	p->filter = *w->filter;
	p->audit.is_on = w->audited;
	if (w->profile != NULL) {
		p->has_profile = true;
		p->profile.program = *w->profile;
		if (order(p, notifies, also, e) < 0)
			return -1;
	}
	return w->audited ? 0 : plan_listener(s, notifies || also, p, e);
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* What the profile refuses the kernel refuses without asking anybody, and a record that is not
 * whole is none. What a policy itself wants told is another thing. */
static int refuse_half_seen(const struct making *policy, struct err *e)
{
	if ((policy->see & POLICY_SEE_DENIALS) == 0)
		return 0;
	(void)fail(e, ERR_SPEC,
		   "annotations.org.caisson.seccomp.audit: expected one filter, whose denials "
		   "can be recorded: found a policy beside linux.seccomp");
	return hint(e, "have the engine's profile alone, or none (podman: --security-opt "
		       "seccomp=unconfined) and the policy");
}

/* linux.seccomp, with a policy there already. */
static int beside(const struct making *policy, bool *agent, struct err *e)
{
	struct plan *p = policy->p;
	struct making m = { .a = policy->a,
			    .s = policy->s,
			    .h = policy->h,
			    .w = policy->w,
			    .p = p,
			    .out = &p->profile };

	if (refuse_half_seen(policy, e) < 0 || from_config(&m, e) < 0)
		return -1;
	*agent |= m.agent;
	if (p->audit.is_on && m.agent)
		return plan_audit_no_agent("calls for SCMP_ACT_NOTIFY", e);
	return order(p, p->audit.is_on || policy->agent, m.agent, e);
}

static int make(struct making *m, struct err *e)
{
	const struct spec_seccomp *config = &m->s->linux_.seccomp;
	struct plan *p = m->p;
	bool agent;

	p->has_profile = m->w->policy != NULL && config->present;
	if (m->w->policy != NULL ? from_policy(m, e) < 0 : from_config(m, e) < 0)
		return -1;
	agent = m->agent;
	p->filter = m->out->program;
	p->policy = m->out->from;
	if (p->audit.is_on)
		p->filter.flags |= plan_audit_flags(m->h);
	if (p->has_profile && beside(m, &agent, e) < 0)
		return -1;
	return plan_listener(config, agent, p, e);
}

int plan_seccomp(struct arena *a, const struct spec *s, const struct host *h,
		 const struct plan_want *w, struct plan *p, struct err *e)
{
	struct plan_filter out = { 0 };
	struct making m = { .a = a, .s = s, .h = h, .w = w, .p = p, .out = &out };
	const uint64_t began = now_us();

	if (w->policy == NULL && !s->linux_.seccomp.present)
		return plan_audit_refuse(s, "expected a policy to audit: found none", e);
	if (plan_audit_read(s, &m.see, e) < 0 || make(&m, e) < 0)
		return -1;
	p->audit.denials = (m.see & POLICY_SEE_DENIALS) != 0;
	p->has_filter = true;
	p->policy.compile_us = (uint32_t)(now_us() - began);
	return 0;
}
