/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "tests/unit/policy_help.h"

static void keep(void *ctx, const struct policy_seen *s)
{
	*(struct policy_seen *)ctx = *s;
}

/* clang-format off */
static const struct {
	const char *policy, *record;
	const char *says; /* "deny EPERM line 3: CHANGE, WHERE" */
	const char *opens; /* how it begins, or NULL */
} whys[] = {
	{ "allow read;", "read(0, \"\", 1)", "allow: permitted", NULL },
	{ "allow read;", "getpid()", "deny EPERM: allow getpid;", NULL },
	{ "deny EACCES socket;", "socket(AF_UNIX, SOCK_STREAM, 0)",
	  "deny EACCES: allow socket when family == AF_UNIX && type & 0xf == SOCK_STREAM;, before line 1", NULL },
	{ "allow socket when family == AF_UNIX;", "socket(AF_ALG, SOCK_SEQPACKET, 0)",
	  "deny EPERM: allow socket when family == AF_ALG && type & 0xf == SOCK_SEQPACKET;", "AF_ALG" },
	{ "allow openat when flags has none O_WRONLY|O_RDWR;", "openat(AT_FDCWD, \"x\", O_WRONLY|O_CREAT, 0644)",
	  "deny EPERM: allow openat when flags == O_WRONLY | O_CREAT;", NULL },
	{ "deny EACCES write when fd == 1;", "type=SECCOMP msg=audit(1.1:2): arch=c000003e syscall=1 code=0x5000d",
	  "deny EACCES?: allow write;, before line 1", NULL },
	{ "deny EACCES write when fd == 1; allow write;", "type=SECCOMP msg=audit(1.1:2): arch=c000003e syscall=1 code=0x7ffc0000",
	  "deny EACCES?: allow write;, before line 1", NULL },
	{ "allow read;", "type=SECCOMP msg=audit(1.1:2): arch=40000003 syscall=20", "kill: arch x86_64, i386;", NULL },
	{ "allow read;", "{\"arch\":\"0xc00000f3\",\"nr\":1}", "kill: none", NULL },
	{ "allow read;", "{\"arch\":\"x86_64\",\"nr\":1073741824}", "deny ENOSYS: none", NULL },
	{ "allow read;", "syscall_0x3e7()", "deny ENOSYS: allow nr 999@x86_64;", "a call that nobody knows" },
	{ "kernel 5.0; allow read;", "openat2(3, \"x\", {}, 24)", "deny ENOSYS: allow openat2;", NULL },
	{ "allow read;", "mount(\"a\", \"b\", \"c\", 0, NULL)", "deny EPERM: allow mount;", "@mount: " },
	{ "allow read;", "unshare(CLONE_NEWUSER)", "deny EPERM: allow unshare when flags == CLONE_NEWUSER;", "namespaces: " },
	{ "allow read;", "clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD)", "deny EPERM: allow clone when flags == SIGCHLD | CLONE_NEWUSER;", "namespaces: " },
	{ "allow read;", "clone(child_stack=NULL, flags=SIGCHLD)", "deny EPERM: allow clone when flags == SIGCHLD;", NULL },
	{ "allow read;", "add_key()", "deny EPERM: allow add_key;", "@keyring: " },
	{ "policy q { deny EACCES ptrace; }\npolicy p extends q { allow read; }", "ptrace(PTRACE_TRACEME)",
	  "deny EACCES: override allow ptrace when request == PTRACE_TRACEME;", "control" },
};
/* clang-format on */

static const char *why_text(struct arena *a, const char *policy, const char *record,
			    struct policy_why_answer *w)
{
	struct policy_diags d = { 0 };
	struct policy_seen s = { 0 };
	const struct policy_record_want want = {
		.audit_arch = AUDIT_ARCH_X86_64, .all = true, .seen = keep, .ctx = &s
	};
	struct policy_record *r = policy_record_new(a, &want);
	const struct policy *p = help_policy(a, policy, NULL, &d);
	const char *whole = strstr(policy, "policy p") != NULL
				    ? policy
				    : arena_printf(a, "policy p { %s }\n", policy);
	const struct policy_source src = { "p", whole, strlen(whole) };

	policy_record_begin(r, "file");
	policy_record_line(r, record, strlen(record));
	policy_record_end(r);
	cr_assert_eq(s.count, 1, "%s", record);
	policy_why(a, p, &src, &s, w);
	return arena_printf(a, "%s%s: %s%s%s",
			    policy_action_text(a, w->d.action, w->d.audit, w->d.audit_errno),
			    w->depends ? "?" : "",
			    w->permitted        ? "permitted"
			    : w->change == NULL ? "none"
						: w->change,
			    w->where != NULL ? ", " : "", w->where != NULL ? w->where : "");
}

Test(why, the_smallest_change_is_told_and_what_it_opens)
{
	for (size_t i = 0; i < COUNT(whys); i++) {
		autoarena struct arena a = { 0 };
		struct policy_why_answer w;
		const char *got = why_text(&a, whys[i].policy, whys[i].record, &w);

		cr_expect_str_eq(got, whys[i].says, "%s: %s", whys[i].record, got);
		cr_expect_eq(w.opens != NULL, whys[i].opens != NULL, "%s", whys[i].record);
		if (whys[i].opens != NULL && w.opens != NULL)
			cr_expect_not_null(str_after(w.opens, whys[i].opens), "%s: %s",
					   whys[i].record, w.opens);
	}
}
