/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "cmd/policy_live.h"
#include "cmd/policy_oci.h"
#include "cmd/policy_record.h"
#include "cmd/policy_tool.h"
#include "tests/unit/scratch.h"

/* ---- words ---- */

Test(policy_cmd, a_kernel_version_is_two_numbers)
{
	static const struct {
		const char *word;
		uint16_t kernel;
	} words[] = {
		{ "6.12", 6 << 8 | 12 },
		{ "2.6", 2 << 8 | 6 },
		{ "5.0", 5 << 8 },
		{ "6", 0 },
		{ "6.", 0 },
		{ ".6", 0 },
		{ "6.12.1", 0 },
		{ "6.256", 0 },
		{ "256.1", 0 },
		{ "6.-1", 0 },
		{ "six.1", 0 },
		{ "", 0 },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(words); i++)
		cr_expect_eq(tool_kernel(words[i].word), words[i].kernel, "%s", words[i].word);
	cr_expect_str_eq(tool_kernel_text(&a, 6 << 8 | 12), "6.12");
}

static const char *list_of(struct arena *a, const char *const *words)
{
	const char *text = "";

	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		text = arena_printf(a, "%s%s%s", text, i > 0 ? " " : "", words[i]);
	return text;
}

Test(policy_cmd, the_commands_have_names_and_options_of_their_own)
{
	const struct command *const all[] = { &tool_learn,   &tool_why,  &tool_check,
					      &tool_compile, &tool_diff, &tool_explain,
					      &tool_run,     &tool_test };

	for (size_t i = 0; i < COUNT(all); i++) {
		cr_expect_not_null(str_after(all[i]->name, "policy "));
		for (const struct opt *o = all[i]->options; o->name != NULL; o++)
			for (const struct opt *p = o + 1; p->name != NULL; p++) {
				cr_expect_str_neq(o->name, p->name, "%s", all[i]->name);
				cr_expect(o->letter == 0 || o->letter != p->letter, "%s: -%c",
					  all[i]->name, o->letter);
			}
	}
}

/* ---- what the options say ---- */

struct wanted {
	const char *arch, *kernel, *cap, *param;
	const char *error; /* or NULL */
};

/* clang-format off */
static const struct wanted wanteds[] = {
	{ "x86_64,SCMP_ARCH_X86", "6.12", "CAP_BPF", "a=1", NULL },
	{ "z80", NULL, NULL, NULL, "--arch: an architecture that has tables: found \"z80\"" },
	{ "x86_64,", NULL, NULL, NULL, "--arch: an architecture that has tables: found \"\"" },
	{ NULL, "6", NULL, NULL, "--kernel: a version such as 6.12: found \"6\"" },
	{ NULL, NULL, "SYS_ADMIN", NULL, "--cap: a name such as CAP_SYS_ADMIN: found \"SYS_ADMIN\"" },
	{ NULL, NULL, NULL, "a", "--param: NAME=VALUE: found \"a\"" },
};
/* clang-format on */

static struct opt_strings one(struct arena *a, const char *word)
{
	struct opt_strings list = { arena_array(a, 2, sizeof(char *)), 0 };

	if (word != NULL)
		list.v[list.n++] = word;
	return list;
}

static struct tool_want want_of(struct arena *a, const struct wanted *w)
{
	return (struct tool_want){ .arch = w->arch,
				   .kernel = w->kernel,
				   .caps = one(a, w->cap),
				   .params = one(a, w->param) };
}

Test(policy_cmd, the_options_are_checked)
{
	autoscratch struct scratch s = scratch_open();

	scratch_put(&s, "t.policy", "policy t { arch native; default kill; }");
	for (size_t i = 0; i < COUNT(wanteds); i++) {
		autoarena struct arena a = { 0 };
		const struct tool_want want = want_of(&a, &wanteds[i]);
		struct tool_input in = { 0 };
		struct err e = { 0 };
		const int rc =
			tool_open(&a, &want, arena_printf(&a, "%s/t.policy", s.path), &in, &e);

		cr_assert_eq(rc, wanteds[i].error != NULL ? -1 : 0, "%s", e.text);
		if (rc == 0) {
			cr_expect_str_eq(list_of(&a, in.env.archs), "x86_64 i386");
			cr_expect_eq(in.env.kernel, 6 << 8 | 12);
			cr_expect_str_eq(list_of(&a, in.env.caps), "CAP_BPF");
			cr_expect_str_eq(list_of(&a, in.env.params), "a=1");
			cr_expect_eq(tool_arch(&want), AUDIT_ARCH_X86_64);
		} else {
			cr_expect_eq(e.kind, ERR_USAGE);
			cr_expect_str_eq(e.text, wanteds[i].error);
		}
	}
}

Test(policy_cmd, the_kind_of_a_file_is_its_content)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	const struct tool_want want = { 0 };
	struct tool_input in = { 0 };
	struct err e = { 0 };

	scratch_put(&s, "json", " \n{}");
	scratch_put(&s, "text", "policy t {}");
	cr_assert_eq(file_replace_at(s.fd, "bpf", &allow, sizeof(allow), 0644, false, &e), 0);
	cr_assert_eq(tool_open(&a, &want, arena_printf(&a, "%s/json", s.path), &in, &e), 0);
	cr_expect_eq(in.kind, INPUT_RULES);
	cr_assert_eq(tool_open(&a, &want, arena_printf(&a, "%s/text", s.path), &in, &e), 0);
	cr_expect_eq(in.kind, INPUT_POLICY);
	cr_assert_eq(tool_load(&a, &want, arena_printf(&a, "%s/bpf", s.path), false, &in, &e),
		     0, "%s", e.text);
	cr_expect_eq(in.kind, INPUT_PROGRAM);
	cr_expect_eq(in.image.filter.n, 1);
	cr_expect_null(in.policy);
	cr_assert_eq(tool_open(&a, &want, arena_printf(&a, "%s/none", s.path), &in, &e), -1);
	cr_expect_eq(e.kind, ERR_USAGE);
}

Test(policy_cmd, half_an_instruction_is_no_program)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *error;
	} programs[] = {
		{ "\0\0\0\0\0", 5,
		  "DIR/bpf: 1 to 4096 instructions of 8 bytes: found 5 bytes" },
		{ "\0\0\0\0\0\0\0\0", 8, NULL }, /* ld #0 is not seccomp's */
	};

	for (size_t i = 0; i < COUNT(programs); i++) {
		autoscratch struct scratch s = scratch_open();
		autoarena struct arena a = { 0 };
		const struct tool_want want = { 0 };
		struct tool_input in = { 0 };
		struct err e = { 0 };

		cr_assert_eq(file_replace_at(s.fd, "bpf", programs[i].bytes, programs[i].len,
					     0644, false, &e),
			     0);
		cr_expect_eq(tool_load(&a, &want, arena_printf(&a, "%s/bpf", s.path), false,
				       &in, &e),
			     -1);
		if (programs[i].error != NULL)
			cr_expect_str_eq(strstr(e.text, "/bpf: "),
					 strstr(programs[i].error, "/bpf: "));
	}
}

/* ---- an engine's JSON ---- */

static int read_rules(struct arena *a, const struct tool_want *want, const char *text,
		      struct policy_rules *out, struct err *e)
{
	const struct policy_source s = { "t.json", text, strlen(text) };

	*e = (struct err){ 0 };
	return tool_read_rules(a, want, &s, out, e);
}

static const char *rules_text(struct arena *a, const struct policy_rules *r)
{
	const char *text = "";

	for (size_t i = 0; i < r->rules_n; i++)
		text = arena_printf(a, "%s%s%s", text, i > 0 ? "; " : "",
				    list_of(a, r->rules[i].names));
	return text;
}

#define ALLOW "\"action\": \"SCMP_ACT_ALLOW\""

Test(policy_cmd, rules_are_found_in_a_config_or_alone)
{
	static const char *const texts[] = {
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": "
		"[\"SCMP_ARCH_X86_64\"], \"syscalls\": [{\"names\": [\"read\"], " ALLOW "}]}",
		"{\"ociVersion\": \"1.0.0\", \"linux\": {\"seccomp\": {\"defaultAction\": "
		"\"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_64\"], "
		"\"syscalls\": [{\"names\": [\"read\"], " ALLOW "}]}}}",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		autoarena struct arena a = { 0 };
		const struct tool_want want = { 0 };
		struct policy_rules r;
		struct err e;

		cr_assert_eq(read_rules(&a, &want, texts[i], &r, &e), 0, "%s", e.text);
		cr_expect_eq(r.default_action, SECCOMP_RET_ERRNO | EPERM);
		cr_expect_str_eq(list_of(&a, r.archs), "x86_64");
		cr_expect_str_eq(rules_text(&a, &r), "read");
	}
}

/* clang-format off */
static const char profile[] =
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38,"
	" \"archMap\": ["
	"  {\"architecture\": \"SCMP_ARCH_AARCH64\", \"subArchitectures\": [\"SCMP_ARCH_ARM\"]},"
	"  {\"architecture\": \"SCMP_ARCH_X86_64\", \"subArchitectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]}],"
	" \"syscalls\": ["
	"  {\"names\": [\"read\"], " ALLOW ", \"comment\": \"\", \"includes\": {}, \"excludes\": {}},"
	"  {\"names\": [\"bpf\"], " ALLOW ", \"includes\": {\"caps\": [\"CAP_BPF\"]}},"
	"  {\"names\": [\"mount\"], " ALLOW ", \"includes\": {\"caps\": [\"CAP_BPF\", \"CAP_SYS_ADMIN\"]}},"
	"  {\"names\": [\"clone\"], " ALLOW ", \"excludes\": {\"caps\": [\"CAP_BPF\", \"CAP_SYS_ADMIN\"]}},"
	"  {\"names\": [\"arch_prctl\"], " ALLOW ", \"includes\": {\"arches\": [\"amd64\", \"x32\"]}},"
	"  {\"names\": [\"sync_file_range2\"], " ALLOW ", \"includes\": {\"arches\": [\"ppc64le\"]}},"
	"  {\"names\": [\"access\"], " ALLOW ", \"excludes\": {\"arches\": [\"arm64\"]}},"
	"  {\"names\": [\"ptrace\"], " ALLOW ", \"includes\": {\"minKernel\": \"4.8\"}}"
	" ]}";
/* clang-format on */

static const struct {
	const char *arch, *kernel, *cap;
	const char *archs, *rules;
} conditions[] = {
	{ "x86_64", "6.1", NULL, "x86_64 x86 x32", "read; clone; arch_prctl; access; ptrace" },
	{ "x86_64", "4.7", NULL, "x86_64 x86 x32", "read; clone; arch_prctl; access" },
	{ "x86_64", "4.8", "CAP_BPF", "x86_64 x86 x32",
	  "read; bpf; arch_prctl; access; ptrace" },
	{ "aarch64", "6.1", NULL, "aarch64 arm", "read; clone; ptrace" },
};

Test(policy_cmd, a_profile_has_the_rules_whose_conditions_hold)
{
	for (size_t i = 0; i < COUNT(conditions); i++) {
		autoarena struct arena a = { 0 };
		const struct tool_want want = { .arch = conditions[i].arch,
						.kernel = conditions[i].kernel,
						.caps = one(&a, conditions[i].cap) };
		struct policy_rules r;
		struct err e;

		cr_assert_eq(read_rules(&a, &want, profile, &r, &e), 0, "%s", e.text);
		cr_expect_eq(r.default_action, SECCOMP_RET_ERRNO | ENOSYS);
		cr_expect_str_eq(list_of(&a, r.archs), conditions[i].archs);
		cr_expect_str_eq(rules_text(&a, &r), conditions[i].rules);
	}
}

/* clang-format off */
static const struct {
	const char *text, *error;
} wrong[] = {
	{ "{}", "defaultAction: expected a seccomp action, found nothing" },
	{ "{\"linux\": {}}", "linux.seccomp: an object: found none" },
	{ "{\"linux\": 3}", "linux.seccomp: an object: found none" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALOW\"}", "defaultAction: expected a seccomp action, found \"SCMP_ACT_ALOW\"" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": {}}", "syscalls: expected array, found object" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [3]}", "syscalls[0]: expected object, found number" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"archMap\": [3, {}, {\"architecture\": 1}], \"syscalls\": [{\"includes\": 1, \"excludes\": []}]}",
	  "syscalls[0].names: expected at least one name, found nothing" },
};
/* clang-format on */

Test(policy_cmd, what_is_wrong_with_rules_is_told)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		autoarena struct arena a = { 0 };
		const struct tool_want want = { 0 };
		struct policy_rules r;
		struct err e;

		cr_expect_eq(read_rules(&a, &want, wrong[i].text, &r, &e), -1, "%s",
			     wrong[i].text);
		e.text[strcspn(e.text, "\n")] = '\0';
		cr_expect_str_eq(e.text, wrong[i].error);
	}
}

/* What is written is what is read: the words, the mask in the place of the value. */
Test(policy_cmd, rules_are_written_as_they_are_read)
{
	static const char *const names[] = { "read", "socket", NULL };
	static const char *const archs[] = { "x86_64", "i386", NULL };
	static const struct policy_arg args[] = {
		{ 0, POLICY_MASKED_EQ, 0x26, UINT32_MAX },
		{ 1, POLICY_NE, UINT64_MAX, 0 },
	};
	static const struct policy_rule rule = { names, SECCOMP_RET_TRACE | 3, args, 2, NULL };
	const struct policy_rules in = { SECCOMP_RET_ERRNO | ENOSYS, archs, &rule, 1 };
	autoarena struct arena a = { 0 };
	const struct tool_want want = { 0 };
	struct policy_rules out;
	const char *text;
	struct err e;

	text = json_print(&a, oci_json(&a, &in, SECCOMP_FILTER_FLAG_LOG), JSON_LINE, NULL);
	cr_expect_str_eq(
		text,
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],"
		"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":[{\"names\":[\"read\","
		"\"socket\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":3,\"args\":[{\"index\":"
		"0,"
		"\"value\":4294967295,\"valueTwo\":38,\"op\":\"SCMP_CMP_MASKED_EQ\"},"
		"{\"index\":1,\"value\":18446744073709551615,\"op\":\"SCMP_CMP_NE\"}]}]}");
	cr_assert_eq(read_rules(&a, &want, text, &out, &e), 0, "%s", e.text);
	cr_expect_eq(out.default_action, in.default_action);
	cr_expect_str_eq(list_of(&a, out.archs), "x86_64 x86");
	cr_expect_eq(out.rules[0].action, rule.action);
	cr_assert_eq(out.rules[0].args_n, 2);
	cr_expect_eq(memcmp(out.rules[0].args, args, sizeof(args)), 0);
}

/* ---- records ---- */

static size_t lines_of(struct arena *a, const struct scratch *s, const char ***out)
{
	const char **lines = arena_array(a, 2048, sizeof(*lines));
	struct err e = { 0 };
	size_t len, n = 0;
	char *text;
	char *rest;
	char *line;

	cr_assert_eq(file_read_at(s->fd, "r", 1 << 20, "r", &text, &len, &e), 0, "%s", e.text);
	rest = arena_strndup(a, text, len);
	free(text);
	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0')
		lines[n++] = line;
	*out = lines;
	return n;
}

/* Without the time, which is no test's business. */
static const char *without_time(struct arena *a, const char *line)
{
	struct err e = { 0 };
	struct json *o;

	cr_assert_eq(json_parse(a, "r", line, strlen(line), &o, &e), 0, "%s", line);
	cr_assert_not_null(json_get(o, "time"));
	json_get(o, "time")->text = "T";
	return json_print(a, o, JSON_CANONICAL, NULL);
}

static struct seccomp_data call_of(int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return (struct seccomp_data){ .nr = nr,
				      .arch = AUDIT_ARCH_X86_64,
				      .instruction_pointer = a0 * 7,
				      .args = { a0, a1, a2, a1 } };
}

Test(policy_cmd, a_record_has_each_kind_of_call_once)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	const int fd = openat(s.fd, "r", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct record *r = record_new(&a, fd);
	const struct seccomp_data calls[] = {
		call_of(41, 38, 5, 0),
		call_of(0, 3, 0x7000, 10),
		call_of(0, 3, 0x8000, 10), /* another buffer: the same kind */
		call_of(0, 3, 0x9000, 10),
	};
	const char **lines;

	if (policy_arch_own() != AUDIT_ARCH_X86_64)
		cr_skip_test("the texts are those of x86-64");
	for (size_t i = 0; i < COUNT(calls); i++)
		cr_assert_eq(record_add(r, &calls[i], 7, i == 0 ? "deny EPERM" : ""), 0);
	cr_assert_eq(record_end(r), 0);
	(void)close(fd);
	cr_assert_eq(lines_of(&a, &s, &lines), 3);
	cr_expect_str_eq(
		without_time(&a, lines[0]),
		"{\"answer\":\"deny EPERM\",\"arch\":\"x86_64\",\"args\":[\"0x26\",\"0x5\","
		"\"0x0\",\"0x0\",\"0x0\",\"0x0\"],\"count\":1,\"name\":\"socket\",\"nr\":41,"
		"\"pid\":7,\"record\":1,\"text\":\"socket(AF_ALG, SOCK_SEQPACKET, 0)\","
		"\"time\":\"T\"}");
	cr_expect_str_eq(without_time(&a, lines[1]),
			 "{\"arch\":\"x86_64\",\"args\":[\"0x3\",\"0x0\",\"0xa\",\"0x0\","
			 "\"0x0\",\"0x0\"],\"count\":1,\"name\":\"read\",\"nr\":0,\"pid\":7,"
			 "\"record\":1,\"text\":\"read(3, 0, 10)\",\"time\":\"T\"}");
	cr_expect_str_eq(without_time(&a, lines[2]),
			 "{\"arch\":\"x86_64\",\"args\":[\"0x3\",\"0x0\",\"0xa\",\"0x0\","
			 "\"0x0\",\"0x0\"],\"count\":2,\"name\":\"read\",\"nr\":0,"
			 "\"record\":1,\"text\":\"read(3, 0, 10)\",\"time\":\"T\"}");
}

Test(policy_cmd, a_record_has_an_end_however_many_kinds_there_are)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	const int fd = openat(s.fd, "r", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct record *r = record_new(&a, fd);
	const char **lines;
	size_t n;

	for (unsigned i = 0; i < 2000; i++) {
		const struct seccomp_data read_ = call_of(0, 3, 0, i);
		const struct seccomp_data unknown = call_of(1000, i, i, i);

		cr_assert_eq(record_add(r, &read_, 7, ""), 0);
		cr_assert_eq(record_add(r, &unknown, 7, ""), 0);
	}
	cr_assert_eq(record_end(r), 0);
	(void)close(fd);
	n = lines_of(&a, &s, &lines);
	/* the kinds, the first of the rest; at the end the rest, and the unknown call */
	cr_assert_eq(n, RECORD_VALUES + 1 + 1 + 2, "%zu", n);
	for (size_t i = n - 2; i < n; i++) {
		const char *line = without_time(&a, lines[i]);

		cr_expect(str_eq(line, "{\"arch\":\"x86_64\",\"count\":1743,\"name\":\"read\","
				       "\"nr\":0,\"record\":1,\"time\":\"T\"}") ||
				  str_eq(line, "{\"arch\":\"x86_64\",\"args\":[\"0x0\","
					       "\"0x0\",\"0x0\",\"0x0\",\"0x0\",\"0x0\"],"
					       "\"count\":1999,\"nr\":1000,\"record\":1,"
					       "\"text\":\"1000()\",\"time\":\"T\"}"),
			  "%s", line);
	}
}

Test(policy_cmd, a_record_keeps_what_learning_needs_however_many_kinds_there_are)
{
	autoarena struct arena a = { 0 };
	autoscratch struct scratch s = scratch_open();
	const int fd = openat(s.fd, "r", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct record *r = record_new(&a, fd);
	const char **lines;
	size_t n;

	for (unsigned i = 0; i < 2000; i++) { /* mmap(0, LENGTH, PROT, ...) */
		const struct seccomp_data call = call_of(9, 0, i, i % 4);

		cr_assert_eq(record_add(r, &call, 7, ""), 0);
	}
	cr_assert_eq(record_end(r), 0);
	(void)close(fd);
	n = lines_of(&a, &s, &lines);
	cr_assert_eq(n, RECORD_VALUES + 4 + 4, "%zu", n);
	for (size_t i = n - 8; i < n; i++) {
		cr_expect_not_null(strstr(lines[i], "\"known\":4,"), "%s", lines[i]);
		cr_expect_not_null(strstr(lines[i],
					  i < n - 4 ? "\"count\":1," : "\"count\":435,"),
				   "%s", lines[i]);
	}
}

Test(policy_cmd, a_record_that_cannot_be_written_is_an_error)
{
	autoarena struct arena a = { 0 };
	const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct record *r = record_new(&a, fd);
	const struct seccomp_data call = call_of(0, 3, 0, 1);

	cr_expect_eq(record_add(r, &call, 7, ""), -ENOSPC);
	(void)close(fd);
}

/* ---- the kernel asked ---- */

#define RET(k) BPF_STMT(BPF_RET | BPF_K, (k))

struct lives {
	uint32_t answer; /* of the filter to getppid and mount; all else is allowed */
	const char *call;
	uint32_t expected;
	enum live live;
	const char *found; /* NULL: not looked at */
};

/* clang-format off */
static const struct lives lives[] = {
	{ SECCOMP_RET_ERRNO | 13,     "getppid", SECCOMP_RET_ERRNO | 13,     LIVE_AS_EXPECTED, "deny EACCES" },
	{ SECCOMP_RET_ERRNO | 13,     "getppid", SECCOMP_RET_ERRNO | 1,      LIVE_OTHERWISE,   "deny EACCES" },
	{ SECCOMP_RET_ERRNO | 13,     "getppid", SECCOMP_RET_ALLOW,          LIVE_OTHERWISE,   "deny EACCES" },
	{ SECCOMP_RET_KILL_PROCESS,   "getppid", SECCOMP_RET_KILL_PROCESS,   LIVE_AS_EXPECTED, "kill" },
	{ SECCOMP_RET_KILL_THREAD,    "getppid", SECCOMP_RET_KILL_THREAD,    LIVE_AS_EXPECTED, "kill" },
	{ SECCOMP_RET_KILL_PROCESS,   "getppid", SECCOMP_RET_ERRNO | 1,      LIVE_OTHERWISE,   "kill" },
	{ SECCOMP_RET_TRAP | 9,       "getppid", SECCOMP_RET_TRAP | 9,       LIVE_AS_EXPECTED, "trap 9" },
	{ SECCOMP_RET_TRAP | 9,       "getppid", SECCOMP_RET_TRAP | 8,       LIVE_OTHERWISE,   "trap 9" },
	{ SECCOMP_RET_TRACE | 9,      "getppid", SECCOMP_RET_TRACE | 9,      LIVE_AS_EXPECTED, "deny ENOSYS" },
	{ SECCOMP_RET_USER_NOTIF,     "getppid", SECCOMP_RET_USER_NOTIF,     LIVE_AS_EXPECTED, "deny ENOSYS" },
	{ SECCOMP_RET_LOG,            "getppid", SECCOMP_RET_LOG,            LIVE_AS_EXPECTED, NULL },
	{ SECCOMP_RET_ALLOW,          "getppid", SECCOMP_RET_ALLOW,          LIVE_AS_EXPECTED, NULL },
	{ SECCOMP_RET_ALLOW,          "getppid", SECCOMP_RET_ERRNO | 1,      LIVE_OTHERWISE,   NULL },
	{ SECCOMP_RET_ALLOW,          "exit_group", SECCOMP_RET_ALLOW,       LIVE_AS_EXPECTED, "exit code 0" },
	{ SECCOMP_RET_ALLOW,          "execve",  SECCOMP_RET_ALLOW,          LIVE_AS_EXPECTED, "deny EFAULT" },
	{ SECCOMP_RET_ERRNO | 13,     "mount",   SECCOMP_RET_ERRNO | 13,     LIVE_AS_EXPECTED, "deny EACCES" },
	/* never made, whatever is expected */
	{ SECCOMP_RET_ALLOW,          "mount",   SECCOMP_RET_ALLOW,          LIVE_NOT_TRIED,   NULL },
	{ SECCOMP_RET_ALLOW,          "mount",   SECCOMP_RET_ERRNO | 13,     LIVE_NOT_TRIED,   NULL },
	{ SECCOMP_RET_ALLOW,          "reboot",  SECCOMP_RET_ALLOW,          LIVE_NOT_TRIED,   NULL },
};
/* clang-format on */

Test(policy_cmd, the_kernel_is_asked_in_a_child)
{
	const uint32_t own = policy_arch_own();

	if (own == 0)
		cr_skip_test("no tables for this machine");
	for (size_t i = 0; i < COUNT(lives); i++) {
		autoarena struct arena a = { 0 };
		const struct lives *l = &lives[i];
		const struct sock_filter insns[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
				 (uint32_t)syscall_number(own, "getppid"), 1, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
				 (uint32_t)syscall_number(own, "mount"), 0, 1),
			RET(l->answer),
			RET(SECCOMP_RET_ALLOW),
		};
		const struct filter f = { .insns = insns, .n = COUNT(insns) };
		const struct seccomp_data call = { .nr = syscall_number(own, l->call),
						   .arch = own };
		const char *found = NULL;
		struct err e = { 0 };
		enum live live;

		cr_assert_eq(live_try(&a, &f, &call, l->expected, &live, &found, &e), 0, "%s",
			     e.text);
		cr_expect_eq(live, l->live, "%zu: %s: %s", i, l->call,
			     found != NULL ? found : "not tried");
		if (l->found != NULL)
			cr_expect_str_eq(found, l->found, "%zu", i);
	}
}
