/* SPDX-License-Identifier: Apache-2.0 */
/* An argument as strace writes it, in all of its styles: "AT_FDCWD</tmp>", "0x3", "0644",
 * "O_RDONLY|O_CLOEXEC", "0x3" with a comment behind it, "{sa_handler=...}". */
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"

#define VALUE_TEXT 512
#define HEX        16
#define OCTAL      8
#define DECIMAL    10

static const char *skip_string(const char *p)
{
	for (p++; *p != '\0' && *p != '"'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : p;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* strace -y: "3</etc/passwd>", "4<TCP:[127.0.0.1:1->127.0.0.1:2]>"; ">" of paths is escaped. */
static const char *skip_about(const char *p)
{
	unsigned depth = 0;

	for (; *p != '\0' && !(*p == '>' && depth == 0); p++)
		if (*p == '[')
			depth++;
		else if (*p == ']' && depth > 0)
			depth--;
	return *p == '>' ? p + 1 : p;
}

static const char *skip_comment(const char *p)
{
	const char *end = strstr(p + 2, "*/");

	return end != NULL ? end + 2 : p + strlen(p);
}

/* One more byte, or all that is no structure of the line. */
static const char *skip(const char *p, const char *begin)
{
	if (*p == '"')
		return skip_string(p);
	if (p[0] == '/' && p[1] == '*')
		return skip_comment(p);
	if (*p == '<' && p > begin && is_word(p[-1]) && p[1] != '<')
		return skip_about(p);
	return p + 1;
}

const char *learn_arg_end(const char *p)
{
	const char *const begin = p;
	unsigned depth = 0;

	while (*p != '\0') {
		if (strchr(")]}", *p) != NULL) {
			if (depth == 0)
				return p;
			depth--;
		} else if (strchr("([{", *p) != NULL) {
			depth++;
		}
		if (depth == 0 && (*p == ',' || str_after(p, "<unfinished ...>") != NULL))
			return p;
		p = skip(p, begin);
	}
	return p;
}

/* ---- numbers ---- */

static bool digits(const char *s, unsigned base, uint64_t *out)
{
	uint64_t n = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		const char c = (char)(*s | 0x20);
		const unsigned digit = *s >= '0' && *s <= '9' ? (unsigned)(*s - '0')
				       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + DECIMAL
							      : HEX;

		if (digit >= base || __builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*out = n;
	return true;
}

static bool number(const char *s, uint64_t *out)
{
	const bool minus = *s == '-';

	s += minus;
	if (str_after(s, "0x") != NULL) {
		if (!digits(s + 2, HEX, out))
			return false;
	} else if (!digits(s, s[0] == '0' && s[1] != '\0' ? OCTAL : DECIMAL, out)) {
		return false;
	}
	if (minus)
		*out = 0 - *out;
	return true;
}

static bool term(char *s, enum arch arch, uint64_t *out);

/* "_IOC(_IOC_READ|_IOC_WRITE, 0x54, 0x5, 0x4)": a request that strace has no name for, in the
 * layout of x86 and arm, include/uapi/asm-generic/ioctl.h */
static bool ioctl_request(char *s, uint64_t *out)
{
	static const struct word ways[] = {
		{ "_IOC_NONE", 0 }, { "_IOC_WRITE", 1 }, { "_IOC_READ", 2 }, { NULL, 0 }
	};
	static const unsigned shift[] = { 8, 0, 16 };
	char *way = strsep(&s, ",");
	const char *one;

	*out = 0;
	while ((one = strsep(&way, "|")) != NULL) {
		const struct word *w = word_find(ways, one);

		if (w == NULL)
			return false;
		*out |= w->value << 30;
	}
	for (size_t i = 0; i < COUNT(shift); i++) {
		uint64_t n = 0;
		char *part = strsep(&s, ",");

		if (part == NULL || !number(str_trim(part), &n) || n > 0x3fff)
			return false;
		*out |= n << shift[i];
	}
	return s == NULL;
}

/* "1<<20" */
static bool shifted(char *s, uint64_t *out)
{
	char *by = strstr(s, "<<");
	uint64_t n = 0, bits = 0;

	if (by == NULL)
		return false;
	*by = '\0';
	if (!number(s, &n) || !number(by + 2, &bits) || bits > 63)
		return false;
	*out = n << bits;
	return true;
}

static bool request_or_name(char *s, enum arch arch, uint64_t *out)
{
	char *inside;

	if (str_after(s, "_IOC(") != NULL && str_ends(s, ")")) {
		inside = s + strlen("_IOC(");
		inside[strlen(inside) - 1] = '\0';
		return ioctl_request(inside, out);
	}
	return sc_const(s, strlen(s), arch, out);
}

static bool term(char *s, enum arch arch, uint64_t *out)
{
	s = str_trim(s);
	if (*s == '~') {
		if (!term(s + 1, arch, out))
			return false;
		*out = ~*out;
		return true;
	}
	if (str_eq(s, "NULL")) { /* an address that we take for a number */
		*out = 0;
		return true;
	}
	return number(s, out) || shifted(s, out) || request_or_name(s, arch, out);
}

/* "A or B": two names of one ioctl request. */
static bool alternatives(char *s, enum arch arch, uint64_t *out)
{
	while (s != NULL) {
		char * or = strstr(s, " or ");

		if (or != NULL)
			* or = '\0';
		if (term(s, arch, out))
			return true;
		s = or != NULL ? or +strlen(" or ") : NULL;
	}
	return false;
}

/* Those between "|" that are in no brackets. */
static bool all_terms(char *s, enum arch arch, uint64_t *out)
{
	*out = 0;
	for (char *next = s; next != NULL; s = next) {
		uint64_t n = 0;
		unsigned depth = 0;
		char *p = s;

		for (; *p != '\0' && !(*p == '|' && depth == 0); p++)
			if (*p == '(')
				depth++;
			else if (*p == ')' && depth > 0)
				depth--;
		next = *p == '|' ? p + 1 : NULL;
		*p = '\0';
		if (!alternatives(s, arch, &n))
			return false;
		*out |= n;
	}
	return true;
}

/* What was pointed to is shown, or the address. */
static bool pointer(const char *s, uint64_t *out)
{
	uint64_t n = 0;

	if (strchr("\"{[~", *s) != NULL || (s[0] == '@' && s[1] == '"')) {
		*out = *s != '\0';
		return *s != '\0';
	}
	if (!str_eq(s, "NULL") && !number(s, &n))
		return false;
	*out = n != 0;
	return true;
}

bool learn_value(const char *text, size_t len, enum arch arch, bool is_pointer, uint64_t *out)
{
	char copy[VALUE_TEXT];
	char *s, *end;

	/* what is long is a structure or a string */
	len = len < sizeof(copy) ? len : sizeof(copy) - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	s = str_trim(copy);
	if (is_pointer)
		return pointer(s, out);
	end = strstr(s, " /*");
	if (end != NULL)
		*end = '\0';
	end = strchr(s, '<');
	if (end != NULL && end[1] != '<')
		*end = '\0';
	return all_terms(s, arch, out);
}
