/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/str.h"
#include "plan_help.h"

#define OWN_PIDS    "'namespaces':[{'type':'mount'},{'type':'pid'}]"
#define LIMIT(k, v) "'annotations':{'org.caisson.limit." k "':'" v "'}"

static int plan_with(const char *process, const char *linux_, const char *top, bool disabled,
		     struct checked *c, struct plan *p, struct err *e)
{
	struct plan_want want = plan_create;

	want.cgroup_manager = disabled ? "disabled" : "cgroupfs";
	return plan_config(c, &(struct config){ process, linux_, top }, &plan_root_host, &want,
			   p, e);
}

Test(plan_watch, wants_nothing_unless_asked)
{
	struct checked c = { 0 };
	struct err e = { 0 };
	struct plan p;

	cr_assert_eq(plan_with(NULL, OWN_PIDS, NULL, false, &c, &p, &e), 0, "%s", e.text);
	cr_expect_eq(p.watch.wall_ms, 0);
	cr_expect_eq(p.watch.cpu_ms, 0);
	cr_expect_eq(p.process.rlimits_n, 0);
}

struct refusal {
	const char *linux_, *top;
	bool disabled;
	enum err_kind kind;
	const char *text;
};

#define CPU_RANGE \
	"org.caisson.limit.cpu-ms: expected milliseconds from 1 to 31536000000: found "
#define WALL_RANGE \
	"org.caisson.limit.wall-ms: expected milliseconds from 1 to 31536000000: found "
#define GRACE_RANGE "org.caisson.limit.grace-ms: expected milliseconds from 0 to 600000: found "
#define NO_GROUP    ": expected a cgroup, to reach every process: found none"

/* clang-format off */
static const struct refusal refusals[] = {
	{ OWN_PIDS, LIMIT("wall-ms", ""), false, ERR_SPEC, "annotations." WALL_RANGE "\"\"" },
	{ OWN_PIDS, LIMIT("wall-ms", "0"), false, ERR_SPEC, "annotations." WALL_RANGE "\"0\"" },
	{ OWN_PIDS, LIMIT("wall-ms", "-1"), false, ERR_SPEC, "annotations." WALL_RANGE "\"-1\"" },
	{ OWN_PIDS, LIMIT("wall-ms", "+5"), false, ERR_SPEC, "annotations." WALL_RANGE "\"+5\"" },
	{ OWN_PIDS, LIMIT("wall-ms", "5s"), false, ERR_SPEC, "annotations." WALL_RANGE "\"5s\"" },
	{ OWN_PIDS, LIMIT("wall-ms", " 5"), false, ERR_SPEC, "annotations." WALL_RANGE "\" 5\"" },
	{ OWN_PIDS, LIMIT("wall-ms", "1.5"), false, ERR_SPEC, "annotations." WALL_RANGE "\"1.5\"" },
	{ OWN_PIDS, LIMIT("wall-ms", "31536000001"), false, ERR_SPEC, "annotations." WALL_RANGE "\"31536000001\"" },
	{ OWN_PIDS, LIMIT("cpu-ms", "18446744073709551616"), false, ERR_SPEC, "annotations." CPU_RANGE "\"18446744073709551616\"" },
	{ OWN_PIDS, LIMIT("grace-ms", "600001"), false, ERR_SPEC, "annotations." GRACE_RANGE "\"600001\"" },
	/* what would escape by a fork */
	{ OWN_PIDS, LIMIT("cpu-ms", "5"), true, ERR_HOST, "annotations.org.caisson.limit.cpu-ms" NO_GROUP },
	{ NEW_MOUNT, LIMIT("wall-ms", "5"), true, ERR_HOST, "annotations.org.caisson.limit.wall-ms" NO_GROUP },
};
/* clang-format on */

Test(plan_watch, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *t = &refusals[i];
		struct checked c = { 0 };
		struct err e = { 0 };
		struct plan p;

		cr_expect_eq(plan_with(NULL, t->linux_, t->top, t->disabled, &c, &p, &e), -1,
			     "%s", t->top);
		cr_expect_eq(e.kind, t->kind, "%s: %u", t->top, e.kind);
		cr_expect_str_eq(str_after(e.text, t->text) != NULL ? t->text : e.text,
				 t->text);
	}
}

/* The end of its init is the end of all in a pid namespace. */
Test(plan_watch, needs_no_group_for_time_in_an_own_pid_namespace)
{
	struct checked c = { 0 };
	struct err e = { 0 };
	struct plan p;

	cr_assert_eq(plan_with(NULL, OWN_PIDS, LIMIT("wall-ms", "5"), true, &c, &p, &e), 0,
		     "%s", e.text);
	cr_expect_eq(p.watch.wall_ms, 5);
	cr_expect_eq(p.watch.grace_ms, 1000);
}

struct stand {
	const char *process, *ms;
	uint64_t soft, hard;
};

static const struct stand stands[] = {
	{ NULL, "1", 3, 4 },
	{ NULL, "1000", 3, 4 },
	{ NULL, "1001", 4, 5 },
	{ "'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':2}]", "9000", 1, 2 },
	{ "'rlimits':[{'type':'RLIMIT_CPU','soft':100,'hard':200}]", "9000", 11, 12 },
	{ "'rlimits':[{'type':'RLIMIT_CPU','soft':2,'hard':200}]", "9000", 2, 12 },
};

Test(plan_watch, has_an_rlimit_stand_behind_the_watcher)
{
	for (size_t i = 0; i < COUNT(stands); i++) {
		const struct stand *t = &stands[i];
		struct checked c = { 0 };
		struct err e = { 0 };
		struct plan p;
		char top[100];

		(void)snprintf(top, sizeof(top), LIMIT("cpu-ms", "%s"), t->ms);
		cr_assert_eq(plan_with(t->process, OWN_PIDS, top, false, &c, &p, &e), 0, "%s",
			     e.text);
		cr_assert_eq(p.process.rlimits_n, 1);
		cr_expect_eq(p.process.rlimits[0].resource, RLIMIT_CPU);
		cr_expect_eq(p.process.rlimits[0].soft, t->soft, "%zu", i);
		cr_expect_eq(p.process.rlimits[0].hard, t->hard, "%zu", i);
	}
}
