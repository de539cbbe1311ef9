/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "base/str.h"
#include "run/run.h"
#include "run/steps.h"
#include "tests/unit/run_help.h"

/* ---- the tables ---- */

/* The order is the security: who changes a line there changes it here, and says why. */
static const char *const parent_order[] = {
	"preserve-fds",    "state",           "cgroup",          "resctrl",
	"namespace-files", "host-proc",       "idmapped-mounts", "console-socket",
	"seccomp-agent",   "sockets",         "clone",           "network",
	"state-pid",       "scope",           "cgroup-join",     "resctrl-join",
	"write-id-maps",   "network-given",   "device-filter",   "net-devices",
	"filter-proof",    "state-rest",      "oom-score",       "pty",
	"hooks",           "watch",           "go-ahead",        "ready",
	"watched",         "rlimits-outside", "state-created",   "pidfd-socket",
	"pid-file",
};

static const char *const child_order[] = {
	"join-namespaces", "session",       "cgroup-wait",  "cgroup-namespace",
	"propagation",     "mount-sources", "root",         "id-maps",
	"sources-inside",  "root-inside",   "hide-binary",  "network-wait",
	"loopback",        "mounts",        "devices",      "terminal",
	"late-read-only",  "runtime-hooks", "create-hooks", "pivot-root",
	"hostname",        "sysctl",        "label-open",   "readonly-root",
	"readonly-paths",  "masked-paths",
};

static const char *const process_order[] = {
	"keyring",      "processors",   "scheduler", "io-priority",       "memory-policy",
	"personality",  "no-new-privs", "rlimits",   "other-descriptors", "cwd",
	"bounding-set", "user",         "cwd-check", "capabilities",      "umask",
	"undumpable",   "executable",
};

static const char *const exec_order[] = {
	"preserve-fds", "console-socket",   "seccomp-agent",
	"exec-cgroup",  "exec-proc",        "exec-socket",
	"exec-clone",   "affinity-initial", "exec-cgroup-join",
	"resctrl-join", "oom-score",        "pty",
	"ready",        "rlimits-outside",  "pidfd-socket",
	"pid-file",
};

static const char *const entry_order[] = {
	"session",    "cgroup-wait", "hide-binary", "enter",
	"entry-root", "label-open",  "terminal",
};

static const char *const start_order[] = { "label", "start-hooks", "descriptors",
					   "seccomp-courier" };

static void expect_order(const struct step *table, size_t n, const char *const *names,
			 size_t names_n)
{
	cr_expect_eq(n, names_n, "%zu steps", n);
	for (size_t i = 0; i < n && i < names_n; i++)
		cr_expect_str_eq(table[i].name, names[i], "step %zu is %s, expected %s", i,
				 table[i].name, names[i]);
}

Test(steps, the_runtimes_order_is_held)
{
	expect_order(parent_steps, parent_steps_n, parent_order, COUNT(parent_order));
}

Test(steps, the_containers_order_is_held)
{
	expect_order(child_steps, child_steps_n, child_order, COUNT(child_order));
}

Test(steps, the_process_order_is_held)
{
	expect_order(process_steps, process_steps_n, process_order, COUNT(process_order));
}

Test(steps, the_order_of_exec_is_held)
{
	expect_order(exec_steps, exec_steps_n, exec_order, COUNT(exec_order));
	expect_order(entry_steps, entry_steps_n, entry_order, COUNT(entry_order));
}

Test(steps, the_order_after_start_is_held)
{
	expect_order(start_steps, start_steps_n, start_order, COUNT(start_order));
}

static const char *const restore_order[] = {
	"preserve-fds",  "state",        "cgroup",     "namespace-files", "console-socket",
	"device-filter", "filter-proof", "state-rest", "mount-places",    "criu-restore",
	"state-running", "watch",        "watched",    "pid-file",
};

/* Limits and the filter of devices are there before there is a process; the pid file after it.
 */
Test(steps, the_order_of_restore_is_held)
{
	expect_order(restore_steps, restore_steps_n, restore_order, COUNT(restore_order));
}

static bool wants(const struct step *table, size_t n, const char *name, const struct plan *pl)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(table[i].name, name))
			return table[i].wanted == NULL || table[i].wanted(pl);
	return false;
}

/* Before such a hook the device filter is attached, which is what the init waits for. */
Test(steps, before_each_hook_of_creation_both_sides_meet)
{
	for (int k = 0; k < HOOK_KINDS; k++) {
		bool early = k == HOOK_PRESTART || k == HOOK_CREATE_RUNTIME ||
			     k == HOOK_CREATE_CONTAINER;
		struct plan pl = { 0 };

		pl.hooks[k].n = 1;
		cr_expect_eq(wants(parent_steps, parent_steps_n, "hooks", &pl), early, "%s",
			     spec_hook_names[k]);
		cr_expect_eq(wants(child_steps, child_steps_n, "runtime-hooks", &pl), early,
			     "%s", spec_hook_names[k]);
	}
}

/* config.md#process: required when "start" is called; what keeps the init safe is done anyway.
 */
Test(steps, without_a_process_no_directory_and_no_program_is_looked_for)
{
	static const char *const argv[] = { "/bin/true", NULL };
	const struct plan none = { 0 }, some = { .process.argv = argv };

	for (size_t i = 0; i < process_steps_n; i++) {
		const char *name = process_steps[i].name;
		bool of_process = str_eq(name, "cwd") || str_eq(name, "executable");

		cr_expect_eq(wants(process_steps, process_steps_n, name, &none) !=
				     wants(process_steps, process_steps_n, name, &some),
			     of_process, "%s", name);
	}
}

static size_t place_of(const char *name)
{
	size_t i = 0;

	while (i < parent_steps_n && !str_eq(parent_steps[i].name, name))
		i++;
	return i;
}

/* Of the policy or of the profile beside it. */
Test(steps, a_filter_is_proved_before_it_is_kept_or_used)
{
	const struct policy *any = (const void *)parent_steps;
	const struct plan none = { .has_filter = true };
	const struct plan left[] = { { .policy.unproved = any },
				     { .profile.from.unproved = any } };

	cr_expect_not(wants(parent_steps, parent_steps_n, "filter-proof", &none));
	for (size_t i = 0; i < COUNT(left); i++) {
		cr_expect(wants(parent_steps, parent_steps_n, "filter-proof", &left[i]));
		cr_expect(wants(restore_steps, restore_steps_n, "filter-proof", &left[i]));
	}
	cr_expect_lt(place_of("filter-proof"), place_of("state-rest"));
	cr_expect_lt(place_of("filter-proof"), place_of("go-ahead"));
}

/* One of the two, and both sides of the same mind. */
Test(steps, a_network_namespace_is_made_once)
{
	for (int i = 0; i < 16; i++) {
		struct plan pl = { .ns.new_net = (i & 8) == 0,
				   .ns.in_user_ns = (i & 1) != 0,
				   .ns.ladder = (i & 2) != 0 ? LADDER_STAGED : LADDER_DIRECT,
				   .net.n = (i & 4) != 0 };
		const bool beside = (i & 7) == 0;

		cr_expect_eq(wants(parent_steps, parent_steps_n, "network", &pl),
			     beside && pl.ns.new_net, "%d", i);
		cr_expect_eq(wants(parent_steps, parent_steps_n, "network-given", &pl),
			     beside && pl.ns.new_net, "%d", i);
		cr_expect_eq(wants(child_steps, child_steps_n, "network-wait", &pl),
			     beside && pl.ns.new_net, "%d", i);
		cr_expect_eq(wants(child_steps, child_steps_n, "loopback", &pl),
			     !beside && pl.ns.new_net, "%d", i);
	}
}

/* The same step may stand in the tables of create and of exec. */
static size_t others_named(const struct step *step)
{
	size_t others = 0;

	for (const struct run_table *t = run_tables; t->name != NULL; t++)
		for (size_t i = 0; i < *t->n; i++)
			others += str_eq(t->steps[i].name, step->name) &&
				  (t->steps[i].run != step->run ||
				   !str_eq(t->steps[i].spec, step->spec));
	return others;
}

static size_t times_in(const struct run_table *t, const char *name)
{
	size_t times = 0;

	for (size_t i = 0; i < *t->n; i++)
		times += str_eq(t->steps[i].name, name);
	return times;
}

/* One name, one step: the error, the log and CAISSON_FAULT say nothing else. */
Test(steps, every_step_has_a_name_of_its_own_that_fits_the_error)
{
	struct err e;

	for (const struct run_table *t = run_tables; t->name != NULL; t++)
		for (size_t i = 0; i < *t->n; i++) {
			const char *name = t->steps[i].name;

			cr_expect_eq(times_in(t, name), 1, "%s", name);
			cr_expect_eq(others_named(&t->steps[i]), 0, "%s", name);
			cr_expect_gt(strlen(name), 0);
			cr_expect_lt(strlen(name), sizeof(e.step), "%s", name);
			cr_expect_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name),
				     "%s", name);
		}
}

Test(steps, every_step_says_who_asks_for_it)
{
	for (const struct run_table *t = run_tables; t->name != NULL; t++)
		for (size_t i = 0; i < *t->n; i++) {
			const char *spec = t->steps[i].spec;

			cr_expect(strstr(spec, ".md") != NULL || str_after(spec, "CVE-") ||
					  str_after(spec, "runc.8 --"),
				  "%s: %s", t->steps[i].name, spec);
			cr_expect_not_null(t->steps[i].run, "%s", t->steps[i].name);
		}
}

Test(steps, all_tables_are_listed)
{
	size_t n = 0;

	for (const struct run_table *t = run_tables; t->name != NULL; t++)
		n += *t->n;
	cr_expect_eq(n, parent_steps_n + child_steps_n + process_steps_n + exec_steps_n +
				entry_steps_n + start_steps_n + restore_steps_n);
}

/* ---- the runner: each step leaves a letter in the run's executable ---- */

static int note(struct run *r, char c)
{
	r->executable = arena_printf(r->arena, "%s%c", r->executable, c);
	return 0;
}

static int step_a(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	(void)e;
	return note(r, 'a');
}

static int step_b(struct run *r, const struct plan *pl, struct err *e)
{
	(void)pl;
	(void)e;
	return note(r, 'b');
}

static int step_fails(struct run *r, const struct plan *pl, struct err *e)
{
	(void)note(r, 'F');
	return fail(e, ERR_SPEC, "%s: no", pl->id);
}

/* As the init's own error comes to us. */
static int step_fails_by_name(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)pl;
	(void)strcpy(e->step, "mounts");
	return fail(e, ERR_SPEC, "no");
}

static bool when_privileged(const struct plan *pl)
{
	return pl->protect_self;
}

static const struct step runs_all[] = {
	{ "one", "x.md", NULL, step_a },
	{ "two", "x.md", when_privileged, step_b },
	{ "three", "x.md", NULL, step_a },
};
static const struct step fails_second[] = {
	{ "one", "x.md", NULL, step_a },
	{ "a-name-of-thirty-one-characters", "x.md", NULL, step_fails },
	{ "three", "x.md", NULL, step_b },
};
static const struct step fails_unwanted[] = {
	{ "one", "x.md", when_privileged, step_fails },
	{ "two", "x.md", NULL, step_b },
};
static const struct step fails_by_name[] = {
	{ "one", "x.md", NULL, step_fails_by_name },
};

/* A parameter crosses to another process: it names its table by number. */
enum table {
	RUNS_ALL,
	FAILS_SECOND,
	FAILS_UNWANTED,
	FAILS_BY_NAME
};
static const struct step *const tables[] = {
	[RUNS_ALL] = runs_all,
	[FAILS_SECOND] = fails_second,
	[FAILS_UNWANTED] = fails_unwanted,
	[FAILS_BY_NAME] = fails_by_name,
};

struct running {
	char about[40];
	enum table table;
	size_t n;
	bool wanted;
	int result;
	char ran[8], text[80];
};

/* clang-format off */
static struct running runnings[] = {
	{ "all that is wanted",      RUNS_ALL,       3, true,  0,  "aba", "" },
	{ "skips what is not",       RUNS_ALL,       3, false, 0,  "aa",  "" },
	{ "nothing",                 RUNS_ALL,       0, true,  0,  "",    "" },
	{ "stops at the first",      FAILS_SECOND,   3, true,  -1, "aF",
	  "a-name-of-thirty-one-characters: c1: no" },
	{ "an unwanted one is safe", FAILS_UNWANTED, 2, false, 0,  "b",   "" },
	{ "a name that is there",    FAILS_BY_NAME,  1, true,  -1, "",    "mounts: no" },
};
/* clang-format on */

ParameterizedTestParameters(steps, run_in_order_until_one_fails)
{
	return cr_make_param_array(struct running, runnings, COUNT(runnings));
}

ParameterizedTest(struct running *c, steps, run_in_order_until_one_fails)
{
	autoarena struct arena a = { 0 };
	struct run r = bare_run(&a, NULL);
	const struct plan pl = { .id = "c1", .protect_self = c->wanted };
	char text[sizeof(struct err)];
	struct err e = { 0 };

	r.executable = "";
	cr_expect_eq(steps_run(tables[c->table], c->n, &r, &pl, &e), c->result, "%s", c->about);
	error_text(&e, text, sizeof(text));
	cr_expect_str_eq(r.executable, c->ran, "%s: ran %s", c->about, r.executable);
	cr_expect_str_eq(text, c->text, "%s: %s", c->about, text);
}
