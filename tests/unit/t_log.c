/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "tests/unit/scratch.h"

/* Runs log_error in a child with stderr in a file below the scratch directory. */
static void log_in_child(const struct scratch *s, const struct log_options *o,
			 const struct err *what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = { 0 };
		int fd = openat(s->fd, "stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		(void)dup2(fd, STDERR_FILENO);
		if (log_open(o, &e) < 0)
			_exit(2);
		log_debug("step %d", 1);
		if (what != NULL)
			log_error(what);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

static const char *slurp(const struct scratch *s, const char *name)
{
	char *text = NULL;
	size_t len;
	struct err e = { 0 };

	cr_assert_eq(file_read_at(s->fd, name, 65536, name, &text, &len, &e), 0, "%s", e.text);
	return text;
}

static struct err sample(void)
{
	struct err e = { .step = "mounts" };

	fail_sys(&e, ENOENT, "/data/x\033\"y: open");
	hint(&e, "make the directory");
	return e;
}

/* Cuts what lies between "time": and the next key, which changes. */
static void without_time(const char *line, char *out, size_t size)
{
	const char *t = strstr(line, "\"time\":\""), *end = t != NULL ? strchr(t, 'Z') : NULL;

	cr_assert_not_null(t);
	cr_assert_not_null(end);
	cr_assert_eq(end - t, 8 + 29, "RFC 3339 with nanoseconds: %s", line);
	(void)snprintf(out, size, "%.*sT%s", (int)(t - line) + 8, line, end + 1);
}

Test(log, json_has_one_object_and_stderr_two_lines)
{
	autoscratch struct scratch s = scratch_open();
	char path[96], line[1024];
	struct log_options o = { .path = path, .json = true };
	struct err e = sample();

	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	log_in_child(&s, &o, &e);
	without_time(slurp(&s, "log"), line, sizeof(line));
	cr_expect_str_eq(
		line,
		"{\"level\":\"error\",\"msg\":\"mounts: /data/x\\u001b\\\"y: open: no such "
		"file or directory\",\"time\":\"T\",\"code\":\"system\",\"step\":\"mounts\","
		"\"errno\":2,\"path\":\"/data/x\\u001b\\\"y\",\"hint\":\"make the "
		"directory\"}\n");
	cr_expect_str_eq(slurp(&s, "stderr"),
			 "caisson: mounts: /data/x?\"y: open: no such file or directory\n"
			 "caisson: hint: make the directory\n");
}

Test(log, the_file_exists_from_the_start_and_is_appended_to)
{
	autoscratch struct scratch s = scratch_open();
	char path[96];
	struct log_options o = { .path = path, .json = true };
	struct err e = { 0 };
	const char *both;

	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	log_in_child(&s, &o, NULL);
	cr_expect_str_eq(slurp(&s, "log"), "");
	cr_expect_str_eq(slurp(&s, "stderr"), "");
	fail(&e, ERR_STATE, "container x does not exist");
	log_in_child(&s, &o, &e);
	log_in_child(&s, &o, &e);
	both = strchr(slurp(&s, "log"), '\n');
	cr_assert_not_null(both);
	cr_expect_eq(strncmp(both + 1, "{\"level\":\"error\"", 16), 0);
}

Test(log, text_form_quotes)
{
	autoscratch struct scratch s = scratch_open();
	char path[96];
	struct log_options o = { .path = path, .debug = true };
	struct err e = { 0 };
	const char *text;

	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	fail(&e, ERR_USAGE, "unknown signal \"X\"");
	log_in_child(&s, &o, &e);
	text = slurp(&s, "log");
	cr_expect_not_null(strstr(text, "Z\" level=debug msg=\"step 1\"\n"));
	cr_expect_not_null(strstr(text, "Z\" level=error msg=\"unknown signal \\\"X\\\"\"\n"));
	cr_expect_str_eq(slurp(&s, "stderr"), "caisson: unknown signal \"X\"\n");
}

Test(log, debug_goes_to_stderr_without_a_file)
{
	autoscratch struct scratch s = scratch_open();

	log_in_child(&s, &(struct log_options){ .debug = true }, NULL);
	cr_expect_str_eq(slurp(&s, "stderr"), "caisson: debug: step 1\n");
}

Test(log, a_log_that_cannot_be_opened_is_an_error, .timeout = 5)
{
	autoscratch struct scratch s = scratch_open();
	char path[96], want[128];
	struct err e = { 0 };

	(void)snprintf(path, sizeof(path), "%s/fifo", s.path);
	(void)snprintf(want, sizeof(want), "%s: open as log", path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(log_open(&(struct log_options){ .path = path }, &e), -1);
	cr_expect_eq(e.sys, ENXIO);
	cr_expect_str_eq(e.text, want);
}
