/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "audit/redact.h"
#include "base/str.h"

#define WORDS 6

struct told {
	const char *argv[WORDS], *want[WORDS];
};

static const char *const own[] = { "acme-????", "license", NULL };

/* clang-format off */
static const struct told cases[] = {
	/* options and variables */
	{ { "x", "--password=abc" },            { "x", "--password=[redacted]" } },
	{ { "x", "--password", "abc", "y" },    { "x", "--password", "[redacted]", "y" } },
	{ { "x", "--password", "-abc" },        { "x", "--password", "[redacted]" } },
	{ { "x", "--password", "--token=a" },   { "x", "--password", "--token=[redacted]" } },
	{ { "x", "-password:abc" },             { "x", "-password:[redacted]" } },
	{ { "env", "DB_PASSWORD=a b", "x" },    { "env", "DB_PASSWORD=[redacted]", "x" } },
	{ { "env", "DB_PASS=a", "MYSQL_PWD=b" }, { "env", "DB_PASS=[redacted]", "MYSQL_PWD=[redacted]" } },
	{ { "x", "--github.token=a" },          { "x", "--github.token=[redacted]" } },
	{ { "x", "--API_KEY=a" },               { "x", "--API_KEY=[redacted]" } },
	{ { "x", "--auth=a", "--no-auth" },     { "x", "--auth=[redacted]", "--no-auth" } },
	/* inside of a shell's text */
	{ { "sh", "-c", "DB_PASSWORD=a run; echo ok" }, { "sh", "-c", "DB_PASSWORD=[redacted] run; echo ok" } },
	{ { "sh", "-c", "x --token 'a b' -v" }, { "sh", "-c", "x --token '[redacted]' -v" } },
	{ { "sh", "-c", "token=\"a b\" x" },    { "sh", "-c", "token=\"[redacted]\" x" } },
	{ { "sh", "-c", "mysql -uroot -pabc d" }, { "sh", "-c", "mysql -uroot -p[redacted] d" } },
	{ { "x", "{\"password\":\"a b\",\"n\":1}" }, { "x", "{\"password\":\"[redacted]\",\"n\":1}" } },
	{ { "x", "--token 'abc" },              { "x", "--token '[redacted]" } },
	/* commands with habits of their own */
	{ { "/usr/bin/mysqldump", "-pabc" },    { "/usr/bin/mysqldump", "-p[redacted]" } },
	{ { "sshpass", "-p", "a", "ssh" },      { "sshpass", "-p", "[redacted]", "ssh" } },
	{ { "curl", "-u", "me:a", "http://h" }, { "curl", "-u", "[redacted]", "http://h" } },
	{ { "curl", "--user", "me:a" },         { "curl", "--user", "[redacted]" } },
	{ { "mkdir", "-p", "/a" },              { "mkdir", "-p", "/a" } },
	{ { "docker", "-p80:80", "--user", "u" }, { "docker", "-p80:80", "--user", "u" } },
	/* URLs, headers, keys */
	{ { "git", "https://u:p@h/x?a=b" },     { "git", "https://[redacted]@h/x?a=b" } },
	{ { "x", "DSN=postgres://u:p@h/d" },    { "x", "DSN=postgres://[redacted]@h/d" } },
	{ { "x", "https://h/?access_token=a&b=c" }, { "x", "https://h/?access_token=[redacted]&b=c" } },
	{ { "x", "https://h/@u" },              { "x", "https://h/@u" } },
	{ { "curl", "-H", "Authorization: Bearer abc" },
	  { "curl", "-H", "Authorization: [redacted] [redacted]" } },
	{ { "x", "bearer", "abc", "d" },        { "x", "bearer", "[redacted]", "d" } },
	{ { "x", "ghp_0123456789abcdef" },      { "x", "[redacted]" } },
	{ { "x", "key is sk-0123456789abcdef." }, { "x", "key is [redacted]" } },
	{ { "x", "sk-learn" },                  { "x", "sk-learn" } },
	{ { "x", "-----BEGIN RSA PRIVATE KEY-----\nMII" }, { "x", "[redacted]" } },
	/* the administrator's own */
	{ { "x", "acme-1234", "acme-12345" },   { "x", "[redacted]", "acme-12345" } },
	{ { "x", "--license", "a", "license=b" }, { "x", "--license", "[redacted]", "license=[redacted]" } },
	/* what is none */
	{ { "author", "--compass=1", "PWD=/home" }, { "author", "--compass=1", "PWD=/home" } },
	{ { "echo", "the password is long", "" }, { "echo", "the password is long", "" } },
	{ { "ls", "a:b", "a=b", "--", "-", "=" }, { "ls", "a:b", "a=b", "--", "-", "=" } },
	{ { "\xff\xfe=\n", "\033[2J" },         { "\xff\xfe=\n", "\033[2J" } },
};
/* clang-format on */

Test(redact, finds_what_looks_like_a_secret)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *argv[WORDS + 1] = { NULL };
		autoarena struct arena a = { 0 };
		const char *const *got;

		memcpy(argv, cases[i].argv, sizeof(cases[i].argv));
		got = audit_redact(&a, argv, own);
		for (size_t k = 0; argv[k] != NULL; k++)
			cr_expect(str_eq(got[k], cases[i].want[k]), "%zu: word %zu: %s: %s", i,
				  k, argv[k], got[k]);
	}
}

Test(redact, leaves_alone_what_it_does_not_change)
{
	static const char *const argv[] = { "sh", "-c", "echo 'a b'", NULL };
	autoarena struct arena a = { 0 };
	const char *const *got = audit_redact(&a, argv, NULL);

	for (size_t i = 0; i < COUNT(argv); i++)
		cr_expect_eq(got[i], argv[i]);
	cr_expect_null(audit_redact(&a, NULL, NULL));
}

/* Whatever the bytes are, there is an end, and no byte beyond what was given. */
Test(redact, takes_any_bytes)
{
	static const char bytes[] = "=:'\"- \n-p--token=bearer sk-://@{\"a\":,?ghp_\xff";

	srand(7);
	for (int i = 0; i < 20000; i++) {
		autoarena struct arena a = { 0 };
		char *words[4] = { NULL };

		for (size_t k = 0; k < 3; k++) {
			size_t n = (size_t)rand() % 40;

			words[k] = calloc(n + 1, 1);
			for (size_t b = 0; b < n; b++)
				words[k][b] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
		}
		cr_assert_not_null(audit_redact(&a, (const char *const *)words, own)[2]);
		for (size_t k = 0; k < 3; k++)
			free(words[k]);
	}
}

Test(redact, a_huge_word_costs_what_a_line_can_hold)
{
	autoarena struct arena a = { 0 };
	char *big = malloc(2u << 20);
	const char *const argv[] = { "x", big, NULL };
	const char *const *got;

	memset(big, '=', (2u << 20) - 1);
	big[(2u << 20) - 1] = '\0';
	memcpy(big, "--token=", 8);
	got = audit_redact(&a, argv, NULL);
	cr_expect_str_eq(got[1], "--token=[redacted]");
	free(big);
}
