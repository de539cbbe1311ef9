/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as it is written to a policy as it is meant. */
#include "seccomp/resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

/* MAX_ERRNO: the kernel makes it of what is higher (seccomp(2), SECCOMP_RET_ERRNO). */
#define ERRNO_MAX 4095u

/* ---- actions ---- */

#define ERRNO_NAMES 256

static const char *errno_at(void *ctx, size_t i)
{
	const char *name = sc_errno_name((unsigned)i);

	(void)ctx;
	if (i >= ERRNO_NAMES)
		return NULL;
	return name != NULL ? name : "";
}

/* Errors have the same numbers on all our architectures. */
static bool is_errno_name(struct resolver *r, const struct ast_word *w)
{
	uint64_t v;

	if (names_find(&r->defines, w) != NULL)
		return true;
	return w->len > 0 && w->p[0] == 'E' && sc_const(w->p, w->len, ARCH_X86_64, &v) &&
	       v <= ERRNO_MAX;
}

static uint32_t action_number(struct resolver *r, const struct ast_action *act, uint32_t none,
			      uint32_t max)
{
	const struct ast_const *c = act->number;
	const bool is_errno = act->kind == ACT_DENY || act->kind == ACT_AUDIT_DENY;
	struct number n;

	if (c == NULL)
		return none;
	if (is_errno && c->kind == CONST_NAME && !is_errno_name(r, &c->name)) {
		name_unknown(r, &c->name, &(struct nearby){ "errno", errno_at, NULL });
		return none;
	}
	if (!number_of(r, c, ARCH_X86_64, &n))
		return none;
	if (n.v <= max || r->handed_in)
		return (uint32_t)n.v & SECCOMP_RET_DATA;
	diag(r->d, POLICY_ERROR, "range", &c->at,
	     "expected a number from 0 to %u, found %" PRIu64, max, n.v);
	return none;
}

/* clang-format off */
static const struct {
	uint32_t action;
	enum policy_audit audit;
	uint32_t none, max; /* its number when there is none, and the highest */
} actions[] = {
	[ACT_ALLOW]       = { SECCOMP_RET_ALLOW,        POLICY_AUDIT_NONE,  0, 0 },
	[ACT_DENY]        = { SECCOMP_RET_ERRNO,        POLICY_AUDIT_NONE,  EPERM, ERRNO_MAX },
	[ACT_KILL]        = { SECCOMP_RET_KILL_PROCESS, POLICY_AUDIT_NONE,  0, 0 },
	[ACT_KILL_THREAD] = { SECCOMP_RET_KILL_THREAD,  POLICY_AUDIT_NONE,  0, 0 },
	[ACT_TRAP]        = { SECCOMP_RET_TRAP,         POLICY_AUDIT_NONE,  0, SECCOMP_RET_DATA },
	[ACT_LOG]         = { SECCOMP_RET_LOG,          POLICY_AUDIT_NONE,  0, 0 },
	[ACT_TRACE]       = { SECCOMP_RET_TRACE,        POLICY_AUDIT_NONE,  0, SECCOMP_RET_DATA },
	[ACT_NOTIFY]      = { SECCOMP_RET_USER_NOTIF,   POLICY_AUDIT_NONE,  0, 0 },
	[ACT_AUDIT_DENY]  = { SECCOMP_RET_USER_NOTIF,   POLICY_AUDIT_DENY,  EPERM, ERRNO_MAX },
	[ACT_AUDIT_ALLOW] = { SECCOMP_RET_USER_NOTIF,   POLICY_AUDIT_ALLOW, 0, 0 },
};
/* clang-format on */

void answer_make(struct resolver *r, const struct ast_action *act, struct answer *out)
{
	const uint32_t number =
		action_number(r, act, actions[act->kind].none, actions[act->kind].max);

	*out = (struct answer){ .action = actions[act->kind].action,
				.audit = actions[act->kind].audit };
	if (out->audit == POLICY_AUDIT_DENY)
		out->audit_errno = (uint16_t)number;
	else
		out->action |= number;
}

static struct fallback fallback_make(struct resolver *r, const struct ast_action *act,
				     const struct policy_place *at)
{
	struct answer answer;

	answer_make(r, act, &answer);
	if (answer.audit == POLICY_AUDIT_ALLOW)
		diag(r->d, POLICY_ERROR, "audit", &act->at,
		     "\"audit allow\" as a default would hold up the watcher itself");
	return (struct fallback){ answer.action, answer.audit, answer.audit_errno, *at };
}

/* ---- single statements ---- */

/* Calls that are newer than the policy answer ENOSYS, as an older kernel would. */
static void set_default(struct resolver *r)
{
	static const struct ast_action deny = { .kind = ACT_DENY };
	const struct ast_stmt *s = r->singles.at[SINGLE_DEFAULT];
	struct policy *p = r->p;

	p->normal = fallback_make(r, s != NULL ? s->action : &deny,
				  s != NULL ? &s->at : &(struct policy_place){ 0 });
	p->unknown = p->normal;
	if (s != NULL && s->unknown != NULL)
		p->unknown = fallback_make(r, s->unknown, &s->at);
	else if (s == NULL)
		p->unknown = (struct fallback){ .action = SECCOMP_RET_ERRNO | ENOSYS,
						.at = p->normal.at };
}

static void set_bad_arch(struct resolver *r)
{
	const struct ast_stmt *s = r->singles.at[SINGLE_BADARCH];
	struct answer answer;

	r->p->bad_arch = SECCOMP_RET_KILL_PROCESS;
	if (s == NULL)
		return;
	answer_make(r, s->action, &answer);
	r->p->bad_arch = answer.action;
	if (answer.audit != POLICY_AUDIT_NONE)
		diag(r->d, POLICY_ERROR, "audit", &s->action->at,
		     "a call of another architecture cannot be audited");
}

static const char *flag_at(void *ctx, size_t i)
{
	(void)ctx;
	return policy_flag_words()[i].name;
}

static void set_flags(struct resolver *r)
{
	const struct ast_stmt *s = r->singles.at[SINGLE_FLAGS];

	if (s == NULL)
		return;
	r->p->has_flags = true;
	for (const struct ast_words *w = s->words; w != NULL; w = w->next) {
		const struct word *known =
			word_find(policy_flag_words(), word_text(r, &w->word));

		if (known != NULL)
			r->p->flags |= (uint32_t)known->value;
		else
			name_unknown(r, &w->word, &(struct nearby){ "flag", flag_at, NULL });
	}
}

/* ---- targets ---- */

static void add_target(struct resolver *r, enum arch arch)
{
	if ((r->targets >> arch & 1) != 0)
		return;
	r->targets |= 1u << arch;
	r->p->targets[r->p->targets_n++] = arch;
}

static void add_own(struct resolver *r, const struct policy_place *at)
{
	if (arch_own() != ARCH_N)
		add_target(r, arch_own());
	else
		diag(r->d, POLICY_ERROR, "arch", at,
		     "this machine's architecture has no table: name one that has");
}

/* The 32-bit programs that the same kernel runs, if there are any. */
static void add_compat(struct resolver *r)
{
	if (arch_own() == ARCH_X86_64)
		add_target(r, ARCH_I386);
	else if (arch_own() == ARCH_AARCH64)
		add_target(r, ARCH_ARM);
}

static void add_archs(struct resolver *r, const struct ast_stmt *s)
{
	for (const struct ast_words *w = s->words; w != NULL; w = w->next) {
		enum arch arch;

		if (word_is(&w->word, "native")) {
			add_own(r, &w->word.at);
			continue;
		}
		if (word_is(&w->word, "compat")) {
			add_compat(r);
			continue;
		}
		arch = name_arch(r, &w->word);
		if (arch != ARCH_N)
			add_target(r, arch);
	}
}

static void add_env_archs(struct resolver *r)
{
	for (const char *const *name = r->env->archs; *name != NULL; name++) {
		const struct ast_word w = { .p = *name, .len = strlen(*name) };
		const enum arch arch = name_arch(r, &w);

		if (arch != ARCH_N)
			add_target(r, arch);
	}
}

static void find_calls(struct resolver *r)
{
	for (size_t i = 0; i < r->p->targets_n; i++)
		sc_add_calls(&r->exists[r->p->targets[i]], r->p->targets[i]);
	if ((r->targets >> ARCH_I386 & 1) != 0)
		sc_add_muxed(&r->muxed);
}

static void set_targets(struct resolver *r)
{
	const struct ast_stmt *s = r->singles.at[SINGLE_ARCH];

	if (r->env->archs != NULL)
		add_env_archs(r);
	else if (s != NULL)
		add_archs(r, s);
	else
		add_own(r, &(struct policy_place){ 0 });
	find_calls(r);
}

/* ---- the kernel that the policy was made for ---- */

/* A profile of the engines tells no version: what it names was known to its authors (the
 * thought of runc's stub, which goes by numbers). */
static uint16_t newest_named(const struct resolver *r, enum arch arch)
{
	struct sc_set named = { 0 };
	uint16_t newest = 0;

	for (size_t i = 0; i < r->rules.n; i++)
		set_or(&named, &r->out[i].set[arch]);
	for (int id = set_next(&named, 0); id >= 0; id = set_next(&named, id + 1))
		if (sc_since(id, arch) > newest)
			newest = sc_since(id, arch);
	return newest;
}

static void set_kernels(struct resolver *r)
{
	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		const struct ast_stmt *s = r->singles.at[SINGLE_KERNEL + arch];

		if (s != NULL)
			r->p->kernel[arch] = s->version;
		else if (r->handed_in && (r->targets >> arch & 1) != 0)
			r->p->kernel[arch] = newest_named(r, arch);
		else
			r->p->kernel[arch] = sc_tables_kernel();
	}
}

/* ---- the whole ---- */

/* A rule that the watcher answers: the target must not be woken by signals while it waits. */
static void wait_for_watcher(struct policy *p)
{
	bool any =
		p->normal.audit != POLICY_AUDIT_NONE || p->unknown.audit != POLICY_AUDIT_NONE;

	for (size_t i = 0; i < p->rules_n; i++)
		any |= p->rules[i].audit != POLICY_AUDIT_NONE;
	if (any)
		p->flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

static void resolve_rules(struct resolver *r)
{
	set_targets(r);
	set_default(r);
	set_bad_arch(r);
	set_flags(r);
	rules_make(r);
	trim_forbids(r);
	add_clone3(r);
	add_stage(r);
	set_kernels(r);
	drop_empty(r);
	r->p->rules = r->out;
	r->p->rules_n = r->rules.n;
	wait_for_watcher(r->p);
}

int resolve(struct arena *a, const struct ast_file *f, const struct ast_policy *which,
	    const struct policy_env *env, struct policy_diags *d, const struct policy **out,
	    struct err *e)
{
	static const struct policy_env nothing = { 0 };
	struct policy *p = arena_new(a, struct policy);
	struct resolver r = { .a = a,
			      .d = d,
			      .e = e,
			      .env = env != NULL ? env : &nothing,
			      .file = f,
			      .p = p,
			      .handed_in = which->handed_in };

	p->name = which->handed_in ? "" : word_text(&r, &which->name);
	names_make(&r);
	flat_make(&r, which);
	if (!r.dead) {
		names_check_params(&r);
		resolve_rules(&r);
		expects_make(&r);
	}
	if (!r.dead && d->errors == 0)
		check_rules(&r);
	if (policy_diags_fail(d, e) < 0 || r.dead)
		return -1;
	*out = p;
	return 0;
}

/* ---- text ---- */

struct policy_walk {
	struct arena *a;
	const struct ast_policy *next;
};

static const char *policy_at(void *ctx, size_t i)
{
	struct policy_walk *walk = ctx;
	const struct ast_policy *p = walk->next;

	(void)i;
	if (p == NULL)
		return NULL;
	walk->next = p->next;
	return arena_strndup(walk->a, p->name.p, p->name.len);
}

static const struct ast_policy *choose(const struct ast_file *f, const char *which)
{
	if (which == NULL)
		return f->last;
	for (const struct ast_policy *p = f->policies; p != NULL; p = p->next)
		if (word_is(&p->name, which))
			return p;
	return NULL;
}

static void no_policy(struct arena *a, const struct policy_source *src,
		      const struct ast_file *f, const char *which, struct policy_diags *d)
{
	const struct policy_place at = {
		.file = src->name, .line = 1, .column = 1, .width = 1
	};
	struct policy_walk walk = { a, f->policies };
	const char *near;

	if (which == NULL) {
		diag(d, POLICY_ERROR, "no-policy", &at, "the file has no policy in it");
		return;
	}
	diag(d, POLICY_ERROR, "no-policy", &at, "the file has no policy \"%.64s\"", which);
	near = diag_nearest(which, strlen(which), policy_at, &walk);
	if (near != NULL)
		diag_hint(d, "did you mean \"%s\"?", near);
}

int policy_parse(struct arena *a, const struct policy_source *src, const char *which,
		 const struct policy_env *env, struct policy_diags *d,
		 const struct policy **out, struct err *e)
{
	static const struct policy_env nothing = { 0 };
	struct ast_file f = { 0 };
	const struct ast_policy *p;

	if (env == NULL)
		env = &nothing;
	if (parse_file(a, src, env, d, &f, e) < 0)
		return -1;
	if (d->errors > 0)
		return policy_diags_fail(d, e);
	p = choose(&f, which);
	if (p == NULL) {
		no_policy(a, src, &f, which, d);
		return policy_diags_fail(d, e);
	}
	return resolve(a, &f, p, env, d, out, e);
}

/* ---- what a policy is ---- */

const char *policy_name(const struct policy *p)
{
	return p->name;
}

size_t policy_skipped(const struct policy *p)
{
	return p->skipped;
}

const struct word *policy_flag_words(void)
{
	static const struct word words[] = {
		{ "tsync", SECCOMP_FILTER_FLAG_TSYNC },
		{ "log", SECCOMP_FILTER_FLAG_LOG },
		{ "spec_allow", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ "wait_killable", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
		{ NULL, 0 },
	};

	return words;
}

uint32_t policy_flags(const struct policy *p)
{
	return p->flags;
}

uint32_t policy_arch(const struct policy *p, size_t i)
{
	return i < p->targets_n ? arch_audit(p->targets[i]) : 0;
}
