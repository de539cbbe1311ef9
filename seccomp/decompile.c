/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy or a program answers, as the text of a policy.
 *
 * Of each call there is a function of its arguments. Calls with one answer go into sets, which
 * come last; before them the others, by the conditions of all answers but one, so that the
 * last one needs none. An architecture whose answers differ has a block of its own. In front
 * stand calls that the resolver would decide by itself (clone3, i386's socketcall and ipc).
 *
 * The text is read again, and none comes out that does not answer as what it was made of. */
#include "seccomp/decompile.h"

#include <string.h>

#include "base/str.h"
#include "seccomp/ast_print.h"

/* ---- which scope a call belongs to ---- */

/* Does one text say the same of the call on all architectures? */
static bool is_common(struct writer *w, int id)
{
	bdd first = BDD_FALSE;

	for (size_t i = 0; i < w->b->targets_n; i++) {
		const enum arch arch = w->b->targets[i];
		const bdd f = w->b->calls[arch][id];

		if (first == BDD_FALSE)
			first = f;
		if (f == BDD_FALSE || f == first)
			continue;
		if (!w->join_widths || arch_is_64(arch) || f != behave_cut(&w->b->bdds, first))
			return false;
	}
	return true;
}

static bool is_anywhere(const struct writer *w, int id)
{
	for (size_t i = 0; i < w->b->targets_n; i++)
		if (w->b->calls[w->b->targets[i]][id] != BDD_FALSE)
			return true;
	return false;
}

/* Does the call get something that it would not get without a rule? */
static bool needs_rule(const struct writer *w, int id)
{
	for (size_t i = 0; i < w->b->targets_n; i++) {
		const enum arch arch = w->b->targets[i];
		const bdd f = w->b->calls[arch][id];

		if (f != BDD_FALSE && f != behave_fallback(w->b, arch, id))
			return true;
	}
	return false;
}

/* A rule on clone's flags makes one on clone3. */
static bool clone_depends(const struct writer *w)
{
	const int clone = sc_find("clone", 5);

	for (size_t i = 0; i < w->b->targets_n && clone >= 0; i++)
		if (!bdd_is_leaf(&w->b->bdds, w->b->calls[w->b->targets[i]][clone]))
			return true;
	return false;
}

/* Rules on calls that go through socketcall or ipc make rules on these. */
static bool has_behind(const struct writer *w, int through)
{
	for (int id = 0; id < SC_N; id++)
		if (sc_mux(id, ARCH_I386).through == through && is_anywhere(w, id) &&
		    needs_rule(w, id))
			return w->b->calls[ARCH_I386][through] != BDD_FALSE;
	return false;
}

static bool is_needed(const struct writer *w, int id)
{
	if (needs_rule(w, id) || !call_is_early(id))
		return needs_rule(w, id);
	return str_eq(sc_name(id), "clone3") ? clone_depends(w) : has_behind(w, id);
}

static void sort_calls(struct writer *w, struct scope *common, struct scope by_arch[ARCH_N])
{
	*common = (struct scope){ .archs = w->b->targets, .n = w->b->targets_n };
	for (size_t i = 0; i < w->b->targets_n; i++)
		by_arch[i] = (struct scope){ .archs = &w->b->targets[i], .n = 1 };
	for (int id = 0; id < SC_N; id++) {
		if (!is_anywhere(w, id))
			continue;
		sc_add(&w->all, id);
		sc_add(&w->open, id);
		if (!is_needed(w, id))
			continue;
		if (is_common(w, id)) {
			sc_add(&common->calls, id);
			continue;
		}
		for (size_t i = 0; i < w->b->targets_n; i++)
			if (w->b->calls[w->b->targets[i]][id] != BDD_FALSE)
				sc_add(&by_arch[i].calls, id);
	}
}

static bool is_empty(const struct sc_set *s)
{
	for (size_t i = 0; i < SC_WORDS; i++)
		if (s->bits[i] != 0)
			return false;
	return true;
}

/* ---- blocks ---- */

static struct ast_word word(const char *text)
{
	return (struct ast_word){ .p = text, .len = strlen(text) };
}

/* What is written from now on goes into the block, until end_block. */
static struct ast_stmt *begin_block(struct writer *w, enum arch arch)
{
	struct ast_stmt *s = writer_add(w, STMT_IF);
	struct ast_guard *guard = arena_new(w->a, struct ast_guard);

	guard->kind = GUARD_ARCH;
	guard->word = word(arch_name(arch));
	s->guard = guard;
	return s;
}

struct place {
	struct ast_stmt *block, *first;
};

static struct place enter_block(struct writer *w, enum arch arch)
{
	struct place was = { begin_block(w, arch), w->first };

	was.first = w->first;
	w->first = w->last = NULL;
	return was;
}

static void leave_block(struct writer *w, const struct place *was)
{
	was->block->body = w->first;
	w->first = was->first;
	w->last = was->block;
}

static int add_block(struct writer *w, struct scope *scope)
{
	struct place was;

	if (is_empty(&scope->calls))
		return 0;
	w->comment = arena_printf(w->a, "On %s alone.", arch_name(scope->archs[0]));
	was = enter_block(w, scope->archs[0]);
	if (write_early(w, scope) < 0 || write_calls(w, scope) < 0)
		return -1;
	leave_block(w, &was);
	return 0;
}

/* ---- what is said once ---- */

static void add_words(struct writer *w, int kind, const char *const *list)
{
	struct ast_stmt *s = writer_add(w, kind);
	const struct ast_words **end = &s->words;

	for (; *list != NULL; list++) {
		struct ast_words *one = arena_new(w->a, struct ast_words);

		one->word = word(*list);
		*end = one;
		end = &one->next;
	}
}

static void add_archs(struct writer *w)
{
	const char *names[ARCH_N + 1] = { NULL };

	for (size_t i = 0; i < w->b->targets_n; i++)
		names[i] = arch_name(w->b->targets[i]);
	add_words(w, STMT_ARCH, names);
}

/* Whether a call is unknown depends on it. */
static void add_kernels(struct writer *w)
{
	const struct behaviour *b = w->b;
	bool same = true;

	for (size_t i = 1; i < b->targets_n; i++)
		same &= b->kernel[b->targets[i]] == b->kernel[b->targets[0]];
	for (size_t i = 0; i < (same ? 1 : b->targets_n); i++) {
		struct place was = { 0 };

		if (!same)
			was = enter_block(w, b->targets[i]);
		writer_add(w, STMT_KERNEL)->version = b->kernel[b->targets[i]];
		if (!same)
			leave_block(w, &was);
	}
}

static void add_flags(struct writer *w)
{
	const char *names[32 + 1] = { NULL }; /* bits */
	size_t n = 0;

	for (const struct word *word = policy_flag_words(); word->name != NULL; word++)
		if ((w->b->flags & word->value) != 0)
			names[n++] = word->name;
	if (n > 0)
		add_words(w, STMT_FLAGS, names);
}

static void add_settings(struct writer *w)
{
	const struct fallback bad = { .action = w->b->bad_arch };
	struct ast_stmt *s;

	add_archs(w);
	if (w->b->unknown != w->b->normal)
		add_kernels(w);
	s = writer_add(w, STMT_DEFAULT);
	s->action = writer_action(w, w->b->normal);
	if (w->b->unknown != w->b->normal)
		s->unknown = writer_action(w, w->b->unknown);
	if (w->b->bad_arch != SECCOMP_RET_KILL_PROCESS)
		writer_add(w, STMT_BADARCH)->action = writer_action(w, behave_leaf(w->b, &bad));
	add_flags(w);
}

/* ---- the whole ---- */

static int write_all(struct writer *w)
{
	struct scope common, by_arch[ARCH_N];

	add_settings(w);
	sort_calls(w, &common, by_arch);
	w->comment = "Before the rest, which would decide about these too.";
	if (write_early(w, &common) < 0)
		return -1;
	for (size_t i = 0; i < w->b->targets_n; i++)
		if (add_block(w, &by_arch[i]) < 0)
			return -1;
	return write_calls(w, &common) < 0 ? -1 : write_numbers(w);
}

/* A name that the language takes. */
static const char *policy_word(struct arena *a, const char *name)
{
	char *out = arena_strdup(a, name);
	const char *first = out;

	for (char *c = out; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9')))
			*c = '_';
	if (*first == '\0' || (*first >= '0' && *first <= '9'))
		return arena_printf(a, "p%s", first);
	return first;
}

/* Lines of text, each behind "# "; what cannot be in a comment is left out. */
static const char *as_comment(struct arena *a, const char *text)
{
	const char *out = "";

	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");
		char *line = arena_strndup(a, text, len);

		for (char *c = line; *c != '\0'; c++)
			if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
				*c = '?';
		out = arena_printf(a, "%s#%s%s\n", out, len > 0 ? " " : "", line);
		text += len + (text[len] == '\n');
	}
	return out;
}

static const char *text_of(struct writer *w, const struct policy_origin *from)
{
	const char *name = policy_word(w->a, from->name);
	struct ast_policy policy = { .name = word(name), .body = w->first };
	const struct ast_file file = { .policies = &policy, .last = &policy };
	const char *head = as_comment(w->a, from->about != NULL ? from->about : "");

	for (size_t i = 0; i < w->b->notes_n; i++)
		head = arena_printf(w->a, "%s%s", head,
				    as_comment(w->a, arena_printf(w->a, "Not as it was: %s.",
								  w->b->notes[i])));
	return arena_printf(w->a, "%s%s%s", head, head[0] != '\0' ? "\n" : "",
			    ast_print(w->a, &file, NULL));
}

static const char *first_error(const struct policy_diags *diags, const struct err *e)
{
	for (const struct policy_diag *d = diags->first; d != NULL; d = d->next)
		if (d->level == POLICY_ERROR)
			return d->text;
	return arena_strndup(diags->arena, e->text, strcspn(e->text, "\n"));
}

/* Reads the text and compares it, function by function. */
static int check_text(struct writer *w, const char *text, struct err *e)
{
	const struct policy_source src = { "decompiled", text, strlen(text) };
	const struct policy_env env = { 0 };
	struct policy_diags diags = { .arena = w->a };
	struct behaviour *back = arena_new(w->a, struct behaviour);
	const struct policy *p = NULL;
	struct seccomp_data call;
	struct err why = { 0 };

	if (policy_parse(w->a, &src, NULL, &env, &diags, &p, &why) < 0)
		return fail(e, ERR_POLICY, "decompile: a policy that the language permits: %s",
			    first_error(&diags, &why));
	if (behave_policy(w->a, p, w->b, back, e) < 0)
		return -1;
	if (behave_equal(w->b, back, &call))
		return 0;
	return fail(e, ERR_BUG, "decompile: a text that means the same: it differs at %s",
		    policy_call_text(w->a, &call));
}

static int compare_width(enum arch x, enum arch y)
{
	return (int)arch_is_64(y) - (int)arch_is_64(x);
}

/* There are four of them at most. */
static void sort_targets(struct behaviour *b)
{
	for (size_t i = 1; i < b->targets_n; i++)
		for (size_t k = i; k > 0 && compare_width(b->targets[k - 1], b->targets[k]) > 0;
		     k--) {
			const enum arch was = b->targets[k];

			b->targets[k] = b->targets[k - 1];
			b->targets[k - 1] = was;
		}
}

static bool has_widths(const struct behaviour *b)
{
	return arch_is_64(b->targets[0]) && !arch_is_64(b->targets[b->targets_n - 1]);
}

static int try_text(struct arena *a, struct behaviour *b, bool join_widths,
		    const struct policy_origin *from, const char **out, struct err *e)
{
	struct writer w = { .a = a, .b = b, .join_widths = join_widths, .e = e };
	const char *text;

	if (write_all(&w) < 0 || behave_check(b, e) < 0)
		return -1;
	text = text_of(&w, from);
	if (check_text(&w, text, e) < 0)
		return -1;
	*out = text;
	return 0;
}

int policy_decompile(struct arena *a, const struct policy_side *what,
		     const struct policy_origin *from, const char **text, struct err *e)
{
	struct behaviour *b = arena_new(a, struct behaviour);
	struct err first = { 0 };

	if (what->policy != NULL ? behave_policy(a, what->policy, NULL, b, e) < 0
				 : behave_filter(a, what->filter, from->archs, b, e) < 0)
		return -1;
	sort_targets(b);
	/* words for both widths are tried, because a policy has them so; where they do not do,
	 * each has its own */
	if (has_widths(b) && try_text(a, b, true, from, text, &first) == 0)
		return 0;
	return try_text(a, b, false, from, text, e);
}
