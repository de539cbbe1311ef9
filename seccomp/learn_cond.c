/* SPDX-License-Identifier: Apache-2.0 */
/* The short list of arguments whose values are kept, and conditions on them. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"

#define VALUE_TEXT 192
#define TYPE_BITS  0xf /* socket(2): the others are SOCK_CLOEXEC and SOCK_NONBLOCK */

/* clang-format off */
static const struct kept {
	const char *call, *argument;
	uint64_t bits;
} kept[] = {
	{ "bpf",            "cmd",     UINT64_MAX },
	{ "clone",          "flags",   UINT64_MAX },
	{ "fcntl",          "cmd",     UINT64_MAX },
	{ "fcntl64",        "cmd",     UINT64_MAX },
	{ "ioctl",          "cmd",     UINT64_MAX },
	{ "ipc",            "call",    UINT64_MAX },
	{ "keyctl",         "option",  UINT64_MAX },
	{ "mmap",           "prot",    UINT64_MAX },
	{ "mmap2",          "prot",    UINT64_MAX },
	{ "mprotect",       "prot",    UINT64_MAX },
	{ "personality",    "persona", UINT64_MAX },
	{ "pkey_mprotect",  "prot",    UINT64_MAX },
	{ "prctl",          "option",  UINT64_MAX },
	{ "ptrace",         "request", UINT64_MAX },
	{ "setns",          "nstype",  UINT64_MAX },
	{ "socket",         "family",  UINT64_MAX },
	{ "socket",         "type",    TYPE_BITS },
	{ "socketcall",     "call",    UINT64_MAX },
	{ "socketpair",     "family",  UINT64_MAX },
	{ "socketpair",     "type",    TYPE_BITS },
	{ "unshare",        "flags",   UINT64_MAX },
};
/* clang-format on */

static const struct kept *kept_row(int id, enum arch arch, unsigned i)
{
	const struct sc_arg arg = sc_arg(id, arch, i);

	for (size_t k = 0; k < COUNT(kept) && arg.type != SC_NONE; k++)
		if (str_eq(kept[k].argument, arg.name) && str_eq(kept[k].call, sc_name(id)))
			return &kept[k];
	return NULL;
}

bool learn_is_short(int id)
{
	for (size_t k = 0; k < COUNT(kept); k++)
		if (str_eq(kept[k].call, sc_name(id)))
			return true;
	return false;
}

unsigned learn_short(int id, enum arch arch)
{
	unsigned mask = 0;

	if (id < 0 || !learn_is_short(id))
		return 0;
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if (kept_row(id, arch, i) != NULL)
			mask |= 1u << i;
	return mask;
}

unsigned policy_kept_arguments(uint32_t audit_arch, int nr)
{
	const enum arch arch = arch_of_audit(audit_arch);

	return arch != ARCH_N ? learn_short(sc_by_number(arch, (uint32_t)nr), arch) : 0;
}

uint64_t learn_short_bits(int id, enum arch arch, unsigned arg)
{
	const struct kept *row = kept_row(id, arch, arg);

	return row != NULL ? row->bits : UINT64_MAX;
}

/* ---- conditions ---- */

struct making {
	struct arena *a;
	unsigned mask, archs;
};

/* Values of one argument that have the same condition on the arguments after it. */
struct branch {
	uint64_t *values;
	const char **texts; /* of the values */
	size_t n;
	const char *rest; /* NULL: none */
	const struct learn_kind *of;
};

/* "A|B" with blanks, at which long lines can be broken. */
static const char *spaced(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) * 3 + 1), *to = out;

	for (; *text != '\0'; text++) {
		if (*text == '|')
			*to++ = ' ';
		*to++ = *text;
		if (*text == '|')
			*to++ = ' ';
	}
	return out;
}

/* A constant that is another one elsewhere, or is not there. */
static bool is_one_value(const struct making *m, const char *text, enum arch home)
{
	while (*text != '\0') {
		const size_t n = strcspn(text, "|");
		uint64_t here = 0, there = 0;
		const bool is_name = sc_const(text, n, home, &here);

		for (enum arch arch = 0; arch < ARCH_N && is_name; arch++)
			if ((m->archs >> arch & 1) != 0 &&
			    (!sc_const(text, n, arch, &there) || here != there))
				return false;
		text += n + (text[n] == '|');
	}
	return true;
}

static const char *value_text(const struct making *m, const struct learn_kind *k, unsigned i,
			      uint64_t value)
{
	char text[VALUE_TEXT] = "";
	struct sbuf b = SBUF(text);

	if (value == UINT32_MAX && sc_arg(k->id, k->arch, i).type == SC_U32)
		return "0xffffffff"; /* no flag of these is meant */
	if (!sc_show_arg(&b, k->id, k->arch, i, value))
		sbuf_add(&b, value < 4096 ? "%" PRIu64 : "%#" PRIx64, value);
	return b.over || !is_one_value(m, text, k->arch)
		       ? arena_printf(m->a, "%#" PRIx64, value)
		       : spaced(m->a, text);
}

static uint64_t value_of(const struct learn_kind *k, unsigned i)
{
	return k->args[i] & learn_short_bits(k->id, k->arch, i);
}

static const char *joined(const struct making *m, const char *left, const char *op,
			  const char *right)
{
	return left[0] != '\0' ? arena_printf(m->a, "%s%s%s", left, op, right) : right;
}

/* "fd == 3", "cmd in { A, B }", "(type & 0xf == A || type & 0xf == B)"; NULL: any value. */
static const char *test_text(const struct making *m, const struct branch *b, unsigned i)
{
	const struct sc_arg arg = sc_arg(b->of->id, b->of->arch, i);
	const uint64_t bits = learn_short_bits(b->of->id, b->of->arch, i);
	const char *text = "";

	if (arg.type == SC_PTR)
		return b->n > 1 ? NULL
				: arena_printf(m->a, "%s %s 0", arg.name,
					       b->values[0] == 0 ? "==" : "!=");
	if (bits == UINT64_MAX && b->n == 1)
		return arena_printf(m->a, "%s == %s", arg.name, b->texts[0]);
	for (size_t v = 0; v < b->n; v++)
		text = joined(m, text, bits == UINT64_MAX ? ", " : " || ",
			      bits == UINT64_MAX ? b->texts[v]
						 : arena_printf(m->a, "%s & %#" PRIx64 " == %s",
								arg.name, bits, b->texts[v]));
	if (bits == UINT64_MAX)
		return arena_printf(m->a, "%s in { %s }", arg.name, text);
	return b->n > 1 ? arena_printf(m->a, "(%s)", text) : text;
}

static void add_value(struct branch *b, uint64_t value, const char *text)
{
	for (size_t v = 0; v < b->n; v++)
		if (str_eq(b->texts[v], text)) /* of another architecture */
			return;
	b->values[b->n] = value;
	b->texts[b->n++] = text;
}

static const char *cond(const struct making *m, const struct learn_kind *const *kinds, size_t n,
			unsigned from);

/* Those of kinds with that value of argument i, which are then taken. */
static const struct learn_kind **take(const struct making *m,
				      const struct learn_kind *const *kinds, size_t n,
				      unsigned i, size_t *found)
{
	const struct learn_kind **out = arena_array(m->a, n + 1, sizeof(struct learn_kind *));

	*found = 0;
	for (size_t k = 0; k < n; k++)
		if (value_of(kinds[k], i) == value_of(kinds[0], i) &&
		    kinds[k]->arch == kinds[0]->arch)
			out[(*found)++] = kinds[k];
	return out;
}

static size_t drop(const struct learn_kind **kinds, size_t n, unsigned i)
{
	const uint64_t value = value_of(kinds[0], i);
	const enum arch arch = kinds[0]->arch;
	size_t left = 0;

	for (size_t k = 0; k < n; k++)
		if (value_of(kinds[k], i) != value || kinds[k]->arch != arch)
			kinds[left++] = kinds[k];
	return left;
}

static struct branch *branch_for(const struct making *m, struct branch *all, size_t *n,
				 size_t room, const char *rest)
{
	for (size_t b = 0; b < *n; b++)
		if (str_eq(all[b].rest, rest))
			return &all[b];
	all[*n].values = arena_array(m->a, room, sizeof(uint64_t));
	all[*n].texts = arena_array(m->a, room, sizeof(char *));
	all[*n].rest = rest;
	return &all[(*n)++];
}

static const char *branch_text(const struct making *m, const struct branch *b, unsigned i)
{
	const char *test = test_text(m, b, i);

	if (test == NULL || b->rest == NULL)
		return test == NULL ? b->rest : test;
	return arena_printf(m->a, "%s && %s", test, b->rest);
}

/* Branches over argument i. "a && (b || c)": more than one is put into brackets. */
static const char *branches(const struct making *m, const struct learn_kind *const *kinds,
			    size_t n, unsigned i)
{
	const struct learn_kind **left = arena_array(m->a, n + 1, sizeof(struct learn_kind *));
	struct branch *all = arena_array(m->a, n + 1, sizeof(*all));
	const char *text = "";
	size_t all_n = 0, found;

	memcpy(left, kinds, n * sizeof(struct learn_kind *));
	for (size_t rest = n; rest > 0; rest = drop(left, rest, i)) {
		const struct learn_kind **with = take(m, left, rest, i, &found);
		struct branch *b = branch_for(m, all, &all_n, n, cond(m, with, found, i + 1));

		b->of = left[0];
		add_value(b, value_of(left[0], i),
			  value_text(m, left[0], i, value_of(left[0], i)));
	}
	for (size_t b = 0; b < all_n; b++) {
		const char *one = branch_text(m, &all[b], i);

		if (one == NULL)
			return NULL;
		text = joined(m, text, " || ", one);
	}
	return all_n > 1 ? arena_printf(m->a, "(%s)", text) : text;
}

static const char *cond(const struct making *m, const struct learn_kind *const *kinds, size_t n,
			unsigned from)
{
	while (from < SYSCALL_ARGS && (m->mask >> from & 1) == 0)
		from++;
	return from < SYSCALL_ARGS ? branches(m, kinds, n, from) : NULL;
}

bool learn_same_args(int id, enum arch left, enum arch right, unsigned mask)
{
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		const struct sc_arg x = sc_arg(id, left, i), y = sc_arg(id, right, i);

		if ((mask >> i & 1) != 0 && (x.type != y.type || !str_eq(x.name, y.name)))
			return false;
	}
	return true;
}

const char *learn_guarded(struct arena *a, const char *rule, int id, unsigned archs,
			  unsigned mask, unsigned targets)
{
	const char *guard = "";
	bool needed = false;

	for (enum arch arch = 0; arch < ARCH_N; arch++) {
		if ((archs >> arch & 1) != 0)
			guard = arena_printf(a, "%s%sarch(%s)", guard,
					     guard[0] != '\0' ? " || " : "", arch_name(arch));
		else if ((targets >> arch & 1) != 0 && id >= 0 && sc_number(id, arch) >= 0 &&
			 archs != 0)
			needed = needed || !learn_same_args(id, (enum arch)__builtin_ctz(archs),
							    arch, mask);
	}
	return needed ? arena_printf(a, "if %s { %s; }", guard, rule)
		      : arena_printf(a, "%s;", rule);
}

const char *learn_cond(struct arena *a, const struct learn_kind *const *kinds, size_t n,
		       unsigned mask, unsigned archs)
{
	const struct making m = { a, mask, archs };
	const char *text = n > 0 ? cond(&m, kinds, n, 0) : NULL;
	size_t len;

	if (text == NULL || text[0] != '(')
		return text;
	/* the outermost brackets say nothing; "(a) || (b)" is never made */
	len = strlen(text);
	for (size_t p = 0, depth = 0; p < len; p++) {
		if (text[p] == '(')
			depth++;
		if (text[p] == ')' && --depth == 0)
			return p == len - 1 ? arena_strndup(a, text + 1, len - 2) : text;
	}
	return text;
}
