/* SPDX-License-Identifier: Apache-2.0 */
/* A call as a user reads and writes it: "socket(AF_ALG, SOCK_RAW, 0) @ i386". */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/diag.h"
#include "seccomp/rules.h"

enum {
	CALL_TEXT = 512, /* of one call: a name, six arguments */
	WORD_TEXT = 256,
	PLAIN_MAX = 4096 /* numbers below are shown as decimals */
};

/* ---- to text ---- */

static int call_id(const struct seccomp_data *call)
{
	const enum arch arch = arch_of_audit(call->arch);

	return arch == ARCH_N ? -1 : sc_by_number(arch, (uint32_t)call->nr);
}

static void show_number(struct sbuf *b, uint64_t value, bool is_signed, unsigned bits)
{
	if (is_signed && bits == 32)
		sbuf_add(b, "%" PRId32, (int32_t)value);
	else if (is_signed)
		sbuf_add(b, "%" PRId64, (int64_t)value);
	else
		sbuf_add(b, value < PLAIN_MAX ? "%" PRIu64 : "0x%" PRIx64, value);
}

/* Bits that the kernel cuts off are the whole point of some witnesses: then the register is
 * shown as it is. Sign extension is nothing to look at. */
static bool has_odd_bits(uint64_t value, const struct syscall_arg *arg)
{
	if (arg->bits == 64 || value >> arg->bits == 0)
		return false;
	return !(arg->is_signed && (int64_t)value == (int32_t)value);
}

static void show_arg(struct sbuf *b, const struct seccomp_data *call, unsigned i)
{
	const enum arch arch = arch_of_audit(call->arch);
	const int id = call_id(call);
	const uint64_t value = call->args[i];
	struct syscall_arg arg = { .bits = 64 };

	(void)syscall_argument(call->arch, call->nr, i, &arg);
	if (id >= 0 && has_odd_bits(value, &arg))
		sbuf_add(b, "0x%" PRIx64, value);
	else if (id < 0 || arg.is_pointer || !sc_show_arg(b, id, arch, i, value))
		show_number(b, value, arg.is_signed && !arg.is_pointer, arg.bits);
}

const char *policy_arg_text(struct arena *a, const struct seccomp_data *call, unsigned i)
{
	char text[WORD_TEXT] = "";
	struct sbuf b = SBUF(text);

	show_arg(&b, call, i);
	return arena_strdup(a, text);
}

/* As many as the call has; those of a call that nobody knows up to the last that is not 0. */
static unsigned args_shown(const struct seccomp_data *call)
{
	const enum arch arch = arch_of_audit(call->arch);
	const int id = call_id(call);
	unsigned n = 0;

	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if (id >= 0 ? sc_arg(id, arch, i).type != SC_NONE : call->args[i] != 0)
			n = i + 1;
	return n;
}

static void show_name(struct sbuf *b, const struct seccomp_data *call)
{
	const char *name = syscall_name(call->arch, call->nr);
	const uint32_t nr = (uint32_t)call->nr;

	if (name != NULL)
		sbuf_add(b, "%s", name);
	else
		sbuf_add(b, nr < X32_BIT ? "%" PRIu32 : "0x%" PRIx32, nr);
}

const char *policy_call_text(struct arena *a, const struct seccomp_data *call)
{
	const char *arch = policy_arch_name(call->arch);
	char text[CALL_TEXT] = "";
	struct sbuf b = SBUF(text);

	show_name(&b, call);
	sbuf_add(&b, "(");
	for (unsigned i = 0; i < args_shown(call); i++) {
		sbuf_add(&b, "%s", i > 0 ? ", " : "");
		show_arg(&b, call, i);
	}
	sbuf_add(&b, ")");
	if (arch == NULL)
		sbuf_add(&b, " @ 0x%" PRIx32, call->arch);
	else if (call->arch != policy_arch_own())
		sbuf_add(&b, " @ %s", arch);
	return arena_strdup(a, text);
}

/* ---- from text ---- */

struct reader {
	struct arena *arena;
	struct seccomp_data *call;
	unsigned *given;
	unsigned next; /* the argument that a word without a name is */
};

static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

static bool read_hex(const char *digits, uint64_t *out)
{
	uint64_t n = 0;

	if (digits[0] == '\0' || strlen(digits) > 16)
		return false;
	for (; *digits != '\0'; digits++) {
		const unsigned digit = hex_digit(*digits);

		if (digit > 15)
			return false;
		n = n << 4 | digit;
	}
	*out = n;
	return true;
}

static bool read_number(const char *word, uint64_t *out)
{
	const bool minus = word[0] == '-';
	const char *hex = str_after(word + minus, "0x");
	uint64_t n;

	if (!(hex != NULL ? read_hex(hex, &n) : str_uint64(word + minus, UINT64_MAX, &n)))
		return false;
	*out = minus ? 0 - n : n;
	return true;
}

static const char *const_name(void *ctx, size_t i)
{
	(void)ctx;
	return sc_const_name(i);
}

static const char *call_name(void *ctx, size_t i)
{
	(void)ctx;
	return i < SC_N ? sc_name((int)i) : NULL;
}

/* "W: WANT: no such name", and the nearest name that there is. */
static int unknown(const char *word, const char *want, const char *(*name)(void *, size_t),
		   struct err *e)
{
	const char *near = diag_nearest(word, strlen(word), name, NULL);

	(void)fail(e, ERR_USAGE, "%s: %s: no such name", word, want);
	return near != NULL ? hint(e, "did you mean %s?", near) : -1;
}

/* [~] NUMBER | [~] NAME, "|" between them. */
static int read_value(const struct reader *r, const char *text, uint64_t *out, struct err *e)
{
	const enum arch arch = arch_of_audit(r->call->arch);
	char *rest = arena_strdup(r->arena, text);
	char *word;

	if (text[0] == '\0')
		return fail(e, ERR_USAGE, "%s: a value for each argument: found none",
			    policy_call_text(r->arena, r->call));
	*out = 0;
	while ((word = strsep(&rest, "|")) != NULL) {
		const bool invert = word[0] == '~';
		uint64_t n;

		word += invert;
		if (!read_number(word, &n) &&
		    (arch == ARCH_N || !sc_const(word, strlen(word), arch, &n)))
			return unknown(word, "a number or a constant", const_name, e);
		*out |= invert ? ~n : n;
	}
	return 0;
}

static int no_such_argument(const struct reader *r, const char *name, size_t len, struct err *e)
{
	char text[WORD_TEXT] = "";
	struct sbuf b = SBUF(text);
	struct syscall_arg arg;

	for (unsigned i = 0; syscall_argument(r->call->arch, r->call->nr, i, &arg); i++)
		sbuf_add(&b, "%s%s", i > 0 ? ", " : "", arg.name);
	(void)fail(e, ERR_USAGE, "%.*s: an argument of the call: no such name", (int)len, name);
	return text[0] != '\0' ? hint(e, "it has %s", text) : -1;
}

static int find_argument(const struct reader *r, const char *name, size_t len, unsigned *i,
			 struct err *e)
{
	struct syscall_arg arg;

	if (len == 4 && memcmp(name, "arg", 3) == 0 && name[3] >= '0' &&
	    name[3] < '0' + SYSCALL_ARGS) {
		*i = (unsigned)(name[3] - '0');
		return 0;
	}
	for (*i = 0; syscall_argument(r->call->arch, r->call->nr, *i, &arg); ++*i)
		if (strlen(arg.name) == len && memcmp(arg.name, name, len) == 0)
			return 0;
	return no_such_argument(r, name, len, e);
}

static int read_arg(struct reader *r, const char *word, struct err *e)
{
	const char *equals = strchr(word, '=');
	unsigned i = r->next;
	uint64_t value = 0;

	if (equals != NULL && find_argument(r, word, (size_t)(equals - word), &i, e) < 0)
		return -1;
	if (i >= SYSCALL_ARGS)
		return fail(e, ERR_USAGE, "%s: at most six arguments: found more", word);
	r->next = i + 1;
	*r->given |= 1u << i;
	if (read_value(r, equals != NULL ? equals + 1 : word, &value, e) < 0)
		return -1;
	r->call->args[i] = value;
	return 0;
}

/* " @ ARCH" at the end names the architecture. */
static int read_arch(char *text, uint32_t *arch, struct err *e)
{
	char *at = strrchr(text, '@');
	const char *name;

	if (at == NULL)
		return 0;
	*at = '\0';
	name = str_trim(at + 1);
	*arch = policy_arch_number(name);
	if (*arch != 0)
		return 0;
	return fail(e, ERR_USAGE, "%s: an architecture that has tables: found none", name);
}

static int read_name(const char *name, struct seccomp_data *call, struct err *e)
{
	uint64_t n;

	call->nr = syscall_number(call->arch, name);
	if (call->nr >= 0)
		return 0;
	if (read_number(name, &n) && n <= UINT32_MAX) {
		call->nr = (int)(uint32_t)n;
		return 0;
	}
	if (sc_find(name, strlen(name)) >= 0)
		return fail(e, ERR_USAGE, "%s: a call of %s: it has none of that name", name,
			    policy_arch_name(call->arch));
	return unknown(name, "a system call", call_name, e);
}

/* "NAME" or "NAME(A, B)". */
static int read_call(struct reader *r, char *text, struct err *e)
{
	char *open = strchr(text, '(');
	char *close = strrchr(text, ')');
	char *word;

	if (open == NULL)
		return read_name(str_trim(text), r->call, e);
	if (close == NULL || close < open || *str_trim(close + 1) != '\0')
		return fail(e, ERR_USAGE, "%s: one ) at the end: found none", text);
	*open = *close = '\0';
	if (read_name(str_trim(text), r->call, e) < 0)
		return -1;
	text = str_trim(open + 1);
	while (text != NULL && *text != '\0' && (word = strsep(&text, ",")) != NULL)
		if (read_arg(r, str_trim(word), e) < 0)
			return -1;
	return 0;
}

int policy_call_parse(struct arena *a, uint32_t audit_arch, const char *const *words, size_t n,
		      struct seccomp_data *call, unsigned *given, struct err *e)
{
	struct reader r = { .arena = a, .call = call, .given = given };
	char *first;

	*given = 0;
	*call = (struct seccomp_data){ .arch = audit_arch };
	if (n == 0)
		return fail(e, ERR_USAGE, "a system call: found none");
	first = arena_strdup(a, words[0]);
	if (read_arch(first, &call->arch, e) < 0 || read_call(&r, first, e) < 0)
		return -1;
	for (size_t i = 1; i < n; i++)
		if (read_arg(&r, words[i], e) < 0)
			return -1;
	return 0;
}
