/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "seccomp/ls.h"
#include "seccomp/policy.h"
#include "tests/unit/made.h"
#include "tests/unit/policy_help.h"

static struct arena a;
static struct policy_diags diags;

static void ready(void)
{
	diags = (struct policy_diags){ .arena = &a };
}

static void done(void)
{
	arena_free(&a);
}

TestSuite(to_rules, .init = ready, .fini = done);

static const struct policy *text(const char *body)
{
	const struct policy *p = help_policy(&a, body, NULL, &diags);

	cr_assert_not_null(p, "%s: %s", body, help_says(&a, &diags));
	return p;
}

/* Calls that do not exist yet get the default too. */
static const struct policy *plain(const char *body)
{
	return text(arena_printf(&a, "default deny EPERM; %s", body));
}

static struct policy_rules rules_of(const struct policy *p)
{
	struct policy_rules r = { 0 };
	struct err e = { 0 };

	cr_assert_eq(policy_to_rules(&a, p, &r, &e), 0, "%s", e.text);
	return r;
}

/* "socket,bind:arg0&0xff==0x1 allow", one a line */
static const char *shown(const struct policy_rules *r)
{
	static const char *const ops[] = { "", "!=", "<", "<=", "==", ">=", ">", "&" };
	const char *out = "";

	for (size_t i = 0; i < r->rules_n; i++) {
		const struct policy_rule *rule = &r->rules[i];

		for (size_t k = 0; rule->names[k] != NULL; k++)
			out = arena_printf(&a, "%s%s%s", out,
					   k > 0   ? ","
					   : i > 0 ? "\n"
						   : "",
					   rule->names[k]);
		for (size_t k = 0; k < rule->args_n; k++) {
			const struct policy_arg *arg = &rule->args[k];

			out = arena_printf(&a, "%s %u%s%#lx", out, arg->index, ops[arg->op],
					   arg->op == POLICY_MASKED_EQ ? arg->mask
								       : arg->value);
			if (arg->op == POLICY_MASKED_EQ)
				out = arena_printf(&a, "%s==%#lx", out, arg->value);
		}
		out = arena_printf(&a, "%s: %s", out,
				   policy_action_text(&a, rule->action, POLICY_AUDIT_NONE, 0));
	}
	return out;
}

/* ---- what comes out ---- */

static const struct {
	const char *policy, *rules;
} cases[] = {
	{ "allow read; allow write;", "read,write: allow" },
	/* what says the same as the default is left out */
	{ "deny mount; deny EPERM bpf; deny EACCES ptrace;", "ptrace: deny EACCES" },
	{ "deny EACCES read; allow write;", "read: deny EACCES\nwrite: allow" },
	/* 32 bits are compared in 32 bits */
	{ "allow socket when family == AF_UNIX;", "socket 0&0xffffffff==0x1: allow" },
	{ "allow socket when family in { 4..7 };", "socket 0&0xfffffffc==0x4: allow" },
	{ "allow socket when family in { AF_UNIX, AF_INET } && type == SOCK_STREAM;",
	  "socket 0&0xffffffff==0x1 1&0xffffffff==0x1: allow\n"
	  "socket 0&0xffffffff==0x2 1&0xffffffff==0x1: allow" },
	{ "deny EACCES clone when flags has any 0x10010000; allow clone; deny ENOSYS clone3;",
	  "clone3: deny ENOSYS\n"
	  "clone 0&0x10000000==0x10000000: deny EACCES\n"
	  "clone 0&0x10010000==0: allow\n"
	  "clone 0&0x10010000==0x10000: deny EACCES" },
	/* 64 bits are compared in 64 bits */
	{ "allow read when count <= 0x1234;", "read 2<=0x1234: allow" },
	{ "allow read when count > 0x1234;", "read 2>=0x1235: allow" },
	{ "allow read when count == 7;", "read 2==0x7: allow" },
	{ "allow read when count != 7;", "read 2!=0x7: allow" },
	{ "allow read when count has none 0xf00;", "read 2&0xf00==0: allow" },
	{ "allow read when count in { 0..3, 0xc000000000000000..0xffffffffffffffff };",
	  "read 2&0xc000000000000000==0xc000000000000000: allow\n"
	  "read 2&0xfffffffffffffffc==0: allow" },
	{ "allow read when count in { 2..5 };",
	  "read 2&0xfffffffffffffffe==0x2: allow\nread 2&0xfffffffffffffffe==0x4: allow" },
	/* the first rule that matches */
	{ "deny EACCES read when fd == 0; allow read when fd has only 1; deny EPERM read;",
	  "read 0&0xffffffff==0: deny EACCES\nread 0&0xffffffff==0x1: allow" },
	/* calls with equal rules share them */
	{ "allow dup | close | fchdir when fd == 1;",
	  "close,dup,fchdir 0&0xffffffff==0x1: allow" },
};

Test(to_rules, each_construct_has_its_rules)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct policy_rules r = rules_of(plain(cases[i].policy));

		cr_expect_str_eq(shown(&r), cases[i].rules, "%s:\n%s", cases[i].policy,
				 shown(&r));
	}
}

/* runc, crun and youki count on it: 26 prefixes above bit 5, and what is left of 0 to 63 */
Test(to_rules, a_family_that_is_not_one_of_two_takes_34_rules)
{
	const struct policy_rules r =
		rules_of(plain("deny EPERM socket when family in { 38, 40 }; allow socket;"));

	cr_assert_eq(r.rules_n, 34);
	for (size_t i = 0; i < r.rules_n; i++) {
		cr_expect_eq(r.rules[i].args_n, 1);
		cr_expect_eq(r.rules[i].args[0].op, POLICY_MASKED_EQ);
		cr_expect_eq(r.rules[i].args[0].mask >> 32, 0);
	}
}

/* so that a C library falls back, under any engine */
Test(to_rules, what_does_not_exist_yet_gets_the_default_and_the_rest_is_listed)
{
	const struct policy_rules r = rules_of(
		text("kernel 6.6; default deny EPERM unknown deny ENOSYS; allow read;"));

	cr_assert_eq(r.rules_n, 2);
	cr_expect_eq(r.default_action, SECCOMP_RET_ERRNO | ENOSYS);
	cr_expect_eq(r.rules[0].action, SECCOMP_RET_ERRNO | EPERM);
	cr_expect(str_in("map_shadow_stack", r.rules[0].names));
	cr_expect_not(str_in("mseal", r.rules[0].names));
	cr_expect_not(str_in("read", r.rules[0].names));
	cr_expect_str_eq(r.rules[1].names[0], "read");
}

/* ---- what has no words ---- */

static const struct {
	const char *policy, *says;
} refusals[] = {
	{ "audit deny ptrace;",
	  "ptrace: an action that plain rules have: audit, which only our own runtime has" },
	{ "default audit deny;",
	  "default: an action that plain rules have: audit, which only our own runtime has" },
	{ "allow nr 1000@x86_64;", "nr 1000@x86_64: calls that have names, for plain rules are "
				   "about names: this one has "
				   "none" },
	{ "arch x86_64, i386; if arch(i386) { allow read; }",
	  "read: one answer on all architectures, for plain rules know but one: that of i386 "
	  "differs from that of x86_64\n--arch=x86_64, and each of the others" },
	{ "arch x86_64, i386; default deny EPERM; allow socket when family == AF_UNIX;",
	  "socket: the same answer to i386's socketcall: libseccomp would give it one without "
	  "seeing the arguments\n--arch=x86_64" },
	{ "arch x86_64, i386; if arch(x86_64) { allow read when count == 0x100000001; }",
	  "read: compares that mean the same on 32 and 64 bits: argument 2 is compared with "
	  "0x100000001\n--arch with one architecture at a time" },
	{ "default deny EPERM; allow socket when family != 5 && type != 77 && protocol != 3;",
	  "socket: at most 4096 plain rules: more are needed\n"
	  "compare fewer arguments in one condition" },
};

Test(to_rules, what_plain_rules_cannot_say_is_refused)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct policy_rules r = { 0 };
		struct err e = { 0 };

		cr_assert_eq(policy_to_rules(&a, text(refusals[i].policy), &r, &e), -1, "%s",
			     refusals[i].policy);
		cr_expect_str_eq(e.text, refusals[i].says);
		cr_expect_eq(e.kind, ERR_POLICY);
	}
}

/* ---- the same meaning ---- */

/* What engines give to libseccomp: see runc's libcontainer/seccomp and crun's seccomp.c. */
static int build_as_engines(const struct policy_rules *r, struct filter *out)
{
	scmp_filter_ctx ctx = seccomp_init(r->default_action);
	const int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	int rc = 0;

	(void)seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r->archs[0] != NULL)
		(void)seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
	for (size_t i = 0; r->archs[i] != NULL && rc == 0; i++)
		rc = seccomp_arch_add(ctx, seccomp_arch_resolve_name(r->archs[i]));
	for (size_t i = 0; i < r->rules_n && rc == 0; i++) {
		const struct policy_rule *rule = &r->rules[i];
		struct scmp_arg_cmp args[6];

		for (size_t k = 0; k < rule->args_n; k++) {
			const struct policy_arg *arg = &rule->args[k];
			const bool masked = arg->op == POLICY_MASKED_EQ;

			args[k] = (struct scmp_arg_cmp){ arg->index, (enum scmp_compare)arg->op,
							 masked ? arg->mask : arg->value,
							 masked ? arg->value : 0 };
		}
		for (size_t k = 0; rule->names[k] != NULL && rc == 0; k++) {
			const int nr = seccomp_syscall_resolve_name(rule->names[k]);

			if (nr != __NR_SCMP_ERROR)
				rc = seccomp_rule_add_array(ctx, rule->action, nr,
							    (unsigned)rule->args_n, args);
		}
	}
	if (rc == 0)
		rc = seccomp_export_bpf(ctx, fd);
	(void)fstat(fd, &st);
	if (rc == 0) {
		struct sock_filter *insns = arena_alloc(&a, (size_t)st.st_size);

		cr_assert_eq(pread(fd, insns, (size_t)st.st_size, 0), st.st_size);
		*out = (struct filter){ insns, (uint16_t)((size_t)st.st_size / sizeof(*insns)),
					0 };
	}
	(void)close(fd);
	seccomp_release(ctx);
	return rc;
}

struct seen {
	uint32_t dflt;
	bool by_engine, narrow_ok;
	size_t n;
	const char *first;
};

/* Known and said in policy.h: calls that do not exist; and what no rule can hold. */
static bool is_known(const struct seen *s, const struct policy_difference *d)
{
	const enum arch arch = arch_of_audit(d->call.arch);
	const uint32_t nr = (uint32_t)d->call.nr;
	const int id = sc_by_number(arch, nr);

	if (d->hole || id < 0)
		return true;
	/* rules that are handed in have ENOSYS for what is newer than all that they name */
	if (!s->by_engine && d->right == (SECCOMP_RET_ERRNO | ENOSYS) && d->left == s->dflt)
		return true;
	if (!s->by_engine)
		return d->high_bits && s->narrow_ok;
	/* newer than the libseccomp that is here */
	if (seccomp_syscall_resolve_name(sc_name(id)) == __NR_SCMP_ERROR)
		return true;
	/* libseccomp 2.5 has another name for it */
	if (arch == ARCH_ARM && str_eq(sc_name(id), "sync_file_range2"))
		return true;
	/* libseccomp 2.5: numbers of i386's own for what socketcall and ipc do are not seen */
	return arch == ARCH_I386 && sc_mux(id, arch).through >= 0;
}

static void see(void *ctx, const struct policy_difference *d)
{
	struct seen *s = ctx;

	if (is_known(s, d))
		return;
	s->n++;
	if (s->first == NULL)
		s->first =
			arena_printf(&a, "%s@%s: %#x and %#x", policy_call_text(&a, &d->call),
				     policy_arch_name(d->call.arch), d->left, d->right);
}

static void expect_same_by_us(const struct policy *p, const struct policy_rules *r, bool wide,
			      const char *what)
{
	struct seen s = { .dflt = r->default_action, .narrow_ok = wide };
	const struct policy *back = NULL;
	enum policy_relation relation;
	struct err e = { 0 };
	bool carried;

	cr_assert_eq(policy_from_rules(&a, r, &diags, &carried, &back, &e), 0, "%s: %s", what,
		     e.text);
	cr_assert_eq(policy_diff(&a, &(struct policy_side){ .policy = p },
				 &(struct policy_side){ .policy = back }, see, &s, &relation,
				 &e),
		     0, "%s: %s", what, e.text);
	cr_expect_eq(s.n, 0, "%s: %zu: %s", what, s.n, s.first);
}

static void expect_same_by_engines(const struct policy *p, const struct policy_rules *r,
				   const char *what)
{
	struct seen s = { .dflt = r->default_action, .by_engine = true };
	enum policy_relation relation;
	struct filter f = { 0 };
	struct err e = { 0 };
	const int rc = build_as_engines(r, &f);

	cr_assert_eq(rc, 0, "%s: errno %d", what, -rc);
	cr_assert_eq(policy_diff(&a, &(struct policy_side){ .policy = p },
				 &(struct policy_side){ .filter = &f }, see, &s, &relation, &e),
		     0, "%s: %s", what, e.text);
	cr_expect_eq(s.n, 0, "%s: %zu: %s", what, s.n, s.first);
}

Test(to_rules, rules_mean_the_same_to_us_and_to_engines)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct policy *p = plain(cases[i].policy);
		const struct policy_rules r = rules_of(p);

		expect_same_by_us(p, &r, false, cases[i].policy);
		expect_same_by_engines(p, &r, cases[i].policy);
	}
}

/* moby 52494: a rule against a family, and a family with bits above the 32 that count */
Test(to_rules, high_bits_pass_no_rule_that_libseccomp_builds)
{
	const struct policy *p = plain("deny EPERM socket when family in { AF_ALG, AF_VSOCK }; "
				       "allow socket;");
	const struct policy_rules r = rules_of(p);
	struct seccomp_data call = { .nr = syscall_number(AUDIT_ARCH_X86_64, "socket"),
				     .arch = AUDIT_ARCH_X86_64,
				     .args = { 0x100000028 } };
	struct filter f = { 0 };
	struct err e = { 0 };
	size_t unknown;

	cr_assert_eq(build_as_engines(&r, &f), 0);
	cr_expect_eq(filter_run(&f, &call, NULL, NULL), SECCOMP_RET_ERRNO | EPERM);
	cr_assert_eq(ls_build(&a, &r, &f, &unknown, &e), 0, "%s", e.text);
	cr_expect_eq(filter_run(&f, &call, NULL, NULL), SECCOMP_RET_ERRNO | EPERM);
	call.args[0] = 0x100000001;
	cr_expect_eq(filter_run(&f, &call, NULL, NULL), SECCOMP_RET_ALLOW);
}

/* ---- policies that somebody wrote, and that nobody did ---- */

static const struct policy *shipped(const char *name, const char *const *archs)
{
	const char *top = getenv("top_srcdir");
	const char *path = arena_printf(&a, "%s/seccomp/policies/%s.policy",
					top != NULL ? top : ".", name);
	const struct policy_env env = { .archs = archs };
	char *body = arena_alloc(&a, POLICY_TEXT_MAX);
	FILE *from = fopen(path, "re");
	const struct policy *p = NULL;
	struct err e = { 0 };

	cr_assert_not_null(from, "%s", path);
	const struct policy_source src = { path, body,
					   fread(body, 1, POLICY_TEXT_MAX - 1, from) };

	(void)fclose(from);
	cr_assert_eq(policy_parse(&a, &src, NULL, &env, &diags, &p, &e), 0, "%s", e.text);
	return p;
}

Test(to_rules, the_policies_that_we_ship_mean_the_same_as_rules)
{
	static const char *const names[] = { "container", "container-strict", "untrusted",
					     "paranoid" };
	static const char *const archs[][3] = { { "x86_64" }, { "aarch64" } };

	for (size_t i = 0; i < COUNT(names) * COUNT(archs); i++) {
		const char *const *on = archs[i % COUNT(archs)];
		const char *name = names[i / COUNT(archs)];
		const struct policy *p = shipped(name, on);
		const char *what = arena_printf(&a, "%s on %s", name, on[0]);
		const struct policy_rules r = rules_of(p);

		expect_same_by_us(p, &r, false, what);
		expect_same_by_engines(p, &r, what);
	}
}

Test(to_rules, one_list_of_rules_does_for_x86_64_and_i386)
{
	static const char *const names[] = { "container", "container-strict" };
	static const char *const both[] = { "x86_64", "i386", NULL };

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct policy *p = shipped(names[i], both);
		const struct policy_rules r = rules_of(p);

		expect_same_by_us(p, &r, false, names[i]);
		expect_same_by_engines(p, &r, names[i]);
	}
}

Test(to_rules, policies_that_nobody_wrote_mean_the_same_as_rules_or_are_refused)
{
	size_t taken = 0;

	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct made_random draw = { seed * 977 };
		struct policy_rules r = { 0 };
		uint8_t bytes[600];
		struct made_bytes from = { bytes, sizeof(bytes) };
		struct err e = { 0 };
		const struct policy *p;

		ready();
		made_fill(&draw, bytes, 40 + made_draw(&draw, sizeof(bytes) - 40));
		p = made_policy(&a, &from);
		if (policy_to_rules(&a, p, &r, &e) < 0) {
			cr_expect_eq(e.kind, ERR_POLICY, "%s", e.text);
			continue;
		}
		taken++;
		expect_same_by_us(p, &r, true, arena_printf(&a, "seed %zu", (size_t)seed));
		if (r.rules_n < 200 && !str_in("x86", r.archs))
			expect_same_by_engines(p, &r,
					       arena_printf(&a, "seed %zu", (size_t)seed));
		arena_free(&a);
	}
	cr_expect_gt(taken, 20, "%zu", taken);
}
