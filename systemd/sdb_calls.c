/* SPDX-License-Identifier: Apache-2.0 */
/* sdb_calls.c - the calls, in the words of org.freedesktop.systemd1(5). */
#include <errno.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "base/str.h"
#include "systemd/sdb.h"

#define EXISTS      "org.freedesktop.systemd1.UnitExists"
#define NO_UNIT     "org.freedesktop.systemd1.NoSuchUnit"
#define NO_PROPERTY "org.freedesktop.DBus.Error.PropertyReadOnly"

#define TRIES    10 /* for a unit of that name to go, which is on its way out */
#define PAUSE_MS 50

/* Sends what was filled, or drops it. */
static int ask_filled(struct sdb *s, sd_bus_message *m, int filled, struct err *e)
{
	if (filled >= 0)
		return sdb_ask(s, m, e);
	(void)sd_bus_message_unref(m);
	return sdb_fail(s, filled, "fill a message", e);
}

static int append_pid(sd_bus_message *m, const struct unit_call *c)
{
	return sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, (uint32_t)c->pid);
}

static int ask_start(struct sdb *s, const struct unit_call *c, bool all, struct err *e)
{
	sd_bus_message *m = sdb_message(s, "StartTransientUnit", e);
	int r;

	if (m == NULL)
		return -1;
	r = sd_bus_message_append(m, "ss", c->unit, "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = append_pid(m, c);
	if (r >= 0)
		r = sdb_append_props(m, c->props, c->props_n, all);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	return ask_filled(s, m, r, e);
}

static int ask_unit(struct sdb *s, const char *member, const char *mode, struct err *e)
{
	sd_bus_message *m = sdb_message(s, member, e);
	int r;

	if (m == NULL)
		return -1;
	r = mode != NULL ? sd_bus_message_append(m, "ss", s->unit, mode)
			 : sd_bus_message_append(m, "s", s->unit);
	return ask_filled(s, m, r, e);
}

static void nap(void)
{
	const struct timespec t = { 0, PAUSE_MS * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* One that has failed stays until somebody says so; one whose last process has just ended is
 * gone in a moment. One that lives is not ours to touch. */
static int start_again(struct sdb *s, const struct unit_call *c, bool all, struct err *e)
{
	for (int i = 0; i < TRIES && str_eq(sdb_refusal(s), EXISTS); i++) {
		if (ask_unit(s, "ResetFailedUnit", NULL, e) < 0)
			return -1;
		if (i > 0)
			nap();
		if (ask_start(s, c, all, e) < 0)
			return -1;
	}
	return 0;
}

static bool has_optional(const struct unit_call *c)
{
	for (size_t i = 0; i < c->props_n; i++)
		if (c->props[i].optional)
			return true;
	return false;
}

static int do_start(struct sdb *s, const struct unit_call *c, struct err *e)
{
	bool all = true;

	if (ask_start(s, c, all, e) < 0)
		return -1;
	if (str_eq(sdb_refusal(s), NO_PROPERTY) && has_optional(c)) {
		all = false;
		if (ask_start(s, c, all, e) < 0)
			return -1;
	}
	if (start_again(s, c, all, e) < 0)
		return -1;
	if (sdb_refusal(s) != NULL)
		return sdb_refused(s, "start", e);
	return sdb_wait_job(s, "start", e);
}

static int ask_set(struct sdb *s, const struct unit_call *c, bool all, struct err *e)
{
	sd_bus_message *m = sdb_message(s, "SetUnitProperties", e);
	int r;

	if (m == NULL)
		return -1;
	r = sd_bus_message_append(m, "sb", c->unit, 1);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = sdb_append_props(m, c->props, c->props_n, all);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return ask_filled(s, m, r, e);
}

static int do_set(struct sdb *s, const struct unit_call *c, struct err *e)
{
	if (ask_set(s, c, true, e) < 0)
		return -1;
	if (str_eq(sdb_refusal(s), NO_PROPERTY) && has_optional(c) &&
	    ask_set(s, c, false, e) < 0)
		return -1;
	return sdb_refusal(s) != NULL ? sdb_refused(s, "change", e) : 0;
}

static int do_stop(struct sdb *s, const struct unit_call *c, struct err *e)
{
	(void)c;
	if (ask_unit(s, "StopUnit", "replace", e) < 0)
		return -1;
	if (str_eq(sdb_refusal(s), NO_UNIT))
		return 0;
	if (sdb_refusal(s) != NULL)
		return sdb_refused(s, "stop", e);
	return sdb_wait_job(s, "stop", e);
}

static int do_attach(struct sdb *s, const struct unit_call *c, struct err *e)
{
	sd_bus_message *m = sdb_message(s, "AttachProcessesToUnit", e);
	int r;

	if (m == NULL)
		return -1;
	r = sd_bus_message_append(m, "ssau", c->unit, "", 1, (uint32_t)c->pid);
	if (ask_filled(s, m, r, e) < 0)
		return -1;
	return sdb_refusal(s) != NULL ? sdb_refused(s, "take a process in", e) : 0;
}

int sdb_do(struct sdb *s, const struct unit_call *c, struct err *e)
{
	static int (*const how[])(struct sdb *, const struct unit_call *, struct err *) = {
		[UNIT_START] = do_start,
		[UNIT_SET] = do_set,
		[UNIT_STOP] = do_stop,
		[UNIT_ATTACH] = do_attach,
	};

	return how[c->op](s, c, e);
}
