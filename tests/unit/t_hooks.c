/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "tests/unit/run_help.h"

TestSuite(hooks, .init = need_root);

/* ---- hooks.c ---- */

/* A hook that is a script of ours. */
struct hooked {
	struct scratch s;
	char path[128];
	struct plan_hook hook;
	struct arena a;
};

static void hooked_close(struct hooked *h)
{
	scratch_close(&h->s);
	arena_free(&h->a);
}
#define autohooked __attribute__((cleanup(hooked_close)))

static void hooked_open(struct hooked *h, const char *body, int timeout_ms)
{
	*h = (struct hooked){ .s = scratch_open() };
	put_script(&h->s, "hook", body);
	(void)snprintf(h->path, sizeof(h->path), "%s/hook", h->s.path);
	h->hook = (struct plan_hook){ .path = h->path, .timeout_ms = timeout_ms };
}

static const struct state some_state = { .version = STATE_VERSION,
					 .id = "c1",
					 .oci_version = "1.3.0",
					 .bundle = "/b/c1",
					 .pid = 42,
					 .status = ST_CREATING };

struct failing {
	char body[96];
	int timeout_ms;
	char text[200]; /* PATH stands for the hook's path */
};

/* clang-format off */
static struct failing failings[] = {
	{ "exit 1",                     -1,  "error running createRuntime hook #1: exit status 1" },
	{ "echo because >&2; exit 3",   -1,  "error running createRuntime hook #1: exit status 3: because" },
	{ "kill -9 $$",                 -1,  "error running createRuntime hook #1: signal 9 (killed)" },
	{ "exec sleep 9",               200, "error running createRuntime hook #1: PATH: timed out after 200 ms" },
	{ "true",                       -1,  "" },
};
/* clang-format on */

ParameterizedTestParameters(hooks, hook_failure_says)
{
	return cr_make_param_array(struct failing, failings, COUNT(failings));
}

ParameterizedTest(struct failing *f, hooks, hook_failure_says)
{
	autohooked struct hooked h;
	struct plan_hook two[2] = { { .path = "/bin/true", .timeout_ms = -1 } };
	const struct plan_hooks hooks = { two, 2 };
	char want[512], text[sizeof(struct err)];
	const char *mark = strstr(f->text, "PATH");
	struct err e = { 0 };
	int got;

	hooked_open(&h, f->body, f->timeout_ms);
	two[1] = h.hook;
	(void)snprintf(want, sizeof(want), "%.*s%s%s",
		       mark != NULL ? (int)(mark - f->text) : (int)strlen(f->text), f->text,
		       mark != NULL ? h.path : "", mark != NULL ? mark + 4 : "");
	got = hooks_run(&h.a, &hooks, HOOK_CREATE_RUNTIME, &some_state, ST_CREATING, &e);
	cr_expect_eq(got, f->text[0] == '\0' ? 0 : -1);
	error_text(&e, text, sizeof(text));
	cr_expect_str_eq(text, want, "%s", text);
}

Test(hooks, hook_that_cannot_be_started_is_an_error)
{
	static const struct plan_hook one = { .path = "/nowhere/hook", .timeout_ms = -1 };
	const struct plan_hooks hooks = { &one, 1 };
	autoarena struct arena a = { 0 };
	struct err e = { 0 };

	cr_expect_eq(hooks_run(&a, &hooks, HOOK_POSTSTART, &some_state, ST_RUNNING, &e), -1);
	cr_expect_eq(e.sys, ENOENT);
	cr_expect_not_null(str_after(e.text, "error running poststart hook #0: /nowhere/hook"),
			   "%s", e.text);
}

Test(hooks, hook_gets_the_state_its_arguments_and_no_other_environment)
{
	static const char *const argv[] = { "name", "arg", NULL };
	static const char *const envp[] = { "KEY=value", NULL };
	autohooked struct hooked h;
	const struct plan_hooks hooks = { &h.hook, 1 };
	char body[256], text[512];
	struct err e = { 0 };

	hooked_open(&h, "", -1);
	(void)snprintf(body, sizeof(body),
		       "cd %s; /bin/cat >in; echo \"$1 $KEY ${HOME-none}\" >rest", h.s.path);
	put_script(&h.s, "hook", body);
	h.hook.argv = argv;
	h.hook.envp = envp;
	cr_assert_eq(hooks_run(&h.a, &hooks, HOOK_CREATE_CONTAINER, &some_state, ST_CREATING,
			       &e),
		     0, "%s", e.text);
	peek_text(h.s.fd, "in", text, sizeof(text));
	cr_expect_str_eq(text,
			 "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"pid\":42,"
			 "\"status\":\"creating\",\"bundle\":\"/b/c1\"}",
			 "%s", text);
	peek_text(h.s.fd, "rest", text, sizeof(text));
	cr_expect_str_eq(text, "arg value none");
}

Test(hooks, hooks_stop_at_the_first_failure_unless_all_are_to_run)
{
	autohooked struct hooked h;
	struct plan_hook two[2] = { { .path = "/bin/false", .timeout_ms = -1 } };
	const struct plan_hooks hooks = { two, 2 };
	struct err e = { 0 };
	char body[128];

	hooked_open(&h, "", -1);
	(void)snprintf(body, sizeof(body), "/bin/touch %s/ran", h.s.path);
	put_script(&h.s, "hook", body);
	two[1] = h.hook;
	cr_expect_eq(hooks_run(&h.a, &hooks, HOOK_POSTSTOP, &some_state, ST_STOPPED, &e), -1);
	cr_expect_neq(faccessat(h.s.fd, "ran", F_OK, 0), 0);
	hooks_run_all(&h.a, &hooks, HOOK_POSTSTOP, &some_state, ST_STOPPED);
	cr_expect_eq(faccessat(h.s.fd, "ran", F_OK, 0), 0);
}

static void expect_strings(const char *const *is, const char *const *want)
{
	for (; *want != NULL; is++, want++)
		cr_expect_str_eq(*is, *want);
	cr_expect_null(*is);
}

Test(hooks, hooks_are_kept_and_read_again)
{
	static const char *const argv[] = { "a", "b\n\"", NULL };
	static const char *const envp[] = { "K=v", NULL };
	static const struct plan_hook start = { "/s", argv, envp, 1500 };
	static const struct plan_hook stops[] = { { "/t", NULL, NULL, -1 },
						  { "/u", argv, NULL, -1 } };
	autoscratch struct scratch s = scratch_open();
	const struct state_dir d = { .fd = s.fd, .lock = -1 };
	autoarena struct arena a = { 0 };
	struct plan_hooks out;
	struct plan pl = { 0 };
	struct err e = { 0 };

	pl.hooks[HOOK_POSTSTART] = (struct plan_hooks){ &start, 1 };
	pl.hooks[HOOK_POSTSTOP] = (struct plan_hooks){ stops, 2 };
	pl.hooks[HOOK_PRESTART] = (struct plan_hooks){ stops, 2 };
	cr_assert_eq(hooks_save(&a, &d, &pl, &e), 0, "%s", e.text);
	cr_assert_eq(hooks_load(&a, &d, HOOK_POSTSTART, &out, &e), 0, "%s", e.text);
	cr_assert_eq(out.n, 1);
	cr_expect_str_eq(out.v[0].path, "/s");
	cr_expect_eq(out.v[0].timeout_ms, 1500);
	expect_strings(out.v[0].argv, argv);
	expect_strings(out.v[0].envp, envp);
	cr_assert_eq(hooks_load(&a, &d, HOOK_POSTSTOP, &out, &e), 0, "%s", e.text);
	cr_assert_eq(out.n, 2);
	cr_expect_str_eq(out.v[1].path, "/u");
	cr_expect_null(out.v[0].argv);
	cr_expect_eq(out.v[0].timeout_ms, -1);
	cr_assert_eq(hooks_load(&a, &d, HOOK_PRESTART, &out, &e), 0, "%s", e.text);
	cr_expect_eq(out.n, 0);
}

Test(hooks, what_could_not_be_read_back_is_not_saved)
{
	autoscratch struct scratch s = scratch_open();
	const struct state_dir d = { .fd = s.fd, .lock = -1 };
	autoarena struct arena a = { 0 };
	char *path = arena_alloc(&a, JSON_MAX + 1);
	const struct plan_hook stop = { path, NULL, NULL, -1 };
	struct plan pl = { 0 };
	struct err e = { 0 };

	memset(path, 'x', JSON_MAX);
	path[JSON_MAX] = '\0';
	pl.hooks[HOOK_POSTSTOP] = (struct plan_hooks){ &stop, 1 };
	cr_expect_eq(hooks_save(&a, &d, &pl, &e), -1);
	cr_expect_str_eq(e.text, "hooks: expected at most 4194304 bytes of poststart and "
				 "poststop hooks, found 4194345");
	cr_expect_neq(faccessat(s.fd, "hooks.json", F_OK, 0), 0);
}

Test(hooks, no_hooks_leave_no_file)
{
	autoscratch struct scratch s = scratch_open();
	const struct state_dir d = { .fd = s.fd, .lock = -1 };
	autoarena struct arena a = { 0 };
	struct plan_hooks out = { NULL, 9 };
	struct plan pl = { 0 };
	struct err e = { 0 };

	cr_expect_eq(hooks_save(&a, &d, &pl, &e), 0);
	cr_expect_neq(faccessat(s.fd, "hooks.json", F_OK, 0), 0);
	cr_expect_eq(hooks_load(&a, &d, HOOK_POSTSTOP, &out, &e), 0, "%s", e.text);
	cr_expect_eq(out.n, 0);
}

struct broken {
	char json[64], text[96];
};

/* clang-format off */
static struct broken brokens[] = {
	{ "{\"poststop\":3}",             "poststop: expected array, found number" },
	{ "{\"poststop\":[{}]}",          "poststop[0].path: expected a path, found nothing" },
	{ "{\"poststop\":[{\"path\":1}]}", "poststop[0].path: expected string, found number" },
};
/* clang-format on */

ParameterizedTestParameters(hooks, kept_hooks_are_read_strictly)
{
	return cr_make_param_array(struct broken, brokens, COUNT(brokens));
}

ParameterizedTest(struct broken *b, hooks, kept_hooks_are_read_strictly)
{
	autoscratch struct scratch s = scratch_open();
	const struct state_dir d = { .fd = s.fd, .lock = -1 };
	autoarena struct arena a = { 0 };
	struct plan_hooks out;
	struct err e = { 0 };

	scratch_put(&s, "hooks.json", b->json);
	cr_expect_eq(hooks_load(&a, &d, HOOK_POSTSTOP, &out, &e), -1);
	cr_expect_eq(e.kind, ERR_STATE);
	cr_expect_str_eq(e.text, b->text, "%s", e.text);
}
