/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct err *e, enum err_kind kind, int sys, const char *fmt, va_list ap)
	PRINTF(4, 0);

static void set(struct err *e, enum err_kind kind, int sys, const char *fmt, va_list ap)
{
	if (e->kind != ERR_NONE)
		return;
	e->kind = kind;
	e->sys = sys;
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
}

int fail(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, kind, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int fail_sys(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, ERR_SYSTEM, errnum, fmt, ap);
	va_end(ap);
	return -1;
}

int hint(struct err *e, const char *fmt, ...)
{
	size_t n = strlen(e->text);
	va_list ap;

	if (n + 2 >= sizeof(e->text) || memchr(e->text, '\n', n) != NULL)
		return -1;
	e->text[n++] = '\n';
	va_start(ap, fmt);
	(void)vsnprintf(e->text + n, sizeof(e->text) - n, fmt, ap);
	va_end(ap);
	return -1;
}

const char *err_code(const struct err *e)
{
	static const char *const codes[] = {
		[ERR_NONE] = "none",     [ERR_USAGE] = "usage",     [ERR_SPEC] = "spec",
		[ERR_POLICY] = "policy", [ERR_MISSING] = "missing", [ERR_STATE] = "state",
		[ERR_SYSTEM] = "system", [ERR_HOST] = "host",       [ERR_BUG] = "bug",
	};

	return e->kind < COUNT(codes) ? codes[e->kind] : "bug";
}

struct err_words err_words(int errnum)
{
	struct err_words w;

	(void)snprintf(w.s, sizeof(w.s), "%s", strerror(errnum));
	/* not "RFS specific error" */
	if (w.s[0] >= 'A' && w.s[0] <= 'Z' && w.s[1] >= 'a' && w.s[1] <= 'z')
		w.s[0] = (char)(w.s[0] - 'A' + 'a');
	return w;
}

void err_format(const struct err *e, char *buf, unsigned size)
{
	int text = (int)strcspn(e->text, "\n");
	const struct err_words why = e->sys != 0 ? err_words(e->sys) : (struct err_words){ "" };

	(void)snprintf(buf, size, "%s%s%.*s%s%s", e->step, e->step[0] != '\0' ? ": " : "", text,
		       e->text, why.s[0] != '\0' ? ": " : "", why.s);
}

const char *err_hint(const struct err *e)
{
	const char *nl = strchr(e->text, '\n');

	return nl != NULL && nl[1] != '\0' ? nl + 1 : NULL;
}
