/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "state/state.h"
#include "tests/unit/scratch.h"

/* locks */

static void nap_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* In a child: opens with the lock and tells by its exit code what it found. */
static pid_t opener(const struct scratch *s)
{
	pid_t pid = fork();
	struct state_dir d;
	struct err e = { 0 };

	if (pid != 0)
		return pid;
	if (state_open(s->fd, "web", true, &d, &e) == 0)
		_exit(faccessat(d.fd, "second", F_OK, 0) == 0 ? 2 : 1);
	_exit(strcmp(e.text, "container web does not exist") == 0 ? 3 : 4);
}

static int ended(pid_t pid)
{
	int status = 0;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Holds the container, and has somebody wait for it. */
static pid_t make_and_wait(const struct scratch *s, struct state_dir *d)
{
	struct err e = { 0 };
	pid_t pid;

	cr_assert_eq(state_make(s->fd, "web", d, &e), 0);
	pid = opener(s);
	nap_ms(100);
	return pid;
}

Test(state, a_lock_is_waited_for, .timeout = 20)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d;
	const pid_t pid = make_and_wait(&s, &d);

	cr_expect_eq(waitpid(pid, NULL, WNOHANG), 0);
	state_dir_close(&d);
	cr_expect_eq(ended(pid), 1);
}

Test(state, a_waiter_sees_that_the_container_went, .timeout = 20)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d;
	const pid_t pid = make_and_wait(&s, &d);
	struct err e = { 0 };

	cr_assert_eq(state_remove(s.fd, "web", &d, &e), 0);
	cr_expect_eq(ended(pid), 3);
}

Test(state, a_waiter_gets_the_container_that_was_made_again, .timeout = 20)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d, d2;
	const pid_t pid = make_and_wait(&s, &d);
	struct err e = { 0 };

	cr_assert_eq(unlinkat(d.fd, "status", 0), 0);
	cr_assert_eq(unlinkat(s.fd, "web", AT_REMOVEDIR), 0);
	cr_assert_eq(state_make(s.fd, "web", &d2, &e), 0, "%s", e.text);
	scratch_put(&s, "web/second", "");
	state_dir_close(&d);
	nap_ms(100);
	cr_expect_eq(waitpid(pid, NULL, WNOHANG), 0, "it must wait for the new lock");
	state_dir_close(&d2);
	cr_expect_eq(ended(pid), 2);
}

Test(state, a_child_that_lives_on_does_not_keep_the_lock, .timeout = 20)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d;
	struct err e = { 0 };
	pid_t child;

	cr_assert_eq(state_make(s.fd, "web", &d, &e), 0);
	child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	state_dir_close(&d);
	cr_expect_eq(state_open(s.fd, "web", true, &d, &e), 0, "%s", e.text);
	(void)kill(child, SIGKILL);
	(void)ended(child);
	/* nor does a child's closing release it */
	child = fork();
	if (child == 0) {
		state_dir_close(&d);
		_exit(0);
	}
	(void)ended(child);
	child = opener(&s);
	nap_ms(100);
	cr_expect_eq(waitpid(child, NULL, WNOHANG), 0);
	state_dir_close(&d);
	cr_expect_eq(ended(child), 1);
}

Test(state, a_lock_is_not_waited_for_without_end, .timeout = 30)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d, d2;
	struct err e = { 0 };
	uint64_t start = now_boot_ms();

	cr_assert_eq(state_make(s.fd, "web", &d, &e), 0);
	cr_expect_eq(state_open(s.fd, "web", true, &d2, &e), -1);
	cr_expect_str_eq(e.text, "container web: expected its lock within 10 s: another "
				 "command holds it");
	cr_expect_geq(now_boot_ms() - start, 9900);
	state_dir_close(&d);
}

Test(state, makers_of_one_name_race_and_one_wins, .timeout = 30)
{
	autoscratch struct scratch s = scratch_open();
	int won = 0;

	for (int i = 0; i < 16; i++) {
		if (fork() == 0) {
			struct state_dir d;
			struct err e = { 0 };

			_exit(state_make(s.fd, "web", &d, &e) == 0 ? 0 : 1);
		}
	}
	for (int i = 0, status; i < 16; i++) {
		cr_assert_gt(wait(&status), 0);
		won += status == 0;
	}
	cr_expect_eq(won, 1);
}

/* liveness */

Test(state, liveness_is_pid_and_start_time)
{
	struct state s = { .status = ST_RUNNING, .pid = getpid() };
	char letter;

	cr_assert_eq(proc_stat(s.pid, &s.start_time, &letter), 0);
	cr_expect_eq(state_now(&s), ST_RUNNING);
	s.start_time++;
	cr_expect_eq(state_now(&s), ST_STOPPED);
	s = (struct state){ .status = ST_CREATING };
	cr_expect_eq(state_now(&s), ST_CREATING);
}

/* "start" may be killed after it said START and before it saves. */
Test(state, who_has_executed_is_running, .timeout = 20)
{
	struct state s = { .status = ST_CREATED };
	char letter, byte;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	s.pid = fork();
	if (s.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		(void)execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	cr_assert_eq(proc_stat(s.pid, &s.start_time, &letter), 0);
	cr_expect_eq(state_now(&s), ST_CREATED);
	(void)close(ends[1]);
	while (!proc_executed(s.pid, s.start_time))
		(void)usleep(1000);
	cr_expect_eq(state_now(&s), ST_RUNNING);
	s.status = ST_CREATING;
	cr_expect_eq(state_now(&s), ST_RUNNING);
	(void)kill(s.pid, SIGKILL);
	(void)waitpid(s.pid, NULL, 0);
	cr_expect_eq(state_now(&s), ST_STOPPED);
}
