/* SPDX-License-Identifier: Apache-2.0 */
/* sdb_main.c - caisson-systemd: a call on stdin, its answer on stdout (unit_wire.h). Not for
 * users; the runtime starts it for unit_call. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "systemd/sdb.h"
#include "systemd/unit_wire.h"

/* We end with who asked: an init that waits for our answer does so too. */
static int stay_with(pid_t from, struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail_sys(e, errno, "prctl PR_SET_PDEATHSIG");
	return getppid() == from ? 0 : fail(e, ERR_HOST, "who asked is gone");
}

static int do_call(struct arena *a, struct err *e)
{
	autofree char *text = NULL;
	struct unit_call c;
	struct sdb s = { 0 };
	size_t len;
	int got;

	if (file_read_fd(STDIN_FILENO, JSON_MAX, "call", &text, &len, e) < 0 ||
	    unit_wire_read_call(a, text, len, &c, e) < 0 || stay_with(c.from, e) < 0)
		return -1;
	got = sdb_open(&s, c.bus, c.unit, e);
	if (got == 0)
		got = sdb_do(&s, &c, e);
	sdb_close(&s);
	return got;
}

int main(void)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	const char *answer;
	size_t len;
	int got;

	(void)prctl(PR_SET_DUMPABLE, 0); /* our uid is also a rootless container's root's */
	got = do_call(&a, &e);
	answer = unit_wire_answer(&a, got < 0 ? &e : NULL, &len);
	return write_all(STDOUT_FILENO, answer, len) < 0 ? 1 : 0;
}
