/* SPDX-License-Identifier: Apache-2.0 */
/* sdb_session.c - one connection, one question at a time, the jobs of one unit. sd_bus_call
 * would wait by several clocks (25 s for the connection, 25 s for a call): here everything is
 * sent ahead and one loop waits by ours. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/proc.h"
#include "base/str.h"
#include "systemd/sdb.h"
#include "systemd/unit_wire.h"

#define MANAGER   "org.freedesktop.systemd1"
#define PATH      "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

int sdb_fail(const struct sdb *s, int err, const char *what, struct err *e)
{
	return fail_sys(e, -err, "systemd: %s: %s", s->unit, what);
}

static int on_job_removed(sd_bus_message *m, void *data, sd_bus_error *ignored)
{
	const char *job, *unit, *result;
	struct sdb *s = data;
	uint32_t id;

	(void)ignored;
	if (sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) < 0 ||
	    !str_eq(unit, s->unit))
		return 0;
	(void)snprintf(s->removed, sizeof(s->removed), "%s", job);
	(void)snprintf(s->result, sizeof(s->result), "%s", result);
	return 0;
}

/* No Subscribe: who makes a job by the bus hears of its end (bus_job_track, systemd 230). */
static int listen(struct sdb *s)
{
	return sd_bus_match_signal_async(s->bus, NULL, MANAGER, PATH, INTERFACE, "JobRemoved",
					 on_job_removed, NULL, s);
}

/* sd-bus leaves the uid out of its greeting since 247, and the bus takes that of the socket:
 * inside a user namespace our own idea of it would be refused. */
int sdb_open(struct sdb *s, const char *address, const char *unit, struct err *e)
{
	int r = sd_bus_new(&s->bus);

	s->unit = unit;
	s->end_ms = now_boot_ms() + UNIT_WAIT_MS;
	if (r >= 0)
		r = sd_bus_set_address(s->bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(s->bus, 1);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(s->bus, (uint64_t)UNIT_WAIT_MS * 1000);
	if (r >= 0)
		r = sd_bus_start(s->bus);
	if (r >= 0)
		r = listen(s);
	if (r >= 0)
		return 0;
	(void)fail_sys(e, -r, "systemd: connect to the bus %s", address);
	return hint(e, "is the bus of systemd up? See systemctl status dbus.socket, for a user "
		       "with "
		       "--user");
}

void sdb_close(struct sdb *s)
{
	s->got = sd_bus_message_unref(s->got);
	s->bus = sd_bus_close_unref(s->bus); /* nothing is owed: no flush that could wait */
}

static int on_answer(sd_bus_message *m, void *data, sd_bus_error *ignored)
{
	struct sdb *s = data;

	(void)ignored;
	s->got = sd_bus_message_ref(m);
	s->answered = true;
	return 0;
}

/* Serves the connection until *done. */
static int serve(struct sdb *s, bool (*done)(const struct sdb *s), const char *what,
		 struct err *e)
{
	while (!done(s)) {
		uint64_t now = now_boot_ms();
		int r = sd_bus_process(s->bus, NULL);

		if (r == 0 && now >= s->end_ms)
			return unit_hung(s->unit, what, e);
		if (r == 0)
			r = sd_bus_wait(s->bus, (s->end_ms - now) * 1000);
		if (r < 0 && r != -EINTR)
			return sdb_fail(s, r, "talk to the bus", e);
	}
	return 0;
}

sd_bus_message *sdb_message(struct sdb *s, const char *member, struct err *e)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(s->bus, &m, MANAGER, PATH, INTERFACE, member);

	if (r >= 0)
		return m;
	(void)sdb_fail(s, r, member, e);
	return NULL;
}

static bool is_answered(const struct sdb *s)
{
	return s->answered;
}

int sdb_ask(struct sdb *s, sd_bus_message *m, struct err *e)
{
	uint64_t now = now_boot_ms(), left = s->end_ms > now ? s->end_ms - now : 1;
	int r;

	s->answered = false;
	s->got = sd_bus_message_unref(s->got);
	/* a moment more than we wait ourselves: the words are to be ours */
	r = sd_bus_call_async(s->bus, NULL, m, on_answer, s, (left + 1000) * 1000);
	(void)sd_bus_message_unref(m);
	if (r < 0)
		return sdb_fail(s, r, "send to the bus", e);
	return serve(s, is_answered, "an answer", e);
}

const char *sdb_refusal(const struct sdb *s)
{
	const sd_bus_error *why = sd_bus_message_get_error(s->got);

	return why != NULL ? why->name : NULL;
}

/* What the manager's errors mean for us. */
static const struct {
	const char *name, *remedy;
	int sys;
} refusals[] = {
	{ "org.freedesktop.systemd1.UnitExists",
	  "the container's cgroup is not empty, who has the name lives: see systemctl status, "
	  "and choose another",
	  0 },
	{ "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
	  "this user may not ask the system's manager: run it as root, or in a user session",
	  EACCES },
	{ "org.freedesktop.DBus.Error.AccessDenied",
	  "the bus's policy, or systemd's, denies it to this user", EACCES },
	{ "org.freedesktop.DBus.Error.ServiceUnknown",
	  "nobody on this bus is systemd: is it process 1 here? For a user: systemctl --user",
	  0 },
	{ "org.freedesktop.DBus.Error.PropertyReadOnly",
	  "this systemd does not know the property, or not for a scope", 0 },
};

int sdb_refused(const struct sdb *s, const char *what, struct err *e)
{
	const sd_bus_error *why = sd_bus_message_get_error(s->got);

	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (!str_eq(why->name, refusals[i].name))
			continue;
		if (refusals[i].sys != 0)
			(void)fail_sys(e, refusals[i].sys, "systemd: %s: %s: %.200s", s->unit,
				       what, why->message != NULL ? why->message : why->name);
		else
			(void)fail(e, ERR_HOST, "systemd: %s: %s: %.200s", s->unit, what,
				   why->message != NULL ? why->message : why->name);
		return hint(e, "%s", refusals[i].remedy);
	}
	return fail(e, ERR_HOST, "systemd: %s: %s: %.200s", s->unit, what,
		    why->message != NULL ? why->message : why->name);
}

static bool is_done(const struct sdb *s)
{
	return str_eq(s->removed, s->job);
}

int sdb_wait_job(struct sdb *s, const char *what, struct err *e)
{
	const char *job;
	int r = sd_bus_message_read(s->got, "o", &job);

	if (r < 0)
		return sdb_fail(s, r, what, e);
	(void)snprintf(s->job, sizeof(s->job), "%s", job);
	if (serve(s, is_done, "the end of its job", e) < 0)
		return -1;
	if (str_eq(s->result, "done"))
		return 0;
	(void)fail(e, ERR_HOST, "systemd: %s: %s: expected the job to be done: found \"%s\"",
		   s->unit, what, s->result);
	return hint(e, "see journalctl --unit %s, for a user with --user-unit", s->unit);
}
