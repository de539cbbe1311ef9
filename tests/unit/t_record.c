/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "scratch.h"
#include "state/state.h"

static struct state_dir make(const struct scratch *s)
{
	const struct state st = {
		.id = "web", .oci_version = "1.3.0", .bundle = "/b", .pid = 4711
	};
	struct state_dir d = { -1, -1, 0 };
	struct err e = { 0 };

	cr_assert_eq(state_make(s->fd, "web", &d, &e), 0, "%s", e.text);
	cr_assert_eq(state_save(&d, &st, &e), 0, "%s", e.text);
	return d;
}

static const char *verdict_of(struct arena *a, const struct state_dir *d)
{
	struct state st;
	struct err e = { 0 };

	cr_assert_eq(state_load(a, d, "web", &st, &e), 0, "%s", e.text);
	return st.verdict;
}

Test(record, of_an_end_is_part_of_the_state_byte_by_byte)
{
	static const char text[] = "{\"exit_code\":null,\"reason\":\"oom\"}";
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = make(&s);
	struct err e = { 0 };

	cr_expect_null(verdict_of(&a, &d));
	cr_expect_not(state_has_exit(&d));
	cr_assert_eq(state_save_exit(&d, text, strlen(text), &e), 0, "%s", e.text);
	cr_expect(state_has_exit(&d));
	cr_expect_str_eq(verdict_of(&a, &d), text);
}

/* The container has to be deletable, whatever the file says. */
Test(record, that_nobody_of_ours_wrote_is_none)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = make(&s);

	for (size_t i = 0; i < 3; i++) {
		static const char *const bad[] = { "", "[1]", "{\"reason\":" };

		scratch_put(&s, "web/exit.json", bad[i]);
		cr_expect_null(verdict_of(&a, &d), "%s", bad[i]);
	}
	scratch_put(&s, "web/exit.json", "{}");
	cr_assert_eq(fchmodat(s.fd, "web/exit.json", 0622, 0), 0);
	cr_expect_null(verdict_of(&a, &d));
}

Test(record, says_who_killed)
{
	const struct state_kill k = { .signal = 9, .uid = 7, .login_uid = 1000, .caller = 42 };
	autoscratch struct scratch s = scratch_open();
	autostate struct state_dir d = make(&s);
	struct state_kill back = { 0 };
	struct err e = { 0 };

	cr_expect_not(state_load_kill(&d, &back));
	cr_assert_eq(state_save_kill(&d, &k, &e), 0, "%s", e.text);
	cr_assert(state_load_kill(&d, &back));
	cr_expect_eq(back.signal, 9);
	cr_expect_eq(back.uid, 7);
	cr_expect_eq(back.login_uid, 1000);
	cr_expect_eq(back.caller, 42);
	state_drop_kill(&d);
	cr_expect_not(state_load_kill(&d, &back));
	scratch_put(&s, "web/kill.json",
		    "{\"signal\":0,\"uid\":1,\"loginUid\":1,\"caller\":1}");
	cr_expect_not(state_load_kill(&d, &back));
}

/* What a process of its own finds: a lock is its description's, not its process's. */
static enum state_watch seen_by_another(const struct state_dir *d)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int lock = -1;

		_exit((int)state_try_watch(d, &lock));
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return (enum state_watch)WEXITSTATUS(status);
}

Test(record, knows_whether_anybody_watches)
{
	autoscratch struct scratch s = scratch_open();
	autostate struct state_dir d = make(&s);
	struct err e = { 0 };
	int lock = -1, copy;
	char text[8] = "";

	cr_expect_eq(seen_by_another(&d), STATE_UNWATCHED);
	cr_assert_eq(state_make_watch(&d, "{}", 2, &lock, &e), 0, "%s", e.text);
	cr_expect_eq(seen_by_another(&d), STATE_WATCHED);
	copy = dup(lock);
	(void)close(lock);
	cr_expect_eq(seen_by_another(&d), STATE_WATCHED, "who inherits it watches");
	(void)close(copy);
	cr_expect_eq(seen_by_another(&d), STATE_LOST);
	cr_expect_eq(state_try_watch(&d, &lock), STATE_LOST);
	cr_expect_eq(seen_by_another(&d), STATE_WATCHED, "who has found it has taken it");
	cr_expect_eq(pread(lock, text, sizeof(text), 0), 2);
	cr_expect_str_eq(text, "{}");
	(void)close(lock);
}

Test(record, waits_until_the_beginning_is_told)
{
	autoscratch struct scratch s = scratch_open();
	autostate struct state_dir d = make(&s);
	struct err e = { 0 };
	int lock = -1, telling;

	cr_expect_eq(state_hold_record(&d), -1, "nobody watches");
	cr_expect_not(state_await_record(&d, 0));
	cr_assert_eq(state_make_watch(&d, "{}", 2, &lock, &e), 0, "%s", e.text);
	telling = state_hold_record(&d);
	cr_assert_geq(telling, 0);
	cr_expect_eq(state_hold_record(&d), -1, "somebody else is telling");
	cr_expect(state_await_record(&d, 20), "after a time it is told all the same");
	(void)close(telling);
	cr_expect(state_await_record(&d, 10000));
	state_forgo_record(&d);
	cr_expect_not(state_await_record(&d, 0), "what was never made has no end");
	(void)close(lock);
}
