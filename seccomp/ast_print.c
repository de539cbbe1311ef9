/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/ast_print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE 88 /* after this column a long set goes on in a new line */

struct out {
	struct arena *a;
	char *p;
	size_t n, size, bol;
	unsigned indent;
};

static void put(struct out *o, const char *s, size_t n)
{
	if (o->size - o->n <= n) {
		size_t size = (o->size + n) * 2;
		char *more = arena_alloc(o->a, size);

		if (o->n > 0)
			memcpy(more, o->p, o->n);
		o->p = more;
		o->size = size;
	}
	if (n == 0 || s == NULL)
		return;
	memcpy(o->p + o->n, s, n);
	o->n += n;
}

static void puts_(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

static void putf(struct out *o, const char *fmt, ...) PRINTF(2, 3);

static void putf(struct out *o, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	puts_(o, text);
}

static void put_word(struct out *o, const struct ast_word *w)
{
	put(o, w->p, w->len);
}

static void put_string(struct out *o, const char *s)
{
	puts_(o, "\"");
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			puts_(o, "\\");
		put(o, s, 1);
	}
	puts_(o, "\"");
}

static void put_version(struct out *o, uint16_t v)
{
	putf(o, "%d.%d", v >> 8, v & 0xff);
}

static void new_line(struct out *o, unsigned indent)
{
	puts_(o, "\n");
	o->bol = o->n;
	for (unsigned i = 0; i < indent; i++)
		puts_(o, "\t");
}

/* A blank, or the end of a line that is long enough. */
static void put_gap(struct out *o)
{
	size_t column = o->n - o->bol + (size_t)7 * o->indent;

	if (column > LINE)
		new_line(o, o->indent + 1);
	else
		puts_(o, " ");
}

/* ---- constants ---- */

static void put_number(struct out *o, const struct ast_const *c)
{
	if (c->negative)
		putf(o, "-%" PRIu64, -c->number);
	else
		putf(o, c->number < 10000 ? "%" PRIu64 : "%#" PRIx64, c->number);
}

static void put_const(struct out *o, const struct ast_const *c)
{
	bool parens;

	switch (c->kind) {
	case CONST_NUMBER:
		put_number(o, c);
		break;
	case CONST_NAME:
		put_word(o, &c->name);
		break;
	case CONST_OR:
		put_const(o, c->left);
		puts_(o, "|");
		put_const(o, c->right);
		break;
	case CONST_NOT:
		parens = c->left->kind == CONST_OR;
		puts_(o, parens ? "~(" : "~");
		put_const(o, c->left);
		puts_(o, parens ? ")" : "");
		break;
	}
}

/* ---- sets ---- */

static bool is_operator(const struct ast_set *s)
{
	return s->kind == SET_OR || s->kind == SET_AND || s->kind == SET_MINUS;
}

/* Operands of | and & may stand in one row with an operator of the same kind. */
static bool in_row(const struct ast_set *s, const struct ast_set *with)
{
	if (!is_operator(s))
		return true;
	return s->kind == with->kind && s->kind != SET_MINUS && in_row(s->left, with) &&
	       in_row(s->right, with);
}

static void put_names(struct out *o, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		if (i > 0) {
			puts_(o, " |");
			put_gap(o);
		}
		puts_(o, names[i]);
		puts_(o, "?");
	}
}

static void put_set(struct out *o, const struct ast_set *s);

static void put_operator(struct out *o, const struct ast_set *s)
{
	bool parens = !in_row(s->right, s);

	put_set(o, s->left);
	puts_(o, s->kind == SET_OR ? " |" : s->kind == SET_AND ? " &" : " -");
	put_gap(o);
	puts_(o, parens ? "(" : "");
	put_set(o, s->right);
	puts_(o, parens ? ")" : "");
}

static void put_set(struct out *o, const struct ast_set *s)
{
	switch (s->kind) {
	case SET_NAME:
	case SET_GROUP:
		put_word(o, &s->name);
		puts_(o, s->optional ? "?" : "");
		break;
	case SET_NAMES:
		put_names(o, s->names);
		break;
	case SET_NR:
		putf(o, "nr %" PRIu32 "@", s->nr);
		put_word(o, &s->name);
		break;
	case SET_ALL:
		puts_(o, "*");
		break;
	case SET_SINCE:
		puts_(o, "since ");
		put_version(o, s->version);
		break;
	case SET_OR:
	case SET_AND:
	case SET_MINUS:
		put_operator(o, s);
		break;
	}
}

/* ---- conditions and guards ---- */

static const char *const compares[] = {
	[CMP_EQ] = "==", [CMP_NE] = "!=", [CMP_LT] = "<",
	[CMP_LE] = "<=", [CMP_GT] = ">",  [CMP_GE] = ">=",
};

static void put_arg(struct out *o, const struct ast_arg *arg)
{
	static const char *const types[] = { [AS_KNOWN] = "",
					     [AS_U32] = ":u32",
					     [AS_I32] = ":i32",
					     [AS_U64] = ":u64",
					     [AS_FD] = ":fd" };

	put_word(o, &arg->name);
	if (arg->name.len == 0)
		putf(o, "arg%u%s", arg->index, types[arg->type]);
}

static void put_ranges(struct out *o, const struct ast_range *r)
{
	puts_(o, " in {");
	for (; r != NULL; r = r->next) {
		put_const(o, r->lo);
		if (r->hi != NULL) {
			puts_(o, "..");
			put_const(o, r->hi);
		}
		if (r->next != NULL) {
			puts_(o, ",");
			put_gap(o);
		}
	}
	puts_(o, "}");
}

static void put_test(struct out *o, const struct ast_expr *x)
{
	static const char *const tests[EXPR_MASKED + 1] = {
		[EXPR_MASKED] = " & ",      [EXPR_ANY] = " has any ",
		[EXPR_ALL] = " has all ",   [EXPR_ONLY] = " has only ",
		[EXPR_NONE] = " has none ",
	};

	put_arg(o, &x->arg);
	if (x->kind == EXPR_IN)
		put_ranges(o, x->ranges);
	if (tests[x->kind] != NULL) {
		puts_(o, tests[x->kind]);
		put_const(o, x->mask);
	}
	if (x->value == NULL)
		return;
	putf(o, " %s ", compares[x->compare]);
	put_const(o, x->value);
}

static void put_expr(struct out *o, const struct ast_expr *x);

/* Only an "or" binds weaker than what may be around it, and "!" stronger than all but tests. */
static void put_inner(struct out *o, const struct ast_expr *x, bool parens)
{
	puts_(o, parens ? "(" : "");
	put_expr(o, x);
	puts_(o, parens ? ")" : "");
}

static void put_expr(struct out *o, const struct ast_expr *x)
{
	bool and = x->kind == EXPR_AND;

	if (x->kind == EXPR_NOT) {
		puts_(o, "!");
		put_inner(o, x->left, x->left->kind != EXPR_NOT);
		return;
	}
	if (!and&&x->kind != EXPR_OR) {
		put_test(o, x);
		return;
	}
	put_inner(o, x->left, and&&x->left->kind == EXPR_OR);
	puts_(o, and? " &&" : " ||");
	put_gap(o);
	put_inner(o, x->right, and&&x->right->kind == EXPR_OR);
}

static void put_guard(struct out *o, const struct ast_guard *g);

static void put_guard_inner(struct out *o, const struct ast_guard *g, bool parens)
{
	puts_(o, parens ? "(" : "");
	put_guard(o, g);
	puts_(o, parens ? ")" : "");
}

static void put_guard_test(struct out *o, const struct ast_guard *g)
{
	if (g->kind == GUARD_KERNEL) {
		putf(o, "kernel %s ", compares[g->compare]);
		put_version(o, g->version);
		return;
	}
	puts_(o, g->kind == GUARD_CAP ? "cap(" : g->kind == GUARD_ARCH ? "arch(" : "param(");
	put_word(o, &g->word);
	puts_(o, ")");
}

static void put_guard(struct out *o, const struct ast_guard *g)
{
	bool and = g->kind == GUARD_AND;

	if (g->kind == GUARD_NOT) {
		puts_(o, "!");
		put_guard_inner(o, g->left,
				g->left->kind == GUARD_AND || g->left->kind == GUARD_OR);
		return;
	}
	if (!and&&g->kind != GUARD_OR) {
		put_guard_test(o, g);
		return;
	}
	put_guard_inner(o, g->left, and&&g->left->kind == GUARD_OR);
	puts_(o, and? " && " : " || ");
	put_guard_inner(o, g->right, and&&g->right->kind == GUARD_OR);
}

/* ---- statements ---- */

static void put_action(struct out *o, const struct ast_action *act)
{
	static const char *const words[] = {
		[ACT_ALLOW] = "allow",
		[ACT_DENY] = "deny",
		[ACT_KILL] = "kill",
		[ACT_KILL_THREAD] = "kill thread",
		[ACT_TRAP] = "trap",
		[ACT_LOG] = "log",
		[ACT_TRACE] = "trace",
		[ACT_NOTIFY] = "notify",
		[ACT_AUDIT_DENY] = "audit deny",
		[ACT_AUDIT_ALLOW] = "audit allow",
	};

	puts_(o, words[act->kind]);
	if (act->number == NULL)
		return;
	puts_(o, " ");
	put_const(o, act->number);
}

static void put_rule(struct out *o, const struct ast_stmt *s)
{
	puts_(o, s->override ? "override " : "");
	put_action(o, s->action);
	puts_(o, " ");
	put_set(o, s->set);
	if (s->when != NULL) {
		puts_(o, " when ");
		put_expr(o, s->when);
	}
	if (s->reason != NULL) {
		puts_(o, " as ");
		put_string(o, s->reason);
	}
}

static void put_call(struct out *o, const struct ast_call *c)
{
	put_word(o, &c->name);
	puts_(o, "(");
	for (unsigned i = 0; i < c->args_n; i++) {
		puts_(o, i > 0 ? ", " : "");
		put_const(o, c->args[i]);
	}
	puts_(o, ")");
	if (c->arch.len > 0)
		puts_(o, "@");
	put_word(o, &c->arch);
}

static void put_words(struct out *o, const char *what, const struct ast_words *w)
{
	puts_(o, what);
	for (; w != NULL; w = w->next) {
		put_word(o, &w->word);
		puts_(o, w->next != NULL ? ", " : "");
	}
}

static void put_body(struct out *o, const struct ast_stmt *s);

/* "{ ... }", and "else if" where that is what it was. */
static void put_if(struct out *o, const struct ast_stmt *s)
{
	puts_(o, "if ");
	put_guard(o, s->guard);
	put_body(o, s->body);
	if (s->other == NULL)
		return;
	puts_(o, " else");
	if (s->other->kind != STMT_IF || s->other->next != NULL) {
		put_body(o, s->other);
		return;
	}
	puts_(o, " ");
	put_if(o, s->other);
}

static void put_setting(struct out *o, const struct ast_stmt *s)
{
	static const char *const words[] = {
		[STMT_RULE] = "",
		[STMT_IF] = "",
		[STMT_USE] = "use ",
		[STMT_STAGE] = "stage ",
		[STMT_DEFAULT] = "default ",
		[STMT_KERNEL] = "kernel ",
		[STMT_BADARCH] = "badarch ",
		[STMT_EXPECT] = "expect ",
		[STMT_REQUIRE] = "require ",
		[STMT_FORBID] = "forbid ",
		[STMT_ARCH] = "arch ",
		[STMT_FLAGS] = "flags ",
	};

	put_words(o, words[s->kind], s->words);
	put_word(o, &s->word);
	if (s->kind == STMT_KERNEL)
		put_version(o, s->version);
	if (s->set != NULL)
		put_set(o, s->set);
	if (s->kind == STMT_EXPECT) {
		put_call(o, &s->call);
		puts_(o, " -> ");
	}
	if (s->action != NULL)
		put_action(o, s->action);
	if (s->unknown != NULL) {
		puts_(o, " unknown ");
		put_action(o, s->unknown);
	}
}

static void put_comment(struct out *o, const char *text)
{
	puts_(o, "\n");
	new_line(o, o->indent);
	puts_(o, "# ");
	puts_(o, text);
}

static void put_body(struct out *o, const struct ast_stmt *s)
{
	puts_(o, " {");
	o->indent++;
	for (; s != NULL; s = s->next) {
		if (s->comment != NULL)
			put_comment(o, s->comment);
		new_line(o, o->indent);
		if (s->kind == STMT_RULE)
			put_rule(o, s);
		else if (s->kind == STMT_IF)
			put_if(o, s);
		else
			put_setting(o, s);
		puts_(o, s->kind == STMT_IF ? "" : ";");
	}
	o->indent--;
	new_line(o, o->indent);
	puts_(o, "}");
}

static void put_define(struct out *o, const struct ast_define *d)
{
	puts_(o, d->kind == DEFINE_GROUP   ? "group "
		 : d->kind == DEFINE_CONST ? "const "
					   : "param ");
	put_word(o, &d->name);
	puts_(o, d->value != NULL || d->set != NULL ? " = " : "");
	if (d->value != NULL)
		put_const(o, d->value);
	if (d->set != NULL)
		put_set(o, d->set);
	puts_(o, ";");
	new_line(o, 0);
}

const char *ast_print(struct arena *a, const struct ast_file *f, size_t *len)
{
	struct out o = { .a = a };

	for (const struct ast_define *d = f->defines; d != NULL; d = d->next)
		put_define(&o, d);
	for (const struct ast_policy *p = f->policies; p != NULL; p = p->next) {
		puts_(&o, "policy ");
		put_word(&o, &p->name);
		puts_(&o, p->extends.len > 0 ? " extends " : "");
		put_word(&o, &p->extends);
		put_body(&o, p->body);
		new_line(&o, 0);
	}
	if (len != NULL)
		*len = o.n;
	put(&o, "", 1);
	return o.p;
}
