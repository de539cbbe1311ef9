/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "spec/bundle.h"
#include "spec/words.h"

Test(words, signals)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{ "TERM", 15 },
		{ "SIGTERM", 15 },
		{ "sigterm", 15 },
		{ "Term", 15 },
		{ "15", 15 },
		{ "0", 0 },
		{ "64", 64 },
		{ "65", -1 },
		{ "KILL", 9 },
		{ "SIGPOLL", 29 },
		{ "CLD", 17 },
		{ "RTMIN", 34 },
		{ "RTMIN+3", 37 },
		{ "SIGRTMIN+3", 37 },
		{ "rtmax-1", 63 },
		{ "RTMAX", 64 },
		{ "RTMIN+30", 64 },
		{ "RTMIN+31", -1 },
		{ "RTMIN-1", -1 },
		{ "RTMAX+1", -1 },
		{ "RTMIN+", -1 },
		{ "RTMIN3", -1 },
		{ "RTMIN+-3", -1 },
		{ "", -1 },
		{ "SIG", -1 },
		{ "SIG15", -1 },
		{ "-1", -1 },
		{ "SIGNOPE", -1 },
		{ "99999999999999999999", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_eq(word_signal(cases[i].name), cases[i].number, "%s", cases[i].name);
}

Test(words, capabilities)
{
	cr_expect_eq(word_capability("CAP_CHOWN"), CAP_CHOWN);
	cr_expect_eq(word_capability("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
	cr_expect_eq(word_capability("CAP_BPF"), CAP_BPF);
	cr_expect_eq(word_capability("CAP_"), -1);
	cr_expect_eq(word_capability("CHOWN"), -1);
	cr_expect_eq(word_capability("cap_chown"), -1);
	cr_expect_eq(word_capability("CAP_12"), -1);
	cr_expect_eq(word_capability("CAP_CHOWN "), -1);
	cr_expect_eq(word_capability(""), -1);
}

Test(words, sysctl_paths)
{
	static const struct {
		const char *key, *path; /* NULL: refused */
	} cases[] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eno2/100.rp_filter", "net/ipv4/conf/eno2.100/rp_filter" },
		{ "net/ipv4/conf/eno2.100/rp_filter", "net/ipv4/conf/eno2.100/rp_filter" },
		{ "kernel", "kernel" },
		{ "", NULL },
		{ ".", NULL },
		{ "/", NULL },
		{ "..", NULL },
		{ "a..b", NULL },
		{ "a.b.", NULL },
		{ "a/./b", NULL },
		{ "a/../b", NULL },
		{ "a.//.b", NULL },
		{ "a/...", "a/..." },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char path[64] = "";
		bool good = word_sysctl_path(cases[i].key, path, sizeof(path));

		cr_expect_eq(good, cases[i].path != NULL, "%s", cases[i].key);
		if (good && cases[i].path != NULL)
			cr_expect_str_eq(path, cases[i].path);
	}
	cr_expect_not(word_sysctl_path("net.ipv4", (char[8]){ "" }, 8));
}

static int new_dir(char *path)
{
	int dir = -1;
	struct err e = { 0 };

	cr_assert_not_null(mkdtemp(path));
	cr_assert_eq(bundle_open(path, &dir, &e), 0, "%s", e.text);
	return dir;
}

static void write_config(int dir, const char *text, off_t size)
{
	autofd int fd =
		openat(dir, "config.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(ftruncate(fd, size), 0);
}

static void drop(int dir, const char *path)
{
	(void)unlinkat(dir, "config.json", 0);
	(void)rmdir(path);
}

Test(bundle, config_is_read)
{
	char path[] = "/tmp/caisson-bundle-XXXXXX";
	autofd int dir = new_dir(path);
	autoarena struct arena a = { 0 };
	const char *text = NULL;
	size_t len = 0;
	struct err e = { 0 };

	write_config(dir, "{}\n", 3);
	cr_expect_eq(bundle_read_config(dir, BUNDLE_CONFIG, &a, &text, &len, &e), 0, "%s",
		     e.text);
	cr_expect_eq(len, 3);
	cr_expect_str_eq(text, "{}\n");
	drop(dir, path);
}

Test(bundle, config_that_is_no_small_file_is_refused, .timeout = 10)
{
	char path[] = "/tmp/caisson-bundle-XXXXXX";
	autofd int dir = new_dir(path);
	autoarena struct arena a = { 0 };
	const char *text = NULL;
	size_t len = 0;
	struct err e = { 0 };

	cr_expect_eq(bundle_read_config(dir, BUNDLE_CONFIG, &a, &text, &len, &e), -1);
	cr_expect_eq(e.sys, ENOENT);
	cr_expect_str_eq(e.text, "config.json: open\n"
				 "name the bundle with --bundle, or write one there with "
				 "\"caisson spec\"");
	e = (struct err){ 0 };
	cr_assert_eq(mkfifoat(dir, "config.json", 0600), 0);
	cr_expect_eq(bundle_read_config(dir, BUNDLE_CONFIG, &a, &text, &len, &e), -1);
	cr_expect_str_eq(e.text, "config.json: expected a regular file, found another kind");
	(void)unlinkat(dir, "config.json", 0);
	e = (struct err){ 0 };
	write_config(dir, "{}", JSON_MAX + 1);
	cr_expect_eq(bundle_read_config(dir, BUNDLE_CONFIG, &a, &text, &len, &e), -1);
	cr_expect_str_eq(e.text, "config.json: expected at most 4194304 bytes, found 4194305");
	cr_expect_null(text);
	drop(dir, path);
}

Test(bundle, directory_that_is_not_there_is_named)
{
	int dir = -1;
	struct err e = { 0 };
	char text[256];

	cr_assert_eq(bundle_open("/nonexistent/bundle", &dir, &e), -1);
	err_format(&e, text, sizeof(text));
	cr_expect_str_eq(text, "bundle /nonexistent/bundle: open: no such file or directory");
	cr_expect_str_eq(err_hint(&e), "a bundle is a directory with config.json");
	cr_expect_eq(dir, -1);
}
