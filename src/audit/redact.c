/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/redact.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "audit/audit.h"
#include "base/str.h"

#define NAME_MAX_LEN 128
#define KEY_LEAST    16 /* shorter ones are no keys */

/* In lower case, with - for _. */
static const char *const secret_parts[] = {
	"password", "passwd",  "passphrase", "secret",      "token",         "credential",
	"apikey",   "api-key", "access-key", "private-key", "authorization", NULL,
};
/* These are so short that they have to be a whole part between dashes. */
static const char *const secret_words[] = { "auth", "pass", "pwd", NULL };

/* What keys of well-known services begin with. */
static const char *const key_heads[] = {
	"ghp_",  "gho_",  "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxa-",
	"xoxb-", "xoxp-", "AKIA", "ASIA", "sk-",  "eyJ",         "hvs.",   NULL,
};

/* Commands with a short option for a secret. */
static const struct habit {
	const char *command; /* what its name begins with */
	char option;
	bool attached, apart; /* -pX, -p X */
	const char *name;     /* a long one that does not look like it, or NULL */
} habits[] = {
	{ "mysql", 'p', true, false, NULL },    { "mariadb", 'p', true, false, NULL },
	{ "sshpass", 'p', true, true, NULL },   { "redis-cli", 'a', true, true, NULL },
	{ "curl", 'u', true, true, "user" },    { "wget", '\0', false, false, "user" },
	{ "openssl", '\0', false, false, "k" },
};

struct redacting {
	const char *const *own;
	const struct habit *habit; /* of the command that was named last */
	bool expected;             /* what comes next is a secret */
	bool changed;
	char *out;
};

static void put(struct redacting *r, const char *s, size_t n)
{
	memcpy(r->out, s, n);
	r->out += n;
}

static void put_mask(struct redacting *r)
{
	put(r, REDACTED, sizeof(REDACTED) - 1);
	r->changed = true;
}

/* ---- names ---- */

static bool is_part(const char *name, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = name; (p = strstr(p, word)) != NULL; p += n)
		if ((p == name || p[-1] == '-') && (p[n] == '\0' || p[n] == '-'))
			return true;
	return false;
}

static bool is_own(const struct redacting *r, const char *text)
{
	for (size_t i = 0; r->own != NULL && r->own[i] != NULL; i++)
		if (fnmatch(r->own[i], text, 0) == 0)
			return true;
	return false;
}

static bool is_secret_name(const struct redacting *r, const char *s, size_t n)
{
	char name[NAME_MAX_LEN];

	if (n == 0 || n >= sizeof(name))
		return false;
	memcpy(name, s, n);
	name[n] = '\0';
	if (is_own(r, name))
		return true;
	str_lower(name);
	for (char *p = name; (p = strpbrk(p, "_.")) != NULL;)
		*p = '-';
	for (size_t i = 0; secret_parts[i] != NULL; i++)
		if (strstr(name, secret_parts[i]) != NULL)
			return true;
	for (size_t i = 0; secret_words[i] != NULL; i++)
		if (is_part(name, secret_words[i]) && !str_eq(name, "pwd"))
			return true;
	return r->habit != NULL && str_eq(name, r->habit->name);
}

/* ---- tokens: what stands between blanks, quotes and the shell's own characters ---- */

static bool is_between(char c)
{
	return c == '\0' || strchr(" \t\r\n'\"`;|&()<>{}[],?", c) != NULL;
}

static bool is_key(const char *t, size_t n)
{
	for (size_t i = 0; n >= KEY_LEAST && key_heads[i] != NULL; i++)
		if (strncmp(t, key_heads[i], strlen(key_heads[i])) == 0)
			return true;
	return false;
}

static bool is_scheme(const char *t, size_t n)
{
	return (n == 6 && strncasecmp(t, "bearer", n) == 0) ||
	       (n == 5 && strncasecmp(t, "basic", n) == 0);
}

/* scheme://USERINFO@host */
static bool put_url(struct redacting *r, const char *t, size_t n)
{
	const char *start = memmem(t, n, "://", 3), *at;
	size_t authority;

	if (start == NULL)
		return false;
	start += 3;
	authority = strcspn(start, "/#");
	if (authority > n - (size_t)(start - t))
		authority = n - (size_t)(start - t);
	at = memrchr(start, '@', authority);
	if (at == NULL)
		return false;
	put(r, t, (size_t)(start - t));
	put_mask(r);
	put(r, at, n - (size_t)(at - t));
	return true;
}

static bool is_command(const struct habit *h, const char *t, size_t n)
{
	const char *slash = memrchr(t, '/', n);
	size_t len = strlen(h->command);

	if (slash != NULL) {
		n -= (size_t)(slash + 1 - t);
		t = slash + 1;
	}
	return n >= len && strncmp(t, h->command, len) == 0;
}

static void see_command(struct redacting *r, const char *t, size_t n)
{
	for (size_t i = 0; i < COUNT(habits); i++)
		if (is_command(&habits[i], t, n))
			r->habit = &habits[i];
}

static bool put_habit(struct redacting *r, const char *t, size_t n)
{
	const struct habit *h = r->habit;

	if (h == NULL || h->option == '\0' || n < 2 || t[0] != '-' || t[1] != h->option)
		return false;
	put(r, t, 2);
	if (n > 2 && h->attached)
		put_mask(r);
	else
		put(r, t + 2, n - 2);
	r->expected = n == 2 && h->apart;
	return true;
}

/* NAME=VALUE, NAME:VALUE, --NAME; "NAME" in quotes with a colon behind it. */
static void put_named(struct redacting *r, const char *t, size_t n, bool is_quoted)
{
	size_t dashes = strspn(t, "-"), name, end;

	dashes = dashes < n ? dashes : n;
	name = strcspn(t + dashes, "=:");
	end = dashes + name;
	if (end > n)
		end = n;
	put(r, t, end);
	if (!is_secret_name(r, t + dashes, end - dashes)) {
		put(r, t + end, n - end);
		return;
	}
	if (end == n) {
		r->expected = dashes > 0 || is_quoted;
		return;
	}
	put(r, t + end, 1);
	if (end + 1 == n)
		r->expected = true;
	else
		put_mask(r);
}

static void put_token(struct redacting *r, const char *t, size_t n, bool is_quoted)
{
	char text[NAME_MAX_LEN];

	if (r->expected && strspn(t, ":=") >= n) { /* what stands between name and value */
		put(r, t, n);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)(n < sizeof(text) ? n : 0), t);
	if (r->expected || is_key(t, n) || (text[0] != '\0' && is_own(r, text))) {
		r->expected = r->expected && is_scheme(t, n);
		put_mask(r);
		return;
	}
	see_command(r, t, n);
	if (is_scheme(t, n))
		r->expected = true;
	if (r->expected)
		put(r, t, n);
	else if (!put_url(r, t, n) && !put_habit(r, t, n))
		put_named(r, t, n, is_quoted);
}

/* A value in quotes is one, blanks and all. */
static const char *put_quoted(struct redacting *r, const char *s)
{
	const char *end = strchr(s + 1, *s);

	put(r, s, 1);
	put_mask(r);
	r->expected = false;
	return end != NULL ? end : s + strlen(s);
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static void put_text(struct redacting *r, const char *s)
{
	const char *start = s;

	while (*s != '\0') {
		size_t n = 0;

		/* a quote with a colon behind it ends the name */
		if (r->expected && is_quote(*s) && s[1] != ':') {
			s = put_quoted(r, s);
			continue;
		}
		while (!is_between(s[n]))
			n++;
		if (n == 0)
			put(r, s, n = 1);
		else
			put_token(r, s, n,
				  s > start && is_quote(s[-1]) && s[n] == s[-1] &&
					  s[n + 1] == ':');
		s += n;
	}
}

/* ---- words ---- */

/* A shell's text follows -c: there a variable's value ends with the blank behind it. */
static bool is_shell_option(const char *word)
{
	const size_t n = word != NULL ? strlen(word) : 0;

	return n >= 2 && n <= 4 && word[0] == '-' && word[n - 1] == 'c';
}

/* NAME=VALUE as a word of its own: the value is all that follows. */
static bool put_assignment(struct redacting *r, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	const size_t dashes = strspn(word, "-"), name = strspn(word + dashes, plain);

	if (word[dashes + name] != '=' || word[dashes + name + 1] == '\0' ||
	    !is_secret_name(r, word + dashes, name))
		return false;
	put(r, word, dashes + name + 1);
	put_mask(r);
	return true;
}

static const char *redact_word(struct arena *a, struct redacting *r, const char *word,
			       const char *before)
{
	/* each token has a byte at least, and one behind it but for the last */
	size_t n = strnlen(word, AUDIT_LINE),
	       room = n * (sizeof(REDACTED) + 1) + sizeof(REDACTED);
	const struct arena_mark mark = arena_mark(a);
	const char *pem = strstr(word, "PRIVATE KEY-----");
	char *out = arena_alloc(a, room + 1);

	r->out = out;
	r->changed = false;
	if (pem != NULL || (r->expected && strncmp(word, "--", 2) != 0)) {
		r->expected = is_scheme(word, n);
		put_mask(r);
	} else {
		r->expected = false;
		if (is_shell_option(before) || !put_assignment(r, word))
			put_text(r, word[n] == '\0' ? word : arena_strndup(a, word, n));
	}
	*r->out = '\0';
	if (r->changed)
		return out;
	arena_rewind(a, mark);
	return word;
}

const char *const *audit_redact(struct arena *a, const char *const *argv,
				const char *const *own)
{
	struct redacting r = { .own = own };
	const char **out;
	size_t n = 0;

	if (argv == NULL)
		return NULL;
	while (argv[n] != NULL)
		n++;
	out = arena_array(a, n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = redact_word(a, &r, argv[i], i > 0 ? argv[i - 1] : NULL);
	return out;
}
