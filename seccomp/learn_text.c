/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen as a policy: text and not a tree, for each rule says how often it was needed.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"
#include "seccomp/resolve.h"

#define COLUMNS    92
#define TAB        8
#define CONTINUED  "\n\t\t"
#define FORK_FLAGS 17 /* SIGCHLD */

struct text {
	struct arena *a;
	char *p;
	size_t n, size;
};

static void put(struct text *t, const char *s)
{
	const size_t n = strlen(s);

	if (t->size - t->n <= n) {
		char *more = arena_alloc(t->a, t->size = (t->size + n + 1) * 2);

		if (t->n > 0)
			memcpy(more, t->p, t->n);
		t->p = more;
	}
	memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

/* Words, on as many lines as they need; each after the first begins with `again'. */
static void put_words(struct text *t, const char *words, const char *again)
{
	size_t column = TAB;

	while (*words != '\0') {
		const size_t n = strcspn(words, " ");
		char *word = arena_strndup(t->a, words, n);

		if (column > TAB && column + 1 + n > COLUMNS) {
			put(t, again);
			column = (size_t)2 * TAB;
		} else if (column > TAB) {
			put(t, " ");
			column++;
		}
		put(t, word);
		column += n;
		words += n + strspn(words + n, " ");
	}
}

static void put_rule(struct text *t, const char *rule, const char *comment)
{
	put(t, "\t");
	put_words(t, rule, CONTINUED);
	if (rule[strlen(rule) - 1] != '}' && rule[strlen(rule) - 1] != ';')
		put(t, ";");
	if (comment[0] != '\0')
		put(t, arena_printf(t->a, " # %s", comment));
	put(t, "\n");
}

static void put_comment(struct text *t, const char *words)
{
	put(t, "\t# ");
	put_words(t, words, "\n\t# ");
	put(t, "\n");
}

static const char *calls(struct arena *a, uint64_t n)
{
	return n == 1 ? "1 call" : arena_printf(a, "%" PRIu64 " calls", n);
}

static const char *listed(struct arena *a, const struct sc_set *s, const char *between)
{
	const char *text = "";

	for (int id = 0; id < SC_N; id++)
		if (sc_has(s, id))
			text = arena_printf(a, "%s%s%s", text, text[0] != '\0' ? between : "",
					    sc_name(id));
	return text;
}

/* ---- what has to be written ---- */

static int refuse_arch(const struct learn_plan *p, const struct learn_kind *k, struct err *e)
{
	(void)fail(e, ERR_POLICY, "%s: a policy for %s, where the calls were made: found none",
		   policy_name(p->w->base), arch_name(k->arch));
	return hint(e, "--arch or a statement `arch' adds it");
}

/* False: the base has an answer to it that will do. */
static bool is_missing(struct learn_plan *p, const struct learn_kind *k,
		       struct policy_decision *d)
{
	if (p->w->base == NULL)
		return true;
	if (k->id >= 0 && sc_has(&p->never, k->id)) {
		(void)learn_permits(p->w->base, k, d);
		return action_permits(d->action, d->audit);
	}
	if (learn_permits(p->w->base, k, d))
		return false;
	return k->id < 0 || !str_eq(sc_name(k->id), "clone3") ||
	       d->action != (SECCOMP_RET_ERRNO | 38);
}

static int sum_kind(struct learn_plan *p, const struct learn_kind *k, struct err *e)
{
	struct policy_decision d = { .why = POLICY_BY_DEFAULT };
	struct learn_sum *s;

	p->archs |= 1u << k->arch;
	p->targets |= 1u << k->arch;
	if (!is_missing(p, k, &d))
		return 0;
	if (d.why == POLICY_BY_ARCH)
		return refuse_arch(p, k, e);
	if (k->id < 0) {
		p->nameless[p->nameless_n++] = k;
		return 0;
	}
	if (!sc_has(&p->never, k->id) && learn_refused(k, &p->never))
		return 0;
	s = &p->sums[k->id];
	s->kinds[s->n++] = k;
	if (__builtin_add_overflow(s->count, k->count, &s->count))
		s->count = UINT64_MAX;
	s->archs |= 1u << k->arch;
	s->override = s->override || (p->w->base != NULL && d.why == POLICY_BY_RULE);
	return 0;
}

static int sum_all(struct learn_plan *p, struct err *e)
{
	const struct learn_kind **all = learn_sorted(p->a, p->l);

	p->nameless = arena_array(p->a, NAMELESS + 1, sizeof(struct learn_kind *));
	for (size_t i = 0, n = 0; i < p->l->n; i += n) { /* n of the same call */
		const int id = all[i]->id;

		for (n = 1; i + n < p->l->n && all[i + n]->id == id; n++)
			;
		if (id >= 0)
			p->sums[id].kinds = arena_array(p->a, n, sizeof(struct learn_kind *));
		for (size_t k = 0; k < n; k++)
			if (sum_kind(p, all[i + k], e) < 0)
				return -1;
	}
	return 0;
}

/* ---- rules ---- */

static void put_refused(struct text *t, struct learn_plan *p)
{
	for (int id = 0; id < SC_N; id++) {
		const struct learn_sum *s = &p->sums[id];

		if (s->n == 0 || !sc_has(&p->never, id))
			continue;
		if (p->facts->refused++ == 0)
			put_comment(t, "seen, and refused: --never");
		put_rule(t,
			 arena_printf(p->a, "%sdeny %s", p->w->merge ? "override " : "",
				      sc_name(id)),
			 calls(p->a, s->count));
		p->facts->rules++;
	}
}

static void put_group(struct text *t, struct learn_plan *p, const struct learn_group *g)
{
	const char *minus = listed(p->a, &g->minus, " - ");
	const char *unseen = listed(p->a, &g->unseen, ", ");

	put_comment(t, arena_printf(p->a, "%zu of %zu seen, %s%s%s", g->seen, g->members,
				    calls(p->a, g->count), unseen[0] != '\0' ? "; not: " : "",
				    unseen));
	put_rule(t,
		 arena_printf(p->a, "allow %s%s%s", sc_group_name((size_t)g->group),
			      minus[0] != '\0' ? " - " : "", minus),
		 "");
	p->facts->rules++;
}

static void put_groups(struct text *t, struct learn_plan *p)
{
	struct learn_group *groups = NULL;
	const size_t n = p->w->base == NULL && !p->w->exact ? learn_fold(p, &groups) : 0;

	for (size_t i = 0; i < n; i++)
		put_group(t, p, &groups[i]);
	if (n > 0)
		put(t, "\n");
}

/* No namespaces where nobody knows the flags; those that were seen beside it. */
static const char *clone_cond(struct learn_plan *p, const struct learn_sum *s)
{
	static const char none[] = "flags has none CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | "
				   "CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | "
				   "CLONE_NEWCGROUP";
	const struct learn_kind **with =
		arena_array(p->a, s->n + 1, sizeof(struct learn_kind *));
	const char *cond;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if ((s->kinds[i]->known & 1) != 0 &&
		    (s->kinds[i]->args[0] & CLONE_NAMESPACES) != 0)
			with[n++] = s->kinds[i];
	cond = learn_cond(p->a, with, n, 1, p->targets);
	return cond != NULL ? arena_printf(p->a, "%s || %s", none, cond) : none;
}

static const char *cond_of(struct learn_plan *p, int id, const struct learn_sum *s)
{
	if (str_eq(sc_name(id), "clone") && (s->unknown || p->l->clone_any))
		return clone_cond(p, s);
	if (!s->unknown)
		return learn_cond(p->a, s->kinds, s->n, s->mask, p->targets);
	if (s->mask != 0)
		p->facts->whole++;
	return NULL;
}

static const char *comment_of(struct learn_plan *p, int id, const struct learn_sum *s)
{
	const bool whole = s->unknown && !str_eq(sc_name(id), "clone");

	return arena_printf(p->a, "%s%s%s",
			    s->count > 0 ? calls(p->a, s->count) : "in place of clone3",
			    whole ? "; arguments unknown: all are permitted" : "",
			    s->override ? "; refused by a rule before" : "");
}

static void put_part(struct text *t, struct learn_plan *p, int id, const struct learn_sum *s)
{
	const char *cond = cond_of(p, id, s);
	const char *rule = arena_printf(p->a, "%sallow %s%s%s", s->override ? "override " : "",
					sc_name(id), cond != NULL ? " when " : "",
					cond != NULL ? cond : "");

	put_rule(t,
		 cond != NULL ? learn_guarded(p->a, rule, id, s->archs, s->mask, p->targets)
			      : rule,
		 comment_of(p, id, s));
	p->facts->rules++;
	p->facts->overridden += s->override;
}

/* Which arguments matter to a rule on the call. */
static unsigned mask_of(const struct learn_plan *p, int id, enum arch arch)
{
	const unsigned looks_at = p->w->base != NULL ? learn_looks_at(p->w->base, arch, id) : 0;

	return learn_short(id, arch) | looks_at;
}

/* The kinds of those architectures on which the arguments that matter are the same. */
static void make_part(struct learn_plan *p, int id, enum arch first, struct learn_sum *out)
{
	const struct learn_sum *s = &p->sums[id];

	*out = (struct learn_sum){ .override = s->override, .mask = mask_of(p, id, first) };
	out->kinds = arena_array(p->a, s->n + 1, sizeof(struct learn_kind *));
	for (size_t i = 0; i < s->n; i++) {
		const struct learn_kind *k = s->kinds[i];

		if (mask_of(p, id, k->arch) != out->mask ||
		    !learn_same_args(id, first, k->arch, out->mask))
			continue;
		out->kinds[out->n++] = k;
		out->archs |= 1u << k->arch;
		out->unknown = out->unknown || (k->known & out->mask) != out->mask;
		if (__builtin_add_overflow(out->count, k->count, &out->count))
			out->count = UINT64_MAX;
	}
}

static void put_call(struct text *t, struct learn_plan *p, int id)
{
	unsigned left = p->sums[id].archs;
	struct learn_sum part;

	if (p->sums[id].n == 0) /* a clone of which nothing is known */
		put_part(t, p, id, &p->sums[id]);
	while (left != 0) {
		make_part(p, id, (enum arch)__builtin_ctz(left), &part);
		put_part(t, p, id, &part);
		left &= ~part.archs;
	}
}

/* Its flags are in memory, where no filter sees them. */
static void put_clone3(struct text *t, struct learn_plan *p)
{
	const struct learn_sum *s = &p->sums[sc_find("clone3", 6)];

	if (s->n == 0 || sc_has(&p->never, sc_find("clone3", 6)))
		return;
	put_comment(t,
		    "its flags are in memory, where no filter sees them: the C library makes "
		    "a clone of it");
	put_rule(t, arena_printf(p->a, "%sdeny ENOSYS clone3", s->override ? "override " : ""),
		 calls(p->a, s->count));
	p->facts->rules++;
}

/* A clone3 of unknown flags, and not one clone that was seen. */
static void add_clone(struct learn_plan *p)
{
	const int id = sc_find("clone", 5);
	struct learn_sum *s = &p->sums[id];
	struct policy_decision d;

	if (!p->l->clone_any || sc_has(&p->never, id) || s->n > 0)
		return;
	if (p->w->base != NULL) {
		const struct learn_kind fork = {
			.arch = (enum arch)__builtin_ctz(p->archs),
			.nr = (uint32_t)sc_number(id, (enum arch)__builtin_ctz(p->archs)),
			.id = id,
			.known = 1,
			.args = { FORK_FLAGS }
		};
		if (learn_permits(p->w->base, &fork, &d))
			return;
		s->override = d.why == POLICY_BY_RULE;
	}
	s->unknown = true;
}

/* A rule on a call of i386 that goes through socketcall or ipc is one on these, too, behind
 * which their own rule would say nothing. */
static bool goes_first(int id)
{
	return str_eq(sc_name(id), "socketcall") || str_eq(sc_name(id), "ipc");
}

static void put_some_calls(struct text *t, struct learn_plan *p, bool first)
{
	for (int id = 0; id < SC_N; id++) {
		const struct learn_sum *s = &p->sums[id];

		if ((s->n == 0 && !s->unknown) || s->folded || sc_has(&p->never, id) ||
		    goes_first(id) != first || str_eq(sc_name(id), "clone3"))
			continue;
		put_call(t, p, id);
	}
}

static void put_calls(struct text *t, struct learn_plan *p)
{
	put_some_calls(t, p, true);
	put_some_calls(t, p, false);
	for (size_t i = 0; i < p->nameless_n; i++, p->facts->rules++)
		put_rule(t,
			 arena_printf(p->a, "allow nr %" PRIu32 "@%s", p->nameless[i]->nr,
				      arch_name(p->nameless[i]->arch)),
			 calls(p->a, p->nameless[i]->count));
}

/* Those that the architectures have, and that no rule is about. */
static struct sc_set unseen(const struct learn_plan *p, const char *const *names, size_t n)
{
	struct sc_set set = { .bits = { 0 } };

	for (size_t i = 0; i < n; i++) {
		const int id = sc_find(names[i], strlen(names[i]));

		if (learn_exists(p, id) && p->sums[id].n == 0 && !p->sums[id].folded &&
		    !sc_has(&p->never, id))
			sc_add(&set, id);
	}
	return set;
}

/* A program that may not end, or come back from a signal, never stops. */
static void put_always(struct text *t, struct learn_plan *p)
{
	static const char *const names[] = { "exit", "exit_group", "restart_syscall",
					     "rt_sigreturn", "sigreturn" };
	const struct sc_set set = unseen(p, names, COUNT(names));

	if (set_empty(&set))
		return;
	put_rule(t, arena_printf(p->a, "allow %s", listed(p->a, &set, " | ")),
		 "not seen; to end, and to come back from a signal");
	p->facts->rules++;
}

/* For what the C libraries try first, and do without when it is not there (moby 42680). */
static void put_newer(struct text *t, struct learn_plan *p)
{
	static const char *const names[] = {
		"clone3",
		"close_range",
		"epoll_pwait2",
		"faccessat2",
		"fchmodat2",
		"openat2",
		"pidfd_send_signal",
		"renameat2",
		"rseq",
		"statx",
		"clock_gettime64",
		"clock_nanosleep_time64",
		"futex_time64",
		"ppoll_time64",
		"pselect6_time64",
		"recvmmsg_time64",
		"rt_sigtimedwait_time64",
		"semtimedop_time64",
		"timerfd_settime64",
		"utimensat_time64",
	};
	const struct sc_set set = unseen(p, names, COUNT(names));

	if (set_empty(&set))
		return;
	put_comment(t, "not seen; libraries that try it go on without");
	put_rule(t, arena_printf(p->a, "deny ENOSYS %s", listed(p->a, &set, " | ")), "");
	p->facts->rules++;
}

/* ---- the whole ---- */

static void put_settings(struct text *t, const struct learn_plan *p)
{
	const char *archs = "";

	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if ((p->archs >> arch & 1) != 0)
			archs = arena_printf(p->a, "%s%s%s", archs,
					     archs[0] != '\0' ? ", " : "", arch_name(arch));
	put(t, arena_printf(p->a,
			    "\tarch %s;\n\tkernel %d.%d;\n\tstage exec;\n"
			    "\tdefault deny EPERM unknown deny ENOSYS;\n\n",
			    archs, sc_tables_kernel() >> 8, sc_tables_kernel() & 0xff));
}

static void put_rules(struct text *t, struct learn_plan *p)
{
	put_refused(t, p);
	put_groups(t, p);
	put_clone3(t, p);
	add_clone(p);
	put_calls(t, p);
	if (p->w->base != NULL)
		return;
	put_always(t, p);
	put_newer(t, p);
}

static uint64_t total(const struct policy_learned *l)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->size; i++)
		if (__builtin_add_overflow(n, l->table[i].count, &n))
			return UINT64_MAX;
	return n;
}

static const char *whole(struct learn_plan *p)
{
	const char *about =
		arena_printf(p->a, "learned from %s of %zu kind%s", calls(p->a, total(p->l)),
			     p->l->n, p->l->n == 1 ? "" : "s");
	struct text rules = { .a = p->a }, t = { .a = p->a };

	put_rules(&rules, p);
	if (p->w->merge && rules.n == 0)
		return "";
	if (p->w->merge) {
		put(&t, arena_printf(p->a, "\n\t# ---- %s ----\n\n%s", about, rules.p));
		return t.p;
	}
	put(&t, arena_printf(p->a, "# %c%s\n\npolicy %s%s%s {\n", about[0] & ~0x20, about + 1,
			     p->w->name, p->w->extends != NULL ? " extends " : "",
			     p->w->extends != NULL ? p->w->extends : ""));
	if (p->w->base == NULL)
		put_settings(&t, p);
	put(&t, rules.n > 0 ? rules.p : "\t# nothing: all that was seen is permitted\n");
	put(&t, "}\n");
	return t.p;
}

int policy_learn_text(struct arena *a, const struct policy_learned *l,
		      const struct policy_learn_want *w, struct policy_learn_facts *facts,
		      const char **out, struct err *e)
{
	struct learn_plan *p = arena_new(a, struct learn_plan);

	*facts = (struct policy_learn_facts){ .kinds = l->n,
					      .foreign = l->foreign,
					      .lost = l->lost };
	p->a = a;
	p->l = l;
	p->w = w;
	p->facts = facts;
	for (size_t i = 0; w->base != NULL && policy_arch(w->base, i) != 0; i++)
		p->targets |= 1u << arch_of_audit(policy_arch(w->base, i));
	if (learn_never(w->never, &p->never, e) < 0)
		return -1;
	if (l->n == 0)
		return fail(e, ERR_POLICY, "learn: calls that were seen: found none");
	if (sum_all(p, e) < 0)
		return -1;
	*out = whole(p);
	return 0;
}
