/* SPDX-License-Identifier: Apache-2.0 */
/* ending.c - how the init ended, as far as who is not its parent can know. */
#include <errno.h>

#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "watch/verdict.h"
#include "watch/watch_private.h"

/* How long the beginning may take to be told. */
#define TELLING_MS 5000

/* First what its parent's wait(2) will take away. The pidfd has it from then on, but only since
 * Linux 6.15. */
void watch_see_end(struct watch *w)
{
	int err = w->stat >= 0 ? proc_ended(w->stat, &w->end.status, &w->end.never_executed)
			       : -ESRCH;

	if (err < 0)
		err = sys_pidfd_exit_status(w->at.init, &w->end.status);
	w->end.is_known = err == 0;
	w->end.at_ms = now_boot_ms();
}

/* 0: not started. */
static uint64_t started_ms(const struct watch *w)
{
	autoarena struct arena a = { 0 };
	struct err ignored = { 0 };
	struct state st;

	if (w->started_ms > 0)
		return w->started_ms;
	return state_load(&a, w->at.dir, w->want.id, &st, &ignored) < 0 ? 0 : st.started_ms;
}

void watch_record(struct watch *w)
{
	struct verdict_facts f = { .has_status = w->end.is_known,
				   .status = w->end.status,
				   .never_executed = w->end.never_executed,
				   .cause = w->cause,
				   .denials = watch_denials(w),
				   .wall_limit_ms = w->want.wall_ms,
				   .cpu_limit_ms = w->want.cpu_ms };
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct verdict v;
	const char *text;
	struct json *j;
	size_t len;
	uint64_t started;

	if (!state_await_record(w->at.dir, TELLING_MS))
		return;
	started = started_ms(w);
	if (started > 0)
		f.wall_ms = w->end.at_ms - started;
	else
		f.never_executed = true;
	verdict_gather(&f, w->at.cg, w->at.dir, &v);
	j = verdict_json(&a, &v);
	text = json_print(&a, j, JSON_CANONICAL, &len);
	watch_tell(w, AUDIT_EXIT,
		   &(struct audit_result){ .verdict = j, .exit_code = v.exit_code }, &a);
	if (state_save_exit(w->at.dir, text, len, &e) < 0)
		log_debug("%s", e.text);
}
