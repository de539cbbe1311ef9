/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/error.h"
#include "seccomp/table.h"

static int find(const char *name)
{
	return sc_find(name, strlen(name));
}

static int group(const char *name)
{
	return sc_group_find(name, strlen(name));
}

Test(table_groups, groups_are_sorted_and_found)
{
	for (size_t i = 0; i < SC_GROUPS; i++) {
		cr_expect_eq(group(sc_group_name(i)), (int)i);
		cr_expect_eq(sc_group_name(i)[0], '@');
		cr_expect_gt(strlen(sc_group_about(i)), 5u, "%s", sc_group_name(i));
		cr_expect(i == 0 || strcmp(sc_group_name(i - 1), sc_group_name(i)) < 0);
	}
	cr_expect_eq(group("@nosuch"), -1);
	cr_expect_eq(group("known"), -1);
	cr_expect_eq(group("@"), -1);
	cr_expect_eq(group(""), -1);
}

Test(table_groups, the_groups_that_we_promise_are_there)
{
	static const char *const names[] = {
		"@aio",        "@basic-io",   "@chown",     "@clock",          "@cpu-emulation",
		"@debug",      "@default",    "@fd-io",     "@file-system",    "@fs-read",
		"@fs-write",   "@io-event",   "@ipc",       "@kernel-surface", "@keyring",
		"@known",      "@libc-start", "@memlock",   "@module",         "@mount",
		"@net-client", "@network-io", "@ns-escape", "@obsolete",       "@pkey",
		"@privileged", "@process",    "@raw-io",    "@reboot",         "@resources",
		"@sandbox",    "@setuid",     "@signal",    "@spawn",          "@swap",
		"@sync",       "@threads",    "@timer",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect_geq(group(names[i]), 0, "%s", names[i]);
	cr_expect_eq(COUNT(names), SC_GROUPS);
}

Test(table_groups, each_call_is_in_a_group_beside_known)
{
	int known = group("@known");

	for (int id = 0; id < SC_N; id++) {
		size_t n = 0;

		for (size_t i = 0; i < SC_GROUPS; i++)
			n += (int)i != known && sc_has(sc_group(i), id);
		cr_expect_gt(n, 0u, "%s", sc_name(id));
		cr_expect(sc_has(sc_group((size_t)known), id));
	}
}

static size_t bits_of(const struct sc_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SC_WORDS; i++)
		n += (size_t)__builtin_popcountll(s->bits[i]);
	return n;
}

Test(table_groups, groups_hold_calls_only)
{
	cr_expect_eq(bits_of(sc_group((size_t)group("@known"))), (size_t)SC_N);
	for (size_t i = 0; i < SC_GROUPS; i++)
		cr_expect_gt(bits_of(sc_group(i)), 0u, "%s", sc_group_name(i));
}

static const struct sc_set *group_set(const char *name)
{
	cr_assert_geq(group(name), 0, "%s", name);
	return sc_group((size_t)group(name));
}

static void expect_within(const char *inner, const char *outer)
{
	for (int id = 0; id < SC_N; id++)
		cr_expect(!sc_has(group_set(inner), id) || sc_has(group_set(outer), id),
			  "%s: %s is not in %s", inner, sc_name(id), outer);
}

Test(table_groups, a_group_holds_the_groups_that_it_names)
{
	expect_within("@basic-io", "@fd-io");
	expect_within("@io-event", "@fd-io");
	expect_within("@fs-read", "@file-system");
	expect_within("@fs-write", "@file-system");
	expect_within("@net-client", "@network-io");
	expect_within("@spawn", "@process");
	expect_within("@mount", "@ns-escape");
	expect_within("@mount", "@kernel-surface");
	expect_within("@keyring", "@kernel-surface");
	expect_within("@chown", "@privileged");
}

/* A policy that allows some of these and forbids the two must make sense. clone3 is the one
 * exception: its flags cannot be seen, and those who use it fall back to clone. */
Test(table_groups, groups_for_programs_hold_no_way_out)
{
	static const char *const fine[] = {
		"@basic-io",   "@default",   "@fd-io",   "@file-system", "@fs-read",
		"@fs-write",   "@io-event",  "@ipc",     "@libc-start",  "@memlock",
		"@network-io", "@pkey",      "@process", "@sandbox",     "@signal",
		"@spawn",      "@sync",      "@threads", "@timer",       "@chown",
		"@setuid",     "@resources",
	};
	static const char *const bad[] = { "@ns-escape", "@kernel-surface", "@obsolete" };

	for (size_t i = 0; i < COUNT(fine) * COUNT(bad); i++)
		for (int id = 0; id < SC_N; id++)
			if (id != find("clone3") && sc_has(group_set(fine[i / COUNT(bad)]), id))
				cr_expect(!sc_has(group_set(bad[i % COUNT(bad)]), id),
					  "%s: %s is in %s", fine[i / COUNT(bad)], sc_name(id),
					  bad[i % COUNT(bad)]);
}

/* strace of a program with an empty main: glibc 2.36 and 2.42, dynamic and static, x86-64 and
 * i386; musl 1.2.3 on x86-64. */
static const char *const start_calls[] = {
	"access",          "arch_prctl",      "brk",        "close",
	"execve",          "exit_group",      "fcntl",      "fstat",
	"getcwd",          "getrandom",       "mmap",       "mmap2",
	"mprotect",        "munmap",          "newfstatat", "open",
	"openat",          "pread64",         "prlimit64",  "read",
	"readlink",        "readlinkat",      "rseq",       "set_robust_list",
	"set_thread_area", "set_tid_address", "statx",      "ugetrlimit",
	"write",           "writev",
};

Test(table_groups, libc_start_is_what_was_seen)
{
	for (size_t i = 0; i < COUNT(start_calls); i++)
		cr_expect(sc_has(group_set("@libc-start"), find(start_calls[i])), "%s",
			  start_calls[i]);
	cr_expect(!sc_has(group_set("@libc-start"), find("socket")));
	cr_expect(!sc_has(group_set("@libc-start"), find("clone")));
}

Test(table_groups, a_set_takes_what_is_added)
{
	struct sc_set s = { { 0 } };

	sc_add(&s, 0);
	sc_add(&s, 63);
	sc_add(&s, SC_N - 1);
	for (int id = 0; id < SC_N; id++)
		cr_expect_eq(sc_has(&s, id), id == 0 || id == 63 || id == SC_N - 1, "%d", id);
}
