/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - transient units of systemd: where they are, what they are told, and the calls that
 * start, change and stop them. Knows no OCI words and no files of cgroups.
 *
 * Sources: org.freedesktop.systemd1(5), systemd.scope(5), systemd.resource-control(5). The bus
 * is spoken by a program of its own, caisson-systemd: the runtime is linked statically, and
 * neither loads nor trusts a library for it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#define UNIT_WAIT_MS 30000 /* for one call, the job that it starts included; as runc */

/* ---- names ---- */

struct unit_place {
	const char *slice; /* "a-b.slice" */
	const char *name;  /* "prefix-name.scope" */
	const char
		*path; /* below the group of the manager: "/a.slice/a-b.slice/prefix-name.scope"
			*/
};

/* "SLICE:PREFIX:NAME"; an empty SLICE is the default, an empty PREFIX leaves only the name. */
int unit_place_parse(struct arena *a, const char *text, const char *default_slice,
		     struct unit_place *out, struct err *e) CHECK;
int unit_place_make(struct arena *a, const char *slice, const char *prefix, const char *name,
		    struct unit_place *out, struct err *e) CHECK;

/* ---- properties ---- */

/* A value is JSON in the shape of its D-Bus signature: arrays and structs are arrays. */
struct unit_prop {
	const char *name, *type;
	const struct json *value;
	bool optional; /* newer than the oldest systemd that we serve: gone without where
			  refused */
};

struct unit_props {
	struct arena *arena;
	struct unit_prop *v;
	size_t n, size;
};

/* Keeps the pointers. The last of several with one name counts. */
struct unit_prop *unit_props_add(struct unit_props *p, const char *name, const char *type,
				 const struct json *value);
struct unit_prop *unit_props_uint(struct unit_props *p, const char *name, uint64_t n);
struct unit_prop *unit_props_bool(struct unit_props *p, const char *name, bool b);
struct unit_prop *unit_props_string(struct unit_props *p, const char *name, const char *s);

/* A property from outside, its value in GVariant's text ("uint64 10", "['a', 'b']"). NAMESec is
 * a number of seconds for NAMEUSec. Refused: what decides where the process runs. */
int unit_props_parse(struct unit_props *p, const char *name, const char *text,
		     struct err *e) CHECK;
/* The value alone. */
int unit_value_parse(struct arena *a, const char *text, const char **type, struct json **out,
		     struct err *e) CHECK;

/* ---- calls ---- */

/* The bus of the manager that serves us: the system's for root, else the user's own. An address
 * in the arena, or NULL with a reason in *why. */
const char *unit_bus_find(struct arena *a, bool *is_user, const char **why);

enum unit_op {
	UNIT_START,  /* a transient unit of these properties around pid */
	UNIT_SET,    /* other properties, until the unit ends */
	UNIT_STOP,   /* one that is gone is success */
	UNIT_ATTACH, /* pid into a unit that is there */
	UNIT_OPS
};

struct unit_call {
	enum unit_op op;
	const char *bus, *unit;
	pid_t pid;  /* UNIT_START, UNIT_ATTACH */
	pid_t from; /* filled in: who asks, and without whom there is nothing to do */
	const struct unit_prop *props;
	size_t props_n;
};

/* The program that speaks to the bus, or NULL. */
const char *unit_program(struct arena *a);
/* The error for NULL, with its remedy; -1. */
int unit_no_program(struct err *e);

/* Does it and waits for the end of the job; bounded by UNIT_WAIT_MS and a little. */
int unit_call(struct arena *a, const struct unit_call *c, struct err *e) CHECK;
