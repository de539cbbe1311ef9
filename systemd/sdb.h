/* SPDX-License-Identifier: Apache-2.0 */
/* sdb.h - a session on the bus, in libsystemd's sd-bus; only caisson-systemd has it. One clock
 * runs from its begin: whatever waits, waits until that is over and no longer. */
#pragma once
#include "systemd/unit.h"

struct sdb {
	struct sd_bus *bus;
	const char *unit;           /* whose jobs we listen for */
	uint64_t end_ms;            /* CLOCK_BOOTTIME */
	struct sd_bus_message *got; /* the last answer, an error's too */
	bool answered;
	char job[128], removed[128],
		result[32]; /* the job that we wait for, the last that ended */
};

/* Nothing is sent before the first question, and nothing waited for: what opens the connection
 * travels with it. */
int sdb_open(struct sdb *s, const char *address, const char *unit, struct err *e) CHECK;
void sdb_close(struct sdb *s);

/* A message to the manager, the caller's to fill; NULL with *e. */
struct sd_bus_message *sdb_message(struct sdb *s, const char *member, struct err *e);
/* Sends it, drops it, waits for the answer. -1 with *e when there is none; an error that the
 * manager sends is an answer, see sdb_refusal. */
int sdb_ask(struct sdb *s, struct sd_bus_message *m, struct err *e) CHECK;
/* The name of the error that was answered, or NULL. */
const char *sdb_refusal(const struct sdb *s);
/* The error that was answered as one of ours; -1. */
int sdb_refused(const struct sdb *s, const char *what, struct err *e);
/* The answer is a job: waits for its end. */
int sdb_wait_job(struct sdb *s, const char *what, struct err *e) CHECK;

/* -errno of a call of sd-bus as an error; -1. */
int sdb_fail(const struct sdb *s, int err, const char *what, struct err *e);

/* sdb_append.c: a(sv), without what is optional unless `all'. -errno. */
int sdb_append_props(struct sd_bus_message *m, const struct unit_prop *v, size_t n,
		     bool all) CHECK;

/* sdb_calls.c */
int sdb_do(struct sdb *s, const struct unit_call *c, struct err *e) CHECK;
