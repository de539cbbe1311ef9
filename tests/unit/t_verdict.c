/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>

#include "base/json.h"
#include "watch/verdict.h"

#define EXITED(n) .has_status = true, .status = (n) << 8
#define DIED(sig) .has_status = true, .status = (sig)

/* What was counted, done and seen; what it is called. */
struct ending {
	struct verdict_facts f;
	int64_t oom_kills, pids_hits, cpu_usec; /* -1 in the first: no group */
	int killed_by;                          /* signal of a kill, or 0 */
	char reason[16];
	int exit_code;
};

/* clang-format off */
static struct ending endings[] = {
	{ { EXITED(0) }, 0, 0, 0, 0, "exited", 0 },
	{ { EXITED(7) }, 0, 0, 0, 0, "exited", 7 },
	{ { EXITED(0) }, -1, 0, 0, 0, "exited", 0 },
	{ { DIED(SIGSEGV) }, 0, 0, 0, 0, "signaled", 139 },
	/* 137 proves nothing */
	{ { DIED(SIGKILL) }, 0, 0, 0, 0, "signaled", 137 },
	{ { EXITED(137) }, 0, 0, 0, 0, "exited", 137 },
	/* an oom kill is counted, whatever the leader makes of it */
	{ { DIED(SIGKILL) }, 1, 0, 0, 0, "oom", 137 },
	{ { EXITED(7) }, 1, 0, 0, 0, "oom", 7 },
	{ { EXITED(0) }, 3, 0, 0, 0, "oom", 0 },
	{ { DIED(SIGSYS) }, 0, 0, 0, 0, "seccomp", 159 },
	{ { DIED(SIGSYS) }, 1, 0, 0, 0, "oom", 159 },
	/* a program that copes with EAGAIN has not ended of it */
	{ { EXITED(2) }, 0, 5, 0, 0, "pids", 2 },
	{ { DIED(SIGABRT) }, 0, 5, 0, 0, "pids", 134 },
	{ { EXITED(0) }, 0, 5, 0, 0, "exited", 0 },
	{ { EXITED(2) }, 1, 5, 0, 0, "oom", 2 },
	/* what we did ourselves is known before it is done */
	{ { EXITED(0), .cause = { .kind = CAUSE_WALL } }, 0, 0, 0, 0, "wall", 0 },
	{ { DIED(SIGTERM), .cause = { .kind = CAUSE_WALL } }, 0, 0, 0, 0, "wall", 143 },
	{ { DIED(SIGKILL), .cause = { .kind = CAUSE_WALL, .killed = true } }, 1, 0, 0, 0, "wall", 137 },
	{ { DIED(SIGKILL), .cause = { .kind = CAUSE_CPU } }, 0, 0, 0, SIGKILL, "cpu", 137 },
	{ { DIED(SIGKILL), .cause = { .kind = CAUSE_POLICY } }, 1, 9, 0, 0, "policy", 137 },
	{ { .cause = { .kind = CAUSE_WALL } }, 0, 0, 0, 0, "wall", -1 },
	/* RLIMIT_CPU stands behind the watcher */
	{ { DIED(SIGXCPU), .cpu_limit_ms = 100 }, 0, 0, 100000, 0, "cpu", 152 },
	{ { DIED(SIGXCPU), .cpu_limit_ms = 100 }, 0, 0, 99999, 0, "signaled", 152 },
	{ { DIED(SIGXCPU) }, 0, 0, 100000, 0, "signaled", 152 },
	/* who was told to die and died of it was killed */
	{ { DIED(SIGKILL) }, 0, 0, 0, SIGKILL, "killed", 137 },
	{ { DIED(SIGTERM) }, 0, 0, 0, SIGTERM, "killed", 143 },
	{ { DIED(SIGKILL) }, 0, 0, 0, SIGTERM, "signaled", 137 },
	{ { EXITED(0) }, 0, 0, 0, SIGTERM, "exited", 0 },
	{ { EXITED(1), .never_executed = true }, 0, 0, 0, 0, "runtime", 1 },
	{ { DIED(SIGKILL), .never_executed = true }, 0, 0, 0, SIGKILL, "killed", 137 },
	/* where the code is not to be had, what was counted is as exact as ever */
	{ { .has_status = false }, 0, 0, 0, 0, "unknown", -1 },
	{ { .has_status = false }, 1, 0, 0, 0, "oom", -1 },
	{ { .has_status = false }, 0, 4, 0, 0, "unknown", -1 },
	{ { .has_status = false }, 0, 0, 0, SIGKILL, "killed", -1 },
	{ { .has_status = false }, 0, 0, 0, SIGTERM, "unknown", -1 },
	{ { .has_status = false, .unwatched = true }, 0, 0, 0, 0, "unknown", -1 },
};
/* clang-format on */

static void judge(const struct ending *t, struct verdict *v)
{
	const struct cg_usage usage = { .oom_kills = t->oom_kills,
					.pids_max_hits = t->pids_hits,
					.cpu_usec = t->cpu_usec };
	const struct state_kill kill = { .signal = t->killed_by, .uid = 1000, .caller = 4 };
	struct verdict_facts f = t->f;

	f.usage = t->oom_kills >= 0 ? &usage : NULL;
	f.kill = t->killed_by != 0 ? &kill : NULL;
	verdict_make(&f, v);
}

ParameterizedTestParameters(verdict, is_what_the_evidence_says)
{
	return cr_make_param_array(struct ending, endings, COUNT(endings));
}

ParameterizedTest(struct ending *t, verdict, is_what_the_evidence_says)
{
	struct verdict v;

	judge(t, &v);
	cr_expect_str_eq(v.reason, t->reason);
	cr_expect_eq(v.exit_code, t->exit_code, "%s: %d", v.reason, v.exit_code);
}

static const char *text_of(struct arena *a, const struct ending *t)
{
	struct verdict v;

	judge(t, &v);
	return json_print(a, verdict_json(a, &v), JSON_CANONICAL, NULL);
}

Test(verdict, outlives_the_facts_it_was_made_of)
{
	autoarena struct arena a = { 0 };
	const struct ending t = { { DIED(SIGKILL), .wall_ms = 12 }, 2, 0, 5, SIGKILL, "", 0 };

	cr_expect_str_eq(text_of(&a, &t),
			 "{\"cpu_system_usec\":0,\"cpu_usec\":5,\"cpu_user_usec\":0,"
			 "\"exit_code\":137,\"io_read_bytes\":0,\"io_write_bytes\":0,"
			 "\"killed_by\":{\"caller_pid\":4,\"login_uid\":0,\"uid\":1000},"
			 "\"memory_peak\":0,\"oom_kills\":2,\"oom_scope\":\"ancestor\","
			 "\"pids_max_hits\":0,\"pids_peak\":0,\"reason\":\"killed\","
			 "\"signal\":9,\"wall_ms\":12}");
}

Test(verdict, says_null_and_why_for_a_code_that_nobody_knows)
{
	autoarena struct arena a = { 0 };
	struct ending t = { { .wall_ms = 1 }, -1, 0, 0, 0, "", 0 };

	cr_expect_str_eq(text_of(&a, &t), "{\"evidence\":\"not observable\",\"exit_code\":null,"
					  "\"reason\":\"unknown\",\"wall_ms\":1}");
	t.f.unwatched = true;
	cr_expect_str_eq(text_of(&a, &t), "{\"evidence\":\"not watched\",\"exit_code\":null,"
					  "\"reason\":\"unknown\"}");
}

Test(verdict, says_which_limit_it_was_and_how_it_was_kept)
{
	autoarena struct arena a = { 0 };
	struct ending t = { { DIED(SIGTERM), .wall_ms = 501, .wall_limit_ms = 500,
			      .cpu_limit_ms = 70, .cause = { .kind = CAUSE_WALL } },
			    -1,
			    0,
			    0,
			    0,
			    "",
			    0 };

	cr_expect_str_eq(text_of(&a, &t),
			 "{\"ended_with\":\"SIGTERM\",\"exit_code\":143,\"limit_ms\":500,"
			 "\"reason\":\"wall\",\"signal\":15,\"wall_ms\":501}");
	t.f.cause.kind = CAUSE_CPU;
	t.f.cause.killed = true;
	cr_expect_str_eq(text_of(&a, &t),
			 "{\"ended_with\":\"SIGKILL\",\"exit_code\":143,\"limit_ms\":70,"
			 "\"reason\":\"cpu\",\"signal\":15,\"wall_ms\":501}");
	t.f.cause = (struct watch_cause){ .kind = CAUSE_POLICY, .event = WATCH_PIDS };
	cr_expect_str_eq(text_of(&a, &t),
			 "{\"ended_with\":\"SIGTERM\",\"exit_code\":143,\"reason\":\"policy\","
			 "\"response_to\":\"limit.pids\",\"signal\":15,\"wall_ms\":501}");
}
