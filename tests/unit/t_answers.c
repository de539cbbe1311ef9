/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/policy.h"

/* One rule's condition, and how it is told. */
struct told {
	const char *call, *when, *text;
};

/* clang-format off */
static const struct told conditions[] = {
	{ "socket", "family == AF_UNIX",               "family == AF_UNIX" },
	{ "socket", "family != AF_UNIX",               "family != AF_UNIX" },
	{ "socket", "family in {AF_UNIX, AF_INET6}",   "family in {AF_UNIX, AF_INET6}" },
	{ "read",   "count <= 4096",                   "count <= 0x1000" },
	{ "read",   "count > 10",                      "count >= 11" },
	{ "read",   "fd >= 0",                         "fd >= 0" },
	{ "read",   "fd < 0",                          "fd <= -1" },
	{ "read",   "fd in {3..9}",                    "fd in {3..9}" },
	{ "read",   "fd in {0, 2}",                    "fd in {0, 2}" },
	{ "socket", "type has any SOCK_CLOEXEC",       "type has any SOCK_CLOEXEC" },
	{ "socket", "type has none SOCK_CLOEXEC",      "type has none SOCK_CLOEXEC" },
	{ "mprotect", "prot has all PROT_WRITE|PROT_EXEC", "prot has all PROT_WRITE|PROT_EXEC" },
	{ "mprotect", "prot has only PROT_READ",       "prot has only PROT_READ" },
	{ "mprotect", "prot & 6 == 4",                 "prot & PROT_WRITE|PROT_EXEC == PROT_EXEC" },
	{ "socket", "family == AF_UNIX && type == SOCK_RAW", "family == AF_UNIX && type == SOCK_RAW" },
	{ "socket", "family == AF_UNIX && (type == SOCK_RAW || protocol == 6)",
	            "family == AF_UNIX && (type == SOCK_RAW || protocol == 6)" },
};
/* clang-format on */

static const struct policy *parse(struct arena *a, const char *text)
{
	const struct policy_source src = { "t.policy", text, strlen(text) };
	const struct policy_env env = { 0 };
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct err e = { 0 };

	cr_assert_eq(policy_parse(a, &src, NULL, &env, &d, &p, &e), 0, "%s: %s", text, e.text);
	return p;
}

Test(answers, a_condition_is_told_in_the_words_of_the_language)
{
	for (size_t i = 0; i < COUNT(conditions); i++) {
		autoarena struct arena a = { 0 };
		const struct told *t = &conditions[i];
		const struct policy *p =
			parse(&a,
			      arena_printf(&a,
					   "policy t { arch x86_64; kernel 6.1; default deny "
					   "EPERM; allow %s when %s; }",
					   t->call, t->when));
		const struct policy_answer *list;
		const size_t n =
			policy_answers(&a, p, AUDIT_ARCH_X86_64,
				       syscall_number(AUDIT_ARCH_X86_64, t->call), &list);

		cr_assert_eq(n, 2, "%s: %zu", t->when, n);
		cr_assert_not_null(list[0].when, "%s", t->when);
		cr_expect_str_eq(list[0].when, t->text);
		cr_expect_null(list[1].when);
		cr_expect_eq(list[1].d.why, POLICY_BY_DEFAULT);
	}
}

Test(answers, the_list_ends_with_what_always_answers)
{
	autoarena struct arena a = { 0 };
	const struct policy *p =
		parse(&a, "policy t { arch x86_64; kernel 5.4; default deny EPERM unknown deny "
			  "ENOSYS;\n"
			  "deny EACCES socket when family == 38 as \"CVE\";\n"
			  "allow socket; kill nr 999 @ x86_64; }");
	const struct policy_answer *list;

	cr_assert_eq(policy_answers(&a, p, AUDIT_ARCH_X86_64, 41, &list), 2);
	cr_expect_str_eq(list[0].d.reason, "CVE");
	cr_expect_eq(list[0].d.at.line, 2);
	cr_expect_eq(list[1].d.action, SECCOMP_RET_ALLOW);
	cr_assert_eq(policy_answers(&a, p, AUDIT_ARCH_X86_64, 999, &list), 1);
	cr_expect_eq(list[0].d.action, SECCOMP_RET_KILL_PROCESS);
	/* newer than the policy's kernel */
	cr_assert_eq(policy_answers(&a, p, AUDIT_ARCH_X86_64, 451, &list), 1);
	cr_expect_eq(list[0].d.why, POLICY_BY_UNKNOWN);
	cr_assert_eq(policy_answers(&a, p, AUDIT_ARCH_X86_64, 0x40000000, &list), 1);
	cr_expect_eq(list[0].d.why, POLICY_BY_X32);
	cr_assert_eq(policy_answers(&a, p, AUDIT_ARCH_AARCH64, 0, &list), 1);
	cr_expect_eq(list[0].d.why, POLICY_BY_ARCH);
}

/* A list as long as somebody likes is cut where people stop reading. */
Test(answers, a_long_condition_is_cut)
{
	autoarena struct arena a = { 0 };
	const char *list = "0";
	const struct policy_answer *answers;
	const struct policy *p;
	size_t len;

	for (unsigned i = 1; i < 400; i++)
		list = arena_printf(&a, "%s, 0x%x", list, i * 0x1000000);
	p = parse(&a, arena_printf(&a,
				   "policy t { arch x86_64; default deny EPERM; allow ioctl "
				   "when cmd in {%s} || arg == 1 || cmd in {%s}; }",
				   list, list));
	cr_assert_eq(policy_answers(&a, p, AUDIT_ARCH_X86_64, 16, &answers), 2);
	len = strlen(answers[0].when);
	cr_expect_lt(len, 8300);
	cr_expect(len < 8000 || str_ends(answers[0].when, " ..."));
}

Test(answers, the_policies_of_a_file_are_named)
{
	autoarena struct arena a = { 0 };
	const char *text = "policy b { arch native; default kill; }\n"
			   "policy a extends b { allow read; }\n";
	const struct policy_source src = { "t.policy", text, strlen(text) };
	const struct policy_env env = { 0 };
	struct policy_diags d = { .arena = &a };
	const char *const *names;
	struct err e = { 0 };

	cr_assert_eq(policy_names(&a, &src, &env, &d, &names, &e), 0, "%s", e.text);
	cr_expect_str_eq(names[0], "b");
	cr_expect_str_eq(names[1], "a");
	cr_expect_null(names[2]);
}
