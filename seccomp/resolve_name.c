/* SPDX-License-Identifier: Apache-2.0 */
/* What a word stands for: files, constants, params, architectures. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/resolve.h"

#define ARCH_TEXT 24

bool word_is(const struct ast_word *w, const char *text)
{
	return strlen(text) == w->len && memcmp(text, w->p, w->len) == 0;
}

const char *word_text(struct resolver *r, const struct ast_word *w)
{
	return arena_strndup(r->a, w->p, w->len);
}

/* ---- names of a file ---- */

static size_t hash(const struct ast_word *w)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < w->len; i++)
		h = (h ^ (unsigned char)w->p[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static bool same_word(const struct ast_word *x, const struct ast_word *y)
{
	return x->len == y->len && memcmp(x->p, y->p, x->len) == 0;
}

static struct named *slot_of(const struct names *names, const struct ast_word *w)
{
	size_t i = hash(w) & names->mask;

	while (names->slots[i].item != NULL && !same_word(&names->slots[i].word, w))
		i = (i + 1) & names->mask;
	return &names->slots[i];
}

static void names_init(struct resolver *r, struct names *names, size_t n)
{
	size_t size = 4;

	if (n == 0)
		return;
	while (size < n * 2)
		size *= 2;
	names->slots = arena_array(r->a, size, sizeof(*names->slots));
	names->mask = size - 1;
}

void *names_find(const struct names *names, const struct ast_word *w)
{
	return names->slots != NULL ? slot_of(names, w)->item : NULL;
}

static void names_add(struct resolver *r, struct names *names, const struct ast_word *w,
		      void *item)
{
	struct named *slot = slot_of(names, w);

	if (slot->item != NULL) {
		if (diag(r->d, POLICY_ERROR, "twice", &w->at, "\"%.*s\" is defined twice",
			 DIAG_WORD(w->p, w->len)))
			diag(r->d, POLICY_NOTE, "twice", &slot->word.at,
			     "the first one is here");
		return;
	}
	*slot = (struct named){ .word = *w, .item = item };
}

static const char *given_param(const struct resolver *r, const struct ast_word *w)
{
	const char *const *p = r->env->params;

	for (; p != NULL && *p != NULL; p++)
		if (strncmp(*p, w->p, w->len) == 0 && (*p)[w->len] == '=')
			return *p + w->len + 1;
	return NULL;
}

static void add_defines(struct resolver *r)
{
	size_t n = 0;

	for (const struct ast_define *d = r->file->defines; d != NULL; d = d->next)
		n++;
	names_init(r, &r->defines, n);
	for (const struct ast_define *d = r->file->defines; d != NULL; d = d->next) {
		struct def *def = arena_new(r->a, struct def);

		def->ast = d;
		if (d->kind == DEFINE_PARAM)
			def->given = given_param(r, &d->name);
		names_add(r, &r->defines, &d->name, def);
	}
}

static void *unconst(const struct ast_policy *p)
{
	union {
		const struct ast_policy *from;
		void *to;
	} both = { .from = p };

	return both.to;
}

static void add_policies(struct resolver *r)
{
	size_t n = 0;

	for (const struct ast_policy *p = r->file->policies; p != NULL; p = p->next)
		n += !p->handed_in;
	names_init(r, &r->policies, n);
	for (const struct ast_policy *p = r->file->policies; p != NULL; p = p->next)
		if (!p->handed_in)
			names_add(r, &r->policies, &p->name, unconst(p));
}

void names_make(struct resolver *r)
{
	add_defines(r);
	add_policies(r);
}

/* ---- unknown ones ---- */

void name_unknown(struct resolver *r, const struct ast_word *w, const struct nearby *n)
{
	const char *near;

	if (!diag(r->d, POLICY_ERROR, "unknown-name", &w->at, "unknown %s \"%.*s\"", n->what,
		  DIAG_WORD(w->p, w->len)))
		return;
	near = diag_nearest(w->p, w->len, n->next, n->ctx);
	if (near != NULL)
		diag_hint(r->d, "did you mean \"%s\"?", near);
}

bool say_once(const struct resolver *r, const char *code, const struct policy_place *at)
{
	for (const struct policy_diag *d = r->d->first; d != NULL; d = d->next)
		if (d->at.line == at->line && d->at.column == at->column &&
		    d->at.file == at->file && str_eq(d->code, code))
			return false;
	return true;
}

static const char *arch_at(void *ctx, size_t i)
{
	(void)ctx;
	return i < ARCH_N ? arch_name((enum arch)i) : NULL;
}

enum arch name_arch(struct resolver *r, const struct ast_word *w)
{
	char text[ARCH_TEXT] = "";
	enum arch arch = ARCH_N;

	if (w->len < sizeof(text)) {
		memcpy(text, w->p, w->len);
		arch = arch_of_audit(policy_arch_number(text));
	}
	if (arch != ARCH_N)
		return arch;
	name_unknown(r, w, &(struct nearby){ "architecture", arch_at, NULL });
	if (word_is(w, "x32"))
		diag_hint(r->d, "calls of x32 answer ENOSYS in every policy for x86_64");
	return ARCH_N;
}

static bool is_declared(const struct resolver *r, const char *param, size_t len)
{
	const struct ast_word w = { .p = param, .len = len };
	const struct def *d = names_find(&r->defines, &w);

	return d != NULL && d->ast->kind == DEFINE_PARAM;
}

void names_check_params(struct resolver *r)
{
	const char *const *p = r->env->params;

	for (; p != NULL && *p != NULL; p++) {
		const size_t len = strcspn(*p, "=");

		if (!is_declared(r, *p, len))
			diag(r->d, POLICY_ERROR, "unknown-name", &(struct policy_place){ 0 },
			     "unknown param \"%.*s\": no file of this policy declares it",
			     DIAG_WORD(*p, len));
	}
}

/* ---- constants ---- */

static const char *const_at(void *ctx, size_t i)
{
	(void)ctx;
	return sc_const_name(i);
}

static bool const_table(const struct ast_word *w, enum arch arch, struct number *out)
{
	*out = (struct number){ 0 };
	if (!sc_const(w->p, w->len, arch, &out->v))
		return false;
	/* AT_FDCWD and its like have the sign in all 64 bits. */
	out->inverted = (int64_t)out->v < 0;
	return true;
}

static bool on_any_arch(const struct ast_word *w)
{
	uint64_t v;

	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (sc_const(w->p, w->len, arch, &v))
			return true;
	return false;
}

static bool refuse_const(struct resolver *r, const struct ast_word *w, enum arch arch)
{
	if (!say_once(r, "unknown-name", &w->at))
		return false;
	if (on_any_arch(w))
		diag(r->d, POLICY_ERROR, "unknown-name", &w->at, "there is no \"%.*s\" on %s",
		     DIAG_WORD(w->p, w->len), arch_name(arch));
	else
		name_unknown(r, w, &(struct nearby){ "constant", const_at, NULL });
	return false;
}

/* "5", "0x1f", "-100", or the name of a constant. */
static bool parse_given(const char *text, enum arch arch, struct number *out)
{
	const struct ast_word w = { .p = text, .len = strlen(text) };
	const char *digits = text + (text[0] == '-');
	char *end = NULL;

	if (digits[0] < '0' || digits[0] > '9')
		return const_table(&w, arch, out);
	out->negative = digits != text;
	out->v = strtoull(digits, &end, digits[0] == '0' && digits[1] == 'x' ? 16 : 10);
	if (out->negative)
		out->v = 0 - out->v;
	return *end == '\0';
}

static bool value_of_def(struct resolver *r, struct def *def, const struct ast_word *w,
			 enum arch arch, struct number *out)
{
	if (def->given != NULL) {
		if (parse_given(def->given, arch, out))
			return true;
		diag(r->d, POLICY_ERROR, "param", &w->at,
		     "param \"%.*s\" is no number and no constant: %.64s",
		     DIAG_WORD(w->p, w->len), def->given);
		return false;
	}
	if (def->ast->kind == DEFINE_GROUP || def->ast->value == NULL) {
		diag(r->d, POLICY_ERROR, "param", &w->at, "param \"%.*s\" has no value",
		     DIAG_WORD(w->p, w->len));
		return false;
	}
	return number_of(r, def->ast->value, arch, out);
}

static bool number_of_def(struct resolver *r, struct def *def, const struct ast_word *w,
			  enum arch arch, struct number *out)
{
	const unsigned bit = 1u << arch;

	if ((def->refused & bit) != 0)
		return false;
	if (def->busy) {
		diag(r->d, POLICY_ERROR, "cycle", &w->at, "\"%.*s\" is defined by itself",
		     DIAG_WORD(w->p, w->len));
		return false;
	}
	if ((def->known & bit) == 0) {
		def->busy = true;
		if (!value_of_def(r, def, w, arch, &def->value[arch]))
			def->refused |= (uint8_t)bit;
		def->known |= (uint8_t)bit;
		def->busy = false;
	}
	*out = def->value[arch];
	return (def->refused & bit) == 0;
}

static bool number_named(struct resolver *r, const struct ast_const *c, enum arch arch,
			 struct number *out)
{
	struct def *def = names_find(&r->defines, &c->name);

	if (def != NULL)
		return number_of_def(r, def, &c->name, arch, out);
	return const_table(&c->name, arch, out) || refuse_const(r, &c->name, arch);
}

static bool number_deep(struct resolver *r, const struct ast_const *c, enum arch arch,
			struct number *out)
{
	struct number more = { 0 };

	*out = (struct number){ 0 };
	switch (c->kind) {
	case CONST_NUMBER:
		*out = (struct number){ .v = c->number, .negative = c->negative };
		return true;
	case CONST_NAME:
		return number_named(r, c, arch, out);
	case CONST_OR:
		if (!number_of(r, c->left, arch, out) || !number_of(r, c->right, arch, &more))
			return false;
		out->v |= more.v;
		out->negative |= more.negative;
		out->inverted |= more.inverted;
		return true;
	case CONST_NOT:
		if (!number_of(r, c->left, arch, out))
			return false;
		out->v = ~out->v;
		out->inverted = true;
		return true;
	}
	return false;
}

bool number_of(struct resolver *r, const struct ast_const *c, enum arch arch,
	       struct number *out)
{
	bool ok;

	if (r->const_depth >= DEPTH_MAX) {
		if (say_once(r, "too-deep", &c->at))
			diag(r->d, POLICY_ERROR, "too-deep", &c->at,
			     "at most %d names or signs within each other", DEPTH_MAX);
		return false;
	}
	r->const_depth++;
	ok = number_deep(r, c, arch, out);
	r->const_depth--;
	return ok;
}

bool param_holds(struct resolver *r, const struct ast_word *w)
{
	struct def *def = names_find(&r->defines, w);
	struct number n;

	if (def == NULL || def->ast->kind != DEFINE_PARAM) {
		diag(r->d, POLICY_ERROR, "unknown-name", &w->at, "unknown param \"%.*s\"",
		     DIAG_WORD(w->p, w->len));
		return false;
	}
	if (def->given != NULL)
		return !str_eq(def->given, "0") && !str_eq(def->given, "no") &&
		       !str_eq(def->given, "false");
	return def->ast->value != NULL && number_of_def(r, def, w, ARCH_X86_64, &n) && n.v != 0;
}
