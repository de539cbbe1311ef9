/* SPDX-License-Identifier: Apache-2.0 */
/* The law: what decompile writes answers as what it was made of, to each call there is. */
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

#include "base/auto.h"
#include "base/str.h"
#include "plan/plan_seccomp.h"
#include "seccomp/ls.h"
#include "seccomp/table.h"
#include "spec/spec.h"
#include "tests/unit/made.h"

static struct arena a;

static void done(void)
{
	arena_free(&a);
}

TestSuite(decompile, .fini = done);

static const struct policy *parsed(const char *text, const char *const *archs)
{
	const struct policy_source src = { "test", text, strlen(text) };
	const struct policy_env env = { .archs = archs };
	struct policy_diags diags = { .arena = &a };
	const struct policy *p = NULL;
	struct err e = { 0 };

	cr_assert_eq(policy_parse(&a, &src, NULL, &env, &diags, &p, &e), 0, "%s\n%s", e.text,
		     text);
	return p;
}

static const char *decompiled(const struct policy_side *what)
{
	const struct policy_origin from = { .name = "p" };
	const char *text = NULL;
	struct err e = { 0 };

	cr_assert_eq(policy_decompile(&a, what, &from, &text, &e), 0, "%s", e.text);
	return text;
}

static struct policy_side program_of(const struct policy *p)
{
	struct policy_image image = { 0 };
	struct filter *f = arena_new(&a, struct filter);
	struct err e = { 0 };

	cr_assert_eq(policy_compile(&a, p, &(struct policy_options){ 0 }, &image, &e), 0, "%s",
		     e.text);
	*f = image.filter;
	return (struct policy_side){ .filter = f };
}

struct seen {
	size_t n;
	const char *first;
};

/* Said in the head of the text: x32; and the numbers of no call get either answer. */
static void see(void *ctx, const struct policy_difference *d)
{
	struct seen *s = ctx;

	if (d->hole || (d->call.arch == AUDIT_ARCH_X86_64 && (d->call.nr & 0x40000000) != 0))
		return;
	if (s->n++ == 0)
		s->first =
			arena_printf(&a, "%s @ %s: %#x and %#x", policy_call_text(&a, &d->call),
				     policy_arch_name(d->call.arch), d->left, d->right);
}

static void expect_law(const struct policy_side *what, const char *name)
{
	const char *text = decompiled(what);
	const struct policy *back = parsed(text, NULL);
	enum policy_relation relation;
	struct seen s = { 0 };
	struct err e = { 0 };

	cr_assert_eq(policy_diff(&a, what, &(struct policy_side){ .policy = back }, see, &s,
				 &relation, &e),
		     0, "%s: %s", name, e.text);
	cr_expect_eq(s.n, 0, "%s: %zu: %s\n%s", name, s.n, s.first, text);
}

/* ---- words ---- */

static const struct {
	const char *rules, *text; /* NULL: the same */
} cases[] = {
	{ "allow read | write;", NULL },
	{ "deny EACCES ptrace;\nallow read;", NULL },
	{ "kill ptrace;\nkill thread mount;\ntrap 5 reboot;\nlog read;", NULL },
	{ "allow read when fd == 0;", NULL },
	{ "allow read when fd != 0;", NULL },
	{ "allow read when fd <= 2;", NULL },
	{ "allow read when fd >= 3;", NULL },
	{ "allow read when fd < 3 && fd >= 0;", "allow read when fd in {0..2};" },
	{ "allow read when fd in {0, 2, 4};", NULL },
	{ "allow read when !(fd in {0, 2, 4});", NULL },
	{ "allow read when count > 4096;", "allow read when count >= 4097;" },
	{ "allow read when count == 0x100000000;", NULL },
	{ "allow read when buf == 0;", NULL },
	{ "allow socket when family == AF_UNIX;", NULL },
	{ "allow socket when family in {AF_UNIX, AF_INET, AF_INET6} && type == SOCK_STREAM;",
	  NULL },
	{ "allow socket when family != AF_NETLINK || protocol != 9;", NULL },
	{ "deny EINVAL socket when family == AF_NETLINK && protocol == 9;\n"
	  "allow socket;",
	  NULL },
	{ "allow clone3;\n"
	  "allow clone when flags has none CLONE_NEWNS|CLONE_NEWUSER;",
	  NULL },
	{ "allow openat when flags has none O_WRONLY|O_RDWR|O_CREAT;", NULL },
	{ "allow openat when flags has only O_WRONLY|O_CREAT;", NULL },
	{ "allow openat when flags has all O_CREAT|O_EXCL;", NULL },
	{ "allow openat when flags has any O_CREAT|O_EXCL;", NULL },
	{ "allow openat when (flags & 3) == 1;",
	  "allow openat when flags & O_WRONLY|O_RDWR == O_WRONLY;" },
	{ "allow mmap when prot has none PROT_EXEC || flags has none MAP_ANONYMOUS;", NULL },
	{ "allow prctl when option in {PR_SET_NAME, PR_GET_NAME};", NULL },
	{ "allow kill when pid == -1;", NULL },
	{ "allow kill when pid < 0;", "allow kill when pid <= -1;" },
	{ "allow kill when pid in {-5..7};", NULL },
	{ "allow read when arg0:u64 == 3;", NULL },
	{ "allow nr 1000@x86_64 when arg1:u32 == 3;", NULL },
	{ "audit deny EACCES ptrace;", "flags wait_killable;\naudit deny EACCES ptrace;" },
	{ "allow close | dup when fd == 5;", NULL },
	{ "deny EACCES keyctl when arg1:u64 == 7;", "deny EACCES keyctl when a2 == 7;" },
};

/* Without settings, comments and empty lines. */
static const char *body_of(const char *text)
{
	static const char settings[] = "default deny EPERM;\n";
	const char *from = strstr(text, settings), *out = "";

	cr_assert_not_null(from, "%s", text);
	for (from += strlen(settings); *from != '\0' && *from != '}';) {
		const size_t len = strcspn(from, "\n");

		if (len > 1 && from[1] != '#')
			out = arena_printf(&a, "%s%s%.*s", out, out[0] != '\0' ? "\n" : "",
					   (int)len - 1, from + 1);
		from += len + 1;
	}
	return out;
}

Test(decompile, each_construct_has_its_words)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct policy *p =
			parsed(arena_printf(&a,
					    "policy p { arch x86_64; default deny EPERM; %s }",
					    cases[i].rules),
			       NULL);
		const struct policy_side side = { .policy = p };
		const char *want = cases[i].text != NULL ? cases[i].text : cases[i].rules;

		cr_expect_str_eq(body_of(decompiled(&side)), want);
		expect_law(&side, cases[i].rules);
	}
}

/* ---- profiles of engines ---- */

static const char *file_text(const char *path)
{
	const char *top = getenv("top_srcdir");
	const char *full = arena_printf(&a, "%s/%s", top != NULL ? top : ".", path);
	char *text = arena_alloc(&a, POLICY_TEXT_MAX);
	FILE *from = fopen(full, "re");

	cr_assert_not_null(from, "%s", full);
	cr_assert_gt(fread(text, 1, POLICY_TEXT_MAX - 1, from), 0);
	(void)fclose(from);
	return text;
}

static struct policy_rules rules_of_bundle(const char *name)
{
	const char *path = arena_printf(&a, "tests/golden/bundles/%s.json", name);
	const char *text = file_text(path);
	struct complaints bad = { .arena = &a };
	struct spec *s = arena_new(&a, struct spec);
	struct json *doc = NULL;
	struct policy_rules r;
	struct err e = { 0 };

	cr_assert_eq(json_parse(&a, path, text, strlen(text), &doc, &e), 0, "%s", e.text);
	spec_read(&a, doc, s, &bad);
	cr_assert_eq(plan_seccomp_rules(&a, &s->linux_.seccomp, &r, &e), 0, "%s", e.text);
	return r;
}

static const struct policy *policy_of(const struct policy_rules *r)
{
	struct policy_diags diags = { .arena = &a };
	const struct policy *p = NULL;
	struct err e = { 0 };
	bool carried;

	cr_assert_eq(policy_from_rules(&a, r, &diags, &carried, &p, &e), 0, "%s", e.text);
	return p;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static const char *const bundles[] = { "podman", "podman-rootless", "containerd-seccomp",
				       "seccomp" };

Test(decompile, an_engines_profile_of_400_names_is_text_to_read)
{
	for (size_t i = 0; i < COUNT(bundles); i++) {
		const struct policy_rules r = rules_of_bundle(bundles[i]);
		const struct policy_side side = { .policy = policy_of(&r) };
		const struct policy_side program = program_of(side.policy);

		expect_law(&side, bundles[i]);
		expect_law(&program, bundles[i]);
		cr_expect_lt(lines(decompiled(&side)), 60);
		cr_expect_lt(lines(decompiled(&program)), 60);
		if (str_eq(bundles[i], "containerd-seccomp"))
			cr_expect_not_null(strstr(decompiled(&program),
						  "\tkernel 6.7;\n\tdefault deny EPERM unknown "
						  "deny ENOSYS;\n"));
	}
}

Test(decompile, text_is_what_its_text_is)
{
	for (size_t i = 0; i < COUNT(bundles); i++) {
		const struct policy_rules r = rules_of_bundle(bundles[i]);
		const struct policy_side side = { .policy = policy_of(&r) };
		const char *text = decompiled(&side);
		const struct policy_side again = { .policy = parsed(text, NULL) };

		cr_expect_str_eq(decompiled(&again), text);
	}
}

/* ---- programs of libseccomp ---- */

/* Linear, or (optimize 2) a tree. */
static struct policy_side theirs(const struct policy_rules *r, uint32_t optimize)
{
	scmp_filter_ctx ctx = seccomp_init(r->default_action);
	const int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct filter *f = arena_new(&a, struct filter);
	struct sock_filter *insns;
	struct stat st;

	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize);
	(void)seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
	for (size_t i = 0; r->archs[i] != NULL; i++)
		(void)seccomp_arch_add(ctx, seccomp_arch_resolve_name(r->archs[i]));
	for (size_t i = 0; i < r->rules_n; i++) {
		const struct policy_rule *rule = &r->rules[i];
		struct scmp_arg_cmp args[6];

		for (size_t k = 0; k < rule->args_n; k++) {
			const struct policy_arg *arg = &rule->args[k];
			const bool masked = arg->op == POLICY_MASKED_EQ;

			args[k] = (struct scmp_arg_cmp){ arg->index, (enum scmp_compare)arg->op,
							 masked ? arg->mask : arg->value,
							 masked ? arg->value : 0 };
		}
		for (size_t k = 0; rule->names[k] != NULL; k++)
			(void)seccomp_rule_add_array(ctx, rule->action,
						     seccomp_syscall_resolve_name(
							     rule->names[k]),
						     (unsigned)rule->args_n, args);
	}
	cr_assert_eq(seccomp_export_bpf(ctx, fd), 0);
	cr_assert_eq(fstat(fd, &st), 0);
	insns = arena_alloc(&a, (size_t)st.st_size);
	cr_assert_eq(pread(fd, insns, (size_t)st.st_size, 0), st.st_size);
	*f = (struct filter){ insns, (uint16_t)((size_t)st.st_size / sizeof(*insns)), 0 };
	(void)close(fd);
	seccomp_release(ctx);
	return (struct policy_side){ .filter = f };
}

Test(decompile, programs_of_libseccomp_are_text_too)
{
	for (size_t i = 0; i < COUNT(bundles); i++)
		for (uint32_t optimize = 1; optimize <= 2; optimize++) {
			const struct policy_rules r = rules_of_bundle(bundles[i]);
			const struct policy_side side = theirs(&r, optimize);

			expect_law(&side, arena_printf(&a, "%s, %u", bundles[i], optimize));
		}
}

/* ---- our own ---- */

Test(decompile, policies_that_we_ship_have_a_normal_form)
{
	static const char *const names[] = { "container", "container-strict", "untrusted",
					     "paranoid" };
	static const char *const archs[][3] = {
		{ "x86_64" }, { "aarch64" }, { "arm" }, { "x86_64", "i386" }
	};

	for (size_t i = 0; i < COUNT(names) * COUNT(archs); i++) {
		const bool narrow = i % COUNT(archs) > 1;
		const char *const *on = archs[i % COUNT(archs)];
		const char *name = names[i / COUNT(archs)];
		const char *text =
			file_text(arena_printf(&a, "seccomp/policies/%s.policy", name));
		struct policy_side side = { 0 }, program;

		if (narrow && str_eq(name, "paranoid"))
			continue; /* 32 bits are not for it */
		side.policy = parsed(text, on);
		program = program_of(side.policy);
		expect_law(&side, name);
		expect_law(&program, name);
	}
}

/* ---- programs that nobody compiled ---- */

#define LOAD(field)       BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQ(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
#define RET(action)       BPF_STMT(BPF_RET | BPF_K, action)
#define DENY              (SECCOMP_RET_ERRNO | EPERM)

static int decompile_insns(const struct sock_filter *insns, size_t n, const char **text,
			   struct err *e)
{
	const struct filter f = { insns, (uint16_t)n, 0 };
	const struct policy_origin from = { .name = "p", .about = "one\ntwo\x1b" };

	return policy_decompile(&a, &(struct policy_side){ .filter = &f }, &from, text, e);
}

Test(decompile, the_head_says_where_it_comes_from_and_what_is_left_out)
{
	const struct sock_filter insns[] = {
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_X86_64, 2, 0),
		IF_EQ(AUDIT_ARCH_S390X, 3, 0),
		RET(SECCOMP_RET_TRAP),
		LOAD(nr),
		IF_EQ(39, 0, 1),
		RET(SECCOMP_RET_ALLOW),
		RET(DENY),
	};
	const char *text = NULL;
	struct err e = { 0 };

	cr_assert_eq(decompile_insns(insns, COUNT(insns), &text, &e), 0, "%s", e.text);
	cr_expect_str_eq(text, "# one\n# two?\n"
			       "# Not as it was: architecture 0x80000016 and maybe others have "
			       "rules of their own, "
			       "and no tables here.\n"
			       "# Not as it was: calls of x32 get other answers from the "
			       "program than ENOSYS, which "
			       "they get here.\n\n"
			       "policy p {\n\tarch x86_64;\n\tdefault deny EPERM;\n\tbadarch "
			       "trap;\n\n"
			       "\t# Whatever the arguments are.\n\tallow getpid;\n}\n");
}

Test(decompile, the_head_says_that_negative_numbers_are_left_out)
{
	const struct sock_filter insns[] = {
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_I386, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		IF_EQ(3, 2, 0),
		IF_EQ(UINT32_MAX, 1, 0),
		RET(DENY),
		RET(SECCOMP_RET_ALLOW),
	};
	const char *text = NULL;
	struct err e = { 0 };

	cr_assert_eq(decompile_insns(insns, COUNT(insns), &text, &e), 0, "%s", e.text);
	cr_expect_str_eq(text,
			 "# one\n# two?\n"
			 "# Not as it was: negative numbers of i386 get other answers from "
			 "the program than unknown ones, whose they get here.\n\n"
			 "policy p {\n\tarch i386;\n\tdefault deny EPERM;\n\n"
			 "\t# Whatever the arguments are.\n\tallow read;\n}\n",
			 "%s", text);
}

/* a program may keep what it loads, and know its constants */
Test(decompile, constants_in_memory_and_in_the_other_register_are_followed)
{
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 40),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD(nr),
		BPF_STMT(BPF_ST, 3),
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_X86_64, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		RET(SECCOMP_RET_ALLOW),
		RET(DENY),
	};
	const char *text = NULL;
	struct err e = { 0 };

	cr_assert_eq(decompile_insns(insns, COUNT(insns), &text, &e), 0, "%s", e.text);
	cr_expect_not_null(strstr(text, "\tallow getpid;\n}\n"), "%s", text);
}

Test(decompile, a_program_that_asks_for_no_architecture_is_for_this_one)
{
	const struct sock_filter insns[] = { LOAD(nr), IF_EQ(0, 0, 1), RET(SECCOMP_RET_ALLOW),
					     RET(DENY) };
	const char *text = NULL;
	struct err e = { 0 };

	cr_assert_eq(decompile_insns(insns, COUNT(insns), &text, &e), 0, "%s", e.text);
	cr_expect_not_null(strstr(text, "Not as it was: the program answers calls of foreign "
					"architectures as if they were its own"),
			   "%s", text);
	cr_expect_not_null(strstr(text, arch_name(arch_own())));
}

static const struct {
	struct sock_filter insns[6];
	size_t n;
	const char *says;
} refusals[] = {
	{ { LOAD(instruction_pointer), IF_EQ(0, 0, 1), RET(DENY), RET(0) },
	  4,
	  "seccomp filter: comparisons of the call's words with constants: it asks where the "
	  "call "
	  "came from, its instruction pointer" },
	{ { LOAD(args[0]), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4), IF_EQ(0, 0, 1), RET(DENY),
	    RET(0) },
	  5,
	  "seccomp filter: comparisons of the call's words with constants: it computes with "
	  "the "
	  "words of a call" },
	{ { LOAD(args[0]), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(args[1]),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1), RET(DENY), RET(0) },
	  6,
	  "seccomp filter: comparisons of the call's words with constants: it compares two "
	  "words "
	  "of a call with each other" },
	{ { LOAD(args[0]), BPF_STMT(BPF_RET | BPF_A, 0) },
	  2,
	  "seccomp filter: comparisons of the call's words with constants: it returns a word "
	  "of "
	  "the call" },
	{ { LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 2000, 0, 2),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 9000, 1, 0), RET(SECCOMP_RET_ALLOW),
	    RET(DENY) },
	  5,
	  "seccomp filter: answers to named calls: numbers 2000 to 8999 of x86_64, which no "
	  "call "
	  "has, get some too" },
};

Test(decompile, what_has_no_words_is_refused)
{
	if (arch_own() != ARCH_X86_64)
		cr_skip_test("the numbers are of x86_64");
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const char *text = NULL;
		struct err e = { 0 };

		cr_assert_eq(decompile_insns(refusals[i].insns, refusals[i].n, &text, &e), -1);
		cr_expect_str_eq(e.text, refusals[i].says);
		cr_expect_eq(e.kind, ERR_POLICY);
	}
}

/* ---- what nobody wrote ---- */

static bool try_law(const struct policy_side *what, const char *name)
{
	const struct policy_origin from = { .name = "p" };
	const char *text = NULL;
	struct err e = { 0 };

	if (policy_decompile(&a, what, &from, &text, &e) < 0) {
		cr_expect_eq(e.kind, ERR_POLICY, "%s: %s", name, e.text);
		return false;
	}
	if (strlen(text) < 8192) /* the proof takes seconds for what nobody would read */
		expect_law(what, name);
	return true;
}

Test(decompile, policies_that_nobody_wrote_are_text_or_refused)
{
	size_t taken = 0, programs = 0;

	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct made_random draw = { seed * 977 };
		uint8_t bytes[160];
		struct made_bytes from = { bytes, sizeof(bytes) };
		struct policy_side side = { 0 }, program;
		const char *name = arena_printf(&a, "seed %zu", (size_t)seed);

		made_fill(&draw, bytes, 40 + made_draw(&draw, sizeof(bytes) - 40));
		side.policy = made_policy(&a, &from);
		taken += try_law(&side, name);
		program = program_of(side.policy);
		programs += try_law(&program, name);
		arena_free(&a);
	}
	cr_expect_gt(taken, 8, "%zu", taken);
	cr_expect_gt(programs, 8, "%zu", programs);
}
