/* SPDX-License-Identifier: Apache-2.0 */
/* A policy to all that the runtime needs of it: the filter, and what the watcher answers. */
#include "base/str.h"
#include "seccomp/audited.h"
#include "seccomp/compile.h"
#include "seccomp/verify.h"

#define ROWS_MAX (SECCOMP_RET_DATA + 1)

struct imager {
	struct arena *arena;
	const struct policy *p;
	const struct policy_options *o;
	struct policy_image *image;
};

static struct answers answers_of(struct arena *a, const struct policy *p)
{
	uint32_t *rules = arena_array(a, p->rules_n, sizeof(*rules));

	for (size_t i = 0; i < p->rules_n; i++)
		rules[i] = p->rules[i].action;
	return (struct answers){ rules, p->normal.action, p->unknown.action };
}

/* That the kernel would take it, and what it answers. */
static int prove(struct imager *im, const struct answers *an, const struct filter *f,
		 struct err *e)
{
	autoarena struct arena scratch = { 0 };
	struct verified v;

	if (verify_program(&scratch, im->p, an, f, &v, e) < 0)
		return -1;
	im->image->cells += v.cells;
	im->image->pairwise = im->image->pairwise || v.pairwise;
	return 0;
}

static int verify(struct imager *im, const struct answers *an, const struct filter *f,
		  struct err *e)
{
	return im->o->no_verify ? filter_check(f, e) : prove(im, an, f, e);
}

static int make_filter(struct imager *im, struct err *e)
{
	const struct answers an = answers_of(im->arena, im->p);
	struct filter *f = &im->image->filter;

	if (compile_program(im->arena, im->p, &an, im->o->notes ? &im->image->notes : NULL, f,
			    e) < 0 ||
	    verify(im, &an, f, e) < 0)
		return -1;
	f->flags = policy_flags(im->p);
	return compile_check_cacheable(im->p, &an, f, e);
}

/* ---- the watcher's ---- */

/* What a rule or a fallback says, as far as the watcher is concerned. */
struct said {
	uint32_t action;
	enum policy_audit audit;
	struct policy_verdict verdict;
};

static struct said said_by_rule(const struct rule *r)
{
	return (struct said){ r->action,
			      r->audit,
			      { .allow = r->audit == POLICY_AUDIT_ALLOW,
				.err = r->audit_errno,
				.at = r->at,
				.reason = r->reason } };
}

static struct said said_by_fallback(const struct fallback *f)
{
	return (struct said){
		f->action,
		f->audit,
		{ .allow = f->audit == POLICY_AUDIT_ALLOW, .err = f->audit_errno, .at = f->at }
	};
}

static bool has_audit(const struct policy *p)
{
	if (p->normal.audit != POLICY_AUDIT_NONE || p->unknown.audit != POLICY_AUDIT_NONE)
		return true;
	for (size_t i = 0; i < p->rules_n; i++)
		if (p->rules[i].audit != POLICY_AUDIT_NONE)
			return true;
	return false;
}

static bool equal(const struct policy_verdict *x, const struct policy_verdict *y)
{
	return x->allow == y->allow && x->err == y->err && x->at.line == y->at.line &&
	       x->at.column == y->at.column && str_eq(x->at.file, y->at.file) &&
	       str_eq(x->reason, y->reason);
}

struct rows {
	struct policy_verdict *v;
	size_t n;
};

/* The answer that the program of verdicts gives: the index of a row. What is not audited never
 * comes to the watcher; there it answers as the filter does. One statement may have become
 * several rules, which follow each other. */
static uint32_t add_row(struct rows *rows, const struct said *s)
{
	if (s->audit == POLICY_AUDIT_NONE)
		return s->action;
	if (rows->n == 0 || !equal(&rows->v[rows->n - 1], &s->verdict))
		rows->v[rows->n++] = s->verdict;
	return SECCOMP_RET_TRACE | ((uint32_t)(rows->n - 1) & SECCOMP_RET_DATA);
}

static struct answers add_rows(struct imager *im, struct rows *rows)
{
	const struct policy *p = im->p;
	uint32_t *rules = arena_array(im->arena, p->rules_n, sizeof(*rules));
	struct answers an = { .rules = rules };
	struct said s;

	rows->v = arena_array(im->arena, p->rules_n + 2, sizeof(*rows->v));
	for (size_t i = 0; i < p->rules_n; i++) {
		s = said_by_rule(&p->rules[i]);
		rules[i] = add_row(rows, &s);
	}
	s = said_by_fallback(&p->normal);
	an.normal = add_row(rows, &s);
	s = said_by_fallback(&p->unknown);
	an.unknown = add_row(rows, &s);
	return an;
}

static int make_verdicts(struct imager *im, struct err *e)
{
	struct filter *f = &im->image->verdicts;
	struct rows rows = { 0 };
	struct answers an;

	if (!has_audit(im->p))
		return 0;
	an = add_rows(im, &rows);
	if (rows.n > ROWS_MAX)
		return fail(e, ERR_POLICY,
			    "seccomp filter: at most %u rules that audit: found %zu", ROWS_MAX,
			    rows.n);
	if (compile_program(im->arena, im->p, &an, NULL, f, e) < 0)
		return -1;
	im->image->rows = rows.v;
	im->image->rows_n = rows.n;
	return verify(im, &an, f, e);
}

int policy_compile(struct arena *a, const struct policy *p, const struct policy_options *o,
		   struct policy_image *out, struct err *e)
{
	static const struct policy_options none;
	struct policy_image image = { 0 };
	struct imager im = { a, p, o != NULL ? o : &none, &image };

	if (im.o->see != 0)
		im.p = policy_audited(a, p, im.o->see);
	if (make_filter(&im, e) < 0 || make_verdicts(&im, e) < 0)
		return -1;
	*out = image;
	return 0;
}

int policy_prove(const struct policy *p, struct policy_image *image, struct err *e)
{
	autoarena struct arena own = { 0 };
	const struct answers an = answers_of(&own, p);
	struct imager im = { .arena = &own, .p = p, .image = image };

	return prove(&im, &an, &image->filter, e);
}
