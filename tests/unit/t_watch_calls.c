/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/unit/scratch.h"
#include "watch/calls.h"

#define ARCH policy_arch_number("x86_64")
#define I386 policy_arch_number("i386")

enum {
	MKDIR = 83,
	SOCKET = 41,
	PTRACE = 101
};

/* ---- the table beside the state ---- */

static const struct sock_filter program[] = {
	{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
	{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, MKDIR },
	{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE | 1 },
	{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE | 0 },
};

static const struct policy_verdict rows[] = {
	{ .err = EPERM, .at = { "p.policy", 3, 1, 1 }, .reason = "never" },
	{ .allow = true, .at = { "p.policy", 7, 2, 1 } },
};

static struct answers table(void)
{
	return (struct answers){ .verdicts = { .insns = program, .n = COUNT(program) },
				 .rows = rows,
				 .rows_n = COUNT(rows) };
}

Test(watch_calls, a_table_comes_back_as_it_was_written)
{
	autoarena struct arena a = { 0 };
	const struct answers in = table();
	struct answers out;
	struct err e = { 0 };
	size_t len, row;
	const void *bytes = answers_bytes(&a, &in, &len);
	const struct policy_verdict *v;

	cr_assert_eq(answers_parse(&a, bytes, len, &out, &e), 0, "%s", e.text);
	v = answers_find(&out, &(struct seccomp_data){ .arch = ARCH, .nr = MKDIR }, &row);
	cr_expect_eq(row, 1);
	cr_expect(v->allow);
	cr_expect_eq(v->at.line, 7);
	cr_expect_str_eq(v->at.file, "p.policy");
	v = answers_find(&out, &(struct seccomp_data){ .arch = ARCH, .nr = PTRACE }, &row);
	cr_expect_eq(row, 0);
	cr_expect_eq(v->err, EPERM);
	cr_expect_str_eq(v->reason, "never");
}

Test(watch_calls, a_table_that_was_cut_or_changed_is_refused_or_read_within_its_bounds)
{
	autoarena struct arena a = { 0 };
	const struct answers in = table();
	size_t len;
	const char *bytes = answers_bytes(&a, &in, &len);
	char *copy = arena_alloc(&a, len + 1);

	for (size_t n = 0; n < len; n++) {
		struct answers out;
		struct err e = { 0 };

		cr_expect_eq(answers_parse(&a, bytes, n, &out, &e), -1, "%zu bytes", n);
	}
	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct answers out;
			struct err e = { 0 };
			size_t row;

			memcpy(copy, bytes, len);
			copy[i] = (char)(copy[i] ^ 1 << bit);
			if (answers_parse(&a, copy, len, &out, &e) < 0)
				continue;
			for (size_t k = 0; k < out.rows_n; k++)
				(void)strlen(out.rows[k].at.file != NULL ? out.rows[k].at.file
									 : "");
			(void)answers_find(&out, &(struct seccomp_data){ .nr = MKDIR }, &row);
		}
}

Test(watch_calls, a_call_that_the_table_does_not_know_is_none)
{
	static const struct sock_filter allows[] = { { BPF_RET | BPF_K, 0, 0,
						       SECCOMP_RET_ALLOW } };
	struct answers t = table();
	const struct policy_verdict *v;
	size_t row;

	t.verdicts = (struct filter){ .insns = allows, .n = 1 };
	v = answers_find(&t, &(struct seccomp_data){ .arch = ARCH, .nr = MKDIR }, &row);
	cr_expect_not(v->allow);
	cr_expect_eq(v->err, ENOSYS);
	cr_expect_eq(row, t.rows_n);
}

/* ---- counting ---- */

static struct denials d;

static void call(int nr, uint64_t arg0, uint64_t arg1)
{
	const struct seccomp_data c = { .arch = ARCH, .nr = nr, .args = { arg0, arg1 } };

	denials_count(&d, &c);
}

static const char *counted(struct arena *a)
{
	const struct json *o = denials_json(a, &d);

	return o != NULL ? json_print(a, o, JSON_CANONICAL, NULL) : "nothing";
}

Test(watch_calls, what_is_denied_is_counted_by_name_over_architectures)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(counted(&a), "nothing");
	for (unsigned i = 0; i < 5; i++)
		call(MKDIR, 0, 0);
	call(PTRACE, 0, 0);
	denials_count(&d, &(struct seccomp_data){ .arch = I386, .nr = 39 });
	denials_count(&d, &(struct seccomp_data){ .arch = ARCH, .nr = 5000 });
	cr_expect_str_eq(counted(&a), "{\"mkdir\":6,\"ptrace\":1,\"syscall_5000\":1}");
}

Test(watch_calls, calls_without_end_are_counted_together)
{
	autoarena struct arena a = { 0 };
	const struct json *o;

	for (int nr = 0; nr < 3 * DENIALS_CALLS; nr++)
		call(nr, 0, 0);
	o = denials_json(&a, &d);
	cr_expect_eq(d.calls_n, DENIALS_CALLS);
	cr_expect_str_eq(json_get(o, "other")->text, "2048");
}

static struct denials_class *class_of(int nr, uint64_t arg0, uint64_t arg1, uint32_t row)
{
	const struct seccomp_data c = { .arch = ARCH, .nr = nr, .args = { arg0, arg1 } };

	return denials_class(&d, &c, row);
}

Test(watch_calls, calls_that_differ_in_pointers_only_are_told_as_one)
{
	struct denials_class *c = class_of(MKDIR, 0x7f001000, 0755, 0);

	cr_expect_eq(class_of(MKDIR, 0x7f002000, 0755, 0), c);
	cr_expect_neq(class_of(MKDIR, 0x7f001000, 0700, 0), c, "another mode");
	cr_expect_neq(class_of(MKDIR, 0x7f001000, 0755, 1), c, "another rule");
	cr_expect_neq(class_of(SOCKET, 0x7f001000, 0755, 0), c, "another call");
}

Test(watch_calls, arguments_that_differ_without_end_are_told_as_various)
{
	struct denials_class *last = NULL;
	size_t used = 0;

	for (uint64_t i = 0; i < 1000; i++)
		last = class_of(SOCKET, i, 1, 0);
	cr_expect(last->various);
	for (size_t i = 0; i < DENIALS_CLASSES; i++)
		used += d.classes[i].used;
	cr_expect_eq(used, DENIALS_VARIANTS);
	cr_expect_eq(class_of(SOCKET, 0, 1, 0), &d.classes[0], "the first one stays");
}

Test(watch_calls, classes_have_an_end)
{
	for (int nr = 0; nr < 1000; nr++)
		cr_expect_not_null(class_of(nr, 0, 0, 0));
	cr_expect(d.classes[DENIALS_CLASSES - 1].various);
}

Test(watch_calls, events_have_a_burst_and_then_a_rate)
{
	uint64_t at = 0, now = 1000000;
	size_t n = 0;

	while (denials_may_tell(&d, now, &at))
		n++;
	cr_expect_eq(n, 400);
	cr_expect_eq(at, now + 50);
	cr_expect_not(denials_may_tell(&d, now + 49, &at));
	cr_expect(denials_may_tell(&d, now + 50, &at));
	cr_expect_not(denials_may_tell(&d, now + 50, &at));
	for (n = 0; denials_may_tell(&d, now + 1050, &at); n++)
		;
	cr_expect_eq(n, 20);
	for (n = 0; denials_may_tell(&d, now + 100000, &at); n++)
		;
	cr_expect_eq(n, 400);
}

Test(watch_calls, the_counts_outlive_who_counts)
{
	autoscratch struct scratch s = scratch_open();
	const int dir = s.fd;
	struct err e = { 0 };
	struct denials *one, *two;

	cr_assert_null(denials_map(dir, false, &e), "there is no such file yet");
	e = (struct err){ 0 };
	one = denials_map(dir, true, &e);
	cr_assert_not_null(one, "%s", e.text);
	denials_count(one, &(struct seccomp_data){ .arch = ARCH, .nr = MKDIR });
	denials_unmap(one);
	two = denials_map(dir, false, &e);
	cr_assert_not_null(two, "%s", e.text);
	cr_expect_eq(two->calls[0].n, 1);
	denials_unmap(two);
}

Test(watch_calls, counts_of_another_size_or_form_are_refused)
{
	autoscratch struct scratch s = scratch_open();
	const int dir = s.fd;
	struct err e = { 0 };
	struct denials *one = denials_map(dir, true, &e);
	int fd;

	cr_assert_not_null(one);
	one->version = 99;
	denials_unmap(one);
	cr_expect_null(denials_map(dir, false, &e));
	cr_expect_str_eq(e.text, "denials: expected version 1: found another");
	fd = openat(dir, "denials", O_WRONLY | O_CLOEXEC);
	cr_assert_eq(ftruncate(fd, 100), 0);
	(void)close(fd);
	e = (struct err){ 0 };
	cr_expect_null(denials_map(dir, false, &e));
	cr_expect_str_eq(e.text, "denials: expected a file of ours: found another");
}

/* ---- the call, as an event has it ---- */

Test(watch_calls, arguments_are_told_in_their_own_terms_and_pointers_are_not)
{
	autoarena struct arena a = { 0 };
	const struct seccomp_data c = { .arch = ARCH, .nr = SOCKET, .args = { 38, 2, 0 } };
	const struct seccomp_data m = { .arch = ARCH,
					.nr = MKDIR,
					.args = { 0x7fff0000, 0755 } };
	struct policy_verdict v = rows[0];

	cr_expect_str_eq(json_print(&a, call_json(&a, &c, &v, true), JSON_CANONICAL, NULL),
			 "{\"arch\":\"x86_64\",\"args\":{\"family\":\"AF_ALG\",\"protocol\":"
			 "\"0\","
			 "\"type\":\"SOCK_DGRAM\"},\"errno\":\"EPERM\",\"nr\":41,\"reason\":"
			 "\"never\",\"rule\":\"p.policy:3\",\"syscall\":\"socket\"}");
	v.at.line = 0;
	v.reason = NULL;
	cr_expect_str_eq(json_print(&a, call_json(&a, &m, &v, true), JSON_CANONICAL, NULL),
			 "{\"arch\":\"x86_64\",\"args\":{\"mode\":\"0755\"},\"errno\":"
			 "\"EPERM\","
			 "\"nr\":83,\"rule\":\"p.policy\",\"syscall\":\"mkdir\"}");
	cr_expect_null(json_get(call_json(&a, &m, &v, false), "args"));
}

Test(watch_calls, execve_and_execveat_are_told_from_others_on_each_architecture)
{
	cr_expect(call_is_exec(&(struct seccomp_data){ .arch = ARCH, .nr = 59 }));
	cr_expect(call_is_exec(&(struct seccomp_data){ .arch = ARCH, .nr = 322 }));
	cr_expect(call_is_exec(&(struct seccomp_data){ .arch = I386, .nr = 11 }));
	cr_expect_not(call_is_exec(&(struct seccomp_data){ .arch = I386, .nr = 59 }));
	cr_expect_not(call_is_exec(&(struct seccomp_data){ .arch = ARCH, .nr = -1 }));
}

/* ---- the kernel's audit ---- */

#define RECORD \
	"audit(1795363669.317:7654): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=14685 "

Test(watch_calls, a_record_of_the_kernel_is_read)
{
	struct kernel_audit k;

	cr_assert(kernel_audit_parse(RECORD "comm=\"busybox\" exe=\"/bin/busybox\" sig=31 "
					    "arch=c000003e syscall=83 compat=0 ip=0x47b567 "
					    "code=0x80000000",
				     &k));
	cr_expect_eq(k.pid, 14685);
	cr_expect_eq(k.action, SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(k.call.arch, ARCH);
	cr_expect_eq(k.call.nr, MKDIR);
	cr_expect_str_eq(k.comm, "busybox");
	cr_expect_str_eq(k.exe, "/bin/busybox");
}

Test(watch_calls, what_a_process_calls_itself_forges_no_record)
{
	struct kernel_audit k;

	/* the kernel writes what has a blank or a quote in hexadecimal */
	cr_assert(kernel_audit_parse(RECORD
				     "comm=61207069643D31 exe=(null) sig=0 arch=40000003 "
				     "syscall=39 compat=1 ip=0x1 code=0x7ffc0000",
				     &k));
	cr_expect_str_eq(k.comm, "a pid=1");
	cr_expect_str_eq(k.exe, "");
	cr_expect_eq(k.pid, 14685);
	cr_expect_eq(k.action, SECCOMP_RET_LOG);
}

Test(watch_calls, records_of_another_form_are_passed_over)
{
	static const char *const texts[] = {
		"",
		"audit(1:2): pid=1",
		RECORD "comm=\"a\"",
		"audit(1:2): pid=0 arch=c000003e syscall=1 code=0x0",
		"audit(1:2): pid=-1 arch=c000003e syscall=1 code=0x0",
		"audit(1:2): pid=99999999999 arch=c000003e syscall=1 code=0x0",
		"audit(1:2): pid=1x arch=c000003e syscall=1 code=0x0",
		"audit(1:2): pid=1 arch=c000003e syscall=x code=0x0",
		"audit(1:2): pid=1 arch=c000003ec000003e syscall=1 code=0x0",
		"audit(1:2): pid=1 arch= syscall=1 code=0x0",
	};
	struct kernel_audit k;

	for (size_t i = 0; i < COUNT(texts); i++)
		cr_expect_not(kernel_audit_parse(texts[i], &k), "%s", texts[i]);
	cr_expect(kernel_audit_parse("audit(1:2): pid=1 arch=c000003e syscall=1 code=0x0", &k));
	cr_expect_str_eq(k.comm, "");
	cr_expect(kernel_audit_parse("audit(1:2): pid=1 comm=\" exe=\"\" arch=c000003e "
				     "syscall=1 code=0x0",
				     &k));
	cr_expect_str_eq(k.comm, "");
}

Test(watch_calls, a_long_name_is_cut)
{
	static char text[4096];
	struct kernel_audit k;

	(void)strcpy(text, "audit(1:2): pid=1 exe=\"");
	memset(text + strlen(text), 'a', 2000);
	(void)strcat(text, "\" comm=");
	memset(text + strlen(text), '4', 200);
	(void)strcat(text, " arch=c000003e syscall=1 code=0x0");
	cr_assert(kernel_audit_parse(text, &k));
	cr_expect_eq(strlen(k.exe), sizeof(k.exe) - 1);
	cr_expect_eq(strlen(k.comm), sizeof(k.comm) - 1);
}
