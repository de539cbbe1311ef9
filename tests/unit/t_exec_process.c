/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/exec.h"
#include "tests/unit/scratch.h"

static const char *const env[] = { "PATH=/bin", "A=1", NULL };
static const uint32_t gids[] = { 7 };

static struct spec_process container(void)
{
	return (struct spec_process){
		.present = true,
		.cwd = "/",
		.env = { env, 2 },
		.user = { .uid = 1, .gid = 2, .additional_gids = gids, .additional_gids_n = 1 },
		.caps = { .present = true, .permitted = 1, .bounding = 1, .effective = 1 },
		.terminal = true,
		.oom_score_adj = 100,
	};
}

static int process_of(struct arena *a, const struct exec_options *o, struct spec_process *p,
		      struct err *e)
{
	static const char *const args[] = { "ID", "sh", "-c", NULL };
	const struct call c = { .arena = a, .args = args, .args_n = 3 };

	*p = container();
	return exec_process(&c, o, p, e);
}

#define LIST(...)                                                \
	{                                                        \
		(const char *[]){ __VA_ARGS__, NULL },           \
			COUNT(((const char *[]){ __VA_ARGS__ })) \
	}

Test(exec_process, words_change_the_containers_process)
{
	autoarena struct arena a = { 0 };
	const struct exec_options o = {
		.cwd = "/c",
		.user = "5:6",
		.env = LIST("A=2", "B=3", "B=4"),
		.gids = LIST("8", "9"),
		.caps = LIST("CAP_KILL"),
		.no_new_privs = true,
		.apparmor = "P",
	};
	struct spec_process p;
	struct err e = { 0 };

	cr_assert_eq(process_of(&a, &o, &p, &e), 0, "%s", e.text);
	cr_expect_eq(p.args.n, 2);
	cr_expect_str_eq(p.args.v[0], "sh");
	cr_expect_str_eq(p.cwd, "/c");
	cr_expect_eq(p.user.uid, 5);
	cr_expect_eq(p.user.gid, 6);
	cr_expect_eq(p.user.additional_gids_n, 3);
	cr_expect_eq(p.user.additional_gids[0], 7);
	cr_expect_eq(p.user.additional_gids[2], 9);
	cr_expect_eq(p.env.n, 3);
	cr_expect_str_eq(p.env.v[0], "PATH=/bin");
	cr_expect_str_eq(p.env.v[1], "A=2");
	cr_expect_str_eq(p.env.v[2], "B=4");
	cr_expect_null(p.env.v[3]);
	cr_expect_eq(p.caps.permitted, 1 | 1 << CAP_KILL);
	cr_expect_eq(p.caps.bounding, 1 | 1 << CAP_KILL);
	cr_expect_eq(p.caps.effective, 1 | 1 << CAP_KILL);
	cr_expect_eq(p.caps.ambient | p.caps.inheritable, 0);
	cr_expect(p.no_new_privileges);
	cr_expect_not(p.terminal, "only --tty gives one");
	cr_expect_str_eq(p.apparmor_profile, "P");
	cr_expect_eq(p.oom_score_adj, 100);
}

Test(exec_process, without_options_it_is_the_containers)
{
	autoarena struct arena a = { 0 };
	const struct exec_options o = { .user = "5" };
	struct spec_process p;
	struct err e = { 0 };

	cr_assert_eq(process_of(&a, &o, &p, &e), 0);
	cr_expect_eq(p.user.uid, 5);
	cr_expect_eq(p.user.gid, 2);
	cr_expect_str_eq(p.cwd, "/");
	cr_expect_eq(p.env.n, 2);
	cr_expect_eq(p.caps.permitted, 1);
}

struct wrong {
	struct exec_options o;
	const char *text;
};

/* clang-format off */
static const struct wrong wrongs[] = {
	{ { .user = "root" },       "exec: --user: expected a number: found \"root\"" },
	{ { .user = "1x" },         "exec: --user: expected a number: found \"1x\"" },
	{ { .user = " 1" },         "exec: --user: expected a number: found \" 1\"" },
	{ { .user = "" },           "exec: --user: expected a number: found \"\"" },
	{ { .user = "1:" },         "exec: --user: expected a number: found \"\"" },
	{ { .user = ":1" },         "exec: --user: expected a number: found \"\"" },
	{ { .user = "1:2:3" },      "exec: --user: expected a number: found \"2:3\"" },
	{ { .user = "4294967295" }, "exec: --user: expected a number: found \"4294967295\"" },
	{ { .user = "-1" },         "exec: --user: expected a number: found \"-1\"" },
	{ { .gids = LIST("x") },    "exec: --additional-gids: expected a number: found \"x\"" },
	{ { .env = LIST("A") },     "exec: --env: expected NAME=VALUE: found \"A\"" },
	{ { .env = LIST("=1") },    "exec: --env: expected NAME=VALUE: found \"=1\"" },
	{ { .cwd = "x" },           "exec: --cwd: expected an absolute path: found \"x\"" },
	{ { .process = "/none" },   "--process /none: open" },
};
/* clang-format on */

Test(exec_process, refuses)
{
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		autoarena struct arena a = { 0 };
		struct spec_process p;
		struct err e = { 0 };

		cr_expect_eq(process_of(&a, &wrongs[i].o, &p, &e), -1, "%s", wrongs[i].text);
		cr_expect_str_eq(e.text, wrongs[i].text);
	}
}

/* ---- --process ---- */

/* The process of a file with this text, in a container that has processors. */
static struct spec_process from_file(struct arena *a, const char *text)
{
	char path[] = "/tmp/caisson-process-XXXXXX";
	const struct exec_options o = { .process = path };
	const struct call c = { .arena = a,
				.args = (const char *const[]){ "ID", NULL },
				.args_n = 1 };
	struct spec_process p = container();
	struct err e = { 0 };
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	cr_assert(bits_parse(a, "0", &p.exec_affinity_initial));
	cr_assert(bits_parse(a, "1", &p.exec_affinity_final));
	cr_expect_eq(exec_process(&c, &o, &p, &e), 0, "%s", e.text);
	(void)unlink(path);
	return p;
}

Test(exec_process, a_file_without_processors_has_the_containers)
{
	autoarena struct arena a = { 0 };
	struct spec_process p = from_file(&a, "{\"cwd\":\"/\",\"args\":[\"sh\"]}");

	cr_expect(bits_has(&p.exec_affinity_initial, 0));
	cr_expect(bits_has(&p.exec_affinity_final, 1));
	p = from_file(&a, "{\"cwd\":\"/\",\"args\":[\"sh\"],"
			  "\"execCPUAffinity\":{\"initial\":\"3\"}}");
	cr_expect(bits_has(&p.exec_affinity_initial, 3));
	cr_expect_not(bits_has(&p.exec_affinity_initial, 0));
	cr_expect_eq(p.exec_affinity_final.n, 0);
}

/* ---- what a file is silent about ---- */

static const struct {
	const char *text;
	bool no_new_privileges;
} files[] = {
	{ "{\"args\":[\"a\"],\"cwd\":\"/\"}", true },
	{ "{\"args\":[\"a\"],\"cwd\":\"/\",\"noNewPrivileges\":null}", true },
	{ "{\"args\":[\"a\"],\"cwd\":\"/\",\"noNewPrivileges\":false}", false },
};

Test(exec_process, null_in_a_file_is_silence)
{
	autoscratch struct scratch s = scratch_open();
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/p", s.path);
	for (size_t i = 0; i < COUNT(files); i++) {
		const struct exec_options o = { .process = path };
		autoarena struct arena a = { 0 };
		const struct call c = { .arena = &a };
		struct spec_process p = container();
		struct err e = { 0 };

		p.no_new_privileges = true;
		scratch_put(&s, "p", files[i].text);
		cr_expect_eq(exec_process(&c, &o, &p, &e), 0, "%s", e.text);
		cr_expect_eq(p.no_new_privileges, files[i].no_new_privileges, "%s",
			     files[i].text);
	}
}
