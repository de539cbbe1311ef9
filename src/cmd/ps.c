/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd/launch.h"

struct ps_options {
	const char *format; /* NULL: table */
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct ps_options, format, "format", 'f', OPT_STRING, "table|json", "form of the list"),
	OPT_END,
};
/* clang-format on */

struct pids {
	pid_t *v;
	size_t n;
};

static bool has(const struct pids *p, const char *text, size_t len)
{
	char word[16] = "";
	int64_t pid;

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	if (!str_int64(word, 1, INT32_MAX, &pid))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i] == pid)
			return true;
	return false;
}

/* The word of that number in a line, or NULL. */
static const char *column(const char *line, size_t number, size_t *len)
{
	for (;;) {
		line += strspn(line, " \t");
		*len = strcspn(line, " \t\n");
		if (*len == 0)
			return NULL;
		if (number-- == 0)
			return line;
		line += *len;
	}
}

static int find_column(const char *header, const char *name, size_t *out)
{
	size_t len;

	for (size_t i = 0;; i++) {
		const char *word = column(header, i, &len);

		if (word == NULL)
			return -1;
		*out = i;
		if (len == strlen(name) && memcmp(word, name, len) == 0)
			return 0;
	}
}

/* Of what ps(1) says, the header and the lines that are about ours. */
static int filter(FILE *from, const struct pids *p, struct err *e)
{
	autofree char *line = NULL;
	size_t size = 0, at, len;

	if (getline(&line, &size, from) < 0)
		return fail(e, ERR_SYSTEM, "ps: expected a table: found nothing");
	if (find_column(line, "PID", &at) < 0)
		return fail(e, ERR_USAGE, "ps: expected a column PID: found none");
	(void)fputs(line, stdout);
	while (getline(&line, &size, from) >= 0) {
		const char *word = column(line, at, &len);

		if (word != NULL && has(p, word, len))
			(void)fputs(line, stdout);
	}
	return 0;
}

static const char *find_ps(void)
{
	static const char *const paths[] = { "/usr/bin/ps", "/bin/ps", NULL };

	for (size_t i = 0; paths[i] != NULL; i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/* Its stdout is a pipe, whose other end is returned; stdin and stderr are the caller's. NULL on
 * failure. */
static FILE *start_ps(const char *path, const char *const *argv, pid_t *pid, struct err *e)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
	posix_spawn_file_actions_t fa;
	autofd int ours = -1, theirs = -1;
	FILE *from;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		(void)fail_sys(e, errno, "ps: pipe");
		return NULL;
	}
	ours = ends[0];
	theirs = ends[1];
	r = posix_spawn_file_actions_init(&fa);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&fa, theirs, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn(pid, path, &fa, NULL, (char **)(uintptr_t)argv,
				(char **)(uintptr_t)env);
	(void)posix_spawn_file_actions_destroy(&fa);
	from = r == 0 ? fdopen(ours, "r") : NULL;
	if (from != NULL)
		(void)take_fd(&ours);
	else
		(void)fail_sys(e, r != 0 ? r : errno, "%s: run", path);
	return from;
}

static int run_ps(const struct call *c, const char *path, const struct pids *p, struct err *e)
{
	const char **argv = arena_array(c->arena, c->args_n + 2, sizeof(*argv));
	int got, status = 0;
	pid_t pid = -1;
	FILE *from;

	argv[0] = "ps";
	argv[1] = "-ef";
	for (size_t i = 1; i < c->args_n; i++)
		argv[i] = c->args[i];
	from = start_ps(path, argv, &pid, e);
	if (from == NULL)
		return -1;
	got = filter(from, p, e);
	(void)fclose(from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* ps has said why */
	if (got < 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
		*e = (struct err){ 0 };
		return fail(e, ERR_USAGE, "ps: exited with %d", WEXITSTATUS(status));
	}
	return got;
}

static void print_numbers(const struct pids *p)
{
	(void)puts("PID");
	for (size_t i = 0; i < p->n; i++)
		(void)printf("%d\n", p->v[i]);
}

static void print_json(struct arena *a, const struct pids *p)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < p->n; i++)
		json_add(array, json_int(a, p->v[i]));
	(void)puts(json_print(a, array, JSON_LINE, NULL));
}

static int ps_main(const struct call *c, struct err *e)
{
	const struct ps_options *o = c->options;
	autolaunch struct launch l = LAUNCH_NONE;
	const char *ps = find_ps();
	struct pids p;

	if (launch_about(c, false, &l, e) < 0 ||
	    run_pids(c->arena, &l.run, c->args[0], &p.v, &p.n, e) < 0)
		return -1;
	if (str_eq(o->format, "json")) {
		print_json(c->arena, &p);
		return 0;
	}
	if (ps != NULL)
		return run_ps(c, ps, &p, e);
	if (c->args_n > 1) {
		(void)fail(e, ERR_HOST, "ps: expected /usr/bin/ps for its options: found none");
		return hint(e, "install procps");
	}
	print_numbers(&p);
	return 0;
}

const struct command cmd_ps = {
	.name = "ps",
	.args = "ID [PS-OPTION...]",
	.help = "print the processes of a container, as the host numbers them",
	.options = options,
	.options_size = sizeof(struct ps_options),
	.args_min = 1,
	.args_max = SIZE_MAX,
	.stop_at_first = true,
	.run = ps_main,
};
