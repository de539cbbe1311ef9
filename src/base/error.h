/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - one error value: plain data, so it crosses fork() and sockets unchanged. */
#pragma once
#include <stdint.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,   /* the command line is wrong */
	ERR_SPEC,    /* config.json is wrong */
	ERR_POLICY,  /* the seccomp policy is wrong */
	ERR_MISSING, /* there is no container of that name */
	ERR_STATE,   /* the container is not in a state that allows this */
	ERR_SYSTEM,  /* the kernel said no; .sys holds errno */
	ERR_HOST,    /* this host cannot enforce what was asked for */
	ERR_BUG,     /* we are wrong */
};

/* The text is "where: what we wanted: what we found"; after a newline, one line of remedy. */
struct err {
	uint32_t kind; /* enum err_kind */
	int32_t sys;   /* errno, or 0 */
	char step[32]; /* the set-up step that failed, or "" */
	char text[472];
};
_Static_assert(sizeof(struct err) == 512, "struct err is also a wire format");

#define CHECK        __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))

/* Both fill *e and return -1, so that "return fail(...)" is the whole error path. The first
 * failure is the one we report: a second call on the same *e changes nothing. */
int fail(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4);
int fail_sys(struct err *e, int errnum, const char *fmt, ...) PRINTF(3, 4);

/* Adds a line of remedy to a failure: returns -1 too, "return hint(e, ...)". */
int hint(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* The stable word for a kind ("spec", "system", ...), the key "code" of the JSON log. */
const char *err_code(const struct err *e);

/* What strerror(3) says, in English whatever the locale (we never call setlocale), beginning in
 * lower case as in Go: callers and the suites of runc and CRI-O compare with that, the others
 * ignore case. */
struct err_words {
	char s[64];
};
struct err_words err_words(int errnum);

/* Writes what a user reads: step, text and errno's words, without the remedy. */
void err_format(const struct err *e, char *buf, unsigned size);

/* The remedy, or NULL. */
const char *err_hint(const struct err *e);
